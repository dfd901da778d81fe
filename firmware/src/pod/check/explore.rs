//! Every state that can be reached, by `stateright`.
//!
//! What is bounded: the accesses of each vCPU, and how often something is offered, repeated, delivered twice, or
//! reset. What is not: a packet may come at any later time or never, in any order; the hart may be reset between any
//! two actions.

use std::collections::hash_map::DefaultHasher;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::string::String;
use std::time::Instant;
use std::vec::Vec;
use std::{format, println, vec};

use dormouse_driver::{Gfn, NodeId};
use stateright::{Checker, HasDiscoveries, Model, Property};

use super::super::cost::{Choice, Settings, Strategy};
use super::super::{Config, Event, Patience, Thing, Time, VcpuId};
use super::Fault;
use super::world::{Op, Packet, Rules, World};

const NODES: usize = 3;
const SLOTS: usize = 4;
/// A step has fewer actions than this.
const CRASH_POINTS: usize = 10;

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Budget {
    repeats: u8,
    duplicates: u8,
    crashes: u8,
    offers: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    world: World<NODES, SLOTS>,
    left: Budget,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Deliver(Packet),
    Duplicate(Packet),
    Tick(usize),
    Drained(usize),
    Poll(usize),
    Offer(usize, Thing, NodeId),
}

/// A step, and after how many of its actions the hart is reset.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Move {
    step: Step,
    crash: Option<usize>,
}

/// A case.
#[derive(Clone, Debug)]
struct Case {
    name: &'static str,
    rules: Rules,
    budget: Budget,
    offers: Vec<(usize, Thing, NodeId)>,
    /// Of so many states, one is also asked whether all stalls end from there.
    settle_one_in: u64,
    /// Packets that name a number that is over are delivered all the same, to see that nothing follows.
    try_dead: bool,
}

const PAGE: [Thing; 2] = [Thing::Page(Gfn(0)), Thing::Page(Gfn(1))];
const NOTHING: Budget = Budget {
    repeats: 0,
    duplicates: 0,
    crashes: 0,
    offers: 0,
};

fn case(name: &'static str, scripts: [&[Op]; 2], homes: [usize; 2]) -> Case {
    Case {
        name,
        rules: Rules {
            config: Config {
                me: NodeId(0),
                nodes: NODES as u16,
                pages: 2,
                vcpus: 2,
                fragments: 2,
                replicas: false,
                zero_at_owner: false,
                patience: Patience {
                    first: 1,
                    doublings: 0,
                    silent: u8::MAX,
                    hops: 4,
                },
                cost: Settings {
                    strategy: Strategy::Only(Choice::MovePage),
                    ..Settings::default()
                },
            },
            scripts: scripts.map(Vec::from).into(),
            homes: homes.into(),
            frames: 3,
            merge: true,
            fault: Fault::None,
        },
        budget: NOTHING,
        offers: Vec::new(),
        settle_one_in: 8,
        try_dead: false,
    }
}

