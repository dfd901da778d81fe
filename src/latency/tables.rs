//! What `dormouse latency` prints: the worst of each figure, all that is behind it, and what misses the contract.

use super::storms::StormConversions;
use super::summary::Summary;
use super::{
    access::Access,
    bench::Worst,
    figures::{MARK_ALL, READ_DORMANT, RESIDENT, WRITE_DORMANT},
    storms::{BEHIND_ENGINE, STORM_READ, StormConversion},
};
use crate::console::table;
use crate::streams::say;

/// Each figure that is worse than the contract allows; of P5, what hits the cache.
pub fn missed(summary: &Summary) -> Vec<String> {
    let mut missed = Vec::new();
    let mut worse = |id: &str, worst: &Worst, contract: u64| {
        if worst.cycles > contract {
            let Worst { cycles, at, .. } = worst;
            missed.push(format!("{id}: {cycles} cycles, allowed {contract}: {at}"));
        }
    };
    let added = &summary.resident_added;
    worse("P5", &added.hit.part.worst, RESIDENT);
    worse("P6", &summary.read_dormant.figure.worst, READ_DORMANT);
    worse(
        "P7",
        &summary.write_dormant_pool.figure.worst,
        WRITE_DORMANT,
    );
    for case in &summary.write_dormant_ondemand.cases {
        worse("P8", &case.address.worst, case.address.contract);
    }
    worse("P9", &summary.mark_all.figure.worst, MARK_ALL);
    worse("P5, answers", &added.answers, 0);
    worse("P14", &summary.storm_read.figure.worst, STORM_READ);
    worse("P16", &summary.behind_engine.figure.worst, BEHIND_ENGINE);
    for case in &summary.storm_conversion.cases {
        if !case.met {
            let StormConversion {
                set,
                ports,
                cycles_per_conversion,
                contract,
                ..
            } = case;
            missed.push(format!(
                "P14: {cycles_per_conversion:.2} cycles a conversion, allowed {contract}: {set}, {ports} ports"
            ));
        }
    }
    let beats = summary.read_dormant.memory_beats;
    if beats != 0 {
        missed.push(format!("P6: {beats} transfers on the memory port"));
    }
    for stream in added.throughput.iter().filter(|s| s.met == Some(false)) {
        missed.push(format!(
            "P5: {} beats of {} in {} cycles: {}, {}",
            stream.beats, stream.channel, stream.cycles, stream.set, stream.pattern
        ));
    }
    missed
}

/// Prints the worst of each figure, and with `detail` what is behind it.
pub fn report(summary: &Summary, detail: bool) {
    let rows = short_rows(summary);
    let header = ["", "figure", "worst at", "cycles", "contract"];
    say!("Cycles, {}\n{}", summary.origin, table(3, &header, rows));
    if detail {
        report_figures(summary);
        report_streams(summary);
        report_traffic(summary);
    }
}

fn at_most(contract: Option<u64>) -> String {
    contract.map_or_else(|| "-".to_owned(), |contract| format!("<= {contract}"))
}

/// One row a figure.
fn short_rows(summary: &Summary) -> Vec<Vec<String>> {
    let row = |id: &str, what: &str, worst: &Worst, contract| {
        vec![
            id.to_owned(),
            what.to_owned(),
            worst.at.clone(),
            worst.cycles.to_string(),
            at_most(contract),
        ]
    };
    let resident = &summary.resident_added;
    let demand = &summary.write_dormant_ondemand.figure;
    let mut rows = vec![
        row(
            "P5",
            "added to a resident access, hit",
            &resident.hit.part.worst,
            Some(RESIDENT),
        ),
        row(
            "P5",
            "added to a resident access, miss",
            &resident.miss.part.worst,
            None,
        ),
        row(
            "P6",
            "read of a dormant page",
            &summary.read_dormant.figure.worst,
            Some(READ_DORMANT),
        ),
        row(
            "P7",
            "write to a dormant page, pool",
            &summary.write_dormant_pool.figure.worst,
            Some(WRITE_DORMANT),
        ),
        row(
            "P8",
            "write to a dormant page, on demand",
            &demand.worst,
            demand.contract,
        ),
        row(
            "P9",
            "mark of all pages",
            &summary.mark_all.figure.worst,
            Some(MARK_ALL),
        ),
        row(
            "",
            "page goes dormant",
            &summary.redormant.figure.worst,
            None,
        ),
        row(
            "P14",
            "dormant read beside conversions",
            &summary.storm_read.figure.worst,
            Some(STORM_READ),
        ),
        row(
            "",
            "added by a neighbour that withholds",
            &summary.beside_withholding.figure.worst,
            None,
        ),
        row(
            "P16",
            "added by background zeroing",
            &summary.behind_engine.figure.worst,
            Some(BEHIND_ENGINE),
        ),
    ];
    for (ports, one) in [("one port", true), ("more ports", false)] {
        let storm = &summary.storm_conversion;
        let contract = StormConversions::contract(one);
        rows.push(vec![
            "P14".to_owned(),
            format!("conversions in a row, {ports}"),
            String::new(),
            format!("{:.2}", storm.worst(one)),
            format!("<= {contract}"),
        ]);
    }
    rows
}

