//! One page that shows a boot: no script, nothing from the network, readable in light and in dark.
//!
//! The figures are SVG in the page. `plotters` writes their elements in the colours of `dormouse bench`'s figure, and the
//! page's style sheet replaces each of these colours where the reader prefers dark.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::run::{Outcome, PHASE_NAMES};
use super::scale::Scale;
use super::setup::{Mode, Setup};
use super::victim::Victim;
use crate::plot::{Font, GRID, INK, LogAxis, Root, SOFT, figure, line, px, spread, text};

const GREY: RGBColor = RGBColor(0x7d, 0x86, 0x90);
const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const AMBER: RGBColor = RGBColor(0xc8, 0x8a, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x8f, 0x68);
const BLUE: RGBColor = RGBColor(0x00, 0x66, 0xa3);
const PALE: RGBColor = RGBColor(0xb9, 0xc2, 0xcb);

/// Each colour of the figures, and what it becomes on a dark page.
const DARK: [(RGBColor, &str); 9] = [
    (INK, "#e8eaed"),
    (SOFT, "#a9b1ba"),
    (GRID, "#333a42"),
    (GREY, "#98a2ad"),
    (VERMILION, "#ff8b4a"),
    (AMBER, "#f0b429"),
    (GREEN, "#3ecf9f"),
    (BLUE, "#5fb8f2"),
    (PALE, "#4d5761"),
];

const WIDTH: i32 = 960;

fn colour(mode: Mode) -> RGBColor {
    match mode {
        Mode::Ideal => GREY,
        Mode::EagerSoftware => VERMILION,
        Mode::EagerEngine => AMBER,
        Mode::LazySoftware => GREEN,
        Mode::Dormant => BLUE,
    }
}

/// What a mode is called where there is room.
fn long_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Ideal => "zero for free (ideal)",
        Mode::EagerSoftware => "core zeroes first",
        Mode::EagerEngine => "engine zeroes first",
        Mode::LazySoftware => "hypervisor, first touch",
        Mode::Dormant => "dormant memory",
    }
}

/// Everything that the page shows.
pub struct Report<'a> {
    /// The setup.
    pub setup: &'a Setup,
    /// The recording's file.
    pub recording: &'a str,
    /// Every mode that ran.
    pub outcomes: &'a [Outcome],
    /// The runs with a cap.
    pub victim: Option<&'a Victim>,
    /// The scaling study.
    pub scale: Option<&'a Scale>,
}

impl Report<'_> {
    /// How long the sweep of the modes with a node takes, if there are any.
    fn sweep(&self) -> Option<String> {
        let longest = self.outcomes.iter().filter_map(sweep).max()?;
        Some(unbroken(longest, self.setup.clock_mhz()))
    }
}

/// A page with this title and these contents, in the same style.
pub fn page_of(title: &str, contents: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>Dormouse: {title}</title>\n<style>\n{}</style></head>\n\
         <body><main>\n<h1>{title}</h1>\n{contents}</main></body></html>\n",
        style()
    )
}

/// A time in the unit that suits it, at so many cycles per microsecond.
pub fn time(cycles: f64, mhz: f64) -> String {
    let us = cycles / mhz;
    match us {
        0.0 => "0".to_owned(),
        us if us < 1e3 => format!("{} \u{b5}s", figure(us)),
        us if us < 1e6 => format!("{} ms", figure(us / 1e3)),
        us if us < 600e6 => format!("{} s", figure(us / 1e6)),
        us if us < 7200e6 => format!("{} min", figure(us / 60e6)),
        us => format!("{} h", figure(us / 3600e6)),
    }
}

/// Cycles of the sweep over the node's tags, which comes before the times of a mode that has a node.
pub fn sweep(outcome: &Outcome) -> Option<u64> {
    (outcome.sweep_cycles > 0).then_some(outcome.sweep_cycles)
}

/// A time that no line break divides.
fn unbroken(cycles: u64, mhz: f64) -> String {
    time(cycles as f64, mhz).replace(' ', "\u{a0}")
}

