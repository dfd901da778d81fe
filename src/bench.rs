//! `dormouse bench`: the engine, software zeroing on a core beside it, this machine's own CPU, and a recorded boot.
//!
//! Every number stands beside its anchor: what the performance contract (README) allows, and what the best open peers
//! were measured to take with the same memory model. A contract that is missed is named, and the exit code is 1.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};
use serde::Serialize;

use crate::console::{self, counted, table};
use crate::host::{self, HostResult, Method};
use crate::image::Image;
use crate::output::Output;
use crate::plot::{Actor, Bar, BarPanel, EnginePoint, EngineSeries, Level, PlotData};
use crate::streams::say;
use crate::target::{self, Target};
use crate::trace::{self, Trace};
use crate::verdict::{self, Wrong};
use crate::{engine, memories, places, plot, software};

/// Cycles from a frame accepted to its first W beat, at most (P2).
const START_LATENCY: u64 = 1;

/// Options of `dormouse bench`.
#[derive(Parser)]
pub struct Args {
    /// What the engine runs on. Software on the core needs RTL.
    #[arg(long, value_parser = target::parser(), default_value = "lockstep")]
    backend: Target,
    /// Prints one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Where the figure goes; `target/bench.svg` of the clone if none is named.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Everything, but less of it: below two minutes.
    #[arg(long)]
    demo: bool,
    /// The recorded boot; the clone's own if none is named.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Events of the recorded boot to zero; all of them, or 2000 with --demo.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pages: Option<u32>,
    /// Firmware image for the core (ELF); without it `DORMOUSE_IMAGE`, which `cargo xtask run` sets.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Only these measurements.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHICH", default_values_t = Measurement::ALL)]
    only: Vec<Measurement>,
}

/// One measurement of the benchmark, a key of its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// The engine by itself.
    Engine,
    /// Software zeroing by the core.
    Software,
    /// This machine's own CPU.
    Host,
    /// The frames of a recorded boot.
    Trace,
    /// CPU cycles freed.
    Freed,
}

impl Measurement {
    const ALL: [Self; 5] = [
        Self::Engine,
        Self::Software,
        Self::Host,
        Self::Trace,
        Self::Freed,
    ];

    /// Whether it has nothing to measure without the core.
    fn needs_core(self) -> bool {
        matches!(self, Self::Software | Self::Freed)
    }
}

impl std::fmt::Display for Measurement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Engine => "engine",
            Self::Software => "software",
            Self::Host => "host",
            Self::Trace => "trace",
            Self::Freed => "freed",
        })
    }
}

/// How much of everything.
struct Amount {
    /// Events of the trace; `None`: all.
    events: Option<usize>,
    /// Cycles for each row of the core, about.
    software_cycles: u64,
    /// Events of the trace that the core zeroes.
    listed_pages: usize,
    /// Pages of each run for the cycles freed.
    freed_pages: u32,
}

impl Amount {
    fn new(args: &Args) -> Self {
        let pages = args.pages.map(|pages| pages as usize);
        if args.demo {
            Self {
                events: pages.or(Some(2000)),
                software_cycles: 70_000,
                listed_pages: 32,
                freed_pages: 64,
            }
        } else {
            Self {
                events: pages,
                software_cycles: 280_000,
                listed_pages: 256,
                freed_pages: 256,
            }
        }
    }
}

/// Everything measured; the keys are the command contract.
#[derive(Default, Serialize)]
struct Summary {
    engine: Vec<engine::Row>,
    software: Vec<software::Row>,
    host: Vec<HostResult>,
    trace: Option<Trace>,
    freed: Option<software::Freed>,
}

/// Everything that is read before anything runs.
struct Input {
    trace: Option<trace::Input>,
    image: Option<Image>,
    plot: Output,
}

