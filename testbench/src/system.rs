//! A node with a memory on its AXI4 port and a manager on its register port: the smallest thing that
//! can zero a frame. The same system runs on every [`Backend`].

use dormouse_driver::{Bus, BusError};
use dormouse_model::{
    NodeIn,
    axi::{AxilReq, DECERR, OKAY},
    repeat::Mark,
};
use thiserror::Error;

use crate::{
    backend::Backend,
    checker::{AxiChecker, AxiRuleError, AxilChecker},
    lockstep::Difference,
    memory::{Bytes, Memory, Rpa},
};

/// Cycles after which a register access without an answer is given up.
const REGISTER_TIMEOUT: u32 = 1000;

/// Why a system stopped. It stays stopped: the state after a fault means nothing.
#[derive(Debug, Error)]
pub enum Fault {
    /// Model and RTL differ, or an assertion in the RTL failed.
    #[error(transparent)]
    Difference(#[from] Box<Difference>),
    /// A rule of AXI was broken on the memory port or on the register port.
    #[error(transparent)]
    Rule(#[from] AxiRuleError),
}

/// Node, memory and register manager.
pub struct System<B, M> {
    /// The node.
    pub node: B,
    /// The memory.
    pub memory: M,
    checkers: Option<(AxiChecker, AxilChecker)>,
    axil: AxilReq,
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
}

impl<B: Backend, M: Memory> System<B, M> {
    /// A system that checks the AXI rules in every cycle.
    pub fn new(node: B, memory: M) -> Self {
        let checkers = (AxiChecker::new(node.config()), AxilChecker::new());
        Self {
            node,
            memory,
            checkers: Some(checkers),
            axil: AxilReq {
                b_ready: true,
                r_ready: true,
                ..AxilReq::default()
            },
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

    /// One clock cycle.
    #[inline]
    pub fn step(&mut self) {
        if self.fault.is_some() {
            return;
        }
        let ins = NodeIn {
            axil: self.axil,
            axi: *self.memory.outputs(),
        };
        let req = &self.node.outputs().axi;
        if let Some((memory, registers)) = &mut self.checkers {
            let port = &self.node.outputs().axil;
            let legal = memory.clock(req, &ins.axi);
            if let Err(error) = legal.and_then(|()| registers.clock(&ins.axil, port)) {
                self.fault = Some(error.into());
                return;
            }
        }
        self.answered += u64::from(ins.axi.b_valid && req.b_ready);
        self.memory.clock(req);
        if let Err(difference) = self.node.clock(&ins) {
            self.fault = Some(difference.into());
        }
        self.cycle += 1;
    }

    /// `n` clock cycles, jumping in skip mode.
    pub fn idle(&mut self, n: u64) {
        self.run_until(self.cycle + n, |_| false);
    }

    /// Clocks until `done` or until cycle `limit`; returns whether `done` was reached. In skip mode
    /// `done` is asked between jumps only, which stop before a list runs empty or full.
    pub fn run_until(&mut self, limit: u64, mut done: impl FnMut(&Self) -> bool) -> bool {
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
                self.repeat(most.saturating_sub(1));
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
        if let Some(last) = last.filter(|last| last.memory == memory) {
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
        });
    }

    /// Jumps as far as node and memory both allow; false when that is nowhere.
    #[inline]
    fn jump(&mut self, most: u64) -> bool {
        let ins = NodeIn {
            axil: self.axil,
            axi: *self.memory.outputs(),
        };
        let n = self.node.stable_for(&ins).min(most);
        if n == 0 {
            return false;
        }
        let req = &self.node.outputs().axi;
        let n = n.min(self.memory.stable_for(req));
        if n == 0 {
            return false;
        }
        self.memory.clock_many(req, n);
        if let Err(difference) = self.node.clock_many(&ins, n) {
            self.fault = Some(difference.into());
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
        if let Some((memory, registers)) = &self.checkers {
            memory.finish()?;
            registers.finish()?;
        }
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
        for _ in 0..REGISTER_TIMEOUT {
            let port = self.node.outputs().axil;
            self.step();
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
        for _ in 0..REGISTER_TIMEOUT {
            let port = self.node.outputs().axil;
            self.step();
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
