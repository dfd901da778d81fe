//! The driver on a node: what each command, register and counter does, and what every wrong access does not do.

#[macro_use]
mod common;

use common::{Bench, Build, Driver, Extra, Target, ideal, refused};
use dormouse_driver::{
    Bus, BusError, CommandError, FrameList, FrameRangeError, FrameState, Gfn, Irq, Levels, Node,
    PageMark, PageState, ProbeError, Rfn, Throttle, WaterMarks,
    regs::{self, Code, FrameOp as Op, Register},
};
use dormouse_model::axi::AxilReq;
use dormouse_testbench::{
    memory::{Access, ErrorKind, FaultRange, Faults, IdealParams, MemorySpec},
    sets,
};

/// 13 frames, queue of 4, urgent lane of 2, pool of 4; two bursts a page.
const TINY: &str = "tiny";
/// 40 frames, queue of 16, pool of 32; one burst a page.
const SMALL: &str = "tiny_128";
/// 300 frames, queue of 64; 256 bursts of 4 beats a page.
const SHORT_BURSTS: &str = "short_bursts";

/// Writes `FRAME_CMD` behind the driver's back and returns `RESULT` when it is not busy.
fn command(driver: &mut Driver, op: u32, frame: u32) -> regs::ResultReg {
    driver
        .bus()
        .write(regs::FrameCmd::OFFSET, op << 28 | frame)
        .expect("FRAME_CMD takes a write");
    for _ in 0..100 {
        let result = driver
            .bus()
            .read(regs::ResultReg::OFFSET)
            .expect("RESULT is readable");
        if !regs::ResultReg(result).busy() {
            return regs::ResultReg(result);
        }
    }
    panic!("operation {op} on frame {frame} hangs")
}

/// Queues frames 0 to `count` - 1.
fn queue(driver: &mut Driver, count: u32) {
    for rfn in 0..count {
        driver.queue(Rfn(rfn)).unwrap();
    }
}

/// A driver whose node has frame 0 in this state, with nothing under way that could end soon.
fn with_frame_0(target: Target, state: FrameState) -> Driver {
    let mut driver = target.driver(TINY, &ideal(4));
    let rfn = Rfn(0);
    match state {
        FrameState::Dirty => {}
        FrameState::Queued => driver.queue(rfn).unwrap(),
        FrameState::Zeroing => {
            // Its second burst waits for a token.
            driver
                .set_throttle(Throttle {
                    interval: u16::MAX,
                    depth: 1,
                })
                .unwrap();
            driver.queue(rfn).unwrap();
            driver.enable().unwrap();
            driver
                .bus()
                .until(100_000, |system| system.node.zeroing() == Some(1));
            driver
                .bus()
                .until(1000, |system| system.memory.log.answers.len() == 1);
        }
        FrameState::Zeroed => {
            driver.queue(rfn).unwrap();
            driver.enable().unwrap();
            driver.settle();
        }
        FrameState::Held => driver.hold(rfn).unwrap(),
        FrameState::Bad => driver.retire(rfn).unwrap(),
        FrameState::Moving | FrameState::Filled => {
            driver.hold(rfn).unwrap();
            driver.reserve(rfn).unwrap();
            if state == FrameState::Filled {
                driver.fill(rfn).unwrap();
            }
        }
        FrameState::Claimed | FrameState::Mapped => {
            driver.queue(rfn).unwrap();
            driver.enable().unwrap();
            driver.settle();
            assert_eq!(driver.claim(), Ok(rfn));
            if state == FrameState::Mapped {
                driver.map(Gfn(1), rfn).unwrap();
            }
        }
    }
    assert_eq!(driver.query(rfn), Ok(state));
    driver
}

