//! Kernels against plain references, in one go and across power failures.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod add;
mod average_pool;
mod conv;
mod depthwise;
mod dot;
mod exits;
mod extremes;
mod max_pool;
mod reference;
mod sparse;

use std::ops::Range;
use std::vec::Vec;

use proptest::{prelude::*, sample, test_runner::TestCaseResult};

use crate::{EmulatedFram, Frame, HEADER_BYTES, Kind, Output, Tensor, Window};
use reference::Values;

/// Reproducible random numbers for what is not worth shrinking: tables and memory contents.
struct Noise(u64);

impl Noise {
    /// The next 64 bits, by splitmix64.
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.bits().to_le_bytes()[0]).collect()
    }

    fn memory(&mut self, len: u16) -> EmulatedFram {
        let mut memory = EmulatedFram::new(len.into(), 0);
        for (at, byte) in self.bytes(len.into()).into_iter().enumerate() {
            memory.corrupt(at, byte);
        }
        memory
    }

    /// Biases, up to the sums of a large layer.
    fn biases(&mut self, len: u16) -> Vec<i32> {
        let mut bias = || {
            let [a, b, c, ..] = self.bits().to_le_bytes();
            i32::from_le_bytes([0, a, b, c]) >> 12
        };
        (0..len).map(|_| bias()).collect()
    }

    /// Multipliers of all magnitudes, so that results fall inside the bounds and beyond.
    fn multipliers(&mut self, len: u16) -> Vec<i16> {
        let mut multiplier = || {
            let [low, high, shift, ..] = self.bits().to_le_bytes();
            (i16::from_le_bytes([low, high]) & i16::MAX) >> (shift % 15)
        };
        (0..len).map(|_| multiplier()).collect()
    }
}

/// Gives the tensors and their frames places behind each other, apart from the header, and
/// returns the size of a memory that goes on a bit after them.
fn lay_out<const N: usize>(tensors: [&mut Tensor; N]) -> u16 {
    const GAP: u16 = HEADER_BYTES;
    let mut end = GAP;
    for tensor in tensors {
        tensor.at = end + tensor.lead_bytes();
        end = (end + tensor.bytes()).next_multiple_of(2) + GAP;
    }
    end
}

/// The bytes of `tensor` and its frame.
fn extent(tensor: &Tensor) -> Range<usize> {
    let start = usize::from(tensor.at - tensor.lead_bytes());
    start..start + usize::from(tensor.bytes())
}

/// The bytes of the frame of `tensor`.
fn frame_bytes(tensor: &Tensor) -> Vec<usize> {
    let elements = reference::places(tensor);
    let size = usize::from(tensor.kind.size());
    let stored = |byte| elements.iter().any(|&at| (at..at + size).contains(&byte));
    extent(tensor).filter(|&byte| !stored(byte)).collect()
}

/// Makes the frame of `tensor` what a kernel leaves there.
fn clear_frame(memory: &mut EmulatedFram, tensor: &Tensor) {
    for at in frame_bytes(tensor) {
        memory.corrupt(at, 0);
    }
}

/// `tensor` with a frame at least as wide as the windows of `results` rows and columns of
/// results reach.
fn framed(tensor: Tensor, window: &Window, results: [u16; 2]) -> Tensor {
    let last = |results: u16, stride: u16, taps: u16, dilation: u16| {
        (results - 1) * stride + (taps - 1) * dilation
    };
    let bottom = last(results[0], window.row_stride, window.rows, window.row_dilation);
    let right = last(results[1], window.col_stride, window.cols, window.col_dilation);
    let bottom = (bottom + 1).saturating_sub(window.top + tensor.height);
    let side = (right + 1).saturating_sub(window.left + tensor.width).max(window.left);
    let widest = |frame: u8, extent: u16| frame.max(u8::try_from(extent).expect("small windows"));
    let frame = Frame {
        top: widest(tensor.frame.top, window.top),
        bottom: widest(tensor.frame.bottom, bottom),
        side: widest(tensor.frame.side, side),
    };
    Tensor { frame, ..tensor }
}

