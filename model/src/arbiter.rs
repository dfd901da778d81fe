//! `dm_arbiter`: joins the gates of the ports (reads and writes) and the zeroing engine (writes) on one AXI4 port.
//!
//! A source is a number, 0 for the engine and p + 1 for port p, and a set of sources has bit s for source s. The node
//! asks [`Arbiter::ar_source`], [`Arbiter::aw_source`] and [`Arbiter::w_source`] whose signals are on the bus in this
//! cycle; the ready of a channel goes to that source alone, and an answer to the source that its id names.

use crate::config::MAX_PORTS;

/// The engine's source number.
pub const ENGINE: u8 = 0;

/// What the arbiter sees in one cycle. Sets have bit 0 for the engine, bit p + 1 for port p.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArbiterIn {
    /// `urgent_i`: a guest waits for the engine.
    pub urgent: bool,
    /// Sources whose `ar_valid` is high; never the engine.
    pub ar_valid: u8,
    /// Sources whose `aw_valid` is high.
    pub aw_valid: u8,
    /// `m_ar_ready_i`.
    pub ar_ready: bool,
    /// `m_aw_ready_i`.
    pub aw_ready: bool,
    /// A last beat of write data is transferred: `m_w_valid_o && m_w_ready_i && m_w_last_o`.
    pub w_end: bool,
}

/// The arbiter's registers, named as in the RTL.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Arbiter {
    sources: u8,

    pub ar_wait_q: bool,
    pub ar_source_q: u8,
    pub aw_wait_q: bool,
    pub aw_source_q: u8,
    pub order_q: [u8; MAX_PORTS + 1],
    pub listed_q: u8,
    pub engine_listed_q: bool,
}

/// Taking turns: the next source of the set after the one that went last.
#[inline]
fn turn(ask: u8, last: u8) -> u8 {
    let later = ask & !((2 << last) - 1);
    (if later != 0 { later } else { ask }).trailing_zeros() as u8
}

impl Arbiter {
    /// The arbiter after reset.
    pub fn new(ports: u8) -> Self {
        Self {
            sources: ports + 1,
            ar_wait_q: false,
            ar_source_q: 0,
            aw_wait_q: false,
            aw_source_q: 0,
            order_q: [0; MAX_PORTS + 1],
            listed_q: 0,
            engine_listed_q: false,
        }
    }

    /// The source on AR, `m_ar_id_o`, or `None` while `m_ar_valid_o` is low.
    #[inline]
    pub fn ar_source(&self, ar_valid: u8) -> Option<u8> {
        if self.ar_wait_q {
            Some(self.ar_source_q)
        } else if ar_valid != 0 {
            Some(turn(ar_valid, self.ar_source_q))
        } else {
            None
        }
    }

    /// The source whose write address is shown for the first time.
    #[inline]
    fn aw_first(&self, aw_valid: u8, urgent: bool) -> Option<u8> {
        let ports = aw_valid & !1;
        let engine = !self.engine_listed_q && (urgent || (ports == 0 && self.listed_q == 0));
        let ask = ports | aw_valid & u8::from(engine);
        (!self.aw_wait_q && ask != 0).then(|| turn(ask, self.aw_source_q))
    }

    /// The source on AW, `m_aw_id_o`, or `None` while `m_aw_valid_o` is low.
    #[inline]
    pub fn aw_source(&self, aw_valid: u8, urgent: bool) -> Option<u8> {
        if self.aw_wait_q {
            Some(self.aw_source_q)
        } else {
            self.aw_first(aw_valid, urgent)
        }
    }

    /// The source that W belongs to: `m_w_valid_o` is its `w_valid`, and only its `w_ready` may be high.
    #[inline]
    pub fn w_source(&self, aw_valid: u8, urgent: bool) -> Option<u8> {
        if self.listed_q & 1 != 0 {
            Some(self.order_q[0])
        } else {
            self.aw_first(aw_valid, urgent)
        }
    }

    /// The source that an answer with this id goes to; `None`: it is taken at once and dropped. Nobody's read answers
    /// carry [`ENGINE`], and those are dropped too.
    #[inline]
    pub fn answered(&self, id: u32) -> Option<u8> {
        (id < u32::from(self.sources)).then_some(id as u8)
    }

