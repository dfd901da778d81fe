//! A memory with fixed latencies: what the performance contract is measured with.

use std::collections::VecDeque;

use dormouse_model::axi::{AxiReq, AxiResp, B, INCR, R, W};
use serde::{Deserialize, Serialize};

use super::port::{Burst, Channel, Memory, MemoryError, check, stalled};
use super::store::{Bytes, Rpa, Store, full_strobe, mix};

/// W beats that may arrive ahead of their AW: one burst of the greatest length.
const AHEAD_BEATS: usize = 256;

/// The parameters of [`Ideal`]. Latencies are in cycles, stalls in percent of all cycles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdealParams {
    /// Cycles from the handshake of a burst's last W beat (or of its AW, where that comes later) to
    /// `BVALID`, 1 or more: with a handshake in cycle t, `BVALID` is high in cycle t + `b_latency`.
    pub b_latency: u32,
    /// Cycles from the AR handshake to the first R beat, 1 or more.
    pub r_latency: u32,
    /// Write bursts, and as many read bursts, that may be accepted and not yet answered, 1 or more:
    /// `AWREADY` or `ARREADY` is low at the limit.
    pub outstanding: u32,
    /// Cycles in which `AWREADY` is low although there is room, 0..=99 %.
    pub aw_stall: u8,
    /// Cycles in which `WREADY` is low, 0..=99 %.
    pub w_stall: u8,
    /// Cycles in which no new B is offered, 0..=99 %.
    pub b_stall: u8,
    /// Cycles in which `ARREADY` is low although there is room, 0..=99 %.
    pub ar_stall: u8,
    /// Cycles in which no new R beat is offered, 0..=99 %.
    pub r_stall: u8,
    /// Of the stall patterns and of the contents at reset.
    pub seed: u64,
}

impl Default for IdealParams {
    /// B latency 4, R latency 4, room for 64 bursts, no stalls.
    fn default() -> Self {
        Self {
            b_latency: 4,
            r_latency: 4,
            outstanding: 64,
            aw_stall: 0,
            w_stall: 0,
            b_stall: 0,
            ar_stall: 0,
            r_stall: 0,
            seed: 0,
        }
    }
}

impl IdealParams {
    fn check(&self) -> Result<(), MemoryError> {
        for (name, value) in [
            ("b_latency", self.b_latency),
            ("r_latency", self.r_latency),
            ("outstanding", self.outstanding),
        ] {
            check(name, value.into(), value >= 1, "1 or more")?;
        }
        for (name, value) in [
            ("aw_stall", self.aw_stall),
            ("w_stall", self.w_stall),
            ("b_stall", self.b_stall),
            ("ar_stall", self.ar_stall),
            ("r_stall", self.r_stall),
        ] {
            check(name, value.into(), value <= 99, "0 to 99 %")?;
        }
        Ok(())
    }

    fn stalls(&self) -> bool {
        self.aw_stall | self.w_stall | self.b_stall | self.ar_stall | self.r_stall != 0
    }

    pub(super) fn random(rng: &mut fastrand::Rng) -> Self {
        let latency = |rng: &mut fastrand::Rng| match rng.u8(..3) {
            0 => rng.u32(1..=4),
            1 => rng.u32(1..=40),
            _ => rng.u32(1..=300),
        };
        let stall = |rng: &mut fastrand::Rng| match rng.u8(..4) {
            0 => rng.u8(1..=50),
            1 => rng.u8(51..=95),
            _ => 0,
        };
        Self {
            b_latency: latency(rng),
            r_latency: latency(rng),
            outstanding: if rng.bool() { 64 } else { rng.u32(1..=12) },
            aw_stall: stall(rng),
            w_stall: stall(rng),
            b_stall: stall(rng),
            ar_stall: stall(rng),
            r_stall: stall(rng),
            seed: rng.u64(..),
        }
    }
}

/// A B that waits for its cycle.
#[derive(Clone, Copy, Debug)]
struct Answer {
    due: u64,
    b: B,
}

/// A memory that takes a beat in every cycle and answers after a fixed time, in order.
///
/// A burst that leaves the memory is answered with DECERR and changes nothing.
#[derive(Clone, Debug)]
pub struct Ideal {
    params: IdealParams,
    bus: u32,
    /// The cycle that `out` belongs to.
    now: u64,
    out: AxiResp,
    store: Store,
    /// Whether anything stalls at all.
    stalls: bool,
    /// The first cycle in which a B or R could appear by itself.
    event: u64,
    /// The burst that W beats belong to; none has no beats left.
    head: Burst,
    /// Write bursts accepted that wait behind it.
    writes: VecDeque<Burst>,
    /// W beats whose AW has not been accepted.
    ahead: VecDeque<W>,
    answers: VecDeque<Answer>,
    /// Write bursts accepted and not answered.
    write_count: u32,
    reads: VecDeque<(u64, Burst)>,
}