/// Text as HTML.
pub fn escape(content: &str) -> String {
    content
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text as HTML, with what stands between back-ticks as code.
fn prose(content: &str) -> String {
    let mut html = String::new();
    for (index, part) in escape(content).split('`').enumerate() {
        html.push_str(match index {
            0 => "",
            index if index % 2 == 1 => "<code>",
            _ => "</code>",
        });
        html.push_str(part);
    }
    html
}

fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

fn style() -> String {
    let mut style = String::from(
        ":root{color-scheme:light dark;--page:#fff;--ink:#22262b;--soft:#5a626b;--card:#f5f7f9;--rule:#d9dee3}\n\
         @media(prefers-color-scheme:dark){:root{--page:#15191d;--ink:#e8eaed;--soft:#a9b1ba;--card:#1e2429;--rule:#39414a}",
    );
    for (light, dark) in DARK {
        let light = hex(light);
        let _ = write!(
            style,
            "svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}"
        );
    }
    style.push_str(
        "}\nbody{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif}\n\
         main{max-width:1000px;margin:0 auto;padding:32px 20px 64px}h1{font-size:30px;line-height:1.2;margin:0 0 6px}\n\
         h2{font-size:20px;margin:44px 0 4px}p{margin:6px 0;max-width:75ch}.soft{color:var(--soft)}\n\
         .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px;margin:24px 0}\n\
         .tile{background:var(--card);border-radius:10px;padding:14px 16px}.tile b{display:block;font-size:27px;line-height:1.25}\n\
         .tile span{color:var(--soft);font-size:14px;display:block}\n\
         figure{margin:14px 0 0;overflow-x:auto}figure svg{width:100%;height:auto;min-width:640px;display:block}\n\
         figcaption{color:var(--soft);font-size:14px;margin-top:2px}\n\
         .wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px;margin-top:10px;font-variant-numeric:tabular-nums}\n\
         th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}\n\
         td,code{white-space:nowrap}code{font-size:.92em}th:first-child,td:first-child,.text{text-align:left}\n\
         td.text{min-width:240px;white-space:normal;color:var(--soft)}\n\
         pre{background:var(--card);padding:14px;border-radius:10px;overflow-x:auto;font-size:13px}summary{cursor:pointer;color:var(--soft)}\n\
         @media print{details{display:none}h2{break-after:avoid}figure{break-inside:avoid}}\n",
    );
    style
}

/// The page.
///
/// # Errors
/// A value that cannot stand on its axis.
pub fn page(report: &Report<'_>) -> Result<String> {
    let setup = report.setup;
    let mut html = String::new();
    let title = format!("Booting {} without zeroing it first", setup.memory);
    let recording = Path::new(report.recording)
        .file_name()
        .map_or_else(|| report.recording.into(), |name| name.to_string_lossy());
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>Dormouse: {title}</title>\n<style>\n{}</style></head>\n\
         <body><main>\n<h1>{title}</h1>\n<p class=\"soft\">Recorded Linux boot {} replayed cycle by cycle. Memory: {}; processor: CPI {} (cycles per instruction), \
         waits for reads, posts writes; the guest zeroes pages by {}. Times are cycles at {} MHz{}.{}</p>\n",
        style(),
        escape(&recording),
        escape(&setup.dram_name()),
        setup.processor.cpi,
        match setup.zeroing {
            dormouse_testbench::recording::replay::Zeroing::Stores => "ordinary stores",
            dormouse_testbench::recording::replay::Zeroing::Doorbell => "the doorbell",
        },
        tick(setup.clock_mhz()),
        report.sweep().map_or_else(String::new, |sweep| format!(
            "; where a node takes part they count from the end of its sweep over the tags, {sweep} after reset"
        )),
        window(setup),
    );
    tiles(&mut html, report);
    if report.outcomes.len() > 1 {
        section(
            &mut html,
            "Time to the first guest instruction",
            &first_chart(report)?,
            "Everything before the guest runs: zeroing all memory, or setting up the node and marking all pages dormant. \
             The axis is logarithmic. Pale: the sweep over the node's tags after reset, one cycle a page, which comes first and is not in the time above it.",
        );
        section(
            &mut html,
            "Time to init and to power-off",
            &time_chart(report)?,
            &format!(
                "Pale: the guest does not run yet. The mark is where init is reached.{}",
                report.sweep().map_or_else(String::new, |sweep| format!(
                    " Where a node takes part, its sweep of {sweep} comes before all of this."
                ))
            ),
        );
    }
    if report
        .outcomes
        .iter()
        .any(|outcome| outcome.samples.len() > 1)
    {
        section(
            &mut html,
            "Frames that hold pages",
            &frames_chart(report)?,
            "4 KiB frames in use over the boot, which is drawn from the guest's first instruction. Eagerly zeroed memory is all in use from the beginning.",
        );
    }
    if let Some(dormant) = report.outcomes.iter().find(|o| o.mode == Mode::Dormant) {
        section(
            &mut html,
            "Zeroed pool",
            &pool_chart(report, dormant)?,
            "Frames that are zeroed and wait for a page. The engine fills the pool in the background between its water marks; a conversion takes one.",
        );
    }
    if report
        .outcomes
        .iter()
        .any(|o| o.histogram.iter().sum::<u64>() > 0)
    {
        section(
            &mut html,
            "How long an access waits for its page",
            &latency_chart(report)?,
            "Conversions of dormant pages from request to frame, and first touches in the hypervisor, in bins of powers of two. Both axes are logarithmic.",
        );
    }
    if let Some(victim) = report.victim {
        section(
            &mut html,
            "What the engine's traffic costs the guest",
            &victim_chart(setup, victim)?,
            &format!(
                "{} events of the boot while the engine zeroes frames without a pause, with its bandwidth cap at several intervals; against the same window on memory that was zero for free. Origin: {}.",
                victim.events,
                prose(&victim.origin)
            ),
        );
    }
    if let Some(scale) = report.scale {
        section(
            &mut html,
            "From 2 GiB to 16 TiB",
            &scale_chart(setup, scale)?,
            &format!(
                "{} Both axes are logarithmic.",
                prose(&scale.rules.join(" "))
            ),
        );
    }
    numbers(&mut html, report);
    let _ = write!(
        html,
        "<h2>Settings</h2>\n<details><summary>The file that repeats this run (<code>dormouse boot --config FILE</code>)</summary>\n<pre>{}</pre></details>\n\
         </main></body></html>\n",
        escape(&setup.to_toml_lossy()?)
    );
    Ok(html)
}

