//! `dm_counters`: where the engine's cycles went, and how often what happened.

use crate::{dormant, frames, zero_engine::Cycle};

/// The counters as registers show them; the six cycle classes sum to `total_q`. All but the total are words of RAMs in
/// the RTL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counters {
    pub busy_q: u64,
    pub w_stalled_q: u64,
    pub aw_stalled_q: u64,
    pub b_wait_q: u64,
    pub throttled_q: u64,
    pub idle_q: u64,
    pub total_q: u64,
    pub zeroed_q: u32,
    pub retried_q: u32,
    pub cmd_errors_q: u32,
    pub zero_reads_q: u32,
    pub elided_writes_q: u32,
    pub translation_misses_q: u32,
    pub fast_conversions_q: u32,
    pub demand_conversions_q: u32,
    pub stalls_q: u32,
    pub redormanted_stores_q: u32,
    pub redormanted_doorbell_q: u32,
    pub parity_errors_q: u32,
    pub stray_answers_q: u32,
    /// Entry k counts latencies of 2^k to 2^(k+1) - 1 cycles; entry 0 also 0, the last all that are longer.
    pub conversion_hist_q: [u32; BINS],
    pub stall_hist_q: [u32; BINS],
    /// The class of the last cycle, which is counted at the next edge.
    pub class_q: Option<Cycle>,
    /// What is still to be counted.
    pub pending: Pending,
}

/// Events on their way into the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Pending {
    pub ev_q: dormant::Events,
    pub ev_zeroed_q: bool,
    pub ev_retried_q: bool,
    pub ev_stray_q: u8,
    /// The entry that is about to count one more: is it of stalls, and which.
    pub hist_q: Option<(bool, usize)>,
}

/// Entries of a histogram.
pub const BINS: usize = 16;

/// The entry that counts a latency.
fn bin(latency: u32) -> usize {
    (latency.checked_ilog2().unwrap_or(0) as usize).min(BINS - 1)
}

impl Counters {
    /// `n` cycles of one class pass, at least one.
    #[inline]
    pub fn add_cycles(&mut self, class: Cycle, n: u64) {
        if let Some(before) = self.class_q.replace(class) {
            self.count_cycles(before, 1);
        }
        self.count_cycles(class, n - 1);
    }

    fn count_cycles(&mut self, class: Cycle, n: u64) {
        let counter = match class {
            Cycle::Busy => &mut self.busy_q,
            Cycle::WStalled => &mut self.w_stalled_q,
            Cycle::AwStalled => &mut self.aw_stalled_q,
            Cycle::BWait => &mut self.b_wait_q,
            Cycle::Throttled => &mut self.throttled_q,
            Cycle::Idle => &mut self.idle_q,
        };
        *counter += n;
        self.total_q += n;
    }

    /// Nothing is on its way.
    #[inline]
    pub fn settled(&self) -> bool {
        self.pending == Pending::default()
    }

    /// One clock edge with its events; they are counted at the next ones.
    #[inline]
    pub fn clock(&mut self, frames: &frames::Events, strays: u8, ev: &dormant::Events) {
        let pending = Pending {
            ev_stray_q: strays,
            ev_q: *ev,
            ev_zeroed_q: frames.zeroed,
            ev_retried_q: frames.retried,
            hist_q: None,
        };
        if pending == self.pending && self.settled() {
            return;
        }
        let before = std::mem::replace(&mut self.pending, pending);
        self.count(&before);
    }

    fn count(&mut self, before: &Pending) {
        let add = |counter: &mut u32, n: u8| {
            *counter = counter.wrapping_add(n.into());
        };
        match before.hist_q {
            Some((false, bin)) => add(&mut self.conversion_hist_q[bin], 1),
            Some((true, bin)) => add(&mut self.stall_hist_q[bin], 1),
            None => {}
        }
        let ev = &before.ev_q;
        if ev.stall_end {
            self.pending.hist_q = Some((true, bin(ev.stall_latency)));
        } else if ev.fast_conversion || ev.demand_conversion {
            self.pending.hist_q = Some((false, bin(ev.conversion_latency)));
        }
        add(&mut self.zeroed_q, before.ev_zeroed_q.into());
        add(&mut self.retried_q, before.ev_retried_q.into());
        add(&mut self.zero_reads_q, ev.zero_reads);
        add(&mut self.elided_writes_q, ev.elided_writes);
        add(&mut self.translation_misses_q, ev.translation_misses);
        add(&mut self.fast_conversions_q, ev.fast_conversion.into());
        add(&mut self.demand_conversions_q, ev.demand_conversion.into());
        add(&mut self.stalls_q, ev.stall.into());
        add(&mut self.redormanted_stores_q, ev.redormant_store.into());
        add(
            &mut self.redormanted_doorbell_q,
            ev.redormant_doorbell.into(),
        );
        add(&mut self.parity_errors_q, ev.parity_error.into());
        add(&mut self.stray_answers_q, before.ev_stray_q);
        add(
            &mut self.cmd_errors_q,
            u8::from(ev.cmd_error) + u8::from(ev.cmd_refused),
        );
    }

    /// What passed since `start`, `times` times over.
    pub(crate) fn repeat(&mut self, start: &Self, times: u64) {
        let n = times as u32;
        self.busy_q += (self.busy_q - start.busy_q) * times;
        self.w_stalled_q += (self.w_stalled_q - start.w_stalled_q) * times;
        self.aw_stalled_q += (self.aw_stalled_q - start.aw_stalled_q) * times;
        self.b_wait_q += (self.b_wait_q - start.b_wait_q) * times;
        self.throttled_q += (self.throttled_q - start.throttled_q) * times;
        self.idle_q += (self.idle_q - start.idle_q) * times;
        self.total_q += (self.total_q - start.total_q) * times;
        let zeroed = self.zeroed_q.wrapping_sub(start.zeroed_q);
        self.zeroed_q = self.zeroed_q.wrapping_add(zeroed.wrapping_mul(n));
    }
}
