//! Skip mode over whole pages: when the node is again exactly where it was one period ago, but for
//! which frames it works on, the next periods are known too.
//!
//! [`Mark`] remembers the node at one edge. If at a later edge the node has the same shape, and the
//! memory says the same of itself, then every period that follows is a copy of the one between, for
//! as long as the queue has frames, the pool has room and no water mark is crossed.

use crate::{
    Node,
    arbiter::Arbiter,
    axil::Axil,
    counters::{Counters, Pending},
    fence,
    regs::Regs,
    zero_engine::{Cycle, ZeroEngine},
};

/// Frames that are left in a list, so that its ends are met cycle by cycle.
const MARGIN: u32 = 4;

/// All that decides how the node goes on, the names of frames and the length of lists left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shape {
    engine: ZeroEngine,
    arbiter: Arbiter,
    fence: fence::Shape,
    regs: Regs,
    axil: Axil,
    pending: (Option<Cycle>, Pending),
    running: bool,
    counts: [u32; 8],
    edges: (bool, bool, bool),
    flight: (u32, bool, bool, bool),
    done: (u32, bool, Option<bool>, bool),
    valid: [bool; 6],
    bad: (bool, u32),
}

impl Shape {
    fn new(node: &Node) -> Self {
        let frames = &node.frames;
        let mut engine = node.engine.clone();
        engine.frame_q = 0;
        Self {
            engine,
            arbiter: node.arbiter.clone(),
            fence: node.fence.shape(),
            regs: node.csr.regs.clone(),
            axil: node.csr.axil.clone(),
            pending: (node.csr.counters.class_q, node.csr.counters.pending),
            running: frames.running_q,
            counts: [
                frames.dirty_q,
                frames.zeroing_q,
                frames.mapped_q,
                frames.held_q,
                frames.bad_q,
                frames.claimed_q,
                frames.moving_q,
                frames.filled_q,
            ],
            edges: (frames.low_q, frames.high_q, frames.empty_q),
            flight: (
                frames.flight.stored_q,
                frames.flight.ram_valid_q,
                frames.flight.valid_q,
                frames.flight.good_q,
            ),
            done: (
                frames.done.stored_q,
                frames.done.ram_valid_q,
                frames.done.words().next(),
                frames.done.good_q,
            ),
            valid: [
                frames.queue.ram_valid_q,
                frames.queue.valid_q,
                frames.queue.good_q,
                frames.pool.ram_valid_q,
                frames.pool.valid_q,
                frames.pool.good_q,
            ],
            bad: (frames.bad_valid_q, frames.bad_frame_q),
        }
    }
}

/// The node at one edge.
#[derive(Clone, Debug)]
pub struct Mark {
    shape: Shape,
    counters: Counters,
    queue: u32,
    pool: u32,
}

/// Frames in flight before and after: in place of the first came the second.
pub type Moved = Vec<(u32, u32)>;

impl Node {
    /// Remembers this edge, if the node is doing nothing but zeroing frames of the background lane.
    pub fn mark(&self) -> Option<Mark> {
        let frames = &self.frames;
        let alone = self.alone()
            && !self.csr.cmd_valid_q
            && !frames.cmd_busy()
            && frames.ready()
            && frames.urgent.level() == 0
            && frames.retry.level() == 0
            && frames.lists_are_sound()
            && frames.queue.ram_valid_q
            && frames.queue.valid_q
            && frames.pool.ram_valid_q
            && frames.pool.valid_q
            && frames.done.words().all(|error| !error)
            && frames.flight.words().all(|(retried, _)| !retried);
        alone.then(|| Mark {
            shape: Shape::new(self),
            counters: self.csr.counters.clone(),
            queue: frames.queue.stored_q,
            pool: frames.pool.stored_q,
        })
    }

    /// How many times the period since `mark` is certain to repeat; 0 when it did not come round.
    pub fn repeats(&self, mark: &Mark) -> u64 {
        let frames = &self.frames;
        let taken = mark.queue.saturating_sub(frames.queue.stored_q);
        let given = frames.pool.stored_q.saturating_sub(mark.pool);
        let failed = self.csr.counters.retried_q != mark.counters.retried_q
            || self.csr.counters.cmd_errors_q != mark.counters.cmd_errors_q;
        if taken == 0 || taken != given || failed || Shape::new(self) != mark.shape {
            return 0;
        }
        let level = frames.pool.level();
        let (low, high) = (
            self.csr.regs.water_low,
            self.csr.regs.water_high.min(self.config().pool_depth),
        );
        let room = high.saturating_sub(level + frames.zeroing_q);
        let below = if frames.low_q {
            low.saturating_sub(level)
        } else {
            u32::MAX
        };
        let least = frames.queue.stored_q.min(room).min(below);
        u64::from(least.saturating_sub(MARGIN + taken) / taken)
    }

    /// The same as `times` more periods like the one since `mark`; `times` is at most
    /// [`Self::repeats`]. Frames that were zeroed on the way are appended to `zeroed`; the frames
    /// that are in flight in place of others are returned.
    pub fn repeat(&mut self, mark: &Mark, times: u64, zeroed: &mut Vec<u32>) -> Moved {
        let taken = mark.queue - self.frames.queue.stored_q;
        let before: Vec<u32> = self.frames.in_flight().collect();
        for _ in 0..u64::from(taken) * times {
            zeroed.extend(self.frames.take_turn());
        }
        let after: Vec<u32> = self.frames.in_flight().collect();
        let moved: Moved = before.into_iter().zip(after).collect();
        let place = moved.iter().find(|(old, _)| *old == self.engine.frame_q);
        if let Some((_, new)) = place {
            self.engine.frame_q = *new;
        }
        let cycles = (self.csr.counters.total_q - mark.counters.total_q) * times;
        self.csr.counters.repeat(&mark.counters, times);
        self.pass_beside_engine(cycles);
        let bursts = u64::from(taken) * times * u64::from(self.config().bursts_per_page());
        let len = (self.config().burst_beats() - 1) as u8;
        let shown = self.shown().aw;
        self.fence.repeat(bursts, shown, len);
        moved
    }
}
