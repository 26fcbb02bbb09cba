//! Plain shifts.

use super::{BitStream, EMPTY};

fn bit(stream: &mut BitStream<'_>) -> bool {
    if stream.window == EMPTY {
        let byte = stream.bytes.next().copied().unwrap_or(0);
        stream.window = u16::from(byte) << 8 | 0x80;
    }
    let bit = stream.window >= EMPTY;
    stream.window <<= 1;
    bit
}

/// The number of ones before the next zero, which is passed over.
pub(super) fn ones(stream: &mut BitStream<'_>) -> u16 {
    let mut ones: u16 = 0;
    while bit(stream) {
        ones = ones.wrapping_add(1);
    }
    ones
}

/// `head`, with the next `count` bits behind it.
pub(super) fn append(stream: &mut BitStream<'_>, head: u16, count: u8) -> u16 {
    (0..count).fold(head, |value, _| value << 1 | u16::from(bit(stream)))
}
