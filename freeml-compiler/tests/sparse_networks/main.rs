//! Random small networks of sparse layers: plan and program against plain integers, with power
//! failures everywhere.

mod reference;

use freeml_compiler::graph::{self, Pool, PoolKind, Shape};
use freeml_compiler::program::{Kernel, Program};
use freeml_compiler::quantise::{
    Filters, LayerWeights, QuantLayer, QuantOp, QuantTensor, Quantised, Tables, Tap,
};
use freeml_compiler::train::Levels;
use freeml_compiler::{encode, plan};
use freeml_core::kernels::{Conv, Depthwise, PreparedQuads, Sparse, Windows};
use freeml_core::{
    DeviceBytes, EmulatedFram, Engine, Kind, Memory, RunToEnd, SHIFT_16, SHIFT_24, Status, Tensor,
};
use ndarray::Array4;
use proptest::{prelude::*, sample};

/// What kind of layer a network is grown by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Conv,
    /// Two groups, if the channels allow it.
    Grouped,
    Pooled,
    Depthwise,
    /// With an earlier tensor added to it.
    Residual,
}

/// A layer without weights.
#[derive(Debug, Clone, Copy)]
enum Plain {
    Nothing,
    Pool(PoolKind),
    /// Sum with an earlier tensor.
    Add,
}

/// One layer that a network is grown by.
#[derive(Debug, Clone)]
struct Growth {
    form: Form,
    channels: usize,
    kernel: (usize, usize),
    stride: usize,
    dilation: usize,
    pad: usize,
    kind: Kind,
    density: u32,
    levels: Levels,
    then: Plain,
}

fn growth() -> impl Strategy<Value = Growth> {
    let forms = [Form::Conv, Form::Grouped, Form::Pooled, Form::Depthwise, Form::Residual];
    let sizes = (1usize..7, (1usize..4, 1usize..4), 1usize..3, 1usize..3, 0usize..3);
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I8)];
    let density = prop_oneof![Just(5u32), Just(30), Just(100)];
    let powers = [1, 2, 4, 8].map(Levels::PowersOfTwo);
    let levels = sample::select([&powers[..], &[Levels::Uniform(16)]].concat());
    let then = prop_oneof![
        3 => Just(Plain::Nothing),
        1 => Just(Plain::Pool(PoolKind::Max)),
        1 => Just(Plain::Pool(PoolKind::Average)),
        1 => Just(Plain::Add),
    ];
    (sample::select(forms.to_vec()), sizes, kind, (density, levels), then).prop_map(
        |(form, (channels, kernel, stride, dilation, pad), kind, (density, levels), then)| Growth {
            form,
            channels,
            kernel,
            stride,
            dilation,
            pad,
            kind,
            density,
            levels,
            then,
        },
    )
}

struct Builder {
    network: Quantised,
    state: u32,
}

