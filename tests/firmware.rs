//! The firmware image on the RISC-V core of the simulation SoC, with the node and the memory that both share.
#![cfg(feature = "rtl")]

use std::{env, fs, path::Path};

use dormouse_firmware::mailbox::{
    ARGUMENTS, CHURN, Exit, FILL, JOB, PROVOKE, RESULTS, SELF_TEST, STATUS, WORK, ZERO,
};
use dormouse_testbench::{
    memory::{Bytes, IdealParams, Memory, MemorySpec, Rpa},
    soc::{Soc, SocError, Straps},
};

type Board = Soc<Box<dyn Memory + Send>>;

/// `cargo xtask test` builds the image and names it; by hand it lies where cargo puts it.
fn image() -> Vec<u8> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/riscv32imac-unknown-none-elf/release/hyperkernel");
    let path = env::var_os("DORMOUSE_IMAGE").map_or(built, Into::into);
    fs::read(&path)
        .unwrap_or_else(|e| panic!("{}: {e}; `cargo xtask test` builds it", path.display()))
}

fn board(spec: &MemorySpec, straps: Straps) -> Board {
    let memory = spec.build(&Board::config()).expect("a legal memory");
    Soc::new(&image(), memory, straps).expect("the image fits")
}

fn ideal(b_latency: u32) -> MemorySpec {
    MemorySpec::Ideal(IdealParams {
        b_latency,
        ..IdealParams::default()
    })
}

fn run(soc: &mut Board, job: u32, arguments: &[u32]) -> Exit {
    let mailbox = soc.mailbox();
    mailbox[JOB] = job;
    mailbox[ARGUMENTS..][..arguments.len()].copy_from_slice(arguments);
    let code = soc.run(5_000_000).expect("the job ends");
    let status = soc.mailbox()[STATUS];
    assert_eq!(status, code + 1, "status word; console: {}", soc.console());
    let exits = [
        Exit::Done,
        Exit::Failed,
        Exit::NoJob,
        Exit::Panic,
        Exit::Exception,
        Exit::BusError,
    ];
    let known = exits.into_iter().find(|exit| *exit as u32 == code);
    known.unwrap_or_else(|| panic!("unknown exit code {code}; console: {}", soc.console()))
}

#[test]
fn the_self_test_finds_the_node_and_says_so_on_the_console() {
    let mut soc = board(&ideal(4), Straps::default());
    assert_eq!(run(&mut soc, SELF_TEST, &[]), Exit::Done);
    assert_eq!(soc.mailbox()[RESULTS], Board::config().real_frames);
    assert!(soc.console().contains("524288"), "{}", soc.console());
}

#[test]
fn the_pool_fills_under_interrupt_while_the_core_sleeps() {
    let mut soc = board(
        &ideal(32),
        Straps {
            posted: true,
            merge: false,
        },
    );
    assert_eq!(
        run(&mut soc, FILL, &[64, 0]),
        Exit::Done,
        "{}",
        soc.console()
    );
    let results = &soc.mailbox()[RESULTS..];
    let (level, interrupts, asleep) = (results[0], results[1], results[3]);
    assert!(level >= 64, "{level} frames in the pool");
    assert!(interrupts > 0);
    assert!(asleep > 0, "the core never slept");
    let page = Bytes(4096);
    let zero = (0..Board::config().real_frames)
        .filter(|rfn| soc.memory.store().is_zero(Rpa(u64::from(*rfn) << 12), page));
    assert!(zero.count() >= 64);
}

#[test]
fn software_zeroes_every_byte_of_its_frames_and_none_beside_them() {
    for straps in [(false, false), (true, false), (true, true)] {
        let mut soc = board(
            &ideal(4),
            Straps {
                posted: straps.0,
                merge: straps.1,
            },
        );
        assert_eq!(
            run(&mut soc, ZERO, &[100, 3, 0, 0]),
            Exit::Done,
            "{}",
            soc.console()
        );
        let store = soc.memory.store();
        for rfn in 100..103 {
            assert!(
                store.is_zero(Rpa(rfn << 12), Bytes(4096)),
                "frame {rfn}, straps {straps:?}"
            );
        }
        assert!((0..4096).all(|i| store.byte(Rpa(99 << 12 | i)) != 0));
        assert!((0..4096).all(|i| store.byte(Rpa(103 << 12 | i)) != 0));
    }
}

