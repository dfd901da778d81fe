//! Messages, and their words on the link. Whether a word is the one that was sent is the link's business: it drops
//! what fails its CRC. What comes from another version, or makes no sense, is refused here.

use core::fmt;

use dormouse_driver::{Gfn, NodeId};

use super::{Serial, Thing, VcpuId};

/// Words of a message.
pub const WORDS: usize = 8;
/// Version of the format.
const VERSION: u32 = 1;
/// Bit of a thing's word: a vCPU.
const VCPU: u32 = 1 << 31;

/// Why a thing is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// To own it, with its contents.
    Own,
    /// To read it: a copy will do if the page is dormant.
    Share,
    /// To own it and to zero it: contents stay behind (claims 19, 20).
    Discard,
    /// To have it made dormant where it is (claims 17, 18).
    Zero,
}

/// What is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// Ownership of a page without contents.
    Dormant,
    /// Ownership of a page or vCPU. The contents travel by themselves: have they come?
    Contents,
    /// The page can be made dormant here: is that still wanted?
    Zero,
    /// A copy of a dormant page, until it is dropped.
    Copy,
}

/// What a node says of itself: the cost function's view of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Levels {
    /// Counts up, so that an old one is known as such; wraps.
    pub sequence: u32,
    /// Zeroed frames, ready to be mapped.
    pub zeroed: u32,
    /// Frames that guest pages may still get, zeroed or not.
    pub left: u32,
    /// Frames of the node that guest pages may have at all.
    pub frames: u32,
    /// vCPUs that it has a port for and does not run.
    pub ports: u8,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Body {
    /// Ask me for it: I want to get rid of it.
    Offer {
        /// And offer me a page without contents in return.
        swap: bool,
    },
    /// I want it.
    Want {
        /// Under this number.
        want: Serial,
        /// To do what.
        mode: Mode,
        /// A frame is reserved here, in case it has contents.
        room: bool,
    },
    /// You get it.
    Grant {
        /// Under which number it was wanted.
        want: Serial,
        /// Under which number it is given.
        grant: Serial,
        /// What.
        what: Grant,
    },
    /// Ask this node.
    Moved {
        /// Under which number it was wanted.
        want: Serial,
        /// Who has it, or knows more.
        to: NodeId,
    },
    /// Not now: ask again.
    Later {
        /// Under which number it was wanted.
        want: Serial,
    },
    /// It has contents, and you have no room for them.
    NoRoom {
        /// Under which number it was wanted.
        want: Serial,
    },
    /// It cannot be had: the page is bad, or the vCPU is not to be moved any more.
    Gone {
        /// Under which number it was wanted.
        want: Serial,
    },
    /// The contents did not come, or not all of them.
    Again {
        /// Under which number it is given.
        grant: Serial,
        /// One bit for each fragment of a context that is missing.
        missing: u32,
    },
    /// It is here.
    Done {
        /// Under which number it was given.
        grant: Serial,
    },
    /// It is not here, and never will be under this number.
    Refuse {
        /// Under which number it was given.
        grant: Serial,
    },
    /// I know that you have it, or that it was done.
    Closed {
        /// Under which number it was given.
        grant: Serial,
    },
    /// Drop your copy.
    Drop {
        /// Under which number it was made.
        grant: Serial,
    },
    /// The copy is dropped.
    Dropped {
        /// Under which number it was made.
        grant: Serial,
    },
    /// How much memory I have.
    Levels(Levels),
    /// A part of a vCPU's context; its bytes follow the message.
    Fragment {
        /// Under which number the vCPU was wanted.
        want: Serial,
        /// Under which number it is given.
        grant: Serial,
        /// Which part, from 0.
        index: u8,
    },
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// Who sent it.
    pub src: NodeId,
    /// Who is to get it.
    pub dst: NodeId,
    /// What it is about; page 0 for [`Body::Levels`].
    pub thing: Thing,
    /// What it says.
    pub body: Body,
}

/// Why words are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// Another version of the format.
    Version,
    /// No such type.
    Type,
    /// A field has a value that does not exist.
    Field,
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "a message of another version",
            Self::Type => "a message of an unknown type",
            Self::Field => "a field of a message has a value that does not exist",
        })
    }
}

impl core::error::Error for MessageError {}

/// Types on the link.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Type {
    Offer = 1,
    Want,
    Grant,
    Moved,
    Later,
    NoRoom,
    Gone,
    Again,
    Done,
    Refuse,
    Closed,
    Drop,
    Dropped,
    Levels,
    Fragment,
}

const TYPES: [Type; 15] = [
    Type::Offer,
    Type::Want,
    Type::Grant,
    Type::Moved,
    Type::Later,
    Type::NoRoom,
    Type::Gone,
    Type::Again,
    Type::Done,
    Type::Refuse,
    Type::Closed,
    Type::Drop,
    Type::Dropped,
    Type::Levels,
    Type::Fragment,
];

const MODES: [Mode; 4] = [Mode::Own, Mode::Share, Mode::Discard, Mode::Zero];
const GRANTS: [Grant; 4] = [Grant::Dormant, Grant::Contents, Grant::Zero, Grant::Copy];

