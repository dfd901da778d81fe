//! `dm_dormant`: the guests' side of a node: one gate a port, the tag table, the one place where tags change, and
//! redormanting, joined.

use dormouse_driver::regs::PageState;

use crate::{
    Config,
    axi::{AxiReq, AxiResp},
    config::MAX_PORTS,
    gate::{Gate, GateIn, Heads, Resolve, Seen},
    lookup::{Change, Tag},
    pages::{Command, Pages, PagesIn, PagesOut},
    pkg::Code,
    redormant::{self, Monitor, Redormant, RedormantIn},
    regs::Regs,
    tag_table::{self, TagTable, TagTableIn},
};

/// A guest that does nothing and takes whatever it is answered.
const IDLE: AxiReq = AxiReq::TAKER;

/// Events of one edge, `dm_pkg::dormant_events_t`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Events {
    pub zero_reads: u8,
    pub elided_writes: u8,
    pub translation_misses: u8,
    pub stray_answers: u8,
    pub fast_conversion: bool,
    pub demand_conversion: bool,
    pub conversion_latency: u32,
    pub stall: bool,
    pub stall_end: bool,
    pub stall_latency: u32,
    pub redormant_store: bool,
    pub redormant_doorbell: bool,
    pub parity_error: bool,
    pub cmd_error: bool,
    pub cmd_refused: bool,
}

/// What the guests' side sees in one cycle; named as the RTL ports.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct DormantIn<'a> {
    pub regs: &'a Regs,
    pub cmd: Option<Command>,
    /// The vCPUs, one a port; empty when all are idle.
    pub guests: &'a [AxiReq],
    /// Memory's answers, whose ids name ports, and the ports that the arbiter serves (number + 1).
    pub axi: &'a AxiResp,
    pub ar_source: Option<u8>,
    pub aw_source: Option<u8>,
    pub w_source: Option<u8>,
    pub pop_valid: bool,
    pub pop_frame: u32,
    pub coming: bool,
    pub none_mapped: bool,
    pub fr_busy: bool,
    pub fr_code: Code,
    pub fr_value: u32,
    pub fr_owner: u32,
}

/// What is on the wires between the blocks in one cycle, and what goes to the frames.
#[derive(Clone, Copy)]
pub struct DormantOut<'a> {
    /// What `dm_pages` drives: the frames' part of it leaves here.
    pub pages: PagesOut,
    pages_in: PagesIn,
    tags_in: TagTableIn,
    redormant_in: RedormantIn<'a>,
    seen: Seen,
}

/// The blocks.
#[derive(Clone, Debug)]
pub struct Dormant {
    frame_mask: u32,
    /// The page whose tag was written last, and whether it is resident now, until somebody takes it.
    pub tag_write: Option<(u32, bool)>,
    /// The gates, one a port.
    pub gates: Box<[Gate]>,
    /// The tag table.
    pub tags: TagTable,
    /// Conversions, commands and stalls.
    pub pages: Pages,
    /// Redormanting.
    pub redormant: Redormant,
}

impl Dormant {
    /// The blocks after reset.
    pub fn new(config: &Config) -> Self {
        let gate = Gate::new(config);
        Self {
            frame_mask: config.real_frames.next_power_of_two() - 1,
            tag_write: None,
            gates: vec![gate; usize::from(config.ports)].into(),
            tags: TagTable::new(config.ports, config.guest_pages, config.node_id),
            pages: Pages::new(config.ports, config.guest_pages, config.real_frames),
            redormant: Redormant::new(config.trackers, config.page_beats(), config.beat_bytes()),
        }
    }

    /// What the guest of a port drives.
    #[inline]
    pub fn guest(guests: &[AxiReq], port: usize) -> &AxiReq {
        guests.get(port).unwrap_or(&IDLE)
    }

    /// What bears on the decisions of the gates in this cycle.
    pub fn seen(&self, regs: &Regs) -> Seen {
        Seen {
            convert_on_read: regs.convert_on_read(),
            elide: regs.elide(),
            freeze: self.pages.freezes(),
            rsp: self.tags.responses().map(|rsp| Tag {
                state: rsp.state,
                frame: rsp.payload & self.frame_mask,
            }),
        }
    }

    /// The monitors of the gates, none when they have nothing to say.
    #[inline]
    pub fn monitors(&self) -> ([Monitor; MAX_PORTS], usize) {
        let mut monitors = [Monitor::default(); MAX_PORTS];
        let mut told = false;
        for (mon, gate) in monitors.iter_mut().zip(&self.gates) {
            if gate.mon_beat_q || gate.mon_b_q {
                *mon = Monitor::from(gate);
                told = true;
            }
        }
        (monitors, if told { self.gates.len() } else { 0 })
    }

