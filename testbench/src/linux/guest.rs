//! The hart on a guest port: two caches, a store buffer, the devices of the board.
//!
//! Exact: every line that is read and every store is a burst on the port, in the order and with the waiting that
//! `rtl/sim/dm_wb_axi.sv` has: stores to one beat of the bus are merged while they follow each other, at most
//! [`MAX_POSTED`] of them are unanswered, and a read waits for all of them. Caches are those of `VexRiscv_Linux`: 4 KiB each,
//! direct-mapped, lines of 32 bytes, stores go through and allocate nothing.
//!
//! Not exact: cycles of the pipeline (one an instruction, some more for jumps and divisions), and that an instruction which
//! was stored is seen before `fence.i`.
//!
//! The guest keeps a copy of what it stored. Each beat that is read is compared with it, so a wrong byte stops the run where
//! it comes in, long before software falls over it.

use std::collections::HashSet;

use dormouse_model::axi::{Ax, AxiReq, AxiResp, INCR, OKAY, R};
use thiserror::Error;

use super::board::{
    Board, CLINT, CYCLES_PER_TICK, DEVICES, FLASH, MARK_KERNEL, MARKS, MTIME, MTIMECMP, RAM, UART,
};
use super::console::Console;
use super::hart::{Did, Hart, Port, Stop};
use crate::{guests::Guests, shadow::Outcome};

/// Stores that may be unanswered.
pub const MAX_POSTED: u64 = 8;
/// A store to this address clears the page whose address is stored, without a byte on the port.
pub const DOORBELL: u32 = 0xf000_3000;

/// Bytes of a line.
const LINE: u32 = 32;
/// Lines of a cache.
const LINES: usize = 128;
/// Cycles for which a beat waits for its neighbour, `MergeIdle`.
const MERGE_IDLE: u64 = 15;
/// Cycles by which the hart may be ahead of its port.
const AHEAD: u64 = 4096;
/// Cycles that a jump takes more than another instruction, and a division.
const JUMP: u64 = 1;
const DIVISION: u64 = 33;
/// Cycles in which a line comes from ROM or flash.
const LOCAL_LINE: u64 = 10;
/// Phases of a recording: the kernel, its first program.
const PHASE_KERNEL: u32 = 2;
const PHASE_INIT: u32 = 3;
/// No line.
const NONE: u32 = u32::MAX;

/// What a guest found wrong.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GuestError {
    /// What is in memory is not what was stored there.
    #[error(
        "stale data: cycle {cycle}, address {addr:#010x}, pc {pc:#010x}: read {found:08x}, last stored {expected:08x}"
    )]
    Stale {
        /// When the beat came.
        cycle: u64,
        /// Of the word, as the hart sees it.
        addr: u32,
        /// What the hart was about to execute.
        pc: u32,
        /// What came.
        found: u32,
        /// What should have come.
        expected: u32,
    },
}

/// What a guest did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines of instructions read through the port.
    pub fetched_lines: u64,
    /// Lines of data.
    pub read_lines: u64,
    /// Beats written.
    pub writes: u64,
    /// Stores that the hart executed to memory.
    pub stores: u64,
    /// Cycles in which it waited for a line.
    pub read_wait: u64,
    /// Cycles in which it waited for room in the store buffer.
    pub write_wait: u64,
    /// Doorbells.
    pub doorbells: u64,
    /// Accesses that the port answered with an error.
    pub errors: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Executing, up to the cycle `ready`.
    Running,
    /// For the store buffer to be empty, then for this line.
    Drain(u64),
    /// For beats.
    Data(u64),
    /// For room in the store buffer.
    Room(u64),
    /// For [`Self::rung`].
    Doorbell(u32),
    /// Nothing more will come.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Line { line: u32, instruction: bool },
    Room,
    Doorbell(u32),
}

/// A beat on its way to memory.
#[derive(Clone, Copy, Debug, Default)]
struct Write {
    /// Guest physical.
    addr: u64,
    data: [u64; 8],
    strb: u64,
    /// It may leave in this cycle.
    due: u64,
}

/// Watches what the hart does to memory.
pub trait Observer: Send {
    /// A load or store of `bytes` bytes at guest physical address `gpa`, the `instructions`-th instruction.
    fn access(&mut self, instructions: u64, gpa: u32, bytes: u32, value: u32, store: bool);
    /// The first fetch from a line since it was in the cache.
    fn fetch(&mut self, instructions: u64, gpa: u32);
    /// A phase of the boot begins, numbered as in recordings.
    fn phase(&mut self, instructions: u64, phase: u32);
}

