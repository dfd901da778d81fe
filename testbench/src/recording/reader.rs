//! Reads recorded boots: `traces/README.md` says what they are.
//!
//! A file is read as a stream, one [`Event`] or [`Activity`] a line, and nothing in it is believed: whatever does not fit
//! is an error with the file's name, the line and the column. A [`Recording`] is both files of one boot, checked as a
//! whole.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use dormouse_driver::Gfn;

use super::event::{
    Activity, ArchIcount, END, Event, Icount, Kind, MOST_INSTRUCTIONS, PAGE_LINES, WINDOW,
};
use super::lines::{Lines, RecordingError};
use super::promises::Pages;

/// The columns of an event file, in order.
const HEADER: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site";
/// The columns of an activity file, in order.
const ACTIVITY_HEADER: &str =
    "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores";

/// The events of a recording, in order, up to the one that ends it. It stops at the first error.
pub struct EventReader<R: Read> {
    lines: Lines<R>,
    pages: Pages,
    before: (u64, u64),
    /// When the recording ended.
    end: Option<u64>,
    stopped: bool,
}

impl EventReader<File> {
    /// Opens an event file and checks its columns.
    ///
    /// # Errors
    /// [`RecordingError`], which names the file.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Lines::open(path, HEADER).map(Self::of)
    }
}

impl<R: Read> EventReader<R> {
    /// Reads events from anywhere; errors call it `name`.
    ///
    /// # Errors
    /// [`RecordingError`], which names the file.
    pub fn new(source: R, name: impl Into<String>) -> Result<Self, RecordingError> {
        Lines::new(source, name.into(), HEADER).map(Self::of)
    }

    fn of(lines: Lines<R>) -> Self {
        Self {
            lines,
            pages: Pages::default(),
            before: (0, 0),
            end: None,
            stopped: false,
        }
    }

    /// Pages from this number on are an error, [`RecordingError::FrameRange`].
    #[must_use]
    pub fn with_frames(mut self, frames: u32) -> Self {
        self.lines.frames = Some(frames);
        self
    }

    fn parse(&mut self) -> Result<Event, RecordingError> {
        let lines = &self.lines;
        if let Some(end) = self.end {
            return Err(lines.after_end(end));
        }
        let [icount, archicount, vcpu, gpfn, kind, aux, dur, site] = lines.fields()?;
        let event = Event {
            icount: Icount(lines.number("icount", icount)?),
            archicount: ArchIcount(lines.number("archicount", archicount)?),
            vcpu: lines.number("vcpu", vcpu)?,
            gfn: lines.page(gpfn)?,
            kind: Kind::parse(kind).ok_or_else(|| lines.unknown_kind(kind))?,
            aux: lines.number("aux", aux)?,
            dur: lines.optional("dur", dur)?,
            site: lines.optional("site", site)?,
        };
        self.time(&event)?;
        if let Err((column, promise)) = self.pages.see(&event) {
            let found = match column {
                "vcpu" => event.vcpu.to_string(),
                "gpfn" => event.gfn.0.to_string(),
                "kind" => event.kind.to_string(),
                "aux" => event.aux.to_string(),
                "dur" => event
                    .dur
                    .map_or_else(|| "empty".to_owned(), |dur| dur.to_string()),
                _ => String::from_utf8_lossy(site).into_owned(),
            };
            return Err(self.lines.contradiction(column, found, promise));
        }
        self.before = (event.icount.0, event.archicount.0);
        self.end = event.ends().then_some(event.icount.0);
        Ok(event)
    }

    /// Checks both clocks: they do not run backwards, and the one that counts less is not the faster one.
    fn time(&self, event: &Event) -> Result<(), RecordingError> {
        let lines = &self.lines;
        let (icount, archicount) = (event.icount.0, event.archicount.0);
        lines.order("icount", icount, self.before.0)?;
        lines.most("icount", icount, MOST_INSTRUCTIONS, "")?;
        lines.order("archicount", archicount, self.before.1)?;
        let most = self.before.1 + (icount - self.before.0);
        let why = ", since icount has grown by no more since the line before";
        lines.most("archicount", archicount, most, why)
    }
}

impl<R: Read> Iterator for EventReader<R> {
    type Item = Result<Event, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let event = match self.lines.next_line() {
            Ok(true) => self.parse(),
            Ok(false) if self.end.is_some() => {
                self.stopped = true;
                return None;
            }
            Ok(false) => {
                let missing = format!("the recording's end (kind M, aux {END}) is missing");
                Err(self.lines.cut_short(missing))
            }
            Err(error) => Err(error),
        };
        self.stopped = event.is_err();
        Some(event)
    }
}

/// The rows of an activity file, in order. It stops at the first error.
pub struct ActivityReader<R: Read> {
    lines: Lines<R>,
    before: Option<(u32, Gfn)>,
    stopped: bool,
}

impl ActivityReader<File> {
    /// Opens an activity file and checks its columns.
    ///
    /// # Errors
    /// [`RecordingError`], which names the file.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Lines::open(path, ACTIVITY_HEADER).map(Self::of)
    }
}

impl<R: Read> ActivityReader<R> {
    /// Reads an activity file from anywhere; errors call it `name`.
    ///
    /// # Errors
    /// [`RecordingError`], which names the file.
    pub fn new(source: R, name: impl Into<String>) -> Result<Self, RecordingError> {
        Lines::new(source, name.into(), ACTIVITY_HEADER).map(Self::of)
    }

    fn of(lines: Lines<R>) -> Self {
        Self {
            lines,
            before: None,
            stopped: false,
        }
    }

    /// Pages from this number on are an error, [`RecordingError::FrameRange`].
    #[must_use]
    pub fn with_frames(mut self, frames: u32) -> Self {
        self.lines.frames = Some(frames);
        self
    }

