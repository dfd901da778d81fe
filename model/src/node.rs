//! `dm_node`: frame lists, zeroing engine, counters and registers of one node.

use dormouse_driver::regs;
use dormouse_driver::regs::Register;

use crate::{
    Config, ConfigError,
    axi::{Ax, AxiReq, AxiResp, AxilReq, AxilResp, INCR, OKAY, W},
    axil::{Access, Axil},
    counters::Counters,
    frames::{Frames, FramesIn, Offer},
    regs::Regs,
    zero_engine::{EngineIn, ZeroEngine},
};

/// What the world drives into the node in one cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeIn {
    /// The register port's manager.
    pub axil: AxilReq,
    /// The memory's answers.
    pub axi: AxiResp,
}

/// What the node drives in one cycle: a function of its registers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeOut {
    /// The register port's answers.
    pub axil: AxilResp,
    /// The requests to memory. The engine only writes, so the read channels stay idle.
    pub axi: AxiReq,
    /// Interrupt, level.
    pub irq: bool,
}

/// All that the engine can see of the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct MemoryIn {
    aw_ready: bool,
    w_ready: bool,
    b_valid: bool,
    b_error: bool,
}

impl MemoryIn {
    #[inline]
    fn new(axi: &AxiResp) -> Self {
        Self {
            aw_ready: axi.aw_ready,
            w_ready: axi.w_ready,
            b_valid: axi.b_valid,
            b_error: axi.b.resp != OKAY,
        }
    }
}

/// The node.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    out: NodeOut,
    cmd_valid_q: bool,
    /// Edges for which nothing but counters moves while the inputs stay as they are in `quiet_in`.
    quiet: u64,
    quiet_in: MemoryIn,
    /// The register port.
    pub axil: Axil,
    /// The stored registers.
    pub regs: Regs,
    /// The frame lists and the guard.
    pub frames: Frames,
    /// The zeroing engine.
    pub engine: ZeroEngine,
    /// The counters.
    pub counters: Counters,
}

