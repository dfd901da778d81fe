//! Bus errors, late responses and random faulty memories: what is called zeroed is zero, and no frame is lost.

#[macro_use]
mod common;

use std::collections::BTreeSet;

use common::{Build, Driver, Extra, Target, ideal};
use dormouse_driver::{CommandError, FrameState, Irq, Node, Rfn, Throttle};
use dormouse_firmware::{AllocateError, Hyperkernel, Limits, PoolPolicy};
use dormouse_testbench::{
    memory::{Access, ErrorKind, FaultRange, Faults, IdealParams, MemorySpec, StoreOnError},
    sets,
};
use proptest::{
    prelude::*,
    test_runner::{Config as RunnerConfig, TestRunner},
};

/// 13 frames of two bursts.
const TINY: &str = "tiny";
/// 40 frames of one burst.
const SMALL: &str = "tiny_128";
/// 300 frames of 256 bursts.
const SHORT_BURSTS: &str = "short_bursts";

/// Writes to `burst` of frame `rfn` fail, `times` of them or all. A failed write has not changed memory.
fn broken(set: &str, bursts: &[(u32, u32)], error: ErrorKind, times: Option<u32>) -> MemorySpec {
    let config = &sets::all()[set];
    let bytes = u64::from(config.page_bytes() / config.bursts_per_page());
    let range = |&(rfn, burst): &(u32, u32)| FaultRange {
        start: (u64::from(rfn) << config.page_shift) + u64::from(burst) * bytes,
        bytes,
        error,
        access: Access::Write,
        times,
    };
    let faults = Faults {
        ranges: bursts.iter().map(range).collect(),
        store_on_error: StoreOnError::Never,
        ..Faults::default()
    };
    MemorySpec::Faulty {
        faults,
        memory: Box::new(ideal(4)),
    }
}

/// Bursts at which to fail: each one where they are few, else the first, the last and some between.
fn bursts_to_break(set: &str) -> Vec<u32> {
    match sets::all()[set].bursts_per_page() {
        n @ ..=2 => (0..n).collect(),
        n => vec![0, 1, n / 2, n - 2, n - 1],
    }
}

/// Queues these frames and has them zeroed.
fn zero(driver: &mut Driver, frames: &[u32]) {
    for &rfn in frames {
        driver.bus().dirty(Rfn(rfn));
        driver.queue(Rfn(rfn)).unwrap();
    }
    driver.enable().unwrap();
    driver.settle();
}

/// Everything in the pool, oldest first.
fn take_all(driver: &mut Driver) -> Vec<u32> {
    std::iter::from_fn(|| driver.take().ok())
        .map(|rfn| rfn.0)
        .collect()
}

