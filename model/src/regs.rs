//! The register block: what `rtl/generated/dm_regs.sv` stores. Read-only registers are wires in the
//! RTL, so `dm_node` answers for them.

use dormouse_driver::regs::{
    Arg, Control, FrameCmd, IrqEnable, IrqStatus, PageCmd, Policy, RedormantDelay, Register,
    Throttle, WaterHigh, WaterLow,
};

use crate::{pages::Command, pkg::Op};

/// The stored registers, raw as software wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Regs {
    pub control: u32,
    pub throttle: u32,
    pub water_low: u32,
    pub water_high: u32,
    pub frame_cmd: u32,
    pub page_cmd: u32,
    pub arg: u32,
    pub policy: u32,
    pub redormant_delay: u32,
    pub irq_status: u32,
    pub irq_enable: u32,
}

impl Default for Regs {
    fn default() -> Self {
        Self {
            control: Control::RESET,
            throttle: Throttle::RESET,
            water_low: WaterLow::RESET,
            water_high: WaterHigh::RESET,
            frame_cmd: FrameCmd::RESET,
            page_cmd: PageCmd::RESET,
            arg: Arg::RESET,
            policy: Policy::RESET,
            redormant_delay: RedormantDelay::RESET,
            irq_status: IrqStatus::RESET,
            irq_enable: IrqEnable::RESET,
        }
    }
}

impl Regs {
    /// `CONTROL.enable`.
    pub fn enable(&self) -> bool {
        self.control & 1 != 0
    }

    /// `THROTTLE.interval`, cycles.
    pub fn cap_interval(&self) -> u16 {
        self.throttle as u16
    }

    /// `THROTTLE.depth`, tokens.
    pub fn cap_depth(&self) -> u8 {
        (self.throttle >> 16) as u8 & 0xF
    }

    /// `PAGE_CMD` or `FRAME_CMD`, with `ARG`.
    pub fn command(&self, page: bool) -> Command {
        let (cmd, of_pages) = if page {
            (self.page_cmd, Op::PAGE)
        } else {
            (self.frame_cmd, 0)
        };
        Command {
            op: of_pages | (cmd >> 28) as u8,
            target: cmd & 0x0FFF_FFFF,
            arg: self.arg,
        }
    }

    /// `POLICY.convert_on_read`.
    #[inline]
    pub fn convert_on_read(&self) -> bool {
        self.policy & 1 != 0
    }

    /// `POLICY.elide`.
    #[inline]
    pub fn elide(&self) -> bool {
        self.policy & 2 != 0
    }

    /// `POLICY.detect`.
    #[inline]
    pub fn detect(&self) -> bool {
        self.policy & 4 != 0
    }

    /// `POLICY.hw_convert`.
    #[inline]
    pub fn hw_convert(&self) -> bool {
        self.policy & 8 != 0
    }

    /// `irq_o`.
    pub fn irq(&self) -> bool {
        self.irq_status & self.irq_enable != 0
    }

    /// A write; `None` when the register is read-only or does not exist. Interrupt events of the same
    /// cycle win over clearing, so [`Self::raise`] follows.
    pub fn write(&mut self, offset: u16, value: u32) -> Option<()> {
        const FRAMES: u32 = 0x0FFF_FFFF;
        match offset {
            Control::OFFSET => self.control = value & 1,
            Throttle::OFFSET => self.throttle = value & 0x000F_FFFF,
            WaterLow::OFFSET => self.water_low = value & FRAMES,
            WaterHigh::OFFSET => self.water_high = value & FRAMES,
            FrameCmd::OFFSET => self.frame_cmd = value,
            PageCmd::OFFSET => self.page_cmd = value,
            Arg::OFFSET => self.arg = value & 0x3FFF_FFFF,
            Policy::OFFSET => self.policy = value & 0xF,
            RedormantDelay::OFFSET => self.redormant_delay = value & 0x00FF_FFFF,
            IrqStatus::OFFSET => self.irq_status &= !value,
            IrqEnable::OFFSET => self.irq_enable = value & 0x3FF,
            _ => return None,
        }
        Some(())
    }

    /// Sets interrupt status bits.
    pub fn raise(&mut self, bits: u32) {
        self.irq_status |= bits;
    }
}
