//! The calls.

use crate::regs::{self, Arg, Code, FrameOp, PageOp, ReadRegister, Register, WriteRegister};
use crate::{
    AuditError, Bus, BusError, CommandError, FrameList, FrameRangeError, FrameState, Gfn, Irq,
    PageKind, PageState, ProbeError, ReadyError, Rfn, SettingError, Status,
};

/// "DORM".
const MAGIC: u32 = 0x444F_524D;
/// Frame and page numbers have 28 bits in the commands and their argument.
const NUMBERS: u32 = 1 << 28;
/// Reads of RESULT for each poll that a command is worth, where it waits for accesses of guests.
const DRAIN: u32 = 64;
/// Reads of RESULT for each frame of a range.
const RANGE: u32 = 16;
/// Tries to read a 64-bit counter whose upper half keeps moving. It moves once in 2^32 cycles.
const COUNTER_TRIES: u32 = 4;

/// What the node was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Node id within the pod.
    pub node_id: u8,
    /// Write bursts that may be outstanding.
    pub max_outstanding: u8,
    /// Width of the memory port in bits, 32 to 512.
    pub data_width: u16,
    /// log2 of the page size in bytes, 12 to 21.
    pub page_shift: u8,
    /// Real frames, 2 to 2^28.
    pub real_frames: u32,
    /// Frames that the background lane of the to-be-zeroed queue holds.
    pub queue_depth: u32,
    /// Frames that its urgent lane holds.
    pub urgent_depth: u32,
    /// Frames that the zeroed pool holds.
    pub pool_depth: u32,
    /// Guest pages, 2 to 2^28.
    pub guest_pages: u32,
    /// Ports for vCPUs, 1 to 4.
    pub ports: u8,
    /// Pages whose zeroing by ordinary stores can be followed at the same time, 1 to 8.
    pub trackers: u8,
}

impl Parameters {
    /// Bytes in a page and in a frame.
    pub const fn page_bytes(&self) -> u32 {
        1 << self.page_shift
    }

    /// Cycles that the sweep after reset takes at most: one for each frame or page, whichever are more.
    pub const fn sweep_cycles(&self) -> u32 {
        let most = if self.real_frames > self.guest_pages {
            self.real_frames
        } else {
            self.guest_pages
        };
        most.saturating_add(64)
    }

    /// Real physical address of a frame's first byte.
    pub const fn address(&self, rfn: Rfn) -> u64 {
        (rfn.0 as u64) << self.page_shift
    }

    /// Guest physical address of a page's first byte.
    pub const fn guest_address(&self, gfn: Gfn) -> u64 {
        (gfn.0 as u64) << self.page_shift
    }

    /// The page that a guest physical address lies in, if the node has it.
    pub const fn page_of(&self, address: u64) -> Option<Gfn> {
        let number = address >> self.page_shift;
        if number < self.guest_pages as u64 {
            Some(Gfn(number as u32))
        } else {
            None
        }
    }
}

/// Token bucket of background zeroing; one token pays for one burst, urgent frames pay nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Cycles between two tokens; 0: no cap, 1 counts as 2.
    pub interval: u16,
    /// Tokens that may be saved up, 1 to 15.
    pub depth: u8,
}

impl Throttle {
    /// As fast as memory takes it.
    pub const OFF: Self = Self {
        interval: 0,
        depth: 1,
    };
}

/// When background zeroing starts and stops, by the frames that are zeroed or in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaterMarks {
    /// It starts at or below this many frames.
    pub low: u32,
    /// It stops at or above this many frames; above `low`, and no more than the pool holds.
    pub high: u32,
}

impl WaterMarks {
    /// Checks the marks against each other and against the node's pool.
    ///
    /// # Errors
    /// A [`SettingError`] that says what contradicts what.
    pub const fn check(&self, parameters: &Parameters) -> Result<(), SettingError> {
        let Self { low, high } = *self;
        let pool_depth = parameters.pool_depth;
        if low > high {
            return Err(SettingError::LowAboveHigh { low, high });
        }
        if low == high {
            return Err(SettingError::NoHysteresis { mark: low });
        }
        if high > pool_depth {
            return Err(SettingError::HighAbovePool { high, pool_depth });
        }
        Ok(())
    }
}

/// Frames in the three lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// To-be-zeroed queue, background lane (claim 3).
    pub queue: u32,
    /// To-be-zeroed queue, urgent lane.
    pub urgent: u32,
    /// Zeroed pool (claim 5).
    pub pool: u32,
}

