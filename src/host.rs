//! What this machine's own CPU does when it zeroes memory: the numbers of origin `host`.
//!
//! They stand beside the engine's as a scale that readers know from their own desk, and serve no claim: another
//! core, another memory, another clock. Why this file may hold `unsafe`: docs/decisions/0006.
//!
//! How it is measured. Every method runs once per round and the rounds repeat, so that a disturbance (a neighbour on
//! the same host, a change of frequency) meets all methods alike; the first round is warm-up, the median of the rest
//! counts. Before a method runs its buffer holds a pattern, afterwards every byte must be zero. Time is taken
//! between fences, so a method is finished only when its stores are visible to others.
//!
//! What the cycles are: TSC ticks, which on current CPUs is a constant rate near the nominal clock, not the clock
//! that the core happened to run at.
#![allow(unsafe_code)]

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use memmap2::MmapMut;
use serde::Serialize;

/// Bytes of the buffer that fits the cache (the second level of any current CPU).
pub const CACHED_BYTES: usize = 256 << 10;
/// Bytes of the buffer that does not fit the cache; one single allocation.
pub const UNCACHED_BYTES: usize = 64 << 20;

/// The page in which results are counted, in bytes.
const PAGE_BYTES: usize = 4 << 10;
/// Neither zero nor a byte that a broken method would leave by chance.
const PATTERN: u8 = 0xa5;
/// Measured rounds that a median needs at least, however slow the machine.
const MIN_ROUNDS: usize = 3;

/// A way to have zeroed memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The C library's `memset`, by way of `ptr::write_bytes`. It picks its own instructions by size.
    Memset,
    /// The one instruction `rep stosb` (`x86_64`).
    RepStosb,
    /// Stores that go round the cache, 32 bytes each with AVX, else 16 with SSE2, then `sfence` (`x86_64`).
    NtStores,
    /// One `clzero` per cache line, then `sfence` (AMD).
    Clzero,
    /// One write into each 4 KiB page of a fresh anonymous mapping: page fault, allocation and the kernel's zeroing.
    #[serde(rename = "first_touch_4k")]
    FirstTouch4k,
    /// The same with transparent huge pages, one write per huge page (Linux).
    FirstTouchHuge,
}

impl Method {
    /// Every method, in the order of the report. `Memset` is first: the others relate to it.
    pub const ALL: [Self; 6] = [
        Self::Memset,
        Self::RepStosb,
        Self::NtStores,
        Self::Clzero,
        Self::FirstTouch4k,
        Self::FirstTouchHuge,
    ];

    /// The name in JSON and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memset => "memset",
            Self::RepStosb => "rep_stosb",
            Self::NtStores => "nt_stores",
            Self::Clzero => "clzero",
            Self::FirstTouch4k => "first_touch_4k",
            Self::FirstTouchHuge => "first_touch_huge",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What `bytes_per_cycle` counts cycles of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The time-stamp counter: constant rate, not the core's momentary clock.
    Tsc,
}

/// Where the numbers of this module come from. A type with one value, so that no other label can be put on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Measured on the CPU that ran the benchmark.
    Host,
}

/// One method on one buffer; medians over the rounds of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostResult {
    /// The method.
    pub method: Method,
    /// Size of the buffer in bytes: [`CACHED_BYTES`] or [`UNCACHED_BYTES`].
    pub bytes: usize,
    /// Bytes zeroed per cycle of `clock`; `None` (JSON null) where there is no such clock.
    pub bytes_per_cycle: Option<f64>,
    /// The clock of `bytes_per_cycle`.
    pub clock: Option<Clock>,
    /// Nanoseconds for 4 KiB, for huge pages too.
    pub ns_per_page: f64,
    /// Speed relative to `memset` on the same buffer size in the same run: above 1 is faster than `memset`.
    pub relative_to_memset: f64,
    /// Always `host`.
    pub origin: Origin,
}

