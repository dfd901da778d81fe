//! The one list of the RTL's files, `rtl/dormouse.core`, in an order in which every tool can read them. Build, lint, proofs,
//! synthesis and tests take it from there.

use std::path::Path;

/// The file sets of `rtl/dormouse.core`.
pub struct CoreFile {
    text: String,
}

impl CoreFile {
    /// Reads the list of the clone at `root`.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(root: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(root.join("rtl/dormouse.core"))?;
        Ok(Self { text })
    }

    /// The files of a set in order, as paths from the root of the clone; files that are only included are left out. Empty
    /// if there is no such set.
    pub fn files(&self, set: &str) -> Vec<String> {
        let begin = format!("  {set}:");
        let lines = self.text.lines().skip_while(|line| *line != begin).skip(1);
        // A set ends where a line is indented no deeper than its own.
        let lines = lines.take_while(|line| line.is_empty() || line.starts_with("   "));
        lines
            .filter_map(|line| line.trim().strip_prefix("- "))
            .filter(|entry| !entry.contains("is_include_file"))
            .map(|entry| entry.split(':').next().unwrap_or_default().trim())
            .map(|file| format!("rtl/{file}"))
            .collect()
    }
}

/// The guest's core under names of its own: in the wheel, every core and its caches are called the same.
///
/// # Errors
/// It is not the core that this knows.
pub fn rename_guest_core(verilog: &str) -> Result<String, String> {
    let mut renamed = String::with_capacity(verilog.len() + 64);
    let mut found = 0;
    for line in verilog.lines() {
        let name = ["VexRiscv", "DataCache", "InstructionCache"]
            .into_iter()
            .find_map(|name| {
                let declared = line.strip_prefix("module ").unwrap_or(line.trim_start());
                Some((name, declared.strip_prefix(name)?.strip_prefix(' ')?))
            });
        match name {
            // A module or an instance of one; a comment names them too.
            Some((name, rest)) if rest.ends_with('(') => {
                let before = &line[..line.len() - rest.len() - 1 - name.len()];
                renamed.extend([before, name, "Linux ", rest]);
                found += 1;
            }
            _ => renamed += line,
        }
        renamed.push('\n');
    }
    // Three modules, two instances.
    if found == 5 {
        Ok(renamed)
    } else {
        Err(format!("{found} names of modules in it, not 5"))
    }
}
