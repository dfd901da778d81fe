// Generated, do not edit: made from rtl/registers.rdl by `cargo xtask regs`.
//! Registers of the node, as types.
//!
//! A register is a plain value: read it, take fields with the getters, make one with the chainable
//! `with_` setters, write it. `Default` is all zero, which is not always [`Register::RESET`].

use bitflags::bitflags;

/// A 32-bit register of the node.
pub trait Register: Copy {
    /// The name in the register map.
    const NAME: &'static str;
    /// Byte offset from the node's base address; of an array, that of its first entry.
    const OFFSET: u16;
    /// Value after reset; 0 where hardware drives the field.
    const RESET: u32;
    /// A read is answered; if not, it gets SLVERR.
    const READABLE: bool;
    /// A write is answered; if not, it gets SLVERR.
    const WRITABLE: bool;

    /// The register with these bits, those of no field included.
    fn from_bits(bits: u32) -> Self;
    /// The bits as they are on the bus.
    fn bits(self) -> u32;
}

/// A register that may be read.
pub trait ReadRegister: Register {}

/// A register that may be written.
pub trait WriteRegister: Register {}

/// What a test may want to know of every register without naming its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterInfo {
    /// The name in the register map.
    pub name: &'static str,
    /// Byte offset from the node's base address.
    pub offset: u16,
    /// A read is answered; if not, it gets SLVERR.
    pub readable: bool,
    /// A write is answered; if not, it gets SLVERR.
    pub writable: bool,
    /// Value after reset; 0 where hardware drives the field.
    pub reset: u32,
}

impl RegisterInfo {
    const fn of<R: Register>() -> Self {
        Self::at::<R>(R::NAME, R::OFFSET)
    }

    const fn at<R: Register>(name: &'static str, offset: u16) -> Self {
        Self {
            name,
            offset,
            readable: R::READABLE,
            writable: R::WRITABLE,
            reset: R::RESET,
        }
    }
}

/// A field holds a value that its enumeration does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue(pub u32);

impl core::fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "no meaning for the value {}", self.0)
    }
}

impl core::error::Error for UnknownValue {}

/// Values of `FRAME_CMD.op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum FrameOp {
    /// Frame: dirty, held or claimed -> queued, behind the others.
    Queue = 1,
    /// Frame: dirty, held or claimed -> queued, in the urgent lane.
    QueueUrgent = 2,
    /// Oldest frame of the zeroed pool -> held; `RESULT.value` is its number.
    Take = 3,
    /// Frame: dirty, claimed, moving or filled -> held: firmware keeps it for itself.
    Hold = 4,
    /// Frame: held, claimed, moving or filled -> dirty.
    Release = 5,
    /// Frame: dirty, held, claimed, moving or filled -> bad. The one operation for a frame whose entry
    /// of the guard has wrong parity.
    Retire = 6,
    /// `RESULT.value` is the state of the frame; `OWNER` shows the page that it is mapped to.
    Query = 7,
    /// Oldest frame of the zeroed pool -> claimed, to be mapped by MAP; `RESULT.value` is its number.
    Claim = 8,
    /// Frame: claimed or held -> moving: a page's contents are to be written into it. It must not go
    /// on from there while somebody still writes to it.
    Reserve = 9,
    /// Frame: moving -> filled. Firmware vouches for it: every byte of a page came, and was checked,
    /// and every write was answered OKAY.
    Fill = 10,
    /// QUEUE for `ARG.value` frames, from this one on, one after the other. `RESULT.value` is the
    /// first frame that was not queued: the one behind the range (code OK), the one in a wrong state
    /// (STATE), or the one that found the queue full (FULL). Code RANGE when a frame of the range does
    /// not exist: then none was queued.
    QueueRange = 11,
    /// Frame: mapped, but its page does not name it any more -> held, as soon as every access that was
    /// let through is answered; `RESULT.value` is that page, which becomes bad for good if its tag had
    /// wrong parity. Code `PAGE` when the page is resident in this frame.
    Reclaim = 12,
    /// The frame's entry of the guard gets wrong parity, for tests. Code STATE when the frame is in a
    /// list.
    Poison = 13,
    /// The next entry that a list (List) takes gets wrong parity, for tests.
    PoisonList = 14,
}

impl TryFrom<u32> for FrameOp {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            1 => Self::Queue,
            2 => Self::QueueUrgent,
            3 => Self::Take,
            4 => Self::Hold,
            5 => Self::Release,
            6 => Self::Retire,
            7 => Self::Query,
            8 => Self::Claim,
            9 => Self::Reserve,
            10 => Self::Fill,
            11 => Self::QueueRange,
            12 => Self::Reclaim,
            13 => Self::Poison,
            14 => Self::PoisonList,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<FrameOp> for u32 {
    fn from(value: FrameOp) -> Self {
        value as Self
    }
}

/// List.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum List {
    /// The background lane of the to-be-zeroed queue.
    Queue = 0,
    /// Its urgent lane.
    Urgent = 1,
    /// The zeroed pool.
    Pool = 2,
    /// Frames whose first zeroing failed.
    Retry = 3,
    /// Frames in the engine.
    Flight = 4,
    /// The engine's answers.
    Done = 5,
}

impl TryFrom<u32> for List {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Queue,
            1 => Self::Urgent,
            2 => Self::Pool,
            3 => Self::Retry,
            4 => Self::Flight,
            5 => Self::Done,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<List> for u32 {
    fn from(value: List) -> Self {
        value as Self
    }
}

/// Values of `PAGE_CMD.op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum PageOp {
    /// Page: dormant -> resident in frame `ARG.value`, which must be claimed and becomes mapped.
    Map = 1,
    /// Page: resident -> away at node `ARG.value`. Its frame becomes held as soon as every access that
    /// was let through is answered; `RESULT.value` is its number.
    Unmap = 2,
    /// Page: resident -> dormant, and its frame is queued as soon as every access that was let through
    /// is answered; nothing to do when it is dormant. Code `PAGE` when it is away or bad.
    ZeroPage = 3,
    /// Page -> what `ARG.kind` says, away at node `ARG.value`. A resident page must be unmapped first
    /// (code `PAGE`), but POISON is always done.
    Mark = 4,
    /// All pages -> dormant or away at node `ARG.value`, as `ARG.kind` says, in a few cycles. Code
    /// STATE when a frame is mapped, BUSY when three earlier ones are still being written into the
    /// table.
    MarkAll = 5,
    /// `PAGE` shows the state of the page.
    QueryPage = 6,
    /// Ends the stall at the head of the queue, which `STALL` shows: target bits 3..0 are its port,
    /// bit 4 is 1 for a write, bits 9..8 say what becomes of it (Resolve). Code EMPTY when it is not
    /// at the head.
    Resolve = 7,
    /// Page: away or dormant -> resident with the contents of frame `ARG.value`, which must be filled
    /// and becomes mapped. In one step: an access sees the page as it was before, or resident.
    Adopt = 8,
}

impl TryFrom<u32> for PageOp {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            1 => Self::Map,
            2 => Self::Unmap,
            3 => Self::ZeroPage,
            4 => Self::Mark,
            5 => Self::MarkAll,
            6 => Self::QueryPage,
            7 => Self::Resolve,
            8 => Self::Adopt,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<PageOp> for u32 {
    fn from(value: PageOp) -> Self {
        value as Self
    }
}

/// Resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Resolve {
    /// The access starts over with the page's present state.
    Retry = 0,
    /// The access gets SLVERR and has no effect.
    Fail = 1,
    /// The stall goes behind the others that wait.
    Defer = 2,
}

