//! vCPUs against memories without a node in between: what a gate does for resident pages, and nothing else.

use std::sync::Arc;

use dormouse_model::{
    Config,
    axi::{AxiReq, FIXED, INCR, WRAP},
};
use dormouse_testbench::{
    checker::AxiChecker,
    memory::{Bytes, IdealParams, Memory, MemorySpec, Rpa, Store},
    shadow::{Gpa, Shadow},
    vcpu::{Burst, Fill, MAX_CONTEXT, Op, Program, Strobes, Vcpu, VcpuFault, VcpuParams, bursts},
};
use proptest::prelude::*;

const PAGES: u32 = 4;

fn config() -> Config {
    Config {
        guest_pages: PAGES,
        ..Config::default()
    }
}

fn zeroed(spec: &MemorySpec) -> Box<dyn Memory + Send> {
    let size = Bytes(u64::from(PAGES) << config().page_shift);
    let mut memory = spec.build_sized(8, size).expect("a legal memory");
    memory.store_mut().zero_range(Rpa(0), size);
    memory
}

/// A vCPU on a memory.
struct Stand<M> {
    vcpu: Vcpu,
    memory: M,
    shadow: Shadow,
    checker: AxiChecker,
    req: AxiReq,
    cycle: u64,
}

impl<M: Memory> Stand<M> {
    fn new(params: &VcpuParams, memory: M) -> Self {
        Self {
            vcpu: Vcpu::new(0, params, &config()),
            memory,
            shadow: Shadow::new(12, 8),
            checker: AxiChecker::guest(&Config {
                port_depth: 32,
                ..config()
            }),
            req: AxiReq {
                b_ready: true,
                r_ready: true,
                ..AxiReq::default()
            },
            cycle: 0,
        }
    }

    fn step(&mut self) -> Result<(), VcpuFault> {
        let resp = *self.memory.outputs();
        self.checker.clock(&self.req, &resp).expect("AXI's rules");
        self.memory.clock(&self.req);
        self.cycle += 1;
        self.vcpu.clock(&mut self.req, &resp, &mut self.shadow)
    }

