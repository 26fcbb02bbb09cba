//! A network of three layers, planned by hand.

use freeml_core::kernels::{Conv, MaxPool, PoolWindow, conv, max_pool};
use freeml_core::{
    Cost, Exit, Field, Frame, HEADER_BYTES, Kind, Memory, Network, Output, Requantise, SHIFT_16,
    Signature, Tensor, U8, Window,
};

/// Convolution, maximum pool and fully connected layer. As in a plan, a tensor takes the place
/// of one that is no longer needed, so that a step done again too late spoils the result.
#[derive(Debug, Clone, Copy)]
pub struct Tiny {
    pub identity: u32,
    pub input: Tensor,
    pub features: Tensor,
    pub pooled: Tensor,
    pub logits: Tensor,
}

const fn tensor(at: u16, extent: u16, channels: u16, kind: Kind) -> Tensor {
    Tensor { at, height: extent, width: extent, channels, frame: Frame::NONE, kind }
}

/// A tensor of four rows and columns whose frame begins at `start`.
const fn framed(start: u16, channels: u16) -> Tensor {
    let frame = Frame { top: 1, bottom: 1, side: 1 };
    let tensor = tensor(0, 4, channels, Kind::U8);
    let framed = Tensor { frame, ..tensor };
    Tensor { at: start + framed.lead_bytes(), ..framed }
}

pub const TINY: Tiny = Tiny {
    identity: 0x1234_5678,
    input: framed(HEADER_BYTES, 2),
    features: tensor(HEADER_BYTES + INPUT_BYTES, 4, 3, Kind::U8),
    pooled: tensor(HEADER_BYTES, 2, 3, Kind::U8),
    logits: tensor(HEADER_BYTES + INPUT_BYTES, 1, 4, Kind::I16),
};

/// Six rows of five columns of two channels, and another column.
pub const INPUT_BYTES: u16 = 62;
/// Header, input and features.
pub const STATE_BYTES: usize = 6 + 62 + 48;
pub const FEATURE_STEPS: u16 = 10;
pub const POOL_STEPS: u16 = 3;
pub const HEAD_STEPS: u16 = 2;
pub const STEPS: u16 = FEATURE_STEPS + POOL_STEPS + HEAD_STEPS;
/// Stores of the step that has most of them, without that of the progress.
pub const STEP_STORES: u64 = 5;
/// Stores that clean a header, those of a first boot, which also forgets programs, and those of a
/// start on a sample.
pub const CLEAN_STORES: u64 = 3;
pub const ATTACH_STORES: u64 = CLEAN_STORES + 1;
pub const START_STORES: u64 = 1 + 62 + 1;

/// Bytes without a pattern.
pub const fn table<const LEN: usize>(mut seed: u32) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    let mut index = 0;
    while index < LEN {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes[index] = seed.to_be_bytes()[0];
        index += 1;
    }
    bytes
}

/// In the order of the ONNX input: two channels of four rows.
pub const SAMPLE: [u8; 32] = table(1);
pub const OTHER_SAMPLE: [u8; 32] = table(2);

impl Tiny {
    pub fn features(&self) -> Conv<'static> {
        Conv {
            field: Field::new(
                &self.input,
                &Window { rows: 3, cols: 3, top: 1, left: 1, ..Window::POINT },
            ),
            depth: self.input.channels,
            group_outputs: self.features.channels,
            pool: PoolWindow::POINT,
            weights: const { &table::<{ 3 * 9 * 2 }>(3) },
            requantise: Requantise {
                bias: &[9_000, 4_000, -1_000],
                multiplier: &[200, 250, 300],
                shift: SHIFT_16,
            },
            residual: None,
            output: Output { tensor: self.features, low: 0, high: 255, per_step: 5 },
        }
    }

    pub fn pool(&self) -> MaxPool {
        MaxPool {
            input: self.features,
            window: Window { rows: 2, cols: 2, row_stride: 2, col_stride: 2, ..Window::POINT },
            output: Output { tensor: self.pooled, low: 0, high: 255, per_step: 4 },
        }
    }

    pub fn head(&self) -> Conv<'static> {
        Conv {
            field: Field::new(&self.pooled, &Window { rows: 2, cols: 2, ..Window::POINT }),
            depth: self.pooled.channels,
            group_outputs: self.logits.channels,
            pool: PoolWindow::POINT,
            weights: const { &table::<{ 4 * 4 * 3 }>(4) },
            requantise: Requantise {
                bias: &[0, 1, 2, 3],
                multiplier: &[20_000; 4],
                shift: SHIFT_16,
            },
            residual: None,
            output: Output { tensor: self.logits, low: -32_767, high: 32_767, per_step: 3 },
        }
    }
}

impl Network for Tiny {
    fn signature(&self) -> Signature {
        Signature { identity: self.identity, steps: STEPS, input: self.input, logits: self.logits }
    }

    fn exits(&self) -> &[Exit] {
        &[]
    }

    fn costs(&self) -> &[Cost] {
        &[]
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        const POOL: u16 = FEATURE_STEPS;
        const HEAD: u16 = FEATURE_STEPS + POOL_STEPS;
        match step {
            ..POOL => conv::<U8, M>(&self.features(), memory, step),
            POOL..HEAD => max_pool::<U8, M>(&self.pool(), memory, step - POOL),
            HEAD.. => conv::<U8, M>(&self.head(), memory, step - HEAD),
        }
    }
}
