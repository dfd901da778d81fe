//! Any memory, as data.

use dormouse_model::Config;
use serde::{Deserialize, Serialize};

use super::{
    dram::{Dram, DramParams},
    faulty::{Faults, Faulty},
    ideal::{Ideal, IdealParams},
    port::{Memory, MemoryError, check},
    store::{Bytes, mix},
};

/// Any memory, as a configuration file or a replay file names it.
///
/// ```toml
/// kind = "faulty"
/// faults = { seed = 1, error_per_mille = 20 }
/// memory = { kind = "ideal", b_latency = 4 }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MemorySpec {
    /// Fixed latencies and seeded stalls.
    Ideal(IdealParams),
    /// Banks, rows and refresh.
    Dram(DramParams),
    /// Another memory with bus errors and late or reordered responses.
    Faulty {
        /// What goes wrong.
        #[serde(default)]
        faults: Faults,
        /// With what.
        memory: Box<MemorySpec>,
    },
    /// Another memory with ECC over whole lines. A line counts as written once each of its bytes was written, whatever the
    /// bursts; until then it holds what it held at power-on, with ECC that does not fit. A read beat that meets such a line
    /// gets SLVERR. So does a write burst that leaves a line with some bytes written and others never: the memory would have
    /// to read the others to make the line's ECC.
    Ecc {
        /// Bytes of a line, a power of two from 8 to 4096.
        #[serde(default = "ecc_line")]
        line: u32,
        /// With what.
        memory: Box<MemorySpec>,
    },
}

/// A cache line.
const fn ecc_line() -> u32 {
    64
}

impl Default for MemorySpec {
    fn default() -> Self {
        Self::Ideal(IdealParams::default())
    }
}

impl MemorySpec {
    /// Reads a specification.
    ///
    /// # Errors
    /// [`MemoryError::Syntax`], with the line.
    pub fn from_toml(text: &str) -> Result<Self, MemoryError> {
        Ok(toml::from_str(text)?)
    }

    /// A 16-bit SDR SDRAM, Micron MT48LC16M16A2-75, at 100 MHz: `presets/sdr_mt48lc16m16.toml`.
    ///
    /// # Errors
    /// None in practice: a test reads the preset.
    pub fn sdr_preset() -> Result<Self, MemoryError> {
        Self::from_toml(include_str!("../../presets/sdr_mt48lc16m16.toml"))
    }

    /// A 16-bit DDR3L SDRAM, Micron MT41K128M16-125 at DDR3-800, behind a 100 MHz controller:
    /// `presets/ddr3_mt41k128m16.toml`.
    ///
    /// # Errors
    /// None in practice: a test reads the preset.
    pub fn ddr3_preset() -> Result<Self, MemoryError> {
        Self::from_toml(include_str!("../../presets/ddr3_mt41k128m16.toml"))
    }

    /// The same memory with ECC over lines of 64 bytes, or of the engine's bursts where these are shorter.
    #[must_use]
    pub fn with_ecc(self, config: &Config) -> Self {
        Self::Ecc {
            line: ecc_line().min(config.burst_beats() * config.beat_bytes()),
            memory: Box::new(self),
        }
    }

    /// The memory that this describes, on the bus and of the size that `config` gives.
    ///
    /// # Errors
    /// [`MemoryError::Illegal`] with the name of the first parameter that is out of range.
    pub fn build(&self, config: &Config) -> Result<Box<dyn Memory + Send>, MemoryError> {
        let size = Bytes(u64::from(config.real_frames) << config.page_shift);
        self.build_sized(config.beat_bytes(), size)
    }

    /// The same for a bus of `bus` bytes (a power of two, 4..=64) and any size.
    ///
    /// # Errors
    /// As [`MemorySpec::build`].
    pub fn build_sized(
        &self,
        bus: u32,
        size: Bytes,
    ) -> Result<Box<dyn Memory + Send>, MemoryError> {
        let legal = bus.is_power_of_two() && (4..=64).contains(&bus);
        check("bus bytes", bus.into(), legal, "4, 8, 16, 32 or 64")?;
        Ok(match self {
            Self::Ideal(params) => Box::new(Ideal::new(params, bus, size)?),
            Self::Dram(params) => Box::new(Dram::new(params, bus, size)?),
            Self::Faulty { faults, memory } => {
                Box::new(Faulty::new(faults, memory.build_sized(bus, size)?)?)
            }
            Self::Ecc { line, memory } => {
                let legal = line.is_power_of_two() && (8..=4096).contains(line);
                check(
                    "line",
                    (*line).into(),
                    legal,
                    "a power of two from 8 to 4096",
                )?;
                let mut memory = memory.build_sized(bus, size)?;
                memory.store_mut().protect(Bytes((*line).into()));
                memory
            }
        })
    }

    /// One of very many behaviours, the same for the same seed: latencies from 1 to hundreds,
    /// stalls, small limits, DRAM of odd shapes, and each of these with faults.
    pub fn random(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(mix(seed));
        let spec = if rng.u8(..4) == 0 {
            Self::Dram(DramParams::random(&mut rng))
        } else {
            Self::Ideal(IdealParams::random(&mut rng))
        };
        if rng.u8(..3) == 0 {
            Self::Faulty {
                faults: Faults::random(&mut rng),
                memory: Box::new(spec),
            }
        } else {
            spec
        }
    }
}
