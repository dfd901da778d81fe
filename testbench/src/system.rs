//! A node with a memory on its AXI4 port, a manager on its register port, and guests on its guest ports,
//! if it has any. The same system runs on every [`Backend`].
//!
//! The register manager is the firmware's hart: a system is a [`Bus`], and while an access is under way, or the hart
//! does something else for [`System::pace`] cycles, the guests and the engine go on.

use std::error::Error;

use dormouse_driver::{Bus, BusError};
use dormouse_model::{
    NodeIn, NodeOut,
    axi::{AxiReq, AxiResp, AxilReq, AxilResp, DECERR, OKAY},
    config::MAX_PORTS,
    repeat::Mark,
};
use thiserror::Error;

use crate::{
    backend::Backend,
    checker::{AxiChecker, AxiRuleError, AxilChecker},
    difference::Difference,
    doorbell::{Doorbell, Manager},
    guests::Guests,
    memory::{Bytes, Memory, Rpa},
    tag_watch::TagWatch,
    traffic::Traffic,
    vcpu::{VcpuFault, VcpuParams},
    vcpus::Vcpus,
};

/// Cycles after which a register access without an answer is given up.
const REGISTER_TIMEOUT: u32 = 1000;

/// Cycles after which a doorbell that is not answered counts as hung.
const DOORBELL_TIMEOUT: u64 = 4_000_000;

/// What the register manager drives when it does nothing.
fn no_access() -> AxilReq {
    AxilReq {
        b_ready: true,
        r_ready: true,
        ..AxilReq::default()
    }
}

