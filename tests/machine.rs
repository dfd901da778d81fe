//! A machine of vCPUs, served by the hyperkernel, on every target.

#[macro_use]
mod common;

use common::{Bench, Build, Extra, Target, ideal};
use dormouse_driver::{
    FrameState, Gfn, Irq, NoCaches, Node, NodeId, PageKind, PageMark, PageState, Policy,
    Resolution, Rfn, Stall,
};
use dormouse_firmware::{
    DoorbellError, GuestPolicy, Hyperkernel, Limits, MachineError, Patience, PoolPolicy, Pressure,
    Refusal, Rescue,
};
use dormouse_testbench::{
    memory::{Access, ErrorKind, FaultRange, Faults, MemorySpec, StoreOnError},
    vcpu::{Op, VcpuParams},
};

/// 13 frames, 11 pages, 2 ports, queue of 4, pool of 4.
const TINY: &str = "tiny";
/// 40 frames, 50 pages, 3 ports, queue of 16, pool of 32; node 255.
const SMALL: &str = "tiny_128";

type Kernel = Hyperkernel<Bench>;

const POOL: PoolPolicy = PoolPolicy {
    low: 2,
    high: 4,
    reserve: 0,
};

const GUEST: GuestPolicy = GuestPolicy {
    hardware: Policy::ELIDE
        .union(Policy::DETECT)
        .union(Policy::HW_CONVERT),
    redormant_delay: 64,
    spare: 3,
    tight: 8,
    no_memory: Patience::Fail,
    away: Patience::Fail,
};

/// Firmware converts.
const SLOW: GuestPolicy = GuestPolicy {
    hardware: Policy::ELIDE.union(Policy::DETECT),
    ..GUEST
};

fn kernel(target: Target, set: &str, memory: &MemorySpec) -> Kernel {
    let node = target.guests(set, memory, &VcpuParams::default());
    let mut kernel = Hyperkernel::start(node, POOL, Limits::default()).unwrap();
    // Nothing in memory is zero by chance.
    for rfn in 0..kernel.node().parameters().real_frames {
        kernel.node().bus().dirty(Rfn(rfn));
    }
    kernel
}

fn machine(target: Target, set: &str, memory: &MemorySpec, policy: GuestPolicy) -> Kernel {
    let mut kernel = kernel(target, set, memory);
    let home = NodeId(kernel.node().parameters().node_id);
    kernel.start_machine(home, policy).unwrap();
    kernel
}

fn done(kernel: &mut Kernel) -> bool {
    kernel.node().bus().0.guests.done()
}

/// Calls `step` until every vCPU has ended its program.
#[track_caller]
fn until_done(kernel: &mut Kernel, mut step: impl FnMut(&mut Kernel)) {
    for _ in 0..20_000 {
        step(kernel);
        if done(kernel) {
            return;
        }
        // Leaves the registers to others now and then: doorbells go that way.
        kernel.node().bus().idle(8);
    }
    let stall = kernel.node().stall();
    panic!("the guests do not come to their end; stall: {stall:?}");
}

/// Serves until every vCPU has ended its program.
#[track_caller]
fn serve(kernel: &mut Kernel) {
    until_done(kernel, |kernel| {
        kernel.poll().unwrap();
    });
}

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

fn errors(kernel: &mut Kernel) -> u64 {
    let ports = kernel.node().bus().0.guests.vcpus.len();
    (0..ports)
        .map(|port| kernel.node().bus().errors(port))
        .sum()
}

/// Checks pages and frames at the end, and that guests never had a spare frame.
#[track_caller]
fn finish(mut kernel: Kernel) {
    rest(&mut kernel);
    let spare = kernel.guest_policy().unwrap().spare;
    assert!(kernel.node().dirty().unwrap() >= spare);
    let mut node = kernel.stop();
    node.pages_are_right();
    node.finish();
}

