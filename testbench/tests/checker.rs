//! Each rule of the checkers, by breaking it.

use dormouse_model::axi::{
    Ax, AxiReq, AxiResp, AxilReq, AxilResp, B, EXOKAY, FIXED, INCR, OKAY, R, SLVERR, W, WRAP,
};
use dormouse_testbench::checker::{AxiChecker, AxiLimits, AxiRuleError, AxilChecker, Channel};

const LIMITS: AxiLimits = AxiLimits {
    bus: 8,
    addr_width: 32,
    id_width: 4,
    writes: 2,
    reads: 2,
    misuse: false,
};

fn checker() -> AxiChecker {
    AxiChecker::with_limits(LIMITS)
}

fn ax(addr: u64, beats: u32, size: u8, burst: u8) -> Ax {
    Ax {
        id: 1,
        addr,
        len: (beats - 1) as u8,
        size,
        burst,
        lock: false,
    }
}

fn aw(ax: Ax) -> AxiReq {
    AxiReq {
        aw_valid: true,
        aw: ax,
        ..AxiReq::default()
    }
}

fn ar(ax: Ax) -> AxiReq {
    AxiReq {
        ar_valid: true,
        ar: ax,
        ..AxiReq::default()
    }
}

fn w(strb: u64, last: bool) -> AxiReq {
    AxiReq {
        w_valid: true,
        w: W {
            strb,
            last,
            ..W::default()
        },
        ..AxiReq::default()
    }
}

fn ready() -> AxiResp {
    AxiResp {
        aw_ready: true,
        w_ready: true,
        ar_ready: true,
        ..AxiResp::default()
    }
}

fn b(id: u32, resp: u8) -> AxiResp {
    AxiResp {
        b_valid: true,
        b: B { id, resp },
        ..AxiResp::default()
    }
}

fn r(id: u32, last: bool) -> AxiResp {
    AxiResp {
        r_valid: true,
        r: R {
            id,
            last,
            ..R::default()
        },
        ..AxiResp::default()
    }
}

fn taking() -> AxiReq {
    AxiReq {
        b_ready: true,
        r_ready: true,
        ..AxiReq::default()
    }
}

/// Runs cycles of which only the last may break a rule, and returns what it broke.
fn broken(cycles: &[(AxiReq, AxiResp)]) -> AxiRuleError {
    let mut checker = checker();
    let (last, before) = cycles.split_last().expect("cycles");
    for (i, (req, resp)) in before.iter().enumerate() {
        checker
            .clock(req, resp)
            .unwrap_or_else(|error| panic!("cycle {i} of the preparation: {error}"));
    }
    checker
        .clock(&last.0, &last.1)
        .expect_err("no rule was broken")
}

#[test]
fn a_legal_write_and_read_pass_and_leave_nothing() {
    let mut checker = checker();
    let idle = AxiResp::default();
    let both = AxiReq {
        w: W {
            strb: 0xff,
            ..W::default()
        },
        w_valid: true,
        ..aw(ax(0x1000, 2, 3, INCR))
    };
    // W goes ahead of its AW, which waits.
    let last = AxiReq {
        w: W {
            strb: 0xf0,
            last: true,
            ..W::default()
        },
        ..both
    };
    for (req, resp) in [
        (both, idle),
        (
            both,
            AxiResp {
                w_ready: true,
                ..idle
            },
        ),
        (last, ready()),
        (taking(), b(1, SLVERR)),
        (ar(ax(0x2004, 2, 2, WRAP)), ready()),
        (taking(), r(1, false)),
        (AxiReq::default(), r(1, true)),
        (taking(), r(1, true)),
    ] {
        checker.clock(&req, &resp).unwrap();
    }
    checker.finish().unwrap();
    assert_eq!(checker.cycle(), 8);
}

