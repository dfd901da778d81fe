//! The policy at work.

use dormouse_driver::{Bus, BusError, CommandError, FrameRangeError, FrameState, Irq, Node, Rfn};

use crate::{
    AllocateError, BadFrames, FreeError, HoldError, Limits, PolicyError, PoolPolicy, Pressure,
    Rescue, StartError,
    guests::{Guests, NoRescue},
};

/// Ranges of own frames that are remembered.
const RANGES: usize = 4;
/// Frames that one allocation sends to the engine at most, should each of them turn out bad.
const ATTEMPTS: u32 = 3;
/// Reads of the pool's level between two looks at whether the engine still has work.
const LEVEL_READS: u32 = 16;

/// What happened since the start; each wraps at 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames handed out that were in the zeroed pool (claims 8 to 10).
    pub from_pool: u32,
    /// Frames handed out that had to be zeroed on demand (claims 6, 11 and 12).
    pub on_demand: u32,
    /// Allocations that failed.
    pub failed: u32,
    /// Frames freed to the to-be-zeroed queue (claim 16).
    pub freed: u32,
    /// Frames freed while the queue was full: dirty, queued later.
    pub freed_dirty: u32,
    /// Dirty frames put into the background lane.
    pub queued: u32,
    /// Dirty frames put into the urgent lane.
    pub queued_urgent: u32,
    /// Frames passed over because their state was not dirty.
    pub skipped: u32,
    /// Times that feeding stopped because the queue had its backlog.
    pub queue_full: u32,
    /// Register reads spent on waiting for the engine.
    pub waits: u32,
    /// Calls of [`Hyperkernel::on_interrupt`].
    pub interrupts: u32,
    /// Searches through all frames for bad ones.
    pub scans: u32,
    /// Stalled accesses that were sent on.
    pub retried: u32,
    /// Stalled accesses that failed.
    pub refused: u32,
    /// Times that a stalled access was looked at and had to wait on.
    pub deferred: u32,
    /// Pages that firmware mapped, because hardware conversion was off.
    pub mapped: u32,
    /// Pages that the doorbell zeroed.
    pub doorbells: u32,
    /// Zeroed frames that became spare ones.
    pub trimmed: u32,
    /// Claimed frames that a reset of the firmware's hart had left behind.
    pub orphans: u32,
    /// Mapped frames that their pages did not name any more, because a tag had wrong parity.
    pub reclaimed: u32,
    /// Frames retired because their entry of the guard had wrong parity.
    pub damaged: u32,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Interrupts that were up and are cleared now.
    pub irq: Irq,
    /// Frames put into the queue.
    pub queued: u32,
    /// Bad frames found.
    pub bad: u32,
    /// Stalled accesses that were sent on or failed.
    pub stalls: u32,
    /// Stalled accesses that wait on.
    pub waiting: u32,
    /// Pages found with wrong parity, which are bad now.
    pub parity: u32,
    /// What is left for guest pages.
    pub pressure: Pressure,
    /// There is more to do: call again soon. When accesses wait for something that no interrupt tells,
    /// such as a frame that a guest gives back, `waiting` alone is set: call again now and then.
    pub more: bool,
}

/// Why looking for dirty frames ended.
pub(crate) enum End {
    /// As many as wanted are queued.
    Done,
    /// The queue or lane is full.
    Full,
    /// Looked at as many frames as allowed.
    Limit,
    /// There is none.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    first: u32,
    end: u32,
}

/// The pool policy of one node; remembers up to `BAD` bad frames by number.
#[derive(Debug)]
pub struct Hyperkernel<B, const BAD: usize = 32> {
    pub(crate) node: Node<B>,
    policy: PoolPolicy,
    pub(crate) limits: Limits,
    /// The next frame to look at for work.
    cursor: u32,
    /// Frames at and behind the cursor are dirty since reset, unless they are held.
    fresh: bool,
    /// The queue had its backlog, and half of that is not gone yet.
    full: bool,
    held: [Range; RANGES],
    /// From the cursor up to here no frame lies in an own range.
    clear: u32,
    bad: BadFrames<BAD>,
    /// `COUNT_BAD` may have grown.
    bad_news: bool,
    /// The next frame of a search for bad frames, while one is under way.
    scan: Option<u32>,
    /// The next frame of a search for those that wrong parity has left behind, while one is under way.
    pub(crate) left_behind: Option<u32>,
    pub(crate) guests: Option<Guests>,
    pub(crate) statistics: Statistics,
}

