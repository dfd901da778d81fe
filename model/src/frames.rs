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
    /// Firmware's own.
    pub const HELD: u8 = FrameState::Held as u8;
    /// Zeroing failed twice, or retired by firmware.
    pub const BAD: u8 = FrameState::Bad as u8;
}

/// Commands, `dm_pkg::op_e`.
mod op {
    use dormouse_driver::regs::Op;

    pub const QUEUE: u8 = Op::Queue as u8;
    pub const QUEUE_URGENT: u8 = Op::QueueUrgent as u8;
    pub const TAKE: u8 = Op::Take as u8;
    pub const HOLD: u8 = Op::Hold as u8;
    pub const RELEASE: u8 = Op::Release as u8;
    pub const QUERY: u8 = Op::Query as u8;
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
const CMD_EXEC: u8 = 2;

/// What the lists see in one cycle, the frame handshake excepted; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct FramesIn {
    pub enable: bool,
    pub water_low: u32,
    pub water_high: u32,
    pub cmd: Option<(u8, u32)>,
    pub done: Option<bool>,
}

/// The frame that the lists offer to the engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offer {
    /// A frame is on offer, `frame_valid_o`.
    pub valid: bool,
    /// It is a retry or urgent, `urgent_o`.
    pub urgent: bool,
    /// The frame, `frame_o`.
    pub frame: u32,
    retry: bool,
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
    pub cmd_error: bool,
    pub cmd_refused: bool,
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
    pub sweep_q: u32,
    pub running_q: bool,
    pub dirty_q: u32,
    pub zeroing_q: u32,
    pub held_q: u32,
    pub bad_q: u32,
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
            sweep_q: 0,
            running_q: false,
            dirty_q: config.real_frames,
            zeroing_q: 0,
            held_q: 0,
            bad_q: 0,
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

    #[inline]
    fn promised(&self) -> u32 {
        self.pool.level() + self.zeroing_q
    }

    /// Retry, then urgent, then background.
    #[inline]
    pub fn offer(&self, enable: bool) -> Offer {
        if let Some(frame) = self.retry.front() {
            return Offer {
                valid: true,
                urgent: true,
                frame,
                retry: true,
            };
        }
        let room = self.promised() < self.pool_depth && self.zeroing_q < self.flight_depth;
        if room && enable {
            if let Some(frame) = self.urgent.front() {
                return Offer {
                    valid: true,
                    urgent: true,
                    frame,
                    retry: false,
                };
            }
            if self.running_q
                && let Some(frame) = self.queue.front()
            {
                return Offer {
                    valid: true,
                    urgent: false,
                    frame,
                    retry: false,
                };
            }
        }
        // The RTL's multiplexer rests on the queue; nobody looks while nothing is on offer.
        Offer::default()
    }

    /// No edge with these inputs, none of which is an event, changes anything.
    #[inline]
    pub fn settled(&self, ins: &FramesIn) -> bool {
        self.settled
            && ins.cmd.is_none()
            && ins.done.is_none()
            && self.marks == (ins.water_low, ins.water_high)
    }

    /// One clock edge; `accepted` is the offer that the engine took in this cycle.
    pub fn clock(&mut self, ins: &FramesIn, accepted: Option<Offer>) -> Events {
        if accepted.is_none() && self.settled(ins) {
            return Events::default();
        }
        let mut events = Events {
            cmd_refused: ins.cmd.is_some() && self.cmd_busy(),
            ..Events::default()
        };
        let mut changed = false;

        // Levels as this cycle sees them.
        let pool_level = self.pool.level();
        let promised = self.promised();
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
        let mut pool_pop = false;
        let mut cmd_finish = false;
        let mut cmd_state = self.cmd_state_q;
        let finished = self
            .done
            .front()
            .zip(self.flight.front())
            .filter(|_| accepted.is_none());

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
                if self.op_q == 0 || self.op_q > op::QUERY {
                    fail(code::BAD_OP);
                } else if self.op_q == op::TAKE {
                    if pool_level == 0 {
                        fail(code::EMPTY);
                    } else if self.pool.front().is_some() {
                        cmd_state = CMD_EXEC;
                    }
                } else if self.rfn_q >= self.real_frames {
                    fail(code::RANGE);
                } else if self.rfn_q < self.sweep_q {
                    self.guard_q = self.guard_mem[self.rfn_q as usize];
                    cmd_state = CMD_EXEC;
                }
            }
            _ => {}
        }

        // One step a cycle: the engine takes a frame, else it finishes one, else a command, else the sweep.
        if let Some(offer) = accepted {
            if !offer.retry {
                self.guard_mem[offer.frame as usize] = state::ZEROING;
                self.zeroing_q += 1;
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
        } else if self.cmd_state_q == CMD_EXEC {
            cmd_finish = true;
            self.code_q = code::OK;
            let guard = self.guard_q;
            match self.op_q {
                op::TAKE => {
                    if let Some(frame) = self.pool.front() {
                        self.guard_mem[frame as usize] = state::HELD;
                        self.held_q += 1;
                        self.value_q = frame;
                        pool_pop = true;
                    }
                }
                op::QUERY => self.value_q = guard.into(),
                op => {
                    let legal = match guard {
                        state::DIRTY => op != op::RELEASE,
                        state::HELD => op != op::HOLD,
                        _ => false,
                    };
                    let full = (op == op::QUEUE && self.queue.level() == self.queue_depth)
                        || (op == op::QUEUE_URGENT && self.urgent.level() == self.urgent_depth);
                    if !legal {
                        self.code_q = code::STATE;
                        self.value_q = guard.into();
                    } else if full {
                        self.code_q = code::FULL;
                    } else {
                        if guard == state::DIRTY {
                            self.dirty_q -= 1;
                        } else {
                            self.held_q -= 1;
                        }
                        self.guard_mem[self.rfn_q as usize] = match op {
                            op::QUEUE => {
                                queue_push = Some(self.rfn_q);
                                state::QUEUED
                            }
                            op::QUEUE_URGENT => {
                                urgent_push = Some(self.rfn_q);
                                state::QUEUED
                            }
                            op::HOLD => {
                                self.held_q += 1;
                                state::HELD
                            }
                            op::RELEASE => {
                                self.dirty_q += 1;
                                state::DIRTY
                            }
                            _ => {
                                self.bad_q += 1;
                                state::BAD
                            }
                        };
                    }
                }
            }
        } else if self.sweep_q != self.real_frames {
            self.guard_mem[self.sweep_q as usize] = state::DIRTY;
            self.sweep_q += 1;
            changed = true;
        }

        events.zeroed = pool_push.is_some();
        events.retried = retry_push.is_some();
        events.cmd_error = cmd_finish && self.code_q != code::OK;
        if cmd_finish {
            cmd_state = CMD_IDLE;
        }

        let taken = accepted.unwrap_or_default();
        let take_queue = accepted.is_some() && !taken.urgent;
        let take_urgent = accepted.is_some() && taken.urgent && !taken.retry;
        let finish = finished.is_some();
        changed |= self.queue.clock(queue_push, take_queue);
        changed |= self.urgent.clock(urgent_push, take_urgent);
        changed |= self.pool.clock(pool_push, pool_pop);
        changed |= self.retry.clock(retry_push, taken.retry);
        changed |= self
            .flight
            .clock(accepted.map(|o| (o.retry, o.frame)), finish);
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
