//! What the driver puts on the bus and makes of the answers, against registers without a node behind
//! them. How it works with a node is tested on the model and on RTL in `tests/`.

use std::collections::HashMap;

use dormouse_driver::regs::{
    self, BadFrame, Cmd, Id, IrqEnable, IrqStatus, Params, Register, WaterHigh, WaterLow,
};
use dormouse_driver::{
    Bus, BusError, CommandError, FrameState, Irq, Node, ProbeError, ReadyError, Rfn, SettingError,
    Throttle, WaterMarks,
};

const RESULT: u16 = 0x034;

/// Registers that read what they hold, or a prepared row of answers first.
#[derive(Default)]
struct Registers {
    values: HashMap<u16, u32>,
    rows: HashMap<u16, Vec<u32>>,
    fail: Option<u16>,
    reads: Vec<u16>,
    writes: Vec<(u16, u32)>,
}

impl Registers {
    fn node() -> Self {
        let mut registers = Self::default();
        registers.set::<Id>(0x444F_524D);
        registers.set::<Params>(0x0308_060C);
        registers.set::<regs::RealFrames>(8192);
        registers.set::<regs::QueueDepth>(1024);
        registers.set::<regs::UrgentDepth>(16);
        registers.set::<regs::PoolDepth>(512);
        registers
    }

    fn set<R: Register>(&mut self, bits: u32) {
        self.values.insert(R::OFFSET, bits);
    }

    fn row(&mut self, offset: u16, answers: &[u32]) {
        self.rows
            .insert(offset, answers.iter().rev().copied().collect());
    }
}

impl Bus for Registers {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.reads.push(offset);
        if self.fail == Some(offset) {
            return Err(BusError::Subordinate);
        }
        let next = self.rows.get_mut(&offset).and_then(Vec::pop);
        Ok(next.unwrap_or_else(|| self.values.get(&offset).copied().unwrap_or(0)))
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.writes.push((offset, value));
        if self.fail == Some(offset) {
            Err(BusError::Subordinate)
        } else {
            Ok(())
        }
    }
}

fn node() -> Node<Registers> {
    Node::probe(Registers::node()).expect("a node")
}

#[test]
fn probe_reads_every_parameter() {
    let node = node();
    let parameters = node.parameters();
    assert_eq!(parameters.node_id, 3);
    assert_eq!(parameters.max_outstanding, 8);
    assert_eq!(parameters.data_width, 64);
    assert_eq!(parameters.page_shift, 12);
    assert_eq!(parameters.real_frames, 8192);
    assert_eq!(parameters.queue_depth, 1024);
    assert_eq!(parameters.urgent_depth, 16);
    assert_eq!(parameters.pool_depth, 512);
    assert_eq!(parameters.page_bytes(), 4096);
    assert_eq!(parameters.address(Rfn(0x0FFF_FFFF)), 0xFF_FFFF_F000);
}

#[test]
fn probe_writes_nothing() {
    assert_eq!(node().release_bus().writes, []);
}

#[test]
fn probe_refuses_what_is_not_a_node() {
    let mut registers = Registers::node();
    registers.set::<Id>(0xFFFF_FFFF);
    assert_eq!(
        Node::probe(&mut registers).err(),
        Some(ProbeError::NotDormouse { id: 0xFFFF_FFFF })
    );
    registers.set::<Id>(0x444F_524D);
    for value in [0x0308_040C, 0x0308_0A0C, 0x0308_060B, 0x0308_0616] {
        registers.set::<Params>(value);
        let error = ProbeError::Parameter {
            register: "PARAMS",
            value,
        };
        assert_eq!(Node::probe(&mut registers).err(), Some(error));
    }
    registers.fail = Some(Id::OFFSET);
    let error = ProbeError::Bus(BusError::Subordinate);
    assert_eq!(Node::probe(&mut registers).err(), Some(error));
}

#[test]
fn every_command_has_its_operation_and_frame() {
    let mut node = node();
    node.queue(Rfn(5)).unwrap();
    node.queue_urgent(Rfn(6)).unwrap();
    node.take().unwrap();
    node.hold(Rfn(7)).unwrap();
    node.release(Rfn(8)).unwrap();
    node.retire(Rfn(9)).unwrap();
    assert_eq!(node.query(Rfn(0x0FFF_FFFF)), Ok(FrameState::Dirty));
    let written = [
        0x1000_0005,
        0x2000_0006,
        0x3000_0000,
        0x4000_0007,
        0x5000_0008,
        0x6000_0009,
        0x7FFF_FFFF,
    ];
    assert_eq!(
        node.bus().writes,
        written.map(|command| (Cmd::OFFSET, command))
    );
}

