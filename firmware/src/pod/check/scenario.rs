//! Single stories: what each exchange is for, and what it costs.

use std::vec;
use std::vec::Vec;

use dormouse_driver::{Gfn, NodeId, PageState};

use super::super::cost::{Choice, Settings, Strategy};
use super::super::message::{Body, Levels};
use super::super::{Config, Event, Mode, Patience, Thing, Time, VcpuId};
use super::Fault;
use super::world::{Guest, Op, Packet, Rules, Use, World};

type Pod = World<3, 4>;

fn rules(scripts: &[&[Op]], homes: &[usize]) -> Rules {
    Rules {
        config: Config {
            me: NodeId(0),
            nodes: 3,
            pages: 4,
            vcpus: scripts.len() as u16,
            fragments: 25,
            replicas: false,
            zero_at_owner: true,
            patience: Patience::default(),
            cost: Settings {
                strategy: Strategy::Only(Choice::MovePage),
                reserve: 1,
                ..Settings::default()
            },
        },
        scripts: scripts.iter().map(|script| script.to_vec()).collect(),
        homes: homes.to_vec(),
        frames: 4,
        merge: false,
        fault: Fault::None,
    }
}

/// The network delivers, in order, and nobody repeats anything. Returns all that travelled.
fn deliver(world: &mut Pod, rules: &Rules) -> Vec<Packet> {
    let now = Time(0);
    let mut travelled = Vec::new();
    loop {
        while !world.network.is_empty() {
            let packet = world.network.remove(0);
            world.deliver(rules, now, &packet, None);
            travelled.push(packet);
            assert_eq!(world.broken(), None);
        }
        for at in 0..world.nodes.len() {
            world.fire(rules, now, at, &Event::Drained, 0, None);
        }
        if world.network.is_empty() {
            return travelled;
        }
    }
}

fn act(world: &mut Pod, rules: &Rules, vcpu: usize) -> Vec<Packet> {
    world.poll(rules, Time(0), vcpu, None);
    deliver(world, rules)
}

fn offer(
    world: &mut Pod,
    rules: &Rules,
    at: usize,
    thing: Thing,
    to: u8,
    swap: bool,
) -> Vec<Packet> {
    let to = NodeId(to);
    world.fire(
        rules,
        Time(0),
        at,
        &Event::Offer { thing, to, swap },
        0,
        None,
    );
    deliver(world, rules)
}

fn tag(world: &Pod, at: usize, page: usize) -> PageState {
    world.nodes[at].hardware.tags[page]
}

fn bodies(packets: &[Packet]) -> Vec<&'static str> {
    let names = packets.iter().map(|packet| match packet {
        Packet::Stream { .. } => "contents",
        Packet::Message(message, _) => match message.body {
            Body::Offer { .. } => "offer",
            Body::Want { .. } => "want",
            Body::Grant { .. } => "grant",
            Body::Moved { .. } => "moved",
            Body::Done { .. } => "done",
            Body::Closed { .. } => "closed",
            Body::Fragment { .. } => "fragment",
            _ => "other",
        },
    });
    names.collect()
}

#[test]
fn a_dormant_page_costs_one_message_each_way_and_no_contents() {
    let rules = rules(&[&[Op::Read(0)]], &[1]);
    let mut world = Pod::new(&rules);
    let travelled = act(&mut world, &rules, 0);
    assert_eq!(bodies(&travelled), ["want", "grant", "done", "closed"]);
    assert_eq!(
        (tag(&world, 0, 0), tag(&world, 1, 0)),
        (PageState::Away(NodeId(1)), PageState::Dormant)
    );
    assert!(world.is_over(&rules));
}

#[test]
fn a_page_with_contents_brings_them_once_and_its_frame_is_given_up_last() {
    let rules = rules(&[&[Op::Write(0)], &[Op::Read(0)]], &[0, 1]);
    let mut world = Pod::new(&rules);
    act(&mut world, &rules, 0);
    world.poll(&rules, Time(0), 1, None);
    for kind in ["want", "contents"] {
        let held = world.nodes[0]
            .hardware
            .frames
            .iter()
            .filter(|frame| frame.state != Use::Free)
            .count();
        assert_eq!(held, 1);
        let packet = world.network.remove(0);
        assert_eq!(bodies(&[packet]), [kind]);
        world.deliver(&rules, Time(0), &packet, None);
    }
    // It is adopted, and still the giver keeps its frame.
    assert!(matches!(tag(&world, 1, 0), PageState::Resident(_)));
    assert!(
        world.nodes[0]
            .hardware
            .frames
            .iter()
            .any(|frame| frame.state == Use::Held)
    );
    assert_eq!(bodies(&deliver(&mut world, &rules)), ["done", "closed"]);
    assert!(
        world.nodes[0]
            .hardware
            .frames
            .iter()
            .all(|frame| frame.state == Use::Free)
    );
    assert!(world.is_over(&rules));
}

