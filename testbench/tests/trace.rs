//! The trace reader, on the recorded boot and on files that are wrong in every way it knows.

use std::path::{Path, PathBuf};

use dormouse_testbench::trace::{Event, Gfn, Icount, Kind, TraceError, TraceReader, zeroed_frames};

const HEADER: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site\n";

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/a_2g_default.events.csv.zst")
}

fn compressed(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<Event>, TraceError> {
    TraceReader::new(bytes, "small.zst")?.collect()
}

fn wrong(lines: &str) -> TraceError {
    read(&compressed(&format!("{HEADER}{lines}"))).unwrap_err()
}

#[test]
fn the_recorded_boot_zeroes_80524_pages() {
    let frames = zeroed_frames(&recorded(), 524_288).unwrap();
    assert_eq!(frames.len(), 80524);
    assert_eq!(frames[..3], [231, 230, 229]);
    assert_eq!(frames.last(), Some(&513_610));
}

#[test]
fn the_recorded_boot_has_as_many_events_of_each_kind_as_were_recorded() {
    let mut counts = std::collections::HashMap::new();
    let mut first = None;
    for event in TraceReader::open(&recorded()).unwrap() {
        let event = event.unwrap();
        first.get_or_insert(event);
        assert_eq!(event.dur.is_some(), event.kind == Kind::Zeroed);
        *counts.entry(event.kind).or_insert(0) += 1;
    }
    let expected = [
        (Kind::FoundDevice, 4422),
        (Kind::Phase, 9),
        (Kind::FirstRead, 4438),
        (Kind::Rewritten, 35883),
        (Kind::FirstWrite, 45865),
        (Kind::Fetch, 4),
        (Kind::Zeroed, 80524),
        (Kind::ReadDevice, 8),
        (Kind::FirstWriteZero, 25804),
    ];
    assert_eq!(counts, expected.into_iter().collect());
    let first = first.unwrap();
    assert_eq!(
        (first.icount, first.gfn, first.kind, first.site),
        (Icount(2), Gfn(246), Kind::FirstRead, None)
    );
}

#[test]
fn a_page_outside_the_memory_is_named_with_its_line() {
    let error = zeroed_frames(&recorded(), 231).unwrap_err();
    assert!(
        matches!(
            error,
            TraceError::FrameRange {
                frames: 231,
                line: 2,
                gfn: 246,
                ..
            }
        ),
        "{error}"
    );
    let text = error.to_string();
    assert!(
        text.contains("a_2g_default.events.csv.zst, line 2: page 246"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = zeroed_frames(Path::new("no/such/trace.zst"), 1).unwrap_err();
    assert!(matches!(error, TraceError::Open { .. }), "{error}");
    assert_eq!(error.to_string(), "no/such/trace.zst cannot be opened");
}

#[test]
fn a_file_that_is_not_zstd_is_named() {
    for bytes in [&b"icount,archicount"[..], b"", b"\x28\xb5"] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, TraceError::NotZstd { .. }), "{error}");
        assert_eq!(error.to_string(), "small.zst: not a zstd file");
    }
}

#[test]
fn a_compressed_stream_that_ends_early_is_truncated_wherever_it_is_cut() {
    let whole = std::fs::read(recorded()).unwrap();
    for cut in [4, 100, whole.len() / 2, whole.len() - 1] {
        let error = read(&whole[..cut]).unwrap_err();
        assert!(
            matches!(error, TraceError::Truncated { .. }),
            "cut at {cut}: {error}"
        );
    }
}

#[test]
fn a_last_line_that_is_cut_is_truncated_even_if_what_is_left_would_parse() {
    let error = wrong("2,2,0,246,R,0,,\n33,33,0,6,Z,0,10,12");
    assert!(
        matches!(error, TraceError::Truncated { line: 3, .. }),
        "{error}"
    );
    let error = read(&compressed("icount,arch")).unwrap_err();
    assert!(
        matches!(error, TraceError::Truncated { line: 1, .. }),
        "{error}"
    );
}

#[test]
fn a_damaged_stream_is_an_error() {
    let mut bytes = compressed(&format!("{HEADER}2,2,0,246,R,0,,\n").repeat(50));
    for byte in &mut bytes[8..] {
        *byte ^= 0xff;
    }
    let error = read(&bytes).unwrap_err();
    assert!(
        matches!(
            error,
            TraceError::Read { .. } | TraceError::Truncated { .. }
        ),
        "{error}"
    );
}

#[test]
fn other_columns_are_shown() {
    for text in ["icount,gpfn,kind\n1,2,R\n", "\n", &format!("x{HEADER}")] {
        let error = read(&compressed(text)).unwrap_err();
        assert!(matches!(error, TraceError::Columns { .. }), "{error}");
        assert!(
            error.to_string().contains(text.lines().next().unwrap()),
            "{error}"
        );
    }
    let error = read(&compressed("")).unwrap_err();
    assert!(matches!(error, TraceError::Columns { .. }), "{error}");
}

#[test]
fn too_few_and_too_many_fields_are_counted() {
    let error = wrong("2,2,0,246,R,0,\n");
    assert!(
        matches!(
            error,
            TraceError::Fields {
                line: 2,
                found: 7,
                ..
            }
        ),
        "{error}"
    );
    let error = wrong("2,2,0,246,R,0,,\n2,2,0,246,R,0,,,\n");
    assert!(
        matches!(
            error,
            TraceError::Fields {
                line: 3,
                found: 9,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn an_unknown_kind_is_shown() {
    for kind in ["Q", "", "ZZ", "r"] {
        let error = wrong(&format!("2,2,0,246,{kind},0,,\n"));
        assert!(
            matches!(&error, TraceError::UnknownKind { line: 2, found, .. } if found == kind),
            "{error}"
        );
    }
}

#[test]
fn a_field_that_is_no_number_is_named_with_its_column() {
    for (line, name) in [
        ("x,2,0,246,R,0,,", "icount"),
        ("+2,2,0,246,R,0,,", "icount"),
        ("2,-2,0,246,R,0,,", "archicount"),
        ("2,2,0.5,246,R,0,,", "vcpu"),
        ("2,2,0,4294967296,R,0,,", "gpfn"),
        ("2,2,0,246,R,,,", "aux"),
        ("2,2,0,246,Z,0, 4,", "dur"),
        ("2,2,0,246,Z,0,4,y", "site"),
    ] {
        let error = wrong(&format!("{line}\n"));
        assert!(
            matches!(error, TraceError::Number { line: 2, column, .. } if column == name),
            "{error}"
        );
    }
}

#[test]
fn time_that_runs_backwards_is_shown_and_equal_times_are_not() {
    let error = wrong("5,5,0,1,R,0,,\n5,5,0,2,R,0,,\n4,4,0,3,R,0,,\n");
    assert!(
        matches!(
            error,
            TraceError::OutOfOrder {
                line: 4,
                column: "icount",
                value: 4,
                before: 5,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_line_without_end_is_not_read_to_its_end() {
    let error = wrong(&"1".repeat(1 << 20));
    assert!(
        matches!(
            error,
            TraceError::Fields {
                line: 2,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn the_reader_ends_at_its_first_error() {
    let bytes = compressed(&format!("{HEADER}1,1,0,1,R,0,,\nx\n2,2,0,1,R,0,,\n"));
    let mut reader = TraceReader::new(&bytes[..], "small.zst").unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}
