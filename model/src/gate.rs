//! `dm_gate`: one guest port, which lets accesses to resident pages through to memory, answers for dormant ones, and asks
//! for a frame when a dormant one is written.
//!
//! A cycle has two halves. [`Gate::heads`] says what the gate decides about the two oldest addresses, from its registers
//! and the tag table's answer; all that the gate drives follows from that, and read data and responses pass through it.
//! [`Gate::clock`] is the edge.

mod skip;

use crate::{
    Config,
    axi::{Ax, AxiReq, AxiResp, B, DECERR, Data, FIXED, INCR, OKAY, R, SLVERR, W, WRAP},
    buffer::Buffer,
    lookup::{Change, Info, Lookup, LookupIn, Tag, page},
};

/// Longest order lists, in accesses.
pub const DEPTH_MAX: usize = 32;

/// Bursts whose data may wait, `Bursts`.
const BURSTS: u8 = 16;
/// Places of a buffer's front, `Front`.
const FRONT: u32 = 16;

/// Who answers an access, and how; as the RTL's `KindMemory` and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Memory.
    #[default]
    Memory,
    /// The gate, with OKAY and zeros.
    Okay,
    /// The gate, with SLVERR.
    SlvErr,
    /// The gate, with DECERR.
    DecErr,
}

impl Kind {
    /// The kind of these two bits.
    #[inline]
    fn of(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Memory,
            1 => Self::Okay,
            2 => Self::SlvErr,
            _ => Self::DecErr,
        }
    }

    /// How the gate answers, `xRESP`.
    #[inline]
    fn resp(self) -> u8 {
        match self {
            Self::SlvErr => SLVERR,
            Self::DecErr => DECERR,
            Self::Memory | Self::Okay => OKAY,
        }
    }
}

/// What bears on the decision about the heads in one cycle; named as the RTL ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Seen {
    pub convert_on_read: bool,
    pub elide: bool,
    pub freeze: bool,
    /// Of reads and of writes.
    pub rsp: [Tag; 2],
}

/// What the gate decides about its heads in one cycle; named as the wires in the RTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Heads {
    pub rd_frame: u32,
    pub rd_let: bool,
    pub rd_local: bool,
    pub rd_want: bool,
    pub rd_away: bool,
    pub rpush_kind: Kind,
    pub wr_frame: u32,
    pub wr_let: bool,
    pub wr_drop: bool,
    pub wr_refused: bool,
    pub wr_want: bool,
    pub wr_away: bool,
    pub wr_kind: Kind,
    /// `m_ar_valid_o`.
    pub m_ar_valid: bool,
    /// `m_aw_valid_o`.
    pub m_aw_valid: bool,
    /// `m_w_valid_o`.
    pub m_w_valid: bool,
}

/// The end of a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// Of the write head, `resolve_write_i`; else of the read head.
    pub write: bool,
    /// It fails, `resolve_fail_i`; else it is tried again.
    pub fail: bool,
}

/// What the gate sees in one cycle; named as the RTL ports, pairs in the order read, write.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct GateIn<'a> {
    pub guest: &'a AxiReq,
    pub seen: Seen,
    pub m_ar_ready: bool,
    pub m_aw_ready: bool,
    pub m_w_ready: bool,
    /// Memory's answer to this port, if there is one in this cycle.
    pub m_r: Option<&'a R>,
    pub m_b: Option<&'a B>,
    pub query_frame: u32,
    pub need_gnt: [bool; 2],
    pub arrive_gnt: [bool; 2],
    pub upd: Option<Change>,
    /// `grant_i` and `grant_frame_i`.
    pub grant: Option<u32>,
    pub stall: bool,
    pub fail: bool,
    pub resolve: Option<Resolve>,
}

impl<'a> GateIn<'a> {
    /// A cycle in which only the guest does anything.
    pub fn new(guest: &'a AxiReq) -> Self {
        Self {
            guest,
            seen: Seen::default(),
            m_ar_ready: false,
            m_aw_ready: false,
            m_w_ready: false,
            m_r: None,
            m_b: None,
            query_frame: 0,
            need_gnt: [false; 2],
            arrive_gnt: [false; 2],
            upd: None,
            grant: None,
            stall: false,
            fail: false,
            resolve: None,
        }
    }
}

/// Events of one edge, one pulse each in the RTL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Events {
    pub zero_read: bool,
    pub elided: bool,
    /// A number, `ev_misses_o`.
    pub misses: u8,
    /// An answer from memory that nobody waits for.
    pub stray: bool,
}

/// One access in an order list; writes have no length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Order {
    kind: Kind,
    len: u8,
    id: u32,
}

/// One beat of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// The bytes.
    pub data: Data,
    /// One bit for each byte that is to be written.
    pub strb: u64,
}

/// What is known of a burst whose last beat came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Burst {
    over: bool,
    nonzero: bool,
    single: bool,
    last: u8,
}

/// The registers of the gate, named as in the RTL; sets have bit i for entry or slot i.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Gate {
    page_shift: u8,
    lane_shift: u8,
    depth: u8,
    beats: u16,
    guest_pages: u64,
    /// Nothing is inside, and every register is what an edge without an arrival would make it.
    resting: bool,

    pub rlive_q: u32,
    pub wlive_q: u32,
    pub rwptr_q: u8,
    pub rrptr_q: u8,
    pub wwptr_q: u8,
    pub wrptr_q: u8,
    pub rlwptr_q: u8,
    pub rlrptr_q: u8,
    pub wlwptr_q: u8,
    pub wlrptr_q: u8,
    pub rcount_q: u8,
    pub wcount_q: u8,
    pub rsome_q: bool,
    pub wsome_q: bool,
    pub rroom_q: bool,
    pub wroom_q: bool,
    pub ar_held_q: bool,
    pub rasleep_q: bool,
    pub rfail_q: bool,
    pub rbeat_q: u8,
    pub rmore_q: bool,
    pub rlast_q: bool,
    pub rfree_q: u16,
    pub wlet_q: bool,
    pub aw_done_q: bool,
    pub w_done_q: bool,
    pub wasleep_q: bool,
    pub wfail_q: bool,
    pub wold_q: bool,
    pub wdrop_q: bool,
    pub wbeat_q: u8,
    pub wmore_q: bool,
    pub wlast_q: bool,
    pub at_q: u32,
    pub inbeat_q: u16,
    pub insome_q: bool,
    pub bwptr_q: u8,
    pub brptr_q: u8,
    pub bursts_q: u8,
    pub late_q: u8,
    pub req_valid_q: bool,
    pub req_write_q: bool,
    pub req_away_q: bool,
    pub req_gfn_q: u32,
    pub rd_match_q: bool,
    pub wr_match_q: bool,
    pub mon_beat_q: bool,
    pub mon_gfn_q: u32,
    pub mon_frame_q: u32,
    pub mon_index_q: u32,
    pub mon_strb_q: u64,
    pub mon_nonzero_q: bool,
    pub mon_incr_q: bool,
    pub mon_old_q: bool,
    pub mon_b_q: bool,
    pub mon_b_error_q: bool,
    pub mon_b_frame_q: u32,

    /// The address channels, `u_read` and `u_write`.
    pub read: Lookup,
    pub write: Lookup,

    /// The data of writes, memory's read data, memory's write responses: `u_data`, `u_answers`, `u_responses`.
    pub data: Buffer<Beat>,
    pub answers: Buffer<R>,
    pub responses: Buffer<u8>,

    rorder: [Order; DEPTH_MAX],
    worder: [Order; DEPTH_MAX],
    rframe: [u32; DEPTH_MAX],
    wframe: [u32; DEPTH_MAX],
    burst_mem: [Burst; BURSTS as usize],
}

