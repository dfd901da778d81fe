//! A pod as the checks see it: real state machines on hardware that is as simple as the contract of
//! [`Local`] allows, joined by a network that does whatever it likes.
//!
//! The contents of a page are a version number, which each write makes anew; 0 is zero. The context of a vCPU is the
//! place in its script. Both are compared with the truth wherever they are used.

use std::collections::BTreeMap;
use std::vec::Vec;

use dormouse_driver::{Gfn, NodeId, PageState, Rfn};

use super::super::local::{drive_some, restart};
use super::super::message::{Body, Grant, Message};
use super::super::record::{Cargo, Record};
use super::super::{
    Command, Config, Effect, Event, Incoming, Local, Outcome, Pod, Serial, Thing, Time, VcpuId,
    VcpuState,
};
use super::Fault;

/// What a frame holds when nobody knows.
const GARBAGE: u16 = u16::MAX;

/// What a vCPU does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Read(u32),
    Write(u32),
    /// Zeroes the page by the doorbell.
    Zero(u32),
}

impl Op {
    pub const fn page(self) -> Gfn {
        match self {
            Self::Read(page) | Self::Write(page) | Self::Zero(page) => Gfn(page),
        }
    }
}

/// What does not change in a run.
#[derive(Clone, Debug)]
pub struct Rules {
    pub config: Config,
    pub scripts: Vec<Vec<Op>>,
    /// Where each vCPU starts.
    pub homes: Vec<usize>,
    /// Frames of each node.
    pub frames: usize,
    /// Equal packets in the network count once: whoever may deliver one again needs no second.
    pub merge: bool,
    pub fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packet {
    /// A message, and what a fragment carries.
    Message(Message, u16),
    /// The contents of a page.
    Stream {
        dst: NodeId,
        gfn: Gfn,
        want: Serial,
        grant: Serial,
        version: u16,
    },
}

impl Packet {
    pub const fn dst(&self) -> usize {
        match self {
            Self::Message(message, _) => message.dst.0 as usize,
            Self::Stream { dst, .. } => dst.0 as usize,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Use {
    Free,
    Mapped,
    Held,
    Moving,
    Filled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    pub state: Use,
    pub version: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guest {
    Absent,
    Running {
        at: u16,
    },
    /// `posted`: its doorbell rings.
    Stalled {
        at: u16,
        posted: bool,
    },
    Parked {
        at: u16,
    },
}

impl Guest {
    /// The place in its script, if it is alive here.
    pub const fn alive(self) -> Option<u16> {
        match self {
            Self::Running { at } | Self::Stalled { at, .. } => Some(at),
            Self::Absent | Self::Parked { .. } => None,
        }
    }
}

/// What a reset of the hart does not reach.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hardware<const OPEN: usize> {
    pub tags: Vec<PageState>,
    pub frames: Vec<Frame>,
    pub guests: Vec<Guest>,
    pub records: [Option<Record>; OPEN],
    /// What the mover waits for.
    expected: Vec<(Rfn, Serial)>,
    /// Fragments that were kept, by vCPU.
    kept: BTreeMap<(u16, u8), u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<const PEERS: usize, const OPEN: usize> {
    pub pod: Pod<PEERS, OPEN>,
    pub hardware: Hardware<OPEN>,
    boot: u32,
}

/// What is true, whatever the nodes believe.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Truth {
    /// What each page must read as.
    pub pages: Vec<u16>,
    /// How far each vCPU has come.
    pub vcpus: Vec<u16>,
    last: u16,
    /// What should never have happened.
    pub broken: Option<&'static str>,
}

impl Truth {
    fn check(&mut self, holds: bool, rule: &'static str) {
        if !holds && self.broken.is_none() {
            self.broken = Some(rule);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World<const PEERS: usize, const OPEN: usize> {
    pub nodes: Vec<Node<PEERS, OPEN>>,
    pub network: Vec<Packet>,
    pub truth: Truth,
}

/// One node's [`Local`].
struct Site<'a, const OPEN: usize> {
    me: usize,
    rules: &'a Rules,
    hardware: &'a mut Hardware<OPEN>,
    network: &'a mut Vec<Packet>,
    truth: &'a mut Truth,
    /// What came with the message.
    payload: u16,
}

impl<const OPEN: usize> Site<'_, OPEN> {
    fn frame(&mut self, rfn: Rfn) -> &mut Frame {
        &mut self.hardware.frames[rfn.0 as usize]
    }

    fn find(&self, state: Use) -> Option<Rfn> {
        let found = self
            .hardware
            .frames
            .iter()
            .position(|frame| frame.state == state);
        found.map(|rfn| Rfn(rfn as u32))
    }

    fn free(&mut self, rfn: Rfn) {
        *self.frame(rfn) = Frame {
            state: Use::Free,
            version: GARBAGE,
        };
        self.hardware
            .expected
            .retain(|&(expected, _)| expected != rfn);
    }

    fn map(&mut self, gfn: Gfn) -> bool {
        let Some(rfn) = self.find(Use::Free) else {
            return false;
        };
        *self.frame(rfn) = Frame {
            state: Use::Mapped,
            version: 0,
        };
        self.hardware.tags[gfn.0 as usize] = PageState::Resident(rfn);
        true
    }

    fn zero(&mut self, gfn: Gfn) {
        if let PageState::Resident(rfn) = self.hardware.tags[gfn.0 as usize] {
            self.hardware.tags[gfn.0 as usize] = PageState::Dormant;
            self.free(rfn);
        }
        self.truth.pages[gfn.0 as usize] = 0;
    }

    fn send(&mut self, packet: Packet) {
        if !self.rules.merge {
            self.network.push(packet);
        } else if let Err(place) = self.network.binary_search(&packet) {
            self.network.insert(place, packet);
        }
    }

    fn op(&self, vcpu: usize, at: u16) -> Option<Op> {
        self.rules.scripts[vcpu].get(at as usize).copied()
    }

    /// The gate: does an access if it can. Whether it did.
    fn access(&mut self, op: Op) -> bool {
        let gfn = op.page();
        let page = gfn.0 as usize;
        match (op, self.hardware.tags[page]) {
            (Op::Zero(_), PageState::Dormant | PageState::Resident(_)) => self.zero(gfn),
            (Op::Read(_), PageState::Dormant) => {
                self.truth.check(
                    self.truth.pages[page] == 0,
                    "a dormant page was read that is not zero",
                );
            }
            (Op::Read(_), PageState::Resident(rfn)) => {
                let version = self.frame(rfn).version;
                self.truth.check(
                    self.truth.pages[page] == version,
                    "stale contents were read",
                );
            }
            (Op::Write(_), PageState::Dormant) => {
                if self.rules.config.replicas || !self.map(gfn) {
                    return false;
                }
                return self.access(op);
            }
            (Op::Write(_), PageState::Resident(rfn)) => {
                // A write to a part of the page: the rest must be right.
                let version = self.frame(rfn).version;
                self.truth.check(
                    self.truth.pages[page] == version,
                    "stale contents were written to",
                );
                self.truth.last += 1;
                self.truth.pages[page] = self.truth.last;
                self.frame(rfn).version = self.truth.last;
            }
            (_, PageState::Away(_) | PageState::Bad) => return false,
        }
        true
    }

    /// A vCPU goes on, or waits.
    fn run(&mut self, vcpu: usize) {
        let (at, posted) = match self.hardware.guests[vcpu] {
            Guest::Running { at } => (at, false),
            Guest::Stalled { at, posted } => (at, posted),
            Guest::Absent | Guest::Parked { .. } => return,
        };
        let Some(op) = self.op(vcpu, at) else {
            return;
        };
        if self.access(op) {
            self.finish(vcpu, at);
        } else {
            self.hardware.guests[vcpu] = Guest::Stalled { at, posted };
        }
    }

    fn finish(&mut self, vcpu: usize, at: u16) {
        self.truth.check(
            self.truth.vcpus[vcpu] == at,
            "a vCPU did an access twice, or left one out",
        );
        self.truth.vcpus[vcpu] = at + 1;
        self.hardware.guests[vcpu] = Guest::Running { at: at + 1 };
    }

    fn waiting_for(&self, gfn: Gfn) -> Vec<usize> {
        let guests = self.hardware.guests.iter().enumerate();
        guests
            .filter_map(|(vcpu, guest)| match *guest {
                Guest::Stalled { at, .. } if self.op(vcpu, at)?.page() == gfn => Some(vcpu),
                _ => None,
            })
            .collect()
    }

    fn zeroes_here(&self, gfn: Gfn) -> bool {
        let guests = self.hardware.guests.iter().enumerate();
        guests.into_iter().any(|(vcpu, guest)| {
            matches!(*guest, Guest::Stalled { at, posted: true } if self.op(vcpu, at) == Some(Op::Zero(gfn.0)))
        })
    }

    fn someone_zeroes(&self, gfn: Gfn) -> bool {
        let vcpus = self.truth.vcpus.iter().enumerate();
        vcpus
            .into_iter()
            .any(|(vcpu, &at)| self.op(vcpu, at) == Some(Op::Zero(gfn.0)))
    }
}

fn done_if(done: bool) -> Outcome {
    if done {
        Outcome::Done
    } else {
        Outcome::Refused
    }
}

impl<const OPEN: usize> Local for Site<'_, OPEN> {
    fn page(&mut self, gfn: Gfn) -> Option<PageState> {
        Some(self.hardware.tags[gfn.0 as usize])
    }

    fn vcpu(&mut self, vcpu: VcpuId) -> VcpuState {
        match self.hardware.guests[usize::from(vcpu.0)] {
            Guest::Absent => VcpuState::Absent,
            Guest::Running { .. } => VcpuState::Here { stalled: false },
            // A doorbell is not an access that can be ended.
            Guest::Stalled { posted, .. } => VcpuState::Here { stalled: !posted },
            Guest::Parked { .. } => VcpuState::Parked,
        }
    }

    fn command(&mut self, command: Command) -> Outcome {
        match command {
            Command::Reserve { .. } => match self.find(Use::Free) {
                Some(rfn) => {
                    self.frame(rfn).state = Use::Moving;
                    Outcome::Frame(rfn)
                }
                None => Outcome::Refused,
            },
            Command::Free { rfn } => {
                let state = self.frame(rfn).state;
                if matches!(state, Use::Held | Use::Moving | Use::Filled) {
                    self.free(rfn);
                }
                done_if(state != Use::Mapped)
            }
            Command::MarkDormant { gfn } => {
                // The contents of a page stay behind when the guest zeroes it here: it is zero from now on.
                if self.zeroes_here(gfn) {
                    self.truth.pages[gfn.0 as usize] = 0;
                }
                let tag = &mut self.hardware.tags[gfn.0 as usize];
                let done = matches!(tag, PageState::Dormant | PageState::Away(_));
                if done {
                    *tag = PageState::Dormant;
                }
                done_if(done)
            }
            Command::MarkAway { gfn, to } => {
                let tag = &mut self.hardware.tags[gfn.0 as usize];
                let done = matches!(tag, PageState::Dormant | PageState::Away(_));
                if done {
                    *tag = PageState::Away(to);
                }
                done_if(done)
            }
            Command::Unmap { gfn, to } => {
                let PageState::Resident(rfn) = self.hardware.tags[gfn.0 as usize] else {
                    return Outcome::Refused;
                };
                self.hardware.tags[gfn.0 as usize] = PageState::Away(to);
                self.frame(rfn).state = Use::Held;
                Outcome::Frame(rfn)
            }
            Command::Adopt { gfn, rfn } => {
                let away = matches!(
                    self.hardware.tags[gfn.0 as usize],
                    PageState::Away(_) | PageState::Dormant
                );
                let done = away && self.frame(rfn).state == Use::Filled;
                if done {
                    self.frame(rfn).state = Use::Mapped;
                    self.hardware.tags[gfn.0 as usize] = PageState::Resident(rfn);
                }
                done_if(done)
            }
            Command::Vouch { rfn } => {
                let done = matches!(self.frame(rfn).state, Use::Held | Use::Moving | Use::Filled);
                if done {
                    self.frame(rfn).state = Use::Filled;
                }
                done_if(done)
            }
            Command::ZeroPage { gfn } => {
                let page = gfn.0 as usize;
                let done = matches!(
                    self.hardware.tags[page],
                    PageState::Dormant | PageState::Resident(_)
                );
                if done {
                    let asked = self.truth.pages[page] == 0 || self.someone_zeroes(gfn);
                    self.truth
                        .check(asked, "a page was zeroed and nobody wanted that any more");
                    self.zero(gfn);
                }
                done_if(done)
            }
            Command::Map { gfn, .. } => {
                done_if(self.hardware.tags[gfn.0 as usize] == PageState::Dormant && self.map(gfn))
            }
            Command::Park { vcpu } => {
                let guest = &mut self.hardware.guests[usize::from(vcpu.0)];
                let Guest::Stalled { at, posted: false } = *guest else {
                    return Outcome::Refused;
                };
                *guest = Guest::Parked { at };
                Outcome::Done
            }
            Command::Unpark { vcpu } => {
                let guest = &mut self.hardware.guests[usize::from(vcpu.0)];
                let Guest::Parked { at } = *guest else {
                    return Outcome::Refused;
                };
                *guest = Guest::Stalled { at, posted: false };
                Outcome::Done
            }
            Command::Forget { vcpu } => {
                let guest = &mut self.hardware.guests[usize::from(vcpu.0)];
                let done = matches!(guest, Guest::Parked { .. } | Guest::Absent);
                if done {
                    *guest = Guest::Absent;
                }
                done_if(done)
            }
            Command::Install { vcpu } => {
                let number = usize::from(vcpu.0);
                let parts = 0..self.rules.config.fragments;
                let kept: Vec<_> = parts
                    .filter_map(|index| self.hardware.kept.get(&(vcpu.0, index)).copied())
                    .collect();
                let whole = kept.len() == usize::from(self.rules.config.fragments)
                    && kept.iter().all(|&part| part == kept[0]);
                self.truth.check(
                    whole,
                    "a context was put together from parts that do not belong together",
                );
                let absent = self.hardware.guests[number] == Guest::Absent;
                self.truth
                    .check(absent, "a vCPU was installed where it was");
                self.hardware.kept.retain(|&(of, _), _| of != vcpu.0);
                if whole && absent {
                    self.hardware.guests[number] = Guest::Stalled {
                        at: kept[0],
                        posted: false,
                    };
                }
                done_if(whole && absent)
            }
            Command::PickVictim { .. } => self.pick(|tag| matches!(tag, PageState::Resident(_))),
            Command::PickDormant { .. } => self.pick(|tag| tag == PageState::Dormant),
        }
    }

    fn record(&mut self, slot: usize, record: Option<&Record>) {
        self.hardware.records[slot] = record.copied();
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.send(Packet::Message(message, 0)),
            Effect::Broadcast(levels) => {
                for dst in 0..self.rules.config.nodes as u8 {
                    if usize::from(dst) != self.me {
                        let message = Message {
                            src: NodeId(self.me as u8),
                            dst: NodeId(dst),
                            thing: Thing::Page(Gfn(0)),
                            body: Body::Levels(levels),
                        };
                        self.send(Packet::Message(message, 0));
                    }
                }
            }
            Effect::Fragments {
                to,
                vcpu,
                want,
                grant,
                missing,
            } => {
                let Guest::Parked { at } = self.hardware.guests[usize::from(vcpu.0)] else {
                    return self
                        .truth
                        .check(false, "the context of a vCPU was sent that is not parked");
                };
                for index in (0..32).filter(|index| missing >> index & 1 != 0) {
                    let message = Message {
                        src: NodeId(self.me as u8),
                        dst: to,
                        thing: Thing::Vcpu(vcpu),
                        body: Body::Fragment { want, grant, index },
                    };
                    self.send(Packet::Message(message, at));
                }
            }
            Effect::Stream {
                to,
                gfn,
                rfn,
                want,
                grant,
            } => {
                let version = self.frame(rfn).version;
                self.send(Packet::Stream {
                    dst: to,
                    gfn,
                    want,
                    grant,
                    version,
                });
            }
            Effect::Expect { want, rfn } => {
                self.hardware
                    .expected
                    .retain(|&(expected, _)| expected != rfn);
                self.hardware.expected.push((rfn, want));
                self.hardware.expected.sort_unstable_by_key(|&(rfn, _)| rfn);
            }
            Effect::Keep { vcpu, index } => {
                self.hardware.kept.insert((vcpu.0, index), self.payload);
            }
            Effect::Resume(Thing::Page(gfn)) => {
                for vcpu in self.waiting_for(gfn) {
                    self.run(vcpu);
                }
            }
            Effect::Resume(Thing::Vcpu(vcpu)) => self.run(usize::from(vcpu.0)),
            Effect::Rung(gfn) => {
                for vcpu in self.waiting_for(gfn) {
                    if let Guest::Stalled { at, posted: true } = self.hardware.guests[vcpu] {
                        self.finish(vcpu, at);
                    }
                }
            }
            Effect::Fail(_) => self.truth.check(false, "a page was said to be bad"),
            Effect::Report(_) => {}
        }
    }

    fn receive(&mut self) -> Option<Incoming> {
        None
    }

    fn sweep(&mut self, kept: &dyn Fn(Rfn) -> bool) {
        for rfn in (0..self.rules.frames as u32).map(Rfn) {
            if matches!(self.frame(rfn).state, Use::Moving | Use::Filled) && !kept(rfn) {
                self.free(rfn);
            }
        }
    }
}

impl<const OPEN: usize> Site<'_, OPEN> {
    fn pick(&self, wanted: impl Fn(PageState) -> bool) -> Outcome {
        let found = self.hardware.tags.iter().position(|&tag| wanted(tag));
        found.map_or(Outcome::Refused, |page| Outcome::Page(Gfn(page as u32)))
    }
}

impl<const PEERS: usize, const OPEN: usize> World<PEERS, OPEN> {
    /// All pages dormant on node 0 (claim 2).
    pub fn new(rules: &Rules) -> Self {
        let pages = rules.config.pages as usize;
        let nodes = (0..rules.config.nodes).map(|me| {
            let guests = rules.homes.iter().map(|&home| {
                if home == usize::from(me) {
                    Guest::Running { at: 0 }
                } else {
                    Guest::Absent
                }
            });
            let tag = if me == 0 {
                PageState::Dormant
            } else {
                PageState::Away(NodeId(0))
            };
            let mut node = Node {
                pod: Self::pod(rules, me, 0, [None; OPEN]),
                hardware: Hardware {
                    tags: std::vec![tag; pages],
                    frames: std::vec![Frame { state: Use::Free, version: GARBAGE }; rules.frames],
                    guests: guests.collect(),
                    records: [None; OPEN],
                    expected: Vec::new(),
                    kept: BTreeMap::new(),
                },
                boot: 0,
            };
            node.pod.forget_time();
            node
        });
        Self {
            nodes: nodes.collect(),
            network: Vec::new(),
            truth: Truth {
                pages: std::vec![0; pages],
                vcpus: std::vec![0; rules.homes.len()],
                last: 0,
                broken: None,
            },
        }
    }

