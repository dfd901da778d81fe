//! The services for guests against a node made of a few vectors. The same services run on the model and
//! on RTL in `tests/`.

mod common;

use common::{Fake, Outcome};
use dormouse_driver::{
    Caches, CommandError, FrameState, Gfn, Irq, NoCaches, Node, NodeId, PageKind, PageMark,
    PageState, Policy, Port, Resolution, Rfn, Stall, StallKind,
};
use dormouse_firmware::{
    DoorbellError, GuestPolicy, Hyperkernel, Limits, MachineError, Patience, PolicyError,
    PoolPolicy, Pressure, Refusal, Rescue,
};

type Kernel = Hyperkernel<Fake, 4>;

const HOME: NodeId = NodeId(0);

const POOL: PoolPolicy = PoolPolicy {
    low: 4,
    high: 8,
    reserve: 0,
};

const GUEST: GuestPolicy = GuestPolicy {
    hardware: Policy::ELIDE.union(Policy::HW_CONVERT),
    redormant_delay: 77,
    spare: 3,
    tight: 6,
    no_memory: Patience::Fail,
    away: Patience::Fail,
};

/// Firmware converts.
const SLOW: GuestPolicy = GuestPolicy {
    hardware: Policy::ELIDE,
    ..GUEST
};

fn kernel(fake: Fake) -> Kernel {
    let node = Node::probe(fake).expect("a node");
    Hyperkernel::start(node, POOL, Limits::default()).expect("it starts")
}

fn machine(fake: Fake, policy: GuestPolicy) -> Kernel {
    let mut kernel = kernel(fake);
    kernel.start_machine(HOME, policy).expect("it starts");
    kernel
}

fn settle(kernel: &mut Kernel) {
    for _ in 0..300 {
        kernel.poll().expect("a step");
    }
}

fn fake(kernel: &mut Kernel) -> &mut Fake {
    kernel.node().bus()
}

fn ended(kernel: &mut Kernel) -> Vec<(Port, Gfn, Outcome)> {
    std::mem::take(&mut fake(kernel).ended)
}

#[track_caller]
fn all_done(kernel: &mut Kernel, count: usize) {
    let ended = ended(kernel);
    assert_eq!(ended.len(), count);
    for (_, gfn, outcome) in ended {
        assert!(matches!(outcome, Outcome::Done(_)), "page {gfn}");
    }
}

#[test]
fn a_machine_starts_with_every_page_dormant_at_home_and_away_elsewhere() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    assert!(
        fake(&mut kernel)
            .pages
            .iter()
            .all(|page| *page == PageState::Dormant)
    );
    assert_eq!(kernel.node().policy(), Ok(GUEST.hardware));
    assert_eq!(kernel.node().redormant_delay(), Ok(77));
    let irq = kernel.node().enabled_irq().expect("a register");
    assert!(irq.contains(Irq::STALL | Irq::PARITY | Irq::DIRTIED | Irq::POOL_LOW));

    kernel.start_machine(NodeId(3), GUEST).expect("it starts");
    let away = PageState::Away(NodeId(3));
    assert!(fake(&mut kernel).pages.iter().all(|page| *page == away));
}

#[test]
fn a_machine_whose_policy_makes_no_sense_is_refused_and_nothing_is_written() {
    let mut kernel = kernel(Fake::new(40, [32, 4, 16]));
    let before = fake(&mut kernel).registers;
    let spare = GuestPolicy { spare: 40, ..GUEST };
    let frames = 40;
    let error = PolicyError::SpareAboveFrames { spare: 40, frames };
    let refused = Err(MachineError::Policy(error));
    assert_eq!(kernel.start_machine(HOME, spare), refused);
    assert_eq!(kernel.resume_machine(spare), refused);
    let delay = GuestPolicy {
        redormant_delay: 1 << 24,
        ..GUEST
    };
    let error = PolicyError::Delay { cycles: 1 << 24 };
    let refused = Err(MachineError::Policy(error));
    assert_eq!(kernel.start_machine(HOME, delay), refused);
    assert_eq!(fake(&mut kernel).registers, before);
    assert_eq!(kernel.guest_policy(), None);
    let default = GuestPolicy::for_node(kernel.node().parameters());
    assert_eq!(kernel.start_machine(HOME, default), Ok(()));
}

#[test]
fn no_machine_is_started_over_pages_with_contents() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    settle(&mut kernel);
    fake(&mut kernel).write_page(0, 5);
    assert_eq!(kernel.start_machine(HOME, GUEST), Err(MachineError::Mapped));
    kernel
        .doorbell(Gfn(5)..Gfn(6), &mut NoCaches)
        .expect("done");
    fake(&mut kernel).scrubbing = 1;
    let error = kernel.start_machine(HOME, GUEST);
    assert_eq!(error, Err(MachineError::Scrubbing));
    assert_eq!(kernel.start_machine(HOME, GUEST), Ok(()));
}