impl Ideal {
    /// A memory of `size` bytes on a bus of `bus` bytes, a power of two from 4 to 64.
    ///
    /// # Errors
    /// [`MemoryError::Illegal`] with the name of the parameter.
    pub fn new(params: &IdealParams, bus: u32, size: Bytes) -> Result<Self, MemoryError> {
        params.check()?;
        let mut memory = Self {
            params: params.clone(),
            bus,
            now: 0,
            out: AxiResp::default(),
            store: Store::new(size, mix(params.seed)),
            stalls: params.stalls(),
            event: u64::MAX,
            head: Burst::NONE,
            writes: VecDeque::with_capacity(64),
            ahead: VecDeque::new(),
            answers: VecDeque::with_capacity(64),
            write_count: 0,
            reads: VecDeque::new(),
        };
        memory.drive();
        Ok(memory)
    }

    /// Writes one W beat of the burst at the head, and goes on to its next.
    #[inline]
    fn take_beat(&mut self, w: &W) {
        if self.head.exists {
            self.store
                .write_beat(self.head.base(self.bus), self.bus, &w.data, w.strb);
        }
        self.head.advance();
    }

    /// Takes one W beat, which may end its burst.
    fn take_beat_and_answer(&mut self, w: &W) {
        self.take_beat(w);
        if self.head.left == 0 {
            let resp = self.head.write_answer(&mut self.store);
            let due = self.now + u64::from(self.params.b_latency);
            self.answers.push_back(Answer {
                due,
                b: B {
                    id: self.head.id,
                    resp,
                },
            });
            self.head = self.writes.pop_front().unwrap_or(Burst::NONE);
        }
    }

    /// Sets the outputs of cycle `now`, in which a response that still waits stays.
    #[inline]
    fn drive(&mut self) {
        let p = &self.params;
        let (seed, now) = (p.seed, self.now);
        self.out.aw_ready =
            self.write_count < p.outstanding && !stalled(seed, Channel::Aw, now, p.aw_stall);
        self.out.w_ready = (self.head.left != 0 || self.ahead.len() < AHEAD_BEATS)
            && !stalled(seed, Channel::W, now, p.w_stall);
        self.out.ar_ready = self.reads.len() < p.outstanding as usize
            && !stalled(seed, Channel::Ar, now, p.ar_stall);
        if !self.out.b_valid
            && let Some(answer) = self.answers.front()
            && answer.due <= now
            && !stalled(seed, Channel::B, now, p.b_stall)
        {
            self.out.b_valid = true;
            self.out.b = answer.b;
            self.answers.pop_front();
        }
        if !self.out.r_valid
            && let Some((due, burst)) = self.reads.front()
            && *due <= now
            && !stalled(seed, Channel::R, now, p.r_stall)
        {
            self.out.r_valid = true;
            self.out.r = R {
                id: burst.id,
                data: if burst.exists {
                    self.store.read_beat(burst.base(self.bus), self.bus)
                } else {
                    [0; 8]
                },
                resp: burst.read_answer(&mut self.store),
                last: burst.left == 1,
            };
        }
        let b = self
            .answers
            .front()
            .filter(|_| !self.out.b_valid)
            .map_or(u64::MAX, |answer| answer.due);
        let r = self
            .reads
            .front()
            .filter(|_| !self.out.r_valid)
            .map_or(u64::MAX, |(due, _)| *due);
        self.event = b.min(r);
    }
}

impl Memory for Ideal {
    fn outputs(&self) -> &AxiResp {
        &self.out
    }

    #[inline]
    fn clock(&mut self, req: &AxiReq) {
        let w = req.w_valid && self.out.w_ready;
        let other = req.aw_valid && self.out.aw_ready
            || req.ar_valid && self.out.ar_ready
            || self.out.b_valid && req.b_ready
            || self.out.r_valid && req.r_ready;
        // In the middle of a burst, where the outputs stay as they are: nearly every cycle.
        if !self.stalls && !other && self.now + 1 < self.event && (!w || self.head.left > 1) {
            if w {
                self.take_beat(&req.w);
            }
            self.now += 1;
            return;
        }
        if req.aw_valid && self.out.aw_ready {
            self.write_count += 1;
            let burst = Burst::new(&req.aw, self.bus, &self.store);
            if self.head.left == 0 {
                self.head = burst;
            } else {
                self.writes.push_back(burst);
            }
            while self.head.left != 0
                && let Some(w) = self.ahead.pop_front()
            {
                self.take_beat_and_answer(&w);
            }
        }
        if w {
            if self.head.left == 0 {
                self.ahead.push_back(req.w);
            } else {
                self.take_beat_and_answer(&req.w);
            }
        }
        if self.out.b_valid && req.b_ready {
            self.out.b_valid = false;
            self.write_count -= 1;
        }
        if self.out.r_valid
            && req.r_ready
            && let Some((_, burst)) = self.reads.front_mut()
        {
            self.out.r_valid = false;
            burst.advance();
            if burst.left == 0 {
                self.reads.pop_front();
            }
        }
        if req.ar_valid && self.out.ar_ready {
            let due = self.now + u64::from(self.params.r_latency);
            self.reads
                .push_back((due, Burst::new(&req.ar, self.bus, &self.store)));
        }
        self.now += 1;
        self.drive();
    }