impl Node {
    /// A node after reset.
    ///
    /// # Errors
    /// The first illegal parameter.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let mut node = Self {
            config: config.clone(),
            out: NodeOut::default(),
            cmd_valid_q: false,
            quiet: 0,
            quiet_in: MemoryIn::default(),
            axil: Axil::default(),
            regs: Regs::default(),
            frames: Frames::new(config),
            engine: ZeroEngine::new(config),
            counters: Counters::default(),
        };
        let strobes = u64::MAX >> (64 - config.beat_bytes());
        node.out.axi.aw = Ax {
            len: (config.burst_beats() - 1) as u8,
            size: config.beat_bytes().trailing_zeros() as u8,
            burst: INCR,
            ..Ax::default()
        };
        node.out.axi.w = W {
            strb: strobes,
            ..W::default()
        };
        node.out.axi.b_ready = true;
        node.drive_axi();
        node.out.axil = node.axil.outputs();
        Ok(node)
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A command was written in the last cycle, the register of that name in `rtl/dm_node.sv`.
    pub fn cmd_valid_q(&self) -> bool {
        self.cmd_valid_q
    }

    /// What the node drives in this cycle.
    #[inline]
    pub fn outputs(&self) -> &NodeOut {
        &self.out
    }

    #[inline]
    pub(crate) fn drive_axi(&mut self) {
        self.out.axi.aw_valid = self.engine.aw_valid_q;
        self.out.axi.aw.addr = self.engine.aw_addr();
        self.out.axi.w_valid = self.engine.w_valid_q;
        self.out.axi.w.last = self.engine.w_last_q;
    }

    #[inline]
    fn frames_in(&self) -> FramesIn {
        FramesIn {
            enable: self.regs.enable(),
            water_low: self.regs.water_low,
            water_high: self.regs.water_high,
            cmd: self.cmd_valid_q.then(|| self.regs.command()),
            done: self.engine.done_valid_q.then_some(self.engine.done_error_q),
        }
    }

    #[inline]
    fn engine_in(&self, memory: MemoryIn, offer: Offer) -> EngineIn {
        EngineIn {
            cap_interval: self.regs.cap_interval(),
            cap_depth: self.regs.cap_depth(),
            urgent: offer.urgent,
            frame_valid: offer.valid,
            frame: offer.frame,
            aw_ready: memory.aw_ready,
            w_ready: memory.w_ready,
            b_valid: memory.b_valid,
            b_error: memory.b_error,
        }
    }

    /// One clock edge at which the world drove `ins` and the node drove [`Self::outputs`].
    #[inline]
    pub fn clock(&mut self, ins: &NodeIn) {
        let memory = MemoryIn::new(&ins.axi);
        // In the middle of a burst or of a wait: nearly every cycle.
        if self.quiet != 0
            && memory == self.quiet_in
            && !(ins.axil.aw_valid || ins.axil.w_valid || ins.axil.ar_valid)
        {
            self.pass(1);
        } else {
            self.clock_fully(ins, memory);
        }
    }

    /// `n` quiet edges.
    #[inline]
    fn pass(&mut self, n: u64) {
        self.quiet -= n;
        self.engine.pass(self.quiet_in.w_ready, n);
        self.counters.add_cycles(self.engine.cycle(), n);
    }

    fn clock_fully(&mut self, ins: &NodeIn, memory: MemoryIn) {
        let frames_in = self.frames_in();
        let offer = self.frames.offer(frames_in.enable);
        let engine_in = self.engine_in(memory, offer);
        let class = self.engine.cycle();

        // Registers answer with what they and the wires hold before the edge.
        let port_idle = self.axil.idle(&ins.axil);
        let (mut answer, mut write) = (None, None);
        if !port_idle {
            match self.axil.access() {
                Some(Access::Read(offset)) => answer = self.read(offset, &engine_in),
                Some(Access::Write(offset, value)) => write = Some((offset, value)),
                None => {}
            }
        }

        let accepted = (offer.valid && self.engine.frame_ready(&engine_in)).then_some(offer);
        let events = self.frames.clock(&frames_in, accepted);
        self.engine.clock(&engine_in);
        self.counters.add_cycles(class, 1);
        self.counters.zeroed_q = self.counters.zeroed_q.wrapping_add(events.zeroed.into());
        self.counters.retried_q = self.counters.retried_q.wrapping_add(events.retried.into());
        let errors = u32::from(events.cmd_error) + u32::from(events.cmd_refused);
        self.counters.cmd_errors_q = self.counters.cmd_errors_q.wrapping_add(errors);

        self.cmd_valid_q = false;
        if let Some((offset, value)) = write {
            answer = self.regs.write(offset, value).map(|()| 0);
            self.cmd_valid_q = offset == regs::Cmd::OFFSET;
        }
        self.regs.raise(
            u32::from(events.pool_low)
                | u32::from(events.pool_high) << 1
                | u32::from(events.bad) << 2
                | u32::from(events.cmd_error) << 3
                | u32::from(events.cmd_refused) << 4
                | u32::from(events.queue_empty) << 5,
        );
        if !port_idle {
            self.axil.clock(&ins.axil, answer);
            self.out.axil = self.axil.outputs();
        }
        self.out.irq = self.regs.irq();
        self.drive_axi();
        self.listen(ins, memory);
    }

    /// Works out for how long nothing will happen if the inputs stay.
    #[inline]
    fn listen(&mut self, ins: &NodeIn, memory: MemoryIn) {
        let frames_in = self.frames_in();
        self.quiet = 0;
        if !memory.b_valid && self.frames.settled(&frames_in) && self.axil.idle(&ins.axil) {
            let offer = self.frames.offer(frames_in.enable);
            self.quiet = self.engine.stable_for(&self.engine_in(memory, offer));
            self.quiet_in = memory;
        }
    }

    /// How many further edges with these same inputs are certain to leave [`Self::outputs`] as they
    /// are; skip mode jumps so far. 0 where the node does not know.
    #[inline]
    pub fn stable_for(&self, ins: &NodeIn) -> u64 {
        let calm = !(ins.axil.aw_valid || ins.axil.w_valid || ins.axil.ar_valid);
        if calm && MemoryIn::new(&ins.axi) == self.quiet_in {
            self.quiet
        } else {
            0
        }
    }

    /// The same as `n` calls of [`Self::clock`] with `ins`; `n` is at most [`Self::stable_for`].
    #[inline]
    pub fn clock_many(&mut self, _ins: &NodeIn, n: u64) {
        self.pass(n);
    }

    /// What a read of `offset` answers, `None` for a hole or a write-only register.
    fn read(&self, offset: u16, engine_in: &EngineIn) -> Option<u32> {
        let (frames, engine, counters) = (&self.frames, &self.engine, &self.counters);
        let count = |n: u64, high: bool| if high { (n >> 32) as u32 } else { n as u32 };
        Some(match offset {
            regs::Id::OFFSET => regs::Id::RESET,
            regs::Params::OFFSET => {
                u32::from(self.config.node_id) << 24
                    | u32::from(self.config.max_outstanding) << 16
                    | u32::from(self.config.data_width).trailing_zeros() << 8
                    | u32::from(self.config.page_shift)
            }
            regs::RealFrames::OFFSET => self.config.real_frames,
            regs::QueueDepth::OFFSET => self.config.queue_depth,
            regs::UrgentDepth::OFFSET => self.config.urgent_depth,
            regs::PoolDepth::OFFSET => self.config.pool_depth,
            regs::Control::OFFSET => self.regs.control,
            regs::Throttle::OFFSET => self.regs.throttle,
            regs::WaterLow::OFFSET => self.regs.water_low,
            regs::WaterHigh::OFFSET => self.regs.water_high,
            regs::ResultReg::OFFSET => {
                u32::from(frames.cmd_busy() || self.cmd_valid_q) << 31
                    | u32::from(frames.code_q) << 28
                    | frames.value_q
            }
            regs::Status::OFFSET => {
                u32::from(frames.ready())
                    | u32::from(frames.running_q) << 1
                    | u32::from(engine.page_active_q) << 2
                    | u32::from(engine.aw_valid_q) << 3
                    | u32::from(engine.w_valid_q) << 4
                    | u32::from(engine.outstanding_q != 0) << 5
                    | u32::from(engine.throttled(engine_in)) << 6
                    | u32::from(frames.busy()) << 7
            }
            regs::IrqStatus::OFFSET => self.regs.irq_status,
            regs::IrqEnable::OFFSET => self.regs.irq_enable,
            regs::BadFrame::OFFSET => u32::from(frames.bad_valid_q) << 31 | frames.bad_frame_q,
            regs::QueueLevel::OFFSET => frames.queue.level(),
            regs::UrgentLevel::OFFSET => frames.urgent.level(),
            regs::PoolLevel::OFFSET => frames.pool.level(),
            regs::CountZeroing::OFFSET => frames.zeroing_q,
            regs::CountDirty::OFFSET => frames.dirty_q,
            regs::CountHeld::OFFSET => frames.held_q,
            regs::CountBad::OFFSET => frames.bad_q,
            regs::CmdErrors::OFFSET => counters.cmd_errors_q,
            regs::FramesZeroed::OFFSET => counters.zeroed_q,
            regs::FramesRetried::OFFSET => counters.retried_q,
            regs::CyclesBusyLo::OFFSET..=regs::CyclesTotalHi::OFFSET => {
                let index = (offset - regs::CyclesBusyLo::OFFSET) / 4;
                let counter = [
                    counters.busy_q,
                    counters.w_stalled_q,
                    counters.aw_stalled_q,
                    counters.b_wait_q,
                    counters.throttled_q,
                    counters.idle_q,
                    counters.total_q,
                ][usize::from(index / 2)];
                count(counter, index % 2 == 1)
            }
            _ => return None,
        })
    }
}