#[test]
fn every_frame_that_the_hyperkernel_hands_out_on_the_core_reads_zero() {
    for seed in 1..4 {
        let mut soc = board(
            &ideal(8),
            Straps {
                posted: true,
                merge: true,
            },
        );
        assert_eq!(
            run(&mut soc, CHURN, &[40, 16, seed]),
            Exit::Done,
            "{}",
            soc.console()
        );
        assert!(soc.mailbox()[RESULTS] > 0, "nothing was allocated");
    }
}

#[test]
fn a_broken_frame_is_found_on_the_core_while_the_pool_fills() {
    let toml = r#"
        kind = "faulty"
        memory = { kind = "ideal", b_latency = 4 }
        [[faults.ranges]]
        start = 20480
        bytes = 4096
        access = "write"
    "#;
    let spec = MemorySpec::from_toml(toml).unwrap_or_else(|e| panic!("{e}"));
    let mut soc = board(&spec, Straps::default());
    let code = run(&mut soc, FILL, &[32, 0]);
    assert_eq!(code, Exit::Done, "{}", soc.console());
    let bad = soc.mailbox()[RESULTS + 4];
    assert_eq!(bad, 1, "{}", soc.console());
}

#[test]
fn on_memory_with_ecc_the_pool_fills_and_frames_are_used_without_an_error() {
    let spec = ideal(4).with_ecc(&Board::config());
    for (job, arguments) in [(FILL, [64, 0, 0]), (CHURN, [40, 16, 1])] {
        let mut soc = board(&spec, Straps::default());
        let exit = run(&mut soc, job, &arguments);
        assert_eq!(exit, Exit::Done, "{}", soc.console());
        assert_eq!(soc.memory.store().ecc_errors(), 0);
    }
}

#[test]
fn useful_work_goes_faster_beside_the_engine_than_after_software_zeroing() {
    let rounds = |mode| {
        let mut soc = board(
            &ideal(4),
            Straps {
                posted: true,
                merge: true,
            },
        );
        assert_eq!(
            run(&mut soc, WORK, &[mode, 64, 120_000]),
            Exit::Done,
            "{}",
            soc.console()
        );
        soc.mailbox()[RESULTS]
    };
    let (alone, engine, software) = (rounds(0), rounds(1), rounds(2));
    assert!(
        alone >= engine && engine > software,
        "{alone} alone, {engine} engine, {software} software"
    );
}

#[test]
fn nothing_that_firmware_does_wrong_hangs_the_core() {
    for (what, code) in [
        (0, Exit::BusError),
        (1, Exit::BusError),
        (2, Exit::BusError),
        (3, Exit::Exception),
        (4, Exit::Exception),
        (6, Exit::Panic),
    ] {
        let mut soc = board(&ideal(4), Straps::default());
        assert_eq!(
            run(&mut soc, PROVOKE, &[what]),
            code,
            "case {what}: {}",
            soc.console()
        );
        assert!(!soc.console().is_empty(), "case {what} says nothing");
    }
}

#[test]
fn a_refused_register_access_is_an_error_in_the_driver_and_the_firmware_goes_on() {
    let mut soc = board(&ideal(4), Straps::default());
    assert_eq!(
        run(&mut soc, PROVOKE, &[16]),
        Exit::Done,
        "{}",
        soc.console()
    );
}

#[test]
fn an_unknown_job_is_refused() {
    let mut soc = board(&ideal(4), Straps::default());
    assert_eq!(run(&mut soc, 99, &[]), Exit::NoJob);
}

#[test]
fn an_image_that_is_no_elf_file_or_lies_elsewhere_is_named() {
    let memory = || ideal(4).build(&Board::config()).expect("a legal memory");
    let error = Soc::new(b"not an image", memory(), Straps::default()).err();
    assert!(matches!(error, Some(SocError::Image(_))), "{error:?}");
}

#[test]
fn a_core_that_never_ends_is_given_up_after_the_limit() {
    let mut soc = board(&ideal(4), Straps::default());
    soc.mailbox()[JOB] = SELF_TEST;
    assert!(matches!(
        soc.run(100),
        Err(SocError::Timeout { cycles: 100, .. })
    ));
}
