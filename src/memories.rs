//! The memories that benchmarks run on, and what tables call them.

use anyhow::Result;
use dormouse_testbench::memory::{IdealParams, MemorySpec};

/// A memory to run on, as benchmarks name it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `ideal`, `sdr` or `ddr3`.
    pub memory: &'static str,
    /// Cycles from last W to B; `None` where the memory decides.
    pub b_latency: Option<u32>,
    /// How to build it.
    pub spec: MemorySpec,
}

impl Setting {
    /// Takes a beat in every cycle.
    pub fn ideal(b_latency: u32) -> Self {
        let spec = MemorySpec::Ideal(IdealParams {
            b_latency,
            ..IdealParams::default()
        });
        Self {
            memory: "ideal",
            b_latency: Some(b_latency),
            spec,
        }
    }

    /// 16-bit SDR SDRAM at 100 MHz.
    ///
    /// # Errors
    /// None in practice: a test reads the preset.
    #[cfg(feature = "rtl")]
    pub fn sdr() -> Result<Self> {
        let spec = MemorySpec::sdr_preset()?;
        Ok(Self {
            memory: "sdr",
            b_latency: None,
            spec,
        })
    }

    /// 16-bit DDR3 behind a 100 MHz controller.
    ///
    /// # Errors
    /// None in practice: a test reads the preset.
    pub fn ddr3() -> Result<Self> {
        let spec = MemorySpec::ddr3_preset()?;
        Ok(Self {
            memory: "ddr3",
            b_latency: None,
            spec,
        })
    }

    /// The name in tables.
    pub fn name(&self) -> String {
        name(self.memory, self.b_latency)
    }
}

/// The name of a memory in tables.
pub fn name(memory: &str, b_latency: Option<u32>) -> String {
    match b_latency {
        Some(latency) => format!("{memory}, B {latency}"),
        None => memory.to_uppercase(),
    }
}

/// The memories on which the engine is compared with software.
///
/// # Errors
/// None in practice: a test reads the presets.
pub fn compared() -> Result<[Setting; 2]> {
    Ok([Setting::ddr3()?, Setting::ideal(32)])
}
