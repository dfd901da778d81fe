//! The figure of `dormouse bench`: one SVG, made for a slide.
//!
//! Left: bytes per clock cycle over the memory's response latency, engine against software zeroing on the core. Right:
//! cycles per page on the frames of a recorded boot, and what this machine's own CPU does. Every panel names the origin
//! of its numbers.
//!
//! The layout is in pixels of our own choosing, `plotters` only writes the elements: SVG text is measured by the
//! viewer, so a layout computed from text widths would be a guess. Colours are Okabe and Ito's, which stay apart for
//! colour-blind readers, and each line also carries its name.

use anyhow::{Result, ensure};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Everything that the figure shows. A right-hand panel without bars is left out.
#[derive(Clone, Debug, Default)]
pub struct PlotData {
    /// Headline.
    pub title: String,
    /// One line below it; may be empty.
    pub subtitle: String,
    /// The engine, one line for each data width.
    pub engine: Vec<EngineSeries>,
    /// Software zeroing on the core: horizontal lines in the left panel.
    pub software: Vec<Level>,
    /// Cycles per page on the frames of a recorded boot.
    pub trace: BarPanel,
    /// Bytes per cycle of this machine's own CPU.
    pub host: BarPanel,
}

/// The engine at one data width.
#[derive(Clone, Debug)]
pub struct EngineSeries {
    /// Data width in bit; it also turns beats into bytes.
    pub data_width: u32,
    /// Measured points, in any order.
    pub points: Vec<EnginePoint>,
    /// `rtl` or `model`.
    pub origin: String,
}

/// One measurement of the engine.
#[derive(Clone, Copy, Debug)]
pub struct EnginePoint {
    /// Cycles from the last beat of a burst to its response; at least 1.
    pub b_latency: u32,
    /// Data beats per clock cycle, above 0.
    pub beats_per_cycle: f64,
}

/// A rate that does not depend on the latency axis.
#[derive(Clone, Debug)]
pub struct Level {
    /// What is written at the line.
    pub label: String,
    /// Above 0.
    pub bytes_per_cycle: f64,
    /// `rtl` or `model`.
    pub origin: String,
}

/// A panel of horizontal bars.
#[derive(Clone, Debug, Default)]
pub struct BarPanel {
    /// Headline of the panel.
    pub title: String,
    /// What the bars measure, with the unit.
    pub unit: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Name, left of the bar: keep it below 30 characters.
    pub label: String,
    /// Length, in the panel's unit; not negative.
    pub value: f64,
    /// Remark behind the value, such as a ratio; may be empty.
    pub remark: String,
    /// Whose time it is: decides the colour.
    pub actor: Actor,
    /// `rtl`, `model` or `host`.
    pub origin: String,
}

/// Who does the zeroing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The zeroing engine.
    Engine,
    /// The core in the same `SoC` as the engine.
    Software,
    /// The CPU that ran the benchmark.
    Host,
}

const SIZE: (u32, u32) = (1280, 720);
const FONT: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// Bars in both panels together that stay readable.
const MAX_BARS: usize = 16;

pub const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);
pub const SOFT: RGBColor = RGBColor(0x5a, 0x62, 0x6b);
pub const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
/// The blue of the palette and its shades: the wider, the darker.
const BLUES: [RGBColor; 5] = [
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x2f, 0x99, 0xd8),
    RGBColor(0x0f, 0x80, 0xc2),
    RGBColor(0x00, 0x66, 0xa3),
    RGBColor(0x00, 0x40, 0x6b),
];

pub type Root<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// The figure as SVG, 1280 by 720.
///
/// # Errors
/// When there is no engine series, or when a value cannot stand on its axis; the message names it.
pub fn bench_svg(data: &PlotData) -> Result<String> {
    check(data)?;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        draw(&root, data)?;
        root.present()?;
    }
    Ok(svg)
}

