//! Guest pages: the start of a machine, accesses that wait, capacity, the doorbell, and bad tags.

use core::ops::Range;

use dormouse_driver::{
    Bus, BusError, Caches, CommandError, FrameState, Gfn, Irq, Node, NodeId, PageKind, PageMark,
    PageState, Resolution, Rfn, Stall, StallKind,
};

use crate::{
    DoorbellError, GuestPolicy, Hyperkernel, MachineError, ParityPages, Refusal, hyperkernel::End,
};

/// Pages with wrong parity that are remembered by number.
const PARITY_PAGES: usize = 8;
/// Stalls that a port may have waiting: a read and a write.
const STALLS_PER_PORT: u32 = 2;

/// How short frames are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressure {
    /// There are enough.
    #[default]
    Easy,
    /// [`GuestPolicy::tight`] or fewer are left.
    Tight,
    /// None is left: the next conversion stalls.
    Full,
}

/// What guest pages have and may still get, read one register after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Frames mapped, and those that were and are still being drained.
    pub mapped: u32,
    /// Zeroed frames that firmware is about to map.
    pub claimed: u32,
    /// Frames that guest pages may still get, zeroed or not.
    pub left: u32,
    /// What that means.
    pub pressure: Pressure,
}

/// What to do about accesses that the node cannot serve by itself: by moving a page or a vCPU, freeing
/// a frame, or asking somebody. The policy of the pod.
pub trait Rescue<B> {
    /// An access needs a frame, and there is none for guest pages. After `Retry` it stalls again
    /// unless a frame was freed.
    fn no_memory(&mut self, node: &mut Node<B>, stall: &Stall, policy: &GuestPolicy) -> Resolution;

    /// An access is to a page that `owner` has. After `Retry` it stalls again unless the page was
    /// brought here.
    fn away(
        &mut self,
        node: &mut Node<B>,
        stall: &Stall,
        owner: NodeId,
        policy: &GuestPolicy,
    ) -> Resolution;
}

/// Nobody helps: the policy's word is final.
pub(crate) struct NoRescue;

impl<B> Rescue<B> for NoRescue {
    fn no_memory(&mut self, _: &mut Node<B>, _: &Stall, policy: &GuestPolicy) -> Resolution {
        policy.no_memory.into()
    }

    fn away(&mut self, _: &mut Node<B>, _: &Stall, _: NodeId, policy: &GuestPolicy) -> Resolution {
        policy.away.into()
    }
}

/// A machine that is served.
#[derive(Debug)]
pub(crate) struct Guests {
    policy: GuestPolicy,
    parity: ParityPages<PARITY_PAGES>,
    /// The next frame to look at for one that was claimed and never mapped.
    orphans: Option<u32>,
}

/// What became of stalls in one step.
#[derive(Default)]
pub(crate) struct Served {
    pub ended: u32,
    pub waiting: u32,
    /// One waits for the engine, or for a frame to be found.
    pub soon: bool,
}

/// What to do with one stall.
struct Verdict {
    resolution: Resolution,
    /// It is worth to look again at once.
    soon: bool,
}

impl Verdict {
    const RETRY: Self = Self {
        resolution: Resolution::Retry,
        soon: false,
    };
    const SOON: Self = Self {
        resolution: Resolution::Defer,
        soon: true,
    };

    const fn of(resolution: Resolution) -> Self {
        Self {
            resolution,
            soon: false,
        }
    }
}

/// Whether a dirty frame was found for a stall.
enum Fetched {
    /// It is on its way to the pool, ahead of all others.
    Queued,
    /// None among those looked at.
    Searching,
    /// Only spare ones are left.
    Nothing,
}

impl<B: Bus, const BAD: usize> Hyperkernel<B, BAD> {
    // ------------------------------------------------------------------------------------- machine

    /// Starts a machine: all its pages are dormant here if `home` is this node, else away at `home`
    /// (claim 2). From now on [`poll`](Self::poll) serves its stalls. Takes as long for any number of
    /// pages.
    ///
    /// Start it before the first poll: what is in the queue or zeroed already counts for the guest, and
    /// has to be taken back where it is more than [`GuestPolicy::spare`] allows.
    ///
    /// # Errors
    /// [`MachineError`].
    pub fn start_machine(&mut self, home: NodeId, policy: GuestPolicy) -> Result<(), MachineError> {
        let parameters = self.node.parameters();
        policy.check(parameters).map_err(MachineError::Policy)?;
        let mark = if home.0 == parameters.node_id {
            PageMark::Dormant
        } else {
            PageMark::Away(home)
        };
        self.node.mark_all(mark)?;
        self.serve(policy, None)
    }

