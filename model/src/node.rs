//! `dm_node`: frame lists, zeroing engine, counters and registers of one node.

use dormouse_driver::regs;
use dormouse_driver::regs::Register;

use std::fmt;

use crate::{
    Config, ConfigError,
    arbiter::{Arbiter, ArbiterIn, ENGINE},
    axi::{Ax, AxiReq, AxiResp, AxilReq, AxilResp, INCR, OKAY, W},
    axil::{Access, Axil},
    config::MAX_PORTS,
    counters::Counters,
    frames::{self, Frames, FramesIn, Offer},
    gate::{Gate, GateIn, Heads, Resolve, Seen},
    lookup::{Change, Tag},
    pages::{Pages, PagesIn, state},
    redormant::{self, Monitor, Redormant, RedormantIn},
    regs::Regs,
    tag_table::{self, TagTable, TagTableIn},
    zero_engine::{EngineIn, ZeroEngine},
};

/// What the world drives into the node in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeIn<'a> {
    /// The register port's manager.
    pub axil: AxilReq,
    /// The memory's answers.
    pub axi: AxiResp,
    /// The vCPUs, one a port; empty when all are idle and take whatever they are answered.
    pub guests: &'a [AxiReq],
}

/// What the node drives in one cycle. Guests' read data and responses follow memory's within the
/// cycle, and so do memory's `r_ready` and `b_ready` the guests'; all else comes from registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeOut {
    /// The register port's answers.
    pub axil: AxilResp,
    /// The requests to memory.
    pub axi: AxiReq,
    /// Interrupt, level.
    pub irq: bool,
    /// The answers to the vCPUs, of which the first `Ports` exist.
    pub guests: [AxiResp; MAX_PORTS],
}

/// A guest that does nothing and takes whatever it is answered.
const IDLE: AxiReq = AxiReq::TAKER;

/// All that an idle node can see of the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct MemoryIn {
    aw_ready: bool,
    w_ready: bool,
    b_valid: bool,
    r_valid: bool,
}

impl MemoryIn {
    #[inline]
    fn new(axi: &AxiResp) -> Self {
        Self {
            aw_ready: axi.aw_ready,
            w_ready: axi.w_ready,
            b_valid: axi.b_valid,
            r_valid: axi.r_valid,
        }
    }
}

/// What is on the wires between the blocks in one cycle, as far as it does not hang on the tags' changes.
#[derive(Clone, Copy, Debug, Default)]
struct Wires {
    heads: [Heads; MAX_PORTS],
    ar_valid: u8,
    aw_valid: u8,
    ar_source: Option<u8>,
    aw_source: Option<u8>,
    w_source: Option<u8>,
}

/// Events of one edge that raise interrupts.
#[derive(Clone, Copy, Debug, Default)]
struct NodeEvents {
    frames: frames::Events,
    cmd_error: bool,
    cmd_refused: bool,
    stall: bool,
    parity: bool,
}

/// The node.
#[derive(Clone)]
pub struct Node {
    config: Config,
    out: NodeOut,
    wires: Wires,
    /// `out` and `wires` belong to the inputs of this cycle.
    evaluated: bool,
    cmd_valid_q: bool,
    parity_seen_q: bool,
    /// Nothing is at any port, no page and no frame changes hands: only the engine may be at work.
    alone: bool,
    /// Edges for which nothing but counters moves while the inputs stay as they are in `quiet_in`.
    quiet: u64,
    quiet_in: MemoryIn,
    /// The register port.
    pub axil: Axil,
    /// The stored registers.
    pub regs: Regs,
    /// The page whose tag was written last, and whether it is resident now, until somebody takes it.
    pub tag_write: Option<(u32, bool)>,
    /// The gates, one a port.
    pub gates: Box<[Gate]>,
    /// The tag table.
    pub tags: TagTable,
    /// Conversions, commands and stalls.
    pub pages: Pages,
    /// Redormanting.
    pub redormant: Redormant,
    /// The way to memory.
    pub arbiter: Arbiter,
    /// The frame lists and the guard.
    pub frames: Frames,
    /// The zeroing engine.
    pub engine: ZeroEngine,
    /// The counters.
    pub counters: Counters,
}