#[test]
fn guests_never_get_the_spare_frames() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    for gfn in 0..60 {
        settle(&mut kernel);
        fake(&mut kernel).write_page(0, gfn);
    }
    settle(&mut kernel);
    let ended = ended(&mut kernel);
    let (done, failed) = ended.split_at(37);
    assert!(
        done.iter()
            .all(|(_, _, outcome)| matches!(outcome, Outcome::Done(_)))
    );
    assert!(
        failed
            .iter()
            .all(|(_, _, outcome)| *outcome == Outcome::Slverr)
    );
    assert_eq!(failed.len(), 23);
    assert_eq!(kernel.statistics().refused, 23);
    let counts = kernel.node().audit(1).expect("every frame");
    assert_eq!((counts.mapped, counts.dirty), (37, 3));
    assert!(kernel.allocate_critical().is_ok(), "but firmware does");
}

#[test]
fn pressure_rises_as_frames_run_short_and_falls_when_they_come_back() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    let mut seen = Vec::new();
    for gfn in 0..37 {
        settle(&mut kernel);
        let capacity = kernel.capacity().expect("registers");
        assert_eq!((capacity.mapped, capacity.left), (gfn, 37 - gfn));
        seen.push(kernel.poll().expect("a step").pressure);
        assert_eq!(seen.last(), Some(&capacity.pressure));
        fake(&mut kernel).write_page(0, gfn);
    }
    let easy = seen
        .iter()
        .filter(|level| **level == Pressure::Easy)
        .count();
    assert_eq!((seen.is_sorted(), easy), (true, 31));
    let step = kernel.poll().expect("a step");
    assert_eq!(step.pressure, Pressure::Full);
    kernel
        .doorbell(Gfn(0)..Gfn(37), &mut NoCaches)
        .expect("done");
    settle(&mut kernel);
    assert_eq!(kernel.pressure(), Ok(Pressure::Easy));
    assert_eq!(kernel.statistics().doorbells, 37);
    assert_eq!(kernel.capacity().expect("registers").left, 37);
}

#[test]
fn frames_that_were_zeroed_before_the_machine_are_taken_back_until_enough_are_spare() {
    let mut kernel = kernel(Fake::new(40, [64, 4, 16]));
    settle(&mut kernel);
    assert_eq!(kernel.node().dirty(), Ok(0));
    kernel.start_machine(HOME, GUEST).expect("it starts");
    settle(&mut kernel);
    assert_eq!(kernel.node().dirty(), Ok(3));
    assert_eq!(kernel.statistics().trimmed, 3);
    assert_eq!(kernel.capacity().expect("registers").left, 37);
}

#[test]
fn frames_dirtied_by_a_full_queue_are_fed_again() {
    let mut kernel = machine(Fake::new(40, [4, 4, 16]), GUEST);
    for gfn in 0..30 {
        settle(&mut kernel);
        fake(&mut kernel).write_page(0, gfn);
    }
    settle(&mut kernel);
    assert_eq!(kernel.doorbell(Gfn(0)..Gfn(30), &mut NoCaches), Ok(30));
    assert!(
        kernel
            .node()
            .irq()
            .expect("a register")
            .contains(Irq::DIRTIED)
    );
    all_done(&mut kernel, 30);
    for gfn in 0..37 {
        settle(&mut kernel);
        fake(&mut kernel).write_page(1, gfn);
    }
    all_done(&mut kernel, 37);
}

#[test]
fn a_stall_for_want_of_a_frame_is_served_with_a_dirty_one_zeroed_on_demand() {
    // Nothing is ever fed in the background: each write stalls.
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    for gfn in 0..8 {
        fake(&mut kernel).write_page(0, gfn);
        assert_eq!(fake(&mut kernel).stalls.len(), usize::from(gfn == 0));
        if gfn == 0 {
            let step = kernel.on_interrupt().expect("a step");
            assert!(step.irq.contains(Irq::STALL));
            assert_eq!((step.stalls, step.waiting), (1, 0));
        }
        settle(&mut kernel);
    }
    all_done(&mut kernel, 8);
    assert_eq!(kernel.statistics().queued_urgent, 1);
    assert_eq!(kernel.statistics().retried, 1);
}