    /// Takes over a machine that is running, after a reset of the firmware's hart. Frames that were
    /// claimed are found and given back in the next steps, so claim none until
    /// [`Step::more`](crate::Step::more) is clear.
    ///
    /// # Errors
    /// [`MachineError`].
    pub fn resume_machine(&mut self, policy: GuestPolicy) -> Result<(), MachineError> {
        policy
            .check(self.node.parameters())
            .map_err(MachineError::Policy)?;
        self.serve(policy, Some(0))
    }

    fn serve(&mut self, policy: GuestPolicy, orphans: Option<u32>) -> Result<(), MachineError> {
        self.node
            .set_redormant_delay(policy.redormant_delay)
            .map_err(|error| match error {
                dormouse_driver::SettingError::Bus(error) => MachineError::from(error),
                _ => MachineError::Policy(crate::PolicyError::Delay {
                    cycles: policy.redormant_delay,
                }),
            })?;
        self.node.set_policy(policy.hardware)?;
        let irq = self.node.enabled_irq()?;
        self.node
            .enable_irq(irq | Irq::STALL | Irq::PARITY | Irq::DIRTIED)?;
        self.guests = Some(Guests {
            policy,
            parity: ParityPages::new(Gfn(0)),
            orphans,
        });
        Ok(())
    }

    /// The policy of the machine that is served.
    pub fn guest_policy(&self) -> Option<&GuestPolicy> {
        self.guests.as_ref().map(|guests| &guests.policy)
    }

    /// Pages that were found with wrong parity; what was in them is lost. Each is bad until it is
    /// marked. The frame of one that was resident is found and zeroed again in the next steps.
    pub fn parity_pages(&self) -> &[Gfn] {
        self.guests
            .as_ref()
            .map_or(&[], |guests| guests.parity.list())
    }

    /// Pages found with wrong parity, those that are not listed included.
    pub fn parity_count(&self) -> u32 {
        self.guests
            .as_ref()
            .map_or(0, |guests| guests.parity.count())
    }

    // -------------------------------------------------------------------------------------- stalls

    /// Looks at each stalled access once.
    pub(crate) fn serve_stalls(
        &mut self,
        rescue: &mut impl Rescue<B>,
    ) -> Result<Served, CommandError> {
        let mut served = Served::default();
        let Some(policy) = self.guest_policy().copied() else {
            return Ok(served);
        };
        let mut first = None;
        for _ in 0..STALLS_PER_PORT * u32::from(self.node.parameters().ports) {
            let stall = self.node.stall()?;
            let Some(stall) = stall.filter(|_| first.is_none() || stall != first) else {
                break;
            };
            let verdict = self.judge(&stall, &policy, rescue)?;
            match self.node.resolve(&stall, verdict.resolution) {
                Ok(()) => {}
                // Whoever was asked has resolved it already.
                Err(CommandError::NoStall) => continue,
                Err(error) => return Err(error),
            }
            let statistics = &mut self.statistics;
            let count = match verdict.resolution {
                Resolution::Retry => &mut statistics.retried,
                Resolution::Fail => &mut statistics.refused,
                Resolution::Defer => &mut statistics.deferred,
            };
            *count = count.wrapping_add(1);
            if verdict.resolution == Resolution::Defer {
                served.waiting += 1;
                served.soon |= verdict.soon;
                first = first.or(Some(stall));
            } else {
                served.ended += 1;
            }
        }
        Ok(served)
    }

    fn judge(
        &mut self,
        stall: &Stall,
        policy: &GuestPolicy,
        rescue: &mut impl Rescue<B>,
    ) -> Result<Verdict, CommandError> {
        match stall.kind {
            StallKind::NoFrame => self.find_frame(stall, policy, rescue),
            StallKind::ConversionOff => self.convert(stall, policy, rescue),
            StallKind::Away => self.fetch_page(stall, policy, rescue),
        }
    }

    /// Hardware had no frame to convert the page with. It converts it as soon as one is on its way.
    fn find_frame(
        &mut self,
        stall: &Stall,
        policy: &GuestPolicy,
        rescue: &mut impl Rescue<B>,
    ) -> Result<Verdict, CommandError> {
        if self.coming()? {
            return Ok(Verdict::RETRY);
        }
        Ok(match self.fetch_frame(policy)? {
            Fetched::Queued => Verdict::RETRY,
            Fetched::Searching => Verdict::SOON,
            Fetched::Nothing => Verdict::of(rescue.no_memory(&mut self.node, stall, policy)),
        })
    }