impl TryFrom<u32> for Resolve {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Retry,
            1 => Self::Fail,
            2 => Self::Defer,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<Resolve> for u32 {
    fn from(value: Resolve) -> Self {
        value as Self
    }
}

/// Values of `ARG.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum MarkKind {
    /// Reads as zero, owns no frame.
    Dormant = 0,
    /// Owned by another node.
    Away = 1,
    /// Every access gets SLVERR.
    Bad = 2,
    /// The page's tag gets wrong parity, for tests: its next access finds a parity error.
    Poison = 3,
}

impl TryFrom<u32> for MarkKind {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Dormant,
            1 => Self::Away,
            2 => Self::Bad,
            3 => Self::Poison,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<MarkKind> for u32 {
    fn from(value: MarkKind) -> Self {
        value as Self
    }
}

/// Values of `RESULT.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Code {
    /// Done.
    Ok = 0,
    /// No such operation.
    BadOp = 1,
    /// Frame number at or above `REAL_FRAMES`, page number at or above `GUEST_PAGES`, or an `ARG.kind`
    /// that the operation does not have.
    Range = 2,
    /// The frame's state does not allow the operation; `RESULT.value` is that state, or for
    /// `QUEUE_RANGE` the frame.
    State = 3,
    /// The queue or lane is full.
    Full = 4,
    /// The zeroed pool is empty, or the stall is not at the head of the queue.
    Empty = 5,
    /// The tag table is still being written; the command may be given again.
    Busy = 6,
    /// The page's state does not allow the operation; `RESULT.value` is that state.
    Page = 7,
}

impl TryFrom<u32> for Code {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Ok,
            1 => Self::BadOp,
            2 => Self::Range,
            3 => Self::State,
            4 => Self::Full,
            5 => Self::Empty,
            6 => Self::Busy,
            7 => Self::Page,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<Code> for u32 {
    fn from(value: Code) -> Self {
        value as Self
    }
}

/// Frame state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum FrameState {
    /// Contents unknown.
    Dirty = 0,
    /// In the to-be-zeroed queue.
    Queued = 1,
    /// In the engine.
    Zeroing = 2,
    /// In the zeroed pool.
    Zeroed = 3,
    /// Mapped to a guest page.
    Mapped = 4,
    /// Firmware's own.
    Held = 5,
    /// Never to be used; shown for a frame whose entry of the guard has wrong parity, too.
    Bad = 6,
    /// Zeroed, and given to firmware to be mapped.
    Claimed = 7,
    /// A page's contents are being written into it.
    Moving = 8,
    /// Holds the whole contents of a page, to be mapped by ADOPT.
    Filled = 9,
}

impl TryFrom<u32> for FrameState {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Dirty,
            1 => Self::Queued,
            2 => Self::Zeroing,
            3 => Self::Zeroed,
            4 => Self::Mapped,
            5 => Self::Held,
            6 => Self::Bad,
            7 => Self::Claimed,
            8 => Self::Moving,
            9 => Self::Filled,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<FrameState> for u32 {
    fn from(value: FrameState) -> Self {
        value as Self
    }
}

/// Values of `PAGE.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum PageState {
    /// Reads as zero, owns no frame.
    Dormant = 0,
    /// Mapped to a frame of this node.
    Resident = 1,
    /// Owned by another node.
    Away = 2,
    /// Every access gets SLVERR.
    Bad = 3,
}

impl TryFrom<u32> for PageState {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::Dormant,
            1 => Self::Resident,
            2 => Self::Away,
            3 => Self::Bad,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<PageState> for u32 {
    fn from(value: PageState) -> Self {
        value as Self
    }
}

/// Values of `STALL.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum StallKind {
    /// The page has to be converted, the zeroed pool is empty, and nothing is on its way there.
    NoFrame = 0,
    /// The page has to be converted, and `POLICY.hw_convert` is off.
    ConversionOff = 1,
    /// The page is owned by another node.
    Away = 2,
}

impl TryFrom<u32> for StallKind {
    type Error = UnknownValue;

