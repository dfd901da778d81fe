//! A vCPU: an AXI4 manager on a guest port that runs a program of loads, stores, page clears, delays,
//! doorbells and fences, and has every byte that it reads checked by the [`Shadow`].
//!
//! Writes are posted, up to a limit; reads are outstanding up to a limit and answered in order, id by id.
//! Operations begin in program order, at most one in a cycle. All that a vCPU is, its program left out,
//! is its context ([`Vcpu::save`]): bytes that can move to another node.

use std::{collections::VecDeque, sync::Arc};

use dormouse_model::{
    Config,
    axi::{Ax, AxiReq, AxiResp, DECERR, Data, FIXED, INCR, OKAY, SLVERR, W, WRAP},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    checker::Beats,
    shadow::{Gpa, Outcome, Shadow, StaleByte, Token},
};

/// Most bytes of a context while nothing is under way: what the patent speaks of.
pub const MAX_CONTEXT: usize = 6400;

/// A burst as a program names it; what the port does not promise may be asked for as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// Transaction id.
    pub id: u32,
    /// Byte address of the first beat.
    pub addr: u64,
    /// Beats minus one.
    pub len: u8,
    /// log2 of the bytes in a beat, 0..=7.
    pub size: u8,
    /// FIXED, INCR, WRAP or the reserved value.
    pub burst: u8,
    /// An exclusive access.
    pub lock: bool,
}

impl Burst {
    /// The ascending burst of whole beats of `bus` bytes over `bytes` bytes, both powers of two.
    pub fn line(addr: Gpa, bytes: u32, bus: u32) -> Self {
        let size = bus.min(bytes).trailing_zeros() as u8;
        Self {
            addr: addr.0,
            len: ((bytes >> size) - 1) as u8,
            size,
            burst: INCR,
            ..Self::default()
        }
    }

    fn ax(&self) -> Ax {
        Ax {
            id: self.id,
            addr: self.addr,
            len: self.len,
            size: self.size,
            burst: self.burst,
            lock: self.lock,
        }
    }
}

/// The data of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fill {
    /// Zeros.
    Zero,
    /// These eight bytes, little endian, over and over; the first at an address that is a multiple of 8.
    Value(u64),
    /// Bytes that hang on seed, address and beat.
    Random {
        /// Of the bytes.
        seed: u64,
        /// Leading beats that are zero all the same.
        zero_beats: u16,
        /// Percentage of bytes that are zero all the same.
        zero_bytes: u8,
    },
}

/// The strobes of a write within the lanes that its beats have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strobes {
    /// All.
    All,
    /// Any.
    Random(u64),
}

/// One operation of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// A read.
    Read(Burst),
    /// A write, which the program does not wait for.
    Write {
        /// Where.
        burst: Burst,
        /// What.
        fill: Fill,
        /// Which of it.
        strobes: Strobes,
    },
    /// Zero stores over a whole range, one burst a line: what a kernel does with a fresh page.
    Clear {
        /// First byte, a multiple of `line`.
        addr: u64,
        /// Bytes, a multiple of `line`.
        bytes: u32,
        /// Bytes of one store, a power of two.
        line: u16,
        /// Transaction id.
        id: u32,
    },
    /// Nothing, for so many cycles.
    Delay(u64),
    /// The zero-page command for this guest page, once all earlier accesses are answered; the program waits for its end.
    Doorbell {
        /// Guest page number.
        gfn: u32,
    },
    /// Waits until all earlier accesses are answered.
    Fence,
    /// From now on holds back, for so many cycles each, what the port waits for. The program goes on; a beat that is
    /// offered already stays.
    Withhold {
        /// Write beats.
        w: u16,
        /// `BREADY`.
        b: u16,
        /// `RREADY`.
        r: u16,
    },
}

/// The bursts of a load or of a store of `bytes` bytes anywhere, as a core on a bus of `bus` bytes makes them.
pub fn bursts(addr: Gpa, bytes: u32, bus: u32) -> impl Iterator<Item = Burst> {
    let end = addr.0 + u64::from(bytes);
    let mut at = addr.0;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        // The widest beat that begins here and does not reach beyond the end.
        let most = (end - at).min(u64::from(bus));
        let size = at.trailing_zeros().min(most.ilog2()) as u8;
        let burst = Burst {
            addr: at,
            size,
            burst: INCR,
            ..Burst::default()
        };
        at += 1 << size;
        Some(burst)
    })
}

