//! Rings vCPUs' doorbells on the register port: the zero-page command, one after the other, in between
//! what the port's own manager does.

use dormouse_driver::regs::{self, Register};
use dormouse_model::axi::{AxilReq, AxilResp, OKAY};

use crate::shadow::Outcome;

/// The command of a doorbell.
const ZERO_PAGE: u32 = regs::PageOp::ZeroPage as u32;

/// What the port's own manager has under way, as the bus shows it.
#[derive(Clone, Debug, Default)]
pub struct Manager {
    aw: u32,
    w: u32,
    ar: u32,
    read: u16,
    write: u16,
    /// It has written a command and not read how it ended.
    command: bool,
}

impl Manager {
    /// Nothing of it is under way, and it begins nothing in this cycle.
    pub fn idle(&self, req: &AxilReq) -> bool {
        let begins = req.aw_valid || req.w_valid || req.ar_valid;
        self.aw == 0 && self.w == 0 && self.ar == 0 && !self.command && !begins
    }

    /// One clock edge.
    pub fn clock(&mut self, req: &AxilReq, resp: &AxilResp) {
        if req.aw_valid && resp.aw_ready {
            self.aw += 1;
            self.write = req.aw_addr;
        }
        self.w += u32::from(req.w_valid && resp.w_ready);
        if req.ar_valid && resp.ar_ready {
            self.ar += 1;
            self.read = req.ar_addr & !3;
        }
        if resp.b_valid && req.b_ready {
            self.aw = self.aw.saturating_sub(1);
            self.w = self.w.saturating_sub(1);
            // One that is refused, such as a part of a word, is no command.
            let command = [regs::FrameCmd::OFFSET, regs::PageCmd::OFFSET].contains(&self.write);
            self.command |= command && resp.b_resp == OKAY;
        }
        if resp.r_valid && req.r_ready {
            self.ar = self.ar.saturating_sub(1);
            if self.read == regs::ResultReg::OFFSET && resp.r_data >> 31 == 0 {
                self.command = false;
            }
        }
    }
}

/// A doorbell that is being rung.
#[derive(Clone, Debug)]
pub struct Doorbell {
    /// Whose it is.
    pub port: usize,
    /// When it began.
    pub start: u64,
    /// What it drives.
    pub req: AxilReq,
    answered: bool,
}

impl Doorbell {
    /// Begins in cycle `start`, the coming one.
    pub fn new(port: usize, gfn: u32, start: u64) -> Self {
        Self {
            port,
            start,
            req: AxilReq {
                aw_valid: true,
                aw_addr: regs::PageCmd::OFFSET,
                w_valid: true,
                w_data: ZERO_PAGE << 28 | gfn & 0x0FFF_FFFF,
                w_strb: 0xF,
                b_ready: true,
                ar_addr: regs::ResultReg::OFFSET,
                r_ready: true,
                ..AxilReq::default()
            },
            answered: false,
        }
    }

    /// One clock edge; tells how the command ended once that is known.
    pub fn clock(&mut self, resp: &AxilResp) -> Option<Outcome> {
        self.req.aw_valid &= !resp.aw_ready;
        self.req.w_valid &= !resp.w_ready;
        self.req.ar_valid &= !resp.ar_ready;
        if resp.b_valid && !self.answered {
            self.answered = true;
            self.req.ar_valid = true;
        }
        if !resp.r_valid {
            return None;
        }
        if resp.r_resp != OKAY {
            return Some(Outcome::Unknown);
        }
        if resp.r_data >> 31 != 0 {
            self.req.ar_valid = true;
            return None;
        }
        Some(if resp.r_data >> 28 & 7 == regs::Code::Ok as u32 {
            Outcome::Done
        } else {
            Outcome::Refused
        })
    }
}
