//! Records what a guest does to its memory, in the format of `traces/README.md`.
//!
//! The guest's memory is zero when it begins and no device writes it, so the kinds `d` and `D` never occur. Instruction
//! fetches are seen as the first of each page.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::guest::Observer;
use crate::recording::{END, LONGEST_ZEROING, WINDOW};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Compression: files are written once and read often.
const LEVEL: i32 = 9;

type Encoder = zstd::stream::write::Encoder<'static, File>;

/// A zeroing that is under way: which bytes were stored as zero since it began.
#[derive(Clone)]
struct Run {
    since: u64,
    bytes: [u64; PAGE / 64],
    left: u32,
}

/// What is known about a page.
#[derive(Clone, Default)]
struct Page {
    touched: Option<u64>,
    read: bool,
    written: bool,
    stored: bool,
    zeroed: bool,
    /// Something that is not zero was stored since the last zeroing.
    live: bool,
    run: Option<Box<Run>>,
}

/// What a page saw in the present window; lines as bits.
#[derive(Clone, Copy, Default)]
struct Seen {
    read: u64,
    written: u64,
    nonzero: u64,
    loads: u32,
    stores: u32,
}

/// A recorder; clones write to the same files.
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Files>>);

struct Files {
    events: Encoder,
    activity: Encoder,
    pages: Vec<Page>,
    window: u64,
    seen: BTreeMap<u32, Seen>,
    last: u64,
    /// The first thing that could not be written.
    error: Option<io::Error>,
}

/// Where the two files of a recording are.
pub fn paths(name: &Path) -> [PathBuf; 2] {
    ["events", "activity"].map(|part| {
        let mut path = name.as_os_str().to_owned();
        path.push(format!(".{part}.csv.zst"));
        path.into()
    })
}

