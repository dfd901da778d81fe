//! `dm_csr`: the control plane of a node: register port, registers, counters, the start of commands, the interrupt.

use dormouse_driver::regs::{self, Register};

use crate::{
    Config,
    axi::{AxilReq, AxilResp},
    axil::{Access, Axil},
    counters::Counters,
    dormant::{self, Dormant},
    frames::{self, Frames},
    gate::Gate,
    pages::Command,
    regs::Regs,
    zero_engine::ZeroEngine,
};

/// The rest of the node, as the registers show it; on the wires of one cycle.
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct Seen<'a> {
    pub config: &'a Config,
    pub dormant: &'a Dormant,
    pub frames: &'a Frames,
    pub engine: &'a ZeroEngine,
    /// `throttled_o` of the engine.
    pub throttled: bool,
    /// `open_o` of the fence.
    pub open: bool,
}

/// An access to the registers in one cycle, and what a read is answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Port {
    /// Nothing is at the port, and nothing comes.
    idle: bool,
    answer: Option<u32>,
    write: Option<(u16, u32)>,
}

/// The registers of the control plane, named as in the RTL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Csr {
    pub cmd_valid_q: bool,
    pub cmd_page_q: bool,
    pub parity_seen_q: bool,
    /// The register port.
    pub axil: Axil,
    /// The stored registers.
    pub regs: Regs,
    /// The counters.
    pub counters: Counters,
}

impl Csr {
    /// The command that starts in this cycle, `cmd_valid_o`.
    #[inline]
    pub fn command(&self) -> Option<Command> {
        self.cmd_valid_q.then(|| self.regs.command(self.cmd_page_q))
    }

    /// What the register port does in this cycle. Registers answer with what they and the wires hold before the edge.
    #[inline]
    pub fn port(&self, axil: &AxilReq, seen: &Seen) -> Port {
        let mut port = Port {
            idle: self.axil.idle(axil),
            ..Port::default()
        };
        if !port.idle {
            match self.axil.access() {
                Some(Access::Read(offset)) => port.answer = self.read(offset, seen),
                Some(Access::Write(offset, value)) => port.write = Some((offset, value)),
                None => {}
            }
        }
        port
    }

    /// One clock edge with its events; what the port then drives, if that can have changed. The engine's cycle is counted
    /// by [`Counters::add_cycles`].
    #[inline]
    pub fn clock(
        &mut self,
        axil: &AxilReq,
        mut port: Port,
        frames: &frames::Events,
        strays: u8,
        ev: &dormant::Events,
    ) -> Option<AxilResp> {
        self.counters.clock(frames, strays, ev);
        let written = |register| port.write.is_some_and(|(offset, _)| offset == register);
        self.cmd_page_q = written(regs::PageCmd::OFFSET);
        self.cmd_valid_q = self.cmd_page_q || written(regs::FrameCmd::OFFSET);
        if let Some((offset, value)) = port.write {
            port.answer = self.regs.write(offset, value).map(|()| 0);
        }
        self.parity_seen_q |= ev.parity_error;
        self.regs.raise(
            u32::from(frames.pool_low)
                | u32::from(frames.pool_high) << 1
                | u32::from(frames.bad) << 2
                | u32::from(ev.cmd_error) << 3
                | u32::from(ev.cmd_refused) << 4
                | u32::from(frames.queue_empty) << 5
                | u32::from(ev.stall) << 6
                | u32::from(ev.parity_error) << 7
                | u32::from(frames.dirtied) << 8
                | u32::from(frames.parity_error) << 9,
        );
        if port.idle {
            return None;
        }
        self.axil.clock(axil, port.answer);
        Some(self.axil.outputs())
    }

