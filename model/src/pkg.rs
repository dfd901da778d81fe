//! `dm_pkg`: what the blocks of a node share. The encodings are those of the registers, in one byte.

/// The guard: each real frame is in exactly one of these states, `frame_state_e`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameState {
    /// Contents unknown; every frame after reset.
    #[default]
    Dirty = 0,
    /// In the to-be-zeroed queue.
    Queued = 1,
    /// In the engine, a retry included.
    Zeroing = 2,
    /// In the zeroed pool.
    Zeroed = 3,
    /// Mapped to a guest page.
    Mapped = 4,
    /// Firmware's own.
    Held = 5,
    /// Zeroing failed twice, or retired by firmware.
    Bad = 6,
    /// Zeroed, and given to firmware to be mapped.
    Claimed = 7,
    /// A page's contents are being written into it.
    Moving = 8,
    /// Holds the whole contents of a page, to be adopted by one.
    Filled = 9,
}

impl FrameState {
    const ALL: [Self; 10] = [
        Self::Dirty,
        Self::Queued,
        Self::Zeroing,
        Self::Zeroed,
        Self::Mapped,
        Self::Held,
        Self::Bad,
        Self::Claimed,
        Self::Moving,
        Self::Filled,
    ];

    /// What these four bits stand for, if for anything.
    pub fn new(bits: u8) -> Option<Self> {
        Self::ALL.get(usize::from(bits)).copied()
    }
}

/// A frame's entry of the guard; in the RTL its parity is a bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What the frame is.
    pub state: FrameState,
    /// The parity is wrong.
    pub wrong: bool,
    /// The page that it is mapped to; without meaning when it is not mapped.
    pub page: u32,
}

impl Entry {
    /// The entry as the RTL's memory holds it: odd parity, state and page, from the top.
    pub fn bits(self, guest_pages: u32) -> u64 {
        let width = guest_pages.next_power_of_two().trailing_zeros().max(1);
        let entry = (self.state as u64) << width | u64::from(self.page);
        let odd = (entry.count_ones() + 1) % 2;
        u64::from(odd ^ u32::from(self.wrong)) << (width + 4) | entry
    }
}

/// The lists of the frames, `list_e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum List {
    Queue = 0,
    Urgent = 1,
    Pool = 2,
    Retry = 3,
    Flight = 4,
    Done = 5,
}

/// Lists of the frames.
pub const LISTS: u32 = 6;

/// What is to be done, `op_e`: the operations of `FRAME_CMD`; with bit 4, those of `PAGE_CMD`; and the steps by
/// which pages move frames, which no register can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Op {
    Queue = 1,
    QueueUrgent = 2,
    Take = 3,
    Hold = 4,
    Release = 5,
    Retire = 6,
    Query = 7,
    Claim = 8,
    Reserve = 9,
    Fill = 10,
    /// Done by pages, as `Queue` of one frame after the other.
    QueueRange = 11,
    /// Done by pages, which look at the frame's owner, with `StepKeep`.
    Reclaim = 12,
    Poison = 13,
    PoisonList = 14,

    Map = 17,
    Unmap = 18,
    ZeroPage = 19,
    Mark = 20,
    MarkAll = 21,
    QueryPage = 22,
    Resolve = 23,
    Adopt = 24,

    /// Claimed -> mapped.
    StepMap = 28,
    /// Filled -> mapped.
    StepAdopt = 29,
    /// Mapped -> queued, or dirty when the queue is full.
    StepFree = 30,
    /// Mapped -> held.
    StepKeep = 31,
}

impl Op {
    /// The bit that tells the operations of `PAGE_CMD` from those of `FRAME_CMD`.
    pub const PAGE: u8 = 1 << 4;

    const ALL: [Self; 26] = [
        Self::Queue,
        Self::QueueUrgent,
        Self::Take,
        Self::Hold,
        Self::Release,
        Self::Retire,
        Self::Query,
        Self::Claim,
        Self::Reserve,
        Self::Fill,
        Self::QueueRange,
        Self::Reclaim,
        Self::Poison,
        Self::PoisonList,
        Self::Map,
        Self::Unmap,
        Self::ZeroPage,
        Self::Mark,
        Self::MarkAll,
        Self::QueryPage,
        Self::Resolve,
        Self::Adopt,
        Self::StepMap,
        Self::StepAdopt,
        Self::StepFree,
        Self::StepKeep,
    ];

    /// What these five bits stand for, if for anything.
    pub fn new(bits: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&op| op as u8 == bits)
    }
}

/// How a command ends, `code_e`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Code {
    #[default]
    Ok = 0,
    BadOp = 1,
    Range = 2,
    State = 3,
    Full = 4,
    Empty = 5,
    Busy = 6,
    Page = 7,
}

#[cfg(test)]
mod tests {
    use dormouse_driver::regs;

    use super::*;

    #[test]
    fn every_operation_of_the_registers_has_its_name_and_number_here() {
        let named = |bits: u8, name: String| {
            assert_eq!(Op::new(bits).map(|op| format!("{op:?}")), Some(name));
        };
        let mut ops = 0;
        for bits in 0..16 {
            if let Ok(op) = regs::FrameOp::try_from(u32::from(bits)) {
                named(bits, format!("{op:?}"));
                ops += 1;
            }
            if let Ok(op) = regs::PageOp::try_from(u32::from(bits)) {
                named(bits | Op::PAGE, format!("{op:?}"));
                ops += 1;
            }
        }
        let steps = Op::ALL
            .iter()
            .filter(|op| format!("{op:?}").starts_with("Step"));
        assert_eq!(ops + steps.count(), Op::ALL.len());
    }

    #[test]
    fn states_and_codes_are_those_of_the_registers() {
        use Code::{BadOp, Busy, Empty, Full, Ok as Done, Page, Range, State};
        use FrameState::{
            Bad, Claimed, Dirty, Filled, Held, Mapped, Moving, Queued, Zeroed, Zeroing,
        };
        let states = [
            Dirty, Queued, Zeroing, Zeroed, Mapped, Held, Bad, Claimed, Moving, Filled,
        ];
        for (bits, state) in (0..).zip(states) {
            let register = regs::FrameState::try_from(bits).map(|state| format!("{state:?}"));
            assert_eq!(register.ok(), Some(format!("{state:?}")));
            assert_eq!(state as u32, bits);
        }
        assert!(regs::FrameState::try_from(states.len() as u32).is_err());
        for (bits, code) in (0..).zip([Done, BadOp, Range, State, Full, Empty, Busy, Page]) {
            let register = regs::Code::try_from(bits).map(|code| format!("{code:?}"));
            assert_eq!(register.ok(), Some(format!("{code:?}")));
            assert_eq!(code as u32, bits);
        }
    }
}