fn check(data: &PlotData) -> Result<()> {
    ensure!(!data.engine.is_empty(), "no engine series to plot");
    for series in &data.engine {
        let width = series.data_width;
        ensure!(width > 0, "an engine series has a data width of 0 bit");
        ensure!(
            !series.points.is_empty(),
            "engine at {width} bit has no points"
        );
        for point in &series.points {
            ensure!(
                point.b_latency > 0
                    && point.beats_per_cycle.is_finite()
                    && point.beats_per_cycle > 0.0,
                "engine at {width} bit: {point:?} does not fit on logarithmic axes"
            );
        }
    }
    for level in &data.software {
        ensure!(
            level.bytes_per_cycle.is_finite() && level.bytes_per_cycle > 0.0,
            "{}: {} bytes per cycle does not fit on a logarithmic axis",
            level.label,
            level.bytes_per_cycle
        );
    }
    let bars = data.trace.bars.len() + data.host.bars.len();
    ensure!(bars <= MAX_BARS, "{bars} bars do not fit, {MAX_BARS} do");
    for bar in data.trace.bars.iter().chain(&data.host.bars) {
        ensure!(
            bar.value.is_finite() && bar.value >= 0.0,
            "{}: a bar cannot be {} long",
            bar.label,
            bar.value
        );
    }
    Ok(())
}

fn draw(root: &Root<'_>, data: &PlotData) -> Result<()> {
    text(root, (48, 38), &data.title, Font::bold(26.0), INK)?;
    text(root, (48, 68), &data.subtitle, Font::plain(15.0), SOFT)?;

    let panels: Vec<&BarPanel> = [&data.trace, &data.host]
        .into_iter()
        .filter(|panel| !panel.bars.is_empty())
        .collect();
    let right = if panels.is_empty() { 1240 } else { 720 };
    engine_panel(root, Frame::new(48, 104, right, 640), data)?;

    // Height by number of bars, so that all bars on the slide are equally thick.
    let rows: usize = panels.iter().map(|panel| panel.bars.len()).sum();
    let mut top = 104;
    for panel in &panels {
        let free = 536 - 96 * px(panels.len());
        let pitch = (free / px(rows.max(1))).min(58);
        let bottom = top + 64 + pitch * px(panel.bars.len());
        bar_panel(root, Frame::new(776, top, 1240, bottom), pitch, panel)?;
        top = bottom + 32;
    }
    text(root, (48, 694), &caption(data), Font::plain(13.0), SOFT)
}

/// Pixel bounds of a panel.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Frame {
    const fn new(left: i32, top: i32, right: i32, bottom: i32) -> Self {
        Self {
            left,
            top,
            right,
            bottom,
        }
    }
}

/// A logarithmic axis: `low` at `from`, `high` at `to`.
#[derive(Clone, Copy)]
pub struct LogAxis {
    /// Value at `from`.
    pub low: f64,
    /// Value at `to`.
    pub high: f64,
    /// Pixel.
    pub from: i32,
    /// Pixel.
    pub to: i32,
}

impl LogAxis {
    /// The pixel of a value.
    pub fn at(&self, value: f64) -> i32 {
        let part = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + (f64::from(self.to - self.from) * part).round() as i32
    }
}

