//! Files that are written: checked before the work, and seen whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::NamedTempFile;

/// A file to be written when the work is done.
#[derive(Clone, Debug)]
pub struct Output {
    path: PathBuf,
}

/// The folder of a file; an empty path is no folder.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// A file beside `path` that vanishes unless it is renamed.
fn temporary(path: &Path, folder: &Path) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Fails unless a folder is there in which files can be made, or can be made itself. Leaves nothing behind.
///
/// # Errors
/// What is in the way, by name.
pub fn check_folder(path: &Path) -> Result<()> {
    ensure!(path != Path::new(""), "an empty path names no folder");
    let there = path
        .ancestors()
        .map(|path| {
            if path == Path::new("") {
                Path::new(".")
            } else {
                path
            }
        })
        .find(|path| path.symlink_metadata().is_ok())
        .unwrap_or(Path::new("."));
    ensure!(
        there.is_dir(),
        "cannot make {}: {} is no folder",
        path.display(),
        there.display()
    );
    temporary(&there.join("file"), there)
        .map(drop)
        .map_err(|error| {
            anyhow!(
                "no file can be made in {}: {}",
                there.display(),
                error.root_cause()
            )
        })
}

impl Output {
    /// Checks that this file can be written later; `inputs` are files that it must not replace. Leaves nothing behind.
    ///
    /// # Errors
    /// What is in the way, by name.
    pub fn new(path: &Path, inputs: &[&Path]) -> Result<Self> {
        let name = path.display();
        ensure!(path != Path::new(""), "an empty path names no file");
        let done = Self { path: path.into() };
        let Ok(metadata) = path.metadata() else {
            ensure!(
                path.file_name().is_some() && !ends_as_folder(path),
                "cannot write {name}: it names a folder"
            );
            check_folder(folder(path)).with_context(|| format!("cannot write {name}"))?;
            return Ok(done);
        };
        ensure!(!metadata.is_dir(), "cannot write {name}: it is a folder");
        if let Ok(place) = path.canonicalize() {
            for input in inputs {
                if input.canonicalize().is_ok_and(|input| input == place) {
                    bail!("{name} is read and cannot be written as well: name another file");
                }
            }
        }
        OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(|| format!("cannot write {name}"))?;
        if metadata.is_file() {
            check_folder(folder(&path.canonicalize().unwrap_or_else(|_| path.into())))?;
        }
        Ok(done)
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it. Who looks meanwhile, or after an interruption, finds the file as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, contents: &[u8]) -> Result<()> {
        write_whole(&self.path, contents)
    }
}

fn ends_as_folder(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.last()
        .is_some_and(|last| std::path::is_separator(char::from(*last)))
}

/// Writes a file so that it is seen whole or not at all, and the folders above it. What is no file, as a pipe, is written
/// to.
///
/// # Errors
/// It cannot be written.
pub fn write_whole(path: &Path, contents: impl AsRef<[u8]>) -> Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let mut file = OpenOptions::new()
            .write(true)
            .open(path)
            .with_context(cannot)?;
        return file.write_all(contents.as_ref()).with_context(cannot);
    }
    // A link stays one: the file that it names is replaced.
    let place = path.canonicalize().unwrap_or_else(|_| path.into());
    let folder = folder(&place);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut file = temporary(&place, folder)?;
    file.write_all(contents.as_ref()).with_context(cannot)?;
    file.persist(&place).with_context(cannot)?;
    Ok(())
}
