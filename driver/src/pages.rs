//! Guest pages: their states, stalls, policy and counters.

use core::ops::Range;

use crate::regs::{self, Arg, FrameOp, MarkKind, PageOp, Register, Resolve};
use crate::{
    Bus, BusError, CommandError, Gfn, Node, NodeId, PageKind, Policy, Port, RangeError, Rfn,
    SettingError, StallKind,
};

/// Most cycles that the register of the delay holds.
const MOST_DELAY: u32 = regs::RedormantDelay::CYCLES_MASK;

/// The state of a guest page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageState {
    /// Reads as zero, owns no frame.
    Dormant,
    /// Mapped to this frame.
    Resident(Rfn),
    /// Owned by this node.
    Away(NodeId),
    /// Every access gets SLVERR.
    Bad,
}

impl PageState {
    /// The state without frame or owner.
    pub const fn kind(self) -> PageKind {
        match self {
            Self::Dormant => PageKind::Dormant,
            Self::Resident(_) => PageKind::Resident,
            Self::Away(_) => PageKind::Away,
            Self::Bad => PageKind::Bad,
        }
    }
}

/// What to make of a page that has no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageMark {
    /// It reads as zero, owns no frame, and belongs to this node.
    Dormant,
    /// It belongs to this node of the pod.
    Away(NodeId),
    /// Every access gets SLVERR.
    Bad,
    /// For tests: its tag gets wrong parity, so that the next access meets a parity error. Done to a
    /// page in any state; the frame of a resident page stays mapped until it is
    /// [reclaimed](Node::reclaim).
    Poison,
}

impl From<PageMark> for Arg {
    fn from(mark: PageMark) -> Self {
        let arg = Self::default();
        match mark {
            PageMark::Dormant => arg.with_kind(MarkKind::Dormant),
            PageMark::Away(node) => arg.with_kind(MarkKind::Away).with_value(node.0.into()),
            PageMark::Bad => arg.with_kind(MarkKind::Bad),
            PageMark::Poison => arg.with_kind(MarkKind::Poison),
        }
    }
}

/// A guest access that waits for firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stall {
    /// The page that it is to.
    pub gfn: Gfn,
    /// Whose it is.
    pub port: Port,
    /// A write; else a read. A port may have one of each waiting.
    pub write: bool,
    /// Why it waits.
    pub kind: StallKind,
}

/// What becomes of a stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// The access starts over with the page's present state; it may stall again.
    Retry,
    /// The access gets SLVERR and has no effect.
    Fail,
    /// The stall goes to the end of the queue; the access waits on.
    Defer,
}

impl From<Resolution> for Resolve {
    fn from(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Retry => Self::Retry,
            Resolution::Fail => Self::Fail,
            Resolution::Defer => Self::Defer,
        }
    }
}

/// What the gate, conversions and redormanting have done since reset; each wraps at 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateCounters {
    /// Read bursts of dormant pages that were answered with zeros.
    pub zero_reads: u32,
    /// Write bursts of nothing but zeros to dormant pages that were acknowledged and dropped.
    pub elided_writes: u32,
    /// Bursts whose page a port's cache of translations did not have when they came.
    pub translation_misses: u32,
    /// Pages that got a frame that was in the pool when they asked.
    pub fast_conversions: u32,
    /// Pages that got a frame that had to be zeroed first.
    pub demand_conversions: u32,
    /// Accesses that waited for firmware.
    pub stalls: u32,
    /// Resident pages that became dormant because ordinary stores had zeroed them.
    pub redormanted_stores: u32,
    /// Resident pages that the doorbell made dormant.
    pub redormanted_doorbell: u32,
    /// Lookups that found a tag with wrong parity.
    pub parity_errors: u32,
}

/// Latencies by powers of two. Each entry wraps at 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Entry k counts those of 2^k to 2^(k+1) - 1 cycles, entry 0 also those of none, the last one
    /// all longer ones.
    pub bins: [u32; Self::BINS],
}

impl Histogram {
    /// Entries.
    pub const BINS: usize = regs::ConversionHist::ENTRIES as usize;

    /// The entry that counts latencies of this many cycles.
    pub fn bin(cycles: u64) -> usize {
        (cycles.max(1).ilog2() as usize).min(Self::BINS - 1)
    }

    /// The shortest latency, in cycles, that an entry counts.
    pub const fn shortest(bin: usize) -> u64 {
        if bin == 0 { 0 } else { 1 << bin }
    }

    /// All entries together.
    pub fn total(&self) -> u64 {
        self.bins.iter().map(|&count| u64::from(count)).sum()
    }
}

/// The caches between the vCPUs and the node's ports, for [`Node::zero_page_cached`].
pub trait Caches {
    /// Drops what the caches hold of this page without writing it to memory.
    fn discard(&mut self, gfn: Gfn);
}