on_every_backend! {
    fn every_parameter_set_reads_back_as_it_was_built(target) {
        for (name, config) in sets::all() {
            let mut bench = target.bench(&name, &ideal(1));
            assert_eq!(bench.read(regs::Id::OFFSET), Ok(0x444F_524D));
            let driver = Node::probe(bench).unwrap();
            let found = driver.parameters();
            assert_eq!(found.node_id, config.node_id, "{name}");
            assert_eq!(found.max_outstanding, config.max_outstanding, "{name}");
            assert_eq!(found.data_width, config.data_width, "{name}");
            assert_eq!(found.page_shift, config.page_shift, "{name}");
            assert_eq!(found.real_frames, config.real_frames, "{name}");
            assert_eq!(found.queue_depth, config.queue_depth, "{name}");
            assert_eq!(found.urgent_depth, config.urgent_depth, "{name}");
            assert_eq!(found.pool_depth, config.pool_depth, "{name}");
            assert_eq!(found.guest_pages, config.guest_pages, "{name}");
            assert_eq!(found.ports, config.ports, "{name}");
            assert_eq!(found.trackers, config.trackers, "{name}");
        }
    }

    fn registers_hold_what_the_map_says_after_reset(target) {
        let mut bench = target.bench(TINY, &ideal(1));
        for info in regs::REGISTERS.iter().filter(|info| info.readable && info.writable) {
            assert_eq!(bench.read(info.offset), Ok(info.reset), "{}", info.name);
        }
        assert!(!bench.irq());
    }

    fn after_reset_every_frame_is_dirty(target) {
        let mut driver = target.driver(SMALL, &ideal(4));
        assert!(driver.states().iter().all(|state| *state == FrameState::Dirty));
        assert_eq!(driver.levels().unwrap(), Levels::default());
        assert_eq!(driver.take(), Err(CommandError::Empty));
        driver.finish();
    }

    fn a_command_on_a_frame_that_the_sweep_has_not_reached_waits_for_it(target) {
        let mut driver = Node::probe(target.bench("engine_64", &ideal(4))).unwrap();
        let last = Rfn(driver.parameters().real_frames - 1);
        driver.set_polls(1);
        assert_eq!(driver.queue(last), Err(CommandError::Timeout { polls: 1 }));
        driver.set_polls(100_000);
        assert_eq!(driver.query(last), Ok(FrameState::Queued));
        assert_eq!(driver.command_errors(), Ok(0));
        driver.audit(1).unwrap();
    }

    fn each_command_moves_its_frame_and_no_other(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        let mut expected = driver.states();
        let mut check = |driver: &mut Driver, rfn: u32, state| {
            expected[rfn as usize] = state;
            assert_eq!(driver.states(), expected);
            driver.nothing_lost();
        };
        driver.queue(Rfn(0)).unwrap();
        check(&mut driver, 0, FrameState::Queued);
        driver.queue_urgent(Rfn(1)).unwrap();
        check(&mut driver, 1, FrameState::Queued);
        driver.hold(Rfn(2)).unwrap();
        check(&mut driver, 2, FrameState::Held);
        driver.release(Rfn(2)).unwrap();
        check(&mut driver, 2, FrameState::Dirty);
        driver.retire(Rfn(3)).unwrap();
        check(&mut driver, 3, FrameState::Bad);
        driver.hold(Rfn(4)).unwrap();
        driver.retire(Rfn(4)).unwrap();
        check(&mut driver, 4, FrameState::Bad);
        driver.hold(Rfn(5)).unwrap();
        driver.queue(Rfn(5)).unwrap();
        check(&mut driver, 5, FrameState::Queued);
        driver.hold(Rfn(6)).unwrap();
        driver.queue_urgent(Rfn(6)).unwrap();
        check(&mut driver, 6, FrameState::Queued);
        assert_eq!(driver.levels(), Ok(Levels { queue: 2, urgent: 2, pool: 0 }));

        driver.enable().unwrap();
        driver.settle();
        for rfn in [0, 1, 5, 6] {
            expected[rfn] = FrameState::Zeroed;
        }
        let mut check = |driver: &mut Driver, rfn: u32, state| {
            expected[rfn as usize] = state;
            assert_eq!(driver.states(), expected);
            driver.nothing_lost();
        };
        for rfn in [1, 6, 0] {
            assert_eq!(driver.take(), Ok(Rfn(rfn)), "the pool is first in, first out, and urgent frames came first");
            check(&mut driver, rfn, FrameState::Held);
        }
        assert_eq!(driver.claim(), Ok(Rfn(5)));
        check(&mut driver, 5, FrameState::Claimed);
        driver.reserve(Rfn(5)).unwrap();
        check(&mut driver, 5, FrameState::Moving);
        driver.reserve(Rfn(6)).unwrap();
        check(&mut driver, 6, FrameState::Moving);
        driver.fill(Rfn(5)).unwrap();
        check(&mut driver, 5, FrameState::Filled);
        driver.hold(Rfn(5)).unwrap();
        check(&mut driver, 5, FrameState::Held);
        driver.release(Rfn(6)).unwrap();
        check(&mut driver, 6, FrameState::Dirty);
        assert_eq!(driver.frames_zeroed(), Ok(4));
        assert_eq!(driver.command_errors(), Ok(0));
        driver.finish();
    }

    fn a_frame_number_out_of_range_is_refused_by_every_command(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        queue(&mut driver, 2);
        for frame in [13, 14, 0x0FFF_FFFF] {
            for op in [Op::Queue, Op::QueueUrgent, Op::Hold, Op::Release, Op::Retire, Op::Query, Op::Reserve, Op::Fill] {
                let result = refused(&mut driver, 1, Irq::CMD_ERROR, |d| command(d, op.into(), frame));
                assert_eq!(result.code(), Ok(Code::Range), "{op:?} {frame}");
            }
        }
        assert_eq!(driver.query(Rfn(13)), Err(CommandError::Range));
        // This one would name frame 0 in the register, so the driver does not write it.
        let error = refused(&mut driver, 0, Irq::empty(), |d| d.queue(Rfn(1 << 28)));
        assert_eq!(error, Err(CommandError::Range));
        driver.finish();
    }

    fn a_frame_in_the_wrong_state_is_refused_with_that_state(target) {
        use FrameState::{Bad, Claimed, Dirty, Filled, Held, Mapped, Moving, Queued, Zeroed, Zeroing};
        let ops = [Op::Queue, Op::QueueUrgent, Op::Hold, Op::Release, Op::Retire, Op::Reserve, Op::Fill];
        for state in [Dirty, Queued, Zeroing, Zeroed, Mapped, Held, Bad, Claimed, Moving, Filled] {
            let mut driver = with_frame_0(target, state);
            for op in ops {
                let legal = match state {
                    Dirty => !matches!(op, Op::Release | Op::Reserve | Op::Fill),
                    Held => !matches!(op, Op::Hold | Op::Fill),
                    Claimed => op != Op::Fill,
                    Moving => matches!(op, Op::Hold | Op::Release | Op::Retire | Op::Fill),
                    Filled => matches!(op, Op::Hold | Op::Release | Op::Retire),
                    _ => false,
                };
                if !legal {
                    let result = refused(&mut driver, 1, Irq::CMD_ERROR, |d| command(d, op.into(), 0));
                    assert_eq!(result.code(), Ok(Code::State), "{op:?} of a frame that is {state:?}");
                    assert_eq!(FrameState::try_from(result.value()), Ok(state));
                }
            }
            driver.set_throttle(Throttle::OFF).unwrap();
            driver.finish();
        }
    }

    fn a_frame_queued_twice_is_refused_and_zeroed_once(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        driver.queue(Rfn(7)).unwrap();
        for _ in 0..2 {
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue(Rfn(7)));
            assert_eq!(error, Err(CommandError::State(FrameState::Queued)));
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue_urgent(Rfn(7)));
            assert_eq!(error, Err(CommandError::State(FrameState::Queued)));
        }
        driver.enable().unwrap();
        driver.settle();
        assert_eq!(driver.frames_zeroed(), Ok(1));
        assert_eq!(driver.take(), Ok(Rfn(7)));
        assert_eq!(driver.take(), Err(CommandError::Empty));
        driver.finish();
    }

    fn taking_from_an_empty_pool_is_refused(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        queue(&mut driver, 2);
        assert_eq!(refused(&mut driver, 1, Irq::CMD_ERROR, Driver::take), Err(CommandError::Empty));
        driver.finish();
    }

    fn a_full_queue_and_a_full_urgent_lane_refuse_and_go_on_when_there_is_room(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        queue(&mut driver, 4);
        driver.hold(Rfn(12)).unwrap();
        for rfn in [4, 12] {
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue(Rfn(rfn)));
            assert_eq!(error, Err(CommandError::Full));
        }
        // The lanes are apart: one full, the other not.
        driver.queue_urgent(Rfn(4)).unwrap();
        driver.queue_urgent(Rfn(5)).unwrap();
        for rfn in [6, 12] {
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue_urgent(Rfn(rfn)));
            assert_eq!(error, Err(CommandError::Full));
        }
        assert_eq!(driver.levels(), Ok(Levels { queue: 4, urgent: 2, pool: 0 }));

        // The pool holds four: two of the background lane stay until there is room.
        driver.enable().unwrap();
        driver.settle();
        assert_eq!(driver.levels(), Ok(Levels { queue: 2, urgent: 0, pool: 4 }));
        driver.queue(Rfn(6)).unwrap();
        driver.queue_urgent(Rfn(7)).unwrap();
        let mut taken = Vec::new();
        for _ in 0..8 {
            driver.settle();
            taken.push(driver.take().unwrap().0);
        }
        taken.sort_unstable();
        assert_eq!(taken, [0, 1, 2, 3, 4, 5, 6, 7]);
        driver.finish();
    }

    fn a_range_is_queued_frame_by_frame_up_to_the_first_that_is_refused(target) {
        let mut driver = target.driver(SMALL, &ideal(4));
        let stopped = |rfn, queued, error| Err(FrameRangeError { rfn: Rfn(rfn), queued, error });
        driver.queue_range(Rfn(7), 3).unwrap();
        driver.queue_range(Rfn(39), 1).unwrap();
        driver.queue_range(Rfn(0), 0).unwrap();
        driver.queue_range(Rfn(40), 0).unwrap();
        assert_eq!(driver.levels(), Ok(Levels { queue: 4, urgent: 0, pool: 0 }));
        assert_eq!(driver.command_errors(), Ok(0));
        driver.nothing_lost();

        // In a wrong state: those before it are queued, it and those behind it stay as they were.
        driver.retire(Rfn(15)).unwrap();
        let state = CommandError::State(FrameState::Bad);
        assert_eq!(driver.queue_range(Rfn(12), 8), stopped(15, 3, state));
        let states = driver.states();
        assert!(states[12..15].iter().all(|state| *state == FrameState::Queued));
        assert!(states[16..20].iter().all(|state| *state == FrameState::Dirty));
        let state = CommandError::State(FrameState::Queued);
        let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue_range(Rfn(7), 5));
        assert_eq!(error, stopped(7, 0, state));
        assert_eq!(driver.levels().unwrap().queue, 7);

        // The queue holds 16.
        assert_eq!(driver.queue_range(Rfn(20), 20), stopped(29, 9, CommandError::Full));
        let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue_range(Rfn(29), 1));
        assert_eq!(error, stopped(29, 0, CommandError::Full));
        driver.nothing_lost();

        driver.enable().unwrap();
        driver.settle();
        for rfn in [7, 8, 9, 39, 12, 13, 14].into_iter().chain(20..29) {
            assert_eq!(driver.take(), Ok(Rfn(rfn)));
        }
        driver.finish();
    }

    fn a_range_that_does_not_exist_is_refused_before_anything_is_queued(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        for (first, count) in [(0, 14), (12, 2), (13, 1), (14, 0), (0, 0x0FFF_FFFF), (0x0FFF_FFFF, 0x0FFF_FFFF)] {
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.queue_range(Rfn(first), count));
            assert_eq!(error, Err(FrameRangeError { rfn: Rfn(first), queued: 0, error: CommandError::Range }));
        }
        driver.finish();
    }

    // A flipped bit of the guard never leads to a step: not into a list, to a page or to firmware.
    fn a_frame_whose_entry_of_the_guard_is_damaged_takes_no_step_but_retire(target) {
        use FrameState::{Bad, Claimed, Dirty, Filled, Held, Mapped, Moving};
        for state in [Dirty, Held, Claimed, Moving, Filled, Mapped, Bad] {
            let mut driver = with_frame_0(target, state);
            let before = driver.audit(1).unwrap();
            driver.poison_frame(Rfn(0)).unwrap();
            driver.clear_irq(Irq::all()).unwrap();
            for op in [Op::Queue, Op::QueueUrgent, Op::Hold, Op::Release, Op::Reserve, Op::Fill, Op::Reclaim, Op::Poison] {
                let result = command(&mut driver, op.into(), 0);
                assert_eq!(result.code(), Ok(Code::State), "{op:?} of a damaged frame that was {state:?}");
                assert_eq!(FrameState::try_from(result.value()), Ok(Bad));
                assert!(driver.irq().unwrap().contains(Irq::FRAME_PARITY));
                driver.clear_irq(Irq::all()).unwrap();
            }
            for error in [driver.map(Gfn(3), Rfn(0)), driver.adopt(Gfn(3), Rfn(0))] {
                assert_eq!(error, Err(CommandError::State(Bad)));
            }
            let found = driver.query_frame(Rfn(0)).unwrap();
            assert_eq!((found.state, found.owner, found.damaged), (Bad, None, true));
            assert_eq!(driver.audit(1), Ok(before), "it is counted where it was");

            let retired = driver.retire(Rfn(0));
            if matches!(state, Mapped | Bad) {
                assert_eq!(retired, Err(CommandError::State(Bad)));
                assert_eq!(driver.audit(1), Ok(before));
            } else {
                assert_eq!(retired, Ok(()));
                driver.nothing_lost();
                assert_eq!((driver.bad(), driver.lost()), (Ok(1), Ok(0)));
                assert!(!driver.query_frame(Rfn(0)).unwrap().damaged);
            }
            driver.finish();
        }
    }

    fn a_mapped_frame_whose_entry_is_damaged_is_bad_when_its_page_lets_it_go(target) {
        for unmapped in [true, false] {
            let mut driver = with_frame_0(target, FrameState::Mapped);
            driver.poison_frame(Rfn(0)).unwrap();
            assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Resident(Rfn(0))), "the page has it still");
            if unmapped {
                assert_eq!(driver.unmap(Gfn(1), dormouse_driver::NodeId(2)), Ok(Rfn(0)));
            } else {
                driver.zero_page(Gfn(1)).unwrap();
            }
            driver.settle();
            assert_eq!(driver.last_bad(), Ok(Some(Rfn(0))));
            assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Bad));
            assert_eq!((driver.mapped(), driver.bad(), driver.lost()), (Ok(0), Ok(1), Ok(0)));
            driver.nothing_lost();
            driver.finish();
        }
    }

    fn a_frame_in_a_list_is_not_poisoned(target) {
        use FrameState::{Queued, Zeroed, Zeroing};
        for state in [Queued, Zeroing, Zeroed] {
            let mut driver = with_frame_0(target, state);
            let error = refused(&mut driver, 1, Irq::CMD_ERROR, |d| d.poison_frame(Rfn(0)));
            assert_eq!(error, Err(CommandError::State(state)));
            let result = refused(&mut driver, 1, Irq::CMD_ERROR, |d| command(d, Op::PoisonList.into(), 6));
            assert_eq!(result.code(), Ok(Code::Range));
            driver.set_throttle(Throttle::OFF).unwrap();
            driver.finish();
        }
    }

    // An entry of a list with wrong parity is dropped: its frame is never zeroed, mapped or given away, and the others
    // go on.
    fn a_damaged_entry_of_a_list_is_dropped_and_counted(target) {
        for list in [FrameList::Queue, FrameList::Urgent, FrameList::Pool, FrameList::Flight, FrameList::Retry] {
            let mut spec = ideal(4);
            if list == FrameList::Retry {
                // Frame 5 fails once.
                let range = FaultRange {
                    start: 5 << 12,
                    bytes: 4096,
                    error: ErrorKind::Slverr,
                    access: Access::Write,
                    times: Some(1),
                };
                let faults = Faults { ranges: vec![range], ..Faults::default() };
                spec = MemorySpec::Faulty { faults, memory: Box::new(spec) };
            }
            let mut driver = target.driver(TINY, &spec);
            driver.clear_irq(Irq::all()).unwrap();
            driver.poison_list(list).unwrap();
            for rfn in [5, 6, 7] {
                if list == FrameList::Urgent && rfn != 7 {
                    driver.queue_urgent(Rfn(rfn)).unwrap();
                } else {
                    driver.queue(Rfn(rfn)).unwrap();
                }
            }
            driver.enable().unwrap();
            driver.settle();
            assert!(driver.irq().unwrap().contains(Irq::FRAME_PARITY), "{list:?}");
            assert_eq!((driver.bad(), driver.lost()), (Ok(1), Ok(1)), "{list:?}");
            driver.audit(1).unwrap();
            assert_eq!(driver.levels(), Ok(Levels { queue: 0, urgent: 0, pool: 2 }), "{list:?}");
            for rfn in [6, 7] {
                assert_eq!(driver.take(), Ok(Rfn(rfn)), "{list:?}");
                assert!(driver.bus().is_zero(Rfn(rfn)));
            }
            assert_eq!(driver.take(), Err(CommandError::Empty));
        }
    }

    fn an_answer_of_the_engine_that_is_damaged_is_not_believed(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        driver.poison_list(FrameList::Done).unwrap();
        queue(&mut driver, 2);
        driver.enable().unwrap();
        driver.settle();
        assert_eq!((driver.frames_retried(), driver.frames_zeroed()), (Ok(1), Ok(2)));
        assert!(driver.irq().unwrap().contains(Irq::FRAME_PARITY));
        assert_eq!((driver.bad(), driver.lost()), (Ok(0), Ok(0)));
        assert_eq!((driver.take(), driver.take()), (Ok(Rfn(1)), Ok(Rfn(0))));
        driver.finish();
    }

    fn an_operation_that_does_not_exist_is_refused(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        queue(&mut driver, 2);
        for op in (0..16).filter(|op| Op::try_from(*op).is_err()) {
            for frame in [0, 3, 13] {
                let result = refused(&mut driver, 1, Irq::CMD_ERROR, |d| command(d, op, frame));
                assert_eq!(result.code(), Ok(Code::BadOp), "{op}");
            }
        }
        driver.finish();
    }

    fn a_command_written_while_another_is_under_way_is_refused_and_the_first_is_done(target) {
        let mut driver = Node::probe(target.bench("engine_64", &ideal(4))).unwrap();
        let last = driver.parameters().real_frames - 1;
        driver.set_polls(1);
        // The sweep has not reached the last frame, so this command takes thousands of cycles.
        assert_eq!(driver.hold(Rfn(last)), Err(CommandError::Timeout { polls: 1 }));
        assert_eq!(driver.queue(Rfn(0)), Err(CommandError::Busy { polls: 1 }), "the driver does not even write it");
        assert_eq!(driver.command_errors(), Ok(0));
        for refused in 1..=3 {
            driver.bus().write(regs::FrameCmd::OFFSET, regs::FrameCmd::default().with_op(Op::Queue).bits()).unwrap();
            assert_eq!(driver.command_errors(), Ok(refused));
            assert_eq!(driver.irq(), Ok(Irq::CMD_REFUSED));
        }
        driver.wait_ready(100_000).unwrap();
        driver.set_polls(64);
        assert_eq!(driver.query(Rfn(last)), Ok(FrameState::Held));
        assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Dirty));
        assert_eq!(driver.command_errors(), Ok(3));
        let counts = driver.audit(1).unwrap();
        assert_eq!((counts.held, counts.queued), (1, 0));
    }

    fn a_wrong_register_access_gets_slverr_and_changes_nothing(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        // Not the reset values, so that a reset would be seen too.
        driver.set_water_marks(WaterMarks { low: 1, high: 3 }).unwrap();
        driver.set_throttle(Throttle { interval: 7, depth: 3 }).unwrap();
        driver.enable_irq(Irq::BAD_FRAME).unwrap();
        queue(&mut driver, 3);
        let info = |offset: u16| regs::REGISTERS.iter().find(|info| info.offset == offset);
        let slverr = Err(BusError::Subordinate);
        let before = driver.snapshot();
        driver.clear_irq(Irq::all()).unwrap();
        let works = |bench: &mut Bench| assert_eq!(bench.read(regs::Id::OFFSET), Ok(0x444F_524D));

        for offset in (0..0x1000).step_by(4) {
            let bench = driver.bus();
            if !info(offset).is_some_and(|info| info.readable) {
                assert_eq!(bench.read(offset).map(drop), slverr, "read of {offset:#x}");
                works(bench);
            }
            if !info(offset).is_some_and(|info| info.writable) {
                assert_eq!(bench.write(offset, u32::MAX), slverr, "write of {offset:#x}");
                works(bench);
            }
        }
        for info in regs::REGISTERS {
            // A command that is valid, should it get through.
            let value = match info.offset {
                regs::FrameCmd::OFFSET => 0x1000_0005,
                regs::PageCmd::OFFSET => 0x4000_0005,
                _ => 0,
            };
            let bench = driver.bus();
            for strobe in 0..0b1111 {
                assert_eq!(bench.0.write_raw(info.offset, value, strobe), slverr, "{} {strobe:#06b}", info.name);
            }
            for byte in 1..4 {
                assert_eq!(bench.0.write_raw(info.offset + byte, value, 0b1111), slverr, "{} + {byte}", info.name);
                assert_eq!(bench.0.read_raw(info.offset + byte).map(drop), slverr, "{} + {byte}", info.name);
            }
            bench.alive();
            works(bench);
        }
        assert_eq!(driver.snapshot(), before);
        assert_eq!(driver.irq(), Ok(Irq::empty()));
        assert_eq!(driver.command_errors(), Ok(0));
        driver.finish();
    }

    fn writable_registers_keep_their_fields_and_nothing_else(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        for (offset, fields) in [
            (regs::Control::OFFSET, 1),
            (regs::Throttle::OFFSET, 0x000F_FFFF),
            (regs::WaterLow::OFFSET, 0x0FFF_FFFF),
            (regs::WaterHigh::OFFSET, 0x0FFF_FFFF),
            (regs::Arg::OFFSET, 0x3FFF_FFFF),
            (regs::IrqEnable::OFFSET, 0x3FF),
            (regs::Policy::OFFSET, 0xF),
            (regs::RedormantDelay::OFFSET, 0x00FF_FFFF),
        ] {
            for value in [u32::MAX, 0, 0xA5A5_5A5A] {
                driver.bus().write(offset, value).unwrap();
                assert_eq!(driver.bus().read(offset), Ok(value & fields), "register {offset:#x}");
            }
        }
        driver.finish();
    }

    fn reading_every_register_twice_changes_nothing(target) {
        let mut driver = target.driver(TINY, &ideal(4));
        // Something to lose everywhere: levels, a result, interrupts, errors.
        driver.enable().unwrap();
        queue(&mut driver, 2);
        driver.settle();
        driver.disable().unwrap();
        driver.queue(Rfn(5)).unwrap();
        driver.queue_urgent(Rfn(6)).unwrap();
        assert_eq!(driver.hold(Rfn(5)), Err(CommandError::State(FrameState::Queued)));
        let mut read = || {
            let still = |info: &&regs::RegisterInfo| info.readable && !info.name.starts_with("CYCLES_");
            let mut value = |info: &regs::RegisterInfo| (info.name, driver.bus().read(info.offset).unwrap());
            regs::REGISTERS.iter().filter(still).map(&mut value).collect::<Vec<_>>()
        };
        let first = read();
        assert_eq!(read(), first);
        assert!(!driver.irq().unwrap().is_empty());
        driver.finish();
    }

    fn reading_registers_does_not_disturb_the_engine(target) {
        let bursts = |read: bool| {
            let mut driver = target.driver(TINY, &ideal(20));
            queue(&mut driver, 4);
            driver.enable().unwrap();
            let bench = driver.bus();
            let end = bench.0.cycle() + 4000;
            for info in regs::REGISTERS.iter().filter(|info| read && info.readable).cycle() {
                if bench.0.cycle() > end - 100 {
                    break;
                }
                bench.read(info.offset).unwrap();
            }
            bench.idle(end - bench.0.cycle());
            bench.log().clone()
        };
        assert_eq!(bursts(true), bursts(false));
    }

    fn each_interrupt_is_raised_enabled_and_cleared_by_itself(target) {
        let fault = Faults {
            ranges: vec![FaultRange {
                start: 0,
                bytes: 1,
                error: ErrorKind::Slverr,
                access: Access::Write,
                times: None,
            }],
            ..Faults::default()
        };
        let faulty = MemorySpec::Faulty { faults: fault, memory: Box::new(ideal(4)) };
        // A stall takes a guest: tests/pages.rs.
        for irq in (Irq::all() - Irq::STALL).iter() {
            let mut driver = target.driver(TINY, &faulty);
            assert_eq!(driver.irq(), Ok(Irq::empty()));
            driver.set_water_marks(WaterMarks { low: 1, high: 3 }).unwrap();
            // Frame 0 is the broken one.
            let fill = |driver: &mut Driver| {
                (1..5).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
                driver.enable().unwrap();
                driver.settle();
            };
            let expected = if irq == Irq::POOL_HIGH {
                fill(&mut driver);
                Irq::POOL_HIGH
            } else if irq == Irq::POOL_LOW {
                fill(&mut driver);
                driver.take().unwrap();
                assert_eq!(driver.irq(), Ok(Irq::POOL_HIGH), "two frames are above the mark");
                driver.clear_irq(Irq::all()).unwrap();
                driver.disable().unwrap();
                driver.take().unwrap();
                Irq::POOL_LOW
            } else if irq == Irq::BAD_FRAME {
                driver.queue(Rfn(0)).unwrap();
                driver.queue(Rfn(1)).unwrap();
                driver.enable().unwrap();
                driver.settle();
                assert_eq!(driver.last_bad(), Ok(Some(Rfn(0))));
                Irq::BAD_FRAME | Irq::QUEUE_EMPTY
            } else if irq == Irq::CMD_ERROR {
                driver.release(Rfn(0)).unwrap_err();
                Irq::CMD_ERROR
            } else if irq == Irq::CMD_REFUSED {
                // Writes as close as the port takes them; System alone waits for each.
                let answers = AxilReq { b_ready: true, r_ready: true, ..AxilReq::default() };
                let bench = driver.bus();
                bench.0.drive(AxilReq {
                    aw_valid: true,
                    aw_addr: regs::FrameCmd::OFFSET,
                    w_valid: true,
                    w_data: regs::FrameCmd::default().with_op(Op::Query).bits(),
                    w_strb: 0b1111,
                    ..answers
                });
                bench.idle(5);
                bench.0.drive(answers);
                bench.idle(20);
                Irq::CMD_REFUSED
            } else if irq == Irq::PARITY {
                driver.mark(Gfn(1), PageMark::Poison).unwrap();
                assert_eq!(driver.irq(), Ok(Irq::empty()));
                assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Bad));
                assert_eq!(driver.parity_page(), Ok(Some(Gfn(1))));
                Irq::PARITY
            } else if irq == Irq::FRAME_PARITY {
                driver.poison_frame(Rfn(5)).unwrap();
                assert_eq!(driver.irq(), Ok(Irq::empty()));
                assert_eq!(driver.query(Rfn(5)), Ok(FrameState::Bad));
                Irq::FRAME_PARITY
            } else if irq == Irq::DIRTIED {
                driver.queue(Rfn(5)).unwrap();
                driver.enable().unwrap();
                driver.settle();
                driver.disable().unwrap();
                driver.map_range(Gfn(1)..Gfn(2)).unwrap();
                (1..5).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
                driver.clear_irq(Irq::all()).unwrap();
                driver.zero_page(Gfn(1)).unwrap();
                driver.settle();
                assert_eq!(driver.query(Rfn(5)), Ok(FrameState::Dirty));
                Irq::DIRTIED
            } else {
                driver.queue(Rfn(1)).unwrap();
                driver.enable().unwrap();
                driver.settle();
                Irq::QUEUE_EMPTY
            };
            assert_eq!(driver.irq(), Ok(expected), "{irq:?}");
            assert!(!driver.bus().irq(), "not enabled");
            driver.enable_irq(Irq::all() - expected).unwrap();
            assert!(!driver.bus().irq(), "only the others are enabled");
            driver.enable_irq(irq).unwrap();
            assert_eq!(driver.enabled_irq(), Ok(irq));
            assert!(driver.bus().irq(), "{irq:?} drives the line");
            driver.clear_irq(Irq::all() - irq).unwrap();
            assert_eq!(driver.irq(), Ok(irq), "clearing the others leaves it");
            assert!(driver.bus().irq());
            driver.clear_irq(irq).unwrap();
            assert_eq!(driver.irq(), Ok(Irq::empty()));
            assert!(!driver.bus().irq());
            driver.finish();
        }
    }

    fn each_cycle_counter_counts_what_its_name_says_and_the_six_sum_to_the_total(target) {
        let memory = |change: fn(&mut IdealParams)| {
            let mut params = IdealParams { seed: 5, ..IdealParams::default() };
            change(&mut params);
            MemorySpec::Ideal(params)
        };
        let cases = [
            ("nothing stalls", TINY, memory(|_| {}), Throttle::OFF),
            ("W stalls", TINY, memory(|p| p.w_stall = 60), Throttle::OFF),
            ("AW stalls", SHORT_BURSTS, memory(|p| p.aw_stall = 90), Throttle::OFF),
            ("B is late", TINY, memory(|p| p.b_latency = 300), Throttle::OFF),
            ("throttled", TINY, memory(|_| {}), Throttle { interval: 2000, depth: 1 }),
            ("all at once", SHORT_BURSTS, memory(|p| (p.aw_stall, p.w_stall, p.b_stall, p.b_latency) = (80, 40, 50, 99)), Throttle { interval: 30, depth: 4 }),
        ];
        for (case, set, memory, throttle) in cases {
            let mut driver = target.driver(set, &memory);
            driver.set_throttle(throttle).unwrap();
            queue(&mut driver, 2);
            driver.enable().unwrap();
            let bursts = 2 * driver.bus().0.node.config().bursts_per_page() as usize;
            driver.bus().until(1_000_000, |system| system.memory.log.answers.len() == bursts);
            driver.settle();

            let mut now = [0; 2];
            now[0] = driver.bus().0.cycle();
            let idle = driver.bus().read(regs::CyclesIdleLo::OFFSET).unwrap();
            now[1] = driver.bus().0.cycle();
            let total = driver.bus().read(regs::CyclesTotalLo::OFFSET).unwrap();
            let cycles = driver.cycles().unwrap();
            let log = driver.bus().log().clone();
            assert_eq!(cycles.busy, log.busy, "{case}: busy");
            assert_eq!(cycles.w_stalled, log.w_stalled, "{case}: W stalled");
            assert_eq!(cycles.aw_stalled, log.aw_stalled, "{case}: AW stalled");
            assert_eq!(cycles.b_wait, log.b_wait, "{case}: waiting for B");
            let parts = cycles.sum() - cycles.idle + u64::from(idle);
            assert_eq!(parts + (now[1] - now[0]), u64::from(total), "{case}: the six are the total");
            assert!(cycles.consistent(), "{case}");

            let page_beats = u64::from(driver.parameters().page_bytes() * 8 / u32::from(driver.parameters().data_width));
            assert_eq!(cycles.busy, 2 * page_beats, "{case}: one busy cycle a beat");
            match case {
                "nothing stalls" => assert_eq!((cycles.w_stalled, cycles.aw_stalled, cycles.throttled), (0, 0, 0)),
                "W stalls" => assert!(cycles.w_stalled > page_beats),
                "AW stalls" => assert!(cycles.aw_stalled > page_beats),
                "B is late" => assert!((297..310).contains(&cycles.b_wait), "{}", cycles.b_wait),
                "throttled" => {
                    // Four bursts, three waits between them and one before the first, all but what a burst takes.
                    let (first, last) = (log.bursts[0].0, log.bursts[3].0);
                    let wait = last - first - 3 * (page_beats / 2 + 8);
                    assert!((wait..wait + 2040).contains(&cycles.throttled), "{} of {wait}", cycles.throttled);
                }
                _ => assert!(cycles.w_stalled > 0 && cycles.aw_stalled > 0 && cycles.b_wait > 0),
            }
            if throttle == Throttle::OFF {
                assert_eq!(cycles.throttled, 0, "{case}");
            }
            driver.finish();
        }
    }

    fn a_cap_is_kept_within_one_burst_and_reached(target) {
        for (interval, depth) in [(40, 1), (40, 3), (40, 15), (100, 0), (333, 2)] {
            let mut driver = target.driver(SHORT_BURSTS, &ideal(4));
            driver.bus().write(regs::Throttle::OFFSET, depth << 16 | interval).unwrap();
            queue(&mut driver, 2);
            let interval = u64::from(interval);
            // Time to save up more than the bucket holds.
            driver.bus().idle(interval * 20);
            driver.enable().unwrap();
            driver.bus().until(interval * 110, |system| system.memory.log.bursts.len() >= 100);
            let times: Vec<u64> = driver.bus().log().bursts.iter().map(|burst| burst.0).collect();
            let depth = u64::from(depth.max(1));
            for (i, from) in times.iter().enumerate() {
                for (count, to) in (1..).zip(&times[i..]) {
                    let most = (to - from) / interval + depth + 1;
                    assert!(count <= most, "{count} bursts in {} cycles, 1 in {interval}, {depth} saved", to - from);
                }
            }
            let fast = times.windows(2).take_while(|pair| pair[1] - pair[0] < interval / 2).count() as u64 + 1;
            // Tokens come while the saved ones are spent.
            let most = depth + 1 + (times[fast as usize - 1] - times[0]) / interval;
            assert!((depth..=most).contains(&fast), "{fast} at once, {depth} saved");
            let steady = &times[times.len() - 50..];
            assert!(steady.windows(2).all(|pair| pair[1] - pair[0] == interval), "1 in {interval}: {steady:?}");
            driver.set_throttle(Throttle::OFF).unwrap();
            driver.finish();
        }
    }

    fn an_urgent_frame_ignores_the_cap_and_background_goes_on_capped(target) {
        let mut driver = target.driver(SHORT_BURSTS, &ideal(4));
        driver.set_throttle(Throttle { interval: 50_000, depth: 1 }).unwrap();
        driver.queue_urgent(Rfn(9)).unwrap();
        driver.queue(Rfn(1)).unwrap();
        driver.enable().unwrap();
        // A page is 1024 beats.
        driver.bus().until(1100, |system| system.memory.log.answers.len() >= 256);
        assert_eq!(driver.bus().log().bursts.iter().take(256).filter(|(_, addr)| addr >> 12 == 9).count(), 256);
        driver.bus().idle(1000);
        assert_eq!(driver.take(), Ok(Rfn(9)));
        assert!(driver.bus().is_zero(Rfn(9)));
        assert!(driver.bus().log().bursts.len() <= 258, "the other frame waits for tokens");
        driver.set_throttle(Throttle::OFF).unwrap();
        driver.settle();
        assert_eq!(driver.take(), Ok(Rfn(1)));
        driver.finish();
    }

    fn background_zeroing_starts_at_the_low_mark_and_stops_at_the_high_one(target) {
        let mut driver = target.driver(SMALL, &ideal(40));
        driver.set_water_marks(WaterMarks { low: 4, high: 10 }).unwrap();
        queue(&mut driver, 16);
        driver.enable().unwrap();
        driver.settle();
        assert_eq!(driver.levels(), Ok(Levels { queue: 6, urgent: 0, pool: 10 }), "stops at the high mark exactly");
        for level in (5..10).rev() {
            driver.take().unwrap();
            driver.settle();
            assert_eq!(driver.pool_level(), Ok(level), "does not start above the low mark");
        }
        driver.take().unwrap();
        driver.settle();
        assert_eq!(driver.levels(), Ok(Levels { queue: 0, urgent: 0, pool: 10 }), "starts at the low mark exactly");
        driver.finish();
    }

    fn urgent_frames_are_zeroed_above_the_high_mark_too(target) {
        let mut driver = target.driver(SMALL, &ideal(4));
        driver.set_water_marks(WaterMarks { low: 1, high: 2 }).unwrap();
        queue(&mut driver, 4);
        driver.enable().unwrap();
        driver.settle();
        assert_eq!(driver.pool_level(), Ok(2));
        driver.queue_urgent(Rfn(30)).unwrap();
        driver.settle();
        assert_eq!(driver.levels(), Ok(Levels { queue: 2, urgent: 0, pool: 3 }));
        driver.finish();
    }

    fn an_urgent_frame_overtakes_all_that_wait_in_the_background(target) {
        let mut driver = target.driver(SMALL, &ideal(2000));
        queue(&mut driver, 12);
        driver.queue_urgent(Rfn(39)).unwrap();
        driver.enable().unwrap();
        // The same while as many bursts are under way as may be, here nine of a frame's sixteen.
        driver.bus().until(2200, |system| system.memory.log.bursts.len() == 9);
        driver.queue_urgent(Rfn(38)).unwrap();
        assert!(driver.bus().log().answers.is_empty());
        driver.settle();
        let order: Vec<u32> = driver.bus().frames_written().iter().map(|rfn| rfn.0).collect();
        assert_eq!(order, [39, 38, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        driver.finish();
    }

    fn disabling_finishes_the_frames_that_were_taken_and_takes_no_more(target) {
        for wait in [0, 1, 7, 300, 700] {
            let mut driver = target.driver(TINY, &ideal(100));
            queue(&mut driver, 4);
            driver.enable().unwrap();
            driver.bus().until(1000, |system| system.node.zeroing() != Some(0));
            driver.bus().idle(wait);
            driver.disable().unwrap();
            assert_eq!(driver.enabled(), Ok(false));
            let taken = driver.bus().zeroing() + driver.pool_level().unwrap();
            driver.settle();
            assert_eq!(driver.pool_level(), Ok(taken));
            assert_eq!(driver.queue_level(), Ok(4 - taken));
            driver.enable().unwrap();
            driver.settle();
            assert_eq!(driver.pool_level(), Ok(4));
            driver.finish();
        }
    }
}

#[test]
fn something_else_at_the_address_is_not_taken_for_a_node() {
    struct Other(u32);
    impl Bus for Other {
        fn read(&mut self, offset: u16) -> Result<u32, BusError> {
            Ok(if offset == regs::Id::OFFSET {
                self.0
            } else {
                u32::MAX
            })
        }
        fn write(&mut self, _: u16, _: u32) -> Result<(), BusError> {
            panic!("probing writes nothing")
        }
    }
    assert_eq!(
        Node::probe(Other(7)).err(),
        Some(ProbeError::NotDormouse { id: 7 })
    );
    let error = Node::probe(Other(0x444F_524D)).err();
    assert_eq!(
        error,
        Some(ProbeError::Parameter {
            register: "PARAMS",
            value: u32::MAX
        })
    );
}
