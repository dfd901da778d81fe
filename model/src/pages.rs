//! `dm_pages`: the one place where tags change: conversions for the gates, page commands, and pages that redormant
//! offers; the front end of all commands, and the stall queue.
//!
//! In each cycle the node asks [`Pages::outputs`] with what the other blocks drive, and then gives the answer to
//! [`Pages::clock`]. Some inputs hang on those outputs; only `clock` looks at them, see [`PagesIn`].

use dormouse_driver::regs::{MarkKind, PageState, Resolve, StallKind};

use crate::{
    config::MAX_PORTS,
    frames::Cmd,
    pkg::{Code, FrameState, Op},
};

/// Frame numbers in the command register.
const RFN_MASK: u32 = (1 << 28) - 1;

const DORMANT: u8 = PageState::Dormant as u8;
const RESIDENT: u8 = PageState::Resident as u8;
const AWAY: u8 = PageState::Away as u8;
const BAD: u8 = PageState::Bad as u8;

/// `state_e`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum State {
    #[default]
    Idle = 0,
    /// A command for the frames waits to be sent,
    Forward = 1,
    /// and for its end.
    Frames = 2,
    /// The tag is asked for,
    Look = 3,
    Look1 = 4,
    /// and comes.
    Look2 = 5,
    /// A tag may change.
    Exec = 6,
    /// A claimed or filled frame is to be mapped.
    Map = 7,
    MapWait = 8,
    /// UNMAP waits for its drain.
    Drain = 9,
    /// No write burst begins: the last that did show in the gates' answers,
    Settle = 10,
    /// and is the page on offer still zero?
    Freeze = 11,
}

/// A command as the register port hands it over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Command {
    /// Five bits, see [`Op`].
    pub op: u8,
    pub target: u32,
    pub arg: u32,
}

/// What the pages see in one cycle; named as the RTL ports. Sets of ports have bit p for port p.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct PagesIn {
    pub hw_convert: bool,
    pub cmd: Option<Command>,

    /// Ports that ask or may be about to.
    pub req_soon: u8,
    pub req_valid: u8,
    pub req_write: u8,
    pub req_away: u8,
    pub req_gfn: [u32; MAX_PORTS],

    /// Only [`Pages::clock`] looks at it.
    pub look_gnt: bool,
    /// Only [`Pages::clock`] looks at it.
    pub rsp_state: u8,
    /// Only [`Pages::clock`] looks at it.
    pub rsp_payload: u32,
    pub mark_ok: bool,

    pub pop_valid: bool,
    pub pop_frame: u32,
    pub coming: bool,
    /// Only [`Pages::clock`] looks at it.
    pub ev_bad: bool,
    pub none_mapped: bool,
    pub fr_busy: bool,
    pub fr_code: Code,
    pub fr_value: u32,
    pub fr_owner: u32,

    pub det_valid: bool,
    pub det_ok: bool,
    pub det_gfn: u32,
    pub det_frame: u32,
    pub drain_busy: bool,
    pub step_valid: bool,
    pub step_keep: bool,
    pub step_frame: u32,
}

/// What the pages drive in one cycle; named as the RTL ports. Sets of ports have bit p for port p.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct PagesOut {
    pub grant: u8,
    pub grant_frame: u32,
    pub stall: u8,
    pub fail: u8,
    pub resolve: u8,
    pub resolve_write: bool,
    pub resolve_fail: bool,
    pub freeze: bool,

    pub look: bool,
    pub look_gfn: u32,
    pub write: bool,
    pub upd: bool,
    pub upd_all: bool,
    pub upd_gfn: u32,
    pub upd_state: u8,
    pub upd_payload: u32,
    pub upd_poison: bool,
    pub mark: bool,

    pub pop: bool,
    /// `fr_valid_o`: the step of the frames.
    pub fr: Option<Cmd>,
    /// `start_o`: keep it for firmware?, and the frame.
    pub start: Option<(bool, u32)>,
    pub step_done: bool,

    pub ev_fast: bool,
    pub ev_demand: bool,
    pub conv_latency: u32,
    pub ev_stall: bool,
    pub ev_resolved: bool,
    pub stall_latency: u32,
    pub ev_redormant_store: bool,
    pub ev_redormant_bell: bool,
    pub ev_cmd_error: bool,
    pub ev_cmd_refused: bool,

    answered: bool,
    port: u8,
    kind: u8,
    finish: bool,
    defer: bool,
    left: bool,
    state: State,
    code: Code,
    value: u32,
    target: u32,
    arg: u32,
}

/// The registers of the pages, named as in the RTL. Of `stall_*_q` the first `2 * 2^PortWidth` exist.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Pages {
    ports: u8,
    guest_pages: u32,
    real_frames: u32,
    frame_mask: u32,
    stall_mask: u8,

    pub state_q: State,
    pub op_q: u8,
    pub target_q: u32,
    pub arg_q: u32,
    pub pending_q: bool,
    pub code_q: Code,
    pub value_q: u32,
    pub tag_state_q: u8,
    pub tag_payload_q: u32,
    pub page_state_q: u8,
    pub page_payload_q: u32,
    pub det_turn_q: bool,
    pub turn_q: u8,
    pub rest_q: bool,
    pub demand_q: bool,
    pub demanded_q: u8,
    pub failed_q: bool,
    pub fr_sent_q: bool,
    pub fr_drain_q: bool,
    pub now_q: u32,
    pub wait_q: [u16; MAX_PORTS],
    pub stall_port_q: [u8; 2 * MAX_PORTS],
    pub stall_write_q: [bool; 2 * MAX_PORTS],
    pub stall_kind_q: [u8; 2 * MAX_PORTS],
    pub stall_gfn_q: [u32; 2 * MAX_PORTS],
    pub stall_since_q: [u32; 2 * MAX_PORTS],
    pub stall_wptr_q: u8,
    pub stall_rptr_q: u8,
    pub stall_count_q: u8,

    /// Nothing is under way and nobody's request is remembered.
    quiet: bool,
}

