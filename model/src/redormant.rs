//! `dm_redormant`: finds resident pages that ordinary stores have zeroed as a whole, and drains what was let through
//! to a frame before the frame is given away.
//!
//! In each cycle the node asks the gates about [`Redormant::query_frame`], asks [`Redormant::offer`] with their
//! answers, and gives all of it to [`Redormant::clock`].

use crate::{config::MAX_PORTS, gate::Gate};

/// Most trackers of a node.
pub const MAX_TRACKERS: usize = 8;

/// A page is followed in this many chunks.
const CHUNKS: u8 = 64;

/// What one port writes to resident pages; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Monitor {
    pub beat: bool,
    pub gfn: u32,
    pub frame: u32,
    pub index: u32,
    pub strb: u64,
    pub nonzero: bool,
    pub incr: bool,
    pub old: bool,
    pub b: bool,
    pub b_error: bool,
    pub b_frame: u32,
}

impl From<&Gate> for Monitor {
    #[inline]
    fn from(gate: &Gate) -> Self {
        Self {
            beat: gate.mon_beat_q,
            gfn: gate.mon_gfn_q,
            frame: gate.mon_frame_q,
            index: gate.mon_index_q,
            strb: gate.mon_strb_q,
            nonzero: gate.mon_nonzero_q,
            incr: gate.mon_incr_q,
            old: gate.mon_old_q,
            b: gate.mon_b_q,
            b_error: gate.mon_b_error_q,
            b_frame: gate.mon_b_frame_q,
        }
    }
}

/// A change of tags; named as the RTL ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// All pages, `upd_all_i`.
    pub all: bool,
    /// Else this one, `upd_gfn_i`.
    pub gfn: u32,
}

/// What redormanting sees in one cycle; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct RedormantIn<'a> {
    pub enable: bool,
    pub delay: u32,
    /// One a port; empty when no port has anything to tell.
    pub mon: &'a [Monitor],
    /// Of any port.
    pub rd_match: bool,
    /// Of any port.
    pub wr_match: bool,
    /// Only [`Redormant::clock`] looks at it.
    pub upd: Option<Update>,
    /// `start_i`: keep it for firmware?, and the frame. Only [`Redormant::clock`] looks at it.
    pub start: Option<(bool, u32)>,
    /// Only [`Redormant::clock`] looks at it.
    pub step_done: bool,
}

/// A page that may go dormant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// `det_valid_o`.
    pub valid: bool,
    /// It may, if no write burst is let through in this cycle and the last: `det_ok_o`.
    pub ok: bool,
    /// `det_gfn_o`.
    pub gfn: u32,
    /// `det_frame_o`.
    pub frame: u32,
}

/// The registers of redormanting, named as in the RTL; sets of trackers have bit t for tracker t.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Redormant {
    trackers: u8,
    /// log2 of the beats in a chunk, `ChunkShift`.
    chunk_shift: u32,
    beat_mask: u32,
    strb_all: u64,

    pub active_q: u8,
    pub port_q: [u8; MAX_TRACKERS],
    pub gfn_q: [u32; MAX_TRACKERS],
    pub frame_q: [u32; MAX_TRACKERS],
    pub map_q: [u64; MAX_TRACKERS],
    pub count_q: [u8; MAX_TRACKERS],
    pub next_q: [u32; MAX_TRACKERS],
    pub mask_q: [u64; MAX_TRACKERS],
    pub timer_q: [u32; MAX_TRACKERS],
    pub ripe_q: u8,
    pub victim_q: u8,
    pub pick_valid_q: bool,
    pub pick_q: u8,
    pub drain_busy_q: bool,
    pub drain_keep_q: bool,
    pub drain_frame_q: u32,
    pub drained_q: bool,
    pub upd_q: bool,
    pub upd_all_q: bool,
    pub upd_gfn_q: u32,
    pub pick_seen_q: bool,
    pub drain_seen_q: bool,

    /// Trackers whose timer still has something to do.
    timed: u8,
}

/// The trackers of a set.
fn members(set: u8) -> impl Iterator<Item = usize> {
    (0..MAX_TRACKERS).filter(move |t| set >> t & 1 != 0)
}

