//! Everything measured, and the few figures of it that the contract names.

use anyhow::Result;
use serde::Serialize;

use super::bench::LATENCY;
use super::bench::SETS;
use super::figures::{
    DormantReads, DormantWrites, DormantWritesOnDemand, Marks, Redormant, ResidentAccesses,
};
use super::storms::{BehindEngine, BesideWithholding, StormConversions, StormReads};
use super::{figures, storms};
use crate::target::Target;

/// The command contract: each figure as one number, in cycles.
#[derive(Serialize)]
pub struct Short {
    pub origin: &'static str,
    read_dormant: u64,
    write_dormant_pool: u64,
    write_dormant_ondemand: u64,
    resident_added: u64,
    mark_all: u64,
    redormant: u64,
    storm_read: u64,
    storm_conversion: f64,
    storm_conversion_one_port: f64,
    beside_withholding: u64,
    behind_engine: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Summary>,
}

impl Short {
    /// Of what was measured.
    pub fn new(summary: Summary, detail: bool) -> Self {
        Self {
            origin: summary.origin,
            read_dormant: summary.read_dormant.figure.worst.cycles,
            write_dormant_pool: summary.write_dormant_pool.figure.worst.cycles,
            write_dormant_ondemand: summary.write_dormant_ondemand.figure.worst.cycles,
            resident_added: summary.resident_added.figure.worst.cycles,
            mark_all: summary.mark_all.figure.worst.cycles,
            redormant: summary.redormant.figure.worst.cycles,
            storm_read: summary.storm_read.figure.worst.cycles,
            storm_conversion: summary.storm_conversion.worst(false),
            storm_conversion_one_port: summary.storm_conversion.worst(true),
            beside_withholding: summary.beside_withholding.figure.worst.cycles,
            behind_engine: summary.behind_engine.figure.worst.cycles,
            detail: detail.then_some(summary),
        }
    }
}

/// Everything measured.
#[derive(Serialize)]
pub struct Summary {
    pub origin: &'static str,
    pub memory: String,
    pub sets: Vec<&'static str>,
    pub read_dormant: DormantReads,
    pub write_dormant_pool: DormantWrites,
    pub write_dormant_ondemand: DormantWritesOnDemand,
    pub resident_added: ResidentAccesses,
    pub mark_all: Marks,
    pub redormant: Redormant,
    pub storm_read: StormReads,
    pub storm_conversion: StormConversions,
    pub beside_withholding: BesideWithholding,
    pub behind_engine: BehindEngine,
}

impl Summary {
    /// Measures everything.
    pub fn measure(target: Target, tick: &dyn Fn()) -> Result<Self> {
        Ok(Self {
            origin: target.origin(),
            memory: format!(
                "ideal: R latency {LATENCY}, B latency {LATENCY} where nothing else is said, no stalls"
            ),
            sets: SETS.into(),
            read_dormant: figures::read_dormant(target, tick)?,
            write_dormant_pool: figures::write_dormant_pool(target, tick)?,
            write_dormant_ondemand: figures::write_dormant_ondemand(target, tick)?,
            resident_added: figures::resident_added(target, tick)?,
            mark_all: figures::mark_all(target, tick)?,
            redormant: figures::redormant(target, tick)?,
            storm_read: storms::storm_read(target, tick)?,
            storm_conversion: storms::storm_conversion(target, tick)?,
            beside_withholding: storms::beside_withholding(target, tick)?,
            behind_engine: storms::behind_engine(target, tick)?,
        })
    }
}
