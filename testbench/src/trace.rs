//! Reads recorded page-access traces: `traces/README.md` says what they are.
//!
//! A trace is read as a stream, one [`Event`] or [`Activity`] a line, and nothing in it is believed:
//! whatever does not fit is an error with the file's name and the line. A [`Recording`] is both
//! files of one run, checked as a whole.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The columns of an event file, in order.
const HEADER: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site";
/// The columns of an activity file, in order.
const ACTIVITY_HEADER: &str =
    "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores";
/// Instructions ([`Icount`]) in a window of the activity file.
pub const WINDOW: u64 = 1_000_000;
/// Lines of 64 bytes in a page.
pub const PAGE_LINES: u8 = 64;
/// [`Event::aux`] of the [`Kind::Phase`] that ends a recording.
pub const END: u32 = 99;
/// How every zstd frame begins (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// No line of a trace comes near this many bytes; a longer one is not read to its end.
const LONGEST_LINE: u64 = 4096;

/// Guest instructions since reset, each iteration of a repeated string instruction counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Icount(pub u64);

/// Guest instructions since reset, a repeated string instruction counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchIcount(pub u64);

/// Guest page number: guest physical address / 4096.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gfn(pub u32);

/// What happened. The meaning of [`Event::aux`] depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `R`: first load from a page that was never written.
    FirstRead,
    /// `w`: the first touch is a store of zero.
    FirstWriteZero,
    /// `W`: the first store ever of something that is not zero.
    FirstWrite,
    /// `Z`: the whole page has been stored as zero.
    Zeroed,
    /// `V`: the first store that is not zero after a [`Kind::Zeroed`].
    Rewritten,
    /// `d`: a load found a device's data in a page that was believed to be zero.
    ReadDevice,
    /// `D`: a scan found data that no store of the processor put there.
    FoundDevice,
    /// `X`: the first touch is an instruction fetch.
    Fetch,
    /// `M`: a phase of the boot begins; its page number means nothing.
    Phase,
}

impl Kind {
    fn parse(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"R" => Self::FirstRead,
            b"w" => Self::FirstWriteZero,
            b"W" => Self::FirstWrite,
            b"Z" => Self::Zeroed,
            b"V" => Self::Rewritten,
            b"d" => Self::ReadDevice,
            b"D" => Self::FoundDevice,
            b"X" => Self::Fetch,
            b"M" => Self::Phase,
            _ => return None,
        })
    }
}

/// One line of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub icount: Icount,
    /// When, for estimates of time.
    pub archicount: ArchIcount,
    /// By which processor.
    pub vcpu: u32,
    /// Which page.
    pub gfn: Gfn,
    /// What.
    pub kind: Kind,
    /// Depends on `kind`; see `traces/README.md`.
    pub aux: u32,
    /// Of [`Kind::Zeroed`]: instructions from the first to the last store.
    pub dur: Option<u64>,
    /// Of [`Kind::Zeroed`]: which code did it.
    pub site: Option<u32>,
}

impl Event {
    /// Whether a phase begins here; its number is in `aux`.
    pub fn is_phase(&self) -> bool {
        self.kind == Kind::Phase
    }

    /// Whether this is the end of its recording.
    pub fn ends(&self) -> bool {
        self.is_phase() && self.aux == END
    }
}

