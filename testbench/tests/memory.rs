//! The memories: exact cycles, faults, contents, and jumps that equal steps.

use std::collections::{HashMap, HashSet, VecDeque};

use dormouse_model::Config;
use dormouse_model::axi::{Ax, AxiReq, DECERR, FIXED, INCR, OKAY, SLVERR, W, WRAP};
use dormouse_testbench::checker::{AxiChecker, AxiLimits};
use dormouse_testbench::memory::{
    Access, Bytes, DramParams, ErrorKind, FaultRange, Faults, IdealParams, Memory, MemoryError,
    MemorySpec, Rpa, StoreOnError,
};
use proptest::prelude::*;

const BUS: u32 = 8;
const SIZE: Bytes = Bytes(1 << 20);

type Boxed = Box<dyn Memory + Send>;

fn build(spec: &MemorySpec) -> Boxed {
    spec.build_sized(BUS, SIZE).unwrap()
}

fn ideal(change: impl FnOnce(&mut IdealParams)) -> MemorySpec {
    let mut params = IdealParams::default();
    change(&mut params);
    MemorySpec::Ideal(params)
}

fn faulty(memory: MemorySpec, faults: Faults) -> MemorySpec {
    MemorySpec::Faulty {
        faults,
        memory: Box::new(memory),
    }
}

fn ax(id: u32, addr: u64, beats: u32) -> Ax {
    Ax {
        id,
        addr,
        len: (beats - 1) as u8,
        size: BUS.trailing_zeros() as u8,
        burst: INCR,
        lock: false,
    }
}

/// One burst for a [`Manager`] to do.
#[derive(Clone, Debug)]
struct Job {
    write: bool,
    ax: Ax,
    /// Data and strobes of each beat of a write.
    beats: Vec<(u64, u64)>,
}

fn write(id: u32, addr: u64, beats: u32, data: u64) -> Job {
    Job {
        write: true,
        ax: ax(id, addr, beats),
        beats: vec![(data, 0xff); beats as usize],
    }
}

fn read(id: u32, addr: u64, beats: u32) -> Job {
    Job {
        write: false,
        ax: ax(id, addr, beats),
        beats: Vec::new(),
    }
}

/// What became of a job.
#[derive(Clone, Debug, Default, PartialEq)]
struct Done {
    /// Cycle of the address handshake and of the last response.
    begin: u64,
    end: u64,
    /// One for a write, one for each beat of a read.
    resps: Vec<u8>,
    data: Vec<u64>,
    /// Cycles of the W beats, or of the R beats.
    beats: Vec<u64>,
}

/// A legal manager: it keeps what it offers until it is taken. `gap` in percent makes it hesitate
/// everywhere, by seed.
struct Manager {
    rng: fastrand::Rng,
    gap: u8,
    ready: bool,
    limit: usize,
    cycle: u64,
    checker: AxiChecker,
    req: AxiReq,
}

impl Manager {
    fn new(seed: u64, gap: u8) -> Self {
        let limits = AxiLimits {
            bus: BUS,
            addr_width: 32,
            id_width: 4,
            writes: 64,
            reads: 64,
            misuse: false,
        };
        Self {
            rng: fastrand::Rng::with_seed(seed),
            gap,
            ready: true,
            limit: 64,
            cycle: 0,
            checker: AxiChecker::with_limits(limits),
            req: AxiReq::default(),
        }
    }

    fn go(&mut self) -> bool {
        self.gap == 0 || self.rng.u8(..100) >= self.gap
    }

    /// Does all jobs, in order of their addresses on each channel, and checks every cycle.
    fn run(&mut self, memory: &mut Boxed, jobs: &[Job]) -> Vec<Done> {
        let mut done = vec![Done::default(); jobs.len()];
        let of = |write| {
            jobs.iter()
                .enumerate()
                .filter(move |(_, j)| j.write == write)
                .map(|(i, _)| i)
        };
        let mut aw: VecDeque<usize> = of(true).collect();
        let mut ar: VecDeque<usize> = of(false).collect();
        let mut w: VecDeque<(usize, usize)> = aw
            .iter()
            .flat_map(|&i| (0..jobs[i].beats.len()).map(move |b| (i, b)))
            .collect();
        let mut waiting: [HashMap<u32, VecDeque<usize>>; 2] = Default::default();
        let (mut under_way, mut left) = ([0; 2], jobs.len());
        let start = self.cycle;
        while left > 0 {
            assert!(
                self.cycle - start < 2_000_000,
                "no end: {left} jobs left, {:?}",
                memory.outputs()
            );
            if !self.req.aw_valid
                && self.go()
                && under_way[1] < self.limit
                && let Some(&i) = aw.front()
            {
                (self.req.aw_valid, self.req.aw) = (true, jobs[i].ax);
            }
            if !self.req.ar_valid
                && self.go()
                && under_way[0] < self.limit
                && let Some(&i) = ar.front()
            {
                (self.req.ar_valid, self.req.ar) = (true, jobs[i].ax);
            }
            // Data never runs ahead of an address by more than that address's own burst.
            let may_send = |i: usize| aw.front().is_none_or(|&first| i <= first);
            if !self.req.w_valid
                && self.go()
                && let Some(&(i, beat)) = w.front()
                && may_send(i)
            {
                let (value, strb) = jobs[i].beats[beat];
                let mut data = [0; 8];
                data[0] = value;
                self.req.w = W {
                    data,
                    strb,
                    last: beat + 1 == jobs[i].beats.len(),
                };
                self.req.w_valid = true;
            }
            self.req.b_ready = self.ready && self.go();
            self.req.r_ready = self.ready && self.go();
            let (req, resp) = (self.req, *memory.outputs());
            if let Err(error) = self.checker.clock(&req, &resp) {
                panic!("{error}");
            }
            if req.aw_valid && resp.aw_ready {
                let i = aw.pop_front().unwrap();
                done[i].begin = self.cycle;
                waiting[1].entry(req.aw.id).or_default().push_back(i);
                under_way[1] += 1;
                self.req.aw_valid = false;
            }
            if req.ar_valid && resp.ar_ready {
                let i = ar.pop_front().unwrap();
                done[i].begin = self.cycle;
                waiting[0].entry(req.ar.id).or_default().push_back(i);
                under_way[0] += 1;
                self.req.ar_valid = false;
            }
            if req.w_valid && resp.w_ready {
                let (i, _) = w.pop_front().unwrap();
                done[i].beats.push(self.cycle);
                self.req.w_valid = false;
            }
            if resp.b_valid && req.b_ready {
                let i = waiting[1].get_mut(&resp.b.id).unwrap().pop_front().unwrap();
                done[i].resps.push(resp.b.resp);
                done[i].end = self.cycle;
                (under_way[1], left) = (under_way[1] - 1, left - 1);
            }
            if resp.r_valid && req.r_ready {
                let queue = waiting[0].get_mut(&resp.r.id).unwrap();
                let i = *queue.front().unwrap();
                done[i].resps.push(resp.r.resp);
                done[i].data.push(resp.r.data[0]);
                done[i].beats.push(self.cycle);
                done[i].end = self.cycle;
                if resp.r.last {
                    queue.pop_front();
                    (under_way[0], left) = (under_way[0] - 1, left - 1);
                }
            }
            memory.clock(&req);
            self.cycle += 1;
        }
        self.checker.finish().unwrap();
        assert_eq!(memory.in_flight(), 0);
        done
    }
}