/// Everything that the hart is attached to.
struct Io {
    bus: u32,
    /// The port's cycle.
    now: u64,
    /// The hart's: never behind the port's.
    at: u64,
    rom: Vec<u32>,
    flash: Vec<u32>,
    /// What memory should hold.
    memory: Vec<u32>,
    /// Lines of a store that failed: what they hold is not known.
    unknown: HashSet<u32>,
    fetch_tags: [u32; LINES],
    data_tags: [u32; LINES],
    /// A line that the port refused, and has to be reported.
    refused: Option<u32>,
    failed_store: Option<u32>,
    want: Option<Want>,
    writes: [Write; 16],
    pushed: u64,
    aw_next: u64,
    w_next: u64,
    b_next: u64,
    rung: bool,
    uart: [u8; 8],
    console: Console,
    marks: [Option<u64>; 4],
    /// In cycles.
    timer: u64,
    mtimecmp: u64,
    software: bool,
    instructions: u64,
    observer: Option<Box<dyn Observer>>,
    counts: Counts,
}

/// Where an address leads.
enum Place {
    Memory(usize),
    Rom(u32),
    Device,
    Nowhere,
}

impl Io {
    fn place(&self, addr: u32) -> Place {
        let from = |words: &[u32], base: u32| {
            let index = (addr.wrapping_sub(base) / 4) as usize;
            (addr >= base).then(|| words.get(index).copied()).flatten()
        };
        if addr >= DEVICES {
            Place::Device
        } else if addr >= RAM {
            let index = ((addr - RAM) / 4) as usize;
            if index < self.memory.len() {
                Place::Memory(index)
            } else {
                Place::Nowhere
            }
        } else {
            let word = from(&self.flash, FLASH).or_else(|| from(&self.rom, 0));
            word.map_or(Place::Nowhere, Place::Rom)
        }
    }

    /// Has a line brought, or says that it cannot be had.
    #[cold]
    fn miss(&mut self, line: u32, instruction: bool) -> Stop {
        if self.refused == Some(line) {
            self.refused = None;
            return Stop::Fault;
        }
        if self.at == self.now {
            self.want = Some(Want::Line { line, instruction });
        }
        Stop::Wait
    }

    /// A word through a cache.
    #[inline]
    fn cached(&mut self, addr: u32, instruction: bool) -> Result<u32, Stop> {
        let line = addr / LINE;
        let tags = if instruction {
            &self.fetch_tags
        } else {
            &self.data_tags
        };
        let hit = tags[line as usize % LINES] == line;
        match self.place(addr) {
            Place::Memory(index) if hit => Ok(self.memory[index]),
            Place::Memory(_) => Err(self.miss(line, instruction)),
            Place::Rom(word) => {
                if !hit {
                    self.at += LOCAL_LINE;
                    self.fill(line, instruction);
                }
                Ok(word)
            }
            Place::Device | Place::Nowhere => Err(Stop::Fault),
        }
    }

    fn fill(&mut self, line: u32, instruction: bool) {
        let tags = if instruction {
            &mut self.fetch_tags
        } else {
            &mut self.data_tags
        };
        tags[line as usize % LINES] = line;
    }

    fn under_way(&self) -> u64 {
        self.pushed - self.b_next
    }

    fn last_write(&mut self) -> Option<&mut Write> {
        let last = self.pushed.checked_sub(1)?;
        (self.b_next <= last).then(|| &mut self.writes[last as usize % self.writes.len()])
    }

    /// The beat that is being collected leaves no later than this.
    fn flush(&mut self, at: u64) {
        if let Some(write) = self.last_write() {
            write.due = write.due.min(at);
        }
    }

    fn beat(&self, gpa: u32) -> u64 {
        u64::from(gpa & !(self.bus - 1))
    }

    /// Whether a store to this beat is merged into the one before it.
    fn merges(&mut self, gpa: u32) -> bool {
        let (beat, at) = (self.beat(gpa), self.at);
        self.last_write()
            .is_some_and(|write| write.addr == beat && write.due > at)
    }

    fn room(&mut self, gpa: u32) -> Result<(), Stop> {
        if self.under_way() < MAX_POSTED || self.merges(gpa) {
            return Ok(());
        }
        if self.at == self.now {
            self.want = Some(Want::Room);
        }
        Err(Stop::Wait)
    }

