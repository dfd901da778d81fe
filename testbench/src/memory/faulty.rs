//! A wrapper that makes a memory misbehave within the rules of AXI: errors, late and reordered
//! responses. It drops nothing: every burst that is accepted is answered.

use std::collections::VecDeque;

use dormouse_model::axi::{Ax, AxiReq, AxiResp, B, DECERR, FIXED, SLVERR, WRAP};
use serde::{Deserialize, Serialize};

use super::port::{Memory, MemoryError, check};
use super::store::{Store, mix};

/// Which error an answer carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// SLVERR.
    #[default]
    Slverr,
    /// DECERR.
    Decerr,
    /// One of them, by seed.
    Either,
}

/// Which bursts of a [`FaultRange`] fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Reads and writes.
    #[default]
    Both,
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// Whether a write that is answered with an error has changed memory all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreOnError {
    /// By seed, for each burst.
    #[default]
    Random,
    /// It has.
    Always,
    /// It has not. (A beat that was sent before its address changes memory always.)
    Never,
}

/// Addresses at which every burst fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRange {
    /// First byte address.
    pub start: u64,
    /// Length in bytes, 1 or more.
    pub bytes: u64,
    /// With which error.
    #[serde(default)]
    pub error: ErrorKind,
    /// On which bursts.
    #[serde(default)]
    pub access: Access,
    /// How many bursts fail before the range heals; without it, all.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What goes wrong in a [`Faulty`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Of everything that is random here.
    pub seed: u64,
    /// Addresses at which every burst fails, on every beat where it is a read.
    pub ranges: Vec<FaultRange>,
    /// Bursts in a thousand that fail wherever they go, 0..=1000. A read fails on one beat or on all.
    pub error_per_mille: u16,
    /// With which error.
    pub error: ErrorKind,
    /// Whether a failed write has changed memory.
    pub store_on_error: StoreOnError,
    /// Each B comes up to this many cycles later than the memory gives it, by seed, 0..=1000000.
    pub late_b: u32,
    /// Whether responses of different ids may overtake each other, by seed. Those of one id do not.
    pub reorder_b: bool,
}

impl Faults {
    fn check(&self) -> Result<(), MemoryError> {
        let rate = self.error_per_mille;
        check("error_per_mille", rate.into(), rate <= 1000, "0 to 1000")?;
        check(
            "late_b",
            self.late_b.into(),
            self.late_b <= 1_000_000,
            "0 to 1000000 cycles",
        )?;
        for range in &self.ranges {
            let legal = range.bytes > 0 && range.start.checked_add(range.bytes).is_some();
            check(
                "ranges.bytes",
                range.bytes as f64,
                legal,
                "1 or more, and end within 64 address bits",
            )?;
        }
        Ok(())
    }

    pub(super) fn random(rng: &mut fastrand::Rng) -> Self {
        let kinds = [ErrorKind::Slverr, ErrorKind::Decerr, ErrorKind::Either];
        let stores = [
            StoreOnError::Random,
            StoreOnError::Always,
            StoreOnError::Never,
        ];
        let mut faults = Self {
            seed: rng.u64(..),
            error: kinds[rng.usize(..3)],
            store_on_error: stores[rng.usize(..3)],
            error_per_mille: if rng.bool() { rng.u16(1..=300) } else { 0 },
            late_b: if rng.bool() { rng.u32(1..=200) } else { 0 },
            reorder_b: rng.bool(),
            ranges: Vec::new(),
        };
        for _ in 0..rng.u8(..3) {
            faults.ranges.push(FaultRange {
                start: rng.u64(..1 << 16),
                bytes: rng.u64(1..1 << 14),
                error: kinds[rng.usize(..3)],
                access: Access::Both,
                times: rng.bool().then(|| rng.u32(1..=8)),
            });
        }
        faults
    }
}

/// What was decided for one burst.
#[derive(Clone, Copy, Debug)]
struct Verdict {
    /// Its number, counted from reset for writes and reads apart.
    number: u64,
    id: u32,
    error: Option<u8>,
    /// On a read, the one beat that has the error; all beats where there is none.
    beat: Option<u32>,
    /// Whether a failed write changes memory.
    store: bool,
    /// Beats of a read that have been handed over.
    beats: u32,
}

/// A B that the memory inside has given and the manager has not been offered.
#[derive(Clone, Copy, Debug)]
struct Held {
    due: u64,
    b: B,
}