impl Input {
    /// What can be wrong with what the user gives is found here.
    fn read(args: &Args, amount: &Amount) -> Result<Self> {
        let wants = |measurement| args.only.contains(&measurement);
        let on_core = args.backend != Target::Model;
        args.backend.check()?;
        let only_core = args.only.iter().all(|measurement| measurement.needs_core());
        ensure!(
            on_core || !only_core,
            "nothing would be measured: software runs on the core, which is RTL, and the backend is the model (use --backend rtl \
             or lockstep)"
        );
        let path = match &args.trace {
            Some(path) => {
                places::check_input(path).context("--trace")?;
                path.clone()
            }
            None if wants(Measurement::Trace) => places::recorded_boot()?,
            None => PathBuf::new(),
        };
        let trace = wants(Measurement::Trace)
            .then(|| trace::Input::read(&path, amount.events))
            .transpose()?;
        let image = Image::path(args.image.as_ref());
        let core = [
            Measurement::Software,
            Measurement::Trace,
            Measurement::Freed,
        ];
        let read = core.into_iter().any(wants) && on_core;
        let loaded = read
            .then(|| Image::load(image.clone(), "leave it out with --only engine,host"))
            .transpose()?;
        let inputs: Vec<&Path> = image.iter().map(PathBuf::as_path).chain([&*path]).collect();
        let plot = args
            .plot
            .clone()
            .unwrap_or_else(|| places::default_output("bench.svg"));
        Ok(Self {
            trace,
            image: loaded,
            plot: Output::new(&plot, &inputs).context("--plot")?,
        })
    }
}

/// Runs what is asked for.
///
/// # Errors
/// Bad input, before anything runs, and every way in which a run can fail; never a number that is merely bad.
pub fn run(args: &Args) -> Result<ExitCode> {
    let amount = Amount::new(args);
    let input = Input::read(args, &amount)?;
    if args.backend == Target::Model
        && args
            .only
            .iter()
            .any(|measurement| measurement.needs_core() || *measurement == Measurement::Trace)
    {
        say!(
            "software zeroing and the CPU cycles that it costs are left out: the core is RTL, and the backend is the \
             model (use --backend rtl or lockstep)"
        );
    }
    let summary = measure(args, &amount, &input).context(Wrong)?;

    // First what cannot be had again, then what a full disk may refuse.
    if args.json {
        console::json(&summary)?;
    }
    if summary.engine.is_empty() {
        say!("no figure: it needs the engine's rows");
    } else {
        let svg = plot::bench_svg(&figure(args, &summary))?;
        input.plot.write(svg.as_bytes())?;
        say!("figure: {}", input.plot.path().display());
    }
    let missed = missed(&summary.engine);
    for miss in &missed {
        say!("contract missed: {miss}");
    }
    Ok(verdict::code(!missed.is_empty()))
}

/// Runs everything and shows each result as it comes.
fn measure(args: &Args, amount: &Amount, input: &Input) -> Result<Summary> {
    let wants = |measurement| args.only.contains(&measurement);
    let image = input.image.as_ref();
    let mut summary = Summary::default();
    if wants(Measurement::Engine) {
        let bar = counted("engine", 0)?;
        summary.engine = engine::run(args.backend, |total| {
            bar.set_length(total as u64);
            bar.inc(1);
        })?;
        bar.finish_and_clear();
        report_engine(&summary.engine);
    }
    if let Some(image) = image.filter(|_| wants(Measurement::Software)) {
        let bar = counted("software on the core", 0)?;
        summary.software = software::run(image, amount.software_cycles, |total| {
            bar.set_length(total as u64);
            bar.inc(1);
        })?;
        bar.finish_and_clear();
        report_software(&summary.software);
    }
    if let Some(image) = image.filter(|_| wants(Measurement::Freed)) {
        let bar = counted("CPU cycles freed", 0)?;
        summary.freed = Some(software::freed(
            image,
            amount.freed_pages,
            args.demo,
            |total| {
                bar.set_length(total as u64);
                bar.inc(1);
            },
        )?);
        bar.finish_and_clear();
        summary.freed.iter().for_each(report_freed);
    }
    if let Some(trace) = &input.trace {
        let bar = counted("recorded boot", trace.len() as u64)?;
        let result = trace::run(
            args.backend,
            trace,
            image,
            amount.listed_pages,
            |name, done| {
                bar.set_message(format!("recorded boot, {name}"));
                bar.set_position(done as u64);
            },
        )?;
        bar.finish_and_clear();
        report_trace(&result);
        summary.trace = Some(result);
    }
    if wants(Measurement::Host) {
        summary.host = measure_host()?;
        report_host(&summary.host);
    }
    Ok(summary)
}

