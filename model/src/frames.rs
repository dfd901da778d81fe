//! `dm_frames`: to-be-zeroed queue, zeroed pool, and one state for every real frame.

use crate::{
    Config,
    fifo::Fifo,
    pkg::{Code, FrameState, Op},
};

/// `cmd_state_e`: how far a command is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum CmdState {
    #[default]
    Idle = 0,
    /// Checks what needs no state, waits for the sweep.
    Read = 1,
    /// Waits for the guard's port, reads it.
    Fetch = 2,
    /// The guard's memory answers.
    Wait = 3,
    /// Is the step legal?
    Check = 4,
    /// Waits for the guard's port, steps.
    Exec = 5,
}

/// What the lists see in one cycle, the frame handshake excepted; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct FramesIn {
    pub enable: bool,
    pub water_low: u32,
    pub water_high: u32,
    /// The operation's five bits, and its frame.
    pub cmd: Option<(u8, u32)>,
    pub pop: bool,
    pub demand: bool,
    pub done: Option<bool>,
}

/// The frame that the lists offer to the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offer {
    /// A frame is on offer, `frame_valid_o`.
    pub valid: bool,
    /// It is a retry or urgent, or a conversion waits, `urgent_o`.
    pub urgent: bool,
    /// The frame, `frame_o`.
    pub frame: u32,
    list: List,
}

/// Where a frame on offer comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum List {
    Retry,
    Urgent,
    #[default]
    Queue,
}

/// What one edge puts into the lists.
#[derive(Default)]
struct Pushes {
    queue: Option<u32>,
    urgent: Option<u32>,
    pool: Option<u32>,
    retry: Option<u32>,
}

/// An operation that names a frame.
fn is_of_frames(op: Op) -> bool {
    matches!(
        op,
        Op::Queue
            | Op::QueueUrgent
            | Op::Hold
            | Op::Release
            | Op::Retire
            | Op::Query
            | Op::Reserve
            | Op::Fill
            | Op::StepMap
            | Op::StepAdopt
            | Op::StepFree
            | Op::StepKeep
    )
}

/// The states from which an operation leads on.
fn is_legal(op: Op, seen: FrameState) -> bool {
    use FrameState::{Claimed, Dirty, Filled, Held, Mapped, Moving};
    match op {
        Op::Hold => matches!(seen, Dirty | Claimed | Moving | Filled),
        Op::Release => matches!(seen, Held | Claimed | Moving | Filled),
        Op::Retire => matches!(seen, Dirty | Held | Claimed | Moving | Filled),
        Op::Reserve => matches!(seen, Held | Claimed),
        Op::Fill => seen == Moving,
        Op::StepMap => seen == Claimed,
        Op::StepAdopt => seen == Filled,
        Op::StepFree | Op::StepKeep => seen == Mapped,
        _ => matches!(seen, Dirty | Held | Claimed),
    }
}

/// Events of one edge, one pulse each in the RTL.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Events {
    pub zeroed: bool,
    pub retried: bool,
    pub bad: bool,
    pub pool_low: bool,
    pub pool_high: bool,
    pub queue_empty: bool,
    pub dirtied: bool,
}

/// The registers of the frame lists, named as in the RTL.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Frames {
    real_frames: u32,
    queue_depth: u32,
    urgent_depth: u32,
    pool_depth: u32,
    flight_depth: u32,

    guard_mem: Box<[FrameState]>,
    pub guard_q: FrameState,
    pub seen_q: FrameState,
    pub legal_q: bool,
    pub sweep_q: u32,
    pub running_q: bool,
    pub promised_q: u32,
    pub dirty_q: u32,
    pub zeroing_q: u32,
    pub mapped_q: u32,
    pub held_q: u32,
    pub bad_q: u32,
    pub claimed_q: u32,
    pub moving_q: u32,
    pub filled_q: u32,
    pub map_pend_q: bool,
    pub map_frame_q: u32,
    pub bad_valid_q: bool,
    pub bad_frame_q: u32,
    pub low_q: bool,
    pub high_q: bool,
    pub empty_q: bool,
    pub cmd_state_q: CmdState,
    pub op_q: u8,
    pub rfn_q: u32,
    pub code_q: Code,
    pub value_q: u32,

    pub queue: Fifo<u32>,
    pub urgent: Fifo<u32>,
    pub pool: Fifo<u32>,
    pub retry: Fifo<u32>,
    pub flight: Fifo<(bool, u32)>,
    pub done: Fifo<bool>,

    /// The last edge changed nothing, so the next one with no event changes nothing either.
    settled: bool,
    marks: (u32, u32),
}

