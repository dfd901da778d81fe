//! Shadow memory: what every byte of guest memory may legally read as.
//!
//! vCPUs tell it when an access begins (its first signal is driven) and when it ends (its last answer is
//! taken). Of writes and page commands that ended before a read began, only the last counts; of those
//! that overlap each other or the read, any does. A write that failed may have happened or not, byte by
//! byte, and whichever a later read finds is then what the byte holds. Everything else is stale, and
//! [`Shadow::check`] says so.
//!
//! A page that was never written is zero and costs nothing; a settled one costs its bytes.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
};

use dormouse_model::axi::{Ax, Data, FIXED};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{checker::Beats, memory::byte_mask};

/// A guest physical address in bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Gpa(pub u64);

/// No legal burst leaves a block of this many bytes.
const BLOCK: usize = 4096;
const BLOCK_SHIFT: u32 = 12;
/// Events that a report can look back on.
const EVENTS: usize = 4096;
/// A cycle that never comes: the end of what is still under way.
const OPEN: u64 = u64::MAX;

/// An access or a command that the shadow was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    block: u64,
    number: u64,
}

/// What became of a write or of a command that makes pages zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Done,
    /// It did not.
    Refused,
    /// It may have happened, in any part.
    Unknown,
}

/// A byte that was read and could not be.
#[derive(Clone, Debug, Error)]
pub struct StaleByte {
    /// The vCPU port, `None` in a look at the memory itself.
    pub port: Option<usize>,
    /// The byte.
    pub addr: Gpa,
    /// What it may read as.
    pub expected: Vec<u8>,
    /// What was read.
    pub read: u8,
    /// When.
    pub cycle: u64,
    /// What is known about this byte and its neighbours, oldest first.
    pub history: Vec<String>,
}

impl fmt::Display for StaleByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = self.port.map_or_else(
            || "memory holds".into(),
            |port| format!("port {port} reads"),
        );
        write!(
            f,
            "cycle {}: {who} {:#04x} at {:#x}, which may be {:02x?}",
            self.cycle, self.read, self.addr.0, self.expected
        )?;
        self.history
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// The bytes that a write sets, within its block.
#[derive(Clone, Debug)]
enum Bytes {
    /// All of these become zero.
    Zero(usize, usize),
    /// Some, from the first on.
    Some(usize, Box<[Option<u8>]>),
}

impl Bytes {
    #[inline]
    fn at(&self, offset: usize) -> Option<u8> {
        match self {
            Self::Zero(from, to) => (*from <= offset && offset < *to).then_some(0),
            Self::Some(from, bytes) => bytes
                .get(offset.wrapping_sub(*from))
                .copied()
                .unwrap_or(None),
        }
    }

    fn range(&self) -> (usize, usize) {
        match self {
            Self::Zero(from, to) => (*from, *to),
            Self::Some(from, bytes) => (*from, from + bytes.len()),
        }
    }
}

/// A write or a command that cannot be forgotten yet.
#[derive(Clone, Debug)]
struct Change {
    number: u64,
    start: u64,
    end: u64,
    /// It happened for certain.
    certain: bool,
    /// An earlier beat of a burst to one address, gone when the burst is over.
    passing: bool,
    bytes: Bytes,
}

impl Change {
    /// After `self` nothing can be what `older` wrote.
    #[inline]
    fn replaces(&self, older: &Self) -> bool {
        self.certain
            && !self.passing
            && (self.start > older.end || older.passing && older.number == self.number)
    }
}

/// Settled contents of one block.
#[derive(Clone, Debug, Default)]
enum Base {
    #[default]
    Zero,
    Bytes(Box<[u8; BLOCK]>),
}

#[derive(Clone, Debug, Default)]
struct Block {
    base: Base,
    /// Bytes that may be one of several, after a failed write or after writes that overlapped.
    unsure: BTreeMap<u16, Vec<u8>>,
    /// In the order in which they began.
    changes: Vec<Change>,
    /// Reads under way: number and start.
    reads: Vec<(u64, u64)>,
}

