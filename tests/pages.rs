//! Guest pages on a node: what each page command does, and what every wrong one does not do.

#[macro_use]
mod common;

use common::{Build, Driver, Extra, Target, ideal, refused};
use dormouse_driver::{
    Bus, CommandError, FrameState, Gfn, Irq, NodeId, PageKind, PageMark, PageState, Policy, Port,
    RangeError, Resolution, Rfn, SettingError, Stall, StallKind, Status, Throttle,
    regs::{self, Code, MarkKind, PageOp as Op, Register},
};
use dormouse_testbench::{
    memory::{Memory, Rpa},
    sets,
    shadow::Gpa,
    vcpu::{Burst, Fill, Op as Guest, Strobes, VcpuParams},
};

/// 13 frames, queue of 4, urgent lane of 2, pool of 4.
const TINY: &str = "tiny";
/// 40 frames, queue of 16, pool of 32; node 255.
const SMALL: &str = "tiny_128";
/// Thousands of pages.
const MANY: &str = "engine_64";

/// A page that nothing happens to.
const FAR: Gfn = Gfn(9);

/// A driver with this many frames in the pool, nothing in the queue, and an engine at rest; all pages dormant.
fn zeroed(target: Target, set: &str, frames: u32) -> Driver {
    prepared(target.driver(set, &ideal(4)), frames)
}

/// The same with vCPUs.
fn guests(target: Target, set: &str, frames: u32) -> Driver {
    prepared(
        target.guests(set, &ideal(4), &VcpuParams::default()),
        frames,
    )
}

fn prepared(mut driver: Driver, frames: u32) -> Driver {
    driver.mark_all(PageMark::Dormant).unwrap();
    (0..frames).for_each(|rfn| driver.bus().dirty(Rfn(rfn)));
    (0..frames).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
    driver.enable().unwrap();
    driver.settle();
    driver.disable().unwrap();
    driver.clear_irq(Irq::all()).unwrap();
    while driver.status().unwrap().contains(Status::SCRUB_BUSY) {}
    driver
}

/// A driver whose page 0 is in this state.
fn with_page_0(target: Target, kind: PageKind) -> Driver {
    let mut driver = zeroed(target, TINY, 2);
    match kind {
        PageKind::Dormant => {}
        PageKind::Resident => drop(driver.map_range(Gfn(0)..Gfn(1)).unwrap()),
        PageKind::Away => driver.mark(Gfn(0), PageMark::Away(NodeId(7))).unwrap(),
        PageKind::Bad => driver.mark(Gfn(0), PageMark::Bad).unwrap(),
    }
    assert_eq!(driver.query_page(Gfn(0)).unwrap().kind(), kind);
    driver
}

const KINDS: [PageKind; 4] = [
    PageKind::Dormant,
    PageKind::Resident,
    PageKind::Away,
    PageKind::Bad,
];

/// Checks that a command ends with this error, counts as one, and changes nothing.
#[track_caller]
fn fails<T: std::fmt::Debug + PartialEq>(
    driver: &mut Driver,
    error: CommandError,
    command: impl FnOnce(&mut Driver) -> Result<T, CommandError>,
) {
    let result = refused(driver, 1, Irq::CMD_ERROR, command);
    assert_eq!(result, Err(error));
}

/// The stall that is at the head of the queue within a few cycles.
#[track_caller]
fn next_stall(driver: &mut Driver) -> Stall {
    for _ in 0..100 {
        if let Some(stall) = driver.stall().unwrap() {
            return stall;
        }
    }
    panic!("nothing stalls");
}

const fn stall(gfn: u32, port: u8, write: bool, kind: StallKind) -> Stall {
    Stall {
        gfn: Gfn(gfn),
        port: Port(port),
        write,
        kind,
    }
}

/// Writes `ARG` and `PAGE_CMD` behind the driver's back and returns `RESULT` when it is not busy.
fn command(driver: &mut Driver, op: Op, target: u32, arg: u32) -> regs::ResultReg {
    let bench = driver.bus();
    bench.write(regs::Arg::OFFSET, arg).unwrap();
    let cmd = regs::PageCmd::default().with_op(op).with_target(target);
    bench.write(regs::PageCmd::OFFSET, cmd.bits()).unwrap();
    for _ in 0..100 {
        let result = regs::ResultReg(bench.read(regs::ResultReg::OFFSET).unwrap());
        if !result.busy() {
            return result;
        }
    }
    panic!("{op:?} of {target} hangs")
}

