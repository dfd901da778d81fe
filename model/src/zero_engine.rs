//! `dm_zero_engine`: writes whole frames with zeros over an AXI4 write channel.

use crate::Config;

/// What the engine did in a cycle, `dm_pkg::cycle_e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// A write beat was transferred.
    Busy,
    /// A write beat waited for `WREADY`.
    WStalled,
    /// No beat was on the bus and a write address waited for `AWREADY`.
    AwStalled,
    /// All beats were sent and a write response was awaited.
    BWait,
    /// Nothing was under way and a frame waited for a token.
    Throttled,
    /// None of these.
    Idle,
}

/// What the engine sees in one cycle; the names are those of the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct EngineIn {
    pub cap_interval: u16,
    pub cap_depth: u8,
    pub urgent: bool,
    pub frame_valid: bool,
    pub frame: u32,
    pub aw_ready: bool,
    pub w_ready: bool,
    pub b_valid: bool,
    pub b_error: bool,
}

/// The engine's registers, named as in the RTL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ZeroEngine {
    page_shift: u8,
    burst_shift: u8,
    last_beat: u32,
    last_burst: u32,
    full: u32,

    pub aw_valid_q: bool,
    pub page_active_q: bool,
    pub frame_q: u32,
    pub burst_q: u32,
    pub urgent_q: bool,
    pub offered_q: bool,
    pub unsent_q: u32,
    pub w_valid_q: bool,
    pub w_last_q: bool,
    pub beat_q: u32,
    pub outstanding_q: u32,
    pub answered_q: u32,
    pub error_q: bool,
    pub done_valid_q: bool,
    pub done_error_q: bool,
    pub capped_q: bool,
    pub refill_q: u16,
    pub due_q: bool,
    pub room_q: bool,
    pub spent_q: bool,
    pub tokens_q: u8,
    pub funded_q: bool,
    pub fired_q: bool,
    pub w_stalled_q: bool,
    pub aw_stalled_q: bool,
    pub b_wait_q: bool,
    pub throttled_q: bool,
}

impl ZeroEngine {
    /// The engine after reset.
    pub fn new(config: &Config) -> Self {
        Self {
            page_shift: config.page_shift,
            burst_shift: (config.burst_beats() * config.beat_bytes()).trailing_zeros() as u8,
            last_beat: config.burst_beats() - 1,
            last_burst: config.bursts_per_page() - 1,
            full: config.max_outstanding.into(),
            aw_valid_q: false,
            page_active_q: false,
            frame_q: 0,
            burst_q: 0,
            urgent_q: false,
            offered_q: false,
            unsent_q: 0,
            w_valid_q: false,
            w_last_q: false,
            beat_q: 0,
            outstanding_q: 0,
            answered_q: 0,
            error_q: false,
            done_valid_q: false,
            done_error_q: false,
            capped_q: false,
            refill_q: 0,
            due_q: false,
            room_q: false,
            spent_q: false,
            tokens_q: 0,
            funded_q: false,
            fired_q: false,
            w_stalled_q: false,
            aw_stalled_q: false,
            b_wait_q: false,
            throttled_q: false,
        }
    }

    /// `aw_addr_o`, bytes.
    #[inline]
    pub fn aw_addr(&self) -> u64 {
        u64::from(self.frame_q) << self.page_shift | u64::from(self.burst_q) << self.burst_shift
    }

    /// The next burst need not be paid for.
    #[inline]
    fn free(&self, ins: &EngineIn) -> bool {
        !self.capped_q || ins.urgent || self.urgent_q
    }

    #[inline]
    fn can_offer(&self, ins: &EngineIn) -> bool {
        !self.aw_valid_q && self.outstanding_q != self.full && (self.funded_q || self.free(ins))
    }

    #[inline]
    fn offer(&self, ins: &EngineIn) -> bool {
        self.can_offer(ins) && (self.page_active_q || ins.frame_valid)
    }

    /// The frame on offer goes into the address register, whether or not it can be accepted yet.
    #[inline]
    fn takes_frame(&self, ins: &EngineIn) -> bool {
        !self.page_active_q && !self.aw_valid_q && ins.frame_valid
    }

    /// `frame_ready_o`.
    #[inline]
    pub fn frame_ready(&self, ins: &EngineIn) -> bool {
        !self.page_active_q && self.can_offer(ins)
    }

    /// `throttled_o`.
    #[inline]
    pub fn throttled(&self, ins: &EngineIn) -> bool {
        !self.funded_q && !self.free(ins) && (self.page_active_q || ins.frame_valid)
    }

    /// `cycle_o`: what the engine did in the cycle before.
    #[inline]
    pub fn cycle(&self) -> Cycle {
        if self.fired_q {
            Cycle::Busy
        } else if self.w_stalled_q {
            Cycle::WStalled
        } else if self.aw_stalled_q {
            Cycle::AwStalled
        } else if self.b_wait_q {
            Cycle::BWait
        } else if self.throttled_q {
            Cycle::Throttled
        } else {
            Cycle::Idle
        }
    }

