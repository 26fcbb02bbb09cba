//! The memory functions of the support crate at even and odd addresses and lengths, with overlap.
#![no_std]
#![no_main]

use core::hint::black_box;

use freeml_core as _;
use msp430_support::{entry, print_str};

entry!(main);

const LEN: usize = 40;
const LENGTHS: [usize; 7] = [0, 1, 7, 8, 9, 16, 23];

fn main() {
    let mut good = true;
    for from in [4, 5, 6, 9] {
        for to in [4, 7, 8, 10] {
            for len in LENGTHS {
                good &= moves(from, to, len) && copies(from, to, len) && fills(to, len);
            }
        }
    }
    print_str(if good { "memory ok\n" } else { "memory WRONG\n" });
}

/// The `i`-th byte of the pattern that buffers start with.
fn pattern(i: usize) -> u8 {
    let [low, ..] = i.to_le_bytes();
    low.wrapping_mul(7) ^ 0x5A
}

fn buffer() -> [u8; LEN] {
    let mut bytes = [0; LEN];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = black_box(pattern(i));
    }
    bytes
}

/// Whether `bytes` is `inside(i)` for the `len` bytes at `to` and `outside(i)` elsewhere.
fn is(
    bytes: &[u8],
    to: usize,
    len: usize,
    inside: impl Fn(usize) -> u8,
    outside: impl Fn(usize) -> u8,
) -> bool {
    bytes
        .iter()
        .enumerate()
        .all(|(i, &byte)| byte == if (to..to + len).contains(&i) { inside(i) } else { outside(i) })
}

fn moves(from: usize, to: usize, len: usize) -> bool {
    let mut bytes = buffer();
    let start = bytes.as_mut_ptr();
    // SAFETY: the greatest offset and length, 10 + 23, lie inside the buffer.
    unsafe { start.add(from).copy_to(start.add(to), black_box(len)) };
    is(&bytes, to, len, |i| pattern(i - to + from), pattern)
}

fn copies(from: usize, to: usize, len: usize) -> bool {
    let source = buffer();
    let mut bytes = [0; LEN];
    // SAFETY: as in `moves`, in two buffers.
    unsafe {
        let to = bytes.as_mut_ptr().add(to);
        source.as_ptr().add(from).copy_to_nonoverlapping(to, black_box(len));
    }
    is(&bytes, to, len, |i| pattern(i - to + from), |_| 0)
}

fn fills(to: usize, len: usize) -> bool {
    let mut bytes = buffer();
    // SAFETY: as in `moves`.
    unsafe { bytes.as_mut_ptr().add(to).write_bytes(black_box(0xC3), black_box(len)) };
    is(&bytes, to, len, |_| 0xC3, pattern)
}
