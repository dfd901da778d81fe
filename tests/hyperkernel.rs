//! The hyperkernel's policy on every target.

#[macro_use]
mod common;

use std::collections::BTreeSet;

use common::{Bench, Build, Extra, Target, ideal};
use dormouse_driver::{FrameState, Irq, Node, Rfn, SettingError};
use dormouse_firmware::{
    AllocateError, FreeError, HoldError, Hyperkernel, Limits, PolicyError, PoolPolicy, StartError,
};
use dormouse_testbench::memory::{Access, ErrorKind, FaultRange, Faults, MemorySpec, StoreOnError};

/// 13 frames, queue of 4, pool of 4.
const TINY: &str = "tiny";
/// 40 frames, queue of 16, pool of 32.
const SMALL: &str = "tiny_128";

type Kernel = Hyperkernel<Bench>;

fn start(target: Target, set: &str, memory: &MemorySpec, policy: PoolPolicy) -> Kernel {
    let node = Node::probe(target.bench(set, memory)).unwrap();
    Hyperkernel::start(node, policy, Limits::default()).unwrap()
}

const POLICY: PoolPolicy = PoolPolicy {
    low: 4,
    high: 12,
    reserve: 2,
};

/// Polls until there is nothing more to do and nothing moves.
fn rest(kernel: &mut Kernel) {
    for _ in 0..1000 {
        kernel.node().settle();
        let step = kernel.poll().unwrap();
        if !step.more && step.irq.is_empty() && step.queued == 0 {
            return;
        }
    }
    panic!("it never rests");
}

/// Frames of which every write fails.
fn broken(frames: &[u32]) -> MemorySpec {
    let range = |rfn: &u32| FaultRange {
        start: u64::from(*rfn) << 12,
        bytes: 4096,
        error: ErrorKind::Slverr,
        access: Access::Write,
        times: None,
    };
    let faults = Faults {
        ranges: frames.iter().map(range).collect(),
        store_on_error: StoreOnError::Never,
        ..Faults::default()
    };
    MemorySpec::Faulty {
        faults,
        memory: Box::new(ideal(4)),
    }
}

/// Allocates until there is nothing left; every frame must be zero and new.
fn drain(kernel: &mut Kernel, critical: bool) -> (BTreeSet<Rfn>, AllocateError) {
    let mut mine = BTreeSet::new();
    loop {
        let result = if critical {
            kernel.allocate_critical()
        } else {
            kernel.allocate()
        };
        match result {
            Ok(rfn) => {
                assert!(kernel.node().bus().is_zero(rfn), "{rfn}");
                kernel.node().bus().dirty(rfn);
                assert!(mine.insert(rfn), "{rfn} twice");
            }
            Err(error) => return (mine, error),
        }
    }
}