    fn pod(rules: &Rules, me: u16, boot: u32, records: [Option<Record>; OPEN]) -> Pod<PEERS, OPEN> {
        let config = Config {
            me: NodeId(me as u8),
            ..rules.config
        };
        let mut pod = Pod::new(config, boot, records).expect("the rules make sense");
        pod.set_fault(rules.fault);
        pod
    }

    /// An event at a node. With `crash`, the hart is reset after so many actions. Returns how many there were.
    pub fn fire(
        &mut self,
        rules: &Rules,
        now: Time,
        at: usize,
        event: &Event,
        payload: u16,
        crash: Option<usize>,
    ) -> usize {
        let Self {
            nodes,
            network,
            truth,
        } = self;
        let node = &mut nodes[at];
        let mut site = Site {
            me: at,
            rules,
            hardware: &mut node.hardware,
            network,
            truth,
            payload,
        };
        let done = drive_some(
            &mut node.pod,
            now,
            event,
            &mut site,
            crash.unwrap_or(usize::MAX),
        );
        if crash.is_some() {
            node.boot += 1;
            node.pod = Self::pod(rules, at as u16, node.boot, site.hardware.records);
            for guest in &mut site.hardware.guests {
                // It is the firmware that knew of the doorbell; it finds it again.
                if let Guest::Stalled { posted, .. } = guest {
                    *posted = false;
                }
            }
            restart(&mut node.pod, now, &mut site);
        }
        done
    }