/// Frames in each state, read one register after the other: see [`Node::audit`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Contents unknown.
    pub dirty: u32,
    /// In the to-be-zeroed queue, both lanes.
    pub queued: u32,
    /// In the engine.
    pub zeroing: u32,
    /// In the zeroed pool.
    pub zeroed: u32,
    /// Firmware's own, and what firmware took.
    pub held: u32,
    /// Never to be used.
    pub bad: u32,
    /// Mapped to a guest page, or still being drained after that.
    pub mapped: u32,
    /// Zeroed, and given to firmware to be mapped.
    pub claimed: u32,
    /// A page's contents are being written into them.
    pub moving: u32,
    /// Hold the whole contents of a page, to be adopted by one.
    pub filled: u32,
}

/// What the guard knows of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Its state; bad when its entry has wrong parity.
    pub state: FrameState,
    /// The page that it was mapped to, while it is mapped.
    pub owner: Option<Gfn>,
    /// Its entry of the guard has wrong parity. It can be [retired](Node::retire) unless it is in a list or mapped,
    /// and nothing else; a mapped one becomes bad when its page lets it go.
    pub damaged: bool,
}

/// What a command does; each kind has its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Frame(FrameOp),
    Page(PageOp),
}

impl From<FrameOp> for Op {
    fn from(op: FrameOp) -> Self {
        Self::Frame(op)
    }
}

impl From<PageOp> for Op {
    fn from(op: PageOp) -> Self {
        Self::Page(op)
    }
}

impl FrameCounts {
    /// Frames counted. Equals [`Parameters::real_frames`] when no frame moved during the reads.
    pub fn sum(&self) -> u64 {
        [
            self.dirty,
            self.queued,
            self.zeroing,
            self.zeroed,
            self.held,
            self.bad,
            self.mapped,
            self.claimed,
            self.moving,
            self.filled,
        ]
        .iter()
        .map(|&count| u64::from(count))
        .sum()
    }
}

/// Where the engine's cycles went: every cycle since reset is in exactly one of the first six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cycles {
    /// A write beat was transferred.
    pub busy: u64,
    /// A write beat waited for WREADY.
    pub w_stalled: u64,
    /// No beat was on the bus, and a write address waited for AWREADY.
    pub aw_stalled: u64,
    /// All beats were sent, and a write response was awaited.
    pub b_wait: u64,
    /// Nothing was under way, and a frame waited for a token.
    pub throttled: u64,
    /// None of these.
    pub idle: u64,
    /// Cycles since reset when the first of the others was read.
    pub total: u64,
    /// Cycles since reset when the last of the others had been read.
    pub total_after: u64,
}

impl Cycles {
    /// The six parts together.
    pub const fn sum(&self) -> u64 {
        self.busy
            .wrapping_add(self.w_stalled)
            .wrapping_add(self.aw_stalled)
            .wrapping_add(self.b_wait)
            .wrapping_add(self.throttled)
            .wrapping_add(self.idle)
    }

    /// Whether the parts can be a partition of the total. The registers cannot be read at once, so
    /// the sum lies between the totals before and after.
    pub const fn consistent(&self) -> bool {
        self.total <= self.sum() && self.sum() <= self.total_after
    }
}

/// One node, found by [`Node::probe`].
#[derive(Debug)]
pub struct Node<B> {
    bus: B,
    parameters: Parameters,
    polls: u32,
}

impl<B: Bus> Node<B> {
    /// Reads of RESULT before a command counts as lost. One or two are normal; a command on a frame
    /// that the sweep after reset has not reached takes up to a cycle for each real frame.
    pub const DEFAULT_POLLS: u32 = 64;

