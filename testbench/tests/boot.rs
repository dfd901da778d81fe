//! Recorded boots as programs, and the processor that replays them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use dormouse_driver::{Gfn, Node as Driver, PageMark, Rfn};
use dormouse_model::{Config, Node};
use dormouse_testbench::{
    memory::{Bytes, Memory, MemorySpec, Rpa},
    recording::program::{Program, Step, What},
    recording::replay::{FirstTouch, Plain, Processor, ReplayError, Replayer, Zeroing},
    recording::{
        ActivityReader, ArchIcount, Event, Icount, Kind, PAGE_LINES, Recording, RecordingError,
        WINDOW,
    },
    system::{Event as Happened, System},
};

const PAGES: u32 = 64;
type AnyMemory = Box<dyn Memory + Send>;

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/a_2g_default.events.csv.zst")
}

fn whole() -> Recording {
    let activity = Recording::activity_path(&recorded()).unwrap();
    Recording::read(&recorded(), Some(&activity), 524_288).unwrap()
}

fn event(icount: u64, gfn: u32, kind: Kind, aux: u32) -> Event {
    Event {
        icount: Icount(icount),
        archicount: ArchIcount(icount),
        vcpu: 0,
        gfn: Gfn(gfn),
        kind,
        aux,
        dur: (kind == Kind::Zeroed).then_some(4095),
        site: None,
    }
}

/// A recording that touches every page in every way that this port can tell apart.
fn mixed(rounds: u64) -> Recording {
    let mut events = vec![event(10, 0, Kind::Phase, 1)];
    let mut activity = Vec::new();
    let mut rng = fastrand::Rng::with_seed(7);
    let (mut stored, mut touched) = (HashSet::new(), HashSet::new());
    let mut at = 100;
    for _ in 0..rounds {
        let gfn = rng.u32(..PAGES);
        at += rng.u64(1..6000);
        let new = touched.insert(gfn);
        match rng.u8(..4) {
            0 if new => events.push(event(at, gfn, Kind::FirstRead, 0)),
            1 => {
                if new {
                    events.push(event(at, gfn, Kind::FirstWriteZero, 0));
                }
                at += 4095;
                let state = if new { 0 } else { 2 };
                events.push(event(at, gfn, Kind::Zeroed, state));
                stored.remove(&gfn);
            }
            _ if stored.insert(gfn) => events.push(event(at, gfn, Kind::FirstWrite, 1)),
            _ => {
                touched.remove(&gfn);
                touched.insert(gfn);
            }
        }
    }
    let end = at + 10;
    for window in 0..=(end / WINDOW) as u32 {
        for gfn in 0..PAGES {
            let seen = events
                .iter()
                .any(|event| event.gfn.0 == gfn && event.icount.0 / WINDOW <= u64::from(window));
            if seen && rng.bool() {
                let written = rng.u8(..20);
                activity.push(dormouse_testbench::recording::Activity {
                    window,
                    gfn: Gfn(gfn),
                    read: rng.u8(..PAGE_LINES),
                    written,
                    nonzero: rng.u8(..=written),
                    loads: 100,
                    stores: 100,
                });
            }
        }
    }
    events.push(event(end, 0, Kind::Phase, 99));
    Recording {
        file: "mixed".to_owned(),
        events,
        activity,
    }
}

// ------------------------------------------------------------------------------------- the program

