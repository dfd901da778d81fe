//! Lockstep: model and RTL get the same inputs, and every output and every named register must be
//! equal after every edge.
//!
//! A [`Scenario`] is a whole run as data: the parameter set, the memory, and what the register
//! manager does. Random ones come from proptest, so that a failing one shrinks; what is left is
//! written as a replay file (JSON) beside a waveform of its last cycles.

use std::{collections::VecDeque, fmt, ops::Range};

use dormouse_driver::regs::{self, Register};
use dormouse_model::{
    Config, Node,
    axi::{AxilReq, AxilResp},
    pkg::{FrameState, Op},
};
#[cfg(feature = "rtl")]
use dormouse_model::{
    NodeIn, NodeOut,
    axi::{Ax, AxiReq, AxiResp, B, R, W},
    config::MAX_PORTS,
    lookup::page,
    tag_table::Response,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    backend::Backend,
    memory::{Bytes, Memory, MemoryError, MemorySpec, Rpa},
    sets,
    shadow::StaleByte,
    system::{Fault, System},
};

/// Handshakes that a report shows.
#[cfg(feature = "rtl")]
const LAST_EVENTS: usize = 24;

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

/// The outputs without what is not offered: a payload means nothing while its valid is low.
#[cfg(feature = "rtl")]
fn offered(ins: &NodeIn, out: &NodeOut) -> NodeOut {
    let mut out = *out;
    let axi = &mut out.axi;
    // Who takes an answer hangs on whose it is.
    axi.b_ready &= ins.axi.b_valid;
    axi.r_ready &= ins.axi.r_valid;
    if !axi.aw_valid {
        axi.aw = Ax::default();
    }
    if !axi.w_valid {
        axi.w = W::default();
    }
    if !axi.ar_valid {
        axi.ar = Ax::default();
    }
    for guest in &mut out.guests {
        if !guest.b_valid {
            guest.b = B::default();
        }
        if !guest.r_valid {
            guest.r = R::default();
        }
    }
    out
}

/// Names the first field of two outputs that differs.
#[cfg(feature = "rtl")]
fn first_difference(model: &NodeOut, rtl: &NodeOut) -> Option<(String, String, String)> {
    // Debug output lists fields in one order on both sides, so the first difference has a name.
    let (m, r) = (format!("{model:#?}"), format!("{rtl:#?}"));
    let mut path: Vec<&str> = Vec::new();
    for (m, r) in m.lines().zip(r.lines()) {
        let depth = (m.len() - m.trim_start().len()) / 4;
        path.truncate(depth);
        path.push(m.trim().split([':', ' ']).next().unwrap_or_default());
        if m != r {
            let value = |line: &str| line.trim().trim_end_matches(',').to_owned();
            return Some((path[1..].join("."), value(m), value(r)));
        }
    }
    None
}