on_every_backend! {
    fn after_reset_pages_are_dormant_on_node_0_and_away_at_node_0_on_the_others(target) {
        for (name, config) in sets::all() {
            let mut driver = target.driver(&name, &ideal(1));
            let expected = if config.node_id == 0 { PageState::Dormant } else { PageState::Away(NodeId(0)) };
            let last = Gfn(config.guest_pages - 1);
            assert!(driver.pages().iter().all(|state| *state == expected), "{name}");
            assert_eq!(driver.query_page(last), Ok(expected), "{name}");
            assert_eq!(driver.query_page(Gfn(config.guest_pages)), Err(CommandError::Range), "{name}");
        }
    }

    fn the_policy_after_reset_elides_detects_and_converts(target) {
        let mut driver = target.driver(TINY, &ideal(1));
        assert_eq!(driver.policy(), Ok(Policy::ELIDE | Policy::DETECT | Policy::HW_CONVERT));
        assert_eq!(driver.redormant_delay(), Ok(1024));
        driver.set_policy(Policy::CONVERT_ON_READ).unwrap();
        driver.set_redormant_delay(0x00FF_FFFF).unwrap();
        let cycles = 1 << 24;
        assert_eq!(driver.set_redormant_delay(cycles), Err(SettingError::Delay { cycles }));
        assert_eq!(driver.policy(), Ok(Policy::CONVERT_ON_READ));
        assert_eq!(driver.redormant_delay(), Ok(0x00FF_FFFF));
    }

    fn a_claimed_frame_is_mapped_to_the_page_and_to_no_other(target) {
        let mut driver = zeroed(target, TINY, 3);
        assert_eq!(driver.claim(), Ok(Rfn(0)));
        assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Claimed));
        driver.map(Gfn(5), Rfn(0)).unwrap();
        assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Mapped));
        let mut pages = driver.pages();
        assert_eq!(pages.remove(5), PageState::Resident(Rfn(0)));
        assert!(pages.iter().all(|state| *state == PageState::Dormant));
        let counts = driver.nothing_lost();
        assert_eq!((counts.mapped, counts.claimed, counts.zeroed), (1, 0, 2));
        assert_eq!(driver.command_errors(), Ok(0));
        driver.finish();
    }

    fn claiming_from_an_empty_pool_is_refused(target) {
        let mut driver = zeroed(target, TINY, 1);
        driver.claim().unwrap();
        fails(&mut driver, CommandError::Empty, Driver::claim);
        driver.finish();
    }

    fn a_frame_that_was_not_claimed_is_not_mapped(target) {
        use FrameState::{Bad, Dirty, Held, Mapped, Queued, Zeroed};
        let mut driver = zeroed(target, TINY, 3);
        driver.map_range(Gfn(3)..Gfn(4)).unwrap();
        driver.take().unwrap();
        driver.queue(Rfn(4)).unwrap();
        driver.retire(Rfn(5)).unwrap();
        let states = [(0, Mapped), (1, Held), (2, Zeroed), (4, Queued), (5, Bad), (6, Dirty)];
        for (rfn, state) in states {
            assert_eq!(driver.query(Rfn(rfn)), Ok(state));
            fails(&mut driver, CommandError::State(state), |d| d.map(Gfn(5), Rfn(rfn)));
        }
        for rfn in [13, 14, 0x0FFF_FFFF] {
            fails(&mut driver, CommandError::Range, |d| d.map(Gfn(5), Rfn(rfn)));
        }
        // In the engine: its second burst waits for a token.
        driver.set_throttle(Throttle { interval: u16::MAX, depth: 1 }).unwrap();
        let answers = driver.bus().log().answers.len();
        driver.enable().unwrap();
        driver.bus().until(100_000, |system| system.memory.log.answers.len() == answers + 1);
        driver.bus().idle(10);
        fails(&mut driver, CommandError::State(FrameState::Zeroing), |d| d.map(Gfn(5), Rfn(4)));
        driver.set_throttle(Throttle::OFF).unwrap();
        driver.finish();
    }

    fn a_frame_that_is_not_filled_is_not_adopted(target) {
        use FrameState::{Claimed, Dirty, Held, Mapped, Moving, Queued, Zeroed};
        let mut driver = zeroed(target, TINY, 4);
        driver.mark(Gfn(5), PageMark::Away(NodeId(2))).unwrap();
        driver.map_range(Gfn(3)..Gfn(4)).unwrap();
        driver.take().unwrap();
        driver.claim().unwrap();
        driver.queue(Rfn(4)).unwrap();
        driver.hold(Rfn(5)).unwrap();
        driver.reserve(Rfn(5)).unwrap();
        let states = [(0, Mapped), (1, Held), (2, Claimed), (3, Zeroed), (4, Queued), (5, Moving), (6, Dirty)];
        for (rfn, state) in states {
            assert_eq!(driver.query(Rfn(rfn)), Ok(state));
            for gfn in [Gfn(4), Gfn(5)] {
                fails(&mut driver, CommandError::State(state), |d| d.adopt(gfn, Rfn(rfn)));
            }
        }
        for rfn in [13, 14, 0x0FFF_FFFF] {
            fails(&mut driver, CommandError::Range, |d| d.adopt(Gfn(5), Rfn(rfn)));
        }
        // And a filled one is not mapped as if it were zero.
        driver.fill(Rfn(5)).unwrap();
        fails(&mut driver, CommandError::State(FrameState::Filled), |d| d.map(Gfn(4), Rfn(5)));
        driver.finish();
    }

    fn a_page_that_is_away_or_dormant_adopts_a_filled_frame_and_no_other_does(target) {
        for kind in KINDS {
            let mut driver = with_page_0(target, kind);
            let rfn = driver.claim().unwrap();
            driver.reserve(rfn).unwrap();
            driver.fill(rfn).unwrap();
            assert_eq!((driver.moving(), driver.filled()), (Ok(0), Ok(1)));
            if matches!(kind, PageKind::Resident | PageKind::Bad) {
                fails(&mut driver, CommandError::Page(kind), |d| d.adopt(Gfn(0), rfn));
                assert_eq!(driver.filled(), Ok(1));
            } else {
                driver.adopt(Gfn(0), rfn).unwrap();
                assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Resident(rfn)));
                assert_eq!(driver.query(rfn), Ok(FrameState::Mapped));
                assert_eq!(driver.filled(), Ok(0));
                fails(&mut driver, CommandError::Page(PageKind::Resident), |d| d.adopt(Gfn(0), rfn));
            }
            driver.nothing_lost();
            driver.finish();
        }
    }

    fn no_frame_is_mapped_to_a_page_that_is_not_dormant(target) {
        for kind in KINDS.into_iter().filter(|kind| *kind != PageKind::Dormant) {
            let mut driver = with_page_0(target, kind);
            let rfn = driver.claim().unwrap();
            fails(&mut driver, CommandError::Page(kind), |d| d.map(Gfn(0), rfn));
            driver.map(Gfn(1), rfn).unwrap();
            driver.finish();
        }
    }

    fn only_a_resident_page_is_unmapped(target) {
        for kind in KINDS {
            let mut driver = with_page_0(target, kind);
            if kind == PageKind::Resident {
                driver.bus().dirty(Rfn(0));
                assert_eq!(driver.unmap(Gfn(0), NodeId(255)), Ok(Rfn(0)));
                assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Away(NodeId(255))));
                assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Held));
                assert!(!driver.bus().is_zero(Rfn(0)), "its contents stay");
                fails(&mut driver, CommandError::Page(PageKind::Away), |d| d.unmap(Gfn(0), NodeId(1)));
                driver.queue(Rfn(0)).unwrap();
            } else {
                fails(&mut driver, CommandError::Page(kind), |d| d.unmap(Gfn(0), NodeId(1)));
            }
            driver.finish();
        }
    }

    fn the_doorbell_makes_a_resident_page_dormant_and_queues_its_frame(target) {
        let mut driver = with_page_0(target, PageKind::Resident);
        driver.bus().dirty(Rfn(0));
        driver.zero_page(Gfn(0)).unwrap();
        assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Dormant));
        driver.settle();
        assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Queued));
        let counters = driver.gate_counters().unwrap();
        assert_eq!((counters.redormanted_doorbell, counters.redormanted_stores), (1, 0));
        driver.nothing_lost();
        driver.enable().unwrap();
        driver.settle();
        assert_eq!(driver.query(Rfn(0)), Ok(FrameState::Zeroed));
        assert!(driver.bus().is_zero(Rfn(0)));
        driver.finish();
    }

    fn the_doorbell_of_a_dormant_page_does_nothing_and_that_of_others_is_refused(target) {
        let mut driver = with_page_0(target, PageKind::Dormant);
        refused(&mut driver, 0, Irq::empty(), |d| d.zero_page(Gfn(0))).unwrap();
        driver.finish();
        for kind in [PageKind::Away, PageKind::Bad] {
            let mut driver = with_page_0(target, kind);
            fails(&mut driver, CommandError::Page(kind), |d| d.zero_page(Gfn(0)));
            driver.finish();
        }
    }

    fn a_frame_that_finds_the_queue_full_is_dirty_and_says_so(target) {
        let mut driver = zeroed(target, TINY, 2);
        driver.map_range(Gfn(0)..Gfn(2)).unwrap();
        (4..8).for_each(|rfn| driver.queue(Rfn(rfn)).unwrap());
        assert_eq!(driver.zero_range(Gfn(0)..Gfn(2)), Ok(2));
        driver.settle();
        assert_eq!(driver.irq().unwrap() & Irq::DIRTIED, Irq::DIRTIED);
        for rfn in [0, 1] {
            assert_eq!(driver.query(Rfn(rfn)), Ok(FrameState::Dirty));
        }
        assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Dormant));
        driver.finish();
    }

    fn a_page_without_a_frame_takes_every_mark(target) {
        let marks = [
            (PageMark::Dormant, PageState::Dormant),
            (PageMark::Away(NodeId(0)), PageState::Away(NodeId(0))),
            (PageMark::Away(NodeId(255)), PageState::Away(NodeId(255))),
            (PageMark::Bad, PageState::Bad),
        ];
        let mut driver = zeroed(target, TINY, 1);
        for (from, _) in marks {
            for (mark, state) in marks {
                driver.mark(Gfn(3), from).unwrap();
                driver.mark(Gfn(3), mark).unwrap();
                assert_eq!(driver.query_page(Gfn(3)), Ok(state), "{mark:?} after {from:?}");
                assert_eq!(driver.query_page(Gfn(2)), Ok(PageState::Dormant));
                assert_eq!(driver.query_page(Gfn(4)), Ok(PageState::Dormant));
            }
        }
        driver.finish();
    }

    fn a_resident_page_takes_no_mark(target) {
        let mut driver = with_page_0(target, PageKind::Resident);
        for mark in [PageMark::Dormant, PageMark::Away(NodeId(1)), PageMark::Bad] {
            fails(&mut driver, CommandError::Page(PageKind::Resident), |d| d.mark(Gfn(0), mark));
        }
        driver.finish();
    }

    fn a_page_number_out_of_range_is_refused_by_every_command(target) {
        let mut driver = zeroed(target, TINY, 1);
        let rfn = driver.claim().unwrap();
        let pages = driver.parameters().guest_pages;
        for gfn in [pages, pages + 1, 0x0FFF_FFFF].map(Gfn) {
            fails(&mut driver, CommandError::Range, |d| d.map(gfn, rfn));
            fails(&mut driver, CommandError::Range, |d| d.adopt(gfn, rfn));
            fails(&mut driver, CommandError::Range, |d| d.unmap(gfn, NodeId(1)));
            fails(&mut driver, CommandError::Range, |d| d.zero_page(gfn));
            fails(&mut driver, CommandError::Range, |d| d.mark(gfn, PageMark::Poison));
            fails(&mut driver, CommandError::Range, |d| d.query_page(gfn));
        }
        // This one would name page 0 in the register, so the driver does not write it.
        let error = refused(&mut driver, 0, Irq::empty(), |d| d.zero_page(Gfn(1 << 28)));
        assert_eq!(error, Err(CommandError::Range));
        driver.finish();
    }

    fn all_pages_are_marked_at_once(target) {
        for (mark, state) in [
            (PageMark::Away(NodeId(9)), PageState::Away(NodeId(9))),
            (PageMark::Dormant, PageState::Dormant),
        ] {
            for set in [TINY, SMALL, MANY] {
                let mut driver = target.driver(set, &ideal(4));
                let last = Gfn(driver.parameters().guest_pages - 1);
                driver.mark(Gfn(2), PageMark::Bad).unwrap();
                driver.mark_all(mark).unwrap();
                assert_eq!(driver.query_page(last), Ok(state));
                assert!(driver.pages().iter().all(|page| *page == state), "{set}");
                // One by one from here, while the rest is still being written.
                driver.mark(Gfn(1), PageMark::Bad).unwrap();
                driver.bus().idle(3 * u64::from(last.0) + 100);
                assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Bad));
                assert_eq!(driver.query_page(Gfn(2)), Ok(state));
                assert_eq!(driver.query_page(last), Ok(state));
                driver.finish();
            }
        }
    }

    fn pages_are_not_marked_all_at_once_while_one_has_contents(target) {
        let mut driver = with_page_0(target, PageKind::Resident);
        for mark in [PageMark::Dormant, PageMark::Away(NodeId(1))] {
            fails(&mut driver, CommandError::State(FrameState::Mapped), |d| d.mark_all(mark));
        }
        driver.zero_page(Gfn(0)).unwrap();
        driver.settle();
        driver.mark_all(PageMark::Away(NodeId(1))).unwrap();
        assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Away(NodeId(1))));
        driver.finish();
    }

    fn pages_are_all_marked_dormant_or_away_and_nothing_else(target) {
        let mut driver = zeroed(target, TINY, 1);
        for mark in [PageMark::Bad, PageMark::Poison] {
            fails(&mut driver, CommandError::Range, |d| d.mark_all(mark));
        }
        driver.finish();
    }

    fn the_fourth_mark_of_all_pages_in_a_row_is_refused_until_the_table_is_written(target) {
        let mut driver = target.driver(MANY, &ideal(4));
        let pages = u64::from(driver.parameters().guest_pages);
        for node in 1..4 {
            driver.mark_all(PageMark::Away(NodeId(node))).unwrap();
        }
        let errors = driver.command_errors().unwrap();
        for _ in 0..3 {
            assert_eq!(driver.mark_all(PageMark::Dormant), Err(CommandError::Scrubbing));
        }
        assert_eq!(driver.command_errors(), Ok(errors + 3));
        assert!(driver.status().unwrap().contains(Status::SCRUB_BUSY));
        assert_eq!(driver.query_page(FAR), Ok(PageState::Away(NodeId(3))));
        driver.bus().idle(4 * pages);
        assert!(!driver.status().unwrap().contains(Status::SCRUB_BUSY));
        assert_eq!(driver.query_page(FAR), Ok(PageState::Away(NodeId(3))));
        driver.mark_all(PageMark::Dormant).unwrap();
        assert_eq!(driver.query_page(FAR), Ok(PageState::Dormant));
        driver.finish();
    }

    fn a_tag_with_wrong_parity_makes_the_page_bad_and_is_reported(target) {
        for kind in KINDS {
            let mut driver = with_page_0(target, kind);
            assert_eq!(driver.parity_page(), Ok(None));
            driver.mark(Gfn(0), PageMark::Poison).unwrap();
            assert_eq!(driver.irq(), Ok(Irq::empty()), "nobody has looked");
            assert_eq!(driver.parity_errors(), Ok(0));
            for count in 1..3 {
                assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Bad));
                assert_eq!(driver.parity_errors(), Ok(count));
            }
            assert_eq!(driver.irq(), Ok(Irq::PARITY));
            assert_eq!(driver.parity_page(), Ok(Some(Gfn(0))));
            assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Dormant));
            assert_eq!(driver.zero_page(Gfn(0)), Err(CommandError::Page(PageKind::Bad)));
            assert_eq!(driver.unmap(Gfn(0), NodeId(1)), Err(CommandError::Page(PageKind::Bad)));

            driver.mark(Gfn(0), PageMark::Dormant).unwrap();
            let errors = driver.parity_errors().unwrap();
            assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Dormant));
            assert_eq!(driver.parity_errors(), Ok(errors));
            // Its frame is nobody's, and is not lost from the counts.
            let counts = driver.nothing_lost();
            assert_eq!(counts.mapped, u32::from(kind == PageKind::Resident));
            driver.finish();
        }
    }

    // One bad tag costs its page, and neither a frame nor the marks of all pages.
    fn a_frame_that_its_page_does_not_name_any_more_is_found_and_taken_back(target) {
        for mark in [None, Some(PageMark::Dormant), Some(PageMark::Away(NodeId(4))), Some(PageMark::Bad)] {
            let mut driver = zeroed(target, TINY, 3);
            driver.map_range(Gfn(3)..Gfn(6)).unwrap();
            let Ok(PageState::Resident(rfn)) = driver.query_page(Gfn(4)) else {
                panic!("page 4 is not resident");
            };
            driver.mark(Gfn(4), PageMark::Poison).unwrap();
            if let Some(mark) = mark {
                driver.mark(Gfn(4), mark).unwrap();
            }
            let orphans: Vec<u32> = (0..13).filter(|rfn| driver.is_orphan(Rfn(*rfn)).unwrap()).collect();
            assert_eq!(orphans, [rfn.0]);
            assert_eq!(driver.query_frame(rfn).unwrap().owner, Some(Gfn(4)));
            let page = driver.query_page(Gfn(4)).unwrap();

            assert_eq!(driver.reclaim(rfn), Ok(Gfn(4)));
            assert_eq!(driver.query(rfn), Ok(FrameState::Held));
            assert_eq!(driver.query_page(Gfn(4)), Ok(page));
            driver.nothing_lost();
            fails(&mut driver, CommandError::State(FrameState::Held), |d| d.reclaim(rfn));
            driver.zero_range(Gfn(3)..Gfn(4)).unwrap();
            driver.zero_range(Gfn(5)..Gfn(6)).unwrap();
            driver.settle();
            driver.mark_all(PageMark::Dormant).unwrap();
            driver.finish();
        }
    }

    fn a_page_that_has_another_frame_by_now_keeps_it_when_the_old_one_is_reclaimed(target) {
        let mut driver = zeroed(target, TINY, 3);
        driver.map_range(Gfn(4)..Gfn(5)).unwrap();
        driver.mark(Gfn(4), PageMark::Poison).unwrap();
        driver.mark(Gfn(4), PageMark::Dormant).unwrap();
        driver.map_range(Gfn(4)..Gfn(5)).unwrap();
        assert_eq!(driver.query_page(Gfn(4)), Ok(PageState::Resident(Rfn(1))));
        assert_eq!(driver.reclaim(Rfn(0)), Ok(Gfn(4)));
        assert_eq!(driver.query_page(Gfn(4)), Ok(PageState::Resident(Rfn(1))));
        fails(&mut driver, CommandError::Page(PageKind::Resident), |d| d.reclaim(Rfn(1)));
        driver.nothing_lost();
        driver.finish();
    }

    fn a_frame_that_a_page_names_or_that_is_not_mapped_is_not_reclaimed(target) {
        let mut driver = zeroed(target, TINY, 3);
        driver.map_range(Gfn(3)..Gfn(4)).unwrap();
        fails(&mut driver, CommandError::Page(PageKind::Resident), |d| d.reclaim(Rfn(0)));
        driver.claim().unwrap();
        for (rfn, state) in [(1, FrameState::Claimed), (2, FrameState::Zeroed), (5, FrameState::Dirty)] {
            fails(&mut driver, CommandError::State(state), |d| d.reclaim(Rfn(rfn)));
        }
        for rfn in [13, 0x0FFF_FFFF] {
            fails(&mut driver, CommandError::Range, |d| d.reclaim(Rfn(rfn)));
        }
        driver.finish();
    }

    fn a_stall_that_is_not_there_is_not_resolved(target) {
        let mut driver = zeroed(target, TINY, 1);
        assert_eq!(driver.stall(), Ok(None));
        for port in [0, 3, 15] {
            for write in [false, true] {
                let stall = Stall { gfn: Gfn(0), port: Port(port), write, kind: StallKind::Away };
                for resolution in [Resolution::Retry, Resolution::Fail, Resolution::Defer] {
                    fails(&mut driver, CommandError::NoStall, |d| d.resolve(&stall, resolution));
                }
            }
        }
        driver.finish();
    }

    fn an_argument_that_the_operation_does_not_have_is_refused_and_other_bits_are_ignored(target) {
        let mut driver = zeroed(target, TINY, 1);
        let rfn = driver.claim().unwrap();
        let kind = |kind: MarkKind| u32::from(kind) << 28;
        for arg in [kind(MarkKind::Bad), kind(MarkKind::Poison) | 5] {
            let result = refused(&mut driver, 1, Irq::CMD_ERROR, |d| command(d, Op::MarkAll, 0, arg));
            assert_eq!(result.code(), Ok(Code::Range));
        }
        // A mark takes the id's eight bits, a map ignores the kind.
        let result = command(&mut driver, Op::Mark, 2, kind(MarkKind::Away) | 0x0FFF_FF42);
        assert_eq!(result.code(), Ok(Code::Ok));
        assert_eq!(driver.query_page(Gfn(2)), Ok(PageState::Away(NodeId(0x42))));
        let result = command(&mut driver, Op::Map, 3, kind(MarkKind::Poison) | rfn.0);
        assert_eq!(result.code(), Ok(Code::Ok));
        assert_eq!(driver.query_page(Gfn(3)), Ok(PageState::Resident(rfn)));
        driver.finish();
    }

    fn a_range_of_pages_is_done_up_to_the_first_that_fails(target) {
        let mut driver = zeroed(target, TINY, 4);
        driver.mark(Gfn(3), PageMark::Bad).unwrap();
        let stopped = |gfn, done, error| Err(RangeError { gfn: Gfn(gfn), done, error });
        let bad = CommandError::Page(PageKind::Bad);
        assert_eq!(driver.map_range(Gfn(1)..Gfn(6)), stopped(3, 2, bad));
        assert_eq!(driver.claimed(), Ok(0), "the third frame was given back");
        assert_eq!(driver.query(Rfn(2)), Ok(FrameState::Queued));
        assert_eq!(driver.map_range(Gfn(4)..Gfn(6)), stopped(5, 1, CommandError::Empty));
        let resident = CommandError::Page(PageKind::Resident);
        assert_eq!(driver.mark_range(Gfn(0)..Gfn(6), PageMark::Dormant), stopped(1, 1, resident));
        assert_eq!(driver.zero_range(Gfn(0)..Gfn(6)), stopped(3, 3, bad));
        let mut taken = Vec::new();
        let result = driver.unmap_range(Gfn(4)..Gfn(6), NodeId(1), |gfn, rfn| taken.push((gfn, rfn)));
        assert_eq!(result, stopped(5, 1, CommandError::Page(PageKind::Dormant)));
        assert_eq!(taken, [(Gfn(4), Rfn(3))]);
        let pages = driver.parameters().guest_pages;
        let result = driver.query_range(Gfn(pages - 2)..Gfn(pages + 9), |_, _| ());
        assert_eq!(result, stopped(pages, 2, CommandError::Range));
        driver.finish();
    }

    fn frames_go_round_between_pages_pool_and_queue_and_none_is_lost(target) {
        let mut driver = zeroed(target, SMALL, 16);
        driver.enable().unwrap();
        for round in 0..40u32 {
            let first = round * 3 % 12;
            let pages = Gfn(first)..Gfn(first + 4);
            driver.map_range(pages.clone()).unwrap();
            for gfn in pages.start.0..pages.end.0 {
                let Ok(PageState::Resident(rfn)) = driver.query_page(Gfn(gfn)) else {
                    panic!("page {gfn} is not resident");
                };
                assert!(driver.bus().is_zero(rfn), "frame {rfn} of page {gfn}");
                driver.bus().dirty(rfn);
            }
            if round % 4 == 3 {
                let mut frames = Vec::new();
                driver.unmap_range(pages.clone(), NodeId(1), |_, rfn| frames.push(rfn)).unwrap();
                for rfn in frames {
                    driver.queue(rfn).unwrap();
                }
                driver.mark_range(pages, PageMark::Dormant).unwrap();
            } else {
                driver.zero_range(pages).unwrap();
            }
            driver.settle();
            driver.nothing_lost();
        }
        let counters = driver.gate_counters().unwrap();
        assert_eq!(counters.redormanted_doorbell, 120);
        driver.finish();
    }

    fn a_stall_shows_page_port_direction_and_reason_and_raises_the_interrupt(target) {
        let mut driver = guests(target, TINY, 0);
        driver.enable_irq(Irq::STALL).unwrap();
        driver.mark(Gfn(3), PageMark::Away(NodeId(7))).unwrap();
        let cases = [
            (Policy::HW_CONVERT, 0, driver.bus().store(1, 5), stall(1, 0, true, StallKind::NoFrame)),
            (Policy::HW_CONVERT | Policy::CONVERT_ON_READ, 1, driver.bus().load(4), stall(4, 1, false, StallKind::NoFrame)),
            (Policy::HW_CONVERT, 1, driver.bus().load(3), stall(3, 1, false, StallKind::Away)),
            (Policy::HW_CONVERT, 0, driver.bus().store(3, 0), stall(3, 0, true, StallKind::Away)),
            (Policy::ELIDE, 1, driver.bus().store(2, 5), stall(2, 1, true, StallKind::ConversionOff)),
            (Policy::empty(), 0, driver.bus().store(2, 0), stall(2, 0, true, StallKind::ConversionOff)),
            (Policy::CONVERT_ON_READ, 0, driver.bus().load(2), stall(2, 0, false, StallKind::ConversionOff)),
        ];
        for (count, (policy, port, op, expected)) in (1..).zip(cases) {
            driver.set_policy(policy).unwrap();
            assert!(!driver.bus().irq());
            driver.bus().run(port, &[op]);
            assert_eq!(next_stall(&mut driver), expected);
            assert_eq!(driver.irq(), Ok(Irq::STALL));
            assert!(driver.bus().irq());
            assert_eq!(driver.gate_counters().unwrap().stalls, count);
            let before = driver.bus().errors(port);
            driver.bus().idle(500);
            assert_eq!(driver.bus().errors(port), before, "it waits");
            driver.resolve(&expected, Resolution::Fail).unwrap();
            driver.bus().until_done(100);
            assert_eq!(driver.bus().errors(port), before + 1);
            assert_eq!(driver.stall(), Ok(None));
            driver.clear_irq(Irq::STALL).unwrap();
        }
        assert_eq!(driver.stall_histogram().unwrap().total(), 7);
        assert_eq!(driver.gate_counters().unwrap().fast_conversions, 0);
        driver.pages_are_right();
        driver.finish();
    }

    fn stalls_wait_in_order_and_one_that_is_deferred_goes_to_the_end(target) {
        let mut driver = guests(target, TINY, 0);
        driver.mark_range(Gfn(1)..Gfn(5), PageMark::Away(NodeId(1))).unwrap();
        let away = |gfn, port, write| stall(gfn, port, write, StallKind::Away);
        let all = [away(1, 0, true), away(2, 0, false), away(3, 1, true), away(4, 1, false)];
        for port in 0..2 {
            let bench = driver.bus();
            let first = 1 + 2 * port as u32;
            let program = [bench.store(first, 1), Guest::Delay(20), bench.load(first + 1)];
            bench.run(port, &program);
            bench.idle(100);
        }
        for round in 0..3 {
            assert_eq!(driver.stall(), Ok(Some(all[round])));
            for other in all.iter().filter(|other| **other != all[round]) {
                assert_eq!(driver.resolve(other, Resolution::Retry), Err(CommandError::NoStall));
            }
            driver.resolve(&all[round], Resolution::Defer).unwrap();
        }
        let order = [all[3], all[0], all[1], all[2]];
        for stall in order {
            assert_eq!(driver.stall(), Ok(Some(stall)));
            driver.resolve(&stall, Resolution::Fail).unwrap();
        }
        assert_eq!(driver.stall(), Ok(None));
        driver.bus().until_done(200);
        for port in 0..2 {
            assert_eq!(driver.bus().errors(port), 2);
        }
        // Deferring is no new stall and ends none.
        assert_eq!(driver.gate_counters().unwrap().stalls, 4);
        assert_eq!(driver.stall_histogram().unwrap().total(), 4);
        driver.finish();
    }

    fn a_stall_that_is_tried_again_too_early_stalls_again(target) {
        let mut driver = guests(target, TINY, 0);
        let program = [driver.bus().store(1, 5)];
        driver.bus().run(0, &program);
        let expected = stall(1, 0, true, StallKind::NoFrame);
        for count in 1..4 {
            assert_eq!(next_stall(&mut driver), expected);
            assert_eq!(driver.gate_counters().unwrap().stalls, count);
            driver.resolve(&expected, Resolution::Retry).unwrap();
        }
        driver.enable().unwrap();
        driver.queue(Rfn(2)).unwrap();
        let last = next_stall(&mut driver);
        driver.resolve(&last, Resolution::Retry).unwrap();
        driver.bus().until_done(2000);
        assert_eq!(driver.query_page(Gfn(1)), Ok(PageState::Resident(Rfn(2))));
        assert_eq!(driver.bus().errors(0), 0);
        driver.pages_are_right();
        driver.finish();
    }

    fn without_hardware_conversion_firmware_maps_the_page_and_the_write_lands_in_its_frame(target) {
        for set in [TINY, SMALL] {
            let mut driver = guests(target, set, 4);
            driver.set_policy(Policy::ELIDE).unwrap();
            let bench = driver.bus();
            let program = [bench.store(6, 0x0123_4567_89AB_CDEF), Guest::Fence, bench.load(6), bench.load(7)];
            bench.run(1, &program);
            let head = next_stall(&mut driver);
            assert_eq!(head, stall(6, 1, true, StallKind::ConversionOff));
            let rfn = driver.claim().unwrap();
            driver.map(head.gfn, rfn).unwrap();
            driver.resolve(&head, Resolution::Retry).unwrap();
            driver.bus().until_done(500);
            let start = u64::from(rfn.0) << 12;
            let bytes = (0..8).map(|i| driver.bus().0.memory.store().byte(Rpa(start + i)));
            assert!(bytes.eq(0x0123_4567_89AB_CDEFu64.to_le_bytes()));
            let counters = driver.gate_counters().unwrap();
            assert_eq!((counters.fast_conversions, counters.demand_conversions, counters.stalls), (0, 0, 1));
            assert_eq!(counters.zero_reads, 1);
            driver.pages_are_right();
            driver.finish();
        }
    }

    fn an_access_to_a_page_that_comes_here_goes_on(target) {
        let mut driver = guests(target, TINY, 2);
        driver.mark(Gfn(5), PageMark::Away(NodeId(1))).unwrap();
        let bench = driver.bus();
        let program = [bench.store(5, 77), bench.load(5)];
        bench.run(0, &program);
        let write = next_stall(&mut driver);
        assert_eq!(write, stall(5, 0, true, StallKind::Away));
        driver.mark(Gfn(5), PageMark::Dormant).unwrap();
        driver.resolve(&write, Resolution::Retry).unwrap();
        driver.bus().until_done(500);
        assert_eq!(driver.bus().errors(0), 0);
        assert_eq!(driver.query_page(Gfn(5)), Ok(PageState::Resident(Rfn(0))));
        driver.pages_are_right();
        driver.finish();
    }

    // A page leaves with its contents and comes back with them. Whenever a guest's access comes meanwhile, it meets
    // the contents: it reads no zero, and a zero that it stores stays.
    fn a_page_that_comes_back_shows_its_contents_to_every_access_and_keeps_every_store(target) {
        let mut driver = guests(target, TINY, 2);
        let bench = driver.bus();
        let bus = u64::from(bench.0.node.config().beat_bytes());
        let beat = |n: u64| Burst::line(Gpa(5 * 4096 + n * bus), bus as u32, bus as u32);
        let value = |n, value| Guest::Write { burst: beat(n), fill: Fill::Value(value), strobes: Strobes::All };
        let program: Vec<Guest> = (0..8).map(|n| value(n, 0x5500 + n)).collect();
        bench.run(0, &program);
        bench.until_done(1000);
        let mut waited = 0;
        for delay in 0..60 {
            let rfn = driver.unmap(Gfn(5), NodeId(1)).unwrap();
            driver.reserve(rfn).unwrap();
            driver.fill(rfn).unwrap();
            let bench = driver.bus();
            let zero = delay % 8;
            let reads = [Guest::Delay(delay), Guest::Read(beat(1)), Guest::Read(beat(7))];
            let writes = [Guest::Delay(delay / 2), value(zero, 0), Guest::Fence, Guest::Read(beat(zero))];
            bench.run(0, &reads);
            bench.run(1, &writes);
            driver.adopt(Gfn(5), rfn).unwrap();
            while let Some(stall) = driver.stall().unwrap() {
                assert_eq!((stall.gfn, stall.kind), (Gfn(5), StallKind::Away));
                driver.resolve(&stall, Resolution::Retry).unwrap();
                waited += 1;
            }
            driver.bus().until_done(1000);
            assert_eq!(driver.query_page(Gfn(5)), Ok(PageState::Resident(rfn)));
            driver.pages_are_right();
        }
        assert!(waited > 20, "{waited}");
        assert_eq!((driver.bus().errors(0), driver.bus().errors(1)), (0, 0));
        driver.finish();
    }

    fn a_port_that_waits_holds_up_no_other(target) {
        let mut driver = guests(target, TINY, 4);
        driver.mark(Gfn(5), PageMark::Away(NodeId(1))).unwrap();
        let bench = driver.bus();
        let waits = [bench.load(5)];
        let works: Vec<Guest> = (0..4).flat_map(|gfn| [bench.store(gfn, 9), Guest::Fence, bench.load(gfn)]).collect();
        bench.run(0, &waits);
        bench.idle(50);
        bench.run(1, &works);
        bench.until(1000, |system| system.guests.vcpus[1].done());
        assert!(!bench.0.guests.vcpus[0].done());
        let head = next_stall(&mut driver);
        driver.resolve(&head, Resolution::Fail).unwrap();
        driver.bus().until_done(100);
        assert_eq!((driver.bus().errors(0), driver.bus().errors(1)), (1, 0));
        driver.pages_are_right();
        driver.finish();
    }

    fn nothing_touches_the_frame_of_a_page_any_more_when_its_unmap_has_ended(target) {
        for delay in (0..120).step_by(7) {
            let mut driver = prepared(target.guests(TINY, &ideal(90), &VcpuParams::default()), 2);
            let bench = driver.bus();
            let bytes = bench.0.node.config().beat_bytes() * 16;
            let bus = bench.0.node.config().beat_bytes();
            let write = |bench: &common::Bench, index: u32| Guest::Write {
                burst: Burst::line(Gpa(bench.page(2) + u64::from(index * bytes)), bytes, bus),
                fill: Fill::Random { seed: index.into(), zero_beats: 0, zero_bytes: 0 },
                strobes: Strobes::All,
            };
            let program: Vec<Guest> = (0..16).map(|index| write(bench, index)).collect();
            bench.run(0, &program);
            bench.idle(40 + delay);
            let rfn = driver.unmap(Gfn(2), NodeId(1)).unwrap();
            let start = u64::from(rfn.0) << 12;
            let contents = |driver: &mut Driver| {
                let store = driver.bus().0.memory.store();
                (0..4096).map(|i| store.byte(Rpa(start + i))).collect::<Vec<_>>()
            };
            let before = contents(&mut driver);
            assert_eq!(driver.query(rfn), Ok(FrameState::Held));
            // What comes later waits for the page.
            while !driver.bus().0.guests.done() {
                if let Some(stall) = driver.stall().unwrap() {
                    assert_eq!((stall.gfn, stall.kind), (Gfn(2), StallKind::Away));
                    driver.resolve(&stall, Resolution::Fail).unwrap();
                }
            }
            driver.bus().idle(500);
            assert!(contents(&mut driver) == before, "delay {delay}");
            // Every write that was acknowledged with OKAY is there.
            let stats = *driver.bus().0.guests.vcpus[0].stats();
            assert_eq!(stats.writes, 16);
            let there = before.chunks(bytes as usize).filter(|line| line.iter().any(|byte| *byte != 0));
            assert_eq!(there.count() as u64, stats.writes - stats.errors, "delay {delay}");
            driver.finish();
        }
    }

    fn a_doorbell_amid_the_writes_of_others_leaves_no_stale_byte_and_loses_no_frame(target) {
        let params = VcpuParams { writes: 4, ..VcpuParams::default() };
        let mut driver = prepared(target.guests(SMALL, &ideal(30), &params), 16);
        driver.enable().unwrap();
        for port in 0..3 {
            let bench = driver.bus();
            let program: Vec<Guest> = (0..60u32)
                .flat_map(|round| {
                    let gfn = (round * 7 + port as u32) % 5;
                    [
                        bench.store(gfn, u64::from(round) << 8 | 1),
                        if round % 3 == 0 { Guest::Doorbell { gfn } } else { bench.load(gfn) },
                        bench.load((gfn + 1) % 5),
                    ]
                })
                .collect();
            bench.run(port, &program);
        }
        for round in 0..200 {
            driver.ring(round % 5).unwrap();
            driver.bus().idle(97);
        }
        driver.bus().until_done(100_000);
        for port in 0..3 {
            assert_eq!(driver.bus().errors(port), 0);
        }
        driver.settle();
        driver.pages_are_right();
        driver.finish();
    }

    fn a_guest_that_meets_wrong_parity_gets_an_error_and_the_interrupt_says_where(target) {
        let mut driver = guests(target, TINY, 2);
        driver.enable_irq(Irq::PARITY).unwrap();
        for (gfn, read) in [(4, true), (6, false)] {
            driver.mark(Gfn(gfn), PageMark::Poison).unwrap();
            assert!(!driver.bus().irq());
            let op = if read { driver.bus().load(gfn) } else { driver.bus().store(gfn, 3) };
            let errors = driver.bus().errors(0);
            driver.bus().run(0, &[op]);
            driver.bus().until_done(200);
            assert_eq!(driver.bus().errors(0), errors + 1);
            assert!(driver.bus().irq());
            assert_eq!(driver.parity_page(), Ok(Some(Gfn(gfn))));
            driver.clear_irq(Irq::PARITY).unwrap();
        }
        let bench = driver.bus();
        let program = [bench.store(5, 3), bench.load(5)];
        bench.run(0, &program);
        driver.bus().until_done(200);
        assert_eq!(driver.bus().errors(0), 2, "other pages are as they were");
        assert_eq!(driver.parity_errors(), Ok(2));
        driver.finish();
    }

    fn the_gates_counters_count_what_their_names_say(target) {
        let mut driver = guests(target, TINY, 4);
        let bench = driver.bus();
        let mut program: Vec<Guest> = (0..5).map(|gfn| bench.load(gfn)).collect();
        program.extend((0..6).map(|gfn| bench.store(gfn, 0)));
        program.extend((0..3).map(|gfn| bench.store(gfn, 1)));
        program.push(Guest::Fence);
        program.extend((1..3).flat_map(|gfn| [bench.store(gfn, 0), bench.load(gfn)]));
        program.extend([1, 2, 7].map(|gfn| Guest::Doorbell { gfn }));
        bench.run(0, &program);
        bench.until_done(2000);
        let counters = driver.gate_counters().unwrap();
        assert_eq!((counters.zero_reads, counters.elided_writes), (5, 6));
        assert_eq!((counters.fast_conversions, counters.demand_conversions), (3, 0));
        assert_eq!((counters.redormanted_doorbell, counters.redormanted_stores), (2, 0));
        assert_eq!((counters.stalls, counters.parity_errors), (0, 0));
        assert_eq!(driver.conversion_histogram().unwrap().total(), 3);
        driver.set_redormant_delay(16).unwrap();
        let clear = [driver.bus().clear(0)];
        driver.bus().run(0, &clear);
        driver.bus().until_done(20_000);
        driver.bus().idle(100);
        assert_eq!(driver.gate_counters().unwrap().redormanted_stores, 1);
        assert_eq!(driver.query_page(Gfn(0)), Ok(PageState::Dormant));
        // Pool empty, queue not: zeroed on demand.
        while driver.pool_level().unwrap() > 0 {
            driver.take().unwrap();
        }
        driver.enable().unwrap();
        let store = [driver.bus().store(9, 1)];
        driver.bus().run(0, &store);
        driver.bus().until_done(2000);
        let counters = driver.gate_counters().unwrap();
        assert_eq!((counters.fast_conversions, counters.demand_conversions), (3, 1));
        assert_eq!(driver.conversion_histogram().unwrap().total(), 4);
        driver.pages_are_right();
        driver.finish();
    }
}
