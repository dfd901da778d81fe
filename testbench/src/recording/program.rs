//! A recorded boot as a program: which lines of which pages are read, written and zeroed, and after how many
//! instructions.
//!
//! Events stand where they were recorded. The activity rows say how many different lines of a page were loaded and
//! stored in a window of a million instructions, not when nor which: those accesses are spread over the window, in runs of
//! neighbouring lines, by a hash of window and page, so that every run of the program is the same. They keep what the
//! events promise:
//!
//! - no page is accessed before its first touch,
//! - the first store of something that is not zero is the event that says so, after a zeroing as well,
//! - lines that a whole-page zeroing stores are stored once.
//!
//! What a device wrote is written by the same port, as a whole page, before the processor finds it there.

use serde::Serialize;

use super::event::{Event, Kind, PAGE_LINES, WINDOW};
use super::reader::Recording;

/// A zeroing that takes no more instructions than this is done in one go: a string instruction of a page counts 4096.
const AT_ONCE: u64 = 8191;
/// Parts into which a slower one is divided.
const PARTS: u64 = 16;
/// Instructions by which the first store of a zeroing may be away from the event that reports it as first touch.
const NEAR: u64 = 8;

/// What the processor does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Loads these lines.
    Read,
    /// Stores something in these lines.
    Write,
    /// Stores zero in these lines.
    Zero,
    /// Zeroes the whole page.
    Clear,
    /// A device has written the page.
    Device,
    /// A phase begins: its number is in [`Step::lines`].
    Phase,
}

/// One step of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Instructions executed before, as [`ArchIcount`](super::ArchIcount).
    pub at: u64,
    /// The page.
    pub gfn: u32,
    /// The first line, 0..64; lines follow each other and wrap at the end of the page.
    pub line: u8,
    /// How many.
    pub lines: u8,
    /// What happens to them.
    pub what: What,
}

/// An event as the program sees it; a zeroing has a beginning and an end.
#[derive(Clone, Copy, Debug)]
struct Mark {
    icount: u64,
    gfn: u32,
    kind: MarkKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkKind {
    Read,
    Zero,
    Write,
    Device,
    /// A device's data is read: it was written before.
    DeviceRead,
    /// A zeroing begins, which ends so many instructions later.
    Begin(u32),
    End(u32),
    Phase(u8),
}

/// A recording made ready to be replayed.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    recording: &'a Recording,
    marks: Vec<Mark>,
    pages: u32,
    run: u8,
    first: u64,
    last: u64,
}

impl<'a> Program<'a> {
    /// The whole recording, in a guest of `pages` pages. Accesses that the activity rows only count come in runs of up to
    /// `run` neighbouring lines.
    pub fn new(recording: &'a Recording, pages: u32, run: u8) -> Self {
        let mut marks = Vec::with_capacity(recording.events.len() * 3 / 2);
        for event in &recording.events {
            let icount = event.icount.0;
            let mut mark = |icount, kind| {
                marks.push(Mark {
                    icount,
                    gfn: event.gfn.0,
                    kind,
                });
            };
            match event.kind {
                Kind::FirstRead if event.aux == 0 => mark(icount, MarkKind::Read),
                Kind::FirstRead | Kind::ReadDevice => mark(icount, MarkKind::DeviceRead),
                Kind::Fetch => mark(icount, MarkKind::Read),
                Kind::FirstWriteZero => mark(icount, MarkKind::Zero),
                Kind::FirstWrite | Kind::Rewritten => mark(icount, MarkKind::Write),
                Kind::FoundDevice => mark(icount, MarkKind::Device),
                Kind::Zeroed => {
                    let dur = event.dur.unwrap_or(0).min(icount);
                    mark(icount - dur, MarkKind::Begin(dur as u32));
                    mark(icount, MarkKind::End(dur as u32));
                }
                Kind::Phase => mark(icount, MarkKind::Phase(event.aux.min(99) as u8)),
            }
        }
        marks.sort_by_key(|mark| mark.icount);
        let last = recording.events.last().map_or(0, |event| event.icount.0);
        Self {
            recording,
            marks,
            pages,
            run: run.clamp(1, PAGE_LINES),
            first: 0,
            last,
        }
    }