#[test]
fn a_stall_is_sent_on_when_a_frame_has_come_meanwhile() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    fake(&mut kernel).write_page(0, 1);
    kernel.fill().expect("queued");
    kernel.poll().expect("a step");
    settle(&mut kernel);
    all_done(&mut kernel, 1);
    assert_eq!(kernel.statistics().queued_urgent, 0);
}

#[test]
fn with_patience_a_stall_waits_until_a_page_is_given_back() {
    let policy = GuestPolicy {
        no_memory: Patience::Wait,
        ..GUEST
    };
    let mut kernel = machine(Fake::new(8, [32, 4, 16]), policy);
    for gfn in 0..5 {
        fake(&mut kernel).write_page(0, gfn);
        settle(&mut kernel);
    }
    all_done(&mut kernel, 5);
    for (port, gfn) in [(0, 10), (1, 11)] {
        fake(&mut kernel).write_page(port, gfn);
    }
    settle(&mut kernel);
    let step = kernel.poll().expect("a step");
    assert_eq!((step.stalls, step.waiting, step.more), (0, 2, false));
    assert_eq!(ended(&mut kernel), []);
    kernel
        .doorbell(Gfn(3)..Gfn(5), &mut NoCaches)
        .expect("done");
    settle(&mut kernel);
    all_done(&mut kernel, 2);
}

#[test]
fn without_hardware_conversion_firmware_claims_maps_and_sends_on() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), SLOW);
    settle(&mut kernel);
    for gfn in 0..30 {
        fake(&mut kernel).write_page(gfn % 2, gfn.into());
        settle(&mut kernel);
    }
    all_done(&mut kernel, 30);
    let statistics = *kernel.statistics();
    assert_eq!((statistics.mapped, statistics.retried), (30, 30));
    let counts = kernel.node().audit(1).expect("every frame");
    assert_eq!((counts.mapped, counts.claimed), (30, 0));
    assert_eq!(fake(&mut kernel).command_errors, 0);
}

#[test]
fn without_hardware_conversion_an_empty_pool_is_served_on_demand_with_one_frame() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), SLOW);
    fake(&mut kernel).stuck = true;
    fake(&mut kernel).write_page(0, 9);
    fake(&mut kernel).write_page(1, 9);
    for _ in 0..20 {
        let step = kernel.poll().expect("a step");
        assert_eq!((step.stalls, step.waiting, step.more), (0, 2, true));
    }
    assert_eq!(kernel.statistics().queued_urgent, 1);
    fake(&mut kernel).stuck = false;
    settle(&mut kernel);
    all_done(&mut kernel, 2);
    let counts = kernel.node().audit(1).expect("every frame");
    assert_eq!((kernel.statistics().mapped, counts.mapped), (1, 1));
    assert_eq!(fake(&mut kernel).command_errors, 0);
}

#[test]
fn without_hardware_conversion_an_access_waits_for_frames_that_are_queued() {
    let mut kernel = machine(Fake::new(8, [32, 4, 16]), SLOW);
    fake(&mut kernel).stuck = true;
    assert_eq!(kernel.fill(), Ok(5));
    fake(&mut kernel).write_page(0, 9);
    let step = kernel.poll().expect("a step");
    assert_eq!((step.stalls, step.waiting, step.more), (0, 1, true));
    fake(&mut kernel).stuck = false;
    settle(&mut kernel);
    all_done(&mut kernel, 1);
}

#[test]
fn without_hardware_conversion_and_without_memory_an_access_fails() {
    let mut kernel = machine(Fake::new(8, [32, 4, 16]), SLOW);
    for gfn in 0..7 {
        fake(&mut kernel).write_page(0, gfn);
        settle(&mut kernel);
    }
    let ended = ended(&mut kernel);
    let failed = ended
        .iter()
        .filter(|(_, _, outcome)| *outcome == Outcome::Slverr);
    assert_eq!((ended.len(), failed.count()), (7, 2));
    assert_eq!(kernel.node().dirty(), Ok(3));
}

#[test]
fn a_bad_frame_on_demand_is_followed_by_the_next() {
    for policy in [GUEST, SLOW] {
        let mut node = Fake::new(40, [32, 4, 16]);
        node.broken.extend([0, 1, 2]);
        let mut kernel = machine(node, policy);
        fake(&mut kernel).write_page(0, 9);
        settle(&mut kernel);
        all_done(&mut kernel, 1);
        assert_eq!(kernel.bad_frames().count(), 3);
    }
}

/// Brings the page here.
struct Owner(Vec<(Stall, NodeId)>);
impl Rescue<Fake> for Owner {
    fn no_memory(&mut self, _: &mut Node<Fake>, _: &Stall, _: &GuestPolicy) -> Resolution {
        unreachable!("there is memory")
    }

