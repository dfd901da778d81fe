//! A node with a memory on its AXI4 port, a manager on its register port, and vCPUs on its guest ports,
//! if it has any. The same system runs on every [`Backend`].

use dormouse_driver::{Bus, BusError};
use dormouse_model::{
    NodeIn, NodeOut,
    axi::{AxiReq, AxiResp, AxilReq, AxilResp, DECERR, OKAY, W},
    config::MAX_PORTS,
    repeat::Mark,
};
use thiserror::Error;

use crate::{
    backend::Backend,
    checker::{AxiChecker, AxiRuleError, AxilChecker},
    difference::Difference,
    doorbell::{Doorbell, Manager},
    memory::{Bytes, Memory, Rpa, byte_mask},
    shadow::Shadow,
    vcpu::{Vcpu, VcpuFault, VcpuParams},
};

/// Cycles after which a register access without an answer is given up.
const REGISTER_TIMEOUT: u32 = 1000;

/// Cycles after which a doorbell that is not answered counts as hung.
const DOORBELL_TIMEOUT: u64 = 4_000_000;

/// Why a system stopped. It stays stopped: the state after a fault means nothing.
#[derive(Debug, Error)]
pub enum Fault {
    /// Model and RTL differ, or an assertion in the RTL failed.
    #[error(transparent)]
    Difference(#[from] Box<Difference>),
    /// A rule of AXI was broken on the memory port or on the register port.
    #[error(transparent)]
    Rule(#[from] AxiRuleError),
    /// A rule of AXI was broken on a guest port.
    #[error("guest port {port}: {rule}")]
    Guest {
        /// Which.
        port: usize,
        /// How.
        rule: AxiRuleError,
    },
    /// The command of a doorbell did not end.
    #[error("the doorbell of port {port} is not answered after {cycles} cycles")]
    Doorbell {
        /// Whose.
        port: usize,
        /// Cycles that it rings.
        cycles: u64,
    },
    /// A vCPU got what it must not get: stale data, above all.
    #[error(transparent)]
    Vcpu(#[from] VcpuFault),
}

/// What went over the memory port's write channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes written.
    pub bytes: u64,
    /// Zeros among them.
    pub zero_bytes: u64,
}

impl Traffic {
    /// `n` beats.
    #[inline]
    fn add(&mut self, w: &W, n: u64) {
        let bytes = u64::from(w.strb.count_ones());
        let mut nonzero = 0;
        if w.data != [0; 8] {
            for (i, word) in w.data.iter().enumerate() {
                let written = word & byte_mask(w.strb >> (8 * i));
                let low = (written & 0x7f7f_7f7f_7f7f_7f7f) + 0x7f7f_7f7f_7f7f_7f7f;
                nonzero += u64::from(((low | written) & 0x8080_8080_8080_8080).count_ones());
            }
        }
        self.bytes += bytes * n;
        self.zero_bytes += (bytes - nonzero) * n;
    }
}

/// Who watches the rules of AXI.
struct Checkers {
    memory: AxiChecker,
    registers: AxilChecker,
    guests: Vec<AxiChecker>,
}

impl Checkers {
    /// One cycle, before its edge.
    fn clock(&mut self, ins: &NodeIn, out: &NodeOut) -> Result<(), Fault> {
        self.memory.clock(&out.axi, &ins.axi)?;
        self.registers.clock(&ins.axil, &out.axil)?;
        let ports = self.guests.iter_mut().zip(ins.guests).zip(&out.guests);
        for (port, ((checker, req), resp)) in ports.enumerate() {
            let legal = checker.clock(req, resp);
            legal.map_err(|rule| Fault::Guest { port, rule })?;
        }
        Ok(())
    }
}

/// Node, memory, register manager and vCPUs.
pub struct System<B, M> {
    /// The node.
    pub node: B,
    /// The memory.
    pub memory: M,
    /// The vCPUs, one a port from port 0 on. A doorbell is rung on the register port whenever the port's
    /// manager has nothing under way there: who writes a command reads its result to the end.
    pub vcpus: Vec<Vcpu>,
    /// What guest memory holds.
    pub shadow: Shadow,
    /// Of the vCPUs, for new ones after a reset.
    params: Vec<VcpuParams>,
    checkers: Option<Checkers>,
    axil: AxilReq,
    /// What the register port drove in the last cycle.
    port: AxilResp,
    guests: Vec<AxiReq>,
    answers: [AxiResp; MAX_PORTS],
    manager: Manager,
    doorbell: Option<Doorbell>,
    traffic: Traffic,
    /// Cycles in which a vCPU had something under way.
    guest_cycles: u64,
    cycle: u64,
    answered: u64,
    skip: bool,
    period: Option<Period>,
    fault: Option<Fault>,
}

/// An edge at which a frame was accepted, to see whether it comes round.
struct Period {
    node: Mark,
    memory: Vec<u64>,
    cycle: u64,
    answered: u64,
    traffic: Traffic,
    guest_cycles: u64,
}

impl<B: Backend, M: Memory> System<B, M> {
    /// A system that checks the AXI rules in every cycle.
    pub fn new(node: B, memory: M) -> Self {
        let config = node.config();
        let checkers = Checkers {
            memory: AxiChecker::new(config),
            registers: AxilChecker::new(),
            guests: Vec::new(),
        };
        let shadow = Shadow::new(config.page_shift, config.beat_bytes());
        Self {
            node,
            memory,
            vcpus: Vec::new(),
            shadow,
            params: Vec::new(),
            checkers: Some(checkers),
            axil: AxilReq {
                b_ready: true,
                r_ready: true,
                ..AxilReq::default()
            },
            port: AxilResp::default(),
            guests: Vec::new(),
            answers: [AxiResp::default(); MAX_PORTS],
            manager: Manager::default(),
            doorbell: None,
            traffic: Traffic::default(),
            guest_cycles: 0,
            cycle: 0,
            answered: 0,
            skip: false,
            period: None,
            fault: None,
        }
    }

    /// With vCPUs on the first ports, as many as there are `params`; the other ports stay idle.
    #[must_use]
    pub fn with_vcpus(mut self, params: &[VcpuParams]) -> Self {
        let config = self.node.config();
        let ports = usize::from(config.ports);
        self.params = params.iter().take(ports).cloned().collect();
        self.vcpus = self
            .params
            .iter()
            .enumerate()
            .map(|(port, params)| Vcpu::new(port, params, config))
            .collect();
        self.guests = vec![AxiReq::TAKER; ports];
        if let Some(checkers) = &mut self.checkers {
            checkers.guests = vec![AxiChecker::guest(config); ports];
        }
        self
    }

    /// Resets the node and not its memory. Who was at its ports is gone with what was under way there: the register
    /// manager is idle, each vCPU is a new one, and guest memory reads as zero.
    pub fn reset_node(&mut self) {
        self.node.reset_node();
        self.axil = AxilReq {
            b_ready: true,
            r_ready: true,
            ..AxilReq::default()
        };
        self.port = AxilResp::default();
        self.manager = Manager::default();
        self.doorbell = None;
        self.period = None;
        let config = self.node.config();
        self.shadow = Shadow::new(config.page_shift, config.beat_bytes());
        for (port, vcpu) in self.vcpus.iter_mut().enumerate() {
            *vcpu = Vcpu::new(port, &self.params[port], config);
        }
        self.guests.fill(AxiReq::TAKER);
        if let Some(checkers) = &mut self.checkers {
            checkers.registers = AxilChecker::new();
            checkers.guests.fill(AxiChecker::guest(config));
        }
    }

    /// Without the rule checker: for measuring speed.
    #[must_use]
    pub fn unchecked(mut self) -> Self {
        self.checkers = None;
        self
    }

    /// In skip mode: jumps where the next cycles are known. Jumps are not seen by the rule checker.
    #[must_use]
    pub fn skipping(mut self) -> Self {
        self.skip = true;
        self.unchecked()
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// What was written to memory.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Guest accesses that were answered.
    pub fn accesses(&self) -> u64 {
        let stats = self.vcpus.iter().map(Vcpu::stats);
        stats.map(|stats| stats.reads + stats.writes).sum()
    }

    /// Every vCPU has ended its program, and everything of theirs is answered.
    pub fn vcpus_done(&self) -> bool {
        self.vcpus.iter().all(Vcpu::done)
    }

    /// Write responses that the node has taken.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// What stopped the system, if anything did.
    ///
    /// # Errors
    /// The fault.
    pub fn check(&mut self) -> Result<(), Fault> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// What the register manager drives from now on.
    pub fn drive(&mut self, axil: AxilReq) {
        self.axil = axil;
    }

    /// What the node drives in this cycle.
    pub fn outputs(&mut self) -> &NodeOut {
        self.node.outputs(&NodeIn {
            axil: self.doorbell.as_ref().map_or(self.axil, |bell| bell.req),
            axi: *self.memory.outputs(),
            guests: &self.guests,
        })
    }

    /// The interrupt in this cycle.
    pub fn irq(&mut self) -> bool {
        self.outputs().irq
    }

    /// What the register port drove in the last cycle.
    pub fn port(&self) -> &AxilResp {
        &self.port
    }

    /// One clock cycle.
    #[inline]
    pub fn step(&mut self) {
        if self.fault.is_some() {
            return;
        }
        if !self.vcpus.is_empty() {
            self.pick_up_doorbell();
        }
        let ins = NodeIn {
            axil: self.doorbell.as_ref().map_or(self.axil, |bell| bell.req),
            axi: *self.memory.outputs(),
            guests: &self.guests,
        };
        let out = self.node.outputs(&ins);
        if let Some(checkers) = &mut self.checkers
            && let Err(fault) = checkers.clock(&ins, out)
        {
            self.fault = Some(fault);
            return;
        }
        self.answered += u64::from(ins.axi.b_valid && out.axi.b_ready);
        if out.axi.w_valid && ins.axi.w_ready {
            self.traffic.add(&out.axi.w, 1);
        }
        self.port = out.axil;
        let vcpus = self.vcpus.len();
        self.answers[..vcpus].copy_from_slice(&out.guests[..vcpus]);
        self.memory.clock(&out.axi);
        if let Err(difference) = self.node.clock(&ins) {
            self.fault = Some(difference.into());
        }
        if vcpus != 0 {
            self.clock_vcpus();
        }
        self.cycle += 1;
    }

    /// The edge of the vCPUs and of who uses the register port.
    fn clock_vcpus(&mut self) {
        if let Some(bell) = &mut self.doorbell {
            if let Some(outcome) = bell.clock(&self.port) {
                self.shadow.end_zero(bell.token, self.cycle, outcome);
                self.vcpus[bell.port].answer_doorbell();
                self.doorbell = None;
            } else if self.cycle - bell.start > DOORBELL_TIMEOUT {
                self.fault = Some(Fault::Doorbell {
                    port: bell.port,
                    cycles: self.cycle - bell.start,
                });
            }
            // The port's own manager sees none of this.
            self.port = AxilResp::default();
        } else {
            self.manager.clock(&self.axil, &self.port);
        }
        let mut busy = false;
        let ports = self.guests.iter_mut().zip(&self.answers);
        for (vcpu, (req, resp)) in self.vcpus.iter_mut().zip(ports) {
            if let Err(fault) = vcpu.clock(req, resp, &mut self.shadow)
                && self.fault.is_none()
            {
                self.fault = Some(fault.into());
            }
            busy |= !vcpu.quiescent();
        }
        self.guest_cycles += u64::from(busy);
    }

    /// Gives the register port to a doorbell, if one rings and the port's manager has nothing to do there.
    fn pick_up_doorbell(&mut self) {
        if self.doorbell.is_some() || !self.manager.idle(&self.axil) {
            return;
        }
        let mut ringing = self.vcpus.iter().enumerate();
        let first = ringing.find_map(|(port, vcpu)| Some((port, vcpu.doorbell()?)));
        if let Some((port, gfn)) = first {
            let token = self.shadow.begin_zero(Some(port), self.cycle, gfn.into());
            self.doorbell = Some(Doorbell::new(port, gfn, token, self.cycle));
        }
    }

    /// For how many edges every vCPU will drive what it drives now, while the node answers as now.
    fn vcpus_stable_for(&mut self) -> u64 {
        if self.vcpus.is_empty() {
            return u64::MAX;
        }
        if self.doorbell.is_some() || self.vcpus.iter().any(|vcpu| vcpu.doorbell().is_some()) {
            return 0;
        }
        let ins = NodeIn {
            axil: self.axil,
            axi: *self.memory.outputs(),
            guests: &self.guests,
        };
        let out = self.node.outputs(&ins);
        let each = self.vcpus.iter().zip(&self.guests).zip(&out.guests);
        let stable = each.map(|((vcpu, req), resp)| vcpu.stable_for(req, resp));
        stable.min().unwrap_or(u64::MAX)
    }

    /// `n` clock cycles, jumping in skip mode.
    pub fn idle(&mut self, n: u64) {
        self.run_until(self.cycle + n, |_| false);
    }

    /// Clocks until `done` or until cycle `limit`; returns whether `done` was reached. In skip mode
    /// `done` is asked between jumps only, which stop before a list runs empty or full.
    pub fn run_until(&mut self, limit: u64, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        while self.cycle < limit && self.fault.is_none() {
            if done(self) {
                return true;
            }
            self.advance(limit - self.cycle);
        }
        done(self)
    }

    /// One jump of at most `most` cycles in skip mode, else one cycle.
    #[inline]
    pub fn advance(&mut self, most: u64) {
        if !self.skip {
            self.step();
        } else if !self.jump(most) {
            let taken = self.node.as_model().map(|node| node.frames.flight.wptr_q);
            self.step();
            if taken != self.node.as_model().map(|node| node.frames.flight.wptr_q) {
                let quiet = self.vcpus_stable_for();
                self.repeat(most.saturating_sub(1).min(quiet));
            }
        }
    }

    /// A frame was accepted. If the period since the last one has come round, passes as many of its
    /// kind as lists and `most` cycles allow.
    fn repeat(&mut self, most: u64) {
        let last = self.period.take();
        let Some(node) = self.node.as_model() else {
            return;
        };
        let Some(memory) = self.memory.shape() else {
            return;
        };
        let alike = |last: &Period| last.memory == memory && last.guest_cycles == self.guest_cycles;
        if let Some(last) = last.filter(alike) {
            let cycles = self.cycle - last.cycle;
            let times = node.repeats(&last.node).min(most / cycles);
            if times > 0 {
                let shift = node.config().page_shift;
                let page = Bytes(node.config().page_bytes().into());
                let at = |frame: u32| Rpa(u64::from(frame) << shift);
                let mut zeroed = Vec::new();
                let moved = node.repeat(&last.node, times, &mut zeroed);
                let place = |addr: u64| {
                    let found = moved
                        .iter()
                        .find(|(old, _)| u64::from(*old) == addr >> shift);
                    found.map_or(addr, |(_, new)| at(*new).0 | addr & (page.0 - 1))
                };
                let next = self.memory.repeat(cycles * times, &place);
                for frame in zeroed {
                    self.memory.store_mut().zero_range(at(frame), page);
                }
                // Of the frames in flight, those before the next beat are written.
                if let Some(next) = next {
                    for (_, frame) in moved {
                        if u64::from(frame) == next.0 >> shift {
                            let done = Bytes(next.0 & (page.0 - 1));
                            self.memory.store_mut().zero_range(at(frame), done);
                            break;
                        }
                        self.memory.store_mut().zero_range(at(frame), page);
                    }
                }
                self.answered += (self.answered - last.answered) * times;
                let traffic = &mut self.traffic;
                traffic.bytes += (traffic.bytes - last.traffic.bytes) * times;
                traffic.zero_bytes += (traffic.zero_bytes - last.traffic.zero_bytes) * times;
                for vcpu in &mut self.vcpus {
                    vcpu.clock_many(cycles * times);
                }
                self.cycle += cycles * times;
            }
        }
        let Some(node) = self.node.as_model().and_then(|node| node.mark()) else {
            return;
        };
        self.period = Some(Period {
            node,
            memory,
            cycle: self.cycle,
            answered: self.answered,
            traffic: self.traffic,
            guest_cycles: self.guest_cycles,
        });
    }

    /// Jumps as far as node and memory both allow; false when that is nowhere.
    #[inline]
    fn jump(&mut self, most: u64) -> bool {
        let most = most.min(self.vcpus_stable_for());
        if most == 0 {
            return false;
        }
        let ins = NodeIn {
            axil: self.axil,
            axi: *self.memory.outputs(),
            guests: &self.guests,
        };
        self.node.outputs(&ins);
        let n = self.node.stable_for(&ins).min(most);
        if n == 0 {
            return false;
        }
        let req = &self.node.outputs(&ins).axi;
        let n = n.min(self.memory.stable_for(req));
        if n == 0 {
            return false;
        }
        if req.w_valid && ins.axi.w_ready {
            self.traffic.add(&req.w, n);
        }
        self.memory.clock_many(req, n);
        if let Err(difference) = self.node.clock_many(&ins, n) {
            self.fault = Some(difference.into());
        }
        for vcpu in &mut self.vcpus {
            self.guest_cycles += u64::from(!vcpu.quiescent());
            vcpu.clock_many(n);
        }
        self.cycle += n;
        true
    }

    /// Checks that nothing is left in flight on either side, and what backends compare at the end.
    ///
    /// # Errors
    /// What stopped the system, or what is left.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.check()?;
        if let Some(checkers) = &self.checkers {
            checkers.memory.finish()?;
            checkers.registers.finish()?;
            for (port, checker) in checkers.guests.iter().enumerate() {
                let done = checker.finish();
                done.map_err(|rule| Fault::Guest { port, rule })?;
            }
        }
        // What the last edge has led to is compared as well.
        self.outputs();
        self.node.finish()?;
        Ok(())
    }

    fn answer(resp: u8) -> Result<(), BusError> {
        match resp {
            OKAY => Ok(()),
            DECERR => Err(BusError::Decode),
            _ => Err(BusError::Subordinate),
        }
    }

    /// A register write with any strobe and any address; the driver only makes whole, aligned ones.
    ///
    /// # Errors
    /// What the node answered when it was not OKAY.
    pub fn write_raw(&mut self, addr: u16, data: u32, strb: u8) -> Result<(), BusError> {
        self.axil.aw_valid = true;
        self.axil.aw_addr = addr;
        self.axil.w_valid = true;
        self.axil.w_data = data;
        self.axil.w_strb = strb;
        let mut waited = 0;
        while waited < REGISTER_TIMEOUT && self.fault.is_none() {
            // A doorbell may have the port for as long as it takes.
            waited += u32::from(self.doorbell.is_none());
            self.step();
            let port = self.port;
            self.axil.aw_valid &= !port.aw_ready;
            self.axil.w_valid &= !port.w_ready;
            if port.b_valid {
                return Self::answer(port.b_resp);
            }
        }
        Err(BusError::Timeout)
    }

    /// A register read with any address.
    ///
    /// # Errors
    /// What the node answered when it was not OKAY.
    pub fn read_raw(&mut self, addr: u16) -> Result<u32, BusError> {
        self.axil.ar_valid = true;
        self.axil.ar_addr = addr;
        let mut waited = 0;
        while waited < REGISTER_TIMEOUT && self.fault.is_none() {
            waited += u32::from(self.doorbell.is_none());
            self.step();
            let port = self.port;
            self.axil.ar_valid &= !port.ar_ready;
            if port.r_valid {
                return Self::answer(port.r_resp).map(|()| port.r_data);
            }
        }
        Err(BusError::Timeout)
    }
}

impl<B: Backend, M: Memory> Bus for System<B, M> {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.read_raw(offset)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.write_raw(offset, value, 0b1111)
    }
}