impl Redormant {
    /// Redormanting after reset.
    pub fn new(trackers: u8, page_beats: u32, beat_bytes: u32) -> Self {
        Self {
            trackers,
            chunk_shift: page_beats.trailing_zeros() - u32::from(CHUNKS).trailing_zeros(),
            beat_mask: page_beats - 1,
            strb_all: u64::MAX >> (64 - beat_bytes),
            active_q: 0,
            port_q: [0; MAX_TRACKERS],
            gfn_q: [0; MAX_TRACKERS],
            frame_q: [0; MAX_TRACKERS],
            map_q: [0; MAX_TRACKERS],
            count_q: [0; MAX_TRACKERS],
            next_q: [0; MAX_TRACKERS],
            mask_q: [0; MAX_TRACKERS],
            timer_q: [0; MAX_TRACKERS],
            ripe_q: 0,
            victim_q: 0,
            pick_valid_q: false,
            pick_q: 0,
            drain_busy_q: false,
            drain_keep_q: false,
            drain_frame_q: 0,
            drained_q: false,
            upd_q: false,
            upd_all_q: false,
            upd_gfn_q: 0,
            pick_seen_q: false,
            drain_seen_q: false,
            timed: 0,
        }
    }

    /// `query_frame_o`: the gates are asked whether an access to it is let through and unanswered.
    #[inline]
    pub fn query_frame(&self) -> u32 {
        if self.drain_busy_q {
            self.drain_frame_q
        } else {
            self.frame_q[usize::from(self.pick_q)]
        }
    }

    /// The answers of the gates to [`Redormant::query_frame`] are looked at, a cycle later.
    #[inline]
    pub fn asks(&self) -> bool {
        self.drain_busy_q || self.pick_valid_q
    }

    /// Nothing ripens, is offered or drained. An edge on which no port has anything to tell, no tag changes and nothing
    /// starts then changes nothing.
    #[inline]
    pub fn idle(&self, enable: bool) -> bool {
        self.timed == 0
            && !self.upd_q
            && !self.asks()
            && self.active_q & self.ripe_q == 0
            && (enable || self.active_q == 0)
    }

    /// Trackers of a set that follow this frame.
    #[inline]
    fn following(&self, frame: u32) -> u8 {
        members(self.active_q)
            .filter(|&t| self.frame_q[t] == frame)
            .fold(0, |set, t| set | 1 << t)
    }

    /// Trackers that what the ports did has spoilt, and for each port those that its beat belongs to.
    fn heard(&self, ins: &RedormantIn) -> (u8, u8, [u8; MAX_PORTS]) {
        let mut spoilt = if ins.enable { 0 } else { u8::MAX };
        let mut own = 0;
        let mut matches = [0; MAX_PORTS];
        if self.active_q == 0 {
            return (spoilt, own, matches);
        }
        for (p, mon) in ins.mon.iter().enumerate() {
            if mon.beat {
                matches[p] = self.following(mon.frame);
                for t in members(matches[p]) {
                    if usize::from(self.port_q[t]) != p || mon.nonzero || mon.old {
                        spoilt |= 1 << t;
                    } else {
                        own = own & !(1 << t) | u8::from(mon.incr) << t;
                    }
                }
            }
            if mon.b {
                // Another port's older write may have landed on top of a zero, and a zero that failed may not have
                // landed at all.
                for t in members(self.following(mon.b_frame)) {
                    if usize::from(self.port_q[t]) != p || mon.b_error {
                        spoilt |= 1 << t;
                    }
                }
            }
        }
        (spoilt, own, matches)
    }

    /// Trackers of pages that may go dormant.
    #[inline]
    fn good(&self) -> u8 {
        self.active_q & self.ripe_q
    }

    /// The page that may go dormant.
    #[inline]
    pub fn offer(&self, ins: &RedormantIn) -> Offer {
        let pick = usize::from(self.pick_q);
        let valid = self.pick_valid_q
            && self.pick_seen_q
            && self.good() >> pick & 1 != 0
            && !ins.wr_match
            && !self.upd_q
            && !self.drain_busy_q;
        Offer {
            valid,
            ok: valid && ins.enable,
            gfn: self.gfn_q[pick],
            frame: self.frame_q[pick],
        }
    }