    /// Looks for a node behind `bus` and reads its parameters. Changes nothing.
    ///
    /// # Errors
    /// [`ProbeError`]; the bus is dropped, so probe with `&mut bus` to keep it.
    pub fn probe(mut bus: B) -> Result<Self, ProbeError> {
        let id = read::<regs::Id, B>(&mut bus)?.bits();
        if id != MAGIC {
            return Err(ProbeError::NotDormouse { id });
        }
        let params = read::<regs::Params, B>(&mut bus)?;
        let data_shift = params.data_shift();
        let page_shift = params.page_shift();
        if !(5..=9).contains(&data_shift) || !(12..=21).contains(&page_shift) {
            return Err(illegal(params));
        }
        let guest_pages = read::<regs::GuestPages, B>(&mut bus)?;
        if !(2..=NUMBERS).contains(&guest_pages.pages()) {
            return Err(illegal(guest_pages));
        }
        let ports = read::<regs::Ports, B>(&mut bus)?;
        if !(1..=4).contains(&ports.ports()) {
            return Err(illegal(ports));
        }
        Ok(Self {
            parameters: Parameters {
                node_id: params.node_id() as u8,
                max_outstanding: params.max_outstanding() as u8,
                data_width: 1 << data_shift,
                page_shift: page_shift as u8,
                real_frames: frames_of::<regs::RealFrames, B>(&mut bus)?,
                queue_depth: frames_of::<regs::QueueDepth, B>(&mut bus)?,
                urgent_depth: frames_of::<regs::UrgentDepth, B>(&mut bus)?,
                pool_depth: frames_of::<regs::PoolDepth, B>(&mut bus)?,
                guest_pages: guest_pages.pages(),
                ports: ports.ports() as u8,
                trackers: ports.trackers() as u8,
            },
            bus,
            polls: Self::DEFAULT_POLLS,
        })
    }

    /// What the node was built with.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Reads of RESULT before a command counts as lost; at least 1.
    pub const fn set_polls(&mut self, polls: u32) {
        self.polls = if polls == 0 { 1 } else { polls };
    }

    /// The bus, to reach what this driver does not know.
    pub const fn bus(&mut self) -> &mut B {
        &mut self.bus
    }

    /// Gives the bus back; the node goes on with what it was told.
    pub fn release_bus(self) -> B {
        self.bus
    }

    // ------------------------------------------------------------------------------------- control

    /// Lets the engine take frames, urgent and background, from the to-be-zeroed queue (claim 4).
    ///
    /// # Errors
    /// What the bus answered.
    pub fn enable(&mut self) -> Result<(), BusError> {
        self.write(regs::Control::ENABLE)
    }