fn run(spec: &MemorySpec, jobs: &[Job]) -> (Boxed, Vec<Done>) {
    let mut memory = build(spec);
    let done = Manager::new(0, 0).run(&mut memory, jobs);
    (memory, done)
}

#[test]
fn b_comes_exactly_its_latency_after_the_last_w_beat() {
    for latency in [1, 2, 4, 32, 100] {
        let jobs: Vec<Job> = (0..8)
            .map(|i| write(i % 3, 0x1000 * u64::from(i), 256, 0))
            .collect();
        let (_, done) = run(&ideal(|p| p.b_latency = latency), &jobs);
        for (i, job) in done.iter().enumerate() {
            assert_eq!(job.resps, [OKAY]);
            // One beat in every cycle, from the cycle of the first address on.
            assert_eq!(
                job.beats,
                (i as u64 * 256..(i as u64 + 1) * 256).collect::<Vec<_>>()
            );
            assert_eq!(job.end, job.beats[255] + u64::from(latency));
        }
    }
}

#[test]
fn a_burst_whose_address_comes_last_is_answered_its_latency_after_the_address() {
    let mut memory = build(&ideal(|p| p.b_latency = 5));
    let beat = |last| AxiReq {
        w_valid: true,
        w: W {
            strb: 0xff,
            last,
            ..W::default()
        },
        ..AxiReq::default()
    };
    memory.clock(&beat(false));
    memory.clock(&beat(true));
    assert_eq!(memory.in_flight(), 1);
    for _ in 0..10 {
        memory.clock(&AxiReq::default());
    }
    memory.clock(&AxiReq {
        aw_valid: true,
        aw: ax(3, 0x100, 2),
        ..AxiReq::default()
    });
    for _ in 0..4 {
        assert!(!memory.outputs().b_valid);
        memory.clock(&AxiReq::default());
    }
    assert!(memory.outputs().b_valid);
    assert_eq!(memory.outputs().b.id, 3);
    assert!(memory.store().is_zero(Rpa(0x100), Bytes(16)));
}

#[test]
fn w_ready_goes_low_when_a_whole_burst_waits_for_its_address_and_comes_back_with_it() {
    let mut memory = build(&ideal(|_| ()));
    let mut beats = 0;
    while memory.outputs().w_ready {
        let last = beats % 256 == 255;
        memory.clock(&AxiReq {
            w_valid: true,
            w: W {
                strb: 0xff,
                last,
                ..W::default()
            },
            ..AxiReq::default()
        });
        beats += 1;
        assert!(beats <= 1000);
    }
    assert_eq!(beats, 256);
    memory.clock(&AxiReq {
        aw_valid: true,
        aw: ax(0, 0, 256),
        ..AxiReq::default()
    });
    assert!(memory.outputs().w_ready);
    assert!(memory.store().is_zero(Rpa(0), Bytes(2048)));
}

#[test]
fn r_comes_exactly_its_latency_after_the_address_and_then_in_every_cycle() {
    for latency in [1, 2, 30] {
        let (_, done) = run(
            &ideal(|p| p.r_latency = latency),
            &[read(1, 0, 16), read(2, 0x1000, 4)],
        );
        let first = done[0].begin + u64::from(latency);
        assert_eq!(done[0].beats, (first..first + 16).collect::<Vec<_>>());
        assert_eq!(done[1].beats[0], first + 16);
    }
}

#[test]
fn the_outstanding_limit_holds_addresses_back_exactly() {
    let jobs: Vec<Job> = (0..6)
        .flat_map(|i| [write(0, 64 * i, 1, 1), read(0, 64 * i, 1)])
        .collect();
    let spec = ideal(|p| (p.b_latency, p.r_latency, p.outstanding) = (50, 50, 2));
    let (_, done) = run(&spec, &jobs);
    for kind in [0, 1] {
        let of: Vec<&Done> = done.iter().skip(kind).step_by(2).collect();
        // The third address goes out in the cycle after the first answer was taken.
        assert_eq!(of[1].begin, 1);
        assert_eq!(of[2].begin, of[0].end + 1);
        assert_eq!(of[3].begin, of[1].end + 1);
    }
}

#[test]
fn a_quarter_of_w_stalls_takes_a_quarter_of_the_cycles_and_the_same_ones_each_time() {
    let jobs: Vec<Job> = (0..128).map(|i| write(0, 2048 * i, 256, 0)).collect();
    let spec = ideal(|p| (p.w_stall, p.seed) = (25, 9));
    let (_, done) = run(&spec, &jobs);
    let cycles = done[127].beats[255] + 1;
    let beats = 128 * 256;
    assert!(
        (beats * 100 / 76..beats * 100 / 74).contains(&cycles),
        "{cycles} cycles for {beats} beats"
    );
    assert_eq!(run(&spec, &jobs).1, done);
    assert_ne!(
        run(&ideal(|p| (p.w_stall, p.seed) = (25, 10)), &jobs).1,
        done
    );
}

