//! What all commands print alike: JSON, tables, progress.

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::streams;

/// Prints the result as one line of JSON.
///
/// # Errors
/// It cannot be written.
pub fn json(result: &impl Serialize) -> Result<()> {
    text(&format!("{}\n", serde_json::to_string(result)?))
}

/// Prints a result that is text.
///
/// # Errors
/// It cannot be written.
pub fn text(result: &str) -> Result<()> {
    streams::print(result).context("the result cannot be written to standard output")
}

/// A table whose columns are right-aligned but for the first `left`.
pub fn table(left: usize, header: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_header(header.iter().copied());
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A bar that counts steps.
///
/// # Errors
/// None in practice: the template is fixed.
pub fn counted(what: impl Into<String>, steps: u64) -> Result<ProgressBar> {
    bar(
        what.into(),
        steps,
        "{msg} {bar:40} {human_pos}/{human_len}, {eta} left",
    )
}

/// A bar that tells the share that is done.
///
/// # Errors
/// None in practice: the template is fixed.
pub fn share(what: impl Into<String>, steps: u64) -> Result<ProgressBar> {
    bar(what.into(), steps, "{msg} {bar:40} {percent} %, {eta} left")
}

fn bar(what: String, steps: u64, template: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template(template)?;
    Ok(ProgressBar::new(steps).with_style(style).with_message(what))
}