    fn stable_for(&self, req: &AxiReq) -> u64 {
        let (p, out) = (&self.params, &self.out);
        // A stall pattern toggles by itself; a handshake changes state on every edge.
        if p.aw_stall | p.w_stall | p.ar_stall != 0
            || req.aw_valid && out.aw_ready
            || req.ar_valid && out.ar_ready
            || out.b_valid && req.b_ready
            || out.r_valid && req.r_ready
        {
            return 0;
        }
        // The outputs of cycle `event` are the first that may differ.
        let n = if self.event == u64::MAX {
            u64::MAX
        } else {
            (self.event - 1).saturating_sub(self.now)
        };
        match self.head.left {
            _ if !(req.w_valid && out.w_ready) => n,
            // Beats ahead of their address fill a buffer.
            0 => 0,
            // The last beat makes an answer, all others change contents alone.
            left => n.min(u64::from(left) - 1),
        }
    }

    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        debug_assert!(
            n <= self.stable_for(req),
            "a jump of {n} cycles over an event"
        );
        if n == 0 {
            return;
        }
        if req.w_valid && self.out.w_ready {
            let shift = self.bus.trailing_zeros();
            let words = (self.bus as usize).div_ceil(8);
            let burst = &mut self.head;
            if burst.kind == INCR
                && u32::from(burst.size) == shift
                && req.w.strb == full_strobe(self.bus)
                && req.w.data[..words].iter().all(|&w| w == 0)
            {
                let base = burst.base(self.bus);
                if burst.exists {
                    self.store.zero_range(base, Bytes(n << shift));
                }
                burst.left -= n as u32;
                burst.addr = base.0.wrapping_add(n << shift);
            } else {
                for _ in 0..n {
                    self.take_beat(&req.w);
                }
            }
        }
        self.now += n;
    }

    fn shape(&self) -> Option<Vec<u64>> {
        let plain = |burst: &Burst| burst.kind == INCR && burst.exists;
        let known = !self.stalls
            && self.reads.is_empty()
            && self.ahead.is_empty()
            && self.head.left != 0
            && plain(&self.head)
            && self.writes.iter().all(plain);
        known.then(|| {
            let out = &self.out;
            let valid = [
                out.aw_ready,
                out.w_ready,
                out.b_valid,
                out.ar_ready,
                out.r_valid,
            ]
            .map(u64::from);
            let burst = |burst: &Burst| [u64::from(burst.id), burst.left.into(), burst.size.into()];
            let answer = |a: &Answer| {
                [
                    a.due.wrapping_sub(self.now),
                    u64::from(a.b.id),
                    a.b.resp.into(),
                ]
            };
            let event = if self.event == u64::MAX {
                u64::MAX
            } else {
                self.event.wrapping_sub(self.now)
            };
            let mut shape = vec![
                self.write_count.into(),
                out.b.id.into(),
                out.b.resp.into(),
                event,
            ];
            shape.extend(valid);
            shape.extend([self.writes.len() as u64, self.answers.len() as u64]);
            shape.extend(burst(&self.head));
            shape.extend(self.writes.iter().flat_map(burst));
            shape.extend(self.answers.iter().flat_map(answer));
            shape
        })
    }

    fn repeat(&mut self, cycles: u64, place: &dyn Fn(u64) -> u64) -> Option<Rpa> {
        for burst in std::iter::once(&mut self.head).chain(&mut self.writes) {
            let bytes = burst.wrap.1 - burst.wrap.0;
            let done = burst.addr - burst.wrap.0;
            let low = place(burst.wrap.0);
            burst.wrap = (low, low + bytes);
            burst.addr = low + done;
        }
        self.now += cycles;
        for answer in &mut self.answers {
            answer.due += cycles;
        }
        if self.event != u64::MAX {
            self.event += cycles;
        }
        Some(Rpa(self.head.addr))
    }

    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }

    fn in_flight(&self) -> usize {
        self.write_count as usize + self.reads.len() + usize::from(!self.ahead.is_empty())
    }
}