#[test]
fn the_recorded_boot_as_a_program_reads_and_writes_what_was_recorded() {
    let recording = whole();
    let program = Program::new(&recording, 524_288, 4);
    let (mut lines, mut clears, mut devices, mut phases) = (HashMap::new(), 0u32, 0u32, Vec::new());
    let mut steps = program.steps();
    let mut before = 0;
    for step in &mut steps {
        assert!(step.at >= before, "time runs forwards");
        before = step.at;
        match step.what {
            What::Clear => clears += 1,
            What::Device => devices += 1,
            What::Phase => phases.push(step.lines),
            what => {
                *lines
                    .entry((what == What::Read, what == What::Zero))
                    .or_insert(0u64) += u64::from(step.lines);
            }
        }
    }
    assert_eq!(steps.unplaced(), 0);
    assert_eq!(before, 3_747_490_926, "instructions up to the end");
    assert_eq!(phases, [1, 2, 3, 4, 5, 6, 7, 8, 99]);
    let rows = |pick: fn(&dormouse_testbench::recording::Activity) -> u8| -> u64 {
        recording
            .activity
            .iter()
            .map(|row| u64::from(pick(row)))
            .sum()
    };
    assert_eq!(lines[&(true, false)], rows(|row| row.read));
    // A store that is an event may lie in a page that its row does not show as stored: a few.
    let nonzero = lines[&(false, false)];
    assert!(
        nonzero.abs_diff(rows(|row| row.nonzero)) * 200 < nonzero,
        "{nonzero}"
    );
    // The slow ones of the 80524 are made of single lines.
    assert_eq!(clears, 74498);
    assert_eq!(devices, 4433);
}

#[test]
fn no_page_is_accessed_before_its_first_touch_nor_stored_before_the_event_that_says_so() {
    let recording = whole();
    let program = Program::new(&recording, 524_288, 4);
    let mut first = HashMap::new();
    let mut live = vec![false; 524_288];
    let mut stores = HashMap::new();
    for event in &recording.events {
        if !matches!(event.kind, Kind::Phase) {
            first.entry(event.gfn.0).or_insert(event.archicount.0);
        }
        if matches!(event.kind, Kind::FirstWrite | Kind::Rewritten) {
            stores
                .entry(event.gfn.0)
                .or_insert_with(Vec::new)
                .push(event.archicount.0);
        }
    }
    for step in program.steps() {
        let page = step.gfn as usize;
        match step.what {
            What::Phase => continue,
            What::Clear => live[page] = false,
            What::Write if !live[page] => {
                let allowed = stores[&step.gfn].contains(&step.at);
                assert!(allowed, "page {page} at {}", step.at);
                live[page] = true;
            }
            _ => {}
        }
        // A slow zeroing begins before its event, which is at the last store.
        let slow = step.what == What::Zero || step.what == What::Clear;
        assert!(
            slow || step.at >= first[&step.gfn],
            "page {page} at {}",
            step.at
        );
    }
}

#[test]
fn a_window_of_the_recording_is_the_same_steps_without_the_others() {
    let recording = mixed(400);
    let all: Vec<Step> = Program::new(&recording, PAGES, 4).steps().collect();
    let program = Program::new(&recording, PAGES, 4).window(50, 100);
    let part: Vec<Step> = program.steps().collect();
    let (from, to) = (
        recording.events[50].icount.0,
        recording.events[149].icount.0,
    );
    assert_eq!(program.start(), from);
    assert_eq!(program.instructions(), to - from);
    assert!(part.iter().all(|step| (from..=to).contains(&step.at)));
    let fixed = |steps: &[Step]| -> Vec<Step> {
        let whole = |step: &&Step| step.what == What::Clear && (from..=to).contains(&step.at);
        steps.iter().filter(whole).copied().collect()
    };
    assert_eq!(fixed(&part), fixed(&all));
    assert!(!fixed(&part).is_empty());
    assert_eq!(
        Program::new(&recording, PAGES, 4)
            .window(0, 1 << 40)
            .steps()
            .count(),
        all.len()
    );
}

#[test]
fn a_page_that_was_zeroed_by_stores_is_stored_once() {
    let mut recording = mixed(0);
    let end = recording.events.pop().unwrap();
    recording
        .events
        .push(event(500_000, 3, Kind::FirstWrite, 0));
    recording.events.push(event(600_000, 3, Kind::Zeroed, 2));
    recording.events.push(Event {
        icount: Icount(1_000_000),
        archicount: ArchIcount(1_000_000),
        ..end
    });
    recording.activity = vec![dormouse_testbench::recording::Activity {
        window: 0,
        gfn: Gfn(3),
        read: 2,
        written: 64,
        nonzero: 3,
        loads: 2,
        stores: 600,
    }];
    let steps: Vec<Step> = Program::new(&recording, PAGES, 4).steps().collect();
    let count = |what| -> u32 {
        let of = steps.iter().filter(|step| step.what == what);
        of.map(|step| u32::from(step.lines)).sum()
    };
    assert_eq!(count(What::Clear), 64);
    assert_eq!(
        count(What::Zero),
        0,
        "its 61 other lines belong to the zeroing"
    );
    assert_eq!(count(What::Write), 3);
    assert_eq!(count(What::Read), 2);
    for step in &steps {
        let store = step.what == What::Write;
        assert!(!store || (500_000..596_000).contains(&step.at), "{step:?}");
    }
}