    /// A packet comes in. Returns how many actions followed, or `None` if it fell on deaf ears.
    pub fn deliver(
        &mut self,
        rules: &Rules,
        now: Time,
        packet: &Packet,
        crash: Option<usize>,
    ) -> Option<usize> {
        let at = packet.dst();
        match *packet {
            Packet::Message(message, payload) => {
                Some(self.fire(rules, now, at, &Event::Message(message), payload, crash))
            }
            Packet::Stream {
                gfn,
                want,
                grant,
                version,
                ..
            } => {
                let hardware = &mut self.nodes[at].hardware;
                let place = hardware
                    .expected
                    .iter()
                    .position(|&(_, expected)| expected == want)?;
                let (rfn, _) = hardware.expected.remove(place);
                let frame = &mut hardware.frames[rfn.0 as usize];
                self.truth.check(
                    frame.state == Use::Moving,
                    "the mover wrote into a frame that is not its own",
                );
                *frame = Frame {
                    state: Use::Filled,
                    version,
                };
                let event = Event::Arrived {
                    gfn,
                    rfn,
                    want,
                    grant,
                };
                Some(self.fire(rules, now, at, &event, 0, crash))
            }
        }
    }

    /// A vCPU does its next access, or what its node does about one that waits happens once more.
    pub fn poll(
        &mut self,
        rules: &Rules,
        now: Time,
        vcpu: usize,
        crash: Option<usize>,
    ) -> Option<usize> {
        let at = self
            .nodes
            .iter()
            .position(|node| node.hardware.guests[vcpu].alive().is_some())?;
        let place = self.nodes[at].hardware.guests[vcpu].alive()?;
        let op = rules.scripts[vcpu].get(place as usize).copied()?;
        if self.nodes[at].hardware.guests[vcpu] == (Guest::Running { at: place })
            || !matches!(op, Op::Zero(_))
        {
            // A write to a dormant page of which there are copies is no access that the gate may do.
            let mut site = self.site(rules, at);
            site.run(vcpu);
        }
        let Guest::Stalled { at: place, posted } = self.nodes[at].hardware.guests[vcpu] else {
            return None;
        };
        let gfn = op.page();
        let event = match op {
            Op::Read(_) | Op::Write(_) => Event::Stall {
                vcpu: VcpuId(vcpu as u16),
                gfn,
                write: matches!(op, Op::Write(_)),
            },
            Op::Zero(_) => {
                if matches!(
                    self.nodes[at].hardware.tags[gfn.0 as usize],
                    PageState::Dormant | PageState::Resident(_)
                ) {
                    // It came here meanwhile.
                    let idle = self.nodes[at].pod.want_of(Thing::Page(gfn)).is_none();
                    if idle {
                        self.site(rules, at).run(vcpu);
                    }
                    return None;
                }
                // One doorbell of a page at a time.
                let others = self.nodes[at].hardware.guests.iter().enumerate();
                let rings = others
                    .filter(|&(other, _)| other != vcpu)
                    .any(|(other, guest)| {
                        matches!(*guest, Guest::Stalled { at, posted: true }
                        if rules.scripts[other].get(at as usize) == Some(&op))
                    });
                if rings {
                    return None;
                }
                if !posted && self.nodes[at].pod.want_of(Thing::Page(gfn)).is_some() {
                    // Asked for before this doorbell rang, and by somebody else.
                    return None;
                }
                self.nodes[at].hardware.guests[vcpu] = Guest::Stalled {
                    at: place,
                    posted: true,
                };
                Event::Doorbell { gfn }
            }
        };
        Some(self.fire(rules, now, at, &event, 0, crash))
    }

