//! Which pages get a frame soon after they went dormant.

/// Pages that get a frame soon after they went dormant, seen in the model's tags; RTL does not show them.
#[derive(Clone, Debug)]
pub struct TagWatch {
    /// Instructions executed when the page went dormant.
    since: Vec<Option<u64>>,
    again: [u64; 4],
    resident: u32,
    peak: u32,
    seen: bool,
}

/// Instructions between going dormant and the next frame, at most, that are counted.
pub const SOON: [u64; 3] = [1_000, 10_000, 100_000];

impl TagWatch {
    /// Of a guest with so many pages.
    pub fn new(pages: u32) -> Self {
        Self {
            since: vec![None; pages as usize],
            again: [0; 4],
            resident: 0,
            peak: 0,
            seen: false,
        }
    }

    /// A tag is written when the guest has executed so many instructions.
    pub fn see(&mut self, gfn: u32, resident: bool, instructions: u64) {
        self.seen = true;
        let Some(since) = self.since.get_mut(gfn as usize) else {
            return;
        };
        if resident {
            self.resident += 1;
            self.peak = self.peak.max(self.resident);
            if let Some(since) = since.take() {
                let after = instructions - since;
                for (count, soon) in self.again.iter_mut().zip(SOON) {
                    *count += u64::from(after <= soon);
                }
                self.again[3] += 1;
            }
        } else {
            self.resident = self.resident.saturating_sub(1);
            *since = Some(instructions);
        }
    }

    /// Pages that got a frame again within each of [`SOON`], and ever.
    pub fn again(&self) -> Option<[u64; 4]> {
        self.seen.then_some(self.again)
    }

    /// Most pages that had a frame at the same time.
    pub fn peak(&self) -> Option<u32> {
        self.seen.then_some(self.peak)
    }
}
