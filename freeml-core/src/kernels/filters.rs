//! Filters of output channels, taken in turn.

/// Where the filter of the current output channel begins in a layer's weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter {
    start: usize,
    len: usize,
}

impl Filter {
    /// The filter of `channel`, all filters having `len` weights.
    pub fn of(channel: u16, len: usize) -> Self {
        Filter { start: usize::from(channel).wrapping_mul(len), len }
    }

    /// Goes on to the filter of the next channel, which is `channel`.
    #[inline]
    pub fn advance(&mut self, channel: u16) {
        self.start = if channel == 0 { 0 } else { self.start.wrapping_add(self.len) };
    }

    /// Its weights from tap `tap` on; whatever follows them is beyond every tap.
    #[inline]
    pub fn taps(self, weights: &[u8], tap: u16) -> &[u8] {
        weights.get(self.start.wrapping_add(tap.into())..).unwrap_or(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_filters_in_turn() {
        let weights = [1, 2, 3, 4, 5, 6];
        let mut filter = Filter::of(1, 2);
        assert_eq!(filter.taps(&weights, 1).first(), Some(&4));
        filter.advance(2);
        assert_eq!(filter.taps(&weights, 0), [5, 6]);
        filter.advance(0);
        assert_eq!(filter.taps(&weights, 0).first(), Some(&1));
        assert!(Filter::of(3, 2).taps(&weights, 1).is_empty());
    }
}