    /// What a read of `offset` answers, `None` for a hole or a write-only register.
    fn read(&self, offset: u16, seen: &Seen) -> Option<u32> {
        let Seen {
            config,
            dormant,
            frames,
            engine,
            ..
        } = *seen;
        let (pages, counters) = (&dormant.pages, &self.counters);
        let count = |n: u64, high: bool| if high { (n >> 32) as u32 } else { n as u32 };
        Some(match offset {
            regs::Id::OFFSET => regs::Id::RESET,
            regs::Params::OFFSET => {
                u32::from(config.node_id) << 24
                    | u32::from(config.max_outstanding) << 16
                    | u32::from(config.data_width).trailing_zeros() << 8
                    | u32::from(config.page_shift)
            }
            regs::RealFrames::OFFSET => config.real_frames,
            regs::QueueDepth::OFFSET => config.queue_depth,
            regs::UrgentDepth::OFFSET => config.urgent_depth,
            regs::PoolDepth::OFFSET => config.pool_depth,
            regs::Control::OFFSET => self.regs.control,
            regs::Throttle::OFFSET => self.regs.throttle,
            regs::WaterLow::OFFSET => self.regs.water_low,
            regs::WaterHigh::OFFSET => self.regs.water_high,
            regs::ResultReg::OFFSET => {
                u32::from(pages.cmd_busy() || self.cmd_valid_q) << 31
                    | (pages.code_q as u32) << 28
                    | pages.value_q
            }
            regs::Arg::OFFSET => self.regs.arg,
            regs::Policy::OFFSET => self.regs.policy,
            regs::RedormantDelay::OFFSET => self.regs.redormant_delay,
            regs::GuestPages::OFFSET => config.guest_pages,
            regs::Ports::OFFSET => u32::from(config.trackers) << 8 | u32::from(config.ports),
            regs::Page::OFFSET => u32::from(pages.page_state_q) << 30 | pages.page_payload_q,
            regs::Stall::OFFSET => {
                let (port, write, kind, _) = pages.stall_head();
                u32::from(pages.stalled()) << 31
                    | u32::from(kind) << 8
                    | u32::from(write) << 4
                    | u32::from(port)
            }
            regs::StallPage::OFFSET => pages.stall_head().3,
            regs::ParityPage::OFFSET => {
                u32::from(self.parity_seen_q) << 31 | dormant.tags.parity_gfn_q
            }
            regs::Status::OFFSET => {
                u32::from(frames.ready() && dormant.tags.ready_q && seen.open)
                    | u32::from(frames.running_q) << 1
                    | u32::from(engine.page_active_q) << 2
                    | u32::from(engine.aw_valid_q) << 3
                    | u32::from(engine.w_valid_q) << 4
                    | u32::from(engine.outstanding_q != 0) << 5
                    | u32::from(seen.throttled) << 6
                    | u32::from(frames.busy()) << 7
                    | u32::from(dormant.gates.iter().any(Gate::busy)) << 8
                    | u32::from(dormant.redormant.drain_busy_q) << 9
                    | u32::from(dormant.tags.scrub_busy()) << 10
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
            regs::CountMapped::OFFSET => frames.mapped_q,
            regs::CountClaimed::OFFSET => frames.claimed_q,
            regs::CountMoving::OFFSET => frames.moving_q,
            regs::CountFilled::OFFSET => frames.filled_q,
            regs::TranslationMisses::OFFSET => counters.translation_misses_q,
            regs::CountLost::OFFSET => frames.lost_q,
            regs::Owner::OFFSET => u32::from(frames.damaged_q) << 31 | frames.owner_q,
            regs::ZeroReads::OFFSET => counters.zero_reads_q,
            regs::ElidedWrites::OFFSET => counters.elided_writes_q,
            regs::FastConversions::OFFSET => counters.fast_conversions_q,
            regs::DemandConversions::OFFSET => counters.demand_conversions_q,
            regs::Stalls::OFFSET => counters.stalls_q,
            regs::RedormantedStores::OFFSET => counters.redormanted_stores_q,
            regs::RedormantedDoorbell::OFFSET => counters.redormanted_doorbell_q,
            regs::ParityErrors::OFFSET => counters.parity_errors_q,
            regs::StrayAnswers::OFFSET => counters.stray_answers_q,
            regs::ConversionHist::OFFSET..regs::StallHist::OFFSET => {
                counters.conversion_hist_q[usize::from(offset - regs::ConversionHist::OFFSET) / 4]
            }
            _ if (regs::StallHist::OFFSET..regs::StallHist::OFFSET + 64).contains(&offset) => {
                counters.stall_hist_q[usize::from(offset - regs::StallHist::OFFSET) / 4]
            }
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