    #[inline]
    fn chunk(&self, index: u32) -> u64 {
        1 << (index >> self.chunk_shift)
    }

    /// The beat is the first of its chunk.
    #[inline]
    fn is_first(&self, index: u32) -> bool {
        index & ((1 << self.chunk_shift) - 1) == 0
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, ins: &RedormantIn) {
        let told = ins.mon.iter().any(|mon| mon.beat || mon.b);
        if !told && ins.upd.is_none() && ins.start.is_none() && self.idle(ins.enable) {
            return;
        }
        let good = self.good();
        self.clock_trackers(ins);
        if let Some(upd) = ins.upd {
            (self.upd_all_q, self.upd_gfn_q) = (upd.all, upd.gfn);
        }
        self.upd_q = ins.upd.is_some();

        // A choice that is no longer good is given up a cycle later.
        let stays = self.pick_valid_q && good >> self.pick_q & 1 != 0;
        self.pick_seen_q = stays && !self.drain_busy_q;
        if !self.pick_valid_q && good != 0 {
            self.pick_valid_q = true;
            self.pick_q = good.ilog2() as u8;
        } else {
            self.pick_valid_q = stays;
        }

        // The drain.
        let drain_busy = self.drain_busy_q && !ins.step_done;
        let quiet = self.drain_seen_q && !ins.rd_match && !ins.wr_match;
        self.drained_q = drain_busy && (self.drained_q || quiet);
        self.drain_seen_q = drain_busy;
        self.drain_busy_q = drain_busy;
        if let Some((keep, frame)) = ins.start {
            self.drain_busy_q = true;
            self.drain_keep_q = keep;
            self.drain_frame_q = frame;
            self.drained_q = false;
        }
    }

    fn clock_trackers(&mut self, ins: &RedormantIn) {
        let (spoilt, own, matches) = self.heard(ins);
        let mut cancel = spoilt;
        if self.upd_q {
            for t in members(self.active_q) {
                cancel |= u8::from(self.upd_all_q || self.upd_gfn_q == self.gfn_q[t]) << t;
            }
        }

        let idle = !self.active_q & (u8::MAX >> (8 - self.trackers));
        let slot = if idle != 0 {
            idle.trailing_zeros() as usize
        } else {
            usize::from(self.victim_q)
        };
        let starter = ins.mon.iter().enumerate().find(|&(p, mon)| {
            ins.enable
                && mon.beat
                && matches[p] == 0
                && !mon.nonzero
                && mon.incr
                // The end of a burst that was let through before its page changed starts nothing.
                && !mon.old
                && self.is_first(mon.index)
        });
        let taken = if starter.is_some() { 1 << slot } else { 0 };

        for t in members(self.timed) {
            if self.timer_q[t] == 0 {
                self.ripe_q |= 1 << t;
                self.timed &= !(1 << t);
            } else {
                self.ripe_q &= !(1 << t);
                self.timer_q[t] -= 1;
            }
        }

        // All of this sees the registers as they were, also if two ports tell of the same page.
        let (next_q, mask_q, map_q, count_q) = (self.next_q, self.mask_q, self.map_q, self.count_q);
        for (p, mon) in ins.mon.iter().enumerate().filter(|(_, mon)| mon.beat) {
            for t in members(own & matches[p] & !taken) {
                let due = mon.index == next_q[t];
                if !due && !self.is_first(mon.index) {
                    continue;
                }
                let mask = mon.strb | if due { mask_q[t] } else { 0 };
                (self.next_q[t], self.mask_q[t]) = (mon.index, mask);
                if mask == self.strb_all {
                    let next = (mon.index + 1) & self.beat_mask;
                    (self.next_q[t], self.mask_q[t]) = (next, 0);
                    if self.is_first(next) {
                        let chunk = self.chunk(mon.index);
                        self.map_q[t] |= chunk;
                        if map_q[t] & chunk == 0 {
                            self.count_q[t] = count_q[t] + 1;
                            self.timed |= u8::from(self.count_q[t] == CHUNKS) << t;
                        }
                    }
                }
            }
        }
        self.active_q &= !cancel;

        if let Some((p, mon)) = starter {
            self.victim_q = if self.victim_q + 1 == self.trackers {
                0
            } else {
                self.victim_q + 1
            };
            // The tag of the page that begins to be followed may just have changed.
            let changes = self.upd_q && (self.upd_all_q || self.upd_gfn_q == mon.gfn);
            self.active_q = self.active_q & !taken | if changes { 0 } else { taken };
            self.port_q[slot] = p as u8;
            self.gfn_q[slot] = mon.gfn;
            self.frame_q[slot] = mon.frame;
            self.map_q[slot] = 0;
            self.count_q[slot] = 0;
            self.timer_q[slot] = ins.delay;
            self.ripe_q &= !taken;
            self.timed &= !taken;
            self.next_q[slot] = mon.index;
            self.mask_q[slot] = mon.strb;
            if mon.strb == self.strb_all {
                self.next_q[slot] = (mon.index + 1) & self.beat_mask;
                self.mask_q[slot] = 0;
                if self.chunk_shift == 0 {
                    self.map_q[slot] = self.chunk(mon.index);
                    self.count_q[slot] = 1;
                }
            }
        }
    }

