//! The C header says what the Rust registers say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dormouse_driver::regs::{
    Arg, Code, FrameCmd, FrameOp, FrameState, Irq, PageOp, REGISTERS, ResultReg, Throttle,
};

/// A C file that includes the header and compiles only if each of these constant expressions is true.
fn source(truths: &[String]) -> String {
    let checks: Vec<_> = truths
        .iter()
        .enumerate()
        .map(|(at, truth)| format!("typedef char truth_{at}[({truth}) ? 1 : -1];\n"))
        .collect();
    format!("#include \"dormouse.h\"\n{}", checks.concat())
}

/// Whether the system's C compiler takes it without a warning, and what it says.
fn compiles(name: &str, text: &str) -> (bool, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.c"));
    fs::write(&file, text).expect("a file");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let made = Command::new(&compiler)
        .args([
            "-std=c99",
            "-pedantic",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-c",
            "-I",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"))
        .arg("-o")
        .arg(folder.join(format!("{name}.o")))
        .arg(&file)
        .output()
        .unwrap_or_else(|error| panic!("C compiler {}: {error}", compiler.display()));
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    (made.status.success(), said)
}

#[test]
fn offsets_resets_fields_and_values_in_c_are_those_in_rust() {
    let equal = |name: &str, value: u32| format!("{name} == 0x{value:X}u");
    let mut truths = Vec::new();
    for register in REGISTERS {
        let (name, entry) = match register.name.split_once('[') {
            Some((array, rest)) => (array, rest.trim_end_matches(']').parse().expect("an index")),
            None => (register.name, 0),
        };
        truths.push(equal(
            &format!("DORMOUSE_{name} + {}u", 4 * entry),
            register.offset.into(),
        ));
        if register.reset != 0 {
            truths.push(equal(&format!("DORMOUSE_{name}_RESET"), register.reset));
        }
    }
    for (name, value) in [
        ("DORMOUSE_FRAME_CMD_OP_SHIFT", FrameCmd::OP_SHIFT),
        ("DORMOUSE_FRAME_CMD_OP_MASK", FrameCmd::OP_MASK),
        ("DORMOUSE_FRAME_CMD_TARGET_MASK", FrameCmd::TARGET_MASK),
        ("DORMOUSE_RESULT_BUSY_MASK", ResultReg::BUSY_MASK),
        ("DORMOUSE_RESULT_CODE_SHIFT", ResultReg::CODE_SHIFT),
        ("DORMOUSE_RESULT_VALUE_MASK", ResultReg::VALUE_MASK),
        ("DORMOUSE_ARG_KIND_SHIFT", Arg::KIND_SHIFT),
        ("DORMOUSE_THROTTLE_DEPTH_MASK", Throttle::DEPTH_MASK),
        ("DORMOUSE_IRQ_STATUS_BAD_FRAME_MASK", Irq::BAD_FRAME.bits()),
        ("DORMOUSE_IRQ_ENABLE_PARITY_MASK", Irq::PARITY.bits()),
        ("DORMOUSE_FRAME_OP_QUEUE_RANGE", FrameOp::QueueRange.into()),
        ("DORMOUSE_PAGE_OP_ADOPT", PageOp::Adopt.into()),
        ("DORMOUSE_CODE_EMPTY", Code::Empty.into()),
        ("DORMOUSE_FRAME_STATE_FILLED", FrameState::Filled.into()),
        // The macros, where the sign of C's int would show.
        (
            "DORMOUSE_PUT(DORMOUSE_FRAME_CMD_OP, DORMOUSE_FRAME_OP_RESERVE)",
            FrameCmd::default().with_op(FrameOp::Reserve).0,
        ),
        ("DORMOUSE_GET(0x9000000Cu, DORMOUSE_FRAME_CMD_OP)", 9),
    ] {
        truths.push(equal(name, value));
    }
    assert!(truths.len() > 100, "{}", truths.len());
    let (taken, said) = compiles("agrees", &source(&truths));
    assert!(taken, "{said}");
}

#[test]
fn the_example_of_the_integration_page_compiles() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/integrate.md");
    let text = fs::read_to_string(page).expect("the page");
    let example = text.split("```c\n").nth(1).expect("an example");
    let example = example.split("```").next().expect("its end");
    let used = format!("{example}\nint main(void) {{ return (int)queue_range(0, 1); }}\n");
    let (taken, said) = compiles("example", &used);
    assert!(taken, "{said}");
}

#[test]
fn a_constant_that_differs_does_not_compile() {
    let wrong = ["DORMOUSE_RESULT == 0x040u".to_owned()];
    let (taken, said) = compiles("differs", &source(&wrong));
    assert!(!taken && said.contains("truth_0"), "{said}");
}