/// What the progress callback hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many of all steps are done; `done` never falls and ends at `total`.
    Step {
        /// Steps done.
        done: usize,
        /// Steps of the whole measurement.
        total: usize,
    },
    /// This machine cannot do that method on that buffer, so it has no result.
    Skipped {
        /// The method.
        method: Method,
        /// Size of the buffer in bytes.
        bytes: usize,
        /// Why, for the user.
        reason: String,
    },
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// No memory for a buffer.
    #[error("cannot map {bytes} bytes of anonymous memory")]
    Map {
        /// Size of the mapping in bytes.
        bytes: usize,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A method left a byte behind. Its time is worth nothing then, so neither is the run's.
    #[error("{method} left {found:#04x} at byte {offset} of {bytes}: memory not zeroed")]
    NotZero {
        /// The method.
        method: Method,
        /// Size of the buffer in bytes.
        bytes: usize,
        /// First byte that is not zero.
        offset: usize,
        /// What it holds.
        found: u8,
    },
}

/// Measures every method that this machine has on both buffer sizes; below three seconds in a release build.
///
/// Huge pages are left out on the small buffer, which is smaller than one of them.
///
/// # Errors
/// [`HostError`] when there is no memory, or when a method did not zero its buffer.
pub fn measure(progress: &mut dyn FnMut(Progress)) -> Result<Vec<HostResult>, HostError> {
    let plans = [
        Plan {
            bytes: CACHED_BYTES,
            rounds: 40,
            budget: Duration::from_millis(500),
        },
        Plan {
            bytes: UNCACHED_BYTES,
            rounds: 21,
            budget: Duration::from_millis(1800),
        },
    ];
    measure_plans(&plans, progress)
}

/// How long to look at one buffer size.
struct Plan {
    bytes: usize,
    /// Measured rounds, unless the budget ends first; the warm-up is not counted.
    rounds: usize,
    /// After this no new round starts, once there are [`MIN_ROUNDS`].
    budget: Duration,
}

impl Plan {
    const fn steps(&self) -> usize {
        (self.rounds + 1) * Method::ALL.len()
    }
}