    /// One clock edge.
    #[inline]
    pub fn clock(&mut self, ins: &ArbiterIn) {
        if let Some(source) = self.ar_source(ins.ar_valid) {
            self.ar_source_q = source;
            self.ar_wait_q = !ins.ar_ready;
        }

        let first = self.aw_first(ins.aw_valid, ins.urgent);
        let listed = self.listed_q & 1 != 0;
        if ins.w_end && listed {
            self.engine_listed_q &= self.order_q[0] != ENGINE;
            self.order_q.copy_within(1.., 0);
            self.listed_q >>= 1;
        }
        let left = self.listed_q.trailing_ones() as usize;
        if let Some(source) = first {
            if listed || !ins.w_end {
                self.listed_q = self.listed_q << 1 | 1;
                self.engine_listed_q |= source == ENGINE;
            }
            self.aw_source_q = source;
        }
        // Where nothing is listed, the last source stands, entered or not.
        self.order_q[left..self.sources.into()].fill(self.aw_source_q);
        self.aw_wait_q = (self.aw_wait_q || first.is_some()) && !ins.aw_ready;
    }

    /// An edge with these inputs changes nothing, so nor do further ones.
    #[inline]
    pub fn is_stable(&self, ins: &ArbiterIn) -> bool {
        let mut next = self.clone();
        next.clock(ins);
        next == *self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::Config;
    use crate::zero_engine::{EngineIn, ZeroEngine};

    /// A gate or an engine: bursts numbered from 0, each with up to four beats of data.
    #[derive(Default)]
    struct Source {
        ar_valid: bool,
        reads: u32,
        aw_valid: bool,
        bursts: u32,
        w_valid: bool,
        /// Burst, beats that follow it.
        beats: VecDeque<(u32, u8)>,
    }

    impl Source {
        /// Begins to offer this and that. Only an engine asks for a burst before the data of the last one is sent.
        fn act(&mut self, engine: bool, rng: &mut fastrand::Rng, zeal: f32) {
            self.ar_valid |= !engine && rng.f32() < zeal;
            let room = if engine { 8 } else { 1 };
            if !self.aw_valid && self.beats.len() < room && rng.f32() < zeal {
                self.aw_valid = true;
                let last = rng.u8(0..4);
                self.beats
                    .extend((0..=last).rev().map(|left| (self.bursts, left)));
                self.bursts += 1;
            }
            self.w_valid |= !self.beats.is_empty() && rng.f32() < zeal.max(0.3);
        }
    }

    fn set(sources: &[Source], of: impl Fn(&Source) -> bool) -> u8 {
        (0..sources.len()).fold(0, |set, s| set | u8::from(of(&sources[s])) << s)
    }

    /// Sources against a memory, both as the seed says, then all that is left is let through.
    fn run(seed: u64) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let ports = rng.u8(1..=MAX_PORTS as u8);
        let mut arbiter = Arbiter::new(ports);
        let mut sources: Vec<_> = (0..=ports).map(|_| Source::default()).collect();
        let zeal: Vec<_> = sources.iter().map(|_| rng.f32()).collect();
        let (calm, ready) = (rng.f32(), rng.f32().max(0.1));

        let mut shown: VecDeque<(u8, u32)> = VecDeque::new(); // bursts whose data is not all sent
        let (mut on_ar, mut on_aw) = (None, None);
        let mut overtaken = vec![(0, 0); sources.len()]; // on AR, on AW, while they asked
        let mut accepted = vec![(0, 0); sources.len()];
        let mut sent = vec![0; sources.len()];
        for cycle in 0..2000 {
            let draining = cycle >= 1800;
            for (s, source) in sources.iter_mut().enumerate() {
                if draining {
                    source.w_valid = !source.beats.is_empty();
                } else {
                    source.act(s == 0, &mut rng, zeal[s]);
                }
            }
            let mut ins = ArbiterIn {
                urgent: rng.f32() > calm,
                ar_valid: set(&sources, |source| source.ar_valid),
                aw_valid: set(&sources, |source| source.aw_valid),
                ar_ready: draining || rng.f32() < ready,
                aw_ready: draining || rng.f32() < ready,
                w_end: false,
            };
            let at = format!("seed {seed}, cycle {cycle}");

            let ar = arbiter.ar_source(ins.ar_valid);
            assert_eq!(ar.is_some(), ins.ar_valid != 0, "{at}");
            if let Some(s) = ar {
                assert!(ins.ar_valid >> s & 1 != 0, "{at}");
                assert!(on_ar.is_none_or(|on| on == s), "{at}: withdrawn");
                for p in
                    (1..sources.len()).filter(|&p| on_ar.is_none() && ins.ar_valid >> p & 1 != 0)
                {
                    overtaken[p].0 = if p == usize::from(s) {
                        0
                    } else {
                        overtaken[p].0 + 1
                    };
                    assert!(overtaken[p].0 < ports, "{at}: port {p} on AR");
                }
                on_ar = (!ins.ar_ready).then_some(s);
                if ins.ar_ready {
                    let source = &mut sources[usize::from(s)];
                    source.ar_valid = false;
                    source.reads += 1;
                    accepted[usize::from(s)].0 += 1;
                }
            }

            let aw = arbiter.aw_source(ins.aw_valid, ins.urgent);
            assert!(aw.is_some() || ins.aw_valid & !1 == 0, "{at}");
            assert!(
                aw.is_some() || ins.aw_valid == 0 || !shown.is_empty(),
                "{at}"
            );
            if let Some(s) = aw {
                let source = usize::from(s);
                assert!(ins.aw_valid >> s & 1 != 0, "{at}");
                assert!(on_aw.is_none_or(|on| on == s), "{at}: withdrawn");
                if on_aw.is_none() {
                    let alone = ins.aw_valid & !1 == 0 && shown.is_empty();
                    assert!(s != ENGINE || ins.urgent || alone, "{at}");
                    assert!(shown.iter().all(|&(of, _)| of != s), "{at}");
                    shown.push_back((s, sources[source].bursts - 1));
                    for p in (1..sources.len()).filter(|&p| ins.aw_valid >> p & 1 != 0) {
                        overtaken[p].1 = if p == source { 0 } else { overtaken[p].1 + 1 };
                        assert!(overtaken[p].1 <= ports, "{at}: port {p} on AW");
                    }
                }
                on_aw = (!ins.aw_ready).then_some(s);
            }

            let w = arbiter.w_source(ins.aw_valid, ins.urgent);
            assert_eq!(w, shown.front().map(|&(s, _)| s), "{at}");
            if let Some(s) = w {
                let source = &mut sources[usize::from(s)];
                if source.w_valid && (draining || rng.f32() < ready) {
                    let (burst, left) = source.beats.pop_front().expect("data on offer");
                    assert_eq!(shown[0], (s, burst), "{at}");
                    source.w_valid = false;
                    ins.w_end = left == 0;
                    if ins.w_end {
                        shown.pop_front();
                        sent[usize::from(s)] += 1;
                    }
                }
            }
            if let (Some(s), true) = (aw, ins.aw_ready) {
                sources[usize::from(s)].aw_valid = false;
                accepted[usize::from(s)].1 += 1;
            }

            arbiter.clock(&ins);
        }
        for (s, source) in sources.iter().enumerate() {
            assert!(source.beats.is_empty(), "seed {seed}, source {s}");
            assert_eq!(
                accepted[s],
                (source.reads, source.bursts),
                "seed {seed}, source {s}"
            );
            assert_eq!(sent[s], source.bursts, "seed {seed}, source {s}");
        }
    }

