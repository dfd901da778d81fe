//! `dm_frames`: to-be-zeroed queue, zeroed pool, and one state for every real frame.

use crate::{Config, fifo::Fifo};

/// States of a frame as the guard stores them, `dm_pkg::frame_state_e`.
pub mod state {
    use dormouse_driver::regs::FrameState;

    /// Contents unknown; every frame after reset.
    pub const DIRTY: u8 = FrameState::Dirty as u8;
    /// In the to-be-zeroed queue.
    pub const QUEUED: u8 = FrameState::Queued as u8;
    /// In the engine, a retry included.
    pub const ZEROING: u8 = FrameState::Zeroing as u8;
    /// In the zeroed pool.
    pub const ZEROED: u8 = FrameState::Zeroed as u8;
    /// Mapped to a guest page.
    pub const MAPPED: u8 = FrameState::Mapped as u8;
    /// Firmware's own.
    pub const HELD: u8 = FrameState::Held as u8;
    /// Zeroing failed twice, or retired by firmware.
    pub const BAD: u8 = FrameState::Bad as u8;
    /// Zeroed, and given to firmware to be mapped.
    pub const CLAIMED: u8 = FrameState::Claimed as u8;
}

/// Commands, `dm_pkg::op_e`.
mod op {
    pub use crate::pages::op::{FREE, KEEP, MAP};
    use dormouse_driver::regs::Op;

    pub const QUEUE: u8 = Op::Queue as u8;
    pub const QUEUE_URGENT: u8 = Op::QueueUrgent as u8;
    pub const TAKE: u8 = Op::Take as u8;
    pub const HOLD: u8 = Op::Hold as u8;
    pub const RELEASE: u8 = Op::Release as u8;
    pub const QUERY: u8 = Op::Query as u8;
    pub const CLAIM: u8 = Op::Claim as u8;
}

/// How commands end, `dm_pkg::code_e`.
mod code {
    use dormouse_driver::regs::Code;

    pub const OK: u8 = Code::Ok as u8;
    pub const BAD_OP: u8 = Code::BadOp as u8;
    pub const RANGE: u8 = Code::Range as u8;
    pub const STATE: u8 = Code::State as u8;
    pub const FULL: u8 = Code::Full as u8;
    pub const EMPTY: u8 = Code::Empty as u8;
}

const CMD_IDLE: u8 = 0;
const CMD_READ: u8 = 1;
const CMD_WAIT: u8 = 2;
const CMD_EXEC: u8 = 3;

