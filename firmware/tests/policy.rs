//! The pool policy against a node made of a few vectors. The same policy runs on the model and on RTL
//! in `tests/`.

mod common;

use std::collections::HashSet;

use common::Fake;
use dormouse_driver::{CommandError, FrameState, Node, Rfn};
use dormouse_firmware::{
    AllocateError, FreeError, HoldError, Hyperkernel, Limits, PolicyError, PoolPolicy, StartError,
};

const POLICY: PoolPolicy = PoolPolicy {
    low: 8,
    high: 16,
    reserve: 2,
};

fn start(fake: Fake) -> Hyperkernel<Fake, 4> {
    let node = Node::probe(fake).expect("a node");
    Hyperkernel::start(node, POLICY, Limits::default()).expect("it starts")
}

fn settle(hyperkernel: &mut Hyperkernel<Fake, 4>) {
    for _ in 0..1000 {
        hyperkernel.poll().expect("a step");
    }
}

#[test]
fn contradictory_policies_are_refused() {
    let node = || Node::probe(Fake::new(24, [64, 4, 32])).expect("a node");
    let refused = |low, high, reserve| {
        let policy = PoolPolicy { low, high, reserve };
        let start = Hyperkernel::<_, 4>::start(node(), policy, Limits::default());
        match start.err() {
            Some(StartError::Policy(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused(9, 8, 0), PolicyError::Marks(_)));
    assert!(matches!(refused(8, 8, 0), PolicyError::Marks(_)));
    assert!(matches!(refused(8, 33, 0), PolicyError::Marks(_)));
    assert_eq!(
        refused(8, 25, 0),
        PolicyError::HighAboveFrames {
            high: 25,
            frames: 24
        }
    );
    assert_eq!(
        refused(4, 8, 5),
        PolicyError::ReserveAboveLow { reserve: 5, low: 4 }
    );
    let default = PoolPolicy::for_node(node().parameters());
    assert_eq!(default.check(node().parameters()), Ok(()));
}

#[test]
fn the_pool_fills_to_the_high_mark_and_every_frame_is_queued_once() {
    let mut hyperkernel = start(Fake::new(200, [256, 4, 32]));
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.node().pool_level(), Ok(16));
    assert_eq!(hyperkernel.node().dirty(), Ok(0));
    let statistics = *hyperkernel.statistics();
    assert_eq!((statistics.queued, statistics.skipped), (200, 0));
    let fake = hyperkernel.stop().release_bus();
    assert_eq!(fake.command_errors, 0);
}

#[test]
fn a_full_queue_stops_feeding_until_half_of_it_is_gone() {
    let mut hyperkernel = start(Fake::new(200, [16, 4, 32]));
    settle(&mut hyperkernel);
    let level = hyperkernel.node().queue_level().expect("a register");
    assert!((9..=16).contains(&level), "{level}");
    let before = hyperkernel.node().bus().commands;
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.node().bus().commands, before);
    assert_eq!(hyperkernel.node().bus().command_errors, 0);
    // Every frame goes through the pool once.
    let mut seen = HashSet::new();
    for _ in 0..200 {
        assert!(seen.insert(hyperkernel.allocate_critical().expect("a frame")));
        hyperkernel.poll().expect("a step");
    }
    assert_eq!(hyperkernel.allocate(), Err(AllocateError::NoMemory));
}

#[test]
fn an_empty_pool_is_served_on_demand() {
    let mut hyperkernel = start(Fake::new(24, [32, 4, 32]));
    let rfn = hyperkernel.allocate().expect("a frame");
    let statistics = *hyperkernel.statistics();
    assert_eq!(
        (
            statistics.from_pool,
            statistics.on_demand,
            statistics.queued_urgent
        ),
        (0, 1, 1)
    );
    assert_eq!(hyperkernel.node().query(rfn), Ok(FrameState::Held));
}

#[test]
fn the_reserve_is_for_critical_allocations() {
    let mut hyperkernel = start(Fake::new(16, [16, 4, 32]));
    settle(&mut hyperkernel);
    for _ in 0..14 {
        hyperkernel.allocate().expect("a frame");
    }
    assert_eq!(hyperkernel.allocate(), Err(AllocateError::NoMemory));
    hyperkernel
        .allocate_critical()
        .expect("a frame of the reserve");
    hyperkernel
        .allocate_critical()
        .expect("a frame of the reserve");
    assert_eq!(
        hyperkernel.allocate_critical(),
        Err(AllocateError::NoMemory)
    );
}

#[test]
fn an_engine_that_stands_still_is_a_timeout_and_loses_nothing() {
    let mut hyperkernel = start(Fake::new(24, [32, 4, 32]));
    hyperkernel.node().bus().stuck = true;
    let polls = Limits::default().wait;
    assert_eq!(
        hyperkernel.allocate(),
        Err(AllocateError::Timeout { polls })
    );
    hyperkernel.node().bus().stuck = false;
    for _ in 0..24 {
        hyperkernel.allocate_critical().expect("a frame");
    }
    hyperkernel.node().audit(1).expect("every frame");
}

#[test]
fn a_frame_cannot_be_freed_twice() {
    let mut hyperkernel = start(Fake::new(24, [32, 4, 32]));
    let rfn = hyperkernel.allocate().expect("a frame");
    hyperkernel.node().disable().expect("a register");
    assert_eq!(hyperkernel.free(rfn), Ok(()));
    assert_eq!(
        hyperkernel.free(rfn),
        Err(FreeError::NotAllocated(FrameState::Queued))
    );
    let range = FreeError::Command(CommandError::Range);
    assert_eq!(hyperkernel.free(Rfn(24)), Err(range));
}