/// Bits that count from 0 to n - 1, `dm_pkg::index_width`.
fn index_width(n: u32) -> u32 {
    n.next_power_of_two().trailing_zeros().max(1)
}

/// The ports of a set.
fn members(set: u8) -> impl Iterator<Item = usize> {
    (0..MAX_PORTS).filter(move |p| set >> p & 1 != 0)
}

impl Pages {
    /// The pages after reset.
    pub fn new(ports: u8, guest_pages: u32, real_frames: u32) -> Self {
        Self {
            ports,
            guest_pages,
            real_frames,
            frame_mask: (1 << index_width(real_frames)) - 1,
            stall_mask: (2 << index_width(ports.into())) - 1,
            state_q: State::Idle,
            op_q: 0,
            target_q: 0,
            arg_q: 0,
            pending_q: false,
            code_q: Code::Ok,
            value_q: 0,
            tag_state_q: DORMANT,
            tag_payload_q: 0,
            page_state_q: DORMANT,
            page_payload_q: 0,
            det_turn_q: false,
            turn_q: 0,
            rest_q: false,
            demand_q: false,
            demanded_q: 0,
            failed_q: false,
            fr_sent_q: false,
            fr_drain_q: false,
            now_q: 0,
            wait_q: [0; MAX_PORTS],
            stall_port_q: [0; 2 * MAX_PORTS],
            stall_write_q: [false; 2 * MAX_PORTS],
            stall_kind_q: [0; 2 * MAX_PORTS],
            stall_gfn_q: [0; 2 * MAX_PORTS],
            stall_since_q: [0; 2 * MAX_PORTS],
            stall_wptr_q: 0,
            stall_rptr_q: 0,
            stall_count_q: 0,
            quiet: true,
        }
    }

    /// `cmd_busy_o`.
    #[inline]
    pub fn cmd_busy(&self) -> bool {
        self.pending_q
    }

    /// `stalled_o`.
    #[inline]
    pub fn stalled(&self) -> bool {
        self.stall_count_q != 0
    }

    /// `stalled_port_o`, `stalled_write_o`, `stalled_kind_o` and `stalled_gfn_o`: the head of the stall queue, or what
    /// was there last.
    pub fn stall_head(&self) -> (u8, bool, u8, u32) {
        let head = usize::from(self.stall_rptr_q);
        (
            self.stall_port_q[head],
            self.stall_write_q[head],
            self.stall_kind_q[head],
            self.stall_gfn_q[head],
        )
    }

    /// Nothing is under way. An edge with no request, no command, no page on offer and no step of the drain then only
    /// counts, as [`Pages::pass`] does, and every output is idle.
    #[inline]
    pub fn idle(&self) -> bool {
        self.quiet
    }

    /// A command is between its look at a tag and its change, or this cycle decides on a page on offer.
    fn locked(&self) -> bool {
        matches!(
            self.state_q,
            State::Exec | State::Map | State::MapWait | State::Settle | State::Freeze
        )
    }

    /// No write burst begins, `freeze_o`.
    #[inline]
    pub fn freezes(&self) -> bool {
        matches!(self.state_q, State::Settle | State::Freeze)
    }

    /// Requests that can be answered.
    #[inline]
    fn ready(&self, ins: &PagesIn) -> u8 {
        let dry = !ins.pop_valid && !ins.coming;
        let able = !ins.hw_convert || ins.pop_valid || dry || self.failed_q;
        ins.req_valid & if able { u8::MAX } else { ins.req_away }
    }

    /// `turn_d`: the port that is answered in the next cycle. It goes round among the others that can be answered; with
    /// none of them it goes to a port that may be about to ask, unless it is at such a port. A port whose answer is held
    /// up keeps it.
    #[inline]
    fn next_turn(&self, ins: &PagesIn) -> u8 {
        let (ready, mine) = (self.ready(ins), 1 << self.turn_q);
        if ready & mine != 0 && (self.locked() || self.rest_q) {
            return self.turn_q;
        }
        let others = ready & !mine;
        let set = if others != 0 {
            others
        } else if ins.req_soon & mine == 0 {
            ins.req_soon
        } else {
            0
        };
        let later = set & !((2 << self.turn_q) - 1);
        match if later != 0 { later } else { set } {
            0 => self.turn_q,
            set => set.trailing_zeros() as u8,
        }
    }

