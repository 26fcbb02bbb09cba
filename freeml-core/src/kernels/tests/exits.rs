//! Early exits: chosen elements of pooled maps, and sums for each class.

use std::vec::Vec;

use proptest::{collection::vec, prelude::*};

use super::reference::{Values, taps};
use super::{Noise, gives, lay_out, survives_failures, tensors, windows};
use crate::kernels::{EXIT_WEIGHTS, ExitSums, Features, exit_sums, features};
use crate::{EmulatedFram, Frame, I8, I16, Kind, Output, Tensor, U8, Window};

/// A vector of `len` elements, `per_step` of which are a step.
fn vector(len: u16, kind: Kind, per_step: u16) -> Output {
    let (low, high) = kind.range();
    let tensor = Tensor { at: 0, height: 1, width: 1, channels: len, frame: Frame::NONE, kind };
    Output { tensor, low, high, per_step }
}

/// A grid of windows, and the numbers of elements between its features.
#[derive(Debug, Clone)]
struct Chosen {
    input: Tensor,
    window: Window,
    cols: u16,
    between: Vec<u16>,
    output: Output,
}

impl Chosen {
    fn gaps(&self) -> Vec<u8> {
        let mut gaps = Vec::new();
        for &between in &self.between {
            gaps.extend(std::iter::repeat_n(255, (between / 255).into()));
            gaps.push(u8::try_from(between % 255).unwrap());
        }
        gaps
    }

    fn layer<'a>(&self, gaps: &'a [u8]) -> Features<'a> {
        let Chosen { input, window, cols, output, .. } = *self;
        Features { input, window, cols, gaps, output }
    }

    fn expected(&self, memory: &EmulatedFram) -> Vec<i64> {
        let input = Values::of(memory, &self.input);
        let (channels, cols) = (i64::from(self.input.channels), i64::from(self.cols));
        let mut next = 0;
        let mut values = Vec::new();
        for &between in &self.between {
            let index = next + i64::from(between);
            next = index + 1;
            let (pixel, channel) = (index / channels, index % channels);
            let taps = taps(&self.window, &input, (pixel / cols, pixel % cols), channel);
            let largest = taps.into_iter().map(|(_, _, value)| value).max().unwrap_or(i64::MIN);
            values.push(largest.clamp(self.output.low.into(), self.output.high.into()));
        }
        values
    }
}

fn chosen() -> impl Strategy<Value = Chosen> {
    let between = prop_oneof![3 => 0..4u16, 1 => 250..600u16];
    let input = (1..=6u16).prop_flat_map(|channels| tensors(7, channels));
    (input, windows(), 1..=4u16, vec(between, 1..20), 1..=8u16).prop_map(
        |(mut input, window, cols, between, per_step)| {
            let window = Window { row_dilation: 1, col_dilation: 1, ..window };
            let mut output = vector(u16::try_from(between.len()).unwrap(), input.kind, per_step);
            lay_out([&mut input, &mut output.tensor]);
            Chosen { input, window, cols, between, output }
        },
    )
}

fn chosen_memory(case: &Chosen, seed: u64) -> EmulatedFram {
    let mut case = case.clone();
    Noise(seed).memory(lay_out([&mut case.input, &mut case.output.tensor]))
}

fn features_step(layer: &Features<'_>, memory: &mut EmulatedFram, step: u16) {
    match layer.input.kind {
        Kind::U8 => features::<U8, _>(layer, memory, step),
        Kind::I8 => features::<I8, _>(layer, memory, step),
        Kind::I16 => features::<I16, _>(layer, memory, step),
    }
}

/// An exit, its features and the sums before.
#[derive(Debug)]
struct Sums {
    features: Tensor,
    before: Tensor,
    first: bool,
    shift: u8,
    output: Output,
}

impl Sums {
    fn table(&self, seed: u64) -> Vec<u8> {
        let classes = usize::from(self.output.tensor.channels / 2);
        let row = usize::from(self.features.channels.div_ceil(2));
        Noise(seed ^ 1).bytes(classes * (2 + row))
    }