#[test]
fn a_valid_that_is_taken_back_is_found_on_every_channel() {
    let written = [(aw(ax(0, 1, 3, INCR)), ready()), (w(0xff, true), ready())];
    let read = [(ar(ax(0, 1, 3, INCR)), ready())];
    let idle = (AxiReq::default(), AxiResp::default());
    for (channel, before, valid) in [
        (
            Channel::Aw,
            &[][..],
            (aw(ax(0, 1, 3, INCR)), AxiResp::default()),
        ),
        (
            Channel::Ar,
            &[],
            (ar(ax(0, 1, 3, INCR)), AxiResp::default()),
        ),
        (Channel::W, &[], (w(0, false), AxiResp::default())),
        (Channel::B, &written, (AxiReq::default(), b(1, OKAY))),
        (Channel::R, &read, (AxiReq::default(), r(1, true))),
    ] {
        let error = broken(&[before, &[valid, idle]].concat());
        assert!(
            matches!(error, AxiRuleError::ValidDropped { channel: c, .. } if c == channel),
            "{error}"
        );
    }
}

#[test]
fn a_payload_that_changes_while_it_waits_is_found_on_every_channel() {
    let written = [(aw(ax(0, 1, 3, INCR)), ready()), (w(0xff, true), ready())];
    let read = [(ar(ax(0, 1, 3, INCR)), ready())];
    let stop = AxiResp::default();
    let none = AxiReq::default();
    for (channel, before, valid, changed) in [
        (
            Channel::Aw,
            &[][..],
            (aw(ax(0, 1, 3, INCR)), stop),
            (aw(ax(8, 1, 3, INCR)), ready()),
        ),
        (
            Channel::Ar,
            &[],
            (ar(ax(0, 1, 3, INCR)), stop),
            (ar(ax(0, 2, 3, INCR)), ready()),
        ),
        (Channel::W, &[], (w(1, false), stop), (w(3, false), ready())),
        (
            Channel::B,
            &written,
            (none, b(1, OKAY)),
            (taking(), b(1, SLVERR)),
        ),
        (
            Channel::R,
            &read,
            (none, r(1, true)),
            (taking(), r(2, true)),
        ),
    ] {
        let error = broken(&[before, &[valid, changed]].concat());
        assert!(
            matches!(error, AxiRuleError::PayloadChanged { channel: c, cycle, .. } if c == channel
            && cycle == before.len() as u64 + 1),
            "{error}"
        );
    }
}

#[test]
fn an_illegal_address_is_found_on_both_address_channels() {
    type Expected = fn(&AxiRuleError) -> bool;
    let cases: [(Ax, Expected); 9] = [
        (ax(0xff8, 2, 3, INCR), |e| {
            matches!(
                e,
                AxiRuleError::Boundary {
                    addr: 0xff8,
                    last: 0x1007,
                    ..
                }
            )
        }),
        (ax(0, 1, 4, INCR), |e| {
            matches!(
                e,
                AxiRuleError::Size {
                    size: 4,
                    bus: 8,
                    ..
                }
            )
        }),
        (ax(0, 3, 3, WRAP), |e| {
            matches!(e, AxiRuleError::Length { beats: 3, .. })
        }),
        (ax(0, 32, 3, WRAP), |e| {
            matches!(e, AxiRuleError::Length { beats: 32, .. })
        }),
        (ax(4, 4, 3, WRAP), |e| {
            matches!(e, AxiRuleError::WrapAlignment { addr: 4, .. })
        }),
        (ax(0, 17, 3, FIXED), |e| {
            matches!(e, AxiRuleError::Length { beats: 17, .. })
        }),
        (ax(0, 1, 3, 3), |e| {
            matches!(e, AxiRuleError::ReservedBurst { burst: 3, .. })
        }),
        (ax(1 << 32, 1, 3, INCR), |e| {
            matches!(e, AxiRuleError::Address { width: 32, .. })
        }),
        (
            Ax {
                id: 16,
                ..ax(0, 1, 3, INCR)
            },
            |e| matches!(e, AxiRuleError::Id { id: 16, .. }),
        ),
    ];
    for (ax, expected) in cases {
        for req in [aw(ax), ar(ax)] {
            let error = broken(&[(req, ready())]);
            assert!(expected(&error), "{error}");
        }
    }
    for legal in [
        ax(0x804, 256, 3, INCR),
        ax(0xff8, 1, 3, INCR),
        ax(0xff8, 16, 3, WRAP),
        ax(0xff8, 16, 3, FIXED),
        ax(0xfffd, 1, 3, INCR),
    ] {
        checker().clock(&aw(legal), &ready()).unwrap();
        checker().clock(&ar(legal), &ready()).unwrap();
    }
}