#[test]
fn every_stall_slows_its_own_channel() {
    let writes: Vec<Job> = (0..64).map(|i| write(0, 64 * i, 1, 5)).collect();
    let reads: Vec<Job> = (0..64).map(|i| read(0, 64 * i, 1)).collect();
    let end =
        |spec: &MemorySpec, jobs: &[Job]| run(spec, jobs).1.iter().map(|d| d.end).max().unwrap();
    let (fast_writes, fast_reads) = (end(&ideal(|_| ()), &writes), end(&ideal(|_| ()), &reads));
    for change in [
        |p: &mut IdealParams| p.aw_stall = 80,
        |p: &mut IdealParams| p.w_stall = 80,
        |p: &mut IdealParams| p.b_stall = 80,
    ] {
        assert!(end(&ideal(change), &writes) > 2 * fast_writes);
        assert_eq!(end(&ideal(change), &reads), fast_reads);
    }
    for change in [
        |p: &mut IdealParams| p.ar_stall = 80,
        |p: &mut IdealParams| p.r_stall = 80,
    ] {
        assert!(end(&ideal(change), &reads) > 2 * fast_reads);
        assert_eq!(end(&ideal(change), &writes), fast_writes);
    }
}

#[test]
fn a_burst_beyond_the_end_is_answered_with_decerr_and_changes_nothing() {
    for spec in [ideal(|_| ()), MemorySpec::sdr_preset().unwrap()] {
        let (memory, done) = run(
            &spec,
            &[
                write(0, SIZE.0, 2, 0),
                read(1, SIZE.0, 3),
                write(2, SIZE.0 - 8, 1, 7),
            ],
        );
        assert_eq!(done[0].resps, [DECERR]);
        assert_eq!(done[1].resps, [DECERR; 3]);
        assert_eq!(done[2].resps, [OKAY]);
        assert_eq!(memory.store().word(Rpa(SIZE.0 - 8)), 7);
    }
}

#[test]
fn memory_is_not_zero_before_it_is_written() {
    for seed in 0..20 {
        let memory = build(&MemorySpec::random(seed));
        for page in 0..SIZE.0 / 4096 {
            assert_ne!(memory.store().byte(Rpa(page * 4096 + seed)), 0);
        }
    }
}

// ---- DRAM ----

fn sdr() -> DramParams {
    match MemorySpec::sdr_preset().unwrap() {
        MemorySpec::Dram(params) => params,
        other => panic!("{other:?}"),
    }
}

fn page(at: u64, data: u64) -> Vec<Job> {
    (0..2)
        .map(|half| write(0, at + half * 2048, 256, data))
        .collect()
}

#[test]
fn a_single_sdr_write_costs_activate_data_recovery_and_controller() {
    // Offered and accepted in cycle 0, ACTIVE in 0, WRITE in 2 (tRCD 20 ns), 8 bytes on 16 bits until 6,
    // recovery of 2 cycles (17.5 ns), 4 in the controller.
    let (_, done) = run(&MemorySpec::Dram(sdr()), &[write(0, 0, 1, 1)]);
    assert_eq!(done[0].end, 2 + 4 + 2 + 4);
    // READ in 2, data after CL 2.
    let (_, done) = run(&MemorySpec::Dram(sdr()), &[read(0, 0, 1)]);
    assert_eq!(done[0].end, 2 + 4 + 2 + 4);
}

#[test]
fn an_open_row_is_hit_and_another_row_of_the_bank_is_a_miss() {
    let second = |addr| {
        let spec = MemorySpec::Dram(DramParams {
            outstanding: 1,
            ..sdr()
        });
        let (_, done) = run(&spec, &[read(0, 0, 1), read(0, addr, 1)]);
        done[1].end - done[1].begin
    };
    let hit = second(8);
    // A bank that was never opened costs tRCD more; a bank with another row tRP as well.
    assert_eq!(hit, 4 + 2 + 4);
    assert_eq!(second(1024), hit + 2);
    assert_eq!(second(4 * 1024), hit + 4);
    assert_eq!(second(4 * 1024 + 1024), hit + 2);
}

#[test]
fn a_page_on_sdr_takes_its_bus_cycles_and_a_miss_for_each_row() {
    let (_, done) = run(&MemorySpec::Dram(sdr()), &page(0, 0));
    // 4 rows in 4 banks, tRCD each, 2048 cycles of data, then recovery and controller; no refresh yet
    // (its 781st cycle comes, and costs tRP + tRFC and up to 3 rows opened again).
    let ideal = 2048 + 4 * 2 + 2 + 4;
    let end = done[1].end;
    assert!(
        (ideal..ideal + 2 * (2 + 2 + 7 + 2 + 3)).contains(&end),
        "{end}"
    );
    assert!(end > ideal, "refresh costs nothing");
}

#[test]
fn refresh_takes_its_share_of_a_long_run_and_no_more() {
    let jobs: Vec<Job> = (0..40).flat_map(|i| page(i * 4096, 0)).collect();
    let end = |params: DramParams| run(&MemorySpec::Dram(params), &jobs).1.last().unwrap().end;
    let (with, without) = (
        end(sdr()),
        end(DramParams {
            t_refi_ns: 1e9,
            ..sdr()
        }),
    );
    let refreshes = with / 781;
    let cost = with - without;
    // tRFC 7 cycles, closing 2, opening 2 again, recovery 2.
    assert!(
        (refreshes * 7..=refreshes * 16).contains(&cost),
        "{cost} cycles for {refreshes} refreshes"
    );
}

#[test]
fn turning_the_bus_around_costs_what_the_parameters_say() {
    let alternate: Vec<Job> = (0..20)
        .flat_map(|i| [write(0, 0, 1, i), read(0, 8, 1)])
        .collect();
    let end = |params: DramParams| {
        run(&MemorySpec::Dram(params), &alternate)
            .1
            .iter()
            .map(|d| d.end)
            .max()
            .unwrap()
    };
    let free = end(DramParams {
        t_rtw_ns: 0.0,
        t_wtr_ns: 0.0,
        ..sdr()
    });
    let dear = end(DramParams {
        t_rtw_ns: 30.0,
        t_wtr_ns: 50.0,
        ..sdr()
    });
    // 39 turns, about half each way.
    let turns = (dear - free).div_ceil(4);
    assert!((36..=40).contains(&turns), "{free} {dear}");
}