    fn parse(&mut self) -> Result<Activity, RecordingError> {
        let lines = &self.lines;
        let [window, gpfn, read, written, nonzero, loads, stores] = lines.fields()?;
        let row = Activity {
            window: lines.number("window", window)?,
            gfn: lines.page(gpfn)?,
            read: lines.number("lines_read", read)?,
            written: lines.number("lines_written", written)?,
            nonzero: lines.number("lines_written_nonzero", nonzero)?,
            loads: lines.number("loads", loads)?,
            stores: lines.number("stores", stores)?,
        };
        if let Some((window, gfn)) = self.before {
            lines.order("window", row.window.into(), window.into())?;
            if row.window == window && row.gfn <= gfn {
                let before = gfn.0;
                let promise = format!(
                    "pages of a window are in order, each once, and page {before} came before"
                );
                return Err(lines.contradiction("gpfn", row.gfn.0.to_string(), promise));
            }
        }
        // An access has at most 16 bytes, and so lies in two lines at most.
        let lines_of = |accesses: u32| (2 * u64::from(accesses)).min(PAGE_LINES.into());
        let two = ", for lines of a page and two lines an access";
        lines.most("lines_read", row.read.into(), lines_of(row.loads), two)?;
        lines.most(
            "lines_written",
            row.written.into(),
            lines_of(row.stores),
            two,
        )?;
        lines.most(
            "lines_written_nonzero",
            row.nonzero.into(),
            row.written.into(),
            ", since it is a part of lines_written",
        )?;
        if row.loads == 0 && row.stores == 0 {
            return Err(lines.contradiction(
                "loads",
                "0",
                "a row has an access, and stores is 0 too",
            ));
        }
        self.before = Some((row.window, row.gfn));
        Ok(row)
    }

    /// Checks a row against the whole event file: pages are accessed after their first touch alone.
    fn fits(&self, row: &Activity, pages: &Pages, end: u64) -> Result<(), RecordingError> {
        let lines = &self.lines;
        let window = u64::from(row.window);
        if window > end / WINDOW {
            return Err(lines.after_end(end));
        }
        let page = pages.get(row.gfn);
        let by_then = |at: Option<u64>| at.is_some_and(|at| at / WINDOW <= window);
        if !by_then(page.touched) {
            let promise = "no event says that the page was touched by then";
            return Err(lines.contradiction("gpfn", row.gfn.0.to_string(), promise));
        }
        if row.nonzero > 0 && !by_then(page.stored) {
            let promise = "no event (kind W) says that the page was stored with it by then";
            return Err(lines.contradiction(
                "lines_written_nonzero",
                row.nonzero.to_string(),
                promise,
            ));
        }
        Ok(())
    }
}

impl<R: Read> Iterator for ActivityReader<R> {
    type Item = Result<Activity, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped {
            return None;
        }
        let row = match self.lines.next_line() {
            Ok(true) => self.parse(),
            Ok(false) => {
                self.stopped = true;
                return None;
            }
            Err(error) => Err(error),
        };
        self.stopped = row.is_err();
        Some(row)
    }
}

/// One recorded boot, whole: it ends with the marker that says so.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The event file, as it was named.
    pub file: String,
    /// Every event in order; the last is the end.
    pub events: Vec<Event>,
    /// Every window's pages in order. Empty where there is no activity file.
    pub activity: Vec<Activity>,
}

impl Recording {
    /// Where the activity file of an event file is: `NAME.events.csv.zst` and `NAME.activity.csv.zst`.
    pub fn activity_path(events: &Path) -> Option<PathBuf> {
        let mut stem = events.to_path_buf();
        for extension in ["zst", "csv", "events"] {
            if stem.extension()? != extension {
                return None;
            }
            stem.set_extension("");
        }
        let mut name = stem.file_name()?.to_owned();
        name.push(".activity.csv.zst");
        Some(events.with_file_name(name))
    }

    /// Reads a recording for a memory whose pages are numbered below `frames`.
    ///
    /// # Errors
    /// [`RecordingError`]: also an event file without its end, and an activity file that ends before it.
    pub fn read(
        events: &Path,
        activity: Option<&Path>,
        frames: u32,
    ) -> Result<Self, RecordingError> {
        let events = EventReader::open(events)?.with_frames(frames);
        let activity = activity
            .map(|path| Ok(ActivityReader::open(path)?.with_frames(frames)))
            .transpose()?;
        Self::collect(events, activity)
    }

    fn collect<R: Read>(
        mut reader: EventReader<R>,
        rows: Option<ActivityReader<R>>,
    ) -> Result<Self, RecordingError> {
        let events: Vec<Event> = (&mut reader).collect::<Result<_, _>>()?;
        let end = reader.end.unwrap_or_default();
        let last = end / WINDOW;
        let mut activity: Vec<Activity> = Vec::new();
        if let Some(mut rows) = rows {
            while let Some(row) = rows.next() {
                let row = row?;
                rows.fits(&row, &reader.pages, end)?;
                activity.push(row);
            }
            // A window without any access is possible, a guest that does nothing for long is not.
            let reached = activity.last().map_or(0, |row| row.window);
            if u64::from(reached) + 1 < last {
                let missing = format!("the events go on to window {last}");
                return Err(rows.lines.cut_short(missing));
            }
        }
        Ok(Self {
            file: reader.lines.file,
            events,
            activity,
        })
    }

    /// The pages of all [`Kind::Zeroed`] events in order: the real input of the benchmark.
    pub fn zeroed_frames(&self) -> Vec<u32> {
        let zeroed = self
            .events
            .iter()
            .filter(|event| event.kind == Kind::Zeroed);
        zeroed.map(|event| event.gfn.0).collect()
    }
}