    #[test]
    fn bursts_keep_their_order_and_ports_take_turns() {
        for seed in 0..500 {
            run(seed);
        }
    }

    #[test]
    fn an_engine_alone_writes_64_pages_without_a_gap() {
        for max_beats in [4, 256] {
            let config = Config {
                max_beats,
                ..Config::default()
            };
            let beats = 64 * config.page_beats();
            let (mut arbiter, mut engine) = (Arbiter::new(1), ZeroEngine::new(&config));
            let (mut first, mut sent, mut due) = (None, 0, 0);
            for cycle in 0.. {
                let aw_valid = u8::from(engine.aw_valid_q);
                let aw = arbiter.aw_source(aw_valid, false).is_some();
                let w = arbiter.w_source(aw_valid, false).is_some() && engine.w_valid_q;
                let ins = ArbiterIn {
                    aw_valid,
                    aw_ready: true,
                    w_end: w && engine.w_last_q,
                    ..ArbiterIn::default()
                };
                arbiter.clock(&ins);
                engine.clock(&EngineIn {
                    frame_valid: true,
                    aw_ready: aw,
                    w_ready: w,
                    b_valid: due > 0,
                    ..EngineIn::default()
                });
                due = u32::from(ins.w_end);
                sent += u32::from(w);
                if w {
                    assert_eq!(*first.get_or_insert(cycle) + sent, cycle + 1, "a gap");
                }
                if sent == beats {
                    break;
                }
            }
        }
    }

    #[test]
    fn an_answer_for_nobody_is_dropped() {
        let arbiter = Arbiter::new(2);
        assert_eq!(arbiter.answered(0), Some(ENGINE));
        assert_eq!(arbiter.answered(2), Some(2));
        assert_eq!(arbiter.answered(3), None);
    }
}