#[test]
fn ddr3_takes_a_beat_in_every_cycle_but_for_misses_and_refresh() {
    let jobs: Vec<Job> = (0..64).flat_map(|i| page(i * 4096, 0)).collect();
    let (_, done) = run(&MemorySpec::ddr3_preset().unwrap(), &jobs);
    let cycles = done.last().unwrap().end;
    assert!((32768..32768 * 103 / 100).contains(&cycles), "{cycles}");
    // On a 128-bit bus the device's own width is the bound, and misses show.
    let mut memory = MemorySpec::ddr3_preset()
        .unwrap()
        .build_sized(16, SIZE)
        .unwrap();
    let mut req = AxiReq {
        b_ready: true,
        w_valid: true,
        ..AxiReq::default()
    };
    let (mut bursts, mut beats, mut answers, mut cycle) = (0, 0, 0, 0);
    while answers < 64 {
        req.aw_valid = bursts < 64;
        req.aw = Ax {
            id: 0,
            addr: bursts * 4096,
            len: 255,
            size: 4,
            burst: INCR,
            lock: false,
        };
        req.w_valid = beats < 64 * 256;
        req.w = W {
            strb: 0xffff,
            last: beats % 256 == 255,
            ..W::default()
        };
        let out = *memory.outputs();
        bursts += u64::from(req.aw_valid && out.aw_ready);
        beats += u64::from(req.w_valid && out.w_ready);
        answers += u64::from(out.b_valid);
        memory.clock(&req);
        cycle += 1;
    }
    assert!(
        (16384 * 102 / 100..16384 * 115 / 100).contains(&cycle),
        "{cycle}"
    );
    assert!(memory.store().is_zero(Rpa(0), Bytes(64 * 4096)));
}

#[test]
fn an_access_smaller_than_the_device_s_burst_costs_a_whole_one() {
    let narrow: Vec<Job> = (0..40).map(|i| write(0, i * 64, 1, 1)).collect();
    let base = DramParams {
        bytes_per_cycle: 1,
        outstanding: 64,
        t_refi_ns: 1e9,
        ..sdr()
    };
    let end = |access_bytes| {
        let spec = MemorySpec::Dram(DramParams {
            access_bytes,
            ..base.clone()
        });
        run(&spec, &narrow).1.last().unwrap().end
    };
    // 8 bytes each, 32 for the larger device burst; the last one need not end.
    let (small, large) = (end(8), end(32));
    assert!(
        (39 * 24 - 100..=39 * 24).contains(&(large - small)),
        "{small} {large}"
    );
}

#[test]
fn a_read_is_not_held_up_by_a_write_that_never_gets_its_data() {
    for spec in [
        ideal(|_| ()),
        MemorySpec::sdr_preset().unwrap(),
        MemorySpec::ddr3_preset().unwrap(),
    ] {
        let mut memory = build(&spec);
        let beat = AxiReq {
            w_valid: true,
            w: W {
                strb: 0xff,
                ..W::default()
            },
            ..AxiReq::default()
        };
        memory.clock(&AxiReq {
            aw_valid: true,
            aw: ax(0, 0, 4),
            ..beat
        });
        memory.clock(&AxiReq {
            ar_valid: true,
            ar: ax(1, 64, 1),
            ..AxiReq::default()
        });
        let answered = (0..200).any(|_| {
            memory.clock(&AxiReq::default());
            memory.outputs().r_valid
        });
        assert!(answered, "{spec:?}");
    }
}

// ---- ECC ----

fn ecc(memory: MemorySpec, line: u32) -> MemorySpec {
    MemorySpec::Ecc {
        line,
        memory: Box::new(memory),
    }
}

fn with_ecc() -> [MemorySpec; 3] {
    let memories = [
        ideal(|_| ()),
        MemorySpec::sdr_preset().unwrap(),
        MemorySpec::ddr3_preset().unwrap(),
    ];
    memories.map(|memory| ecc(memory, 64))
}

#[test]
fn with_ecc_the_first_read_of_a_line_fails_until_all_of_it_was_written() {
    for spec in with_ecc() {
        let mut memory = build(&spec);
        let mut manager = Manager::new(0, 0);
        let mut resps = |job: Job| manager.run(&mut memory, &[job])[0].resps.clone();
        // Beat by beat: the burst covers half of a line that was never written.
        assert_eq!(resps(read(0, 0x20, 4)), [SLVERR; 4], "{spec:?}");
        assert_eq!(
            resps(write(0, 0, 16, 7)),
            [OKAY],
            "two lines, in 8 beats each"
        );
        assert_eq!(resps(read(0, 0x40, 8)), [OKAY; 8]);
        let edge = [OKAY, OKAY, SLVERR, SLVERR];
        assert_eq!(
            resps(read(0, 0x70, 4)),
            edge,
            "beats have their own answers"
        );
        assert_eq!(memory.store().ecc_errors(), 6);
    }
}

#[test]
fn with_ecc_a_write_of_a_part_of_a_line_fails_until_the_line_was_written() {
    for spec in with_ecc() {
        let mut memory = build(&spec);
        let mut manager = Manager::new(0, 0);
        let mut resps = |job: Job| manager.run(&mut memory, &[job])[0].resps.clone();
        let strobes = |strb| Job {
            beats: vec![(3, strb); 8],
            ..write(0, 0x40, 8, 0)
        };
        assert_eq!(resps(strobes(0)), [OKAY], "nothing was written");
        assert_eq!(resps(write(0, 0, 7, 1)), [SLVERR], "a beat is missing");
        assert_eq!(
            resps(write(0, 0x38, 2, 1)),
            [SLVERR],
            "completes one, begins another"
        );
        assert_eq!(resps(read(0, 0, 8)), [OKAY; 8]);
        assert_eq!(
            resps(strobes(0x7f)),
            [SLVERR],
            "a byte of each beat is missing"
        );
        assert_eq!(resps(read(0, 0x40, 1)), [SLVERR]);
        assert_eq!(resps(strobes(0x80)), [OKAY], "the other bytes");
        assert_eq!(
            resps(write(0, 0x48, 1, 1)),
            [OKAY],
            "a part of a line that is whole"
        );
        assert_eq!(resps(strobes(1)), [OKAY]);
    }
}