    fn push(&mut self, gpa: u32, bytes: u32, value: u32) {
        let (beat, bus, at) = (self.beat(gpa), self.bus, self.at);
        let lane = gpa & (bus - 1);
        let strb = ((1_u64 << bytes) - 1) << lane;
        if !self.merges(gpa) {
            self.flush(at);
            let index = self.pushed as usize % self.writes.len();
            self.writes[index] = Write {
                addr: beat,
                ..Write::default()
            };
            self.pushed += 1;
            self.counts.writes += 1;
        }
        let full = crate::memory::full_strobe(bus);
        let index = (self.pushed - 1) as usize % self.writes.len();
        let write = &mut self.writes[index];
        let shift = 8 * (lane % 8);
        let mask = (u64::MAX >> (64 - 8 * bytes)) << shift;
        let word = &mut write.data[lane as usize / 8];
        *word = *word & !mask | u64::from(value) << shift & mask;
        write.strb |= strb;
        write.due = if write.strb == full {
            at
        } else {
            at + MERGE_IDLE
        };
    }

    fn device_load(&mut self, addr: u32) -> Result<u32, Stop> {
        Ok(match addr {
            // Nothing pending; no receive data; always room.
            _ if addr & !7 == UART => match addr & 7 {
                0 => 0,
                2 => 0xc1,
                5 => 0x60,
                register => u32::from(self.uart[register as usize]),
            },
            CLINT => self.software.into(),
            _ if addr & !7 == CLINT + MTIMECMP => (self.mtimecmp >> (8 * (addr & 4))) as u32,
            _ if addr & !7 == CLINT + MTIME => (self.time() >> (8 * (addr & 4))) as u32,
            _ => return Err(Stop::Fault),
        })
    }

    fn device_store(&mut self, addr: u32, value: u32) -> Result<(), Stop> {
        match addr {
            UART if self.uart[3] & 0x80 == 0 => {
                let before = self.console.init;
                self.console.put(value as u8, self.at);
                if before != self.console.init {
                    self.phase(PHASE_INIT);
                }
            }
            _ if addr & !7 == UART => self.uart[(addr & 7) as usize] = value as u8,
            MARKS => {
                let mark = self.marks.get_mut(value as usize).ok_or(Stop::Fault)?;
                mark.get_or_insert(self.at);
                if value == MARK_KERNEL {
                    self.phase(PHASE_KERNEL);
                }
            }
            DOORBELL => return self.ring(value),
            CLINT => self.software = value & 1 == 1,
            _ if addr & !7 == CLINT + MTIMECMP => {
                let shift = 8 * (addr & 4);
                self.mtimecmp = self.mtimecmp & !(0xffff_ffff << shift) | u64::from(value) << shift;
                self.timer = self.mtimecmp.saturating_mul(CYCLES_PER_TICK);
            }
            _ => return Err(Stop::Fault),
        }
        Ok(())
    }

    fn phase(&mut self, phase: u32) {
        if let Some(observer) = &mut self.observer {
            observer.phase(self.instructions, phase);
        }
    }

    /// The page's clearing, which is done by somebody else.
    fn ring(&mut self, addr: u32) -> Result<(), Stop> {
        let Place::Memory(index) = self.place(addr) else {
            return Err(Stop::Fault);
        };
        if !std::mem::take(&mut self.rung) {
            if self.at == self.now {
                self.want = Some(Want::Doorbell((addr - RAM) >> 12));
            }
            return Err(Stop::Wait);
        }
        let first = index & !1023;
        let end = self.memory.len().min(first + 1024);
        self.memory[first..end].fill(0);
        self.counts.doorbells += 1;
        Ok(())
    }
}

impl Port for Io {
    #[inline]
    fn fetch(&mut self, addr: u32) -> Result<u32, Stop> {
        let line = addr / LINE;
        if addr >= RAM && self.fetch_tags[line as usize % LINES] == line {
            return Ok(self.memory[((addr - RAM) / 4) as usize]);
        }
        self.cached(addr, true)
    }

    #[inline]
    fn load(&mut self, addr: u32, bytes: u32) -> Result<u32, Stop> {
        let word = if addr >= DEVICES {
            return self.device_load(addr);
        } else {
            self.cached(addr & !3, false)?
        };
        let value = word >> (8 * (addr & 3)) & (u32::MAX >> (32 - 8 * bytes));
        if let Some(observer) = &mut self.observer
            && addr >= RAM
        {
            observer.access(self.instructions, addr - RAM, bytes, value, false);
        }
        Ok(value)
    }

