//! A node with a memory, a register manager, and a guest on its first port: a processor that replays a boot, or one that
//! executes.
//!
//! The register manager is the firmware's hart: [`Machine`] is a [`Bus`], and while an access is under way, or the hart
//! does something else for [`Machine::pace`] cycles, the processor and the engine go on.

use dormouse_driver::{Bus, BusError};
use dormouse_model::{
    NodeIn,
    axi::{AxiReq, AxiResp, AxilReq, AxilResp, DECERR, OKAY},
};

use crate::{
    backend::Backend,
    checker::{AxiChecker, AxilChecker},
    linux::guest::GuestError,
    memory::Memory,
    recording::program::Step,
    recording::replay::{ReplayError, Replayer, Traffic},
    system::Fault,
};

/// Cycles after which a register access without an answer is given up.
const REGISTER_TIMEOUT: u32 = 1000;

/// What is on a guest's port.
pub trait Guest {
    /// What it drives in this cycle.
    fn outputs(&self) -> &AxiReq;

    /// One clock edge at which it drove [`Self::outputs`] and its port answered `resp`.
    fn clock(&mut self, resp: &AxiResp);

    /// For how many further edges, all with this same `resp`, [`Self::outputs`] is certain to stay.
    fn stable_for(&self, resp: &AxiResp) -> u64;

    /// The same as `n` calls of [`Self::clock`]; `n` is at most [`Self::stable_for`].
    fn clock_many(&mut self, resp: &AxiResp, n: u64);

    /// Whether it is done and every write has its response.
    fn finished(&self) -> bool;

    /// The page that is to be zeroed by a doorbell now. It waits for [`Self::rung`].
    fn doorbell(&self) -> Option<u32>;

    /// The doorbell was taken.
    fn rung(&mut self);

    /// Instructions executed so far.
    fn instructions(&self) -> u64;

    /// What it found wrong.
    ///
    /// # Errors
    /// The first of these.
    fn check(&self) -> Result<(), MachineError>;
}

impl<S: Iterator<Item = Step>> Guest for Replayer<S> {
    #[inline]
    fn outputs(&self) -> &AxiReq {
        Replayer::outputs(self)
    }

    #[inline]
    fn clock(&mut self, resp: &AxiResp) {
        Replayer::clock(self, resp);
    }

    #[inline]
    fn stable_for(&self, resp: &AxiResp) -> u64 {
        Replayer::stable_for(self, resp)
    }

    #[inline]
    fn clock_many(&mut self, resp: &AxiResp, n: u64) {
        Replayer::clock_many(self, resp, n);
    }

    #[inline]
    fn finished(&self) -> bool {
        Replayer::finished(self)
    }

    #[inline]
    fn doorbell(&self) -> Option<u32> {
        Replayer::doorbell(self)
    }

    fn rung(&mut self) {
        Replayer::rung(self);
    }

    fn instructions(&self) -> u64 {
        Replayer::instructions(self)
    }

    #[inline]
    fn check(&self) -> Result<(), MachineError> {
        match &self.error {
            Some(error) => Err(error.clone().into()),
            None => Ok(()),
        }
    }
}

/// Why [`Machine::run`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The program is over, and every write has its response.
    Finished,
    /// The node's interrupt is up.
    Interrupt,
    /// The processor rings the doorbell for this page, and waits for [`Guest::rung`].
    Doorbell(u32),
    /// The cycle is reached.
    Limit,
    /// See [`Machine::check`].
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

impl<B, M, G> Paced for Machine<B, M, G> {
    fn set_pace(&mut self, pace: u64) -> u64 {
        std::mem::replace(&mut self.pace, pace)
    }
}

/// Why a machine stopped.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// A rule was broken, or model and RTL differ.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The processor read what it should not, or got a bus error.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The hart read what it should not.
    #[error(transparent)]
    Guest(#[from] GuestError),
}

/// Pages that get a frame soon after they went dormant, seen in the model's tags; RTL does not show them.
#[derive(Clone, Debug)]
pub struct TagWatch {
    /// Instructions executed when the page went dormant.
    since: Vec<Option<u64>>,
    again: [u64; 4],
    resident: u32,
    peak: u32,
    seen: bool,
}