    /// The request that is answered in this cycle, that of the port whose turn it is.
    fn answer(&self, ins: &PagesIn, out: &mut PagesOut) {
        let port = self.turn_q;
        let bit = 1 << port;
        if self.ready(ins) & bit == 0 || self.locked() || self.rest_q {
            return;
        }
        out.answered = true;
        out.port = port;
        out.kind = StallKind::NoFrame as u8;
        if ins.req_away & bit != 0 {
            out.stall = bit;
            out.kind = StallKind::Away as u8;
        } else if !ins.hw_convert {
            out.stall = bit;
            out.kind = StallKind::ConversionOff as u8;
        } else if ins.pop_valid {
            out.grant = bit;
            out.pop = true;
            let demanded = self.demand_q || self.demanded_q & bit != 0;
            out.ev_fast = !demanded;
            out.ev_demand = demanded;
            out.conv_latency = self.wait_q[usize::from(port)].into();
        } else if self.failed_q {
            out.fail = bit;
        } else {
            out.stall = bit;
        }
        out.ev_stall = out.stall != 0;
    }

    /// The command or the page on offer, whichever is under way.
    fn execute(&self, ins: &PagesIn, out: &mut PagesOut) {
        let mine_done = self.fr_sent_q && !self.fr_drain_q && !ins.fr_busy;
        let op = Op::new(self.op_q);
        match self.state_q {
            State::Idle => {
                if ins.det_valid && (self.det_turn_q || !self.pending_q) {
                    out.state = State::Settle;
                } else if self.pending_q {
                    out.value = 0;
                    match op {
                        Some(Op::QueueRange) => self.next_of_range(out),
                        Some(Op::Reclaim) => {
                            // The frame stands in the argument from now on; its page comes into the target.
                            if !ins.drain_busy {
                                out.state = State::Forward;
                                out.arg = self.arg_q & !RFN_MASK | self.target_q;
                            }
                        }
                        _ if self.op_q & Op::PAGE == 0 => out.state = State::Forward,
                        // The guard's own steps are no commands.
                        None | Some(Op::StepMap | Op::StepAdopt | Op::StepFree | Op::StepKeep) => {
                            out.code = Code::BadOp;
                            out.finish = true;
                        }
                        Some(Op::MarkAll | Op::Resolve) => out.state = State::Exec,
                        _ if self.target_q >= self.guest_pages => {
                            out.code = Code::Range;
                            out.finish = true;
                        }
                        Some(Op::Unmap | Op::ZeroPage) if ins.drain_busy => {}
                        _ => out.state = State::Look,
                    }
                    out.left = out.state != State::Idle || out.finish;
                }
            }
            State::Forward => {
                if !self.fr_sent_q && !ins.step_valid {
                    out.state = State::Frames;
                }
            }
            State::Frames => {
                if mine_done && op == Some(Op::QueueRange) && ins.fr_code == Code::Ok {
                    // Between two frames, a page on offer and the steps of drains have their turn.
                    out.code = Code::Ok;
                    out.value = self.target_q;
                    out.state = State::Idle;
                    out.target = (self.target_q + 1) & RFN_MASK;
                    out.arg = self.arg_q & !RFN_MASK | ((self.arg_q & RFN_MASK) - 1);
                } else if mine_done && op == Some(Op::Reclaim) && ins.fr_code == Code::Ok {
                    // A mapped frame is nobody's only if its page does not name it.
                    out.value = ins.fr_value;
                    if ins.fr_value == FrameState::Mapped as u32 {
                        out.code = Code::Ok;
                        out.state = State::Look;
                        out.target = ins.fr_owner;
                    } else {
                        out.code = Code::State;
                        out.finish = true;
                    }
                } else if mine_done {
                    out.code = ins.fr_code;
                    out.value = if op == Some(Op::QueueRange) {
                        self.target_q
                    } else {
                        ins.fr_value
                    };
                    out.finish = true;
                }
            }
            State::Look | State::Look1 | State::Look2 => {}
            State::Exec => self.exec(ins, out),
            State::Map => {
                if !self.fr_sent_q && !ins.step_valid {
                    out.state = State::MapWait;
                }
            }
            State::MapWait => {
                if mine_done {
                    out.code = ins.fr_code;
                    out.value = ins.fr_value;
                    out.finish = true;
                    out.write = ins.fr_code == Code::Ok;
                    out.upd_state = RESIDENT;
                    out.upd_payload = self.arg_q & self.frame_mask;
                }
            }
            State::Drain => out.finish = !ins.drain_busy,
            State::Settle => out.state = State::Freeze,
            State::Freeze => {
                out.state = State::Idle;
                if ins.det_ok {
                    out.write = true;
                    out.start = Some((false, ins.det_frame));
                    out.ev_redormant_store = true;
                }
            }
        }
    }

    /// What is left of a range ends where the range ends, so each frame may check it anew.
    fn next_of_range(&self, out: &mut PagesOut) {
        let left = self.arg_q & RFN_MASK;
        out.value = self.target_q;
        if self.target_q + left > self.real_frames {
            out.code = Code::Range;
            out.finish = true;
        } else if left == 0 {
            out.code = Code::Ok;
            out.finish = true;
        } else {
            out.state = State::Forward;
        }
    }