fn window(setup: &Setup) -> String {
    match setup.events {
        Some(events) => format!(" Only {events} events from number {} on.", setup.from),
        None if setup.from > 0 => format!(" Only from event {} on.", setup.from),
        None => String::new(),
    }
}

fn section(html: &mut String, title: &str, svg: &str, caption: &str) {
    let _ = writeln!(
        html,
        "<h2>{title}</h2>\n<figure>{svg}<figcaption>{caption}</figcaption></figure>"
    );
}

fn tiles(html: &mut String, report: &Report<'_>) {
    let mhz = report.setup.clock_mhz();
    let find = |mode| report.outcomes.iter().find(|o| o.mode == mode);
    let mut tile = |value: String, what: String| {
        let _ = writeln!(
            html,
            "<div class=\"tile\"><b>{}</b><span>{}</span></div>",
            escape(&value),
            prose(&what)
        );
    };
    let mut tiles = Vec::new();
    if let Some(dormant) = find(Mode::Dormant) {
        let against = find(Mode::EagerSoftware).map_or(String::new(), |eager| {
            format!(
                "; {} where the core zeroes first",
                unbroken(eager.first_instruction_cycles, mhz)
            )
        });
        tiles.push((
            unbroken(dormant.first_instruction_cycles, mhz),
            format!(
                "to the first guest instruction, dormant, after a sweep of {} over the tags{against}",
                unbroken(dormant.sweep_cycles, mhz)
            ),
        ));
        if let Some(slow) = dormant.slow_down() {
            tiles.push((
                format!("{:+.2} %", 100.0 * slow),
                "time to init, dormant against memory that was zero for free".to_owned(),
            ));
        }
        let total = report.setup.memory.pages();
        tiles.push((
            format!("{:.1} %", 100.0 * dormant.frames_peak as f64 / total as f64),
            format!(
                "of all frames in use at most: {} of {}",
                count(dormant.frames_peak),
                count(total)
            ),
        ));
        let conversions = dormant.conversions.pool + dormant.conversions.on_demand;
        tiles.push((
            count(conversions),
            format!(
                "pages converted in hardware, {} of them zeroed on demand; accesses that waited for firmware: {}",
                count(dormant.conversions.on_demand),
                count(dormant.stalls.firmware)
            ),
        ));
    }
    if tiles.is_empty() {
        return;
    }
    for (value, what) in tiles {
        tile(value, what);
    }
    // The tiles were appended one by one: the grid goes around them.
    let start = html.find("<div class=\"tile\">").unwrap_or(html.len());
    html.insert_str(start, "<div class=\"tiles\">\n");
    html.push_str("</div>\n");
}