/// One handshake or one interrupt edge, for a report.
#[cfg(feature = "rtl")]
fn describe(cycle: u64, ins: &NodeIn, out: &NodeOut) -> Option<String> {
    let mut text = String::new();
    let mut say = |happened: bool, what: String| {
        if happened {
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(&what);
        }
    };
    let (req, port) = (&ins.axil, &out.axil);
    say(
        req.aw_valid && port.aw_ready,
        format!("register AW {:#05x}", req.aw_addr),
    );
    say(
        req.w_valid && port.w_ready,
        format!("register W {:#010x} strobe {:#06b}", req.w_data, req.w_strb),
    );
    say(
        port.b_valid && req.b_ready,
        format!("register B {}", port.b_resp),
    );
    say(
        req.ar_valid && port.ar_ready,
        format!("register AR {:#05x}", req.ar_addr),
    );
    say(
        port.r_valid && req.r_ready,
        format!("register R {:#010x} {}", port.r_data, port.r_resp),
    );
    let (req, mem) = (&out.axi, &ins.axi);
    say(
        req.aw_valid && mem.aw_ready,
        format!("AW id {} {:#x} len {}", req.aw.id, req.aw.addr, req.aw.len),
    );
    say(req.w_valid && mem.w_ready && req.w.last, "W last".into());
    say(
        mem.b_valid && req.b_ready,
        format!("B id {} {}", mem.b.id, mem.b.resp),
    );
    say(
        req.ar_valid && mem.ar_ready,
        format!("AR id {} {:#x} len {}", req.ar.id, req.ar.addr, req.ar.len),
    );
    say(
        mem.r_valid && mem.r.last && req.r_ready,
        format!("R last id {} {}", mem.r.id, mem.r.resp),
    );
    for (port, (req, resp)) in ins.guests.iter().zip(&out.guests).enumerate() {
        let ax = |ax: &Ax| {
            format!(
                "id {} {:#x} len {} size {} burst {} lock {}",
                ax.id, ax.addr, ax.len, ax.size, ax.burst, ax.lock
            )
        };
        say(
            req.aw_valid && resp.aw_ready,
            format!("guest {port} AW {}", ax(&req.aw)),
        );
        say(
            req.w_valid && resp.w_ready && req.w.last,
            format!("guest {port} W last"),
        );
        say(
            resp.b_valid && req.b_ready,
            format!("guest {port} B id {} {}", resp.b.id, resp.b.resp),
        );
        say(
            req.ar_valid && resp.ar_ready,
            format!("guest {port} AR {}", ax(&req.ar)),
        );
        say(
            resp.r_valid && resp.r.last && req.r_ready,
            format!("guest {port} R last id {} {}", resp.r.id, resp.r.resp),
        );
    }
    (!text.is_empty()).then(|| format!("cycle {cycle}: {text}"))
}

/// Whether a vCPU port has a handshake that a report shows.
#[cfg(feature = "rtl")]
fn guest_event(req: &AxiReq, resp: &AxiResp) -> bool {
    (req.aw_valid && resp.aw_ready)
        || (req.w_valid && req.w.last && resp.w_ready)
        || (resp.b_valid && req.b_ready)
        || (req.ar_valid && resp.ar_ready)
        || (resp.r_valid && resp.r.last && req.r_ready)
}

/// The last cycles in which anything happened.
#[cfg(feature = "rtl")]
#[derive(Clone, Debug, Default)]
struct History(VecDeque<Recorded>);

/// One of them.
#[cfg(feature = "rtl")]
#[derive(Clone, Debug)]
struct Recorded {
    cycle: u64,
    axil: AxilReq,
    axi: AxiResp,
    guests: [AxiReq; MAX_PORTS],
    ports: usize,
    out: NodeOut,
}

#[cfg(feature = "rtl")]
impl History {
    fn record(&mut self, cycle: u64, ins: &NodeIn, out: &NodeOut) {
        let (req, mem) = (&out.axi, &ins.axi);
        let eventful = ins.axil.aw_valid
            || ins.axil.w_valid
            || ins.axil.ar_valid
            || out.axil.b_valid
            || out.axil.r_valid
            || (req.aw_valid && mem.aw_ready)
            || mem.b_valid
            || (req.w_valid && req.w.last && mem.w_ready)
            || (req.ar_valid && mem.ar_ready)
            || (mem.r_valid && mem.r.last && req.r_ready)
            || ins
                .guests
                .iter()
                .zip(&out.guests)
                .any(|(req, resp)| guest_event(req, resp));
        if eventful {
            if self.0.len() == LAST_EVENTS {
                self.0.pop_front();
            }
            let mut guests = [AxiReq::default(); MAX_PORTS];
            let ports = ins.guests.len().min(MAX_PORTS);
            guests[..ports].copy_from_slice(&ins.guests[..ports]);
            self.0.push_back(Recorded {
                cycle,
                axil: ins.axil,
                axi: ins.axi,
                guests,
                ports,
                out: *out,
            });
        }
    }