impl Message {
    /// The words that travel:
    ///
    /// | word | bits |
    /// |---|---|
    /// | 0 | 31:24 version, 23:16 type, 15:8 source, 7:0 destination |
    /// | 1 | bit 31: a vCPU; number of the page or vCPU |
    /// | 2, 3 | number of the want, low half first; levels: zeroed, left |
    /// | 4, 5 | number of the grant, low half first; levels: sequence, frames |
    /// | 6 | mode and room, what is granted, node, missing fragments, index, ports |
    /// | 7 | 0 |
    pub fn encode(&self) -> [u32; WORDS] {
        let (kind, want, grant, argument) = match self.body {
            Body::Offer { swap } => (Type::Offer, 0, 0, swap.into()),
            Body::Want { want, mode, room } => {
                (Type::Want, want.0, 0, mode as u32 | u32::from(room) << 8)
            }
            Body::Grant { want, grant, what } => (Type::Grant, want.0, grant.0, what as u32),
            Body::Moved { want, to } => (Type::Moved, want.0, 0, to.0.into()),
            Body::Later { want } => (Type::Later, want.0, 0, 0),
            Body::NoRoom { want } => (Type::NoRoom, want.0, 0, 0),
            Body::Gone { want } => (Type::Gone, want.0, 0, 0),
            Body::Again { grant, missing } => (Type::Again, 0, grant.0, missing),
            Body::Done { grant } => (Type::Done, 0, grant.0, 0),
            Body::Refuse { grant } => (Type::Refuse, 0, grant.0, 0),
            Body::Closed { grant } => (Type::Closed, 0, grant.0, 0),
            Body::Drop { grant } => (Type::Drop, 0, grant.0, 0),
            Body::Dropped { grant } => (Type::Dropped, 0, grant.0, 0),
            Body::Levels(levels) => (
                Type::Levels,
                u64::from(levels.zeroed) | u64::from(levels.left) << 32,
                u64::from(levels.sequence) | u64::from(levels.frames) << 32,
                levels.ports.into(),
            ),
            Body::Fragment { want, grant, index } => {
                (Type::Fragment, want.0, grant.0, index.into())
            }
        };
        let thing = match self.thing {
            Thing::Page(gfn) => gfn.0 & !VCPU,
            Thing::Vcpu(vcpu) => VCPU | u32::from(vcpu.0),
        };
        [
            VERSION << 24
                | (kind as u32) << 16
                | u32::from(self.src.0) << 8
                | u32::from(self.dst.0),
            thing,
            want as u32,
            (want >> 32) as u32,
            grant as u32,
            (grant >> 32) as u32,
            argument,
            0,
        ]
    }

    /// The message that words say.
    ///
    /// # Errors
    /// [`MessageError`]; a message is one that [`encode`](Self::encode) can have made, or none.
    pub fn decode(words: &[u32; WORDS]) -> Result<Self, MessageError> {
        let [
            head,
            thing,
            want_low,
            want_high,
            grant_low,
            grant_high,
            argument,
            rest,
        ] = *words;
        if head >> 24 != VERSION {
            return Err(MessageError::Version);
        }
        let kind = head >> 16 & 0xFF;
        let kind = TYPES
            .into_iter()
            .find(|&known| known as u32 == kind)
            .ok_or(MessageError::Type)?;
        let thing = match (thing & VCPU != 0, thing & !VCPU) {
            (false, number) => Thing::Page(Gfn(number)),
            (true, number) => Thing::Vcpu(VcpuId(
                u16::try_from(number).map_err(|_| MessageError::Field)?,
            )),
        };
        let want = Serial(u64::from(want_low) | u64::from(want_high) << 32);
        let grant = Serial(u64::from(grant_low) | u64::from(grant_high) << 32);
        let byte = || u8::try_from(argument).map_err(|_| MessageError::Field);
        let flag = |value| match value {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(MessageError::Field),
        };
        let body = match kind {
            Type::Offer => Body::Offer {
                swap: flag(argument)?,
            },
            Type::Want => Body::Want {
                want,
                mode: *MODES
                    .get((argument & 0xFF) as usize)
                    .ok_or(MessageError::Field)?,
                room: flag(argument >> 8)?,
            },
            Type::Grant => Body::Grant {
                want,
                grant,
                what: *GRANTS.get(argument as usize).ok_or(MessageError::Field)?,
            },
            Type::Moved => Body::Moved {
                want,
                to: NodeId(byte()?),
            },
            Type::Later => Body::Later { want },
            Type::NoRoom => Body::NoRoom { want },
            Type::Gone => Body::Gone { want },
            Type::Again => Body::Again {
                grant,
                missing: argument,
            },
            Type::Done => Body::Done { grant },
            Type::Refuse => Body::Refuse { grant },
            Type::Closed => Body::Closed { grant },
            Type::Drop => Body::Drop { grant },
            Type::Dropped => Body::Dropped { grant },
            Type::Levels => Body::Levels(Levels {
                sequence: grant_low,
                zeroed: want_low,
                left: want_high,
                frames: grant_high,
                ports: byte()?,
            }),
            Type::Fragment => Body::Fragment {
                want,
                grant,
                index: byte()?,
            },
        };
        let message = Self {
            src: NodeId((head >> 8) as u8),
            dst: NodeId(head as u8),
            thing,
            body,
        };
        // What the type does not use must be as it was sent: zero.
        if rest != 0 || message.encode() != *words {
            return Err(MessageError::Field);
        }
        Ok(message)
    }
}