fn numbers(html: &mut String, report: &Report<'_>) {
    let mhz = report.setup.clock_mhz();
    html.push_str("<h2>Numbers and where they come from</h2>\n<div class=\"wide\"><table><tr><th>mode</th><th>sweep</th><th>first instruction</th><th>init</th><th>end</th><th>init against ideal</th><th>frames, peak</th><th>frames, end</th><th>MB written</th><th>of these zero</th><th class=\"text\">origin</th></tr>\n");
    for outcome in report.outcomes {
        let optional = |cycles: Option<u64>| {
            cycles.map_or_else(|| "\u{2013}".to_owned(), |cycles| time(cycles as f64, mhz))
        };
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.1} %</td><td class=\"text\">{}</td></tr>",
            outcome.mode,
            optional(sweep(outcome)),
            time(outcome.first_instruction_cycles as f64, mhz),
            optional(outcome.init_cycles),
            time(outcome.end_cycles as f64, mhz),
            outcome.slow_down().map_or_else(
                || "\u{2013}".to_owned(),
                |slow| format!("{:+.2} %", 100.0 * slow)
            ),
            count(outcome.frames_peak),
            count(outcome.frames_end),
            figure(outcome.bytes_written as f64 / 1e6),
            100.0 * outcome.zero_bytes_written as f64 / (outcome.bytes_written as f64).max(1.0),
            prose(&outcome.origin),
        );
    }
    html.push_str("</table></div>\n<p class=\"soft\">Sweep: over the node's tags after reset, one cycle a page. Where there is one, all other times count from its end.</p>\n");
    for outcome in report.outcomes.iter().filter(|o| o.mode == Mode::Dormant) {
        let (c, t) = (&outcome.conversions, &outcome.thrash);
        let engine = outcome.engine.clone().unwrap_or_default();
        let _ = writeln!(
            html,
            "<p>Dormant in detail: {} pages converted from the pool and {} on demand; {} bursts read as zero and {} bursts of zero elided, without \
             memory traffic; {} pages went dormant again after stores and {} by the doorbell. {} bursts, those to dormant pages among them, missed the cache of \
             translations; {} bursts went to a frame. Converted again within 1k / 10k / 100k instructions of \
             going dormant: {} / {} / {}. The engine zeroed {} frames and was busy {:.1} % of the time. The sweep after reset took {} cycles before all this.</p>",
            count(c.pool),
            count(c.on_demand),
            count(c.zero_reads),
            count(outcome.writes_elided),
            count(c.redormanted_stores),
            count(c.redormanted_doorbell),
            count(c.translation_misses),
            count(c.resident_accesses),
            known(t.within_1k),
            known(t.within_10k),
            known(t.within_100k),
            count(engine.frames),
            100.0 * engine.utilisation,
            count(outcome.sweep_cycles),
        );
    }
}

fn known(n: Option<u64>) -> String {
    n.map_or_else(|| "\u{2013}".to_owned(), count)
}

/// A number of things, all digits.
fn count(n: u64) -> String {
    if n < 100 {
        n.to_string()
    } else {
        figure(n as f64)
    }
}

// ---------------------------------------------------------------------------------------- figures

fn svg(height: i32, draw: impl FnOnce(&Root<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH.unsigned_abs(), height.unsigned_abs()))
            .into_drawing_area();
        draw(&root)?;
        root.present()?;
    }
    Ok(svg)
}

fn block(root: &Root<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<()> {
    root.draw(&Rectangle::new([from, to], colour.filled()))?;
    Ok(())
}

/// Ticks that a person would choose, at most `most` of them, up to `high`.
fn ticks(high: f64, most: u32) -> Vec<f64> {
    let rough = high / f64::from(most);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(rough);
    (0..=most)
        .map(|index| f64::from(index) * step)
        .take_while(|value| *value <= high * 1.0001)
        .collect()
}

/// A number on an axis.
fn tick(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.fract() == 0.0 || value >= 100.0 {
        figure(value)
            .trim_end_matches(".00")
            .trim_end_matches(".0")
            .to_owned()
    } else {
        format!("{value}")
    }
}

fn first_chart(report: &Report<'_>) -> Result<String> {
    let mhz = report.setup.clock_mhz();
    let rows: Vec<&Outcome> = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.first_instruction_cycles > 0)
        .collect();
    let swept = |outcome: &Outcome| sweep(outcome);
    let all = || {
        let times = rows.iter().map(|o| o.first_instruction_cycles);
        times.chain(rows.iter().filter_map(|o| swept(o)))
    };
    let high = all().max().unwrap_or(1) as f64;
    let low = all().min().unwrap_or(1) as f64;
    let (left, right, top, pitch) = (210, WIDTH - 130, 4, 50);
    let bottom = top + pitch * px(rows.len());
    let axis = LogAxis {
        low: 10f64.powf((low / mhz / 1.5).log10().floor()) * mhz,
        high: 10f64.powf((high / mhz).log10().ceil()) * mhz,
        from: left,
        to: right,
    };
    svg(bottom + 52, |root| {
        let decades = (axis.high / axis.low).log10().round() as i32;
        for decade in 0..=decades {
            let value = axis.low * 10f64.powi(decade);
            let at = axis.at(value);
            line(root, (at, top), (at, bottom), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Center);
            text(
                root,
                (at, bottom + 16),
                &decade_name(value / mhz),
                font,
                SOFT,
            )?;
        }
        for (index, outcome) in rows.iter().enumerate() {
            let middle = top + pitch * px(index) + 18;
            let cycles = outcome.first_instruction_cycles as f64;
            let tip = axis.at(cycles).max(left + 2);
            let colour = colour(outcome.mode);
            block(root, (left, middle - 12), (tip, middle + 12), colour)?;
            if let Some(sweep) = swept(outcome) {
                let tip = axis.at(sweep as f64).max(left + 2);
                block(root, (left, middle + 16), (tip, middle + 26), PALE)?;
                let remark = format!("after a sweep of {}", time(sweep as f64, mhz));
                let font = Font::plain(13.0);
                text(root, (tip + 8, middle + 22), &remark, font, INK)?;
            }
            let font = Font::plain(15.0).anchored(HPos::Right);
            text(
                root,
                (left - 12, middle),
                long_name(outcome.mode),
                font,
                INK,
            )?;
            text(
                root,
                (tip + 8, middle),
                &time(cycles, mhz),
                Font::bold(15.0),
                colour,
            )?;
        }
        line(root, (left, top), (left, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 40),
            "time to the guest's first instruction, log scale",
            font,
            SOFT,
        )
    })
}

