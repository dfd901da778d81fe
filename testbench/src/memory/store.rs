//! What a memory holds: sparse, and unknown until it is written.
//!
//! Memory after reset holds whatever it held before, so a byte that was never written reads as a
//! seeded hash of its address, and never as zero: a frame that somebody forgot to zero is seen.
//!
//! The engine writes zeros in ascending order, and that is what costs nothing here: a chunk is
//! kept as "its first n words are zero, the rest was never written" for as long as that is true.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use dormouse_model::axi::{Data, MAX_BYTES};

/// A real physical address as it stands on the bus, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rpa(pub u64);

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

const CHUNK_SHIFT: u32 = 12;
const CHUNK_WORDS: usize = 512;
const REGION_CHUNKS: usize = 512;
/// Above this many regions of 2 MiB (128 GiB) they are kept in a map, not in a vector.
const DENSE_REGIONS: u64 = 1 << 16;

/// 4 KiB of contents.
#[derive(Clone, Debug)]
enum Chunk {
    /// The first `n` words, 0..=512, are zero; the others were never written.
    ZeroPrefix(u16),
    /// Anything else.
    Words(Box<Words>),
}

/// A chunk word by word.
#[derive(Clone, Debug)]
struct Words {
    value: [u64; CHUNK_WORDS],
    /// Which bytes of each word were ever written, a bit each.
    written: [u8; CHUNK_WORDS],
}

/// 2 MiB of contents.
#[derive(Clone, Debug, Default)]
enum Region {
    /// Never written.
    #[default]
    Unknown,
    /// Zero from end to end, which is what terabytes of zeroed memory look like.
    Zero,
    /// Chunks, and how many of them are `ZeroPrefix(512)`.
    Chunks(Box<[Chunk; REGION_CHUNKS]>, u16),
}

/// Region numbers are already well spread by the multiplication; nothing here is hostile.
#[derive(Default)]
struct RegionHasher(u64);

impl Hasher for RegionHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u64(self.0 ^ u64::from(b));
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = mix(n);
    }
}

#[derive(Clone, Debug)]
enum Regions {
    Dense(Vec<Region>),
    Sparse(HashMap<u64, Region, BuildHasherDefault<RegionHasher>>),
}

/// The contents of a memory of a given size. Accesses beyond the size are ignored when they write,
/// and read as never written.
#[derive(Clone, Debug)]
pub struct Store {
    size: u64,
    seed: u64,
    regions: Regions,
    /// Bytes of a line that ECC covers as a whole, 0 without ECC.
    line: u64,
    ecc_errors: u64,
}

/// splitmix64: what everything seeded in this module is derived from, so that runs repeat exactly.
pub(crate) const fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// The never written word of this number: no byte of it is zero.
const fn unknown(seed: u64, word: u64) -> u64 {
    mix(seed ^ word.wrapping_mul(0xd134_2543_de82_ef95)) | 0x0101_0101_0101_0101
}

