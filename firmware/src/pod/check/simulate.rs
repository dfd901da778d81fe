//! Larger pods, by chance: many nodes, pages and vCPUs, a network that loses, doubles, delays and reorders, harts that
//! are reset in the middle of anything, nodes that stop answering for a while. A seed stands for one run.

use std::println;
use std::vec::Vec;

use dormouse_driver::{Gfn, NodeId};
use fastrand::Rng;

use super::super::cost::{Choice, Settings, Strategy};
use super::super::message::Levels;
use super::super::{Config, Event, Patience, Statistics, Thing, Time, VcpuId};
use super::Fault;
use super::world::{Op, Rules, Use, World};

const NODES: usize = 16;
const SLOTS: usize = 6;
/// A step has fewer actions than this.
const CRASH_POINTS: usize = 10;
/// Steps of the part in which everything may go wrong.
const STEPS: usize = 600;
/// Rounds in which all stalls have to end when nothing goes wrong any more.
const ROUNDS: usize = 400;

const ENDLESS: &str = "a stall never ends";

type Pod = World<NODES, SLOTS>;

fn rules(rng: &mut Rng) -> Rules {
    let nodes = rng.u16(2..=NODES as u16);
    let pages = rng.u32(1..=24);
    let vcpus = rng.u16(1..=8);
    let scripts = (0..vcpus).map(|_| {
        let op = |_| {
            let page = rng.u32(0..pages);
            match rng.u8(0..8) {
                0..4 => Op::Write(page),
                4..7 => Op::Read(page),
                _ => Op::Zero(page),
            }
        };
        (0..8).map(op).collect()
    });
    let scripts: Vec<Vec<Op>> = scripts.collect();
    let strategies = [
        Strategy::Cheapest,
        Strategy::Only(Choice::MovePage),
        Strategy::Only(Choice::MoveVcpu),
    ];
    Rules {
        config: Config {
            me: NodeId(0),
            nodes,
            pages,
            vcpus,
            fragments: rng.u8(1..=32),
            replicas: rng.bool(),
            zero_at_owner: rng.bool(),
            patience: Patience {
                first: 8,
                doublings: 4,
                silent: 6,
                hops: rng.u8(1..=8),
            },
            cost: Settings {
                strategy: strategies[rng.usize(0..strategies.len())],
                reserve: 1,
                ..Settings::default()
            },
        },
        homes: (0..vcpus)
            .map(|_| rng.usize(0..usize::from(nodes)))
            .collect(),
        scripts,
        // Each node can have all pages, and as many frames as can be reserved at the same time. Or far fewer: then
        // pages have to go elsewhere, and it may be that no node has room for what the guests write.
        frames: if rng.u8(0..4) == 0 {
            rng.usize(2..6)
        } else {
            pages as usize + SLOTS
        },
        merge: false,
        fault: Fault::None,
    }
}

/// Runs a seed.
fn run(seed: u64) -> Result<Statistics, &'static str> {
    let mut rng = Rng::with_seed(seed);
    let rules = rules(&mut rng);
    let nodes = usize::from(rules.config.nodes);
    let mut world = Pod::new(&rules);
    let mut crashes = rng.usize(0..6);
    let mut silent = None;
    let (loss, double) = (rng.f64() * 0.3, rng.f64() * 0.2);
    let mut time = 0;
    for _ in 0..STEPS {
        time += rng.u32(0..4);
        let now = Time(time);
        let crash = (crashes > 0 && rng.u8(0..100) == 0).then(|| {
            crashes -= 1;
            rng.usize(0..CRASH_POINTS)
        });
        if rng.u8(0..100) == 0 {
            silent = rng.bool().then(|| rng.usize(0..nodes));
        }
        let at = rng.usize(0..nodes);
        match rng.u8(0..20) {
            0..12 if !world.network.is_empty() => {
                let place = rng.usize(0..world.network.len());
                let packet = world.network[place];
                if rng.f64() >= double {
                    world.network.swap_remove(place);
                }
                if rng.f64() >= loss && silent != Some(packet.dst()) {
                    world.deliver(&rules, now, &packet, crash);
                }
            }
            12..14 if silent != Some(at) => {
                world.fire(&rules, now, at, &Event::Tick, 0, crash);
            }
            14 => {
                let levels = levels(&world, &rules, at);
                world.fire(&rules, now, at, &Event::Levels(levels), 0, crash);
            }
            15 if rng.u8(0..4) == 0 => {
                let thing = if rng.bool() {
                    Thing::Page(Gfn(rng.u32(0..rules.config.pages)))
                } else {
                    Thing::Vcpu(VcpuId(rng.u16(0..rules.config.vcpus)))
                };
                let to = NodeId(rng.u8(0..nodes as u8));
                let swap = rng.bool();
                world.fire(&rules, now, at, &Event::Offer { thing, to, swap }, 0, crash);
            }
            16..18 => {
                // Nothing resumes as long as a message waits, and that may be long.
                world.fire(&rules, now, at, &Event::Drained, 0, crash);
            }
            _ => {
                world.poll(&rules, now, rng.usize(0..rules.scripts.len()), crash);
            }
        }
        if let Some(broken) = world.broken() {
            return Err(broken);
        }
    }
    let tight = rules.frames < rules.config.pages as usize + SLOTS;
    match settle(&mut world, &rules, time) {
        Err(ENDLESS) if tight => Ok(Statistics::default()),
        result => result,
    }
}