    fn site<'a>(&'a mut self, rules: &'a Rules, at: usize) -> Site<'a, OPEN> {
        Site {
            me: at,
            rules,
            hardware: &mut self.nodes[at].hardware,
            network: &mut self.network,
            truth: &mut self.truth,
            payload: 0,
        }
    }

    /// The first rule that does not hold, if there is one.
    pub fn broken(&self) -> Option<&'static str> {
        self.truth
            .broken
            .or_else(|| (0..self.truth.pages.len()).find_map(|page| self.broken_page(page)))
            .or_else(|| (0..self.truth.vcpus.len()).find_map(|vcpu| self.broken_vcpu(vcpu)))
            .or_else(|| self.nodes.iter().find_map(Self::broken_frames))
    }

    /// Exactly one owner, and what it has is right.
    fn broken_page(&self, page: usize) -> Option<&'static str> {
        let gfn = Gfn(page as u32);
        let truth = self.truth.pages[page];
        let mut owners = 0;
        let mut kept = 0;
        for (me, node) in (0..).zip(&self.nodes) {
            let Hardware {
                tags,
                frames,
                records,
                ..
            } = &node.hardware;
            match tags[page] {
                PageState::Dormant => {
                    if truth != 0 {
                        return Some("a page is dormant that is not zero");
                    }
                    if !node.pod.is_copy(gfn) {
                        owners += 1;
                    }
                }
                PageState::Resident(rfn) => {
                    if frames[rfn.0 as usize].version != truth {
                        return Some("a page has stale contents");
                    }
                    owners += 1;
                }
                PageState::Away(to) => {
                    // What is kept for the taker is right as long as the taker has not got it.
                    let give = records.iter().flatten().find_map(|record| match *record {
                        Record::Give {
                            thing,
                            to: taker,
                            grant,
                            cargo,
                            ended: false,
                            ..
                        } if thing == Thing::Page(gfn)
                            && taker == to
                            && !self.has_taken(taker, NodeId(me), grant) =>
                        {
                            Some(cargo)
                        }
                        _ => None,
                    });
                    let right = match give {
                        Some(Cargo::Dormant) => truth == 0,
                        Some(Cargo::Contents(rfn) | Cargo::Discarded(rfn)) => {
                            let Frame { state, version } = frames[rfn.0 as usize];
                            version == truth
                                && matches!(state, Use::Held | Use::Moving | Use::Filled)
                        }
                        _ => false,
                    };
                    kept += usize::from(right);
                }
                PageState::Bad => return Some("a page is bad"),
            }
        }
        match (owners, kept) {
            (0, 0) => Some("a page has no owner"),
            (0, 1) | (1, 0) => None,
            (0, _) => Some("two nodes keep a page for another"),
            (1, _) => Some("a page is kept for a node, and another has it"),
            _ => Some("a page has two owners"),
        }
    }

