//! Reads recorded page-access traces: `traces/README.md` says what they are.
//!
//! A trace is read as a stream, one [`Event`] a line, and nothing in it is believed: whatever does
//! not fit is an error with the file's name and the line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use thiserror::Error;

/// The columns, in order.
const HEADER: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site";
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
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "R" => Self::FirstRead,
            "w" => Self::FirstWriteZero,
            "W" => Self::FirstWrite,
            "Z" => Self::Zeroed,
            "V" => Self::Rewritten,
            "d" => Self::ReadDevice,
            "D" => Self::FoundDevice,
            "X" => Self::Fetch,
            "M" => Self::Phase,
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
    #[error("{file}, line 1: the columns are `{found}`, expected `{HEADER}`")]
    Columns {
        /// Which file.
        file: String,
        /// The first line.
        found: String,
    },
    /// A line with too few or too many fields.
    #[error("{file}, line {line}: {found} fields, expected 8")]
    Fields {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Fields on it.
        found: usize,
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
    #[error("{file}, line {line}: icount {icount} comes after {before}")]
    OutOfOrder {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Its icount.
        icount: u64,
        /// The one before.
        before: u64,
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

/// The events of a trace, in order. It ends at the first error.
pub struct TraceReader<R: Read> {
    file: String,
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    line: u64,
    before: u64,
    frames: Option<u32>,
    buffer: Vec<u8>,
    ended: bool,
}

impl TraceReader<File> {
    /// Opens a trace and checks its columns.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let file = path.display().to_string();
        let source = File::open(path).map_err(|source| TraceError::Open {
            file: file.clone(),
            source,
        })?;
        Self::new(source, file)
    }
}

impl<R: Read> TraceReader<R> {
    /// Reads a trace from anywhere; errors call it `name`.
    ///
    /// # Errors
    /// [`TraceError`], which names the file.
    pub fn new(source: R, name: impl Into<String>) -> Result<Self, TraceError> {
        let file = name.into();
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
        let mut reader = Self {
            file,
            lines: BufReader::with_capacity(1 << 16, decoder),
            line: 0,
            before: 0,
            frames: None,
            buffer: Vec::new(),
            ended: false,
        };
        let header = reader.next_line()?.unwrap_or_default();
        if header != HEADER {
            let (file, found) = (reader.file, header);
            return Err(TraceError::Columns { file, found });
        }
        Ok(reader)
    }

    /// Pages from this number on are an error, [`TraceError::FrameRange`].
    #[must_use]
    pub fn with_frames(mut self, frames: u32) -> Self {
        self.frames = Some(frames);
        self
    }

    /// The next line without its end, `None` at the end of the file.
    fn next_line(&mut self) -> Result<Option<String>, TraceError> {
        self.line += 1;
        self.buffer.clear();
        let line = self.line;
        let read = (&mut self.lines)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut self.buffer);
        match read {
            Ok(0) => Ok(None),
            Ok(_) if self.buffer.last() == Some(&b'\n') => {
                self.buffer.pop();
                Ok(Some(String::from_utf8_lossy(&self.buffer).into_owned()))
            }
            // A line that is far too long is no line of a trace either: one of its fields says so.
            Ok(n) if n as u64 == LONGEST_LINE => {
                Ok(Some(String::from_utf8_lossy(&self.buffer).into_owned()))
            }
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

    fn number<T: std::str::FromStr>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<T, TraceError> {
        // `parse` would take a leading plus, which no trace has.
        match text.parse() {
            Ok(number) if text.starts_with(|c: char| c.is_ascii_digit()) => Ok(number),
            _ => {
                let (file, found) = (self.file.clone(), text.to_owned());
                Err(TraceError::Number {
                    file,
                    line: self.line,
                    column,
                    found,
                })
            }
        }
    }

    fn optional<T: std::str::FromStr>(
        &self,
        column: &'static str,
        text: &str,
    ) -> Result<Option<T>, TraceError> {
        if text.is_empty() {
            Ok(None)
        } else {
            self.number(column, text).map(Some)
        }
    }

    fn parse(&mut self, text: &str) -> Result<Event, TraceError> {
        let (file, line) = (&self.file, self.line);
        let mut fields = [""; 8];
        let mut found = 0;
        for field in text.split(',') {
            if let Some(slot) = fields.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        if found != fields.len() {
            return Err(TraceError::Fields {
                file: file.clone(),
                line,
                found,
            });
        }
        let [icount, archicount, vcpu, gpfn, kind, aux, dur, site] = fields;
        let icount: u64 = self.number("icount", icount)?;
        if icount < self.before {
            return Err(TraceError::OutOfOrder {
                file: file.clone(),
                line,
                icount,
                before: self.before,
            });
        }
        let event = Event {
            icount: Icount(icount),
            archicount: ArchIcount(self.number("archicount", archicount)?),
            vcpu: self.number("vcpu", vcpu)?,
            gfn: Gfn(self.number("gpfn", gpfn)?),
            kind: Kind::parse(kind).ok_or_else(|| {
                let found = kind.to_owned();
                TraceError::UnknownKind {
                    file: file.clone(),
                    line,
                    found,
                }
            })?,
            aux: self.number("aux", aux)?,
            dur: self.optional("dur", dur)?,
            site: self.optional("site", site)?,
        };
        if let Some(frames) = self.frames
            && event.gfn.0 >= frames
        {
            return Err(TraceError::FrameRange {
                file: file.clone(),
                line,
                gfn: event.gfn.0,
                frames,
            });
        }
        self.before = icount;
        Ok(event)
    }
}

impl<R: Read> Iterator for TraceReader<R> {
    type Item = Result<Event, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let event = match self.next_line() {
            Ok(Some(text)) => self.parse(&text),
            Ok(None) => {
                self.ended = true;
                return None;
            }
            Err(error) => Err(error),
        };
        self.ended = event.is_err();
        Some(event)
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