fn measure_plans(
    plans: &[Plan],
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<HostResult>, HostError> {
    let total = plans.iter().map(Plan::steps).sum();
    let mut results = Vec::new();
    let mut before = 0;
    for plan in plans {
        results.extend(measure_plan(plan, &mut |event| {
            progress(match event {
                Progress::Step { done, .. } => Progress::Step {
                    done: before + done,
                    total,
                },
                skipped @ Progress::Skipped { .. } => skipped,
            });
        })?);
        before += plan.steps();
        progress(Progress::Step {
            done: before,
            total,
        });
    }
    Ok(results)
}

fn measure_plan(
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<HostResult>, HostError> {
    let bytes = plan.bytes;
    let mut buffer = map(bytes)?;
    let mut candidates: Vec<(Method, Vec<Sample>)> =
        Method::ALL.into_iter().map(|m| (m, Vec::new())).collect();
    let start = Instant::now();
    for round in 0..=plan.rounds {
        if round > MIN_ROUNDS && start.elapsed() > plan.budget {
            break;
        }
        let mut unavailable = Vec::new();
        for (index, (method, samples)) in candidates.iter_mut().enumerate() {
            match run(*method, &mut buffer)? {
                Ok(sample) if round > 0 => samples.push(sample),
                Ok(_warm_up) => {}
                Err(reason) => unavailable.push((*method, reason)),
            }
            progress(Progress::Step {
                done: round * Method::ALL.len() + index + 1,
                total: plan.steps(),
            });
        }
        for (method, reason) in unavailable {
            candidates.retain(|(candidate, _)| *candidate != method);
            progress(Progress::Skipped {
                method,
                bytes,
                reason,
            });
        }
    }
    let mut results: Vec<HostResult> = candidates
        .into_iter()
        .map(|(method, samples)| summary(method, bytes, &samples))
        .collect();
    // Memset is available everywhere, and first.
    let memset = results[0].ns_per_page;
    for result in &mut results {
        result.relative_to_memset = memset / result.ns_per_page;
    }
    Ok(results)
}

/// Medians of the samples; the relation to `memset` is the caller's to fill in.
fn summary(method: Method, bytes: usize, samples: &[Sample]) -> HostResult {
    let cycles: Option<Vec<f64>> = samples.iter().map(|s| s.cycles).collect();
    let bytes_per_cycle = cycles.map(|cycles| bytes as f64 / median(cycles));
    let nanoseconds = median(samples.iter().map(|s| s.nanoseconds).collect());
    HostResult {
        method,
        bytes,
        bytes_per_cycle,
        clock: bytes_per_cycle.map(|_| Clock::Tsc),
        ns_per_page: nanoseconds * PAGE_BYTES as f64 / bytes as f64,
        relative_to_memset: 1.0,
        origin: Origin::Host,
    }
}

/// The upper one of two middle values: a run that took that long did happen.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// One run of one method. The outer error ends the measurement; the inner one says why this machine can't do it.
fn run(method: Method, buffer: &mut [u8]) -> Result<Result<Sample, String>, HostError> {
    let bytes = buffer.len();
    let kernel = match method {
        Method::FirstTouch4k => return first_touch(method, bytes, PAGE_BYTES),
        Method::FirstTouchHuge => {
            return match huge_page_bytes() {
                Ok(page) if page <= bytes => first_touch(method, bytes, page),
                Ok(page) => Ok(Err(format!("smaller than one huge page of {page} bytes"))),
                Err(reason) => Ok(Err(reason)),
            };
        }
        stores => match store_kernel(stores) {
            Ok(kernel) => kernel,
            Err(reason) => return Ok(Err(reason)),
        },
    };
    buffer.fill(PATTERN);
    let buffer = black_box(buffer);
    let sample = timed(|| kernel(buffer));
    check_zero(method, black_box(buffer))?;
    Ok(Ok(sample))
}

/// Writes once into each page of a fresh mapping.
fn first_touch(
    method: Method,
    bytes: usize,
    page: usize,
) -> Result<Result<Sample, String>, HostError> {
    // Room to align: a huge page is only used where its whole aligned range is mapped.
    let slack = if page > PAGE_BYTES { page } else { 0 };
    let mut mapping = map(bytes + slack)?;
    let start = match slack {
        0 => 0,
        _ => mapping.as_ptr().addr().wrapping_neg() % page,
    };
    if let Err(reason) = advise(&mapping, start, bytes, method) {
        return Ok(Err(reason));
    }
    let range = black_box(&mut mapping[start..start + bytes]);
    let sample = timed(|| {
        for first_byte in range.iter_mut().step_by(page) {
            *first_byte = 0;
        }
    });
    // Before the check, whose reads would fault in what was not yet there.
    let obtained = pages_obtained(range, method);
    check_zero(method, black_box(range))?;
    // The kernel is likely to hand the same frames out in the next round: leave it something to zero.
    range.fill(PATTERN);
    black_box(range);
    Ok(obtained.map(|()| sample))
}

fn map(bytes: usize) -> Result<MmapMut, HostError> {
    MmapMut::map_anon(bytes).map_err(|source| HostError::Map { bytes, source })
}

fn check_zero(method: Method, buffer: &[u8]) -> Result<(), HostError> {
    let bytes = buffer.len();
    // By pages, without an early exit inside: that compiles to vector code.
    for (page, content) in buffer.chunks(PAGE_BYTES).enumerate() {
        if content.iter().fold(0, |all, byte| all | byte) == 0 {
            continue;
        }
        if let Some(at) = content.iter().position(|byte| *byte != 0) {
            return Err(HostError::NotZero {
                method,
                bytes,
                offset: page * PAGE_BYTES + at,
                found: content[at],
            });
        }
    }
    Ok(())
}

/// The length of one run.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// TSC ticks, where there are any.
    cycles: Option<f64>,
    nanoseconds: f64,
}

fn timed(work: impl FnOnce()) -> Sample {
    let clock = Instant::now();
    let from = tsc();
    work();
    let to = tsc();
    let nanoseconds = clock.elapsed().as_nanos() as f64;
    Sample {
        cycles: from
            .zip(to)
            .map(|(from, to)| to.wrapping_sub(from).max(1) as f64),
        // A clock too coarse to see the run must not yield an infinite speed.
        nanoseconds: nanoseconds.max(1.0),
    }
}

/// A function that zeroes a page-aligned buffer of whole pages.
type StoreKernel = fn(&mut [u8]);

/// `memset` as the C library does it: `fill` of bytes is `ptr::write_bytes`.
#[inline(never)]
fn memset(buffer: &mut [u8]) {
    buffer.fill(0);
}

#[cfg(target_arch = "x86_64")]
use x86::{store_kernel, tsc};

#[cfg(not(target_arch = "x86_64"))]
fn store_kernel(method: Method) -> Result<StoreKernel, String> {
    match method {
        Method::Memset => Ok(memset),
        _ => Err("an x86-64 instruction".to_owned()),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn tsc() -> Option<u64> {
    None
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use core::arch::asm;
    use core::arch::x86_64::{
        __cpuid, __m128i, __m256i, _mm_lfence, _mm_mfence, _mm_setzero_si128, _mm_sfence,
        _mm_stream_si128, _mm256_setzero_si256, _mm256_stream_si256, _rdtsc,
    };

    use super::{Method, StoreKernel, memset};

    /// Bytes of a cache line, which is what one `clzero` clears.
    const LINE_BYTES: usize = 64;

    /// A cache line of memory; the type carries the alignment that the stores need.
    #[repr(C, align(64))]
    struct Line([u8; LINE_BYTES]);

    /// The function of a method that stores, or why this CPU has none.
    pub(super) fn store_kernel(method: Method) -> Result<StoreKernel, String> {
        match method {
            Method::RepStosb => Ok(rep_stosb),
            Method::NtStores if is_x86_feature_detected!("avx") => Ok(nt_stores_avx),
            Method::NtStores => Ok(nt_stores_sse2),
            Method::Clzero if has_clzero() => Ok(clzero),
            Method::Clzero => Err("CPUID does not report clzero with 64-byte lines".to_owned()),
            Method::Memset => Ok(memset),
            Method::FirstTouch4k | Method::FirstTouchHuge => {
                Err("a page fault, not a store".to_owned())
            }
        }
    }

    /// The time-stamp counter once all earlier stores are visible, before any later instruction; `None` without one.
    #[inline]
    pub(super) fn tsc() -> Option<u64> {
        if !has_tsc() {
            return None;
        }
        // SAFETY: SSE2, and with it the fences, is part of x86-64; CPUID has just said that the counter exists.
        unsafe {
            _mm_mfence();
            _mm_lfence();
            let now = _rdtsc();
            _mm_lfence();
            Some(now)
        }
    }

    /// Asked once: under a hypervisor CPUID traps, which has no place inside a measurement.
    fn has_tsc() -> bool {
        static PRESENT: std::sync::LazyLock<bool> =
            std::sync::LazyLock::new(|| __cpuid(1).edx & (1 << 4) != 0);
        *PRESENT
    }

    /// Function `8000_0008h`, EBX bit 0: CLZERO. Function 1, EBX bits 15:8: line size in units of 8 bytes.
    fn has_clzero() -> bool {
        __cpuid(0x8000_0000).eax >= 0x8000_0008
            && __cpuid(0x8000_0008).ebx & 1 != 0
            && (__cpuid(1).ebx >> 8 & 0xff) as usize * 8 == LINE_BYTES
    }

    #[inline(never)]
    fn rep_stosb(buffer: &mut [u8]) {
        // SAFETY: writes exactly the buffer's bytes, which we hold exclusively. The direction flag is clear, as
        // `asm!` guarantees; the instruction touches neither stack nor flags.
        unsafe {
            asm!(
                "rep stosb",
                inout("rcx") buffer.len() => _,
                inout("rdi") buffer.as_mut_ptr() => _,
                in("al") 0_u8,
                options(nostack, preserves_flags),
            );
        }
    }

    #[inline(never)]
    fn nt_stores_avx(buffer: &mut [u8]) {
        #[target_feature(enable = "avx")]
        fn stores(lines: &mut [Line]) {
            let zero = _mm256_setzero_si256();
            for line in lines {
                let half = (&raw mut *line).cast::<__m256i>();
                // SAFETY: a `Line` is 64 bytes at a multiple of 64, so both halves lie inside it and are aligned to
                // 32. The fence below comes before anyone reads them.
                unsafe {
                    _mm256_stream_si256(half, zero);
                    _mm256_stream_si256(half.add(1), zero);
                }
            }
        }
        // SAFETY: `store_kernel`, the only one to name this function, does so where CPUID reports AVX.
        unsafe { stores(lines_of(buffer)) };
        store_fence();
    }

    #[inline(never)]
    fn nt_stores_sse2(buffer: &mut [u8]) {
        // SAFETY: SSE2 is part of x86-64.
        let zero = unsafe { _mm_setzero_si128() };
        for line in lines_of(buffer) {
            let quarter = (&raw mut *line).cast::<__m128i>();
            for index in 0..LINE_BYTES / size_of::<__m128i>() {
                // SAFETY: four quarters of 16 bytes in a `Line`, which is 64 at a multiple of 64; SSE2 is part of
                // x86-64. The fence below comes before anyone reads them.
                unsafe { _mm_stream_si128(quarter.add(index), zero) };
            }
        }
        store_fence();
    }

    #[inline(never)]
    fn clzero(buffer: &mut [u8]) {
        for line in lines_of(buffer) {
            // SAFETY: clears the cache line that holds the address: 64 bytes (`has_clzero`), one `Line`,
            // ours. `store_kernel`, the only one to name this function, does so where CPUID reports it.
            unsafe {
                asm!("clzero", in("rax") &raw mut *line, options(nostack, preserves_flags));
            }
        }
        // Weakly ordered, like the non-temporal stores.
        store_fence();
    }

    /// Orders weakly ordered stores before everything that follows.
    fn store_fence() {
        // SAFETY: SSE is part of x86-64.
        unsafe { _mm_sfence() };
    }

    /// The buffer as cache lines. Mappings are whole pages, so nothing is left over; a buffer that isn't one would be
    /// our mistake.
    fn lines_of(buffer: &mut [u8]) -> &mut [Line] {
        // SAFETY: a line is plain bytes without padding, for which every value is valid, and so the other way round.
        let (head, lines, tail) = unsafe { buffer.align_to_mut::<Line>() };
        assert!(
            head.is_empty() && tail.is_empty(),
            "the buffer is not whole cache lines"
        );
        lines
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        // Not chosen on a CPU with AVX, so the sweep over all methods does not reach it.
        #[test]
        fn the_sse2_stores_zero_every_byte_and_nothing_beyond() {
            let mut buffer = super::super::map(3 * 4096).unwrap();
            buffer.fill(0xff);
            nt_stores_sse2(&mut buffer[4096..8192]);
            assert!(buffer[..4096].iter().all(|byte| *byte == 0xff));
            assert!(buffer[4096..8192].iter().all(|byte| *byte == 0));
            assert!(buffer[8192..].iter().all(|byte| *byte == 0xff));
        }
    }
}

#[cfg(target_os = "linux")]
use linux::{advise, huge_page_bytes, pages_obtained};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use memmap2::{Advice, MmapMut};

    use super::{Method, PAGE_BYTES};

    const THP: &str = "/sys/kernel/mm/transparent_hugepage";

    /// Size of a transparent huge page in bytes, or why there are none.
    pub(super) fn huge_page_bytes() -> Result<usize, String> {
        let read = |name| {
            fs::read_to_string(format!("{THP}/{name}"))
                .map_err(|error| format!("no transparent huge pages: {THP}/{name}: {error}"))
        };
        if read("enabled")?.contains("[never]") {
            return Err("transparent huge pages are switched off".to_owned());
        }
        let size = read("hpage_pmd_size")?;
        match size.trim().parse::<usize>() {
            Ok(size) if size.is_power_of_two() && size > PAGE_BYTES => Ok(size),
            _ => Err(format!("{THP}/hpage_pmd_size holds {size:?}")),
        }
    }

    /// Asks for the pages that the method is about.
    pub(super) fn advise(
        mapping: &MmapMut,
        start: usize,
        bytes: usize,
        method: Method,
    ) -> Result<(), String> {
        if method == Method::FirstTouchHuge {
            mapping
                .advise_range(Advice::HugePage, start, bytes)
                .map_err(|error| format!("MADV_HUGEPAGE: {error}"))
        } else {
            // A kernel without huge pages refuses, and then there is nothing to refuse.
            let _ = mapping.advise_range(Advice::NoHugePage, start, bytes);
            Ok(())
        }
    }

    /// Whether the touched range really consists of the pages that the method is about: the kernel may fall back to
    /// small ones, and then a write per huge page would have touched only a few.
    pub(super) fn pages_obtained(range: &[u8], method: Method) -> Result<(), String> {
        let smaps = fs::read_to_string("/proc/self/smaps")
            .map_err(|error| format!("/proc/self/smaps: {error}"))?;
        let first = range.as_ptr().addr();
        if method == Method::FirstTouchHuge {
            let huge = smaps_bytes(&smaps, first, "AnonHugePages:");
            match huge {
                Some(huge) if huge >= range.len() => Ok(()),
                _ => Err(format!(
                    "the kernel gave huge pages for {} of {} bytes",
                    huge.unwrap_or(0),
                    range.len()
                )),
            }
        } else {
            match smaps_bytes(&smaps, first, "KernelPageSize:") {
                Some(PAGE_BYTES) => Ok(()),
                size => Err(format!("pages here are not 4 KiB: {size:?} bytes")),
            }
        }
    }

    /// The value of a field of the mapping that holds the address, in bytes.
    pub(super) fn smaps_bytes(smaps: &str, address: usize, field: &str) -> Option<usize> {
        let holds = |line: &str| {
            let (from, to) = line.split_whitespace().next()?.split_once('-')?;
            let from = usize::from_str_radix(from, 16).ok()?;
            let to = usize::from_str_radix(to, 16).ok()?;
            Some((from..to).contains(&address))
        };
        let kib = smaps
            .lines()
            .skip_while(|line| holds(line) != Some(true))
            .skip(1)
            .take_while(|line| holds(line).is_none())
            .find_map(|line| line.strip_prefix(field))?;
        kib.trim()
            .strip_suffix("kB")?
            .trim()
            .parse::<usize>()
            .ok()
            .map(|kib| kib << 10)
    }
}

#[cfg(not(target_os = "linux"))]
fn huge_page_bytes() -> Result<usize, String> {
    Err("transparent huge pages are Linux's".to_owned())
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &MmapMut, _: usize, _: usize, _: Method) -> Result<(), String> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn pages_obtained(_: &[u8], _: Method) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Plan = Plan {
        bytes: 16 * PAGE_BYTES,
        rounds: MIN_ROUNDS,
        budget: Duration::from_secs(1),
    };

    #[test]
    fn every_method_has_either_a_result_or_a_reason() {
        let mut skipped = Vec::new();
        let results = measure_plans(&[SMALL], &mut |event| {
            if let Progress::Skipped { method, reason, .. } = event {
                assert!(!reason.is_empty());
                skipped.push(method);
            }
        })
        .unwrap();
        for method in Method::ALL {
            let with_result = results.iter().any(|result| result.method == method);
            assert_ne!(with_result, skipped.contains(&method), "{method}");
        }
        assert_eq!(results[0].method, Method::Memset);
        assert!((results[0].relative_to_memset - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn progress_never_falls_and_ends_at_the_total() {
        let mut last = 0;
        let mut end = 0;
        measure_plans(&[SMALL, SMALL], &mut |event| {
            if let Progress::Step { done, total } = event {
                assert!(done >= last && done <= total);
                (last, end) = (done, total);
            }
        })
        .unwrap();
        assert_eq!(last, end);
    }

    #[test]
    fn stores_change_the_whole_buffer_and_nothing_beyond() {
        for method in Method::ALL {
            let Ok(kernel) = store_kernel(method) else {
                continue;
            };
            let mut buffer = map(3 * PAGE_BYTES).unwrap();
            buffer.fill(PATTERN);
            kernel(&mut buffer[PAGE_BYTES..2 * PAGE_BYTES]);
            let (before, rest) = buffer.split_at(PAGE_BYTES);
            let (zeroed, behind) = rest.split_at(PAGE_BYTES);
            assert!(before.iter().all(|byte| *byte == PATTERN), "{method}");
            assert!(zeroed.iter().all(|byte| *byte == 0), "{method}");
            assert!(behind.iter().all(|byte| *byte == PATTERN), "{method}");
        }
    }

    #[test]
    fn a_byte_left_behind_is_an_error_that_says_where() {
        let mut buffer = vec![0; 2 * PAGE_BYTES];
        assert!(check_zero(Method::Memset, &buffer).is_ok());
        buffer[PAGE_BYTES + 5] = 7;
        let error = check_zero(Method::Memset, &buffer).unwrap_err();
        assert_eq!(
            error.to_string(),
            "memset left 0x07 at byte 4101 of 8192: memory not zeroed"
        );
    }

    #[test]
    fn the_json_keys_are_those_of_the_command_contract() {
        let result = summary(
            Method::FirstTouch4k,
            8192,
            &[Sample {
                cycles: Some(4096.0),
                nanoseconds: 1000.0,
            }],
        );
        assert_eq!(
            serde_json::to_value(result).unwrap(),
            serde_json::json!({
                "method": "first_touch_4k", "bytes": 8192, "bytes_per_cycle": 2.0, "clock": "tsc",
                "ns_per_page": 500.0, "relative_to_memset": 1.0, "origin": "host"
            })
        );
    }

    #[test]
    fn without_a_cycle_counter_bytes_per_cycle_and_clock_are_null() {
        let result = summary(
            Method::Memset,
            4096,
            &[Sample {
                cycles: None,
                nanoseconds: 1000.0,
            }],
        );
        let json = serde_json::to_value(result).unwrap();
        assert!(json["bytes_per_cycle"].is_null() && json["clock"].is_null());
    }

    #[test]
    fn names_in_json_and_in_tables_are_the_same() {
        for method in Method::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.name());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_field_is_taken_from_the_mapping_that_holds_the_address() {
        let smaps = "1000-2000 rw-p 00000000 00:00 0\nKernelPageSize: 4 kB\nAnonHugePages: 0 kB\n\
                     2000-8000 rw-p 00000000 00:00 0\nKernelPageSize: 4 kB\nAnonHugePages: 2048 kB\n";
        let field = |address| linux::smaps_bytes(smaps, address, "AnonHugePages:");
        assert_eq!(field(0x1fff), Some(0));
        assert_eq!(field(0x2000), Some(2 << 20));
        assert_eq!(field(0x8000), None);
    }
}
