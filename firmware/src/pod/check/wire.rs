//! The format of messages, and messages that should not be.

use std::collections::VecDeque;
use std::vec::Vec;

use dormouse_driver::{Gfn, NodeId, PageState, Rfn};
use fastrand::Rng;

use super::super::cost::Settings;
use super::super::local::{Action, Actions};
use super::super::message::{Grant, Levels, WORDS};
use super::super::{
    Body, Command, Config, ConfigError, Effect, Event, Incoming, Local, Message, MessageError,
    Mode, Outcome, Patience, Pod, Record, Report, Serial, Thing, Time, VcpuId, VcpuState, View,
    drive, serve,
};

const CONFIG: Config = Config {
    me: NodeId(0),
    nodes: 3,
    pages: 8,
    vcpus: 2,
    fragments: 4,
    replicas: false,
    zero_at_owner: false,
    patience: Patience {
        first: 4,
        doublings: 2,
        silent: 3,
        hops: 2,
    },
    cost: Settings {
        strategy: super::super::cost::Strategy::Cheapest,
        message_cycles: 100,
        page_cycles: 512,
        context_cycles: 800,
        switch_cycles: 1000,
        zero_cycles: 512,
        reserve: 4,
        working_set: 8,
    },
};

fn pod() -> Pod<4, 4> {
    Pod::new(CONFIG, 0, [None; 4]).expect("the configuration makes sense")
}

fn message(src: u8, thing: Thing, body: Body) -> Event {
    Event::Message(Message {
        src: NodeId(src),
        dst: NodeId(0),
        thing,
        body,
    })
}

/// What a step asks for.
fn step(pod: &mut Pod<4, 4>, now: u32, event: &Event, view: View) -> Vec<Action> {
    let mut out = Actions::new();
    pod.step(Time(now), event, view, &mut out);
    core::iter::from_fn(|| out.pop()).collect()
}

fn any(rng: &mut Rng) -> Message {
    let (want, grant) = (Serial(rng.u64(..)), Serial(rng.u64(..)));
    let mode = [Mode::Own, Mode::Share, Mode::Discard, Mode::Zero][rng.usize(0..4)];
    let what = [Grant::Dormant, Grant::Contents, Grant::Zero, Grant::Copy][rng.usize(0..4)];
    let body = match rng.u8(0..15) {
        0 => Body::Offer { swap: rng.bool() },
        1 => Body::Want {
            want,
            mode,
            room: rng.bool(),
        },
        2 => Body::Grant { want, grant, what },
        3 => Body::Moved {
            want,
            to: NodeId(rng.u8(..)),
        },
        4 => Body::Later { want },
        5 => Body::NoRoom { want },
        6 => Body::Gone { want },
        7 => Body::Again {
            grant,
            missing: rng.u32(..),
        },
        8 => Body::Done { grant },
        9 => Body::Refuse { grant },
        10 => Body::Closed { grant },
        11 => Body::Drop { grant },
        12 => Body::Dropped { grant },
        13 => Body::Levels(Levels {
            sequence: rng.u32(..),
            zeroed: rng.u32(..),
            left: rng.u32(..),
            frames: rng.u32(..),
            ports: rng.u8(..),
        }),
        _ => Body::Fragment {
            want,
            grant,
            index: rng.u8(..),
        },
    };
    Message {
        src: NodeId(rng.u8(..)),
        dst: NodeId(rng.u8(..)),
        thing: if rng.bool() {
            Thing::Page(Gfn(rng.u32(..1 << 28)))
        } else {
            Thing::Vcpu(VcpuId(rng.u16(..)))
        },
        body,
    }
}