    /// Hardware does not convert: claims a frame and maps the page (claims 7 to 12).
    fn convert(
        &mut self,
        stall: &Stall,
        policy: &GuestPolicy,
        rescue: &mut impl Rescue<B>,
    ) -> Result<Verdict, CommandError> {
        match self.node.query_page(stall.gfn)? {
            PageState::Dormant => {}
            // Another access has had it converted, or somebody has changed it.
            PageState::Resident(_) | PageState::Bad => return Ok(Verdict::RETRY),
            PageState::Away(owner) => {
                return Ok(Verdict::of(rescue.away(
                    &mut self.node,
                    stall,
                    owner,
                    policy,
                )));
            }
        }
        if let Some(rfn) = self.claim()? {
            return match self.node.map(stall.gfn, rfn) {
                Ok(()) => {
                    self.statistics.mapped = self.statistics.mapped.wrapping_add(1);
                    Ok(Verdict::RETRY)
                }
                Err(CommandError::Page(_)) => {
                    self.node.give_back(rfn)?;
                    Ok(Verdict::RETRY)
                }
                Err(error) => {
                    // The first failure is the one to report.
                    let _ = self.node.give_back(rfn);
                    Err(error)
                }
            };
        }
        // A frame in the background lane may have to wait for tokens: send one past it, but only one.
        if self.node.levels()?.urgent > 0 || self.node.zeroing()? > 0 {
            return Ok(Verdict::SOON);
        }
        Ok(match self.fetch_frame(policy)? {
            Fetched::Queued | Fetched::Searching => Verdict::SOON,
            Fetched::Nothing if self.coming()? => Verdict::SOON,
            Fetched::Nothing => Verdict::of(rescue.no_memory(&mut self.node, stall, policy)),
        })
    }

    /// Another node has the page, or had it.
    fn fetch_page(
        &mut self,
        stall: &Stall,
        policy: &GuestPolicy,
        rescue: &mut impl Rescue<B>,
    ) -> Result<Verdict, CommandError> {
        Ok(match self.node.query_page(stall.gfn)? {
            PageState::Away(owner) => {
                Verdict::of(rescue.away(&mut self.node, stall, owner, policy))
            }
            _ => Verdict::RETRY,
        })
    }