#[test]
fn a_command_waits_for_the_one_before_and_for_its_result() {
    let mut node = node();
    node.bus()
        .row(RESULT, &[1 << 31, 1 << 31, 0, 1 << 31, 0x0000_0ABC]);
    assert_eq!(node.take(), Ok(Rfn(0xABC)));
    let registers = node.bus();
    assert_eq!(
        registers
            .reads
            .iter()
            .filter(|&&offset| offset == RESULT)
            .count(),
        5
    );
    assert_eq!(registers.writes, [(Cmd::OFFSET, 0x3000_0000)]);
}

#[test]
fn a_busy_node_is_not_written_to() {
    let mut node = node();
    node.set_polls(3);
    node.bus().values.insert(RESULT, 1 << 31);
    assert_eq!(node.queue(Rfn(1)), Err(CommandError::Busy { polls: 3 }));
    assert_eq!(node.bus().writes, []);
}

#[test]
fn a_command_without_end_times_out() {
    let mut node = node();
    node.set_polls(4);
    node.bus().row(RESULT, &[0]);
    node.bus().values.insert(RESULT, 1 << 31);
    assert_eq!(node.queue(Rfn(1)), Err(CommandError::Timeout { polls: 4 }));
}

#[test]
fn every_result_code_is_an_error_of_its_own() {
    let codes = [
        (0x1000_0000, CommandError::BadOp),
        (0x2000_0000, CommandError::Range),
        (0x3000_0001, CommandError::State(FrameState::Queued)),
        (0x3000_0006, CommandError::State(FrameState::Bad)),
        (
            0x3000_0007,
            CommandError::Malformed {
                result: 0x3000_0007,
            },
        ),
        (0x4000_0000, CommandError::Full),
        (0x5000_0000, CommandError::Empty),
        (
            0x6000_0000,
            CommandError::Malformed {
                result: 0x6000_0000,
            },
        ),
        (
            0x7000_0000,
            CommandError::Malformed {
                result: 0x7000_0000,
            },
        ),
    ];
    for (result, error) in codes {
        let mut node = node();
        node.bus().row(RESULT, &[0, result]);
        assert_eq!(node.queue(Rfn(1)), Err(error));
    }
    let mut node = node();
    node.bus().row(RESULT, &[0, 7]);
    assert_eq!(
        node.query(Rfn(1)),
        Err(CommandError::Malformed { result: 7 })
    );
}

#[test]
fn a_frame_number_beyond_the_command_never_reaches_the_bus() {
    let mut node = node();
    let reads = node.bus().reads.len();
    assert_eq!(node.queue(Rfn(1 << 28)), Err(CommandError::Range));
    assert_eq!(node.queue(Rfn(u32::MAX)), Err(CommandError::Range));
    assert_eq!(node.bus().reads.len(), reads);
    assert_eq!(node.bus().writes, []);
}

#[test]
fn a_bus_error_is_passed_on_wherever_it_happens() {
    for offset in [RESULT, Cmd::OFFSET] {
        let mut node = node();
        node.bus().fail = Some(offset);
        assert_eq!(node.take(), Err(CommandError::Bus(BusError::Subordinate)));
    }
}

#[test]
fn contradictory_water_marks_are_refused_and_not_written() {
    let mut node = node();
    let mut set = |low, high| node.set_water_marks(WaterMarks { low, high });
    assert_eq!(
        set(9, 8),
        Err(SettingError::LowAboveHigh { low: 9, high: 8 })
    );
    assert_eq!(set(8, 8), Err(SettingError::NoHysteresis { mark: 8 }));
    assert_eq!(set(0, 0), Err(SettingError::NoHysteresis { mark: 0 }));
    assert_eq!(
        set(8, 513),
        Err(SettingError::HighAbovePool {
            high: 513,
            pool_depth: 512
        })
    );
    assert_eq!(node.bus().writes, []);
}