impl Block {
    #[inline]
    fn base(&self, offset: usize) -> u8 {
        match &self.base {
            Base::Zero => 0,
            Base::Bytes(bytes) => bytes[offset],
        }
    }

    /// All that a byte may be for a read that began at `start`.
    fn legal(&self, offset: usize, start: u64) -> Vec<u8> {
        let all: Vec<&Change> = self.changes.iter().collect();
        self.legal_among(offset, start, &all)
    }

    /// The same when the byte can only be among these changes.
    fn legal_among(&self, offset: usize, start: u64, near: &[&Change]) -> Vec<u8> {
        let over = |change: &&&Change| {
            change.certain && change.end < start && change.bytes.at(offset).is_some()
        };
        let mut values = Vec::new();
        if near.iter().filter(over).all(|change| change.passing) {
            match self.unsure.get(&(offset as u16)) {
                Some(several) => values.extend(several),
                None => values.push(self.base(offset)),
            }
        }
        for change in near {
            if let Some(value) = change.bytes.at(offset)
                && !near.iter().filter(over).any(|newer| newer.replaces(change))
            {
                values.push(value);
            }
        }
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Whether [`Self::legal`] has `value`; `near` are the changes that the byte may be among.
    fn allows(&self, offset: usize, start: u64, value: u8, near: &[&Change]) -> bool {
        let over = |change: &&&Change| {
            change.certain && change.end < start && change.bytes.at(offset).is_some()
        };
        let written = near.iter().any(|change| {
            change.bytes.at(offset) == Some(value)
                && !near.iter().filter(over).any(|newer| newer.replaces(change))
        });
        written
            || near.iter().filter(over).all(|change| change.passing)
                && match self.unsure.get(&(offset as u16)) {
                    Some(several) => several.contains(&value),
                    None => self.base(offset) == value,
                }
    }

    /// Whether no byte of `lanes` on a bus whose lane 0 has the offset `first` is anything but settled
    /// and equal to `data`.
    #[inline]
    fn settled_as(&self, first: usize, lanes: u64, data: &Data) -> bool {
        let words = data.iter().enumerate();
        words
            .filter(|(i, _)| lanes >> (8 * i) & 0xff != 0)
            .all(|(i, word)| {
                let mask = byte_mask(lanes >> (8 * i));
                let held = match &self.base {
                    Base::Zero => 0,
                    Base::Bytes(bytes) => {
                        let at = first + 8 * i;
                        let bytes = &bytes[at..BLOCK.min(at + 8)];
                        let mut word = [0; 8];
                        word[..bytes.len()].copy_from_slice(bytes);
                        u64::from_le_bytes(word)
                    }
                };
                (word ^ held) & mask == 0
            })
    }

    fn set(&mut self, offset: usize, value: u8) {
        if let Base::Zero = self.base {
            if value == 0 {
                return;
            }
            self.base = Base::Bytes(Box::new([0; BLOCK]));
        }
        if let Base::Bytes(bytes) = &mut self.base {
            bytes[offset] = value;
        }
    }

    fn zero(&mut self, from: usize, to: usize) {
        if let Base::Bytes(bytes) = &mut self.base {
            bytes[from..to].fill(0);
            // The last line of a page that is cleared from end to end.
            if to == BLOCK && (from == 0 || bytes.iter().all(|&byte| byte == 0)) {
                self.base = Base::Zero;
            }
        }
        if !self.unsure.is_empty() {
            self.unsure
                .retain(|&offset, _| !(from..to).contains(&usize::from(offset)));
        }
    }

    /// Settles the changes that everything still under way came after.
    fn settle(&mut self) {
        let reads = self.reads.iter().map(|(_, start)| *start).min();
        let floor = reads.unwrap_or(OPEN);
        let (mut last, mut settled) = (0, 0);
        for (i, change) in self.changes.iter().enumerate() {
            last = last.max(change.end);
            if last == OPEN || last >= floor {
                break;
            }
            if self.changes.get(i + 1).is_none_or(|next| next.start > last) {
                settled = i + 1;
            }
        }
        match settled {
            0 => {}
            1 if self.changes[0].certain => {
                let change = self.changes.remove(0);
                match change.bytes {
                    Bytes::Zero(from, to) => self.zero(from, to),
                    Bytes::Some(from, bytes) => {
                        for (offset, value) in (from..).zip(&bytes) {
                            if let Some(value) = value {
                                self.set(offset, *value);
                                self.unsure.remove(&(offset as u16));
                            }
                        }
                    }
                }
            }
            _ => self.settle_several(settled),
        }
    }

    fn settle_several(&mut self, count: usize) {
        let rest = self.changes.split_off(count);
        let changes = std::mem::replace(&mut self.changes, rest);
        let ranges = changes.iter().map(|change| change.bytes.range());
        let mut edges: Vec<usize> = ranges.flat_map(|(from, to)| [from, to]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut near = Vec::new();
        for span in edges.windows(2) {
            let (from, to) = (span[0], span[1]);
            near.clear();
            near.extend(changes.iter().filter(|change| {
                let (low, high) = change.bytes.range();
                low <= from && to <= high
            }));
            if near.is_empty() {
                continue;
            }
            let zero = |change: &&Change| matches!(change.bytes, Bytes::Zero(..));
            if near.iter().all(zero) {
                if near.iter().any(|change| change.certain && !change.passing) {
                    self.zero(from, to);
                    continue;
                }
                // Perhaps zero, and it was zero before.
                if matches!(self.base, Base::Zero) && self.unsure.is_empty() {
                    continue;
                }
            }
            for offset in from..to {
                if near.iter().all(|change| change.bytes.at(offset).is_none()) {
                    continue;
                }
                let values = self.legal_among(offset, OPEN, &near);
                self.unsure.remove(&(offset as u16));
                self.set(offset, values[0]);
                if values.len() > 1 {
                    self.unsure.insert(offset as u16, values);
                }
            }
        }
    }
}

/// A command under way that makes a whole page zero.
#[derive(Clone, Copy, Debug)]
struct Zeroing {
    number: u64,
    start: u64,
    page: u64,
}

/// What the shadow heard of, for a report.
#[derive(Clone, Copy, Debug)]
struct Event {
    cycle: u64,
    from: u64,
    to: u64,
    what: &'static str,
    port: Option<usize>,
    number: u64,
}

/// The shadow of one guest's memory.
#[derive(Clone, Debug)]
pub struct Shadow {
    page_shift: u8,
    bus: u32,
    next: u64,
    blocks: HashMap<u64, Block>,
    zeroing: Vec<Zeroing>,
    events: VecDeque<Event>,
    checked: u64,
    stale: u64,
}

impl Shadow {
    /// All of guest memory is zero; pages have `1 << page_shift` bytes, buses `bus` bytes.
    pub fn new(page_shift: u8, bus: u32) -> Self {
        Self {
            page_shift,
            bus,
            next: 0,
            blocks: HashMap::new(),
            zeroing: Vec::new(),
            events: VecDeque::new(),
            checked: 0,
            stale: 0,
        }
    }

    /// Bytes that were checked.
    pub fn checked(&self) -> u64 {
        self.checked
    }

    /// Bytes among them that were stale.
    pub fn stale(&self) -> u64 {
        self.stale
    }

    fn token(&mut self, block: u64) -> Token {
        self.next += 1;
        Token {
            block,
            number: self.next,
        }
    }

    fn record(&mut self, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The block, where the commands under way for its page are known from now on.
    fn block(&mut self, index: u64) -> &mut Block {
        let (zeroing, shift) = (&self.zeroing, u32::from(self.page_shift) - BLOCK_SHIFT);
        self.blocks.entry(index).or_insert_with(|| {
            let mut block = Block::default();
            for command in zeroing.iter().filter(|c| c.page == index >> shift) {
                block.changes.push(Change {
                    number: command.number,
                    start: command.start,
                    end: OPEN,
                    certain: false,
                    passing: false,
                    bytes: Bytes::Zero(0, BLOCK),
                });
            }
            block
        })
    }

    /// A write begins in `cycle`: a legal burst with the data and strobes that `beat` gives for each.
    pub fn begin_write(
        &mut self,
        port: usize,
        cycle: u64,
        ax: &Ax,
        mut beat: impl FnMut(&Beats) -> (Data, u64),
    ) -> Token {
        let mut beats = Beats::new(ax);
        let (from, to) = beats.bounds();
        let first = (from % BLOCK as u64) as usize;
        let mut values = vec![None; (to - from) as usize];
        let mut passing = Vec::new();
        for _ in 0..=ax.len {
            let (data, strb) = beat(&beats);
            let base = beats.addr() & !(u64::from(self.bus) - 1);
            if ax.burst == FIXED && beats.number() != 0 {
                passing.push(values.clone());
            }
            let mut strobes = strb & beats.lanes(self.bus);
            while strobes != 0 {
                let lane = strobes.trailing_zeros() as usize;
                strobes &= strobes - 1;
                let offset = (base - (from & !(BLOCK as u64 - 1))) as usize + lane;
                values[offset - first] = Some((data[lane / 8] >> (lane % 8 * 8)) as u8);
            }
            beats.advance();
        }
        let zero = values.iter().all(|value| *value == Some(0));
        let token = self.token(from >> BLOCK_SHIFT);
        self.record(Event {
            cycle,
            from,
            to,
            what: "write begins",
            port: Some(port),
            number: token.number,
        });
        let block = self.block(token.block);
        let change = |bytes, passing| Change {
            number: token.number,
            start: cycle,
            end: OPEN,
            certain: false,
            passing,
            bytes,
        };
        for values in passing {
            let bytes = Bytes::Some(first, values.into());
            block.changes.push(change(bytes, true));
        }
        let bytes = if zero {
            Bytes::Zero(first, first + values.len())
        } else {
            Bytes::Some(first, values.into())
        };
        block.changes.push(change(bytes, false));
        token
    }

    /// The write's answer is taken in `cycle`.
    pub fn end_write(&mut self, token: Token, cycle: u64, outcome: Outcome) {
        self.record(Event {
            cycle,
            from: token.block << BLOCK_SHIFT,
            to: (token.block + 1) << BLOCK_SHIFT,
            what: match outcome {
                Outcome::Done => "write is acknowledged",
                Outcome::Refused => "write had no effect",
                Outcome::Unknown => "write fails",
            },
            port: None,
            number: token.number,
        });
        Self::end(self.blocks.get_mut(&token.block), token, cycle, outcome);
    }

    fn end(block: Option<&mut Block>, token: Token, cycle: u64, outcome: Outcome) {
        let Some(block) = block else { return };
        if outcome == Outcome::Refused {
            block.changes.retain(|change| change.number != token.number);
        }
        for change in &mut block.changes {
            if change.number == token.number {
                change.end = cycle;
                change.certain = outcome == Outcome::Done;
            }
        }
        block.settle();
    }

    /// A read begins in `cycle`: a legal burst.
    pub fn begin_read(&mut self, cycle: u64, ax: &Ax) -> Token {
        let token = self.token(ax.addr >> BLOCK_SHIFT);
        self.block(token.block).reads.push((token.number, cycle));
        token
    }

    /// Checks one beat of a read: the bytes of `lanes` on the bus, whose lane 0 has the address `base`.
    ///
    /// # Errors
    /// The first byte that is stale.
    #[inline]
    pub fn check(
        &mut self,
        port: usize,
        cycle: u64,
        token: Token,
        base: Gpa,
        lanes: u64,
        data: &Data,
    ) -> Result<(), Box<StaleByte>> {
        self.checked += u64::from(lanes.count_ones());
        let Some(block) = self.blocks.get_mut(&token.block) else {
            return Ok(());
        };
        let read = block.reads.iter().find(|(n, _)| *n == token.number);
        let start = read.map_or(cycle, |(_, start)| *start);
        let first = (base.0 % BLOCK as u64) as usize;
        let near: Vec<&Change> = block
            .changes
            .iter()
            .filter(|change| {
                let (from, to) = change.bytes.range();
                from < first + self.bus as usize && first < to
            })
            .collect();
        if near.is_empty() && block.unsure.is_empty() && block.settled_as(first, lanes, data) {
            return Ok(());
        }
        let settled = block.changes.is_empty();
        let mut known = Vec::new();
        let mut wrong = None;
        let mut rest = lanes;
        while rest != 0 {
            let lane = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let (offset, byte) = (first + lane, (data[lane / 8] >> (lane % 8 * 8)) as u8);
            if !block.allows(offset, start, byte, &near) {
                self.stale += 1;
                wrong.get_or_insert((offset, byte));
            } else if settled && block.unsure.contains_key(&(offset as u16)) {
                known.push((offset, byte));
            }
        }
        for (offset, byte) in known {
            block.unsure.remove(&(offset as u16));
            block.set(offset, byte);
        }
        wrong.map_or(Ok(()), |(offset, byte)| {
            Err(self
                .complain(Some(port), cycle, token.block, offset, start, byte)
                .into())
        })
    }

    /// The last beat of a read was taken.
    pub fn end_read(&mut self, token: Token) {
        if let Some(block) = self.blocks.get_mut(&token.block) {
            block.reads.retain(|(number, _)| *number != token.number);
            if !block.changes.is_empty() {
                block.settle();
            }
        }
    }

    /// A command that makes the page zero begins in `cycle`: a port's doorbell, or firmware's own.
    pub fn begin_zero(&mut self, port: Option<usize>, cycle: u64, page: u64) -> Token {
        let token = self.token(page << (u32::from(self.page_shift) - BLOCK_SHIFT));
        let number = token.number;
        self.record(Event {
            cycle,
            from: page << self.page_shift,
            to: (page + 1) << self.page_shift,
            what: "command makes the page zero",
            port,
            number,
        });
        let blocks = 1u64 << (u32::from(self.page_shift) - BLOCK_SHIFT);
        for index in token.block..token.block + blocks {
            if let Some(block) = self.blocks.get_mut(&index) {
                block.changes.push(Change {
                    number,
                    start: cycle,
                    end: OPEN,
                    certain: false,
                    passing: false,
                    bytes: Bytes::Zero(0, BLOCK),
                });
            }
        }
        self.zeroing.push(Zeroing {
            number,
            start: cycle,
            page,
        });
        token
    }

    /// The command is over in `cycle`.
    pub fn end_zero(&mut self, token: Token, cycle: u64, outcome: Outcome) {
        let blocks = 1u64 << (u32::from(self.page_shift) - BLOCK_SHIFT);
        self.zeroing.retain(|c| c.number != token.number);
        self.record(Event {
            cycle,
            from: token.block << BLOCK_SHIFT,
            to: (token.block + blocks) << BLOCK_SHIFT,
            what: match outcome {
                Outcome::Done => "command is done",
                Outcome::Refused => "command had no effect",
                Outcome::Unknown => "command ends somehow",
            },
            port: None,
            number: token.number,
        });
        for index in token.block..token.block + blocks {
            Self::end(self.blocks.get_mut(&index), token, cycle, outcome);
        }
    }

    /// Checks a page against what it holds when nothing is under way: `byte` tells by offset.
    ///
    /// # Errors
    /// The first byte that is stale.
    pub fn check_page(
        &mut self,
        cycle: u64,
        page: u64,
        byte: impl Fn(u64) -> u8,
    ) -> Result<(), Box<StaleByte>> {
        let first = page << (u32::from(self.page_shift) - BLOCK_SHIFT);
        let blocks = 1u64 << (u32::from(self.page_shift) - BLOCK_SHIFT);
        let mut wrong = None;
        for index in 0..blocks {
            let block = self.blocks.get(&(first + index));
            for offset in 0..BLOCK {
                let read = byte(index << BLOCK_SHIFT | offset as u64);
                let right = match block {
                    None => read == 0,
                    Some(b) if b.unsure.is_empty() && b.changes.is_empty() => {
                        b.base(offset) == read
                    }
                    Some(b) => b.legal(offset, cycle).contains(&read),
                };
                if !right {
                    self.stale += 1;
                    wrong.get_or_insert((first + index, offset, read));
                }
            }
            self.checked += BLOCK as u64;
        }
        wrong.map_or(Ok(()), |(block, offset, read)| {
            Err(self
                .complain(None, cycle, block, offset, cycle, read)
                .into())
        })
    }

    #[cold]
    fn complain(
        &self,
        port: Option<usize>,
        cycle: u64,
        index: u64,
        offset: usize,
        start: u64,
        read: u8,
    ) -> StaleByte {
        let addr = index << BLOCK_SHIFT | offset as u64;
        let about = self.events.iter().filter(|e| e.from <= addr && addr < e.to);
        let mut history: Vec<String> = about
            .map(|e| {
                let (cycle, what, from, to, number) = (e.cycle, e.what, e.from, e.to - 1, e.number);
                let who = e
                    .port
                    .map_or(String::new(), |port| format!(", port {port}"));
                format!("cycle {cycle}: {what} ({from:#x} to {to:#x}, access {number}{who})")
            })
            .collect();
        let skip = history.len().saturating_sub(40);
        history.drain(..skip);
        let block = self.blocks.get(&index);
        if let Some(block) = block {
            history.push(format!("settled: {:#04x}", block.base(offset)));
            for change in &block.changes {
                if let Some(value) = change.bytes.at(offset) {
                    let end = if change.end == OPEN {
                        "and is under way".into()
                    } else {
                        format!("and ended in {}", change.end)
                    };
                    history.push(format!(
                        "access {} writes {value:#04x}, began in cycle {} {end}",
                        change.number, change.start
                    ));
                }
            }
        }
        history.push(format!("the read began in cycle {start}"));
        StaleByte {
            port,
            addr: Gpa(addr),
            expected: block.map_or_else(|| vec![0], |b| b.legal(offset, start)),
            read,
            cycle,
            history,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dormouse_model::axi::{INCR, WRAP};

    const BUS: u32 = 8;

    fn shadow() -> Shadow {
        Shadow::new(12, BUS)
    }

    fn ax(addr: u64, beats: u8, burst: u8) -> Ax {
        Ax {
            addr,
            len: beats - 1,
            size: 3,
            burst,
            ..Ax::default()
        }
    }

    fn write(shadow: &mut Shadow, cycle: u64, addr: u64, value: u8) -> Token {
        let word = u64::from(value) * 0x0101_0101_0101_0101;
        shadow.begin_write(0, cycle, &ax(addr, 1, INCR), |_| {
            ([word, 0, 0, 0, 0, 0, 0, 0], 0xff)
        })
    }

    fn read(shadow: &mut Shadow, start: u64, cycle: u64, addr: u64, value: u8) -> bool {
        let token = shadow.begin_read(start, &ax(addr, 1, INCR));
        let word = u64::from(value) * 0x0101_0101_0101_0101;
        let result = shadow.check(
            0,
            cycle,
            token,
            Gpa(addr),
            0xff,
            &[word, 0, 0, 0, 0, 0, 0, 0],
        );
        shadow.end_read(token);
        result.is_ok()
    }

    #[test]
    fn a_byte_that_nobody_wrote_is_zero() {
        let mut shadow = shadow();
        assert!(read(&mut shadow, 1, 2, 0x1000, 0));
        assert!(!read(&mut shadow, 3, 4, 0x1000, 1));
        assert_eq!((shadow.checked(), shadow.stale()), (16, 8));
    }

    #[test]
    fn old_and_new_are_legal_until_the_answer_and_only_new_after_it() {
        let mut shadow = shadow();
        let token = write(&mut shadow, 10, 0x1000, 5);
        assert!(read(&mut shadow, 11, 12, 0x1000, 0));
        assert!(read(&mut shadow, 11, 12, 0x1000, 5));
        assert!(!read(&mut shadow, 11, 12, 0x1000, 6));
        shadow.end_write(token, 20, Outcome::Done);
        assert!(read(&mut shadow, 21, 22, 0x1000, 5));
        assert!(!read(&mut shadow, 21, 22, 0x1000, 0), "stale");
    }

    #[test]
    fn a_read_that_began_before_the_answer_may_find_the_old_value_after_it() {
        let mut shadow = shadow();
        let token = write(&mut shadow, 10, 0x1000, 5);
        let early = shadow.begin_read(15, &ax(0x1000, 1, INCR));
        shadow.end_write(token, 20, Outcome::Done);
        let zero = [0; 8];
        assert!(shadow.check(0, 30, early, Gpa(0x1000), 0xff, &zero).is_ok());
        assert!(
            !read(&mut shadow, 21, 30, 0x1000, 0),
            "this one began later"
        );
        shadow.end_read(early);
        assert!(read(&mut shadow, 31, 32, 0x1000, 5));
    }

    #[test]
    fn of_writes_that_overlap_either_may_be_last_and_a_read_decides_it() {
        let mut shadow = shadow();
        let a = write(&mut shadow, 10, 0x1000, 5);
        let b = write(&mut shadow, 11, 0x1000, 6);
        shadow.end_write(b, 20, Outcome::Done);
        shadow.end_write(a, 21, Outcome::Done);
        assert!(!read(&mut shadow, 30, 31, 0x1000, 0));
        assert!(read(&mut shadow, 30, 31, 0x1000, 5));
        assert!(!read(&mut shadow, 32, 33, 0x1000, 6), "it is settled now");
        assert!(read(&mut shadow, 34, 35, 0x1000, 5));
    }

    #[test]
    fn a_failed_write_leaves_old_or_new_and_a_refused_one_old() {
        let mut shadow = shadow();
        let token = write(&mut shadow, 10, 0x1000, 5);
        shadow.end_write(token, 20, Outcome::Unknown);
        let mixed = [0x0500_0005_0000_0500, 0, 0, 0, 0, 0, 0, 0];
        let token = shadow.begin_read(30, &ax(0x1000, 1, INCR));
        assert!(
            shadow
                .check(0, 31, token, Gpa(0x1000), 0xff, &mixed)
                .is_ok()
        );
        assert!(
            shadow
                .check(0, 32, token, Gpa(0x1000), 0xff, &mixed)
                .is_ok()
        );
        assert!(
            shadow
                .check(0, 33, token, Gpa(0x1000), 0xff, &[0; 8])
                .is_err()
        );
        let token = write(&mut shadow, 40, 0x2000, 5);
        shadow.end_write(token, 41, Outcome::Refused);
        assert!(!read(&mut shadow, 50, 51, 0x2000, 5));
        assert!(read(&mut shadow, 50, 51, 0x2000, 0));
    }

    #[test]
    fn a_page_is_old_or_zero_until_its_command_is_done_and_zero_after_it() {
        let mut shadow = Shadow::new(16, BUS);
        let token = write(&mut shadow, 1, 0x1_3000, 5);
        shadow.end_write(token, 2, Outcome::Done);
        let zero = shadow.begin_zero(Some(0), 10, 1);
        assert!(read(&mut shadow, 11, 12, 0x1_3000, 5));
        assert!(read(&mut shadow, 11, 12, 0x1_3000, 0));
        // A write during the command may be lost, wherever in the page it is.
        let token = write(&mut shadow, 13, 0x1_8000, 7);
        shadow.end_write(token, 14, Outcome::Done);
        assert!(read(&mut shadow, 15, 16, 0x1_8000, 0));
        shadow.end_zero(zero, 20, Outcome::Done);
        assert!(!read(&mut shadow, 21, 22, 0x1_3000, 5));
        assert!(read(&mut shadow, 21, 22, 0x1_3000, 0));
        assert!(read(&mut shadow, 21, 22, 0x1_8000, 7));
        // Writes after it stay.
        let token = write(&mut shadow, 30, 0x1_3000, 9);
        shadow.end_write(token, 31, Outcome::Done);
        assert!(!read(&mut shadow, 32, 33, 0x1_3000, 0));
    }

    #[test]
    fn of_a_burst_to_one_address_the_last_beat_stays() {
        let mut shadow = shadow();
        let token = shadow.begin_write(0, 10, &ax(0x1000, 3, FIXED), |beats| {
            let value = u64::from(beats.number()) + 1;
            ([value, 0, 0, 0, 0, 0, 0, 0], 1)
        });
        let one = |value: u64| [value, 0, 0, 0, 0, 0, 0, 0];
        let during = shadow.begin_read(11, &ax(0x1000, 1, INCR));
        for value in 0..4 {
            let found = shadow.check(0, 12, during, Gpa(0x1000), 1, &one(value));
            assert!(found.is_ok(), "{value}");
        }
        shadow.end_read(during);
        shadow.end_write(token, 20, Outcome::Done);
        let after = shadow.begin_read(21, &ax(0x1000, 1, INCR));
        assert!(shadow.check(0, 22, after, Gpa(0x1000), 1, &one(2)).is_err());
        assert!(shadow.check(0, 22, after, Gpa(0x1000), 1, &one(3)).is_ok());
    }

    #[test]
    fn a_burst_that_wraps_is_where_it_wraps() {
        let mut shadow = shadow();
        let token = shadow.begin_write(0, 1, &ax(0x1010, 4, WRAP), |beats| {
            ([u64::from(beats.number()) + 1, 0, 0, 0, 0, 0, 0, 0], 1)
        });
        shadow.end_write(token, 2, Outcome::Done);
        for (addr, value) in [(0x1000, 3), (0x1008, 4), (0x1010, 1), (0x1018, 2)] {
            let token = shadow.begin_read(3, &ax(addr, 1, INCR));
            let data = [value, 0, 0, 0, 0, 0, 0, 0];
            shadow
                .check(0, 4, token, Gpa(addr), 0xff, &data)
                .expect("there");
            shadow.end_read(token);
        }
    }

    #[test]
    fn a_stale_byte_is_reported_with_port_address_values_cycle_and_history() {
        let mut shadow = shadow();
        let token = write(&mut shadow, 10, 0x1008, 5);
        shadow.end_write(token, 20, Outcome::Done);
        let token = shadow.begin_read(30, &ax(0x1008, 1, INCR));
        let found = shadow
            .check(
                3,
                31,
                token,
                Gpa(0x1008),
                0x3,
                &[0x0905, 0, 0, 0, 0, 0, 0, 0],
            )
            .expect_err("byte 1 is wrong");
        assert_eq!(
            (found.port, found.addr, found.read, found.cycle),
            (Some(3), Gpa(0x1009), 9, 31)
        );
        assert_eq!(found.expected, [5]);
        let text = found.to_string();
        assert!(text.contains("port 3 reads 0x09 at 0x1009"), "{text}");
        assert!(text.contains("cycle 10: write begins"), "{text}");
        assert!(text.contains("cycle 20: write is acknowledged"), "{text}");
    }

    #[test]
    fn pages_that_are_cleared_cost_nothing_again() {
        let mut shadow = shadow();
        for page in 0..8u64 {
            for line in 0..64 {
                let token = write(&mut shadow, 10, page << 12 | line << 6, 1);
                shadow.end_write(token, 11, Outcome::Done);
            }
            for line in 0..64 {
                let token = shadow.begin_write(0, 20, &ax(page << 12 | line << 6, 8, INCR), |_| {
                    ([0; 8], 0xff)
                });
                shadow.end_write(token, 21, Outcome::Done);
            }
        }
        let small = |block: &Block| {
            matches!(block.base, Base::Zero) && block.changes.is_empty() && block.reads.is_empty()
        };
        assert!(shadow.blocks.values().all(small));
    }

    #[test]
    fn memory_is_checked_page_by_page_at_the_end() {
        let mut shadow = shadow();
        let token = write(&mut shadow, 10, 0x1008, 5);
        shadow.end_write(token, 20, Outcome::Done);
        let right = |offset: u64| if (8..16).contains(&offset) { 5 } else { 0 };
        assert!(shadow.check_page(30, 1, right).is_ok());
        assert!(shadow.check_page(30, 2, |_| 0).is_ok());
        assert!(shadow.check_page(30, 1, |_| 0).is_err());
        assert!(shadow.check_page(30, 3, |o| u8::from(o == 17)).is_err());
    }
}
