//! Dense layers that follow one another without an activation in between.

use ndarray::Array2;

use super::{Dense, Graph, NodeId, Op};

/// Replaces a dense layer and the dense layer that alone reads it by their product wherever
/// that has fewer weights, which is exact up to rounding.
pub fn merge_dense(graph: &mut Graph) {
    while let Some((first, second, product)) =
        (1..graph.nodes.len()).find_map(|first| mergeable(graph, first))
    {
        graph.nodes[second].op = Op::Dense(product);
        let inputs = graph.nodes[first].inputs.clone();
        graph.nodes[second].inputs = inputs;
        graph.prune();
    }
}

/// The reader of `first` and the product of both, if they are two such layers.
fn mergeable(graph: &Graph, first: NodeId) -> Option<(NodeId, NodeId, Dense)> {
    let second = graph.sole_consumer(first)?;
    let (Op::Dense(a), Op::Dense(b)) = (&graph.nodes[first].op, &graph.nodes[second].op) else {
        return None;
    };
    let merged = b.weight.nrows() * a.weight.ncols();
    (merged <= a.weight.len() + b.weight.len()).then(|| (first, second, product(a, b)))
}

/// `b(a(x))` as one layer.
#[allow(clippy::cast_possible_truncation, reason = "back to the precision of the weights")]
fn product(a: &Dense, b: &Dense) -> Dense {
    let (wide_a, wide_b) = (a.weight.mapv(f64::from), b.weight.mapv(f64::from));
    let entry = |(row, col): (usize, usize)| wide_b.row(row).dot(&wide_a.column(col)) as f32;
    let bias = wide_b.rows().into_iter().zip(&b.bias).map(|(row, &bias)| {
        let products = row.iter().zip(&a.bias).map(|(weight, &bias)| weight * f64::from(bias));
        (f64::from(bias) + products.sum::<f64>()) as f32
    });
    let weight = Array2::from_shape_fn((wide_b.nrows(), wide_a.ncols()), entry);
    Dense { weight, bias: bias.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float::Executor;
    use crate::graph::{Activation, Node, Shape};

    fn dense(outputs: usize, inputs: usize) -> Op {
        let number = |at: usize| f32::from((at * 7 % 11).to_le_bytes()[0]) - 5.0;
        Op::Dense(Dense {
            weight: Array2::from_shape_fn((outputs, inputs), |(r, c)| number(r * inputs + c)),
            bias: (0..outputs).map(number).collect(),
        })
    }

    fn graph(ops: Vec<(Op, usize)>) -> Graph {
        let node = |(id, (op, outputs)): (usize, (Op, usize))| Node {
            name: format!("n{id}"),
            op,
            inputs: if id == 0 { vec![] } else { vec![id - 1] },
            shape: Shape::vector(outputs),
        };
        let nodes: Vec<Node> = ops.into_iter().enumerate().map(node).collect();
        Graph { output: nodes.len() - 1, nodes, softmax: false }
    }

    #[test]
    fn three_layers_become_one_that_computes_the_same() {
        let mut merged =
            graph(vec![(Op::Input, 4), (dense(8, 4), 8), (dense(6, 8), 6), (dense(2, 6), 2)]);
        let before = merged.clone();
        merge_dense(&mut merged);
        assert_eq!((merged.nodes.len(), merged.output), (2, 1));
        let sample = [1.0, -2.0, 0.5, 3.0];
        let (mut a, mut b) = (Executor::new(&before), Executor::new(&merged));
        a.run(&sample);
        b.run(&sample);
        for (a, b) in a.logits().iter().zip(b.logits()) {
            assert!((a - b).abs() <= a.abs() * 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn narrow_waists_and_activations_stay() {
        let waist = graph(vec![(Op::Input, 9), (dense(1, 9), 1), (dense(9, 1), 9)]);
        let relu = Op::Activation(Activation { low: 0.0, high: f32::INFINITY });
        let active = graph(vec![(Op::Input, 4), (dense(8, 4), 8), (relu, 8), (dense(2, 8), 2)]);
        for graph in [waist, active] {
            let mut merged = graph.clone();
            merge_dense(&mut merged);
            assert_eq!(merged, graph);
        }
    }
}