impl Frames {
    /// The lists after reset: every frame is dirty.
    pub fn new(config: &Config) -> Self {
        let flight_depth = u32::from(config.max_outstanding).next_power_of_two().max(2);
        Self {
            real_frames: config.real_frames,
            queue_depth: config.queue_depth,
            urgent_depth: config.urgent_depth,
            pool_depth: config.pool_depth,
            flight_depth,
            guard_mem: vec![FrameState::Dirty; config.real_frames as usize].into(),
            guard_q: FrameState::Dirty,
            seen_q: FrameState::Dirty,
            legal_q: false,
            sweep_q: 0,
            running_q: false,
            promised_q: 0,
            dirty_q: config.real_frames,
            zeroing_q: 0,
            mapped_q: 0,
            held_q: 0,
            bad_q: 0,
            claimed_q: 0,
            moving_q: 0,
            filled_q: 0,
            map_pend_q: false,
            map_frame_q: 0,
            bad_valid_q: false,
            bad_frame_q: 0,
            low_q: true,
            high_q: false,
            empty_q: true,
            cmd_state_q: CmdState::Idle,
            op_q: 0,
            rfn_q: 0,
            code_q: Code::Ok,
            value_q: 0,
            queue: Fifo::new(config.queue_depth),
            urgent: Fifo::new(config.urgent_depth),
            pool: Fifo::new(config.pool_depth),
            retry: Fifo::new(flight_depth),
            flight: Fifo::new(flight_depth),
            done: Fifo::new(flight_depth),
            settled: false,
            marks: (0, 0),
        }
    }

    /// State of every frame, for the checks at the end of a run.
    pub fn guard(&self) -> &[FrameState] {
        &self.guard_mem
    }

    pub(crate) fn set_guard(&mut self, frame: u32, state: FrameState) {
        self.guard_mem[frame as usize] = state;
    }

    /// Every frame was marked dirty, `ready_o`.
    pub fn ready(&self) -> bool {
        self.sweep_q == self.real_frames
    }

    /// `busy_o`.
    pub fn busy(&self) -> bool {
        self.done.front().is_some() || self.retry.front().is_some()
    }

    /// What the command is to do, if that exists.
    fn op(&self) -> Option<Op> {
        Op::new(self.op_q)
    }

    /// `cmd_busy_o`.
    pub fn cmd_busy(&self) -> bool {
        self.cmd_state_q != CmdState::Idle
    }

    /// A command reads the guard in this cycle.
    #[inline]
    fn fetch(&self) -> bool {
        self.cmd_state_q == CmdState::Fetch && !self.map_pend_q
    }

    /// A command takes its step in this cycle.
    #[inline]
    fn exec(&self) -> bool {
        self.cmd_state_q == CmdState::Exec && !self.map_pend_q
    }

    /// Nothing that goes first accesses the guard in this cycle.
    #[inline]
    fn guard_free(&self) -> bool {
        !self.map_pend_q && !matches!(self.cmd_state_q, CmdState::Fetch | CmdState::Exec)
    }

    /// The answer and the frame that the engine is done with in this cycle.
    #[inline]
    fn finish(&self) -> Option<(bool, (bool, u32))> {
        let free = self.guard_free();
        self.done.front().zip(self.flight.front()).filter(|_| free)
    }

    /// A conversion may take a frame, `pop_valid_o` and `pop_frame_o`. A command that takes from the pool goes first.
    #[inline]
    pub fn pop(&self) -> Option<u32> {
        let taking =
            self.cmd_state_q != CmdState::Idle && matches!(self.op(), Some(Op::Take | Op::Claim));
        self.pool.front().filter(|_| !taking)
    }

    /// The pool's output, `pop_frame_o` also while nothing may be popped.
    #[inline]
    pub fn pool_frame(&self) -> u32 {
        self.pool.output()
    }

    /// A zeroed frame will come without firmware, `coming_o`.
    #[inline]
    pub fn coming(&self, enable: bool) -> bool {
        self.zeroing_q != 0
            || self.pool.level() != 0
            || (enable && (self.queue.level() != 0 || self.urgent.level() != 0))
    }

    /// Retry, then urgent, then background. A conversion that waits makes all of it urgent, and takes a frame from the
    /// queue if none is on its way.
    #[inline]
    pub fn offer(&self, enable: bool, demand: bool) -> Offer {
        let room = self.promised_q < self.pool_depth && self.zeroing_q < self.flight_depth;
        let open = room && enable;
        let offer = |frame, list| Offer {
            valid: self.guard_free() && self.finish().is_none(),
            urgent: demand || list != List::Queue,
            frame,
            list,
        };
        if let Some(frame) = self.retry.front() {
            offer(frame, List::Retry)
        } else if open && let Some(frame) = self.urgent.front() {
            offer(frame, List::Urgent)
        } else if open
            && (self.running_q || (demand && self.zeroing_q == 0))
            && let Some(frame) = self.queue.front()
        {
            offer(frame, List::Queue)
        } else {
            // The RTL's multiplexer rests on the queue; nobody looks while nothing is on offer.
            Offer {
                urgent: demand,
                ..Offer::default()
            }
        }
    }

