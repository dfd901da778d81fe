//! A node whose wires are watched: when what was offered and taken, port by port, on both sides of the gate.
//!
//! A cycle number is that of the cycle in which a valid is high for the first time (*offered*) or in which valid and
//! ready both are (*taken*).

use std::collections::VecDeque;

use dormouse_driver::regs::{FrameCmd, PageCmd, Register, ResultReg};
use dormouse_model::{
    Config, NodeIn, NodeOut,
    axi::{AxilReq, AxilResp, OKAY},
};

use crate::{backend::Backend, difference::Difference};

/// One channel: when its transfers were offered, when the first of each burst was, and when they were taken.
#[derive(Debug, Default)]
pub struct Wire {
    /// When each transfer was offered.
    pub offered: Vec<u64>,
    /// When the first transfer of each burst was.
    pub starts: Vec<u64>,
    /// When each was taken.
    pub taken: Vec<u64>,
    /// When the last transfer of each burst was taken.
    pub ends: Vec<u64>,
    waits: bool,
    within: bool,
}

impl Wire {
    /// One cycle; returns whether a transfer is offered for the first time.
    fn see(&mut self, cycle: u64, valid: bool, ready: bool, last: bool) -> bool {
        let new = valid && !self.waits;
        if new {
            self.offered.push(cycle);
            if !self.within {
                self.starts.push(cycle);
            }
            self.within = !last;
        }
        if valid && ready {
            self.taken.push(cycle);
            if last {
                self.ends.push(cycle);
            }
        }
        self.waits = valid && !ready;
        new
    }
}

/// A port, and its part of the memory port, `m_*`.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "named as the channels of AXI")]
pub struct Port {
    pub ar: Wire,
    pub aw: Wire,
    pub w: Wire,
    pub r: Wire,
    pub b: Wire,
    pub m_ar: Wire,
    pub m_aw: Wire,
    pub m_w: Wire,
    pub m_r: Wire,
    pub m_b: Wire,
    /// The first beat that is not zero of every write burst that has one.
    pub nonzero: Vec<u64>,
    zero_so_far: bool,
    /// Whether each read burst was answered with OKAY, in the order in which they ended.
    pub okay: Vec<bool>,
}

/// A node whose wires are watched. Source p + 1 on the memory port is port p.
pub struct Probe {
    node: Box<dyn Backend>,
    cycle: u64,
    /// What was seen of each port.
    pub ports: Vec<Port>,
    /// Write addresses on the memory port, and the sources of those whose data is not all sent.
    m_aw: Wire,
    writers: VecDeque<u32>,
    /// Transfers on the memory port, of any channel.
    pub memory_beats: u64,
    cmd_address: Option<u16>,
    cmd_data: bool,
    read_address: u16,
    /// When writes of CMD were taken, and when RESULT was read as not busy.
    pub commands: Vec<u64>,
    results: Vec<u64>,
}

impl Probe {
    /// Watches `node`.
    pub fn new(node: Box<dyn Backend>) -> Self {
        let mut probe = Self {
            node,
            cycle: 0,
            ports: Vec::new(),
            m_aw: Wire::default(),
            writers: VecDeque::new(),
            memory_beats: 0,
            cmd_address: None,
            cmd_data: false,
            read_address: 0,
            commands: Vec::new(),
            results: Vec::new(),
        };
        probe.forget();
        probe
    }

    /// Forgets what was seen, while no guest has anything under way.
    pub fn forget(&mut self) {
        let ports = usize::from(self.node.config().ports);
        self.ports = (0..ports).map(|_| Port::default()).collect();
        self.memory_beats = 0;
        self.commands.clear();
        self.results.clear();
    }