on_every_backend! {
    fn it_fills_the_pool_to_the_high_mark_and_no_further(target) {
        let mut kernel = start(target, SMALL, &ideal(20), POLICY);
        rest(&mut kernel);
        let levels = kernel.node().levels().unwrap();
        assert_eq!(levels.pool, 12);
        assert_eq!(levels.queue, 16, "the queue waits, full");
        kernel.stop().finish();
    }

    fn it_allocates_from_the_pool_without_waiting_and_refills_at_the_low_mark(target) {
        let mut kernel = start(target, SMALL, &ideal(20), POLICY);
        rest(&mut kernel);
        for left in (4..12).rev() {
            kernel.allocate().unwrap();
            if left > 4 {
                kernel.node().settle();
                assert_eq!(kernel.node().pool_level(), Ok(left));
            }
        }
        assert_eq!((kernel.statistics().from_pool, kernel.statistics().on_demand, kernel.statistics().waits), (8, 0, 0));
        rest(&mut kernel);
        assert_eq!(kernel.node().pool_level(), Ok(12));
        kernel.stop().finish();
    }

    fn the_interrupt_comes_when_there_is_work_and_goes_when_it_is_done(target) {
        let mut kernel = start(target, SMALL, &ideal(4), POLICY);
        rest(&mut kernel);
        assert!(!kernel.node().bus().irq());
        for _ in 0..8 {
            kernel.allocate().unwrap();
        }
        assert!(kernel.node().bus().irq(), "the low mark is reached");
        let step = kernel.on_interrupt().unwrap();
        assert!(step.irq.contains(Irq::POOL_LOW));
        rest(&mut kernel);
        assert!(!kernel.node().bus().irq());
        kernel.stop().finish();
    }

    fn it_zeroes_on_demand_when_the_pool_is_empty(target) {
        // Nothing was ever polled, so nothing is queued.
        let mut kernel = start(target, SMALL, &ideal(100), POLICY);
        assert_eq!(kernel.node().levels().unwrap().pool, 0);
        let rfn = kernel.allocate_critical().unwrap();
        assert!(kernel.node().bus().is_zero(rfn));
        assert_eq!((kernel.statistics().from_pool, kernel.statistics().on_demand), (0, 1));
        assert_eq!(kernel.statistics().queued_urgent, 1);
        assert_eq!(kernel.node().query(rfn), Ok(FrameState::Held));
        kernel.stop().finish();
    }

    fn the_reserve_is_for_critical_allocations_alone(target) {
        let mut kernel = start(target, TINY, &ideal(4), PoolPolicy { low: 2, high: 4, reserve: 2 });
        rest(&mut kernel);
        let (ordinary, error) = drain(&mut kernel, false);
        assert_eq!((ordinary.len(), error), (11, AllocateError::NoMemory));
        let (critical, error) = drain(&mut kernel, true);
        assert_eq!((critical.len(), error), (2, AllocateError::NoMemory));
        assert!(ordinary.is_disjoint(&critical));
        kernel.stop().finish();
    }

    fn when_every_frame_is_handed_out_it_says_so_and_goes_on_after_a_free(target) {
        for set in [TINY, SMALL] {
            let mut kernel = start(target, set, &ideal(10), PoolPolicy { low: 1, high: 3, reserve: 0 });
            let frames = kernel.node().parameters().real_frames;
            let (mine, error) = drain(&mut kernel, true);
            assert_eq!((mine.len(), error), (frames as usize, AllocateError::NoMemory));
            for _ in 0..3 {
                assert_eq!(kernel.allocate(), Err(AllocateError::NoMemory));
            }
            for rfn in [5, 0, frames - 1] {
                kernel.free(Rfn(rfn)).unwrap();
                assert_eq!(kernel.allocate(), Ok(Rfn(rfn)));
                assert!(kernel.node().bus().is_zero(Rfn(rfn)));
            }
            for rfn in mine {
                kernel.free(rfn).unwrap();
            }
            rest(&mut kernel);
            assert_eq!(drain(&mut kernel, true).0.len(), frames as usize);
            kernel.stop().finish();
        }
    }

    fn a_freed_frame_is_zeroed_again_before_it_is_handed_out(target) {
        let mut kernel = start(target, TINY, &ideal(4), PoolPolicy { low: 1, high: 2, reserve: 0 });
        for _ in 0..60 {
            let rfn = kernel.allocate().unwrap();
            assert!(kernel.node().bus().is_zero(rfn), "{rfn}");
            kernel.node().bus().dirty(rfn);
            kernel.free(rfn).unwrap();
            kernel.poll().unwrap();
        }
        kernel.stop().finish();
    }

    fn freeing_what_is_not_allocated_is_refused_and_changes_nothing(target) {
        let mut kernel = start(target, TINY, &ideal(4), PoolPolicy { low: 1, high: 2, reserve: 0 });
        kernel.hold_range(Rfn(3), 2).unwrap();
        let mine = kernel.allocate().unwrap();
        rest(&mut kernel);
        let before = kernel.node().snapshot();
        assert_eq!(kernel.free(Rfn(3)), Err(FreeError::Reserved));
        assert!(matches!(kernel.free(Rfn(13)), Err(FreeError::Command(_))));
        for (rfn, state) in (0..).zip(before.states.clone()).filter(|(_, state)| *state != FrameState::Held) {
            assert_eq!(kernel.free(Rfn(rfn)), Err(FreeError::NotAllocated(state)));
        }
        assert_eq!(kernel.node().snapshot(), before);
        kernel.free(mine).unwrap();
        assert!(matches!(kernel.free(mine), Err(FreeError::NotAllocated(_))), "freed twice");
        kernel.stop().finish();
    }

    fn a_held_range_is_never_handed_out_and_never_written(target) {
        let mut kernel = start(target, SMALL, &ideal(4), POLICY);
        kernel.hold_range(Rfn(0), 5).unwrap();
        kernel.hold_range(Rfn(38), 2).unwrap();
        kernel.hold_range(Rfn(20), 1).unwrap();
        assert_eq!(kernel.hold_range(Rfn(39), 2), Err(HoldError::Range));
        assert_eq!(kernel.hold_range(Rfn(7), 0), Err(HoldError::Range));
        assert!(matches!(kernel.hold_range(Rfn(36), 3), Err(HoldError::Frame { rfn: Rfn(38), .. })));
        assert_eq!(kernel.node().query(Rfn(36)), Ok(FrameState::Dirty), "given back");
        let own: BTreeSet<Rfn> = (0..5).chain([20, 38, 39]).map(Rfn).collect();
        let (mine, _) = drain(&mut kernel, true);
        assert!(mine.is_disjoint(&own), "{mine:?}");
        assert_eq!(mine.len(), 40 - own.len());
        for rfn in mine {
            kernel.free(rfn).unwrap();
        }
        rest(&mut kernel);
        let written: BTreeSet<Rfn> = kernel.node().bus().frames_written().into_iter().collect();
        assert!(written.is_disjoint(&own), "{written:?}");
        kernel.stop().finish();
    }

    fn bad_frames_are_all_reported_even_when_several_go_bad_between_two_polls(target) {
        for frames in [vec![2], vec![0, 1, 2, 3, 4, 5], vec![1, 9, 17, 39], (0..40).collect()] {
            let mut kernel = start(target, SMALL, &broken(&frames), POLICY);
            let mut reported = 0;
            for _ in 0..200 {
                let step = kernel.poll().unwrap();
                reported += step.bad;
                // Long enough for the whole queue to turn out bad.
                kernel.node().bus().idle(3000);
                kernel.node().settle();
                let take = if frames.len() == 40 { Err(AllocateError::NoMemory) } else { kernel.allocate_critical() };
                if let Ok(rfn) = take {
                    assert!(!frames.contains(&rfn.0), "{rfn} is broken");
                }
            }
            assert_eq!(reported as usize, frames.len());
            let known: BTreeSet<u32> = kernel.bad_frames().list().iter().map(|rfn| rfn.0).collect();
            let listed = frames.len().min(32);
            assert_eq!(known.len(), listed, "each is listed once");
            assert!(known.iter().all(|rfn| frames.contains(rfn)));
            assert_eq!(kernel.bad_frames().unlisted() as usize, frames.len() - listed);
            assert_eq!(kernel.node().bad(), Ok(frames.len() as u32));
            kernel.stop().finish();
        }
    }

    fn on_demand_goes_on_to_the_next_frame_when_one_turns_out_bad(target) {
        let mut kernel = start(target, SMALL, &broken(&[0, 1]), POLICY);
        let rfn = kernel.allocate_critical().unwrap();
        assert!(rfn.0 >= 2 && kernel.node().bus().is_zero(rfn));
        while kernel.poll().unwrap().more {}
        assert_eq!(kernel.bad_frames().count(), 2);
        kernel.stop().finish();
    }

    fn a_retired_frame_is_never_handed_out_again(target) {
        let mut kernel = start(target, TINY, &ideal(4), PoolPolicy { low: 1, high: 2, reserve: 0 });
        let broken = kernel.allocate().unwrap();
        kernel.retire(broken).unwrap();
        assert!(kernel.retire(broken).is_err());
        let (mine, error) = drain(&mut kernel, true);
        assert_eq!(error, AllocateError::NoMemory);
        assert!(!mine.contains(&broken));
        assert_eq!(mine.len(), 12);
        assert_eq!(kernel.bad_frames().list(), [broken]);
        kernel.stop().finish();
    }

    fn a_restarted_hyperkernel_takes_over_a_running_node_and_loses_nothing(target) {
        let mut kernel = start(target, SMALL, &ideal(30), POLICY);
        kernel.poll().unwrap();
        let mut mine: BTreeSet<Rfn> = (0..5).map(|_| kernel.allocate().unwrap()).collect();
        // A reset of the firmware's hart: what it knew is gone, the node goes on.
        let node = kernel.stop();
        let mut kernel: Kernel = Hyperkernel::start(node, POLICY, Limits::default()).unwrap();
        let (more, error) = drain(&mut kernel, true);
        assert_eq!(error, AllocateError::NoMemory);
        assert!(mine.is_disjoint(&more));
        mine.extend(more);
        assert_eq!(mine.len(), 40);
        kernel.stop().finish();
    }

    fn a_policy_that_contradicts_the_node_is_refused_and_nothing_is_written(target) {
        let cases = [
            (PoolPolicy { low: 5, high: 4, reserve: 0 }, PolicyError::Marks(SettingError::LowAboveHigh { low: 5, high: 4 })),
            (PoolPolicy { low: 3, high: 3, reserve: 0 }, PolicyError::Marks(SettingError::NoHysteresis { mark: 3 })),
            (PoolPolicy { low: 3, high: 33, reserve: 0 }, PolicyError::Marks(SettingError::HighAbovePool { high: 33, pool_depth: 32 })),
            (PoolPolicy { low: 3, high: 8, reserve: 4 }, PolicyError::ReserveAboveLow { reserve: 4, low: 3 }),
        ];
        for (policy, error) in cases {
            let before = target.driver(SMALL, &ideal(4)).snapshot();
            let mut bench = target.bench(SMALL, &ideal(4));
            // The bus is given by reference, so that the node can be looked at afterwards.
            let result = Hyperkernel::<_, 4>::start(Node::probe(&mut bench).unwrap(), policy, Limits::default());
            assert_eq!(result.err(), Some(StartError::Policy(error)));
            let mut driver = Node::probe(bench).unwrap();
            driver.wait_ready(driver.parameters().sweep_cycles()).unwrap();
            assert_eq!(driver.snapshot(), before);
            driver.finish();
        }
    }

    fn an_engine_that_does_not_deliver_is_a_timeout_and_the_frame_is_not_lost(target) {
        let mut kernel = start(target, SMALL, &ideal(4), POLICY);
        kernel.node().disable().unwrap();
        let node = kernel.stop();
        let mut kernel: Kernel =
            Hyperkernel::start(node, POLICY, Limits { wait: 50, ..Limits::default() }).unwrap();
        kernel.node().disable().unwrap();
        assert_eq!(kernel.allocate(), Err(AllocateError::Timeout { polls: 50 }));
        kernel.node().nothing_lost();
        kernel.node().enable().unwrap();
        kernel.node().settle();
        assert!(kernel.allocate_critical().is_ok());
        kernel.stop().finish();
    }
}
