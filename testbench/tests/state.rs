//! The list of compared registers, against the RTL: every register of every block is compared in every instance, or is
//! listed as left out, with a reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What a module declares and what it is made of.
#[derive(Debug, Default)]
struct Module {
    /// Names that end in `_q`.
    registers: BTreeSet<String>,
    /// Module and instance, `u_x`.
    instances: Vec<(String, String)>,
}

fn word(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// Declarations and instances, as our style writes them: one to a line, `dm_x #(` or `dm_x u_y (`, and `) u_y (`.
fn parse(text: &str) -> Option<(String, Module)> {
    let mut module = Module::default();
    let mut name = None;
    let mut last = "";
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        let words: Vec<&str> = word(line).collect();
        match words.first().copied() {
            Some("module") => name = words.get(1).map(ToString::to_string),
            Some(first) if first.starts_with("dm_") && !line.contains("::") => last = first,
            _ => {}
        }
        if let Some(instance) = words.iter().find(|word| word.starts_with("u_"))
            && (line.starts_with(')') || line.starts_with("dm_"))
            && line.ends_with('(')
        {
            module
                .instances
                .push((last.to_owned(), (*instance).to_owned()));
        }
        // A type, then names: what is behind `=` or in a range is none of them.
        let is_type = |word: &str| word == "logic" || word.ends_with("_e") || word.ends_with("_t");
        let declares = line.starts_with("(*") || words.iter().take(2).any(|word| is_type(word));
        if declares && !line.starts_with("assign") && !line.starts_with("typedef") {
            let names = line.split('=').next().unwrap_or_default();
            let registers = word(names).filter(|word| word.ends_with("_q"));
            module.registers.extend(registers.map(str::to_owned));
        }
    }
    Some((name?, module))
}

fn rtl() -> BTreeMap<String, Module> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|end| end == "sv"));
    sources
        .filter_map(|path| parse(&fs::read_to_string(path).unwrap()))
        .collect()
}

/// Every register below an instance of `module`, as its path in state.txt, with the block.
fn walk(
    rtl: &BTreeMap<String, Module>,
    module: &str,
    path: &str,
    found: &mut Vec<(String, String)>,
) {
    // Generated blocks have registers of another style, which the register port shows.
    let Some(block) = rtl.get(module) else { return };
    for register in &block.registers {
        found.push((format!("{path}{register}"), format!("{module}.{register}")));
    }
    for (below, instance) in &block.instances {
        let place = match instance.as_str() {
            "u_gate" => "gates",
            other => &other["u_".len()..],
        };
        walk(rtl, below, &format!("{path}{place}."), found);
    }
}

/// The two lists of state.txt: paths that are compared, and `block.register` that are not.
fn lists() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = include_str!("../verilated/state.txt");
    let lines = || {
        text.lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
    };
    let compared = lines().filter(|line| !line.starts_with('!'));
    let mut left_out = BTreeSet::new();
    for line in lines().filter_map(|line| line.strip_prefix("! ")) {
        let (names, reason) = line.split_once(": ").expect("a reason");
        assert!(reason.split_whitespace().count() >= 3, "{line}");
        let (block, registers) = names.split_once('.').expect("block.register");
        for register in registers.split(' ') {
            assert!(
                left_out.insert(format!("{block}.{register}")),
                "{line}: twice"
            );
        }
    }
    (compared.map(str::to_owned).collect(), left_out)
}

#[test]
fn every_register_of_the_rtl_is_compared_or_left_out_for_a_reason() {
    let rtl = rtl();
    let mut found = Vec::new();
    walk(&rtl, "dm_node", "", &mut found);
    assert!(found.len() > 200, "the RTL is not read: {}", found.len());
    let (compared, left_out) = lists();
    let missing: Vec<_> = found
        .iter()
        .filter(|(path, register)| !compared.contains(path) && !left_out.contains(register))
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(
        missing.is_empty(),
        "in neither list of state.txt: {missing:?}"
    );
}

#[test]
fn what_the_lists_name_exists_and_is_in_one_of_them() {
    let mut found = Vec::new();
    walk(&rtl(), "dm_node", "", &mut found);
    let (paths, registers): (BTreeSet<_>, BTreeSet<_>) = found.iter().cloned().unzip();
    let (compared, left_out) = lists();
    let gone: Vec<_> = compared
        .difference(&paths)
        .chain(left_out.difference(&registers))
        .collect();
    assert!(
        gone.is_empty(),
        "state.txt names what does not exist: {gone:?}"
    );
    let both = found
        .iter()
        .filter(|(path, register)| compared.contains(path) && left_out.contains(register));
    assert_eq!(both.count(), 0);
}

/// Right in simulation, and nothing in hardware that does not load it: every register has its value from reset.
#[test]
fn no_register_has_a_value_at_its_declaration() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rtl");
    for file in fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
    {
        if file.extension().is_none_or(|end| end != "sv") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().map(str::trim) {
            let declares = line.starts_with("logic") || line.starts_with("dm_pkg::");
            let name = line.split('=').next().unwrap_or_default().trim_end();
            let value = line.contains('=') && name.ends_with("_q");
            assert!(!(declares && value), "{}: {line}", file.display());
        }
        assert!(!text.contains("initial begin"), "{}", file.display());
    }
}