// ------------------------------------------------------------------------------------- the contract

/// Each row that takes longer than the contract allows.
fn missed(rows: &[engine::Row]) -> Vec<String> {
    let mut missed = Vec::new();
    for row in rows {
        let name = format!(
            "{} bit, {}, {} {}",
            row.data_width,
            memories::name(row.memory, row.b_latency),
            row.pages,
            row.pattern
        );
        if let Some(contract) = row.contract {
            let id = if row.pages == 1 { "P3" } else { "P1" };
            if row.cycles > contract {
                missed.push(format!(
                    "{id}: {name}: {} cycles, allowed {contract}",
                    row.cycles
                ));
            }
            if row.page_gap_max > 0 {
                let gap = row.page_gap_max;
                missed.push(format!("{id}: {name}: a gap of {gap} cycles between pages"));
            }
        }
        if row.b_latency.is_some() && row.w_stall == 0 && row.start_latency > START_LATENCY {
            let start = row.start_latency;
            missed.push(format!(
                "P2: {name}: starts after {start} cycles, allowed {START_LATENCY}"
            ));
        }
    }
    missed
}

/// What open peers take with the same memory model, where they were measured: iDMA's init source, `LiteDRAM`'s BIST
/// writer, Alex Forencich's `axi_dma_wr`.
fn peers(row: &engine::Row) -> Option<[u64; 3]> {
    if row.data_width != 64 {
        return None;
    }
    match (row.pages, row.b_latency?) {
        (1, 32) => Some([546, 1103, 548]),
        (64, 4) => Some([32774, 32773, 32965]),
        (64, 32) => Some([32802, 69647, 32993]),
        (64, 100) => Some([32870, 208_911, 33061]),
        _ => None,
    }
}

// ---------------------------------------------------------------------------------------- the tables

fn report_engine(rows: &[engine::Row]) {
    let origin = rows.first().map_or("", |row| row.origin);
    let contract = rows.iter().filter(|row| row.contract.is_some()).map(|row| {
        let allowed = row.contract.unwrap_or_default();
        let [idma, litedram, axi_dma_wr] = peers(row).map_or_else(
            || std::array::from_fn(|_| "-".to_owned()),
            |peers| peers.map(|peer| peer.to_string()),
        );
        vec![
            if row.pages == 1 { "P3" } else { "P1" }.to_owned(),
            format!("{} {}", row.pages, row.pattern),
            row.data_width.to_string(),
            row.b_latency.unwrap_or_default().to_string(),
            row.cycles.to_string(),
            format!("<= {allowed}"),
            idma,
            litedram,
            axi_dma_wr,
            row.start_latency.to_string(),
            row.page_gap_max.to_string(),
        ]
    });
    let header = [
        "",
        "pages",
        "bit",
        "B lat.",
        "cycles",
        "contract",
        "iDMA",
        "LiteDRAM",
        "axi_dma_wr",
        "start",
        "gap",
    ];
    say!(
        "\nEngine against contract and peers, cycles from first frame accepted to last B ({origin})\n{}\n\
         P2, start: frame accepted to first W beat, contract <= 1; peers 3 (iDMA), 2 (LiteDRAM), 4 (axi_dma_wr). \
         Contract for gap: 0.\nPeers as measured with the same memory model; not measured at 128 bit.",
        table(2, &header, contract.collect())
    );

    // One line for each memory and width, with a column for each pattern.
    let lines = rows.chunks(3).filter_map(|patterns| {
        let first = patterns.first()?;
        let memory = memories::name(first.memory, first.b_latency);
        let stall = if first.w_stall > 0 {
            format!(", {} % W stalls", first.w_stall)
        } else {
            String::new()
        };
        let mut line = vec![format!("{memory}{stall}"), first.data_width.to_string()];
        line.extend(
            patterns
                .iter()
                .map(|row| format!("{:.4}", row.beats_per_cycle)),
        );
        line.extend(
            patterns
                .iter()
                .map(|row| format!("{:.3}", row.bytes_per_cycle)),
        );
        Some(line)
    });
    let header = [
        "memory",
        "bit",
        "beats/cycle scattered",
        "contiguous",
        "single",
        "B/cycle scattered",
        "contiguous",
        "single",
    ];
    say!(
        "\nEngine on every memory ({origin})\n{}",
        table(1, &header, lines.collect())
    );
}

