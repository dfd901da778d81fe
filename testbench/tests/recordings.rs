//! The reader of recordings, on the recorded boot and on files that are wrong in every way it knows.

use std::path::{Path, PathBuf};

use dormouse_driver::Gfn;
use dormouse_testbench::recording::{Event, EventReader, Icount, Kind, Recording, RecordingError};

const HEADER: &str = "icount,archicount,vcpu,gpfn,kind,aux,dur,site\n";

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/a_2g_default.events.csv.zst")
}

fn compressed(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<Event>, RecordingError> {
    EventReader::new(bytes, "small.zst")?.collect()
}

fn wrong(lines: &str) -> RecordingError {
    read(&compressed(&format!("{HEADER}{lines}"))).unwrap_err()
}

#[test]
fn the_recorded_boot_zeroes_80524_pages() {
    let frames = Recording::read(&recorded(), None, 524_288).unwrap();
    let frames = frames.zeroed_frames();
    assert_eq!(frames.len(), 80524);
    assert_eq!(frames[..3], [231, 230, 229]);
    assert_eq!(frames.last(), Some(&513_610));
}

#[test]
fn the_recorded_boot_has_as_many_events_of_each_kind_as_were_recorded() {
    let mut counts = std::collections::HashMap::new();
    let mut first = None;
    for event in EventReader::open(&recorded()).unwrap() {
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
    let error = Recording::read(&recorded(), None, 231).unwrap_err();
    assert!(
        matches!(
            error,
            RecordingError::FrameRange {
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
        text.contains("a_2g_default.events.csv.zst, line 2: gpfn: page 246"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Recording::read(Path::new("no/such/trace.zst"), None, 1).unwrap_err();
    assert!(matches!(error, RecordingError::Open { .. }), "{error}");
    assert_eq!(error.to_string(), "no/such/trace.zst cannot be opened");
}

#[test]
fn a_file_that_is_not_zstd_is_named() {
    for bytes in [&b"icount,archicount"[..], b"", b"\x28\xb5"] {
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, RecordingError::NotZstd { .. }), "{error}");
        assert_eq!(error.to_string(), "small.zst: not a zstd file");
    }
}

#[test]
fn a_compressed_stream_that_ends_early_is_truncated_wherever_it_is_cut() {
    let whole = std::fs::read(recorded()).unwrap();
    for cut in [4, 100, whole.len() / 2, whole.len() - 1] {
        let error = read(&whole[..cut]).unwrap_err();
        assert!(
            matches!(error, RecordingError::Truncated { .. }),
            "cut at {cut}: {error}"
        );
    }
}

#[test]
fn a_last_line_that_is_cut_is_truncated_even_if_what_is_left_would_parse() {
    let error = wrong("2,2,0,246,R,0,,\n33,33,0,6,Z,0,10,12");
    assert!(
        matches!(error, RecordingError::Truncated { line: 3, .. }),
        "{error}"
    );
    let error = read(&compressed("icount,arch")).unwrap_err();
    assert!(
        matches!(error, RecordingError::Truncated { line: 1, .. }),
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
            RecordingError::Read { .. } | RecordingError::Truncated { .. }
        ),
        "{error}"
    );
}

#[test]
fn other_columns_are_shown() {
    for text in ["icount,gpfn,kind\n1,2,R\n", "\n", &format!("x{HEADER}")] {
        let error = read(&compressed(text)).unwrap_err();
        assert!(matches!(error, RecordingError::Columns { .. }), "{error}");
        assert!(
            error.to_string().contains(text.lines().next().unwrap()),
            "{error}"
        );
    }
    let error = read(&compressed("")).unwrap_err();
    assert!(matches!(error, RecordingError::Columns { .. }), "{error}");
}

#[test]
fn too_few_and_too_many_fields_are_counted() {
    let error = wrong("2,2,0,246,R,0,\n");
    assert!(
        matches!(
            error,
            RecordingError::Fields {
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
            RecordingError::Fields {
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
            matches!(&error, RecordingError::UnknownKind { line: 2, found, .. } if found == kind),
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
            matches!(error, RecordingError::Number { line: 2, column, .. } if column == name),
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
            RecordingError::OutOfOrder {
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
            RecordingError::Fields {
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
    let mut reader = EventReader::new(&bytes[..], "small.zst").unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

#[test]
fn a_file_that_begins_with_a_frame_to_be_skipped_is_read() {
    // As `pzstd` writes it: a skippable frame with the size of what follows.
    for first in [0x50, 0x5f] {
        let mut bytes = vec![first, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(compressed(&format!("{HEADER}2,2,0,246,R,0,,\n")));
        bytes.extend(compressed("9,9,0,0,M,99,,\n"));
        assert_eq!(read(&bytes).unwrap().len(), 2);
    }
}

#[test]
fn bytes_that_cannot_be_seen_are_escaped_in_messages() {
    for (text, shown) in [
        (format!("\u{feff}{HEADER}"), r"\xef\xbb\xbficount"),
        (HEADER.replace('\n', "\r\n"), r"site\r`"),
        (
            format!("{HEADER}2,2,0,24\u{200b}6,R,0,,\n"),
            r"24\xe2\x80\x8b6",
        ),
        (format!("{HEADER}2,2,0,246,R\t,0,,\n"), r"`R\t`"),
        (format!("{HEADER}2,2,0,246,R,0,,\r\n"), r"`\r`"),
    ] {
        let error = read(&compressed(&text)).unwrap_err().to_string();
        assert!(error.contains(shown), "{error}");
        assert!(
            error.chars().all(|c| c.is_ascii_graphic() || c == ' '),
            "{error}"
        );
    }
    let long = "x".repeat(3000);
    let error = wrong(&format!("{long},2,0,246,R,0,,\n")).to_string();
    assert!(error.len() < 200, "{error}");
}

/// Every way in which one more line can contradict the lines above it.
#[test]
fn a_line_that_contradicts_the_format_is_named_with_its_column() {
    let above = "10,10,0,0,M,1,,\n\
                 20,20,0,1,R,0,,\n\
                 30,30,0,2,w,0,,\n\
                 40,40,0,3,W,0,,\n\
                 50,50,0,4,X,0,,\n\
                 5000,60,0,5,W,0,,\n\
                 9000,70,0,5,Z,2,4000,7\n\
                 9100,80,0,6,W,0,,\n\
                 13200,90,0,6,Z,2,4000,7\n\
                 13300,100,0,6,V,0,,\n\
                 13400,110,0,0,M,3,,\n";
    let with = |line: &str| wrong(&format!("{above}{line}\n20000,20000,0,0,M,99,,\n"));
    for (line, name, part) in [
        // Clocks.
        (
            "20000,20000,0,9,R,0,,",
            "archicount",
            "cannot be more than 6710",
        ),
        (
            "1000000000001,200,0,9,R,0,,",
            "icount",
            "cannot be more than 1000000000000",
        ),
        (
            "18446744073709551615,200,0,9,R,0,,",
            "icount",
            "1000000000000",
        ),
        // Columns by themselves.
        ("14000,200,1,9,R,0,,", "vcpu", "one processor"),
        ("14000,200,0,9,R,3,,", "aux", "0 to 2"),
        ("14000,200,0,9,w,2,,", "aux", "0 to 1"),
        ("14000,200,0,9,W,4,,", "aux", "0 to 3"),
        ("14000,200,0,9,X,1,,", "aux", "0 to 0"),
        ("14000,200,0,5,V,1,,", "aux", "0 to 0"),
        ("14000,200,0,9,R,0,5,", "dur", "only a zeroing"),
        ("14000,200,0,9,R,0,,5", "site", "only a zeroing"),
        ("14000,200,0,9,Z,0,,", "dur", "how many instructions"),
        ("140000,200,0,9,Z,0,100001,", "dur", "at most 100000"),
        ("14000,200,0,9,Z,0,14001,", "dur", "before reset"),
        // Phases.
        ("14000,200,0,1,M,4,,", "gpfn", "no page"),
        ("14000,200,0,0,M,3,,", "aux", "phase 3 has begun before"),
        ("14000,200,0,0,M,2,,", "aux", "phase 3 has begun before"),
        ("14000,200,0,0,M,0,,", "aux", "phases are 1 to 8"),
        ("14000,200,0,0,M,9,,", "aux", "phases are 1 to 8"),
        // First touches.
        ("14000,200,0,1,R,0,,", "kind", "loaded before"),
        ("14000,200,0,2,R,0,,", "kind", "stored before"),
        ("14000,200,0,3,R,0,,", "kind", "stored before"),
        ("14000,200,0,5,R,0,,", "kind", "stored before"),
        ("14000,200,0,1,w,0,,", "kind", "touched before"),
        ("14000,200,0,4,w,0,,", "kind", "touched before"),
        ("14000,200,0,1,X,0,,", "kind", "touched before"),
        ("14000,200,0,3,W,1,,", "kind", "there was one before"),
        ("14000,200,0,1,W,0,,", "aux", "was touched"),
        ("14000,200,0,9,W,1,,", "aux", "was not touched"),
        ("14000,200,0,2,W,3,,", "aux", "none did"),
        // Zeroings and what comes after them.
        ("14000,200,0,3,Z,0,4000,", "aux", "never touched"),
        ("14000,200,0,3,Z,1,4000,", "aux", "touched and zero"),
        ("14000,200,0,9,Z,1,4000,", "aux", "touched and zero"),
        ("14000,200,0,2,Z,2,4000,", "aux", "in use"),
        ("14000,200,0,6,Z,2,4000,", "dur", "was over"),
        ("14000,200,0,3,V,0,,", "kind", "there was none"),
        ("14000,200,0,6,V,0,,", "kind", "there was one before"),
        ("14000,200,0,3,d,0,,", "kind", "believed to be zero"),
        ("14000,200,0,6,d,0,,", "kind", "believed to be zero"),
        ("14000,200,0,3,D,0,,", "aux", "never touched"),
        ("14000,200,0,9,D,1,,", "aux", "touched"),
        ("14000,200,0,3,D,2,,", "aux", "zeroed before"),
    ] {
        let error = with(line).to_string();
        for part in ["small.zst, line 13: ", name, part] {
            assert!(error.contains(part), "{line}: {part}: {error}");
        }
    }
    // The same lines where nothing contradicts them.
    for line in [
        "14000,700,0,4,R,2,,",
        "14000,700,0,1,W,1,,",
        "14000,700,0,9,W,0,,",
        "14000,700,0,9,Z,0,4000,",
        "14000,700,0,1,Z,1,4000,",
        "14000,700,0,3,Z,2,400,",
        "14000,700,0,5,V,0,,",
        "14000,700,0,5,d,0,,",
        "14000,700,0,9,D,0,,",
        "14000,700,0,5,D,2,,",
        "14000,700,0,0,M,8,,",
    ] {
        let text = format!("{HEADER}{above}{line}\n20000,6000,0,0,M,99,,\n");
        assert_eq!(read(&compressed(&text)).unwrap().len(), 13, "{line}");
    }
}

#[test]
fn a_recording_ends_once_and_with_its_end() {
    let end = "9,9,0,0,M,99,,\n";
    let error = wrong("2,2,0,246,R,0,,\n");
    assert!(
        matches!(error, RecordingError::CutShort { line: 2, .. }),
        "{error}"
    );
    for behind in ["10,10,0,1,R,0,,\n", end, "\n", "nonsense\n"] {
        let error = wrong(&format!("{end}{behind}"));
        let named = matches!(
            error,
            RecordingError::AfterEnd {
                line: 3,
                end: 9,
                ..
            }
        );
        assert!(named, "{error}");
    }
}

/// Both files of a recording, read as commands read them.
fn pair(events: &str, rows: &str) -> Result<Recording, RecordingError> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let header = "window,gpfn,lines_read,lines_written,lines_written_nonzero,loads,stores\n";
    std::fs::write(
        path("a.events.csv.zst"),
        compressed(&format!("{HEADER}{events}")),
    )
    .unwrap();
    std::fs::write(
        path("a.activity.csv.zst"),
        compressed(&format!("{header}{rows}")),
    )
    .unwrap();
    let events = path("a.events.csv.zst");
    Recording::read(&events, Recording::activity_path(&events).as_deref(), 64)
}

#[test]
fn activity_that_contradicts_the_events_is_named_with_its_column() {
    let events = "10,10,0,1,R,0,,\n20,20,0,2,W,0,,\n1000030,30,0,3,W,0,,\n1500000,40,0,0,M,99,,\n";
    for (row, name, part) in [
        ("0,1,65,0,0,90,0", "lines_read", "more than 64"),
        ("0,2,0,9,0,0,4", "lines_written", "more than 8"),
        ("0,2,0,9,10,0,9", "lines_written_nonzero", "more than 9"),
        ("0,1,1,0,0,0,0", "lines_read", "more than 0"),
        ("0,1,0,0,0,0,0", "loads", "has an access"),
        ("0,9,1,0,0,1,0", "gpfn", "touched by then"),
        ("0,3,1,0,0,1,0", "gpfn", "touched by then"),
        ("0,1,1,1,1,1,1", "lines_written_nonzero", "kind W"),
        ("2,1,1,0,0,1,0", "behind the end", "1500000"),
    ] {
        let error = pair(events, &format!("{row}\n")).unwrap_err().to_string();
        for part in ["a.activity.csv.zst, line 2: ", name, part] {
            assert!(error.contains(part), "{row}: {part}: {error}");
        }
    }
    assert_eq!(
        pair(events, "0,1,1,0,0,1,0\n1,3,1,9,9,1,9\n")
            .unwrap()
            .activity
            .len(),
        2
    );
}

#[test]
fn the_activity_is_beside_the_events_whatever_bytes_their_name_has() {
    let path = |name: &str| Recording::activity_path(Path::new(name));
    assert_eq!(
        path("a b/c.events.csv.zst"),
        Some("a b/c.activity.csv.zst".into())
    );
    assert_eq!(
        path("a.b.events.csv.zst"),
        Some("a.b.activity.csv.zst".into())
    );
    for other in ["a.events.csv", "a.csv.zst", "events.csv.zst", "", ".."] {
        assert_eq!(path(other), None, "{other}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"n\xff.events.csv.zst");
        let activity = Recording::activity_path(Path::new(name)).unwrap();
        assert_eq!(activity.as_os_str().as_bytes(), b"n\xff.activity.csv.zst");
    }
}