    fn ready_to_store(&mut self, addr: u32) -> Result<(), Stop> {
        match self.place(addr) {
            Place::Memory(_) => self.room(addr - RAM),
            Place::Device => Ok(()),
            Place::Rom(_) | Place::Nowhere => Err(Stop::Fault),
        }
    }

    #[inline]
    fn store(&mut self, addr: u32, bytes: u32, value: u32) -> Result<(), Stop> {
        let index = match self.place(addr) {
            Place::Memory(index) => index,
            Place::Device => return self.device_store(addr, value),
            Place::Rom(_) | Place::Nowhere => return Err(Stop::Fault),
        };
        let gpa = addr - RAM;
        self.room(gpa)?;
        let shift = 8 * (addr & 3);
        let mask = (u32::MAX >> (32 - 8 * bytes)) << shift;
        let word = &mut self.memory[index];
        *word = *word & !mask | value << shift & mask;
        self.push(gpa, bytes, value);
        self.counts.stores += 1;
        if let Some(observer) = &mut self.observer {
            let value = value & (u32::MAX >> (32 - 8 * bytes));
            observer.access(self.instructions, gpa, bytes, value, true);
        }
        Ok(())
    }

    fn fence(&mut self, instructions: bool) -> Result<(), Stop> {
        if instructions {
            self.fetch_tags = [NONE; LINES];
        }
        Ok(())
    }

    fn flush(&mut self) {
        self.data_tags = [NONE; LINES];
    }

    fn cycle(&self) -> u64 {
        self.at
    }

    fn time(&self) -> u64 {
        self.at / CYCLES_PER_TICK
    }

    #[inline]
    fn pending(&self) -> u32 {
        u32::from(self.at >= self.timer) << 7 | u32::from(self.software) << 3
    }

    #[inline]
    fn failed_store(&mut self) -> Option<u32> {
        self.failed_store.take()
    }
}

/// The guest.
pub struct LinuxGuest {
    hart: Hart,
    io: Io,
    out: AxiReq,
    state: State,
    /// When the hart goes on, while it is running.
    ready: u64,
    line: u32,
    instruction: bool,
    beat: u32,
    line_error: bool,
    /// What went wrong.
    error: Option<GuestError>,
}

impl LinuxGuest {
    /// A guest that starts at once, on a bus of `bus` bytes.
    pub fn new(board: &Board, bus: u32) -> Self {
        let ax = Ax {
            size: bus.trailing_zeros() as u8,
            burst: INCR,
            ..Ax::default()
        };
        let mut out = AxiReq::TAKER;
        out.aw = ax;
        out.ar = Ax {
            len: (LINE / bus).max(1) as u8 - 1,
            ..ax
        };
        out.w.last = true;
        let io = Io {
            bus,
            now: 0,
            at: 0,
            rom: board.rom.clone(),
            flash: board.flash.clone(),
            memory: vec![0; (board.memory / 4) as usize],
            unknown: HashSet::new(),
            fetch_tags: [NONE; LINES],
            data_tags: [NONE; LINES],
            refused: None,
            failed_store: None,
            want: None,
            writes: [Write::default(); 16],
            pushed: 0,
            aw_next: 0,
            w_next: 0,
            b_next: 0,
            rung: false,
            uart: [0; 8],
            console: Console::default(),
            marks: [None; 4],
            timer: u64::MAX,
            mtimecmp: u64::MAX,
            software: false,
            instructions: 0,
            observer: None,
            counts: Counts::default(),
        };
        let mut guest = Self {
            hart: Hart::new(0),
            io,
            out,
            state: State::Running,
            ready: 0,
            line: 0,
            instruction: false,
            beat: 0,
            line_error: false,
            error: None,
        };
        guest.go_on();
        guest.drive();
        guest
    }

    /// Shows every access to `observer`.
    #[must_use]
    pub fn observed_by(mut self, observer: Box<dyn Observer>) -> Self {
        self.io.observer = Some(observer);
        self
    }

    /// The hart.
    pub fn hart(&self) -> &Hart {
        &self.hart
    }

    /// What it printed.
    pub fn console(&mut self) -> &mut Console {
        &mut self.io.console
    }