impl Recorder {
    /// Begins `NAME.events.csv.zst` and `NAME.activity.csv.zst` for a guest of this many bytes.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn create(name: &Path, memory: u64) -> io::Result<Self> {
        let [events, activity] = paths(name);
        let begin = |path: &Path, header: &str| {
            let mut file = Encoder::new(File::create(path)?, LEVEL)?;
            writeln!(file, "{header}")?;
            io::Result::Ok(file)
        };
        Ok(Self(Arc::new(Mutex::new(Files {
            events: begin(&events, "icount,archicount,vcpu,gpfn,kind,aux,dur,site")?,
            activity: begin(
                &activity,
                "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores",
            )?,
            pages: vec![Page::default(); memory as usize / PAGE],
            window: 0,
            seen: BTreeMap::new(),
            last: 0,
            error: None,
        }))))
    }

    /// Ends both files.
    ///
    /// # Errors
    /// Something could not be written.
    pub fn finish(self) -> io::Result<()> {
        let mut files = self.lock();
        let last = files.last;
        files.event(last, 0, 'M', END, None);
        files.flush();
        if let Some(error) = files.error.take() {
            return Err(error);
        }
        files.events.do_finish()?;
        files.activity.do_finish()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Files> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Files {
    fn event(&mut self, icount: u64, gfn: u32, kind: char, aux: u32, dur: Option<u64>) {
        self.last = icount;
        let dur = dur.map_or(String::new(), |dur| dur.to_string());
        let result = writeln!(self.events, "{icount},{icount},0,{gfn},{kind},{aux},{dur},");
        self.keep(result);
    }

    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    /// Writes the window that is over.
    fn flush(&mut self) {
        for (gfn, seen) in std::mem::take(&mut self.seen) {
            let lines = [seen.read, seen.written, seen.nonzero].map(u64::count_ones);
            let [read, written, nonzero] = lines;
            let result = writeln!(
                self.activity,
                "{},{gfn},{read},{written},{nonzero},{},{}",
                self.window, seen.loads, seen.stores
            );
            self.keep(result);
        }
    }

    fn at(&mut self, icount: u64) {
        self.last = icount;
        if icount / WINDOW != self.window {
            self.flush();
            self.window = icount / WINDOW;
        }
    }

    fn load(&mut self, icount: u64, gfn: u32) {
        let page = &mut self.pages[gfn as usize];
        if !page.read && !page.written {
            page.read = true;
            page.touched.get_or_insert(icount);
            self.event(icount, gfn, 'R', 0, None);
        }
    }

    fn store(&mut self, icount: u64, gpa: u32, bytes: u32, value: u32) {
        let gfn = gpa / PAGE as u32;
        let page = &mut self.pages[gfn as usize];
        if value != 0 {
            let touched = page.touched.is_some();
            let first = !page.stored;
            let again = page.zeroed && !page.live;
            page.touched.get_or_insert(icount);
            (page.written, page.stored, page.live, page.run) = (true, true, true, None);
            if first {
                let aux = u32::from(touched) | u32::from(again) << 1;
                self.event(icount, gfn, 'W', aux, None);
            } else if again {
                self.event(icount, gfn, 'V', 0, None);
            }
            return;
        }
        let first = page.touched.is_none();
        page.touched.get_or_insert(icount);
        page.written = true;
        let zeroed = page.zero(icount, gpa as usize % PAGE, bytes as usize);
        if first {
            self.event(icount, gfn, 'w', 0, None);
        }
        if let Some((aux, dur)) = zeroed {
            self.event(icount, gfn, 'Z', aux, Some(dur));
        }
    }
}

impl Page {
    /// A store of zero; what the page was before and how long it took, when it was the last of a whole page.
    fn zero(&mut self, icount: u64, offset: usize, bytes: usize) -> Option<(u32, u64)> {
        let late = |run: &Run| icount - run.since > LONGEST_ZEROING;
        if self.run.as_deref().is_none_or(late) {
            self.run = Some(Box::new(Run {
                since: icount,
                bytes: [0; PAGE / 64],
                left: PAGE as u32,
            }));
        }
        let run = self.run.as_deref_mut()?;
        // An access is aligned, so its bytes are in one word of 64.
        let mask = ((1 << bytes) - 1) << (offset % 64);
        let word = &mut run.bytes[offset / 64];
        run.left -= (mask & !*word).count_ones();
        *word |= mask;
        if run.left > 0 {
            return None;
        }
        let since = run.since;
        self.run = None;
        let untouched = self.touched.is_none_or(|at| at >= since) && !self.zeroed;
        let aux = match (self.live, untouched) {
            (true, _) => 2,
            (false, true) => 0,
            (false, false) => 1,
        };
        (self.zeroed, self.live) = (true, false);
        Some((aux, icount - since))
    }
}

impl Observer for Recorder {
    fn access(&mut self, icount: u64, gpa: u32, bytes: u32, value: u32, store: bool) {
        let mut files = self.lock();
        files.at(icount);
        let gfn = gpa / PAGE as u32;
        let line = 1 << (gpa / 64 % 64);
        let seen = files.seen.entry(gfn).or_default();
        if store {
            seen.written |= line;
            seen.stores += 1;
            if value != 0 {
                seen.nonzero |= line;
            }
            files.store(icount, gpa, bytes, value);
        } else {
            seen.read |= line;
            seen.loads += 1;
            files.load(icount, gfn);
        }
    }

    fn fetch(&mut self, icount: u64, gpa: u32) {
        let mut files = self.lock();
        files.at(icount);
        let gfn = gpa / PAGE as u32;
        let page = &mut files.pages[gfn as usize];
        if page.touched.is_none() {
            page.touched = Some(icount);
            files.event(icount, gfn, 'X', 0, None);
        }
    }

    fn phase(&mut self, icount: u64, phase: u32) {
        let mut files = self.lock();
        files.at(icount);
        files.event(icount, 0, 'M', phase, None);
    }
}