#[test]
fn with_ecc_zeroing_by_a_backdoor_or_in_jumps_counts_as_writing() {
    let mut memory = build(&ecc(ideal(|_| ()), 4096));
    memory.store_mut().zero_range(Rpa(0x1000), Bytes(4096));
    memory.clock(&AxiReq {
        aw_valid: true,
        aw: ax(0, 0, 256),
        ..AxiReq::default()
    });
    let mut beat = AxiReq {
        w_valid: true,
        w: W {
            strb: 0xff,
            ..W::default()
        },
        b_ready: true,
        ..AxiReq::default()
    };
    for bursts in 0..2u64 {
        memory.clock_many(&beat, 255);
        beat.w.last = true;
        beat.aw_valid = bursts == 0;
        beat.aw = ax(0, 2048, 256);
        memory.clock(&beat);
        (beat.w.last, beat.aw_valid) = (false, false);
        while !memory.outputs().b_valid {
            memory.clock(&AxiReq::default());
        }
        // Half of the line, then the whole.
        assert_eq!(memory.outputs().b.resp, [SLVERR, OKAY][bursts as usize]);
        memory.clock(&AxiReq {
            b_ready: true,
            ..AxiReq::default()
        });
    }
    let done = Manager::new(0, 0).run(&mut memory, &[read(0, 0, 8), read(0, 0x1000, 8)]);
    assert!(done.iter().all(|done| done.resps == [OKAY; 8]));
}

#[test]
fn an_ecc_line_that_no_memory_has_is_refused() {
    for line in [0, 4, 48, 8192] {
        let error = ecc(ideal(|_| ()), line).build_sized(BUS, SIZE).err();
        assert!(matches!(
            error,
            Some(MemoryError::Illegal { name: "line", .. })
        ));
    }
}

// ---- Faults ----

#[test]
fn bursts_to_a_faulty_range_fail_and_their_neighbours_do_not() {
    let range = |error, access| FaultRange {
        start: 0x1000,
        bytes: 0x1000,
        error,
        access,
        times: None,
    };
    let jobs = [
        write(0, 0xff8, 1, 1),
        write(0, 0x1ff8, 1, 1),
        write(0, 0x2000, 1, 1),
        read(0, 0x1800, 2),
        read(0, 0x2000, 2),
    ];
    for (kind, resp) in [(ErrorKind::Slverr, SLVERR), (ErrorKind::Decerr, DECERR)] {
        for (access, on_write, on_read) in [
            (Access::Both, resp, resp),
            (Access::Read, OKAY, resp),
            (Access::Write, resp, OKAY),
        ] {
            let faults = Faults {
                ranges: vec![range(kind, access)],
                ..Faults::default()
            };
            let (_, done) = run(&faulty(ideal(|_| ()), faults), &jobs);
            let resps: Vec<_> = done.iter().map(|d| d.resps.clone()).collect();
            assert_eq!(
                resps,
                [
                    vec![OKAY],
                    vec![on_write],
                    vec![OKAY],
                    vec![on_read; 2],
                    vec![OKAY; 2]
                ]
            );
        }
    }
}

#[test]
fn a_faulty_range_heals_after_as_many_bursts_as_it_says() {
    let range = FaultRange {
        start: 0,
        bytes: 4096,
        error: ErrorKind::Slverr,
        access: Access::Write,
        times: Some(2),
    };
    let jobs: Vec<Job> = (0..4).map(|i| write(0, 64 * i, 1, 1)).collect();
    let (_, done) = run(
        &faulty(
            ideal(|_| ()),
            Faults {
                ranges: vec![range],
                ..Faults::default()
            },
        ),
        &jobs,
    );
    let resps: Vec<u8> = done.iter().map(|d| d.resps[0]).collect();
    assert_eq!(resps, [SLVERR, SLVERR, OKAY, OKAY]);
}

#[test]
fn a_failed_write_has_changed_memory_or_not_as_asked() {
    let changed = |store_on_error| {
        let range = FaultRange {
            start: 0,
            bytes: 1 << 16,
            error: ErrorKind::Slverr,
            access: Access::Both,
            times: None,
        };
        let faults = Faults {
            ranges: vec![range],
            store_on_error,
            ..Faults::default()
        };
        let jobs: Vec<Job> = (0..32).map(|i| write(0, 2048 * i, 256, 0)).collect();
        let (memory, done) = run(&faulty(ideal(|_| ()), faults), &jobs);
        assert!(done.iter().all(|d| d.resps == [SLVERR]));
        (0..32)
            .filter(|i| memory.store().is_zero(Rpa(2048 * i), Bytes(2048)))
            .count()
    };
    assert_eq!(changed(StoreOnError::Always), 32);
    assert_eq!(changed(StoreOnError::Never), 0);
    let some = changed(StoreOnError::Random);
    assert!((4..28).contains(&some), "{some}");
}

#[test]
fn random_errors_hit_as_often_as_asked_and_reads_on_any_beat() {
    let jobs: Vec<Job> = (0..2000)
        .map(|i| {
            if i % 2 == 0 {
                write(0, 64 * (i % 512), 1, 0)
            } else {
                read(0, 64, 4)
            }
        })
        .collect();
    let faults = Faults {
        seed: 3,
        error_per_mille: 100,
        error: ErrorKind::Either,
        ..Faults::default()
    };
    let (_, done) = run(&faulty(ideal(|_| ()), faults), &jobs);
    let bad = |d: &&Done| d.resps.iter().any(|&r| r != OKAY);
    let failed = done.iter().filter(bad).count();
    assert!((140..260).contains(&failed), "{failed} of 2000");
    let all: HashSet<u8> = done.iter().flat_map(|d| d.resps.clone()).collect();
    assert_eq!(all, HashSet::from([OKAY, SLVERR, DECERR]));
    let beats: HashSet<Vec<bool>> = done
        .iter()
        .skip(1)
        .step_by(2)
        .map(|d| d.resps.iter().map(|&r| r != OKAY).collect())
        .collect();
    // No beat, each one alone, and all.
    assert_eq!(beats.len(), 6, "{beats:?}");
}

