//! The Verilated `dm_node` of one parameter set; the one file that binds C++.
#![allow(unsafe_code)]

use std::{ffi::CString, path::Path};

use dormouse_model::{
    Config, Node, NodeIn, NodeOut,
    axi::{Ax, AxiReq, AxilResp, W},
};
// Verilator's waveform writer needs the C libraries that these two carry.
use libz_sys as _;
use lz4_sys as _;
use thiserror::Error;

use crate::{backend::Backend, lockstep::Difference};

/// Inputs as `verilated/node.cpp` lays them out.
#[repr(C)]
#[derive(Default)]
struct RawIn {
    aw_valid: u64,
    aw_addr: u64,
    w_valid: u64,
    w_data: u64,
    w_strb: u64,
    b_ready: u64,
    ar_valid: u64,
    ar_addr: u64,
    r_ready: u64,
    m_aw_ready: u64,
    m_w_ready: u64,
    m_b_valid: u64,
    m_b_id: u64,
    m_b_resp: u64,
}

/// Outputs as `verilated/node.cpp` lays them out.
#[repr(C)]
#[derive(Default)]
struct RawOut {
    aw_ready: u64,
    w_ready: u64,
    b_valid: u64,
    b_resp: u64,
    ar_ready: u64,
    r_valid: u64,
    r_data: u64,
    r_resp: u64,
    irq: u64,
    m_aw_valid: u64,
    m_aw_id: u64,
    m_aw_addr: u64,
    m_aw_len: u64,
    m_aw_size: u64,
    m_aw_burst: u64,
    m_w_valid: u64,
    m_w_last: u64,
    m_w_strb: u64,
    m_b_ready: u64,
    m_w_data: [u64; 8],
}

/// A simulation on the C++ side.
#[repr(C)]
struct Sim {
    _opaque: [u8; 0],
}

/// The functions of one set.
#[derive(Clone, Copy)]
struct Set {
    new: unsafe extern "C" fn() -> *mut Sim,
    delete: unsafe extern "C" fn(*mut Sim),
    reset: unsafe extern "C" fn(*mut Sim, *mut RawOut),
    clock: unsafe extern "C" fn(*mut Sim, *const RawIn, *mut RawOut),
    inside: Option<Inside>,
}

/// What the build for speed does without.
#[derive(Clone, Copy)]
struct Inside {
    errors: unsafe extern "C" fn(*mut Sim) -> u64,
    state: unsafe extern "C" fn(*mut Sim, *mut u64),
    guard: unsafe extern "C" fn(*mut Sim, u32) -> u8,
    trace: unsafe extern "C" fn(*mut Sim, *const std::ffi::c_char),
}