    fn report(&self) -> Vec<String> {
        self.0
            .iter()
            .filter_map(|event| {
                let ins = NodeIn {
                    axil: event.axil,
                    axi: event.axi,
                    guests: &event.guests[..event.ports],
                };
                describe(event.cycle, &ins, &event.out)
            })
            .collect()
    }
}

/// Model and RTL side by side.
#[cfg(feature = "rtl")]
pub struct Pair {
    /// The model.
    pub model: Node,
    /// The RTL.
    pub rtl: crate::verilated::RtlNode,
    cycle: u64,
    history: History,
    trace: Option<(u64, std::path::PathBuf)>,
    /// The outputs of this cycle are compared.
    settled: bool,
    found: Option<Box<Difference>>,
}

#[cfg(feature = "rtl")]
impl Pair {
    /// Both forms of a parameter set, after reset.
    ///
    /// # Errors
    /// No such set.
    pub fn new(set: &str) -> Result<Self, ScenarioError> {
        let rtl = crate::verilated::RtlNode::new(set)?;
        let model = Node::new(rtl.config())?;
        Ok(Self {
            model,
            rtl,
            cycle: 0,
            history: History::default(),
            trace: None,
            settled: false,
            found: None,
        })
    }

    /// Writes a waveform to `path` from cycle `from` on.
    pub fn trace(&mut self, from: u64, path: std::path::PathBuf) {
        self.trace = Some((from, path));
    }

    /// What a lookup makes of an entry of the RTL's table. Epoch and default are compared registers, so they are the
    /// model's.
    fn read_tag(&self, entry: u64) -> Response {
        let tags = &self.model.dormant.tags;
        // As wide as a frame or a node.
        let frames = self.model.config().real_frames;
        let width = (u32::BITS - (frames - 1).leading_zeros()).max(8);
        let current = (entry >> (width + 2) & 3) as u8 == tags.epoch();
        let intact = entry.count_ones() % 2 == 1;
        let (state, payload) = match (intact, current) {
            (false, _) => (page::BAD, 0),
            (true, false) => (tags.def_state_q, tags.def_payload_q),
            (true, true) => (
                (entry >> width & 3) as u8,
                (entry & ((1 << width) - 1)) as u32,
            ),
        };
        Response {
            state,
            payload,
            parity_error: !intact,
        }
    }

    fn differs(&self, signal: String, model: String, rtl: String) -> Difference {
        Difference {
            cycle: self.cycle,
            signal,
            model,
            rtl,
            events: self.history.report(),
        }
    }
}

#[cfg(feature = "rtl")]
impl Backend for Pair {
    fn config(&self) -> &Config {
        self.model.config()
    }