/// A power of ten of microseconds.
fn decade_name(us: f64) -> String {
    let plain = |value: f64, unit: &str| format!("{} {unit}", tick(value.round()));
    match us {
        us if us < 0.999 => format!("{us} \u{b5}s"),
        us if us < 0.999e3 => plain(us, "\u{b5}s"),
        us if us < 0.999e6 => plain(us / 1e3, "ms"),
        us => plain(us / 1e6, "s"),
    }
}

fn time_chart(report: &Report<'_>) -> Result<String> {
    let mhz = report.setup.clock_mhz();
    let seconds = |cycles: u64| cycles as f64 / mhz / 1e6;
    let rows = report.outcomes;
    let (left, right, top, pitch) = (210, WIDTH - 24, 4, 58);
    let bottom = top + pitch * px(rows.len());
    let high = rows
        .iter()
        .map(|o| seconds(o.end_cycles))
        .fold(0.0, f64::max)
        * 1.02;
    let x = |seconds: f64| left + (f64::from(right - left) * seconds / high).round() as i32;
    svg(bottom + 54, |root| {
        for value in ticks(high, 8) {
            let at = x(value);
            line(root, (at, top), (at, bottom), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Center);
            text(root, (at, bottom + 16), &tick(value), font, SOFT)?;
        }
        for (index, outcome) in rows.iter().enumerate() {
            let middle = top + pitch * px(index) + pitch / 2 + 6;
            let (start, end) = (
                x(seconds(outcome.first_instruction_cycles)),
                x(seconds(outcome.end_cycles)),
            );
            let shade = colour(outcome.mode);
            let font = Font::plain(15.0).anchored(HPos::Right);
            text(
                root,
                (left - 12, middle),
                long_name(outcome.mode),
                font,
                INK,
            )?;
            if start > left + 1 {
                block(root, (left, middle - 12), (start, middle + 12), PALE)?;
            }
            block(root, (start, middle - 12), (end, middle + 12), shade)?;
            if let Some(init) = outcome.init_cycles {
                let at = x(seconds(init));
                line(root, (at, middle - 17), (at, middle + 12), INK, 3)?;
                let mut remark = format!("init {}", time(init as f64, mhz));
                if let Some(slow) = outcome.slow_down().filter(|_| outcome.mode != Mode::Ideal) {
                    let _ = write!(remark, " ({:+.2} %)", 100.0 * slow);
                }
                let font = Font::bold(13.0).anchored(HPos::Center);
                text(root, (at, middle - 25), &remark, font, INK)?;
            }
        }
        line(root, (left, top), (left, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 42),
            &format!("seconds, at {} MHz", tick(mhz)),
            font,
            SOFT,
        )
    })
}

/// A line of a chart.
struct Curve {
    name: String,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

/// What an axis means.
struct Labels<'a> {
    x: &'a str,
    y: &'a str,
}

/// Vertical marks with a name.
type Marks<'a> = Vec<(f64, &'a str)>;