/// For vCPUs without caches, or with caches that other means keep coherent.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCaches;

impl Caches for NoCaches {
    fn discard(&mut self, _gfn: Gfn) {}
}

impl<B: Bus> Node<B> {
    // --------------------------------------------------------------------------------------- pages

    /// Takes the oldest frame out of the zeroed pool, to [map](Self::map) it. A claimed frame that is
    /// not needed can be [queued](Self::queue), [released](Self::release) or [held](Self::hold).
    ///
    /// # Errors
    /// [`CommandError`], usually `Empty`.
    pub fn claim(&mut self) -> Result<Rfn, CommandError> {
        self.command(FrameOp::Claim, 0).map(Rfn)
    }

    /// Makes a dormant page resident in a claimed frame (claim 7).
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (not dormant), `State` (the frame is not claimed) or `Range`.
    pub fn map(&mut self, gfn: Gfn, rfn: Rfn) -> Result<(), CommandError> {
        // It would not fit into the register and name another frame there.
        if rfn.0 > Arg::VALUE_MASK {
            return Err(CommandError::Range);
        }
        let arg = Arg::default().with_value(rfn.0);
        self.command_with(PageOp::Map, gfn.0, arg).map(drop)
    }

    /// Makes a page that is away or dormant resident in a [filled](Self::fill) frame, whose contents are the
    /// page's from then on. In one step: an access sees the page as it was before, or with its contents.
    ///
    /// An access that waits because the page was away has to be sent on with
    /// [`resolve`](Self::resolve) afterwards.
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (resident or bad), `State` (the frame is not filled) or `Range`.
    pub fn adopt(&mut self, gfn: Gfn, rfn: Rfn) -> Result<(), CommandError> {
        if rfn.0 > Arg::VALUE_MASK {
            return Err(CommandError::Range);
        }
        let arg = Arg::default().with_value(rfn.0);
        self.command_with(PageOp::Adopt, gfn.0, arg).map(drop)
    }

    /// Gives a resident page to another node: from now on it is away there. Its frame, with the
    /// page's contents, is held, and every access that was let through before is answered.
    ///
    /// What caches hold of the page must have been written back before, and no vCPU of this node may
    /// write to it in between.
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (not resident) or `Range`. After `Timeout` it is still under
    /// way, and accesses are not all answered: wait on with [`unmapped`](Self::unmapped).
    pub fn unmap(&mut self, gfn: Gfn, node: NodeId) -> Result<Rfn, CommandError> {
        let arg = Arg::default().with_value(node.0.into());
        self.start(PageOp::Unmap, gfn.0, Some(arg))?;
        self.unmapped()
    }

    /// The frame of an [`unmap`](Self::unmap) that ended in `Timeout`, before any other command.
    ///
    /// # Errors
    /// [`CommandError`] of the unmap.
    pub fn unmapped(&mut self) -> Result<Rfn, CommandError> {
        self.finish_drain(PageOp::Unmap).map(Rfn)
    }

    /// The doorbell: the page is zero from now on, and dormant. Its frame, if it has one, goes to the
    /// to-be-zeroed queue when every access that was let through before is answered (claims 14 to
    /// 16); when the queue is full, it becomes dirty and raises [`Irq::DIRTIED`](crate::Irq::DIRTIED).
    ///
    /// To the caches of the vCPUs this is what DMA is, and their maintenance is the caller's. Dirty
    /// lines of the page must be gone before, or their later write-back brings old contents into the
    /// zeroed page; and lines that were fetched before the call ended must be dropped after it.
    /// [`zero_page_cached`](Self::zero_page_cached) does both.
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (away or bad) or `Range`. After `Timeout` it is still under
    /// way: it waits until the frame of a page before is free of accesses.
    pub fn zero_page(&mut self, gfn: Gfn) -> Result<(), CommandError> {
        self.start(PageOp::ZeroPage, gfn.0, None)?;
        self.finish_drain(PageOp::ZeroPage).map(drop)
    }

    /// [`zero_page`](Self::zero_page) with the maintenance of the vCPUs' caches around it. While it
    /// runs, no vCPU may write to the page: such a write may be lost.
    ///
    /// # Errors
    /// As [`zero_page`](Self::zero_page). When the page is away or bad, nothing that was cached of it
    /// is worth keeping.
    pub fn zero_page_cached(
        &mut self,
        gfn: Gfn,
        caches: &mut impl Caches,
    ) -> Result<(), CommandError> {
        caches.discard(gfn);
        let result = self.zero_page(gfn);
        caches.discard(gfn);
        result
    }

