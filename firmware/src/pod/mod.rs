//! The protocol between the hyperkernels of a pod: one state machine, [`Pod::step`].
//!
//! A step takes an event and what the node's hardware says about the page or vCPU that the event is about, changes
//! the state, and writes down actions. It reads no register, allocates nothing and never waits. [`drive`] carries the
//! actions out on a [`Local`], which is the node. Firmware, simulations and the model checker run the same two
//! functions.
//!
//! Whatever changes hands does so in the same way, be it a dormant page, a page with contents or a vCPU:
//!
//! ```text
//!            taker                              giver
//!  offered:    <------------- Offer -------------       (only when the giver wants to get rid of it)
//!  room is reserved
//!              -------------- Want w ----------->
//!                                                 Give is recorded; the page leaves its tag, the vCPU is parked
//!              <--- Grant w, g  or the stream ---
//!  Take is recorded; the page or vCPU is here
//!              -------------- Done g ----------->
//!                                                 frame or context is given up; Give is erased
//!              <------------ Closed g -----------
//!  Take is erased
//! ```
//!
//! `w` and `g` are serial numbers that their makers never use again. A message that comes late or twice names a
//! number that is over, and does no harm. Each side repeats what it is owed an answer to. Records outlive a reset of
//! the hart, as the tags, the frames and the parked vCPUs do; everything else is learned again.
//! `docs/pod.md` has the tables and what was checked.

mod capacity;
pub mod cost;
mod local;
pub mod message;
mod page;
mod record;
mod replica;
mod retry;
mod step;
mod transfer;
mod vcpu;

#[cfg(test)]
mod check;

pub use local::{
    Action, Actions, Command, Effect, Incoming, Local, Outcome, Report, drive, restart, serve,
};
pub use message::{Body, Grant, Message, MessageError, Mode};
pub use record::{Cargo, Record};
pub use retry::{Patience, Serial, Time};
pub use step::{Event, View};

use core::fmt;

use dormouse_driver::{Gfn, NodeId, Rfn};

use record::Entry;
use retry::Retry;

/// A vCPU of the guest; the same number on every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcpuId(pub u16);

impl fmt::Display for VcpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A guest page.
    Page(Gfn),
    /// A vCPU with its context.
    Vcpu(VcpuId),
}

/// Where a vCPU is, as the monitor of this node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VcpuState {
    /// Not here.
    Absent,
    /// Here. It may be moved only while an access of it waits, because that access can be ended without effect.
    Here {
        /// An access of it waits.
        stalled: bool,
    },
    /// Its context is saved here, and it does not run.
    Parked,
}

/// What a node knows about its pod, fixed at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// This node.
    pub me: NodeId,
    /// Nodes of the pod: 0 to this minus 1.
    pub nodes: u16,
    /// Guest pages.
    pub pages: u32,
    /// vCPUs of the guest.
    pub vcpus: u16,
    /// Fragments that the context of a vCPU travels in, 1 to 32.
    pub fragments: u8,
    /// Dormant pages may have copies on other nodes. Conversion by hardware must be off on all nodes then, because
    /// a tag cannot tell a copy from the page itself.
    pub replicas: bool,
    /// How a page that the guest zeroes here becomes dormant when another node owns it: `true`, by a message to
    /// its owner (claim 18); `false`, by bringing the ownership here first (claim 19).
    pub zero_at_owner: bool,
    /// How often messages are repeated.
    pub patience: Patience,
    /// What decides between moving the vCPU, the page, and so on.
    pub cost: cost::Settings,
}

/// What happened since the start; each wraps at 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Statistics {
    /// Messages sent for the first time.
    pub sent: u32,
    /// Messages repeated.
    pub repeated: u32,
    /// Pages taken without contents (P17: one message each way).
    pub dormant_taken: u32,
    /// Pages taken with contents.
    pub contents_taken: u32,
    /// vCPUs taken (claim 13).
    pub vcpus_taken: u32,
    /// Pages that this node made dormant because another asked for it (claim 18).
    pub zeroed_for_others: u32,
    /// Copies of dormant pages taken.
    pub copies: u32,
    /// Things given to another node for good.
    pub given: u32,
    /// Things taken back because nobody took them.
    pub taken_back: u32,
    /// Requests that were sent on to another node.
    pub forwarded: u32,
    /// Dropped: from or to a node that is not in the pod, or from this node itself.
    pub bad_node: u32,
    /// Dropped: words that are no message.
    pub malformed: u32,
    /// Dropped: a page or vCPU that does not exist.
    pub bad_thing: u32,
    /// Dropped: what only the owner, or only the taker, may send came from another node.
    pub wrong_owner: u32,
    /// Dropped or answered as over: a serial number that is not open.
    pub stale: u32,
    /// Put off: no slot was free.
    pub full: u32,
    /// Commands that the hardware refused.
    pub refused: u32,
}

/// Room for a page's contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Room {
    /// Not asked for yet.
    Unknown,
    /// There is none.
    None,
    /// This frame is moving.
    Frame(Rfn),
}