#[test]
fn a_page_of_another_node_is_zeroed_there_by_a_message_claims_17_and_18() {
    let rules = rules(&[&[Op::Write(0)], &[Op::Zero(0)]], &[0, 1]);
    let mut world = Pod::new(&rules);
    act(&mut world, &rules, 0);
    assert!(matches!(tag(&world, 0, 0), PageState::Resident(_)));
    let travelled = act(&mut world, &rules, 1);
    assert!(matches!(travelled[0], Packet::Message(message, _)
        if matches!(message.body, Body::Want { mode: Mode::Zero, .. })));
    assert!(!bodies(&travelled).contains(&"contents"));
    assert_eq!(
        (tag(&world, 0, 0), tag(&world, 1, 0)),
        (PageState::Dormant, PageState::Away(NodeId(0)))
    );
    assert_eq!(world.nodes[0].pod.statistics().zeroed_for_others, 1);
    assert!(world.is_over(&rules));
}

#[test]
fn or_its_ownership_moves_first_and_it_is_dormant_then_claims_19_and_20() {
    let mut rules = rules(&[&[Op::Write(0)], &[Op::Zero(0)]], &[0, 1]);
    rules.config.zero_at_owner = false;
    let mut world = Pod::new(&rules);
    act(&mut world, &rules, 0);
    let travelled = act(&mut world, &rules, 1);
    assert_eq!(bodies(&travelled), ["want", "grant", "done", "closed"]);
    assert_eq!(
        (tag(&world, 0, 0), tag(&world, 1, 0)),
        (PageState::Away(NodeId(1)), PageState::Dormant)
    );
    assert!(
        world.nodes[0]
            .hardware
            .frames
            .iter()
            .all(|frame| frame.state == Use::Free)
    );
    assert!(world.is_over(&rules));
}

#[test]
fn a_vcpu_takes_its_access_along_and_does_it_once_claim_13() {
    let rules = rules(&[&[Op::Write(0)]], &[1]);
    let mut world = Pod::new(&rules);
    // It waits for a page of node 0, and goes there instead.
    world.poll(&rules, Time(0), 0, None);
    world.network.clear();
    let travelled = offer(&mut world, &rules, 1, Thing::Vcpu(VcpuId(0)), 0, false);
    assert_eq!(
        bodies(&travelled)
            .iter()
            .filter(|&&name| name == "fragment")
            .count(),
        25
    );
    assert_eq!(world.nodes[0].hardware.guests[0], Guest::Running { at: 1 });
    assert_eq!(world.nodes[1].hardware.guests[0], Guest::Absent);
    assert!(matches!(tag(&world, 0, 0), PageState::Resident(_)));
}

#[test]
fn an_evicted_page_is_swapped_for_one_without_contents() {
    let rules = rules(&[&[Op::Write(0)]], &[0]);
    let mut world = Pod::new(&rules);
    act(&mut world, &rules, 0);
    offer(&mut world, &rules, 0, Thing::Page(Gfn(1)), 1, false);
    assert_eq!(tag(&world, 1, 1), PageState::Dormant);
    offer(&mut world, &rules, 0, Thing::Page(Gfn(0)), 1, true);
    assert!(matches!(tag(&world, 1, 0), PageState::Resident(_)));
    assert_eq!(tag(&world, 0, 1), PageState::Dormant);
    assert!(
        world.nodes[0]
            .hardware
            .frames
            .iter()
            .all(|frame| frame.state == Use::Free)
    );
}

#[test]
fn a_request_finds_a_page_that_has_moved_and_remembers_where() {
    let rules = rules(&[&[Op::Read(0)]], &[2]);
    let mut world = Pod::new(&rules);
    offer(&mut world, &rules, 0, Thing::Page(Gfn(0)), 1, false);
    let travelled = act(&mut world, &rules, 0);
    assert_eq!(
        bodies(&travelled),
        ["want", "moved", "want", "grant", "done", "closed"]
    );
    assert_eq!(world.nodes[2].pod.statistics().forwarded, 1);
}

#[test]
fn a_full_node_offers_a_page_to_the_one_with_most_memory() {
    let rules = rules(&[&[Op::Write(0)]], &[0]);
    let mut world = Pod::new(&rules);
    act(&mut world, &rules, 0);
    for (at, left) in [(1, 2), (2, 3), (0, 1)] {
        let levels = Levels {
            left,
            frames: 4,
            ..Levels::default()
        };
        world.fire(&rules, Time(0), at, &Event::Levels(levels), 0, None);
        deliver(&mut world, &rules);
    }
    assert!(matches!(tag(&world, 2, 0), PageState::Resident(_)));
    // What is known of a node is the latest, also after its hart was reset.
    world.fire(&rules, Time(0), 1, &Event::Tick, 0, Some(0));
    let levels = Levels {
        left: 7,
        ..Levels::default()
    };
    world.fire(&rules, Time(0), 1, &Event::Levels(levels), 0, None);
    let packets = world.network.clone();
    deliver(&mut world, &rules);
    world.fire(
        &rules,
        Time(0),
        1,
        &Event::Levels(Levels { left: 5, ..levels }),
        0,
        None,
    );
    deliver(&mut world, &rules);
    // And an old word that comes late does not change it.
    world.network = vec![packets[0]];
    deliver(&mut world, &rules);
    assert_eq!(
        world.nodes[0]
            .pod
            .levels_of(NodeId(1))
            .map(|levels| levels.left),
        Some(5)
    );
    assert_eq!(world.nodes[0].pod.statistics().stale, 1);
}