    /// A command that has what it needs.
    fn exec(&self, ins: &PagesIn, out: &mut PagesOut) {
        let tag = self.tag_state_q;
        let frame = self.tag_payload_q & self.frame_mask;
        let kind = self.arg_q >> 28 & 3;
        let node = self.arg_q & 0xFF;
        let mut refused = false;
        out.finish = true;
        out.code = Code::Ok;
        match Op::new(self.op_q) {
            Some(op @ (Op::Map | Op::Adopt))
                if tag == DORMANT || tag == AWAY && op == Op::Adopt =>
            {
                out.finish = false;
                out.state = State::Map;
            }
            Some(Op::Unmap) if tag == RESIDENT => {
                out.write = true;
                out.upd_state = AWAY;
                out.upd_payload = node;
                out.start = Some((true, frame));
                out.value = frame;
                out.finish = false;
                out.state = State::Drain;
            }
            Some(Op::Map | Op::Adopt | Op::Unmap) => refused = true,
            Some(Op::Reclaim) if tag == RESIDENT && frame == self.arg_q & self.frame_mask => {
                refused = true;
            }
            Some(Op::Reclaim) => {
                // A bad tag, which may be read otherwise another time, is made bad for good, and those who remember
                // it from before forget it.
                out.write = tag == BAD;
                out.upd_state = BAD;
                out.start = Some((true, self.arg_q & self.frame_mask));
                out.value = self.target_q;
                out.finish = false;
                out.state = State::Drain;
            }
            Some(Op::ZeroPage) if tag == RESIDENT => {
                out.write = true;
                out.start = Some((false, frame));
                out.ev_redormant_bell = true;
            }
            Some(Op::ZeroPage) => refused = tag != DORMANT,
            Some(Op::Mark) => {
                out.upd_payload = node;
                if kind == MarkKind::Poison as u32 {
                    out.write = true;
                    out.upd_poison = true;
                    out.upd_state = tag;
                    out.upd_payload = self.tag_payload_q;
                } else if tag == RESIDENT {
                    refused = true;
                } else {
                    out.write = true;
                    out.upd_state = match kind {
                        kind if kind == MarkKind::Dormant as u32 => DORMANT,
                        kind if kind == MarkKind::Away as u32 => AWAY,
                        _ => BAD,
                    };
                }
            }
            Some(Op::MarkAll) => {
                out.upd_payload = node;
                let away = kind == MarkKind::Away as u32;
                out.upd_state = if away { AWAY } else { DORMANT };
                if !away && kind != MarkKind::Dormant as u32 {
                    out.code = Code::Range;
                } else if !ins.none_mapped {
                    out.code = Code::State;
                    out.value = FrameState::Mapped as u32;
                } else if !ins.mark_ok {
                    out.code = Code::Busy;
                } else {
                    out.mark = true;
                }
            }
            Some(Op::QueryPage) => {}
            _ => {
                let (port, write, ..) = self.stall_head();
                let action = self.target_q >> 8 & 3;
                if !self.stalled()
                    || self.target_q & 0xF != u32::from(port)
                    || (self.target_q >> 4 & 1 != 0) != write
                {
                    out.code = Code::Empty;
                } else if action == Resolve::Retry as u32 || action == Resolve::Fail as u32 {
                    out.resolve = 1 << port;
                    out.ev_resolved = true;
                } else if action == Resolve::Defer as u32 {
                    out.defer = true;
                } else {
                    out.code = Code::Range;
                }
            }
        }
        if refused {
            out.code = Code::Page;
            out.value = tag.into();
        }
    }

    /// What the pages drive in this cycle.
    #[inline]
    pub fn outputs(&self, ins: &PagesIn) -> PagesOut {
        let mut out = PagesOut {
            grant_frame: ins.pop_frame,
            freeze: self.freezes(),
            look: self.state_q == State::Look,
            look_gfn: self.target_q & ((1 << index_width(self.guest_pages)) - 1),
            resolve_write: self.target_q >> 4 & 1 != 0,
            resolve_fail: self.target_q >> 8 & 3 == Resolve::Fail as u32,
            ev_cmd_refused: ins.cmd.is_some() && self.pending_q,
            stall_latency: self
                .now_q
                .wrapping_sub(self.stall_since_q[usize::from(self.stall_rptr_q)]),
            state: self.state_q,
            code: self.code_q,
            value: self.value_q,
            target: self.target_q,
            arg: self.arg_q,
            ..PagesOut::default()
        };
        if ins.req_valid != 0 {
            self.answer(ins, &mut out);
        }
        self.execute(ins, &mut out);
        out.ev_cmd_error = out.finish && out.code != Code::Ok;

        // A conversion never meets another change, because those happen while it is locked out.
        out.upd_gfn = if out.ev_redormant_store {
            ins.det_gfn
        } else {
            out.look_gfn
        };
        if out.pop {
            out.write = true;
            out.upd_gfn = ins.req_gfn[usize::from(out.port)];
            out.upd_state = RESIDENT;
            out.upd_payload = ins.pop_frame;
        }
        out.upd = out.write || out.mark;
        out.upd_all = out.mark;

        // The drain's step goes first: what waits for it may hold the command up.
        if self.fr_sent_q {
            out.step_done = self.fr_drain_q && !ins.fr_busy;
        } else {
            let page = out.look_gfn;
            let step = |op, frame| Some(Cmd { op, frame, page });
            let op = Op::new(self.op_q);
            if ins.step_valid {
                let keep = if ins.step_keep {
                    Op::StepKeep
                } else {
                    Op::StepFree
                };
                out.fr = step(keep as u8, ins.step_frame);
            } else if self.state_q == State::Map {
                let map = if op == Some(Op::Adopt) {
                    Op::StepAdopt
                } else {
                    Op::StepMap
                };
                out.fr = step(map as u8, self.arg_q & RFN_MASK);
            } else if self.state_q == State::Forward {
                let op = match op {
                    Some(Op::QueueRange) => Op::Queue as u8,
                    Some(Op::Reclaim) => Op::Query as u8,
                    _ => self.op_q,
                };
                out.fr = step(op, self.target_q);
            }
        }
        out
    }

