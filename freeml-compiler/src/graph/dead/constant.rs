//! Channels that have one value whatever the sample.

use ndarray::ArrayViewMut1;

use crate::graph::fold::{narrow, pads};
use crate::graph::{Affine, Conv, Dense, Graph, Op, Pool, PoolKind};

/// The value of each channel of a tensor, where it is the same at all positions of all samples.
type Values = Vec<Option<f32>>;

/// Moves what constant channels contribute into the biases of their readers, where that is
/// exact, and sets the weights that read them to 0.
pub fn fold(graph: &mut Graph) {
    let mut values: Vec<Values> = Vec::with_capacity(graph.nodes.len());
    for id in 0..graph.nodes.len() {
        let (before, rest) = graph.nodes.split_at_mut(id);
        let node = &mut rest[0];
        let operand = node.inputs.first().map_or(&[][..], |&input| &values[input]);
        let result = match &mut node.op {
            Op::Input => vec![None; node.shape.c],
            Op::Conv(conv) => through_conv(conv, operand),
            Op::Dense(dense) => {
                let shape = before[node.inputs[0]].shape;
                through_dense(dense, operand, shape.h * shape.w)
            }
            Op::Pool(pool) => through_pool(pool, operand),
            Op::Add => {
                let terms = operand.iter().zip(&values[node.inputs[1]]);
                terms.map(|(a, b)| Some((*a)? + (*b)?)).collect()
            }
            Op::Activation(bounds) => {
                operand.iter().map(|x| x.map(|x| x.max(bounds.low).min(bounds.high))).collect()
            }
            Op::Affine(map) => through_affine(map, operand),
        };
        values.push(result);
    }
}

fn through_conv(conv: &mut Conv, operand: &[Option<f32>]) -> Values {
    let padded = pads(conv);
    let (out, inputs, ..) = conv.weight.dim();
    let filters = conv.weight.outer_iter_mut().zip(&mut conv.bias).enumerate();
    filters
        .map(|(o, (mut filter, bias))| {
            let first = o / (out / conv.groups) * inputs;
            let mut sum = f64::from(*bias);
            for (mut taps, value) in filter.outer_iter_mut().zip(&operand[first..]) {
                if let Some(value) = value.filter(|&value| value == 0.0 || !padded) {
                    sum += taps.iter().map(|&w| f64::from(w) * f64::from(value)).sum::<f64>();
                    taps.fill(0.0);
                }
            }
            *bias = narrow(sum);
            filter.iter().all(|&w| w == 0.0).then_some(*bias)
        })
        .collect()
}

fn through_dense(dense: &mut Dense, operand: &[Option<f32>], plane: usize) -> Values {
    let fold = |(mut row, bias): (ArrayViewMut1<f32>, &mut f32)| {
        let mut sum = f64::from(*bias);
        for (i, weight) in row.iter_mut().enumerate() {
            if let Some(value) = operand[i / plane] {
                sum += f64::from(*weight) * f64::from(value);
                *weight = 0.0;
            }
        }
        *bias = narrow(sum);
        row.iter().all(|&w| w == 0.0).then_some(*bias)
    };
    dense.weight.outer_iter_mut().zip(&mut dense.bias).map(fold).collect()
}

fn through_pool(pool: &Pool, operand: &[Option<f32>]) -> Values {
    // A mean over padding is smaller at the border than inside.
    let bordered =
        pool.kind == PoolKind::AveragePadded && (pool.pad_rows, pool.pad_cols) != ((0, 0), (0, 0));
    operand.iter().map(|value| value.filter(|&value| value == 0.0 || !bordered)).collect()
}

fn through_affine(map: &Affine, operand: &[Option<f32>]) -> Values {
    let maps = map.scale.iter().zip(&map.shift);
    let value = |(x, (&scale, shift)): (&Option<f32>, (&f32, &f32))| {
        let x = if scale == 0.0 { Some(0.0) } else { *x };
        x.map(|x| scale * x + shift)
    };
    operand.iter().zip(maps).map(value).collect()
}
