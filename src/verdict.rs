//! How a command ends: 0, 1 where what ran is not as it must be, 2 where it could not run.

use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

/// What ran is not as it must be: data went stale, a rule was broken, model and RTL differ. It is the context of such
/// errors; all others are bad input, or a machine that does not do its part.
#[derive(Clone, Copy, Debug)]
pub struct Wrong;

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run found a fault")
    }
}

/// A fault, as JSON.
#[derive(Serialize)]
struct Fault {
    fault: String,
}

/// The code of a command that ran: 1 if something is not as it must be.
pub fn code(wrong: bool) -> ExitCode {
    if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Ends a command that failed.
pub fn failed(error: &anyhow::Error, json: bool) -> ExitCode {
    crate::streams::say!("dormouse: {error:#}");
    if error.downcast_ref::<Wrong>().is_none() {
        return ExitCode::from(2);
    }
    let fault = Fault {
        fault: format!("{error:#}"),
    };
    match json.then(|| crate::console::json(&fault)) {
        Some(Err(error)) => {
            crate::streams::say!("dormouse: {error:#}");
            ExitCode::from(2)
        }
        _ => ExitCode::FAILURE,
    }
}