/// The operations of a vCPU, in order.
pub type Program = Arc<[Op]>;

/// How a vCPU behaves on its port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VcpuParams {
    /// Reads that may be unanswered, 1 or more: 1 waits for each.
    pub reads: u8,
    /// Writes that may be unanswered, 1 or more: 1 waits for each.
    pub writes: u8,
    /// An access waits for earlier unanswered ones to the same bytes, as a core's would.
    pub ordered: bool,
    /// Percentage of cycles in which it does not take a read beat, 0..=90.
    pub r_stall: u8,
    /// Percentage of cycles in which it does not take a write response, 0..=90.
    pub b_stall: u8,
    /// Percentage of cycles in which it has no next write beat yet, 0..=90.
    pub w_stall: u8,
    /// Most cycles by which an address, or the data in its place, comes late.
    pub skew: u8,
    /// Of stalls and lateness.
    pub seed: u64,
}

impl Default for VcpuParams {
    /// Waits for each read, posts eight writes, keeps the order of its own accesses, never stalls.
    fn default() -> Self {
        Self {
            reads: 1,
            writes: 8,
            ordered: true,
            r_stall: 0,
            b_stall: 0,
            w_stall: 0,
            skew: 0,
            seed: 0,
        }
    }
}

/// What a vCPU found wrong.
#[derive(Debug, Error)]
pub enum VcpuFault {
    /// A byte that it may not read.
    #[error("stale data: {0}")]
    Stale(#[from] Box<StaleByte>),
    /// The port answered an access that it does not promise in another way than the one that is promised.
    #[error(
        "cycle {cycle}: port {port}: access to {addr:#x}, which the port refuses with response {expected}, got {response}"
    )]
    Refusal {
        /// When.
        cycle: u64,
        /// Which vCPU.
        port: usize,
        /// First address.
        addr: u64,
        /// The promise.
        expected: u8,
        /// What came.
        response: u8,
    },
}

/// What a vCPU did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VcpuStats {
    /// Read bursts answered.
    pub reads: u64,
    /// Write bursts answered.
    pub writes: u64,
    /// Read beats and write bursts answered with an error.
    pub errors: u64,
    /// Doorbells done.
    pub doorbells: u64,
    /// A hash over every byte that was read with OKAY, in order.
    pub digest: u64,
}

/// A write whose answer has not come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Posted {
    id: u32,
    addr: u64,
    bounds: (u64, u64),
    /// `None` for one that the port refuses.
    token: Option<Token>,
    expected: u8,
}

/// A read whose last beat has not come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    burst: Burst,
    beat: u32,
    bounds: (u64, u64),
    token: Option<Token>,
    expected: u8,
}

/// Data that has to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sending {
    due: u64,
    burst: Burst,
    beat: u32,
    fill: Fill,
    strobes: Strobes,
}

/// The part that moves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Context {
    /// Next operation.
    pc: u64,
    /// Lines of a clear that are done.
    line: u32,
    /// Cycles seen.
    cycle: u64,
    /// First cycle in which the next operation may begin.
    due: u64,
    /// First cycles in which write beats, `BREADY` and `RREADY` are no longer withheld.
    withheld: [u64; 3],
    /// A doorbell rings.
    ringing: bool,
    aw: VecDeque<(u64, Burst)>,
    w: VecDeque<Sending>,
    posted: VecDeque<Posted>,
    reading: VecDeque<Reading>,
    stats: VcpuStats,
}

/// A vCPU.
#[derive(Clone, Debug)]
pub struct Vcpu {
    port: usize,
    params: VcpuParams,
    bus: u32,
    page_shift: u8,
    guest_pages: u64,
    program: Program,
    at: Context,
}

/// Places in [`Context::withheld`].
const WITHHELD_W: usize = 0;
const WITHHELD_B: usize = 1;
const WITHHELD_R: usize = 2;

const AW: u64 = 1;
const W_DATA: u64 = 2;
const R_READY: u64 = 3;
const B_READY: u64 = 4;