#[test]
fn wlast_off_the_last_beat_is_found() {
    let begin = (aw(ax(0, 2, 3, INCR)), ready());
    let early = broken(&[begin, (w(0xff, true), ready())]);
    assert!(
        matches!(
            early,
            AxiRuleError::Last {
                channel: Channel::W,
                last: true,
                left: 1,
                ..
            }
        ),
        "{early}"
    );
    let late = broken(&[begin, (w(0xff, false), ready()), (w(0xff, false), ready())]);
    assert!(
        matches!(
            late,
            AxiRuleError::Last {
                channel: Channel::W,
                last: false,
                left: 0,
                ..
            }
        ),
        "{late}"
    );
    // The same for beats that went ahead of their address.
    let ahead = broken(&[(w(0xff, true), ready()), begin]);
    assert!(
        matches!(
            ahead,
            AxiRuleError::Last {
                channel: Channel::W,
                last: true,
                left: 1,
                ..
            }
        ),
        "{ahead}"
    );
}

#[test]
fn strobes_outside_the_beat_are_found() {
    // Beats of 2 bytes from 0x3: lane 3, then lanes 4 and 5, then 6 and 7, then 0 and 1.
    let begin = (aw(ax(3, 4, 1, INCR)), ready());
    let lanes = [0x08, 0x30, 0xc0, 0x03];
    for bad in 0..4 {
        let mut cycles = vec![begin];
        cycles.extend((0..bad).map(|beat| (w(lanes[beat], false), ready())));
        cycles.push((w(lanes[bad] << 1 | lanes[bad], bad == 3), ready()));
        let error = broken(&cycles);
        assert!(
            matches!(error, AxiRuleError::Strobes { lanes: l, .. } if l == lanes[bad]),
            "{error}"
        );
    }
    // A WRAP of 2 beats of 4 from 0x4 comes back to 0x0; a FIXED one stays.
    let wrap = broken(&[
        (aw(ax(4, 2, 2, WRAP)), ready()),
        (w(0xf0, false), ready()),
        (w(0xf0, true), ready()),
    ]);
    assert!(
        matches!(
            wrap,
            AxiRuleError::Strobes {
                lanes: 0x0f,
                addr: 0,
                ..
            }
        ),
        "{wrap}"
    );
    let fixed = broken(&[
        (aw(ax(4, 2, 2, FIXED)), ready()),
        (w(0xf0, false), ready()),
        (w(0x0f, true), ready()),
    ]);
    assert!(
        matches!(
            fixed,
            AxiRuleError::Strobes {
                lanes: 0xf0,
                addr: 4,
                ..
            }
        ),
        "{fixed}"
    );
}

#[test]
fn one_burst_more_than_the_limit_is_found() {
    let write = (aw(ax(0, 1, 3, INCR)), ready());
    let error = broken(&[write, write, write]);
    assert!(
        matches!(
            error,
            AxiRuleError::Outstanding {
                channel: Channel::Aw,
                count: 3,
                limit: 2,
                ..
            }
        ),
        "{error}"
    );
    let read = (ar(ax(0, 1, 3, INCR)), ready());
    let error = broken(&[read, read, read]);
    assert!(
        matches!(
            error,
            AxiRuleError::Outstanding {
                channel: Channel::Ar,
                count: 3,
                limit: 2,
                ..
            }
        ),
        "{error}"
    );
    // A response in the same cycle makes room.
    let mut checker = checker();
    checker.clock(&write.0, &write.1).unwrap();
    checker
        .clock(
            &AxiReq {
                w_valid: true,
                w: W {
                    last: true,
                    ..W::default()
                },
                ..write.0
            },
            &write.1,
        )
        .unwrap();
    checker
        .clock(
            &AxiReq {
                b_ready: true,
                ..write.0
            },
            &AxiResp {
                b_valid: true,
                b: B { id: 1, resp: OKAY },
                ..ready()
            },
        )
        .unwrap();
}