impl Builder {
    fn draw(&mut self, below: u32) -> u32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 8) % below
    }

    fn last(&self) -> QuantTensor {
        self.network.tensors[self.network.tensors.len() - 1]
    }

    /// Random weights, biases and requantisation.
    fn filters(&mut self, channels: usize, taps: usize, density: u32, levels: Levels) -> Filters {
        let row = |builder: &mut Self| {
            let mut row = Vec::new();
            let shift = builder.draw(2) * builder.draw(4);
            for index in 0..u16::try_from(taps).unwrap() {
                if builder.draw(100) < density {
                    let number = i16::try_from(builder.draw(levels.magnitudes().into())).unwrap();
                    let level = match levels {
                        Levels::PowersOfTwo(_) => 1 << number,
                        Levels::Uniform(_) => number + 1,
                    };
                    let weight = if builder.draw(2) == 0 { level } else { -level } << shift;
                    row.push(Tap { index, weight });
                }
            }
            row
        };
        let rows = (0..channels).map(|_| row(self)).collect();
        let bias = (0..channels).map(|_| self.draw(256).to_le_bytes()[0].cast_signed()).collect();
        let shift = if self.draw(2) == 0 { SHIFT_16 } else { SHIFT_24 };
        let multiplier = i16::try_from(1 + self.draw(32_767)).unwrap();
        Filters {
            levels,
            rows,
            bias,
            bias_shift: self.draw(6).to_le_bytes()[0],
            rounding: (1 << (shift - 1)) / i32::from(multiplier),
            multiplier,
            shift,
        }
    }

    fn push(&mut self, op: QuantOp, operands: Vec<usize>, shape: Shape, kind: Kind) {
        let (low, high) = kind.range();
        let name = format!("layer{}", self.network.layers.len());
        self.network.layers.push(QuantLayer { name, op, operands, low, high });
        self.network.tensors.push(QuantTensor { shape, kind, scale: 1.0 });
    }

    fn grow(&mut self, growth: &Growth) {
        let QuantTensor { shape: Shape { c, h, w }, kind, .. } = self.last();
        let pad = growth.pad;
        let fit = |taps: usize, extent: usize, dilation: usize| {
            taps.min((extent + 2 * pad - 1) / dilation + 1)
        };
        let residual = growth.form == Form::Residual && kind != Kind::I16;
        let dilation = if residual { 1 } else { growth.dilation };
        let mut kernel = (fit(growth.kernel.0, h, dilation), fit(growth.kernel.1, w, dilation));
        let mut stride = growth.stride;
        let (groups, channels) = match growth.form {
            Form::Depthwise => (c, c),
            Form::Grouped if c % 2 == 0 => (2, growth.channels * 2),
            Form::Residual if residual => (1, c),
            _ => (1, growth.channels),
        };
        if residual {
            (kernel, stride) = ((1 + 2 * pad, 1 + 2 * pad), 1);
        }
        let results = |extent: usize, taps: usize| {
            (extent + 2 * pad - (taps - 1) * dilation - 1) / stride + 1
        };
        let mut shape = Shape { c: channels, h: results(h, kernel.0), w: results(w, kernel.1) };
        let filters =
            self.filters(channels, kernel.0 * kernel.1 * c / groups, growth.density, growth.levels);
        let conv = graph::Conv {
            weight: Array4::zeros((channels, c / groups, kernel.0, kernel.1)),
            bias: vec![0.0; channels],
            stride: (stride, stride),
            pad_rows: (pad, pad),
            pad_cols: (pad, pad),
            dilation: (dilation, dilation),
            groups,
        };
        let weights = LayerWeights::Sparse(filters);
        let from = self.network.tensors.len() - 1;
        if growth.form == Form::Depthwise {
            self.push(QuantOp::Depthwise { conv, weights }, vec![from], shape, growth.kind);
            return;
        }
        let pooled = growth.form == Form::Pooled && shape.h > 1 && shape.w > 1;
        let pool = pooled.then(|| {
            shape = Shape { h: shape.h / 2, w: shape.w / 2, ..shape };
            Pool {
                kind: PoolKind::Max,
                kernel: (2, 2),
                stride: (2, 2),
                pad_rows: (0, 0),
                pad_cols: (0, 0),
            }
        });
        let added = residual.then(|| i16::try_from(self.draw(2_048)).unwrap());
        let mut operands = vec![from];
        operands.extend(residual.then(|| self.earlier(shape)));
        self.push(
            QuantOp::Conv { conv, pool, residual: added, weights },
            operands,
            shape,
            growth.kind,
        );
    }

    /// One of the tensors of bytes that have this shape, of which there is one.
    fn earlier(&mut self, shape: Shape) -> usize {
        let tensors = self.network.tensors.iter().enumerate();
        let fitting = |tensor: &QuantTensor| tensor.shape == shape && tensor.kind != Kind::I16;
        let found: Vec<usize> =
            tensors.filter(|tensor| fitting(tensor.1)).map(|tensor| tensor.0).collect();
        found[self.draw(u32::try_from(found.len()).unwrap()) as usize]
    }

    /// A layer without weights on the last tensor, which has bytes.
    fn grow_plain(&mut self, plain: Plain) {
        let QuantTensor { shape, kind, .. } = self.last();
        let from = self.network.tensors.len() - 1;
        match plain {
            Plain::Nothing => {}
            Plain::Pool(pool) => self.pool(pool),
            Plain::Add => {
                let operands = vec![self.earlier(shape), from];
                let multipliers = [self.draw(2_048), self.draw(2_048)];
                let multipliers = multipliers.map(|number| i16::try_from(number).unwrap());
                self.push(QuantOp::Add(multipliers), operands, shape, kind);
            }
        }
    }

    /// Windows of four elements side by side, or of nine that overlap and reach over the edge.
    fn pool(&mut self, kind: PoolKind) {
        let QuantTensor { shape: Shape { c, h, w }, kind: elements, .. } = self.last();
        let from = self.network.tensors.len() - 1;
        let overlap = self.draw(2) == 0 || h < 2 || w < 2;
        let (extent, stride, pad) = if overlap { (3, 1, 1) } else { (2, 2, 0) };
        let shape = if overlap { Shape { c, h, w } } else { Shape { c, h: h / 2, w: w / 2 } };
        let pads = (pad, pad);
        let pool = Pool {
            kind,
            kernel: (extent, extent),
            stride: (stride, stride),
            pad_rows: pads,
            pad_cols: pads,
        };
        let op = if kind == PoolKind::Max {
            QuantOp::MaxPool(pool)
        } else {
            let multiplier = if overlap { 7_282 } else { 16_384 };
            let tables = Tables {
                bias: vec![3],
                multiplier: vec![multiplier],
                shift: SHIFT_16,
                ..Tables::default()
            };
            QuantOp::AveragePool(pool, tables)
        };
        self.push(op, vec![from], shape, elements);
    }

    fn dense(&mut self, from: usize, residual: Option<usize>, kind: Kind, density: u32) {
        let columns = self.network.tensors[from].shape.len();
        let weights =
            LayerWeights::Sparse(self.filters(4, columns, density, Levels::PowersOfTwo(4)));
        let multiplier = residual.map(|_| i16::try_from(self.draw(2_048)).unwrap());
        let operands = std::iter::once(from).chain(residual).collect();
        let op = QuantOp::Dense { residual: multiplier, weights };
        self.push(op, operands, Shape::vector(4), kind);
    }

    /// A fully connected layer for the logits; in half of the cases another one, whose operand
    /// may have a frame, is added to it.
    fn finish(mut self, density: u32) -> Quantised {
        let last = self.network.tensors.len() - 1;
        let added = (self.draw(2) == 0).then(|| {
            let from = self.draw(u32::try_from(last + 1).unwrap()) as usize;
            self.dense(from, None, Kind::I8, density);
            last + 1
        });
        self.dense(last, added, Kind::I16, density);
        self.network
    }
}