/// A memory with faults. Its B comes one cycle later than that of the memory inside, or more.
#[derive(Clone, Debug)]
pub struct Faulty<M> {
    faults: Faults,
    inner: M,
    now: u64,
    out: AxiResp,
    /// How often each range can still fail.
    left: Vec<u32>,
    /// Bursts accepted since reset.
    write_count: u64,
    read_count: u64,
    /// Bursts whose W beats have all been accepted, since reset.
    w_count: u64,
    /// Write bursts whose B the memory inside has not given, oldest first.
    writes: VecDeque<Verdict>,
    /// Read bursts whose last beat has not been handed over, oldest first.
    reads: VecDeque<Verdict>,
    held: VecDeque<Held>,
    /// B responses offered since reset.
    b_count: u64,
}

impl<M: Memory> Faulty<M> {
    /// Puts faults on `inner`.
    ///
    /// # Errors
    /// [`MemoryError::Illegal`] with the name of the parameter.
    pub fn new(faults: &Faults, inner: M) -> Result<Self, MemoryError> {
        faults.check()?;
        let mut memory = Self {
            left: faults
                .ranges
                .iter()
                .map(|range| range.times.unwrap_or(u32::MAX))
                .collect(),
            faults: faults.clone(),
            inner,
            now: 0,
            out: AxiResp::default(),
            write_count: 0,
            read_count: 0,
            w_count: 0,
            writes: VecDeque::new(),
            reads: VecDeque::new(),
            held: VecDeque::new(),
            b_count: 0,
        };
        memory.drive();
        Ok(memory)
    }

    /// Random bits for one purpose of one burst.
    fn random(&self, what: u64, number: u64) -> u64 {
        mix(mix(self.faults.seed ^ what << 56) ^ number)
    }

    /// Decides on the burst of this number, and names the range that it falls into.
    fn judge(&self, write: bool, number: u64, ax: &Ax) -> (Verdict, Option<usize>) {
        let of = u64::from(write);
        let bytes = (u64::from(ax.len) + 1) << ax.size.min(7);
        let (start, bytes) = match ax.burst {
            FIXED => (ax.addr, 1 << ax.size.min(7)),
            WRAP => (ax.addr / bytes * bytes, bytes),
            _ => (ax.addr, bytes),
        };
        let hit = self
            .faults
            .ranges
            .iter()
            .zip(&self.left)
            .position(|(range, &left)| {
                let concerned = match range.access {
                    Access::Both => true,
                    Access::Read => !write,
                    Access::Write => write,
                };
                let overlaps =
                    start < range.start + range.bytes && range.start < start.saturating_add(bytes);
                left > 0 && concerned && overlaps
            });
        let kind = match hit {
            Some(index) => Some(self.faults.ranges[index].error),
            None if self.random(of, number) % 1000 < self.faults.error_per_mille.into() => {
                Some(self.faults.error)
            }
            None => None,
        };
        let coin = self.random(2 + of, number);
        let error = kind.map(|kind| match kind {
            ErrorKind::Either if coin & 1 == 0 => SLVERR,
            ErrorKind::Slverr => SLVERR,
            ErrorKind::Decerr | ErrorKind::Either => DECERR,
        });
        let one_beat = hit.is_none() && coin & 2 == 0;
        let store = match self.faults.store_on_error {
            StoreOnError::Random => coin & 4 == 0,
            StoreOnError::Always => true,
            StoreOnError::Never => false,
        };
        let beat = one_beat.then(|| (coin >> 32) as u32 % (u32::from(ax.len) + 1));
        (
            Verdict {
                number,
                id: ax.id,
                error,
                beat,
                store: store || error.is_none(),
                beats: 0,
            },
            hit,
        )
    }

    fn count_hit(&mut self, hit: Option<usize>) {
        if let Some(index) = hit
            && self.faults.ranges[index].times.is_some()
        {
            self.left[index] -= 1;
        }
    }

    /// What the memory inside sees: every B is taken at once, and what must not be stored has no
    /// strobes.
    fn inner_req(&self, req: &AxiReq) -> AxiReq {
        let mut inner = AxiReq {
            b_ready: true,
            ..*req
        };
        if req.w_valid {
            let known = self
                .writes
                .iter()
                .find(|verdict| verdict.number == self.w_count);
            let stored = match known {
                Some(verdict) => verdict.store,
                // The address is being offered in this cycle, so it decides in this cycle already.
                None if req.aw_valid && self.w_count == self.write_count => {
                    self.judge(true, self.write_count, &req.aw).0.store
                }
                None => true,
            };
            if !stored {
                inner.w.strb = 0;
            }
        }
        inner
    }