impl Vcpu {
    /// A vCPU on `port` of a node, with nothing to do.
    pub fn new(port: usize, params: &VcpuParams, config: &Config) -> Self {
        Self {
            port,
            params: params.clone(),
            bus: config.beat_bytes(),
            page_shift: config.page_shift,
            guest_pages: config.guest_pages.into(),
            program: Program::from([]),
            at: Context::default(),
        }
    }

    /// Runs a program from its first operation, after whatever is under way.
    pub fn run(&mut self, program: Program) {
        self.program = program;
        self.at.pc = 0;
        self.at.line = 0;
        self.wake();
    }

    /// The next edge looks at the next operation, whatever held it up before.
    fn wake(&mut self) {
        self.at.due = self.at.due.max(self.at.cycle + 1);
    }

    /// The program has ended and everything is answered.
    pub fn done(&self) -> bool {
        self.at.pc as usize == self.program.len()
            && self.quiescent()
            && self.at.due <= self.at.cycle
    }

    /// The next operation, counted from the program's first.
    pub fn pc(&self) -> usize {
        self.at.pc as usize
    }

    /// Nothing is under way.
    pub fn quiescent(&self) -> bool {
        self.at.posted.is_empty() && self.at.reading.is_empty() && !self.at.ringing
    }

    /// What it did.
    pub fn stats(&self) -> &VcpuStats {
        &self.at.stats
    }

    /// The page of a doorbell that rings.
    pub fn doorbell(&self) -> Option<u32> {
        match self.program.get(self.at.pc as usize) {
            Some(Op::Doorbell { gfn }) if self.at.ringing => Some(*gfn),
            _ => None,
        }
    }

    /// The doorbell was heard; the program goes on.
    pub fn answer_doorbell(&mut self) {
        if self.at.ringing {
            self.at.ringing = false;
            self.at.pc += 1;
            self.at.stats.doorbells += 1;
            self.wake();
        }
    }

    /// Its context; at most [`MAX_CONTEXT`] bytes while it is [`Self::quiescent`].
    pub fn save(&self) -> Vec<u8> {
        postcard::to_allocvec(&self.at).unwrap_or_default()
    }

    /// Goes on from a context that was saved, on this node, with the same program.
    ///
    /// # Errors
    /// The bytes are no context.
    pub fn load(&mut self, context: &[u8], program: Program) -> Result<(), postcard::Error> {
        let cycle = self.at.cycle;
        let mut at: Context = postcard::from_bytes(context)?;
        // Cycles are this node's; what was left of a delay is left.
        at.due = cycle + at.due.saturating_sub(at.cycle);
        at.withheld = at.withheld.map(|end| cycle + end.saturating_sub(at.cycle));
        at.cycle = cycle;
        self.at = at;
        self.program = program;
        self.wake();
        Ok(())
    }

    fn random(&self, what: u64, number: u64) -> u64 {
        crate::memory::mix(
            self.params.seed ^ what << 56 ^ (self.port as u64) << 48 ^ number.rotate_left(7),
        )
    }

    fn stalled(&self, what: u64, percent: u8) -> bool {
        percent != 0 && self.random(what, self.at.cycle) % 100 < u64::from(percent)
    }

    fn late(&self, what: u64) -> u64 {
        if self.params.skew == 0 {
            0
        } else {
            self.random(what, self.at.cycle) % (u64::from(self.params.skew) + 1)
        }
    }

    /// How the port refuses a burst that it does not promise; `OKAY` for the others.
    pub fn refusal(&self, burst: &Burst) -> u8 {
        let (low, high) = Beats::new(&burst.ax()).bounds();
        let beats = u32::from(burst.len) + 1;
        let shape = match burst.burst {
            FIXED => beats <= 16,
            INCR => low >> 12 == (high - 1) >> 12,
            WRAP => matches!(beats, 2 | 4 | 8 | 16) && burst.addr.is_multiple_of(1 << burst.size),
            _ => false,
        };
        if burst.addr >> self.page_shift >= self.guest_pages {
            DECERR
        } else if !shape || burst.lock || 1u32 << burst.size > self.bus {
            SLVERR
        } else {
            OKAY
        }
    }