    /// When the ROM stored each mark.
    pub fn mark(&self, mark: u32) -> Option<u64> {
        self.io.marks.get(mark as usize).copied().flatten()
    }

    /// What it did.
    pub fn counts(&self) -> &Counts {
        &self.io.counts
    }

    /// What went wrong, if anything did.
    pub fn error(&self) -> Option<&GuestError> {
        self.error.as_ref()
    }

    /// Bytes of memory, and the word at a guest physical address as the guest stored it; `None` for one that a bus error
    /// left unknown.
    pub fn word(&self, gpa: u32) -> Option<u32> {
        let known = !self.io.unknown.contains(&((gpa + RAM) / LINE));
        known
            .then(|| self.io.memory.get((gpa / 4) as usize).copied())
            .flatten()
    }

    /// Executes until an access has to wait.
    fn go_on(&mut self) {
        let limit = self.io.now + AHEAD;
        self.io.at = self.io.now;
        loop {
            if self.io.console.verdict.is_some() {
                self.io.flush(self.io.at);
                self.state = State::Over;
                return;
            }
            match self.hart.step(&mut self.io) {
                Did::Step { slow, jump } => {
                    self.io.instructions += 1;
                    self.io.at += 1 + u64::from(jump) * JUMP + u64::from(slow) * DIVISION;
                }
                Did::Idle => {
                    // Nothing but the timer wakes it.
                    self.io.at = self.io.timer.max(self.io.at + 1);
                    self.state = State::Running;
                    self.ready = self.io.at;
                    return;
                }
                Did::Wait => {
                    self.wait();
                    return;
                }
            }
            if self.io.at >= limit {
                self.state = State::Running;
                self.ready = self.io.at;
                return;
            }
        }
    }

    fn wait(&mut self) {
        let now = self.io.now;
        match self.io.want.take() {
            // It has to be looked at when the port is as far as the hart.
            None => {
                self.state = State::Running;
                self.ready = self.io.at;
            }
            Some(Want::Line { line, instruction }) => {
                self.io.flush(now);
                (self.line, self.instruction) = (line, instruction);
                self.state = State::Drain(now);
                self.try_read(now);
            }
            Some(Want::Room) => {
                self.io.flush(now);
                self.state = State::Room(now);
            }
            Some(Want::Doorbell(gfn)) => {
                self.io.flush(now);
                self.state = State::Doorbell(gfn);
            }
        }
    }

    fn try_read(&mut self, since: u64) {
        if self.io.under_way() == 0 {
            self.beat = 0;
            self.line_error = false;
            let gpa = u64::from(self.line * LINE - RAM);
            self.out.ar.addr = gpa & !(u64::from(self.io.bus.max(LINE)) - 1);
            self.out.ar_valid = true;
            self.state = State::Data(since);
        }
    }

    fn take(&mut self, r: &R, since: u64) {
        let bus = self.io.bus;
        self.line_error |= r.resp != OKAY;
        let first = self.out.ar.addr as u32 + self.beat * bus;
        if r.resp == OKAY {
            let gpa = self.line * LINE - RAM;
            for offset in (0..bus).step_by(4) {
                let at = first + offset;
                if at < gpa || at >= gpa + LINE {
                    continue;
                }
                let found = (r.data[offset as usize / 8] >> (8 * (offset & 4))) as u32;
                let word = &mut self.io.memory[(at / 4) as usize];
                if *word == found {
                    continue;
                }
                if self.io.unknown.contains(&self.line) {
                    *word = found;
                    continue;
                }
                self.error.get_or_insert(GuestError::Stale {
                    cycle: self.io.now,
                    addr: at + RAM,
                    pc: self.hart.pc,
                    found,
                    expected: *word,
                });
            }
        }
        self.beat += 1;
        if !r.last {
            return;
        }
        self.io.counts.read_wait += self.io.now - since;
        if self.line_error {
            self.io.counts.errors += 1;
            self.io.refused = Some(self.line);
        } else {
            self.io.unknown.remove(&self.line);
            self.io.fill(self.line, self.instruction);
        }
        if self.instruction {
            self.io.counts.fetched_lines += 1;
            if let Some(observer) = &mut self.io.observer {
                observer.fetch(self.io.instructions, self.line * LINE - RAM);
            }
        } else {
            self.io.counts.read_lines += 1;
        }
        self.go_on();
    }