    /// Next values of the registers that [`Self::cycle`] decodes.
    #[inline]
    fn happened(&self, ins: &EngineIn) -> (bool, bool, bool, bool, bool) {
        (
            self.w_valid_q && ins.w_ready,
            self.w_valid_q && !ins.w_ready,
            self.aw_valid_q && !ins.aw_ready,
            self.outstanding_q != 0,
            self.throttled(ins),
        )
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, ins: &EngineIn) {
        let offer = self.offer(ins);
        let w_fire = self.w_valid_q && ins.w_ready;
        let w_end = w_fire && self.w_last_q;
        let more = self.unsent_q > 1 || (self.unsent_q == 1 && self.offered_q);
        let frame_end = ins.b_valid && self.answered_q == self.last_burst;

        (
            self.fired_q,
            self.w_stalled_q,
            self.aw_stalled_q,
            self.b_wait_q,
            self.throttled_q,
        ) = self.happened(ins);
        self.clock_bucket(ins, offer);

        self.unsent_q = self.unsent_q + u32::from(self.offered_q) - u32::from(w_end);
        self.outstanding_q =
            self.outstanding_q + u32::from(self.offered_q) - u32::from(ins.b_valid);
        self.offered_q = offer;
        if self.takes_frame(ins) {
            self.frame_q = ins.frame;
            self.burst_q = 0;
        }
        if offer {
            self.aw_valid_q = true;
            if self.page_active_q {
                self.burst_q += 1;
                self.page_active_q = self.burst_q != self.last_burst;
                self.urgent_q &= self.page_active_q;
            } else {
                self.page_active_q = self.last_burst != 0;
                self.urgent_q = ins.urgent && self.page_active_q;
            }
        } else {
            self.aw_valid_q &= !ins.aw_ready;
        }

        self.w_valid_q = offer || (self.w_valid_q && (!w_end || more));
        if w_fire {
            self.beat_q = if w_end { 0 } else { self.beat_q + 1 };
            self.w_last_q = self.beat_q == self.last_beat;
        }

        self.done_valid_q = frame_end;
        self.done_error_q = self.error_q || ins.b_error;
        if ins.b_valid {
            self.answered_q = if frame_end { 0 } else { self.answered_q + 1 };
            self.error_q = !frame_end && (self.error_q || ins.b_error);
        }
    }

    #[inline]
    fn clock_bucket(&mut self, ins: &EngineIn, offer: bool) {
        let spend = offer && !self.free(ins);
        let earn = self.due_q && self.room_q;
        self.room_q = self.tokens_q < ins.cap_depth || self.tokens_q == 0;
        if self.capped_q {
            self.tokens_q = self.tokens_q + u8::from(earn) - u8::from(self.spent_q);
            self.funded_q = self.tokens_q != 0;
            let due = !self.due_q && self.refill_q <= 2;
            self.refill_q = if self.due_q {
                ins.cap_interval
            } else {
                self.refill_q.wrapping_sub(1)
            };
            self.due_q = due;
        } else {
            self.tokens_q = 0;
            self.funded_q = false;
            self.refill_q = 0;
            self.due_q = false;
        }
        self.spent_q = spend;
        self.capped_q = ins.cap_interval != 0;
    }

    /// How many further edges with these same inputs leave every output of the engine as it is, and
    /// all that is inside but what [`Self::pass`] moves. An edge with these inputs has just passed.
    #[inline]
    pub fn stable_for(&self, ins: &EngineIn) -> u64 {
        let room = self.tokens_q < ins.cap_depth || self.tokens_q == 0;
        if self.offer(ins)
            || self.room_q != room
            || self.done_error_q != (self.error_q || ins.b_error)
            || self.offered_q
            || ins.b_valid
            || self.done_valid_q
            || (self.aw_valid_q && ins.aw_ready)
            || self.happened(ins)
                != (
                    self.fired_q,
                    self.w_stalled_q,
                    self.aw_stalled_q,
                    self.b_wait_q,
                    self.throttled_q,
                )
            || (self.takes_frame(ins) && (self.frame_q, self.burst_q) != (ins.frame, 0))
        {
            return 0;
        }
        let beats = if !(self.w_valid_q && ins.w_ready) {
            u64::MAX
        } else if self.w_last_q {
            0
        } else {
            u64::from(self.last_beat - 1 - self.beat_q)
        };
        if self.capped_q != (ins.cap_interval != 0) || self.spent_q || self.due_q {
            0
        } else if self.capped_q {
            // The jump ends before a token is due, which may open an offer.
            beats.min(u64::from(self.refill_q).saturating_sub(2))
        } else if self.funded_q || self.refill_q != 0 {
            0
        } else {
            beats
        }
    }

    /// The same as `n` calls of [`Self::clock`] after a first one with the same inputs, `n` at most
    /// [`Self::stable_for`].
    #[inline]
    pub fn pass(&mut self, w_ready: bool, n: u64) {
        if self.w_valid_q && w_ready {
            self.beat_q += n as u32;
        }
        if self.capped_q {
            self.refill_q -= n as u16;
        }
    }
}
