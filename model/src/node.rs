//! `dm_node`: the control plane, the guests' side, the frames, the zeroing engine and the way to memory, joined.

use std::fmt;

use crate::{
    Config, ConfigError,
    arbiter::{Arbiter, ArbiterIn, ENGINE},
    axi::{Ax, AxiReq, AxiResp, AxilReq, AxilResp, INCR, OKAY, W},
    config::MAX_PORTS,
    csr::{Csr, Seen},
    dormant::{self, Dormant, DormantIn},
    fence::Fence,
    frames::{self, Frames, FramesIn, Offer},
    gate::Heads,
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

/// What the node drives in one cycle. Guests' read data and responses follow memory's within the cycle; all else comes
/// from registers.
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

/// The node.
#[derive(Clone)]
pub struct Node {
    config: Config,
    out: NodeOut,
    wires: Wires,
    /// `out` and `wires` belong to the inputs of this cycle.
    evaluated: bool,
    /// Nothing is at any port, no page and no frame changes hands: only the engine may be at work.
    alone: bool,
    /// Edges for which nothing but counters moves while the inputs stay as they are in `quiet_in`.
    quiet: u64,
    quiet_in: MemoryIn,
    /// Register port, registers, counters.
    pub csr: Csr,
    /// The guests' side: gates, tags, pages, redormanting.
    pub dormant: Dormant,
    /// The way to memory.
    pub arbiter: Arbiter,
    /// What stands between lives of the node and memory.
    pub fence: Fence,
    /// The frame lists and the guard.
    pub frames: Frames,
    /// The zeroing engine.
    pub engine: ZeroEngine,
}

impl Node {
    /// A node after reset.
    ///
    /// # Errors
    /// The first illegal parameter.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::with_fence(config, Fence::new(config)))
    }

    /// A node after reset, before a memory that may not have been reset.
    fn with_fence(config: &Config, fence: Fence) -> Self {
        let mut node = Self {
            config: config.clone(),
            out: NodeOut::default(),
            wires: Wires::default(),
            evaluated: false,
            alone: false,
            quiet: 0,
            quiet_in: MemoryIn::default(),
            csr: Csr::default(),
            dormant: Dormant::new(config),
            arbiter: Arbiter::new(config.ports),
            fence,
            frames: Frames::new(config),
            engine: ZeroEngine::new(config),
        };
        node.out.axil = node.csr.axil.outputs();
        node
    }

    /// `rst_ni` goes low and high again between two edges, while `mem_rst_ni` stays high: all is as after reset, but
    /// memory goes on, and so does the fence. For a reset with memory, make a new node.
    pub fn reset(&mut self) {
        let mut fence = self.fence.clone();
        fence.reset_node();
        *self = Self::with_fence(&self.config, fence);
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
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
        } else if self.fence.is_transparent(&ins.axi) {
            self.evaluate_fully(ins);
        } else {
            let axi = self.fence.filter(&ins.axi);
            self.evaluate_fully(&NodeIn { axi, ..*ins });
            self.fence.drive(&mut self.out.axi);
            // An answer that nobody waits for is taken.
            self.out.axi.r_ready |= !axi.r_valid;
            self.out.axi.b_ready |= !axi.b_valid;
        }
    }

    /// The same while nothing is at any port.
    #[inline]
    fn evaluate_engine(&mut self) {
        let wires = &mut self.wires;
        wires.ar_valid = 0;
        wires.aw_valid = u8::from(self.engine.aw_valid_q);
        wires.ar_source = None;
        let urgent = self.dormant.pages.demand_q;
        wires.aw_source = self.arbiter.aw_source(wires.aw_valid, urgent);
        wires.w_source = self.arbiter.w_source(wires.aw_valid, urgent);
        self.drive_engine();
        for out in &mut self.out.guests[..self.dormant.gates.len()] {
            out.ar_ready = true;
            out.aw_ready = true;
            out.w_ready = true;
            out.r_valid = false;
            out.b_valid = false;
        }
        self.out.axi.ar_valid = false;
        self.out.axi.r_ready = true;
        self.out.axi.b_ready = true;
        self.fence.drive(&mut self.out.axi);
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

    fn evaluate_fully(&mut self, ins: &NodeIn) {
        let seen = self.dormant.seen(&self.csr.regs);
        let mut wires = Wires {
            aw_valid: u8::from(self.engine.aw_valid_q),
            ..Wires::default()
        };
        for (p, gate) in self.dormant.gates.iter().enumerate() {
            let heads = gate.heads(&seen);
            wires.ar_valid |= u8::from(heads.m_ar_valid) << (p + 1);
            wires.aw_valid |= u8::from(heads.m_aw_valid) << (p + 1);
            wires.heads[p] = heads;
        }
        let urgent = self.dormant.pages.demand_q;
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
                ..self.dormant.gates[p].m_ar(&wires.heads[p])
            };
        }
        if let Some(source @ 1..) = wires.aw_source {
            let p = usize::from(source) - 1;
            axi.aw_valid = true;
            axi.aw = Ax {
                id: source.into(),
                ..self.dormant.gates[p].m_aw(&wires.heads[p])
            };
        }
        if let Some(source @ 1..) = wires.w_source {
            let p = usize::from(source) - 1;
            axi.w_valid = wires.heads[p].m_w_valid;
            if axi.w_valid {
                self.dormant.gates[p].drive_w(&mut axi.w);
            }
        }

        // Answers are always taken, and pass through where they do not wait.
        let r_to = self.answered(ins.axi.r.id);
        let b_to = self.answered(ins.axi.b.id);
        self.out.axi.r_ready = true;
        self.out.axi.b_ready = true;
        for (p, gate) in self.dormant.gates.iter().enumerate() {
            let r = (ins.axi.r_valid && r_to == Some(p)).then_some(&ins.axi.r);
            let b = (ins.axi.b_valid && b_to == Some(p)).then_some(&ins.axi.b);
            gate.answer(r, b, &mut self.out.guests[p]);
        }
    }

    #[inline]
    fn frames_in(&self) -> FramesIn {
        FramesIn {
            enable: self.csr.regs.enable(),
            water_low: self.csr.regs.water_low,
            water_high: self.csr.regs.water_high,
            cmd: None,
            pop: None,
            demand: self.dormant.pages.demand_q,
            done: self.engine.done_valid_q.then_some(self.engine.done_error_q),
        }
    }

    #[inline]
    fn engine_in(&self, axi: &AxiResp, wires: &Wires, offer: Offer) -> EngineIn {
        EngineIn {
            cap_interval: self.csr.regs.cap_interval(),
            cap_depth: self.csr.regs.cap_depth(),
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
            urgent: self.dormant.pages.demand_q,
            ar_valid: self.wires.ar_valid,
            aw_valid: self.wires.aw_valid,
            ar_ready: axi.ar_ready,
            aw_ready: axi.aw_ready,
            w_end: self.out.axi.w_valid && axi.w_ready && self.out.axi.w.last,
        }
    }

    /// What the guests' side sees. It borrows the parts that it does not change, so that the rest can be clocked.
    fn dormant_in<'a>(
        csr: &'a Csr,
        frames: &Frames,
        wires: &Wires,
        ins: &'a NodeIn<'a>,
    ) -> DormantIn<'a> {
        DormantIn {
            regs: &csr.regs,
            cmd: csr.command(),
            guests: ins.guests,
            axi: &ins.axi,
            ar_source: wires.ar_source,
            aw_source: wires.aw_source,
            w_source: wires.w_source,
            pop_valid: frames.pop().is_some(),
            pop_frame: frames.pool_frame(),
            coming: frames.coming(csr.regs.enable()),
            none_mapped: frames.mapped_q == 0,
            fr_busy: frames.cmd_busy(),
            fr_code: frames.code_q,
            fr_value: frames.value_q,
            fr_owner: frames.owner_q,
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
        if w_ready && self.engine.w_valid_q {
            self.fence.pass(n);
        }
        self.engine.pass(w_ready, n);
        self.csr.counters.add_cycles(self.engine.cycle(), n);
        self.dormant.pass_idle(n);
    }

    /// Only the engine may be at work.
    pub(crate) fn alone(&self) -> bool {
        self.alone
    }

    /// What memory was shown last.
    pub(crate) fn shown(&self) -> &AxiReq {
        &self.out.axi
    }

    /// Time goes by beside an engine that was moved on by other means.
    pub(crate) fn pass_beside_engine(&mut self, n: u64) {
        self.dormant.pass_idle(n);
        self.evaluate_engine();
    }

    fn clock_fully(&mut self, ins: &NodeIn, memory: MemoryIn) {
        if !self.evaluated {
            self.evaluate(ins);
        }
        self.evaluated = false;
        let open = !self.fence.closed_q;
        let strays = self.fence.strays(&ins.axi);
        if self.fence.is_transparent(&ins.axi) {
            self.fence.clock(&self.out.axi, &ins.axi);
            self.clock_behind_fence(ins, open, strays);
        } else {
            let axi = self.fence.filter(&ins.axi);
            self.fence.clock(&self.out.axi, &ins.axi);
            self.clock_behind_fence(&NodeIn { axi, ..*ins }, open, strays);
        }
        self.listen(ins, memory);
    }

    /// The edge of all but the fence; `ins` is what the fence lets through, `open` whether it does, `strays` what it
    /// dropped.
    #[inline]
    fn clock_behind_fence(&mut self, ins: &NodeIn, open: bool, strays: u8) {
        let offer = self
            .frames
            .offer(self.csr.regs.enable(), self.dormant.pages.demand_q);
        let engine_in = self.engine_in(&ins.axi, &self.wires, offer);
        let class = self.engine.cycle();

        let port = self.csr.port(
            &ins.axil,
            &Seen {
                config: &self.config,
                dormant: &self.dormant,
                frames: &self.frames,
                engine: &self.engine,
                open,
                throttled: self.engine.throttled(&engine_in),
            },
        );

        let accepted = (offer.valid && self.engine.frame_ready(&engine_in)).then_some(offer);
        let arbiter_in = self.arbiter_in(&ins.axi);
        let work = !self.alone || self.csr.cmd_valid_q || !Self::no_guest(ins);
        let (frame_ev, ev) = if work {
            self.clock_guests(ins, accepted)
        } else {
            self.dormant.pass_idle(1);
            let frames = self.frames.clock(&self.frames_in(), accepted);
            (frames, dormant::Events::default())
        };
        self.arbiter.clock(&arbiter_in);
        self.engine.clock(&engine_in);
        self.csr.counters.add_cycles(class, 1);
        if let Some(axil) =
            self.csr
                .clock(&ins.axil, port, &frame_ev, strays + ev.stray_answers, &ev)
        {
            self.out.axil = axil;
        }
        self.out.irq = self.csr.regs.irq();
    }

    /// The edge of all that has to do with guests and pages; `accepted` is the frame that the engine took.
    fn clock_guests(
        &mut self,
        ins: &NodeIn,
        accepted: Option<Offer>,
    ) -> (frames::Events, dormant::Events) {
        if self.alone {
            self.evaluate_fully(ins);
        }
        let (monitors, told) = self.dormant.monitors();
        let dormant_in = Self::dormant_in(&self.csr, &self.frames, &self.wires, ins);
        let out = self.dormant.outputs(&dormant_in, &monitors[..told]);
        let frames_in = FramesIn {
            cmd: out.pages.fr,
            pop: out.pages.pop.then_some(out.pages.upd_gfn),
            ..self.frames_in()
        };
        let frames = self.frames.clock(&frames_in, accepted);
        let heads = &self.wires.heads;
        let ev = self.dormant.clock(&dormant_in, out, heads, frames.bad);
        (frames, ev)
    }

    /// Works out whether the ports are at rest, and for how long nothing will happen if the inputs stay.
    #[inline]
    fn listen(&mut self, ins: &NodeIn, memory: MemoryIn) {
        self.quiet = 0;
        self.alone = !self.frames.map_pend_q && self.dormant.idle(&self.csr.regs);
        if !self.alone {
            return;
        }
        // At rest, what the node drives does not hang on its inputs.
        self.evaluate_engine();
        self.evaluated = true;
        let frames_in = self.frames_in();
        if !memory.b_valid
            && !memory.r_valid
            && self.csr.counters.settled()
            && !self.csr.cmd_valid_q
            && self.frames.settled(&frames_in)
            && self.csr.axil.idle(&ins.axil)
        {
            let offer = self.frames.offer(frames_in.enable, frames_in.demand);
            let engine_in = self.engine_in(&ins.axi, &self.wires, offer);
            self.quiet = self
                .engine
                .stable_for(&engine_in)
                .min(self.dormant.idle_for());
            if self.quiet != 0
                && !(self.arbiter.is_stable(&self.arbiter_in(&ins.axi))
                    && self.fence.is_stable(&self.out.axi, &ins.axi))
            {
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
            || self.csr.cmd_valid_q
            || !self.csr.counters.settled()
            || !self.csr.axil.idle(&ins.axil)
            || !self.frames.settled(&frames_in)
            || !self.arbiter.is_stable(&self.arbiter_in(&ins.axi))
            || !self.fence.is_stable(&self.out.axi, &ins.axi)
        {
            return 0;
        }
        let dormant_in = Self::dormant_in(&self.csr, &self.frames, &self.wires, ins);
        let n = self.dormant.stable_for(&dormant_in);
        if n == 0 {
            return 0;
        }
        let offer = self.frames.offer(frames_in.enable, frames_in.demand);
        let engine_in = self.engine_in(&ins.axi, &self.wires, offer);
        n.min(self.engine.stable_for(&engine_in))
    }

    /// The same as `n` calls of [`Self::clock`] with `ins`; `n` is at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, ins: &NodeIn, n: u64) {
        if self.alone {
            self.pass(n);
            return;
        }
        self.evaluated = false;
        if self.out.axi.w_valid && ins.axi.w_ready {
            self.fence.pass(n);
        }
        let w_ready = ins.axi.w_ready && self.wires.w_source == Some(ENGINE);
        self.engine.pass(w_ready, n);
        self.csr.counters.add_cycles(self.engine.cycle(), n);
        let dormant_in = Self::dormant_in(&self.csr, &self.frames, &self.wires, ins);
        self.dormant.pass(&dormant_in, n);
    }
}

/// The registers alone, so that two nodes in the same state look alike.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("csr", &self.csr)
            .field("dormant", &self.dormant)
            .field("arbiter", &self.arbiter)
            .field("fence", &self.fence)
            .field("frames", &self.frames)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