#[test]
fn a_response_before_its_burst_is_complete_is_found() {
    let unasked = |cycles: &[(AxiReq, AxiResp)], channel, id| {
        let error = broken(cycles);
        assert!(
            matches!(error, AxiRuleError::Unasked { channel: c, id: i, .. } if c == channel && i == id),
            "{error}"
        );
    };
    let write = (aw(ax(0, 2, 3, INCR)), ready());
    let beat = (w(0xff, false), ready());
    let last = (w(0xff, true), ready());
    unasked(&[(taking(), b(1, OKAY))], Channel::B, 1);
    unasked(&[write, beat, (taking(), b(1, OKAY))], Channel::B, 1);
    unasked(&[write, beat, last, (taking(), b(2, OKAY))], Channel::B, 2);
    unasked(
        &[
            write,
            beat,
            last,
            (taking(), b(1, OKAY)),
            (taking(), b(1, OKAY)),
        ],
        Channel::B,
        1,
    );
    unasked(
        &[(w(0xff, true), ready()), (taking(), b(0, OKAY))],
        Channel::B,
        0,
    );
    // In the very cycle of the last beat it is too early as well.
    unasked(
        &[
            write,
            beat,
            (
                last.0,
                AxiResp {
                    w_ready: true,
                    ..b(1, OKAY)
                },
            ),
        ],
        Channel::B,
        1,
    );
    unasked(&[(taking(), r(1, true))], Channel::R, 1);
    unasked(
        &[(
            ar(ax(0, 1, 3, INCR)),
            AxiResp {
                ar_ready: true,
                ..r(1, true)
            },
        )],
        Channel::R,
        1,
    );
    unasked(
        &[(ar(ax(0, 1, 3, INCR)), ready()), (taking(), r(3, true))],
        Channel::R,
        3,
    );
}

#[test]
fn rlast_off_the_last_beat_is_found() {
    let begin = (ar(ax(0, 2, 3, INCR)), ready());
    let early = broken(&[begin, (taking(), r(1, true))]);
    assert!(
        matches!(
            early,
            AxiRuleError::Last {
                channel: Channel::R,
                last: true,
                left: 1,
                ..
            }
        ),
        "{early}"
    );
    let late = broken(&[begin, (taking(), r(1, false)), (taking(), r(1, false))]);
    assert!(
        matches!(
            late,
            AxiRuleError::Last {
                channel: Channel::R,
                last: false,
                left: 0,
                ..
            }
        ),
        "{late}"
    );
}

#[test]
fn an_impossible_response_is_found() {
    let written = [(aw(ax(0, 1, 3, INCR)), ready()), (w(0xff, true), ready())];
    for (id, resp) in [(1, EXOKAY), (1, 4), (16, OKAY)] {
        let error = broken(&[&written[..], &[(taking(), b(id, resp))]].concat());
        assert!(
            matches!(
                error,
                AxiRuleError::Response { .. } | AxiRuleError::Id { .. }
            ),
            "{error}"
        );
        let bad = AxiResp {
            r: R {
                resp,
                ..r(id, true).r
            },
            ..r(id, true)
        };
        let error = broken(&[(ar(ax(0, 1, 3, INCR)), ready()), (taking(), bad)]);
        assert!(
            matches!(
                error,
                AxiRuleError::Response { .. } | AxiRuleError::Id { .. }
            ),
            "{error}"
        );
    }
}

#[test]
fn a_valid_in_reset_is_found_and_reset_forgets_what_was_under_way() {
    let mut checker = checker();
    checker.clock(&aw(ax(0, 1, 3, INCR)), &ready()).unwrap();
    checker.clock_in_reset(&taking(), &ready()).unwrap();
    checker.finish().unwrap();
    for (req, resp, channel) in [
        (aw(Ax::default()), ready(), Channel::Aw),
        (ar(Ax::default()), ready(), Channel::Ar),
        (w(0, false), ready(), Channel::W),
        (taking(), b(0, OKAY), Channel::B),
        (taking(), r(0, false), Channel::R),
    ] {
        let error = checker.clock_in_reset(&req, &resp).unwrap_err();
        assert!(
            matches!(error, AxiRuleError::ValidInReset { channel: c, .. } if c == channel),
            "{error}"
        );
    }
}