    /// One clock edge; `out` is what [`Pages::outputs`] made of the same cycle.
    #[inline]
    pub fn clock(&mut self, ins: &PagesIn, out: &PagesOut) {
        let port = usize::from(out.port);

        // Requests. Zeroing on demand, as long as somebody waits for a frame that is still to come.
        let waiting = ins.req_valid & !ins.req_away != 0 && ins.hw_convert && !ins.pop_valid;
        self.turn_q = self.next_turn(ins);
        self.rest_q = out.grant != 0;
        for p in 0..usize::from(self.ports) {
            self.wait_q[p] = if ins.req_valid >> p & 1 != 0 {
                self.wait_q[p].saturating_add(1)
            } else {
                0
            };
        }
        self.demanded_q &= ins.req_valid;
        if self.demand_q {
            self.demanded_q |= ins.req_valid;
        }
        self.failed_q =
            (self.failed_q || (ins.ev_bad && self.demand_q)) && waiting && out.fail == 0;
        self.demand_q = waiting && ins.coming;

        // The stall queue.
        let (tail, head) = (
            usize::from(self.stall_wptr_q),
            usize::from(self.stall_rptr_q),
        );
        if out.defer {
            self.stall_port_q[tail] = self.stall_port_q[head];
            self.stall_write_q[tail] = self.stall_write_q[head];
            self.stall_kind_q[tail] = self.stall_kind_q[head];
            self.stall_gfn_q[tail] = self.stall_gfn_q[head];
            self.stall_since_q[tail] = self.stall_since_q[head];
        } else if out.ev_stall {
            self.stall_port_q[tail] = out.port;
            self.stall_write_q[tail] = ins.req_write >> port & 1 != 0;
            self.stall_kind_q[tail] = out.kind;
            self.stall_gfn_q[tail] = ins.req_gfn[port];
            self.stall_since_q[tail] = self.now_q;
        }
        let (push, pop) = (out.defer || out.ev_stall, out.defer || out.resolve != 0);
        self.stall_wptr_q = (self.stall_wptr_q + u8::from(push)) & self.stall_mask;
        self.stall_rptr_q = (self.stall_rptr_q + u8::from(pop)) & self.stall_mask;
        self.stall_count_q = self.stall_count_q + u8::from(push) - u8::from(pop);

        // The command. A tag that a conversion changes while it is looked at is looked at again.
        let again = out.pop && out.upd_gfn == out.look_gfn;
        let mut state = out.state;
        match self.state_q {
            State::Idle if out.state == State::Settle => self.det_turn_q = false,
            State::Idle => self.det_turn_q |= out.left,
            State::Look if ins.look_gnt && !again => state = State::Look1,
            State::Look1 => state = if again { State::Look } else { State::Look2 },
            State::Look2 => {
                self.tag_state_q = ins.rsp_state;
                self.tag_payload_q = ins.rsp_payload;
                state = if again { State::Look } else { State::Exec };
            }
            State::Exec if self.op_q == Op::QueryPage as u8 => {
                self.page_state_q = self.tag_state_q;
                self.page_payload_q = self.tag_payload_q;
            }
            _ => {}
        }
        self.state_q = if out.finish { State::Idle } else { state };
        self.code_q = out.code;
        self.value_q = out.value;
        (self.target_q, self.arg_q) = (out.target, out.arg);
        if let (Some(cmd), false) = (ins.cmd, self.pending_q) {
            (self.op_q, self.target_q, self.arg_q) =
                (cmd.op & 0x1F, cmd.target & RFN_MASK, cmd.arg);
            self.pending_q = true;
        }
        self.pending_q &= !out.finish;

        // Steps of frames.
        if !self.fr_sent_q {
            self.fr_drain_q = ins.step_valid;
        }
        self.fr_sent_q = out.fr.is_some() || (self.fr_sent_q && ins.fr_busy);

        self.now_q = self.now_q.wrapping_add(1);
        self.quiet = self.state_q == State::Idle
            && !self.pending_q
            && !self.fr_sent_q
            && !self.fr_drain_q
            && !self.rest_q
            && !self.demand_q
            && !self.failed_q
            && self.demanded_q == 0
            && self.wait_q == [0; MAX_PORTS];
    }

    /// Edges on which only [`Pages::pass`] happens, if these inputs stay as they are: all or none.
    pub fn stable_for(&self, ins: &PagesIn) -> u64 {
        let out = self.outputs(ins);
        let still = match self.state_q {
            State::Idle => out.state == State::Idle && !out.finish && out.value == self.value_q,
            State::Forward | State::Frames | State::Map | State::MapWait => self.fr_sent_q,
            State::Drain => ins.drain_busy,
            _ => false,
        };
        let steps = if self.fr_sent_q {
            ins.fr_busy
        } else {
            !ins.step_valid && !self.fr_drain_q
        };
        let waiting = ins.req_valid & !ins.req_away != 0 && ins.hw_convert && !ins.pop_valid;
        let demanded = if self.demand_q { ins.req_valid } else { 0 };
        let known = self.demand_q == (waiting && ins.coming)
            && self.failed_q == (self.failed_q && waiting)
            && self.demanded_q == self.demanded_q & ins.req_valid | demanded
            && members(!ins.req_valid).all(|p| self.wait_q[p] == 0);
        let turns = self.rest_q || self.next_turn(ins) != self.turn_q;
        let calm = ins.cmd.is_none() && !ins.ev_bad && !out.answered && !turns;
        if calm && still && steps && known {
            u64::MAX
        } else {
            0
        }
    }