    fn look(&mut self, ins: &NodeIn, out: &NodeOut) {
        let cycle = self.cycle;
        self.cycle += 1;
        let (req, resp) = (&out.axi, &ins.axi);
        if self.m_aw.see(cycle, req.aw_valid, resp.aw_ready, true) {
            self.writers.push_back(req.aw.id);
        }
        let writer = self.writers.front().copied();
        let guests = ins.guests.iter().zip(&out.guests);
        for (source, ((guest, answer), port)) in (1u32..).zip(guests.zip(&mut self.ports)) {
            port.ar.see(cycle, guest.ar_valid, answer.ar_ready, true);
            port.aw.see(cycle, guest.aw_valid, answer.aw_ready, true);
            let starts = port.w.starts.len();
            if port
                .w
                .see(cycle, guest.w_valid, answer.w_ready, guest.w.last)
            {
                port.zero_so_far |= port.w.starts.len() != starts;
                if port.zero_so_far && guest.w.data != [0; 8] {
                    port.nonzero.push(cycle);
                    port.zero_so_far = false;
                }
            }
            port.r
                .see(cycle, answer.r_valid, guest.r_ready, answer.r.last);
            if answer.r_valid && guest.r_ready && answer.r.last {
                port.okay.push(answer.r.resp == OKAY);
            }
            port.b.see(cycle, answer.b_valid, guest.b_ready, true);

            let ar = req.ar_valid && req.ar.id == source;
            port.m_ar.see(cycle, ar, resp.ar_ready, true);
            let aw = req.aw_valid && req.aw.id == source;
            port.m_aw.see(cycle, aw, resp.aw_ready, true);
            let w = req.w_valid && writer == Some(source);
            port.m_w.see(cycle, w, resp.w_ready, req.w.last);
            let r = resp.r_valid && resp.r.id == source;
            port.m_r.see(cycle, r, req.r_ready, resp.r.last);
            let b = resp.b_valid && resp.b.id == source;
            port.m_b.see(cycle, b, req.b_ready, true);
        }
        if req.w_valid && resp.w_ready && req.w.last {
            self.writers.pop_front();
        }
        let moves = [
            req.ar_valid && resp.ar_ready,
            req.aw_valid && resp.aw_ready,
            req.w_valid && resp.w_ready,
            resp.r_valid && req.r_ready,
            resp.b_valid && req.b_ready,
        ];
        self.memory_beats += moves.iter().filter(|moves| **moves).count() as u64;
        self.look_at_registers(cycle, &ins.axil, &out.axil);
    }

    fn look_at_registers(&mut self, cycle: u64, req: &AxilReq, resp: &AxilResp) {
        if req.aw_valid && resp.aw_ready {
            self.cmd_address = Some(req.aw_addr);
        }
        self.cmd_data |= req.w_valid && resp.w_ready;
        if self.cmd_data
            && let Some(address) = self.cmd_address.take()
        {
            self.cmd_data = false;
            if [FrameCmd::OFFSET, PageCmd::OFFSET].contains(&address) {
                self.commands.push(cycle);
            }
        }
        if req.ar_valid && resp.ar_ready {
            self.read_address = req.ar_addr;
        }
        let read = resp.r_valid && req.r_ready && self.read_address == ResultReg::OFFSET;
        if read && !ResultReg(resp.r_data).busy() {
            self.results.push(cycle);
        }
    }

    /// When the only command was taken, and when its end was read; `None` where there were several, or no end.
    pub fn command(&self) -> Option<(u64, u64)> {
        let [taken] = self.commands[..] else {
            return None;
        };
        let mut ends = self.results.iter().filter(|end| **end > taken);
        Some((taken, *ends.next()?))
    }
}

impl Backend for Probe {
    fn config(&self) -> &Config {
        self.node.config()
    }

    fn outputs(&mut self, ins: &NodeIn) -> &NodeOut {
        self.node.outputs(ins)
    }

    fn clock(&mut self, ins: &NodeIn) -> Result<(), Box<Difference>> {
        let out = *self.node.outputs(ins);
        self.look(ins, &out);
        self.node.clock(ins)
    }

    fn reset_node(&mut self) {
        self.node.reset_node();
    }

    fn zeroing(&self) -> Option<u32> {
        self.node.zeroing()
    }

    fn finish(&mut self) -> Result<(), Box<Difference>> {
        self.node.finish()
    }
}