fn straps(posted: bool, merge: bool) -> &'static str {
    match (posted, merge) {
        (false, _) => "wait for B",
        (true, false) => "posted",
        (true, true) => "posted, merged",
    }
}

fn report_software(rows: &[software::Row]) {
    let Some(best) = rows.iter().find(|row| row.best) else {
        return;
    };
    let lines = rows.iter().map(|row| {
        vec![
            memories::name(row.memory, row.b_latency),
            straps(row.posted, row.merge).to_owned(),
            row.pages.to_string(),
            row.cycles.to_string(),
            format!("{:.2}", row.bytes_per_cycle),
            if row.best { "best" } else { "" }.to_owned(),
        ]
    });
    let header = ["memory", "stores", "pages", "cycles", "B/cycle", ""];
    let at_32 = |posted| {
        let mut rows = rows
            .iter()
            .filter(|row| row.b_latency == Some(32) && row.posted == posted);
        rows.next_back().map_or(0.0, |row| row.bytes_per_cycle)
    };
    say!(
        "\nP10: software zeroing by {}, loop: {}, 64 bit ({})\n{}\n\
         Best: {:.2} B/cycle ({}, {}); with B latency 32: {:.2} where stores wait for B, {:.2} posted and merged.\n\
         Measured before in peers' SoCs: VexRiscv 2.91 at best, 0.12 with latency 32; PicoRV32 0.48.",
        best.core,
        best.store_loop,
        best.origin,
        table(2, &header, lines.collect()),
        best.bytes_per_cycle,
        memories::name(best.memory, best.b_latency),
        straps(best.posted, best.merge),
        at_32(false),
        at_32(true),
    );
}

fn report_freed(freed: &software::Freed) {
    let lines = freed.memories.iter().map(|on| {
        vec![
            memories::name(on.memory, on.b_latency),
            straps(on.posted, on.merge).to_owned(),
            on.pages.to_string(),
            format!("{:.0}", on.core_cycles_per_page_zeroing),
            format!("{:.0}", on.core_cycles_per_page_with_engine),
            format!("{:.1} %", 100.0 * on.freed_share),
        ]
    });
    let header = [
        "memory",
        "stores",
        "pages",
        "core zeroes",
        "core feeds engine",
        "freed",
    ];
    say!(
        "\nCPU cycles for each page, and the share of them that the engine frees ({})\n{}\n\
         By useful work done meanwhile, which stays in registers: slower memory for the core is not in it. Looking at \
         the flag\nthat the engine's interrupt sets takes {:.1} % of all cycles, zeroing or not, and is not in it either.",
        freed.memories.first().map_or("", |on| on.origin),
        table(2, &header, lines.collect()),
        100.0 * freed.headline.as_ref().map_or(0.0, |on| on.flag_share),
    );
}