    /// Compares them too; [`Self::clock`] reports what differs.
    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        let (model, rtl) = (self.model.outputs(ins), self.rtl.outputs(ins));
        self.history.record(self.cycle, ins, model);
        if model != rtl {
            let (model, rtl) = (offered(ins, model), offered(ins, rtl));
            if model != rtl
                && let Some((signal, model, rtl)) = first_difference(&model, &rtl)
            {
                self.found = Some(self.differs(signal, model, rtl).into());
            }
        }
        self.settled = true;
        self.model.outputs(ins)
    }

    fn reset_node(&mut self) {
        self.model.reset_node();
        self.rtl.reset_node();
        self.settled = false;
    }

    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        use crate::verilated::{STATE, State, state_of_model};

        if self
            .trace
            .as_ref()
            .is_some_and(|(from, _)| self.cycle >= *from)
            && let Some((_, path)) = self.trace.take()
        {
            self.rtl.trace(&path);
        }
        if !self.settled {
            self.outputs(ins);
        }
        self.settled = false;
        if let Some(difference) = self.found.take() {
            return Err(difference);
        }
        self.model.clock(ins);
        self.cycle += 1;
        self.rtl.clock(ins).map_err(|mut difference| {
            difference.events = self.history.report();
            difference
        })?;
        let (mut model, mut rtl): (State, State) = ([0; STATE.len()], [0; STATE.len()]);
        state_of_model(&self.model, &mut model);
        if self.rtl.state(&mut rtl).is_some() && model != rtl {
            for ((name, m), r) in STATE.iter().zip(model).zip(rtl) {
                if m != r {
                    let (m, r) = (m.to_string(), r.to_string());
                    return Err(self.differs((*name).into(), m, r).into());
                }
            }
        }
        Ok(())
    }

    fn zeroing(&self) -> Option<u32> {
        self.model.zeroing()
    }

    /// Compares the guard's entry of every frame and the tag of every page, in every bank.
    fn finish(&mut self) -> Result<(), Box<Difference>> {
        if let Some(difference) = self.found.take() {
            return Err(difference);
        }
        // Frames that the sweep has not reached hold anything in the RTL.
        let swept = self.model.frames.sweep_q;
        for frame in 0..swept {
            let model = self.model.frames.guard()[frame as usize];
            let rtl = self.rtl.guard(frame);
            if rtl != Some(model.bits(self.model.config().guest_pages)) {
                return Err(self
                    .differs(
                        format!("guard of frame {frame}"),
                        format!("{model:?}"),
                        format!("{rtl:?}"),
                    )
                    .into());
            }
        }
        // The same of pages.
        let tags = &self.model.dormant.tags;
        let swept = if tags.ready_q {
            self.config().guest_pages
        } else {
            tags.walk_q
        };
        for gfn in 0..swept {
            let model = tags.tag(gfn);
            let banks = (0..).map_while(|bank| Some((bank, self.rtl.tag(bank, gfn)?)));
            for (bank, entry) in banks {
                let rtl = self.read_tag(entry);
                if rtl != model {
                    let signal = format!("tag of page {gfn} in bank {bank}");
                    let (model, rtl) = (format!("{model:?}"), format!("{rtl:?}"));
                    return Err(self.differs(signal, model, rtl).into());
                }
            }
        }
        Ok(())
    }
}

/// One access of the register manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// A read of any address.
    Read {
        /// Byte address.
        addr: u16,
    },
    /// A write of any value to any address with any strobe.
    Write {
        /// Byte address.
        addr: u16,
        /// Data.
        data: u32,
        /// Strobe, 4 bits.
        strb: u8,
        /// Cycles by which the data comes after its address; negative: before.
        w_after_aw: i8,
    },
    /// Not an access: a reset of the node and not of its memory. What is under way is gone.
    Reset,
    /// A command for a frame, counted round the frames of the set with a few beyond the last.
    Command {
        /// Operation, 4 bits, and 16 more for one on pages; not all exist.
        op: u8,
        /// Any number.
        frame: u32,
    },
}

/// An access and when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Cycles after the step before it began.
    pub gap: u16,
    /// Waits until every earlier access is answered.
    pub wait: bool,
    /// What it does.
    pub access: Access,
}

/// A run, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Name of the parameter set.
    pub set: String,
    /// The memory.
    pub memory: MemorySpec,
    /// Percentage of cycles in which the register manager does not take an answer, 0..=90.
    pub stall: u8,
    /// Seed of that.
    pub seed: u64,
    /// What it does.
    pub steps: Vec<Step>,
}

