//! `dm_axil`: AXI4-Lite subordinate in front of the registers.

use crate::axi::{AxilReq, AxilResp, OKAY, SLVERR};

/// A legal access that reaches the registers in this cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read of the register at this offset.
    Read(u16),
    /// Write of this value to the register at this offset.
    Write(u16, u32),
}

/// The port's registers, named as in the RTL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Axil {
    pub aw_full_q: bool,
    pub aw_addr_q: u16,
    pub w_full_q: bool,
    pub w_data_q: u32,
    pub w_whole_q: bool,
    pub b_valid_q: bool,
    pub b_resp_q: u8,
    pub ar_full_q: bool,
    pub ar_addr_q: u16,
    /// The registers answer a read in this cycle.
    pub reading_q: bool,
    /// What they answer; `None` for an error.
    pub answer_q: Option<u32>,
    pub r_valid_q: bool,
    pub r_data_q: u32,
    pub r_resp_q: u8,
}

impl Axil {
    /// What the port drives.
    pub fn outputs(&self) -> AxilResp {
        AxilResp {
            aw_ready: !self.aw_full_q,
            w_ready: !self.w_full_q,
            b_valid: self.b_valid_q,
            b_resp: self.b_resp_q,
            ar_ready: !self.ar_full_q,
            r_valid: self.r_valid_q,
            r_data: self.r_data_q,
            r_resp: self.r_resp_q,
        }
    }

    /// Nothing is under way and this request starts nothing.
    #[inline]
    pub fn idle(&self, req: &AxilReq) -> bool {
        !(self.aw_full_q
            || self.w_full_q
            || self.b_valid_q
            || self.ar_full_q
            || self.reading_q
            || self.r_valid_q
            || req.aw_valid
            || req.w_valid
            || req.ar_valid)
    }

    fn write(&self) -> bool {
        self.aw_full_q && self.w_full_q && !self.b_valid_q
    }

    fn read(&self) -> bool {
        self.ar_full_q && !self.r_valid_q && !self.reading_q && !self.write()
    }

    /// The access that reaches the registers in this cycle.
    pub fn access(&self) -> Option<Access> {
        if self.write() {
            (self.w_whole_q && self.aw_addr_q.is_multiple_of(4))
                .then_some(Access::Write(self.aw_addr_q, self.w_data_q))
        } else {
            (self.read() && self.ar_addr_q.is_multiple_of(4))
                .then_some(Access::Read(self.ar_addr_q))
        }
    }

    /// One clock edge; `answer` is what the registers held for [`Self::access`]: read data (0 for a write), or `None`
    /// for an error. That of a read is sent a cycle later.
    pub fn clock(&mut self, req: &AxilReq, answer: Option<u32>) {
        let (write, read) = (self.write(), self.read());

        if req.aw_valid && !self.aw_full_q {
            self.aw_full_q = true;
            self.aw_addr_q = req.aw_addr;
        } else {
            self.aw_full_q &= !write;
        }
        if req.w_valid && !self.w_full_q {
            self.w_full_q = true;
            self.w_data_q = req.w_data;
            self.w_whole_q = req.w_strb == 0b1111;
        } else {
            self.w_full_q &= !write;
        }
        if req.ar_valid && !self.ar_full_q {
            self.ar_full_q = true;
            self.ar_addr_q = req.ar_addr;
        } else {
            self.ar_full_q &= !read;
        }
        self.b_valid_q &= !req.b_ready;
        self.r_valid_q &= !req.r_ready;
        if write {
            self.b_valid_q = true;
            self.b_resp_q = if answer.is_some() { OKAY } else { SLVERR };
        }
        if self.reading_q {
            self.r_valid_q = true;
            (self.r_resp_q, self.r_data_q) = self.answer_q.map_or((SLVERR, 0), |data| (OKAY, data));
        }
        self.reading_q = read;
        if read {
            self.answer_q = answer;
        }
    }
}