#[test]
fn finish_names_everything_that_is_left() {
    let left = |cycles: &[(AxiReq, AxiResp)]| {
        let mut checker = checker();
        for (req, resp) in cycles {
            checker.clock(req, resp).unwrap();
        }
        match checker.finish() {
            Err(AxiRuleError::InFlight {
                waiting,
                unsent,
                unclaimed,
                unanswered,
                unread,
                ..
            }) => (waiting, unsent, unclaimed, unanswered, unread),
            other => panic!("{other:?}"),
        }
    };
    let write = (aw(ax(0, 1, 3, INCR)), ready());
    assert_eq!(left(&[(write.0, AxiResp::default())]), (1, 0, 0, 0, 0));
    assert_eq!(left(&[write]), (0, 1, 0, 0, 0));
    assert_eq!(left(&[(w(1, true), ready())]), (0, 0, 1, 0, 0));
    assert_eq!(left(&[write, (w(1, true), ready())]), (0, 0, 0, 1, 0));
    assert_eq!(left(&[(ar(ax(0, 1, 3, INCR)), ready())]), (0, 0, 0, 0, 1));
}

#[test]
fn responses_of_different_ids_may_come_in_any_order() {
    let mut checker = checker();
    let one = AxiReq {
        w_valid: true,
        w: W {
            last: true,
            ..W::default()
        },
        ..aw(ax(0, 1, 3, INCR))
    };
    let two = AxiReq {
        aw: Ax { id: 2, ..one.aw },
        ..one
    };
    for (req, resp) in [
        (one, ready()),
        (two, ready()),
        (taking(), b(2, OKAY)),
        (taking(), b(1, OKAY)),
    ] {
        checker.clock(&req, &resp).unwrap();
    }
    checker.finish().unwrap();
}

#[test]
fn a_message_names_cycle_rule_and_values() {
    let error = broken(&[(aw(ax(0xff8, 2, 3, INCR)), ready())]);
    assert_eq!(
        error.to_string(),
        "cycle 0: AW goes from 0xff8 to 0x1007 across a 4 KiB boundary (IHI 0022, A3.4.1)"
    );
}

fn lite_ready() -> AxilResp {
    AxilResp {
        aw_ready: true,
        w_ready: true,
        ar_ready: true,
        ..AxilResp::default()
    }
}

fn lite_broken(cycles: &[(AxilReq, AxilResp)]) -> AxiRuleError {
    let mut checker = AxilChecker::new();
    let (last, before) = cycles.split_last().expect("cycles");
    for (req, resp) in before {
        checker.clock(req, resp).unwrap();
    }
    checker
        .clock(&last.0, &last.1)
        .expect_err("no rule was broken")
}

#[test]
fn the_register_port_keeps_its_payload_until_ready() {
    let idle = AxilReq::default();
    let aw = AxilReq {
        aw_valid: true,
        aw_addr: 4,
        ..idle
    };
    let w = AxilReq {
        w_valid: true,
        w_data: 4,
        w_strb: 0xf,
        ..idle
    };
    let ar = AxilReq {
        ar_valid: true,
        ar_addr: 4,
        ..idle
    };
    for (req, changed, channel) in [
        (aw, AxilReq { aw_addr: 8, ..aw }, Channel::Aw),
        (w, AxilReq { w_data: 5, ..w }, Channel::W),
        (w, AxilReq { w_strb: 1, ..w }, Channel::W),
        (ar, AxilReq { ar_addr: 8, ..ar }, Channel::Ar),
    ] {
        let error = lite_broken(&[(req, AxilResp::default()), (changed, lite_ready())]);
        assert!(
            matches!(error, AxiRuleError::PayloadChanged { channel: c, .. } if c == channel),
            "{error}"
        );
        let error = lite_broken(&[(req, AxilResp::default()), (idle, lite_ready())]);
        assert!(
            matches!(error, AxiRuleError::ValidDropped { channel: c, .. } if c == channel),
            "{error}"
        );
    }
    let both = AxilReq {
        aw_valid: true,
        w_valid: true,
        ar_valid: true,
        ..idle
    };
    let b = AxilResp {
        b_valid: true,
        r_valid: true,
        ..AxilResp::default()
    };
    for (first, changed, channel) in [
        (
            b,
            AxilResp {
                b_resp: SLVERR,
                ..b
            },
            Channel::B,
        ),
        (b, AxilResp { r_data: 1, ..b }, Channel::R),
        (
            b,
            AxilResp {
                r_resp: SLVERR,
                ..b
            },
            Channel::R,
        ),
    ] {
        let error = lite_broken(&[(both, lite_ready()), (idle, first), (idle, changed)]);
        assert!(
            matches!(error, AxiRuleError::PayloadChanged { channel: c, .. } if c == channel),
            "{error}"
        );
    }
}