/// Why a scenario failed.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Model and RTL differ, or a bus rule was broken.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A frame that is called zeroed is not zero in memory.
    #[error("frame {frame} is in the zeroed pool and not zero in memory")]
    NotZero {
        /// The frame.
        frame: u32,
    },
    /// The counts over all states do not sum to the frames.
    #[error("{counted} frames are counted over all states, and there are {frames}")]
    Lost {
        /// Sum over the states.
        counted: u32,
        /// Frames that exist.
        frames: u32,
    },
    /// The register port or the engine did not come to rest.
    #[error("not at rest after {cycles} cycles: {what}")]
    Hangs {
        /// Cycles run.
        cycles: u64,
        /// What is left.
        what: String,
    },
    /// Memory does not hold what guests wrote.
    #[error("stale data: {0}")]
    Stale(#[from] Box<StaleByte>),
    /// Frames, pages, stalls or registers are not what they must be.
    #[error("{0}")]
    Invariant(String),
    /// Skip mode and tick mode ended differently.
    #[error("skip mode ends with {skip}, tick mode with {tick}")]
    Skip {
        /// State after skip mode.
        skip: String,
        /// State after tick mode.
        tick: String,
    },
    /// The scenario names a set that does not exist.
    #[error("no parameter set {0}")]
    Set(String),
    /// An illegal memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// An illegal parameter.
    #[error(transparent)]
    Config(#[from] dormouse_model::ConfigError),
    /// The set is not verilated.
    #[cfg(feature = "rtl")]
    #[error(transparent)]
    Unknown(#[from] crate::verilated::UnknownSet),
}

impl ScenarioError {
    /// Whether the scenario cannot be run at all, so that nothing is known about model and RTL.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Set(_) | Self::Memory(_) | Self::Config(_) => true,
            #[cfg(feature = "rtl")]
            Self::Unknown(_) => true,
            _ => false,
        }
    }
}

/// Per-channel driver of the register port: addresses, data and reads run on their own.
struct Manager<'a> {
    steps: &'a [Step],
    frames: u32,
    next: usize,
    due: u64,
    aw: VecDeque<(u64, u16)>,
    w: VecDeque<(u64, u32, u8)>,
    ar: VecDeque<(u64, u16)>,
    open: usize,
    stall: u8,
    rng: fastrand::Rng,
}

impl<'a> Manager<'a> {
    fn new(scenario: &'a Scenario, frames: u32) -> Self {
        Self {
            steps: &scenario.steps,
            frames,
            next: 0,
            due: scenario.steps.first().map_or(0, |s| s.gap.into()),
            aw: VecDeque::new(),
            w: VecDeque::new(),
            ar: VecDeque::new(),
            open: 0,
            stall: scenario.stall.min(90),
            rng: fastrand::Rng::with_seed(scenario.seed),
        }
    }

    /// The next step is a reset, and it is time; what is under way is forgotten.
    fn reset(&mut self, cycle: u64) -> bool {
        let due = cycle >= self.due
            && self
                .steps
                .get(self.next)
                .is_some_and(|step| step.access == Access::Reset);
        if due {
            self.aw.clear();
            self.w.clear();
            self.ar.clear();
            self.open = 0;
            self.next += 1;
            self.due = cycle + self.steps.get(self.next).map_or(0, |s| u64::from(s.gap));
        }
        due
    }

    fn done(&self) -> bool {
        self.next == self.steps.len() && self.open == 0
    }

    /// Nothing is open, and nothing begins before this cycle: skip mode may jump there.
    fn quiet_until(&self, end: u64) -> Option<u64> {
        (self.open == 0).then_some(if self.next == self.steps.len() {
            end
        } else {
            self.due
        })
    }