/// Writes to each page, reads it back, reads a page that nobody writes to, and gives every third back.
fn program(bench: &Bench, pages: std::ops::Range<u32>, seed: u64) -> Vec<Op> {
    pages
        .flat_map(|gfn| {
            let back = match gfn % 6 {
                0 => Op::Doorbell { gfn },
                3 => bench.clear(gfn),
                _ => Op::Delay(30),
            };
            [
                bench.load(gfn),
                bench.store(gfn, 0),
                bench.store(gfn, seed << 32 | u64::from(gfn) | 1 << 31),
                Op::Delay(100),
                bench.load(gfn),
                back,
                bench.load(gfn),
            ]
        })
        .collect()
}

on_every_backend! {
    fn guests_get_their_memory_with_hardware_conversion_and_without(target) {
        for (policy, set, pages) in [(GUEST, TINY, 4), (SLOW, TINY, 4), (GUEST, SMALL, 11), (SLOW, SMALL, 11)] {
            let mut kernel = machine(target, set, &ideal(20), policy);
            let ports = kernel.node().bus().0.guests.vcpus.len();
            for port in 0..ports {
                let first = port as u32 * pages;
                let bench = kernel.node().bus();
                let program = program(bench, first..first + pages, port as u64);
                bench.run(port, &program);
            }
            serve(&mut kernel);
            assert_eq!(errors(&mut kernel), 0);
            let counters = kernel.node().gate_counters().unwrap();
            let statistics = *kernel.statistics();
            let written = ports as u32 * pages;
            let converted = counters.fast_conversions + counters.demand_conversions;
            assert_eq!(converted + statistics.mapped, written);
            assert_eq!(converted > 0, policy == GUEST);
            assert_eq!(counters.stalls, statistics.retried + statistics.refused);
            assert_eq!(statistics.refused, 0);
            kernel.node().bus().idle(1000);
            finish(kernel);
        }
    }

    fn guests_get_all_frames_but_the_spare_ones_and_then_errors(target) {
        for policy in [GUEST, SLOW] {
            let mut kernel = machine(target, SMALL, &ideal(4), policy);
            let bench = kernel.node().bus();
            let program: Vec<Op> = (0..50).flat_map(|gfn| [bench.store(gfn, 7), Op::Fence]).collect();
            bench.run(1, &program);
            let mut highest = Pressure::Easy;
            until_done(&mut kernel, |kernel| {
                highest = highest.max(kernel.poll().unwrap().pressure);
            });
            assert_eq!(highest, Pressure::Full);
            assert_eq!(errors(&mut kernel), 13);
            assert_eq!(kernel.statistics().refused, 13);
            let counts = kernel.node().nothing_lost();
            assert_eq!((counts.mapped, counts.dirty), (37, 3));
            assert_eq!(kernel.capacity().unwrap().left, 0);
            assert!(kernel.allocate_critical().is_ok(), "firmware has its spare frames");
            let node = kernel.stop();
            node.finish();
        }
    }

    fn with_patience_a_guest_waits_until_another_gives_a_page_back(target) {
        for hardware in [GUEST.hardware, SLOW.hardware] {
            let policy = GuestPolicy { hardware, no_memory: Patience::Wait, spare: 9, ..GUEST };
            let mut kernel = machine(target, TINY, &ideal(4), policy);
            let bench = kernel.node().bus();
            let needs: Vec<Op> = (0..6).map(|gfn| bench.store(gfn, 5)).collect();
            let gives: Vec<Op> = [Op::Delay(30_000)].into_iter().chain((0..2).map(|gfn| Op::Doorbell { gfn })).collect();
            bench.run(0, &needs);
            bench.run(1, &gives);
            let mut waited = 0;
            while kernel.node().bus().0.cycle() < 30_000 {
                let step = kernel.poll().unwrap();
                kernel.node().bus().idle(8);
                waited += step.waiting;
                assert!(!done(&mut kernel));
            }
            assert!(waited > 0);
            serve(&mut kernel);
            assert_eq!(errors(&mut kernel), 0);
            assert_eq!(kernel.node().mapped(), Ok(4));
            finish(kernel);
        }
    }

    fn a_stall_raises_the_interrupt_and_one_step_serves_it(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        let bench = kernel.node().bus();
        let store = [bench.store(3, 1)];
        bench.run(0, &store);
        bench.until(200, dormouse_testbench::system::System::irq);
        let step = kernel.on_interrupt().unwrap();
        assert!(step.irq.contains(Irq::STALL));
        assert_eq!((step.stalls, step.waiting), (1, 0));
        kernel.node().bus().until_done(2000);
        assert_eq!(kernel.statistics().queued_urgent, 1);
        finish(kernel);
    }

    fn a_hart_that_is_reset_while_guests_wait_takes_the_machine_over(target) {
        for policy in [GUEST, SLOW] {
            let mut kernel = machine(target, SMALL, &ideal(20), policy);
            for port in 0..3 {
                let first = port as u32 * 10;
                let bench = kernel.node().bus();
                let program = program(bench, first..first + 10, port as u64);
                bench.run(port, &program);
            }
            let mut resets = 0;
            let mut orphans = 0;
            while resets < 20 {
                for _ in 0..3 {
                    kernel.poll().unwrap();
                }
                resets += 1;
                // What it knew is gone. It may have been about to map a frame.
                if kernel.node().pool_level().unwrap() > 0 && kernel.node().claim().is_ok() {
                    orphans += 1;
                }
                kernel = Hyperkernel::start(kernel.stop(), POOL, Limits::default()).unwrap();
                kernel.resume_machine(policy).unwrap();
                for _ in 0..100 {
                    kernel.poll().unwrap();
                    kernel.node().bus().idle(8);
                }
                assert_eq!(kernel.node().claimed(), Ok(0));
            }
            serve(&mut kernel);
            assert!(orphans > 0);
            assert_eq!(errors(&mut kernel), 0);
            finish(kernel);
        }
    }

    fn a_page_with_wrong_parity_is_reported_and_the_guest_gets_errors_until_it_is_marked(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        rest(&mut kernel);
        kernel.node().mark(Gfn(2), PageMark::Poison).unwrap();
        kernel.node().mark(Gfn(5), PageMark::Poison).unwrap();
        let bench = kernel.node().bus();
        let both = [bench.load(2), bench.store(5, 1), bench.store(6, 1)];
        bench.run(0, &both);
        serve(&mut kernel);
        for _ in 0..4 {
            let bench = kernel.node().bus();
            bench.run(0, &both);
            serve(&mut kernel);
        }
        let mut pages = kernel.parity_pages().to_vec();
        pages.sort();
        assert_eq!(pages, [Gfn(2), Gfn(5)]);
        assert_eq!(kernel.parity_count(), 2);
        assert_eq!(errors(&mut kernel), 10);
        for gfn in [2, 5].map(Gfn) {
            assert_eq!(kernel.node().query_page(gfn), Ok(PageState::Bad));
            kernel.node().mark(gfn, PageMark::Dormant).unwrap();
        }
        let bench = kernel.node().bus();
        bench.run(0, &both);
        serve(&mut kernel);
        assert_eq!(errors(&mut kernel), 10);
        finish(kernel);
    }

    // One bad tag never keeps a frame, nor the marks of all pages.
    fn the_frame_of_a_page_with_wrong_parity_is_found_and_zeroed_again(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        rest(&mut kernel);
        let rfn = kernel.node().claim().unwrap();
        kernel.node().map(Gfn(5), rfn).unwrap();
        kernel.node().mark(Gfn(5), PageMark::Poison).unwrap();
        let load = [kernel.node().bus().load(5)];
        kernel.node().bus().run(0, &load);
        serve(&mut kernel);
        assert_eq!(errors(&mut kernel), 1);
        rest(&mut kernel);
        assert_eq!(kernel.parity_pages(), [Gfn(5)]);
        assert_eq!(kernel.statistics().reclaimed, 1);
        assert_eq!(kernel.node().mapped(), Ok(0));
        // It is among those to be zeroed, at the latest when the pool wants one.
        let supply = [FrameState::Dirty, FrameState::Queued, FrameState::Zeroed];
        assert!(supply.contains(&kernel.node().query(rfn).unwrap()));
        kernel.node().mark(Gfn(5), PageMark::Dormant).unwrap();
        kernel.node().mark_all(PageMark::Dormant).unwrap();
        finish(kernel);
    }

    fn an_access_to_a_page_of_another_node_fails_unless_the_page_is_brought_here(target) {
        struct Owner(u32);
        impl Rescue<Bench> for Owner {
            fn no_memory(&mut self, _: &mut Node<Bench>, stall: &Stall, _: &GuestPolicy) -> Resolution {
                panic!("there is memory for {stall:?}")
            }

            fn away(&mut self, node: &mut Node<Bench>, stall: &Stall, owner: NodeId, _: &GuestPolicy) -> Resolution {
                assert_eq!(owner, NodeId(9));
                node.mark(stall.gfn, PageMark::Dormant).unwrap();
                self.0 += 1;
                Resolution::Retry
            }
        }
        let mut kernel = kernel(target, SMALL, &ideal(4));
        kernel.start_machine(NodeId(9), GUEST).unwrap();
        let bench = kernel.node().bus();
        let accesses = [bench.load(20), bench.store(20, 3), bench.load(21)];
        bench.run(2, &accesses);
        serve(&mut kernel);
        assert_eq!(errors(&mut kernel), 3);
        kernel.node().bus().run(2, &accesses);
        let mut owner = Owner(0);
        until_done(&mut kernel, |kernel| {
                kernel.poll_with(&mut owner).unwrap();
            });
        assert_eq!(errors(&mut kernel), 3);
        assert!((2..=3).contains(&owner.0), "{}", owner.0);
        assert_eq!(kernel.node().query_page(Gfn(22)), Ok(PageState::Away(NodeId(9))));
        finish(kernel);
    }

    fn a_page_can_be_given_away_to_make_room_for_another(target) {
        /// Moves pages out, from page 0 on.
        struct Evict(u32);
        impl Rescue<Bench> for Evict {
            fn no_memory(&mut self, node: &mut Node<Bench>, _: &Stall, _: &GuestPolicy) -> Resolution {
                let rfn = node.unmap(Gfn(self.0), NodeId(1)).unwrap();
                node.queue(rfn).unwrap();
                self.0 += 1;
                Resolution::Retry
            }

            fn away(&mut self, _: &mut Node<Bench>, stall: &Stall, _: NodeId, _: &GuestPolicy) -> Resolution {
                panic!("nobody comes back to {stall:?}")
            }
        }
        for policy in [GUEST, SLOW] {
            let mut kernel = machine(target, TINY, &ideal(4), GuestPolicy { spare: 6, ..policy });
            let bench = kernel.node().bus();
            let program: Vec<Op> = (0..11).flat_map(|gfn| [bench.store(gfn, 7), Op::Fence]).collect();
            bench.run(0, &program);
            let mut evict = Evict(0);
            until_done(&mut kernel, |kernel| {
                kernel.poll_with(&mut evict).unwrap();
            });
            assert_eq!(errors(&mut kernel), 0);
            assert_eq!((evict.0, kernel.node().mapped()), (4, Ok(7)));
            finish(kernel);
        }
    }

    fn firmware_rings_the_doorbell_for_a_range_and_hears_who_owns_the_page(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        let bench = kernel.node().bus();
        let program: Vec<Op> = (0..5).map(|gfn| bench.store(gfn, 7)).collect();
        bench.run(0, &program);
        serve(&mut kernel);
        kernel.node().mark(Gfn(6), PageMark::Away(NodeId(4))).unwrap();
        kernel.node().mark(Gfn(8), PageMark::Bad).unwrap();
        let stopped = |gfn, done, why| Err(DoorbellError { gfn: Gfn(gfn), done, why });
        let result = kernel.doorbell(Gfn(3)..Gfn(9), &mut NoCaches);
        assert_eq!(result, stopped(6, 3, Refusal::Away(NodeId(4))));
        assert_eq!(kernel.doorbell(Gfn(8)..Gfn(9), &mut NoCaches), stopped(8, 0, Refusal::Bad));
        assert_eq!(kernel.node().mapped(), Ok(3));
        assert_eq!(kernel.node().query_page(Gfn(3)), Ok(PageState::Dormant));
        rest(&mut kernel);
        kernel.stop().finish();
    }

    fn a_machine_does_not_start_over_pages_with_contents(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        let home = NodeId(0);
        let bench = kernel.node().bus();
        let store = [bench.store(3, 1)];
        bench.run(0, &store);
        serve(&mut kernel);
        assert_eq!(kernel.start_machine(home, GUEST), Err(MachineError::Mapped));
        assert_eq!(kernel.node().query_page(Gfn(3)).unwrap().kind(), PageKind::Resident);
        kernel.node().ring(3).unwrap();
        rest(&mut kernel);
        kernel.start_machine(home, GUEST).unwrap();
        finish(kernel);
    }

    fn broken_frames_cost_guests_errors_at_most_and_the_spare_ones_stay(target) {
        let range = |rfn: u64| FaultRange {
            start: rfn << 12,
            bytes: 4096,
            error: ErrorKind::Slverr,
            access: Access::Write,
            times: None,
        };
        let faults = Faults {
            ranges: [1, 2, 7, 19, 20, 21, 33].map(range).to_vec(),
            store_on_error: StoreOnError::Never,
            ..Faults::default()
        };
        let memory = MemorySpec::Faulty { faults, memory: Box::new(ideal(10)) };
        for policy in [GUEST, SLOW] {
            let mut kernel = machine(target, SMALL, &memory, policy);
            let bench = kernel.node().bus();
            let program: Vec<Op> = (0..40).flat_map(|gfn| [bench.store(gfn, 7), Op::Fence, bench.load(gfn)]).collect();
            bench.run(0, &program);
            serve(&mut kernel);
            rest(&mut kernel);
            assert_eq!(kernel.bad_frames().count(), 7);
            let counts = kernel.node().nothing_lost();
            assert_eq!(counts.bad, 7);
            // 40 frames, of which 7 are bad and 3 spare.
            assert_eq!(counts.dirty, 3);
            assert!(counts.mapped <= 30);
            // A guest that waits for the very frame gets an error; the page stays dormant.
            assert!(errors(&mut kernel) >= 10);
            finish(kernel);
        }
    }

    fn frames_that_find_the_queue_full_are_fed_again(target) {
        let mut kernel = machine(target, TINY, &ideal(4), GUEST);
        for round in 0..6 {
            let bench = kernel.node().bus();
            let stores: Vec<Op> = (0..9).map(|gfn| bench.store(gfn, 1 + round)).collect();
            bench.run(0, &stores);
            serve(&mut kernel);
            assert_eq!(kernel.node().mapped(), Ok(9));
            // Nobody takes from the queue of four.
            kernel.node().disable().unwrap();
            for gfn in 0..9 {
                kernel.node().ring(gfn).unwrap();
            }
            kernel.node().settle();
            assert!(kernel.node().irq().unwrap().contains(Irq::DIRTIED));
            kernel.node().enable().unwrap();
        }
        assert_eq!(errors(&mut kernel), 0);
        finish(kernel);
    }

    fn frames_zeroed_before_the_machine_was_started_count_for_it(target) {
        let mut kernel = kernel(target, TINY, &ideal(4));
        // Takes whatever is zeroed, so that all becomes so.
        for _ in 0..9 {
            rest(&mut kernel);
            kernel.allocate_critical().unwrap();
        }
        rest(&mut kernel);
        assert_eq!((kernel.node().dirty(), kernel.node().pool_level()), (Ok(0), Ok(3)));
        let policy = GuestPolicy { spare: 2, ..GUEST };
        kernel.start_machine(NodeId(0), policy).unwrap();
        rest(&mut kernel);
        kernel.node().settle();
        assert_eq!((kernel.node().dirty(), kernel.node().pool_level()), (Ok(2), Ok(2)));
        assert_eq!(kernel.statistics().trimmed, 2);
        for rfn in 0..13 {
            if kernel.node().query(Rfn(rfn)) == Ok(FrameState::Held) {
                kernel.free(Rfn(rfn)).unwrap();
            }
        }
        finish(kernel);
    }
}