fn engine_panel(root: &Root<'_>, frame: Frame, data: &PlotData) -> Result<()> {
    heading(
        root,
        (frame.left, frame.top),
        "Zeroing rate, engine and software on the core",
        "bytes per clock cycle, log scale; small figures: data beats per cycle",
    )?;
    let plot = Frame::new(
        frame.left + 40,
        frame.top + 62,
        frame.right - 84,
        frame.bottom - 44,
    );

    let rates: Vec<f64> = data
        .engine
        .iter()
        .flat_map(|series| series.points.iter().map(|point| bytes(series, *point)))
        .chain(data.software.iter().map(|level| level.bytes_per_cycle))
        .collect();
    let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let high = rates.iter().copied().fold(0.0, f64::max);
    // Whole powers of two, with air for the labels: the engine's above, the software's below.
    let air = 1.5 * 1.35_f64.powi(px(data.software.len()));
    let y = LogAxis {
        low: (low / air).log2().floor().exp2(),
        high: (high * 1.4).log2().ceil().exp2(),
        from: plot.bottom,
        to: plot.top,
    };
    let octaves = (y.high / y.low).log2().round() as i32;
    let step = (octaves + 9) / 10;
    for octave in (0..=octaves).step_by(step.max(1).unsigned_abs() as usize) {
        let value = y.low * f64::from(octave).exp2();
        let at = y.at(value);
        line(root, (plot.left, at), (plot.right, at), GRID, 1)?;
        let name = if value < 1.0 {
            format!("1/{}", 1.0 / value)
        } else {
            value.to_string()
        };
        let font = Font::plain(13.0).anchored(HPos::Right);
        text(root, (plot.left - 8, at), &name, font, SOFT)?;
    }

    let mut latencies: Vec<u32> = data
        .engine
        .iter()
        .flat_map(|series| series.points.iter().map(|point| point.b_latency))
        .collect();
    latencies.sort_unstable();
    latencies.dedup();
    // Room left and right of the points, for one latency alone as well.
    let (first, last) = (
        f64::from(latencies[0]),
        f64::from(latencies[latencies.len() - 1]),
    );
    let x = LogAxis {
        low: first / (1.08 * (last / first).powf(0.07)),
        high: last * (1.08 * (last / first).powf(0.04)),
        from: plot.left,
        to: plot.right,
    };
    for latency in &latencies {
        let at = x.at(f64::from(*latency));
        line(root, (at, plot.top), (at, plot.bottom), GRID, 1)?;
        let font = Font::plain(13.0).anchored(HPos::Center);
        text(
            root,
            (at, plot.bottom + 16),
            &latency.to_string(),
            font,
            SOFT,
        )?;
    }
    line(
        root,
        (plot.left, plot.bottom),
        (plot.right, plot.bottom),
        SOFT,
        1,
    )?;
    text(
        root,
        (i32::midpoint(plot.left, plot.right), plot.bottom + 40),
        "memory's write response (B) latency, clock cycles",
        Font::plain(14.0).anchored(HPos::Center),
        INK,
    )?;

    // Software first, so that the engine's lines lie on top.
    let levels: Vec<i32> = data
        .software
        .iter()
        .map(|level| y.at(level.bytes_per_cycle))
        .collect();
    for at in &levels {
        let points = [(plot.left, *at), (plot.right, *at)];
        root.draw(&DashedPathElement::new(
            points,
            7,
            5,
            VERMILION.stroke_width(2),
        ))?;
    }
    // Below its line, since the engine is above.
    for (level, place) in data.software.iter().zip(below_lines(&levels)) {
        let label = format!("{}: {}", level.label, figure(level.bytes_per_cycle));
        text(
            root,
            (plot.left + 10, place),
            &label,
            Font::bold(13.0),
            VERMILION,
        )?;
    }

    let mut series: Vec<&EngineSeries> = data.engine.iter().collect();
    series.sort_by_key(|series| series.data_width);
    let mut ends = Vec::new();
    let mut labels: Vec<(i32, i32)> = Vec::new();
    // Widest first, which is from top to bottom.
    for (index, series) in series.iter().enumerate().rev() {
        let colour = blue(index, data.engine.len());
        let mut points = series.points.clone();
        points.sort_by_key(|point| point.b_latency);
        let pixels: Vec<(i32, i32)> = points
            .iter()
            .map(|point| {
                (
                    x.at(f64::from(point.b_latency)),
                    y.at(bytes(series, *point)),
                )
            })
            .collect();
        root.draw(&PathElement::new(pixels.clone(), colour.stroke_width(3)))?;
        for (point, at) in points.iter().zip(&pixels) {
            root.draw(&Circle::new(*at, 5, colour.filled()))?;
            // Two widths at the same rate: the second one's figure goes below.
            let above = (at.0, at.1 - 14);
            let taken = labels
                .iter()
                .any(|label| label.0 == above.0 && (label.1 - above.1).abs() < 13);
            let place = if taken { (at.0, at.1 + 15) } else { above };
            labels.push(place);
            let font = Font::plain(12.0).anchored(HPos::Center);
            let beats = format!("{:.3}", point.beats_per_cycle);
            text(root, place, &beats, font, SOFT)?;
        }
        ends.push(pixels[pixels.len() - 1].1);
    }
    ends.reverse();
    for (index, (series, place)) in series.iter().zip(spread(&ends, 19, plot.top)).enumerate() {
        let name = format!("{} bit", series.data_width);
        let colour = blue(index, data.engine.len());
        text(
            root,
            (plot.right + 10, place),
            &name,
            Font::bold(15.0),
            colour,
        )?;
    }
    Ok(())
}