/// Lines over a linear x axis; y is linear too.
fn curves(
    labels: &Labels<'_>,
    curves: &[Curve],
    marks: &Marks<'_>,
    levels: &[(f64, String)],
) -> Result<String> {
    let (left, right, top, bottom) = (84, WIDTH - 190, 52, 348);
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let high_x = all().map(|point| point.0).fold(0.0, f64::max).max(1e-9);
    let levels_high = levels.iter().map(|level| level.0).fold(0.0, f64::max);
    let high_y = all()
        .map(|point| point.1)
        .fold(levels_high, f64::max)
        .max(1.0)
        * 1.06;
    let x = |value: f64| left + (f64::from(right - left) * value / high_x).round() as i32;
    let y = |value: f64| bottom - (f64::from(bottom - top) * value / high_y).round() as i32;
    svg(bottom + 54, |root| {
        text(root, (left - 70, 12), labels.y, Font::plain(14.0), SOFT)?;
        for value in ticks(high_y, 6) {
            line(root, (left, y(value)), (right, y(value)), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Right);
            text(root, (left - 8, y(value)), &tick(value), font, SOFT)?;
        }
        for value in ticks(high_x, 9) {
            let font = Font::plain(13.0).anchored(HPos::Center);
            text(root, (x(value), bottom + 16), &tick(value), font, SOFT)?;
            line(root, (x(value), bottom), (x(value), bottom + 5), SOFT, 1)?;
        }
        let mut free = left;
        for (at, name) in marks {
            let (at, width) = (x(*at), 7 * px(name.len()) + 8);
            line(root, (at, top - 16), (at, bottom), GRID, 1)?;
            // On the left of its line where there is no room on the right; a name that would run into the last one is left out.
            let (from, font) = if at + width > right {
                (at - width, Font::plain(12.0).anchored(HPos::Right))
            } else {
                (at, Font::plain(12.0))
            };
            if from >= free {
                free = from + width;
                let place = if from < at { at - 4 } else { at + 4 };
                text(root, (place, top - 10), name, font, SOFT)?;
            }
        }
        let mut ends = Vec::new();
        let mut names = Vec::new();
        for (value, name) in levels {
            line(root, (left, y(*value)), (right, y(*value)), PALE, 2)?;
            ends.push(y(*value));
            names.push((name, Font::plain(13.0), SOFT));
        }
        for curve in curves {
            let pixels: Vec<(i32, i32)> = curve
                .points
                .iter()
                .map(|(at, value)| (x(*at), y(*value)))
                .collect();
            ends.push(pixels.last().map_or(bottom, |last| last.1));
            root.draw(&PathElement::new(pixels, curve.colour.stroke_width(2)))?;
            names.push((&curve.name, Font::bold(14.0), curve.colour));
        }
        for ((name, font, colour), place) in names.into_iter().zip(spread(&ends, 18, top)) {
            text(root, (right + 10, place), name, font, colour)?;
        }
        line(root, (left, bottom), (right, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 42),
            labels.x,
            font,
            SOFT,
        )
    })
}

/// Phases as marks, in seconds since the guest began.
fn phases(outcome: &Outcome, mhz: f64) -> Marks<'_> {
    outcome
        .phases
        .iter()
        .filter(|phase| phase.name != PHASE_NAMES[0])
        .map(|phase| {
            let since = phase.cycles - outcome.first_instruction_cycles;
            (since as f64 / mhz / 1e6, phase.name)
        })
        .collect()
}

fn frames_chart(report: &Report<'_>) -> Result<String> {
    let mhz = report.setup.clock_mhz();
    let lines: Vec<Curve> = report
        .outcomes
        .iter()
        .filter(|outcome| matches!(outcome.mode, Mode::LazySoftware | Mode::Dormant))
        .map(|outcome| Curve {
            name: outcome.mode.to_string(),
            colour: colour(outcome.mode),
            points: outcome
                .samples
                .iter()
                .map(|sample| {
                    let since = sample
                        .cycle
                        .saturating_sub(outcome.first_instruction_cycles);
                    (since as f64 / mhz / 1e6, sample.frames as f64 / 1e3)
                })
                .collect(),
        })
        .collect();
    let marks = report
        .outcomes
        .last()
        .map_or_else(Vec::new, |outcome| phases(outcome, mhz));
    if lines.is_empty() {
        let all = [(
            report.setup.memory.pages() as f64 / 1e3,
            "all memory".to_owned(),
        )];
        let end = report
            .outcomes
            .last()
            .map_or(0, |outcome| outcome.end_cycles);
        let axis = Curve {
            name: String::new(),
            colour: PALE,
            points: vec![(0.0, 0.0), (end as f64 / mhz / 1e6, 0.0)],
        };
        return curves(&FRAMES, &[axis], &marks, &all);
    }
    curves(&FRAMES, &lines, &marks, &[])
}

const FRAMES: Labels<'_> = Labels {
    x: "seconds since the guest's first instruction",
    y: "thousand frames in use",
};

fn pool_chart(report: &Report<'_>, dormant: &Outcome) -> Result<String> {
    let mhz = report.setup.clock_mhz();
    let points = dormant
        .samples
        .iter()
        .map(|sample| {
            let since = sample
                .cycle
                .saturating_sub(dormant.first_instruction_cycles);
            (since as f64 / mhz / 1e6, f64::from(sample.pool))
        })
        .collect();
    let labels = Labels {
        x: "seconds since the guest's first instruction",
        y: "zeroed frames",
    };
    let firmware = &report.setup.firmware;
    curves(
        &labels,
        &[Curve {
            name: "pool".to_owned(),
            colour: BLUE,
            points,
        }],
        &phases(dormant, mhz),
        &[
            (firmware.low.into(), format!("low mark, {}", firmware.low)),
            (
                firmware.high.into(),
                format!("high mark, {}", firmware.high),
            ),
        ],
    )
}

