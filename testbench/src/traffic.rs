//! What was written over a port.

use dormouse_model::axi::W;

use crate::memory::byte_mask;

/// What went over the memory port's write channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes written.
    pub bytes: u64,
    /// Those that are zero.
    pub zero: u64,
}

impl Traffic {
    /// `n` equal beats.
    #[inline]
    pub fn beats(&mut self, w: &W, n: u64) {
        let bytes = u64::from(w.strb.count_ones());
        let mut nonzero = 0;
        if w.data != [0; 8] {
            for (i, word) in w.data.iter().enumerate() {
                let written = word & byte_mask(w.strb >> (8 * i));
                let low = (written & 0x7f7f_7f7f_7f7f_7f7f) + 0x7f7f_7f7f_7f7f_7f7f;
                nonzero += u64::from(((low | written) & 0x8080_8080_8080_8080).count_ones());
            }
        }
        self.bytes += bytes * n;
        self.zero += (bytes - nonzero) * n;
    }
}