    fn run(&mut self, program: &[Op]) -> Result<(), VcpuFault> {
        self.vcpu.run(Program::from(program));
        let limit = self.cycle + 2_000_000;
        while !self.vcpu.done() {
            self.step()?;
            assert!(self.cycle < limit, "it hangs at {}", self.vcpu.pc());
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.checker.finish().expect("all is answered");
        for page in 0..PAGES {
            let start = u64::from(page) << 12;
            let store = self.memory.store();
            self.shadow
                .check_page(self.cycle, page.into(), |offset| {
                    store.byte(Rpa(start + offset))
                })
                .expect("memory is what the shadow says");
        }
    }
}

fn any_burst() -> impl Strategy<Value = Burst> {
    let shape = prop_oneof![
        3 => (0..4096u64, 0..4u8, any::<u8>()).prop_map(|(at, size, len)| {
            let room = (4096 - (at >> size << size)) >> size;
            (at, size, u64::from(len).min(room - 1) as u8, INCR)
        }),
        1 => (0..4096u64, 0..4u8, 0..4u8).prop_map(|(at, size, n)| (at >> size << size, size, (2 << n) - 1, WRAP)),
        1 => (0..4096u64, 0..4u8, 0..16u8).prop_map(|(at, size, len)| (at, size, len, FIXED)),
    ];
    // Few places, so that accesses meet.
    (0..PAGES, 0..4u32, shape, any::<bool>())
        .prop_map(|(page, id, (at, size, len, burst), near)| Burst {
            id,
            addr: u64::from(page) << 12 | if near && burst == INCR { at % 64 } else { at },
            len: if near { len % 8 } else { len },
            size,
            burst,
            lock: false,
        })
        .prop_map(|mut burst| {
            if burst.burst == WRAP {
                burst.len = match burst.len {
                    0..2 => 1,
                    2..4 => 3,
                    4..8 => 7,
                    _ => 15,
                };
            }
            burst
        })
}

fn any_op() -> impl Strategy<Value = Op> {
    let fill = prop_oneof![
        Just(Fill::Zero),
        any::<u64>().prop_map(Fill::Value),
        (any::<u64>(), 0..20u16, 0..100u8).prop_map(|(seed, zero_beats, zero_bytes)| {
            Fill::Random {
                seed,
                zero_beats,
                zero_bytes,
            }
        }),
    ];
    let strobes = prop_oneof![Just(Strobes::All), any::<u64>().prop_map(Strobes::Random)];
    prop_oneof![
        6 => any_burst().prop_map(Op::Read),
        6 => (any_burst(), fill, strobes).prop_map(|(burst, fill, strobes)| Op::Write { burst, fill, strobes }),
        1 => (0..PAGES, prop_oneof![Just(8u16), Just(64)]).prop_map(|(page, line)| Op::Clear {
            addr: u64::from(page) << 12, bytes: 4096, line, id: 0
        }),
        1 => (0..200u64).prop_map(Op::Delay),
        1 => Just(Op::Fence),
    ]
}

fn any_params() -> impl Strategy<Value = VcpuParams> {
    let stall = || prop_oneof![2 => Just(0u8), 1 => 1..90u8];
    (
        1..12u8,
        1..12u8,
        any::<bool>(),
        stall(),
        stall(),
        stall(),
        0..6u8,
        any::<u64>(),
    )
        .prop_map(
            |(reads, writes, ordered, r_stall, b_stall, w_stall, skew, seed)| VcpuParams {
                reads,
                writes,
                ordered,
                r_stall,
                b_stall,
                w_stall,
                skew,
                seed,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_memory_that_keeps_its_bytes_is_never_found_stale(
        params in any_params(),
        memory in any::<u64>().prop_map(MemorySpec::random),
        program in prop::collection::vec(any_op(), 1..60),
    ) {
        let mut stand = Stand::new(&params, zeroed(&memory));
        stand.run(&program).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        stand.finish();
        prop_assert_eq!(stand.shadow.stale(), 0);
    }

    #[test]
    fn jumps_end_where_steps_do(
        params in any_params(),
        ideal in any::<u64>(),
        program in prop::collection::vec(any_op(), 1..30),
    ) {
        let spec = MemorySpec::Ideal(IdealParams { b_latency: 1 + (ideal % 90) as u32, r_latency: 1 + (ideal >> 32) as u32 % 90, ..IdealParams::default() });
        let mut tick = Stand::new(&params, zeroed(&spec));
        tick.run(&program).map_err(|fault| TestCaseError::fail(fault.to_string()))?;
        let mut skip = Stand::new(&params, zeroed(&spec));
        skip.vcpu.run(Program::from(program));
        let mut jumps = 0;
        while !skip.vcpu.done() {
            let resp = *skip.memory.outputs();
            let n = skip.vcpu.stable_for(&skip.req, &resp);
            let n = n.min(skip.memory.stable_for(&skip.req)).min(1_000_000);
            if n == 0 {
                skip.step().expect("it worked before");
                continue;
            }
            jumps += 1;
            skip.memory.clock_many(&skip.req, n);
            skip.vcpu.clock_many(n);
            skip.cycle += n;
            prop_assert!(skip.cycle <= tick.cycle, "{} jumps", jumps);
        }
        prop_assert_eq!(skip.cycle, tick.cycle);
        prop_assert_eq!(skip.vcpu.stats(), tick.vcpu.stats());
    }

    #[test]
    fn loads_of_any_bytes_become_aligned_beats_that_cover_them(at in 0..5000u64, bytes in 1..200u32, shift in 2..7u32) {
        let bus = 1 << shift;
        let mut next = at;
        for burst in bursts(Gpa(at), bytes, bus) {
            prop_assert_eq!(burst.addr, next);
            prop_assert!(1 << burst.size <= bus && burst.addr.is_multiple_of(1 << burst.size));
            next += 1 << burst.size;
        }
        prop_assert_eq!(next, at + u64::from(bytes));
    }
}

/// A memory that forgets every write to one word.
struct Forgets(Box<dyn Memory + Send>);

impl Memory for Forgets {
    fn outputs(&self) -> &dormouse_model::axi::AxiResp {
        self.0.outputs()
    }
    fn clock(&mut self, req: &AxiReq) {
        self.0.clock(req);
        self.0.store_mut().set_word(Rpa(0x1010), 0);
    }
    fn store(&self) -> &Store {
        self.0.store()
    }
    fn store_mut(&mut self) -> &mut Store {
        self.0.store_mut()
    }
    fn in_flight(&self) -> usize {
        self.0.in_flight()
    }
}

fn store(addr: u64, value: u64) -> Op {
    Op::Write {
        burst: Burst {
            addr,
            size: 3,
            burst: INCR,
            ..Burst::default()
        },
        fill: Fill::Value(value),
        strobes: Strobes::All,
    }
}

fn load(addr: u64) -> Op {
    Op::Read(Burst {
        addr,
        size: 3,
        burst: INCR,
        ..Burst::default()
    })
}

#[test]
fn a_byte_that_memory_forgot_is_a_fault_with_a_name() {
    let memory = Forgets(zeroed(&MemorySpec::default()));
    let mut stand = Stand::new(&VcpuParams::default(), memory);
    let program = [
        store(0x1008, 5),
        load(0x1008),
        store(0x1010, 7),
        load(0x1010),
    ];
    let Err(VcpuFault::Stale(found)) = stand.run(&program) else {
        panic!("not found");
    };
    assert_eq!(
        (
            found.port,
            found.addr,
            found.read,
            found.expected.as_slice()
        ),
        (Some(0), Gpa(0x1010), 0, &[7][..])
    );
    assert_eq!(
        stand.shadow.stale(),
        1,
        "the value has one byte that is not zero"
    );
}

#[test]
fn an_access_that_the_port_must_refuse_and_does_not_is_a_fault() {
    let mut stand = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    let mut burst = Burst::line(Gpa(0), 64, 8);
    burst.lock = true;
    let found = stand.run(&[Op::Read(burst)]);
    assert!(
        matches!(found, Err(VcpuFault::Refusal { response: 0, .. })),
        "{found:?}"
    );
    // Beyond the guest's pages this memory answers as the port does.
    let beyond = load(u64::from(PAGES) << 12);
    let mut stand = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    stand.run(&[beyond]).expect("DECERR is right");
    assert_eq!(stand.vcpu.stats().errors, 1);
}

#[test]
fn a_program_goes_on_elsewhere_from_a_context_of_bytes() {
    let program: Vec<Op> = (0..40u64)
        .flat_map(|i| {
            [
                store(0x1000 + 8 * (i % 16), i * 0x0101_0101),
                load(0x1000 + 8 * (i * 7 % 16)),
                Op::Delay(i),
                Op::Fence,
            ]
        })
        .collect();
    let mut whole = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    whole.run(&program).expect("it works");

    let mut first = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    let program: Program = Arc::from(program);
    first.vcpu.run(program.clone());
    while first.vcpu.pc() < program.len() / 2 || !first.vcpu.quiescent() {
        first.step().expect("it works");
    }
    let context = first.vcpu.save();
    assert!(context.len() <= MAX_CONTEXT, "{} bytes", context.len());
    let mut second = Stand::new(&VcpuParams::default(), first.memory);
    second.shadow = first.shadow;
    second.vcpu.load(&context, program).expect("a context");
    while !second.vcpu.done() {
        second.step().expect("it works");
    }
    assert_eq!(second.vcpu.stats(), whole.vcpu.stats());
    second.finish();
    assert!(second.vcpu.load(&context[..3], Program::from([])).is_err());
}

#[test]
fn a_page_is_cleared_line_by_line_by_ordinary_stores() {
    let mut stand = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    let clear = Op::Clear {
        addr: 0x1000,
        bytes: 4096,
        line: 64,
        id: 0,
    };
    let program = [
        store(0x1000, 1),
        store(0x1FF8, 2),
        store(0x2000, 3),
        clear,
        Op::Fence,
    ];
    stand.run(&program).expect("it works");
    let store = stand.memory.store();
    assert!(store.is_zero(Rpa(0x1000), Bytes(4096)));
    assert_eq!(store.word(Rpa(0x2000)), 3);
    assert_eq!(stand.vcpu.stats().writes, 3 + 64);
    stand.finish();
}

#[test]
fn a_vcpu_without_stalls_writes_a_beat_in_every_cycle() {
    let mut stand = Stand::new(&VcpuParams::default(), zeroed(&MemorySpec::default()));
    let clear = Op::Clear {
        addr: 0x1000,
        bytes: 4096,
        line: 64,
        id: 0,
    };
    stand.run(&[clear]).expect("it works");
    // 512 beats, the first driven one edge after the start, the last answered after the latency of 4.
    assert_eq!(stand.cycle, 1 + 512 + 4);
}