fn latency_chart(report: &Report<'_>) -> Result<String> {
    let shown: Vec<&Outcome> = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.histogram.iter().sum::<u64>() > 0)
        .collect();
    let used = |outcome: &&Outcome| outcome.histogram.iter().rposition(|count| *count > 0);
    let last = shown.iter().filter_map(used).max().unwrap_or(0);
    let most = shown.iter().flat_map(|o| o.histogram).max().unwrap_or(1) as f64;
    let (left, right, top, bottom) = (84, WIDTH - 190, 34, 320);
    let y = LogAxis {
        low: 0.7,
        high: 10f64.powf((most * 1.3).log10().ceil()),
        from: bottom,
        to: top,
    };
    let pitch = (right - left) / px(last + 1);
    let width = (pitch - 8) / px(shown.len()).max(1);
    svg(bottom + 54, |root| {
        text(
            root,
            (left - 70, 12),
            "accesses, log scale",
            Font::plain(14.0),
            SOFT,
        )?;
        for decade in 0..=y.high.log10().round() as i32 {
            let value = 10f64.powi(decade);
            line(root, (left, y.at(value)), (right, y.at(value)), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Right);
            text(root, (left - 8, y.at(value)), &tick(value), font, SOFT)?;
        }
        for bin in 0..=last {
            let from = left + pitch * px(bin);
            for (index, outcome) in shown.iter().enumerate() {
                let n = outcome.histogram[bin];
                if n == 0 {
                    continue;
                }
                let at = from + 4 + width * px(index);
                let shade = colour(outcome.mode);
                block(root, (at, y.at(n as f64)), (at + width - 2, bottom), shade)?;
                if width >= 26 {
                    let font = Font::plain(11.0).anchored(HPos::Center);
                    text(
                        root,
                        (at + width / 2, y.at(n as f64) - 9),
                        &count(n),
                        font,
                        SOFT,
                    )?;
                }
            }
            let name = match bin {
                0 => "0\u{2013}1".to_owned(),
                bin if bin + 1 == outcome_bins() => format!("\u{2265} {}", 1u64 << bin),
                bin => format!("{}\u{2013}{}", 1u64 << bin, (2u64 << bin) - 1),
            };
            let font = Font::plain(if last > 9 { 10.0 } else { 12.0 }).anchored(HPos::Center);
            text(root, (from + pitch / 2, bottom + 14), &name, font, SOFT)?;
        }
        for (index, outcome) in shown.iter().enumerate() {
            let at = top + 14 + 44 * px(index);
            let shade = colour(outcome.mode);
            text(
                root,
                (right + 10, at),
                &outcome.mode.to_string(),
                Font::bold(14.0),
                shade,
            )?;
            let total: u64 = outcome.histogram.iter().sum();
            let what = format!("{} accesses", count(total));
            text(root, (right + 10, at + 18), &what, Font::plain(13.0), SOFT)?;
        }
        line(root, (left, bottom), (right, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 40),
            "cycles",
            font,
            SOFT,
        )
    })
}

fn outcome_bins() -> usize {
    dormouse_testbench::recording::replay::BINS
}

fn victim_chart(setup: &Setup, victim: &Victim) -> Result<String> {
    let (left, right, top, pitch) = (250, WIDTH - 330, 4, 40);
    let rows = &victim.rows;
    let bottom = top + pitch * px(rows.len());
    let high = rows.iter().map(|row| row.slow_down).fold(0.005, f64::max) * 1.05;
    let x = |share: f64| left + (f64::from(right - left) * share.max(0.0) / high).round() as i32;
    let bus = f64::from(setup.config()?.beat_bytes());
    svg(bottom + 52, |root| {
        for value in ticks(100.0 * high, 5) {
            let at = x(value / 100.0);
            line(root, (at, top), (at, bottom), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Center);
            text(root, (at, bottom + 16), &tick(value), font, SOFT)?;
        }
        for (index, row) in rows.iter().enumerate() {
            let middle = top + pitch * px(index) + pitch / 2;
            let tip = x(row.slow_down).max(left + 2);
            let shade = if row.background { AMBER } else { BLUE };
            block(root, (left, middle - 12), (tip, middle + 12), shade)?;
            let font = Font::plain(14.0).anchored(HPos::Right);
            text(root, (left - 12, middle), &row.name(), font, INK)?;
            let value = format!("{:+.2} %", 100.0 * row.slow_down);
            text(root, (tip + 8, middle), &value, Font::bold(14.0), shade)?;
            let remark = format!(
                "engine {} % of the port, read {} cycles",
                figure(100.0 * row.engine_bytes_per_cycle / bus),
                figure(row.read_cycles)
            );
            text(root, (tip + 84, middle), &remark, Font::plain(13.0), SOFT)?;
        }
        line(root, (left, top), (left, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 40),
            "% longer than on memory that was zero for free",
            font,
            SOFT,
        )
    })
}

