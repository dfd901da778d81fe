//! What a comparison of model and RTL finds.

use std::fmt;

use thiserror::Error;

/// The first cycle in which model and RTL differ, or in which an assertion of the RTL failed.
#[derive(Clone, Debug, Error)]
pub struct Difference {
    /// Edges since reset.
    pub cycle: u64,
    /// The signal or register.
    pub signal: String,
    /// Its value in the model.
    pub model: String,
    /// Its value in the RTL.
    pub rtl: String,
    /// The last handshakes before it, oldest first.
    pub events: Vec<String>,
}

impl Difference {
    /// Assertions failed in the RTL (Verilator printed them).
    pub fn assertion(cycle: u64, count: u64) -> Self {
        Self {
            cycle,
            signal: "assertion".into(),
            model: "holds".into(),
            rtl: format!("{count} failed"),
            events: Vec::new(),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cycle {}: {} is {} in the model and {} in the RTL",
            self.cycle, self.signal, self.model, self.rtl
        )?;
        self.events
            .iter()
            .try_for_each(|event| write!(f, "\n  {event}"))
    }
}
