//! Files of the clone, found from wherever the user stands in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// The recorded boot of the clone, from its root.
pub const RECORDED_BOOT: &str = "traces/a_2g_default.events.csv.zst";

/// Where the recorded boot of the clone is.
///
/// # Errors
/// Neither the user nor the program is in a clone.
pub fn recorded_boot() -> Result<PathBuf> {
    find_upwards(Path::new(RECORDED_BOOT)).with_context(|| {
        format!("{RECORDED_BOOT} is neither here nor above: stand in the clone, or name a recording with --trace")
    })
}

/// A file that a command looks for where the user stands, and above; then above the program itself. So the clone's own
/// files are found from everywhere in it.
fn find_upwards(name: &Path) -> Option<PathBuf> {
    clone_folders()
        .map(|folder| folder.join(name))
        .find(|file| file.exists())
}

/// Fails where an input is not there, or is a folder. It is not opened: what comes through a pipe comes once.
///
/// # Errors
/// What is wrong with it, by its name.
pub fn check_input(path: &Path) -> Result<()> {
    let cannot = || format!("{} cannot be opened", path.display());
    let metadata = path.metadata().with_context(cannot)?;
    ensure!(!metadata.is_dir(), "{}: it is a folder", cannot());
    Ok(())
}

/// Where a result goes whose place nobody named: into `target/` of the clone that the user stands in, else of where they
/// stand.
pub fn default_output(name: &str) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let clone = here
        .ancestors()
        .find(|folder| folder.join("rtl/dormouse.core").is_file());
    match clone {
        Some(clone) if clone != here => clone.join("target").join(name),
        _ => Path::new("target").join(name),
    }
}

fn clone_folders() -> impl Iterator<Item = PathBuf> {
    let ancestors = |path: PathBuf| {
        let all: Vec<PathBuf> = path.ancestors().map(Path::to_path_buf).collect();
        all
    };
    // Where the user stands comes first, and needs no long name.
    let here = std::env::current_dir().map(ancestors).unwrap_or_default();
    let program = std::env::current_exe().map(ancestors).unwrap_or_default();
    std::iter::once(PathBuf::new()).chain(here).chain(program)
}