    /// `n` edges on which nothing but time goes by, with these requests waiting.
    pub fn pass(&mut self, req_valid: u8, n: u64) {
        self.now_q = self.now_q.wrapping_add(n as u32);
        for p in members(req_valid) {
            let waited = u64::from(self.wait_q[p]).saturating_add(n);
            self.wait_q[p] = waited.min(u16::MAX.into()) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

    use super::*;

    const PAGES: u32 = 4;
    const FRAMES: u32 = 6;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Frame {
        Pool,
        Claimed,
        Filled,
        Mapped,
        Held,
    }

    /// A head of a gate: asks, sleeps, or has nothing to do.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    enum Head {
        Idle,
        Asks(u32),
        Asleep(u32),
    }

    #[derive(Default)]
    struct Seen {
        ended: [u32; 32],
        adopted_away: u32,
        reclaimed: u32,
        ranges: u32,
        failed: u32,
        grants: u32,
        demanded: u32,
        stalls: u32,
        redormant: u32,
        refused: u32,
    }

    /// Gates, frames, a tag table and a drain as the seed says; the tags and the frames' states are kept beside.
    fn run(seed: u64, seen: &mut Seen) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let ports = rng.u8(1..=4);
        let mut pages = Pages::new(ports, PAGES, FRAMES);
        let mut tags = [(DORMANT, 0); PAGES as usize];
        let mut frames = [Frame::Pool; FRAMES as usize];
        let mut heads = vec![[Head::Idle; 2]; ports.into()];
        let mut raised = vec![None; usize::from(ports)]; // the head whose request is up
        let mut away = 0_u8;
        let mut stalls: VecDeque<(u8, usize, u32)> = VecDeque::new();
        let mut drain: Option<(bool, u32, u32)> = None; // keep, frame, cycles until it is drained
        let mut step: Option<u32> = None; // of a frame, cycles until it ends
        let mut lost = BTreeSet::new(); // mapped frames whose pages' tags were poisoned
        let mut owners = [0; FRAMES as usize]; // of mapped frames
        let (mut fr_code, mut fr_value, mut fr_owner) = (Code::Ok, 0, 0);
        let mut rsp = VecDeque::from([(DORMANT, 0); 2]);
        let mut det: Option<(u32, u32)> = None;
        let mut command: Option<(Command, u32)> = None;
        let (hw_convert, coming) = (rng.u8(0..8) != 0, rng.bool());
        let (ports, eager) = (usize::from(ports), rng.f32());

        for cycle in 0..4000 {
            let at = format!("seed {seed}, cycle {cycle}");
            let pool: Vec<u32> = (0..FRAMES)
                .filter(|&f| frames[f as usize] == Frame::Pool)
                .collect();
            let mut ins = PagesIn {
                hw_convert,
                mark_ok: rng.bool(),
                pop_valid: !pool.is_empty() && rng.u8(0..4) != 0,
                pop_frame: pool.first().copied().unwrap_or(0),
                coming: coming || !pool.is_empty(),
                none_mapped: frames.iter().all(|&frame| frame != Frame::Mapped),
                fr_busy: step.is_some(),
                fr_code,
                fr_value,
                fr_owner,
                drain_busy: drain.is_some(),
                step_valid: drain.is_some_and(|drain| drain.2 == 0),
                step_keep: drain.is_some_and(|drain| drain.0),
                step_frame: drain.map_or(0, |drain| drain.1),
                rsp_state: rsp[0].0,
                rsp_payload: rsp[0].1,
                ..PagesIn::default()
            };
            // The gates ask for pages that are not resident, as they know them.
            for p in 0..ports {
                ins.req_soon |= rng.u8(0..2) << p;
                if raised[p].is_none() && rng.f32() < eager {
                    let head = rng.usize(0..2);
                    if heads[p][head] == Head::Idle {
                        heads[p][head] = Head::Asks(rng.u32(0..PAGES));
                    }
                    if let Head::Asks(gfn) = heads[p][head] {
                        let tag = tags[gfn as usize].0;
                        if tag == DORMANT || tag == AWAY {
                            raised[p] = Some(head);
                            away = away & !(1 << p) | u8::from(tag == AWAY) << p;
                        } else {
                            heads[p][head] = Head::Idle;
                        }
                    }
                }
                if let Some(head) = raised[p]
                    && let Head::Asks(gfn) = heads[p][head]
                {
                    ins.req_soon |= 1 << p;
                    ins.req_valid |= 1 << p;
                    ins.req_write |= (head as u8) << p;
                    ins.req_gfn[p] = gfn;
                }
            }
            ins.req_away = away;
            if det.is_none() && drain.is_none() && rng.u8(0..40) == 0 {
                det = (0..PAGES)
                    .find(|&g| tags[g as usize].0 == RESIDENT)
                    .map(|g| (g, tags[g as usize].1));
            }
            if let Some((gfn, frame)) = det.filter(|_| drain.is_none()) {
                ins.det_valid = true;
                ins.det_ok = rng.u8(0..4) != 0;
                (ins.det_gfn, ins.det_frame) = (gfn, frame);
            }
            if rng.u8(0..6) == 0 {
                let kind = rng.u32(0..4);
                let op = match rng.u8(0..8) {
                    0 => rng.u8(7..13),
                    1 => Op::Reclaim as u8,
                    _ => rng.u8(16..26),
                };
                ins.cmd = Some(Command {
                    op,
                    target: match stalls.front() {
                        Some(&(port, head, _)) if rng.bool() => {
                            u32::from(port) | (head as u32) << 4 | rng.u32(0..4) << 8
                        }
                        _ => rng.u32(0..=PAGES),
                    },
                    arg: kind << 28 | rng.u32(0..FRAMES),
                });
            }

            if ins.cmd.is_none() && pages.stable_for(&ins) > 0 {
                let (mut slow, mut fast) = (pages.clone(), pages.clone());
                for _ in 0..100 {
                    let out = slow.outputs(&ins);
                    assert!(
                        !out.upd && out.fr.is_none() && !out.finish && out.stall == 0,
                        "{at}"
                    );
                    slow.clock(&ins, &out);
                }
                fast.pass(ins.req_valid, 100);
                assert_eq!(slow, fast, "{at}");
            }

            let out = pages.outputs(&ins);
            ins.look_gnt = out.look && rng.bool();
            seen.refused += u32::from(out.ev_cmd_refused);
            assert!(out.grant.count_ones() + out.stall.count_ones() + out.fail.count_ones() <= 1);
            assert_eq!(
                (out.grant | out.stall | out.fail) & !ins.req_valid,
                0,
                "{at}"
            );
            assert!(!out.ev_redormant_store || ins.det_ok, "{at}");
            rsp.pop_front();
            let looked = tags[(out.look_gfn % PAGES) as usize];
            rsp.push_back(if ins.look_gnt { looked } else { (BAD, 0) });

            seen.adopted_away += u32::from(
                out.write
                    && pages.state_q == State::MapWait
                    && tags[out.upd_gfn as usize].0 == AWAY,
            );

            // Answers to the gates.
            for p in 0..ports {
                let bit = 1 << p;
                if out.stall & bit != 0 {
                    let head = raised[p].take().expect("it asks");
                    heads[p][head] = Head::Asleep(ins.req_gfn[p]);
                    stalls.push_back((p as u8, head, ins.req_gfn[p]));
                    assert!(!hw_convert || away & bit != 0 || !ins.coming, "{at}");
                    seen.stalls += 1;
                }
                if out.grant & bit != 0 {
                    let head = raised[p].expect("it asks");
                    heads[p][head] = Head::Idle;
                    assert_eq!(tags[ins.req_gfn[p] as usize].0, DORMANT, "{at}");
                    assert!(hw_convert && ins.pop_valid, "{at}");
                    assert_eq!(frames[ins.pop_frame as usize], Frame::Pool, "{at}");
                    frames[ins.pop_frame as usize] = Frame::Mapped;
                    owners[ins.pop_frame as usize] = ins.req_gfn[p];
                    seen.grants += 1;
                    seen.demanded += u32::from(out.ev_demand);
                }
                if out.resolve & bit != 0 {
                    let (port, head, gfn) = stalls.pop_front().expect("a stall");
                    assert_eq!(
                        (usize::from(port), head == 1),
                        (p, out.resolve_write),
                        "{at}"
                    );
                    assert_eq!(heads[p][head], Head::Asleep(gfn), "{at}");
                    heads[p][head] = if out.resolve_fail {
                        Head::Idle
                    } else {
                        Head::Asks(gfn)
                    };
                }
            }
            if out.defer {
                stalls.rotate_left(1);
            }

            // Steps of frames.
            if let Some(left) = &mut step {
                *left -= 1;
                if *left == 0 {
                    step = None;
                }
            }
            if let Some(cmd) = out.fr {
                assert!(step.is_none(), "{at}");
                step = Some(rng.u32(1..5));
                let state = frames.get_mut(cmd.frame as usize);
                (fr_code, fr_value) = match (Op::new(cmd.op).expect("it exists"), state) {
                    (Op::Query, Some(&mut state)) => {
                        fr_owner = owners[cmd.frame as usize];
                        let mapped = state == Frame::Mapped;
                        (Code::Ok, if mapped { FrameState::Mapped as u32 } else { 9 })
                    }
                    (Op::StepMap, Some(state @ Frame::Claimed))
                    | (Op::StepAdopt, Some(state @ Frame::Filled)) => {
                        owners[cmd.frame as usize] = cmd.page;
                        *state = Frame::Mapped;
                        (Code::Ok, 0)
                    }
                    (Op::StepFree, Some(state @ Frame::Mapped))
                    | (Op::Queue, Some(state @ (Frame::Claimed | Frame::Held))) => {
                        *state = Frame::Pool;
                        (Code::Ok, 0)
                    }
                    (Op::StepKeep, Some(state @ Frame::Mapped)) => {
                        *state = Frame::Held;
                        (Code::Ok, 0)
                    }
                    (Op::Fill, Some(state @ (Frame::Claimed | Frame::Held))) => {
                        *state = Frame::Filled;
                        (Code::Ok, 0)
                    }
                    (Op::StepFree | Op::StepKeep, _) => panic!("{at}: no such frame"),
                    (Op::Claim, _) if !pool.is_empty() && !out.pop => {
                        frames[pool[0] as usize] = Frame::Claimed;
                        (Code::Ok, pool[0])
                    }
                    (Op::QueueRange | Op::Reclaim, _) => panic!("{at}: frames know no pages"),
                    _ => (Code::State, 9),
                };
            }

            // The drain.
            if let Some(drain) = &mut drain {
                drain.2 = drain.2.saturating_sub(1);
            }
            if out.step_done {
                drain = None;
            }
            if let Some((keep, frame)) = out.start {
                assert!(drain.is_none(), "{at}");
                drain = Some((keep, frame, rng.u32(1..8)));
                if pages.op_q == Op::Reclaim as u8 && pages.state_q == State::Exec {
                    assert!(
                        keep && lost.remove(&frame),
                        "{at}: a page has frame {frame}"
                    );
                    seen.reclaimed += 1;
                }
            }

            // Tags.
            if out.write {
                let tag = &mut tags[out.upd_gfn as usize];
                if out.upd_poison {
                    lost.extend((tag.0 == RESIDENT).then_some(tag.1));
                    *tag = (BAD, 0);
                } else {
                    assert!(
                        tag.0 != RESIDENT || out.start == Some((out.upd_state == AWAY, tag.1)),
                        "{at}"
                    );
                    *tag = (out.upd_state, out.upd_payload);
                }
            }
            if out.mark {
                assert!(ins.none_mapped && ins.mark_ok, "{at}");
                tags.fill((out.upd_state, out.upd_payload));
            }
            for (raised, gfn) in raised.iter_mut().zip(ins.req_gfn).take(ports) {
                if out.upd && (out.upd_all || gfn == out.upd_gfn) {
                    *raised = None;
                }
            }
            if out.upd {
                det = det.filter(|&(gfn, _)| gfn != out.upd_gfn);
            }
            seen.redormant += u32::from(out.ev_redormant_store);

            let was_pending = pages.pending_q;
            pages.clock(&ins, &out);
            let mapping = pages.state_q == State::MapWait;
            pages_and_frames(&tags, &frames, &lost, drain, mapping, &at);
            if was_pending && !pages.pending_q {
                let (cmd, _) = command.take().expect("one was given");
                let ok = pages.code_q == Code::Ok;
                seen.ended[usize::from(cmd.op)] += u32::from(ok);
                seen.failed += u32::from(!ok);
                assert_eq!(out.ev_cmd_error, !ok, "{at}");
                assert_eq!(
                    pages.code_q == Code::BadOp,
                    cmd.op == 16 || cmd.op == 25,
                    "{at}"
                );
                if cmd.op == Op::QueueRange as u8 {
                    // The frames before the one that the result names were queued.
                    let end = cmd.target + (cmd.arg & RFN_MASK);
                    let past = (end > FRAMES) == (pages.code_q == Code::Range);
                    let all = (pages.value_q == end) == (ok || cmd.arg & RFN_MASK == 0);
                    let inside = (cmd.target..=end).contains(&pages.value_q);
                    assert!(past && all && inside, "{at}: {cmd:?} {:?}", pages.code_q);
                    seen.ranges += u32::from(pages.value_q > cmd.target);
                }
            } else if let Some((cmd, waited)) = &mut command {
                *waited += 1;
                assert!(*waited < 200, "{at}: {cmd:?} hangs");
            } else if let Some(cmd) = ins.cmd {
                command = Some((cmd, 0));
            }
            let head = stalls
                .front()
                .map(|&(port, head, gfn)| (port, head == 1, gfn));
            let (port, write, _, gfn) = pages.stall_head();
            assert_eq!(head, pages.stalled().then_some((port, write, gfn)), "{at}");
        }
    }