/// Frames, none in half of the cases.
fn frames() -> impl Strategy<Value = Frame> {
    let any = (0..3u8, 0..3u8, 0..3u8).prop_map(|(top, bottom, side)| Frame { top, bottom, side });
    prop_oneof![Just(Frame::NONE), any]
}

fn kinds() -> impl Strategy<Value = Kind> {
    sample::select(&[Kind::U8, Kind::I8, Kind::I16][..])
}

/// Rows and columns, up to `most` of each; a single row in half of the cases.
fn extents(most: u16) -> impl Strategy<Value = (u16, u16)> {
    (prop_oneof![Just(1), 1..=most], 1..=most)
}

fn tensors(extent: u16, channels: u16) -> impl Strategy<Value = Tensor> {
    (extents(extent), frames(), kinds()).prop_map(move |((height, width), frame, kind)| Tensor {
        at: 0,
        height,
        width,
        channels,
        frame,
        kind,
    })
}

/// Windows whose padding may exceed their reach.
fn windows() -> impl Strategy<Value = Window> {
    let padding = (prop_oneof![Just(0), 0..=6u16], prop_oneof![Just(0), 0..=6u16]);
    let strides = (1..=3u16, 1..=3u16);
    let dilations = (1..=2u16, 1..=2u16);
    (extents(4), strides, padding, dilations).prop_map(|(taps, strides, padding, dilations)| {
        Window {
            rows: taps.0,
            cols: taps.1,
            row_stride: strides.0,
            col_stride: strides.1,
            top: padding.0,
            left: padding.1,
            row_dilation: dilations.0,
            col_dilation: dilations.1,
        }
    })
}

/// Outputs of any shape: windows beyond the bottom and right edges stand for padding there.
fn outputs(extent: u16, channels: u16) -> impl Strategy<Value = Output> {
    let bounds = (any::<bool>(), prop::option::of(1..=100i16));
    (tensors(extent, channels), bounds).prop_flat_map(|(tensor, (relu, cap))| {
        let (least, largest) = tensor.kind.range();
        (1..=tensor.len() + 3).prop_map(move |per_step| Output {
            tensor,
            low: if relu { 0 } else { least },
            high: cap.unwrap_or(largest),
            per_step,
        })
    })
}

/// Checks that the steps of a kernel, in order, turn `before` into the same memory with
/// `expected` in the output tensor and zeros in its frame, and that a step beyond the last does
/// nothing.
fn gives(
    before: &EmulatedFram,
    output: &Output,
    expected: &[i64],
    kernel: impl Fn(&mut EmulatedFram, u16),
) -> TestCaseResult {
    let tensor = &output.tensor;
    let mut after = before.clone();
    for step in 0..=output.steps() {
        kernel(&mut after, step);
    }
    let values = Values::of(&after, tensor);
    prop_assert_eq!(values.all(), expected);
    let frame = frame_bytes(tensor);
    prop_assert!(frame.iter().all(|&at| after.contents()[at] == 0));
    let stores = usize::from(tensor.len()) + frame.len();
    prop_assert_eq!(usize::try_from(after.stores()), Ok(stores), "one per element and zero");
    let Range { start, end } = extent(tensor);
    prop_assert_eq!(&after.contents()[..start], &before.contents()[..start]);
    prop_assert_eq!(&after.contents()[end..], &before.contents()[end..]);
    Ok(())
}

/// Checks that steps that are cut short before each of their stores and then repeated leave
/// the same memory as steps that are not.
fn survives_failures(
    before: &EmulatedFram,
    output: &Output,
    kernel: impl Fn(&mut EmulatedFram, u16),
) -> TestCaseResult {
    let (mut whole, mut cut) = (before.clone(), before.clone());
    for step in 0..output.steps() {
        kernel(&mut whole, step);
        for stores in 0.. {
            let outcome = cut.until_failure(stores, |memory| kernel(memory, step));
            if outcome.is_ok() {
                break;
            }
        }
        kernel(&mut cut, step);
        prop_assert_eq!(cut.contents(), whole.contents(), "step {}", step);
    }
    Ok(())
}