    /// What it drives in `cycle`.
    fn drive(&mut self, cycle: u64) -> AxilReq {
        while let Some(step) = self.steps.get(self.next)
            && cycle >= self.due
            && !(step.wait && self.open != 0)
            && step.access != Access::Reset
        {
            let write = |manager: &mut Self, addr, data, strb, skew: i8| {
                let late = u64::from(skew.unsigned_abs());
                manager
                    .aw
                    .push_back((cycle + if skew < 0 { late } else { 0 }, addr));
                manager
                    .w
                    .push_back((cycle + if skew < 0 { 0 } else { late }, data, strb));
            };
            match step.access {
                Access::Reset => unreachable!("the loop ends before it"),
                Access::Read { addr } => self.ar.push_back((cycle, addr & 0xFFF)),
                Access::Write {
                    addr,
                    data,
                    strb,
                    w_after_aw,
                } => {
                    write(self, addr & 0xFFF, data, strb & 0xF, w_after_aw);
                }
                Access::Command { op, frame } => {
                    // One in so many is out of range.
                    let frame = frame % (self.frames + self.frames / 8 + 1);
                    let register = if op & Op::PAGE == 0 {
                        regs::FrameCmd::OFFSET
                    } else {
                        regs::PageCmd::OFFSET
                    };
                    write(self, register, u32::from(op & 0xF) << 28 | frame, 0xF, 0);
                }
            }
            self.open += 1;
            self.next += 1;
            self.due = cycle + self.steps.get(self.next).map_or(0, |s| u64::from(s.gap));
        }
        let mut req = AxilReq::default();
        if let Some(&(from, addr)) = self.aw.front() {
            (req.aw_valid, req.aw_addr) = (cycle >= from, addr);
        }
        if let Some(&(from, data, strb)) = self.w.front() {
            (req.w_valid, req.w_data, req.w_strb) = (cycle >= from, data, strb);
        }
        if let Some(&(_, addr)) = self.ar.front() {
            (req.ar_valid, req.ar_addr) = (true, addr);
        }
        let calm = self.stall == 0 || self.open == 0;
        req.b_ready = calm || self.rng.u8(..100) >= self.stall;
        req.r_ready = calm || self.rng.u8(..100) >= self.stall;
        req
    }

    /// What became of it.
    fn observe(&mut self, req: &AxilReq, out: &AxilResp) {
        if req.aw_valid && out.aw_ready {
            self.aw.pop_front();
        }
        if req.w_valid && out.w_ready {
            self.w.pop_front();
        }
        if req.ar_valid && out.ar_ready {
            self.ar.pop_front();
        }
        self.open -= usize::from(req.b_ready && out.b_valid);
        self.open -= usize::from(req.r_ready && out.r_valid);
    }
}

/// Reaches the model inside a backend, for the checks at the end.
pub trait HasModel {
    /// The model.
    fn model(&self) -> &Node;
}

impl HasModel for Node {
    fn model(&self) -> &Node {
        self
    }
}

#[cfg(feature = "rtl")]
impl HasModel for Pair {
    fn model(&self) -> &Node {
        &self.model
    }
}

impl Scenario {
    /// The scenario's parameters.
    ///
    /// # Errors
    /// No such set.
    pub fn config(&self) -> Result<Config, ScenarioError> {
        sets::all()
            .remove(&self.set)
            .ok_or_else(|| ScenarioError::Set(self.set.clone()))
    }

    /// Runs on a backend until everything is at rest; returns the cycles.
    fn run<B: Backend + HasModel>(
        &self,
        system: &mut System<B, Box<dyn Memory + Send>>,
        skip: bool,
    ) -> Result<u64, ScenarioError> {
        let config = self.config()?;
        let mut manager = Manager::new(self, config.real_frames);
        // Even at the slowest memory and the lowest cap everything ends by itself; this only says "hangs".
        let limit = 40_000_000;
        let at_rest = |system: &System<B, Box<dyn Memory + Send>>| {
            let node = system.node.model();
            let throttled = node.csr.regs.cap_interval() != 0 && node.engine.outstanding_q == 0;
            system.memory.in_flight() == 0
                && !node.frames.cmd_busy()
                && !node.csr.cmd_valid_q
                && !node.frames.busy()
                && !node.engine.done_valid_q
                && !node.engine.aw_valid_q
                && node.frames.ready()
                && (node.frames.zeroing_q == 0 || throttled)
        };
        while !(manager.done() && at_rest(system)) {
            let cycle = system.cycle();
            if manager.reset(cycle) {
                system.reset_node();
            }
            if skip
                && let Some(quiet) = manager.quiet_until(limit)
                && quiet > cycle
            {
                system.drive(manager.drive(cycle));
                system.advance(quiet - cycle);
                system.check()?;
                continue;
            }
            let req = manager.drive(cycle);
            system.drive(req);
            system.step();
            system.check()?;
            manager.observe(&req, system.port());
            if cycle > limit {
                let what = format!(
                    "{} register accesses, {} bursts",
                    manager.open,
                    system.memory.in_flight()
                );
                return Err(ScenarioError::Hangs {
                    cycles: cycle,
                    what,
                });
            }
        }
        system.finish()?;
        // A burst that a reset cuts ends without strobes, which no line with ECC can take.
        let resets = self.steps.iter().any(|step| step.access == Access::Reset);
        let errors = system.memory.store().ecc_errors();
        if errors != 0 && !resets {
            return Err(ScenarioError::Invariant(format!(
                "memory with ECC had to read what was never written, {errors} times"
            )));
        }
        Self::check_frames(system, &config)?;
        Ok(system.cycle())
    }