fn bar_panel(root: &Root<'_>, frame: Frame, pitch: i32, panel: &BarPanel) -> Result<()> {
    heading(root, (frame.left, frame.top), &panel.title, &panel.unit)?;
    let longest = panel.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let zero = frame.left + 176;
    // Behind the longest bar its value has to fit.
    let room = f64::from(frame.right - zero - 134);
    let top = frame.top + 58;
    let thickness = (pitch * 5 / 8).min(30);
    for (index, bar) in panel.bars.iter().enumerate() {
        let middle = top + pitch * px(index) + pitch / 2;
        let length = if longest > 0.0 {
            (bar.value / longest * room).round() as i32
        } else {
            0
        };
        let colour = match bar.actor {
            Actor::Engine => BLUES[3],
            Actor::Software => VERMILION,
            Actor::Host => GREEN,
        };
        let (upper, lower) = (middle - thickness / 2, middle + thickness / 2);
        // Never so thin that it looks like nothing was measured.
        let tip = zero + length.max(2);
        root.draw(&Rectangle::new(
            [(zero, upper), (tip, lower)],
            colour.filled(),
        ))?;
        let font = Font::plain(14.0).anchored(HPos::Right);
        text(root, (zero - 10, middle), &bar.label, font, INK)?;
        let value = figure(bar.value);
        text(root, (tip + 8, middle), &value, Font::bold(14.0), colour)?;
        // Digits are 0.56 em wide in every font of the list, separators less.
        let behind = tip + 16 + 8 * px(value.chars().count());
        text(root, (behind, middle), &bar.remark, Font::plain(13.0), SOFT)?;
    }
    let end = top + pitch * px(panel.bars.len());
    line(root, (zero, top), (zero, end), SOFT, 1)
}

fn bytes(series: &EngineSeries, point: EnginePoint) -> f64 {
    point.beats_per_cycle * f64::from(series.data_width) / 8.0
}

/// The shade of one of `count` series, narrowest first.
fn blue(index: usize, count: usize) -> RGBColor {
    let last = BLUES.len() - 1;
    BLUES[(index * last).checked_div(count - 1).unwrap_or(last)]
}

/// Three digits that count, thousands separated by a thin space at which no line breaks.
pub fn figure(value: f64) -> String {
    if value >= 100.0 {
        let digits = format!("{value:.0}");
        let mut grouped = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push('\u{202f}');
            }
            grouped.push(digit);
        }
        grouped
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Places in the order of `wanted`, each as wanted unless it came closer than `gap` to the one below; then higher up, and
/// what would come above `top` lower down again.
pub fn spread(wanted: &[i32], gap: i32, top: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|index| -wanted[*index]);
    let mut places = wanted.to_vec();
    let mut below = i32::MAX;
    for index in &order {
        places[*index] = places[*index].min(below.saturating_sub(gap));
        below = places[*index];
    }
    let mut above = top - gap;
    for index in order.iter().rev() {
        places[*index] = places[*index].max(above + gap);
        above = places[*index];
    }
    places
}

/// A place for the label of each line: below it, clear of all other lines and labels.
fn below_lines(lines: &[i32]) -> Vec<i32> {
    const BESIDE_LINE: i32 = 11;
    const APART: i32 = 18;
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|index| lines[*index]);
    let mut places = lines.to_vec();
    let mut last = i32::MIN;
    for index in order {
        let mut place = (lines[index] + BESIDE_LINE).max(last.saturating_add(APART));
        while let Some(line) = lines
            .iter()
            .find(|line| (**line - place).abs() < BESIDE_LINE)
        {
            place = line + BESIDE_LINE;
        }
        places[index] = place;
        last = place;
    }
    places
}