/// Why a trace cannot be read. `file` is its name as given, `line` counts from 1 (the header).
#[derive(Debug, Error)]
pub enum TraceError {
    /// Cannot be opened.
    #[error("{file} cannot be opened")]
    Open {
        /// Which file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Not compressed with zstd.
    #[error("{file}: not a zstd file")]
    NotZstd {
        /// Which file.
        file: String,
    },
    /// Opened, but does not decompress: damaged.
    #[error("{file}, line {line} cannot be read")]
    Read {
        /// Which file.
        file: String,
        /// The line that could not be read.
        line: u64,
        /// Why.
        source: std::io::Error,
    },
    /// Ends early: within the compressed stream, or within a line.
    #[error("{file}, line {line}: truncated: the file ends before the line does")]
    Truncated {
        /// Which file.
        file: String,
        /// The line that is cut.
        line: u64,
    },
    /// Not the columns of a trace.
    #[error("{file}, line 1: the columns are `{found}`, expected `{expected}`")]
    Columns {
        /// Which file.
        file: String,
        /// The first line.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A line with too few or too many fields.
    #[error("{file}, line {line}: {found} fields, expected {expected}")]
    Fields {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Fields on it.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// An unknown kind of event.
    #[error("{file}, line {line}: unknown kind `{found}`")]
    UnknownKind {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// The kind.
        found: String,
    },
    /// A field that is not a number, or one that is too large for its column.
    #[error(
        "{file}, line {line}: {column} is `{found}`, which is not a number that this column can hold"
    )]
    Number {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What it holds.
        found: String,
    },
    /// Time runs backwards.
    #[error("{file}, line {line}: {column} {value} comes after {before}")]
    OutOfOrder {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What it holds.
        value: u64,
        /// What the line before holds.
        before: u64,
    },
    /// The counts of a line contradict each other.
    #[error("{file}, line {line}: {column} is {value}, and cannot be more than {most}")]
    Count {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What it holds.
        value: u32,
        /// What it could hold.
        most: u32,
    },
    /// The last line is whole, and the recording is not.
    #[error("{file}, line {line}: cut short: {missing}")]
    CutShort {
        /// Which file.
        file: String,
        /// Its last line.
        line: u64,
        /// What should follow.
        missing: String,
    },
    /// A line behind the end of the recording.
    #[error("{file}, line {line}: behind the end of the recording, which is at icount {end}")]
    AfterEnd {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Where the recording ends.
        end: u64,
    },
    /// A page beyond the memory that the trace is run on.
    #[error("{file}, line {line}: page {gfn} is outside the {frames} frames that there are")]
    FrameRange {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// The page.
        gfn: u32,
        /// How many there are.
        frames: u32,
    },
}

/// The lines of a compressed file of comma-separated numbers.
struct Lines<R: Read> {
    file: String,
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    line: u64,
    frames: Option<u32>,
    buffer: Vec<u8>,
}

impl<R: Read> Lines<R> {
    /// Reads up to the end of the header.
    fn new(source: R, file: String, header: &'static str) -> Result<Self, TraceError> {
        let mut source = BufReader::new(source);
        let start = source.fill_buf().map_err(|source| TraceError::Open {
            file: file.clone(),
            source,
        })?;
        if !start.starts_with(&MAGIC) {
            return Err(TraceError::NotZstd { file });
        }
        let decoder = zstd::stream::read::Decoder::with_buffer(source).map_err(|source| {
            TraceError::Open {
                file: file.clone(),
                source,
            }
        })?;
        let mut lines = Self {
            file,
            lines: BufReader::with_capacity(1 << 16, decoder),
            line: 0,
            frames: None,
            buffer: Vec::new(),
        };
        lines.next_line()?;
        if lines.buffer != header.as_bytes() {
            return Err(TraceError::Columns {
                found: String::from_utf8_lossy(&lines.buffer).into_owned(),
                file: lines.file,
                expected: header,
            });
        }
        Ok(lines)
    }

    /// Puts the next line without its end into the buffer; false at the end of the file.
    fn next_line(&mut self) -> Result<bool, TraceError> {
        self.line += 1;
        self.buffer.clear();
        let line = self.line;
        let read = (&mut self.lines)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.buffer);
        match read {
            Ok(0) => {
                self.line -= 1;
                Ok(false)
            }
            Ok(_) if self.buffer.last() == Some(&b'\n') => {
                self.buffer.pop();
                Ok(true)
            }
            // A line that is far too long is no line of a trace either: one of its fields says so.
            Ok(n) if n as u64 == LONGEST_LINE => Ok(true),
            Ok(_) => Err(TraceError::Truncated {
                file: self.file.clone(),
                line,
            }),
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(TraceError::Truncated {
                    file: self.file.clone(),
                    line,
                })
            }
            Err(source) => Err(TraceError::Read {
                file: self.file.clone(),
                line,
                source,
            }),
        }
    }

    /// The fields of the line in the buffer.
    fn fields<const N: usize>(&self) -> Result<[&[u8]; N], TraceError> {
        let mut fields = [&[][..]; N];
        let mut found = 0;
        for field in self.buffer.split(|&byte| byte == b',') {
            if let Some(slot) = fields.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        if found == N {
            Ok(fields)
        } else {
            Err(TraceError::Fields {
                file: self.file.clone(),
                line: self.line,
                found,
                expected: N,
            })
        }
    }

    fn number<T: TryFrom<u64>>(&self, column: &'static str, text: &[u8]) -> Result<T, TraceError> {
        let number = text.iter().try_fold(0u64, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        });
        number
            .filter(|_| !text.is_empty())
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| TraceError::Number {
                file: self.file.clone(),
                line: self.line,
                column,
                found: String::from_utf8_lossy(text).into_owned(),
            })
    }

    fn optional<T: TryFrom<u64>>(
        &self,
        column: &'static str,
        text: &[u8],
    ) -> Result<Option<T>, TraceError> {
        if text.is_empty() {
            Ok(None)
        } else {
            self.number(column, text).map(Some)
        }
    }

    /// The page number in a field, checked against the memory.
    fn page(&self, text: &[u8]) -> Result<Gfn, TraceError> {
        let gfn: u32 = self.number("gpfn", text)?;
        match self.frames {
            Some(frames) if gfn >= frames => Err(TraceError::FrameRange {
                file: self.file.clone(),
                line: self.line,
                gfn,
                frames,
            }),
            _ => Ok(Gfn(gfn)),
        }
    }

    /// Fails unless `value` is at least `before`.
    fn order(&self, column: &'static str, value: u64, before: u64) -> Result<(), TraceError> {
        if value >= before {
            Ok(())
        } else {
            Err(TraceError::OutOfOrder {
                file: self.file.clone(),
                line: self.line,
                column,
                value,
                before,
            })
        }
    }

    fn cut_short(&self, missing: String) -> TraceError {
        TraceError::CutShort {
            file: self.file.clone(),
            line: self.line,
            missing,
        }
    }
}