    /// Sets the outputs of cycle `now`, in which a response that still waits stays.
    fn drive(&mut self) {
        let (b_valid, b) = (self.out.b_valid, self.out.b);
        self.out = AxiResp {
            b_valid,
            b,
            ..*self.inner.outputs()
        };
        if !b_valid && let Some(index) = self.next_b() {
            self.b_count += 1;
            if let Some(held) = self.held.remove(index) {
                self.out.b_valid = true;
                self.out.b = held.b;
            }
        }
        if self.out.r_valid
            && let Some(verdict) = self
                .reads
                .iter()
                .find(|verdict| verdict.id == self.out.r.id)
            && let Some(error) = verdict.error
            && verdict.beat.is_none_or(|beat| beat == verdict.beats)
        {
            self.out.r.resp = error;
        }
    }

    /// Which of the responses held back is offered now.
    fn next_b(&self) -> Option<usize> {
        if !self.faults.reorder_b {
            return self
                .held
                .front()
                .is_some_and(|held| held.due <= self.now)
                .then_some(0);
        }
        let oldest_of_its_id = |&index: &usize| {
            let id = self.held[index].b.id;
            self.held[index].due <= self.now
                && self.held.iter().take(index).all(|older| older.b.id != id)
        };
        let count = (0..self.held.len()).filter(oldest_of_its_id).count();
        let pick = self.random(6, self.b_count).checked_rem(count as u64)?;
        (0..self.held.len())
            .filter(oldest_of_its_id)
            .nth(pick as usize)
    }
}

impl<M: Memory> Memory for Faulty<M> {
    fn outputs(&self) -> &AxiResp {
        &self.out
    }

    fn clock(&mut self, req: &AxiReq) {
        let inner_req = self.inner_req(req);
        if req.aw_valid && self.out.aw_ready {
            let (verdict, hit) = self.judge(true, self.write_count, &req.aw);
            self.writes.push_back(verdict);
            self.count_hit(hit);
            self.write_count += 1;
        }
        if req.w_valid && self.out.w_ready && req.w.last {
            self.w_count += 1;
        }
        if req.ar_valid && self.out.ar_ready {
            let (verdict, hit) = self.judge(false, self.read_count, &req.ar);
            self.reads.push_back(verdict);
            self.count_hit(hit);
            self.read_count += 1;
        }
        if self.out.r_valid
            && req.r_ready
            && let Some(index) = self
                .reads
                .iter()
                .position(|verdict| verdict.id == self.out.r.id)
        {
            self.reads[index].beats += 1;
            if self.out.r.last {
                self.reads.remove(index);
            }
        }
        if self.out.b_valid && req.b_ready {
            self.out.b_valid = false;
        }
        let inner = *self.inner.outputs();
        if inner.b_valid {
            let mut b = inner.b;
            let mut delay = 0;
            if let Some(index) = self.writes.iter().position(|verdict| verdict.id == b.id)
                && let Some(verdict) = self.writes.remove(index)
            {
                b.resp = verdict.error.unwrap_or(b.resp);
                delay = self.random(5, verdict.number) % (u64::from(self.faults.late_b) + 1);
            }
            self.held.push_back(Held {
                due: self.now + 1 + delay,
                b,
            });
        }
        self.inner.clock(&inner_req);
        self.now += 1;
        self.drive();
    }

    fn stable_for(&self, req: &AxiReq) -> u64 {
        if self.out.b_valid && req.b_ready
            || self.inner.outputs().b_valid
            || req.w_valid && self.out.w_ready && req.w.last
        {
            return 0;
        }
        let mut n = self.inner.stable_for(&self.inner_req(req));
        if !self.out.b_valid {
            for held in &self.held {
                n = n.min(held.due.saturating_sub(self.now + 1));
            }
        }
        n
    }

    fn clock_many(&mut self, req: &AxiReq, n: u64) {
        let inner_req = self.inner_req(req);
        self.inner.clock_many(&inner_req, n);
        self.now += n;
    }

    fn store(&self) -> &Store {
        self.inner.store()
    }

    fn store_mut(&mut self) -> &mut Store {
        self.inner.store_mut()
    }

    fn in_flight(&self) -> usize {
        self.inner.in_flight() + self.held.len() + usize::from(self.out.b_valid)
    }
}
