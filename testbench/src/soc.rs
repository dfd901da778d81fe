//! The Verilated simulation SoC: a RISC-V core, a node, and one memory port that both share.
//!
//! `rtl/dm_sim_soc.sv` is the RTL, `docs/firmware.md` the image that runs on it.
#![allow(unsafe_code)]

use dormouse_model::{
    Config,
    axi::{Ax, AxiReq, AxiResp, W},
};
use object::{Object, ObjectSegment};
use thiserror::Error;

use crate::{
    checker::{AxiChecker, AxiLimits, AxiRuleError},
    memory::Memory,
    sets,
};

/// Parameter set of the SoC's node.
pub const SET: &str = "trace";

/// Base address of the SoC's RAM, where images are linked.
pub const RAM_BASE: u64 = 0x1000_0000;
/// Bytes of the SoC's RAM.
pub const RAM_BYTES: u64 = 128 << 10;
/// Stores of the core that may be outstanding, `MaxPosted`.
const MAX_POSTED: u32 = 8;
/// Words of the frame list.
pub const LIST_WORDS: usize = 131_072;
/// Words of the mailbox.
pub const MAILBOX_WORDS: usize = 16;

/// What memory answers, as C++ takes it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawMemoryIn {
    pub(crate) aw_ready: u64,
    pub(crate) w_ready: u64,
    pub(crate) b_valid: u64,
    pub(crate) b_id: u64,
    pub(crate) b_resp: u64,
    pub(crate) ar_ready: u64,
    pub(crate) r_valid: u64,
    pub(crate) r_id: u64,
    pub(crate) r_resp: u64,
    pub(crate) r_last: u64,
    pub(crate) r_data: u64,
}

impl From<&AxiResp> for RawMemoryIn {
    fn from(mem: &AxiResp) -> Self {
        Self {
            aw_ready: mem.aw_ready.into(),
            w_ready: mem.w_ready.into(),
            b_valid: mem.b_valid.into(),
            b_id: mem.b.id.into(),
            b_resp: mem.b.resp.into(),
            ar_ready: mem.ar_ready.into(),
            r_valid: mem.r_valid.into(),
            r_id: mem.r.id.into(),
            r_resp: mem.r.resp.into(),
            r_last: mem.r.last.into(),
            r_data: mem.r.data[0],
        }
    }
}

/// What is asked of memory, as C++ gives it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RawMemoryOut {
    pub(crate) aw_valid: u64,
    pub(crate) aw_id: u64,
    pub(crate) aw_addr: u64,
    pub(crate) aw_len: u64,
    pub(crate) aw_size: u64,
    pub(crate) aw_burst: u64,
    pub(crate) w_valid: u64,
    pub(crate) w_last: u64,
    pub(crate) w_strb: u64,
    pub(crate) w_data: u64,
    pub(crate) b_ready: u64,
    pub(crate) ar_valid: u64,
    pub(crate) ar_id: u64,
    pub(crate) ar_addr: u64,
    pub(crate) ar_len: u64,
    pub(crate) ar_size: u64,
    pub(crate) ar_burst: u64,
    pub(crate) r_ready: u64,
}

#[repr(C)]
#[derive(Default)]
struct RawIn {
    posted_writes: u64,
    merge_writes: u64,
    memory: RawMemoryIn,
}

#[repr(C)]
#[derive(Default)]
struct RawOut {
    uart_valid: u64,
    uart_data: u64,
    exit_valid: u64,
    exit_code: u64,
    irq: u64,
    memory: RawMemoryOut,
}

#[repr(C)]
struct Sim {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn dm_soc_new() -> *mut Sim;
    fn dm_soc_delete(sim: *mut Sim);
    fn dm_soc_reset(sim: *mut Sim);
    fn dm_soc_settle(sim: *mut Sim, ins: *const RawIn, out: *mut RawOut);
    fn dm_soc_edge(sim: *mut Sim);
    fn dm_soc_errors(sim: *mut Sim) -> u64;
    fn dm_soc_array(sim: *mut Sim, which: u32) -> *mut u32;
}

/// Why a run on the SoC did not end well.
#[derive(Debug, Error)]
pub enum SocError {
    /// The image is no ELF file, or does not fit.
    #[error("firmware image: {0}")]
    Image(String),
    /// The core did not write its exit register.
    #[error("the core did not end within {cycles} cycles; console: {console:?}")]
    Timeout {
        /// Cycles run.
        cycles: u64,
        /// What it printed.
        console: String,
    },
    /// The SoC broke a rule of AXI4 on its memory port.
    #[error(transparent)]
    Rule(#[from] AxiRuleError),
    /// Assertions failed in the RTL (Verilator printed them).
    #[error("{0} assertions failed in the RTL")]
    Assertion(u64),
}

/// How the bridge between core and memory answers stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Straps {
    /// A store is acknowledged when it is accepted, not at its response.
    pub posted: bool,
    /// Neighbouring stores become one beat of the bus.
    pub merge: bool,
}

/// The SoC with a memory.
pub struct Soc<M> {
    sim: *mut Sim,
    straps: Straps,
    /// The memory.
    pub memory: M,
    checker: AxiChecker,
    cycle: u64,
    console: String,
}

impl<M: Memory> Soc<M> {
    /// Parameters of the SoC's node.
    ///
    /// # Errors
    /// Never: the set is part of this crate.
    pub fn config() -> Config {
        sets::all().remove(SET).unwrap_or_default()
    }