    /// No edge with these inputs, none of which is an event, changes anything.
    #[inline]
    pub fn settled(&self, ins: &FramesIn) -> bool {
        self.settled
            && ins.cmd.is_none()
            && !ins.pop
            && ins.done.is_none()
            && self.marks == (ins.water_low, ins.water_high)
    }

    /// The count of a state; for a list it is the list's level.
    fn count(&mut self, state: FrameState) -> Option<&mut u32> {
        Some(match state {
            FrameState::Dirty => &mut self.dirty_q,
            FrameState::Held => &mut self.held_q,
            FrameState::Claimed => &mut self.claimed_q,
            FrameState::Moving => &mut self.moving_q,
            FrameState::Filled => &mut self.filled_q,
            FrameState::Bad => &mut self.bad_q,
            FrameState::Zeroing => &mut self.zeroing_q,
            FrameState::Mapped => &mut self.mapped_q,
            FrameState::Queued | FrameState::Zeroed => return None,
        })
    }

    /// A frame leaves one state and enters another; its entry of the guard says so.
    fn move_frame(&mut self, frame: u32, from: FrameState, to: FrameState) {
        if let Some(count) = self.count(from) {
            *count -= 1;
        }
        if let Some(count) = self.count(to) {
            *count += 1;
        }
        self.guard_mem[frame as usize] = to;
    }

    /// A legal command steps from the state that was seen, from which nothing else leads on, into the next.
    fn take_step(&mut self, op: Op, seen: FrameState, lists: &mut Pushes) {
        let frame = self.rfn_q;
        let next = match op {
            Op::StepFree if self.value_q != 0 => FrameState::Dirty,
            Op::Queue | Op::StepFree => {
                lists.queue = Some(frame);
                FrameState::Queued
            }
            Op::QueueUrgent => {
                lists.urgent = Some(frame);
                FrameState::Queued
            }
            Op::Hold | Op::StepKeep => FrameState::Held,
            Op::Release => FrameState::Dirty,
            Op::Reserve => FrameState::Moving,
            Op::Fill => FrameState::Filled,
            Op::StepMap | Op::StepAdopt => FrameState::Mapped,
            _ => FrameState::Bad,
        };
        self.move_frame(frame, seen, next);
    }