    /// No frame is lost, and every frame that is called zeroed is.
    fn check_frames<B: Backend + HasModel>(
        system: &System<B, Box<dyn Memory + Send>>,
        config: &Config,
    ) -> Result<(), ScenarioError> {
        let frames = &system.node.model().frames;
        let counted = frames.dirty_q
            + frames.queue.level()
            + frames.urgent.level()
            + frames.zeroing_q
            + frames.pool.level()
            + frames.mapped_q
            + frames.claimed_q
            + frames.held_q
            + frames.bad_q
            + frames.moving_q
            + frames.filled_q;
        if counted != config.real_frames {
            return Err(ScenarioError::Lost {
                counted,
                frames: config.real_frames,
            });
        }
        let zeroed = (0..)
            .zip(frames.guard())
            .filter(|(_, guard)| guard.state == FrameState::Zeroed);
        for (frame, _) in zeroed {
            let start = Rpa(u64::from(frame) << config.page_shift);
            if !system
                .memory
                .store()
                .is_zero(start, Bytes(config.page_bytes().into()))
            {
                return Err(ScenarioError::NotZero { frame });
            }
        }
        Ok(())
    }

    /// Runs on the model alone, in tick mode and in skip mode, which must end alike.
    ///
    /// # Errors
    /// What went wrong.
    pub fn run_model(&self) -> Result<u64, ScenarioError> {
        let config = self.config()?;
        let mut tick = System::new(Node::new(&config)?, self.memory.build(&config)?);
        let mut skip = System::new(Node::new(&config)?, self.memory.build(&config)?).skipping();
        let cycles = self.run(&mut tick, false)?;
        self.run(&mut skip, true)?;
        let (tick, skip) = (format!("{:?}", tick.node), format!("{:?}", skip.node));
        if tick == skip {
            Ok(cycles)
        } else {
            Err(ScenarioError::Skip { skip, tick })
        }
    }

    /// Runs model and RTL in lockstep.
    ///
    /// # Errors
    /// What went wrong.
    #[cfg(feature = "rtl")]
    pub fn run_lockstep(&self) -> Result<u64, ScenarioError> {
        self.lockstep(Pair::new(&self.set)?)
    }

    /// The same with a waveform from cycle `from` on.
    ///
    /// # Errors
    /// What went wrong.
    #[cfg(feature = "rtl")]
    pub fn run_traced(&self, from: u64, path: std::path::PathBuf) -> Result<u64, ScenarioError> {
        let mut pair = Pair::new(&self.set)?;
        pair.trace(from, path);
        self.lockstep(pair)
    }

    #[cfg(feature = "rtl")]
    fn lockstep(&self, pair: Pair) -> Result<u64, ScenarioError> {
        let memory = self.memory.build(pair.config())?;
        self.run(&mut System::new(pair, memory), false)
    }