#[test]
fn a_frame_freed_into_a_full_queue_comes_back() {
    let mut hyperkernel = start(Fake::new(40, [4, 4, 32]));
    let frames: Vec<_> = (0..8)
        .map(|_| hyperkernel.allocate_critical().expect("a frame"))
        .collect();
    hyperkernel.node().disable().expect("a register");
    for &rfn in &frames {
        hyperkernel.free(rfn).expect("taken back");
    }
    assert_eq!(
        (
            hyperkernel.statistics().freed,
            hyperkernel.statistics().freed_dirty
        ),
        (4, 4)
    );
    hyperkernel.node().enable().expect("a register");
    let mut seen = HashSet::new();
    for _ in 0..40 {
        hyperkernel.poll().expect("a step");
        seen.insert(hyperkernel.allocate_critical().expect("a frame"));
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn held_ranges_are_never_queued_and_never_freed() {
    let mut hyperkernel = start(Fake::new(40, [64, 4, 32]));
    hyperkernel.hold_range(Rfn(4), 8).expect("held");
    assert_eq!(hyperkernel.hold_range(Rfn(39), 2), Err(HoldError::Range));
    assert_eq!(
        hyperkernel.hold_range(Rfn(u32::MAX), 2),
        Err(HoldError::Range)
    );
    let error = CommandError::State(FrameState::Held);
    let rfn = Rfn(4);
    assert_eq!(
        hyperkernel.hold_range(Rfn(2), 3),
        Err(HoldError::Frame { rfn, error })
    );
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.node().query(Rfn(2)), Ok(FrameState::Zeroed));
    for rfn in 4..12 {
        assert_eq!(hyperkernel.node().query(Rfn(rfn)), Ok(FrameState::Held));
        assert_eq!(hyperkernel.free(Rfn(rfn)), Err(FreeError::Reserved));
    }
    assert_eq!(hyperkernel.statistics().queued, 32);
}

#[test]
fn one_bad_frame_is_reported_without_a_search() {
    let mut fake = Fake::new(40, [64, 4, 32]);
    fake.broken.insert(3);
    let mut hyperkernel = start(fake);
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.bad_frames().list(), [Rfn(3)]);
    assert_eq!(hyperkernel.statistics().scans, 0);
}

#[test]
fn bad_frames_that_come_together_are_all_found() {
    let mut fake = Fake::new(300, [512, 4, 32]);
    fake.broken.extend([3, 4, 5]);
    let mut hyperkernel = start(fake);
    // Nobody looks while they become bad.
    hyperkernel.fill().expect("queued");
    for _ in 0..100 {
        hyperkernel.node().status().expect("a register");
    }
    assert_eq!(hyperkernel.node().bad(), Ok(3));
    settle(&mut hyperkernel);
    let mut list = hyperkernel.bad_frames().list().to_vec();
    list.sort();
    assert_eq!(list, [Rfn(3), Rfn(4), Rfn(5)]);
    assert!(hyperkernel.statistics().scans > 0);
}

#[test]
fn more_bad_frames_than_the_list_holds_are_counted() {
    let mut fake = Fake::new(40, [64, 4, 32]);
    fake.broken.extend(0..9);
    let mut hyperkernel = start(fake);
    settle(&mut hyperkernel);
    let bad = hyperkernel.bad_frames();
    assert_eq!((bad.count(), bad.list().len(), bad.unlisted()), (9, 4, 5));
    assert!(!hyperkernel.poll().expect("a step").more);
}

#[test]
fn an_allocation_survives_bad_frames() {
    let mut fake = Fake::new(40, [64, 4, 32]);
    fake.broken.extend([0, 1]);
    let mut hyperkernel = start(fake);
    assert_eq!(hyperkernel.allocate(), Ok(Rfn(2)));
}

#[test]
fn a_node_of_bad_frames_is_no_memory() {
    let mut fake = Fake::new(4, [64, 4, 32]);
    fake.broken.extend(0..4);
    let policy = PoolPolicy {
        low: 1,
        high: 2,
        reserve: 0,
    };
    let node = Node::probe(fake).expect("a node");
    let mut hyperkernel =
        Hyperkernel::<_, 4>::start(node, policy, Limits::default()).expect("it starts");
    assert_eq!(hyperkernel.allocate(), Err(AllocateError::NoMemory));
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.allocate(), Err(AllocateError::NoMemory));
    assert_eq!(hyperkernel.bad_frames().count(), 4);
}

#[test]
fn a_hyperkernel_that_starts_late_asks_before_it_queues() {
    let mut hyperkernel = start(Fake::new(40, [16, 4, 32]));
    settle(&mut hyperkernel);
    let rfn = hyperkernel.allocate().expect("a frame");
    let node = hyperkernel.stop();
    let mut hyperkernel =
        Hyperkernel::<_, 4>::start(node, POLICY, Limits::default()).expect("it starts");
    settle(&mut hyperkernel);
    assert_eq!(hyperkernel.free(rfn), Ok(()));
    let fake = hyperkernel.stop().release_bus();
    // Only freeing into a full queue, which nobody asks about before.
    assert!(fake.command_errors <= 1, "{}", fake.command_errors);
}
