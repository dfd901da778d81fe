//! `dm_fence`: the last block before memory, which is reset with memory and not with the node.
//!
//! In a life of the node all passes through, so the node asks [`Fence::is_transparent`] and otherwise does nothing.
//! After a reset of the node the fence is closed: [`Fence::drive`] says what memory sees, and [`Fence::filter`] what the
//! node sees.

use std::fmt;

use crate::{
    axi::{Ax, AxiReq, AxiResp, W},
    config::{Config, MAX_PORTS},
};

/// The engine and every port.
const MAX_SOURCES: usize = MAX_PORTS + 1;
/// Places for the lengths of bursts without all of their data, at the most.
const MAX_PLACES: usize = MAX_SOURCES.next_power_of_two();

/// The fence's registers, named as in the RTL.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Fence {
    places: u8,

    pub closed_q: bool,
    pub ar_hold_q: bool,
    pub aw_hold_q: bool,
    pub w_hold_q: bool,
    ar_q: Ax,
    aw_q: Ax,
    w_q: W,
    len_mem: [u8; MAX_PLACES],
    pub shown_q: u8,
    pub sent_q: u8,
    pub beat_q: u8,
    pub reads_q: [u8; MAX_SOURCES],
    pub writes_q: [u8; MAX_SOURCES],
    pub reading_q: u8,
    pub writing_q: u8,
}

/// All of a fence that decides how it goes on in an open life, but for which places it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    closed: bool,
    holds: (bool, bool, bool),
    unsent: u8,
    beat: u8,
    reads: [u8; MAX_SOURCES],
    writes: [u8; MAX_SOURCES],
}

/// One more of one source, one less of another, and which sources have any.
#[inline]
fn count(counts: &mut [u8; MAX_SOURCES], some: &mut u8, more: Option<u32>, less: Option<u32>) {
    if let Some(id) = more {
        counts[id as usize] += 1;
        *some |= 1 << id;
    }
    if let Some(id) = less {
        counts[id as usize] -= 1;
        if counts[id as usize] == 0 {
            *some &= !(1 << id);
        }
    }
}

impl Fence {
    /// The fence after the reset of memory and node.
    pub fn new(config: &Config) -> Self {
        Self {
            places: (config.ports + 1).next_power_of_two(),
            closed_q: true,
            ar_hold_q: false,
            aw_hold_q: false,
            w_hold_q: false,
            ar_q: Ax::default(),
            aw_q: Ax::default(),
            w_q: W::default(),
            len_mem: [0; MAX_PLACES],
            shown_q: 0,
            sent_q: 0,
            beat_q: 0,
            reads_q: [0; MAX_SOURCES],
            writes_q: [0; MAX_SOURCES],
            reading_q: 0,
            writing_q: 0,
        }
    }

    /// The node was reset, and memory was not.
    pub fn reset_node(&mut self) {
        self.closed_q = true;
    }

    /// Somebody waits for this read answer, now or in a life before.
    #[inline]
    fn r_awaited(&self, resp: &AxiResp) -> bool {
        resp.r_valid && self.reading_q.checked_shr(resp.r.id).unwrap_or(0) & 1 != 0
    }

    /// Somebody waits for this write answer.
    #[inline]
    fn b_awaited(&self, resp: &AxiResp) -> bool {
        resp.b_valid && self.writing_q.checked_shr(resp.b.id).unwrap_or(0) & 1 != 0
    }

    /// Memory's signals reach the node as they are.
    #[inline]
    pub fn is_transparent(&self, resp: &AxiResp) -> bool {
        !self.closed_q
            && (!resp.r_valid || self.r_awaited(resp))
            && (!resp.b_valid || self.b_awaited(resp))
    }

    /// What the node sees of memory.
    pub fn filter(&self, resp: &AxiResp) -> AxiResp {
        let open = !self.closed_q;
        AxiResp {
            ar_ready: resp.ar_ready && open,
            aw_ready: resp.aw_ready && open,
            w_ready: resp.w_ready && open,
            r_valid: self.r_awaited(resp) && open,
            b_valid: self.b_awaited(resp) && open,
            ..*resp
        }
    }

    /// What memory sees while the fence is closed, in place of what the node shows.
    pub fn drive(&self, req: &mut AxiReq) {
        if !self.closed_q {
            return;
        }
        req.ar_valid = self.ar_hold_q;
        if self.ar_hold_q {
            req.ar = self.ar_q;
        }
        req.aw_valid = self.aw_hold_q;
        if self.aw_hold_q {
            req.aw = self.aw_q;
        }
        req.w_valid = self.w_hold_q || self.shown_q != self.sent_q;
        if self.w_hold_q {
            req.w = self.w_q;
        } else if req.w_valid {
            req.w = W {
                last: self.beat_q == self.len_mem[usize::from(self.sent_q % self.places)],
                ..W::default()
            };
        }
        req.r_ready = true;
        req.b_ready = true;
    }