    /// One clock edge; `accepted` is the offer that the engine took in this cycle.
    pub fn clock(&mut self, ins: &FramesIn, accepted: Option<Offer>) -> Events {
        if accepted.is_none() && self.settled(ins) {
            return Events::default();
        }
        let mut events = Events::default();
        let mut changed = ins.pop || self.map_pend_q;
        let (fetch, exec) = (self.fetch(), self.exec());
        let finished = self.finish();
        let popped = self.map_pend_q.then_some(self.map_frame_q);
        changed |= self.map_frame_q != self.pool.output();
        self.map_frame_q = self.pool.output();
        self.map_pend_q = ins.pop;
        self.mapped_q += u32::from(ins.pop);

        // Levels as this cycle sees them.
        let pool_level = self.pool.level();
        let promised = self.promised_q;
        let low = pool_level <= ins.water_low;
        let high = pool_level >= ins.water_high || pool_level == self.pool_depth;
        let empty = self.queue.level() == 0 && self.urgent.level() == 0;
        events.pool_low = low && !self.low_q;
        events.pool_high = high && !self.high_q;
        events.queue_empty = empty && !self.empty_q;
        let running = if promised >= ins.water_high {
            false
        } else {
            self.running_q || promised <= ins.water_low
        };

        let mut lists = Pushes::default();
        let mut pool_pop = ins.pop;
        let mut cmd_finish = false;
        let mut cmd_state = self.cmd_state_q;

        let seen = self.seen_q;
        let legal = self.legal_q;
        self.legal_q = self.op().is_some_and(|op| is_legal(op, seen));
        self.seen_q = self.guard_q;

        // The command up to its step: what fails without a look at the guard ends here.
        match self.cmd_state_q {
            CmdState::Idle => {
                if let Some((op, rfn)) = ins.cmd {
                    (self.op_q, self.rfn_q) = (op, rfn);
                    cmd_state = CmdState::Read;
                }
            }
            CmdState::Read => {
                self.value_q = 0;
                let mut fail = |code| {
                    self.code_q = code;
                    cmd_finish = true;
                };
                match Op::new(self.op_q) {
                    Some(Op::Take | Op::Claim) => {
                        if pool_level == 0 {
                            fail(Code::Empty);
                        } else if self.pool.front().is_some() {
                            cmd_state = CmdState::Exec;
                        }
                    }
                    Some(op) if is_of_frames(op) => {
                        if self.rfn_q >= self.real_frames {
                            fail(Code::Range);
                        } else if self.rfn_q < self.sweep_q {
                            cmd_state = CmdState::Fetch;
                        }
                    }
                    _ => fail(Code::BadOp),
                }
            }
            CmdState::Fetch => {
                if fetch {
                    cmd_state = CmdState::Wait;
                }
            }
            CmdState::Wait => cmd_state = CmdState::Check,
            CmdState::Check => cmd_state = CmdState::Exec,
            CmdState::Exec => {}
        }
        // One access a cycle to the guard: a frame was popped, else a command, else the engine finishes a frame, else
        // it takes one, else the sweep.
        if let Some(frame) = popped {
            self.guard_mem[frame as usize] = FrameState::Mapped;
        } else if fetch {
            self.guard_q = self.guard_mem[self.rfn_q as usize];
        } else if exec {
            cmd_finish = true;
            self.code_q = Code::Ok;
            match self.op() {
                Some(op @ (Op::Take | Op::Claim)) => {
                    if let Some(frame) = self.pool.front() {
                        let next = if op == Op::Take {
                            FrameState::Held
                        } else {
                            FrameState::Claimed
                        };
                        self.move_frame(frame, FrameState::Zeroed, next);
                        self.value_q = frame;
                        pool_pop = true;
                    }
                }
                Some(Op::Query) => self.value_q = seen as u32,
                Some(op) => {
                    let queue_full = self.queue.level() == self.queue_depth;
                    let full = (op == Op::Queue && queue_full)
                        || (op == Op::QueueUrgent && self.urgent.level() == self.urgent_depth);
                    if !legal {
                        self.code_q = Code::State;
                        self.value_q = seen as u32;
                    } else if full {
                        self.code_q = Code::Full;
                    } else {
                        events.dirtied = op == Op::StepFree && queue_full;
                        self.value_q = events.dirtied.into();
                        self.take_step(op, seen, &mut lists);
                    }
                }
                None => {}
            }
        } else if let Some((error, (retried, frame))) = finished {
            if !error {
                self.move_frame(frame, FrameState::Zeroing, FrameState::Zeroed);
                lists.pool = Some(frame);
            } else if !retried {
                lists.retry = Some(frame);
            } else {
                self.move_frame(frame, FrameState::Zeroing, FrameState::Bad);
                self.bad_valid_q = true;
                self.bad_frame_q = frame;
                events.bad = true;
            }
        } else if let Some(offer) = accepted {
            if offer.list != List::Retry {
                self.move_frame(offer.frame, FrameState::Queued, FrameState::Zeroing);
            }
        } else if self.sweep_q != self.real_frames {
            self.guard_mem[self.sweep_q as usize] = FrameState::Dirty;
            self.sweep_q += 1;
            changed = true;
        }

        let taken = accepted.map(|offer| offer.list);
        self.promised_q += u32::from(taken.is_some_and(|list| list != List::Retry));
        self.promised_q -= u32::from(pool_pop) + u32::from(events.bad);
        events.zeroed = lists.pool.is_some();
        events.retried = lists.retry.is_some();
        if cmd_finish {
            cmd_state = CmdState::Idle;
        }

        let take_queue = taken == Some(List::Queue);
        let take_urgent = taken == Some(List::Urgent);
        let take_retry = taken == Some(List::Retry);
        let finish = finished.is_some();
        changed |= self.queue.clock(lists.queue, take_queue);
        changed |= self.urgent.clock(lists.urgent, take_urgent);
        changed |= self.pool.clock(lists.pool, pool_pop);
        changed |= self.retry.clock(lists.retry, take_retry);
        changed |= self
            .flight
            .clock(accepted.map(|o| (take_retry, o.frame)), finish);
        changed |= self.done.clock(ins.done, finish);

        changed |= accepted.is_some() || finish || ins.done.is_some();
        changed |= self.cmd_state_q != CmdState::Idle || cmd_state != CmdState::Idle;
        changed |=
            (self.low_q, self.high_q, self.empty_q, self.running_q) != (low, high, empty, running);
        changed |= self.marks != (ins.water_low, ins.water_high);
        (self.low_q, self.high_q, self.empty_q, self.running_q) = (low, high, empty, running);
        self.marks = (ins.water_low, ins.water_high);
        self.cmd_state_q = cmd_state;
        self.settled = !changed;
        events
    }
}
