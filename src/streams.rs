//! The only place that prints. A reader that went away ends nothing: who listens to messages is not asked, and who has
//! read enough of the result may leave. Anything else that keeps the result from its reader is an error.

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Says a line on standard error, whether anybody listens or not.
pub fn line(line: fmt::Arguments<'_>) {
    // In one piece: other programs write there as well.
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// [`line`] with a format.
macro_rules! say {
    ($($part:tt)*) => {
        $crate::streams::line(format_args!($($part)*))
    };
}
pub(crate) use say;

/// Writes the result to standard output and sees it through.
///
/// # Errors
/// It cannot be written, as where the disk is full. That its reader has left is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