    /// Sets what the write channels carry.
    fn drive(&mut self) {
        let io = &self.io;
        let due = |next: u64| {
            let write = &io.writes[next as usize % io.writes.len()];
            (next < io.pushed && write.due <= io.now).then_some(write)
        };
        let aw = due(io.aw_next);
        self.out.aw_valid = aw.is_some();
        if let Some(write) = aw {
            self.out.aw.addr = write.addr;
        }
        // No data ahead of its address.
        let w = due(io.w_next).filter(|_| io.w_next <= io.aw_next);
        self.out.w_valid = w.is_some();
        if let Some(write) = w {
            self.out.w.data = write.data;
            self.out.w.strb = write.strb;
        }
    }

    fn answered(&mut self, resp: u8) {
        let io = &mut self.io;
        if resp != OKAY {
            let addr = io.writes[io.b_next as usize % io.writes.len()].addr as u32 + RAM;
            io.counts.errors += 1;
            io.failed_store.get_or_insert(addr);
            let line = addr / LINE;
            for line in line..line + (io.bus / LINE).max(1) {
                io.unknown.insert(line);
                for tags in [&mut io.fetch_tags, &mut io.data_tags] {
                    let tag = &mut tags[line as usize % LINES];
                    *tag = if *tag == line { NONE } else { *tag };
                }
            }
        }
        io.b_next += 1;
    }

    /// The doorbell was taken; the hart goes on.
    pub fn rung(&mut self) {
        if matches!(self.state, State::Doorbell(_)) {
            self.io.rung = true;
            self.go_on();
            self.drive();
        }
    }
}

impl Guests for LinuxGuest {
    type Fault = GuestError;

    #[inline]
    fn outputs(&self) -> &[AxiReq] {
        std::slice::from_ref(&self.out)
    }

    fn clock(&mut self, resp: &[AxiResp]) {
        let resp = &resp[0];
        let mut moved = false;
        if self.out.aw_valid && resp.aw_ready {
            self.io.aw_next += 1;
            moved = true;
        }
        if self.out.w_valid && resp.w_ready {
            self.io.w_next += 1;
            moved = true;
        }
        if resp.b_valid {
            self.answered(resp.b.resp);
            moved = true;
        }
        if self.out.ar_valid && resp.ar_ready {
            self.out.ar_valid = false;
        }
        self.io.now += 1;
        match self.state {
            State::Data(since) if resp.r_valid => self.take(&resp.r, since),
            State::Running if self.io.now >= self.ready => self.go_on(),
            State::Drain(since) if moved => self.try_read(since),
            State::Room(since) if moved && self.io.under_way() < MAX_POSTED => {
                self.io.counts.write_wait += self.io.now - since;
                self.go_on();
            }
            _ => {}
        }
        self.drive();
    }

    fn stable_for(&self, resp: &[AxiResp]) -> u64 {
        let resp = &resp[0];
        if resp.b_valid
            || resp.r_valid
            || self.out.aw_valid && resp.aw_ready
            || self.out.w_valid && resp.w_ready
            || self.out.ar_valid && resp.ar_ready
        {
            return 0;
        }
        let io = &self.io;
        let mut n = u64::MAX;
        if self.state == State::Running {
            n = self.ready.saturating_sub(io.now + 1);
        }
        for (next, valid) in [
            (io.aw_next, self.out.aw_valid),
            (io.w_next, self.out.w_valid || io.w_next > io.aw_next),
        ] {
            if next < io.pushed && !valid {
                let due = io.writes[next as usize % io.writes.len()].due;
                n = n.min(due.saturating_sub(io.now + 1));
            }
        }
        n
    }

    fn clock_many(&mut self, _resp: &[AxiResp], n: u64) {
        self.io.now += n;
    }

    fn finished(&self) -> bool {
        self.state == State::Over && self.io.under_way() == 0 && self.io.now >= self.io.at
    }

    fn doorbell(&self) -> Option<(usize, u32)> {
        match self.state {
            State::Doorbell(gfn) if self.io.under_way() == 0 => Some((0, gfn)),
            _ => None,
        }
    }

    fn rung(&mut self, _port: usize, _outcome: Outcome, _cycle: u64) {
        LinuxGuest::rung(self);
    }

    fn instructions(&self) -> u64 {
        self.hart.instructions
    }

    #[inline]
    fn failed(&self) -> bool {
        self.error.is_some()
    }

    /// For ever the first.
    fn fault(&mut self) -> Option<GuestError> {
        self.error.clone()
    }
}