    /// Each mapped frame is that of one page, or on its way to it or from it.
    fn pages_and_frames(
        tags: &[(u8, u32)],
        frames: &[Frame],
        lost: &BTreeSet<u32>,
        drain: Option<(bool, u32, u32)>,
        mapping: bool,
        at: &str,
    ) {
        let mut owned = BTreeSet::new();
        for &(_, frame) in tags.iter().filter(|tag| tag.0 == RESIDENT) {
            assert_eq!(frames[frame as usize], Frame::Mapped, "{at}");
            assert!(owned.insert(frame), "{at}: frame {frame} in two places");
            assert!(
                !lost.contains(&frame),
                "{at}: frame {frame} is lost and owned"
            );
        }
        for frame in (0..frames.len() as u32).filter(|&f| frames[f as usize] == Frame::Mapped) {
            let drains = drain.is_some_and(|drain| drain.1 == frame);
            assert!(
                owned.contains(&frame) || lost.contains(&frame) || drains || mapping,
                "{at}: frame {frame} in no place"
            );
        }
    }

    #[test]
    fn tags_and_frames_stay_in_step_whatever_gates_and_firmware_ask() {
        let mut seen = Seen::default();
        for seed in 0..300 {
            run(seed, &mut seen);
        }
        let ended = |op: Op| seen.ended[op as usize];
        for op in [Op::Claim, Op::Fill, Op::QueueRange] {
            assert!(ended(op) > 10, "{op:?}: {:?}", seen.ended);
        }
        for op in (Op::Map as u8..=Op::Adopt as u8).filter_map(Op::new) {
            assert!(ended(op) > 100, "{op:?}: {:?}", seen.ended);
        }
        assert!(seen.adopted_away > 100 && seen.ranges > 10);
        assert!(seen.reclaimed > 100, "{}", seen.reclaimed);
        assert!(seen.grants > 1000 && seen.demanded > 100);
        assert!(seen.stalls > 1000 && seen.redormant > 100);
        assert!(seen.failed > 1000 && seen.refused > 1000);
    }
}