/// Byte lanes that are written, of eight, as a mask of their bits.
#[inline]
fn lanes(strobes: u64) -> u64 {
    // A strobe to the low bit of its byte, then all over it.
    let spread = (strobes & 0xff).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    let low = (spread.wrapping_add(0x7f7f_7f7f_7f7f_7f7f) | spread) >> 7 & 0x0101_0101_0101_0101;
    low * 0xff
}

/// Some byte that is to be written is not zero.
#[inline]
fn nonzero(data: &Data, strb: u64) -> bool {
    let mut strobes = strb;
    let mut found = 0;
    for &word in data {
        if strobes == 0 {
            break;
        }
        if word != 0 {
            found |= word & lanes(strobes);
        }
        strobes >>= 8;
    }
    found != 0
}

impl Gate {
    /// The gate after reset.
    pub fn new(config: &Config) -> Self {
        let beats = u32::from(config.port_beats);
        Self {
            page_shift: config.page_shift,
            lane_shift: config.beat_bytes().trailing_zeros() as u8,
            depth: config.port_depth,
            beats: config.port_beats,
            guest_pages: config.guest_pages.into(),
            resting: true,
            rlive_q: 0,
            wlive_q: 0,
            rwptr_q: 0,
            rrptr_q: 0,
            wwptr_q: 0,
            wrptr_q: 0,
            rlwptr_q: 0,
            rlrptr_q: 0,
            wlwptr_q: 0,
            wlrptr_q: 0,
            rcount_q: 0,
            wcount_q: 0,
            rsome_q: false,
            wsome_q: false,
            rroom_q: true,
            wroom_q: true,
            ar_held_q: false,
            rasleep_q: false,
            rfail_q: false,
            rbeat_q: 0,
            rmore_q: false,
            rlast_q: false,
            rfree_q: 2 * config.port_beats,
            wlet_q: false,
            aw_done_q: false,
            w_done_q: false,
            wasleep_q: false,
            wfail_q: false,
            wold_q: false,
            wdrop_q: false,
            wbeat_q: 0,
            wmore_q: false,
            wlast_q: false,
            at_q: 0,
            inbeat_q: 0,
            insome_q: false,
            bwptr_q: 0,
            brptr_q: 0,
            bursts_q: 0,
            late_q: 0,
            req_valid_q: false,
            req_write_q: false,
            req_away_q: false,
            req_gfn_q: 0,
            rd_match_q: false,
            wr_match_q: false,
            mon_beat_q: false,
            mon_gfn_q: 0,
            mon_frame_q: 0,
            mon_index_q: 0,
            mon_strb_q: 0,
            mon_nonzero_q: false,
            mon_incr_q: false,
            mon_old_q: false,
            mon_b_q: false,
            mon_b_error_q: false,
            mon_b_frame_q: 0,
            read: Lookup::new(config.page_shift, config.guest_pages),
            write: Lookup::new(config.page_shift, config.guest_pages),
            data: Buffer::new(FRONT, beats, false),
            answers: Buffer::new(FRONT, 2 * beats, true),
            responses: Buffer::new(config.port_depth.into(), 0, true),
            rorder: [Order::default(); DEPTH_MAX],
            worder: [Order::default(); DEPTH_MAX],
            rframe: [0; DEPTH_MAX],
            wframe: [0; DEPTH_MAX],
            burst_mem: [Burst::default(); BURSTS as usize],
        }
    }

    /// There is no such page.
    #[inline]
    fn beyond(&self, ax: &Ax) -> bool {
        ax.addr >> self.page_shift >= self.guest_pages
    }

    /// What the port does not promise gets an error of its own, else [`Kind::Memory`].
    #[inline]
    fn refuse(&self, ax: &Ax) -> Kind {
        let lanes = (1u32 << ax.size) - 1;
        let offset = ax.addr as u32 & 0xfff;
        let span = u32::from(ax.len) << ax.size | lanes;
        if self.beyond(ax) {
            return Kind::DecErr;
        }
        let legal = match ax.burst {
            FIXED => ax.len <= 15,
            INCR => (offset & !lanes) + span <= 0xfff,
            WRAP => matches!(ax.len, 1 | 3 | 7 | 15) && offset & lanes == 0,
            _ => false,
        };
        if !legal || ax.size > self.lane_shift || ax.lock || u16::from(ax.len) >= self.beats {
            Kind::SlvErr
        } else {
            Kind::Memory
        }
    }

    /// What the gate decides about its heads in this cycle.
    #[inline]
    pub fn heads(&self, seen: &Seen) -> Heads {
        let mut heads = Heads {
            wr_frame: self.write.head_tag(seen.rsp[1]).frame,
            ..Heads::default()
        };
        if self.read.head_valid() {
            self.read_head(seen, &mut heads);
        }
        if self.write.head_valid() {
            self.write_head(seen, &mut heads);
        }
        heads
    }

    #[inline]
    fn read_head(&self, seen: &Seen, heads: &mut Heads) {
        let tag = self.read.head_tag(seen.rsp[0]);
        let asks = self.read.head_known() && !self.rasleep_q && !self.ar_held_q;
        let asked = self.req_valid_q && !self.req_write_q;
        let go = asks && !asked && self.rroom_q;
        heads.rd_frame = tag.frame;
        if self.read.head_skip() || self.rfail_q {
            heads.rpush_kind = if self.rfail_q {
                Kind::SlvErr
            } else {
                Kind::of(self.read.head_info().refuse())
            };
            heads.rd_local = go;
        } else {
            match tag.state {
                page::DORMANT => {
                    heads.rpush_kind = Kind::Okay;
                    heads.rd_local = go && !seen.convert_on_read;
                    heads.rd_want = asks && seen.convert_on_read;
                }
                page::RESIDENT => {
                    heads.rd_let = go && self.rfree_q > u16::from(self.read.head().len);
                }
                page::AWAY => {
                    heads.rd_want = asks;
                    heads.rd_away = true;
                }
                _ => {
                    heads.rpush_kind = Kind::SlvErr;
                    heads.rd_local = go;
                }
            }
        }
        heads.m_ar_valid = heads.rd_let || self.ar_held_q;
    }