/// Instructions between going dormant and the next frame, at most, that are counted.
pub const SOON: [u64; 3] = [1_000, 10_000, 100_000];

impl TagWatch {
    fn new(pages: u32) -> Self {
        Self {
            since: vec![None; pages as usize],
            again: [0; 4],
            resident: 0,
            peak: 0,
            seen: false,
        }
    }

    fn see(&mut self, gfn: u32, resident: bool, instructions: u64) {
        self.seen = true;
        let Some(since) = self.since.get_mut(gfn as usize) else {
            return;
        };
        if resident {
            self.resident += 1;
            self.peak = self.peak.max(self.resident);
            if let Some(since) = since.take() {
                let after = instructions - since;
                for (count, soon) in self.again.iter_mut().zip(SOON) {
                    *count += u64::from(after <= soon);
                }
                self.again[3] += 1;
            }
        } else {
            self.resident = self.resident.saturating_sub(1);
            *since = Some(instructions);
        }
    }

    /// Pages that got a frame again within each of [`SOON`], and ever.
    pub fn again(&self) -> Option<[u64; 4]> {
        self.seen.then_some(self.again)
    }

    /// Most pages that had a frame at the same time.
    pub fn peak(&self) -> Option<u32> {
        self.seen.then_some(self.peak)
    }
}

/// Node, memory, register manager and guest.
pub struct Machine<B, M, G> {
    /// The node.
    pub node: B,
    /// The memory.
    pub memory: M,
    /// The guest. It does nothing before [`Self::start`].
    pub guest: G,
    /// What crossed the memory's write port.
    pub written: Traffic,
    /// Cycles between two register accesses.
    pub pace: u64,
    /// What became of pages that went dormant.
    pub tags: TagWatch,
    checkers: Option<(AxiChecker, AxilChecker)>,
    axil: AxilReq,
    port: AxilResp,
    irq: bool,
    started: Option<u64>,
    cycle: u64,
    skip: bool,
    fault: Option<Fault>,
}

impl<B: Backend, M: Memory, G: Guest> Machine<B, M, G> {
    /// A machine after reset, which checks the rules of AXI in every cycle.
    pub fn new(node: B, memory: M, guest: G) -> Self {
        let checkers = (AxiChecker::new(node.config()), AxilChecker::new());
        let tags = TagWatch::new(node.config().guest_pages);
        Self {
            node,
            memory,
            guest,
            written: Traffic::default(),
            pace: 0,
            tags,
            checkers: Some(checkers),
            axil: AxilReq {
                b_ready: true,
                r_ready: true,
                ..AxilReq::default()
            },
            port: AxilResp::default(),
            irq: false,
            started: None,
            cycle: 0,
            skip: false,
            fault: None,
        }
    }

    /// In skip mode: jumps where the next cycles are known, and checks no rules.
    #[must_use]
    pub fn skipping(mut self) -> Self {
        self.skip = true;
        self.checkers = None;
        self
    }

    /// Cycles since reset.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// The cycle in which the processor began.
    pub fn started(&self) -> Option<u64> {
        self.started
    }

    /// Lets the processor begin.
    pub fn start(&mut self) {
        self.started.get_or_insert(self.cycle);
    }

