//! A processor that replays a [`Program`](super::program::Program): an AXI4 manager that is made for whole boots.
//!
//! It executes instructions at a fixed rate. A read stops it until the last beat has come; a write goes into a store
//! buffer and stops it only when that is full. Lines travel as INCR bursts of 64 bytes, one id for reads and one for
//! writes; a read of a line that has a write under way waits for its response. Every beat that it reads is compared with
//! what was last written there, for ever.
//!
//! Like a memory it has outputs, a clock edge, and a number of edges for which it can be skipped. Nothing is allocated
//! while it runs.

use dormouse_model::axi::{Ax, AxiReq, AxiResp, INCR, OKAY, R};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::event::PAGE_LINES;
use super::program::{Step, What};
use crate::{
    guests::Guests,
    memory::{Bytes, Memory, Rpa},
    shadow::Outcome,
    traffic::Traffic,
};

/// Bytes in a line.
const LINE: u32 = 64;
/// log2 of the bytes in a page of a trace.
const PAGE_SHIFT: u32 = 12;
/// Writes that can be kept: more than may be outstanding.
const RING: u64 = 256;
/// Phases that have a time of their own.
pub const PHASES: usize = 10;
/// Bins of a latency histogram: bin k counts latencies of 2^k to 2^(k+1) - 1 cycles, the first 0 and 1, the last all longer
/// ones.
pub const BINS: usize = 16;

/// How the processor runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Processor {
    /// Cycles per instruction while it does not wait for memory.
    pub cpi: f64,
    /// Lines that its store buffer holds, 1 to 64.
    pub store_buffer: u8,
    /// Writes that may wait for their response, 1 to 64.
    pub outstanding: u8,
}

impl Default for Processor {
    fn default() -> Self {
        Self {
            cpi: 1.0,
            store_buffer: 16,
            outstanding: 16,
        }
    }
}

/// What a hypervisor does when a page is touched for the first time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstTouch {
    /// Cycles from the access to the handler and back, zeroing left out.
    pub fault: u64,
    /// Cycles that its core takes to zero a page, at least; the stores are posted like all others.
    pub page: u64,
}

/// How a guest zeroes a whole page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeroing {
    /// By ordinary stores.
    #[default]
    Stores,
    /// By the doorbell command.
    Doorbell,
}

/// Why a replay stopped.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReplayError {
    /// What is in memory is not what was written there.
    #[error(
        "stale data: cycle {cycle}, page {gfn}, byte {offset}: read {found:016x}, last written {expected:016x}"
    )]
    Stale {
        /// When the beat came.
        cycle: u64,
        /// Which page.
        gfn: u32,
        /// Where in the page.
        offset: u32,
        /// What came, as a word.
        found: u64,
        /// What should have come.
        expected: u64,
    },
    /// A bus error.
    #[error("cycle {cycle}: the {what} of page {gfn} was answered with {resp:#04b}")]
    Response {
        /// When the answer came.
        cycle: u64,
        /// `read` or `write`.
        what: &'static str,
        /// Which page.
        gfn: u32,
        /// `xRESP`.
        resp: u8,
    },
}

/// What was counted during a replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Lines read.
    pub reads: u64,
    /// Lines written, zeroed pages and devices' writes among them.
    pub writes: u64,
    /// Whole pages zeroed by the guest.
    pub clears: u64,
    /// Cycles in which the processor waited for data.
    pub read_wait: u64,
    /// Cycles in which it waited for room in the store buffer.
    pub write_wait: u64,
    /// Cycles in which it waited for a write to the line that it reads.
    pub order_wait: u64,
    /// Cycles in which it waited for a doorbell.
    pub doorbell_wait: u64,
    /// Pages touched.
    pub touched: u32,
    /// First touches that went to the hypervisor.
    pub faults: u64,
    /// Cycles spent on them.
    pub fault_cycles: u64,
    /// Latencies of reads, from the address to the last beat.
    pub read_latency: [u64; BINS],
    /// Latencies of first touches.
    pub fault_latency: [u64; BINS],
}

/// The bin of a latency.
pub fn bin(cycles: u64) -> usize {
    (cycles.max(1).ilog2() as usize).min(BINS - 1)
}

