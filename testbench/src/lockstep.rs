//! Lockstep: model and RTL get the same inputs, and every output and every named register must be
//! equal after every edge.

use std::{collections::VecDeque, path::PathBuf};

use dormouse_model::{
    Config, ConfigError, Node, NodeIn, NodeOut,
    axi::{Ax, AxiReq, AxiResp, AxilReq, B, R, W},
    config::MAX_PORTS,
    lookup::page,
    tag_table::Response,
};
use thiserror::Error;

use crate::{
    backend::Backend,
    difference::Difference,
    verilated::{RtlNode, STATE, State, UnknownSet, state_of_model},
};

/// Handshakes that a report shows.
const LAST_EVENTS: usize = 24;

/// Why model and RTL cannot be put side by side.
#[derive(Debug, Error)]
pub enum PairError {
    /// The set is not verilated.
    #[error(transparent)]
    Set(#[from] UnknownSet),
    /// An illegal parameter.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// The outputs without what is not offered: a payload means nothing while its valid is low.
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
fn guest_event(req: &AxiReq, resp: &AxiResp) -> bool {
    (req.aw_valid && resp.aw_ready)
        || (req.w_valid && req.w.last && resp.w_ready)
        || (resp.b_valid && req.b_ready)
        || (req.ar_valid && resp.ar_ready)
        || (resp.r_valid && resp.r.last && req.r_ready)
}

/// The last cycles in which anything happened.
#[derive(Clone, Debug, Default)]
struct History(VecDeque<Recorded>);

/// One of them.
#[derive(Clone, Debug)]
struct Recorded {
    cycle: u64,
    axil: AxilReq,
    axi: AxiResp,
    guests: [AxiReq; MAX_PORTS],
    ports: usize,
    out: NodeOut,
}

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

/// Compares what both drive, and remembers what a report shows.
#[derive(Default)]
pub(crate) struct Comparison {
    cycle: u64,
    history: History,
}

impl Comparison {
    /// The outputs of one cycle.
    ///
    /// # Errors
    /// The first that differs.
    pub(crate) fn outputs(
        &mut self,
        ins: &NodeIn,
        model: &NodeOut,
        rtl: &NodeOut,
    ) -> Result<(), Box<Difference>> {
        self.history.record(self.cycle, ins, model);
        if model != rtl {
            let (model, rtl) = (offered(ins, model), offered(ins, rtl));
            if model != rtl
                && let Some((signal, model, rtl)) = first_difference(&model, &rtl)
            {
                return Err(self.differs(signal, model, rtl).into());
            }
        }
        Ok(())
    }

    /// The cycle is over.
    pub(crate) fn edge(&mut self) {
        self.cycle += 1;
    }

    /// What differs now.
    pub(crate) fn differs(&self, signal: String, model: String, rtl: String) -> Difference {
        Difference {
            cycle: self.cycle,
            signal,
            model,
            rtl,
            events: self.history.report(),
        }
    }
}

/// What a lookup makes of an entry of the RTL's table, where `epoch` is current and pages of another are as `default` says.
pub(crate) fn read_tag(entry: u64, real_frames: u32, epoch: u8, default: (u8, u32)) -> Response {
    // As wide as a frame or a node.
    let width = (u32::BITS - (real_frames - 1).leading_zeros()).max(8);
    let current = (entry >> (width + 2) & 3) as u8 == epoch;
    let intact = entry.count_ones() % 2 == 1;
    let (state, payload) = match (intact, current) {
        (false, _) => (page::BAD, 0),
        (true, false) => default,
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

/// Model and RTL side by side.
pub struct Pair {
    /// The model.
    pub model: Node,
    /// The RTL.
    pub rtl: RtlNode,
    comparison: Comparison,
    trace: Option<(u64, PathBuf)>,
    /// The outputs of this cycle are compared.
    settled: bool,
    found: Option<Box<Difference>>,
}

impl Pair {
    /// Both forms of a parameter set, after reset.
    ///
    /// # Errors
    /// No such set.
    pub fn new(set: &str) -> Result<Self, PairError> {
        let rtl = RtlNode::new(set)?;
        let model = Node::new(rtl.config())?;
        Ok(Self {
            model,
            rtl,
            comparison: Comparison::default(),
            trace: None,
            settled: false,
            found: None,
        })
    }

    /// Writes a waveform to `path` from cycle `from` on.
    pub fn trace(&mut self, from: u64, path: PathBuf) {
        self.trace = Some((from, path));
    }

    /// A tag of the RTL. Epoch and default are compared registers, so they are the model's.
    fn read_tag(&self, entry: u64) -> Response {
        let tags = &self.model.dormant.tags;
        let frames = self.model.config().real_frames;
        read_tag(
            entry,
            frames,
            tags.epoch(),
            (tags.def_state_q, tags.def_payload_q),
        )
    }
}

impl Backend for Pair {
    fn config(&self) -> &Config {
        self.model.config()
    }

    /// Compares them too; [`Self::clock`] reports what differs.
    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        let (model, rtl) = (self.model.outputs(ins), self.rtl.outputs(ins));
        if let Err(difference) = self.comparison.outputs(ins, model, rtl) {
            self.found = Some(difference);
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
        if self
            .trace
            .as_ref()
            .is_some_and(|(from, _)| self.comparison.cycle >= *from)
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
        self.comparison.edge();
        self.rtl.clock(ins).map_err(|mut difference| {
            difference.events = self.comparison.history.report();
            difference
        })?;
        let (mut model, mut rtl): (State, State) = ([0; STATE.len()], [0; STATE.len()]);
        state_of_model(&self.model, &mut model);
        if self.rtl.state(&mut rtl).is_some() && model != rtl {
            for ((name, m), r) in STATE.iter().zip(model).zip(rtl) {
                if m != r {
                    let (m, r) = (m.to_string(), r.to_string());
                    return Err(self.comparison.differs((*name).into(), m, r).into());
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
                let signal = format!("guard of frame {frame}");
                let (model, rtl) = (format!("{model:?}"), format!("{rtl:?}"));
                return Err(self.comparison.differs(signal, model, rtl).into());
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
                    return Err(self.comparison.differs(signal, model, rtl).into());
                }
            }
        }
        Ok(())
    }
}
