//! What the guest printed, line by line, and when.

use std::collections::VecDeque;

/// Lines that are kept for an error's message.
const LAST: usize = 12;
/// What init's first line holds.
const UP: &str = "init: up";
/// What its last line holds, and what follows it.
const VERDICT: &str = "init: verdict ";

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every word was what it should be.
    Pass,
    /// It was not; the line before says which.
    Fail,
}

/// Everything that the guest says, as lines.
#[derive(Clone, Debug, Default)]
pub struct Console {
    line: String,
    last: VecDeque<String>,
    fresh: Vec<String>,
    /// Lines that ended.
    pub lines: u64,
    /// The cycle in which init said that it is up.
    pub init: Option<u64>,
    /// The verdict, and its cycle.
    pub verdict: Option<(u64, Verdict)>,
}

impl Console {
    /// A byte, in this cycle.
    pub fn put(&mut self, byte: u8, cycle: u64) {
        match byte {
            b'\r' => return,
            b'\n' => {}
            _ => {
                self.line.push(char::from(byte));
                return;
            }
        }
        let line = std::mem::take(&mut self.line);
        self.lines += 1;
        if line.contains(UP) {
            self.init.get_or_insert(cycle);
        }
        if let Some((_, verdict)) = line.split_once(VERDICT) {
            let verdict = match verdict.trim_end() {
                "pass" => Verdict::Pass,
                _ => Verdict::Fail,
            };
            self.verdict.get_or_insert((cycle, verdict));
        }
        if self.last.len() == LAST {
            self.last.pop_front();
        }
        self.last.push_back(line.clone());
        self.fresh.push(line);
    }

    /// Lines since this was last asked.
    pub fn fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    /// The last lines, the one that has not ended included.
    pub fn last(&self) -> String {
        let mut lines: Vec<_> = self.last.iter().map(String::as_str).collect();
        lines.push(&self.line);
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_lines_and_the_verdict_has_its_cycle() {
        let mut console = Console::default();
        for (cycle, byte) in b"[0.1] init: up\r\n[0.2] init: verdict pass\nrest"
            .iter()
            .enumerate()
        {
            console.put(*byte, cycle as u64);
        }
        assert_eq!(console.init, Some(15));
        assert_eq!(console.verdict, Some((40, Verdict::Pass)));
        assert_eq!(
            console.fresh(),
            ["[0.1] init: up", "[0.2] init: verdict pass"]
        );
        assert!(console.fresh().is_empty());
        assert!(console.last().ends_with("pass\nrest"));
    }
}