#[test]
fn the_register_port_answers_only_what_was_asked() {
    let idle = AxilReq::default();
    let taking = AxilReq {
        b_ready: true,
        r_ready: true,
        ..idle
    };
    let b = AxilResp {
        b_valid: true,
        ..AxilResp::default()
    };
    let r = AxilResp {
        r_valid: true,
        ..AxilResp::default()
    };
    let aw = AxilReq {
        aw_valid: true,
        ..idle
    };
    let w = AxilReq {
        w_valid: true,
        ..idle
    };
    let ar = AxilReq {
        ar_valid: true,
        ..idle
    };
    for cycles in [
        vec![(taking, b)],
        vec![(aw, lite_ready()), (taking, b)],
        vec![(w, lite_ready()), (taking, b)],
        vec![
            (aw, lite_ready()),
            (w, lite_ready()),
            (taking, b),
            (taking, b),
        ],
        vec![(
            ar,
            AxilResp {
                ar_ready: true,
                ..r
            },
        )],
        vec![(ar, lite_ready()), (taking, r), (taking, r)],
    ] {
        let error = lite_broken(&cycles);
        assert!(matches!(error, AxiRuleError::Unasked { .. }), "{error}");
    }
    let exokay = AxilResp {
        r_resp: EXOKAY,
        ..r
    };
    let error = lite_broken(&[(ar, lite_ready()), (taking, exokay)]);
    assert!(matches!(error, AxiRuleError::Response { .. }), "{error}");
    let error = lite_broken(&[(
        AxilReq {
            ar_addr: 0x1000,
            ..ar
        },
        lite_ready(),
    )]);
    assert!(matches!(error, AxiRuleError::Address { .. }), "{error}");
    let error = lite_broken(&[(AxilReq { w_strb: 0x10, ..w }, lite_ready())]);
    assert!(matches!(error, AxiRuleError::Strobes { .. }), "{error}");
}

#[test]
fn the_register_port_finishes_only_when_everything_is_answered() {
    let idle = AxilReq::default();
    let mut checker = AxilChecker::new();
    checker
        .clock(
            &AxilReq {
                aw_valid: true,
                ar_valid: true,
                ..idle
            },
            &lite_ready(),
        )
        .unwrap();
    let error = checker.finish().unwrap_err();
    assert!(
        matches!(
            error,
            AxiRuleError::InFlight {
                unsent: 1,
                unread: 1,
                ..
            }
        ),
        "{error}"
    );
    checker
        .clock(
            &AxilReq {
                w_valid: true,
                ..idle
            },
            &lite_ready(),
        )
        .unwrap();
    let error = checker.finish().unwrap_err();
    assert!(
        matches!(error, AxiRuleError::InFlight { unanswered: 1, .. }),
        "{error}"
    );
    let taking = AxilReq {
        b_ready: true,
        r_ready: true,
        ..idle
    };
    let answer = AxilResp {
        b_valid: true,
        r_valid: true,
        ..AxilResp::default()
    };
    checker.clock(&taking, &answer).unwrap();
    checker.finish().unwrap();
    let error = checker.clock_in_reset(&taking, &answer).unwrap_err();
    assert!(
        matches!(error, AxiRuleError::ValidInReset { .. }),
        "{error}"
    );
}
