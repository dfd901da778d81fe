//! `dormouse speed`: cycles per second of the model, tick by tick and in skip mode, and of Verilated RTL.

use std::process::ExitCode;

use clap::Parser;
use dormouse_testbench::workload;
#[cfg(feature = "rtl")]
use serde::Serialize;

#[cfg(feature = "rtl")]
use crate::{console, streams::say};

/// Options of `dormouse speed`.
#[derive(Parser)]
pub struct Args {
    /// Repetitions; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=101))]
    repeat: u32,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Frequencies in cycles per second, ratios to RTL from the same run.
#[cfg(feature = "rtl")]
#[derive(Serialize)]
struct Summary {
    tick_hz: f64,
    skip_hz: f64,
    rtl_hz: f64,
    tick_ratio: f64,
    skip_ratio: f64,
    bare_tick_hz: f64,
    bare_rtl_hz: f64,
    bare_tick_ratio: f64,
    cycles: u64,
    origin: &'static str,
}

#[cfg(not(feature = "rtl"))]
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let _ = (args.repeat, args.json, workload::PAGES);
    Err(crate::target::no_rtl())
}

/// Measures all forms in turn, so that a machine whose speed drifts treats them alike.
#[cfg(feature = "rtl")]
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    use std::time::Instant;

    use dormouse_model::Node;
    use dormouse_testbench::verilated::RtlNode;

    let config = workload::config();
    let mut hz: [Vec<f64>; 5] = Default::default();
    let mut cycles = Vec::new();
    let bar = indicatif::ProgressBar::new(args.repeat.into());
    for _ in 0..args.repeat {
        let mut measure = |slot: usize, mut run: Box<dyn FnMut() -> u64>| {
            let start = Instant::now();
            let n = run();
            hz[slot].push(n as f64 / start.elapsed().as_secs_f64());
            cycles.push(n);
        };
        let mut tick = workload::loaded(Node::new(&config)?)?.unchecked();
        measure(0, Box::new(move || workload::zero(&mut tick)));
        let mut skip = workload::loaded(Node::new(&config)?)?.skipping();
        measure(1, Box::new(move || workload::zero(&mut skip)));
        let mut rtl = workload::loaded(RtlNode::new_fast(workload::SET)?)?.unchecked();
        measure(2, Box::new(move || workload::zero(&mut rtl)));
        let mut tick = workload::loaded(Node::new(&config)?)?.node;
        measure(3, Box::new(move || workload::zero_bare(&mut tick)));
        let mut rtl = workload::loaded(RtlNode::new_fast(workload::SET)?)?.node;
        measure(4, Box::new(move || workload::zero_bare(&mut rtl)));
        bar.inc(1);
    }
    bar.finish_and_clear();
    // The three with a memory did the same work, so they must have taken the same cycles.
    for run in cycles.chunks(5) {
        anyhow::ensure!(
            run[0] == run[1] && run[0] == run[2],
            "model, skip mode and RTL took {run:?} cycles"
        );
    }
    let [tick_hz, skip_hz, rtl_hz, bare_tick_hz, bare_rtl_hz] = hz.map(|mut values| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    });
    let summary = Summary {
        tick_hz,
        skip_hz,
        rtl_hz,
        tick_ratio: tick_hz / rtl_hz,
        skip_ratio: skip_hz / rtl_hz,
        bare_tick_hz,
        bare_rtl_hz,
        bare_tick_ratio: bare_tick_hz / bare_rtl_hz,
        cycles: cycles[0],
        origin: "host, one thread each, one run",
    };
    say!(
        "{} pages of 4 KiB, 64 bit, ideal memory with B latency 4, {} cycles each, median of {}:\n\
         \x20 Verilated RTL   {:>9.2} M cycles/s\n\
         \x20 model, tick     {:>9.2} M cycles/s   {:>7.1} x RTL  (P11: at least 10)\n\
         \x20 model, skip     {:>9.2} M cycles/s   {:>7.1} x RTL  (P11: at least 1000)\n\
         bare blocks, without the memory:\n\
         \x20 Verilated RTL   {:>9.2} M cycles/s\n\
         \x20 model, tick     {:>9.2} M cycles/s   {:>7.1} x RTL",
        workload::PAGES,
        summary.cycles,
        args.repeat,
        rtl_hz / 1e6,
        tick_hz / 1e6,
        summary.tick_ratio,
        skip_hz / 1e6,
        summary.skip_ratio,
        bare_rtl_hz / 1e6,
        bare_tick_hz / 1e6,
        summary.bare_tick_ratio,
    );
    if args.json {
        console::json(&summary)?;
    }
    Ok(ExitCode::SUCCESS)
}