    /// One clock edge at which it drove `req` and the port drove `resp`; `req` becomes what it drives next.
    ///
    /// # Errors
    /// What it found wrong.
    #[inline]
    pub fn clock(
        &mut self,
        req: &mut AxiReq,
        resp: &AxiResp,
        shadow: &mut Shadow,
    ) -> Result<(), VcpuFault> {
        let mut result = Ok(());
        if resp.r_valid && req.r_ready {
            result = self.take_beat(resp, shadow);
        }
        if resp.b_valid && req.b_ready {
            result = result.and(self.take_answer(resp, shadow));
        }
        if req.aw_valid && resp.aw_ready {
            req.aw_valid = false;
            self.at.aw.pop_front();
        }
        if req.ar_valid && resp.ar_ready {
            req.ar_valid = false;
        }
        if req.w_valid && resp.w_ready {
            req.w_valid = false;
            if let Some(sending) = self.at.w.front_mut() {
                sending.beat += 1;
                if req.w.last {
                    self.at.w.pop_front();
                }
            }
        }
        self.at.cycle += 1;
        self.drive(req, shadow);
        result
    }

    /// For how many further edges at which the port drives `resp` it will drive the same as now.
    #[inline]
    pub fn stable_for(&self, req: &AxiReq, resp: &AxiResp) -> u64 {
        let at = &self.at;
        if req.aw_valid && resp.aw_ready
            || req.w_valid && resp.w_ready
            || req.ar_valid && resp.ar_ready
            || resp.b_valid && req.b_ready
            || resp.r_valid && req.r_ready
        {
            return 0;
        }
        let p = &self.params;
        let moving = p.r_stall != 0 && !at.reading.is_empty()
            || p.b_stall != 0 && !at.posted.is_empty()
            || p.w_stall != 0 && !req.w_valid && !at.w.is_empty();
        if moving {
            return 0;
        }
        // What is due in cycle c is driven by the edge before it.
        let until = |due: u64| due.saturating_sub(at.cycle + 1);
        let mut n = u64::MAX;
        for (ready, end) in [
            (req.b_ready, at.withheld[WITHHELD_B]),
            (req.r_ready, at.withheld[WITHHELD_R]),
        ] {
            if !ready {
                n = n.min(until(end));
            }
        }
        if let Some((due, _)) = at.aw.front()
            && !req.aw_valid
        {
            n = n.min(until(*due));
        }
        if let Some(sending) = at.w.front()
            && !req.w_valid
        {
            n = n.min(until(sending.due.max(at.withheld[WITHHELD_W])));
        }
        if at.due > at.cycle {
            n = n.min(until(at.due));
        }
        n
    }