    /// The oldest zeroed frame, if there is one, for the tag table.
    fn claim(&mut self) -> Result<Option<Rfn>, CommandError> {
        // Asked first, since a command that fails counts as an error in the node.
        if self.node.pool_level()? == 0 {
            return Ok(None);
        }
        match self.node.claim() {
            Ok(rfn) => Ok(Some(rfn)),
            Err(CommandError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has a dirty frame zeroed ahead of all others, if one may be used for guest pages.
    fn fetch_frame(&mut self, policy: &GuestPolicy) -> Result<Fetched, CommandError> {
        if self.node.dirty()? <= policy.spare {
            return Ok(Fetched::Nothing);
        }
        let (_, end) = self.queue_dirty(true, 1, self.limits.step)?;
        Ok(match end {
            // A full lane is full of frames that come.
            End::Done | End::Full => Fetched::Queued,
            End::Limit | End::Nothing => Fetched::Searching,
        })
    }

    /// Whether the pool has a frame, or gets one without further doing.
    fn coming(&mut self) -> Result<bool, BusError> {
        Ok(self.on_the_way(1)?
            && (self.node.enabled()? || self.node.zeroing()? > 0 || self.node.pool_level()? > 0))
    }

    // ------------------------------------------------------------------------------------ capacity

    /// Frames that guest pages never get; none while no machine runs.
    pub(crate) fn spare(&self) -> u32 {
        self.guest_policy().map_or(0, |policy| policy.spare)
    }

    /// What guest pages have and may still get.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn capacity(&mut self) -> Result<Capacity, BusError> {
        let left = self.left()?;
        Ok(Capacity {
            mapped: self.node.mapped()?,
            claimed: self.node.claimed()?,
            left,
            pressure: self.pressure_of(left),
        })
    }

    /// How short frames for guest pages are; always easy while no machine runs.
    ///
    /// # Errors
    /// What the bus answered.
    pub fn pressure(&mut self) -> Result<Pressure, BusError> {
        if self.guests.is_none() {
            return Ok(Pressure::Easy);
        }
        let left = self.left()?;
        Ok(self.pressure_of(left))
    }

    fn pressure_of(&self, left: u32) -> Pressure {
        let tight = self.guest_policy().map_or(0, |policy| policy.tight);
        match left {
            0 => Pressure::Full,
            left if left <= tight => Pressure::Tight,
            _ => Pressure::Easy,
        }
    }

    /// Frames that guest pages may still get.
    fn left(&mut self) -> Result<u32, BusError> {
        // In the order in which frames travel, so that none on its way is missed.
        let fresh = self.node.dirty()?.saturating_sub(self.spare());
        let levels = self.node.levels()?;
        let zeroing = self.node.zeroing()?;
        let parts = [fresh, levels.queue, levels.urgent, zeroing, levels.pool];
        Ok(parts.into_iter().fold(0, u32::saturating_add))
    }

    /// Takes zeroed frames back while fewer than the spare ones are dirty: frames have become bad, or
    /// were zeroed before the machine was started. Returns whether there is more to take.
    pub(crate) fn keep_spare(&mut self) -> Result<bool, CommandError> {
        let spare = self.spare();
        if spare == 0 {
            return Ok(false);
        }
        let missing = spare.saturating_sub(self.node.dirty()?);
        for _ in 0..missing.min(self.limits.step) {
            let Some(rfn) = self.claim()? else {
                return Ok(false);
            };
            self.node.release(rfn)?;
            self.statistics.trimmed = self.statistics.trimmed.wrapping_add(1);
        }
        Ok(missing > self.limits.step)
    }

    /// Gives back frames that were claimed when the firmware's hart was reset. Returns whether there
    /// may be more.
    pub(crate) fn recover_orphans(&mut self) -> Result<bool, CommandError> {
        let frames = self.node.parameters().real_frames;
        let Some(mut next) = self.guests.as_ref().and_then(|guests| guests.orphans) else {
            return Ok(false);
        };
        let mut left = self.node.claimed()?;
        for _ in 0..self.limits.step {
            if left == 0 || next >= frames {
                break;
            }
            if self.node.query(Rfn(next))? == FrameState::Claimed {
                self.node.give_back(Rfn(next))?;
                self.statistics.orphans = self.statistics.orphans.wrapping_add(1);
                left -= 1;
            }
            next += 1;
        }
        let more = left > 0 && next < frames;
        if let Some(guests) = &mut self.guests {
            guests.orphans = more.then_some(next);
        }
        Ok(more)
    }

    // ------------------------------------------------------------------------------------ doorbell

    /// The guest wants these pages zero: they become dormant, and their frames join the to-be-zeroed
    /// queue (claims 14 to 16). One command for each page, with the maintenance of the vCPUs' caches
    /// around it; no vCPU may write to the page meanwhile. Returns how many pages that were.
    ///
    /// # Errors
    /// [`DoorbellError`] for the first page that is refused.
    pub fn doorbell(
        &mut self,
        pages: Range<Gfn>,
        caches: &mut impl Caches,
    ) -> Result<u32, DoorbellError> {
        let mut done = 0;
        for number in pages.start.0..pages.end.0 {
            let gfn = Gfn(number);
            self.zero_page(gfn, caches)
                .map_err(|why| DoorbellError { gfn, done, why })?;
            self.statistics.doorbells = self.statistics.doorbells.wrapping_add(1);
            done += 1;
        }
        Ok(done)
    }

    fn zero_page(&mut self, gfn: Gfn, caches: &mut impl Caches) -> Result<(), Refusal> {
        match self.node.zero_page_cached(gfn, caches) {
            Err(CommandError::Page(PageKind::Away)) => match self.node.query_page(gfn)? {
                PageState::Away(owner) => Err(Refusal::Away(owner)),
                // It came here in between: the guest can ring again.
                _ => Err(CommandError::Page(PageKind::Away).into()),
            },
            Err(CommandError::Page(PageKind::Bad)) => Err(Refusal::Bad),
            result => Ok(result?),
        }
    }

    // -------------------------------------------------------------------------------------- parity

    /// Makes pages with wrong parity bad for good, and remembers them. Returns how many.
    pub(crate) fn look_at_parity(&mut self, irq: Irq) -> Result<u32, CommandError> {
        let mut found = 0;
        if self.guests.is_none() || !irq.contains(Irq::PARITY) {
            return Ok(found);
        }
        let mut last = None;
        for _ in 0..self.limits.step {
            let page = self.node.parity_page()?;
            let Some(gfn) = page.filter(|_| page != last) else {
                break;
            };
            // It may have been marked meanwhile.
            if self.node.query_page(gfn)? == PageState::Bad {
                self.node.mark(gfn, PageMark::Bad)?;
                if let Some(guests) = &mut self.guests {
                    guests.parity.add(gfn);
                }
                self.left_behind = Some(0);
                found += 1;
            }
            // Looking at the tag has raised it again. If another page did, that one is looked at next.
            self.node.clear_irq(Irq::PARITY)?;
            last = Some(gfn);
        }
        Ok(found)
    }
}