impl Model for Case {
    type State = State;
    type Action = Move;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            world: World::new(&self.rules),
            left: self.budget,
        }]
    }

    fn actions(&self, state: &State, moves: &mut Vec<Move>) {
        let mut steps = Vec::new();
        for &packet in &state.world.network {
            steps.push(Step::Deliver(packet));
            if state.left.duplicates > 0 {
                steps.push(Step::Duplicate(packet));
            }
        }
        for at in 0..NODES {
            if state.left.repeats > 0 {
                steps.push(Step::Tick(at));
            }
            if state.world.nodes[at].pod.has_ready() {
                steps.push(Step::Drained(at));
            }
        }
        for vcpu in 0..self.rules.scripts.len() {
            steps.push(Step::Poll(vcpu));
        }
        if state.left.offers > 0 {
            steps.extend(
                self.offers
                    .iter()
                    .map(|&(at, thing, to)| Step::Offer(at, thing, to)),
            );
        }
        for step in steps {
            moves.push(Move {
                step: step.clone(),
                crash: None,
            });
            if state.left.crashes > 0 {
                moves.extend((0..CRASH_POINTS).map(|after| Move {
                    step: step.clone(),
                    crash: Some(after),
                }));
            }
        }
    }

    fn next_state(&self, state: &State, Move { step, crash }: Move) -> Option<State> {
        let mut next = state.clone();
        let State { world, left } = &mut next;
        let rules = &self.rules;
        let now = Time(1);
        if crash.is_some() {
            left.crashes -= 1;
        }
        let done = match &step {
            Step::Deliver(packet) => {
                world.network.retain(|other| other != packet);
                world.deliver(rules, now, packet, crash)
            }
            Step::Duplicate(packet) => {
                left.duplicates -= 1;
                world.deliver(rules, now, packet, crash)
            }
            Step::Tick(at) => {
                left.repeats -= 1;
                Some(world.fire(rules, now, *at, &Event::Tick, 0, crash))
            }
            Step::Drained(at) => Some(world.fire(rules, now, *at, &Event::Drained, 0, crash)),
            Step::Poll(vcpu) => world.poll(rules, now, *vcpu, crash),
            Step::Offer(at, thing, to) => {
                left.offers -= 1;
                let event = Event::Offer {
                    thing: *thing,
                    to: *to,
                    swap: false,
                };
                Some(world.fire(rules, now, *at, &event, 0, crash))
            }
        };
        // There were not so many actions: the same as after all of them.
        if let Some(after) = crash
            && done.is_none_or(|done| done < after)
        {
            return None;
        }
        for node in &mut world.nodes {
            node.pod.forget_time();
        }
        // A broken protocol may well believe a number that is over.
        if rules.fault == Fault::None {
            let all = world.network.clone();
            world.forget_dead();
            if self.try_dead {
                all.iter()
                    .filter(|packet| !world.network.contains(packet))
                    .for_each(|packet| changes_nothing(world, rules, packet));
            }
        }
        let changed = world.nodes != state.world.nodes
            || world.network != state.world.network
            || world.truth != state.world.truth;
        changed.then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "nothing is lost, doubled or stale",
                |_: &Self, state: &State| state.world.broken().is_none(),
            ),
            Property::always(
                "every stall ends when the network delivers again",
                |case: &Self, state: &State| {
                    let sampled = BuildHasherDefault::<DefaultHasher>::default().hash_one(state)
                        % case.settle_one_in
                        == 0;
                    !sampled
                        || state.world.broken().is_some()
                        || state.world.settles(&case.rules, 40)
                },
            ),
            Property::sometimes("all is over", |case: &Self, state: &State| {
                state.world.is_over(&case.rules)
            }),
        ]
    }
}

/// Fails if a packet that was taken out of the network would have made a difference.
fn changes_nothing(world: &World<NODES, SLOTS>, rules: &Rules, packet: &Packet) {
    let mut tried = world.clone();
    tried.deliver(rules, Time(1), packet, None);
    for node in &mut tried.nodes {
        node.pod.forget_time();
    }
    tried.forget_dead();
    assert!(tried == *world, "{packet:?} was believed to be over");
}

/// Explores a case and prints what was seen. Returns the rule that is broken, if one is, and how that came about.
fn explore(case: &Case) -> Option<String> {
    let started = Instant::now();
    let checker = case
        .clone()
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let found = checker
        .discoveries()
        .into_iter()
        .find(|(name, _)| *name != "all is over");
    let states = checker.unique_state_count();
    let Budget {
        repeats,
        duplicates,
        crashes,
        offers,
    } = case.budget;
    println!(
        "pod: {}, {repeats} repeated, {duplicates} twice, {crashes} resets, {offers} offers: {states} states, {} steps, \
         depth {}, {:.1} s",
        case.name,
        checker.state_count(),
        checker.max_depth(),
        started.elapsed().as_secs_f64()
    );
    let broken = found.map(|(name, path)| {
        let rule = path.last_state().world.broken().unwrap_or(name);
        let steps: Vec<_> = path
            .into_actions()
            .iter()
            .map(|step| format!("  {step:?}"))
            .collect();
        format!("{rule}, after\n{}", steps.join("\n"))
    });
    if broken.is_none() {
        assert!(
            checker.discovery("all is over").is_some(),
            "{}: no run comes to its end, so nothing was checked",
            case.name
        );
    }
    broken
}

/// As `cargo xtask test --long` says.
fn is_long() -> bool {
    std::env::var_os("DORMOUSE_LONG").is_some()
}

fn passes(case: &Case) {
    if let Some(broken) = explore(case) {
        panic!("{}: {broken}", case.name);
    }
}

