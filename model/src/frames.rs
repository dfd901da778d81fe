//! `dm_frames`: to-be-zeroed queue, zeroed pool, and one state for every real frame.

mod skip;

use crate::{
    Config,
    fifo::Fifo,
    pkg::{Code, Entry, FrameState, LISTS, List, Op},
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

/// A command for the frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cmd {
    /// Five bits, see [`Op`].
    pub op: u8,
    /// The frame, or the list.
    pub frame: u32,
    /// The page that it is mapped to.
    pub page: u32,
}

/// What the lists see in one cycle, the frame handshake excepted; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct FramesIn {
    pub enable: bool,
    pub water_low: u32,
    pub water_high: u32,
    pub cmd: Option<Cmd>,
    /// `pop_i` and `pop_page_i`.
    pub pop: Option<u32>,
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
    list: Source,
}

/// Where a frame on offer comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Source {
    Retry,
    Urgent,
    #[default]
    Queue,
}

/// What the engine is done with.
#[derive(Clone, Copy)]
struct Finish {
    /// It is zero.
    ok: bool,
    /// The answer or the frame has wrong parity.
    wrong: bool,
    /// Whether it was retried, and the frame, if its entry can be believed.
    frame: Option<(bool, u32)>,
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
            | Op::Poison
            | Op::StepMap
            | Op::StepAdopt
            | Op::StepFree
            | Op::StepKeep
    )
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
    pub parity_error: bool,
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

    guard_mem: Box<[Entry]>,
    pub guard_q: Entry,
    pub seen_q: Entry,
    pub intact_q: bool,
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
    pub map_page_q: u32,
    pub lost_q: u32,
    pub poison_q: u8,
    pub owner_q: u32,
    pub damaged_q: bool,
    pub bad_valid_q: bool,
    pub bad_frame_q: u32,
    pub low_q: bool,
    pub high_q: bool,
    pub empty_q: bool,
    pub cmd_state_q: CmdState,
    pub op_q: u8,
    pub rfn_q: u32,
    pub page_q: u32,
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
            guard_mem: vec![Entry::default(); config.real_frames as usize].into(),
            guard_q: Entry::default(),
            seen_q: Entry::default(),
            intact_q: false,
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
            map_page_q: 0,
            lost_q: 0,
            poison_q: 0,
            owner_q: 0,
            damaged_q: false,
            bad_valid_q: false,
            bad_frame_q: 0,
            low_q: true,
            high_q: false,
            empty_q: true,
            cmd_state_q: CmdState::Idle,
            op_q: 0,
            rfn_q: 0,
            page_q: 0,
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

    /// The entry of every frame, for the checks at the end of a run.
    pub fn guard(&self) -> &[Entry] {
        &self.guard_mem
    }

    /// Every frame was marked dirty, `ready_o`.
    pub fn ready(&self) -> bool {
        self.sweep_q == self.real_frames
    }

    /// `busy_o`.
    pub fn busy(&self) -> bool {
        self.done.front().is_some()
            || self.done.is_bad()
            || self.retry.front().is_some()
            || self.retry.is_bad()
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

    /// What the engine is done with in this cycle.
    #[inline]
    fn finish(&self) -> Option<Finish> {
        let answered = self.done.front().is_some() || self.done.is_bad();
        let flying = self.flight.front().is_some() || self.flight.is_bad();
        (answered && flying && self.guard_free()).then(|| Finish {
            ok: self.done.front() == Some(false),
            wrong: self.done.is_bad() || self.flight.is_bad(),
            frame: self.flight.front(),
        })
    }

    /// The list whose oldest entry has wrong parity and leaves in this cycle.
    #[inline]
    fn dropped(&self) -> Option<List> {
        let list = if self.retry.is_bad() {
            List::Retry
        } else if self.urgent.is_bad() {
            List::Urgent
        } else if self.queue.is_bad() {
            List::Queue
        } else if self.pool.is_bad() {
            List::Pool
        } else {
            return None;
        };
        (self.guard_free() && self.finish().is_none()).then_some(list)
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
            valid: self.guard_free() && self.finish().is_none() && self.dropped().is_none(),
            urgent: demand || list != Source::Queue,
            frame,
            list,
        };
        if let Some(frame) = self.retry.front() {
            offer(frame, Source::Retry)
        } else if open && let Some(frame) = self.urgent.front() {
            offer(frame, Source::Urgent)
        } else if open
            && (self.running_q || (demand && self.zeroing_q == 0))
            && let Some(frame) = self.queue.front()
        {
            offer(frame, Source::Queue)
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
            && ins.pop.is_none()
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
        self.write_guard(frame, to, self.page_q);
    }

    /// One entry of the guard, with the right parity.
    fn write_guard(&mut self, frame: u32, state: FrameState, page: u32) {
        self.guard_mem[frame as usize] = Entry {
            state,
            wrong: false,
            page,
        };
    }

    /// A frame that nobody knows by number any more.
    fn lose(&mut self) {
        self.bad_q += 1;
        self.lost_q += 1;
    }

    /// The states from which an operation leads on. Where the parity is wrong, only `Retire` does, from a state that
    /// some frame is counted in and that commands alone lead out of.
    fn is_legal(&self, op: Op, seen: Entry) -> bool {
        use FrameState::{Claimed, Dirty, Filled, Held, Mapped, Moving, Queued, Zeroed, Zeroing};
        let Entry { state, wrong, .. } = seen;
        match op {
            Op::Retire => match state {
                Dirty => self.dirty_q != 0,
                Held => self.held_q != 0,
                Claimed => self.claimed_q != 0,
                Moving => self.moving_q != 0,
                Filled => self.filled_q != 0,
                _ => false,
            },
            _ if wrong => false,
            Op::Hold => matches!(state, Dirty | Claimed | Moving | Filled),
            Op::Release => matches!(state, Held | Claimed | Moving | Filled),
            Op::Reserve => matches!(state, Held | Claimed),
            Op::Fill => state == Moving,
            Op::Poison => !matches!(state, Queued | Zeroing | Zeroed),
            Op::StepMap => state == Claimed,
            Op::StepAdopt => state == Filled,
            Op::StepFree | Op::StepKeep => state == Mapped,
            _ => matches!(state, Dirty | Held | Claimed),
        }
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
        let mut changed = ins.pop.is_some() || self.map_pend_q;
        let (fetch, exec) = (self.fetch(), self.exec());
        let finished = self.finish();
        let dropped = self.dropped();
        let popped = self
            .map_pend_q
            .then_some((self.map_frame_q, self.map_page_q));
        // The RTL follows the port all the time; the page means nothing without a pop.
        if let Some(page) = ins.pop {
            self.map_page_q = page;
        }
        changed |= self.map_frame_q != self.pool.output();
        self.map_frame_q = self.pool.output();
        self.map_pend_q = ins.pop.is_some();
        self.mapped_q += u32::from(ins.pop.is_some());

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
        let mut pool_pop = ins.pop.is_some();
        let mut gone = false;
        let poison = self.poison_q;
        let mut cmd_finish = false;
        let mut cmd_state = self.cmd_state_q;
        // What is written in the cycle in which a command comes carries the page of the one before.
        let mut page = self.page_q;

        let (seen, intact, legal) = (self.seen_q.state, self.intact_q, self.legal_q);
        let seen_page = self.seen_q.page;
        self.legal_q = self.op().is_some_and(|op| self.is_legal(op, self.seen_q));
        self.intact_q = !self.seen_q.wrong;
        self.seen_q = self.guard_q;
        let shown = if intact { seen } else { FrameState::Bad };

        // The command up to its step: what fails without a look at the guard ends here.
        match self.cmd_state_q {
            CmdState::Idle => {
                if let Some(cmd) = ins.cmd {
                    (self.op_q, self.rfn_q) = (cmd.op, cmd.frame);
                    page = cmd.page;
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
                    Some(Op::PoisonList) => {
                        if self.rfn_q < LISTS {
                            self.poison_q |= 1 << self.rfn_q;
                            fail(Code::Ok);
                        } else {
                            fail(Code::Range);
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
        if let Some((frame, page)) = popped {
            self.write_guard(frame, FrameState::Mapped, page);
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
                Some(Op::Query) => {
                    self.value_q = shown as u32;
                    self.owner_q = seen_page;
                    self.damaged_q = !intact;
                    events.parity_error = !intact;
                }
                Some(Op::StepFree | Op::StepKeep) if !intact => {
                    // It was mapped, since its drain is over, and nobody may use it any more.
                    let frame = self.rfn_q;
                    self.move_frame(frame, FrameState::Mapped, FrameState::Bad);
                    self.bad_valid_q = true;
                    self.bad_frame_q = frame;
                    events.parity_error = true;
                    self.code_q = Code::State;
                    self.value_q = FrameState::Bad as u32;
                }
                Some(op) => {
                    let queue_full = self.queue.level() == self.queue_depth;
                    let full = (op == Op::Queue && queue_full)
                        || (op == Op::QueueUrgent && self.urgent.level() == self.urgent_depth);
                    events.parity_error = !intact;
                    if !legal {
                        self.code_q = Code::State;
                        self.value_q = shown as u32;
                    } else if op == Op::Poison {
                        self.guard_mem[self.rfn_q as usize] = Entry {
                            state: seen,
                            wrong: true,
                            page: seen_page,
                        };
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
        } else if let Some(finish) = finished {
            events.parity_error = finish.wrong;
            match finish.frame {
                // Nobody knows which frame it was.
                None => {
                    self.zeroing_q -= 1;
                    self.lose();
                    gone = true;
                }
                Some((_, frame)) if finish.ok => {
                    self.move_frame(frame, FrameState::Zeroing, FrameState::Zeroed);
                    lists.pool = Some(frame);
                }
                Some((false, frame)) => lists.retry = Some(frame),
                Some((true, frame)) => {
                    self.move_frame(frame, FrameState::Zeroing, FrameState::Bad);
                    self.bad_valid_q = true;
                    self.bad_frame_q = frame;
                    gone = true;
                    events.bad = true;
                }
            }
        } else if let Some(list) = dropped {
            events.parity_error = true;
            self.lose();
            if list == List::Retry {
                self.zeroing_q -= 1;
                gone = true;
            }
            pool_pop |= list == List::Pool;
        } else if let Some(offer) = accepted {
            if offer.list != Source::Retry {
                self.move_frame(offer.frame, FrameState::Queued, FrameState::Zeroing);
            }
        } else if self.sweep_q != self.real_frames {
            self.write_guard(self.sweep_q, FrameState::Dirty, self.page_q);
            self.sweep_q += 1;
            changed = true;
        }

        let taken = accepted.map(|offer| offer.list);
        self.promised_q += u32::from(taken.is_some_and(|list| list != Source::Retry));
        self.promised_q -= u32::from(pool_pop) + u32::from(gone);
        events.zeroed = lists.pool.is_some();
        events.retried = lists.retry.is_some();
        if cmd_finish {
            cmd_state = CmdState::Idle;
        }

        let take_queue = taken == Some(Source::Queue);
        let take_urgent = taken == Some(Source::Urgent);
        let take_retry = taken == Some(Source::Retry);
        let finish = finished.is_some();
        let wrong = |list: List| poison >> list as u8 & 1 != 0;
        let leaves = |list| dropped == Some(list);
        let flying = accepted.map(|o| (take_retry, o.frame));
        changed |= self.queue.clock(
            lists.queue,
            wrong(List::Queue),
            take_queue || leaves(List::Queue),
        );
        changed |= self.urgent.clock(
            lists.urgent,
            wrong(List::Urgent),
            take_urgent || leaves(List::Urgent),
        );
        changed |= self.pool.clock(lists.pool, wrong(List::Pool), pool_pop);
        changed |= self.retry.clock(
            lists.retry,
            wrong(List::Retry),
            take_retry || leaves(List::Retry),
        );
        changed |= self.flight.clock(flying, wrong(List::Flight), finish);
        changed |= self.done.clock(ins.done, wrong(List::Done), finish);
        for (list, pushed) in [
            (List::Queue, lists.queue.is_some()),
            (List::Urgent, lists.urgent.is_some()),
            (List::Pool, lists.pool.is_some()),
            (List::Retry, lists.retry.is_some()),
            (List::Flight, flying.is_some()),
            (List::Done, ins.done.is_some()),
        ] {
            // What is armed in this very cycle stays.
            if pushed && wrong(list) {
                self.poison_q &= !(1 << list as u8);
            }
        }
        changed |= accepted.is_some() || finish || dropped.is_some() || ins.done.is_some();
        changed |= self.cmd_state_q != CmdState::Idle || cmd_state != CmdState::Idle;
        changed |=
            (self.low_q, self.high_q, self.empty_q, self.running_q) != (low, high, empty, running);
        changed |= self.marks != (ins.water_low, ins.water_high);
        (self.low_q, self.high_q, self.empty_q, self.running_q) = (low, high, empty, running);
        self.marks = (ins.water_low, ins.water_high);
        self.cmd_state_q = cmd_state;
        self.page_q = page;
        self.settled = !changed;
        events
    }
}