    /// Only what happens from event number `from` on, for `events` events. Pages are then as they were before the
    /// machine started, whatever happened to them earlier.
    #[must_use]
    pub fn window(mut self, from: usize, events: usize) -> Self {
        let all = &self.recording.events;
        let end = from.saturating_add(events).min(all.len());
        let at = |index: usize| all.get(index).map(|event| event.icount.0);
        self.first = at(from).unwrap_or(self.last + 1);
        self.last = end
            .checked_sub(1)
            .and_then(at)
            .unwrap_or(self.last)
            .min(self.last);
        self
    }

    /// Instructions executed before the first step, as [`ArchIcount`](super::ArchIcount).
    pub fn start(&self) -> u64 {
        Time::new(&self.recording.events).at(self.first.min(self.last))
    }

    /// Instructions from the beginning to the end.
    pub fn instructions(&self) -> u64 {
        Time::new(&self.recording.events).at(self.last) - self.start()
    }

    /// The steps, in order.
    pub fn steps(&self) -> Steps<'a, '_> {
        let rows = &self.recording.activity;
        let window = (self.first / WINDOW) as u32;
        let mut steps = Steps {
            program: self,
            time: Time::new(&self.recording.events),
            window,
            mark: 0,
            row: rows.partition_point(|row| row.window < window),
            pages: vec![Page::default(); self.pages as usize],
            order: Vec::new(),
            spans: Vec::new(),
            buffer: Vec::new(),
            next: 0,
            carried: Vec::new(),
            unplaced: 0,
        };
        while let Some(mark) = self.marks.get(steps.mark)
            && mark.icount / WINDOW < window.into()
        {
            steps.pages[mark.gfn as usize].see(mark.kind);
            steps.mark += 1;
        }
        steps
    }
}

/// What a program does before a phase begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Profile {
    /// Instructions, as [`ArchIcount`](super::ArchIcount).
    pub instructions: u64,
    /// Lines read.
    pub reads: u64,
    /// Lines written, whole-page zeroings left out.
    pub writes: u64,
    /// Whole pages zeroed.
    pub clears: u64,
    /// Pages touched.
    pub touched: u64,
    /// Pages stored with something that is not zero.
    pub stored: u64,
}

impl Program<'_> {
    /// What it does before this phase begins; `None` when it never does.
    pub fn profile(&self, phase: u8) -> Option<Profile> {
        let mut profile = Profile::default();
        let mut seen = vec![[false; 2]; self.pages as usize];
        for step in self.steps() {
            if step.what == What::Phase {
                if step.lines == phase {
                    profile.instructions = step.at - self.start();
                    return Some(profile);
                }
                continue;
            }
            let [touched, stored] = &mut seen[step.gfn as usize];
            profile.touched += u64::from(!*touched);
            *touched = true;
            match step.what {
                What::Read => profile.reads += u64::from(step.lines),
                What::Zero => profile.writes += u64::from(step.lines),
                What::Clear => profile.clears += 1,
                What::Write | What::Device => {
                    profile.writes += u64::from(step.lines);
                    profile.stored += u64::from(!*stored);
                    *stored = true;
                }
                What::Phase => {}
            }
        }
        None
    }
}

/// What has happened to a page so far.
#[derive(Clone, Copy, Debug, Default)]
struct Page {
    touched: bool,
    /// Something that is not zero was stored since the last zeroing.
    live: bool,
    /// A device's data is in it.
    device: bool,
    /// Zeroings under way.
    zeroing: u8,
}

impl Page {
    fn see(&mut self, kind: MarkKind) {
        match kind {
            MarkKind::Phase(_) => return,
            MarkKind::Write => self.live = true,
            MarkKind::Device | MarkKind::DeviceRead => self.device = true,
            MarkKind::Begin(_) => {
                self.live = false;
                self.zeroing = self.zeroing.saturating_add(1);
            }
            MarkKind::End(_) => {
                self.device = false;
                self.zeroing = self.zeroing.saturating_sub(1);
            }
            MarkKind::Read | MarkKind::Zero => {}
        }
        self.touched = true;
    }
}

/// Instructions without repetitions over those with: known at each event, a straight line in between.
#[derive(Clone, Debug)]
struct Time<'a> {
    events: &'a [Event],
    /// The first event behind the last time asked for.
    next: usize,
}

impl<'a> Time<'a> {
    fn new(events: &'a [Event]) -> Self {
        Self { events, next: 0 }
    }