/// How far a want is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Progress {
    /// The owner is asked.
    Asking,
    /// The owner waits for the word to make its page dormant, which was given under this number.
    Confirmed(Serial),
    /// The hardware is being told.
    Taking,
    /// It is here. Whoever waits goes on as soon as the queue of messages is empty.
    Ready,
}

/// Something that this node wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Want {
    thing: Thing,
    want: Serial,
    mode: Mode,
    asked: NodeId,
    hops: u8,
    room: Room,
    progress: Progress,
    /// Fragments of a context that came.
    got: u32,
    /// The vCPU that waits for it.
    by: Option<VcpuId>,
    /// It was offered: by the node that is asked, and if that has it no more, the offer is over.
    offered: bool,
    /// A page without contents is to be offered in return.
    swap: bool,
    retry: Retry,
}

/// Something that this node wants to get rid of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Push {
    thing: Thing,
    to: NodeId,
    swap: bool,
    retry: Retry,
}

/// Another node, as far as this one knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Peer {
    levels: Option<message::Levels>,
    /// It did not answer for so long that it was reported.
    silent: bool,
}

/// The hyperkernel's part of the pod. `PEERS` is at least the number of nodes; `OPEN` is how many things can be on
/// their way at the same time, in each direction. Who owns a page stands in the tag table and nowhere else, so a
/// page costs no memory here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pod<const PEERS: usize, const OPEN: usize> {
    config: Config,
    /// The next number.
    serial: Serial,
    /// The only part that outlives a reset: a copy of what [`Local::record`] was given.
    records: [Option<Entry>; OPEN],
    wants: [Option<Want>; OPEN],
    pushes: [Option<Push>; OPEN],
    peers: [Peer; PEERS],
    /// What this node last heard of itself.
    levels: message::Levels,
    /// What stalls on other nodes' pages cost so far.
    affinity: [Option<capacity::Affinity>; capacity::VCPUS],
    statistics: Statistics,
    #[cfg(test)]
    fault: check::Fault,
}

/// Why a pod was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// More nodes than there is room for, or this node is not among them.
    Nodes,
    /// No page, or more than 2^28.
    Pages,
    /// Not 1 to 32 fragments.
    Fragments,
    /// Fewer than two slots.
    Slots,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nodes => {
                "the node is not in the pod, or the pod has more nodes than there is room for"
            }
            Self::Pages => "a pod has 1 to 2^28 guest pages",
            Self::Fragments => "a context travels in 1 to 32 fragments",
            Self::Slots => "at least two slots are needed",
        })
    }
}

impl core::error::Error for ConfigError {}

impl<const PEERS: usize, const OPEN: usize> Pod<PEERS, OPEN> {
    /// A node that starts, or starts again after a reset of its hart. `boot` must be larger than at any start
    /// before; `records` are what was kept through the reset, none at the first start. Hand the pod an
    /// [`Event::Restart`] before anything else.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(
        config: Config,
        boot: u32,
        records: [Option<Record>; OPEN],
    ) -> Result<Self, ConfigError> {
        if usize::from(config.nodes) > PEERS || u16::from(config.me.0) >= config.nodes {
            return Err(ConfigError::Nodes);
        }
        if config.pages == 0 || config.pages > 1 << 28 {
            return Err(ConfigError::Pages);
        }
        if !(1..=32).contains(&config.fragments) {
            return Err(ConfigError::Fragments);
        }
        if OPEN < 2 {
            return Err(ConfigError::Slots);
        }
        Ok(Self {
            config,
            serial: Serial::first_of(boot),
            records: records.map(|record| record.map(Entry::new)),
            wants: [None; OPEN],
            pushes: [None; OPEN],
            peers: [Peer::default(); PEERS],
            // Newer than anything before the reset.
            levels: message::Levels {
                sequence: boot << 16,
                ..message::Levels::default()
            },
            affinity: [None; capacity::VCPUS],
            statistics: Statistics::default(),
            #[cfg(test)]
            fault: check::Fault::None,
        })
    }

    /// What was fixed at the start.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What happened since the start.
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// What is on its way at this moment, and must outlive a reset.
    pub fn records(&self) -> [Option<Record>; OPEN] {
        self.records.map(|entry| entry.map(|entry| entry.record))
    }

    /// Whether nothing is on its way, wanted or offered by this node.
    pub fn is_idle(&self) -> bool {
        self.wants.iter().all(Option::is_none)
            && self.pushes.iter().all(Option::is_none)
            && !self
                .records
                .iter()
                .flatten()
                .any(|entry| matches!(entry.record, Record::Give { .. } | Record::Take { .. }))
    }

    /// Whether a frame belongs to a transfer that is on its way, so that nobody else may give it up.
    pub fn keeps(&self, rfn: Rfn) -> bool {
        let given = self
            .records
            .iter()
            .flatten()
            .any(|entry| entry.record.frame() == Some(rfn));
        given
            || self
                .wants
                .iter()
                .flatten()
                .any(|want| want.room == Room::Frame(rfn))
    }

    /// Whether a guest page that is dormant in the tag table is only a copy here.
    pub fn is_copy(&self, gfn: Gfn) -> bool {
        self.copy_of(gfn).is_some()
    }
}
