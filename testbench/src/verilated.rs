//! The Verilated `dm_node` of one parameter set; the one file that binds C++.
#![allow(unsafe_code)]

use std::{ffi::CString, path::Path};

use dormouse_model::{
    Config, Node, NodeIn, NodeOut,
    axi::{Ax, AxiReq, AxiResp, AxilResp, B, R, W},
    config::MAX_PORTS,
};
// Verilator's waveform writer needs the C libraries that these two carry.
use libz_sys as _;
use lz4_sys as _;
use thiserror::Error;

use crate::{backend::Backend, difference::Difference};

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
    m_ar_ready: u64,
    m_r_valid: u64,
    m_r_id: u64,
    m_r_resp: u64,
    m_r_last: u64,
    m_r_data: [u64; 8],
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
    m_ar_valid: u64,
    m_ar_id: u64,
    m_ar_addr: u64,
    m_ar_len: u64,
    m_ar_size: u64,
    m_ar_burst: u64,
    m_r_ready: u64,
}

/// One vCPU port's inputs.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct RawGuestIn {
    aw_valid: u64,
    aw_id: u64,
    aw_addr: u64,
    aw_len: u64,
    aw_size: u64,
    aw_burst: u64,
    aw_lock: u64,
    w_valid: u64,
    w_last: u64,
    w_strb: u64,
    b_ready: u64,
    ar_valid: u64,
    ar_id: u64,
    ar_addr: u64,
    ar_len: u64,
    ar_size: u64,
    ar_burst: u64,
    ar_lock: u64,
    r_ready: u64,
    w_data: [u64; 8],
}

/// One vCPU port's outputs. Payloads are written only while they are valid.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct RawGuestOut {
    aw_ready: u64,
    w_ready: u64,
    b_valid: u64,
    b_id: u64,
    b_resp: u64,
    ar_ready: u64,
    r_valid: u64,
    r_id: u64,
    r_resp: u64,
    r_last: u64,
    r_data: [u64; 8],
}

/// A simulation on the C++ side.
#[repr(C)]
struct Sim {
    _opaque: [u8; 0],
}

/// Inputs, the guests' or none, outputs, and a place for each port's.
type Settle =
    unsafe extern "C" fn(*mut Sim, *const RawIn, *const RawGuestIn, *mut RawOut, *mut RawGuestOut);

/// The functions of one set.
#[derive(Clone, Copy)]
struct Set {
    new: unsafe extern "C" fn() -> *mut Sim,
    delete: unsafe extern "C" fn(*mut Sim),
    reset: unsafe extern "C" fn(*mut Sim, u32),
    ports: unsafe extern "C" fn() -> u32,
    settle: Settle,
    edge: unsafe extern "C" fn(*mut Sim),
    inside: Option<Inside>,
}

/// What the build for speed does without.
#[derive(Clone, Copy)]
struct Inside {
    errors: unsafe extern "C" fn(*mut Sim) -> u64,
    state: unsafe extern "C" fn(*mut Sim, *mut u64),
    guard: unsafe extern "C" fn(*mut Sim, u32) -> u64,
    tag: unsafe extern "C" fn(*mut Sim, u32, u32, u32, *mut u64) -> u8,
    trace: unsafe extern "C" fn(*mut Sim, *const std::ffi::c_char),
}

