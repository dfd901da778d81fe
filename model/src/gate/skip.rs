//! What only skip mode needs of a gate: for how long nothing but time goes by.

use super::{Gate, GateIn, Kind, matches};

impl Gate {
    /// Nothing is inside, and no edge changes anything but for what the guest and memory send and for changes of tags,
    /// which empty the caches of translations.
    #[inline]
    pub fn idle(&self) -> bool {
        self.resting
    }

    /// An edge at which nobody sends or takes anything leaves all registers as they are, but those that a lookup, a
    /// request or the heads move.
    #[inline]
    pub(super) fn settled(&self) -> bool {
        self.bursts_q == 0
            && self.inbeat_q == 0
            && self.data.is_empty()
            && !self.req_valid_q
            && self.read.settled()
            && self.write.settled()
            && self.told()
            && !self.rd_match_q
            && !self.wr_match_q
    }

    /// The monitor has nothing to say, and the next beat is where it was.
    #[inline]
    fn told(&self) -> bool {
        !self.mon_beat_q && !self.mon_b_q && self.at_q == self.at()
    }

    /// What the gates say of the frame in question is what they would say again.
    #[inline]
    fn matched(&self, frame: u32) -> bool {
        self.rd_match_q == matches(self.rlive_q, &self.rframe, frame)
            && self.wr_match_q == matches(self.wlive_q, &self.wframe, frame)
    }

    /// How many further edges with these same inputs leave every output of the gate as it is (the payloads that pass
    /// through it follow memory's), and all that is inside but what [`Self::pass`] moves. Where a lookup is wanted it
    /// does not know: 0.
    #[inline]
    pub fn stable_for(&self, ins: &GateIn) -> u64 {
        let guest = ins.guest;
        if ins.upd.is_some()
            || ins.grant.is_some()
            || ins.stall
            || ins.fail
            || ins.resolve.is_some()
            || (guest.ar_valid && self.read.ready())
            || (guest.aw_valid && self.write.ready())
            || (guest.w_valid && self.w_ready())
            || ins.m_b.is_some()
        {
            return 0;
        }
        if self.resting {
            return if ins.m_r.is_none() { u64::MAX } else { 0 };
        }
        if !self.read.settled() || !self.write.settled() || !self.told() {
            return 0;
        }
        if self.late_q != 0 || !self.data.settled() || !self.answers.settled() {
            return 0;
        }
        let heads = self.heads(&ins.seen);
        let asked = if self.req_valid_q {
            !if self.req_write_q {
                heads.wr_want
            } else {
                heads.rd_want
            }
        } else {
            heads.wr_want || heads.rd_want
        };
        if heads.rd_local
            || heads.rd_let
            || heads.wr_let
            || heads.wr_drop
            || self.wdrop_q
            || asked
            || (heads.m_ar_valid && ins.m_ar_ready)
            || (heads.m_aw_valid && ins.m_aw_ready)
            || (heads.m_w_valid && ins.m_w_ready)
            || !self.matched(ins.query_frame)
        {
            return 0;
        }
        let wanswered = self.wtop().kind != Kind::Memory || !self.responses.is_empty();
        if self.wsome_q && guest.b_ready && wanswered {
            return 0;
        }
        let rlocal = self.rsome_q && self.rtop().kind != Kind::Memory;
        let takes = self.rsome_q && guest.r_ready;
        match ins.m_r {
            // Through the gate, beat by beat, while room comes back.
            Some(r) if takes && !rlocal && self.answers.is_empty() && !r.last => {
                self.beats_left().min(self.free_later())
            }
            Some(_) => 0,
            None if takes && !rlocal && !self.answers.is_empty() => 0,
            None if takes && rlocal => self.beats_left(),
            None => u64::MAX,
        }
    }

    /// Beats of the answer under way before its last, which looks different.
    #[inline]
    fn beats_left(&self) -> u64 {
        u64::from((self.rtop().len - self.rbeat_q).saturating_sub(1)) * u64::from(self.rmore_q)
    }

    /// Beats that may pass before the read head has room that it did not have.
    #[inline]
    fn free_later(&self) -> u64 {
        if self.read.head_valid() {
            let wanted = u16::from(self.read.head().len) + 1;
            if wanted > self.rfree_q {
                return u64::from(wanted - self.rfree_q - 1);
            }
        }
        u64::MAX
    }

    /// The same as `n` calls of [`Self::clock`] with these inputs, `n` at most [`Self::stable_for`].
    #[inline]
    pub fn pass(&mut self, ins: &GateIn, n: u64) {
        if !self.rsome_q || !ins.guest.r_ready {
            return;
        }
        let memory = self.rtop().kind == Kind::Memory;
        if !memory || ins.m_r.is_some() {
            self.rbeat_q += n as u8;
        }
        if memory && ins.m_r.is_some() {
            self.rfree_q += n as u16;
        }
    }
}