use Op::{Read, Write, Zero};

const VCPU: [Thing; 2] = [Thing::Vcpu(VcpuId(0)), Thing::Vcpu(VcpuId(1))];
const NODE: [NodeId; 3] = [NodeId(0), NodeId(1), NodeId(2)];

const fn budget(repeats: u8, duplicates: u8, crashes: u8, offers: u8) -> Budget {
    Budget {
        repeats,
        duplicates,
        crashes,
        offers,
    }
}

/// Two nodes write a page of the third, which is dormant at first and has contents for the second of them.
fn writers() -> Case {
    Case {
        budget: budget(1, 1, 1, 0),
        ..case("two writers of a page", [&[Write(0)], &[Write(0)]], [1, 2])
    }
}

/// Two nodes take two pages of the third, and one of them the other's page with contents.
fn exchange() -> Case {
    let scripts: [&[Op]; 2] = [&[Write(0)], &[Write(1), Read(0)]];
    case("two pages with contents", scripts, [1, 2])
}

/// A page with contents is offered around while its owner goes on writing it.
fn eviction() -> Case {
    let mut case = case("a page is evicted", [&[Write(0), Write(0)], &[]], [0, 1]);
    case.offers = vec![(0, PAGE[0], NODE[1]), (1, PAGE[0], NODE[2])];
    case
}

/// A node zeroes a page that another one writes.
fn zeroing(zero_at_owner: bool) -> Case {
    let name = if zero_at_owner {
        "a page is zeroed at its owner's"
    } else {
        "a page is taken to be zeroed"
    };
    let mut case = case(name, [&[Write(0), Write(0)], &[Zero(0), Read(0)]], [0, 1]);
    case.rules.config.zero_at_owner = zero_at_owner;
    case
}

/// A vCPU is offered around while it waits for a page.
fn travel() -> Case {
    let mut case = case("a vCPU travels", [&[Write(0), Read(0)], &[]], [1, 0]);
    case.offers = vec![
        (1, VCPU[0], NODE[0]),
        (1, VCPU[0], NODE[2]),
        (2, VCPU[0], NODE[1]),
    ];
    case
}

/// A dormant page is read everywhere and written in one place.
fn copies(home: usize) -> Case {
    let scripts: [&[Op]; 2] = [&[Read(0), Write(0)], &[Read(0), Read(0)]];
    let name = if home == 0 {
        "an owner writes a page that others have copies of"
    } else {
        "a node writes a page that it has a copy of"
    };
    let mut case = case(name, scripts, [home, 2]);
    case.rules.config.replicas = true;
    case
}

/// Both pages are written, one is zeroed, one is offered, and so is a vCPU.
fn everything() -> Case {
    let scripts: [&[Op]; 2] = [&[Write(0), Read(1)], &[Write(1), Zero(0)]];
    let mut case = case("everything", scripts, [1, 2]);
    case.rules.config.zero_at_owner = true;
    case.offers = vec![(1, VCPU[0], NODE[2]), (1, PAGE[0], NODE[0])];
    case
}

fn with(case: Case, budget: Budget) -> Case {
    Case { budget, ..case }
}

// -------------------------------------------------------------------------------- the protocol holds

/// Explores a case within each budget; the long ones take minutes each.
fn holds(case: &Case, short: &[Budget], long: &[Budget]) {
    let long = if is_long() { long } else { &[] };
    for &budget in short.iter().chain(long) {
        passes(&with(case.clone(), budget));
    }
}

#[test]
fn a_page_that_two_nodes_write_is_never_lost_doubled_or_stale() {
    let short = [budget(1, 0, 1, 0), budget(1, 1, 0, 0)];
    holds(&writers(), &short, &[budget(1, 1, 1, 0)]);
}

#[test]
fn pages_with_contents_cross_each_other() {
    let short = [budget(0, 1, 0, 0), budget(0, 0, 1, 0)];
    holds(&exchange(), &short, &[budget(0, 1, 1, 0)]);
}

#[test]
fn an_evicted_page_keeps_its_contents() {
    let short = [budget(1, 0, 0, 2), budget(0, 0, 1, 1)];
    holds(&eviction(), &short, &[budget(0, 1, 1, 2)]);
}