    /// Asked in ascending order.
    fn at(&mut self, icount: u64) -> u64 {
        while let Some(event) = self.events.get(self.next)
            && event.icount.0 <= icount
        {
            self.next += 1;
        }
        let (from, base) = match self.next.checked_sub(1) {
            Some(index) => (self.events[index].icount.0, self.events[index].archicount.0),
            None => (0, 0),
        };
        let Some(to) = self.events.get(self.next) else {
            return base;
        };
        let (length, arch) = (to.icount.0 - from, to.archicount.0 - base);
        base + (u128::from(icount - from) * u128::from(arch) / u128::from(length)) as u64
    }
}

/// A step before it has its place.
#[derive(Clone, Copy, Debug)]
struct Placed {
    icount: u64,
    order: u32,
    gfn: u32,
    line: u8,
    lines: u8,
    what: What,
}

/// The steps of a [`Program`].
pub struct Steps<'a, 'p> {
    program: &'p Program<'a>,
    time: Time<'a>,
    /// The window to be placed next.
    window: u32,
    mark: usize,
    row: usize,
    pages: Vec<Page>,
    /// Marks of a window by page.
    order: Vec<(u32, usize)>,
    /// Where stores of something that is not zero may stand.
    spans: Vec<(u64, u64)>,
    buffer: Vec<Placed>,
    next: usize,
    carried: Vec<Placed>,
    unplaced: u64,
}

impl Steps<'_, '_> {
    /// Lines that were stored according to the rows where the events leave no place for it, so far.
    pub fn unplaced(&self) -> u64 {
        self.unplaced
    }

    /// Places the steps of the next window; false behind the last one.
    fn place(&mut self) -> bool {
        let program = self.program;
        let start = u64::from(self.window) * WINDOW;
        if start > program.last {
            return false;
        }
        let end = (start + WINDOW).min(program.last + 1);
        self.next = 0;
        self.buffer.clear();
        self.buffer.append(&mut self.carried);

        self.order.clear();
        while let Some(mark) = program.marks.get(self.mark)
            && mark.icount < end
        {
            self.order.push((mark.gfn, self.mark));
            self.mark += 1;
        }
        self.order.sort_unstable();

        let rows = &program.recording.activity;
        let mut marks = std::mem::take(&mut self.order);
        let mut at = 0;
        loop {
            let row = rows.get(self.row).filter(|row| row.window == self.window);
            let gfn = match (marks.get(at), row) {
                (None, None) => break,
                (Some((gfn, _)), None) => *gfn,
                (None, Some(row)) => row.gfn.0,
                (Some((gfn, _)), Some(row)) => row.gfn.0.min(*gfn),
            };
            let of_page = marks[at..]
                .iter()
                .take_while(|(page, _)| *page == gfn)
                .count();
            let row = row.filter(|row| row.gfn.0 == gfn);
            let counts = row.map_or([0; 3], |row| {
                [row.read, row.nonzero, row.written - row.nonzero]
            });
            self.row += usize::from(row.is_some());
            self.place_page(gfn, &marks[at..at + of_page], counts, (start, end));
            at += of_page;
        }
        marks.clear();
        self.order = marks;

        self.buffer
            .sort_unstable_by_key(|step| (step.icount, step.order));
        let within = self.buffer.partition_point(|step| step.icount < end);
        self.carried.extend(self.buffer.drain(within..));
        // A window of the recording may begin in the middle of a window of activity.
        self.next = self
            .buffer
            .partition_point(|step| step.icount < program.first);
        self.window += 1;
        true
    }

    fn push(&mut self, icount: u64, gfn: u32, line: u8, lines: u8, what: What) {
        self.buffer.push(Placed {
            icount,
            order: self.buffer.len() as u32,
            gfn,
            line: line % PAGE_LINES,
            lines,
            what,
        });
    }