    /// Random scenarios of one set: fewer accesses where a page takes longer.
    pub fn any(set: String) -> impl Strategy<Value = Self> {
        let beats = sets::all().get(&set).map_or(0, Config::page_beats);
        let steps: Range<usize> = 1..match beats {
            0..=1024 => 100,
            1025..=8192 => 24,
            _ => 6,
        };
        let config = sets::all().remove(&set).unwrap_or_default();
        let memory = (any::<u64>(), any::<bool>()).prop_map(move |(seed, ecc)| {
            let memory = MemorySpec::random(seed);
            if ecc {
                memory.with_ecc(&config)
            } else {
                memory
            }
        });
        let stall = prop_oneof![3 => Just(0u8), 1 => 1..90u8];
        let steps = prop::collection::vec(any_step(), steps);
        (Just(set), memory, stall, any::<u64>(), steps).prop_map(
            |(set, memory, stall, seed, mut steps)| {
                // Without this, after each reset, nothing would be zeroed in most scenarios.
                let enable = Access::Write {
                    addr: regs::Control::OFFSET,
                    data: 1,
                    strb: 0xF,
                    w_after_aw: 0,
                };
                let enable = Step {
                    gap: 0,
                    wait: false,
                    access: enable,
                };
                for i in (0..steps.len()).rev() {
                    if steps[i].access == Access::Reset {
                        steps.insert(i + 1, enable.clone());
                    }
                }
                steps.insert(0, enable);
                Self {
                    set,
                    memory,
                    stall,
                    seed,
                    steps,
                }
            },
        )
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let gap = prop_oneof![8 => 0..4u16, 3 => 4..100u16, 1 => 100..3000u16];
    (gap, prop::bool::weighted(0.8), any_access()).prop_map(|(gap, wait, access)| Step {
        gap,
        wait,
        access,
    })
}

fn any_access() -> impl Strategy<Value = Access> {
    let command = |op: BoxedStrategy<u8>| {
        (op, any::<u32>()).prop_map(|(op, frame)| Access::Command { op, frame })
    };
    let write = |addr: u16, data: BoxedStrategy<u32>| {
        (data, -3..4i8).prop_map(move |(data, w_after_aw)| Access::Write {
            addr,
            data,
            strb: 0xF,
            w_after_aw,
        })
    };
    // Mostly fast caps: a slow one makes long runs in which nothing happens.
    let throttle =
        prop_oneof![2 => Just(0u32), 3 => (1..400u32, 0..16u32).prop_map(|(i, d)| d << 16 | i)];
    let mark = prop_oneof![3 => 0..40u32, 1 => any::<u32>()];
    prop_oneof![
        1 => Just(Access::Reset),
        30 => command(prop_oneof![6 => Just(1u8), 2 => Just(2), 4 => Just(3)].boxed()),
        6 => command((0..32u8).boxed()),
        2 => write(regs::Arg::OFFSET, prop_oneof![3 => 0..9u32, 1 => any::<u32>()].boxed()),
        2 => write(regs::Control::OFFSET, prop_oneof![5 => Just(1u32), 1 => any::<u32>()].boxed()),
        2 => write(regs::Throttle::OFFSET, throttle.boxed()),
        2 => write(regs::WaterLow::OFFSET, mark.clone().boxed()),
        2 => write(regs::WaterHigh::OFFSET, mark.boxed()),
        2 => write(regs::IrqEnable::OFFSET, any::<u32>().boxed()),
        2 => write(regs::IrqStatus::OFFSET, any::<u32>().boxed()),
        8 => (0..0x40u16).prop_map(|n| Access::Read { addr: n * 4 }),
        2 => any::<u16>().prop_map(|addr| Access::Read { addr }),
        2 => (any::<u16>(), any::<u32>(), any::<u8>(), -4..5i8)
            .prop_map(|(addr, data, strb, w_after_aw)| Access::Write { addr: addr % 0x100, data, strb, w_after_aw }),
    ]
}