    /// Whether what a node gives is where it was to go, and only the word of that is missing.
    fn has_taken(&self, taker: NodeId, giver: NodeId, number: Serial) -> bool {
        let mut records = self.nodes[usize::from(taker.0)]
            .hardware
            .records
            .iter()
            .flatten();
        records.any(|record| {
            matches!(*record, Record::Take { from, grant, taken: true, .. } if from == giver && grant == number)
        })
    }

    fn broken_vcpu(&self, vcpu: usize) -> Option<&'static str> {
        let truth = self.truth.vcpus[vcpu];
        let guests = || self.nodes.iter().map(|node| node.hardware.guests[vcpu]);
        let alive = guests().filter_map(Guest::alive);
        // A context that was taken, and whose giver does not know yet, is waste.
        let parked = (0..).zip(&self.nodes).filter(|&(me, node)| {
            node.hardware.guests[vcpu] == (Guest::Parked { at: truth })
                && node
                    .hardware
                    .records
                    .iter()
                    .flatten()
                    .any(|record| match *record {
                        Record::Give {
                            thing, to, grant, ..
                        } => {
                            thing == Thing::Vcpu(VcpuId(vcpu as u16))
                                && !self.has_taken(to, NodeId(me), grant)
                        }
                        _ => false,
                    })
        });
        match (alive.clone().count(), parked.count()) {
            (0, 0) => Some("a vCPU is lost"),
            (0, 1) => None,
            (0, _) => Some("a vCPU is parked on two nodes"),
            (1, 0) if alive.clone().all(|at| at == truth) => None,
            (1, 0) => Some("a vCPU has an old context"),
            (1, _) => Some("a context is kept for a node, and another has the vCPU"),
            _ => Some("a vCPU is on two nodes"),
        }
    }

    fn broken_frames(node: &Node<PEERS, OPEN>) -> Option<&'static str> {
        let mut mapped = std::vec![0; node.hardware.frames.len()];
        for tag in &node.hardware.tags {
            if let PageState::Resident(rfn) = tag {
                mapped[rfn.0 as usize] += 1;
            }
        }
        for (rfn, (frame, mapped)) in (0..).map(Rfn).zip(node.hardware.frames.iter().zip(mapped)) {
            match (frame.state, mapped) {
                (Use::Mapped, 1) | (Use::Free, 0) => {}
                (Use::Held | Use::Moving | Use::Filled, 0) => {
                    if !node.pod.keeps(rfn) {
                        return Some("a frame is lost");
                    }
                }
                _ => return Some("a frame is in two places"),
            }
        }
        None
    }

    /// Takes packets out of the network that name a number that is over: numbers are not used again, so that they
    /// would change nothing now, nor at any later time.
    pub fn forget_dead(&mut self) {
        let Self { nodes, network, .. } = self;
        network.retain(|packet| match *packet {
            Packet::Stream { want, .. } => {
                let expected = &nodes[packet.dst()].hardware.expected;
                expected.iter().any(|&(_, expected)| expected == want)
            }
            Packet::Message(Message { src, dst, body, .. }, _) => {
                let pod = &nodes[usize::from(dst.0)].pod;
                let sender = &nodes[usize::from(src.0)].pod;
                match body {
                    Body::Moved { want, .. }
                    | Body::Later { want }
                    | Body::NoRoom { want }
                    | Body::Gone { want }
                    | Body::Fragment { want, .. }
                    | Body::Grant {
                        want,
                        what: Grant::Copy,
                        ..
                    } => pod.is_wanted(want),
                    Body::Grant { want, grant, .. } => {
                        pod.is_wanted(want) || pod.is_taken(src, grant) || sender.is_given(grant)
                    }
                    Body::Again { grant, .. } | Body::Refuse { grant } => pod.is_given(grant),
                    Body::Done { grant } => pod.is_given(grant) || sender.is_taken(dst, grant),
                    Body::Closed { grant } => pod.is_taken(src, grant),
                    Body::Dropped { grant } => pod.is_shared_as(grant),
                    Body::Want { .. }
                    | Body::Offer { .. }
                    | Body::Drop { .. }
                    | Body::Levels(_) => true,
                }
            }
        });
    }

    /// All scripts are at their end, nothing is on its way, and no frame is kept for anybody.
    pub fn is_over(&self, rules: &Rules) -> bool {
        let ended = rules
            .scripts
            .iter()
            .zip(&self.truth.vcpus)
            .all(|(script, &at)| usize::from(at) == script.len());
        let idle = self.nodes.iter().all(|node| node.pod.is_idle());
        let frames = || self.nodes.iter().flat_map(|node| &node.hardware.frames);
        ended && idle && frames().all(|frame| matches!(frame.state, Use::Free | Use::Mapped))
    }

    /// Everything in flight is lost; from then on the network delivers, and time passes. Whether all stalls end.
    pub fn settles(&self, rules: &Rules, rounds: usize) -> bool {
        let mut world = self.clone();
        world.network.clear();
        let mut now = Time(0);
        for _ in 0..rounds {
            if world.is_over(rules) {
                return world.broken().is_none();
            }
            now = Time(now.0 + (rules.config.patience.first << rules.config.patience.doublings));
            for at in 0..world.nodes.len() {
                world.fire(rules, now, at, &Event::Tick, 0, None);
            }
            for vcpu in 0..world.truth.vcpus.len() {
                world.poll(rules, now, vcpu, None);
            }
            for _ in 0..1000 {
                if world.network.is_empty() {
                    break;
                }
                let packet = world.network.remove(0);
                world.deliver(rules, now, &packet, None);
            }
            for at in 0..world.nodes.len() {
                world.fire(rules, now, at, &Event::Drained, 0, None);
            }
        }
        world.is_over(rules)
    }
}