    /// `ev_stray_o`: answers that nobody waits for.
    #[inline]
    pub fn strays(&self, resp: &AxiResp) -> u8 {
        u8::from(resp.r_valid && !self.r_awaited(resp))
            + u8::from(resp.b_valid && !self.b_awaited(resp))
    }

    /// One clock edge; `req` is what memory sees, `resp` what memory drives.
    #[inline]
    pub fn clock(&mut self, req: &AxiReq, resp: &AxiResp) {
        let (r_awaited, b_awaited) = (self.r_awaited(resp), self.b_awaited(resp));
        self.closed_q &= self.ar_hold_q
            || self.aw_hold_q
            || self.shown_q != self.sent_q
            || self.reading_q != 0
            || self.writing_q != 0;

        let round = 2 * self.places - 1;
        if req.aw_valid && !self.aw_hold_q {
            self.len_mem[usize::from(self.shown_q % self.places)] = req.aw.len;
            self.shown_q = self.shown_q.wrapping_add(1) & round;
        }
        if req.w_valid && resp.w_ready {
            self.beat_q = self.beat_q.wrapping_add(1);
            if req.w.last {
                self.beat_q = 0;
                self.sent_q = self.sent_q.wrapping_add(1) & round;
            }
        }

        self.ar_hold_q = req.ar_valid && !resp.ar_ready;
        self.aw_hold_q = req.aw_valid && !resp.aw_ready;
        self.w_hold_q = req.w_valid && !resp.w_ready;
        if self.ar_hold_q {
            self.ar_q = req.ar;
        }
        if self.aw_hold_q {
            self.aw_q = req.aw;
        }
        if self.w_hold_q {
            self.w_q = req.w;
        }

        let r_end = r_awaited && req.r_ready && resp.r.last;
        let b_end = b_awaited && req.b_ready;
        let ar = (req.ar_valid && resp.ar_ready).then_some(req.ar.id);
        let aw = (req.aw_valid && resp.aw_ready).then_some(req.aw.id);
        count(
            &mut self.reads_q,
            &mut self.reading_q,
            ar,
            r_end.then_some(resp.r.id),
        );
        count(
            &mut self.writes_q,
            &mut self.writing_q,
            aw,
            b_end.then_some(resp.b.id),
        );
    }

    /// An edge with these signals changes nothing but the beats sent, which [`Self::pass`] counts; nor do further ones
    /// before the last beat of a burst.
    #[inline]
    pub fn is_stable(&self, req: &AxiReq, resp: &AxiResp) -> bool {
        !self.closed_q
            && self.is_transparent(resp)
            && !(req.ar_valid && (resp.ar_ready || !self.ar_hold_q))
            && !(req.aw_valid && (resp.aw_ready || !self.aw_hold_q))
            && !(req.w_valid && resp.w_ready && req.w.last)
            && self.w_hold_q == (req.w_valid && !resp.w_ready)
            && !(resp.r_valid && req.r_ready && resp.r.last)
            && !(resp.b_valid && req.b_ready)
    }

    /// `n` edges at each of which a beat is sent that is not the last of its burst.
    #[inline]
    pub fn pass(&mut self, n: u64) {
        self.beat_q = self.beat_q.wrapping_add(n as u8);
    }

    /// What of the fence must come round for a period to repeat.
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            closed: self.closed_q,
            holds: (self.ar_hold_q, self.aw_hold_q, self.w_hold_q),
            unsent: self.shown_q.wrapping_sub(self.sent_q) & (2 * self.places - 1),
            beat: self.beat_q,
            reads: self.reads_q,
            writes: self.writes_q,
        }
    }

    /// The engine has sent `bursts` more, of `len` + 1 beats, and the fence has the same shape again; `aw` is on AW now.
    pub(crate) fn repeat(&mut self, bursts: u64, aw: Ax, len: u8) {
        let round = 2 * self.places - 1;
        self.shown_q = self.shown_q.wrapping_add(bursts as u8) & round;
        self.sent_q = self.sent_q.wrapping_add(bursts as u8) & round;
        self.len_mem = [len; MAX_PLACES];
        self.aw_q = aw;
    }
}

/// What counts, so that two fences in the same state look alike.
impl fmt::Debug for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unsent = self.shown_q.wrapping_sub(self.sent_q) & (2 * self.places - 1);
        let lens: Vec<u8> = (0..unsent)
            .map(|i| self.len_mem[usize::from(self.sent_q.wrapping_add(i) % self.places)])
            .collect();
        f.debug_struct("Fence")
            .field("closed_q", &self.closed_q)
            .field("ar", &self.ar_hold_q.then_some(self.ar_q))
            .field("aw", &self.aw_hold_q.then_some(self.aw_q))
            .field("w", &self.w_hold_q.then_some(self.w_q))
            .field("shown_q", &self.shown_q)
            .field("sent_q", &self.sent_q)
            .field("lens", &lens)
            .field("beat_q", &self.beat_q)
            .field("reads_q", &self.reads_q)
            .field("writes_q", &self.writes_q)
            .finish_non_exhaustive()
    }
}