    /// The same as `n` calls of [`Self::clock`]; `n` is at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, n: u64) {
        self.at.cycle += n;
    }

    /// Sets the signals of the coming cycle.
    fn drive(&mut self, req: &mut AxiReq, shadow: &mut Shadow) {
        if (self.at.pc as usize) < self.program.len() && self.at.due <= self.at.cycle {
            self.begin(req, shadow);
        }
        if !req.aw_valid
            && let Some((due, burst)) = self.at.aw.front()
            && *due <= self.at.cycle
        {
            req.aw_valid = true;
            req.aw = burst.ax();
        }
        if !req.w_valid
            && let Some(sending) = self.at.w.front()
            && sending.due.max(self.at.withheld[WITHHELD_W]) <= self.at.cycle
            && !self.stalled(W_DATA, self.params.w_stall)
        {
            let mut beats = Beats::new(&sending.burst.ax());
            beats.skip(sending.beat);
            let (data, strb) = beat(&beats, self.bus, sending.fill, sending.strobes);
            req.w_valid = true;
            req.w = W {
                data,
                strb,
                last: beats.last(),
            };
        }
        // Who waits for nothing is always ready, so that idle cycles are all alike.
        let at = &self.at;
        req.r_ready = at.reading.is_empty()
            || at.withheld[WITHHELD_R] <= at.cycle && !self.stalled(R_READY, self.params.r_stall);
        req.b_ready = at.posted.is_empty()
            || at.withheld[WITHHELD_B] <= at.cycle && !self.stalled(B_READY, self.params.b_stall);
    }

    /// Begins the next operation, if it can.
    fn begin(&mut self, req: &mut AxiReq, shadow: &mut Shadow) {
        let Some(op) = self.program.get(self.at.pc as usize) else {
            return;
        };
        match *op {
            Op::Read(burst) => {
                if req.ar_valid || !self.read(burst, shadow) {
                    return;
                }
                req.ar_valid = true;
                req.ar = burst.ax();
                self.at.pc += 1;
            }
            Op::Write {
                burst,
                fill,
                strobes,
            } => {
                if !self.write(burst, fill, strobes, shadow) {
                    return;
                }
                self.at.pc += 1;
            }
            Op::Clear {
                addr,
                bytes,
                line,
                id,
            } => {
                let at = Gpa(addr + u64::from(self.at.line) * u64::from(line));
                let burst = Burst {
                    id,
                    ..Burst::line(at, line.into(), self.bus)
                };
                if !self.write(burst, Fill::Zero, Strobes::All, shadow) {
                    return;
                }
                self.at.line += 1;
                if self.at.line * u32::from(line) >= bytes {
                    self.at.line = 0;
                    self.at.pc += 1;
                }
            }
            Op::Delay(cycles) => {
                self.at.pc += 1;
                self.at.due = self.at.cycle + cycles.max(1);
                return;
            }
            Op::Fence => {
                if !self.quiescent() {
                    return;
                }
                self.at.pc += 1;
            }
            Op::Doorbell { .. } => {
                self.at.ringing |= self.quiescent();
                return;
            }
            Op::Withhold { w, b, r } => {
                let cycle = self.at.cycle;
                for (end, cycles) in self.at.withheld.iter_mut().zip([w, b, r]) {
                    *end = (*end).max(cycle + u64::from(cycles));
                }
                self.at.pc += 1;
            }
        }
        self.at.due = self.at.cycle + 1;
    }

    /// Whether an access to these bytes has to wait for one under way.
    fn blocked(&self, bounds: (u64, u64), write: bool) -> bool {
        let overlaps = |other: &(u64, u64)| other.0 < bounds.1 && bounds.0 < other.1;
        self.params.ordered
            && (self.at.posted.iter().any(|p| overlaps(&p.bounds))
                || write && self.at.reading.iter().any(|r| overlaps(&r.bounds)))
    }

    fn read(&mut self, burst: Burst, shadow: &mut Shadow) -> bool {
        let ax = burst.ax();
        let bounds = Beats::new(&ax).bounds();
        if self.at.reading.len() >= usize::from(self.params.reads.max(1))
            || self.blocked(bounds, false)
        {
            return false;
        }
        let expected = self.refusal(&burst);
        let cycle = self.at.cycle;
        self.at.reading.push_back(Reading {
            burst,
            beat: 0,
            bounds,
            token: (expected == OKAY).then(|| shadow.begin_read(cycle, &ax)),
            expected,
        });
        true
    }

    fn write(&mut self, burst: Burst, fill: Fill, strobes: Strobes, shadow: &mut Shadow) -> bool {
        let ax = burst.ax();
        let bounds = Beats::new(&ax).bounds();
        if self.at.posted.len() >= usize::from(self.params.writes.max(1))
            || self.blocked(bounds, true)
        {
            return false;
        }
        let expected = self.refusal(&burst);
        let (cycle, bus, port) = (self.at.cycle, self.bus, self.port);
        let token = (expected == OKAY)
            .then(|| shadow.begin_write(port, cycle, &ax, |beats| beat(beats, bus, fill, strobes)));
        let late = self.late(AW);
        let (aw, w) = if self.random(AW, cycle) >> 60 & 1 == 0 {
            (late, 0)
        } else {
            (0, late)
        };
        self.at.aw.push_back((cycle + aw, burst));
        self.at.w.push_back(Sending {
            due: cycle + w,
            burst,
            beat: 0,
            fill,
            strobes,
        });
        self.at.posted.push_back(Posted {
            id: burst.id,
            addr: burst.addr,
            bounds,
            token,
            expected,
        });
        true
    }

    fn refused(&self, addr: u64, expected: u8, response: u8) -> Result<(), VcpuFault> {
        if expected == OKAY || expected == response {
            return Ok(());
        }
        Err(VcpuFault::Refusal {
            cycle: self.at.cycle,
            port: self.port,
            addr,
            expected,
            response,
        })
    }

    fn take_beat(&mut self, resp: &AxiResp, shadow: &mut Shadow) -> Result<(), VcpuFault> {
        let r = &resp.r;
        let (port, cycle, bus) = (self.port, self.at.cycle, self.bus);
        let place = self.at.reading.iter().position(|x| x.burst.id == r.id);
        // An answer to nothing is for the rule checker to complain about.
        let Some(index) = place else { return Ok(()) };
        let reading = &mut self.at.reading[index];
        let mut beats = Beats::new(&reading.burst.ax());
        beats.skip(reading.beat);
        reading.beat += 1;
        let (addr, expected, token) = (reading.burst.addr, reading.expected, reading.token);
        if r.last {
            self.at.reading.remove(index);
            self.at.stats.reads += 1;
        }
        self.at.stats.errors += u64::from(r.resp != OKAY);
        let mut result = self.refused(addr, expected, r.resp);
        if let Some(token) = token {
            if r.resp == OKAY {
                let lanes = beats.lanes(bus);
                let base = Gpa(beats.addr() & !(u64::from(bus) - 1));
                let found = shadow.check(port, cycle, token, base, lanes, &r.data);
                result = result.and(found.map_err(VcpuFault::from));
                let words = (bus as usize).div_ceil(8);
                for (i, word) in r.data[..words].iter().enumerate() {
                    let kept = word & crate::memory::byte_mask(lanes >> (8 * i));
                    let digest = &mut self.at.stats.digest;
                    *digest = (*digest ^ kept)
                        .wrapping_mul(0x100_0000_01b3)
                        .rotate_left(5);
                }
            }
            if r.last {
                shadow.end_read(token);
            }
        }
        result
    }

    fn take_answer(&mut self, resp: &AxiResp, shadow: &mut Shadow) -> Result<(), VcpuFault> {
        let b = &resp.b;
        let place = self.at.posted.iter().position(|x| x.id == b.id);
        let Some(posted) = place.and_then(|index| self.at.posted.remove(index)) else {
            return Ok(());
        };
        self.at.stats.writes += 1;
        self.at.stats.errors += u64::from(b.resp != OKAY);
        if let Some(token) = posted.token {
            let outcome = if b.resp == OKAY {
                Outcome::Done
            } else {
                Outcome::Unknown
            };
            shadow.end_write(token, self.at.cycle, outcome);
        }
        self.refused(posted.addr, posted.expected, b.resp)
    }
}

