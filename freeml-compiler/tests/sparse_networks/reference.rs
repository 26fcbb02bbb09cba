//! What a network of sparse layers computes, by coordinates and without limits on numbers.

use freeml_compiler::graph::{Conv, Pool, Shape};
use freeml_compiler::quantise::{
    Filters, LayerWeights, QuantLayer, QuantOp, Quantised, Tables, Tap,
};

/// Values of a tensor, `[row][column][channel]`.
struct Values {
    shape: Shape,
    values: Vec<i64>,
}

impl Values {
    fn at(&self, y: usize, x: usize, channel: usize) -> i64 {
        self.values[(y * self.shape.w + x) * self.shape.c + channel]
    }

    /// The element at a place in the operand with so many rows and columns of padding before
    /// it; `None` in the padding.
    fn unpadded(
        &self,
        y: usize,
        x: usize,
        channel: usize,
        (top, left): (usize, usize),
    ) -> Option<i64> {
        let (y, x) = (y.checked_sub(top)?, x.checked_sub(left)?);
        (y < self.shape.h && x < self.shape.w).then(|| self.at(y, x, channel))
    }
}

/// The result of every layer for `sample`, which has the order channels, rows, columns.
pub fn results(network: &Quantised, sample: &[i16]) -> Vec<Vec<i64>> {
    let shape = network.tensors[0].shape;
    let mut values = Vec::new();
    for pixel in 0..shape.h * shape.w {
        values.extend((0..shape.c).map(|c| i64::from(sample[c * shape.h * shape.w + pixel])));
    }
    let mut tensors = vec![Values { shape, values }];
    for (layer, result) in network.layers.iter().zip(&network.tensors[1..]) {
        let operands: Vec<&Values> = layer.operands.iter().map(|&index| &tensors[index]).collect();
        let values = compute(layer, &operands, result.shape);
        tensors.push(Values { shape: result.shape, values });
    }
    tensors.into_iter().skip(1).map(|tensor| tensor.values).collect()
}

fn compute(layer: &QuantLayer, operands: &[&Values], shape: Shape) -> Vec<i64> {
    let mut results = Vec::new();
    for y in 0..shape.h {
        for x in 0..shape.w {
            for channel in 0..shape.c {
                let value = element(layer, operands, [y, x, channel]);
                results.push(value.min(layer.high.into()).max(layer.low.into()));
            }
        }
    }
    results
}

/// One result, without bounds.
fn element(layer: &QuantLayer, operands: &[&Values], place: [usize; 3]) -> i64 {
    let input = operands[0];
    let [y, x, channel] = place;
    let term = |operand: usize, multiplier: i16| {
        operands[operand].at(y, x, channel) * i64::from(multiplier)
    };
    let added = |residual: Option<i16>| residual.map_or(0, |by| nearest(term(1, by)));
    match &layer.op {
        QuantOp::Conv { conv, pool, residual, weights } => {
            let filters = sparse(weights);
            let sum = pooled(conv, pool.as_ref(), filters, input, place);
            scaled(filters, channel, sum) + added(*residual)
        }
        QuantOp::Depthwise { conv, weights } => {
            let filters = sparse(weights);
            scaled(filters, channel, convolved(conv, filters, input, place))
        }
        QuantOp::Dense { residual, weights } => {
            let filters = sparse(weights);
            let product = |tap: &Tap| input.values[usize::from(tap.index)] * i64::from(tap.weight);
            let sum = filters.rows[channel].iter().map(product).sum();
            scaled(filters, channel, sum) + added(*residual)
        }
        QuantOp::MaxPool(pool) => {
            inside(pool, input, place).into_iter().max().expect("an element inside")
        }
        QuantOp::AveragePool(pool, tables) => mean(pool, tables, input, place),
        QuantOp::Add([a, b]) => nearest(term(0, *a) + term(1, *b)),
        QuantOp::Features(_) | QuantOp::Exit(_) => unreachable!("networks without exits"),
    }
}

/// The integer nearest to `value / 2^10`, the larger one of two.
fn nearest(value: i64) -> i64 {
    (value + 512).div_euclid(1024)
}

/// `sum` of a channel in units of the result.
fn scaled(filters: &Filters, channel: usize, sum: i64) -> i64 {
    let bias = i64::from(filters.bias[channel]) << filters.bias_shift;
    let sum = sum + bias + i64::from(filters.rounding);
    (sum * i64::from(filters.multiplier)).div_euclid(1 << filters.shift)
}

/// The elements of a pool's window that lie inside the operand.
fn inside(pool: &Pool, input: &Values, [y, x, channel]: [usize; 3]) -> Vec<i64> {
    let mut elements = Vec::new();
    for row in 0..pool.kernel.0 {
        for col in 0..pool.kernel.1 {
            // Coordinates in the padded operand.
            let (y, x) = (y * pool.stride.0 + row, x * pool.stride.1 + col);
            elements.extend(input.unpadded(y, x, channel, (pool.pad_rows.0, pool.pad_cols.0)));
        }
    }
    elements
}

/// The mean of the elements inside, as a scaled sum over a full window.
fn mean(pool: &Pool, tables: &Tables, input: &Values, place: [usize; 3]) -> i64 {
    let elements = inside(pool, input, place);
    let full = i64::try_from(pool.kernel.0 * pool.kernel.1).unwrap();
    let sum = elements.iter().sum::<i64>() * full / i64::try_from(elements.len()).unwrap();
    let sum = sum + i64::from(tables.bias[0]);
    (sum * i64::from(tables.multiplier[0])).div_euclid(1 << tables.shift)
}

fn sparse(weights: &LayerWeights) -> &Filters {
    let LayerWeights::Sparse(filters) = weights else { panic!("all layers are sparse") };
    filters
}

fn pooled(
    conv: &Conv,
    pool: Option<&Pool>,
    filters: &Filters,
    input: &Values,
    [y, x, channel]: [usize; 3],
) -> i64 {
    let Some(pool) = pool else { return convolved(conv, filters, input, [y, x, channel]) };
    let mut largest = i64::MIN;
    for row in 0..pool.kernel.0 {
        for col in 0..pool.kernel.1 {
            let place = [y * pool.stride.0 + row, x * pool.stride.1 + col, channel];
            largest = largest.max(convolved(conv, filters, input, place));
        }
    }
    largest
}

fn convolved(conv: &Conv, filters: &Filters, input: &Values, [y, x, channel]: [usize; 3]) -> i64 {
    let (outputs, depth, _, cols) = conv.weight.dim();
    let group = channel / (outputs / conv.groups);
    let mut sum = 0;
    for tap in &filters.rows[channel] {
        let index = usize::from(tap.index);
        let (row, col, source) = (index / depth / cols, index / depth % cols, index % depth);
        // Coordinates in the padded operand.
        let y = y * conv.stride.0 + row * conv.dilation.0;
        let x = x * conv.stride.1 + col * conv.dilation.1;
        let before = (conv.pad_rows.0, conv.pad_cols.0);
        let value = input.unpadded(y, x, group * depth + source, before).unwrap_or(0);
        sum += value * i64::from(tap.weight);
    }
    sum
}