/// What the lists see in one cycle, the frame handshake excepted; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct FramesIn {
    pub enable: bool,
    pub water_low: u32,
    pub water_high: u32,
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

    guard_mem: Box<[u8]>,
    pub guard_q: u8,
    pub seen_q: u8,
    pub sweep_q: u32,
    pub running_q: bool,
    pub promised_q: u32,
    pub dirty_q: u32,
    pub zeroing_q: u32,
    pub mapped_q: u32,
    pub held_q: u32,
    pub bad_q: u32,
    pub claimed_q: u32,
    pub map_pend_q: bool,
    pub map_frame_q: u32,
    pub bad_valid_q: bool,
    pub bad_frame_q: u32,
    pub low_q: bool,
    pub high_q: bool,
    pub empty_q: bool,
    pub cmd_state_q: u8,
    pub op_q: u8,
    pub rfn_q: u32,
    pub code_q: u8,
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
            guard_mem: vec![state::DIRTY; config.real_frames as usize].into(),
            guard_q: 0,
            seen_q: 0,
            sweep_q: 0,
            running_q: false,
            promised_q: 0,
            dirty_q: config.real_frames,
            zeroing_q: 0,
            mapped_q: 0,
            held_q: 0,
            bad_q: 0,
            claimed_q: 0,
            map_pend_q: false,
            map_frame_q: 0,
            bad_valid_q: false,
            bad_frame_q: 0,
            low_q: true,
            high_q: false,
            empty_q: true,
            cmd_state_q: CMD_IDLE,
            op_q: 0,
            rfn_q: 0,
            code_q: code::OK,
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
    pub fn guard(&self) -> &[u8] {
        &self.guard_mem
    }

    pub(crate) fn set_guard(&mut self, frame: u32, state: u8) {
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

    /// `cmd_busy_o`.
    pub fn cmd_busy(&self) -> bool {
        self.cmd_state_q != CMD_IDLE
    }

    /// A command takes its step in this cycle.
    #[inline]
    fn exec(&self) -> bool {
        self.cmd_state_q == CMD_EXEC && !self.map_pend_q
    }

    /// The answer and the frame that the engine is done with in this cycle.
    #[inline]
    fn finish(&self) -> Option<(bool, (bool, u32))> {
        let free = !self.exec() && !self.map_pend_q;
        self.done.front().zip(self.flight.front()).filter(|_| free)
    }

    /// A conversion may take a frame, `pop_valid_o` and `pop_frame_o`. A command that takes from the pool goes first.
    #[inline]
    pub fn pop(&self) -> Option<u32> {
        let taking =
            self.cmd_state_q != CMD_IDLE && (self.op_q == op::TAKE || self.op_q == op::CLAIM);
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
            valid: !self.map_pend_q && !self.exec() && self.finish().is_none(),
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

    /// One clock edge; `accepted` is the offer that the engine took in this cycle.
    pub fn clock(&mut self, ins: &FramesIn, accepted: Option<Offer>) -> Events {
        if accepted.is_none() && self.settled(ins) {
            return Events::default();
        }
        let mut events = Events::default();
        let mut changed = ins.pop || self.map_pend_q;
        let exec = self.exec();
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

        let (mut queue_push, mut urgent_push, mut pool_push, mut retry_push) =
            (None, None, None, None);
        let mut pool_pop = ins.pop;
        let mut cmd_finish = false;
        let mut cmd_state = self.cmd_state_q;
        let guard = self.seen_q;
        self.seen_q = self.guard_q;

        match self.cmd_state_q {
            CMD_IDLE => {
                if let Some((op, rfn)) = ins.cmd {
                    (self.op_q, self.rfn_q) = (op, rfn);
                    cmd_state = CMD_READ;
                }
            }
            CMD_READ => {
                self.value_q = 0;
                let mut fail = |code| {
                    self.code_q = code;
                    cmd_finish = true;
                };
                if !matches!(self.op_q, op::QUEUE..=op::CLAIM | op::MAP..=op::KEEP) {
                    fail(code::BAD_OP);
                } else if self.op_q == op::TAKE || self.op_q == op::CLAIM {
                    if pool_level == 0 {
                        fail(code::EMPTY);
                    } else if self.pool.front().is_some() {
                        cmd_state = CMD_EXEC;
                    }
                } else if self.rfn_q >= self.real_frames {
                    fail(code::RANGE);
                } else if self.rfn_q < self.sweep_q {
                    self.guard_q = self.guard_mem[self.rfn_q as usize];
                    cmd_state = CMD_WAIT;
                }
            }
            CMD_WAIT => cmd_state = CMD_EXEC,
            _ => {}
        }

        // One step a cycle: a frame was popped, else a command, else the engine finishes a frame, else it takes one,
        // else the sweep.
        if let Some(frame) = popped {
            self.guard_mem[frame as usize] = state::MAPPED;
        } else if exec {
            cmd_finish = true;
            self.code_q = code::OK;
            match self.op_q {
                op::TAKE | op::CLAIM => {
                    if let Some(frame) = self.pool.front() {
                        self.guard_mem[frame as usize] = if self.op_q == op::TAKE {
                            self.held_q += 1;
                            state::HELD
                        } else {
                            self.claimed_q += 1;
                            state::CLAIMED
                        };
                        self.value_q = frame;
                        pool_pop = true;
                    }
                }
                op::QUERY => self.value_q = guard.into(),
                op => {
                    let legal = match guard {
                        state::DIRTY => !matches!(op, op::RELEASE | op::MAP | op::FREE | op::KEEP),
                        state::HELD => !matches!(op, op::HOLD | op::MAP | op::FREE | op::KEEP),
                        state::CLAIMED => !matches!(op, op::FREE | op::KEEP),
                        state::MAPPED => matches!(op, op::FREE | op::KEEP),
                        _ => false,
                    };
                    let queue_full = self.queue.level() == self.queue_depth;
                    let full = (op == op::QUEUE && queue_full)
                        || (op == op::QUEUE_URGENT && self.urgent.level() == self.urgent_depth);
                    if !legal {
                        self.code_q = code::STATE;
                        self.value_q = guard.into();
                    } else if full {
                        self.code_q = code::FULL;
                    } else {
                        match guard {
                            state::DIRTY => self.dirty_q -= 1,
                            state::HELD => self.held_q -= 1,
                            state::CLAIMED => self.claimed_q -= 1,
                            _ => self.mapped_q -= 1,
                        }
                        self.guard_mem[self.rfn_q as usize] = match op {
                            op::FREE if queue_full => {
                                self.value_q = 1;
                                events.dirtied = true;
                                self.dirty_q += 1;
                                state::DIRTY
                            }
                            op::QUEUE | op::FREE => {
                                queue_push = Some(self.rfn_q);
                                state::QUEUED
                            }
                            op::QUEUE_URGENT => {
                                urgent_push = Some(self.rfn_q);
                                state::QUEUED
                            }
                            op::HOLD | op::KEEP => {
                                self.held_q += 1;
                                state::HELD
                            }
                            op::RELEASE => {
                                self.dirty_q += 1;
                                state::DIRTY
                            }
                            op::MAP => {
                                self.mapped_q += 1;
                                state::MAPPED
                            }
                            _ => {
                                self.bad_q += 1;
                                state::BAD
                            }
                        };
                    }
                }
            }
        } else if let Some((error, (retried, frame))) = finished {
            if !error {
                self.guard_mem[frame as usize] = state::ZEROED;
                self.zeroing_q -= 1;
                pool_push = Some(frame);
            } else if !retried {
                retry_push = Some(frame);
            } else {
                self.guard_mem[frame as usize] = state::BAD;
                self.zeroing_q -= 1;
                self.bad_q += 1;
                self.bad_valid_q = true;
                self.bad_frame_q = frame;
                events.bad = true;
            }
        } else if let Some(offer) = accepted {
            if offer.list != List::Retry {
                self.guard_mem[offer.frame as usize] = state::ZEROING;
                self.zeroing_q += 1;
            }
        } else if self.sweep_q != self.real_frames {
            self.guard_mem[self.sweep_q as usize] = state::DIRTY;
            self.sweep_q += 1;
            changed = true;
        }

        let taken = accepted.map(|offer| offer.list);
        self.promised_q += u32::from(taken.is_some_and(|list| list != List::Retry));
        self.promised_q -= u32::from(pool_pop) + u32::from(events.bad);
        events.zeroed = pool_push.is_some();
        events.retried = retry_push.is_some();
        if cmd_finish {
            cmd_state = CMD_IDLE;
        }

        let take_queue = taken == Some(List::Queue);
        let take_urgent = taken == Some(List::Urgent);
        let take_retry = taken == Some(List::Retry);
        let finish = finished.is_some();
        changed |= self.queue.clock(queue_push, take_queue);
        changed |= self.urgent.clock(urgent_push, take_urgent);
        changed |= self.pool.clock(pool_push, pool_pop);
        changed |= self.retry.clock(retry_push, take_retry);
        changed |= self
            .flight
            .clock(accepted.map(|o| (take_retry, o.frame)), finish);
        changed |= self.done.clock(ins.done, finish);

        changed |= accepted.is_some() || finish || ins.done.is_some();
        changed |= self.cmd_state_q != CMD_IDLE || cmd_state != CMD_IDLE;
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
