//! An early exit: what its features add to the sums of the exit before.

use crate::{Element, Memory, Output, mac};

/// `before + ((bias + weights * features) << shift)` for each class, in 32 bits.
///
/// FreeML's global exit is one linear map over the pooled maps of all taps, those that are not
/// reached being 0 (arXiv 2405.10426, gNet): its answer at a tap is a sum of parts, one for
/// each tap. The sums of the exit before stay as they are until all classes have theirs, so a
/// power failure finds one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitSums<'a> {
    /// Where the features lie.
    pub features: u16,
    /// Their number.
    pub count: u16,
    /// Where the sums of the exit before lie; 0 for the first exit.
    pub before: u16,
    /// Biases as little-endian words, one for each class, then for each class the weights of all
    /// features in half bytes, the low half first: the numbers of [`EXIT_WEIGHTS`].
    pub table: &'a [u8],
    /// Power of two between the products here and the unit of the sums.
    pub shift: u8,
    /// The sums: two words for each class, side by side.
    pub output: Output,
}

/// The weights that half a byte stands for.
pub const EXIT_WEIGHTS: [i16; 16] = [0, 1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64];

/// Bytes of a sum.
const SUM_BYTES: u16 = 4;

/// Computes step `step`, the sums of some classes.
#[inline(never)]
pub fn exit_sums<E: Element, M: Memory>(layer: &ExitSums<'_>, memory: &mut M, step: u16) {
    let tensor = &layer.output.tensor;
    let classes = tensor.channels / 2;
    let per_step = (layer.output.per_step / 2).max(1);
    let first = step.wrapping_mul(per_step);
    let end = first.saturating_add(per_step).min(classes);
    let (biases, rows) = layer.table.split_at_checked(usize::from(classes) * 2).unwrap_or_default();
    let row_bytes = usize::from(layer.count.div_ceil(2)).max(1);
    let skipped = usize::from(first);
    let biases = biases.chunks_exact(2).skip(skipped);
    let rows = rows.chunks_exact(row_bytes).skip(skipped);
    for (class, (bias, row)) in (first..end).zip(biases.zip(rows)) {
        let features = memory.bytes(layer.features, layer.count.wrapping_mul(E::KIND.size()));
        let bias = bias.try_into().map_or(0, i16::from_le_bytes);
        let sum = dot::<E>(i32::from(bias), features, row).wrapping_shl(layer.shift.into());
        let offset = class.wrapping_mul(SUM_BYTES);
        let before = match layer.before {
            0 => 0,
            at => read(memory, at.wrapping_add(offset)),
        };
        let [a, b, c, d] = before.wrapping_add(sum).to_le_bytes();
        let at = tensor.at.wrapping_add(offset);
        memory.store_word(at, u16::from_le_bytes([a, b]));
        memory.store_word(at.wrapping_add(2), u16::from_le_bytes([c, d]));
    }
}

/// The sum at `at`.
fn read<M: Memory>(memory: &M, at: u16) -> i32 {
    memory.bytes(at, SUM_BYTES).try_into().map_or(0, i32::from_le_bytes)
}

/// `sum` + the products of `features` and the weights of `row`.
#[cfg_attr(target_arch = "msp430", inline(never))]
fn dot<E: Element>(sum: i32, features: &[u8], row: &[u8]) -> i32 {
    let mut sum = sum;
    let pairs = features.chunks(usize::from(2 * E::KIND.size())).zip(row);
    for (pair, &codes) in pairs {
        let second = pair.get(usize::from(E::KIND.size())..).unwrap_or(&[]);
        for (element, code) in [(pair, codes & 15), (second, codes >> 4)] {
            let weight = EXIT_WEIGHTS.get(usize::from(code)).copied().unwrap_or(0);
            sum = sum.wrapping_add(mac::product(E::read(element), weight));
        }
    }
    sum
}