fn scale_chart(setup: &Setup, scale: &Scale) -> Result<String> {
    let mhz = setup.clock_mhz();
    let (left, right, top, bottom) = (96, WIDTH - 196, 40, 430);
    let seconds = |cycles: f64| (cycles / mhz / 1e6).max(1e-9);
    let gib: Vec<f64> = scale.rows.iter().map(|row| row.memory.gib()).collect();
    let values = || {
        scale.rows.iter().flat_map(|row| {
            row.modes
                .iter()
                .flat_map(|mode| [mode.first_instruction_cycles, mode.init_cycles])
                .chain([row.sweep_cycles as f64])
                .filter(|cycles| *cycles > 0.0)
                .map(seconds)
        })
    };
    let x = LogAxis {
        low: gib.first().copied().unwrap_or(1.0) / 1.2,
        high: gib.last().copied().unwrap_or(2.0) * 1.1,
        from: left,
        to: right,
    };
    let y = LogAxis {
        low: 10f64.powf(values().fold(f64::INFINITY, f64::min).log10().floor()),
        high: 10f64.powf(values().fold(0.0, f64::max).log10().ceil()),
        from: bottom,
        to: top,
    };
    svg(bottom + 54, |root| {
        let head = "thick: time to init; thin: to the first instruction, from the end of the sweep; dashed: the sweep";
        text(root, (left - 82, 14), head, Font::plain(14.0), SOFT)?;
        let decades = (y.high / y.low).log10().round() as i32;
        for decade in 0..=decades {
            let value = y.low * 10f64.powi(decade);
            line(root, (left, y.at(value)), (right, y.at(value)), GRID, 1)?;
            let font = Font::plain(13.0).anchored(HPos::Right);
            text(
                root,
                (left - 8, y.at(value)),
                &decade_name(value * 1e6),
                font,
                SOFT,
            )?;
        }
        for (index, row) in scale.rows.iter().enumerate() {
            let at = x.at(row.memory.gib());
            line(root, (at, bottom), (at, bottom + 5), SOFT, 1)?;
            if index % 2 == 0 || index + 1 == scale.rows.len() {
                let font = Font::plain(13.0).anchored(HPos::Center);
                text(root, (at, bottom + 17), &row.memory.to_string(), font, SOFT)?;
            }
        }
        let sweep: Vec<(i32, i32)> = scale
            .rows
            .iter()
            .map(|row| {
                let cycles = row.sweep_cycles as f64;
                (x.at(row.memory.gib()), y.at(seconds(cycles)))
            })
            .collect();
        let mut ends: Vec<i32> = sweep.last().map(|end| end.1).into_iter().collect();
        let mut names = vec![("sweep of tags".to_owned(), SOFT, 1)];
        root.draw(&DashedPathElement::new(sweep, 6, 4, SOFT.stroke_width(1)))?;
        for mode in Mode::ALL {
            let curve = |pick: fn(&super::scale::ModeAt) -> f64| -> Vec<(i32, i32)> {
                scale
                    .rows
                    .iter()
                    .filter_map(|row| {
                        let of = row.modes.iter().find(|of| of.mode == mode)?;
                        let cycles = pick(of);
                        (cycles > 0.0).then(|| (x.at(row.memory.gib()), y.at(seconds(cycles))))
                    })
                    .collect()
            };
            let shade = colour(mode);
            for (points, width, what) in [
                (curve(|of| of.init_cycles), 3, "init"),
                (curve(|of| of.first_instruction_cycles), 1, "first"),
            ] {
                let Some(end) = points.last() else { continue };
                ends.push(end.1);
                names.push((format!("{mode}, {what}"), shade, width));
                root.draw(&PathElement::new(points, shade.stroke_width(width)))?;
            }
        }
        for ((name, shade, width), place) in names.iter().zip(spread(&ends, 17, top)) {
            let font = if *width > 1 {
                Font::bold(13.0)
            } else {
                Font::plain(13.0)
            };
            text(root, (right + 10, place), name, font, *shade)?;
        }
        line(root, (left, bottom), (right, bottom), SOFT, 1)?;
        let font = Font::plain(14.0).anchored(HPos::Center);
        text(
            root,
            (i32::midpoint(left, right), bottom + 42),
            "memory",
            font,
            SOFT,
        )
    })
}