/// A network and a sample for it.
fn network(extent: usize) -> impl Strategy<Value = (Quantised, Vec<i16>)> {
    let shape = (1usize..5, 3..extent, 3..extent).prop_map(|(c, h, w)| Shape { c, h, w });
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I8), Just(Kind::I16)];
    (shape, kind, prop::collection::vec(growth(), 1..5), any::<u32>()).prop_map(
        |(shape, kind, layers, state)| {
            let input = QuantTensor { shape, kind, scale: 1.0 };
            let network = Quantised { layers: Vec::new(), tensors: vec![input] };
            let mut builder = Builder { network, state };
            for growth in &layers {
                builder.grow(growth);
                builder.grow_plain(growth.then);
            }
            let (low, high) = kind.range();
            let span = u32::try_from(i32::from(high) - i32::from(low)).unwrap();
            let sample = (0..shape.len())
                .map(|_| low.wrapping_add_unsigned(u16::try_from(builder.draw(span)).unwrap()))
                .collect();
            (builder.finish(layers[0].density), sample)
        },
    )
}

/// Everything between two resets.
fn boot(program: &Program, fram: &mut EmulatedFram, sample: &[i16]) -> Vec<i16> {
    let mut engine = Engine::attach(program, fram);
    if engine.status() == Status::Idle {
        engine.start(sample);
    }
    engine.run(&mut RunToEnd);
    engine.logit_words().collect()
}

