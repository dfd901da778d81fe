//! The policy against a node made of a few vectors. It zeroes one frame in every fourth register
//! access, and refuses those that it was told are broken. The same policy runs on the model and on
//! RTL in `tests/`.

use std::collections::{HashSet, VecDeque};

use dormouse_driver::regs::{self, Code, Op, Register};
use dormouse_driver::{Bus, BusError, CommandError, FrameState, Irq, Node, Rfn};
use dormouse_firmware::{
    AllocateError, FreeError, HoldError, Hyperkernel, Limits, PolicyError, PoolPolicy, StartError,
};

struct Fake {
    states: Vec<FrameState>,
    queue: VecDeque<u32>,
    urgent: VecDeque<u32>,
    pool: VecDeque<u32>,
    broken: HashSet<u32>,
    depths: [usize; 3],
    registers: [u32; 64],
    last_bad: Option<u32>,
    running: bool,
    stuck: bool,
    accesses: u64,
    commands: u64,
    command_errors: u64,
}

impl Fake {
    fn new(frames: usize, depths: [usize; 3]) -> Self {
        Self {
            states: vec![FrameState::Dirty; frames],
            queue: VecDeque::new(),
            urgent: VecDeque::new(),
            pool: VecDeque::new(),
            broken: HashSet::new(),
            depths,
            registers: [0; 64],
            last_bad: None,
            running: false,
            stuck: false,
            accesses: 0,
            commands: 0,
            command_errors: 0,
        }
    }

    fn get<R: Register>(&self) -> u32 {
        self.registers[usize::from(R::OFFSET / 4)]
    }

    fn count(&self, state: FrameState) -> u32 {
        self.states.iter().filter(|&&other| other == state).count() as u32
    }

    fn raise(&mut self, irq: Irq) {
        self.registers[usize::from(regs::IrqStatus::OFFSET / 4)] |= irq.bits();
    }

    fn step(&mut self) {
        self.accesses += 1;
        if !self.accesses.is_multiple_of(4) || self.get::<regs::Control>() == 0 || self.stuck {
            return;
        }
        let level = self.pool.len() as u32;
        if level <= self.get::<regs::WaterLow>() {
            self.running = true;
        }
        if level >= self.get::<regs::WaterHigh>() {
            self.running = false;
        }
        if self.pool.len() == self.depths[2] {
            return;
        }
        let running = self.running;
        let frame = self.urgent.pop_front().or_else(|| {
            if running {
                self.queue.pop_front()
            } else {
                None
            }
        });
        let Some(frame) = frame else { return };
        if self.broken.contains(&frame) {
            self.states[frame as usize] = FrameState::Bad;
            self.last_bad = Some(frame);
            self.raise(Irq::BAD_FRAME);
        } else {
            self.states[frame as usize] = FrameState::Zeroed;
            self.pool.push_back(frame);
        }
        if self.queue.is_empty() && self.urgent.is_empty() {
            self.raise(Irq::QUEUE_EMPTY);
        }
    }

    fn command(&mut self, command: regs::Cmd) -> (Code, u32) {
        use FrameState::{Bad, Dirty, Held, Queued};
        let Ok(op) = command.op() else {
            return (Code::BadOp, 0);
        };
        if op == Op::Take {
            let Some(frame) = self.pool.pop_front() else {
                return (Code::Empty, 0);
            };
            self.states[frame as usize] = Held;
            return (Code::Ok, frame);
        }
        let frame = command.frame();
        let Some(&state) = self.states.get(frame as usize) else {
            return (Code::Range, 0);
        };
        let next = match (op, state) {
            (Op::Query, _) => return (Code::Ok, state.into()),
            (Op::Queue | Op::QueueUrgent, Dirty | Held) => Queued,
            (Op::Hold, Dirty) => Held,
            (Op::Release, Held) => Dirty,
            (Op::Retire, Dirty | Held) => Bad,
            _ => return (Code::State, state.into()),
        };
        if next == Queued {
            let (lane, depth) = if op == Op::Queue {
                (&mut self.queue, self.depths[0])
            } else {
                (&mut self.urgent, self.depths[1])
            };
            if lane.len() == depth {
                return (Code::Full, 0);
            }
            lane.push_back(frame);
        }
        self.states[frame as usize] = next;
        (Code::Ok, 0)
    }
}

impl Bus for Fake {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        self.step();
        Ok(match offset {
            regs::Id::OFFSET => 0x444F_524D,
            regs::Params::OFFSET => 0x0008_060C,
            regs::RealFrames::OFFSET => self.states.len() as u32,
            regs::QueueDepth::OFFSET => self.depths[0] as u32,
            regs::UrgentDepth::OFFSET => self.depths[1] as u32,
            regs::PoolDepth::OFFSET => self.depths[2] as u32,
            regs::Status::OFFSET => 1,
            regs::BadFrame::OFFSET => self.last_bad.map_or(0, |frame| 0x8000_0000 | frame),
            regs::QueueLevel::OFFSET => self.queue.len() as u32,
            regs::UrgentLevel::OFFSET => self.urgent.len() as u32,
            regs::PoolLevel::OFFSET => self.pool.len() as u32,
            regs::CountZeroing::OFFSET => 0,
            regs::CountDirty::OFFSET => self.count(FrameState::Dirty),
            regs::CountHeld::OFFSET => self.count(FrameState::Held),
            regs::CountBad::OFFSET => self.count(FrameState::Bad),
            offset => self.registers[usize::from(offset / 4)],
        })
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        self.step();
        match offset {
            regs::Cmd::OFFSET => {
                let (code, result) = self.command(regs::Cmd(value));
                self.commands += 1;
                self.command_errors += u64::from(code != Code::Ok);
                let result = u32::from(code) << 28 | result;
                self.registers[0x34 / 4] = result;
            }
            regs::IrqStatus::OFFSET => self.registers[usize::from(offset / 4)] &= !value,
            offset => self.registers[usize::from(offset / 4)] = value,
        }
        Ok(())
    }
}

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
