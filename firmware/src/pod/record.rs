//! Records: what has to outlive a reset of the hart.

use dormouse_driver::{Gfn, NodeId, Rfn};

use super::retry::{Retry, Serial};
use super::{Pod, Thing, VcpuId};

/// What a giver keeps until the taker has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cargo {
    /// The page has no contents.
    Dormant,
    /// The page's contents are in this frame, which is held.
    Contents(Rfn),
    /// The taker is going to zero the page. Its contents are in this frame until it has it.
    Discarded(Rfn),
    /// Nothing changes hands: the page becomes dormant here when the other node says so.
    Zero,
    /// The context of a vCPU, which is parked.
    Context,
}

/// One thing that is on its way, or a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Record {
    /// This node gives it.
    Give {
        /// What.
        thing: Thing,
        /// To whom.
        to: NodeId,
        /// The number under which it was wanted.
        want: Serial,
        /// The number under which it is given.
        grant: Serial,
        /// What is kept.
        cargo: Cargo,
        /// The taker has it; what was kept is being given up.
        ended: bool,
    },
    /// This node takes it.
    Take {
        /// What.
        thing: Thing,
        /// From whom.
        from: NodeId,
        /// The number under which it is given.
        grant: Serial,
        /// It is here for certain.
        taken: bool,
    },
    /// Another node has a copy of a dormant page of this node.
    Share {
        /// The page.
        gfn: Gfn,
        /// Who has the copy.
        to: NodeId,
        /// The number under which the copy was made.
        grant: Serial,
    },
    /// This node has a copy of a dormant page.
    Copy {
        /// The page.
        gfn: Gfn,
        /// Whose it is.
        owner: NodeId,
        /// The number under which the copy was made.
        grant: Serial,
    },
}

impl Record {
    /// The frame that nobody else may touch as long as this record stands.
    pub const fn frame(&self) -> Option<Rfn> {
        match self {
            Self::Give {
                cargo: Cargo::Contents(rfn) | Cargo::Discarded(rfn),
                ..
            } => Some(*rfn),
            _ => None,
        }
    }
}

/// A record, and what is known of it as long as the hart runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub record: Record,
    pub retry: Retry,
    /// A copy that its holder was asked to drop; no other is made meanwhile.
    pub dropping: bool,
    /// The vCPU of this node that writes as soon as the last copy is dropped.
    pub writer: Option<VcpuId>,
}

impl Entry {
    pub fn new(record: Record) -> Self {
        Self {
            record,
            retry: Retry::default(),
            dropping: false,
            writer: None,
        }
    }
}

/// A [`Record::Give`], taken apart.
#[derive(Clone, Copy)]
pub(super) struct Give {
    pub slot: usize,
    pub thing: Thing,
    pub to: NodeId,
    pub want: Serial,
    pub grant: Serial,
    pub cargo: Cargo,
    pub ended: bool,
}

/// A [`Record::Take`], taken apart.
#[derive(Clone, Copy)]
pub(super) struct Take {
    pub slot: usize,
    pub thing: Thing,
    pub from: NodeId,
    pub grant: Serial,
    pub taken: bool,
}

/// A [`Record::Copy`], taken apart.
#[derive(Clone, Copy)]
pub(super) struct CopyHere {
    pub slot: usize,
    pub owner: NodeId,
    pub grant: Serial,
}

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    pub(super) fn gives(&self) -> impl Iterator<Item = Give> + '_ {
        self.records
            .iter()
            .enumerate()
            .filter_map(|(slot, entry)| match entry.as_ref()?.record {
                Record::Give {
                    thing,
                    to,
                    want,
                    grant,
                    cargo,
                    ended,
                } => Some(Give {
                    slot,
                    thing,
                    to,
                    want,
                    grant,
                    cargo,
                    ended,
                }),
                _ => None,
            })
    }

    pub(super) fn takes(&self) -> impl Iterator<Item = Take> + '_ {
        self.records
            .iter()
            .enumerate()
            .filter_map(|(slot, entry)| match entry.as_ref()?.record {
                Record::Take {
                    thing,
                    from,
                    grant,
                    taken,
                } => Some(Take {
                    slot,
                    thing,
                    from,
                    grant,
                    taken,
                }),
                _ => None,
            })
    }

    /// The give of a thing; there is at most one.
    pub(super) fn give_of(&self, thing: Thing) -> Option<Give> {
        self.gives().find(|give| give.thing == thing)
    }

    /// The take of a thing that the hardware is being told about.
    pub(super) fn taking(&self, thing: Thing) -> Option<Take> {
        self.takes().find(|take| take.thing == thing && !take.taken)
    }

    /// Slots that are free and not set apart for what this node has asked for.
    pub(super) fn spare_slots(&self) -> usize {
        let free = self.records.iter().filter(|entry| entry.is_none()).count();
        let promised = self
            .wants
            .iter()
            .flatten()
            .filter(|want| want.needs_slot())
            .count();
        free.saturating_sub(promised)
    }

    pub(super) fn free_slot(&self) -> Option<usize> {
        self.records.iter().position(Option::is_none)
    }

    /// The copy of a dormant page that this node has: its slot and the page's owner.
    pub(super) fn copy_of(&self, page: Gfn) -> Option<CopyHere> {
        self.records
            .iter()
            .enumerate()
            .find_map(|(slot, entry)| match entry.as_ref()?.record {
                Record::Copy { gfn, owner, grant } if gfn == page => {
                    Some(CopyHere { slot, owner, grant })
                }
                _ => None,
            })
    }
}
