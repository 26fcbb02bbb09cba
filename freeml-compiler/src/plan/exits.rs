//! Tables of early exits, and where their sums are.

use freeml_core::Exit;

use crate::program::{Kernel, PlannedLayer};
use crate::quantise::{ExitWeights, QuantOp, Quantised};

/// The numbers of elements between features, one in a byte, 255 for as many without feature.
pub fn gaps(chosen: &[usize]) -> Vec<u8> {
    let mut gaps = Vec::with_capacity(chosen.len());
    let mut next = 0;
    for &index in chosen {
        let mut gap = index.saturating_sub(next);
        next = index + 1;
        while gap >= usize::from(u8::MAX) {
            gaps.push(u8::MAX);
            gap -= usize::from(u8::MAX);
        }
        gaps.extend(u8::try_from(gap));
    }
    gaps
}

/// Biases as words, then for each class its weights in half bytes.
pub fn table(weights: &ExitWeights) -> Vec<u8> {
    let ExitWeights { bias, codes, .. } = weights;
    let mut table: Vec<u8> = bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
    for row in codes {
        table.extend(row.chunks(2).map(|pair| pair[0] | pair.get(1).unwrap_or(&0) << 4));
    }
    table
}

/// Whether the sums of layer `index` of `network` are those of its last early exit, which stay
/// until the end.
pub fn is_last(network: &Quantised, index: usize) -> bool {
    let is_exit = |index: usize| matches!(network.layers[index].op, QuantOp::Exit(_));
    is_exit(index) && (index + 1..network.layers.len()).all(|later| !is_exit(later))
}

/// The early exits of `layers`.
pub fn exits(layers: &[PlannedLayer]) -> Vec<Exit> {
    let last_step = |layer: &PlannedLayer| u32::from(layer.first_step) + layer.kernel.steps();
    let exits = layers.iter().filter(|layer| matches!(layer.kernel, Kernel::ExitSums(..)));
    exits
        .map(|layer| Exit {
            steps: u16::try_from(last_step(layer)).unwrap_or(u16::MAX),
            at: layer.kernel.output().tensor.at,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gaps_take_several_bytes() {
        assert_eq!(gaps(&[0, 1, 5]), [0, 0, 3]);
        assert_eq!(gaps(&[254, 510, 1_100]), [254, 255, 0, 255, 255, 79]);
    }

    #[test]
    fn half_bytes_begin_with_the_low_one() {
        let codes = vec![vec![1, 2, 15], vec![0, 9, 7]];
        let weights = ExitWeights {
            bias: vec![-2, 256],
            codes,
            shift: 0,
            margins: Vec::new(),
            correct: 0,
            validation: 0,
        };
        assert_eq!(table(&weights), [0xFE, 0xFF, 0, 1, 0x21, 0x0F, 0x90, 0x07]);
    }
}