#[test]
fn late_responses_stay_in_order_unless_reordering_is_asked_for_and_never_change_within_an_id() {
    let order = |reorder_b| {
        let faults = Faults {
            seed: 5,
            late_b: 60,
            reorder_b,
            ..Faults::default()
        };
        let jobs: Vec<Job> = (0..64).map(|i| write(i as u32 % 4, 64 * i, 1, 0)).collect();
        let (_, done) = run(&faulty(ideal(|_| ()), faults), &jobs);
        let mut index: Vec<usize> = (0..64).collect();
        index.sort_by_key(|&i| done[i].end);
        (index, done)
    };
    let (straight, done) = order(false);
    assert!(straight.is_sorted());
    let (index, reordered) = order(true);
    assert!(!index.is_sorted());
    for id in 0..4 {
        assert!(
            index.iter().filter(|&&i| i % 4 == id).is_sorted(),
            "id {id} overtook itself"
        );
    }
    // At least one cycle more than the memory's own 4, and some up to 60 more.
    for done in [done, reordered] {
        assert!(done.iter().all(|d| d.end > d.begin + 4));
        assert!(done.iter().any(|d| d.end > d.begin + 30));
    }
}

// ---- Contents, over very many behaviours ----

/// Random bursts in the first 64 KiB: any size, any type, narrow, unaligned, sparse strobes.
fn random_jobs(rng: &mut fastrand::Rng, count: usize) -> Vec<Job> {
    (0..count)
        .map(|_| {
            let size = rng.u8(0..=3);
            let burst = [INCR, INCR, INCR, WRAP, FIXED][rng.usize(..5)];
            let len = match burst {
                WRAP => [1, 3, 7, 15][rng.usize(..4)],
                FIXED => rng.u8(..16),
                _ => [rng.u8(..4), rng.u8(..32), 255][rng.usize(..3)],
            };
            let bytes = (u64::from(len) + 1) << size;
            let mut addr = rng.u64(..1 << 16);
            if burst == INCR && (addr & 4095) + bytes > 4096 {
                addr &= !4095;
            }
            if burst == WRAP {
                addr = addr >> size << size;
            }
            let ax = Ax {
                id: rng.u32(..4),
                addr,
                len,
                size,
                burst,
                lock: false,
            };
            let zero = rng.bool();
            let beats = lanes_of(&ax)
                .into_iter()
                .map(|(_, lanes)| {
                    let data = if zero { 0 } else { rng.u64(..) };
                    (
                        data,
                        if rng.u8(..4) == 0 {
                            lanes & rng.u64(..)
                        } else {
                            lanes
                        },
                    )
                })
                .collect();
            Job {
                write: rng.u8(..4) != 0,
                ax,
                beats,
            }
        })
        .collect()
}

/// Bus word and lanes of each beat, byte by byte from the text of IHI 0022, A3.4.1: a third way to
/// say it, beside memory and checker.
fn lanes_of(ax: &Ax) -> Vec<(u64, u64)> {
    let bytes = 1u64 << ax.size;
    let total = bytes * (u64::from(ax.len) + 1);
    let mut start = ax.addr;
    (0..=ax.len)
        .map(|_| {
            let end = (start / bytes + 1) * bytes;
            let lanes = (start..end).fold(0, |m, byte| m | 1u64 << (byte % 8));
            let word = start / 8;
            start = match ax.burst {
                FIXED => ax.addr,
                WRAP if end.is_multiple_of(total) => end - total,
                _ => end,
            };
            (word, lanes)
        })
        .collect()
}

#[test]
fn every_memory_keeps_the_rules_answers_everything_and_holds_what_was_written() {
    for seed in 0..250 {
        let spec = MemorySpec::random(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut memory = build(&spec);
        let before: Vec<u8> = (0..1u64 << 17)
            .map(|i| memory.store().byte(Rpa(i)))
            .collect();
        let jobs = random_jobs(&mut rng, 30);
        let done = Manager::new(seed, rng.u8(..60)).run(&mut memory, &jobs);
        // `None` where a failed write may or may not have come.
        let mut bytes: Vec<Option<u8>> = before.into_iter().map(Some).collect();
        for (job, done) in jobs.iter().zip(&done).filter(|(job, _)| job.write) {
            for ((word, _), &(data, strb)) in lanes_of(&job.ax).iter().zip(&job.beats) {
                for lane in (0..8).filter(|lane| strb >> lane & 1 == 1) {
                    let value = (data >> (8 * lane)) as u8;
                    let byte = &mut bytes[(word * 8 + lane) as usize];
                    *byte = if done.resps == [OKAY] || *byte == Some(value) {
                        Some(value)
                    } else {
                        None
                    };
                }
            }
        }
        for (i, byte) in bytes.iter().enumerate() {
            let is = memory.store().byte(Rpa(i as u64));
            assert!(
                byte.is_none_or(|byte| byte == is),
                "seed {seed}: byte {i:#x} is {is:#x}, not {byte:x?}"
            );
        }
        // Reads on their own see what the backdoor sees.
        let reads: Vec<Job> = random_jobs(&mut rng, 10)
            .into_iter()
            .map(|job| Job {
                write: false,
                ..job
            })
            .collect();
        let mut manager = Manager::new(seed, 10);
        for (job, done) in reads.iter().zip(manager.run(&mut memory, &reads)) {
            for (((word, _), data), resp) in
                lanes_of(&job.ax).iter().zip(&done.data).zip(&done.resps)
            {
                if *resp == OKAY {
                    assert_eq!(*data, memory.store().word(Rpa(word * 8)), "seed {seed}");
                }
            }
        }
    }
}

// ---- Specifications ----

#[test]
fn random_specifications_are_many_repeat_themselves_and_are_all_legal() {
    let specs: Vec<MemorySpec> = (0..400).map(MemorySpec::random).collect();
    let texts: HashSet<String> = specs
        .iter()
        .map(|spec| serde_json::to_string(spec).unwrap())
        .collect();
    assert_eq!(texts.len(), 400);
    let behaviours: HashSet<String> = specs
        .iter()
        .map(|spec| {
            let mut rng = fastrand::Rng::with_seed(1);
            let jobs = random_jobs(&mut rng, 20);
            let mut memory = build(spec);
            let done = Manager::new(1, 0).run(&mut memory, &jobs);
            format!(
                "{:?}",
                done.iter()
                    .map(|d| (d.begin, &d.beats, d.end, &d.resps))
                    .collect::<Vec<_>>()
            )
        })
        .collect();
    assert!(behaviours.len() >= 300, "{} behaviours", behaviours.len());
    for (seed, spec) in specs.iter().enumerate() {
        assert_eq!(&MemorySpec::random(seed as u64), spec);
        for data_width in [32, 64, 128, 256, 512] {
            spec.build(&Config {
                data_width,
                ..Config::default()
            })
            .unwrap();
        }
    }
    let count = |f: fn(&&MemorySpec) -> bool| specs.iter().filter(f).count();
    assert!(count(|s| matches!(s, MemorySpec::Ideal(_))) > 80);
    assert!(count(|s| matches!(s, MemorySpec::Dram(_))) > 40);
    assert!(count(|s| matches!(s, MemorySpec::Faulty { .. })) > 80);
}

#[test]
fn a_specification_survives_toml_and_json() {
    for seed in 0..100 {
        let mut spec = MemorySpec::random(seed);
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<MemorySpec>(&json).unwrap(), spec);
        // TOML holds integers of 63 bits only.
        trim_seeds(&mut spec);
        let text = toml::to_string(&spec).unwrap();
        assert_eq!(MemorySpec::from_toml(&text).unwrap(), spec, "{text}");
    }
}