    fn away(
        &mut self,
        node: &mut Node<Fake>,
        stall: &Stall,
        owner: NodeId,
        policy: &GuestPolicy,
    ) -> Resolution {
        assert_eq!(policy, &GUEST);
        self.0.push((*stall, owner));
        node.mark(stall.gfn, PageMark::Dormant).expect("marked");
        Resolution::Retry
    }
}

#[test]
fn an_access_to_a_page_of_another_node_fails_waits_or_is_rescued() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    settle(&mut kernel);
    let away = PageMark::Away(NodeId(2));
    kernel.node().mark(Gfn(7), away).expect("marked");
    fake(&mut kernel).write_page(0, 7);
    settle(&mut kernel);
    let failed = [(Port(0), Gfn(7), Outcome::Slverr)];
    assert_eq!(ended(&mut kernel), failed);

    let mut owner = Owner(Vec::new());
    fake(&mut kernel).write_page(1, 7);
    let step = kernel.on_interrupt_with(&mut owner).expect("a step");
    assert_eq!(step.stalls, 1);
    let stall = Stall {
        gfn: Gfn(7),
        port: Port(1),
        write: true,
        kind: StallKind::Away,
    };
    assert_eq!(owner.0, [(stall, NodeId(2))]);
    all_done(&mut kernel, 1);
}

#[test]
fn a_rescue_that_frees_a_frame_lets_the_access_go_on() {
    /// Gives page 0 away.
    struct Evict(u32);
    impl Rescue<Fake> for Evict {
        fn no_memory(&mut self, node: &mut Node<Fake>, _: &Stall, _: &GuestPolicy) -> Resolution {
            let rfn = node.unmap(Gfn(self.0), NodeId(1)).expect("a resident page");
            node.queue(rfn).expect("held");
            self.0 += 1;
            Resolution::Retry
        }

        fn away(
            &mut self,
            _: &mut Node<Fake>,
            _: &Stall,
            _: NodeId,
            _: &GuestPolicy,
        ) -> Resolution {
            unreachable!("every page is here")
        }
    }
    for policy in [GUEST, SLOW] {
        let mut evict = Evict(0);
        let mut kernel = machine(Fake::new(8, [32, 4, 16]), policy);
        for gfn in 0..20 {
            fake(&mut kernel).write_page(0, gfn);
            for _ in 0..100 {
                kernel.poll_with(&mut evict).expect("a step");
            }
        }
        all_done(&mut kernel, 20);
        assert_eq!(evict.0, 15);
        assert_eq!(fake(&mut kernel).count(FrameState::Mapped), 5);
    }
}

#[test]
fn a_stall_that_waits_does_not_hold_up_the_others() {
    let policy = GuestPolicy {
        away: Patience::Wait,
        ..SLOW
    };
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), policy);
    settle(&mut kernel);
    let away = PageMark::Away(NodeId(2));
    kernel.node().mark(Gfn(7), away).expect("marked");
    fake(&mut kernel).write_page(0, 7);
    fake(&mut kernel).write_page(1, 8);
    let step = kernel.poll().expect("a step");
    assert_eq!((step.stalls, step.waiting, step.more), (1, 1, false));
    all_done(&mut kernel, 1);
    kernel
        .node()
        .mark(Gfn(7), PageMark::Dormant)
        .expect("marked");
    settle(&mut kernel);
    all_done(&mut kernel, 1);
}

#[test]
fn a_stalled_page_that_turned_bad_is_sent_on_to_its_error() {
    for policy in [GUEST, SLOW] {
        let mut kernel = machine(Fake::new(40, [32, 4, 16]), policy);
        fake(&mut kernel).write_page(0, 7);
        kernel.node().mark(Gfn(7), PageMark::Bad).expect("marked");
        settle(&mut kernel);
        let failed = [(Port(0), Gfn(7), Outcome::Slverr)];
        assert_eq!(ended(&mut kernel), failed);
    }
}