#[test]
fn a_message_comes_out_of_its_words_as_it_went_in() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..100_000 {
        let message = any(&mut rng);
        assert_eq!(Message::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn words_are_a_message_or_an_error_and_no_message_has_two_forms() {
    let mut rng = Rng::with_seed(2);
    for _ in 0..100_000 {
        let mut words = any(&mut rng).encode();
        words[rng.usize(0..WORDS)] ^= 1 << rng.u32(0..32);
        if let Ok(message) = Message::decode(&words) {
            assert_eq!(message.encode(), words);
        }
    }
    assert_eq!(Message::decode(&[0; WORDS]), Err(MessageError::Version));
    assert_eq!(
        Message::decode(&[0x01FF_0000, 0, 0, 0, 0, 0, 0, 0]),
        Err(MessageError::Type)
    );
}

#[test]
fn what_is_illegal_is_counted_and_nothing_follows() {
    let page = Thing::Page(Gfn(1));
    let want = Serial(7);
    let ask = Body::Want {
        want,
        mode: Mode::Own,
        room: true,
    };
    let dormant = View::Page(PageState::Dormant);
    let mut pod = pod();
    // From nobody, from itself, to another.
    assert_eq!(step(&mut pod, 0, &message(3, page, ask), dormant), []);
    assert_eq!(step(&mut pod, 0, &message(0, page, ask), dormant), []);
    let other = Event::Message(Message {
        src: NodeId(1),
        dst: NodeId(2),
        thing: page,
        body: ask,
    });
    assert_eq!(step(&mut pod, 0, &other, dormant), []);
    assert_eq!(pod.statistics().bad_node, 3);
    // A page and a vCPU that do not exist.
    assert_eq!(
        step(
            &mut pod,
            0,
            &message(1, Thing::Page(Gfn(8)), ask),
            View::Nothing
        ),
        []
    );
    assert_eq!(
        step(
            &mut pod,
            0,
            &message(1, Thing::Vcpu(VcpuId(2)), ask),
            View::Nothing
        ),
        []
    );
    assert_eq!(pod.statistics().bad_thing, 2);
    // Numbers that are over.
    for body in [
        Body::Moved {
            want,
            to: NodeId(2),
        },
        Body::Later { want },
        Body::NoRoom { want },
        Body::Gone { want },
        Body::Again {
            grant: want,
            missing: 1,
        },
        Body::Refuse { grant: want },
        Body::Closed { grant: want },
        Body::Dropped { grant: want },
    ] {
        assert_eq!(step(&mut pod, 0, &message(1, page, body), dormant), []);
    }
    assert_eq!(pod.statistics().stale, 8);
    // Only the node that a page is given to can say that it has it.
    step(&mut pod, 0, &message(1, page, ask), dormant);
    let give = pod.gives().next().expect("the page is given");
    let done = Body::Done { grant: give.grant };
    assert_eq!(step(&mut pod, 0, &message(2, page, done), dormant), []);
    assert_eq!(pod.statistics().wrong_owner, 1);
    assert!(!pod.is_idle());
}

#[test]
fn a_node_that_does_not_answer_is_reported_once_and_again_when_it_is_back() {
    let mut pod = pod();
    let page = Thing::Page(Gfn(1));
    let stall = Event::Stall {
        vcpu: VcpuId(0),
        gfn: Gfn(1),
        write: true,
    };
    let asked = step(&mut pod, 0, &stall, View::Page(PageState::Away(NodeId(2))));
    let [Action::Command(reserve @ Command::Reserve { .. })] = asked[..] else {
        panic!("{asked:?}");
    };
    step(
        &mut pod,
        0,
        &Event::Outcome(reserve, Outcome::Refused),
        View::Nothing,
    );
    let mut reports = Vec::new();
    let mut repeated = Vec::new();
    for now in 0..200 {
        for action in step(&mut pod, now, &Event::Tick, View::Nothing) {
            match action {
                Action::Effect(Effect::Report(report)) => reports.push(report),
                _ => repeated.push(now),
            }
        }
    }
    assert_eq!(reports, [Report::Silent(NodeId(2))]);
    // After 4 ticks, then 8, then 16 each time.
    assert_eq!(repeated[..4], [4, 12, 28, 44]);
    let later = Body::Later { want: Serial(0) };
    let actions = step(
        &mut pod,
        200,
        &message(2, page, later),
        View::Page(PageState::Away(NodeId(2))),
    );
    assert_eq!(
        actions,
        [Action::Effect(Effect::Report(Report::Back(NodeId(2))))]
    );
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused_by_name() {
    let refused = |config| Pod::<4, 4>::new(config, 0, [None; 4]).err();
    assert_eq!(
        refused(Config { nodes: 5, ..CONFIG }),
        Some(ConfigError::Nodes)
    );
    let me = NodeId(3);
    assert_eq!(refused(Config { me, ..CONFIG }), Some(ConfigError::Nodes));
    assert_eq!(
        refused(Config { pages: 0, ..CONFIG }),
        Some(ConfigError::Pages)
    );
    let fragments = 33;
    assert_eq!(
        refused(Config {
            fragments,
            ..CONFIG
        }),
        Some(ConfigError::Fragments)
    );
    assert_eq!(
        Pod::<4, 1>::new(CONFIG, 0, [None]).err(),
        Some(ConfigError::Slots)
    );
}

/// A node whose page 1 is away at node 2, with words that came in.
struct Line {
    incoming: VecDeque<Incoming>,
    page: PageState,
    /// What was sent, and what resumed while how much was unread.
    sent: Vec<Body>,
    resumed: Vec<(Thing, usize)>,
}

impl Local for Line {
    fn page(&mut self, _: Gfn) -> Option<PageState> {
        Some(self.page)
    }

    fn vcpu(&mut self, _: VcpuId) -> VcpuState {
        VcpuState::Absent
    }

    fn command(&mut self, command: Command) -> Outcome {
        match command {
            Command::MarkDormant { .. } => {
                self.page = PageState::Dormant;
                Outcome::Done
            }
            _ => Outcome::Refused,
        }
    }

    fn record(&mut self, _: usize, _: Option<&Record>) {}

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.sent.push(message.body),
            Effect::Resume(thing) => self.resumed.push((thing, self.incoming.len())),
            _ => {}
        }
    }

    fn receive(&mut self) -> Option<Incoming> {
        self.incoming.pop_front()
    }

    fn sweep(&mut self, _: &dyn Fn(Rfn) -> bool) {}
}

#[test]
fn no_access_goes_on_while_a_message_is_unread() {
    let mut pod = pod();
    let mut line = Line {
        incoming: VecDeque::new(),
        page: PageState::Away(NodeId(2)),
        sent: Vec::new(),
        resumed: Vec::new(),
    };
    let page = Thing::Page(Gfn(1));
    let stall = Event::Stall {
        vcpu: VcpuId(0),
        gfn: Gfn(1),
        write: false,
    };
    drive(&mut pod, Time(0), &stall, &mut line);
    let [Body::Want { want, .. }] = line.sent[..] else {
        panic!("{:?}", line.sent);
    };
    let words = |src, body| {
        let message = Message {
            src: NodeId(src),
            dst: NodeId(0),
            thing: page,
            body,
        };
        Incoming::Words(message.encode())
    };
    let grant = Serial(9);
    let what = Grant::Dormant;
    let other = Body::Want {
        want: Serial(4),
        mode: Mode::Own,
        room: false,
    };
    line.incoming = VecDeque::from([
        words(2, Body::Grant { want, grant, what }),
        Incoming::Words([u32::MAX; WORDS]),
        words(1, other),
    ]);
    assert!(serve(&mut pod, Time(1), &mut line));
    assert_eq!(line.resumed, [(page, 0)]);
    // Who asks before the page was used has to wait; words that are no message are counted.
    assert_eq!(
        line.sent[1..],
        [Body::Done { grant }, Body::Later { want: Serial(4) }]
    );
    assert_eq!(pod.statistics().malformed, 1);
}

#[test]
fn a_queue_that_never_ends_does_not_keep_the_core() {
    let mut pod = pod();
    let mut line = Line {
        incoming: VecDeque::from(std::vec![Incoming::Words([0; WORDS]); 1000]),
        page: PageState::Dormant,
        sent: Vec::new(),
        resumed: Vec::new(),
    };
    assert!(!serve(&mut pod, Time(0), &mut line));
    assert!(!line.incoming.is_empty());
}