/// Rows of P14, P16, and of neighbours that withhold.
fn storm_rows(summary: &Summary, rows: &mut Vec<Vec<String>>) {
    let mut row = |id: &str, what: String, worst: &Worst, contract| {
        rows.push(vec![
            id.to_owned(),
            what,
            worst.at.clone(),
            worst.samples.to_string(),
            worst.best.to_string(),
            worst.cycles.to_string(),
            at_most(contract),
        ]);
    };
    for case in &summary.storm_read.cases {
        let what = format!("dormant read beside {}", case.beside);
        row("P14", what, &case.worst, Some(STORM_READ));
    }
    for case in &summary.beside_withholding.cases {
        row(
            "",
            format!("added by one that withholds {}", case.withheld),
            &case.worst,
            None,
        );
    }
    for case in &summary.behind_engine.cases {
        let what = format!("{} behind the engine, beyond {}", case.channel, case.alone);
        row("P16", what, &case.worst, Some(BEHIND_ENGINE));
    }
    for case in &summary.storm_conversion.cases {
        rows.push(vec![
            "P14".to_owned(),
            "conversions in a row".to_owned(),
            format!("{}, ports: {}", case.set, case.ports),
            case.conversions.to_string(),
            "-".to_owned(),
            format!("{:.2}", case.cycles_per_conversion),
            format!("<= {}", case.contract),
        ]);
    }
}

fn report_figures(summary: &Summary) {
    let row = |id: &str, what: String, worst: &Worst, contract: Option<u64>| {
        vec![
            id.to_owned(),
            what,
            worst.at.clone(),
            worst.samples.to_string(),
            worst.best.to_string(),
            worst.cycles.to_string(),
            at_most(contract),
        ]
    };
    let added = &summary.resident_added;
    let mut rows = vec![
        row(
            "P5",
            "resident, hit".into(),
            &added.hit.part.worst,
            Some(RESIDENT),
        ),
        row("P5", "resident, miss".into(), &added.miss.part.worst, None),
        row("P5", "R and B".into(), &added.answers, Some(0)),
        row(
            "P6",
            Access::ReadDormant.name().into(),
            &summary.read_dormant.figure.worst,
            Some(READ_DORMANT),
        ),
        row(
            "P7",
            Access::WriteDormant.name().into(),
            &summary.write_dormant_pool.figure.worst,
            Some(WRITE_DORMANT),
        ),
        row(
            "P7",
            "the same, zeros before the address".into(),
            &summary.write_dormant_pool.zeros_first,
            None,
        ),
    ];
    rows.extend(summary.write_dormant_ondemand.cases.iter().map(|case| {
        let what = format!("pool empty, B latency {}", case.b_latency);
        row("P8", what, &case.address.worst, Some(case.address.contract))
    }));
    rows.extend(summary.mark_all.tables.iter().map(|table| {
        let what = format!("mark all {} pages", table.guest_pages);
        let worst = table.finished.clone().join(&table.seen);
        row("P9", what, &worst, Some(MARK_ALL))
    }));
    let redormant = &summary.redormant;
    rows.push(row("", "doorbell".into(), &redormant.doorbell.worst, None));
    rows.extend(redormant.stores.iter().map(|stores| {
        let what = format!("zeroed by stores, delay {}", stores.delay);
        row("", what, &stores.worst, None)
    }));
    storm_rows(summary, &mut rows);
    let header = [
        "",
        "otherwise idle",
        "worst at",
        "samples",
        "best",
        "worst",
        "contract",
    ];
    say!("{}", table(3, &header, rows));
}

fn report_streams(summary: &Summary) {
    let streams = summary.resident_added.throughput.iter();
    let rows = streams.map(|stream| {
        vec![
            stream.set.to_owned(),
            stream.channel.to_owned(),
            stream.pattern.to_owned(),
            stream.beats.to_string(),
            format!("{:.3}", stream.beats_per_cycle),
        ]
    });
    let header = [
        "set",
        "channel",
        "resident accesses",
        "beats",
        "beats/cycle",
    ];
    say!("{}", table(3, &header, rows.collect()));
}

fn report_traffic(summary: &Summary) {
    let all = [
        &summary.read_dormant.beside,
        &summary.write_dormant_pool.beside,
        &summary.resident_added.beside,
        &summary.write_dormant_ondemand.beside,
    ];
    let rows = all.into_iter().flatten().map(|beside_traffic| {
        let data = beside_traffic.data.as_ref();
        vec![
            beside_traffic.access.to_owned(),
            beside_traffic.beside.clone(),
            beside_traffic.address.samples.to_string(),
            beside_traffic.address.cycles.to_string(),
            data.map_or_else(|| "-".to_owned(), |data| data.cycles.to_string()),
        ]
    });
    let header = ["access", "beside", "samples", "worst", "worst, data"];
    say!("{}", table(2, &header, rows.collect()));
}