// ------------------------------------------------------------------------------------ the processor

fn dram() -> MemorySpec {
    MemorySpec::ddr3_preset().unwrap()
}

fn ideal() -> MemorySpec {
    MemorySpec::from_toml("kind = \"ideal\"\nb_latency = 7\nr_latency = 5").unwrap()
}

fn zeroed(spec: &MemorySpec, bus: u32) -> AnyMemory {
    let size = Bytes(u64::from(PAGES) << 12);
    let mut memory = spec.build_sized(bus, size).unwrap();
    memory.store_mut().zero_range(Rpa(0), size);
    memory
}

#[test]
fn a_boot_on_memory_alone_reads_what_it_wrote_on_every_bus() {
    let recording = mixed(600);
    let program = Program::new(&recording, PAGES, 4);
    for bus in [4, 8, 16, 32, 64] {
        for spec in [dram(), ideal()] {
            let replayer = Replayer::new(program.steps(), 0, &Processor::default(), bus, PAGES);
            let mut plain = Plain::new(replayer, zeroed(&spec, bus));
            assert!(plain.run(u64::MAX - 1));
            assert_eq!(plain.replayer.error, None, "{bus} {spec:?}");
            let counts = &plain.replayer.counts;
            let lines = |of: &[What]| -> u64 {
                let steps = program.steps().filter(|step| of.contains(&step.what));
                steps.map(|step| u64::from(step.lines)).sum()
            };
            assert_eq!(counts.reads, lines(&[What::Read]));
            let written = lines(&[What::Write, What::Zero, What::Clear, What::Device]);
            assert_eq!(counts.writes, written);
            assert_eq!(plain.written.bytes, 64 * written);
            assert_eq!(plain.written.zero, 64 * lines(&[What::Zero, What::Clear]));
            assert!(plain.replayer.end.unwrap() > program.instructions());
            let same = plain
                .replayer
                .compare(plain.memory.store(), |gfn| Some(Rpa(u64::from(gfn) << 12)));
            assert!(same.unwrap() > 0);
        }
    }
}

#[test]
fn on_memory_with_ecc_and_no_node_the_first_read_that_nobody_wrote_for_fails() {
    let recording = mixed(600);
    let program = Program::new(&recording, PAGES, 4);
    let spec = MemorySpec::Ecc {
        line: 64,
        memory: Box::new(ideal()),
    };
    let replayer = || Replayer::new(program.steps(), 0, &Processor::default(), 8, PAGES);
    let size = Bytes(u64::from(PAGES) << 12);
    let mut plain = Plain::new(replayer(), spec.build_sized(8, size).unwrap());
    plain.run(u64::MAX - 1);
    let error = plain.replayer.error.as_ref().unwrap();
    assert!(
        matches!(error, ReplayError::Response { what: "read", .. }),
        "{error}"
    );
    // Memory that somebody zeroed has no such line.
    let mut plain = Plain::new(replayer(), zeroed(&spec, 8));
    assert!(plain.run(u64::MAX - 1));
    assert_eq!(plain.replayer.error, None);
}

#[test]
fn memory_that_lost_a_byte_is_found_while_it_is_read_and_at_the_end() {
    let recording = mixed(600);
    let program = Program::new(&recording, PAGES, 4);
    let replayer = Replayer::new(program.steps(), 0, &Processor::default(), 8, PAGES);
    let mut plain = Plain::new(replayer, zeroed(&ideal(), 8));
    plain.run(program.instructions() / 2);
    assert_eq!(plain.replayer.error, None);
    for gfn in 0..u64::from(PAGES) {
        for line in 0..64 {
            plain
                .memory
                .store_mut()
                .fill(Rpa(gfn << 12 | line << 6 | 9), Bytes(1), 0x5a);
        }
    }
    plain.run(u64::MAX - 1);
    let stale = |error: &ReplayError| matches!(error, ReplayError::Stale { offset, .. } if offset % 64 == 8);
    assert!(stale(plain.replayer.error.as_ref().unwrap()));
    let place = |gfn: u32| Some(Rpa(u64::from(gfn) << 12));
    assert!(stale(
        &plain
            .replayer
            .compare(plain.memory.store(), place)
            .unwrap_err()
    ));
}