fn report_trace(trace: &Trace) {
    let lines = trace.memories.iter().flat_map(|on| {
        let line = |who: &str, pages: u32, cycles: u64, per_page: f64, origin: &str| {
            vec![
                memories::name(on.memory, on.b_latency),
                who.to_owned(),
                pages.to_string(),
                cycles.to_string(),
                format!("{per_page:.1}"),
                format!("{:.1}", per_page / on.engine.cycles_per_page),
                origin.to_owned(),
            ]
        };
        let engine = &on.engine;
        let mut lines = vec![line(
            "engine",
            engine.pages,
            engine.cycles,
            engine.cycles_per_page,
            engine.origin,
        )];
        for software in on.software.iter().chain(&on.software_at_b) {
            lines.push(line(
                &format!("core, {}", straps(software.posted, software.merge)),
                software.pages,
                software.cycles,
                software.cycles_per_page,
                software.origin,
            ));
        }
        lines
    });
    let header = [
        "memory",
        "zeroed by",
        "pages",
        "cycles",
        "cycles/page",
        "ratio",
        "origin",
    ];
    say!(
        "\nRecorded boot {}: {} of {} zeroed pages in order, {} frames; each was checked, none skipped\n{}\n\
         The engine's cycles hold every wait for a frame that was still on its way from an earlier event: {}.",
        trace.file,
        trace.events,
        trace.events_in_file,
        trace.frames,
        table(2, &header, lines.collect()),
        trace.memories.first().map_or(0, |on| on.engine.waits),
    );
}

fn measure_host() -> Result<Vec<HostResult>> {
    let bar = counted("this machine's CPU", 0)?;
    let results = host::measure(&mut |event| match event {
        host::Progress::Step { done, total } => {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        }
        host::Progress::Skipped {
            method,
            bytes,
            reason,
        } => {
            bar.suspend(|| say!("host: {method} on {bytes} bytes is left out: {reason}"));
        }
    })?;
    bar.finish_and_clear();
    Ok(results)
}

fn report_host(rows: &[HostResult]) {
    let lines = rows.iter().map(|row| {
        vec![
            row.method.to_string(),
            (row.bytes >> 10).to_string(),
            row.bytes_per_cycle
                .map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}")),
            format!("{:.0}", row.ns_per_page),
            format!("{:.2}", row.relative_to_memset),
        ]
    });
    let header = [
        "method",
        "KiB",
        "B/cycle (TSC)",
        "ns for 4 KiB",
        "relative to memset",
    ];
    say!(
        "\nThis machine's own CPU (host; a scale, another core and another memory)\n{}",
        table(1, &header, lines.collect())
    );
}

// ---------------------------------------------------------------------------------------- the figure

/// An origin as the figure knows it.
fn origin(of: &str) -> String {
    if of == "model" { "model" } else { "rtl" }.to_owned()
}

fn figure(args: &Args, summary: &Summary) -> PlotData {
    let scattered = |row: &&engine::Row| row.pattern == "scattered" && row.w_stall == 0;
    let mut series: Vec<EngineSeries> = Vec::new();
    for row in summary.engine.iter().filter(scattered) {
        let Some(b_latency) = row.b_latency else {
            continue;
        };
        let data_width = u32::from(row.data_width);
        let point = EnginePoint {
            b_latency,
            beats_per_cycle: row.beats_per_cycle,
        };
        match series
            .iter_mut()
            .find(|series| series.data_width == data_width)
        {
            Some(series) => series.points.push(point),
            None => series.push(EngineSeries {
                data_width,
                points: vec![point],
                origin: origin(row.origin),
            }),
        }
    }
    let level = |b_latency, posted| {
        let mut rows = summary.software.iter().filter(|row| {
            row.b_latency == Some(b_latency) && row.posted == posted && row.merge == posted
        });
        rows.next().map(|row| Level {
            label: format!(
                "core, stores {}, B latency {b_latency}",
                straps(row.posted, row.merge)
            ),
            bytes_per_cycle: row.bytes_per_cycle,
            origin: origin(row.origin),
        })
    };
    PlotData {
        title: "Dormouse: zeroing memory in hardware".to_owned(),
        subtitle: format!(
            "left: {} scattered pages of 4 KiB, ideal memory; {}",
            engine::PAGES,
            if args.demo { "demo run" } else { "full run" }
        ),
        engine: series,
        software: [level(4, true), level(32, true), level(32, false)]
            .into_iter()
            .flatten()
            .collect(),
        trace: summary.trace.as_ref().map(trace_panel).unwrap_or_default(),
        host: host_panel(&summary.host),
    }
}

