//! AXI4 memories: what a node's manager port is attached to in tests and benchmarks.
//!
//! Every memory is deterministic: the same requests in the same cycles get the same answers.

mod dram;
mod faulty;
mod ideal;
mod store;

use dormouse_model::Config;
use dormouse_model::axi::{Ax, AxiReq, AxiResp, DECERR, FIXED, OKAY, SLVERR, WRAP};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use dram::{Dram, DramParams};
pub use faulty::{Access, ErrorKind, FaultRange, Faults, Faulty, StoreOnError};
pub use ideal::{Ideal, IdealParams};
pub use store::{Bytes, Rpa, Store};

pub(crate) use store::{byte_mask, full_strobe, mix};

/// An AXI4 subordinate with a backdoor to what it holds.
///
/// A cycle is: read [`Memory::outputs`], work out the manager's request, then [`Memory::clock`].
pub trait Memory {
    /// What it drives in this cycle: a function of its registers alone, so that no combinational
    /// path leads from a request to it.
    fn outputs(&self) -> &AxiResp;

    /// One clock edge at which the manager drove `req` and this memory drove `outputs()`.
    fn clock(&mut self, req: &AxiReq);

    /// For how many further edges, all with this same `req`, `outputs()` is certain to stay exactly
    /// as it is now; 0 where that is not known. Skip mode jumps by this much.
    fn stable_for(&self, req: &AxiReq) -> u64 {
        let _ = req;
        0
    }

    /// The same as `n` calls of `clock(req)`. `n` is at most `stable_for(req)`.
    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        for _ in 0..n {
            self.clock(req);
        }
    }

    /// All that decides how it goes on while one manager writes zeros, time and addresses left out;
    /// `None` where it cannot say. Skip mode compares two of these.
    fn shape(&self) -> Option<Vec<u64>> {
        None
    }

    /// Moves on by `cycles` to an edge of the same [`Self::shape`], at which every burst under way is
    /// one at `place(its address)` instead. Contents are the caller's. Returns the address of the next
    /// beat, if any is due.
    fn repeat(&mut self, cycles: u64, place: &dyn Fn(u64) -> u64) -> Option<Rpa> {
        let _ = (cycles, place);
        None
    }

    /// What it holds.
    fn store(&self) -> &Store;

    /// What it holds, to be changed behind the bus's back.
    fn store_mut(&mut self) -> &mut Store;

    /// Bursts accepted, in part or as a whole, and not yet answered: 0 at the end of a finished run.
    fn in_flight(&self) -> usize;
}

impl<M: Memory + ?Sized> Memory for Box<M> {
    fn outputs(&self) -> &AxiResp {
        (**self).outputs()
    }
    fn clock(&mut self, req: &AxiReq) {
        (**self).clock(req);
    }
    fn stable_for(&self, req: &AxiReq) -> u64 {
        (**self).stable_for(req)
    }
    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        (**self).clock_many(req, n);
    }
    fn shape(&self) -> Option<Vec<u64>> {
        (**self).shape()
    }
    fn repeat(&mut self, cycles: u64, place: &dyn Fn(u64) -> u64) -> Option<Rpa> {
        (**self).repeat(cycles, place)
    }
    fn store(&self) -> &Store {
        (**self).store()
    }
    fn store_mut(&mut self) -> &mut Store {
        (**self).store_mut()
    }
    fn in_flight(&self) -> usize {
        (**self).in_flight()
    }
}

/// A burst on its way: which beat is next, and where (IHI 0022, A3.4.1).
#[derive(Clone, Copy, Debug)]
struct Burst {
    id: u32,
    addr: u64,
    /// Beats still to come, including the next.
    left: u32,
    size: u8,
    kind: u8,
    /// Where a WRAP burst starts again, and where it must do so.
    wrap: (u64, u64),
    /// Whether every byte of it exists.
    exists: bool,
}

impl Burst {
    /// No burst.
    const NONE: Self = Self {
        id: 0,
        addr: 0,
        left: 0,
        size: 0,
        kind: 0,
        wrap: (0, 0),
        exists: false,
    };

    /// `bus` is the width of the bus in bytes; a larger size in `ax` is taken for the bus's own.
    fn new(ax: &Ax, bus: u32, store: &Store) -> Self {
        let size = u32::from(ax.size).min(bus.trailing_zeros()) as u8;
        let beats = u32::from(ax.len) + 1;
        let bytes = u64::from(beats) << size;
        let low = match ax.burst {
            WRAP => ax.addr / bytes * bytes,
            _ => ax.addr >> size << size,
        };
        let len = if ax.burst == FIXED { 1 << size } else { bytes };
        Self {
            id: ax.id,
            addr: ax.addr,
            left: beats,
            size,
            kind: ax.burst,
            wrap: (low, low.wrapping_add(bytes)),
            exists: store.contains(Rpa(low), Bytes(len)),
        }
    }

    /// The address of lane 0 of the next beat.
    fn base(&self, bus: u32) -> Rpa {
        Rpa(self.addr & !(u64::from(bus) - 1))
    }

    /// The answer to the next beat of a read, whose data is being looked up.
    fn read_answer(&self, store: &mut Store) -> u8 {
        let at = self.addr >> self.size << self.size;
        match self.exists {
            false => DECERR,
            true if store.read_is_error(Rpa(at), Bytes(1 << self.size)) => SLVERR,
            true => OKAY,
        }
    }

    /// The answer to a write, all of whose data is stored.
    fn write_answer(&self, store: &mut Store) -> u8 {
        let bytes = match self.kind {
            FIXED => 1 << self.size,
            _ => self.wrap.1.wrapping_sub(self.wrap.0),
        };
        match self.exists {
            false => DECERR,
            true if store.write_is_error(Rpa(self.wrap.0), Bytes(bytes)) => SLVERR,
            true => OKAY,
        }
    }

    /// Goes on to the beat after the next.
    #[inline]
    fn advance(&mut self) {
        self.left -= 1;
        if self.kind != FIXED {
            self.addr = (self.addr >> self.size).wrapping_add(1) << self.size;
            if self.kind == WRAP && self.addr == self.wrap.1 {
                self.addr = self.wrap.0;
            }
        }
    }
}

/// Which ready or valid a seeded stall pattern belongs to.
#[derive(Clone, Copy, Debug)]
enum Channel {
    Aw = 1,
    W,
    B,
    Ar,
    R,
}

/// Whether `channel` is stalled in `cycle`: a hash, so that time can jump without a generator
/// having to be stepped.
#[inline]
fn stalled(seed: u64, channel: Channel, cycle: u64, percent: u8) -> bool {
    percent != 0 && {
        let salt = seed ^ ((channel as u64) << 56);
        ((u128::from(mix(salt.wrapping_add(cycle))) * 100) >> 64) < u128::from(percent)
    }
}

/// Why a [`MemorySpec`] cannot be built.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// Not TOML, or a parameter that does not exist, or one of the wrong type.
    #[error("memory: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A parameter outside its range.
    #[error("memory parameter {name} = {value} is illegal: it must be {allowed}")]
    Illegal {
        /// The parameter.
        name: &'static str,
        /// What was asked for.
        value: f64,
        /// What is possible.
        allowed: &'static str,
    },
}

/// Fails with the name of the parameter unless `legal`.
fn check(
    name: &'static str,
    value: f64,
    legal: bool,
    allowed: &'static str,
) -> Result<(), MemoryError> {
    if legal {
        Ok(())
    } else {
        Err(MemoryError::Illegal {
            name,
            value,
            allowed,
        })
    }
}

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