    /// Edges on which only [`Redormant::pass`] happens, if these inputs stay as they are.
    pub fn stable_for(&self, ins: &RedormantIn) -> u64 {
        let told = ins.mon.iter().any(|mon| mon.beat || mon.b);
        let cancel = self.active_q != 0 && !ins.enable;
        let offers = if self.pick_valid_q {
            self.good() >> self.pick_q & 1 == 0
        } else {
            self.good() != 0
        };
        let drains = self.drain_busy_q
            && !self.drained_q
            && (!self.drain_seen_q || !ins.rd_match && !ins.wr_match)
            || ins.step_done;
        let sees = self.pick_seen_q != (self.pick_valid_q && !self.drain_busy_q);
        if told
            || cancel
            || offers
            || drains
            || sees
            || self.upd_q
            || ins.upd.is_some()
            || ins.start.is_some()
        {
            return 0;
        }
        members(self.timed)
            .map(|t| self.timer_q[t].into())
            .min()
            .unwrap_or(u64::MAX)
    }

    /// `n` edges, no more than [`Redormant::stable_for`], on which nothing but time goes by.
    pub fn pass(&mut self, n: u64) {
        for t in members(self.timed) {
            self.timer_q[t] -= n as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const PAGES: usize = 3;
    const BYTES: usize = 8;

    /// A burst that was let through and is not answered.
    struct Burst {
        page: usize,
        index: u32,
        left: u32,
        incr: bool,
        narrow: bool,
        half: bool,
        zero: bool,
        /// Stores that have not reached memory, and whether the burst is sent.
        flying: VecDeque<(usize, u64, u8)>,
    }

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Page {
        Dormant,
        Resident,
        Draining,
    }

    /// What came of one run.
    #[derive(Default)]
    struct Seen {
        offers: u32,
        zeroed: u32,
        refused: u32,
        kept: u32,
    }

    /// Ports that write as the seed says, and a memory that takes each port's stores in order and late. Every page that
    /// is given away is compared with the memory, byte by byte.
    fn run(seed: u64, seen: &mut Seen) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let beats = 64 << rng.u32(0..3);
        let ports = rng.usize(1..=3);
        let mut block = Redormant::new(rng.u8(1..=3), beats, BYTES as u32);
        let zeal = [0.5, 0.9, 0.99, 1.0][rng.usize(0..4)];
        let mixed = rng.f32() * rng.f32() * 0.05;
        let delay = rng.u32(0..20);

        let mut memory = vec![vec![0xFF_u8; beats as usize * BYTES]; PAGES];
        let mut pages = [Page::Resident; PAGES];
        let mut bursts: Vec<VecDeque<Burst>> = (0..ports).map(|_| VecDeque::new()).collect();
        let mut cursor = vec![(0, 0); ports]; // where a port goes on zeroing
        let mut told = vec![Monitor::default(); ports];
        // No burst is let through in the first of two cycles, and in the second, which decides.
        let mut settle = false;
        let mut freeze = false;
        let mut matched = false;

        for cycle in 0..6000 {
            let at = format!("seed {seed}, cycle {cycle}");
            let query = block.query_frame() as usize;
            let mut ins = RedormantIn {
                enable: !rng.bool() || rng.u32(0..2000) != 0,
                delay,
                mon: &told,
                rd_match: rng.u8(0..4) == 0,
                wr_match: matched,
                ..RedormantIn::default()
            };
            matched = bursts.iter().flatten().any(|burst| burst.page == query);
            let offer = block.offer(&ins);
            assert!(offer.valid || !offer.ok, "{at}");
            if freeze && offer.ok {
                let page = offer.gfn as usize;
                assert_eq!(offer.frame, offer.gfn, "{at}");
                assert_eq!(pages[page], Page::Resident, "{at}");
                assert!(memory[page].iter().all(|&byte| byte == 0), "{at}");
                assert!(bursts.iter().flatten().all(|b| b.page != page), "{at}");
                seen.offers += 1;
                ins.upd = Some(Update {
                    all: false,
                    gfn: offer.gfn,
                });
                ins.start = Some((false, offer.frame));
                pages[page] = Page::Draining;
            } else if !settle && !freeze && rng.u8(0..30) == 0 {
                // A conversion, or a page taken away.
                let page = rng.usize(0..PAGES);
                if pages[page] == Page::Dormant {
                    ins.upd = Some(Update {
                        all: false,
                        gfn: page as u32,
                    });
                    memory[page].fill(0xFF);
                    pages[page] = Page::Resident;
                } else if pages[page] == Page::Resident && !block.drain_busy_q && rng.u8(0..20) == 0
                {
                    ins.upd = Some(Update {
                        all: false,
                        gfn: page as u32,
                    });
                    ins.start = Some((true, page as u32));
                    pages[page] = Page::Draining;
                    seen.kept += 1;
                }
            }
            seen.refused += u32::from(freeze && !offer.ok);
            let was_frozen = settle || freeze;
            (settle, freeze) = (offer.valid && !was_frozen, settle);
            if block.drained_q && rng.bool() {
                let page = block.drain_frame_q as usize;
                assert!(bursts.iter().flatten().all(|b| b.page != page), "{at}");
                assert_eq!(pages[page], Page::Draining, "{at}");
                ins.step_done = true;
                pages[page] = Page::Dormant;
            }

            // What may pass in one go is what the edges do.
            let idle = RedormantIn {
                upd: None,
                start: None,
                step_done: false,
                ..ins
            };
            let most = block.stable_for(&idle).min(40);
            if most > 0 {
                let (mut slow, mut fast) = (block.clone(), block.clone());
                for _ in 0..most {
                    slow.clock(&idle);
                }
                fast.pass(most);
                assert_eq!(slow, fast, "{at}");
            }
            block.clock(&ins);
            seen.zeroed += u32::from(block.count_q.contains(&CHUNKS));

            // The ports: at most one sends a beat.
            told.fill(Monitor::default());
            let turn = rng.usize(0..ports);
            for p in 0..ports {
                if !was_frozen && bursts[p].len() < 3 && rng.bool() {
                    let sane = rng.f32() < zeal;
                    let (page, index) = if sane && rng.u8(0..50) != 0 {
                        cursor[p]
                    } else {
                        (rng.usize(0..PAGES), rng.u32(0..beats))
                    };
                    let page = if rng.u8(0..40) == 0 {
                        rng.usize(0..PAGES)
                    } else {
                        page
                    };
                    if pages[page] == Page::Resident {
                        let left = (beats - index).min(1 << rng.u32(0..8));
                        cursor[p] = (page, (index + left) % beats);
                        bursts[p].push_back(Burst {
                            page,
                            index,
                            left,
                            incr: rng.u8(0..50) != 0,
                            narrow: rng.u8(0..4) == 0,
                            half: false,
                            zero: rng.f32() >= mixed,
                            flying: VecDeque::new(),
                        });
                    } else {
                        cursor[p] = (rng.usize(0..PAGES), 0);
                    }
                }
                if p == turn
                    && let Some(burst) = bursts[p].iter_mut().find(|b| b.left > 0)
                {
                    let strb = match (burst.narrow, burst.half) {
                        (false, _) => 0xFF,
                        (true, false) => 0x0F,
                        (true, true) => 0xF0,
                    };
                    let value = if burst.zero { 0 } else { rng.u8(0..2) };
                    burst.flying.push_back((burst.index as usize, strb, value));
                    told[p] = Monitor {
                        beat: true,
                        gfn: burst.page as u32,
                        frame: burst.page as u32,
                        index: burst.index,
                        strb,
                        nonzero: value != 0,
                        incr: burst.incr,
                        old: pages[burst.page] != Page::Resident,
                        ..told[p]
                    };
                    burst.half = burst.narrow && !burst.half;
                    if !burst.half {
                        burst.left -= 1;
                        burst.index = (burst.index + u32::from(burst.incr)) % beats;
                    }
                }
                // Memory takes a port's stores in order; an answer comes when all of a burst are in.
                for _ in 0..rng.u8(0..3) {
                    if let Some(burst) = bursts[p].iter_mut().find(|b| !b.flying.is_empty()) {
                        let (index, strb, value) = burst.flying.pop_front().expect("it flies");
                        for byte in (0..BYTES).filter(|byte| strb >> byte & 1 != 0) {
                            memory[burst.page][index * BYTES + byte] = value;
                        }
                    }
                }
                if bursts[p]
                    .front()
                    .is_some_and(|b| b.left == 0 && b.flying.is_empty())
                    && !told[p].beat
                    && let Some(burst) = bursts[p].pop_front()
                {
                    told[p].b = true;
                    told[p].b_frame = burst.page as u32;
                }
            }
        }
    }

    #[test]
    fn only_a_page_whose_every_byte_is_zero_in_memory_is_given_away() {
        let mut seen = Seen::default();
        for seed in 0..600 {
            run(seed, &mut seen);
        }
        assert!(seen.offers > 1000, "{}", seen.offers);
        assert!(seen.refused > 20, "{}", seen.refused);
        assert!(seen.kept > 100, "{}", seen.kept);
        assert!(seen.zeroed > seen.offers);
    }

    /// Beats of a page, from one port, back to back; returns the cycles from the last beat to the offer.
    fn zero(block: &mut Redormant, delay: u32, indices: impl Iterator<Item = u32>) -> Option<u32> {
        let mut ins = RedormantIn {
            enable: true,
            delay,
            ..RedormantIn::default()
        };
        for index in indices {
            assert!(!block.offer(&ins).valid);
            let mon = [Monitor {
                beat: true,
                gfn: 5,
                frame: 7,
                index,
                strb: 0xFF,
                incr: true,
                ..Monitor::default()
            }];
            block.clock(&RedormantIn { mon: &mon, ..ins });
        }
        ins.mon = &[];
        (1..delay + 10).find(|_| {
            let offer = block.offer(&ins);
            block.clock(&ins);
            offer.ok && (offer.gfn, offer.frame) == (5, 7)
        })
    }

    #[test]
    fn a_zeroed_page_is_offered_after_the_delay_in_whatever_order_its_chunks_came() {
        for delay in [0, 1, 100] {
            for stride in [1, 3, 63] {
                let mut block = Redormant::new(1, 256, 8);
                let chunks = (0..64).map(move |n| n * stride % 64);
                let beats = chunks.flat_map(|chunk| chunk * 4..chunk * 4 + 4);
                assert_eq!(zero(&mut block, delay, beats), Some(delay + 4));
            }
        }
    }

    #[test]
    fn a_page_with_a_beat_left_out_is_not_offered() {
        for hole in 0..256 {
            let mut block = Redormant::new(1, 256, 8);
            assert_eq!(zero(&mut block, 0, (0..256).filter(|&i| i != hole)), None);
        }
    }

    #[test]
    fn pages_take_turns_when_all_trackers_follow_one() {
        let mut block = Redormant::new(2, 64, 8);
        for frame in 0..5 {
            let mon = [Monitor {
                beat: true,
                gfn: frame,
                frame,
                strb: 0xFF,
                incr: true,
                ..Monitor::default()
            }];
            block.clock(&RedormantIn {
                enable: true,
                mon: &mon,
                ..RedormantIn::default()
            });
        }
        assert_eq!(block.active_q, 3);
        assert_eq!(&block.frame_q[..2], &[4, 3]);
    }
}