    /// The engine finishes the frames that it has and takes no more.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn disable(&mut self) -> Result<(), BusError> {
        self.write(regs::Control::empty())
    }

    /// Whether the engine may take frames.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn enabled(&mut self) -> Result<bool, BusError> {
        Ok(self
            .read::<regs::Control>()?
            .contains(regs::Control::ENABLE))
    }

    /// Caps the bandwidth of background zeroing.
    ///
    /// # Errors
    /// [`SettingError::Depth`] or [`SettingError::Bus`].
    pub fn set_throttle(&mut self, throttle: Throttle) -> Result<(), SettingError> {
        if !(1..=15).contains(&throttle.depth) {
            return Err(SettingError::Depth {
                depth: throttle.depth,
            });
        }
        let value = regs::Throttle::default()
            .with_interval(throttle.interval.into())
            .with_depth(throttle.depth.into());
        Ok(self.write(value)?)
    }

    /// The cap of background zeroing.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn throttle(&mut self) -> Result<Throttle, BusError> {
        let value = self.read::<regs::Throttle>()?;
        Ok(Throttle {
            interval: value.interval() as u16,
            depth: value.depth() as u8,
        })
    }

    /// Sets both water marks, in an order that never leaves low above high in the node.
    ///
    /// # Errors
    /// A [`SettingError`] that says what contradicts what.
    pub fn set_water_marks(&mut self, marks: WaterMarks) -> Result<(), SettingError> {
        marks.check(&self.parameters)?;
        let WaterMarks { low, high } = marks;
        if self.read::<regs::WaterHigh>()?.frames() < low {
            self.write(regs::WaterHigh::default().with_frames(high))?;
            self.write(regs::WaterLow::default().with_frames(low))?;
        } else {
            self.write(regs::WaterLow::default().with_frames(low))?;
            self.write(regs::WaterHigh::default().with_frames(high))?;
        }
        Ok(())
    }

    /// The water marks. After reset: 0 and 2^28 - 1.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn water_marks(&mut self) -> Result<WaterMarks, BusError> {
        Ok(WaterMarks {
            low: self.read::<regs::WaterLow>()?.frames(),
            high: self.read::<regs::WaterHigh>()?.frames(),
        })
    }

    // ------------------------------------------------------------------------------------ commands

    /// Puts a dirty, held or claimed frame at the end of the to-be-zeroed queue (claims 3 and 16).
    ///
    /// # Errors
    /// [`CommandError`], usually `State` (queued twice), `Full` or `Range`.
    pub fn queue(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Queue, rfn.0).map(drop)
    }

    /// Puts `count` frames, from `first` on, at the end of the to-be-zeroed queue, with one command. Each
    /// must be dirty, held or claimed.
    ///
    /// # Errors
    /// [`FrameRangeError`], which says how many were queued before one was refused: usually `State`,
    /// `Full`, or `Range`, which is found before anything is queued. After `Timeout` it is still under
    /// way.
    pub fn queue_range(&mut self, first: Rfn, count: u32) -> Result<(), FrameRangeError> {
        let failed = |queued, error| FrameRangeError {
            rfn: Rfn(first.0.saturating_add(queued)),
            queued,
            error,
        };
        if count > Arg::VALUE_MASK {
            return Err(failed(0, CommandError::Range));
        }
        let arg = Arg::default().with_value(count);
        self.start(FrameOp::QueueRange, first.0, Some(arg))
            .map_err(|error| failed(0, error))?;
        let polls = self.polls.saturating_add(count.saturating_mul(RANGE));
        let result = self.ended(polls).map_err(|error| failed(0, error))?;
        let queued = result.value().wrapping_sub(first.0).min(count);
        let error = match result.code() {
            Ok(Code::Ok) => return Ok(()),
            // In place of the state, the result tells the frame.
            Ok(Code::State) => match self.query(Rfn(result.value())) {
                Ok(state) => CommandError::State(state),
                Err(error) => error,
            },
            Ok(Code::Range) => return Err(failed(0, CommandError::Range)),
            _ => match value_of(FrameOp::QueueRange.into(), result) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            },
        };
        Err(failed(queued, error))
    }

    /// Has a dirty, held or claimed frame zeroed ahead of the others (claims 6 and 12).
    ///
    /// # Errors
    /// [`CommandError`], usually `State`, `Full` (the urgent lane) or `Range`.
    pub fn queue_urgent(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::QueueUrgent, rfn.0).map(drop)
    }

    /// Takes the oldest frame out of the zeroed pool; it is held from then on (claims 8 to 10).
    ///
    /// # Errors
    /// [`CommandError`], usually `Empty`.
    pub fn take(&mut self) -> Result<Rfn, CommandError> {
        self.command(FrameOp::Take, 0).map(Rfn)
    }

    /// Keeps a dirty, claimed, moving or filled frame for firmware itself.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn hold(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Hold, rfn.0).map(drop)
    }

    /// Gives a held, claimed, moving or filled frame back: it is dirty from then on, and in no list.
    /// Nobody may still write to it.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn release(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Release, rfn.0).map(drop)
    }

    /// Marks a dirty, held, claimed, moving or filled frame bad, for good.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn retire(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Retire, rfn.0).map(drop)
    }

    /// Sets a claimed or held frame apart for a page's contents, which are to be written into it.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn reserve(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Reserve, rfn.0).map(drop)
    }

    /// Vouches for a [reserved](Self::reserve) frame: it holds the whole contents of a page, every byte of
    /// which came, was checked, and was written with the answer OKAY. A page can
    /// [adopt](Self::adopt) it now.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn fill(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Fill, rfn.0).map(drop)
    }

    /// The state of a frame.
    ///
    /// # Errors
    /// [`CommandError`], usually `Range`.
    pub fn query(&mut self, rfn: Rfn) -> Result<FrameState, CommandError> {
        let value = self.command(FrameOp::Query, rfn.0)?;
        FrameState::try_from(value).map_err(|_| CommandError::Malformed { result: value })
    }

    /// The state of a frame, and the page that it is mapped to.
    ///
    /// # Errors
    /// [`CommandError`], usually `Range`.
    pub fn query_frame(&mut self, rfn: Rfn) -> Result<FrameInfo, CommandError> {
        let state = self.query(rfn)?;
        let owner = self.read::<regs::Owner>()?;
        Ok(FrameInfo {
            state,
            owner: (state == FrameState::Mapped).then_some(Gfn(owner.gfn())),
            damaged: owner.damaged(),
        })
    }

    /// Takes back a mapped frame that its page does not name any more, because the page's tag had wrong parity. It
    /// is held from then on, and every access that was let through to it is answered. Returns the page; if its tag
    /// still has wrong parity, the page is bad for good now.
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (the page is resident in this very frame), `State` (not mapped) or
    /// `Range`. After `Timeout` it is still under way.
    pub fn reclaim(&mut self, rfn: Rfn) -> Result<Gfn, CommandError> {
        self.start(FrameOp::Reclaim, rfn.0, None)?;
        self.finish_drain(FrameOp::Reclaim).map(Gfn)
    }

    /// Whether a frame is mapped and its page does not name it any more: what [`reclaim`](Self::reclaim) is for.
    ///
    /// # Errors
    /// [`CommandError`], usually `Range`.
    pub fn is_orphan(&mut self, rfn: Rfn) -> Result<bool, CommandError> {
        let Some(owner) = self.query_frame(rfn)?.owner else {
            return Ok(false);
        };
        Ok(self.query_page(owner)? != PageState::Resident(rfn))
    }

    /// For tests: gives the frame's entry of the guard wrong parity.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` (the frame is in a list) or `Range`.
    pub fn poison_frame(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        self.command(FrameOp::Poison, rfn.0).map(drop)
    }

    /// For tests: the next entry that a list takes gets wrong parity.
    ///
    /// # Errors
    /// [`CommandError`].
    pub fn poison_list(&mut self, list: FrameList) -> Result<(), CommandError> {
        self.command(FrameOp::PoisonList, list.into()).map(drop)
    }

    /// One command, from a free RESULT to the next; returns `RESULT.value`.
    pub(crate) fn command(&mut self, op: impl Into<Op>, target: u32) -> Result<u32, CommandError> {
        let op = op.into();
        self.start(op, target, None)?;
        self.finish(op, self.polls)
    }

    /// As [`Self::command`], with an argument.
    pub(crate) fn command_with(
        &mut self,
        op: impl Into<Op>,
        target: u32,
        arg: Arg,
    ) -> Result<u32, CommandError> {
        let op = op.into();
        self.start(op, target, Some(arg))?;
        self.finish(op, self.polls)
    }

    /// The end of a command that was [started](Self::start) and waits for accesses of guests.
    pub(crate) fn finish_drain(&mut self, op: impl Into<Op>) -> Result<u32, CommandError> {
        self.finish(op.into(), self.polls.saturating_mul(DRAIN))
    }

    /// Writes a command, with its argument if it has one, when none is under way.
    pub(crate) fn start(
        &mut self,
        op: impl Into<Op>,
        target: u32,
        arg: Option<Arg>,
    ) -> Result<(), CommandError> {
        // It would not fit into the register and name something else there.
        if target >= NUMBERS {
            return Err(CommandError::Range);
        }
        let polls = self.polls;
        self.poll_result(polls)?
            .ok_or(CommandError::Busy { polls })?;
        if let Some(arg) = arg {
            self.write(arg)?;
        }
        match op.into() {
            Op::Frame(op) => {
                self.write(regs::FrameCmd::default().with_op(op).with_target(target))?;
            }
            Op::Page(op) => {
                self.write(regs::PageCmd::default().with_op(op).with_target(target))?;
            }
        }
        Ok(())
    }

    /// Waits for the command that was written, and returns `RESULT.value`.
    fn finish(&mut self, op: Op, polls: u32) -> Result<u32, CommandError> {
        let result = self.ended(polls)?;
        value_of(op, result)
    }

    /// RESULT, when the command that was written has ended.
    fn ended(&mut self, polls: u32) -> Result<regs::ResultReg, CommandError> {
        self.poll_result(polls)?
            .ok_or(CommandError::Timeout { polls })
    }

    /// Reads RESULT until no command is under way; `None` when the polls are used up.
    fn poll_result(&mut self, polls: u32) -> Result<Option<regs::ResultReg>, BusError> {
        for _ in 0..polls {
            let result = self.read::<regs::ResultReg>()?;
            if !result.busy() {
                return Ok(Some(result));
            }
        }
        Ok(None)
    }

    // -------------------------------------------------------------------------- status, interrupts

    /// One bit for each part that may be busy.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn status(&mut self) -> Result<Status, BusError> {
        self.read()
    }

    /// Waits until the sweep after reset is over, which takes up to
    /// [`sweep_cycles`](Parameters::sweep_cycles); a read takes at least one.
    ///
    /// # Errors
    /// [`ReadyError`] after `polls` reads of STATUS, or when one fails.
    pub fn wait_ready(&mut self, polls: u32) -> Result<(), ReadyError> {
        for _ in 0..polls {
            if self.status()?.contains(Status::READY) {
                return Ok(());
            }
        }
        Err(ReadyError::Timeout { polls })
    }

    /// Interrupts that have happened since they were cleared, enabled or not.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn irq(&mut self) -> Result<Irq, BusError> {
        Ok(self.read::<regs::IrqStatus>()?.0)
    }

    /// Clears the interrupts named, and no others.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn clear_irq(&mut self, irq: Irq) -> Result<(), BusError> {
        self.write(regs::IrqStatus(irq))
    }

    /// Sets which interrupts drive the interrupt line; all others do not.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn enable_irq(&mut self, irq: Irq) -> Result<(), BusError> {
        self.write(regs::IrqEnable(irq))
    }

    /// Which interrupts drive the interrupt line.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn enabled_irq(&mut self) -> Result<Irq, BusError> {
        Ok(self.read::<regs::IrqEnable>()?.0)
    }

    // ------------------------------------------------------------------------------------- counts

    /// Frames in the queue's two lanes and in the pool.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn levels(&mut self) -> Result<Levels, BusError> {
        Ok(Levels {
            queue: self.queue_level()?,
            urgent: frames_of::<regs::UrgentLevel, B>(&mut self.bus)?,
            pool: self.pool_level()?,
        })
    }

    /// Frames in the background lane of the to-be-zeroed queue.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn queue_level(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::QueueLevel, B>(&mut self.bus)
    }

    /// Frames in the zeroed pool.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn pool_level(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::PoolLevel, B>(&mut self.bus)
    }

    /// Frames in the engine.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn zeroing(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountZeroing, B>(&mut self.bus)
    }

    /// Dirty frames.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn dirty(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountDirty, B>(&mut self.bus)
    }

    /// Bad frames.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn bad(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountBad, B>(&mut self.bus)
    }

    /// Frames mapped to guest pages, and those that were and are still being drained.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn mapped(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountMapped, B>(&mut self.bus)
    }

    /// Frames that were [claimed](Self::claim) and not yet mapped.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn claimed(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountClaimed, B>(&mut self.bus)
    }

    /// Frames that were [reserved](Self::reserve) and are not filled yet.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn moving(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountMoving, B>(&mut self.bus)
    }

    /// Frames that were [filled](Self::fill) and not yet adopted.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn filled(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountFilled, B>(&mut self.bus)
    }

    /// Frames whose entry in a list had wrong parity, so that nobody knows which they were; [`bad`](Self::bad)
    /// counts them, too.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn lost(&mut self) -> Result<u32, BusError> {
        frames_of::<regs::CountLost, B>(&mut self.bus)
    }

    /// Frames in each state. While engine or guests run, frames move between the reads.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn frame_counts(&mut self) -> Result<FrameCounts, BusError> {
        let Levels {
            queue,
            urgent,
            pool,
        } = self.levels()?;
        Ok(FrameCounts {
            dirty: self.dirty()?,
            queued: queue.saturating_add(urgent),
            zeroing: self.zeroing()?,
            zeroed: pool,
            held: frames_of::<regs::CountHeld, B>(&mut self.bus)?,
            bad: self.bad()?,
            mapped: self.mapped()?,
            claimed: self.claimed()?,
            moving: self.moving()?,
            filled: self.filled()?,
        })
    }

    /// Checks that no frame was lost or doubled: takes up to `tries` snapshots (at least one) until
    /// one sums to the real frames.
    ///
    /// # Errors
    /// [`AuditError::Sum`] when none did, or a bus error.
    pub fn audit(&mut self, tries: u32) -> Result<FrameCounts, AuditError> {
        let frames = self.parameters.real_frames;
        let mut counted = 0;
        for _ in 0..tries.max(1) {
            let counts = self.frame_counts()?;
            counted = counts.sum();
            if counted == u64::from(frames) {
                return Ok(counts);
            }
        }
        Err(AuditError::Sum { counted, frames })
    }

    /// The frame that became bad last because memory refused its zeroes twice, if one did.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn last_bad(&mut self) -> Result<Option<Rfn>, BusError> {
        let last = self.read::<regs::BadFrame>()?;
        Ok(last.valid().then_some(Rfn(last.frame())))
    }

    /// Refused or failed commands since reset; wraps at 2^32.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn command_errors(&mut self) -> Result<u32, BusError> {
        Ok(self.read::<regs::CmdErrors>()?.bits())
    }

    /// Frames that entered the zeroed pool since reset (claim 5); wraps at 2^32.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn frames_zeroed(&mut self) -> Result<u32, BusError> {
        Ok(self.read::<regs::FramesZeroed>()?.bits())
    }

    /// Frames whose first zeroing got a bus error; wraps at 2^32.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn frames_retried(&mut self) -> Result<u32, BusError> {
        Ok(self.read::<regs::FramesRetried>()?.bits())
    }

    /// Where the engine's cycles went.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn cycles(&mut self) -> Result<Cycles, BusError> {
        let mut cycles = Cycles {
            total: self.counter::<regs::CyclesTotalLo, regs::CyclesTotalHi>()?,
            ..Cycles::default()
        };
        cycles.busy = self.counter::<regs::CyclesBusyLo, regs::CyclesBusyHi>()?;
        cycles.w_stalled = self.counter::<regs::CyclesWStalledLo, regs::CyclesWStalledHi>()?;
        cycles.aw_stalled = self.counter::<regs::CyclesAwStalledLo, regs::CyclesAwStalledHi>()?;
        cycles.b_wait = self.counter::<regs::CyclesBWaitLo, regs::CyclesBWaitHi>()?;
        cycles.throttled = self.counter::<regs::CyclesThrottledLo, regs::CyclesThrottledHi>()?;
        cycles.idle = self.counter::<regs::CyclesIdleLo, regs::CyclesIdleHi>()?;
        cycles.total_after = self.counter::<regs::CyclesTotalLo, regs::CyclesTotalHi>()?;
        Ok(cycles)
    }

    /// Cycles since reset.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn total_cycles(&mut self) -> Result<u64, BusError> {
        self.counter::<regs::CyclesTotalLo, regs::CyclesTotalHi>()
    }

    /// A 64-bit counter: HI, LO, HI until both HI agree. A HI that never settles is a bus that lies.
    fn counter<Lo: ReadRegister, Hi: ReadRegister>(&mut self) -> Result<u64, BusError> {
        let mut before = self.read::<Hi>()?.bits();
        for _ in 0..COUNTER_TRIES {
            let low = self.read::<Lo>()?.bits();
            let after = self.read::<Hi>()?.bits();
            if before == after {
                return Ok(u64::from(after) << 32 | u64::from(low));
            }
            before = after;
        }
        Err(BusError::Timeout)
    }

    pub(crate) fn read<R: ReadRegister>(&mut self) -> Result<R, BusError> {
        read::<R, B>(&mut self.bus)
    }

    pub(crate) fn write<R: WriteRegister>(&mut self, register: R) -> Result<(), BusError> {
        self.bus.write(R::OFFSET, register.bits())
    }
}

