//! Checks of the protocol.

/// Ways to break the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Fault {
    /// None.
    #[default]
    None,
    /// A giver gives up frame or context as soon as it has sent it.
    GivenUpEarly,
    /// A taker accepts what it is granted, whatever number it was wanted under.
    GrantUnmatched,
    /// A giver believes any Done about the thing that it gives.
    DoneUnmatched,
    /// A record is written after the hardware was told.
    RecordLate,
    /// A page is made dormant as soon as another node asks for it.
    ZeroAtOnce,
    /// What is owed an answer by a taker is not repeated.
    NoReminder,
    /// A dormant page is written while other nodes have copies.
    CopiesKept,
}

mod explore;
mod scenario;
mod simulate;
mod wire;
mod world;

use super::retry::Retry;
use super::{Pod, Progress, Record, Serial, Statistics, Want};
use dormouse_driver::NodeId;

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// Breaks the protocol from here on.
    fn set_fault(&mut self, fault: Fault) {
        self.fault = fault;
    }

    /// Makes states equal that differ in nothing but when something is repeated and in what was counted. Everything
    /// is due at once then, which is one of the things that may happen anyway.
    fn forget_time(&mut self) {
        self.statistics = Statistics::default();
        for want in self.wants.iter_mut().flatten() {
            want.retry = Retry::default();
        }
        for push in self.pushes.iter_mut().flatten() {
            push.retry = Retry::default();
        }
        for entry in self.records.iter_mut().flatten() {
            entry.retry = Retry::default();
        }
        self.peers.iter_mut().for_each(|peer| peer.silent = false);
        self.affinity = Default::default();
    }

    /// Something is here and not yet used.
    fn has_ready(&self) -> bool {
        self.wants
            .iter()
            .flatten()
            .any(|want| want.progress == Progress::Ready)
    }

    /// Whether an answer to this number may still do something.
    fn is_wanted(&self, number: Serial) -> bool {
        let mut wants = self.wants.iter().flatten();
        wants.any(|want| want.want == number && want.progress != Progress::Ready)
    }

    fn is_given(&self, number: Serial) -> bool {
        self.gives().any(|give| give.grant == number)
    }

    /// Whether this node still has to say, or to hear, that it has taken what a node gave under this number.
    fn is_taken(&self, from: NodeId, number: Serial) -> bool {
        let confirmed =
            |want: &Want| want.asked == from && want.progress == Progress::Confirmed(number);
        self.takes()
            .any(|take| take.from == from && take.grant == number)
            || self.wants.iter().flatten().any(confirmed)
    }

    fn is_shared_as(&self, number: Serial) -> bool {
        let mut records = self.records.iter().flatten();
        records.any(|entry| matches!(entry.record, Record::Share { grant, .. } if grant == number))
    }
}