fn open(path: &Path) -> Result<(File, String), TraceError> {
    let file = path.display().to_string();
    match File::open(path) {
        Ok(source) => Ok((source, file)),
        Err(source) => Err(TraceError::Open { file, source }),
    }
}

/// The events of a trace, in order. It ends at the first error.
pub struct TraceReader<R: Read> {
    lines: Lines<R>,
    before: (u64, u64),
    ended: bool,
}

impl TraceReader<File> {
    /// Opens a trace and checks its columns.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let (source, file) = open(path)?;
        Self::new(source, file)
    }
}

impl<R: Read> TraceReader<R> {
    /// Reads a trace from anywhere; errors call it `name`.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn new(source: R, name: impl Into<String>) -> Result<Self, TraceError> {
        Ok(Self {
            lines: Lines::new(source, name.into(), HEADER)?,
            before: (0, 0),
            ended: false,
        })
    }

    /// Pages from this number on are an error, [`TraceError::FrameRange`].
    #[must_use]
    pub fn with_frames(mut self, frames: u32) -> Self {
        self.lines.frames = Some(frames);
        self
    }

    fn parse(&mut self) -> Result<Event, TraceError> {
        let lines = &self.lines;
        let [icount, archicount, vcpu, gpfn, kind, aux, dur, site] = lines.fields()?;
        let icount: u64 = lines.number("icount", icount)?;
        lines.order("icount", icount, self.before.0)?;
        let archicount: u64 = lines.number("archicount", archicount)?;
        lines.order("archicount", archicount, self.before.1)?;
        let event = Event {
            icount: Icount(icount),
            archicount: ArchIcount(archicount),
            vcpu: lines.number("vcpu", vcpu)?,
            gfn: lines.page(gpfn)?,
            kind: Kind::parse(kind).ok_or_else(|| TraceError::UnknownKind {
                file: lines.file.clone(),
                line: lines.line,
                found: String::from_utf8_lossy(kind).into_owned(),
            })?,
            aux: lines.number("aux", aux)?,
            dur: lines.optional("dur", dur)?,
            site: lines.optional("site", site)?,
        };
        self.before = (icount, archicount);
        Ok(event)
    }
}

impl<R: Read> Iterator for TraceReader<R> {
    type Item = Result<Event, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = match self.lines.next_line() {
            Ok(true) => self.parse(),
            Ok(false) => {
                self.ended = true;
                return None;
            }
            Err(error) => Err(error),
        };
        self.ended = event.is_err();
        Some(event)
    }
}

/// What a page saw in one window of [`WINDOW`] instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Which window: [`Icount`] over [`WINDOW`].
    pub window: u32,
    /// Which page.
    pub gfn: Gfn,
    /// Different lines that were loaded, 0..=64.
    pub read: u8,
    /// Different lines that were stored, 0..=64.
    pub written: u8,
    /// Those among them that were stored with something that is not zero.
    pub nonzero: u8,
    /// Loads.
    pub loads: u32,
    /// Stores.
    pub stores: u32,
}