/// A small count as a factor of pixels.
pub fn px(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Which panel's numbers come from where.
fn caption(data: &PlotData) -> String {
    let parts = [
        ("engine", origins(data.engine.iter().map(|s| &s.origin))),
        (
            "software on the core",
            origins(data.software.iter().map(|l| &l.origin)),
        ),
        (
            "recorded boot",
            origins(data.trace.bars.iter().map(|b| &b.origin)),
        ),
        (
            "host CPU",
            origins(data.host.bars.iter().map(|b| &b.origin)),
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, origins)| !origins.is_empty())
        .map(|(what, origins)| format!("{what}: {origins}"))
        .collect();
    format!("Origin of the numbers \u{2013} {}", parts.join("; "))
}

/// The different origins, spelled out.
fn origins<'a>(labels: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<&str> = labels
        .map(|label| match label.as_str() {
            "rtl" => "RTL, simulated",
            "model" => "cycle-exact model",
            "host" => "this machine, TSC cycles",
            other => other,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names.join(" and ")
}

fn heading(root: &Root<'_>, at: (i32, i32), title: &str, unit: &str) -> Result<()> {
    text(root, (at.0, at.1 + 9), title, Font::bold(17.0), INK)?;
    text(root, (at.0, at.1 + 34), unit, Font::plain(13.0), SOFT)
}

/// Size in pixels of the em, weight, and which end of the text is at its point.
#[derive(Clone, Copy)]
pub struct Font {
    size: f64,
    style: FontStyle,
    anchor: HPos,
}

impl Font {
    /// Plain text.
    pub const fn plain(size: f64) -> Self {
        Self {
            size,
            style: FontStyle::Normal,
            anchor: HPos::Left,
        }
    }

    /// Bold text.
    pub const fn bold(size: f64) -> Self {
        Self {
            style: FontStyle::Bold,
            ..Self::plain(size)
        }
    }

    /// With this end of the text at its point.
    pub const fn anchored(self, anchor: HPos) -> Self {
        Self { anchor, ..self }
    }
}

/// Text whose vertical middle is at the point.
pub fn text(
    root: &Root<'_>,
    at: (i32, i32),
    content: &str,
    font: Font,
    colour: RGBColor,
) -> Result<()> {
    if content.is_empty() {
        return Ok(());
    }
    // The backend divides sizes by 1.24 and knows the vertical middle as half the height of an x.
    let style = TextStyle::from((FONT, font.size * 1.24, font.style).into_font())
        .color(&colour)
        .pos(Pos::new(font.anchor, VPos::Center));
    root.draw(&Text::new(content.to_owned(), at, style))?;
    Ok(())
}

pub fn line(
    root: &Root<'_>,
    from: (i32, i32),
    to: (i32, i32),
    colour: RGBColor,
    width: u32,
) -> Result<()> {
    root.draw(&PathElement::new([from, to], colour.stroke_width(width)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> PlotData {
        let bar = |label: &str, value, actor, origin: &str| Bar {
            label: label.to_owned(),
            value,
            remark: String::new(),
            actor,
            origin: origin.to_owned(),
        };
        PlotData {
            title: "Rates & costs".to_owned(),
            engine: vec![EngineSeries {
                data_width: 64,
                points: vec![EnginePoint {
                    b_latency: 32,
                    beats_per_cycle: 0.996,
                }],
                origin: "rtl".to_owned(),
            }],
            trace: BarPanel {
                title: "Boot".to_owned(),
                unit: "cycles per page".to_owned(),
                bars: vec![bar("engine", 514.0, Actor::Engine, "rtl")],
            },
            host: BarPanel {
                title: "Host".to_owned(),
                unit: "bytes per cycle".to_owned(),
                bars: vec![bar("memset", 30.5, Actor::Host, "host")],
            },
            ..PlotData::default()
        }
    }

    fn svg(data: &PlotData) -> Result<String> {
        bench_svg(data)
    }

    #[test]
    fn the_figure_holds_every_name_value_and_origin() {
        let svg = svg(&sample()).unwrap();
        for expected in [
            "Rates &amp; costs",
            "64 bit",
            "0.996",
            "514",
            "memset",
            "30.5",
            "engine: RTL, simulated; recorded boot: RTL, simulated; host CPU: this machine, TSC cycles",
        ] {
            assert!(svg.contains(expected), "{expected}");
        }
    }

    #[test]
    fn a_panel_without_bars_is_left_out() {
        let mut data = sample();
        data.host.bars.clear();
        let svg = svg(&data).unwrap();
        assert!(!svg.contains("Host") && !svg.contains("host CPU"));
    }

    #[test]
    fn values_that_fit_no_axis_are_errors_that_name_them() {
        let mut data = sample();
        data.engine[0].points[0].beats_per_cycle = 0.0;
        assert!(svg(&data).unwrap_err().to_string().contains("at 64 bit"));
        let mut data = sample();
        data.host.bars[0].value = f64::NAN;
        assert!(svg(&data).unwrap_err().to_string().contains("memset"));
        let mut data = sample();
        data.engine.clear();
        assert!(svg(&data).is_err());
        let mut data = sample();
        data.host.bars = vec![data.host.bars[0].clone(); MAX_BARS];
        assert!(svg(&data).is_err());
    }

    #[test]
    fn close_labels_move_apart_and_keep_their_order() {
        assert_eq!(spread(&[100, 200, 195], 19, 0), [100, 200, 181]);
        assert_eq!(spread(&[50], 19, 0), [50]);
        assert_eq!(spread(&[50, 52, 90], 19, 40), [40, 59, 90]);
        // The second line runs where the first one's label would be.
        assert_eq!(below_lines(&[100, 112]), [123, 141]);
        assert_eq!(below_lines(&[300, 100]), [311, 111]);
    }

    #[test]
    fn figures_have_three_digits_and_grouped_thousands() {
        assert_eq!(figure(0.572), "0.57");
        assert_eq!(figure(67.34), "67.3");
        assert_eq!(figure(1_234_567.0), "1\u{202f}234\u{202f}567");
    }
}