on_every_backend! {
    fn a_bus_error_on_any_burst_is_retried_once_and_the_frame_is_zeroed(target) {
        for set in [TINY, SMALL, SHORT_BURSTS] {
            for burst in bursts_to_break(set) {
                for error in [ErrorKind::Slverr, ErrorKind::Decerr] {
                    let mut driver = target.driver(set, &broken(set, &[(1, burst)], error, Some(1)));
                    zero(&mut driver, &[0, 1, 2]);
                    let case = format!("{set}, burst {burst}, {error:?}");
                    assert_eq!(driver.frames_retried(), Ok(1), "{case}");
                    assert_eq!(driver.frames_zeroed(), Ok(3), "{case}");
                    assert_eq!(driver.bad(), Ok(0), "{case}");
                    assert_eq!(driver.last_bad(), Ok(None), "{case}");
                    assert!(!driver.irq().unwrap().contains(Irq::BAD_FRAME), "{case}");
                    let bursts = sets::all()[set].bursts_per_page() as usize;
                    assert_eq!(driver.bus().log().bursts.len(), 4 * bursts, "{case}: four pages written");
                    driver.nothing_lost();
                    let mut taken = take_all(&mut driver);
                    taken.sort_unstable();
                    assert_eq!(taken, [0, 1, 2], "{case}");
                    driver.finish();
                }
            }
        }
    }

    fn several_errors_in_one_page_are_one_retry(target) {
        let mut driver = target.driver(TINY, &broken(TINY, &[(3, 0), (3, 1)], ErrorKind::Slverr, Some(1)));
        zero(&mut driver, &[3]);
        assert_eq!((driver.frames_retried(), driver.frames_zeroed()), (Ok(1), Ok(1)));
        driver.finish();
    }

    fn a_second_bus_error_makes_the_frame_bad_and_reports_it_and_no_other_frame_is_touched(target) {
        for set in [TINY, SMALL, SHORT_BURSTS] {
            for burst in bursts_to_break(set) {
                for error in [ErrorKind::Slverr, ErrorKind::Decerr] {
                    let case = format!("{set}, burst {burst}, {error:?}");
                    let mut driver = target.driver(set, &broken(set, &[(1, burst)], error, None));
                    driver.enable_irq(Irq::BAD_FRAME).unwrap();
                    assert!(!driver.bus().irq());
                    zero(&mut driver, &[0, 1, 2]);
                    assert!(driver.bus().irq(), "{case}");
                    assert!(driver.irq().unwrap().contains(Irq::BAD_FRAME), "{case}");
                    assert_eq!(driver.last_bad(), Ok(Some(Rfn(1))), "{case}");
                    assert_eq!(driver.bad(), Ok(1), "{case}");
                    assert_eq!(driver.query(Rfn(1)), Ok(FrameState::Bad), "{case}");
                    assert_eq!((driver.frames_retried(), driver.frames_zeroed()), (Ok(1), Ok(2)), "{case}");
                    assert_eq!(driver.queue(Rfn(1)), Err(CommandError::State(FrameState::Bad)), "{case}");
                    driver.nothing_lost();
                    assert_eq!(take_all(&mut driver), [0, 2], "{case}");
                    // It still zeroes.
                    zero(&mut driver, &[0, 2]);
                    assert_eq!(take_all(&mut driver), [0, 2], "{case}");
                    driver.finish();
                }
            }
        }
    }

    fn a_node_of_which_every_frame_is_broken_ends_with_all_of_them_bad(target) {
        let frames: Vec<_> = (0..13).map(|rfn| (rfn, rfn % 2)).collect();
        let mut driver = target.driver(TINY, &broken(TINY, &frames, ErrorKind::Either, None));
        for rfn in 0..13 {
            // Urgent and background in turn; both lanes are short.
            let result = if rfn % 2 == 0 { driver.queue(Rfn(rfn)) } else { driver.queue_urgent(Rfn(rfn)) };
            result.unwrap();
            driver.enable().unwrap();
            driver.bus().idle(if rfn % 3 == 0 { 4000 } else { 600 });
        }
        driver.settle();
        assert_eq!(driver.nothing_lost().bad, 13);
        assert_eq!(driver.take(), Err(CommandError::Empty));
        assert_eq!((driver.frames_retried(), driver.frames_zeroed()), (Ok(13), Ok(0)));
        driver.finish();
    }

    fn a_retry_is_done_although_the_engine_was_disabled_and_is_capped(target) {
        let mut driver = target.driver(TINY, &broken(TINY, &[(1, 0)], ErrorKind::Slverr, Some(1)));
        driver.set_throttle(Throttle { interval: 1000, depth: 15 }).unwrap();
        driver.bus().idle(16_000);
        driver.queue(Rfn(1)).unwrap();
        driver.enable().unwrap();
        driver.bus().until(1000, |system| system.node.zeroing() == Some(1));
        driver.disable().unwrap();
        driver.settle();
        assert_eq!(driver.query(Rfn(1)), Ok(FrameState::Zeroed));
        driver.finish();
    }

    fn a_frame_enters_the_pool_after_its_last_response_and_not_before(target) {
        let faulty = |seed, late_b, reorder_b| MemorySpec::Faulty {
            faults: Faults { seed, late_b, reorder_b, ..Faults::default() },
            memory: Box::new(MemorySpec::Ideal(IdealParams { b_stall: 30, seed, ..IdealParams::default() })),
        };
        let memories = [1, 2, 3, 4, 5, 32, 100, 300, 1000].map(ideal).into_iter();
        let memories: Vec<_> = memories.chain((1..6).map(|seed| faulty(seed, 400, seed % 2 == 0))).collect();
        for set in [TINY, SMALL] {
            for memory in &memories {
                let mut driver = target.driver(set, memory);
                let bursts = sets::all()[set].bursts_per_page() as usize;
                for rfn in 0..4 {
                    driver.bus().dirty(Rfn(rfn));
                    driver.queue(Rfn(rfn)).unwrap();
                }
                driver.enable().unwrap();
                // Frames leave the engine in the order in which they went into it.
                let (mut inside, mut entered, mut left) = (0, 0, 0);
                let bench = driver.bus();
                let end = bench.0.cycle() + 100_000;
                while left < 4 {
                    let answered = bench.log().answers.len();
                    bench.idle(1);
                    let now = bench.zeroing();
                    if now < inside {
                        assert!(answered >= (left as usize + 1) * bursts, "frame {left} is filed after {answered} responses: {memory:?}");
                        assert!(bench.is_zero(Rfn(left)), "frame {left}: {memory:?}");
                        left += 1;
                    } else {
                        entered += now - inside;
                    }
                    inside = now;
                    assert!(bench.0.cycle() < end, "{left} of {entered} frames come out: {memory:?}");
                }
                assert_eq!(take_all(&mut driver), [0, 1, 2, 3]);
                driver.finish();
            }
        }
    }

    fn what_allocate_hands_out_is_zero_and_handed_out_once_whatever_memory_does(target) {
        for set in [TINY, SMALL] {
            let work = prop_oneof![
                4 => Just(Work::Allocate),
                1 => Just(Work::Critical),
                3 => any::<u8>().prop_map(Work::Free),
                2 => Just(Work::Poll),
            ];
            let runs = (random_memory(set), prop::collection::vec(work, 20..120));
            let config = RunnerConfig { cases: 12, failure_persistence: None, ..RunnerConfig::default() };
            let result = TestRunner::new(config).run(&runs, |(memory, work)| {
                play(target, set, &memory, &work);
                Ok(())
            });
            if let Err(error) = result {
                panic!("{set}: {error}");
            }
        }
    }
}

