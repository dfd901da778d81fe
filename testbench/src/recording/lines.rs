//! The lines of a compressed file of comma-separated numbers, and what can be wrong with one.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use dormouse_driver::Gfn;
use thiserror::Error;

/// How every zstd frame begins (RFC 8878, 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// How a frame begins that a reader must skip (RFC 8878, 3.1.2); the low four bits of the first byte are free.
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];
/// No line of a recording comes near this many bytes; a longer one is not read to its end.
const LONGEST_LINE: u64 = 4096;
/// Bytes of a field or line that a message shows.
const SHOWN: usize = 80;

/// Why a recording cannot be read. `file` is its name as given, `line` counts from 1 (the header).
#[derive(Debug, Error)]
pub enum RecordingError {
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
    /// Not the columns of a recording.
    #[error("{file}, line 1: the columns are `{found}`, expected `{expected}`")]
    Columns {
        /// Which file.
        file: String,
        /// The first line; bytes that cannot be seen are escaped.
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
        /// The kind; bytes that cannot be seen are escaped.
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
        /// What it holds; bytes that cannot be seen are escaped.
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
    /// A number above what its column, or another column of the line, allows.
    #[error("{file}, line {line}: {column} is {value}, and cannot be more than {most}{why}")]
    TooLarge {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What it holds.
        value: u64,
        /// What it could hold.
        most: u64,
        /// Where that bound comes from, if that is not plain.
        why: &'static str,
    },
    /// A field that contradicts its line or what came before.
    #[error("{file}, line {line}: {column} is {found}: {promise}")]
    Contradiction {
        /// Which file.
        file: String,
        /// Which line.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What it holds.
        found: String,
        /// What the format promises, and what is the case instead.
        promise: String,
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
    /// A page beyond the memory that the recording is run on.
    #[error("{file}, line {line}: gpfn: page {gfn} is outside the {frames} frames that there are")]
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

/// Bytes for a message: what cannot be seen is escaped, and what is long is cut.
fn shown(bytes: &[u8]) -> String {
    let cut = if bytes.len() > SHOWN { "..." } else { "" };
    format!("{}{cut}", bytes[..bytes.len().min(SHOWN)].escape_ascii())
}

/// A name for a message, on one line.
fn visible(name: &str) -> String {
    let escaped = |c: char| c.is_control().then(|| c.escape_default().to_string());
    name.chars()
        .map(|c| escaped(c).unwrap_or_else(|| c.into()))
        .collect()
}

/// The lines of a file.
pub(super) struct Lines<R: Read> {
    pub file: String,
    pub line: u64,
    /// Pages from this number on do not exist.
    pub frames: Option<u32>,
    lines: BufReader<zstd::stream::read::Decoder<'static, BufReader<R>>>,
    buffer: Vec<u8>,
}

impl Lines<File> {
    /// Opens a file and reads up to the end of the header.
    pub fn open(path: &Path, header: &'static str) -> Result<Self, RecordingError> {
        let file = visible(&path.to_string_lossy());
        match File::open(path) {
            Ok(source) => Self::new(source, file, header),
            Err(source) => Err(RecordingError::Open { file, source }),
        }
    }
}

impl<R: Read> Lines<R> {
    /// Reads up to the end of the header.
    pub fn new(source: R, file: String, header: &'static str) -> Result<Self, RecordingError> {
        let cannot_open = |source| RecordingError::Open {
            file: file.clone(),
            source,
        };
        let mut source = BufReader::new(source);
        let start = source.fill_buf().map_err(cannot_open)?;
        let skippable =
            start.len() >= 4 && start[0] & 0xf0 == SKIPPABLE[0] && start[1..4] == SKIPPABLE[1..];
        if !start.starts_with(&MAGIC) && !skippable {
            return Err(RecordingError::NotZstd { file });
        }
        let decoder = zstd::stream::read::Decoder::with_buffer(source).map_err(cannot_open)?;
        let mut lines = Self {
            file,
            lines: BufReader::with_capacity(1 << 16, decoder),
            line: 0,
            frames: None,
            buffer: Vec::new(),
        };
        lines.next_line()?;
        if lines.buffer != header.as_bytes() {
            return Err(RecordingError::Columns {
                found: shown(&lines.buffer),
                file: lines.file,
                expected: header,
            });
        }
        Ok(lines)
    }

    /// Puts the next line without its end into the buffer; false at the end of the file.
    pub fn next_line(&mut self) -> Result<bool, RecordingError> {
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
            // A line that is far too long is no line of a recording either: one of its fields says so.
            Ok(n) if n as u64 == LONGEST_LINE => Ok(true),
            Ok(_) => Err(RecordingError::Truncated {
                file: self.file.clone(),
                line,
            }),
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(RecordingError::Truncated {
                    file: self.file.clone(),
                    line,
                })
            }
            Err(source) => Err(RecordingError::Read {
                file: self.file.clone(),
                line,
                source,
            }),
        }
    }

    /// The fields of the line in the buffer.
    pub fn fields<const N: usize>(&self) -> Result<[&[u8]; N], RecordingError> {
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
            Err(RecordingError::Fields {
                file: self.file.clone(),
                line: self.line,
                found,
                expected: N,
            })
        }
    }