    /// Loads an ELF image into RAM; the core starts at the first [`Self::run`].
    ///
    /// # Errors
    /// [`SocError::Image`].
    pub fn new(image: &[u8], memory: M, straps: Straps) -> Result<Self, SocError> {
        let config = Self::config();
        // Node and core each have their own bursts outstanding, told apart by the id's top bit.
        let limits = AxiLimits {
            bus: config.beat_bytes(),
            addr_width: config.addr_width,
            id_width: config.id_width + 1,
            writes: u32::from(config.max_outstanding) + MAX_POSTED,
            reads: 1,
            misuse: false,
        };
        // SAFETY: `new` returns an owned simulation, which only this value uses and `drop` deletes.
        let sim = unsafe { dm_soc_new() };
        let checker = AxiChecker::with_limits(limits);
        let mut soc = Self {
            sim,
            straps,
            memory,
            checker,
            cycle: 0,
            console: String::new(),
        };
        load(image, soc.array(0, (RAM_BYTES / 4) as usize))?;
        // SAFETY: `sim` is live.
        unsafe { dm_soc_reset(soc.sim) };
        Ok(soc)
    }

    fn array(&mut self, which: u32, words: usize) -> &mut [u32] {
        // SAFETY: the three arrays have these many words, live as long as `sim`, and nobody else
        // touches them while `self` is borrowed.
        unsafe { std::slice::from_raw_parts_mut(dm_soc_array(self.sim, which), words) }
    }

    /// The list of frames that jobs work on.
    pub fn frame_list(&mut self) -> &mut [u32] {
        self.array(1, LIST_WORDS)
    }

    /// Parameters of the job, and its results when it has ended.
    pub fn mailbox(&mut self) -> &mut [u32] {
        self.array(2, MAILBOX_WORDS)
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// What the core has printed.
    pub fn console(&self) -> &str {
        &self.console
    }

    /// Runs until the core writes its exit register; returns the exit code.
    ///
    /// # Errors
    /// [`SocError`]: not within `limit` cycles, or a rule broken on the way.
    pub fn run(&mut self, limit: u64) -> Result<u32, SocError> {
        let mut out = RawOut::default();
        for _ in 0..limit {
            let mem = *self.memory.outputs();
            let ins = RawIn {
                posted_writes: self.straps.posted.into(),
                merge_writes: self.straps.merge.into(),
                memory: (&mem).into(),
            };
            // SAFETY: both structs are laid out as the C++ side expects.
            unsafe { dm_soc_settle(self.sim, &raw const ins, &raw mut out) };
            let req = AxiReq::from(&out.memory);
            self.checker.clock(&req, &mem)?;
            self.memory.clock(&req);
            // SAFETY: `sim` is live.
            unsafe { dm_soc_edge(self.sim) };
            self.cycle += 1;
            if out.uart_valid != 0 {
                self.console.push(char::from(out.uart_data as u8));
            }
            if out.exit_valid != 0 {
                // SAFETY: `sim` is live.
                let errors = unsafe { dm_soc_errors(self.sim) };
                return if errors == 0 {
                    Ok(out.exit_code as u32)
                } else {
                    Err(SocError::Assertion(errors))
                };
            }
        }
        Err(SocError::Timeout {
            cycles: limit,
            console: self.console.clone(),
        })
    }
}

impl<M> Drop for Soc<M> {
    fn drop(&mut self) {
        // SAFETY: `sim` came from `new` and is deleted once.
        unsafe { dm_soc_delete(self.sim) };
    }
}

/// Writes an image's segments into RAM.
///
/// # Errors
/// [`SocError::Image`].
pub(crate) fn load(image: &[u8], ram: &mut [u32]) -> Result<(), SocError> {
    let elf = object::File::parse(image).map_err(|e| SocError::Image(e.to_string()))?;
    for segment in elf.segments() {
        let data = segment.data().map_err(|e| SocError::Image(e.to_string()))?;
        let start = segment.address().wrapping_sub(RAM_BASE);
        if data.is_empty() {
            continue;
        }
        if start % 4 != 0 || start.saturating_add(data.len() as u64) > RAM_BYTES {
            let address = segment.address();
            return Err(SocError::Image(format!(
                "segment at {address:#x} is outside the RAM"
            )));
        }
        for (word, bytes) in ram[(start / 4) as usize..].iter_mut().zip(data.chunks(4)) {
            let mut whole = [0; 4];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word = u32::from_le_bytes(whole);
        }
    }
    Ok(())
}

impl From<&RawMemoryOut> for AxiReq {
    fn from(out: &RawMemoryOut) -> Self {
        let address = |id, addr, len, size, burst| Ax {
            id: id as u32,
            addr,
            len: len as u8,
            size: size as u8,
            burst: burst as u8,
            lock: false,
        };
        let mut w = W {
            strb: out.w_strb,
            last: out.w_last != 0,
            ..W::default()
        };
        w.data[0] = out.w_data;
        Self {
            aw_valid: out.aw_valid != 0,
            aw: address(
                out.aw_id,
                out.aw_addr,
                out.aw_len,
                out.aw_size,
                out.aw_burst,
            ),
            w_valid: out.w_valid != 0,
            w,
            b_ready: out.b_ready != 0,
            ar_valid: out.ar_valid != 0,
            ar: address(
                out.ar_id,
                out.ar_addr,
                out.ar_len,
                out.ar_size,
                out.ar_burst,
            ),
            r_ready: out.r_ready != 0,
        }
    }
}
