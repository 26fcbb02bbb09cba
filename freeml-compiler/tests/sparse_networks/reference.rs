//! What a network of sparse layers computes, by coordinates and without limits on numbers.

use freeml_compiler::graph::{Conv, Pool, Shape};
use freeml_compiler::quantise::{Filters, LayerWeights, QuantLayer, QuantOp, Quantised};

/// Values of a tensor, `[row][column][channel]`.
struct Values {
    shape: Shape,
    values: Vec<i64>,
}

impl Values {
    fn at(&self, y: usize, x: usize, channel: usize) -> i64 {
        self.values[(y * self.shape.w + x) * self.shape.c + channel]
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
    let input = operands[0];
    let mut results = Vec::new();
    for y in 0..shape.h {
        for x in 0..shape.w {
            for channel in 0..shape.c {
                let (weights, residual, sum) = match &layer.op {
                    QuantOp::Conv { conv, pool, residual, weights } => {
                        let sum =
                            pooled(conv, pool.as_ref(), sparse(weights), input, [y, x, channel]);
                        (weights, *residual, sum)
                    }
                    QuantOp::Depthwise { conv, weights } => {
                        (weights, None, convolved(conv, sparse(weights), input, [y, x, channel]))
                    }
                    QuantOp::Dense { residual, weights } => {
                        let row = &sparse(weights).rows[channel];
                        let product = |tap: &freeml_compiler::quantise::Tap| {
                            input.values[usize::from(tap.index)] * i64::from(tap.weight)
                        };
                        (weights, *residual, row.iter().map(product).sum())
                    }
                    other => panic!("{other:?} is not grown"),
                };
                let filters = sparse(weights);
                let bias = i64::from(filters.bias[channel]) << filters.bias_shift;
                let sum = sum + bias + i64::from(filters.rounding);
                let mut value =
                    (sum * i64::from(filters.multiplier)).div_euclid(1 << filters.shift);
                if let Some(multiplier) = residual {
                    let added = operands[1].values[results.len()] * i64::from(multiplier);
                    value += (added + 512).div_euclid(1024);
                }
                results.push(value.min(layer.high.into()).max(layer.low.into()));
            }
        }
    }
    results
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
        let (top, left) = (conv.pad_rows.0, conv.pad_cols.0);
        if (top..top + input.shape.h).contains(&y) && (left..left + input.shape.w).contains(&x) {
            let value = input.at(y - top, x - left, group * depth + source);
            sum += value * i64::from(tap.weight);
        }
    }
    sum
}