/// Data and strobes of one beat.
fn beat(beats: &Beats, bus: u32, fill: Fill, strobes: Strobes) -> (Data, u64) {
    let mut data = Data::default();
    let words = (bus as usize).div_ceil(8);
    let number = beats.number();
    let base = beats.addr() & !(u64::from(bus) - 1);
    match fill {
        Fill::Zero => {}
        Fill::Value(value) => {
            data[..words].fill(value.rotate_right((base % 8 * 8) as u32));
        }
        Fill::Random {
            seed,
            zero_beats,
            zero_bytes,
        } => {
            if number >= zero_beats.into() {
                for (i, word) in data[..words].iter_mut().enumerate() {
                    let salt = seed ^ base.rotate_left(20) ^ u64::from(number) << 8 ^ i as u64;
                    *word = crate::memory::mix(salt);
                    for byte in 0..8 {
                        let dice = crate::memory::mix(salt ^ (byte + 1) << 40) % 100;
                        if dice < zero_bytes.into() {
                            *word &= !(0xff << (8 * byte));
                        }
                    }
                }
            }
        }
    }
    if bus < 8 {
        data[0] &= u64::MAX >> (64 - 8 * bus);
    }
    let lanes = beats.lanes(bus) & crate::memory::full_strobe(bus);
    let strb = match strobes {
        Strobes::All => lanes,
        Strobes::Random(seed) => lanes & crate::memory::mix(seed ^ u64::from(number) << 32),
    };
    (data, strb)
}