    /// The head is decided on when its data is complete.
    #[inline]
    fn write_head(&self, seen: &Seen, heads: &mut Heads) {
        if self.wlet_q {
            heads.m_aw_valid = !self.aw_done_q;
            heads.m_w_valid = !self.w_done_q;
            return;
        }
        let asks =
            self.write.head_known() && self.bursts_q != 0 && !self.wasleep_q && !self.wdrop_q;
        if !asks {
            return;
        }
        let asked = self.req_valid_q && self.req_write_q;
        let go = !asked && self.wroom_q;
        let burst = self.burst();
        let odd = burst.over || burst.last != self.write.head().len;
        if self.wfail_q || self.write.head_skip() || odd {
            heads.wr_refused = true;
            heads.wr_drop = go;
            heads.wr_kind = if self.write.head_skip() && !self.wfail_q {
                Kind::of(self.write.head_info().refuse())
            } else {
                Kind::SlvErr
            };
            return;
        }
        match self.write.head_tag(seen.rsp[1]).state {
            page::DORMANT => {
                let elide = !burst.nonzero && seen.elide;
                heads.wr_kind = Kind::Okay;
                heads.wr_drop = go && elide;
                heads.wr_want = !elide;
            }
            page::RESIDENT => heads.wr_let = go && !seen.freeze,
            page::AWAY => {
                heads.wr_want = true;
                heads.wr_away = true;
            }
            _ => {
                heads.wr_refused = true;
                heads.wr_kind = Kind::SlvErr;
                heads.wr_drop = go;
            }
        }
        heads.m_aw_valid = heads.wr_let;
        heads.m_w_valid = heads.wr_let;
    }

    /// The oldest burst whose data came.
    #[inline]
    fn burst(&self) -> &Burst {
        &self.burst_mem[usize::from(self.brptr_q)]
    }

    /// The beat that goes next is the last of its burst.
    #[inline]
    fn beat_last(&self) -> bool {
        if self.wmore_q {
            self.wlast_q
        } else {
            self.burst().single
        }
    }

    /// The oldest beat.
    #[inline]
    fn beat(&self) -> Beat {
        self.data.front(None).copied().unwrap_or_default()
    }

    /// The read address for memory, `m_ar_*_o`; its id is the port's.
    #[inline]
    pub fn m_ar(&self, heads: &Heads) -> Ax {
        self.translated(&self.read, heads.rd_frame)
    }

    /// The write address for memory, `m_aw_*_o`; its id is the port's.
    #[inline]
    pub fn m_aw(&self, heads: &Heads) -> Ax {
        self.translated(&self.write, heads.wr_frame)
    }

    #[inline]
    fn translated(&self, lookup: &Lookup, frame: u32) -> Ax {
        Ax {
            id: 0,
            addr: u64::from(frame) << self.page_shift
                | lookup.head_addr() & ((1 << self.page_shift) - 1),
            ..lookup.head()
        }
    }

    /// The write data for memory, `m_w_*_o`.
    #[inline]
    pub fn drive_w(&self, w: &mut W) {
        let Beat { data, strb } = self.beat();
        let last = self.beat_last();
        *w = W { data, strb, last };
    }

    /// The gate takes a beat from the guest, `s_w_ready_o`.
    #[inline]
    pub fn w_ready(&self) -> bool {
        self.data.room() && self.bursts_q < BURSTS - 4
    }

    /// The page that waits for a lookup, `need_o` and `need_gfn_o`; channel 0 reads, channel 1 writes.
    #[inline]
    pub fn need(&self) -> [Option<u32>; 2] {
        [self.read.need(), self.write.need()]
    }

    /// The page of an address that the gate takes in this cycle, `arrive_o` and `arrive_gfn_o`.
    #[inline]
    pub fn arrive(&self, guest: &AxiReq) -> [Option<u32>; 2] {
        let page = |valid: bool, lookup: &Lookup, ax: &Ax| {
            (valid && lookup.ready() && !self.beyond(ax)).then(|| lookup.gfn(ax.addr))
        };
        [
            page(guest.ar_valid, &self.read, &guest.ar),
            page(guest.aw_valid, &self.write, &guest.aw),
        ]
    }

    #[inline]
    fn rtop(&self) -> &Order {
        &self.rorder[usize::from(self.rrptr_q)]
    }

    #[inline]
    fn wtop(&self) -> &Order {
        &self.worder[usize::from(self.wrptr_q)]
    }

    /// The beat that the guest is answered next is the last of its read.
    #[inline]
    fn rlast(&self) -> bool {
        if self.rmore_q {
            self.rlast_q
        } else {
            self.rtop().len == 0
        }
    }

    /// What the guest is answered while memory offers this port `r` and `b`. Payloads are left alone while their valid is
    /// low.
    #[inline]
    pub fn answer(&self, r: Option<&R>, b: Option<&B>, guest: &mut AxiResp) {
        guest.ar_ready = self.read.ready();
        guest.aw_ready = self.write.ready();
        guest.w_ready = self.w_ready();
        guest.r_valid = false;
        if self.rsome_q {
            let &Order { kind, id, .. } = self.rtop();
            if kind != Kind::Memory {
                guest.r_valid = true;
                guest.r = R {
                    id,
                    data: Data::default(),
                    resp: kind.resp(),
                    last: self.rlast(),
                };
            } else if let Some(r) = self.answers.front(self.rtake(r)) {
                guest.r_valid = true;
                let last = self.rlast();
                guest.r = R { id, last, ..*r };
            }
        }
        guest.b_valid = false;
        if self.wsome_q {
            let &Order { kind, id, .. } = self.wtop();
            let resp = if kind == Kind::Memory {
                let b = self.btake(b).map(|b| b.resp);
                self.responses.front(b.as_ref()).copied()
            } else {
                Some(kind.resp())
            };
            if let Some(resp) = resp {
                guest.b_valid = true;
                guest.b = B { id, resp };
            }
        }
    }