    /// Gives a page without a frame another state.
    ///
    /// # Errors
    /// [`CommandError`], usually `Page` (resident: [unmap](Self::unmap) or
    /// [zero](Self::zero_page) it first) or `Range`.
    pub fn mark(&mut self, gfn: Gfn, mark: PageMark) -> Result<(), CommandError> {
        self.command_with(PageOp::Mark, gfn.0, mark.into())
            .map(drop)
    }

    /// Gives all pages the same state in a few cycles, however many there are. Dormant or away only.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` (a frame is mapped: its page has contents), `Scrubbing`
    /// (three others not long ago), or `Range` for the other marks.
    pub fn mark_all(&mut self, mark: PageMark) -> Result<(), CommandError> {
        self.command_with(PageOp::MarkAll, 0, mark.into()).map(drop)
    }

    /// The state of a page.
    ///
    /// # Errors
    /// [`CommandError`], usually `Range`.
    pub fn query_page(&mut self, gfn: Gfn) -> Result<PageState, CommandError> {
        self.command(PageOp::QueryPage, gfn.0)?;
        let page = self.read::<regs::Page>()?;
        let payload = page.payload();
        Ok(match page.state() {
            Ok(PageKind::Dormant) => PageState::Dormant,
            Ok(PageKind::Resident) => PageState::Resident(Rfn(payload)),
            Ok(PageKind::Away) => PageState::Away(NodeId(payload as u8)),
            Ok(PageKind::Bad) => PageState::Bad,
            Err(_) => {
                return Err(CommandError::Malformed {
                    result: page.bits(),
                });
            }
        })
    }

    // ------------------------------------------------------------------------------ ranges of pages

    /// Gives each page of the range, none of which may have a frame, another state. Returns how many
    /// pages that were.
    ///
    /// # Errors
    /// [`RangeError`] for the first page that fails, as [`mark`](Self::mark) does.
    pub fn mark_range(&mut self, pages: Range<Gfn>, mark: PageMark) -> Result<u32, RangeError> {
        self.each(pages, |node, gfn| node.mark(gfn, mark))
    }

    /// Gives each page of the range, all of which must be dormant, a frame of the zeroed pool.
    /// Returns how many pages that were.
    ///
    /// # Errors
    /// [`RangeError`] for the first page that fails: as [`claim`](Self::claim), or as
    /// [`map`](Self::map) with the frame given back.
    pub fn map_range(&mut self, pages: Range<Gfn>) -> Result<u32, RangeError> {
        self.each(pages, |node, gfn| {
            let rfn = node.claim()?;
            node.map(gfn, rfn).inspect_err(|_| {
                // The first failure is the one to report.
                let _ = node.give_back(rfn);
            })
        })
    }

    /// Gives each page of the range, all of which must be resident, to another node, and hands each
    /// frame to `taken`. Returns how many pages that were.
    ///
    /// # Errors
    /// [`RangeError`] for the first page that fails, as [`unmap`](Self::unmap) does.
    pub fn unmap_range(
        &mut self,
        pages: Range<Gfn>,
        node: NodeId,
        mut taken: impl FnMut(Gfn, Rfn),
    ) -> Result<u32, RangeError> {
        self.each(pages, |this, gfn| {
            taken(gfn, this.unmap(gfn, node)?);
            Ok(())
        })
    }

    /// The doorbell for each page of the range. Returns how many pages that were.
    ///
    /// # Errors
    /// [`RangeError`] for the first page that fails, as [`zero_page`](Self::zero_page) does.
    pub fn zero_range(&mut self, pages: Range<Gfn>) -> Result<u32, RangeError> {
        self.each(pages, Self::zero_page)
    }

    /// Hands the state of each page of the range to `seen`. Returns how many pages that were.
    ///
    /// # Errors
    /// [`RangeError`] for the first page that fails, as [`query_page`](Self::query_page) does.
    pub fn query_range(
        &mut self,
        pages: Range<Gfn>,
        mut seen: impl FnMut(Gfn, PageState),
    ) -> Result<u32, RangeError> {
        self.each(pages, |node, gfn| {
            seen(gfn, node.query_page(gfn)?);
            Ok(())
        })
    }

    /// Puts a claimed frame back: it is zeroed again, at once or later.
    ///
    /// # Errors
    /// [`CommandError`], usually `State` or `Range`.
    pub fn give_back(&mut self, rfn: Rfn) -> Result<(), CommandError> {
        match self.queue(rfn) {
            Err(CommandError::Full) => self.release(rfn),
            result => result,
        }
    }

    fn each(
        &mut self,
        pages: Range<Gfn>,
        mut step: impl FnMut(&mut Self, Gfn) -> Result<(), CommandError>,
    ) -> Result<u32, RangeError> {
        let mut done = 0;
        for number in pages.start.0..pages.end.0 {
            let gfn = Gfn(number);
            step(self, gfn).map_err(|error| RangeError { gfn, done, error })?;
            done += 1;
        }
        Ok(done)
    }