macro_rules! bind {
    ($($name:literal => { $new:ident $delete:ident $reset:ident $ports:ident
                          $settle:ident $edge:ident $errors:ident $state:ident $guard:ident
                          $tag:ident $trace:ident })*
     fast $fast:literal => { $fnew:ident $fdelete:ident $freset:ident $fports:ident
                             $fsettle:ident $fedge:ident }) => {
        unsafe extern "C" {
            $(fn $new() -> *mut Sim;
              fn $delete(sim: *mut Sim);
              fn $reset(sim: *mut Sim, memory: u32);
              fn $ports() -> u32;
              fn $settle(
                  sim: *mut Sim,
                  ins: *const RawIn,
                  guests: *const RawGuestIn,
                  out: *mut RawOut,
                  answers: *mut RawGuestOut,
              );
              fn $edge(sim: *mut Sim);
              fn $errors(sim: *mut Sim) -> u64;
              fn $state(sim: *mut Sim, to: *mut u64);
              fn $guard(sim: *mut Sim, frame: u32) -> u64;
              fn $tag(sim: *mut Sim, bank: u32, page: u32, width: u32, entry: *mut u64) -> u8;
              fn $trace(sim: *mut Sim, path: *const std::ffi::c_char);)*
            fn $fnew() -> *mut Sim;
            fn $fdelete(sim: *mut Sim);
            fn $freset(sim: *mut Sim, memory: u32);
            fn $fports() -> u32;
            fn $fsettle(
                sim: *mut Sim,
                ins: *const RawIn,
                guests: *const RawGuestIn,
                out: *mut RawOut,
                answers: *mut RawGuestOut,
            );
            fn $fedge(sim: *mut Sim);
        }

        fn find(name: &str) -> Option<Set> {
            match name {
                $($name => Some(Set {
                    new: $new, delete: $delete, reset: $reset, ports: $ports, settle: $settle, edge: $edge,
                    inside: Some(Inside {
                        errors: $errors, state: $state, guard: $guard, tag: $tag, trace: $trace
                    }),
                }),)*
                _ => None,
            }
        }

        fn find_fast(name: &str) -> Option<Set> {
            (name == $fast).then_some(
                Set { new: $fnew, delete: $fdelete, reset: $freset, ports: $fports, settle: $fsettle,
                      edge: $fedge, inside: None })
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
    ports: usize,
    raw: RawOut,
    answers: [RawGuestOut; MAX_PORTS],
    out: NodeOut,
    cycle: u64,
    /// The inputs of this cycle have settled.
    settled: bool,
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
        // SAFETY: `new` returns an owned simulation, which only this value uses and `drop` deletes;
        // `ports` returns a constant.
        let (sim, ports) = unsafe { ((set.new)(), (set.ports)() as usize) };
        let mut node = Self {
            config: config.clone(),
            set,
            sim,
            ports,
            raw: RawOut::default(),
            answers: [RawGuestOut::default(); MAX_PORTS],
            out: NodeOut::default(),
            cycle: 0,
            settled: false,
        };
        node.reset();
        Ok(node)
    }

    /// Reset of node and memory, asynchronously.
    pub fn reset(&mut self) {
        // SAFETY: `sim` is live.
        unsafe { (self.set.reset)(self.sim, 1) };
        self.cycle = 0;
        self.settled = false;
    }

    /// Values of the registers that [`STATE`] names; `None` in the build for speed.
    pub fn state(&self, to: &mut State) -> Option<()> {
        let inside = self.set.inside?;
        // SAFETY: `to` has one place for each line of state.txt.
        unsafe { (inside.state)(self.sim, to.as_mut_ptr()) };
        Some(())
    }

    /// The guard's entry of one frame: parity, state and page; `None` out of range or in the build for speed.
    pub fn guard(&self, frame: u32) -> Option<u64> {
        let inside = self.set.inside?;
        // SAFETY: the frame is within the array.
        (frame < self.config.real_frames).then(|| unsafe { (inside.guard)(self.sim, frame) })
    }

    /// What is stored for one page in one bank of the tag table: its parity, epoch, state and payload as one number, the
    /// parity on top. `None` where there is no such bank or page, and in the build for speed.
    pub fn tag(&self, bank: u32, gfn: u32) -> Option<u64> {
        let inside = self.set.inside?;
        let mut entry = 0;
        let width = column_width(self.config.guest_pages);
        // SAFETY: the page is within the array.
        let found = gfn < self.config.guest_pages
            && unsafe { (inside.tag)(self.sim, bank, gfn, width, &raw mut entry) } != 0;
        found.then_some(entry)
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

/// Bits in a column of the tag table, `ColumnWidth` of `dm_tag_table`.
pub(crate) const fn column_width(guest_pages: u32) -> u32 {
    match guest_pages {
        0..=512 => 36,
        513..=1024 => 18,
        1025..=2048 => 9,
        2049..=4096 => 4,
        4097..=8192 => 2,
        _ => 1,
    }
}

impl Drop for RtlNode {
    fn drop(&mut self) {
        // SAFETY: `sim` came from `new` and is deleted once.
        unsafe { (self.set.delete)(self.sim) };
    }
}

impl Backend for RtlNode {
    fn reset_node(&mut self) {
        // SAFETY: `sim` is live.
        unsafe { (self.set.reset)(self.sim, 0) };
        self.settled = false;
    }

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
    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        let axi = &ins.axi;
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
            m_aw_ready: axi.aw_ready.into(),
            m_w_ready: axi.w_ready.into(),
            m_b_valid: axi.b_valid.into(),
            m_b_id: axi.b.id.into(),
            m_b_resp: axi.b.resp.into(),
            m_ar_ready: axi.ar_ready.into(),
            m_r_valid: axi.r_valid.into(),
            m_r_id: axi.r.id.into(),
            m_r_resp: axi.r.resp.into(),
            m_r_last: axi.r.last.into(),
            m_r_data: axi.r.data,
        };
        let mut guests = [RawGuestIn::default(); MAX_PORTS];
        for (raw, req) in guests.iter_mut().zip(ins.guests) {
            *raw = guest(req);
        }
        let driven = if ins.guests.len() == self.ports {
            guests.as_ptr()
        } else {
            std::ptr::null()
        };
        // SAFETY: all are laid out as the C++ side expects, and there are places for every port.
        unsafe {
            (self.set.settle)(
                self.sim,
                &raw const raw,
                driven,
                &raw mut self.raw,
                self.answers.as_mut_ptr(),
            );
        }
        convert(&self.raw, &mut self.out);
        for (out, raw) in self.out.guests[..self.ports].iter_mut().zip(&self.answers) {
            answer(raw, out);
        }
        self.settled = true;
        &self.out
    }

    #[inline]
    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        if !self.settled {
            self.outputs(ins);
        }
        self.settled = false;
        // SAFETY: `sim` is live.
        unsafe { (self.set.edge)(self.sim) };
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

fn guest(req: &AxiReq) -> RawGuestIn {
    RawGuestIn {
        aw_valid: req.aw_valid.into(),
        aw_id: req.aw.id.into(),
        aw_addr: req.aw.addr,
        aw_len: req.aw.len.into(),
        aw_size: req.aw.size.into(),
        aw_burst: req.aw.burst.into(),
        aw_lock: req.aw.lock.into(),
        w_valid: req.w_valid.into(),
        w_last: req.w.last.into(),
        w_strb: req.w.strb,
        b_ready: req.b_ready.into(),
        ar_valid: req.ar_valid.into(),
        ar_id: req.ar.id.into(),
        ar_addr: req.ar.addr,
        ar_len: req.ar.len.into(),
        ar_size: req.ar.size.into(),
        ar_burst: req.ar.burst.into(),
        ar_lock: req.ar.lock.into(),
        r_ready: req.r_ready.into(),
        w_data: req.w.data,
    }
}

fn answer(raw: &RawGuestOut, out: &mut AxiResp) {
    out.aw_ready = raw.aw_ready != 0;
    out.w_ready = raw.w_ready != 0;
    out.ar_ready = raw.ar_ready != 0;
    out.b_valid = raw.b_valid != 0;
    out.r_valid = raw.r_valid != 0;
    if out.b_valid {
        out.b = B {
            id: raw.b_id as u32,
            resp: raw.b_resp as u8,
        };
    }
    if out.r_valid {
        out.r = R {
            id: raw.r_id as u32,
            data: raw.r_data,
            resp: raw.r_resp as u8,
            last: raw.r_last != 0,
        };
    }
}

#[inline]
fn convert(raw: &RawOut, out: &mut NodeOut) {
    out.axil = AxilResp {
        aw_ready: raw.aw_ready != 0,
        w_ready: raw.w_ready != 0,
        b_valid: raw.b_valid != 0,
        b_resp: raw.b_resp as u8,
        ar_ready: raw.ar_ready != 0,
        r_valid: raw.r_valid != 0,
        r_data: raw.r_data as u32,
        r_resp: raw.r_resp as u8,
    };
    out.axi = AxiReq {
        aw_valid: raw.m_aw_valid != 0,
        aw: Ax {
            id: raw.m_aw_id as u32,
            addr: raw.m_aw_addr,
            len: raw.m_aw_len as u8,
            size: raw.m_aw_size as u8,
            burst: raw.m_aw_burst as u8,
            lock: false,
        },
        w_valid: raw.m_w_valid != 0,
        w: W {
            data: raw.m_w_data,
            strb: raw.m_w_strb,
            last: raw.m_w_last != 0,
        },
        b_ready: raw.m_b_ready != 0,
        ar_valid: raw.m_ar_valid != 0,
        ar: Ax {
            id: raw.m_ar_id as u32,
            addr: raw.m_ar_addr,
            len: raw.m_ar_len as u8,
            size: raw.m_ar_size as u8,
            burst: raw.m_ar_burst as u8,
            lock: false,
        },
        r_ready: raw.m_r_ready != 0,
    };
    out.irq = raw.irq != 0;
}
