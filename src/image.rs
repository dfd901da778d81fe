//! The firmware image that runs on the hyperkernel's core in RTL.
#![cfg_attr(
    not(feature = "rtl"),
    allow(dead_code, reason = "no core to load it into")
)]

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

/// An image in memory.
pub struct Image {
    /// Where it came from.
    pub path: PathBuf,
    /// An ELF file.
    pub data: Vec<u8>,
}

impl Image {
    /// The file that is named by an option, or by `DORMOUSE_IMAGE`.
    pub fn path(option: Option<&PathBuf>) -> Option<PathBuf> {
        option
            .cloned()
            .or_else(|| env::var_os("DORMOUSE_IMAGE").map(PathBuf::from))
    }

    /// Reads the image.
    ///
    /// # Errors
    /// None is given, or it cannot be read; the message says how to get one. `else_do` is what else one can do.
    pub fn load(path: Option<PathBuf>, else_do: &str) -> Result<Self> {
        let Some(path) = path else {
            bail!(
                "the core needs the firmware image: run this as `cargo xtask run -- ...`, which builds it; or give it \
                 with --image FILE or DORMOUSE_IMAGE; or {else_do}"
            );
        };
        let data = std::fs::read(&path)
            .with_context(|| format!("firmware image {}", path.display()))
            .context("`cargo xtask run -- ...` builds the image and names it")?;
        ensure!(
            data.starts_with(b"\x7fELF"),
            "firmware image {} is no ELF file: `cargo xtask run -- ...` builds one",
            path.display()
        );
        Ok(Self { path, data })
    }
}