#[test]
fn the_doorbell_says_who_owns_the_page_and_how_far_it_came() {
    struct Lines(Vec<Gfn>);
    impl Caches for Lines {
        fn discard(&mut self, gfn: Gfn) {
            self.0.push(gfn);
        }
    }
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    settle(&mut kernel);
    let away = PageMark::Away(NodeId(9));
    kernel.node().mark(Gfn(2), away).expect("marked");
    kernel.node().mark(Gfn(3), PageMark::Bad).expect("marked");
    fake(&mut kernel).write_page(0, 1);
    let mut caches = Lines(Vec::new());
    let error = |gfn, done, why| Err(DoorbellError { gfn, done, why });
    assert_eq!(
        kernel.doorbell(Gfn(0)..Gfn(5), &mut caches),
        error(Gfn(2), 2, Refusal::Away(NodeId(9)))
    );
    let pages = [0, 0, 1, 1, 2, 2].map(Gfn);
    assert_eq!(caches.0, pages);
    assert_eq!(kernel.node().query_page(Gfn(1)), Ok(PageState::Dormant));
    assert_eq!(
        kernel.doorbell(Gfn(3)..Gfn(4), &mut NoCaches),
        error(Gfn(3), 0, Refusal::Bad)
    );
    assert_eq!(
        kernel.doorbell(Gfn(63)..Gfn(65), &mut NoCaches),
        error(Gfn(64), 1, Refusal::Command(CommandError::Range))
    );
}

#[test]
fn a_page_with_wrong_parity_is_reported_once_and_stays_bad() {
    let mut kernel = machine(Fake::new(40, [32, 4, 16]), GUEST);
    settle(&mut kernel);
    for gfn in [4, 9, 11] {
        fake(&mut kernel).poisoned.insert(gfn);
    }
    fake(&mut kernel).write_page(0, 4);
    let step = kernel.on_interrupt().expect("a step");
    assert!(step.irq.contains(Irq::PARITY));
    assert_eq!(step.parity, 1);
    for gfn in [9, 11, 11] {
        fake(&mut kernel).write_page(1, gfn);
    }
    settle(&mut kernel);
    // Two were met between two steps. The node names the last; the other is met again.
    fake(&mut kernel).write_page(1, 9);
    settle(&mut kernel);
    assert_eq!(kernel.parity_pages(), [Gfn(4), Gfn(11), Gfn(9)]);
    assert_eq!(kernel.parity_count(), 3);
    assert!(fake(&mut kernel).poisoned.is_empty());
    let errors = kernel.node().parity_errors().expect("a register");
    for gfn in [4, 9, 11] {
        fake(&mut kernel).write_page(0, gfn);
        assert_eq!(kernel.node().query_page(Gfn(gfn)), Ok(PageState::Bad));
    }
    assert_eq!(kernel.node().parity_errors(), Ok(errors));
    assert_eq!(kernel.node().irq(), Ok(Irq::empty()));
    let outcomes = ended(&mut kernel);
    assert!(
        outcomes
            .iter()
            .all(|(_, _, outcome)| *outcome == Outcome::Slverr)
    );
}

#[test]
fn a_resumed_machine_keeps_its_pages_and_gives_back_what_was_claimed() {
    let mut kernel = machine(Fake::new(200, [32, 4, 16]), SLOW);
    settle(&mut kernel);
    fake(&mut kernel).write_page(0, 1);
    settle(&mut kernel);
    all_done(&mut kernel, 1);
    // The hart is reset while an access waits and frames are claimed for it.
    fake(&mut kernel).write_page(0, 2);
    for _ in 0..3 {
        kernel.node().claim().expect("a frame");
    }
    let node = kernel.stop();
    let mut kernel: Kernel = Hyperkernel::start(node, POOL, Limits::default()).expect("it starts");
    kernel.resume_machine(SLOW).expect("it is taken over");
    while kernel.poll().expect("a step").more {}
    settle(&mut kernel);
    all_done(&mut kernel, 1);
    assert_eq!(kernel.node().claimed(), Ok(0));
    assert_eq!(kernel.statistics().orphans, 3);
    let resident = kernel.node().query_page(Gfn(1)).expect("a page");
    assert_eq!(resident.kind(), PageKind::Resident);
    assert_eq!(kernel.node().mapped(), Ok(2));
}

#[test]
fn guests_that_write_while_firmware_works_all_come_to_their_end() {
    for policy in [GUEST, SLOW] {
        let mut kernel = machine(Fake::new(50, [8, 4, 16]), policy);
        let begin = fake(&mut kernel).accesses;
        let writes = (0..47).map(|n| (begin + u64::from(n) * 7, Port(n as u8 % 2), Gfn(n)));
        fake(&mut kernel).later = writes.collect();
        settle(&mut kernel);
        all_done(&mut kernel, 47);
        let counts = kernel.node().audit(1).expect("every frame");
        assert_eq!((counts.mapped, counts.dirty), (47, 3));
        let mut frames: Vec<Rfn> = (0..47)
            .map(|gfn| match kernel.node().query_page(Gfn(gfn)) {
                Ok(PageState::Resident(rfn)) => rfn,
                other => panic!("{other:?}"),
            })
            .collect();
        frames.sort();
        frames.dedup();
        assert_eq!(frames.len(), 47);
    }
}