impl Node {
    /// A node after reset.
    ///
    /// # Errors
    /// The first illegal parameter.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let gate = Gate::new(config, config.guest_pages, config.port_depth);
        let mut node = Self {
            config: config.clone(),
            out: NodeOut::default(),
            wires: Wires::default(),
            evaluated: false,
            cmd_valid_q: false,
            parity_seen_q: false,
            alone: false,
            quiet: 0,
            quiet_in: MemoryIn::default(),
            axil: Axil::default(),
            regs: Regs::default(),
            tag_write: None,
            gates: vec![gate; usize::from(config.ports)].into(),
            tags: TagTable::new(config.ports, config.guest_pages, config.node_id),
            pages: Pages::new(config.ports, config.guest_pages, config.real_frames),
            redormant: Redormant::new(config.trackers, config.page_beats(), config.beat_bytes()),
            arbiter: Arbiter::new(config.ports),
            frames: Frames::new(config),
            engine: ZeroEngine::new(config),
            counters: Counters::default(),
        };
        node.out.axil = node.axil.outputs();
        Ok(node)
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A command was written in the last cycle, the register of that name in `rtl/dm_node.sv`.
    pub fn cmd_valid_q(&self) -> bool {
        self.cmd_valid_q
    }

    /// What the node drives in this cycle, in which the world drives `ins`. Payloads of channels that are not valid
    /// mean nothing.
    #[inline]
    pub fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        if !self.evaluated {
            self.evaluate(ins);
        }
        &self.out
    }

    #[inline]
    fn guest<'a>(ins: &NodeIn<'a>, port: usize) -> &'a AxiReq {
        ins.guests.get(port).unwrap_or(&IDLE)
    }

    /// Nobody asks anything of the ports.
    #[inline]
    fn no_guest(ins: &NodeIn) -> bool {
        ins.guests
            .iter()
            .all(|guest| !guest.ar_valid && !guest.aw_valid && !guest.w_valid)
    }

    fn evaluate(&mut self, ins: &NodeIn) {
        self.evaluated = true;
        if self.alone {
            self.evaluate_engine();
        } else {
            self.evaluate_fully(ins);
        }
    }

    /// The same while nothing is at any port.
    #[inline]
    fn evaluate_engine(&mut self) {
        let wires = &mut self.wires;
        wires.ar_valid = 0;
        wires.aw_valid = u8::from(self.engine.aw_valid_q);
        wires.ar_source = None;
        let urgent = self.pages.demand_q;
        wires.aw_source = self.arbiter.aw_source(wires.aw_valid, urgent);
        wires.w_source = self.arbiter.w_source(wires.aw_valid, urgent);
        self.drive_engine();
        for out in &mut self.out.guests[..self.gates.len()] {
            out.ar_ready = true;
            out.aw_ready = true;
            out.w_ready = true;
            out.r_valid = false;
            out.b_valid = false;
        }
        self.out.axi.ar_valid = false;
        self.out.axi.r_ready = true;
        self.out.axi.b_ready = true;
    }

    /// The engine's part of the memory port.
    #[inline]
    fn drive_engine(&mut self) {
        let (wires, axi) = (&self.wires, &mut self.out.axi);
        axi.aw_valid = wires.aw_source == Some(ENGINE);
        if axi.aw_valid {
            axi.aw = Ax {
                addr: self.engine.aw_addr(),
                len: (self.config.burst_beats() - 1) as u8,
                size: self.config.beat_bytes().trailing_zeros() as u8,
                burst: INCR,
                ..Ax::default()
            };
        }
        axi.w_valid = wires.w_source == Some(ENGINE) && self.engine.w_valid_q;
        if axi.w_valid {
            axi.w = W {
                strb: u64::MAX >> (64 - self.config.beat_bytes()),
                last: self.engine.w_last_q,
                ..W::default()
            };
        }
    }

    /// Who is asked whether it takes the answer with this id.
    #[inline]
    fn answered(&self, id: u32) -> Option<usize> {
        match self.arbiter.answered(id) {
            Some(ENGINE) | None => None,
            Some(source) => Some(usize::from(source) - 1),
        }
    }

    fn seen(&self) -> Seen {
        let rsp = self.tags.response();
        Seen {
            convert_on_read: self.regs.convert_on_read(),
            elide: self.regs.elide(),
            freeze: self.pages.state_q == state::FREEZE,
            rsp: Tag {
                state: rsp.state,
                frame: rsp.payload & self.frame_mask(),
            },
        }
    }

    fn frame_mask(&self) -> u32 {
        self.config.real_frames.next_power_of_two() - 1
    }

    fn evaluate_fully(&mut self, ins: &NodeIn) {
        let seen = self.seen();
        let mut wires = Wires {
            aw_valid: u8::from(self.engine.aw_valid_q),
            ..Wires::default()
        };
        for (p, gate) in self.gates.iter().enumerate() {
            let heads = gate.heads(&seen);
            wires.ar_valid |= u8::from(heads.m_ar_valid) << (p + 1);
            wires.aw_valid |= u8::from(heads.m_aw_valid) << (p + 1);
            wires.heads[p] = heads;
        }
        let urgent = self.pages.demand_q;
        wires.ar_source = self.arbiter.ar_source(wires.ar_valid);
        wires.aw_source = self.arbiter.aw_source(wires.aw_valid, urgent);
        wires.w_source = self.arbiter.w_source(wires.aw_valid, urgent);
        self.wires = wires;
        self.drive_engine();

        let axi = &mut self.out.axi;
        axi.ar_valid = wires.ar_source.is_some();
        if let Some(source) = wires.ar_source {
            let p = usize::from(source) - 1;
            axi.ar = Ax {
                id: source.into(),
                ..self.gates[p].m_ar(&wires.heads[p])
            };
        }
        if let Some(source @ 1..) = wires.aw_source {
            let p = usize::from(source) - 1;
            axi.aw_valid = true;
            axi.aw = Ax {
                id: source.into(),
                ..self.gates[p].m_aw(&wires.heads[p])
            };
        }
        if let Some(source @ 1..) = wires.w_source {
            let p = usize::from(source) - 1;
            axi.w_valid = wires.heads[p].m_w_valid;
            if axi.w_valid {
                self.gates[p].drive_w(&mut axi.w);
            }
        }

        // Answers pass through, and so does whether they are taken.
        let r_to = self.answered(ins.axi.r.id);
        let b_to = self.answered(ins.axi.b.id);
        let ready = |to: Option<usize>, take: &dyn Fn(&Gate, &AxiReq) -> bool| {
            to.is_none_or(|p| take(&self.gates[p], Self::guest(ins, p)))
        };
        let r_ready = ready(r_to, &|gate, guest| gate.m_r_ready(guest.r_ready));
        let b_ready = ready(b_to, &|gate, guest| gate.m_b_ready(guest.b_ready));
        self.out.axi.r_ready = r_ready;
        self.out.axi.b_ready = b_ready;
        for (p, gate) in self.gates.iter().enumerate() {
            let r = (ins.axi.r_valid && r_to == Some(p)).then_some(&ins.axi.r);
            let b = (ins.axi.b_valid && b_to == Some(p)).then_some(&ins.axi.b);
            gate.answer(r, b, &mut self.out.guests[p]);
        }
    }

    #[inline]
    fn frames_in(&self) -> FramesIn {
        FramesIn {
            enable: self.regs.enable(),
            water_low: self.regs.water_low,
            water_high: self.regs.water_high,
            cmd: None,
            pop: false,
            demand: self.pages.demand_q,
            done: self.engine.done_valid_q.then_some(self.engine.done_error_q),
        }
    }

    #[inline]
    fn engine_in(&self, axi: &AxiResp, wires: &Wires, offer: Offer) -> EngineIn {
        EngineIn {
            cap_interval: self.regs.cap_interval(),
            cap_depth: self.regs.cap_depth(),
            urgent: offer.urgent,
            frame_valid: offer.valid,
            frame: offer.frame,
            aw_ready: axi.aw_ready && wires.aw_source == Some(ENGINE),
            w_ready: axi.w_ready && wires.w_source == Some(ENGINE),
            b_valid: axi.b_valid && axi.b.id == u32::from(ENGINE),
            b_error: axi.b.resp != OKAY,
        }
    }

    fn arbiter_in(&self, axi: &AxiResp) -> ArbiterIn {
        ArbiterIn {
            urgent: self.pages.demand_q,
            ar_valid: self.wires.ar_valid,
            aw_valid: self.wires.aw_valid,
            ar_ready: axi.ar_ready,
            aw_ready: axi.aw_ready,
            w_end: self.out.axi.w_valid && axi.w_ready && self.out.axi.w.last,
        }
    }

    /// What the pages see, without the tag table's answers and what frames do in this cycle.
    fn pages_in(&self, red: &redormant::Offer) -> PagesIn {
        let enable = self.regs.enable();
        let pop = self.frames.pop();
        let mut ins = PagesIn {
            hw_convert: self.regs.hw_convert(),
            cmd: self.cmd_valid_q.then(|| self.regs.command()),
            mark_ok: self.tags.mark_ok(),
            pop_valid: pop.is_some(),
            pop_frame: self.frames.pool_frame(),
            coming: self.frames.coming(enable),
            none_mapped: self.frames.mapped_q == 0,
            fr_busy: self.frames.cmd_busy(),
            fr_code: self.frames.code_q,
            fr_value: self.frames.value_q,
            det_valid: red.valid,
            det_ok: red.ok,
            det_gfn: red.gfn,
            det_frame: red.frame,
            drain_busy: self.redormant.drain_busy_q,
            step_valid: self.redormant.drained_q,
            step_keep: self.redormant.drain_keep_q,
            step_frame: self.redormant.drain_frame_q,
            ..PagesIn::default()
        };
        for (p, gate) in self.gates.iter().enumerate() {
            ins.req_valid |= u8::from(gate.req_valid_q) << p;
            ins.req_write |= u8::from(gate.req_write_q) << p;
            ins.req_away |= u8::from(gate.req_away_q) << p;
            ins.req_gfn[p] = gate.req_gfn_q;
        }
        ins
    }

    /// What redormanting sees, without the changes of this cycle.
    fn redormant_in<'a>(&self, mon: &'a [Monitor]) -> RedormantIn<'a> {
        let mut ins = RedormantIn {
            enable: self.regs.detect(),
            delay: self.regs.redormant_delay,
            mon,
            ..RedormantIn::default()
        };
        if self.redormant.asks() {
            let frame = self.redormant.query_frame();
            ins.rd_match = self.gates.iter().any(|gate| gate.rd_match(frame));
            ins.wr_match = self.gates.iter().any(|gate| gate.wr_match(frame));
        }
        ins
    }

    /// What the gate of a port sees, without the changes of this cycle.
    fn gate_in<'a>(&self, ins: &NodeIn<'a>, p: usize, seen: Seen) -> GateIn<'a> {
        let (axi, wires, source) = (&ins.axi, &self.wires, p as u8 + 1);
        GateIn {
            seen,
            m_ar_ready: axi.ar_ready && wires.ar_source == Some(source),
            m_aw_ready: axi.aw_ready && wires.aw_source == Some(source),
            m_w_ready: axi.w_ready && wires.w_source == Some(source),
            m_r_valid: axi.r_valid && axi.r.id == u32::from(source),
            m_r_last: axi.r.last,
            m_b_valid: axi.b_valid && axi.b.id == u32::from(source),
            m_b_error: axi.b.resp != OKAY,
            ..GateIn::new(Self::guest(ins, p))
        }
    }

    /// One clock edge at which the world drove `ins` and the node drove [`Self::outputs`].
    #[inline]
    pub fn clock(&mut self, ins: &NodeIn) {
        let memory = MemoryIn::new(&ins.axi);
        // In the middle of a burst or of a wait: nearly every cycle.
        if self.quiet != 0
            && memory == self.quiet_in
            && !(ins.axil.aw_valid || ins.axil.w_valid || ins.axil.ar_valid)
            && Self::no_guest(ins)
        {
            self.pass(1);
        } else {
            self.clock_fully(ins, memory);
        }
    }

    /// `n` quiet edges with nothing at the ports.
    #[inline]
    fn pass(&mut self, n: u64) {
        self.quiet -= n;
        let w_ready = self.quiet_in.w_ready && self.wires.w_source == Some(ENGINE);
        self.engine.pass(w_ready, n);
        self.counters.add_cycles(self.engine.cycle(), n);
        self.pages.pass(0, n);
        self.tags.pass(n);
    }

    /// Only the engine may be at work.
    pub(crate) fn alone(&self) -> bool {
        self.alone
    }

    /// Time goes by beside an engine that was moved on by other means.
    pub(crate) fn pass_beside_engine(&mut self, n: u64) {
        self.pages.pass(0, n);
        self.tags.pass(n);
        self.evaluate_engine();
    }

    fn clock_fully(&mut self, ins: &NodeIn, memory: MemoryIn) {
        if !self.evaluated {
            self.evaluate(ins);
        }
        self.evaluated = false;
        let offer = self.frames.offer(self.regs.enable(), self.pages.demand_q);
        let engine_in = self.engine_in(&ins.axi, &self.wires, offer);
        let class = self.engine.cycle();

        // Registers answer with what they and the wires hold before the edge.
        let port_idle = self.axil.idle(&ins.axil);
        let (mut answer, mut write) = (None, None);
        if !port_idle {
            match self.axil.access() {
                Some(Access::Read(offset)) => answer = self.read(offset, &engine_in),
                Some(Access::Write(offset, value)) => write = Some((offset, value)),
                None => {}
            }
        }

        let accepted = (offer.valid && self.engine.frame_ready(&engine_in)).then_some(offer);
        let arbiter_in = self.arbiter_in(&ins.axi);
        let work = !self.alone || self.cmd_valid_q || !Self::no_guest(ins);
        let events = if work {
            self.clock_guests(ins, accepted)
        } else {
            self.pages.pass(0, 1);
            self.tags.pass(1);
            NodeEvents {
                frames: self.frames.clock(&self.frames_in(), accepted),
                ..NodeEvents::default()
            }
        };
        self.arbiter.clock(&arbiter_in);
        self.engine.clock(&engine_in);
        self.counters.add_cycles(class, 1);
        self.counters.zeroed_q = self
            .counters
            .zeroed_q
            .wrapping_add(events.frames.zeroed.into());
        self.counters.retried_q = self
            .counters
            .retried_q
            .wrapping_add(events.frames.retried.into());

        self.cmd_valid_q = false;
        if let Some((offset, value)) = write {
            answer = self.regs.write(offset, value).map(|()| 0);
            self.cmd_valid_q = offset == regs::Cmd::OFFSET;
        }
        self.parity_seen_q |= events.parity;
        self.regs.raise(
            u32::from(events.frames.pool_low)
                | u32::from(events.frames.pool_high) << 1
                | u32::from(events.frames.bad) << 2
                | u32::from(events.cmd_error) << 3
                | u32::from(events.cmd_refused) << 4
                | u32::from(events.frames.queue_empty) << 5
                | u32::from(events.stall) << 6
                | u32::from(events.parity) << 7
                | u32::from(events.frames.dirtied) << 8,
        );
        if !port_idle {
            self.axil.clock(&ins.axil, answer);
            self.out.axil = self.axil.outputs();
        }
        self.out.irq = self.regs.irq();
        self.listen(ins, memory);
    }

    /// The edge of all that has to do with guests and pages; `accepted` is the frame that the engine took.
    fn clock_guests(&mut self, ins: &NodeIn, accepted: Option<Offer>) -> NodeEvents {
        if self.alone {
            self.evaluate_fully(ins);
        }
        let seen = self.seen();
        let ports = self.gates.len();
        let mut monitors = [Monitor::default(); MAX_PORTS];
        let mut told = false;
        for (mon, gate) in monitors.iter_mut().zip(&self.gates) {
            if gate.mon_beat_q || gate.mon_b_q {
                *mon = Monitor::from(gate);
                told = true;
            }
        }
        let monitors: &[Monitor] = if told { &monitors[..ports] } else { &[] };
        let mut red = self.redormant_in(monitors);
        let mut pin = self.pages_in(&self.redormant.offer(&red));
        let out = self.pages.outputs(&pin);

        let mut tin = TagTableIn {
            cmd: out.look.then_some(out.look_gfn),
            upd: out.write.then_some(tag_table::Update {
                gfn: out.upd_gfn,
                state: out.upd_state,
                payload: out.upd_payload,
                poison: out.upd_poison,
            }),
            mark: out.mark.then_some((out.upd_state, out.upd_payload)),
            ..TagTableIn::default()
        };
        for (p, gate) in self.gates.iter().enumerate() {
            let arrive = gate.arrive(Self::guest(ins, p));
            for (c, (need, arrive)) in gate.need().into_iter().zip(arrive).enumerate() {
                let channel = 2 * p + c;
                if let Some(gfn) = need {
                    tin.need |= 1 << channel;
                    tin.need_gfn[channel] = gfn;
                }
                if let Some(gfn) = arrive {
                    tin.arrive |= 1 << channel;
                    tin.arrive_gfn[channel] = gfn;
                }
            }
        }
        let grants = self.tags.grants(&tin);
        let rsp = self.tags.response();
        pin.look_gnt = grants.cmd;
        pin.rsp_state = rsp.state;
        pin.rsp_payload = rsp.payload;

        let frames_in = FramesIn {
            cmd: out.fr,
            pop: out.pop,
            ..self.frames_in()
        };
        let events = NodeEvents {
            frames: self.frames.clock(&frames_in, accepted),
            cmd_error: out.ev_cmd_error,
            cmd_refused: out.ev_cmd_refused,
            stall: out.ev_stall,
            parity: self.tags.parity_error_q,
        };
        pin.ev_bad = events.frames.bad;

        let upd = out.upd.then_some(if out.upd_all {
            Change::All
        } else {
            Change::Page(out.upd_gfn)
        });
        for p in 0..ports {
            let of = |set: u8| set >> p & 1 != 0;
            let channel = |set: u8| [set >> (2 * p) & 1 != 0, set >> (2 * p + 1) & 1 != 0];
            let gate_in = GateIn {
                need_gnt: channel(grants.need),
                arrive_gnt: channel(grants.arrive),
                upd,
                grant: of(out.grant).then_some(out.grant_frame),
                stall: of(out.stall),
                fail: of(out.fail),
                resolve: of(out.resolve).then_some(Resolve {
                    write: out.resolve_write,
                    fail: out.resolve_fail,
                }),
                ..self.gate_in(ins, p, seen)
            };
            let happened = self.gates[p].clock(&self.wires.heads[p], &gate_in);
            let counters = &mut self.counters;
            counters.zero_reads_q = counters
                .zero_reads_q
                .wrapping_add(happened.zero_read.into());
            counters.elided_writes_q = counters
                .elided_writes_q
                .wrapping_add(happened.elided.into());
        }
        red.upd = out.upd.then_some(redormant::Update {
            all: out.upd_all,
            gfn: out.upd_gfn,
        });
        red.start = out.start;
        red.step_done = out.step_done;
        self.redormant.clock(&red);
        self.pages.clock(&pin, &out);
        self.tags.clock(&tin);
        if out.write {
            let resident = out.upd_state == regs::PageState::Resident as u8;
            self.tag_write = Some((out.upd_gfn, resident));
        }
        self.counters.add_pages(&out);
        let parity_errors = self
            .counters
            .parity_errors_q
            .wrapping_add(events.parity.into());
        self.counters.parity_errors_q = parity_errors;
        events
    }

    /// Works out whether the ports are at rest, and for how long nothing will happen if the inputs stay.
    #[inline]
    fn listen(&mut self, ins: &NodeIn, memory: MemoryIn) {
        let idle = TagTableIn::default();
        self.quiet = 0;
        self.alone = self.pages.idle()
            && !self.frames.map_pend_q
            && self.redormant.idle(self.regs.detect())
            && self.gates.iter().all(Gate::idle)
            && self.tags.stable_for(&idle) != 0;
        if !self.alone {
            return;
        }
        // At rest, what the node drives does not hang on its inputs.
        self.evaluate_engine();
        self.evaluated = true;
        let frames_in = self.frames_in();
        if !memory.b_valid
            && !memory.r_valid
            && !self.cmd_valid_q
            && self.frames.settled(&frames_in)
            && self.axil.idle(&ins.axil)
        {
            let offer = self.frames.offer(frames_in.enable, frames_in.demand);
            let engine_in = self.engine_in(&ins.axi, &self.wires, offer);
            self.quiet = self
                .engine
                .stable_for(&engine_in)
                .min(self.tags.stable_for(&idle));
            if self.quiet != 0 && !self.arbiter.is_stable(&self.arbiter_in(&ins.axi)) {
                self.quiet = 0;
            }
            self.quiet_in = memory;
        }
    }

    /// How many further edges with these same inputs are certain to leave [`Self::outputs`] as they
    /// are; skip mode jumps so far. 0 where the node does not know. Ask after [`Self::outputs`].
    #[inline]
    pub fn stable_for(&self, ins: &NodeIn) -> u64 {
        if ins.axil.aw_valid || ins.axil.w_valid || ins.axil.ar_valid || !self.evaluated {
            return 0;
        }
        if self.alone && Self::no_guest(ins) {
            return if MemoryIn::new(&ins.axi) == self.quiet_in {
                self.quiet
            } else {
                0
            };
        }
        self.stable_with_guests(ins)
    }

    fn stable_with_guests(&self, ins: &NodeIn) -> u64 {
        let frames_in = self.frames_in();
        if self.alone
            || self.cmd_valid_q
            || !self.axil.idle(&ins.axil)
            || !self.frames.settled(&frames_in)
            || self
                .gates
                .iter()
                .any(|gate| gate.mon_beat_q || gate.mon_b_q)
        {
            return 0;
        }
        let seen = self.seen();
        let mut n = self.tags.stable_for(&TagTableIn::default());
        for (p, gate) in self.gates.iter().enumerate() {
            if n == 0 {
                return 0;
            }
            n = n.min(gate.stable_for(&self.gate_in(ins, p, seen)));
        }
        if n == 0 || !self.arbiter.is_stable(&self.arbiter_in(&ins.axi)) {
            return 0;
        }
        let offer = self.frames.offer(frames_in.enable, frames_in.demand);
        n = n.min(
            self.engine
                .stable_for(&self.engine_in(&ins.axi, &self.wires, offer)),
        );
        let red = self.redormant_in(&[]);
        n = n.min(self.redormant.stable_for(&red));
        if n == 0 {
            return 0;
        }
        n.min(
            self.pages
                .stable_for(&self.pages_in(&self.redormant.offer(&red))),
        )
    }

    /// The same as `n` calls of [`Self::clock`] with `ins`; `n` is at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, ins: &NodeIn, n: u64) {
        if self.alone {
            self.pass(n);
            return;
        }
        self.evaluated = false;
        let w_ready = ins.axi.w_ready && self.wires.w_source == Some(ENGINE);
        self.engine.pass(w_ready, n);
        self.counters.add_cycles(self.engine.cycle(), n);
        let seen = self.seen();
        let mut req_valid = 0;
        for p in 0..self.gates.len() {
            req_valid |= u8::from(self.gates[p].req_valid_q) << p;
            let gate_in = self.gate_in(ins, p, seen);
            self.gates[p].pass(&gate_in, n);
        }
        self.pages.pass(req_valid, n);
        self.redormant.pass(n);
        self.tags.pass(n);
    }

    /// What a read of `offset` answers, `None` for a hole or a write-only register.
    fn read(&self, offset: u16, engine_in: &EngineIn) -> Option<u32> {
        let (frames, engine, counters) = (&self.frames, &self.engine, &self.counters);
        let pages = &self.pages;
        let count = |n: u64, high: bool| if high { (n >> 32) as u32 } else { n as u32 };
        Some(match offset {
            regs::Id::OFFSET => regs::Id::RESET,
            regs::Params::OFFSET => {
                u32::from(self.config.node_id) << 24
                    | u32::from(self.config.max_outstanding) << 16
                    | u32::from(self.config.data_width).trailing_zeros() << 8
                    | u32::from(self.config.page_shift)
            }
            regs::RealFrames::OFFSET => self.config.real_frames,
            regs::QueueDepth::OFFSET => self.config.queue_depth,
            regs::UrgentDepth::OFFSET => self.config.urgent_depth,
            regs::PoolDepth::OFFSET => self.config.pool_depth,
            regs::Control::OFFSET => self.regs.control,
            regs::Throttle::OFFSET => self.regs.throttle,
            regs::WaterLow::OFFSET => self.regs.water_low,
            regs::WaterHigh::OFFSET => self.regs.water_high,
            regs::ResultReg::OFFSET => {
                u32::from(pages.cmd_busy() || self.cmd_valid_q) << 31
                    | u32::from(pages.code_q) << 28
                    | pages.value_q
            }
            regs::Arg::OFFSET => self.regs.arg,
            regs::Policy::OFFSET => self.regs.policy,
            regs::RedormantDelay::OFFSET => self.regs.redormant_delay,
            regs::GuestPages::OFFSET => self.config.guest_pages,
            regs::Ports::OFFSET => {
                u32::from(self.config.trackers) << 8 | u32::from(self.config.ports)
            }
            regs::Page::OFFSET => u32::from(pages.page_state_q) << 30 | pages.page_payload_q,
            regs::Stall::OFFSET => {
                let (port, write, kind, _) = pages.stall_head();
                u32::from(pages.stalled()) << 31
                    | u32::from(kind) << 8
                    | u32::from(write) << 4
                    | u32::from(port)
            }
            regs::StallPage::OFFSET => pages.stall_head().3,
            regs::ParityPage::OFFSET => {
                u32::from(self.parity_seen_q) << 31 | self.tags.parity_gfn_q
            }
            regs::Status::OFFSET => {
                u32::from(frames.ready() && self.tags.ready_q)
                    | u32::from(frames.running_q) << 1
                    | u32::from(engine.page_active_q) << 2
                    | u32::from(engine.aw_valid_q) << 3
                    | u32::from(engine.w_valid_q) << 4
                    | u32::from(engine.outstanding_q != 0) << 5
                    | u32::from(engine.throttled(engine_in)) << 6
                    | u32::from(frames.busy()) << 7
                    | u32::from(self.gates.iter().any(Gate::busy)) << 8
                    | u32::from(self.redormant.drain_busy_q) << 9
                    | u32::from(self.tags.scrub_busy()) << 10
            }
            regs::IrqStatus::OFFSET => self.regs.irq_status,
            regs::IrqEnable::OFFSET => self.regs.irq_enable,
            regs::BadFrame::OFFSET => u32::from(frames.bad_valid_q) << 31 | frames.bad_frame_q,
            regs::QueueLevel::OFFSET => frames.queue.level(),
            regs::UrgentLevel::OFFSET => frames.urgent.level(),
            regs::PoolLevel::OFFSET => frames.pool.level(),
            regs::CountZeroing::OFFSET => frames.zeroing_q,
            regs::CountDirty::OFFSET => frames.dirty_q,
            regs::CountHeld::OFFSET => frames.held_q,
            regs::CountBad::OFFSET => frames.bad_q,
            regs::CountMapped::OFFSET => frames.mapped_q,
            regs::CountClaimed::OFFSET => frames.claimed_q,
            regs::ZeroReads::OFFSET => counters.zero_reads_q,
            regs::ElidedWrites::OFFSET => counters.elided_writes_q,
            regs::FastConversions::OFFSET => counters.fast_conversions_q,
            regs::DemandConversions::OFFSET => counters.demand_conversions_q,
            regs::Stalls::OFFSET => counters.stalls_q,
            regs::RedormantedStores::OFFSET => counters.redormanted_stores_q,
            regs::RedormantedDoorbell::OFFSET => counters.redormanted_doorbell_q,
            regs::ParityErrors::OFFSET => counters.parity_errors_q,
            regs::ConversionHist::OFFSET..regs::StallHist::OFFSET => {
                counters.conversion_hist_q[usize::from(offset - regs::ConversionHist::OFFSET) / 4]
            }
            _ if (regs::StallHist::OFFSET..regs::StallHist::OFFSET + 64).contains(&offset) => {
                counters.stall_hist_q[usize::from(offset - regs::StallHist::OFFSET) / 4]
            }
            regs::CmdErrors::OFFSET => counters.cmd_errors_q,
            regs::FramesZeroed::OFFSET => counters.zeroed_q,
            regs::FramesRetried::OFFSET => counters.retried_q,
            regs::CyclesBusyLo::OFFSET..=regs::CyclesTotalHi::OFFSET => {
                let index = (offset - regs::CyclesBusyLo::OFFSET) / 4;
                let counter = [
                    counters.busy_q,
                    counters.w_stalled_q,
                    counters.aw_stalled_q,
                    counters.b_wait_q,
                    counters.throttled_q,
                    counters.idle_q,
                    counters.total_q,
                ][usize::from(index / 2)];
                count(counter, index % 2 == 1)
            }
            _ => return None,
        })
    }
}

/// The registers alone, so that two nodes in the same state look alike.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("cmd_valid_q", &self.cmd_valid_q)
            .field("parity_seen_q", &self.parity_seen_q)
            .field("axil", &self.axil)
            .field("regs", &self.regs)
            .field("gates", &self.gates)
            .field("tags", &self.tags)
            .field("pages", &self.pages)
            .field("redormant", &self.redormant)
            .field("arbiter", &self.arbiter)
            .field("frames", &self.frames)
            .field("engine", &self.engine)
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}