    /// What stopped the machine, if anything did.
    ///
    /// # Errors
    /// The fault.
    pub fn check(&mut self) -> Result<(), MachineError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault.into());
        }
        self.guest.check()
    }

    fn stopped(&self) -> bool {
        self.fault.is_some() || self.guest.check().is_err()
    }

    /// One cycle, or as many as are known in skip mode, but no more than `most`.
    #[inline]
    fn advance(&mut self, most: u64) {
        let guest = self.started.is_some();
        let ins = NodeIn {
            axil: self.axil,
            axi: *self.memory.outputs(),
            guests: if guest {
                std::slice::from_ref(self.guest.outputs())
            } else {
                &[]
            },
        };
        let out = self.node.outputs(&ins);
        let (req, resp) = (out.axi, out.guests[0]);
        self.irq = out.irq;
        self.port = out.axil;
        if let Some((memory, registers)) = &mut self.checkers {
            let legal = memory.clock(&req, &ins.axi);
            if let Err(error) = legal.and_then(|()| registers.clock(&ins.axil, &out.axil)) {
                self.fault = Some(error.into());
                return;
            }
        }
        // Cheapest first.
        let mut n = if self.skip { most } else { 1 };
        if n > 1 && guest {
            n = n.min(self.guest.stable_for(&resp));
        }
        if n > 1 {
            n = n.min(self.memory.stable_for(&req));
        }
        if n > 1 {
            n = n.min(self.node.stable_for(&ins));
        }
        let n = n.max(1);
        if req.w_valid && ins.axi.w_ready {
            self.written.beats(&req.w, n);
        }
        let result = if n == 1 {
            self.memory.clock(&req);
            self.node.clock(&ins)
        } else {
            self.memory.clock_many(&req, n);
            self.node.clock_many(&ins, n)
        };
        if let Err(difference) = result {
            self.fault = Some(difference.into());
        }
        if let Some((gfn, resident)) = self
            .node
            .as_model()
            .and_then(|node| node.dormant.tag_write.take())
        {
            self.tags.see(gfn, resident, self.guest.instructions());
        }
        if guest {
            if n == 1 {
                self.guest.clock(&resp);
            } else {
                self.guest.clock_many(&resp, n);
            }
        }
        self.cycle += n;
    }

    /// Runs until something happens that the firmware's hart or a doorbell has to deal with, or until cycle `limit`.
    pub fn run(&mut self, limit: u64) -> Event {
        loop {
            if self.stopped() {
                return Event::Stopped;
            }
            if self.guest.finished() {
                return Event::Finished;
            }
            if let Some(gfn) = self.guest.doorbell() {
                return Event::Doorbell(gfn);
            }
            if self.irq {
                return Event::Interrupt;
            }
            if self.cycle >= limit {
                return Event::Limit;
            }
            self.advance(limit - self.cycle);
        }
    }

    /// Lets `n` cycles pass, whatever happens in them.
    pub fn idle(&mut self, n: u64) {
        let end = self.cycle + n;
        while self.cycle < end && !self.stopped() {
            self.advance(end - self.cycle);
        }
    }

    /// Checks that nothing is left in flight on either side, and what backends compare at the end.
    ///
    /// # Errors
    /// What stopped the machine, or what is left.
    pub fn finish(&mut self) -> Result<(), MachineError> {
        self.check()?;
        if let Some((memory, registers)) = &self.checkers {
            memory.finish().map_err(Fault::from)?;
            registers.finish().map_err(Fault::from)?;
        }
        self.node.finish().map_err(Fault::from)?;
        Ok(())
    }

    fn answer(resp: u8) -> Result<(), BusError> {
        match resp {
            OKAY => Ok(()),
            DECERR => Err(BusError::Decode),
            _ => Err(BusError::Subordinate),
        }
    }
}

impl<B: Backend, M: Memory, G: Guest> Bus for Machine<B, M, G> {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.idle(self.pace);
        self.axil.ar_valid = true;
        self.axil.ar_addr = offset;
        for _ in 0..REGISTER_TIMEOUT {
            self.advance(1);
            let port = self.port;
            self.axil.ar_valid &= !port.ar_ready;
            if port.r_valid {
                return Self::answer(port.r_resp).map(|()| port.r_data);
            }
        }
        Err(BusError::Timeout)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.idle(self.pace);
        self.axil.aw_valid = true;
        self.axil.aw_addr = offset;
        self.axil.w_valid = true;
        self.axil.w_data = value;
        self.axil.w_strb = 0b1111;
        for _ in 0..REGISTER_TIMEOUT {
            self.advance(1);
            let port = self.port;
            self.axil.aw_valid &= !port.aw_ready;
            self.axil.w_valid &= !port.w_ready;
            if port.b_valid {
                return Self::answer(port.b_resp);
            }
        }
        Err(BusError::Timeout)
    }
}
