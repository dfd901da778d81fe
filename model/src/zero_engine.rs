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
#[derive(Clone, Debug)]
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
    pub pending_q: u32,
    pub w_valid_q: bool,
    pub w_last_q: bool,
    pub beat_q: u32,
    pub outstanding_q: u32,
    pub answered_q: u32,
    pub error_q: bool,
    pub done_valid_q: bool,
    pub done_error_q: bool,
    pub refill_q: u16,
    pub tokens_q: u8,
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
            pending_q: 0,
            w_valid_q: false,
            w_last_q: false,
            beat_q: 0,
            outstanding_q: 0,
            answered_q: 0,
            error_q: false,
            done_valid_q: false,
            done_error_q: false,
            refill_q: 0,
            tokens_q: 0,
        }
    }

    /// `aw_addr_o`, bytes.
    #[inline]
    pub fn aw_addr(&self) -> u64 {
        u64::from(self.frame_q) << self.page_shift | u64::from(self.burst_q) << self.burst_shift
    }

    #[inline]
    fn capped(&self, ins: &EngineIn) -> bool {
        ins.cap_interval != 0 && !ins.urgent && !(self.page_active_q && self.urgent_q)
    }

    #[inline]
    fn can_offer(&self, ins: &EngineIn) -> bool {
        !self.aw_valid_q
            && self.outstanding_q != self.full
            && (self.tokens_q != 0 || !self.capped(ins))
    }

    /// `frame_ready_o`.
    #[inline]
    pub fn frame_ready(&self, ins: &EngineIn) -> bool {
        !self.page_active_q && self.can_offer(ins)
    }

    /// `throttled_o`.
    #[inline]
    pub fn throttled(&self, ins: &EngineIn) -> bool {
        self.tokens_q == 0 && self.capped(ins) && (self.page_active_q || ins.frame_valid)
    }

    /// `cycle_o`.
    #[inline]
    pub fn cycle(&self, ins: &EngineIn) -> Cycle {
        if self.w_valid_q {
            if ins.w_ready { Cycle::Busy } else { Cycle::WStalled }
        } else if self.aw_valid_q && !ins.aw_ready {
            Cycle::AwStalled
        } else if self.outstanding_q != 0 {
            Cycle::BWait
        } else if self.throttled(ins) {
            Cycle::Throttled
        } else {
            Cycle::Idle
        }
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, ins: &EngineIn) {
        let capped = self.capped(ins);
        let offer = self.can_offer(ins) && (self.page_active_q || ins.frame_valid);
        let w_fire = self.w_valid_q && ins.w_ready;
        let w_end = w_fire && self.w_last_q;
        let frame_end = ins.b_valid && self.answered_q == self.last_burst;

        if ins.cap_interval == 0 {
            self.refill_q = 0;
            self.tokens_q = 0;
        } else {
            let refill = self.refill_q == 0;
            self.refill_q = if refill { ins.cap_interval - 1 } else { self.refill_q - 1 };
            if offer && capped {
                self.tokens_q -= u8::from(!refill);
            } else if refill && (self.tokens_q < ins.cap_depth || self.tokens_q == 0) {
                self.tokens_q += 1;
            }
        }

        if offer {
            self.aw_valid_q = true;
            if self.page_active_q {
                self.burst_q += 1;
            } else {
                self.frame_q = ins.frame;
                self.burst_q = 0;
                self.urgent_q = ins.urgent;
            }
            self.page_active_q = self.burst_q != self.last_burst;
        } else {
            self.aw_valid_q &= !ins.aw_ready;
        }

        if !self.w_valid_q {
            self.w_valid_q = offer;
        } else if w_end {
            self.w_valid_q = offer || self.pending_q != 0;
            self.pending_q -= u32::from(!offer && self.pending_q != 0);
        } else {
            self.pending_q += u32::from(offer);
        }
        if w_fire {
            self.beat_q = if w_end { 0 } else { self.beat_q + 1 };
            self.w_last_q = self.beat_q == self.last_beat;
        }

        self.outstanding_q = self.outstanding_q + u32::from(offer) - u32::from(ins.b_valid);
        self.done_valid_q = frame_end;
        self.done_error_q = self.error_q || ins.b_error;
        if ins.b_valid {
            self.answered_q = if frame_end { 0 } else { self.answered_q + 1 };
            self.error_q = !frame_end && (self.error_q || ins.b_error);
        }
    }

    /// How many further edges with these same inputs leave every output of the engine as it is.
    #[inline]
    pub fn stable_for(&self, ins: &EngineIn) -> u64 {
        let offer = self.can_offer(ins) && (self.page_active_q || ins.frame_valid);
        if offer || ins.b_valid || self.done_valid_q || (self.aw_valid_q && ins.aw_ready) {
            return 0;
        }
        let beats = if !(self.w_valid_q && ins.w_ready) {
            u64::MAX
        } else if self.w_last_q {
            0
        } else {
            u64::from(self.last_beat - 1 - self.beat_q)
        };
        // A token that comes may open an offer, so the jump ends before it.
        if ins.cap_interval == 0 { beats } else { beats.min(self.refill_q.into()) }
    }

    /// The same as `n` calls of [`Self::clock`], `n` at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, ins: &EngineIn, n: u64) {
        if self.w_valid_q && ins.w_ready {
            self.beat_q += n as u32;
        }
        self.done_error_q = self.error_q || ins.b_error;
        if ins.cap_interval == 0 {
            self.refill_q = 0;
            self.tokens_q = 0;
        } else {
            self.refill_q -= n as u16;
        }
    }
}
