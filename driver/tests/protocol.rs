//! What the driver puts on the bus and makes of the answers, against registers without a node behind
//! them. How it works with a node is tested on the model and on RTL in `tests/`.

use std::collections::HashMap;

use dormouse_driver::regs::{
    self, BadFrame, FrameCmd, Id, IrqEnable, IrqStatus, Params, Register, WaterHigh, WaterLow,
};
use dormouse_driver::{
    Bus, BusError, Caches, CommandError, FrameRangeError, FrameState, Gfn, Histogram, Irq, Node,
    NodeId, PageKind, PageMark, PageState, Policy, Port, ProbeError, RangeError, ReadyError,
    Resolution, Rfn, SettingError, Stall, StallKind, Throttle, WaterMarks,
};

const RESULT: u16 = regs::ResultReg::OFFSET;

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
        registers.set::<regs::GuestPages>(1 << 28);
        registers.set::<regs::Ports>(0x0402);
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
    assert_eq!(parameters.guest_pages, 1 << 28);
    assert_eq!((parameters.ports, parameters.trackers), (2, 4));
    assert_eq!(parameters.address(Rfn(0x0FFF_FFFF)), 0xFF_FFFF_F000);
    assert_eq!(parameters.guest_address(Gfn(0x0FFF_FFFF)), 0xFF_FFFF_F000);
    assert_eq!(parameters.page_of(0xFF_FFFF_FFFF), Some(Gfn(0x0FFF_FFFF)));
    assert_eq!(parameters.page_of(0x100_0000_0000), None);
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
    registers.set::<Params>(0x0308_060C);
    registers.set::<regs::GuestPages>((1 << 28) + 1);
    let error = ProbeError::Parameter {
        register: "GUEST_PAGES",
        value: (1 << 28) + 1,
    };
    assert_eq!(Node::probe(&mut registers).err(), Some(error));
    registers.set::<regs::GuestPages>(2);
    registers.set::<regs::Ports>(0x0400);
    let error = ProbeError::Parameter {
        register: "PORTS",
        value: 0x0400,
    };
    assert_eq!(Node::probe(&mut registers).err(), Some(error));
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
    node.reserve(Rfn(10)).unwrap();
    node.fill(Rfn(11)).unwrap();
    assert_eq!(node.query(Rfn(0x0FFF_FFFF)), Ok(FrameState::Dirty));
    let written = [
        0x1000_0005,
        0x2000_0006,
        0x3000_0000,
        0x4000_0007,
        0x5000_0008,
        0x6000_0009,
        0x9000_000A,
        0xA000_000B,
        0x7FFF_FFFF,
    ];
    assert_eq!(
        node.bus().writes,
        written.map(|command| (FrameCmd::OFFSET, command))
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
    assert_eq!(registers.writes, [(FrameCmd::OFFSET, 0x3000_0000)]);
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
        (0x3000_0009, CommandError::State(FrameState::Filled)),
        (
            0x3000_000A,
            CommandError::Malformed {
                result: 0x3000_000A,
            },
        ),
        (0x4000_0000, CommandError::Full),
        (0x5000_0000, CommandError::Empty),
        (0x6000_0000, CommandError::Scrubbing),
        (0x7000_0002, CommandError::Page(PageKind::Away)),
        (
            0x7000_0004,
            CommandError::Malformed {
                result: 0x7000_0004,
            },
        ),
    ];
    for (result, error) in codes {
        let mut node = node();
        node.bus().row(RESULT, &[0, result]);
        assert_eq!(node.queue(Rfn(1)), Err(error));
    }
    let mut node = node();
    node.bus().row(RESULT, &[0, 10]);
    assert_eq!(
        node.query(Rfn(1)),
        Err(CommandError::Malformed { result: 10 })
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
    for offset in [RESULT, FrameCmd::OFFSET] {
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
    node.bus().row(regs::Status::OFFSET, &[0, 0, 1]);
    assert_eq!(node.wait_ready(5), Ok(()));
}

const ARG: u16 = regs::Arg::OFFSET;
const FRAME: u16 = FrameCmd::OFFSET;
const PAGE: u16 = regs::PageCmd::OFFSET;

/// What the node answers to the next commands, each found idle first.
fn answers(node: &mut Node<Registers>, results: &[u32]) {
    let row: Vec<_> = results.iter().flat_map(|&result| [0, result]).collect();
    node.bus().row(RESULT, &row);
}

#[test]
fn every_page_command_has_its_operation_page_and_argument() {
    let mut node = node();
    answers(&mut node, &[0x123]);
    assert_eq!(node.claim(), Ok(Rfn(0x123)));
    node.map(Gfn(0xABC), Rfn(0x123)).unwrap();
    answers(&mut node, &[0x456]);
    assert_eq!(node.unmap(Gfn(5), NodeId(255)), Ok(Rfn(0x456)));
    node.zero_page(Gfn(6)).unwrap();
    node.mark(Gfn(7), PageMark::Dormant).unwrap();
    node.mark(Gfn(8), PageMark::Away(NodeId(3))).unwrap();
    node.mark(Gfn(9), PageMark::Bad).unwrap();
    node.mark(Gfn(10), PageMark::Poison).unwrap();
    node.mark_all(PageMark::Away(NodeId(1))).unwrap();
    node.adopt(Gfn(11), Rfn(0x77)).unwrap();
    let written = [
        (FRAME, 0x8000_0000),
        (ARG, 0x123),
        (PAGE, 0x1000_0ABC),
        (ARG, 255),
        (PAGE, 0x2000_0005),
        (PAGE, 0x3000_0006),
        (ARG, 0),
        (PAGE, 0x4000_0007),
        (ARG, 0x1000_0003),
        (PAGE, 0x4000_0008),
        (ARG, 0x2000_0000),
        (PAGE, 0x4000_0009),
        (ARG, 0x3000_0000),
        (PAGE, 0x4000_000A),
        (ARG, 0x1000_0001),
        (PAGE, 0x5000_0000),
        (ARG, 0x77),
        (PAGE, 0x8000_000B),
    ];
    assert_eq!(node.bus().writes, written);
}

#[test]
fn a_page_has_one_of_four_states() {
    let mut node = node();
    let states = [
        (0x0000_0005, PageState::Dormant),
        (0x4FFF_FFFF, PageState::Resident(Rfn(0x0FFF_FFFF))),
        (0x8000_00FF, PageState::Away(NodeId(255))),
        (0xC000_0000, PageState::Bad),
    ];
    for (bits, state) in states {
        node.bus().set::<regs::Page>(bits);
        assert_eq!(node.query_page(Gfn(9)), Ok(state));
        assert_eq!(u32::from(state.kind()), bits >> 30);
    }
}

#[test]
fn numbers_that_the_registers_cannot_hold_never_reach_the_bus() {
    let mut node = node();
    let range = Err(CommandError::Range);
    assert_eq!(node.map(Gfn(1 << 28), Rfn(0)), range);
    assert_eq!(node.map(Gfn(0), Rfn(1 << 28)), range);
    assert_eq!(node.adopt(Gfn(1 << 28), Rfn(0)), range);
    assert_eq!(node.adopt(Gfn(0), Rfn(1 << 28)), range);
    for (first, count) in [(1 << 28, 1), (0, 1 << 28)] {
        let error = node.queue_range(Rfn(first), count).unwrap_err();
        assert_eq!((error.rfn.0, error.queued), (first, 0));
        assert_eq!(error.error, CommandError::Range);
    }
    assert_eq!(node.zero_page(Gfn(u32::MAX)), range);
    let stall = Stall {
        gfn: Gfn(0),
        port: Port(16),
        write: false,
        kind: StallKind::Away,
    };
    let error = node.resolve(&stall, Resolution::Fail);
    assert_eq!(error, Err(CommandError::NoStall));
    assert_eq!(node.bus().writes, []);
}

#[test]
fn a_stall_is_read_and_resolved_by_port_and_direction() {
    let mut node = node();
    assert_eq!(node.stall(), Ok(None));
    node.bus().set::<regs::Stall>(0x8000_0113);
    node.bus().set::<regs::StallPage>(0xBEEF);
    let stall = Stall {
        gfn: Gfn(0xBEEF),
        port: Port(3),
        write: true,
        kind: StallKind::ConversionOff,
    };
    assert_eq!(node.stall(), Ok(Some(stall)));
    node.resolve(&stall, Resolution::Retry).unwrap();
    node.resolve(&stall, Resolution::Fail).unwrap();
    let read = Stall {
        write: false,
        ..stall
    };
    node.resolve(&read, Resolution::Defer).unwrap();
    let written = [
        (PAGE, 0x7000_0013),
        (PAGE, 0x7000_0113),
        (PAGE, 0x7000_0203),
    ];
    assert_eq!(node.bus().writes, written);
    answers(&mut node, &[0x5000_0000]);
    let error = node.resolve(&stall, Resolution::Retry);
    assert_eq!(error, Err(CommandError::NoStall));
    node.bus().set::<regs::Stall>(0x8000_0300);
    let result = 0x8000_0300;
    assert_eq!(node.stall(), Err(CommandError::Malformed { result }));
}

#[test]
fn an_unmap_that_times_out_can_be_waited_for_again() {
    let mut node = node();
    node.set_polls(1);
    node.bus().row(RESULT, &[0]);
    node.bus().values.insert(RESULT, 1 << 31);
    let polls = 64;
    let error = node.unmap(Gfn(1), NodeId(2));
    assert_eq!(error, Err(CommandError::Timeout { polls }));
    node.bus().values.insert(RESULT, 0x77);
    assert_eq!(node.unmapped(), Ok(Rfn(0x77)));
    assert_eq!(node.bus().writes, [(ARG, 2), (PAGE, 0x2000_0001)]);
}

#[test]
fn a_range_ends_at_the_first_page_that_fails_and_says_how_far_it_came() {
    let mut node = node();
    answers(&mut node, &[0, 0, 0x7000_0001, 0]);
    let error = RangeError {
        gfn: Gfn(12),
        done: 2,
        error: CommandError::Page(PageKind::Resident),
    };
    let result = node.mark_range(Gfn(10)..Gfn(20), PageMark::Dormant);
    assert_eq!(result, Err(error));
    assert_eq!(node.mark_range(Gfn(10)..Gfn(13), PageMark::Bad), Ok(3));
    let empty = Gfn(10)..Gfn(10);
    assert_eq!(node.zero_range(empty), Ok(0));
    let mut seen = Vec::new();
    let states = node.query_range(Gfn(1)..Gfn(3), |gfn, state| seen.push((gfn, state)));
    assert_eq!(states, Ok(2));
    let dormant = PageState::Dormant;
    assert_eq!(seen, [(Gfn(1), dormant), (Gfn(2), dormant)]);
}

#[test]
fn a_range_is_mapped_with_claimed_frames_and_the_last_one_is_given_back() {
    let mut node = node();
    answers(&mut node, &[100, 0, 101, 0x7000_0001, 0x4000_0000, 0]);
    let error = RangeError {
        gfn: Gfn(8),
        done: 1,
        error: CommandError::Page(PageKind::Resident),
    };
    assert_eq!(node.map_range(Gfn(7)..Gfn(9)), Err(error));
    let written = [
        (FRAME, 0x8000_0000),
        (ARG, 100),
        (PAGE, 0x1000_0007),
        (FRAME, 0x8000_0000),
        (ARG, 101),
        (PAGE, 0x1000_0008),
        // The queue is full, so the frame is dirty in the end.
        (FRAME, 0x1000_0065),
        (FRAME, 0x5000_0065),
    ];
    assert_eq!(node.bus().writes, written);
}

#[test]
fn frames_of_an_unmapped_range_are_handed_over_one_by_one() {
    let mut node = node();
    answers(&mut node, &[31, 41, 0x7000_0000]);
    let mut taken = Vec::new();
    let result = node.unmap_range(Gfn(1)..Gfn(9), NodeId(2), |gfn, rfn| taken.push((gfn, rfn)));
    let error = RangeError {
        gfn: Gfn(3),
        done: 2,
        error: CommandError::Page(PageKind::Dormant),
    };
    assert_eq!(result, Err(error));
    assert_eq!(taken, [(Gfn(1), Rfn(31)), (Gfn(2), Rfn(41))]);
}

#[test]
fn caches_drop_a_page_before_the_doorbell_and_after_it() {
    struct Lines(Vec<Gfn>);
    impl Caches for Lines {
        fn discard(&mut self, gfn: Gfn) {
            self.0.push(gfn);
        }
    }
    let mut node = node();
    let mut caches = Lines(Vec::new());
    node.zero_page_cached(Gfn(4), &mut caches).unwrap();
    assert_eq!(caches.0, [Gfn(4), Gfn(4)]);
    assert_eq!(node.bus().writes, [(PAGE, 0x3000_0004)]);
}

#[test]
fn policy_and_delay_are_what_was_set() {
    let mut node = node();
    node.set_policy(Policy::ELIDE | Policy::CONVERT_ON_READ)
        .unwrap();
    node.set_redormant_delay(0x00FF_FFFF).unwrap();
    let cycles = 0x0100_0000;
    let error = node.set_redormant_delay(cycles);
    assert_eq!(error, Err(SettingError::Delay { cycles }));
    let written = [
        (regs::Policy::OFFSET, 0b0011),
        (regs::RedormantDelay::OFFSET, 0x00FF_FFFF),
    ];
    assert_eq!(node.bus().writes, written);
    node.bus().set::<regs::Policy>(0xE);
    let reset = Policy::ELIDE | Policy::DETECT | Policy::HW_CONVERT;
    assert_eq!(node.policy(), Ok(reset));
}

#[test]
fn counters_and_histograms_come_from_their_own_registers() {
    let mut node = node();
    for offset in (0x120..0x1C0).step_by(4) {
        node.bus().values.insert(offset, offset.into());
    }
    let counters = node.gate_counters().unwrap();
    let values = [
        counters.zero_reads,
        counters.elided_writes,
        counters.fast_conversions,
        counters.demand_conversions,
        counters.stalls,
        counters.redormanted_stores,
        counters.redormanted_doorbell,
        counters.parity_errors,
    ];
    assert!(values.into_iter().eq((0x120..0x140).step_by(4)));
    let conversions = node.conversion_histogram().unwrap();
    assert!(conversions.bins.into_iter().eq((0x140..0x180).step_by(4)));
    let stalls = node.stall_histogram().unwrap();
    assert!(stalls.bins.into_iter().eq((0x180..0x1C0).step_by(4)));
    assert_eq!(stalls.total(), (0x180..0x1C0).step_by(4).sum::<u64>());
}

#[test]
fn a_latency_is_counted_where_its_bounds_say() {
    for cycles in (0..100_000).chain([u64::MAX]) {
        let bin = Histogram::bin(cycles);
        assert!(Histogram::shortest(bin) <= cycles);
        assert!(bin == Histogram::BINS - 1 || cycles < Histogram::shortest(bin + 1));
    }
    assert_eq!(
        (Histogram::bin(0), Histogram::bin(1), Histogram::bin(2)),
        (0, 0, 1)
    );
    assert_eq!(Histogram::bin(32767), 14);
    assert_eq!(Histogram::bin(32768), 15);
}

#[test]
fn there_is_no_parity_page_before_the_first_error() {
    let mut node = node();
    assert_eq!(node.parity_page(), Ok(None));
    node.bus().set::<regs::ParityPage>(0x8000_0011);
    assert_eq!(node.parity_page(), Ok(Some(Gfn(17))));
}

#[test]
fn a_range_is_one_command_and_its_error_says_what_was_queued() {
    let mut node = node();
    answers(&mut node, &[30]);
    node.queue_range(Rfn(10), 20).unwrap();
    assert_eq!(node.bus().writes, [(ARG, 20), (FRAME, 0xB000_000A)]);

    let failed = |queued, error| {
        let rfn = Rfn(10 + queued);
        Err(FrameRangeError { rfn, queued, error })
    };
    // Full, no such frame, and a wrong state, which is asked for.
    answers(&mut node, &[0x4000_0019]);
    let error = node.queue_range(Rfn(10), 20);
    assert_eq!(error, failed(15, CommandError::Full));
    answers(&mut node, &[0x2000_000A]);
    let error = node.queue_range(Rfn(10), 20);
    assert_eq!(error, failed(0, CommandError::Range));
    answers(&mut node, &[0x3000_000C, FrameState::Mapped as u32]);
    let error = node.queue_range(Rfn(10), 20);
    let state = CommandError::State(FrameState::Mapped);
    assert_eq!(error, failed(2, state));
    assert_eq!(node.bus().writes.last(), Some(&(FRAME, 0x7000_000C)));
}