    /// An answer from memory is taken if a read waits for it, `rtake`.
    #[inline]
    fn rtake<'a>(&self, r: Option<&'a R>) -> Option<&'a R> {
        r.filter(|_| self.rlive_q != 0)
    }

    /// And if a write does, `btake`.
    #[inline]
    fn btake<'a>(&self, b: Option<&'a B>) -> Option<&'a B> {
        b.filter(|_| self.wlive_q != 0)
    }

    /// `req_soon_o`: a head asks or may be about to.
    #[inline]
    pub fn req_soon(&self, convert_on_read: bool) -> bool {
        self.req_valid_q
            || (self.write.head_odd() && !self.wlet_q && !self.wasleep_q)
            || (self.read.head_odd() && convert_on_read && !self.rasleep_q)
    }

    /// `busy_o`.
    #[inline]
    pub fn busy(&self) -> bool {
        self.read.head_valid() || self.write.head_valid() || self.rsome_q || self.wsome_q
    }

    /// Byte in the page of the next beat to memory.
    #[inline]
    fn at(&self) -> u32 {
        if self.wlet_q {
            self.at_q
        } else {
            self.write.head_addr() as u32 & ((1 << self.page_shift) - 1)
        }
    }

    /// One clock edge; `heads` is what [`Self::heads`] said of `ins.seen`.
    #[inline]
    pub fn clock(&mut self, heads: &Heads, ins: &GateIn) -> Events {
        let guest = ins.guest;
        let answered = ins.m_r.is_some() || ins.m_b.is_some();
        if !self.resting || answered || guest.ar_valid || guest.aw_valid || guest.w_valid {
            return self.clock_fully(heads, ins);
        }
        if let Some(change) = ins.upd {
            self.read.change(change);
            self.write.change(change);
        }
        Events::default()
    }

    fn clock_fully(&mut self, heads: &Heads, ins: &GateIn) -> Events {
        let guest = ins.guest;
        let mask = self.depth - 1;

        // Read answers. What is not from here goes through the buffer.
        let rtop = *self.rtop();
        let rlocal = rtop.kind != Kind::Memory;
        let rtake = self.rtake(ins.m_r);
        let rend = rtake.is_some_and(|r| r.last);
        let offered = self.answers.front(rtake).is_some();
        let ranswer_pop = self.rsome_q && !rlocal && offered && guest.r_ready;
        let rlast = self.rlast();
        let rgone = self.rsome_q && guest.r_ready && (rlocal || ranswer_pop);
        let rdone = rgone && rlast;

        // The read head.
        let rpush = heads.rd_local || heads.rd_let;
        let rd_pop = heads.rd_local || (heads.m_ar_valid && ins.m_ar_ready);
        let ar_held = heads.m_ar_valid && !ins.m_ar_ready;

        // The write head. A burst let through ends when both its address and its data are accepted.
        let beat_last = self.beat_last();
        let aw_done = self.aw_done_q || (heads.m_aw_valid && ins.m_aw_ready);
        let w_fire = heads.m_w_valid && ins.m_w_ready;
        let w_done = self.w_done_q || (w_fire && beat_last);
        let wr_holds = heads.wr_let || self.wlet_q;
        let drops = heads.wr_drop || self.wdrop_q;
        let wpush = heads.wr_let || heads.wr_drop;
        let wr_pop = (wr_holds && aw_done && w_done) || heads.wr_drop;
        let beat_pop = w_fire || drops;
        let burst_end = beat_pop && beat_last;
        let wr_changed = self.write.head_changed(ins.upd);

        // Write responses.
        let btake = self.btake(ins.m_b);
        let resp = btake.map(|b| b.resp);
        let wmemory = self.wtop().kind == Kind::Memory;
        let answered = !wmemory || self.responses.front(resp.as_ref()).is_some();
        let wdone = self.wsome_q && answered && guest.b_ready;
        let events = Events {
            zero_read: heads.rd_local && heads.rpush_kind == Kind::Okay,
            elided: heads.wr_drop && !heads.wr_refused,
            misses: u8::from(self.read.ev_miss()) + u8::from(self.write.ev_miss()),
            stray: ins.m_r.is_some() != rtake.is_some() || ins.m_b.is_some() != btake.is_some(),
        };

        // The monitor. A beat is told with the tag that its burst was let through under.
        let at = self.at();
        self.at_q = at;
        self.mon_beat_q = w_fire;
        if w_fire {
            let beat = self.beat();
            self.mon_gfn_q = self.write.gfn(self.write.head_addr());
            self.mon_frame_q = heads.wr_frame;
            self.mon_index_q = at >> self.lane_shift;
            self.mon_strb_q = beat.strb;
            self.mon_nonzero_q = nonzero(&beat.data, beat.strb);
            self.mon_incr_q = self.write.head().burst == INCR;
            self.mon_old_q = self.wold_q || wr_changed;
            let step = 1 << self.write.head().size;
            self.at_q = ((at & !(step - 1)) + step) & ((1 << self.page_shift) - 1);
        }
        self.mon_b_q = btake.is_some();
        self.mon_b_error_q = btake.is_some_and(|b| b.resp != OKAY);
        if btake.is_some() {
            self.mon_b_frame_q = self.wframe[usize::from(self.wlrptr_q)];
        }

        // Is an access to the frame in question let through and unanswered?
        self.rd_match_q = matches(self.rlive_q, &self.rframe, ins.query_frame);
        self.wr_match_q = matches(self.wlive_q, &self.wframe, ins.query_frame);

        // Requests. One stays until it is answered or the tag of its page changes.
        let want = if self.req_valid_q {
            if self.req_write_q {
                heads.wr_want
            } else {
                heads.rd_want
            }
        } else {
            heads.wr_want || heads.rd_want
        };
        let (rd_answer, wr_answer) = (!self.req_write_q, self.req_write_q);
        if !self.req_valid_q && want {
            self.req_write_q = heads.wr_want;
            let (away, lookup) = if heads.wr_want {
                (heads.wr_away, &self.write)
            } else {
                (heads.rd_away, &self.read)
            };
            self.req_away_q = away;
            self.req_gfn_q = lookup.gfn(lookup.head_addr());
        }
        let asks = if self.req_write_q {
            &self.write
        } else {
            &self.read
        };
        self.req_valid_q = want && !asks.head_changed(ins.upd) && !ins.stall && !ins.fail;
        self.rfail_q &= !rd_pop;
        self.wfail_q &= !wr_pop;
        self.rasleep_q |= ins.stall && rd_answer;
        self.wasleep_q |= ins.stall && wr_answer;
        self.rfail_q |= ins.fail && rd_answer;
        self.wfail_q |= ins.fail && wr_answer;
        if let Some(resolve) = ins.resolve {
            let (asleep, fail) = if resolve.write {
                (&mut self.wasleep_q, &mut self.wfail_q)
            } else {
                (&mut self.rasleep_q, &mut self.rfail_q)
            };
            *asleep = false;
            *fail = resolve.fail;
        }

        // The order lists.
        if rgone {
            let next = self.rbeat_q.wrapping_add(1);
            self.rbeat_q = if rlast { 0 } else { next };
            self.rlast_q = next == rtop.len;
            self.rmore_q = !rlast;
        }
        if rdone {
            self.rrptr_q = (self.rrptr_q + 1) & mask;
        }
        let Ax { id, len, .. } = self.read.head();
        if rpush {
            let kind = heads.rpush_kind;
            self.rorder[usize::from(self.rwptr_q)] = Order { kind, len, id };
            self.rwptr_q = (self.rwptr_q + 1) & mask;
        }
        self.rcount_q = self.rcount_q + u8::from(rpush) - u8::from(rdone);
        (self.rsome_q, self.rroom_q) = (self.rcount_q != 0, self.rcount_q != self.depth);
        if wdone {
            self.wrptr_q = (self.wrptr_q + 1) & mask;
        }
        if wpush {
            self.worder[usize::from(self.wwptr_q)] = Order {
                kind: if heads.wr_let {
                    Kind::Memory
                } else {
                    heads.wr_kind
                },
                len: 0,
                id: self.write.head().id,
            };
            self.wwptr_q = (self.wwptr_q + 1) & mask;
        }
        self.wcount_q = self.wcount_q + u8::from(wpush) - u8::from(wdone);
        (self.wsome_q, self.wroom_q) = (self.wcount_q != 0, self.wcount_q != self.depth);

        // Let through and not answered by memory.
        if rend {
            self.rlive_q &= !(1 << self.rlrptr_q);
            self.rlrptr_q = (self.rlrptr_q + 1) & mask;
        }
        if heads.rd_let {
            self.rframe[usize::from(self.rlwptr_q)] = heads.rd_frame;
            self.rlive_q |= 1 << self.rlwptr_q;
            self.rlwptr_q = (self.rlwptr_q + 1) & mask;
        }
        if btake.is_some() {
            self.wlive_q &= !(1 << self.wlrptr_q);
            self.wlrptr_q = (self.wlrptr_q + 1) & mask;
        }
        if heads.wr_let {
            self.wframe[usize::from(self.wlwptr_q)] = heads.wr_frame;
            self.wlive_q |= 1 << self.wlwptr_q;
            self.wlwptr_q = (self.wlwptr_q + 1) & mask;
        }

        // Memory's answers.
        self.rfree_q += u16::from(ranswer_pop);
        if heads.rd_let {
            self.rfree_q -= u16::from(len) + 1;
        }
        self.answers.clock(rtake, ranswer_pop);
        self.responses.clock(resp.as_ref(), wdone && wmemory);

        // How far the heads have come.
        self.ar_held_q = ar_held;
        self.wlet_q = wr_holds && !(aw_done && w_done);
        self.aw_done_q = self.wlet_q && aw_done;
        self.w_done_q = self.wlet_q && w_done;
        self.wold_q = self.wlet_q && (self.wold_q || wr_changed);
        self.wdrop_q = drops && !beat_last;
        if beat_pop {
            let next = self.wbeat_q.wrapping_add(1) & (self.beats - 1) as u8;
            self.wbeat_q = if beat_last { 0 } else { next };
            self.wlast_q = next == self.burst().last;
            self.wmore_q = !beat_last;
        }

        // Data. Of a burst that does not fit the end is left out.
        let in_push = guest.w_valid && self.w_ready();
        let in_over = self.inbeat_q == self.beats;
        let in_end = in_push && guest.w.last;
        let in_now = in_end && self.data.direct() && !in_over;
        let in_nonzero = self.insome_q || in_push && nonzero(&guest.w.data, guest.w.strb);
        let beat = (in_push && !in_over).then_some(Beat {
            data: guest.w.data,
            strb: guest.w.strb,
        });
        self.data.clock(beat.as_ref(), beat_pop);
        self.bursts_q = self.bursts_q + u8::from(in_now) + (self.late_q >> 1) - u8::from(burst_end);
        self.late_q = self.late_q << 1 & 3 | u8::from(in_end && !in_now);
        self.brptr_q = (self.brptr_q + u8::from(burst_end)) & (BURSTS - 1);
        if in_end {
            self.burst_mem[usize::from(self.bwptr_q)] = Burst {
                over: in_over,
                nonzero: in_nonzero,
                single: self.inbeat_q == 0,
                last: self.inbeat_q.min(self.beats - 1) as u8,
            };
            self.bwptr_q = (self.bwptr_q + 1) & (BURSTS - 1);
        }
        if in_push {
            self.inbeat_q = match (in_end, in_over) {
                (true, _) => 0,
                (false, over) => self.inbeat_q + u16::from(!over),
            };
            self.insome_q = in_nonzero && !in_end;
        }

        // The address channels.
        let arrival = |valid: bool, lookup: &Lookup, ax: &Ax| {
            (valid && lookup.ready()).then(|| {
                let refuse = self.refuse(ax);
                (ax.addr, Info::new(ax, refuse as u8), refuse != Kind::Memory)
            })
        };
        let fill = match ins.upd {
            Some(Change::Page(gfn)) => ins.grant.map(|frame| (gfn, frame)),
            _ => None,
        };
        let read = LookupIn {
            arrival: arrival(guest.ar_valid, &self.read, &guest.ar),
            need_gnt: ins.need_gnt[0],
            arrive_gnt: ins.arrive_gnt[0],
            rsp: ins.seen.rsp[0],
            upd: ins.upd,
            hold: heads.m_ar_valid,
            forget: ins.resolve.is_some_and(|resolve| !resolve.write),
            set: ins.grant.filter(|_| rd_answer),
            fill,
            pop: rd_pop,
        };
        let write = LookupIn {
            arrival: arrival(guest.aw_valid, &self.write, &guest.aw),
            need_gnt: ins.need_gnt[1],
            arrive_gnt: ins.arrive_gnt[1],
            rsp: ins.seen.rsp[1],
            upd: ins.upd,
            hold: wr_holds,
            forget: ins.resolve.is_some_and(|resolve| resolve.write),
            set: ins.grant.filter(|_| wr_answer),
            fill,
            pop: wr_pop,
        };
        self.read.clock(&read);
        self.write.clock(&write);

        self.resting = !self.busy() && self.settled();
        events
    }
}