    fn layer<'a>(&self, table: &'a [u8]) -> ExitSums<'a> {
        ExitSums {
            features: self.features.at,
            count: self.features.channels,
            before: if self.first { 0 } else { self.before.at },
            table,
            shift: self.shift,
            output: self.output,
        }
    }

    /// The words of the sums.
    fn expected(&self, memory: &EmulatedFram, table: &[u8]) -> Vec<i64> {
        let features = Values::of(memory, &self.features);
        let before = Values::of(memory, &self.before);
        let classes = usize::from(self.output.tensor.channels / 2);
        let row = features.all().len().div_ceil(2);
        let mut words = Vec::new();
        for class in 0..classes {
            let mut sum = i64::from(i16::from_le_bytes([table[2 * class], table[2 * class + 1]]));
            for (index, &value) in features.all().iter().enumerate() {
                let pair = table[2 * classes + class * row + index / 2];
                let code = if index % 2 == 0 { pair & 15 } else { pair >> 4 };
                sum += value * i64::from(EXIT_WEIGHTS[usize::from(code)]);
            }
            sum <<= self.shift;
            if !self.first {
                let [low, high] = [before.all()[2 * class], before.all()[2 * class + 1]];
                sum += (high << 16) + (low & 0xFFFF);
            }
            #[allow(clippy::cast_possible_truncation, reason = "sums wrap at 32 bits")]
            let bytes = (sum as i32).to_le_bytes();
            words.push(i16::from_le_bytes([bytes[0], bytes[1]]).into());
            words.push(i16::from_le_bytes([bytes[2], bytes[3]]).into());
        }
        words
    }
}

fn sums() -> impl Strategy<Value = Sums> {
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I8)];
    (1..=30u16, kind, 1..=6u16, 1..=4u16, any::<bool>(), 0..=6u8).prop_map(
        |(count, kind, classes, per_step, first, shift)| {
            let mut features = vector(count, kind, 1).tensor;
            let mut before = vector(2 * classes, Kind::I16, 1).tensor;
            let mut output = vector(2 * classes, Kind::I16, 2 * per_step);
            (output.low, output.high) = (i16::MIN, i16::MAX);
            lay_out([&mut features, &mut before, &mut output.tensor]);
            Sums { features, before, first, shift, output }
        },
    )
}

fn sums_memory(case: &Sums, seed: u64) -> EmulatedFram {
    let (mut features, mut before, mut output) = (case.features, case.before, case.output.tensor);
    Noise(seed).memory(lay_out([&mut features, &mut before, &mut output]))
}

fn sums_step(case: &Sums, layer: &ExitSums<'_>, memory: &mut EmulatedFram, step: u16) {
    match case.features.kind {
        Kind::I8 => exit_sums::<I8, _>(layer, memory, step),
        _ => exit_sums::<U8, _>(layer, memory, step),
    }
}

proptest! {
    #[test]
    fn features_are_the_plain_maxima(case in chosen(), seed: u64) {
        let before = chosen_memory(&case, seed);
        let gaps = case.gaps();
        let (layer, expected) = (case.layer(&gaps), case.expected(&before));
        gives(&before, &layer.output, &expected, |memory, step| {
            features_step(&layer, memory, step);
        })?;
    }

    #[test]
    fn sums_are_the_plain_sums(case in sums(), seed: u64) {
        let before = sums_memory(&case, seed);
        let table = case.table(seed);
        let (layer, expected) = (case.layer(&table), case.expected(&before, &table));
        gives(&before, &layer.output, &expected, |memory, step| {
            sums_step(&case, &layer, memory, step);
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn features_survive_failures(case in chosen(), seed: u64) {
        let before = chosen_memory(&case, seed);
        let gaps = case.gaps();
        let layer = case.layer(&gaps);
        survives_failures(&before, &layer.output, |memory, step| {
            features_step(&layer, memory, step);
        })?;
    }

    #[test]
    fn sums_survive_failures(case in sums(), seed: u64) {
        let before = sums_memory(&case, seed);
        let table = case.table(seed);
        let layer = case.layer(&table);
        survives_failures(&before, &layer.output, |memory, step| {
            sums_step(&case, &layer, memory, step);
        })?;
    }
}