    /// Places what one page sees between `window.0` and `window.1`: its marks, and so many lines read, written, and
    /// written with zero alone.
    fn place_page(
        &mut self,
        gfn: u32,
        marks: &[(u32, usize)],
        counts: [u8; 3],
        window: (u64, u64),
    ) {
        let program = self.program;
        let mut rng = fastrand::Rng::with_seed(u64::from(self.window) << 32 | u64::from(gfn));
        let base = rng.u8(..PAGE_LINES);
        let [mut read, mut nonzero, mut zero] = counts;
        let mut page = self.pages[gfn as usize];
        let mut covered = page.zeroing != 0;
        let mut first = page.touched.then_some(window.0);
        self.spans.clear();
        let mut live_since = page.live.then_some(window.0);
        let mut written = 0;
        let marks = || marks.iter().map(|(_, index)| program.marks[*index]);
        for mark in marks() {
            let at = mark.icount;
            if !matches!(mark.kind, MarkKind::Phase(_)) {
                first = first.or(Some(at));
            }
            match mark.kind {
                MarkKind::Phase(phase) => self.push(at, 0, 0, phase, What::Phase),
                MarkKind::Read => {
                    self.push(at, gfn, base, 1, What::Read);
                    read = read.saturating_sub(1);
                }
                MarkKind::DeviceRead => {
                    if !page.device {
                        self.push(at, gfn, 0, PAGE_LINES, What::Device);
                    }
                    self.push(at, gfn, base, 1, What::Read);
                    read = read.saturating_sub(1);
                }
                MarkKind::Device => {
                    if !page.device {
                        self.push(at, gfn, 0, PAGE_LINES, What::Device);
                    }
                }
                MarkKind::Zero => {
                    let begins = marks().any(|other| {
                        matches!(other.kind, MarkKind::Begin(_))
                            && other.icount.abs_diff(at) <= NEAR
                    });
                    if !begins {
                        self.push(at, gfn, base, 1, What::Zero);
                        zero = zero.saturating_sub(1);
                    }
                }
                MarkKind::Write => {
                    self.push(at, gfn, base.wrapping_add(written), 1, What::Write);
                    written += 1;
                    nonzero = nonzero.saturating_sub(1);
                    live_since = live_since.or(Some(at));
                }
                MarkKind::Begin(dur) => {
                    covered = true;
                    if let Some(since) = live_since.take() {
                        self.spans.push((since, at));
                    }
                    if u64::from(dur) > AT_ONCE {
                        let lines = u64::from(PAGE_LINES) / PARTS;
                        for part in 0..PARTS {
                            let at = at + u64::from(dur) * part / (PARTS - 1);
                            self.push(at, gfn, (part * lines) as u8, lines as u8, What::Zero);
                        }
                    }
                }
                MarkKind::End(dur) => {
                    covered = true;
                    if u64::from(dur) <= AT_ONCE {
                        self.push(at, gfn, 0, PAGE_LINES, What::Clear);
                    }
                }
            }
            page.see(mark.kind);
        }
        self.pages[gfn as usize] = page;
        if counts == [0; 3] {
            return;
        }
        self.pages[gfn as usize].touched = true;
        if let Some(since) = live_since {
            self.spans.push((since, window.1));
        }
        let first = first.unwrap_or(window.0);
        let anywhere = |rng: &mut fastrand::Rng| rng.u64(first..window.1.max(first + 1));
        let room: u64 = self.spans.iter().map(|(from, to)| to - from).sum();
        if room == 0 {
            self.unplaced += u64::from(nonzero);
            nonzero = 0;
        }
        let mut line = base.wrapping_add(written);
        while nonzero > 0 {
            let run = nonzero.min(program.run);
            let mut into = rng.u64(..room);
            let mut at = window.0;
            for (from, to) in &self.spans {
                at = from + into;
                if at < *to {
                    break;
                }
                into -= to - from;
            }
            self.push(at, gfn, line, run, What::Write);
            line = line.wrapping_add(run);
            nonzero -= run;
        }
        if covered {
            zero = 0;
        }
        for (mut left, what, mut line) in [(zero, What::Zero, line), (read, What::Read, base)] {
            while left > 0 {
                let run = left.min(program.run);
                let at = anywhere(&mut rng);
                self.push(at, gfn, line, run, what);
                line = line.wrapping_add(run);
                left -= run;
            }
        }
    }
}

impl Iterator for Steps<'_, '_> {
    type Item = Step;

    #[inline]
    fn next(&mut self) -> Option<Step> {
        while self.next == self.buffer.len() {
            if !self.place() {
                return None;
            }
        }
        let placed = self.buffer[self.next];
        self.next += 1;
        Some(Step {
            at: self.time.at(placed.icount),
            gfn: placed.gfn,
            line: placed.line,
            lines: placed.lines,
            what: placed.what,
        })
    }
}
