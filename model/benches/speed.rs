//! Cycles per second of the model, tick by tick and in skip mode, and of the Verilated RTL: the same
//! parameter set, the same ideal memory, one thread. Beside them the bare blocks without a memory.
//!
//! `dormouse speed` measures the same work and prints the ratios.

use criterion::{
    BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main,
    measurement::WallTime,
};
use dormouse_model::Node;
use dormouse_testbench::{
    backend::Backend,
    memory::Ideal,
    system::System,
    workload::{config, loaded, zero, zero_bare},
};

/// The work takes this many cycles on every backend, give or take the write that starts it.
fn cycles() -> u64 {
    zero(&mut model())
}

fn model() -> System<Node, Ideal> {
    let node = Node::new(&config()).expect("the set is legal");
    loaded(node).expect("a new node takes commands").unchecked()
}

fn measure<B: Backend>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    system: impl Fn() -> System<B, Ideal>,
) {
    group.bench_function(name, |bench| {
        bench.iter_batched_ref(&system, zero, BatchSize::PerIteration);
    });
}

fn speed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("zero 1024 pages, 64 bit, with memory");
    group
        .throughput(Throughput::Elements(cycles()))
        .sample_size(10);
    measure(&mut group, "model tick", model);
    measure(&mut group, "model skip", || model().skipping());
    #[cfg(feature = "rtl")]
    measure(&mut group, "Verilated RTL", rtl);
    group.finish();

    let mut group = criterion.benchmark_group("zero 1024 pages, 64 bit, bare");
    group
        .throughput(Throughput::Elements(cycles()))
        .sample_size(10);
    group.bench_function("model tick", |bench| {
        bench.iter_batched_ref(|| model().node, zero_bare, BatchSize::PerIteration);
    });
    #[cfg(feature = "rtl")]
    group.bench_function("Verilated RTL", |bench| {
        bench.iter_batched_ref(|| rtl().node, zero_bare, BatchSize::PerIteration);
    });
    group.finish();
}

#[cfg(feature = "rtl")]
fn rtl() -> System<dormouse_testbench::verilated::RtlNode, Ideal> {
    use dormouse_testbench::{verilated::RtlNode, workload::SET};

    let node = RtlNode::new_fast(SET).expect("the set is verilated for speed");
    loaded(node).expect("a new node takes commands").unchecked()
}

criterion_group!(benches, speed);
criterion_main!(benches);