/// `RESULT.value` of a command that did its work.
fn value_of(op: Op, result: regs::ResultReg) -> Result<u32, CommandError> {
    let malformed = CommandError::Malformed {
        result: result.bits(),
    };
    let value = result.value();
    match result.code().map_err(|_| malformed)? {
        Code::Ok => Ok(value),
        Code::BadOp => Err(CommandError::BadOp),
        Code::Range => Err(CommandError::Range),
        Code::State => {
            let state = FrameState::try_from(value).map_err(|_| malformed)?;
            Err(CommandError::State(state))
        }
        Code::Full => Err(CommandError::Full),
        Code::Empty if op == Op::Page(PageOp::Resolve) => Err(CommandError::NoStall),
        Code::Empty => Err(CommandError::Empty),
        Code::Busy => Err(CommandError::Scrubbing),
        Code::Page => {
            let state = PageKind::try_from(value).map_err(|_| malformed)?;
            Err(CommandError::Page(state))
        }
    }
}

fn read<R: ReadRegister, B: Bus>(bus: &mut B) -> Result<R, BusError> {
    bus.read(R::OFFSET).map(R::from_bits)
}

/// A parameter register that reads what no node can be built with.
fn illegal<R: Register>(register: R) -> ProbeError {
    ProbeError::Parameter {
        register: R::NAME,
        value: register.bits(),
    }
}

/// A register that is one number of frames.
fn frames_of<R: ReadRegister, B: Bus>(bus: &mut B) -> Result<u32, BusError> {
    read::<R, B>(bus).map(R::bits)
}