/// The rows of an activity file, in order. It ends at the first error.
pub struct ActivityReader<R: Read> {
    lines: Lines<R>,
    before: Option<(u32, Gfn)>,
    ended: bool,
}

impl ActivityReader<File> {
    /// Opens an activity file and checks its columns.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let (source, file) = open(path)?;
        Self::new(source, file)
    }
}

impl<R: Read> ActivityReader<R> {
    /// Reads an activity file from anywhere; errors call it `name`.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn new(source: R, name: impl Into<String>) -> Result<Self, TraceError> {
        Ok(Self {
            lines: Lines::new(source, name.into(), ACTIVITY_HEADER)?,
            before: None,
            ended: false,
        })
    }

    /// Pages from this number on are an error, [`TraceError::FrameRange`].
    #[must_use]
    pub fn with_frames(mut self, frames: u32) -> Self {
        self.lines.frames = Some(frames);
        self
    }

    fn parse(&mut self) -> Result<Activity, TraceError> {
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
            if row.window == window {
                // Each page once.
                lines.order("gpfn", row.gfn.0.into(), u64::from(gfn.0) + 1)?;
            }
        }
        for (column, value, most) in [
            ("lines_read", row.read, PAGE_LINES),
            ("lines_written", row.written, PAGE_LINES),
            ("lines_written_nonzero", row.nonzero, row.written),
        ] {
            if value > most {
                return Err(TraceError::Count {
                    file: lines.file.clone(),
                    line: lines.line,
                    column,
                    value: value.into(),
                    most: most.into(),
                });
            }
        }
        self.before = Some((row.window, row.gfn));
        Ok(row)
    }
}

impl<R: Read> Iterator for ActivityReader<R> {
    type Item = Result<Activity, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = match self.lines.next_line() {
            Ok(true) => self.parse(),
            Ok(false) => {
                self.ended = true;
                return None;
            }
            Err(error) => Err(error),
        };
        self.ended = row.is_err();
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
        let name = events.file_name()?.to_str()?;
        let stem = name.strip_suffix(".events.csv.zst")?;
        Some(events.with_file_name(format!("{stem}.activity.csv.zst")))
    }

    /// Reads a recording for a memory whose pages are numbered below `frames`.
    ///
    /// # Errors
    /// [`TraceError`]: also an event file without its end, and an activity file that ends before it.
    pub fn read(events: &Path, activity: Option<&Path>, frames: u32) -> Result<Self, TraceError> {
        let events = TraceReader::open(events)?.with_frames(frames);
        let activity = activity
            .map(|path| Ok(ActivityReader::open(path)?.with_frames(frames)))
            .transpose()?;
        Self::collect(events, activity)
    }

    fn collect<R: Read>(
        mut reader: TraceReader<R>,
        rows: Option<ActivityReader<R>>,
    ) -> Result<Self, TraceError> {
        let mut events: Vec<Event> = Vec::new();
        for event in &mut reader {
            let event = event?;
            if let Some(last) = events.last().filter(|last| last.ends()) {
                return Err(TraceError::AfterEnd {
                    file: reader.lines.file,
                    line: reader.lines.line,
                    end: last.icount.0,
                });
            }
            events.push(event);
        }
        let Some(end) = events.last().filter(|last| last.ends()) else {
            let missing = format!("the recording's end (kind M, aux {END}) is missing");
            return Err(reader.lines.cut_short(missing));
        };
        let last = end.icount.0 / WINDOW;
        let mut activity: Vec<Activity> = Vec::new();
        if let Some(mut rows) = rows {
            for row in &mut rows {
                let row = row?;
                if u64::from(row.window) > last {
                    return Err(TraceError::AfterEnd {
                        file: rows.lines.file,
                        line: rows.lines.line,
                        end: end.icount.0,
                    });
                }
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
}

/// The page numbers of all [`Kind::Zeroed`] events in order, for a memory of `frames` frames of
/// 4 KiB: the real input of the benchmark.
///
/// # Errors
/// [`TraceError`], also where any event lies outside the memory.
pub fn zeroed_frames(path: &Path, frames: u32) -> Result<Vec<u32>, TraceError> {
    let mut zeroed = Vec::new();
    for event in TraceReader::open(path)?.with_frames(frames) {
        let event = event?;
        if event.kind == Kind::Zeroed {
            zeroed.push(event.gfn.0);
        }
    }
    Ok(zeroed)
}