/// The bits of the bytes that `strb` (low 8 bits) selects.
pub(crate) const fn byte_mask(strb: u64) -> u64 {
    // Keep bit i of the strobes in byte i, turn what is not zero into bit 7 of its byte, fill.
    let spread = ((strb & 0xff) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    let ones = ((spread + 0x7f7f_7f7f_7f7f_7f7f) & 0x8080_8080_8080_8080) >> 7;
    ones * 0xff
}

/// The strobes that [`byte_mask`] makes these bits of.
const fn strobes(mask: u64) -> u8 {
    // Bit 8 i comes to bit 56 + i, and nothing else comes to the top byte.
    ((mask & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// One strobe for each byte of a bus of `bytes` bytes.
pub(crate) const fn full_strobe(bytes: u32) -> u64 {
    if bytes >= 64 {
        u64::MAX
    } else {
        (1 << bytes) - 1
    }
}

impl Store {
    /// A memory of `size` bytes, rounded up to 4 KiB, whose first contents come from `seed`.
    pub fn new(size: Bytes, seed: u64) -> Self {
        let size = size.0.saturating_add(4095) & !4095;
        let count = size.div_ceil(1 << 21);
        let regions = if count <= DENSE_REGIONS {
            Regions::Dense(vec![Region::Unknown; count as usize])
        } else {
            Regions::Sparse(HashMap::default())
        };
        Self {
            size,
            seed,
            regions,
            line: 0,
            ecc_errors: 0,
        }
    }

    /// From now on lines of `line` bytes, a power of two from 8 to 4096, carry ECC. What was never written has none that
    /// fits, so [`Self::read_is_error`] and [`Self::write_is_error`] say which accesses fail.
    pub fn protect(&mut self, line: Bytes) {
        self.line = line.0;
    }

    /// Accesses so far that failed because of ECC: read beats and write bursts.
    pub fn ecc_errors(&self) -> u64 {
        self.ecc_errors
    }

    /// Whether a read of these bytes meets a line of which a byte was never written. Counts it.
    pub(super) fn read_is_error(&mut self, at: Rpa, len: Bytes) -> bool {
        let error = self.line != 0 && self.lines(at, len).any(|(_, all)| !all);
        self.ecc_errors += u64::from(error);
        error
    }

    /// Whether a burst over these bytes, all of whose data is stored, leaves a line with bytes that were written beside
    /// bytes that never were: there was nothing to make the ECC of the whole line of. Counts it.
    pub(super) fn write_is_error(&mut self, at: Rpa, len: Bytes) -> bool {
        let error = self.line != 0 && self.lines(at, len).any(|(any, all)| any && !all);
        self.ecc_errors += u64::from(error);
        error
    }

    /// Of each line that these bytes meet: whether any byte was ever written, and whether all were.
    fn lines(&self, at: Rpa, len: Bytes) -> impl Iterator<Item = (bool, bool)> {
        let line = self.line.max(8);
        let first = at.0 / line;
        let end = at.0.saturating_add(len.0).div_ceil(line);
        (first..end).map(move |number| {
            let words = (0..line / 8).map(|word| self.written(Rpa(number * line + 8 * word)));
            words.fold((false, true), |(any, all), written| {
                (any || written != 0, all && written == 0xff)
            })
        })
    }

    /// Which bytes of the word at `at`, which is rounded down to 8, were ever written, a bit each.
    fn written(&self, at: Rpa) -> u8 {
        if at.0 >= self.size {
            return 0;
        }
        match self.region(at.0 >> 21) {
            None | Some(Region::Unknown) => 0,
            Some(Region::Zero) => 0xff,
            Some(Region::Chunks(chunks, _)) => {
                let within = (at.0 >> 3) as usize % CHUNK_WORDS;
                match &chunks[(at.0 >> CHUNK_SHIFT) as usize % REGION_CHUNKS] {
                    Chunk::ZeroPrefix(n) if within < usize::from(*n) => 0xff,
                    Chunk::ZeroPrefix(_) => 0,
                    Chunk::Words(words) => words.written[within],
                }
            }
        }
    }

    /// How many bytes there are.
    pub fn size(&self) -> Bytes {
        Bytes(self.size)
    }

    /// Whether all of these bytes exist.
    pub fn contains(&self, at: Rpa, len: Bytes) -> bool {
        at.0.checked_add(len.0).is_some_and(|end| end <= self.size)
    }

    fn region(&self, index: u64) -> Option<&Region> {
        match &self.regions {
            Regions::Dense(v) => v.get(index as usize),
            Regions::Sparse(m) => m.get(&index),
        }
    }

    /// The chunk that holds this address, `None` beyond the end. Splits its region if need be.
    fn chunk_mut(&mut self, at: u64) -> Option<(&mut Chunk, &mut u16)> {
        if at >= self.size {
            return None;
        }
        let index = at >> 21;
        let region = match &mut self.regions {
            Regions::Dense(v) => v.get_mut(index as usize)?,
            Regions::Sparse(m) => m.entry(index).or_default(),
        };
        match region {
            Region::Unknown => {
                let chunks = vec![Chunk::ZeroPrefix(0); REGION_CHUNKS].into_boxed_slice();
                *region = Region::Chunks(chunks.try_into().ok()?, 0);
            }
            Region::Zero => {
                let whole = Chunk::ZeroPrefix(CHUNK_WORDS as u16);
                let chunks = vec![whole; REGION_CHUNKS].into_boxed_slice();
                *region = Region::Chunks(chunks.try_into().ok()?, REGION_CHUNKS as u16);
            }
            Region::Chunks(..) => {}
        }
        match region {
            Region::Chunks(chunks, zeros) => Some((
                &mut chunks[(at >> CHUNK_SHIFT) as usize % REGION_CHUNKS],
                zeros,
            )),
            _ => None,
        }
    }

    /// The word at `at`, which is rounded down to 8.
    pub fn word(&self, at: Rpa) -> u64 {
        let word = at.0 >> 3;
        let not_written = || unknown(self.seed, word);
        if at.0 >= self.size {
            return not_written();
        }
        match self.region(at.0 >> 21) {
            None | Some(Region::Unknown) => not_written(),
            Some(Region::Zero) => 0,
            Some(Region::Chunks(chunks, _)) => {
                let within = word as usize % CHUNK_WORDS;
                match &chunks[(at.0 >> CHUNK_SHIFT) as usize % REGION_CHUNKS] {
                    Chunk::ZeroPrefix(n) if within < usize::from(*n) => 0,
                    Chunk::ZeroPrefix(_) => not_written(),
                    Chunk::Words(words) => words.value[within],
                }
            }
        }
    }

    /// One byte.
    pub fn byte(&self, at: Rpa) -> u8 {
        (self.word(at) >> (at.0 % 8 * 8)) as u8
    }

    /// Writes the bits of `mask` into the word at `at`, which is rounded down to 8.
    fn merge_word(&mut self, at: u64, value: u64, mask: u64) {
        let seed = self.seed;
        let Some((chunk, zeros)) = self.chunk_mut(at) else {
            return;
        };
        let within = (at >> 3) as usize % CHUNK_WORDS;
        if let Chunk::ZeroPrefix(n) = chunk {
            let n = usize::from(*n);
            if within < n && value & mask == 0 {
                return;
            }
            if n == CHUNK_WORDS {
                *zeros -= 1;
            }
            let first = (at >> CHUNK_SHIFT) << (CHUNK_SHIFT - 3);
            let mut words = Box::new(Words {
                value: [0; CHUNK_WORDS],
                written: [0; CHUNK_WORDS],
            });
            words.written[..n].fill(0xff);
            for (i, word) in words.value.iter_mut().enumerate().skip(n) {
                *word = unknown(seed, first + i as u64);
            }
            *chunk = Chunk::Words(words);
        }
        if let Chunk::Words(words) = chunk {
            words.value[within] = words.value[within] & !mask | value & mask;
            words.written[within] |= strobes(mask);
        }
    }

    /// Writes the word at `at`, which is rounded down to 8.
    pub fn set_word(&mut self, at: Rpa, value: u64) {
        if value == 0 {
            self.zero_range(Rpa(at.0 & !7), Bytes(8));
        } else {
            self.merge_word(at.0, value, u64::MAX);
        }
    }

    /// One beat of write data on a bus of `bus` bytes (a power of two, 4..=64) whose lane 0 has the
    /// address `base`, a multiple of `bus`.
    #[inline]
    pub fn write_beat(&mut self, base: Rpa, bus: u32, data: &Data, strb: u64) {
        let words = (bus as usize).div_ceil(8);
        if strb == full_strobe(bus) && data[..words].iter().all(|&w| w == 0) {
            self.zero_range(base, Bytes(bus.into()));
            return;
        }
        if bus < 8 {
            let shift = base.0 % 8;
            let mask = byte_mask((strb & full_strobe(bus)) << shift);
            if mask != 0 {
                self.merge_word(base.0, data[0] << (shift * 8), mask);
            }
            return;
        }
        for (i, &value) in data[..words].iter().enumerate() {
            let mask = byte_mask(strb >> (8 * i));
            if mask != 0 {
                self.merge_word(base.0 + 8 * i as u64, value, mask);
            }
        }
    }

    /// One beat of read data, lanes as in [`Store::write_beat`].
    pub fn read_beat(&self, base: Rpa, bus: u32) -> Data {
        let mut data = [0; MAX_BYTES / 8];
        if bus < 8 {
            data[0] = self.word(base) >> (base.0 % 8 * 8) & byte_mask(full_strobe(bus));
        } else {
            for (i, word) in data[..bus as usize / 8].iter_mut().enumerate() {
                *word = self.word(Rpa(base.0 + 8 * i as u64));
            }
        }
        data
    }

    /// Zeroes a range of any alignment.
    #[inline]
    pub fn zero_range(&mut self, at: Rpa, len: Bytes) {
        // What the next beat of a frame nearly always meets: the frame never written beyond here, or zero.
        if at.0 < self.size
            && let Regions::Dense(regions) = &mut self.regions
            && let Some(region) = regions.get_mut((at.0 >> 21) as usize)
        {
            let first = at.0 % (1 << CHUNK_SHIFT);
            let end = first.saturating_add(len.0);
            match region {
                Region::Zero if end <= 1 << CHUNK_SHIFT => return,
                Region::Chunks(chunks, _) => {
                    if let Chunk::ZeroPrefix(n) =
                        &mut chunks[(at.0 >> CHUNK_SHIFT) as usize % REGION_CHUNKS]
                    {
                        let prefix = u64::from(*n) << 3;
                        if end <= prefix {
                            return;
                        }
                        if first <= prefix && end.is_multiple_of(8) && end < 1 << CHUNK_SHIFT {
                            *n = (end >> 3) as u16;
                            return;
                        }
                    }
                }
                _ => {}
            }
        }
        self.zero_range_slowly(at, len);
    }

    fn zero_range_slowly(&mut self, at: Rpa, len: Bytes) {
        let end = at.0.saturating_add(len.0).min(self.size);
        let mut at = at.0;
        while at < end {
            if at.is_multiple_of(1 << 21) && end - at >= 1 << 21 {
                self.zero_region(at >> 21);
                at += 1 << 21;
                continue;
            }
            let stop = (((at >> CHUNK_SHIFT) + 1) << CHUNK_SHIFT).min(end);
            self.zero_in_chunk(at, stop);
            at = stop;
        }
    }

    fn zero_region(&mut self, index: u64) {
        match &mut self.regions {
            Regions::Dense(v) => {
                if let Some(region) = v.get_mut(index as usize) {
                    *region = Region::Zero;
                }
            }
            Regions::Sparse(m) => {
                m.insert(index, Region::Zero);
            }
        }
    }

    /// Zeroes `at..stop` within one chunk.
    fn zero_in_chunk(&mut self, at: u64, stop: u64) {
        let index = at >> 21;
        let Some((chunk, zeros)) = self.chunk_mut(at) else {
            return;
        };
        let whole_words = (at | stop).is_multiple_of(8);
        let first = (at >> 3) as usize % CHUNK_WORDS;
        let last = first + ((stop - at) >> 3) as usize;
        match chunk {
            Chunk::ZeroPrefix(n) if whole_words && first <= usize::from(*n) => {
                if last > usize::from(*n) {
                    *n = last as u16;
                    if last == CHUNK_WORDS {
                        *zeros += 1;
                        if usize::from(*zeros) == REGION_CHUNKS {
                            self.zero_region(index);
                        }
                    }
                }
            }
            chunk @ Chunk::Words(_) if stop - at == 1 << CHUNK_SHIFT => {
                *chunk = Chunk::ZeroPrefix(CHUNK_WORDS as u16);
                *zeros += 1;
                if usize::from(*zeros) == REGION_CHUNKS {
                    self.zero_region(index);
                }
            }
            Chunk::Words(words) if whole_words => {
                words.value[first..last].fill(0);
                words.written[first..last].fill(0xff);
            }
            _ => self.fill_slowly(at, stop, 0),
        }
    }

    fn fill_slowly(&mut self, mut at: u64, end: u64, byte: u8) {
        let value = u64::from(byte) * 0x0101_0101_0101_0101;
        while at < end {
            let stop = ((at & !7) + 8).min(end);
            let strb = full_strobe((stop - at) as u32) << (at % 8);
            self.merge_word(at, value, byte_mask(strb));
            at = stop;
        }
    }

    /// Sets every byte of a range of any alignment.
    pub fn fill(&mut self, at: Rpa, len: Bytes, byte: u8) {
        if byte == 0 {
            self.zero_range(at, len);
        } else {
            self.fill_slowly(at.0, at.0.saturating_add(len.0).min(self.size), byte);
        }
    }

    /// Whether every byte of a range of any alignment exists and is zero.
    pub fn is_zero(&self, at: Rpa, len: Bytes) -> bool {
        if !self.contains(at, len) {
            return false;
        }
        let end = at.0 + len.0;
        let mut at = at.0;
        while at < end {
            if at.trailing_zeros() >= CHUNK_SHIFT && end - at >= 1 << CHUNK_SHIFT {
                let zero = match self.region(at >> 21) {
                    None | Some(Region::Unknown) => false,
                    Some(Region::Zero) => true,
                    Some(Region::Chunks(chunks, _)) => {
                        match &chunks[(at >> CHUNK_SHIFT) as usize % REGION_CHUNKS] {
                            Chunk::ZeroPrefix(n) => usize::from(*n) == CHUNK_WORDS,
                            Chunk::Words(words) => words.value.iter().all(|&w| w == 0),
                        }
                    }
                };
                if !zero {
                    return false;
                }
                at += 1 << CHUNK_SHIFT;
                continue;
            }
            let stop = ((at & !7) + 8).min(end);
            let strb = full_strobe((stop - at) as u32) << (at % 8);
            if self.word(Rpa(at)) & byte_mask(strb) != 0 {
                return false;
            }
            at = stop;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_strobe_selects_exactly_its_bytes() {
        for strb in 0..256u64 {
            let expected = (0..8)
                .filter(|i| strb >> i & 1 == 1)
                .fold(0u64, |m, i| m | 0xff << (8 * i));
            assert_eq!(byte_mask(strb), expected, "strobe {strb:#x}");
            assert_eq!(u64::from(strobes(expected)), strb);
        }
    }

    #[derive(Clone, Debug)]
    enum Op {
        Beat {
            beat: u64,
            bus: u32,
            data: Data,
            strb: u64,
        },
        Zero {
            at: u64,
            len: u64,
        },
        Fill {
            at: u64,
            len: u64,
            byte: u8,
        },
    }

    fn op() -> impl Strategy<Value = Op> {
        let data = prop_oneof![Just([0; 8]), any::<[u64; 8]>()];
        let strb = prop_oneof![Just(u64::MAX), any::<u64>()];
        prop_oneof![
            (0..256u64, 2..7u32, data, strb).prop_map(|(beat, shift, data, strb)| {
                let bus = 1 << shift;
                Op::Beat {
                    beat,
                    bus,
                    data,
                    strb: strb & full_strobe(bus),
                }
            }),
            (0..16384u64, 0..9000u64).prop_map(|(at, len)| Op::Zero { at, len }),
            (0..4u64, 0..3u64).prop_map(|(at, len)| Op::Zero {
                at: at * 4096,
                len: len * 4096
            }),
            (0..16384u64, 0..64u64, any::<u8>()).prop_map(|(at, len, byte)| Op::Fill {
                at,
                len,
                byte
            }),
        ]
    }

    proptest! {
        #[test]
        fn a_store_holds_what_an_array_of_bytes_holds(ops in prop::collection::vec(op(), 1..40)) {
            const SIZE: usize = 16384;
            let mut store = Store::new(Bytes(SIZE as u64), 7);
            let mut bytes: Vec<u8> = (0..SIZE).map(|i| store.byte(Rpa(i as u64))).collect();
            prop_assert!(bytes.iter().all(|&b| b != 0));
            let mut written = vec![false; SIZE];
            for op in ops {
                match op {
                    Op::Beat { beat, bus, data, strb } => {
                        let base = beat * u64::from(bus);
                        store.write_beat(Rpa(base), bus, &data, strb);
                        for lane in 0..bus as usize {
                            if strb >> lane & 1 == 1 {
                                bytes[base as usize + lane] = (data[lane / 8] >> (lane % 8 * 8)) as u8;
                                written[base as usize + lane] = true;
                            }
                        }
                        let read = store.read_beat(Rpa(base), bus);
                        for lane in 0..MAX_BYTES {
                            let expected = if lane < bus as usize { bytes[base as usize + lane] } else { 0 };
                            prop_assert_eq!((read[lane / 8] >> (lane % 8 * 8)) as u8, expected);
                        }
                    }
                    Op::Zero { at, len } => {
                        store.zero_range(Rpa(at), Bytes(len));
                        for b in bytes.iter_mut().skip(at as usize).take(len as usize) {
                            *b = 0;
                        }
                        written.iter_mut().skip(at as usize).take(len as usize).for_each(|w| *w = true);
                        let exists = at + len <= SIZE as u64;
                        prop_assert_eq!(store.is_zero(Rpa(at), Bytes(len)), exists);
                    }
                    Op::Fill { at, len, byte } => {
                        store.fill(Rpa(at), Bytes(len), byte);
                        for b in bytes.iter_mut().skip(at as usize).take(len as usize) {
                            *b = byte;
                        }
                        written.iter_mut().skip(at as usize).take(len as usize).for_each(|w| *w = true);
                    }
                }
            }
            for (i, &b) in bytes.iter().enumerate() {
                prop_assert_eq!(store.byte(Rpa(i as u64)), b, "byte {:#x}", i);
                let known = store.written(Rpa(i as u64)) >> (i % 8) & 1 == 1;
                prop_assert_eq!(known, written[i], "byte {:#x}", i);
            }
            for line in [8, 64, 4096] {
                store.protect(Bytes(line));
                for (i, bytes) in written.chunks(line as usize).enumerate() {
                    let (at, all) = (Rpa(i as u64 * line), bytes.iter().all(|w| *w));
                    let torn = !all && bytes.iter().any(|w| *w);
                    prop_assert_eq!(store.read_is_error(Rpa(at.0 + line - 1), Bytes(1)), !all);
                    prop_assert_eq!(store.write_is_error(Rpa(at.0 + 1), Bytes(2)), torn);
                }
            }
            for chunk in 0..4 {
                let zero = bytes[chunk * 4096..][..4096].iter().all(|&b| b == 0);
                prop_assert_eq!(store.is_zero(Rpa(chunk as u64 * 4096), Bytes(4096)), zero);
            }
        }
    }

    #[test]
    fn sixteen_tebibytes_cost_only_what_is_written() {
        let mut store = Store::new(Bytes(1 << 44), 1);
        let top = Rpa((1 << 44) - 4096);
        assert!(!store.is_zero(top, Bytes(4096)));
        store.zero_range(top, Bytes(4096));
        assert!(store.is_zero(top, Bytes(4096)));
        // A terabyte at once, then one byte of it.
        store.zero_range(Rpa(1 << 40), Bytes(1 << 40));
        assert!(store.is_zero(Rpa(1 << 40), Bytes(1 << 30)));
        store.fill(Rpa((1 << 40) + 5), Bytes(1), 0xaa);
        assert_eq!(store.word(Rpa(1 << 40)), 0xaa << 40);
        assert!(store.is_zero(Rpa((1 << 40) + 6), Bytes(1 << 22)));
    }

    #[test]
    fn a_region_that_was_zeroed_chunk_by_chunk_is_zero_and_can_be_written_again() {
        let mut store = Store::new(Bytes(4 << 20), 1);
        for chunk in (0..512u64).rev() {
            store.zero_range(Rpa(chunk << 12), Bytes(4096));
        }
        assert!(matches!(store.region(0), Some(Region::Zero)));
        store.set_word(Rpa(0x1000), 3);
        assert_eq!(store.word(Rpa(0x1000)), 3);
        assert_eq!(store.word(Rpa(0x1008)), 0);
        store.zero_range(Rpa(0x1000), Bytes(4096));
        assert!(matches!(store.region(0), Some(Region::Zero)));
        assert!(!store.is_zero(Rpa(2 << 20), Bytes(8)));
    }

    #[test]
    fn what_lies_beyond_the_end_is_never_zero_and_cannot_be_written() {
        let mut store = Store::new(Bytes(8192), 1);
        store.zero_range(Rpa(4096), Bytes(1 << 20));
        assert!(store.is_zero(Rpa(4096), Bytes(4096)));
        assert!(!store.is_zero(Rpa(4096), Bytes(4104)));
        store.set_word(Rpa(8192), 5);
        assert_ne!(store.word(Rpa(8192)), 5);
        store.zero_range(Rpa(8192), Bytes(8));
        store.zero_range(Rpa(8192), Bytes(4096));
        assert!((0..64).all(|word| store.word(Rpa(8192 + 8 * word)) != 0));
        assert!(!store.is_zero(Rpa(u64::MAX - 7), Bytes(16)));
    }
}
