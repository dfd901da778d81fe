//! Modules of the test bench and of the command line use each other in one direction.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// A module by its path, such as `["memory", "store"]`. The root is empty.
type Module = Vec<String>;

/// Which modules of one crate use which, file by file.
#[derive(Debug, Default)]
struct Crate(BTreeMap<Module, BTreeSet<Module>>);

impl Crate {
    /// Reads every file below `src`; `root` is its first file.
    fn read(src: &Path, root: &str) -> Self {
        let mut sources = BTreeMap::new();
        collect(src, root, &mut Vec::new(), &mut sources);
        let modules: BTreeSet<Module> = sources.keys().cloned().collect();
        let uses = |(module, text): (&Module, &String)| {
            let found = uses(module, text, &modules);
            (module.clone(), found)
        };
        Self(sources.iter().map(uses).collect())
    }

    /// A way round from a module back to itself, if there is one.
    fn circle(&self) -> Option<Vec<&Module>> {
        let (mut free, mut way) = (BTreeSet::new(), Vec::new());
        self.0
            .keys()
            .find_map(|module| self.walk(module, &mut way, &mut free))
    }

    fn walk<'a>(
        &'a self,
        module: &'a Module,
        way: &mut Vec<&'a Module>,
        free: &mut BTreeSet<&'a Module>,
    ) -> Option<Vec<&'a Module>> {
        if let Some(begin) = way.iter().position(|on_it| *on_it == module) {
            return Some([&way[begin..], &[module]].concat());
        }
        if free.contains(module) {
            return None;
        }
        way.push(module);
        let found = self.0[module]
            .iter()
            .find_map(|next| self.walk(next, way, free));
        way.pop();
        free.insert(module);
        found
    }
}

/// The files of a folder. `name.rs` and `name/mod.rs` are both the module `name`.
fn collect(folder: &Path, root: &str, above: &mut Module, sources: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        if path.is_dir() {
            above.push(name.into_owned());
            collect(&path, root, above, sources);
            above.pop();
        } else if path.extension().is_some_and(|end| end == "rs") {
            let mut module = above.clone();
            if name != "mod" && !(above.is_empty() && name == root) {
                module.push(name.into_owned());
            }
            let text = fs::read_to_string(&path).expect("a source file");
            sources.insert(module, text);
        }
    }
}

/// Words and single signs of the source, without comments, texts and tests.
fn tokens(text: &str) -> Vec<String> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let after = |mark: &str| rest.find(mark).map_or(rest.len(), |at| at + mark.len());
        let length = if rest.starts_with("//") {
            after("\n")
        } else if rest.starts_with("/*") {
            after("*/")
        } else if first == '"' {
            text_length(rest)
        } else if first == '\'' && rest[1..].starts_with(['"', '\\', '{', '}']) {
            // A sign that would open or close something; others harm nothing.
            if rest[1..].starts_with('\\') { 4 } else { 3 }
        } else if first.is_alphanumeric() || first == '_' {
            let word = |c: char| !c.is_alphanumeric() && c != '_';
            let length = rest.find(word).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            if !first.is_whitespace() {
                tokens.push(first.into());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// Bytes of a text in quotes, with its quotes.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// The modules that a file uses, but itself.
fn uses(module: &Module, text: &str, modules: &BTreeSet<Module>) -> BTreeSet<Module> {
    let tokens = tokens(text);
    let is = |at: usize, sign: &str| tokens.get(at).is_some_and(|token| token == sign);
    let mut found = BTreeSet::new();
    let mut at = 0;
    // How many inline modules are open, by the depth of their braces.
    let (mut depth, mut inline) = (0, Vec::new());
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "mod" if is(at + 2, "{") => inline.push(depth),
            _ => (),
        }
        let begins =
            !(at > 1 && is(at - 1, ":") && is(at - 2, ":")) && is(at + 1, ":") && is(at + 2, ":");
        if begins {
            let mut child = module.clone();
            child.push(tokens[at].clone());
            let start = match tokens[at].as_str() {
                "crate" => Some(Vec::new()),
                "super" if inline.is_empty() => Some(module[..module.len() - 1].to_vec()),
                "self" | "super" => Some(module.clone()),
                _ if modules.contains(&child) => Some(child),
                _ => None,
            };
            if let Some(start) = start {
                path(&tokens, at + 3, start, inline.len(), modules, &mut found);
            }
        }
        at += 1;
    }
    found.remove(module);
    found
}

/// Follows a path, or a tree of them, from `start` on; returns where it ends.
fn path(
    tokens: &[String],
    mut at: usize,
    mut start: Module,
    inline: usize,
    modules: &BTreeSet<Module>,
    found: &mut BTreeSet<Module>,
) -> usize {
    let mut inline = inline;
    loop {
        let Some(token) = tokens.get(at) else {
            found.insert(start);
            return at;
        };
        if token == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|token| token != "}") {
                at = if tokens[at] == "," {
                    at + 1
                } else {
                    path(tokens, at, start.clone(), 0, modules, found)
                };
            }
            return at + 1;
        }
        let mut next = start.clone();
        next.push(token.clone());
        if modules.contains(&next) {
            start = next;
        } else if token == "super" {
            if inline > 1 {
                inline -= 1;
            } else {
                start.pop();
            }
        } else if token != "self" {
            found.insert(start);
            // To the end of this path.
            while tokens
                .get(at)
                .is_some_and(|token| token != "," && token != "}" && token != ";")
            {
                at += 1;
            }
            return at;
        }
        at += 1;
        if tokens.get(at).is_some_and(|token| token == ":") {
            at += 2;
        } else {
            found.insert(start);
            return at;
        }
    }
}

#[track_caller]
fn is_in_one_direction(folder: &str, root: &str) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let read = Crate::read(&src, root);
    assert!(read.0.values().any(|uses| !uses.is_empty()), "{read:?}");
    if let Some(circle) = read.circle() {
        let names: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
        panic!("{folder}: {}", names.join(" uses "));
    }
}

#[test]
fn no_circle_among_the_modules_of_the_test_bench() {
    is_in_one_direction("testbench/src", "lib");
}

#[test]
fn no_circle_among_the_modules_of_the_command_line() {
    is_in_one_direction("src", "main");
}

#[test]
fn a_circle_is_found_through_every_kind_of_path() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("room")).unwrap();
    write(
        "lib.rs",
        "mod a; mod b; mod room; // crate::a::X is only a comment\n",
    );
    write(
        "b.rs",
        "const S: &str = \"crate::a::X\"; mod tests { use super::*; }\n",
    );
    write("room/mod.rs", "mod c;\n");
    write("room/c.rs", "");
    let circle = || {
        Crate::read(folder.path(), "lib")
            .circle()
            .map(|way| way.len())
    };
    for there in [
        "use crate::b::X;",
        "use crate::{b::{X, Y}, room::c};",
        "fn f() { crate::b::f() }",
        "use super::b;",
    ] {
        write("a.rs", there);
        write("b.rs", "");
        assert_eq!(circle(), None, "{there}");
        for back in [
            "use crate::a::Z;",
            "use super::a;",
            "mod tests { use super::super::a; }",
        ] {
            write("b.rs", back);
            assert_eq!(circle(), Some(3), "{there} {back}");
        }
    }
    write("b.rs", "");
    for (above, below) in [
        ("mod c; pub use c::X;", "use super::Y;"),
        ("use self::c::X;", "use crate::room;"),
    ] {
        write("room/mod.rs", above);
        write("room/c.rs", below);
        assert_eq!(circle(), Some(3), "{above} {below}");
    }
}