/// The elements of a tensor in memory order.
fn elements(fram: &EmulatedFram, tensor: &Tensor) -> Vec<i64> {
    let element = |at| match tensor.kind {
        Kind::U8 => fram.byte(at).into(),
        Kind::I8 => fram.byte(at).cast_signed().into(),
        Kind::I16 => fram.word(at).cast_signed().into(),
    };
    let row = tensor.width * tensor.channels;
    let row_at = |index| tensor.at + index / row * tensor.row_bytes();
    let place = |index| row_at(index) + index % row * tensor.kind.size();
    (0..tensor.len()).map(place).map(element).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_compute_what_plain_integers_do((network, sample) in network(20)) {
        let program = plan::plan(&network).unwrap();
        let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
        let logits = boot(&program, &mut fram, &sample);
        let results = reference::results(&network, &sample);
        let logits: Vec<i64> = logits.into_iter().map(i64::from).collect();
        prop_assert_eq!(Some(&logits), results.last());
        Engine::attach(&program, &mut fram).start(&sample[..]);
        for (layer, expected) in program.layers.iter().zip(results) {
            let mut engine = Engine::attach(&program, &mut fram);
            for _ in 0..layer.kernel.steps() {
                engine.step();
            }
            let tensor = &layer.kernel.output().tensor;
            prop_assert_eq!(elements(&fram, tensor), expected, "{:?}", layer.kernel);
        }
    }

    #[test]
    fn no_layer_would_be_smaller_otherwise((network, _) in network(20)) {
        let program = plan::plan(&network).unwrap();
        for (quantised, planned) in network.layers.iter().zip(&program.layers) {
            let (filters, conv, dense_descriptor) = match &quantised.op {
                QuantOp::Conv { weights, conv, .. } => (weights, Some(conv), Conv::DEVICE_BYTES),
                QuantOp::Depthwise { weights, conv } => {
                    (weights, Some(conv), Depthwise::DEVICE_BYTES)
                }
                QuantOp::Dense { weights, .. } => (weights, None, Conv::DEVICE_BYTES),
                _ => continue,
            };
            let LayerWeights::Sparse(filters) = filters else { continue };
            let found = planned.tables.bytes() + planned.kernel.descriptor_bytes();
            if let Kernel::Sparse(kernel) = &planned.kernel {
                let parts = usize::from(kernel.layer.part_channels);
                prop_assert_eq!(planned.tables.bytes(), encode::bytes(filters, parts));
                prop_assert_eq!(planned.kept_weights(), filters.kept());
                let columns = network.tensors[quantised.operands[0]].shape.len();
                let taps = conv.map_or(columns, |conv| conv.weight.len() / filters.rows.len());
                let dense = encode::dense(filters, taps);
                prop_assert!(dense.is_none_or(|dense| found <= dense.bytes() + dense_descriptor));
            } else {
                // The lengths and fractions of bytes of all parts there may be, and the longer of the
                // two descriptors: that of quads, which are taken for their cycles.
                let parts = 2 * filters.rows.len();
                let descriptors = PreparedQuads::DEVICE_BYTES;
                prop_assert!(descriptors >= Sparse::DEVICE_BYTES + Windows::DEVICE_BYTES);
                let sparse = encode::bytes(filters, filters.rows.len()) + parts + descriptors;
                prop_assert!(found <= sparse);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_power_failure_before_any_store_changes_nothing((network, sample) in network(8)) {
        let program = plan::plan(&network).unwrap();
        let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
        let expected = boot(&program, &mut fram, &sample);
        for failure in 0..fram.stores() {
            let mut fram = EmulatedFram::new(program.state_bytes, 0xA5);
            let outcome = fram.until_failure(failure, |fram| boot(&program, fram, &sample));
            prop_assert!(outcome.is_err());
            prop_assert_eq!(&boot(&program, &mut fram, &sample), &expected);
        }
    }
}