/// Why a system stopped. It stays stopped: the state after a fault means nothing.
#[derive(Debug, Error)]
pub enum Fault<G: Error + 'static = VcpuFault> {
    /// Model and RTL differ, or an assertion in the RTL failed.
    #[error(transparent)]
    Difference(#[from] Box<Difference>),
    /// A rule of AXI was broken on the memory port or on the register port.
    #[error(transparent)]
    Rule(#[from] AxiRuleError),
    /// A rule of AXI was broken on a guest port.
    #[error("guest port {port}: {rule}")]
    GuestRule {
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
    /// A guest got what it must not get: stale data, above all.
    #[error(transparent)]
    Guest(G),
}

/// Why [`System::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The guests have ended, and every write has its response.
    Finished,
    /// The node's interrupt is up.
    Interrupt,
    /// A guest rings the doorbell for this page, and waits for [`Guests::rung`].
    Doorbell(u32),
    /// The cycle is reached.
    Limit,
    /// See [`System::check`].
    Stopped,
}

/// A [`Bus`] between whose accesses time passes.
pub trait Paced {
    /// Sets the cycles between two accesses; returns what they were.
    fn set_pace(&mut self, pace: u64) -> u64;
}

impl<T: Paced + ?Sized> Paced for &mut T {
    fn set_pace(&mut self, pace: u64) -> u64 {
        (**self).set_pace(pace)
    }
}

impl<B, M, G: Guests> Paced for System<B, M, G> {
    fn set_pace(&mut self, pace: u64) -> u64 {
        std::mem::replace(&mut self.pace, pace)
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
    fn clock<G: Error>(&mut self, ins: &NodeIn, out: &NodeOut) -> Result<(), Fault<G>> {
        self.memory.clock(&out.axi, &ins.axi)?;
        self.registers.clock(&ins.axil, &out.axil)?;
        let ports = self.guests.iter_mut().zip(ins.guests).zip(&out.guests);
        for (port, ((checker, req), resp)) in ports.enumerate() {
            let legal = checker.clock(req, resp);
            legal.map_err(|rule| Fault::GuestRule { port, rule })?;
        }
        Ok(())
    }
}

/// Who rings doorbells on the register port, one after the other, whenever the port's manager has nothing under way there:
/// who writes a command reads its result to the end.
#[derive(Default)]
struct Ringer {
    manager: Manager,
    doorbell: Option<Doorbell>,
}

/// Node, memory, register manager and guests.
pub struct System<B, M, G: Guests = Vcpus> {
    /// The node.
    pub node: B,
    /// The memory.
    pub memory: M,
    /// What is on the guest ports.
    pub guests: G,
    /// What crossed the memory port's write channel.
    pub written: Traffic,
    /// Cycles between two register accesses.
    pub pace: u64,
    /// What became of pages that went dormant, for a guest that executes.
    pub tags: Option<TagWatch>,
    checkers: Option<Checkers>,
    axil: AxilReq,
    /// What the register port drove in the last cycle.
    port: AxilResp,
    /// The interrupt in the last cycle.
    irq: bool,
    answers: [AxiResp; MAX_PORTS],
    /// For vCPUs. Other guests' doorbells are the firmware's.
    ringer: Option<Ringer>,
    /// When the guests began.
    started: Option<u64>,
    /// Cycles and jumps of skip mode in which a guest had something under way.
    guest_cycles: u64,
    cycle: u64,
    answered: u64,
    skip: bool,
    period: Option<Period>,
    fault: Option<Fault<G::Fault>>,
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

/// What the guest ports get in this cycle.
#[inline]
fn requests<G: Guests>(guests: &G, started: Option<u64>) -> &[AxiReq] {
    if started.is_some() {
        guests.outputs()
    } else {
        &[]
    }
}

impl<B: Backend, M: Memory> System<B, M> {
    /// A system without guests that checks the AXI rules in every cycle.
    pub fn new(node: B, memory: M) -> Self {
        let guests = Vcpus::none(node.config());
        let mut system = Self::with_guests(node, memory, guests);
        system.started = Some(0);
        system.tags = None;
        system
    }

    /// With vCPUs on the first ports, as many as there are `params`; the other ports stay idle.
    #[must_use]
    pub fn with_vcpus(mut self, params: &[VcpuParams]) -> Self {
        let config = self.node.config();
        self.guests = Vcpus::new(config, params);
        self.ringer = (!self.guests.vcpus.is_empty()).then(Ringer::default);
        if let Some(checkers) = &mut self.checkers {
            checkers.guests = vec![AxiChecker::guest(config); config.ports.into()];
        }
        self
    }

    /// Resets the node and not its memory. Who was at its ports is gone with what was under way there: the register
    /// manager is idle, each vCPU is a new one, and guest memory reads as zero.
    pub fn reset_node(&mut self) {
        self.node.reset_node();
        self.axil = no_access();
        self.port = AxilResp::default();
        self.period = None;
        self.guests.reset();
        if let Some(ringer) = &mut self.ringer {
            *ringer = Ringer::default();
        }
        let config = self.node.config();
        if let Some(checkers) = &mut self.checkers {
            checkers.registers = AxilChecker::new();
            checkers.guests.fill(AxiChecker::guest(config));
        }
    }
}

impl<B: Backend, M: Memory, G: Guests> System<B, M, G> {
    /// A system that checks the AXI rules in every cycle. The guests do nothing before [`Self::start`]; their doorbells
    /// are the firmware's ([`Self::run`]).
    pub fn with_guests(node: B, memory: M, guests: G) -> Self {
        let config = node.config();
        let checkers = Checkers {
            memory: AxiChecker::new(config),
            registers: AxilChecker::new(),
            guests: Vec::new(),
        };
        let tags = Some(TagWatch::new(config.guest_pages));
        Self {
            node,
            memory,
            guests,
            written: Traffic::default(),
            pace: 0,
            tags,
            checkers: Some(checkers),
            axil: no_access(),
            port: AxilResp::default(),
            irq: false,
            answers: [AxiResp::default(); MAX_PORTS],
            ringer: None,
            started: None,
            guest_cycles: 0,
            cycle: 0,
            answered: 0,
            skip: false,
            period: None,
            fault: None,
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

    /// The cycle in which the guests began.
    pub fn started(&self) -> Option<u64> {
        self.started
    }

    /// Lets the guests begin.
    pub fn start(&mut self) {
        self.started.get_or_insert(self.cycle);
    }

    /// Write responses that the node has taken.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// What stopped the system, if anything did.
    ///
    /// # Errors
    /// The fault.
    pub fn check(&mut self) -> Result<(), Fault<G::Fault>> {
        let of_guests = |guests: &mut G| guests.fault().map(Fault::Guest);
        let fault = self.fault.take().or_else(|| of_guests(&mut self.guests));
        fault.map_or(Ok(()), Err)
    }

    fn stopped(&self) -> bool {
        self.fault.is_some() || self.guests.failed()
    }

    /// What the register manager drives from now on.
    pub fn drive(&mut self, axil: AxilReq) {
        self.axil = axil;
    }

    fn doorbell(&self) -> Option<&Doorbell> {
        self.ringer.as_ref()?.doorbell.as_ref()
    }

    /// What the register port gets in this cycle: a doorbell has it until it is answered.
    #[inline]
    fn register_request(&self) -> AxilReq {
        self.doorbell().map_or(self.axil, |bell| bell.req)
    }

    /// What the node drives in this cycle.
    pub fn outputs(&mut self) -> &NodeOut {
        let axil = self.register_request();
        self.node.outputs(&NodeIn {
            axil,
            axi: *self.memory.outputs(),
            guests: requests(&self.guests, self.started),
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
        self.pass(1);
    }

    /// One cycle, or in skip mode as many as are known, but no more than `most`.
    #[inline]
    fn pass(&mut self, most: u64) -> u64 {
        if self.stopped() {
            return 0;
        }
        if self.ringer.is_some() {
            self.pick_up_doorbell();
        }
        let ins = NodeIn {
            axil: self.register_request(),
            axi: *self.memory.outputs(),
            guests: requests(&self.guests, self.started),
        };
        let ports = ins.guests.len();
        let out = self.node.outputs(&ins);
        if let Some(checkers) = &mut self.checkers
            && let Err(fault) = checkers.clock(&ins, out)
        {
            self.fault = Some(fault);
            return 0;
        }
        self.port = out.axil;
        self.irq = out.irq;
        self.answers[..ports].copy_from_slice(&out.guests[..ports]);
        // Cheapest first.
        let mut n = most;
        if n > 1 && ports != 0 {
            n = n.min(self.guests.stable_for(&self.answers[..ports]));
        }
        if n > 1 {
            n = n.min(self.memory.stable_for(&out.axi));
        }
        let written = out.axi.w_valid && ins.axi.w_ready;
        let result = if n > 1 {
            let req = out.axi;
            n = n.min(self.node.stable_for(&ins)).max(1);
            if written {
                self.written.beats(&req.w, n);
            }
            if n == 1 {
                self.answered += u64::from(ins.axi.b_valid && req.b_ready);
                self.memory.clock(&req);
                self.node.clock(&ins)
            } else {
                self.memory.clock_many(&req, n);
                self.node.clock_many(&ins, n)
            }
        } else {
            n = 1;
            if written {
                self.written.beats(&out.axi.w, 1);
            }
            self.answered += u64::from(ins.axi.b_valid && out.axi.b_ready);
            self.memory.clock(&out.axi);
            self.node.clock(&ins)
        };
        if let Err(difference) = result {
            self.fault = Some(difference.into());
        }
        if let Some(tags) = &mut self.tags
            && let Some(node) = self.node.as_model()
            && let Some((gfn, resident)) = node.dormant.tag_write.take()
        {
            tags.see(gfn, resident, self.guests.instructions());
        }
        if self.ringer.is_some() {
            self.clock_ringer();
        }
        if ports != 0 {
            let answers = &self.answers[..ports];
            if n == 1 {
                self.guests.clock(answers);
            } else {
                self.guests.clock_many(answers, n);
            }
        }
        self.cycle += n;
        n
    }

    /// The edge of who rings doorbells.
    fn clock_ringer(&mut self) {
        let Some(Ringer { manager, doorbell }) = &mut self.ringer else {
            return;
        };
        let Some(bell) = doorbell else {
            manager.clock(&self.axil, &self.port);
            return;
        };
        if let Some(outcome) = bell.clock(&self.port) {
            self.guests.rung(bell.port, outcome, self.cycle);
            *doorbell = None;
        } else if self.cycle - bell.start > DOORBELL_TIMEOUT {
            self.fault = Some(Fault::Doorbell {
                port: bell.port,
                cycles: self.cycle - bell.start,
            });
        }
        // The port's own manager sees none of this.
        self.port = AxilResp::default();
    }

    /// Gives the register port to a doorbell, if one rings and the port's manager has nothing to do there.
    fn pick_up_doorbell(&mut self) {
        let Some(Ringer { manager, doorbell }) = &mut self.ringer else {
            return;
        };
        if doorbell.is_none()
            && manager.idle(&self.axil)
            && let Some((port, gfn)) = self.guests.doorbell()
        {
            self.guests.ringing(port, gfn, self.cycle);
            *doorbell = Some(Doorbell::new(port, gfn, self.cycle));
        }
    }

    /// `n` clock cycles, jumping in skip mode.
    pub fn idle(&mut self, n: u64) {
        self.run_until(self.cycle + n, |_| false);
    }

    /// Clocks until `done` or until cycle `limit`; returns whether `done` was reached. In skip mode
    /// `done` is asked between jumps only, which stop before a list runs empty or full.
    pub fn run_until(&mut self, limit: u64, mut done: impl FnMut(&mut Self) -> bool) -> bool {
        while self.cycle < limit && !self.stopped() {
            if done(self) {
                return true;
            }
            self.advance(limit - self.cycle);
        }
        done(self)
    }

    /// Runs until something happens that the firmware's hart has to deal with, or until cycle `limit`.
    pub fn run(&mut self, limit: u64) -> Event {
        loop {
            if self.stopped() {
                return Event::Stopped;
            }
            if self.guests.finished() {
                return Event::Finished;
            }
            if self.ringer.is_none()
                && let Some((_, gfn)) = self.guests.doorbell()
            {
                return Event::Doorbell(gfn);
            }
            if self.irq {
                return Event::Interrupt;
            }
            if self.cycle >= limit {
                return Event::Limit;
            }
            self.pass(if self.skip { limit - self.cycle } else { 1 });
        }
    }

    /// One jump of at most `most` cycles in skip mode, else one cycle.
    #[inline]
    pub fn advance(&mut self, most: u64) {
        if !self.skip {
            self.step();
            return;
        }
        let taken = |node: &mut B| node.as_model().map(|node| node.frames.flight.wptr_q);
        let before = taken(&mut self.node);
        let n = self.pass(most);
        let busy = self.guests.busy();
        self.guest_cycles += u64::from(busy);
        if n == 1 && !busy && before != taken(&mut self.node) {
            let quiet = self.guests_stable_for();
            self.repeat(most.saturating_sub(1).min(quiet));
        }
    }

    /// For how many edges every guest will drive what it drives now, while the node answers as now.
    fn guests_stable_for(&mut self) -> u64 {
        let ports = requests(&self.guests, self.started).len();
        if ports == 0 {
            return u64::MAX;
        }
        let mut answers = [AxiResp::default(); MAX_PORTS];
        answers[..ports].copy_from_slice(&self.outputs().guests[..ports]);
        self.guests.stable_for(&answers[..ports])
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
                let traffic = &mut self.written;
                traffic.bytes += (traffic.bytes - last.traffic.bytes) * times;
                traffic.zero += (traffic.zero - last.traffic.zero) * times;
                let ports = requests(&self.guests, self.started).len();
                if ports != 0 {
                    self.guests
                        .clock_many(&self.answers[..ports], cycles * times);
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
            traffic: self.written,
            guest_cycles: self.guest_cycles,
        });
    }

    /// Checks that nothing is left in flight on either side, and what backends compare at the end.
    ///
    /// # Errors
    /// What stopped the system, or what is left.
    pub fn finish(&mut self) -> Result<(), Fault<G::Fault>> {
        self.check()?;
        if let Some(checkers) = &self.checkers {
            checkers.memory.finish()?;
            checkers.registers.finish()?;
            for (port, checker) in checkers.guests.iter().enumerate() {
                let done = checker.finish();
                done.map_err(|rule| Fault::GuestRule { port, rule })?;
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
        while waited < REGISTER_TIMEOUT && !self.stopped() {
            // A doorbell may have the port for as long as it takes.
            waited += u32::from(self.doorbell().is_none());
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
        while waited < REGISTER_TIMEOUT && !self.stopped() {
            waited += u32::from(self.doorbell().is_none());
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

impl<B: Backend, M: Memory, G: Guests> Bus for System<B, M, G> {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.idle(self.pace);
        self.read_raw(offset)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.idle(self.pace);
        self.write_raw(offset, value, 0b1111)
    }
}