fn trace_panel(trace: &Trace) -> BarPanel {
    let mut bars = Vec::new();
    for on in &trace.memories {
        let name = memories::name(on.memory, on.b_latency);
        bars.push(Bar {
            label: format!("engine, {name}"),
            value: on.engine.cycles_per_page,
            remark: String::new(),
            actor: Actor::Engine,
            origin: origin(on.engine.origin),
        });
        for (software, ratio) in [(&on.software, on.ratio), (&on.software_at_b, on.ratio_at_b)] {
            let (Some(software), Some(ratio)) = (software, ratio) else {
                continue;
            };
            bars.push(Bar {
                label: format!(
                    "core {}, {name}",
                    if software.posted { "posted" } else { "waits" }
                ),
                value: software.cycles_per_page,
                remark: format!("{ratio:.1}x"),
                actor: Actor::Software,
                origin: origin(software.origin),
            });
        }
    }
    BarPanel {
        title: format!("Recorded Linux boot, {} page zeroings", trace.events),
        unit: match trace.headline.as_ref().and_then(|on| on.software.as_ref()) {
            Some(software) => format!(
                "cycles per page of 4 KiB, 64-bit port; core: its first {} pages",
                software.pages
            ),
            None => "cycles per page of 4 KiB, 64-bit port".to_owned(),
        },
        bars,
    }
}

fn host_panel(rows: &[HostResult]) -> BarPanel {
    let bars = rows
        .iter()
        .filter(|row| row.bytes == host::UNCACHED_BYTES)
        .map(|row| Bar {
            label: match row.method {
                Method::FirstTouch4k => "first touch, 4 KiB".to_owned(),
                Method::FirstTouchHuge => "first touch, huge".to_owned(),
                method => method.name().replace('_', " "),
            },
            value: row.bytes_per_cycle.unwrap_or_default(),
            remark: format!("{:.0} ns a page", row.ns_per_page),
            actor: Actor::Host,
            origin: "host".to_owned(),
        });
    BarPanel {
        title: "This machine's own CPU, 64 MiB".to_owned(),
        unit: "bytes per TSC cycle; a scale, not a comparison".to_owned(),
        bars: bars.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> engine::Row {
        engine::Row {
            data_width: 64,
            memory: "ideal",
            b_latency: Some(32),
            w_stall: 0,
            pattern: "scattered",
            pages: 64,
            cycles: 32800,
            start_latency: 1,
            page_gap_max: 0,
            beats_per_cycle: 0.999,
            bytes_per_cycle: 7.992,
            contract: Some(32800),
            origin: "RTL",
        }
    }

    #[test]
    fn a_contract_that_is_missed_is_named_with_its_numbers() {
        assert!(missed(&[row()]).is_empty());
        let late = engine::Row {
            cycles: 32801,
            ..row()
        };
        let gap = engine::Row {
            page_gap_max: 1,
            ..row()
        };
        let start = engine::Row {
            start_latency: 2,
            ..row()
        };
        let single = engine::Row {
            pages: 1,
            pattern: "single",
            cycles: 545,
            contract: Some(544),
            ..row()
        };
        assert_eq!(
            missed(&[late, gap, start, single]),
            [
                "P1: 64 bit, ideal, B 32, 64 scattered: 32801 cycles, allowed 32800",
                "P1: 64 bit, ideal, B 32, 64 scattered: a gap of 1 cycles between pages",
                "P2: 64 bit, ideal, B 32, 64 scattered: starts after 2 cycles, allowed 1",
                "P3: 64 bit, ideal, B 32, 1 single: 545 cycles, allowed 544",
            ]
        );
    }

    #[test]
    fn stalls_of_the_memory_are_not_the_engine_s_start() {
        let stalled = engine::Row {
            w_stall: 25,
            start_latency: 3,
            contract: None,
            ..row()
        };
        let dram = engine::Row {
            memory: "ddr3",
            b_latency: None,
            start_latency: 3,
            contract: None,
            ..row()
        };
        assert!(missed(&[stalled, dram]).is_empty());
    }
}