#[test]
fn a_page_is_zeroed_once_and_while_somebody_wants_it() {
    for at_owner in [false, true] {
        let short = [budget(1, 1, 0, 0), budget(0, 0, 1, 0)];
        holds(&zeroing(at_owner), &short, &[budget(1, 0, 1, 0)]);
    }
}

#[test]
fn a_vcpu_is_on_one_node_and_does_each_access_once() {
    let short = [budget(0, 1, 0, 1), budget(0, 0, 1, 1)];
    holds(&travel(), &short, &[]);
}

#[test]
fn copies_are_dropped_before_a_page_is_written() {
    for home in [0, 1] {
        let short = [budget(0, 1, 0, 0), budget(0, 0, 1, 0)];
        let long = [budget(1, 1, 0, 0), budget(1, 0, 1, 0)];
        holds(&copies(home), &short, &long);
    }
}

#[test]
fn two_pages_and_two_vcpus_with_all_kinds_of_accesses_hold() {
    holds(&everything(), &[budget(0, 0, 0, 0)], &[]);
}

#[test]
fn a_packet_whose_number_is_over_changes_nothing() {
    for (case, budget) in [
        (writers(), budget(1, 1, 0, 0)),
        (eviction(), budget(0, 0, 1, 1)),
        (zeroing(true), budget(0, 0, 1, 0)),
        (copies(0), budget(0, 0, 1, 0)),
        (travel(), budget(0, 0, 0, 1)),
    ] {
        let case = Case {
            try_dead: true,
            ..with(case, budget)
        };
        passes(&case);
    }
}

// -------------------------------------------------------------------------------- the checker bites

fn is_found(fault: Fault, mut case: Case, what: &[&str]) {
    case.rules.fault = fault;
    // A broken rule is a better answer than a stall that does not end because of it.
    case.settle_one_in = if fault == Fault::NoReminder {
        1
    } else {
        u64::MAX
    };
    let broken = explore(&case);
    let broken = broken.unwrap_or_else(|| panic!("{fault:?} was not found"));
    println!("pod: {fault:?}: {broken}");
    assert!(
        what.iter().any(|what| broken.starts_with(what)),
        "{fault:?} was found as something else: {broken}"
    );
}

#[test]
fn it_is_found_that_a_frame_is_given_up_before_the_page_is_adopted() {
    is_found(
        Fault::GivenUpEarly,
        with(eviction(), budget(0, 0, 0, 1)),
        &["a page has no owner"],
    );
}

#[test]
fn it_is_found_that_a_context_is_forgotten_before_the_vcpu_is_installed() {
    is_found(
        Fault::GivenUpEarly,
        with(travel(), budget(0, 0, 0, 1)),
        &["a vCPU is lost"],
    );
}

#[test]
fn it_is_found_that_a_late_grant_is_believed() {
    is_found(
        Fault::GrantUnmatched,
        with(
            case(
                "a page goes and comes back",
                [&[Write(0), Write(0)], &[Write(0)]],
                [1, 2],
            ),
            budget(0, 1, 0, 0),
        ),
        &[
            "a page has two owners",
            "a page is dormant that is not zero",
            "stale contents were written to",
        ],
    );
}

#[test]
fn it_is_found_that_a_late_done_is_believed() {
    is_found(
        Fault::DoneUnmatched,
        with(eviction(), budget(1, 1, 0, 2)),
        &["a page has no owner"],
    );
}

#[test]
fn it_is_found_that_a_record_is_written_too_late() {
    is_found(
        Fault::RecordLate,
        with(writers(), budget(0, 0, 1, 0)),
        &["a page has no owner"],
    );
}

#[test]
fn it_is_found_that_a_page_is_zeroed_by_a_request_that_is_over() {
    is_found(
        Fault::ZeroAtOnce,
        with(zeroing(true), budget(1, 1, 0, 0)),
        &["a page was zeroed and nobody wanted that any more"],
    );
}

#[test]
fn it_is_found_that_copies_are_kept_while_a_page_is_written() {
    is_found(
        Fault::CopiesKept,
        with(copies(0), budget(0, 0, 0, 0)),
        &[
            "a page is dormant that is not zero",
            "a dormant page was read that is not zero",
        ],
    );
}

#[test]
fn it_is_found_that_a_stall_never_ends() {
    is_found(
        Fault::NoReminder,
        with(writers(), budget(0, 0, 1, 0)),
        &["every stall ends"],
    );
}