    // -------------------------------------------------------------------------------------- stalls

    /// The guest access that waits for firmware longest. It stays until it is
    /// [resolved](Self::resolve), and the others wait behind it.
    ///
    /// # Errors
    /// [`CommandError::Bus`], or `Malformed` for a kind that does not exist.
    pub fn stall(&mut self) -> Result<Option<Stall>, CommandError> {
        let stall = self.read::<regs::Stall>()?;
        if !stall.valid() {
            return Ok(None);
        }
        let kind = stall.kind().map_err(|_| CommandError::Malformed {
            result: stall.bits(),
        })?;
        let gfn = Gfn(self.read::<regs::StallPage>()?.gfn());
        Ok(Some(Stall {
            gfn,
            port: Port(stall.port() as u8),
            write: stall.write(),
            kind,
        }))
    }

    /// Ends the wait of the stall at the head of the queue.
    ///
    /// # Errors
    /// [`CommandError`], usually `NoStall`: another one is at the head, or none.
    pub fn resolve(&mut self, stall: &Stall, resolution: Resolution) -> Result<(), CommandError> {
        // A port with more than four bits would name something else in the register.
        if stall.port.0 > 0xF {
            return Err(CommandError::NoStall);
        }
        let action = u32::from(Resolve::from(resolution));
        let target = u32::from(stall.port.0) | u32::from(stall.write) << 4 | action << 8;
        self.command(PageOp::Resolve, target).map(drop)
    }

    // -------------------------------------------------------------------------------------- policy

    /// What hardware does by itself. After reset: elide, detect and convert.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn policy(&mut self) -> Result<Policy, BusError> {
        self.read()
    }

    /// Sets what hardware does by itself, from the next access on.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn set_policy(&mut self, policy: Policy) -> Result<(), BusError> {
        self.write(policy)
    }

    /// Cycles between the last zero store to a page and its redormanting. After reset: 1024.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn redormant_delay(&mut self) -> Result<u32, BusError> {
        Ok(self.read::<regs::RedormantDelay>()?.cycles())
    }

    /// Sets the cycles between the last zero store to a page and its redormanting: a write to the
    /// page within that time cancels it, so a longer delay means less thrash.
    ///
    /// # Errors
    /// [`SettingError::Delay`] above 2^24 - 1, or [`SettingError::Bus`].
    pub fn set_redormant_delay(&mut self, cycles: u32) -> Result<(), SettingError> {
        if cycles > MOST_DELAY {
            return Err(SettingError::Delay { cycles });
        }
        Ok(self.write(regs::RedormantDelay::default().with_cycles(cycles))?)
    }

    // ------------------------------------------------------------------------------------ counters

    /// What the gate, conversions and redormanting have done. Guests go on between the reads.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn gate_counters(&mut self) -> Result<GateCounters, BusError> {
        Ok(GateCounters {
            zero_reads: self.read::<regs::ZeroReads>()?.count(),
            elided_writes: self.read::<regs::ElidedWrites>()?.count(),
            translation_misses: self.read::<regs::TranslationMisses>()?.count(),
            fast_conversions: self.read::<regs::FastConversions>()?.count(),
            demand_conversions: self.read::<regs::DemandConversions>()?.count(),
            stalls: self.read::<regs::Stalls>()?.count(),
            redormanted_stores: self.read::<regs::RedormantedStores>()?.count(),
            redormanted_doorbell: self.read::<regs::RedormantedDoorbell>()?.count(),
            parity_errors: self.parity_errors()?,
        })
    }

    /// Lookups that found a tag with wrong parity since reset; wraps at 2^32.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn parity_errors(&mut self) -> Result<u32, BusError> {
        Ok(self.read::<regs::ParityErrors>()?.count())
    }

    /// The page whose tag was last found with wrong parity, if one was. It is bad until it is
    /// [marked](Self::mark).
    ///
    /// # Errors
    /// What the bus answered.
    pub fn parity_page(&mut self) -> Result<Option<Gfn>, BusError> {
        let page = self.read::<regs::ParityPage>()?;
        Ok(page.valid().then_some(Gfn(page.gfn())))
    }

    /// How long conversions by hardware took, from the request to the frame.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn conversion_histogram(&mut self) -> Result<Histogram, BusError> {
        self.histogram(regs::ConversionHist::OFFSET)
    }

    /// How long stalls lasted, from the entry into the queue to their end.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn stall_histogram(&mut self) -> Result<Histogram, BusError> {
        self.histogram(regs::StallHist::OFFSET)
    }

    fn histogram(&mut self, first: u16) -> Result<Histogram, BusError> {
        let mut histogram = Histogram::default();
        for (offset, bin) in (first..).step_by(4).zip(&mut histogram.bins) {
            *bin = self.bus().read(offset)?;
        }
        Ok(histogram)
    }
}