    fn try_from(value: u32) -> core::result::Result<Self, UnknownValue> {
        Ok(match value {
            0 => Self::NoFrame,
            1 => Self::ConversionOff,
            2 => Self::Away,
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<StallKind> for u32 {
    fn from(value: StallKind) -> Self {
        value as Self
    }
}

/// Identification.
///
/// Reads 0x444F524D, "DORM".
///
/// `ID` at 0x000, read-only, 0x444F524D after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Id(pub u32);

impl Id {
    /// Where `magic` is in the register.
    pub const MAGIC_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `magic`.
    pub const MAGIC_SHIFT: u32 = 0;

    /// 0x444F524D.
    pub const fn magic(self) -> u32 {
        self.0
    }
}

impl Register for Id {
    const NAME: &'static str = "ID";
    const OFFSET: u16 = 0x000;
    const RESET: u32 = 0x444F_524D;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Id {}

/// Build parameters.
///
/// The parameters that this node was built with.
///
/// `PARAMS` at 0x004, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params(pub u32);

impl Params {
    /// Where `page_shift` is in the register.
    pub const PAGE_SHIFT_MASK: u32 = 0x1F;
    /// Lowest bit of `page_shift`.
    pub const PAGE_SHIFT_SHIFT: u32 = 0;

    /// log2 of the page size in bytes, 12 to 21.
    pub const fn page_shift(self) -> u32 {
        self.0 & Self::PAGE_SHIFT_MASK
    }

    /// Where `data_shift` is in the register.
    pub const DATA_SHIFT_MASK: u32 = 0x1F00;
    /// Lowest bit of `data_shift`.
    pub const DATA_SHIFT_SHIFT: u32 = 8;

    /// log2 of the data width in bits, 5 (32) to 9 (512).
    pub const fn data_shift(self) -> u32 {
        (self.0 & Self::DATA_SHIFT_MASK) >> Self::DATA_SHIFT_SHIFT
    }

    /// Where `max_outstanding` is in the register.
    pub const MAX_OUTSTANDING_MASK: u32 = 0x00FF_0000;
    /// Lowest bit of `max_outstanding`.
    pub const MAX_OUTSTANDING_SHIFT: u32 = 16;

    /// Bursts that may be outstanding.
    pub const fn max_outstanding(self) -> u32 {
        (self.0 & Self::MAX_OUTSTANDING_MASK) >> Self::MAX_OUTSTANDING_SHIFT
    }

    /// Where `node_id` is in the register.
    pub const NODE_ID_MASK: u32 = 0xFF00_0000;
    /// Lowest bit of `node_id`.
    pub const NODE_ID_SHIFT: u32 = 24;

    /// Node id within the pod.
    pub const fn node_id(self) -> u32 {
        (self.0 & Self::NODE_ID_MASK) >> Self::NODE_ID_SHIFT
    }
}

impl Register for Params {
    const NAME: &'static str = "PARAMS";
    const OFFSET: u16 = 0x004;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Params {}

/// Real frames.
///
/// Number of real frames; frame numbers run from 0 to this minus 1.
///
/// `REAL_FRAMES` at 0x008, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RealFrames(pub u32);

impl RealFrames {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for RealFrames {
    const NAME: &'static str = "REAL_FRAMES";
    const OFFSET: u16 = 0x008;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for RealFrames {}

/// Depth of the to-be-zeroed queue.
///
/// `QUEUE_DEPTH` at 0x00C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QueueDepth(pub u32);

impl QueueDepth {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Entries of the background lane.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for QueueDepth {
    const NAME: &'static str = "QUEUE_DEPTH";
    const OFFSET: u16 = 0x00C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for QueueDepth {}

/// Depth of the urgent lane.
///
/// `URGENT_DEPTH` at 0x010, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UrgentDepth(pub u32);

impl UrgentDepth {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Entries of the urgent lane.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for UrgentDepth {
    const NAME: &'static str = "URGENT_DEPTH";
    const OFFSET: u16 = 0x010;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for UrgentDepth {}

/// Depth of the zeroed pool.
///
/// `POOL_DEPTH` at 0x014, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PoolDepth(pub u32);

impl PoolDepth {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Entries of the zeroed pool.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for PoolDepth {
    const NAME: &'static str = "POOL_DEPTH";
    const OFFSET: u16 = 0x014;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for PoolDepth {}

/// Guest pages.
///
/// Number of guest pages; page numbers run from 0 to this minus 1. A guest access beyond them gets
/// DECERR.
///
/// `GUEST_PAGES` at 0x018, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct GuestPages(pub u32);

impl GuestPages {
    /// Where `pages` is in the register.
    pub const PAGES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `pages`.
    pub const PAGES_SHIFT: u32 = 0;

    /// Pages.
    pub const fn pages(self) -> u32 {
        self.0
    }
}

impl Register for GuestPages {
    const NAME: &'static str = "GUEST_PAGES";
    const OFFSET: u16 = 0x018;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for GuestPages {}

/// Guest ports.
///
/// What the guest's side of the node was built with.
///
/// `PORTS` at 0x01C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ports(pub u32);

impl Ports {
    /// Where `ports` is in the register.
    pub const PORTS_MASK: u32 = 0x7;
    /// Lowest bit of `ports`.
    pub const PORTS_SHIFT: u32 = 0;

    /// Ports, one for each vCPU, 1 to 4; they are numbered from 0.
    pub const fn ports(self) -> u32 {
        self.0 & Self::PORTS_MASK
    }

    /// Where `trackers` is in the register.
    pub const TRACKERS_MASK: u32 = 0xF00;
    /// Lowest bit of `trackers`.
    pub const TRACKERS_SHIFT: u32 = 8;

    /// Pages whose zeroing by ordinary stores can be followed at the same time, 1 to 8.
    pub const fn trackers(self) -> u32 {
        (self.0 & Self::TRACKERS_MASK) >> Self::TRACKERS_SHIFT
    }
}

impl Register for Ports {
    const NAME: &'static str = "PORTS";
    const OFFSET: u16 = 0x01C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Ports {}

bitflags! {
    /// Control.
    ///
    /// `CONTROL` at 0x020, read-write, 0x0 after reset.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Control: u32 {
        /// Let the engine take frames from the to-be-zeroed queue. Clearing it finishes what was taken.
        const ENABLE = 1 << 0;
    }
}

impl Register for Control {
    const NAME: &'static str = "CONTROL";
    const OFFSET: u16 = 0x020;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self::from_bits_retain(bits)
    }

    fn bits(self) -> u32 {
        Self::bits(&self)
    }
}

impl ReadRegister for Control {}

impl WriteRegister for Control {}

/// Token bucket of background zeroing.
///
/// One token pays for one burst. Urgent frames pay nothing.
///
/// `THROTTLE` at 0x024, read-write, 0x10000 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Throttle(pub u32);

impl Throttle {
    /// Where `interval` is in the register.
    pub const INTERVAL_MASK: u32 = 0xFFFF;
    /// Lowest bit of `interval`.
    pub const INTERVAL_SHIFT: u32 = 0;

    /// Cycles between two tokens; 0: no cap, 1 counts as 2.
    pub const fn interval(self) -> u32 {
        self.0 & Self::INTERVAL_MASK
    }

    /// With this interval. Bits of `interval` above the lowest 16 are dropped.
    #[must_use]
    pub const fn with_interval(self, interval: u32) -> Self {
        Self((self.0 & !Self::INTERVAL_MASK) | (interval & Self::INTERVAL_MASK))
    }

    /// Where `depth` is in the register.
    pub const DEPTH_MASK: u32 = 0x000F_0000;
    /// Lowest bit of `depth`.
    pub const DEPTH_SHIFT: u32 = 16;

    /// Tokens that may be saved up, 1 to 15; 0 counts as 1. Lowering it keeps what is saved.
    pub const fn depth(self) -> u32 {
        (self.0 & Self::DEPTH_MASK) >> Self::DEPTH_SHIFT
    }

    /// With this depth. Bits of `depth` above the lowest 4 are dropped.
    #[must_use]
    pub const fn with_depth(self, depth: u32) -> Self {
        Self((self.0 & !Self::DEPTH_MASK) | ((depth << Self::DEPTH_SHIFT) & Self::DEPTH_MASK))
    }
}

impl Register for Throttle {
    const NAME: &'static str = "THROTTLE";
    const OFFSET: u16 = 0x024;
    const RESET: u32 = 0x0001_0000;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Throttle {}

impl WriteRegister for Throttle {}

/// Low water mark of the zeroed pool.
///
/// Background zeroing starts when zeroed frames and frames in flight together are at or below it.
///
/// `WATER_LOW` at 0x028, read-write, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WaterLow(pub u32);

impl WaterLow {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0 & Self::FRAMES_MASK
    }

    /// With this frames. Bits of `frames` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_frames(self, frames: u32) -> Self {
        Self((self.0 & !Self::FRAMES_MASK) | (frames & Self::FRAMES_MASK))
    }
}

impl Register for WaterLow {
    const NAME: &'static str = "WATER_LOW";
    const OFFSET: u16 = 0x028;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for WaterLow {}

impl WriteRegister for WaterLow {}

/// High water mark of the zeroed pool.
///
/// Background zeroing stops when zeroed frames and frames in flight together are at or above it.
/// This mark is the stronger one: where the low mark is above it, zeroing runs below this mark and
/// stops at it.
///
/// `WATER_HIGH` at 0x02C, read-write, 0xFFFFFFF after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WaterHigh(pub u32);

impl WaterHigh {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0 & Self::FRAMES_MASK
    }

    /// With this frames. Bits of `frames` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_frames(self, frames: u32) -> Self {
        Self((self.0 & !Self::FRAMES_MASK) | (frames & Self::FRAMES_MASK))
    }
}

impl Register for WaterHigh {
    const NAME: &'static str = "WATER_HIGH";
    const OFFSET: u16 = 0x02C;
    const RESET: u32 = 0x0FFF_FFFF;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for WaterHigh {}

impl WriteRegister for WaterHigh {}

/// Frame command.
///
/// Writing it starts one operation on real frames; `RESULT` tells how it ended. A write of
/// `FRAME_CMD` or `PAGE_CMD` while `RESULT.busy` is set is refused: it changes nothing, counts as
/// a command error and sets `IRQ_STATUS.cmd_refused`.
///
/// `FRAME_CMD` at 0x030, write-only, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FrameCmd(pub u32);

impl FrameCmd {
    /// Where `target` is in the register.
    pub const TARGET_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `target`.
    pub const TARGET_SHIFT: u32 = 0;

    /// Real frame number, the first one of a range, or a list (`POISON_LIST`); ignored by TAKE and
    /// CLAIM.
    pub const fn target(self) -> u32 {
        self.0 & Self::TARGET_MASK
    }

    /// With this target. Bits of `target` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_target(self, target: u32) -> Self {
        Self((self.0 & !Self::TARGET_MASK) | (target & Self::TARGET_MASK))
    }

    /// Where `op` is in the register.
    pub const OP_MASK: u32 = 0xF000_0000;
    /// Lowest bit of `op`.
    pub const OP_SHIFT: u32 = 28;

    /// Operation.
    ///
    /// # Errors
    /// A value that is no [`FrameOp`].
    pub fn op(self) -> core::result::Result<FrameOp, UnknownValue> {
        FrameOp::try_from((self.0 & Self::OP_MASK) >> Self::OP_SHIFT)
    }

    /// With this op.
    #[must_use]
    pub const fn with_op(self, op: FrameOp) -> Self {
        Self((self.0 & !Self::OP_MASK) | ((op as u32) << Self::OP_SHIFT))
    }
}

impl Register for FrameCmd {
    const NAME: &'static str = "FRAME_CMD";
    const OFFSET: u16 = 0x030;
    const RESET: u32 = 0x0;
    const READABLE: bool = false;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl WriteRegister for FrameCmd {}

/// Page command.
///
/// Writing it starts one operation on guest pages; everything else is as with `FRAME_CMD`.
///
/// `PAGE_CMD` at 0x034, write-only, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageCmd(pub u32);

impl PageCmd {
    /// Where `target` is in the register.
    pub const TARGET_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `target`.
    pub const TARGET_SHIFT: u32 = 0;

    /// Guest page number, or the stall (RESOLVE); ignored by `MARK_ALL`.
    pub const fn target(self) -> u32 {
        self.0 & Self::TARGET_MASK
    }

    /// With this target. Bits of `target` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_target(self, target: u32) -> Self {
        Self((self.0 & !Self::TARGET_MASK) | (target & Self::TARGET_MASK))
    }

    /// Where `op` is in the register.
    pub const OP_MASK: u32 = 0xF000_0000;
    /// Lowest bit of `op`.
    pub const OP_SHIFT: u32 = 28;

    /// Operation.
    ///
    /// # Errors
    /// A value that is no [`PageOp`].
    pub fn op(self) -> core::result::Result<PageOp, UnknownValue> {
        PageOp::try_from((self.0 & Self::OP_MASK) >> Self::OP_SHIFT)
    }

    /// With this op.
    #[must_use]
    pub const fn with_op(self, op: PageOp) -> Self {
        Self((self.0 & !Self::OP_MASK) | ((op as u32) << Self::OP_SHIFT))
    }
}

impl Register for PageCmd {
    const NAME: &'static str = "PAGE_CMD";
    const OFFSET: u16 = 0x034;
    const RESET: u32 = 0x0;
    const READABLE: bool = false;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl WriteRegister for PageCmd {}

/// Argument of the next command.
///
/// Written before `FRAME_CMD` or `PAGE_CMD`; a command under way uses what was here when it was
/// written.
///
/// `ARG` at 0x038, read-write, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Arg(pub u32);

impl Arg {
    /// Where `value` is in the register.
    pub const VALUE_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `value`.
    pub const VALUE_SHIFT: u32 = 0;

    /// Real frame number (MAP, ADOPT), frames of a range (`QUEUE_RANGE`), or node id, 0 to 255 (UNMAP,
    /// and MARK and `MARK_ALL` of kind AWAY).
    pub const fn value(self) -> u32 {
        self.0 & Self::VALUE_MASK
    }

    /// With this value. Bits of `value` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_value(self, value: u32) -> Self {
        Self((self.0 & !Self::VALUE_MASK) | (value & Self::VALUE_MASK))
    }

    /// Where `kind` is in the register.
    pub const KIND_MASK: u32 = 0x3000_0000;
    /// Lowest bit of `kind`.
    pub const KIND_SHIFT: u32 = 28;

    /// What MARK and `MARK_ALL` make of pages; `MARK_ALL` knows DORMANT and AWAY.
    ///
    /// # Errors
    /// A value that is no [`MarkKind`].
    pub fn kind(self) -> core::result::Result<MarkKind, UnknownValue> {
        MarkKind::try_from((self.0 & Self::KIND_MASK) >> Self::KIND_SHIFT)
    }

    /// With this kind.
    #[must_use]
    pub const fn with_kind(self, kind: MarkKind) -> Self {
        Self((self.0 & !Self::KIND_MASK) | ((kind as u32) << Self::KIND_SHIFT))
    }
}

impl Register for Arg {
    const NAME: &'static str = "ARG";
    const OFFSET: u16 = 0x038;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Arg {}

impl WriteRegister for Arg {}

/// Result of the last command.
///
/// `RESULT` at 0x03C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResultReg(pub u32);

impl ResultReg {
    /// Where `value` is in the register.
    pub const VALUE_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `value`.
    pub const VALUE_SHIFT: u32 = 0;

    /// Frame number (TAKE, CLAIM, `QUEUE_RANGE`, UNMAP), page number (RECLAIM), frame state (QUERY,
    /// code STATE) or page state (code `PAGE`).
    pub const fn value(self) -> u32 {
        self.0 & Self::VALUE_MASK
    }

    /// Where `code` is in the register.
    pub const CODE_MASK: u32 = 0x7000_0000;
    /// Lowest bit of `code`.
    pub const CODE_SHIFT: u32 = 28;

    /// How it ended.
    ///
    /// # Errors
    /// A value that is no [`Code`].
    pub fn code(self) -> core::result::Result<Code, UnknownValue> {
        Code::try_from((self.0 & Self::CODE_MASK) >> Self::CODE_SHIFT)
    }

    /// Where `busy` is in the register.
    pub const BUSY_MASK: u32 = 0x8000_0000;
    /// Lowest bit of `busy`.
    pub const BUSY_SHIFT: u32 = 31;

    /// A command is under way; the other fields are not valid yet.
    pub const fn busy(self) -> bool {
        self.0 & Self::BUSY_MASK != 0
    }
}

impl Register for ResultReg {
    const NAME: &'static str = "RESULT";
    const OFFSET: u16 = 0x03C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ResultReg {}

bitflags! {
    /// The flags of [`IrqStatus`] and [`IrqEnable`].
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Irq: u32 {
        /// Zeroed pool fell to the low water mark.
        const POOL_LOW = 1 << 0;
        /// Zeroed pool reached the high water mark.
        const POOL_HIGH = 1 << 1;
        /// A frame became bad.
        const BAD_FRAME = 1 << 2;
        /// A command ended with an error.
        const CMD_ERROR = 1 << 3;
        /// A command was written while another was under way.
        const CMD_REFUSED = 1 << 4;
        /// The to-be-zeroed queue ran empty.
        const QUEUE_EMPTY = 1 << 5;
        /// A guest access began to wait for firmware; `STALL` shows it.
        const STALL = 1 << 6;
        /// A tag was found with wrong parity; `PARITY_PAGE` shows whose.
        const PARITY = 1 << 7;
        /// A frame that should have been queued became dirty because the queue was full.
        const DIRTIED = 1 << 8;
        /// An entry of the guard or of a list of frames was found with wrong parity.
        const FRAME_PARITY = 1 << 9;
    }
}

/// Interrupt status.
///
/// Write 1 to clear.
///
/// `IRQ_STATUS` at 0x040, read, write 1 to clear, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct IrqStatus(pub Irq);

impl Register for IrqStatus {
    const NAME: &'static str = "IRQ_STATUS";
    const OFFSET: u16 = 0x040;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(Irq::from_bits_retain(bits))
    }

    fn bits(self) -> u32 {
        self.0.bits()
    }
}

impl ReadRegister for IrqStatus {}

impl WriteRegister for IrqStatus {}

/// Interrupt enable.
///
/// `IRQ_ENABLE` at 0x044, read-write, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct IrqEnable(pub Irq);

impl Register for IrqEnable {
    const NAME: &'static str = "IRQ_ENABLE";
    const OFFSET: u16 = 0x044;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(Irq::from_bits_retain(bits))
    }

    fn bits(self) -> u32 {
        self.0.bits()
    }
}

impl ReadRegister for IrqEnable {}

impl WriteRegister for IrqEnable {}

bitflags! {
    /// Status.
    ///
    /// One bit for each part that may be busy.
    ///
    /// `STATUS` at 0x048, read-only, driven by hardware.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Status: u32 {
        /// Every frame has been marked dirty and every page has its tag after reset.
        const READY = 1 << 0;
        /// Below the water mark: background zeroing runs.
        const RUNNING = 1 << 1;
        /// The engine has a page whose bursts are not all issued.
        const PAGE_ACTIVE = 1 << 2;
        /// A write address waits for AWREADY.
        const AW_BUSY = 1 << 3;
        /// A write beat is on the bus.
        const W_BUSY = 1 << 4;
        /// Write responses are awaited.
        const B_BUSY = 1 << 5;
        /// The engine waits for a token.
        const THROTTLED = 1 << 6;
        /// A frame waits to be put back or filed.
        const FRAMES_BUSY = 1 << 7;
        /// A guest access is under way at some port.
        const GUESTS_BUSY = 1 << 8;
        /// A frame that lost its page waits for the accesses that were let through to it.
        const DRAIN_BUSY = 1 << 9;
        /// A mark of all pages is still being written into the table.
        const SCRUB_BUSY = 1 << 10;
    }
}

impl Register for Status {
    const NAME: &'static str = "STATUS";
    const OFFSET: u16 = 0x048;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self::from_bits_retain(bits)
    }

    fn bits(self) -> u32 {
        Self::bits(&self)
    }
}

impl ReadRegister for Status {}

/// Last frame that became bad.
///
/// `COUNT_BAD` tells how many there are; firmware that sees it grow by more than one finds the
/// others with QUERY.
///
/// `BAD_FRAME` at 0x04C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BadFrame(pub u32);

impl BadFrame {
    /// Where `frame` is in the register.
    pub const FRAME_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `frame`.
    pub const FRAME_SHIFT: u32 = 0;

    /// Real frame number.
    pub const fn frame(self) -> u32 {
        self.0 & Self::FRAME_MASK
    }

    /// Where `valid` is in the register.
    pub const VALID_MASK: u32 = 0x8000_0000;
    /// Lowest bit of `valid`.
    pub const VALID_SHIFT: u32 = 31;

    /// A frame has become bad since reset.
    pub const fn valid(self) -> bool {
        self.0 & Self::VALID_MASK != 0
    }
}

impl Register for BadFrame {
    const NAME: &'static str = "BAD_FRAME";
    const OFFSET: u16 = 0x04C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for BadFrame {}

/// Frames in the background lane of the to-be-zeroed queue.
///
/// `QUEUE_LEVEL` at 0x050, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QueueLevel(pub u32);

impl QueueLevel {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for QueueLevel {
    const NAME: &'static str = "QUEUE_LEVEL";
    const OFFSET: u16 = 0x050;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for QueueLevel {}

/// Frames in the urgent lane.
///
/// `URGENT_LEVEL` at 0x054, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct UrgentLevel(pub u32);

impl UrgentLevel {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for UrgentLevel {
    const NAME: &'static str = "URGENT_LEVEL";
    const OFFSET: u16 = 0x054;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for UrgentLevel {}

/// Frames in the zeroed pool.
///
/// `POOL_LEVEL` at 0x058, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PoolLevel(pub u32);

impl PoolLevel {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for PoolLevel {
    const NAME: &'static str = "POOL_LEVEL";
    const OFFSET: u16 = 0x058;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for PoolLevel {}

/// Frames in the engine.
///
/// State zeroing.
///
/// `COUNT_ZEROING` at 0x05C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountZeroing(pub u32);

impl CountZeroing {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountZeroing {
    const NAME: &'static str = "COUNT_ZEROING";
    const OFFSET: u16 = 0x05C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountZeroing {}

/// Dirty frames.
///
/// `COUNT_DIRTY` at 0x060, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountDirty(pub u32);

impl CountDirty {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountDirty {
    const NAME: &'static str = "COUNT_DIRTY";
    const OFFSET: u16 = 0x060;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountDirty {}

/// Held frames.
///
/// `COUNT_HELD` at 0x064, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountHeld(pub u32);

impl CountHeld {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountHeld {
    const NAME: &'static str = "COUNT_HELD";
    const OFFSET: u16 = 0x064;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountHeld {}

/// Bad frames.
///
/// Those that are lost among them.
///
/// `COUNT_BAD` at 0x068, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountBad(pub u32);

impl CountBad {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountBad {
    const NAME: &'static str = "COUNT_BAD";
    const OFFSET: u16 = 0x068;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountBad {}

/// Mapped frames.
///
/// Each is a guest page's, or was and is still being drained.
///
/// `COUNT_MAPPED` at 0x06C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountMapped(pub u32);

impl CountMapped {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountMapped {
    const NAME: &'static str = "COUNT_MAPPED";
    const OFFSET: u16 = 0x06C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountMapped {}

/// Claimed frames.
///
/// `COUNT_CLAIMED` at 0x070, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountClaimed(pub u32);

impl CountClaimed {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountClaimed {
    const NAME: &'static str = "COUNT_CLAIMED";
    const OFFSET: u16 = 0x070;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountClaimed {}

/// Moving frames.
///
/// `COUNT_MOVING` at 0x074, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountMoving(pub u32);

impl CountMoving {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountMoving {
    const NAME: &'static str = "COUNT_MOVING";
    const OFFSET: u16 = 0x074;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountMoving {}

/// Filled frames.
///
/// `COUNT_FILLED` at 0x078, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountFilled(pub u32);

impl CountFilled {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountFilled {
    const NAME: &'static str = "COUNT_FILLED";
    const OFFSET: u16 = 0x078;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountFilled {}

/// Lost frames.
///
/// Frames whose entry in a list had wrong parity, so that nobody knows which they were. They are
/// never used again, and `COUNT_BAD` counts them, too.
///
/// `COUNT_LOST` at 0x07C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CountLost(pub u32);

impl CountLost {
    /// Where `frames` is in the register.
    pub const FRAMES_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `frames`.
    pub const FRAMES_SHIFT: u32 = 0;

    /// Frames.
    pub const fn frames(self) -> u32 {
        self.0
    }
}

impl Register for CountLost {
    const NAME: &'static str = "COUNT_LOST";
    const OFFSET: u16 = 0x07C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CountLost {}

/// Command errors.
///
/// Refused or failed commands since reset; wraps at 2^32.
///
/// `CMD_ERRORS` at 0x080, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CmdErrors(pub u32);

impl CmdErrors {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Commands.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CmdErrors {
    const NAME: &'static str = "CMD_ERRORS";
    const OFFSET: u16 = 0x080;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CmdErrors {}

/// Frames zeroed.
///
/// Frames that entered the zeroed pool since reset; wraps at 2^32.
///
/// `FRAMES_ZEROED` at 0x084, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FramesZeroed(pub u32);

impl FramesZeroed {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Frames.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for FramesZeroed {
    const NAME: &'static str = "FRAMES_ZEROED";
    const OFFSET: u16 = 0x084;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for FramesZeroed {}

/// Frames retried.
///
/// Frames whose first zeroing got a bus error; wraps at 2^32.
///
/// `FRAMES_RETRIED` at 0x088, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FramesRetried(pub u32);

impl FramesRetried {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Frames.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for FramesRetried {
    const NAME: &'static str = "FRAMES_RETRIED";
    const OFFSET: u16 = 0x088;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for FramesRetried {}

/// Stray answers.
///
/// Answers of memory that nobody waited for, dropped, since reset; wraps at 2^32.
///
/// `STRAY_ANSWERS` at 0x08C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StrayAnswers(pub u32);

impl StrayAnswers {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Answers.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for StrayAnswers {
    const NAME: &'static str = "STRAY_ANSWERS";
    const OFFSET: u16 = 0x08C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for StrayAnswers {}

/// Cycles in which a write beat was transferred (LO).
///
/// `CYCLES_BUSY_LO` at 0x0A0, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesBusyLo(pub u32);

impl CyclesBusyLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesBusyLo {
    const NAME: &'static str = "CYCLES_BUSY_LO";
    const OFFSET: u16 = 0x0A0;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesBusyLo {}

/// Cycles in which a write beat was transferred (HI).
///
/// `CYCLES_BUSY_HI` at 0x0A4, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesBusyHi(pub u32);

impl CyclesBusyHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesBusyHi {
    const NAME: &'static str = "CYCLES_BUSY_HI";
    const OFFSET: u16 = 0x0A4;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesBusyHi {}

/// Cycles in which a write beat waited for WREADY (LO).
///
/// `CYCLES_W_STALLED_LO` at 0x0A8, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesWStalledLo(pub u32);

impl CyclesWStalledLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesWStalledLo {
    const NAME: &'static str = "CYCLES_W_STALLED_LO";
    const OFFSET: u16 = 0x0A8;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesWStalledLo {}

/// Cycles in which a write beat waited for WREADY (HI).
///
/// `CYCLES_W_STALLED_HI` at 0x0AC, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesWStalledHi(pub u32);

impl CyclesWStalledHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesWStalledHi {
    const NAME: &'static str = "CYCLES_W_STALLED_HI";
    const OFFSET: u16 = 0x0AC;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesWStalledHi {}

/// Cycles in which no beat was on the bus and a write address waited for AWREADY (LO).
///
/// `CYCLES_AW_STALLED_LO` at 0x0B0, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesAwStalledLo(pub u32);

impl CyclesAwStalledLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesAwStalledLo {
    const NAME: &'static str = "CYCLES_AW_STALLED_LO";
    const OFFSET: u16 = 0x0B0;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesAwStalledLo {}

/// Cycles in which no beat was on the bus and a write address waited for AWREADY (HI).
///
/// `CYCLES_AW_STALLED_HI` at 0x0B4, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesAwStalledHi(pub u32);

impl CyclesAwStalledHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesAwStalledHi {
    const NAME: &'static str = "CYCLES_AW_STALLED_HI";
    const OFFSET: u16 = 0x0B4;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesAwStalledHi {}

/// Cycles in which all beats were sent and a write response was awaited (LO).
///
/// `CYCLES_B_WAIT_LO` at 0x0B8, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesBWaitLo(pub u32);

impl CyclesBWaitLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesBWaitLo {
    const NAME: &'static str = "CYCLES_B_WAIT_LO";
    const OFFSET: u16 = 0x0B8;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesBWaitLo {}

/// Cycles in which all beats were sent and a write response was awaited (HI).
///
/// `CYCLES_B_WAIT_HI` at 0x0BC, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesBWaitHi(pub u32);

impl CyclesBWaitHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesBWaitHi {
    const NAME: &'static str = "CYCLES_B_WAIT_HI";
    const OFFSET: u16 = 0x0BC;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesBWaitHi {}

/// Cycles in which nothing was under way and a frame waited for a token (LO).
///
/// `CYCLES_THROTTLED_LO` at 0x0C0, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesThrottledLo(pub u32);

impl CyclesThrottledLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesThrottledLo {
    const NAME: &'static str = "CYCLES_THROTTLED_LO";
    const OFFSET: u16 = 0x0C0;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesThrottledLo {}

/// Cycles in which nothing was under way and a frame waited for a token (HI).
///
/// `CYCLES_THROTTLED_HI` at 0x0C4, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesThrottledHi(pub u32);

impl CyclesThrottledHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesThrottledHi {
    const NAME: &'static str = "CYCLES_THROTTLED_HI";
    const OFFSET: u16 = 0x0C4;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesThrottledHi {}

/// Cycles in which none of these (LO).
///
/// `CYCLES_IDLE_LO` at 0x0C8, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesIdleLo(pub u32);

impl CyclesIdleLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesIdleLo {
    const NAME: &'static str = "CYCLES_IDLE_LO";
    const OFFSET: u16 = 0x0C8;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesIdleLo {}

/// Cycles in which none of these (HI).
///
/// `CYCLES_IDLE_HI` at 0x0CC, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesIdleHi(pub u32);

impl CyclesIdleHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesIdleHi {
    const NAME: &'static str = "CYCLES_IDLE_HI";
    const OFFSET: u16 = 0x0CC;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesIdleHi {}

/// Cycles in which the node was out of reset: the sum of the other six (LO).
///
/// `CYCLES_TOTAL_LO` at 0x0D0, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesTotalLo(pub u32);

impl CyclesTotalLo {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 31..0.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesTotalLo {
    const NAME: &'static str = "CYCLES_TOTAL_LO";
    const OFFSET: u16 = 0x0D0;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesTotalLo {}

/// Cycles in which the node was out of reset: the sum of the other six (HI).
///
/// `CYCLES_TOTAL_HI` at 0x0D4, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CyclesTotalHi(pub u32);

impl CyclesTotalHi {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bits 63..32.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for CyclesTotalHi {
    const NAME: &'static str = "CYCLES_TOTAL_HI";
    const OFFSET: u16 = 0x0D4;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for CyclesTotalHi {}

bitflags! {
    /// Policy of guest pages.
    ///
    /// `POLICY` at 0x100, read-write, 0xE after reset.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Policy: u32 {
        /// The first read of a dormant page converts it, too; otherwise it is answered with zeros.
        const CONVERT_ON_READ = 1 << 0;
        /// A write of nothing but zeros to a dormant page is acknowledged and dropped; otherwise it
        /// converts the page.
        const ELIDE = 1 << 1;
        /// A resident page that ordinary stores have zeroed as a whole becomes dormant.
        const DETECT = 1 << 2;
        /// Hardware converts pages; otherwise every conversion stalls for firmware.
        const HW_CONVERT = 1 << 3;
    }
}

impl Register for Policy {
    const NAME: &'static str = "POLICY";
    const OFFSET: u16 = 0x100;
    const RESET: u32 = 0xE;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self::from_bits_retain(bits)
    }

    fn bits(self) -> u32 {
        Self::bits(&self)
    }
}

impl ReadRegister for Policy {}

impl WriteRegister for Policy {}

/// Delay of redormanting.
///
/// Time between the last zero store to a page and its redormanting; any other write to the page
/// meanwhile cancels it.
///
/// `REDORMANT_DELAY` at 0x104, read-write, 0x400 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedormantDelay(pub u32);

impl RedormantDelay {
    /// Where `cycles` is in the register.
    pub const CYCLES_MASK: u32 = 0x00FF_FFFF;
    /// Lowest bit of `cycles`.
    pub const CYCLES_SHIFT: u32 = 0;

    /// Cycles.
    pub const fn cycles(self) -> u32 {
        self.0 & Self::CYCLES_MASK
    }

    /// With this cycles. Bits of `cycles` above the lowest 24 are dropped.
    #[must_use]
    pub const fn with_cycles(self, cycles: u32) -> Self {
        Self((self.0 & !Self::CYCLES_MASK) | (cycles & Self::CYCLES_MASK))
    }
}

impl Register for RedormantDelay {
    const NAME: &'static str = "REDORMANT_DELAY";
    const OFFSET: u16 = 0x104;
    const RESET: u32 = 0x400;
    const READABLE: bool = true;
    const WRITABLE: bool = true;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for RedormantDelay {}

impl WriteRegister for RedormantDelay {}

/// Result of the last `QUERY_PAGE`.
///
/// `PAGE` at 0x108, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Page(pub u32);

impl Page {
    /// Where `payload` is in the register.
    pub const PAYLOAD_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `payload`.
    pub const PAYLOAD_SHIFT: u32 = 0;

    /// Real frame number (RESIDENT) or id of the owner, 0 to 255 (AWAY); otherwise without meaning.
    pub const fn payload(self) -> u32 {
        self.0 & Self::PAYLOAD_MASK
    }

    /// Where `state` is in the register.
    pub const STATE_MASK: u32 = 0xC000_0000;
    /// Lowest bit of `state`.
    pub const STATE_SHIFT: u32 = 30;

    /// State of the page.
    ///
    /// # Errors
    /// A value that is no [`PageState`].
    pub fn state(self) -> core::result::Result<PageState, UnknownValue> {
        PageState::try_from((self.0 & Self::STATE_MASK) >> Self::STATE_SHIFT)
    }
}

impl Register for Page {
    const NAME: &'static str = "PAGE";
    const OFFSET: u16 = 0x108;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Page {}

/// Stall at the head of the queue.
///
/// A guest access that waits for firmware. It stays here until RESOLVE names it by bits 4..0.
///
/// `STALL` at 0x10C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stall(pub u32);

impl Stall {
    /// Where `port` is in the register.
    pub const PORT_MASK: u32 = 0xF;
    /// Lowest bit of `port`.
    pub const PORT_SHIFT: u32 = 0;

    /// Its port.
    pub const fn port(self) -> u32 {
        self.0 & Self::PORT_MASK
    }

    /// Where `write` is in the register.
    pub const WRITE_MASK: u32 = 0x10;
    /// Lowest bit of `write`.
    pub const WRITE_SHIFT: u32 = 4;

    /// It is a write.
    pub const fn write(self) -> bool {
        self.0 & Self::WRITE_MASK != 0
    }

    /// Where `kind` is in the register.
    pub const KIND_MASK: u32 = 0x300;
    /// Lowest bit of `kind`.
    pub const KIND_SHIFT: u32 = 8;

    /// Why it waits.
    ///
    /// # Errors
    /// A value that is no [`StallKind`].
    pub fn kind(self) -> core::result::Result<StallKind, UnknownValue> {
        StallKind::try_from((self.0 & Self::KIND_MASK) >> Self::KIND_SHIFT)
    }

    /// Where `valid` is in the register.
    pub const VALID_MASK: u32 = 0x8000_0000;
    /// Lowest bit of `valid`.
    pub const VALID_SHIFT: u32 = 31;

    /// There is one; the other fields have no meaning without.
    pub const fn valid(self) -> bool {
        self.0 & Self::VALID_MASK != 0
    }
}

impl Register for Stall {
    const NAME: &'static str = "STALL";
    const OFFSET: u16 = 0x10C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Stall {}

/// Page of the stall at the head of the queue.
///
/// `STALL_PAGE` at 0x110, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StallPage(pub u32);

impl StallPage {
    /// Where `gfn` is in the register.
    pub const GFN_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `gfn`.
    pub const GFN_SHIFT: u32 = 0;

    /// Guest page number.
    pub const fn gfn(self) -> u32 {
        self.0 & Self::GFN_MASK
    }
}

impl Register for StallPage {
    const NAME: &'static str = "STALL_PAGE";
    const OFFSET: u16 = 0x110;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for StallPage {}

/// Last page whose tag had wrong parity.
///
/// `PARITY_ERRORS` tells how often that was found. Such a page answers like a bad one until MARK
/// gives it a state.
///
/// `PARITY_PAGE` at 0x114, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ParityPage(pub u32);

impl ParityPage {
    /// Where `gfn` is in the register.
    pub const GFN_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `gfn`.
    pub const GFN_SHIFT: u32 = 0;

    /// Guest page number.
    pub const fn gfn(self) -> u32 {
        self.0 & Self::GFN_MASK
    }

    /// Where `valid` is in the register.
    pub const VALID_MASK: u32 = 0x8000_0000;
    /// Lowest bit of `valid`.
    pub const VALID_SHIFT: u32 = 31;

    /// There was one since reset.
    pub const fn valid(self) -> bool {
        self.0 & Self::VALID_MASK != 0
    }
}

impl Register for ParityPage {
    const NAME: &'static str = "PARITY_PAGE";
    const OFFSET: u16 = 0x114;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ParityPage {}

/// Translation misses.
///
/// Guest bursts whose page a port's cache of translations did not have when they came, since
/// reset; wraps at 2^32. Of those that the port refuses none is counted.
///
/// `TRANSLATION_MISSES` at 0x118, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TranslationMisses(pub u32);

impl TranslationMisses {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bursts.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for TranslationMisses {
    const NAME: &'static str = "TRANSLATION_MISSES";
    const OFFSET: u16 = 0x118;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for TranslationMisses {}

/// Owner of the frame of the last QUERY.
///
/// `OWNER` at 0x11C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner(pub u32);

impl Owner {
    /// Where `gfn` is in the register.
    pub const GFN_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `gfn`.
    pub const GFN_SHIFT: u32 = 0;

    /// The page that the frame was mapped to; without meaning when it is not mapped.
    pub const fn gfn(self) -> u32 {
        self.0 & Self::GFN_MASK
    }

    /// Where `damaged` is in the register.
    pub const DAMAGED_MASK: u32 = 0x8000_0000;
    /// Lowest bit of `damaged`.
    pub const DAMAGED_SHIFT: u32 = 31;

    /// The frame's entry of the guard has wrong parity: it takes part in no operation but RETIRE, and
    /// is counted in the state that it had.
    pub const fn damaged(self) -> bool {
        self.0 & Self::DAMAGED_MASK != 0
    }
}

impl Register for Owner {
    const NAME: &'static str = "OWNER";
    const OFFSET: u16 = 0x11C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Owner {}

/// Zero reads.
///
/// Read bursts of dormant pages that were answered with zeros since reset; wraps at 2^32.
///
/// `ZERO_READS` at 0x120, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ZeroReads(pub u32);

impl ZeroReads {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bursts.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for ZeroReads {
    const NAME: &'static str = "ZERO_READS";
    const OFFSET: u16 = 0x120;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ZeroReads {}

/// Elided writes.
///
/// Write bursts to dormant pages that were acknowledged and dropped since reset; wraps at 2^32.
///
/// `ELIDED_WRITES` at 0x124, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ElidedWrites(pub u32);

impl ElidedWrites {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Bursts.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for ElidedWrites {
    const NAME: &'static str = "ELIDED_WRITES";
    const OFFSET: u16 = 0x124;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ElidedWrites {}

/// Fast conversions.
///
/// Pages that got a frame that was in the pool when they asked, since reset; wraps at 2^32.
///
/// `FAST_CONVERSIONS` at 0x128, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FastConversions(pub u32);

impl FastConversions {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Pages.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for FastConversions {
    const NAME: &'static str = "FAST_CONVERSIONS";
    const OFFSET: u16 = 0x128;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for FastConversions {}

/// On-demand conversions.
///
/// Pages that got a frame that had to be zeroed first, since reset; wraps at 2^32.
///
/// `DEMAND_CONVERSIONS` at 0x12C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DemandConversions(pub u32);

impl DemandConversions {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Pages.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for DemandConversions {
    const NAME: &'static str = "DEMAND_CONVERSIONS";
    const OFFSET: u16 = 0x12C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for DemandConversions {}

/// Stalls.
///
/// Guest accesses that waited for firmware since reset; wraps at 2^32.
///
/// `STALLS` at 0x130, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stalls(pub u32);

impl Stalls {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Accesses.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for Stalls {
    const NAME: &'static str = "STALLS";
    const OFFSET: u16 = 0x130;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for Stalls {}

/// Pages redormanted by stores.
///
/// Resident pages that became dormant because ordinary stores had zeroed them, since reset; wraps
/// at 2^32.
///
/// `REDORMANTED_STORES` at 0x134, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedormantedStores(pub u32);

impl RedormantedStores {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Pages.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for RedormantedStores {
    const NAME: &'static str = "REDORMANTED_STORES";
    const OFFSET: u16 = 0x134;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for RedormantedStores {}

/// Pages redormanted by the doorbell.
///
/// Resident pages that `ZERO_PAGE` made dormant since reset; wraps at 2^32.
///
/// `REDORMANTED_DOORBELL` at 0x138, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RedormantedDoorbell(pub u32);

impl RedormantedDoorbell {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Pages.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for RedormantedDoorbell {
    const NAME: &'static str = "REDORMANTED_DOORBELL";
    const OFFSET: u16 = 0x138;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for RedormantedDoorbell {}

/// Parity errors.
///
/// Lookups that found a tag with wrong parity since reset; wraps at 2^32.
///
/// `PARITY_ERRORS` at 0x13C, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ParityErrors(pub u32);

impl ParityErrors {
    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Lookups.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for ParityErrors {
    const NAME: &'static str = "PARITY_ERRORS";
    const OFFSET: u16 = 0x13C;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ParityErrors {}

/// Histogram of the latency of conversions.
///
/// Entry k counts the conversions by hardware that took 2^k to 2^(k+1) - 1 cycles, from the
/// request to the frame; entry 0 also those of no cycle, entry 15 all longer ones. Each wraps at
/// 2^32.
///
/// `CONVERSION_HIST`, 16 registers from 0x140 on, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConversionHist(pub u32);

impl ConversionHist {
    /// Entries of the array; each is 4 bytes behind the one before.
    pub const ENTRIES: u16 = 16;

    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Conversions.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for ConversionHist {
    const NAME: &'static str = "CONVERSION_HIST";
    const OFFSET: u16 = 0x140;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for ConversionHist {}

/// Histogram of the duration of stalls.
///
/// Entry k counts the stalls that lasted 2^k to 2^(k+1) - 1 cycles, from the entry into the queue
/// to their end; entry 0 also those of no cycle, entry 15 all longer ones. Each wraps at 2^32.
///
/// `STALL_HIST`, 16 registers from 0x180 on, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StallHist(pub u32);

impl StallHist {
    /// Entries of the array; each is 4 bytes behind the one before.
    pub const ENTRIES: u16 = 16;

    /// Where `count` is in the register.
    pub const COUNT_MASK: u32 = 0xFFFF_FFFF;
    /// Lowest bit of `count`.
    pub const COUNT_SHIFT: u32 = 0;

    /// Stalls.
    pub const fn count(self) -> u32 {
        self.0
    }
}

impl Register for StallHist {
    const NAME: &'static str = "STALL_HIST";
    const OFFSET: u16 = 0x180;
    const RESET: u32 = 0x0;
    const READABLE: bool = true;
    const WRITABLE: bool = false;

    fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn bits(self) -> u32 {
        self.0
    }
}

impl ReadRegister for StallHist {}

/// Every register, by offset.
pub const REGISTERS: &[RegisterInfo] = &[
    RegisterInfo::of::<Id>(),
    RegisterInfo::of::<Params>(),
    RegisterInfo::of::<RealFrames>(),
    RegisterInfo::of::<QueueDepth>(),
    RegisterInfo::of::<UrgentDepth>(),
    RegisterInfo::of::<PoolDepth>(),
    RegisterInfo::of::<GuestPages>(),
    RegisterInfo::of::<Ports>(),
    RegisterInfo::of::<Control>(),
    RegisterInfo::of::<Throttle>(),
    RegisterInfo::of::<WaterLow>(),
    RegisterInfo::of::<WaterHigh>(),
    RegisterInfo::of::<FrameCmd>(),
    RegisterInfo::of::<PageCmd>(),
    RegisterInfo::of::<Arg>(),
    RegisterInfo::of::<ResultReg>(),
    RegisterInfo::of::<IrqStatus>(),
    RegisterInfo::of::<IrqEnable>(),
    RegisterInfo::of::<Status>(),
    RegisterInfo::of::<BadFrame>(),
    RegisterInfo::of::<QueueLevel>(),
    RegisterInfo::of::<UrgentLevel>(),
    RegisterInfo::of::<PoolLevel>(),
    RegisterInfo::of::<CountZeroing>(),
    RegisterInfo::of::<CountDirty>(),
    RegisterInfo::of::<CountHeld>(),
    RegisterInfo::of::<CountBad>(),
    RegisterInfo::of::<CountMapped>(),
    RegisterInfo::of::<CountClaimed>(),
    RegisterInfo::of::<CountMoving>(),
    RegisterInfo::of::<CountFilled>(),
    RegisterInfo::of::<CountLost>(),
    RegisterInfo::of::<CmdErrors>(),
    RegisterInfo::of::<FramesZeroed>(),
    RegisterInfo::of::<FramesRetried>(),
    RegisterInfo::of::<StrayAnswers>(),
    RegisterInfo::of::<CyclesBusyLo>(),
    RegisterInfo::of::<CyclesBusyHi>(),
    RegisterInfo::of::<CyclesWStalledLo>(),
    RegisterInfo::of::<CyclesWStalledHi>(),
    RegisterInfo::of::<CyclesAwStalledLo>(),
    RegisterInfo::of::<CyclesAwStalledHi>(),
    RegisterInfo::of::<CyclesBWaitLo>(),
    RegisterInfo::of::<CyclesBWaitHi>(),
    RegisterInfo::of::<CyclesThrottledLo>(),
    RegisterInfo::of::<CyclesThrottledHi>(),
    RegisterInfo::of::<CyclesIdleLo>(),
    RegisterInfo::of::<CyclesIdleHi>(),
    RegisterInfo::of::<CyclesTotalLo>(),
    RegisterInfo::of::<CyclesTotalHi>(),
    RegisterInfo::of::<Policy>(),
    RegisterInfo::of::<RedormantDelay>(),
    RegisterInfo::of::<Page>(),
    RegisterInfo::of::<Stall>(),
    RegisterInfo::of::<StallPage>(),
    RegisterInfo::of::<ParityPage>(),
    RegisterInfo::of::<TranslationMisses>(),
    RegisterInfo::of::<Owner>(),
    RegisterInfo::of::<ZeroReads>(),
    RegisterInfo::of::<ElidedWrites>(),
    RegisterInfo::of::<FastConversions>(),
    RegisterInfo::of::<DemandConversions>(),
    RegisterInfo::of::<Stalls>(),
    RegisterInfo::of::<RedormantedStores>(),
    RegisterInfo::of::<RedormantedDoorbell>(),
    RegisterInfo::of::<ParityErrors>(),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[0]", 0x140),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[1]", 0x144),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[2]", 0x148),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[3]", 0x14C),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[4]", 0x150),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[5]", 0x154),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[6]", 0x158),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[7]", 0x15C),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[8]", 0x160),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[9]", 0x164),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[10]", 0x168),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[11]", 0x16C),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[12]", 0x170),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[13]", 0x174),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[14]", 0x178),
    RegisterInfo::at::<ConversionHist>("CONVERSION_HIST[15]", 0x17C),
    RegisterInfo::at::<StallHist>("STALL_HIST[0]", 0x180),
    RegisterInfo::at::<StallHist>("STALL_HIST[1]", 0x184),
    RegisterInfo::at::<StallHist>("STALL_HIST[2]", 0x188),
    RegisterInfo::at::<StallHist>("STALL_HIST[3]", 0x18C),
    RegisterInfo::at::<StallHist>("STALL_HIST[4]", 0x190),
    RegisterInfo::at::<StallHist>("STALL_HIST[5]", 0x194),
    RegisterInfo::at::<StallHist>("STALL_HIST[6]", 0x198),
    RegisterInfo::at::<StallHist>("STALL_HIST[7]", 0x19C),
    RegisterInfo::at::<StallHist>("STALL_HIST[8]", 0x1A0),
    RegisterInfo::at::<StallHist>("STALL_HIST[9]", 0x1A4),
    RegisterInfo::at::<StallHist>("STALL_HIST[10]", 0x1A8),
    RegisterInfo::at::<StallHist>("STALL_HIST[11]", 0x1AC),
    RegisterInfo::at::<StallHist>("STALL_HIST[12]", 0x1B0),
    RegisterInfo::at::<StallHist>("STALL_HIST[13]", 0x1B4),
    RegisterInfo::at::<StallHist>("STALL_HIST[14]", 0x1B8),
    RegisterInfo::at::<StallHist>("STALL_HIST[15]", 0x1BC),
];
