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
    /// Byte offset from the node's base address.
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
        Self {
            name: R::NAME,
            offset: R::OFFSET,
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

/// Values of `CMD.op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Op {
    /// dirty or held -> queued, behind the others.
    Queue = 1,
    /// dirty or held -> queued, in the urgent lane.
    QueueUrgent = 2,
    /// Oldest frame of the zeroed pool -> held; `RESULT.value` is its number.
    Take = 3,
    /// dirty -> held: firmware keeps the frame for itself.
    Hold = 4,
    /// held -> dirty.
    Release = 5,
    /// dirty or held -> bad.
    Retire = 6,
    /// `RESULT.value` is the state of the frame.
    Query = 7,
}

impl TryFrom<u32> for Op {
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
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<Op> for u32 {
    fn from(value: Op) -> Self {
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
    /// Frame number at or above `REAL_FRAMES`.
    Range = 2,
    /// The frame's state does not allow the operation; `RESULT.value` is that state.
    State = 3,
    /// The queue or lane is full.
    Full = 4,
    /// The zeroed pool is empty.
    Empty = 5,
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
    /// Never to be used.
    Bad = 6,
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
            _ => return Err(UnknownValue(value)),
        })
    }
}

impl From<FrameState> for u32 {
    fn from(value: FrameState) -> Self {
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

/// Command.
///
/// Writing it starts one command; `RESULT` tells how it ended. A write while `RESULT.busy` is set
/// is refused: it changes nothing, counts as a command error and sets `IRQ_STATUS.cmd_refused`.
///
/// `CMD` at 0x030, write-only, 0x0 after reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cmd(pub u32);

impl Cmd {
    /// Where `frame` is in the register.
    pub const FRAME_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `frame`.
    pub const FRAME_SHIFT: u32 = 0;

    /// Real frame number; ignored by TAKE.
    pub const fn frame(self) -> u32 {
        self.0 & Self::FRAME_MASK
    }

    /// With this frame. Bits of `frame` above the lowest 28 are dropped.
    #[must_use]
    pub const fn with_frame(self, frame: u32) -> Self {
        Self((self.0 & !Self::FRAME_MASK) | (frame & Self::FRAME_MASK))
    }

    /// Where `op` is in the register.
    pub const OP_MASK: u32 = 0xF000_0000;
    /// Lowest bit of `op`.
    pub const OP_SHIFT: u32 = 28;

    /// Operation.
    ///
    /// # Errors
    /// A value that is no [`Op`].
    pub fn op(self) -> core::result::Result<Op, UnknownValue> {
        Op::try_from((self.0 & Self::OP_MASK) >> Self::OP_SHIFT)
    }

    /// With this op.
    #[must_use]
    pub const fn with_op(self, op: Op) -> Self {
        Self((self.0 & !Self::OP_MASK) | ((op as u32) << Self::OP_SHIFT))
    }
}

impl Register for Cmd {
    const NAME: &'static str = "CMD";
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

impl WriteRegister for Cmd {}

/// Result of the last command.
///
/// `RESULT` at 0x034, read-only, driven by hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ResultReg(pub u32);

impl ResultReg {
    /// Where `value` is in the register.
    pub const VALUE_MASK: u32 = 0x0FFF_FFFF;
    /// Lowest bit of `value`.
    pub const VALUE_SHIFT: u32 = 0;

    /// Frame number (TAKE) or frame state (QUERY, code STATE).
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
    const OFFSET: u16 = 0x034;
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
    /// Status.
    ///
    /// One bit for each part that may be busy.
    ///
    /// `STATUS` at 0x038, read-only, driven by hardware.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Status: u32 {
        /// Every frame has been marked dirty after reset.
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
    }
}

impl Register for Status {
    const NAME: &'static str = "STATUS";
    const OFFSET: u16 = 0x038;
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

/// Last frame that became bad.
///
/// `COUNT_BAD` tells how many there are; firmware that sees it grow by more than one finds the
/// others with `CMD` QUERY.
///
/// `BAD_FRAME` at 0x048, read-only, driven by hardware.
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
    const OFFSET: u16 = 0x048;
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

/// Every register, by offset.
pub const REGISTERS: &[RegisterInfo] = &[
    RegisterInfo::of::<Id>(),
    RegisterInfo::of::<Params>(),
    RegisterInfo::of::<RealFrames>(),
    RegisterInfo::of::<QueueDepth>(),
    RegisterInfo::of::<UrgentDepth>(),
    RegisterInfo::of::<PoolDepth>(),
    RegisterInfo::of::<Control>(),
    RegisterInfo::of::<Throttle>(),
    RegisterInfo::of::<WaterLow>(),
    RegisterInfo::of::<WaterHigh>(),
    RegisterInfo::of::<Cmd>(),
    RegisterInfo::of::<ResultReg>(),
    RegisterInfo::of::<Status>(),
    RegisterInfo::of::<IrqStatus>(),
    RegisterInfo::of::<IrqEnable>(),
    RegisterInfo::of::<BadFrame>(),
    RegisterInfo::of::<QueueLevel>(),
    RegisterInfo::of::<UrgentLevel>(),
    RegisterInfo::of::<PoolLevel>(),
    RegisterInfo::of::<CountZeroing>(),
    RegisterInfo::of::<CountDirty>(),
    RegisterInfo::of::<CountHeld>(),
    RegisterInfo::of::<CountBad>(),
    RegisterInfo::of::<CmdErrors>(),
    RegisterInfo::of::<FramesZeroed>(),
    RegisterInfo::of::<FramesRetried>(),
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
];