    /// What redormanting sees, without the changes of this cycle.
    fn redormant_in<'a>(&self, regs: &Regs, mon: &'a [Monitor]) -> RedormantIn<'a> {
        let mut ins = RedormantIn {
            enable: regs.detect(),
            delay: regs.redormant_delay,
            mon,
            ..RedormantIn::default()
        };
        ins.rd_match = self.gates.iter().any(|gate| gate.rd_match_q);
        ins.wr_match = self.gates.iter().any(|gate| gate.wr_match_q);
        ins
    }

    /// What the pages see, without the tag table's answers and what frames do in this cycle.
    fn pages_in(&self, ins: &DormantIn, red: &redormant::Offer) -> PagesIn {
        let mut pages = PagesIn {
            hw_convert: ins.regs.hw_convert(),
            cmd: ins.cmd,
            mark_ok: self.tags.mark_ok(),
            pop_valid: ins.pop_valid,
            pop_frame: ins.pop_frame,
            coming: ins.coming,
            none_mapped: ins.none_mapped,
            fr_busy: ins.fr_busy,
            fr_code: ins.fr_code,
            fr_value: ins.fr_value,
            fr_owner: ins.fr_owner,
            det_valid: red.valid,
            det_ok: red.ok,
            det_gfn: red.gfn,
            det_frame: red.frame,
            drain_busy: self.redormant.drain_busy_q,
            step_valid: self.redormant.drained_q,
            step_keep: self.redormant.drain_keep_q,
            step_frame: self.redormant.drain_frame_q,
            ..PagesIn::default()
        };
        for (p, gate) in self.gates.iter().enumerate() {
            pages.req_soon |= u8::from(gate.req_soon(ins.regs.convert_on_read())) << p;
            pages.req_valid |= u8::from(gate.req_valid_q) << p;
            pages.req_write |= u8::from(gate.req_write_q) << p;
            pages.req_away |= u8::from(gate.req_away_q) << p;
            pages.req_gfn[p] = gate.req_gfn_q;
        }
        pages
    }

    /// What the gate of a port sees, without the changes of this cycle.
    fn gate_in<'a>(&self, ins: &DormantIn<'a>, p: usize, seen: Seen) -> GateIn<'a> {
        let (axi, source) = (ins.axi, p as u8 + 1);
        GateIn {
            seen,
            query_frame: self.redormant.query_frame(),
            m_ar_ready: axi.ar_ready && ins.ar_source == Some(source),
            m_aw_ready: axi.aw_ready && ins.aw_source == Some(source),
            m_w_ready: axi.w_ready && ins.w_source == Some(source),
            m_r: (axi.r_valid && axi.r.id == u32::from(source)).then_some(&axi.r),
            m_b: (axi.b_valid && axi.b.id == u32::from(source)).then_some(&axi.b),
            ..GateIn::new(Self::guest(ins.guests, p))
        }
    }

    /// What the blocks drive in one cycle; `monitors` are [`Self::monitors`].
    pub fn outputs<'a>(&self, ins: &DormantIn, monitors: &'a [Monitor]) -> DormantOut<'a> {
        let redormant_in = self.redormant_in(ins.regs, monitors);
        let mut pages_in = self.pages_in(ins, &self.redormant.offer(&redormant_in));
        let pages = self.pages.outputs(&pages_in);
        let mut tags_in = TagTableIn {
            cmd: pages.look.then_some(pages.look_gfn),
            upd: pages.write.then_some(tag_table::Update {
                gfn: pages.upd_gfn,
                state: pages.upd_state,
                payload: pages.upd_payload,
                poison: pages.upd_poison,
            }),
            mark: pages.mark.then_some((pages.upd_state, pages.upd_payload)),
            ..TagTableIn::default()
        };
        for (p, gate) in self.gates.iter().enumerate() {
            let arrive = gate.arrive(Self::guest(ins.guests, p));
            for (c, (need, arrive)) in gate.need().into_iter().zip(arrive).enumerate() {
                let channel = 2 * p + c;
                if let Some(gfn) = need {
                    tags_in.need |= 1 << channel;
                    tags_in.need_gfn[channel] = gfn;
                }
                if let Some(gfn) = arrive {
                    tags_in.arrive |= 1 << channel;
                    tags_in.arrive_gfn[channel] = gfn;
                }
            }
        }
        let [rsp, _] = self.tags.responses();
        pages_in.rsp_state = rsp.state;
        pages_in.rsp_payload = rsp.payload;
        DormantOut {
            pages,
            pages_in,
            tags_in,
            redormant_in,
            seen: self.seen(ins.regs),
        }
    }

    /// One clock edge at which the gates decided `heads` and the blocks drove `out`; `ev_bad` comes from the frames.
    pub fn clock(
        &mut self,
        ins: &DormantIn,
        mut out: DormantOut,
        heads: &[Heads; MAX_PORTS],
        ev_bad: bool,
    ) -> Events {
        let pages = &out.pages;
        let mut events = Events {
            fast_conversion: pages.ev_fast,
            demand_conversion: pages.ev_demand,
            conversion_latency: if pages.ev_fast || pages.ev_demand {
                pages.conv_latency
            } else {
                0
            },
            stall: pages.ev_stall,
            stall_end: pages.ev_resolved,
            stall_latency: if pages.ev_resolved {
                pages.stall_latency
            } else {
                0
            },
            redormant_store: pages.ev_redormant_store,
            redormant_doorbell: pages.ev_redormant_bell,
            parity_error: self.tags.parity_error_q,
            cmd_error: pages.ev_cmd_error,
            cmd_refused: pages.ev_cmd_refused,
            ..Events::default()
        };
        let grants = self.tags.grants(&out.tags_in);
        out.pages_in.look_gnt = grants.cmd;
        out.pages_in.ev_bad = ev_bad;
        let upd = pages.upd.then_some(if pages.upd_all {
            Change::All
        } else {
            Change::Page(pages.upd_gfn)
        });
        for (p, heads) in heads.iter().enumerate().take(self.gates.len()) {
            let of = |set: u8| set >> p & 1 != 0;
            let channel = |set: u8| [set >> (2 * p) & 1 != 0, set >> (2 * p + 1) & 1 != 0];
            let gate_in = GateIn {
                need_gnt: channel(grants.need),
                arrive_gnt: channel(grants.arrive),
                upd,
                grant: of(pages.grant).then_some(pages.grant_frame),
                stall: of(pages.stall),
                fail: of(pages.fail),
                resolve: of(pages.resolve).then_some(Resolve {
                    write: pages.resolve_write,
                    fail: pages.resolve_fail,
                }),
                ..self.gate_in(ins, p, out.seen)
            };
            let happened = self.gates[p].clock(heads, &gate_in);
            events.zero_reads += u8::from(happened.zero_read);
            events.elided_writes += u8::from(happened.elided);
            events.translation_misses += happened.misses;
            events.stray_answers += u8::from(happened.stray);
        }
        out.redormant_in.upd = pages.upd.then_some(redormant::Update {
            all: pages.upd_all,
            gfn: pages.upd_gfn,
        });
        out.redormant_in.start = pages.start;
        out.redormant_in.step_done = pages.step_done;
        self.redormant.clock(&out.redormant_in);
        self.pages.clock(&out.pages_in, pages);
        self.tags.clock(&out.tags_in);
        if pages.write {
            let resident = pages.upd_state == PageState::Resident as u8;
            self.tag_write = Some((pages.upd_gfn, resident));
        }
        events
    }

    /// Nothing is at any port and no page changes hands; only a guest, a command or the scrub can move anything.
    pub fn idle(&self, regs: &Regs) -> bool {
        self.pages.idle()
            && self.redormant.idle(regs.detect())
            && self.gates.iter().all(Gate::idle)
            && self.tags.stable_for(&TagTableIn::default()) != 0
    }

    /// Edges for which the blocks certainly stay as they are while nothing is at any port.
    pub fn idle_for(&self) -> u64 {
        self.tags.stable_for(&TagTableIn::default())
    }

    /// `n` edges while nothing is at any port, or one at which only the frames have something to do.
    #[inline]
    pub fn pass_idle(&mut self, n: u64) {
        self.pages.pass(0, n);
        self.tags.pass(n);
    }

    /// How many further edges with these inputs leave what the blocks drive as it is.
    pub fn stable_for(&self, ins: &DormantIn) -> u64 {
        if self
            .gates
            .iter()
            .any(|gate| gate.mon_beat_q || gate.mon_b_q)
        {
            return 0;
        }
        let seen = self.seen(ins.regs);
        let mut n = self.idle_for();
        for (p, gate) in self.gates.iter().enumerate() {
            if n == 0 {
                return 0;
            }
            n = n.min(gate.stable_for(&self.gate_in(ins, p, seen)));
        }
        let red = self.redormant_in(ins.regs, &[]);
        n = n.min(self.redormant.stable_for(&red));
        if n == 0 {
            return 0;
        }
        let pages_in = self.pages_in(ins, &self.redormant.offer(&red));
        n.min(self.pages.stable_for(&pages_in))
    }

    /// `n` such edges.
    pub fn pass(&mut self, ins: &DormantIn, n: u64) {
        let seen = self.seen(ins.regs);
        let mut req_valid = 0;
        for p in 0..self.gates.len() {
            req_valid |= u8::from(self.gates[p].req_valid_q) << p;
            let gate_in = self.gate_in(ins, p, seen);
            self.gates[p].pass(&gate_in, n);
        }
        self.pages.pass(req_valid, n);
        self.redormant.pass(n);
        self.tags.pass(n);
    }
}