/// What a user of the hyperkernel does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Allocate,
    Critical,
    /// Frees one of the frames that it has.
    Free(u8),
    Poll,
}

/// Broken pages that heal or do not, random errors, late responses, on a memory with some stalls.
fn random_memory(set: &str) -> impl Strategy<Value = MemorySpec> {
    let config = &sets::all()[set];
    let size = u64::from(config.real_frames) << config.page_shift;
    let times = prop_oneof![Just(None), (1..4u32).prop_map(Some)];
    let range = (0..size, 1..6000u64, times).prop_map(|(start, bytes, times)| FaultRange {
        start,
        bytes,
        error: ErrorKind::Either,
        access: Access::Both,
        times,
    });
    let ranges = prop::collection::vec(range, 0..4);
    let rate = prop_oneof![Just(0u16), 1..200u16];
    let faults = (any::<u64>(), ranges, rate, 0..300u32, any::<bool>()).prop_map(
        |(seed, ranges, error_per_mille, late_b, reorder_b)| Faults {
            seed,
            ranges,
            error_per_mille,
            error: ErrorKind::Either,
            store_on_error: StoreOnError::Random,
            late_b,
            reorder_b,
        },
    );
    let stalls = (0..50u8, 0..50u8, 0..50u8);
    let ideal = (1..80u32, 1..12u32, stalls, any::<u64>()).prop_map(
        |(b_latency, outstanding, (aw_stall, w_stall, b_stall), seed)| IdealParams {
            b_latency,
            outstanding,
            aw_stall,
            w_stall,
            b_stall,
            seed,
            ..IdealParams::default()
        },
    );
    (faults, ideal).prop_map(|(faults, ideal)| MemorySpec::Faulty {
        faults,
        memory: Box::new(MemorySpec::Ideal(ideal)),
    })
}

/// Runs the hyperkernel, and dirties each frame that is handed out as its user would.
fn play(target: Target, set: &str, memory: &MemorySpec, work: &[Work]) {
    let node = Node::probe(target.bench(set, memory)).unwrap();
    let (frames, polls) = (node.parameters().real_frames, 20_000);
    let policy = PoolPolicy::for_node(node.parameters());
    let mut kernel: Hyperkernel<_> = Hyperkernel::start(
        node,
        policy,
        Limits {
            wait: polls,
            ..Limits::default()
        },
    )
    .unwrap();
    kernel.hold_range(Rfn(0), 2).unwrap();
    let mut mine = BTreeSet::new();
    for step in work {
        match step {
            Work::Allocate | Work::Critical => {
                let critical = matches!(step, Work::Critical);
                let result = if critical {
                    kernel.allocate_critical()
                } else {
                    kernel.allocate()
                };
                match result {
                    Ok(rfn) => {
                        let bench = kernel.node().bus();
                        assert!(bench.is_zero(rfn), "{rfn} is handed out and not zero");
                        assert!(rfn.0 >= 2, "{rfn} is firmware's own");
                        bench.dirty(rfn);
                        assert!(mine.insert(rfn), "{rfn} is handed out twice");
                        assert_eq!(kernel.node().query(rfn), Ok(FrameState::Held));
                    }
                    Err(AllocateError::NoMemory) => {}
                    Err(error) => {
                        panic!("{error}, with {} of {frames} frames handed out", mine.len())
                    }
                }
            }
            Work::Free(which) => {
                if let Some(rfn) = mine
                    .iter()
                    .nth(*which as usize % mine.len().max(1))
                    .copied()
                {
                    kernel.free(rfn).unwrap();
                    mine.remove(&rfn);
                }
            }
            Work::Poll => {
                kernel.poll().unwrap();
            }
        }
    }
    // A poll may queue frames that turn out bad after it.
    loop {
        kernel.node().settle();
        let step = kernel.poll().unwrap();
        if !step.more && step.irq.is_empty() && step.queued == 0 {
            break;
        }
    }
    let bad = kernel.bad_frames().count();
    let mut driver = kernel.stop();
    driver.settle();
    let counts = driver.nothing_lost();
    assert_eq!(counts.held as usize, mine.len() + 2);
    assert_eq!(counts.bad, bad, "every bad frame is known");
    driver.finish();
}