fn trim_seeds(spec: &mut MemorySpec) {
    match spec {
        MemorySpec::Ideal(params) => params.seed >>= 1,
        MemorySpec::Dram(params) => params.seed >>= 1,
        MemorySpec::Ecc { memory, .. } => trim_seeds(memory),
        MemorySpec::Faulty { faults, memory } => {
            faults.seed >>= 1;
            trim_seeds(memory);
        }
    }
}

#[test]
fn an_unknown_parameter_is_named() {
    for (text, name) in [
        ("kind = \"ideal\"\nb_latancy = 4", "b_latancy"),
        ("kind = \"magic\"", "magic"),
        (
            "kind = \"faulty\"\nfaults = { late = 3 }\nmemory = { kind = \"ideal\" }",
            "late",
        ),
        (
            "kind = \"faulty\"\nspeed = 3\nmemory = { kind = \"ideal\" }",
            "speed",
        ),
        ("kind = \"dram\"\nclock_mhz = 100.0", "missing field"),
        ("kind = \"ideal\"\nb_latency = -4", "-4"),
        ("b_latency = 4", "kind"),
    ] {
        let error = MemorySpec::from_toml(text).unwrap_err();
        assert!(matches!(error, MemoryError::Syntax(_)));
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn an_illegal_parameter_is_named_with_its_value_and_range() {
    let named = |spec: MemorySpec, text: &str| {
        let error = spec
            .build(&Config::default())
            .err()
            .expect(text)
            .to_string();
        assert!(error.contains(text), "`{error}` does not say `{text}`");
    };
    named(
        ideal(|p| p.b_latency = 0),
        "b_latency = 0 is illegal: it must be 1 or more",
    );
    named(ideal(|p| p.r_latency = 0), "r_latency = 0");
    named(ideal(|p| p.outstanding = 0), "outstanding = 0");
    named(
        ideal(|p| p.aw_stall = 100),
        "aw_stall = 100 is illegal: it must be 0 to 99 %",
    );
    named(ideal(|p| p.w_stall = 100), "w_stall = 100");
    named(ideal(|p| p.b_stall = 100), "b_stall = 100");
    named(ideal(|p| p.ar_stall = 100), "ar_stall = 100");
    named(ideal(|p| p.r_stall = 100), "r_stall = 100");
    let dram = |change: fn(&mut DramParams), text: &str| {
        let mut params = sdr();
        change(&mut params);
        named(MemorySpec::Dram(params), text);
    };
    dram(|p| p.clock_mhz = 0.0, "clock_mhz = 0");
    dram(|p| p.clock_mhz = f64::NAN, "clock_mhz = NaN");
    dram(|p| p.bytes_per_cycle = 0, "bytes_per_cycle = 0");
    dram(|p| p.access_bytes = 3, "access_bytes = 3");
    dram(|p| p.banks = 3, "banks = 3");
    dram(|p| p.row_bytes = 1000, "row_bytes = 1000");
    dram(|p| p.t_rcd_ns = -1.0, "t_rcd_ns = -1");
    dram(|p| p.t_rfc_ns = f64::INFINITY, "t_rfc_ns = inf");
    dram(|p| p.t_refi_ns = 100.0, "t_refi_ns = 100");
    dram(|p| p.write_buffer_beats = 0, "write_buffer_beats = 0");
    dram(|p| p.outstanding = 0, "outstanding = 0");
    dram(|p| p.controller_cycles = 2000, "controller_cycles = 2000");
    let faults = |faults: Faults, text: &str| named(faulty(ideal(|_| ()), faults), text);
    faults(
        Faults {
            error_per_mille: 1001,
            ..Faults::default()
        },
        "error_per_mille = 1001",
    );
    faults(
        Faults {
            late_b: 2_000_000,
            ..Faults::default()
        },
        "late_b = 2000000",
    );
    let range = FaultRange {
        start: 5,
        bytes: 0,
        error: ErrorKind::Slverr,
        access: Access::Both,
        times: None,
    };
    faults(
        Faults {
            ranges: vec![range.clone()],
            ..Faults::default()
        },
        "ranges.bytes = 0",
    );
    faults(
        Faults {
            ranges: vec![FaultRange {
                bytes: u64::MAX,
                ..range
            }],
            ..Faults::default()
        },
        "ranges.bytes",
    );
    // The bad parameter of a memory inside is named as well.
    named(
        faulty(ideal(|p| p.b_latency = 0), Faults::default()),
        "b_latency = 0",
    );
    assert!(ideal(|_| ()).build_sized(12, SIZE).is_err());
}

#[test]
fn the_presets_are_what_the_data_sheets_say_at_their_clock() {
    let sdr = sdr();
    assert_eq!(
        (sdr.banks, sdr.row_bytes, sdr.bytes_per_cycle),
        (4, 1024, 2)
    );
    let MemorySpec::Dram(ddr3) = MemorySpec::ddr3_preset().unwrap() else {
        panic!()
    };
    assert_eq!(
        (ddr3.banks, ddr3.row_bytes, ddr3.bytes_per_cycle),
        (8, 2048, 16)
    );
    for params in [sdr, ddr3] {
        MemorySpec::Dram(params).build(&Config::default()).unwrap();
    }
}

// ---- Skip mode ----

/// Any request at all, legal or not, with a preference for what makes jumps possible.
fn any_req() -> impl Strategy<Value = AxiReq> {
    let ax = (
        0..4u32,
        0..(SIZE.0 + 4096),
        prop_oneof![0..4u8, Just(15), Just(255)],
        0..5u8,
        0..4u8,
    )
        .prop_map(|(id, addr, len, size, burst)| Ax {
            id,
            addr,
            len,
            size,
            burst,
            lock: false,
        });
    let aligned =
        (0..4u32, 0..64u64, prop_oneof![Just(15u8), Just(255)]).prop_map(|(id, half, len)| Ax {
            id,
            addr: half * 2048,
            len,
            size: 3,
            burst: INCR,
            lock: false,
        });
    let ax = prop_oneof![ax, aligned];
    let data = prop_oneof![3 => Just(0u64), 1 => any::<u64>()];
    let strb = prop_oneof![3 => Just(0xffu64), 1 => 0..256u64];
    let some = || prop::bool::weighted(0.3);
    (
        some(),
        ax.clone(),
        any::<bool>(),
        (data, strb, some()),
        any::<bool>(),
        some(),
        ax,
        any::<bool>(),
    )
        .prop_map(
            |(aw_valid, aw, w_valid, (value, strb, last), b_ready, ar_valid, ar, r_ready)| {
                let mut data = [0; 8];
                data[0] = value;
                AxiReq {
                    aw_valid,
                    aw,
                    w_valid,
                    w: W { data, strb, last },
                    b_ready,
                    ar_valid,
                    ar,
                    r_ready,
                }
            },
        )
}

/// One memory jumps wherever it may, the other steps; both must drive the same in every cycle.
fn jumps_equal_steps(spec: &MemorySpec, phases: &[(AxiReq, u64)]) -> Result<u64, TestCaseError> {
    let (mut jumping, mut stepping) = (build(spec), build(spec));
    let mut jumped = 0;
    for (req, cycles) in phases {
        let mut left = *cycles;
        while left > 0 {
            let n = jumping.stable_for(req).min(left);
            let held = *jumping.outputs();
            for step in 0..n {
                prop_assert_eq!(stepping.outputs(), &held, "after {} of {} edges", step, n);
                stepping.clock(req);
            }
            jumping.clock_many(req, n);
            prop_assert_eq!(jumping.outputs(), &held);
            prop_assert_eq!(stepping.outputs(), &held, "after {} edges", n);
            jumped += n;
            left -= n;
            if left > 0 {
                jumping.clock(req);
                stepping.clock(req);
                left -= 1;
            }
            prop_assert_eq!(jumping.outputs(), stepping.outputs());
        }
    }
    prop_assert_eq!(jumping.in_flight(), stepping.in_flight());
    for word in 0..SIZE.0 / 8 {
        prop_assert_eq!(
            jumping.store().word(Rpa(word * 8)),
            stepping.store().word(Rpa(word * 8))
        );
    }
    Ok(jumped)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn a_jump_equals_as_many_steps_on_any_memory_for_any_request(
        seed in any::<u64>(),
        phases in prop::collection::vec((any_req(), 1..120u64), 1..40),
    ) {
        jumps_equal_steps(&MemorySpec::random(seed), &phases)?;
    }

    #[test]
    fn a_jump_equals_as_many_steps_where_nothing_stalls(
        latency in 1..200u32,
        outstanding in 1..6u32,
        kind in 0..4u8,
        phases in prop::collection::vec((any_req(), 1..400u64), 1..40),
    ) {
        let plain = ideal(|p| (p.b_latency, p.r_latency, p.outstanding) = (latency, latency, outstanding));
        let faults = Faults { late_b: 50, reorder_b: true, error_per_mille: 300, ..Faults::default() };
        let spec = match kind {
            0 => plain,
            1 => faulty(plain, faults),
            2 => MemorySpec::sdr_preset().unwrap(),
            _ => faulty(MemorySpec::ddr3_preset().unwrap(), faults),
        };
        jumps_equal_steps(&spec, &phases)?;
    }
}

#[test]
fn an_ideal_memory_jumps_over_all_of_a_burst_but_its_ends() {
    let mut memory = build(&ideal(|p| p.b_latency = 100));
    let streaming = AxiReq {
        w_valid: true,
        w: W {
            strb: 0xff,
            ..W::default()
        },
        b_ready: true,
        ..AxiReq::default()
    };
    memory.clock(&AxiReq {
        aw_valid: true,
        aw: ax(0, 0, 256),
        ..streaming
    });
    assert_eq!(memory.stable_for(&streaming), 254);
    memory.clock_many(&streaming, 254);
    assert_eq!(memory.stable_for(&streaming), 0);
    memory.clock(&AxiReq {
        w: W {
            last: true,
            ..streaming.w
        },
        ..streaming
    });
    assert!(memory.store().is_zero(Rpa(0), Bytes(2048)));
    // The last beat went in the cycle before, so the answer is 99 cycles away.
    let idle = AxiReq {
        b_ready: true,
        ..AxiReq::default()
    };
    assert_eq!(memory.stable_for(&idle), 98);
    memory.clock_many(&idle, 98);
    assert!(!memory.outputs().b_valid);
    memory.clock(&idle);
    assert!(memory.outputs().b_valid);
    assert_eq!(memory.stable_for(&idle), 0);
    memory.clock(&idle);
    assert_eq!(memory.stable_for(&idle), u64::MAX);
}