/// What the processor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Executes until `ready`, then goes on with the present step.
    Running,
    /// Waits for room in the store buffer since this cycle.
    Room(u64),
    /// Waits for a write to the line that it is about to read.
    Order(u64),
    /// Waits for data.
    Data,
    /// Waits for somebody to do the doorbell.
    Doorbell(u64),
    /// The program is over.
    Over,
}

/// A write on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Write {
    /// The line's number in the guest: page * 64 + line.
    line: u64,
    /// What is written: 0 is zero.
    version: u32,
}

/// What every line holds.
struct Shadow {
    /// Version of each line; 0 is zero.
    versions: Vec<u32>,
    /// Pages touched, a bit each.
    touched: Vec<u64>,
}

impl Shadow {
    /// Whether this is the first touch of the page.
    #[inline]
    fn touch(&mut self, gfn: u32) -> bool {
        let word = &mut self.touched[gfn as usize / 64];
        let bit = 1 << (gfn % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}

/// The word number `word` of a line; no byte of it is zero unless all are.
#[inline]
fn contents(line: u64, version: u32, word: u32) -> u64 {
    if version == 0 {
        return 0;
    }
    let n = (line << 3 | u64::from(word)) ^ u64::from(version) << 40;
    let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (n ^ n >> 29) | 0x0101_0101_0101_0101
}

/// The processor.
pub struct Replayer<S> {
    steps: S,
    processor: Processor,
    first_touch: Option<FirstTouch>,
    zeroing: Zeroing,
    bus: u32,
    beats: u32,
    out: AxiReq,
    now: u64,
    state: State,
    /// When the processor goes on, while it is running.
    ready: u64,
    /// The time of the last step by its instructions.
    base: u64,
    step: Option<Step>,
    /// Lines of the step that are done.
    done: u8,
    /// When the last line of a page that a hypervisor zeroes was stored.
    paced: u64,
    /// Since when the present first touch is served.
    fault_since: Option<u64>,
    /// Lines of the page that the hypervisor has zeroed.
    fault_done: u8,
    writes: Vec<Write>,
    pushed: u64,
    aw_next: u64,
    w_next: u64,
    w_beat: u32,
    b_next: u64,
    read_line: u64,
    read_beat: u32,
    read_since: u64,
    version: u32,
    shadow: Shadow,
    /// When each phase began.
    pub phases: [Option<u64>; PHASES],
    /// When the program was over, responses left out.
    pub end: Option<u64>,
    /// What happened.
    pub counts: Counts,
    /// What went wrong.
    pub error: Option<ReplayError>,
}

impl<S: Iterator<Item = Step>> Replayer<S> {
    /// A processor that starts at once, on a bus of `bus` bytes, in a guest of `pages` pages of 4 KiB that are all zero.
    /// `start` is the first instruction of the program.
    pub fn new(steps: S, start: u64, processor: &Processor, bus: u32, pages: u32) -> Self {
        let beats = (LINE / bus).max(1);
        let ax = Ax {
            len: (beats - 1) as u8,
            size: bus.trailing_zeros() as u8,
            burst: INCR,
            ..Ax::default()
        };
        let mut out = AxiReq {
            aw: Ax { id: 1, ..ax },
            ar: ax,
            b_ready: true,
            r_ready: true,
            ..AxiReq::default()
        };
        out.w.strb = if bus == 64 { u64::MAX } else { (1 << bus) - 1 };
        let mut replayer = Self {
            steps,
            processor: processor.clone(),
            first_touch: None,
            zeroing: Zeroing::Stores,
            bus,
            beats,
            out,
            now: 0,
            state: State::Running,
            ready: 0,
            base: 0,
            step: None,
            done: 0,
            paced: 0,
            fault_since: None,
            fault_done: 0,
            writes: vec![Write::default(); RING as usize],
            pushed: 0,
            aw_next: 0,
            w_next: 0,
            w_beat: 0,
            b_next: 0,
            read_line: 0,
            read_beat: 0,
            read_since: 0,
            version: 0,
            shadow: Shadow {
                versions: vec![0; pages as usize * usize::from(PAGE_LINES)],
                touched: vec![0; pages.div_ceil(64) as usize],
            },
            phases: [None; PHASES],
            end: None,
            counts: Counts::default(),
            error: None,
        };
        replayer.base = replayer.cycles(start);
        replayer.phases[0] = Some(0);
        replayer
    }

    /// With a hypervisor that zeroes each page at its first touch.
    #[must_use]
    pub fn with_first_touch(mut self, first_touch: FirstTouch) -> Self {
        self.first_touch = Some(first_touch);
        self
    }

    /// With another way to zero a page.
    #[must_use]
    pub fn with_zeroing(mut self, zeroing: Zeroing) -> Self {
        self.zeroing = zeroing;
        self
    }

    /// What it drives in this cycle.
    #[inline]
    pub fn outputs(&self) -> &AxiReq {
        &self.out
    }

    /// Cycles since it started.
    pub fn cycle(&self) -> u64 {
        self.now
    }

    /// Whether the program is over and every write has its response.
    #[inline]
    pub fn finished(&self) -> bool {
        self.state == State::Over && self.b_next == self.pushed
    }

    /// The page that is to be zeroed by a doorbell now. The processor waits for [`Self::rung`].
    #[inline]
    pub fn doorbell(&self) -> Option<u32> {
        match (self.state, &self.step) {
            (State::Doorbell(_), Some(step)) if self.b_next == self.pushed => Some(step.gfn),
            _ => None,
        }
    }

    /// The doorbell was taken; the processor goes on.
    pub fn rung(&mut self) {
        if let (State::Doorbell(since), Some(step)) = (self.state, self.step.take()) {
            self.counts.doorbell_wait += self.now - since;
            let first = step.gfn as usize * usize::from(PAGE_LINES);
            self.shadow.versions[first..first + usize::from(PAGE_LINES)].fill(0);
            self.state = State::Running;
            self.ready = self.now;
            self.go_on();
            self.drive();
        }
    }

    /// The page of a write that waits for its address or data to be taken, or of a read that waits for data.
    pub fn waiting(&self) -> (Option<u32>, Option<u32>) {
        let page = |line: u64| (line >> 6) as u32;
        let write = (self.w_next < self.pushed)
            .then(|| page(self.writes[(self.w_next % RING) as usize].line));
        let read = (self.state == State::Data).then(|| page(self.read_line));
        (read, write)
    }

    #[allow(clippy::cast_sign_loss, reason = "neither factor is negative")]
    fn cycles(&self, instructions: u64) -> u64 {
        (instructions as f64 * self.processor.cpi) as u64
    }

    #[inline]
    fn has_room(&self) -> bool {
        self.pushed - self.w_next < u64::from(self.processor.store_buffer)
            && self.pushed - self.b_next < u64::from(self.processor.outstanding)
    }

    #[inline]
    fn push(&mut self, line: u64, version: u32) {
        self.writes[(self.pushed % RING) as usize] = Write { line, version };
        self.shadow.versions[line as usize] = version;
        self.pushed += 1;
        self.counts.writes += 1;
    }

    /// Executes what can be executed in this cycle.
    fn go_on(&mut self) {
        loop {
            let Some(step) = self.step else {
                let Some(step) = self.steps.next() else {
                    self.state = State::Over;
                    self.end = Some(self.now);
                    return;
                };
                let at = self.cycles(step.at);
                self.ready = self.now + at.saturating_sub(self.base);
                self.base = at.max(self.base);
                self.step = Some(step);
                self.done = 0;
                if step.what != What::Phase {
                    let new = self.shadow.touch(step.gfn);
                    self.counts.touched += u32::from(new);
                    if let Some(first_touch) = self.first_touch
                        && new
                    {
                        self.fault_since = Some(self.ready);
                        self.fault_done = 0;
                        self.ready += first_touch.fault;
                        self.paced = self.ready;
                    }
                }
                if self.ready > self.now {
                    return;
                }
                continue;
            };
            if let (Some(since), Some(first_touch)) = (self.fault_since, self.first_touch) {
                if !self.serve(&step, since, first_touch) {
                    return;
                }
                continue;
            }
            if !self.execute(&step) {
                return;
            }
        }
    }

    /// The hypervisor's part of a first touch; false when it has to wait.
    fn serve(&mut self, step: &Step, since: u64, first_touch: FirstTouch) -> bool {
        while self.fault_done < PAGE_LINES {
            let due =
                self.paced + first_touch.page * u64::from(self.fault_done) / u64::from(PAGE_LINES);
            if due > self.now {
                self.ready = due;
                return false;
            }
            if !self.has_room() {
                self.state = State::Room(self.now);
                return false;
            }
            self.push(u64::from(step.gfn) << 6 | u64::from(self.fault_done), 0);
            self.fault_done += 1;
        }
        let due = self.paced + first_touch.page;
        if due > self.now {
            self.ready = due;
            return false;
        }
        let latency = self.now - since;
        self.fault_since = None;
        self.counts.faults += 1;
        self.counts.fault_cycles += latency;
        self.counts.fault_latency[bin(latency)] += 1;
        true
    }

    /// One step of the program; false when it has to wait.
    fn execute(&mut self, step: &Step) -> bool {
        let line = |done: u8| {
            u64::from(step.gfn) << 6 | u64::from(step.line.wrapping_add(done) % PAGE_LINES)
        };
        match step.what {
            What::Phase => {
                if let Some(phase) = self.phases.get_mut(usize::from(step.lines)) {
                    *phase = Some(self.now);
                }
            }
            What::Read => {
                if self.done < step.lines {
                    let line = line(self.done);
                    let mut under_way = self.b_next..self.pushed;
                    if under_way.any(|at| self.writes[(at % RING) as usize].line == line) {
                        self.state = State::Order(self.now);
                        return false;
                    }
                    self.done += 1;
                    self.read_line = line;
                    self.read_beat = 0;
                    self.read_since = self.now;
                    self.out.ar_valid = true;
                    self.out.ar.addr = line << 6;
                    self.state = State::Data;
                    return false;
                }
            }
            What::Clear if self.zeroing == Zeroing::Doorbell => {
                self.counts.clears += 1;
                self.state = State::Doorbell(self.now);
                return false;
            }
            What::Write | What::Zero | What::Clear | What::Device => {
                let zero = matches!(step.what, What::Zero | What::Clear);
                while self.done < step.lines {
                    if !self.has_room() {
                        self.state = State::Room(self.now);
                        return false;
                    }
                    if !zero {
                        self.version = self.version.wrapping_add(1).max(1);
                    }
                    self.push(line(self.done), if zero { 0 } else { self.version });
                    self.done += 1;
                }
                self.counts.clears += u64::from(step.what == What::Clear);
            }
        }
        self.step = None;
        true
    }

    /// One clock edge at which it drove [`Self::outputs`] and its port answered `resp`.
    #[inline]
    pub fn clock(&mut self, resp: &AxiResp) {
        let mut moved = false;
        if self.out.aw_valid && resp.aw_ready {
            self.aw_next += 1;
            moved = true;
        }
        if self.out.w_valid && resp.w_ready {
            self.w_beat += 1;
            if self.w_beat == self.beats {
                self.w_beat = 0;
                self.w_next += 1;
            }
            moved = true;
        }
        if resp.b_valid {
            if resp.b.resp != OKAY {
                self.fail(
                    "write",
                    self.writes[(self.b_next % RING) as usize].line,
                    resp.b.resp,
                );
            }
            self.b_next += 1;
            moved = true;
        }
        if self.out.ar_valid && resp.ar_ready {
            self.out.ar_valid = false;
        }
        self.now += 1;
        if resp.r_valid {
            self.take(&resp.r);
        }
        match self.state {
            State::Running if self.now >= self.ready => self.resume(),
            State::Room(since) if moved && self.has_room() => {
                self.counts.write_wait += self.now - since;
                self.resume();
            }
            State::Order(since) if moved => {
                self.counts.order_wait += self.now - since;
                self.resume();
            }
            _ if moved => self.drive(),
            _ => {}
        }
    }

    fn resume(&mut self) {
        self.state = State::Running;
        self.ready = self.now;
        self.go_on();
        self.drive();
    }

    fn fail(&mut self, what: &'static str, line: u64, resp: u8) {
        self.error.get_or_insert(ReplayError::Response {
            cycle: self.now,
            what,
            gfn: (line >> 6) as u32,
            resp,
        });
    }

    /// A beat of read data.
    fn take(&mut self, r: &R) {
        let line = self.read_line;
        if r.resp != OKAY {
            self.fail("read", line, r.resp);
        }
        let version = self.shadow.versions[line as usize];
        let first = self.read_beat * self.bus;
        let words = (self.bus / 8).max(1);
        for index in 0..words {
            let expected = contents(line, version, first / 8 + index);
            let (found, expected) = if self.bus == 4 {
                (
                    r.data[0] & 0xffff_ffff,
                    expected >> (first % 8 * 8) & 0xffff_ffff,
                )
            } else {
                (r.data[index as usize], expected)
            };
            if found != expected {
                self.error.get_or_insert(ReplayError::Stale {
                    cycle: self.now,
                    gfn: (line >> 6) as u32,
                    offset: (line & 63) as u32 * LINE + first + 8 * index,
                    found,
                    expected,
                });
            }
        }
        self.read_beat += 1;
        if self.read_beat == self.beats {
            let latency = self.now - self.read_since;
            self.counts.reads += 1;
            self.counts.read_wait += latency;
            self.counts.read_latency[bin(latency)] += 1;
            self.resume();
        }
    }

    /// Sets what the write channels carry.
    #[inline]
    fn drive(&mut self) {
        self.out.aw_valid = self.aw_next < self.pushed;
        self.out.aw.addr = self.writes[(self.aw_next % RING) as usize].line << 6;
        // No data ahead of its address.
        self.out.w_valid = self.w_next < self.pushed && self.w_next <= self.aw_next;
        if self.out.w_valid {
            let write = self.writes[(self.w_next % RING) as usize];
            let first = self.w_beat * self.bus;
            let words = (self.bus / 8).max(1);
            for index in 0..words {
                self.out.w.data[index as usize] =
                    contents(write.line, write.version, first / 8 + index);
            }
            if self.bus == 4 {
                self.out.w.data[0] = self.out.w.data[0] >> (first % 8 * 8) & 0xffff_ffff;
            }
            self.out.w.last = self.w_beat + 1 == self.beats;
        }
    }

    /// For how many further edges, all with this same `resp`, [`Self::outputs`] is certain to stay.
    #[inline]
    pub fn stable_for(&self, resp: &AxiResp) -> u64 {
        if resp.b_valid
            || resp.r_valid
            || self.out.aw_valid && resp.aw_ready
            || self.out.ar_valid && resp.ar_ready
        {
            return 0;
        }
        let mut n = u64::MAX;
        if self.out.w_valid && resp.w_ready {
            // Beats of zero look alike but for the last one, which looks so one edge earlier.
            let zero = self.writes[(self.w_next % RING) as usize].version == 0;
            n = if zero {
                u64::from((self.beats - self.w_beat).saturating_sub(2))
            } else {
                0
            };
        }
        if self.state == State::Running {
            n = n.min(self.ready.saturating_sub(self.now + 1));
        }
        n
    }

    /// The same as `n` calls of [`Self::clock`]; `n` is at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, resp: &AxiResp, n: u64) {
        if self.out.w_valid && resp.w_ready {
            self.w_beat += n as u32;
        }
        self.now += n;
    }

    /// Whether anything that is not zero should be in this page.
    pub fn holds(&self, gfn: u32) -> bool {
        let lines = usize::from(PAGE_LINES);
        let first = gfn as usize * lines;
        let versions = self.shadow.versions.get(first..first + lines);
        versions.is_some_and(|versions| versions.iter().any(|version| *version != 0))
    }

    /// Instructions executed so far, counted as in the recording.
    #[allow(clippy::cast_sign_loss, reason = "neither number is negative")]
    pub fn instructions(&self) -> u64 {
        let ahead = match self.state {
            State::Running => self.ready.saturating_sub(self.now),
            _ => 0,
        };
        (self.base.saturating_sub(ahead) as f64 / self.processor.cpi) as u64
    }

    /// Compares everything that the guest should hold with what `store` holds, where page `gfn` is at `place(gfn)`;
    /// `None` is a page that reads as zero. Returns the pages compared.
    ///
    /// # Errors
    /// The first page and byte that differ.
    pub fn compare(
        &self,
        store: &crate::memory::Store,
        mut place: impl FnMut(u32) -> Option<Rpa>,
    ) -> Result<u32, ReplayError> {
        let mut pages = 0;
        for (index, versions) in self
            .shadow
            .versions
            .chunks_exact(PAGE_LINES.into())
            .enumerate()
        {
            let gfn = index as u32;
            let at = place(gfn);
            let zero = versions.iter().all(|version| *version == 0);
            pages += u32::from(!zero);
            if zero && at.is_none_or(|at| store.is_zero(at, Bytes(1 << PAGE_SHIFT))) {
                continue;
            }
            for (offset, version) in versions.iter().enumerate() {
                let line = u64::from(gfn) << 6 | offset as u64;
                for word in 0..LINE / 8 {
                    let offset = offset as u32 * LINE + word * 8;
                    let found = at.map_or(0, |at| store.word(Rpa(at.0 + u64::from(offset))));
                    let expected = contents(line, *version, word);
                    if found != expected {
                        return Err(ReplayError::Stale {
                            cycle: self.now,
                            gfn,
                            offset,
                            found,
                            expected,
                        });
                    }
                }
            }
        }
        Ok(pages)
    }
}

impl<S: Iterator<Item = Step>> Guests for Replayer<S> {
    type Fault = ReplayError;