/// Nothing goes wrong any more: all stalls end, and nothing is left on its way.
fn settle(world: &mut Pod, rules: &Rules, mut time: u32) -> Result<Statistics, &'static str> {
    for _ in 0..ROUNDS {
        if let Some(broken) = world.broken() {
            return Err(broken);
        }
        if world.is_over(rules) {
            let mut sum = Statistics::default();
            for node in &world.nodes {
                add(&mut sum, node.pod.statistics());
            }
            return Ok(sum);
        }
        time += 32;
        let now = Time(time);
        for at in 0..world.nodes.len() {
            world.fire(rules, now, at, &Event::Tick, 0, None);
        }
        for vcpu in 0..rules.scripts.len() {
            world.poll(rules, now, vcpu, None);
        }
        let mut most = 10_000;
        while !world.network.is_empty() && most > 0 {
            most -= 1;
            let packet = world.network.remove(0);
            world.deliver(rules, now, &packet, None);
        }
        for at in 0..world.nodes.len() {
            world.fire(rules, now, at, &Event::Drained, 0, None);
        }
    }
    Err(ENDLESS)
}

fn levels(world: &Pod, rules: &Rules, at: usize) -> Levels {
    let frames = &world.nodes[at].hardware.frames;
    let free = frames
        .iter()
        .filter(|frame| frame.state == Use::Free)
        .count();
    Levels {
        sequence: 0,
        zeroed: free as u32,
        left: free as u32,
        frames: rules.frames as u32,
        ports: 4,
    }
}

fn add(sum: &mut Statistics, one: &Statistics) {
    sum.sent += one.sent;
    sum.repeated += one.repeated;
    sum.dormant_taken += one.dormant_taken;
    sum.contents_taken += one.contents_taken;
    sum.vcpus_taken += one.vcpus_taken;
    sum.zeroed_for_others += one.zeroed_for_others;
    sum.copies += one.copies;
    sum.taken_back += one.taken_back;
    sum.forwarded += one.forwarded;
}

fn seeds(first: u64, count: u64) {
    let mut sum = Statistics::default();
    for seed in first..first + count {
        let statistics = run(seed).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        add(&mut sum, &statistics);
    }
    println!(
        "pod: {count} seeds: {} messages, {} repeated",
        sum.sent, sum.repeated
    );
    // A run in which nothing happens shows nothing.
    for (name, count) in [
        ("dormant pages", sum.dormant_taken),
        ("pages with contents", sum.contents_taken),
        ("vCPUs", sum.vcpus_taken),
        ("pages zeroed for others", sum.zeroed_for_others),
        ("copies", sum.copies),
        ("taken back", sum.taken_back),
        ("forwarded", sum.forwarded),
    ] {
        println!("pod: {name}: {count}");
        assert!(count > 0, "in none of the seeds: {name}");
    }
}

#[test]
fn thousands_of_seeds_of_everything_lose_nothing() {
    let long = std::env::var_os("DORMOUSE_LONG").is_some();
    seeds(0, if long { 20_000 } else { 2000 });
}