#[test]
fn a_hypervisor_takes_its_time_once_for_each_page() {
    let recording = mixed(600);
    let program = Program::new(&recording, PAGES, 4);
    let first_touch = FirstTouch {
        fault: 3000,
        page: 2000,
    };
    let run = |lazy: bool| {
        let mut replayer = Replayer::new(program.steps(), 0, &Processor::default(), 8, PAGES);
        if lazy {
            replayer = replayer.with_first_touch(first_touch);
        }
        let mut plain = Plain::new(replayer, zeroed(&dram(), 8));
        assert!(plain.run(u64::MAX - 1));
        assert_eq!(plain.replayer.error, None);
        plain
    };
    let (free, lazy) = (run(false), run(true));
    let counts = &lazy.replayer.counts;
    assert_eq!(counts.faults, u64::from(counts.touched));
    assert_eq!(counts.touched, free.replayer.counts.touched);
    assert!(counts.fault_cycles >= counts.faults * 5000);
    assert!(counts.fault_cycles < counts.faults * 5600, "{counts:?}");
    let later = lazy.replayer.end.unwrap() - free.replayer.end.unwrap();
    assert!(later.abs_diff(counts.fault_cycles) * 50 < later);
    assert_eq!(
        lazy.written.bytes - free.written.bytes,
        counts.faults * 4096
    );
}

// --------------------------------------------------------------------------------------- the machine

fn config() -> Config {
    Config {
        real_frames: 48,
        guest_pages: PAGES,
        queue_depth: 64,
        pool_depth: 16,
        ..Config::default()
    }
}

/// What a run came to, all of it visible at the ports.
type Result = (
    u64,
    Option<u64>,
    dormouse_testbench::recording::replay::Counts,
    dormouse_testbench::traffic::Traffic,
    [u32; 6],
);

/// Boots on a node whose firmware queues every frame once and does nothing else.
fn boot<S: Iterator<Item = Step>>(mut machine: System<Node, AnyMemory, Replayer<S>>) -> Result {
    machine.pace = 10;
    let mut driver = Driver::probe(&mut machine).unwrap();
    driver.wait_ready(1000).unwrap();
    driver.enable().unwrap();
    driver.mark_all(PageMark::Dormant).unwrap();
    for frame in 0..48 {
        driver.queue(Rfn(frame)).unwrap();
    }
    driver.bus().start();
    let mut doorbells = 0;
    loop {
        match driver.bus().run(u64::MAX - 1) {
            Happened::Doorbell(gfn) => {
                driver.zero_page(dormouse_driver::Gfn(gfn)).unwrap();
                driver.bus().guests.rung();
                doorbells += 1;
            }
            Happened::Finished => break,
            other => panic!("{other:?}: {:?}", driver.bus().check()),
        }
    }
    let counters = driver.gate_counters().unwrap();
    let numbers = [
        counters.zero_reads,
        counters.elided_writes,
        counters.fast_conversions + counters.demand_conversions,
        counters.redormanted_stores,
        counters.redormanted_doorbell,
        doorbells,
    ];
    // What the engine has begun is ended.
    driver.disable().unwrap();
    while driver.zeroing().unwrap() != 0 {}
    machine.idle(100);
    machine.finish().unwrap();
    let replayer = &machine.guests;
    (
        machine.cycle(),
        replayer.end,
        replayer.counts.clone(),
        machine.written,
        numbers,
    )
}

/// The recording with no more than 40 pages that hold data, so that 48 frames suffice.
fn small() -> Recording {
    let mut recording = mixed(400);
    for event in &mut recording.events {
        event.gfn.0 %= 40;
    }
    recording.activity.retain(|row| row.gfn.0 < 40);
    recording
}