macro_rules! bind {
    ($($name:literal => { $new:ident $delete:ident $reset:ident $clock:ident
                          $errors:ident $state:ident $guard:ident $trace:ident })*
     fast $fast:literal => { $fnew:ident $fdelete:ident $freset:ident $fclock:ident }) => {
        unsafe extern "C" {
            $(fn $new() -> *mut Sim;
              fn $delete(sim: *mut Sim);
              fn $reset(sim: *mut Sim, out: *mut RawOut);
              fn $clock(sim: *mut Sim, ins: *const RawIn, out: *mut RawOut);
              fn $errors(sim: *mut Sim) -> u64;
              fn $state(sim: *mut Sim, to: *mut u64);
              fn $guard(sim: *mut Sim, frame: u32) -> u8;
              fn $trace(sim: *mut Sim, path: *const std::ffi::c_char);)*
            fn $fnew() -> *mut Sim;
            fn $fdelete(sim: *mut Sim);
            fn $freset(sim: *mut Sim, out: *mut RawOut);
            fn $fclock(sim: *mut Sim, ins: *const RawIn, out: *mut RawOut);
        }

        fn find(name: &str) -> Option<Set> {
            match name {
                $($name => Some(Set {
                    new: $new, delete: $delete, reset: $reset, clock: $clock,
                    inside: Some(Inside { errors: $errors, state: $state, guard: $guard, trace: $trace }),
                }),)*
                _ => None,
            }
        }

        fn find_fast(name: &str) -> Option<Set> {
            (name == $fast).then_some(
                Set { new: $fnew, delete: $fdelete, reset: $freset, clock: $fclock, inside: None })
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

/// Values of [`STATE`], in its order.
pub type State = [u64; STATE.len()];

/// The registers of the model that [`STATE`] names.
#[inline]
pub fn state_of_model(node: &Node, to: &mut State) {
    model_state(node, to);
}

/// A parameter set that was not verilated.
#[derive(Debug, Error)]
#[error("parameter set {name} is not verilated: there are {known}")]
pub struct UnknownSet {
    name: String,
    known: String,
}

/// A Verilated node.
pub struct RtlNode {
    config: Config,
    set: Set,
    sim: *mut Sim,
    raw: RawOut,
    out: NodeOut,
    cycle: u64,
}

impl RtlNode {
    /// The node of a set, after reset.
    ///
    /// # Errors
    /// No such set.
    pub fn new(name: &str) -> Result<Self, UnknownSet> {
        Self::start(name, find(name))
    }

    /// The build for speed: the same RTL without assertions, waveforms and visible state.
    ///
    /// # Errors
    /// No such set.
    pub fn new_fast(name: &str) -> Result<Self, UnknownSet> {
        Self::start(name, find_fast(name))
    }

    fn start(name: &str, set: Option<Set>) -> Result<Self, UnknownSet> {
        let sets = crate::sets::all();
        let (Some(set), Some(config)) = (set, sets.get(name)) else {
            let known = sets.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(UnknownSet {
                name: name.to_owned(),
                known,
            });
        };
        // SAFETY: `new` returns an owned simulation, which only this value uses and `drop` deletes.
        let sim = unsafe { (set.new)() };
        let mut node = Self {
            config: config.clone(),
            set,
            sim,
            raw: RawOut::default(),
            out: NodeOut::default(),
            cycle: 0,
        };
        node.reset();
        Ok(node)
    }

    /// Reset, asynchronously.
    pub fn reset(&mut self) {
        // SAFETY: `sim` is live, `raw` is laid out as the C++ side expects.
        unsafe { (self.set.reset)(self.sim, &raw mut self.raw) };
        self.out = convert(&self.raw);
        self.cycle = 0;
    }

    /// Values of the registers that [`STATE`] names; `None` in the build for speed.
    pub fn state(&self, to: &mut State) -> Option<()> {
        let inside = self.set.inside?;
        // SAFETY: `to` has one place for each line of state.txt.
        unsafe { (inside.state)(self.sim, to.as_mut_ptr()) };
        Some(())
    }

    /// The guard's state of one frame; `None` out of range or in the build for speed.
    pub fn guard(&self, frame: u32) -> Option<u8> {
        let inside = self.set.inside?;
        // SAFETY: the frame is within the array.
        (frame < self.config.real_frames).then(|| unsafe { (inside.guard)(self.sim, frame) })
    }

    /// From here on writes a waveform (FST) to `path`. Does nothing in the build for speed.
    pub fn trace(&mut self, path: &Path) {
        if let (Some(inside), Ok(path)) = (
            self.set.inside,
            CString::new(path.as_os_str().as_encoded_bytes()),
        ) {
            // SAFETY: the string lives through the call.
            unsafe { (inside.trace)(self.sim, path.as_ptr()) };
        }
    }
}

impl Drop for RtlNode {
    fn drop(&mut self) {
        // SAFETY: `sim` came from `new` and is deleted once.
        unsafe { (self.set.delete)(self.sim) };
    }
}

impl Backend for RtlNode {
    fn zeroing(&self) -> Option<u32> {
        let mut state = [0; STATE.len()];
        self.state(&mut state)?;
        let index = STATE.iter().position(|name| *name == "frames.zeroing_q")?;
        Some(state[index] as u32)
    }

    fn config(&self) -> &Config {
        &self.config
    }

    #[inline]
    fn outputs(&self) -> &NodeOut {
        &self.out
    }

    #[inline]
    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        let raw = RawIn {
            aw_valid: ins.axil.aw_valid.into(),
            aw_addr: ins.axil.aw_addr.into(),
            w_valid: ins.axil.w_valid.into(),
            w_data: ins.axil.w_data.into(),
            w_strb: ins.axil.w_strb.into(),
            b_ready: ins.axil.b_ready.into(),
            ar_valid: ins.axil.ar_valid.into(),
            ar_addr: ins.axil.ar_addr.into(),
            r_ready: ins.axil.r_ready.into(),
            m_aw_ready: ins.axi.aw_ready.into(),
            m_w_ready: ins.axi.w_ready.into(),
            m_b_valid: ins.axi.b_valid.into(),
            m_b_id: ins.axi.b.id.into(),
            m_b_resp: ins.axi.b.resp.into(),
        };
        // SAFETY: both structs are laid out as the C++ side expects.
        unsafe { (self.set.clock)(self.sim, &raw const raw, &raw mut self.raw) };
        self.out = convert(&self.raw);
        self.cycle += 1;
        if let Some(inside) = self.set.inside {
            // SAFETY: `sim` is live.
            let errors = unsafe { (inside.errors)(self.sim) };
            if errors != 0 {
                return Err(Box::new(Difference::assertion(self.cycle, errors)));
            }
        }
        Ok(())
    }
}

#[inline]
fn convert(raw: &RawOut) -> NodeOut {
    NodeOut {
        axil: AxilResp {
            aw_ready: raw.aw_ready != 0,
            w_ready: raw.w_ready != 0,
            b_valid: raw.b_valid != 0,
            b_resp: raw.b_resp as u8,
            ar_ready: raw.ar_ready != 0,
            r_valid: raw.r_valid != 0,
            r_data: raw.r_data as u32,
            r_resp: raw.r_resp as u8,
        },
        axi: AxiReq {
            aw_valid: raw.m_aw_valid != 0,
            aw: Ax {
                id: raw.m_aw_id as u32,
                addr: raw.m_aw_addr,
                len: raw.m_aw_len as u8,
                size: raw.m_aw_size as u8,
                burst: raw.m_aw_burst as u8,
            },
            w_valid: raw.m_w_valid != 0,
            w: W {
                data: raw.m_w_data,
                strb: raw.m_w_strb,
                last: raw.m_w_last != 0,
            },
            b_ready: raw.m_b_ready != 0,
            ..AxiReq::default()
        },
        irq: raw.irq != 0,
    }
}