#[test]
fn low_is_never_above_high_while_both_are_set() {
    let mut node = node();
    node.bus().set::<WaterHigh>(10);
    node.set_water_marks(WaterMarks { low: 20, high: 30 })
        .unwrap();
    node.bus().set::<WaterHigh>(30);
    node.set_water_marks(WaterMarks { low: 2, high: 10 })
        .unwrap();
    let written = [
        (WaterHigh::OFFSET, 30),
        (WaterLow::OFFSET, 20),
        (WaterLow::OFFSET, 2),
        (WaterHigh::OFFSET, 10),
    ];
    assert_eq!(node.bus().writes, written);
}

#[test]
fn the_throttle_takes_1_to_15_tokens() {
    let mut node = node();
    for depth in [0, 16, 255] {
        let throttle = Throttle { interval: 9, depth };
        assert_eq!(
            node.set_throttle(throttle),
            Err(SettingError::Depth { depth })
        );
    }
    node.set_throttle(Throttle {
        interval: 0xABCD,
        depth: 15,
    })
    .unwrap();
    assert_eq!(node.bus().writes, [(regs::Throttle::OFFSET, 0x000F_ABCD)]);
    node.bus().set::<regs::Throttle>(0x000F_ABCD);
    assert_eq!(
        node.throttle(),
        Ok(Throttle {
            interval: 0xABCD,
            depth: 15
        })
    );
}

#[test]
fn interrupts_are_cleared_one_by_one() {
    let mut node = node();
    node.bus().set::<IrqStatus>(0b10_0101);
    assert_eq!(
        node.irq(),
        Ok(Irq::POOL_LOW | Irq::BAD_FRAME | Irq::QUEUE_EMPTY)
    );
    node.clear_irq(Irq::BAD_FRAME).unwrap();
    node.enable_irq(Irq::POOL_HIGH | Irq::CMD_ERROR).unwrap();
    let written = [(IrqStatus::OFFSET, 0b100), (IrqEnable::OFFSET, 0b1010)];
    assert_eq!(node.bus().writes, written);
}

#[test]
fn a_counter_that_carries_between_two_reads_is_read_again() {
    let mut node = node();
    node.bus().row(regs::CyclesTotalHi::OFFSET, &[1, 2, 2]);
    node.bus()
        .row(regs::CyclesTotalLo::OFFSET, &[0xFFFF_FFFF, 3]);
    assert_eq!(node.total_cycles(), Ok(0x2_0000_0003));
}

#[test]
fn a_counter_that_never_settles_is_an_error() {
    let mut node = node();
    node.bus()
        .row(regs::CyclesTotalHi::OFFSET, &[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(node.total_cycles(), Err(BusError::Timeout));
}

#[test]
fn cycles_are_consistent_between_the_two_totals() {
    let mut node = node();
    node.bus().row(regs::CyclesTotalLo::OFFSET, &[100, 130]);
    node.bus().set::<regs::CyclesBusyLo>(60);
    node.bus().set::<regs::CyclesIdleLo>(55);
    let cycles = node.cycles().unwrap();
    assert_eq!(cycles.sum(), 115);
    assert!(cycles.consistent());
    node.bus().row(regs::CyclesTotalLo::OFFSET, &[116, 130]);
    assert!(!node.cycles().unwrap().consistent());
}

#[test]
fn an_audit_passes_only_when_no_frame_is_missing() {
    let mut node = node();
    node.bus().set::<regs::CountDirty>(8000);
    node.bus().set::<regs::PoolLevel>(150);
    node.bus().set::<regs::CountBad>(2);
    node.bus().row(regs::CountHeld::OFFSET, &[39, 40]);
    let counts = node.audit(2).unwrap();
    assert_eq!(
        (counts.dirty, counts.zeroed, counts.held, counts.bad),
        (8000, 150, 40, 2)
    );
    node.bus().set::<regs::CountHeld>(41);
    let error = dormouse_driver::AuditError::Sum {
        counted: 8193,
        frames: 8192,
    };
    assert_eq!(node.audit(3), Err(error));
}

#[test]
fn there_is_no_last_bad_frame_before_the_first() {
    let mut node = node();
    assert_eq!(node.last_bad(), Ok(None));
    node.bus().set::<BadFrame>(0x8000_0011);
    assert_eq!(node.last_bad(), Ok(Some(Rfn(17))));
}

#[test]
fn waiting_for_the_sweep_has_an_end() {
    let mut node = node();
    assert_eq!(node.wait_ready(5), Err(ReadyError::Timeout { polls: 5 }));
    node.bus().row(0x038, &[0, 0, 1]);
    assert_eq!(node.wait_ready(5), Ok(()));
}