#[inline]
fn matches(live: u32, frames: &[u32], frame: u32) -> bool {
    let mut live = live;
    while live != 0 {
        if frames[live.trailing_zeros() as usize] == frame {
            return true;
        }
        live &= live - 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use fastrand::Rng;

    use super::*;
    use crate::axi::MAX_BYTES;

    const PAGES: u32 = 6;
    const FRAMES: usize = 8;
    const BEATS: u16 = 64;
    const BYTES: usize = 8;
    const PAGE: usize = 4096;

    fn gate() -> Gate {
        Gate::new(&Config {
            guest_pages: PAGES,
            port_depth: 4,
            port_beats: BEATS,
            ..Config::default()
        })
    }

    /// The byte addresses of each beat, as the AXI specification spells them out.
    fn beats(ax: &Ax) -> Vec<u64> {
        let (number, length) = (1u64 << ax.size, u64::from(ax.len) + 1);
        let aligned = ax.addr / number * number;
        let wrap = ax.addr / (number * length) * (number * length);
        (0..length)
            .map(|n| match ax.burst {
                INCR if n > 0 => aligned + n * number,
                WRAP if ax.addr + n * number >= wrap + number * length => {
                    ax.addr + n * number - number * length
                }
                WRAP => ax.addr + n * number,
                _ => ax.addr,
            })
            .collect()
    }

    fn any_ax(rng: &mut Rng) -> Ax {
        let size = rng.u8(0..=7).min(rng.u8(0..=7));
        let burst = rng.u8(0..=3);
        let len = match rng.u8(0..4) {
            0 => rng.u8(..),
            1 => [1, 3, 7, 15][rng.usize(0..4)],
            _ => rng.u8(0..8),
        };
        let mut addr = rng.u64(0..=(PAGES as u64)) * PAGE as u64 + rng.u64(0..PAGE as u64);
        if rng.u8(0..3) != 0 {
            addr &= !((1 << size) - 1);
        }
        Ax {
            id: rng.u32(0..16),
            addr,
            len,
            size,
            burst,
            lock: rng.u8(0..16) == 0,
        }
    }

    #[test]
    fn what_the_port_does_not_promise_is_refused() {
        let gate = gate();
        let mut rng = Rng::with_seed(1);
        for _ in 0..200_000 {
            let ax = any_ax(&mut rng);
            let number = 1u64 << ax.size;
            let last = |addr: &u64| addr / number * number + number - 1;
            let crosses = beats(&ax)
                .iter()
                .any(|addr| addr / 4096 != ax.addr / 4096 || last(addr) / 4096 != ax.addr / 4096);
            let legal = match ax.burst {
                FIXED => ax.len < 16,
                INCR => !crosses,
                WRAP => {
                    [2, 4, 8, 16].contains(&(ax.len as u16 + 1)) && ax.addr.is_multiple_of(number)
                }
                _ => false,
            };
            let expected = if ax.addr / PAGE as u64 >= PAGES.into() {
                Kind::DecErr
            } else if !legal || ax.lock || number > BYTES as u64 || u16::from(ax.len) >= BEATS {
                Kind::SlvErr
            } else {
                Kind::Memory
            };
            assert_eq!(gate.refuse(&ax), expected, "{ax:?}");
        }
    }

    #[test]
    fn a_beat_is_zero_if_every_strobed_byte_is() {
        let mut rng = Rng::with_seed(2);
        for _ in 0..100_000 {
            let mut w = W {
                strb: rng.u64(..) & rng.u64(..),
                ..W::default()
            };
            let mut expected = false;
            for _ in 0..rng.u8(0..4) {
                let byte = rng.usize(0..MAX_BYTES);
                w.data[byte / 8] |= u64::from(rng.u8(1..)) << (byte % 8 * 8);
                expected |= w.strb >> byte & 1 != 0;
            }
            assert_eq!(nonzero(&w.data, w.strb), expected, "{w:x?}");
        }
    }

    /// An access that the guest made and that is not answered.
    struct Access {
        ax: Ax,
        refuse: Kind,
        /// Beats answered, of a read.
        done: u32,
        /// Addresses and values that a write leaves behind.
        bytes: Vec<(u64, u8)>,
    }

    impl Access {
        fn new(ax: Ax) -> Self {
            Self {
                ax,
                refuse: gate().refuse(&ax),
                done: 0,
                bytes: vec![],
            }
        }

        fn is_to(&self, page: usize) -> bool {
            self.ax.addr as usize / PAGE == page
        }

        fn check(&self, id: u32, resp: u8) {
            assert_eq!(id, self.ax.id);
            match self.refuse {
                Kind::DecErr => assert_eq!(resp, DECERR),
                Kind::SlvErr => assert_eq!(resp, SLVERR),
                _ if self.is_to(BAD) => assert_eq!(resp, SLVERR),
                _ => assert!(resp == OKAY || resp == SLVERR),
            }
        }
    }

    /// The one value other than zero that is ever written to an address.
    fn value(addr: u64) -> u8 {
        (addr.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 | 1
    }

    const BAD: usize = PAGES as usize - 1;

    /// A guest, a memory, tags and what changes them, around one gate; each as slow as chance has it.
    struct World {
        rng: Rng,
        gate: Gate,
        seen: Seen,
        tags: Vec<Tag>,
        /// Lookups granted one and two cycles ago.
        asked: [[Option<Tag>; 2]; 2],
        frames: Vec<[u8; PAGE]>,
        free: Vec<u32>,
        draining: Vec<u32>,

        guest: AxiReq,
        reads: VecDeque<Access>,
        writes: VecDeque<Access>,
        to_send: VecDeque<W>,
        /// What the guest has reason to think that its pages hold.
        shadow: Vec<[u8; PAGE]>,

        m_reads: VecDeque<(Ax, u8)>,
        m_writes: VecDeque<Ax>,
        m_data: VecDeque<W>,
        m_answers: u32,
        r_valid: bool,
        b_valid: bool,

        /// The guest takes no answer, the guest sends no data.
        withholds: [bool; 3],
        /// How often each of the interesting things happened.
        seen_so_far: [u32; 10],
    }

    impl World {
        fn new(seed: u64) -> Self {
            let mut tags = vec![Tag::default(); PAGES as usize];
            tags[BAD].state = page::BAD;
            Self {
                rng: Rng::with_seed(seed),
                gate: gate(),
                seen: Seen::default(),
                tags,
                asked: [[None; 2]; 2],
                frames: vec![[0; PAGE]; FRAMES],
                free: (0..FRAMES as u32).collect(),
                draining: vec![],
                guest: AxiReq::default(),
                reads: VecDeque::new(),
                writes: VecDeque::new(),
                to_send: VecDeque::new(),
                shadow: vec![[0; PAGE]; PAGES as usize],
                m_reads: VecDeque::new(),
                m_writes: VecDeque::new(),
                m_data: VecDeque::new(),
                m_answers: 0,
                r_valid: false,
                b_valid: false,
                withholds: [false; 3],
                seen_so_far: [0; 10],
            }
        }

        fn often(&mut self) -> bool {
            self.rng.u8(0..4) != 0
        }

        fn seldom(&mut self) -> bool {
            self.rng.u8(0..32) == 0
        }

        fn drive(&mut self, end: bool) {
            if !end && !self.guest.ar_valid && !self.often() {
                self.guest.ar_valid = true;
                self.guest.ar = any_ax(&mut self.rng);
            }
            if !end && !self.guest.aw_valid && self.to_send.len() < 64 && !self.often() {
                self.offer_write();
            }
            for withholds in 0..3 {
                if self.rng.u8(0..128) == 0 {
                    self.withholds[withholds] = !end && self.rng.bool();
                }
            }
            let [r, b, w] = self.withholds;
            if !self.guest.w_valid && !w && self.often() {
                self.guest.w_valid = !self.to_send.is_empty();
                self.guest.w = self.to_send.pop_front().unwrap_or_default();
            }
            self.guest.r_ready = !r && self.often();
            self.guest.b_ready = !b && self.often();
            if self.seldom() {
                self.seen.convert_on_read = self.rng.bool();
                self.seen.elide = self.often();
            }
            self.seen.freeze = self.rng.u8(0..8) == 0;
            for channel in 0..2 {
                self.seen.rsp[channel] = self.asked[1][channel].unwrap_or(Tag {
                    state: self.rng.u8(0..4),
                    frame: self.rng.u32(0..FRAMES as u32),
                });
            }
        }

        fn offer_write(&mut self) {
            let mut access = Access::new(any_ax(&mut self.rng));
            let ax = access.ax;
            let zeros = self.rng.usize(0..5);
            // Its last beat may come too early or too late; then it is refused.
            let length = usize::from(ax.len);
            let sent = match self.rng.u8(0..24) {
                0 if length > 0 => length - 1,
                1 => length + self.rng.usize(1..200),
                _ => length,
            };
            if sent != length && access.refuse == Kind::Memory {
                access.refuse = Kind::SlvErr;
            }
            let addresses = beats(&ax);
            for n in 0..=sent {
                let addr = addresses[n.min(length)];
                let mut w = W {
                    last: n == sent,
                    ..W::default()
                };
                for addr in addr..(addr >> ax.size << ax.size) + (1 << ax.size) {
                    let lane = addr as usize % BYTES;
                    let zero = zeros == 4 || n < zeros || self.rng.bool();
                    let byte = if zero { 0 } else { value(addr) };
                    let strobed = self.often();
                    if strobed || self.seldom() {
                        w.data[0] &= !(0xff << (8 * lane));
                        w.data[0] |= u64::from(byte) << (8 * lane);
                    }
                    if strobed {
                        w.strb |= 1 << lane;
                        access.bytes.push((addr, byte));
                    }
                }
                self.to_send.push_back(w);
            }
            self.guest.aw_valid = true;
            self.guest.aw = ax;
            self.writes.push_back(access);
        }

        /// At most one lookup of each channel in a cycle.
        fn look_up(&mut self, pages: [Option<u32>; 2], asked: &mut [Option<Tag>; 2]) -> [bool; 2] {
            let mut granted = [false; 2];
            for channel in 0..2 {
                if let Some(gfn) = pages[channel]
                    && asked[channel].is_none()
                    && self.often()
                {
                    asked[channel] = Some(self.tags[gfn as usize]);
                    granted[channel] = true;
                }
            }
            granted
        }

        /// What becomes of a page at the end of a cycle.
        fn change(&mut self, end: bool) -> Option<(Change, Option<(usize, Tag)>)> {
            let page = self.rng.usize(0..BAD);
            let Tag { state, frame } = self.tags[page];
            let written = self.writes.iter().any(|access| access.is_to(page));
            let set = |state| {
                Some((
                    Change::Page(page as u32),
                    Some((page, Tag { state, frame })),
                ))
            };
            match (state, self.rng.u8(0..4)) {
                (page::AWAY, _) => set(page::RESIDENT),
                (page::RESIDENT, 0) if !end => set(page::AWAY),
                (page::RESIDENT, 1) if !written => {
                    self.draining.push(frame);
                    self.shadow[page] = [0; PAGE];
                    set(page::DORMANT)
                }
                (_, 2) => Some((Change::All, None)),
                _ => Some((Change::Page(page as u32), None)),
            }
        }

        fn cycle(&mut self, end: bool) {
            self.drive(end);
            let (guest, gate) = (self.guest, self.gate.clone());
            let heads = gate.heads(&self.seen);
            let mut ins = GateIn::new(&guest);
            ins.seen = self.seen;

            // Memory.
            self.r_valid |= !self.m_reads.is_empty() && self.often();
            self.b_valid |= self.m_answers != 0 && self.often();
            ins.m_ar_ready = self.often();
            ins.m_aw_ready = self.often();
            ins.m_w_ready = self.often();
            let (mut r, b) = (R::default(), B::default());
            if self.r_valid {
                let (ax, beat) = self.m_reads[0];
                let addr = beats(&ax)[usize::from(beat)] as usize & !(BYTES - 1);
                let bytes = &self.frames[addr / PAGE][addr % PAGE..][..BYTES];
                r.data[0] = u64::from_le_bytes(bytes.try_into().unwrap());
                r.last = beat == ax.len;
            }
            ins.m_r = self.r_valid.then_some(&r);
            ins.m_b = self.b_valid.then_some(&b);
            let queried = self.draining.first().copied();
            ins.query_frame = queried.unwrap_or(0);
            let mut answer = AxiResp::default();
            gate.answer(
                self.r_valid.then_some(&r),
                self.b_valid.then_some(&b),
                &mut answer,
            );

            // Lookups, requests, changes.
            let mut asked = [None; 2];
            ins.need_gnt = self.look_up(gate.need(), &mut asked);
            ins.arrive_gnt = self.look_up(gate.arrive(&guest), &mut asked);
            let mut new_tag = None;
            if gate.req_valid_q {
                let state = self.tags[gate.req_gfn_q as usize].state;
                let expected = if gate.req_away_q {
                    page::AWAY
                } else {
                    page::DORMANT
                };
                assert_eq!(state, expected, "a request for nothing");
                match self.rng.u8(0..8) {
                    0 => ins.stall = true,
                    1 => ins.fail = true,
                    2.. if !gate.req_away_q => ins.grant = self.free.pop(),
                    _ => {}
                }
            }
            if let Some(frame) = ins.grant {
                let gfn = gate.req_gfn_q;
                let state = page::RESIDENT;
                new_tag = Some((gfn as usize, Tag { state, frame }));
                ins.upd = Some(Change::Page(gfn));
            } else if self.seldom()
                && let Some((change, tag)) = self.change(end)
            {
                ins.upd = Some(change);
                new_tag = tag;
            }
            let write = self.rng.bool();
            if (if write {
                gate.wasleep_q
            } else {
                gate.rasleep_q
            }) && self.seldom()
            {
                let fail = !self.often();
                ins.resolve = Some(Resolve { write, fail });
            }

            // Whatever is let through goes where its page is.
            for (let_through, lookup, frame) in [
                (heads.rd_let, &gate.read, heads.rd_frame),
                (heads.wr_let, &gate.write, heads.wr_frame),
            ] {
                let state = page::RESIDENT;
                let tag = self.tags.get(lookup.gfn(lookup.head_addr()) as usize);
                assert!(!let_through || tag == Some(&Tag { state, frame }));
            }
            assert!(!(self.seen.freeze && heads.wr_let));
            // Memory never waits for the guest.
            assert!(!gate.wlet_q || gate.w_done_q || heads.m_w_valid);
            assert!(!heads.m_w_valid || gate.data.front(None).is_some());

            let stable = gate.stable_for(&ins);
            let events = self.gate.clock(&heads, &ins);
            if stable != 0 {
                let mut passed = gate.clone();
                passed.pass(&ins, 1);
                assert!(self.gate == passed, "it said that it is stable");
                self.count(0);
            }
            if gate.idle() {
                self.count(1);
            }
            for (n, happened) in [
                events.zero_read,
                events.elided,
                heads.wr_refused && gate.burst().over,
                gate.data.stored_q != 0 && gate.answers.stored_q != 0,
                ins.resolve.is_some(),
                gate.mon_beat_q && gate.mon_old_q,
                gate.rlive_q == 0 && !gate.answers.is_empty() && !gate.responses.is_empty(),
            ]
            .into_iter()
            .enumerate()
            {
                if happened {
                    self.count(2 + n);
                }
            }

            self.asked = [asked, self.asked[0]];
            if let Some((page, tag)) = new_tag {
                self.tags[page] = tag;
            }
            self.move_memory(&gate, &heads, &ins);
            self.move_guest(&answer);
            self.drain(queried);
        }

        fn count(&mut self, what: usize) {
            self.seen_so_far[what] += 1;
        }

        fn move_memory(&mut self, gate: &Gate, heads: &Heads, ins: &GateIn) {
            if heads.m_ar_valid && ins.m_ar_ready {
                self.m_reads.push_back((gate.m_ar(heads), 0));
            }
            if heads.m_aw_valid && ins.m_aw_ready {
                self.m_writes.push_back(gate.m_aw(heads));
            }
            if heads.m_w_valid && ins.m_w_ready {
                let mut w = W::default();
                gate.drive_w(&mut w);
                self.m_data.push_back(w);
            }
            if self.r_valid {
                self.r_valid = false;
                let (ax, beat) = &mut self.m_reads[0];
                *beat = beat.wrapping_add(1);
                if ins.m_r.is_some_and(|r| r.last) {
                    assert_eq!(*beat, ax.len.wrapping_add(1));
                    self.m_reads.pop_front();
                }
            }
            if self.b_valid {
                self.b_valid = false;
                self.m_answers -= 1;
            }
            if let Some(ax) = self.m_writes.front()
                && self.m_data.len() > usize::from(ax.len)
            {
                for (n, addr) in beats(ax).into_iter().enumerate() {
                    let w = self.m_data.pop_front().unwrap();
                    assert_eq!(w.last, n == usize::from(ax.len));
                    let addr = addr as usize & !(BYTES - 1);
                    for lane in (0..BYTES).filter(|lane| w.strb >> lane & 1 != 0) {
                        let frame = &mut self.frames[addr / PAGE];
                        frame[addr % PAGE + lane] = (w.data[0] >> (8 * lane)) as u8;
                    }
                }
                self.m_writes.pop_front();
                self.m_answers += 1;
            }
        }

        fn move_guest(&mut self, answer: &AxiResp) {
            if self.guest.ar_valid && answer.ar_ready {
                self.guest.ar_valid = false;
                self.reads.push_back(Access::new(self.guest.ar));
            }
            self.guest.aw_valid &= !answer.aw_ready;
            self.guest.w_valid &= !answer.w_ready;
            if answer.r_valid && self.guest.r_ready {
                let access = &mut self.reads[0];
                let (ax, n) = (access.ax, access.done);
                access.check(answer.r.id, answer.r.resp);
                access.done += 1;
                assert_eq!(answer.r.last, n == u32::from(ax.len));
                let addr = beats(&ax)[n as usize];
                for addr in addr..(addr >> ax.size << ax.size) + (1 << ax.size) {
                    let byte = (answer.r.data[0] >> (addr % BYTES as u64 * 8)) as u8;
                    assert!(byte == 0 || byte == value(addr), "a byte of another page");
                }
                if answer.r.last {
                    self.reads.pop_front();
                }
            }
            if answer.b_valid && self.guest.b_ready {
                let access = self.writes.pop_front().unwrap();
                access.check(answer.b.id, answer.b.resp);
                if answer.b.resp == OKAY {
                    for (addr, byte) in access.bytes {
                        self.shadow[addr as usize / PAGE][addr as usize % PAGE] = byte;
                    }
                }
            }
        }

        /// The gate has just said whether an access to the frame in question was under way.
        fn drain(&mut self, queried: Option<u32>) {
            let Some(frame) = queried else {
                return;
            };
            if self.gate.rd_match_q || self.gate.wr_match_q {
                self.count(9);
                return;
            }
            let same = |ax: &Ax| ax.addr as usize / PAGE == frame as usize;
            assert!(!self.m_reads.iter().any(|(ax, _)| same(ax)), "drained");
            assert!(!self.m_writes.iter().any(same), "drained");
            self.frames[frame as usize] = [0; PAGE];
            self.draining.remove(0);
            self.free.push(frame);
        }

        fn run(&mut self) {
            for _ in 0..3000 {
                self.cycle(false);
            }
            let mut left = 20_000;
            while !self.gate.idle()
                || self.guest.ar_valid
                || self.guest.aw_valid
                || self.guest.w_valid
                || !self.to_send.is_empty()
            {
                self.cycle(true);
                left -= 1;
                assert!(left > 0, "it hangs: {:?}", self.gate);
            }
            assert!(self.reads.is_empty() && self.writes.is_empty());
            for (page, tag) in self.tags.iter().enumerate() {
                let owned = matches!(tag.state, page::RESIDENT | page::AWAY);
                let (zeros, frame) = ([0; PAGE], &self.frames[tag.frame as usize]);
                let holds = if owned { frame } else { &zeros };
                assert!(self.shadow[page] == *holds, "page {page}");
            }
        }
    }

    #[test]
    fn every_access_is_answered_in_order_and_every_byte_is_where_it_belongs() {
        let mut seen = [0; 10];
        for seed in 0..200 {
            let mut world = World::new(seed);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run()));
            assert!(result.is_ok(), "seed {seed}");
            for (sum, n) in seen.iter_mut().zip(world.seen_so_far) {
                *sum += n;
            }
        }
        assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
    }
}