    #[inline]
    fn outputs(&self) -> &[AxiReq] {
        std::slice::from_ref(Replayer::outputs(self))
    }

    #[inline]
    fn clock(&mut self, resp: &[AxiResp]) {
        Replayer::clock(self, &resp[0]);
    }

    #[inline]
    fn stable_for(&self, resp: &[AxiResp]) -> u64 {
        Replayer::stable_for(self, &resp[0])
    }

    #[inline]
    fn clock_many(&mut self, resp: &[AxiResp], n: u64) {
        Replayer::clock_many(self, &resp[0], n);
    }

    #[inline]
    fn finished(&self) -> bool {
        Replayer::finished(self)
    }

    #[inline]
    fn doorbell(&self) -> Option<(usize, u32)> {
        Some((0, Replayer::doorbell(self)?))
    }

    fn rung(&mut self, _port: usize, _outcome: Outcome, _cycle: u64) {
        Replayer::rung(self);
    }

    fn instructions(&self) -> u64 {
        Replayer::instructions(self)
    }

    #[inline]
    fn failed(&self) -> bool {
        self.error.is_some()
    }

    /// For ever the first.
    fn fault(&mut self) -> Option<ReplayError> {
        self.error.clone()
    }
}

/// A processor on a memory, with nothing in between.
pub struct Plain<S, M> {
    /// The processor.
    pub replayer: Replayer<S>,
    /// The memory, as large as the guest.
    pub memory: M,
    /// What was written.
    pub written: Traffic,
}

impl<S: Iterator<Item = Step>, M: Memory> Plain<S, M> {
    /// Puts them together; the memory should hold zero.
    pub fn new(replayer: Replayer<S>, memory: M) -> Self {
        Self {
            replayer,
            memory,
            written: Traffic::default(),
        }
    }

    /// Runs until the program is over, something went wrong, or until cycle `limit`. False when nothing will ever
    /// happen again.
    pub fn run(&mut self, limit: u64) -> bool {
        let Self {
            replayer,
            memory,
            written,
        } = self;
        while !replayer.finished() && replayer.error.is_none() && replayer.now < limit {
            let resp = *memory.outputs();
            let req = replayer.outputs();
            let n = replayer.stable_for(&resp);
            let n = if n == 0 {
                0
            } else {
                n.min(memory.stable_for(req))
            };
            let w = req.w_valid && resp.w_ready;
            if n == 0 {
                if w {
                    written.beats(&req.w, 1);
                }
                memory.clock(req);
                replayer.clock(&resp);
                continue;
            }
            if n == u64::MAX {
                return false;
            }
            let n = n.min(limit - replayer.now);
            if w {
                written.beats(&req.w, n);
            }
            memory.clock_many(req, n);
            replayer.clock_many(&resp, n);
        }
        true
    }
}