    /// A field that must be a number.
    pub fn number<T: TryFrom<u64>>(
        &self,
        column: &'static str,
        text: &[u8],
    ) -> Result<T, RecordingError> {
        let number = text.iter().try_fold(0u64, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        });
        number
            .filter(|_| !text.is_empty())
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| RecordingError::Number {
                file: self.file.clone(),
                line: self.line,
                column,
                found: shown(text),
            })
    }

    /// A field that may be empty.
    pub fn optional<T: TryFrom<u64>>(
        &self,
        column: &'static str,
        text: &[u8],
    ) -> Result<Option<T>, RecordingError> {
        if text.is_empty() {
            Ok(None)
        } else {
            self.number(column, text).map(Some)
        }
    }

    /// The page number in a field, checked against the memory.
    pub fn page(&self, text: &[u8]) -> Result<Gfn, RecordingError> {
        let gfn: u32 = self.number("gpfn", text)?;
        match self.frames {
            Some(frames) if gfn >= frames => Err(RecordingError::FrameRange {
                file: self.file.clone(),
                line: self.line,
                gfn,
                frames,
            }),
            _ => Ok(Gfn(gfn)),
        }
    }

    /// Fails unless `value` is at least `before`.
    pub fn order(
        &self,
        column: &'static str,
        value: u64,
        before: u64,
    ) -> Result<(), RecordingError> {
        if value >= before {
            Ok(())
        } else {
            Err(RecordingError::OutOfOrder {
                file: self.file.clone(),
                line: self.line,
                column,
                value,
                before,
            })
        }
    }

    /// Fails unless `value` is at most `most`; `why` follows that bound in the message.
    pub fn most(
        &self,
        column: &'static str,
        value: u64,
        most: u64,
        why: &'static str,
    ) -> Result<(), RecordingError> {
        if value <= most {
            Ok(())
        } else {
            Err(RecordingError::TooLarge {
                file: self.file.clone(),
                line: self.line,
                column,
                value,
                most,
                why,
            })
        }
    }

    pub fn unknown_kind(&self, found: &[u8]) -> RecordingError {
        RecordingError::UnknownKind {
            file: self.file.clone(),
            line: self.line,
            found: shown(found),
        }
    }

    /// An error on this line: a column holds something that the format rules out.
    pub fn contradiction(
        &self,
        column: &'static str,
        found: impl Into<String>,
        promise: impl Into<String>,
    ) -> RecordingError {
        RecordingError::Contradiction {
            file: self.file.clone(),
            line: self.line,
            column,
            found: found.into(),
            promise: promise.into(),
        }
    }

    pub fn cut_short(&self, missing: String) -> RecordingError {
        RecordingError::CutShort {
            file: self.file.clone(),
            line: self.line,
            missing,
        }
    }

    pub fn after_end(&self, end: u64) -> RecordingError {
        RecordingError::AfterEnd {
            file: self.file.clone(),
            line: self.line,
            end,
        }
    }
}