impl<B: Bus, const BAD: usize> Hyperkernel<B, BAD> {
    /// Waits for the node's sweep after reset, sets its water marks, enables its interrupts and the
    /// engine. No frame is queued yet: first [hold](Self::hold_range) what must not be zeroed.
    ///
    /// It may take over a node that is running, after a reset of the firmware's hart.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        mut node: Node<B>,
        policy: PoolPolicy,
        limits: Limits,
    ) -> Result<Self, StartError> {
        policy
            .check(node.parameters())
            .map_err(StartError::Policy)?;
        let frames = node.parameters().real_frames;
        node.wait_ready(node.parameters().sweep_cycles())
            .map_err(StartError::Ready)?;
        node.set_water_marks(policy.marks())
            .map_err(|error| match error {
                dormouse_driver::SettingError::Bus(error) => StartError::Bus(error),
                error => StartError::Policy(PolicyError::Marks(error)),
            })?;
        let fresh = node.dirty()? == frames;
        node.clear_irq(Irq::all())?;
        node.enable_irq(
            Irq::POOL_LOW | Irq::POOL_HIGH | Irq::BAD_FRAME | Irq::QUEUE_EMPTY | Irq::FRAME_PARITY,
        )?;
        node.enable()?;
        Ok(Self {
            node,
            policy,
            limits,
            cursor: 0,
            fresh,
            full: false,
            held: [Range { first: 0, end: 0 }; RANGES],
            clear: 0,
            bad: BadFrames::new(Rfn(0)),
            bad_news: true,
            scan: None,
            left_behind: None,
            guests: None,
            statistics: Statistics::default(),
        })
    }

    /// The node, for what the policy does not cover. Queueing and taking frames behind the policy's
    /// back is safe, only not counted.
    pub const fn node(&mut self) -> &mut Node<B> {
        &mut self.node
    }

    /// Gives the node back as it is.
    pub fn stop(self) -> Node<B> {
        self.node
    }

    /// What happened since the start.
    pub const fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The bad frames found so far. While [`Step::more`] is set there may be others.
    pub const fn bad_frames(&self) -> &BadFrames<BAD> {
        &self.bad
    }

    /// Keeps frames for firmware itself, such as those that its image lies in.
    ///
    /// # Errors
    /// [`HoldError`]; no frame of the range is held then, unless giving them back failed too.
    pub fn hold_range(&mut self, first: Rfn, count: u32) -> Result<(), HoldError> {
        let frames = self.node.parameters().real_frames;
        let end = first.0.checked_add(count).ok_or(HoldError::Range)?;
        if count == 0 || end > frames {
            return Err(HoldError::Range);
        }
        let place = self.held.iter().position(|range| range.first == range.end);
        let place = place.ok_or(HoldError::TooMany { ranges: RANGES })?;
        for rfn in first.0..end {
            if let Err(error) = self.node.hold(Rfn(rfn)) {
                for held in first.0..rfn {
                    // The first failure is the one to report.
                    let _ = self.node.release(Rfn(held));
                }
                return Err(HoldError::Frame {
                    rfn: Rfn(rfn),
                    error,
                });
            }
        }
        if let Some(range) = self.held.get_mut(place) {
            *range = Range {
                first: first.0,
                end,
            };
        }
        Ok(())
    }

    /// One bounded step: clears and serves what the node reports, above all stalled accesses, feeds
    /// its queue, looks for bad frames. What the node cannot serve by itself ends or waits as the
    /// [`GuestPolicy`](crate::GuestPolicy) says.
    ///
    /// # Errors
    /// A command or register access that failed; the next call tries again.
    pub fn poll(&mut self) -> Result<Step, CommandError> {
        self.poll_with(&mut NoRescue)
    }

    /// As [`poll`](Self::poll), and asks `rescue` about accesses that the node cannot serve by itself.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn poll_with(&mut self, rescue: &mut impl Rescue<B>) -> Result<Step, CommandError> {
        let irq = self.node.irq()?;
        if !irq.is_empty() {
            // First cleared, then served: what happens meanwhile raises it again.
            self.node.clear_irq(irq)?;
        }
        if irq.contains(Irq::BAD_FRAME) {
            self.bad_news = true;
        }
        if irq.contains(Irq::FRAME_PARITY) {
            self.bad_news = true;
            self.left_behind = Some(0);
        }
        // Vcpus wait for this, and for nothing else.
        let served = self.serve_stalls(rescue)?;
        let parity = self.look_at_parity(irq)?;
        let bad = self.look_for_bad()?;
        let trimming = self.keep_spare()?;
        let (queued, hungry) = self.feed()?;
        let recovering = self.recover_orphans()? | self.recover_left_behind()?;
        let pressure = self.pressure()?;
        let more =
            served.soon || hungry || trimming || recovering || self.bad_news || self.scan.is_some();
        Ok(Step {
            irq,
            queued,
            bad,
            stalls: served.ended,
            waiting: served.waiting,
            parity,
            pressure,
            more,
        })
    }

    /// As [`poll`](Self::poll), for when the node's interrupt is up.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn on_interrupt(&mut self) -> Result<Step, CommandError> {
        self.on_interrupt_with(&mut NoRescue)
    }

    /// As [`poll_with`](Self::poll_with), for when the node's interrupt is up.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn on_interrupt_with(&mut self, rescue: &mut impl Rescue<B>) -> Result<Step, CommandError> {
        self.statistics.interrupts = self.statistics.interrupts.wrapping_add(1);
        self.poll_with(rescue)
    }

    /// Feeds the to-be-zeroed queue with dirty frames (claim 3) until it has its
    /// [backlog](Limits::backlog), none but the spare ones is left, or [`Limits::step`] is reached. Returns the frames queued.
    ///
    /// # Errors
    /// A command or register access that failed.
    pub fn fill(&mut self) -> Result<u32, CommandError> {
        self.feed().map(|(queued, _)| queued)
    }

    // ------------------------------------------------------------------------------- allocation

    /// A frame that reads as zero, for an ordinary use. The frame is held until it is
    /// [freed](Self::free).
    ///
    /// Takes it from the zeroed pool (claims 8 to 10). If only the reserve is left there, has a dirty
    /// frame zeroed ahead of all others and waits for it (claims 6, 11 and 12).
    ///
    /// # Errors
    /// [`AllocateError`].
    pub fn allocate(&mut self) -> Result<Rfn, AllocateError> {
        self.allocate_above(self.policy.reserve, self.spare())
    }

    /// As [`allocate`](Self::allocate), with the reserve and the spare frames: for what must not wait.
    ///
    /// # Errors
    /// [`AllocateError`].
    pub fn allocate_critical(&mut self) -> Result<Rfn, AllocateError> {
        self.allocate_above(0, 0)
    }

    /// Takes a frame back; its contents are unknown from now on. It joins the to-be-zeroed queue
    /// (claim 16), or stays dirty until that has room.
    ///
    /// # Errors
    /// [`FreeError`], above all for a frame that is not allocated.
    pub fn free(&mut self, rfn: Rfn) -> Result<(), FreeError> {
        self.check_allocated(rfn)?;
        match self.node.queue(rfn) {
            Ok(()) => {
                self.statistics.freed = self.statistics.freed.wrapping_add(1);
                Ok(())
            }
            Err(CommandError::Full) => {
                self.node.release(rfn)?;
                self.full = true;
                self.statistics.freed_dirty = self.statistics.freed_dirty.wrapping_add(1);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes back an allocated frame that its user found broken; it is never handed out again.
    ///
    /// # Errors
    /// [`FreeError`].
    pub fn retire(&mut self, rfn: Rfn) -> Result<(), FreeError> {
        self.check_allocated(rfn)?;
        self.node.retire(rfn)?;
        self.bad.add(rfn);
        Ok(())
    }

    fn check_allocated(&mut self, rfn: Rfn) -> Result<(), FreeError> {
        if self.own_end(rfn.0).is_some() {
            return Err(FreeError::Reserved);
        }
        match self.node.query(rfn)? {
            FrameState::Held => Ok(()),
            state => Err(FreeError::NotAllocated(state)),
        }
    }

    fn allocate_above(&mut self, reserve: u32, spare: u32) -> Result<Rfn, AllocateError> {
        let result = self.try_allocate(reserve, spare);
        if result.is_err() {
            self.statistics.failed = self.statistics.failed.wrapping_add(1);
        }
        result
    }

    fn try_allocate(&mut self, reserve: u32, spare: u32) -> Result<Rfn, AllocateError> {
        let level = if reserve == 0 {
            0
        } else {
            self.node.pool_level()?
        };
        if (reserve == 0 || level > reserve)
            && let Some(rfn) = self.take()?
        {
            self.statistics.from_pool = self.statistics.from_pool.wrapping_add(1);
            return Ok(rfn);
        }
        // One frame more than now is one that the reserve does not need.
        let enough = level.min(reserve) + 1;
        let mut waited = 0;
        for _ in 0..ATTEMPTS {
            let end = if self.node.dirty()? <= spare {
                End::Nothing
            } else {
                self.queue_dirty(true, 1, self.limits.search)?.1
            };
            if !self.on_the_way(enough)? {
                return Err(match end {
                    End::Limit => AllocateError::Search {
                        searched: self.limits.search,
                    },
                    // Queued, and gone before the look: it became bad. Take the next one.
                    End::Done => continue,
                    End::Full | End::Nothing => AllocateError::NoMemory,
                });
            }
            while waited < self.limits.wait {
                waited += 1;
                self.statistics.waits = self.statistics.waits.wrapping_add(1);
                if self.node.pool_level()? >= enough
                    && let Some(rfn) = self.take()?
                {
                    self.statistics.on_demand = self.statistics.on_demand.wrapping_add(1);
                    return Ok(rfn);
                }
                if waited.is_multiple_of(LEVEL_READS) && !self.on_the_way(enough)? {
                    break;
                }
            }
            self.bad_news = true;
            if waited >= self.limits.wait {
                return Err(AllocateError::Timeout { polls: waited });
            }
        }
        Err(AllocateError::NoMemory)
    }

    /// The oldest zeroed frame, if there is one.
    fn take(&mut self) -> Result<Option<Rfn>, CommandError> {
        match self.node.take() {
            Ok(rfn) => Ok(Some(rfn)),
            Err(CommandError::Empty) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the pool has, or may get without further doing, `enough` frames. Read in the order in
    /// which frames travel, so that none slips past.
    pub(crate) fn on_the_way(&mut self, enough: u32) -> Result<bool, BusError> {
        let levels = self.node.levels()?;
        if levels.queue > 0 || levels.urgent > 0 {
            return Ok(true);
        }
        Ok(self.node.zeroing()? > 0 || self.node.pool_level()? >= enough)
    }

    // ---------------------------------------------------------------------------------- feeding

    /// Returns the frames queued, and whether there is more to queue at once.
    fn feed(&mut self) -> Result<(u32, bool), CommandError> {
        let most = self
            .limits
            .backlog
            .min(self.node.parameters().queue_depth)
            .max(1);
        let level = self.node.queue_level()?;
        if level >= most || self.full && level > most / 2 {
            // With hysteresis, so that a full queue costs no step for each frame that leaves it.
            self.full = true;
            return Ok((0, false));
        }
        self.full = false;
        let dirty = self.node.dirty()?.saturating_sub(self.spare());
        if dirty == 0 {
            return Ok((0, false));
        }
        let want = most - level;
        let limit = if self.fresh {
            self.limits.feed
        } else {
            self.limits.step
        };
        let (queued, end) = self.queue_dirty(false, want.min(dirty), limit)?;
        self.full = matches!(end, End::Full) || queued == want;
        if self.full {
            self.statistics.queue_full = self.statistics.queue_full.wrapping_add(1);
        }
        Ok((queued, matches!(end, End::Limit)))
    }

    /// Queues the next dirty frames, up to `want` of them, looking at up to `limit`. The loop that
    /// feeds the engine: one command for many frames, so that the core never bounds the engine.
    pub(crate) fn queue_dirty(
        &mut self,
        urgent: bool,
        want: u32,
        limit: u32,
    ) -> Result<(u32, End), CommandError> {
        let mut queued = 0;
        let end = self.queue_run(urgent, want, limit, &mut queued);
        let count = if urgent {
            &mut self.statistics.queued_urgent
        } else {
            &mut self.statistics.queued
        };
        *count = count.wrapping_add(queued);
        Ok((queued, end?))
    }

    fn queue_run(
        &mut self,
        urgent: bool,
        want: u32,
        limit: u32,
        queued: &mut u32,
    ) -> Result<End, CommandError> {
        let mut left = limit;
        while left > 0 {
            let rfn = self.cursor;
            if rfn >= self.clear {
                if let Some(end) = self.own_end(rfn) {
                    self.advance_to(end);
                    left -= 1;
                    continue;
                }
                self.clear = self.next_own(rfn);
            }
            // On the first way through, frames are dirty: one command for all of them up to the next own one.
            if self.fresh && !urgent {
                let end = self.clear.min(self.node.parameters().real_frames);
                let most = end.saturating_sub(rfn).min(want - *queued).min(left);
                let (done, error) = match self.node.queue_range(Rfn(rfn), most) {
                    Ok(()) => (most, None),
                    Err(FrameRangeError { queued, error, .. }) => (queued, Some(error)),
                };
                self.advance_to(rfn.saturating_add(done));
                *queued += done;
                left = left.saturating_sub(done.max(1));
                match error {
                    None if *queued == want => return Ok(End::Done),
                    None => {}
                    Some(CommandError::Full) => return Ok(End::Full),
                    Some(CommandError::State(_)) => self.skip(self.cursor),
                    Some(error) => return Err(error),
                }
                continue;
            }
            left -= 1;
            // Later a command that fails would count as an error in the node, so the frame is asked first.
            if !self.fresh && self.node.query(Rfn(rfn))? != FrameState::Dirty {
                self.skip(rfn);
                continue;
            }
            let result = if urgent {
                self.node.queue_urgent(Rfn(rfn))
            } else {
                self.node.queue(Rfn(rfn))
            };
            match result {
                Ok(()) => {
                    self.advance_to(rfn.saturating_add(1));
                    *queued += 1;
                    if *queued == want {
                        return Ok(End::Done);
                    }
                }
                Err(CommandError::Full) => return Ok(End::Full),
                Err(CommandError::State(_)) => self.skip(rfn),
                Err(error) => return Err(error),
            }
        }
        Ok(End::Limit)
    }

    fn skip(&mut self, rfn: u32) {
        self.statistics.skipped = self.statistics.skipped.wrapping_add(1);
        self.advance_to(rfn.saturating_add(1));
    }

    fn advance_to(&mut self, rfn: u32) {
        if rfn < self.node.parameters().real_frames {
            self.cursor = rfn;
        } else {
            self.cursor = 0;
            self.clear = 0;
            self.fresh = false;
        }
    }

    /// The first own frame above `rfn`.
    fn next_own(&self, rfn: u32) -> u32 {
        let firsts = self.held.iter().filter(|range| range.first != range.end);
        let firsts = firsts.map(|range| range.first).filter(|&first| first > rfn);
        firsts.min().unwrap_or(u32::MAX)
    }

    /// The end of the own range that the frame lies in.
    fn own_end(&self, rfn: u32) -> Option<u32> {
        let range = self
            .held
            .iter()
            .find(|range| (range.first..range.end).contains(&rfn));
        range.map(|range| range.end)
    }

    // ------------------------------------------------------------------------------- bad frames

    /// Finds bad frames that are not known yet; returns how many.
    fn look_for_bad(&mut self) -> Result<u32, CommandError> {
        if !self.bad_news && self.scan.is_none() {
            return Ok(0);
        }
        let before = self.bad.count();
        // The frame is read first: the count then includes it.
        let last = self.node.last_bad()?;
        // Those that are lost nobody will find by number.
        let lost = self.node.lost()?;
        let missing = self.node.bad()?.saturating_sub(before.saturating_add(lost));
        self.bad_news = false;
        if missing == 0 {
            self.scan = None;
        } else if self.bad.is_full() {
            // Known frames cannot be told from new ones any more.
            self.bad.add_unlisted(missing);
            self.scan = None;
        } else if let (1, Some(last), None) = (missing, last, self.scan)
            && !self.bad.contains(last)
        {
            self.bad.add(last);
        } else {
            self.scan_for_bad(missing)?;
        }
        Ok(self.bad.count().saturating_sub(before))
    }

    /// Looks at the next frames for those that wrong parity has left behind: mapped ones that no page names go back
    /// to the engine, and those whose entry of the guard is damaged are retired. Returns whether there is more to look
    /// at.
    fn recover_left_behind(&mut self) -> Result<bool, CommandError> {
        let Some(mut next) = self.left_behind else {
            return Ok(false);
        };
        let frames = self.node.parameters().real_frames;
        for _ in 0..self.limits.step {
            if next >= frames {
                break;
            }
            let rfn = Rfn(next);
            let found = self.node.query_frame(rfn)?;
            if found.damaged {
                // One that is mapped, or in a list, is dealt with by the node when it leaves there.
                match self.node.retire(rfn) {
                    Ok(()) => {
                        self.bad.add(rfn);
                        self.statistics.damaged = self.statistics.damaged.wrapping_add(1);
                    }
                    Err(CommandError::State(_)) => {}
                    Err(error) => return Err(error),
                }
                // Looking at it has raised it again.
                self.node.clear_irq(Irq::FRAME_PARITY)?;
            } else if found.owner.is_some() && self.node.is_orphan(rfn)? {
                match self.node.reclaim(rfn) {
                    Ok(_) => {
                        self.node.give_back(rfn)?;
                        self.statistics.reclaimed = self.statistics.reclaimed.wrapping_add(1);
                    }
                    // Its page had let it go in good order, and its drain was not over.
                    Err(CommandError::State(_) | CommandError::Page(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            next += 1;
        }
        self.left_behind = (next < frames).then_some(next);
        Ok(self.left_behind.is_some())
    }

    /// Looks at the next frames, until `missing` bad ones are found.
    fn scan_for_bad(&mut self, mut missing: u32) -> Result<(), CommandError> {
        let frames = self.node.parameters().real_frames;
        let mut next = self.scan.unwrap_or_else(|| {
            self.statistics.scans = self.statistics.scans.wrapping_add(1);
            0
        });
        for _ in 0..self.limits.step {
            // A frame behind the search may have become bad meanwhile: then it starts again.
            self.scan = (next < frames).then_some(next);
            if next >= frames || missing == 0 || self.bad.is_full() {
                self.scan = None;
                // What is missing still is counted, or found, in the next step.
                self.bad_news = missing > 0;
                return Ok(());
            }
            let rfn = Rfn(next);
            let found = self.node.query_frame(rfn)?;
            if found.state == FrameState::Bad && !found.damaged && !self.bad.contains(rfn) {
                self.bad.add(rfn);
                missing -= 1;
            }
            next += 1;
        }
        self.scan = Some(next);
        Ok(())
    }
}