#[test]
fn a_boot_in_jumps_is_the_boot_cycle_by_cycle() {
    let recording = small();
    for spec in [dram(), ideal()] {
        for zeroing in [Zeroing::Stores, Zeroing::Doorbell] {
            let program = Program::new(&recording, PAGES, 4);
            let machine = || {
                let replayer = Replayer::new(program.steps(), 0, &Processor::default(), 8, PAGES)
                    .with_zeroing(zeroing);
                let node = Node::new(&config()).unwrap();
                let memory = spec.build(node.config()).unwrap();
                System::with_guests(node, memory, replayer)
            };
            let (ticking, jumping) = (boot(machine()), boot(machine().skipping()));
            assert_eq!(ticking, jumping, "{zeroing:?} {spec:?}");
            let [zero_reads, elided, conversions, stores, doorbell, rung] = jumping.4;
            assert!(zero_reads > 0 && elided + doorbell > 0 && conversions > 0);
            let clears = jumping.2.clears as u32;
            match zeroing {
                Zeroing::Stores => assert!(stores > 0 && rung == 0 && clears > 0),
                Zeroing::Doorbell => assert!(doorbell > 0 && rung == clears),
            }
        }
    }
}

#[test]
fn the_machine_stops_at_data_that_memory_lost() {
    let recording = small();
    let program = Program::new(&recording, PAGES, 4);
    let replayer = Replayer::new(program.steps(), 0, &Processor::default(), 8, PAGES);
    let node = Node::new(&config()).unwrap();
    let memory = ideal().build(node.config()).unwrap();
    let mut machine = System::with_guests(node, memory, replayer).skipping();
    let mut driver = Driver::probe(&mut machine).unwrap();
    driver.wait_ready(1000).unwrap();
    driver.enable().unwrap();
    for frame in 0..48 {
        driver.queue(Rfn(frame)).unwrap();
    }
    machine.start();
    assert_eq!(machine.run(program.instructions()), Happened::Limit);
    machine
        .memory
        .store_mut()
        .fill(Rpa(0), Bytes(48 << 12), 0x33);
    assert_eq!(machine.run(u64::MAX - 1), Happened::Stopped);
    let text = machine.check().unwrap_err().to_string();
    assert!(text.contains("stale data"), "{text}");
}

// ---------------------------------------------------------------------------------- activity files

const ROWS: &str = "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores\n";

fn rows(text: &str) -> std::result::Result<usize, RecordingError> {
    let bytes = zstd::encode_all(format!("{ROWS}{text}").as_bytes(), 3).unwrap();
    let rows = ActivityReader::new(&bytes[..], "rows.zst")?.with_frames(100);
    Ok(rows.collect::<std::result::Result<Vec<_>, _>>()?.len())
}

#[test]
fn wrong_rows_are_named_with_their_line_and_column() {
    assert_eq!(
        rows("0,1,64,64,64,32,32\n0,2,0,0,0,0,1\n1,1,1,2,1,7,8\n").unwrap(),
        3
    );
    for (text, named) in [
        (
            "0,1,65,0,0,90,0\n",
            "line 2: lines_read is 65, and cannot be more than 64",
        ),
        ("0,1,0,65,0,0,90\n", "line 2: lines_written is 65"),
        (
            "0,1,0,3,4,0,9\n",
            "line 2: lines_written_nonzero is 4, and cannot be more than 3",
        ),
        (
            "0,100,0,0,0,0,0\n",
            "line 2: gpfn: page 100 is outside the 100 frames",
        ),
        (
            "1,1,0,0,0,1,0\n0,1,0,0,0,1,0\n",
            "line 3: window 0 comes after 1",
        ),
        (
            "0,2,0,0,0,1,0\n0,2,0,0,0,1,0\n",
            "line 3: gpfn is 2: pages of a window are in order, each once, and page 2 came before",
        ),
        ("0,1,x,0,0,0,0\n", "line 2: lines_read is `x`"),
        ("0,1,0,0,0,0\n", "line 2: 6 fields, expected 7"),
        ("0,1,0,0,0,0,0", "line 2: truncated"),
    ] {
        let error = rows(text).unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
    }
}
