//! Every rule: the graph computes the same before and after, with as many maps left as expected.

use ndarray::{Array2, Array4};

use crate::float::Executor;
use crate::graph::{
    Activation, Affine, Conv, Dense, Graph, Node, Op, Pool, PoolKind, Shape, fold_affine,
};

/// Graphs with random parameters.
struct Builder {
    graph: Graph,
    state: u32,
}

impl Builder {
    fn new(c: usize, h: usize, w: usize) -> Self {
        let node = |op, shape| Node { name: "x".into(), op, inputs: vec![], shape };
        let nodes = vec![node(Op::Input, Shape { c, h, w })];
        Builder { graph: Graph { nodes, output: 0, softmax: false }, state: 7 }
    }

    fn random(&mut self) -> f32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(self.state >> 16).unwrap()) / 32768.0 - 1.0
    }

    fn vector(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.random()).collect()
    }

    fn push(mut self, op: Op, inputs: Vec<usize>, shape: Shape) -> Self {
        self.graph.output = self.graph.nodes.len();
        let name = format!("n{}", self.graph.output);
        self.graph.nodes.push(Node { name, op, inputs, shape });
        self
    }

    fn then(self, op: Op, shape: Shape) -> Self {
        let last = self.graph.output;
        self.push(op, vec![last], shape)
    }

    fn shape(&self) -> Shape {
        self.graph.nodes[self.graph.output].shape
    }

    /// A 3x3 convolution that pads `pad` on all sides.
    fn conv(mut self, out: usize, groups: usize, pad: usize) -> Self {
        let Shape { c, h, w } = self.shape();
        let dim = (out, c / groups, 3, 3);
        let conv = Conv {
            weight: Array4::from_shape_simple_fn(dim, || self.random()),
            bias: self.vector(out),
            stride: (1, 1),
            pad_rows: (pad, pad),
            pad_cols: (pad, pad),
            dilation: (1, 1),
            groups,
        };
        self.then(Op::Conv(conv), Shape { c: out, h: h + 2 * pad - 2, w: w + 2 * pad - 2 })
    }

    fn dense(mut self, out: usize) -> Self {
        let dim = (out, self.shape().len());
        let weight = Array2::from_shape_simple_fn(dim, || self.random());
        let bias = self.vector(out);
        self.then(Op::Dense(Dense { weight, bias }), Shape::vector(out))
    }

    fn affine(mut self) -> Self {
        let shape = self.shape();
        let (scale, shift) = (self.vector(shape.c), self.vector(shape.c));
        self.then(Op::Affine(Affine { scale, shift }), shape)
    }

    fn positive(self) -> Self {
        self.changed(|map| map.scale.iter_mut().for_each(|s| *s = s.abs() + 0.1))
    }

    fn unshifted(self) -> Self {
        self.changed(|map| map.shift.fill(0.0))
    }

    fn changed(mut self, change: impl Fn(&mut Affine)) -> Self {
        let output = self.graph.output;
        if let Op::Affine(map) = &mut self.graph.nodes[output].op {
            change(map);
        }
        self
    }

    fn relu(self) -> Self {
        let shape = self.shape();
        self.then(Op::Activation(Activation { low: 0.0, high: f32::INFINITY }), shape)
    }

    fn pool(self, kind: PoolKind, pad: usize) -> Self {
        let Shape { c, h, w } = self.shape();
        let size = |n: usize| (n + 2 * pad - 3) / 2 + 1;
        let pool = Pool {
            kind,
            kernel: (3, 3),
            stride: (2, 2),
            pad_rows: (pad, pad),
            pad_cols: (pad, pad),
        };
        self.then(Op::Pool(pool), Shape { c, h: size(h), w: size(w) })
    }

    /// Folds, compares, and expects that many maps and nodes to be left.
    fn folds_to(mut self, maps: usize, nodes: usize) {
        let mut folded = self.graph.clone();
        fold_affine(&mut folded);
        let left = folded.nodes.iter().filter(|n| matches!(n.op, Op::Affine(_))).count();
        assert_eq!((left, folded.nodes.len()), (maps, nodes), "{folded:?}");
        for (id, node) in folded.nodes.iter().enumerate() {
            assert!(node.inputs.iter().all(|&input| input < id));
        }
        let len = self.graph.input_shape().len();
        for _ in 0..3 {
            let sample = self.vector(len);
            let (mut before, mut after) = (Executor::new(&self.graph), Executor::new(&folded));
            before.run(&sample);
            after.run(&sample);
            for (a, b) in before.logits().iter().zip(after.logits()) {
                assert!((a - b).abs() < 1e-4 * (1.0 + a.abs()), "{a} became {b}");
            }
        }
    }
}

#[test]
fn after_convolutions_and_dense_layers() {
    Builder::new(4, 5, 6).conv(6, 1, 1).affine().folds_to(0, 2);
    Builder::new(4, 5, 6).conv(6, 2, 1).affine().folds_to(0, 2);
    Builder::new(4, 5, 6).conv(4, 4, 0).affine().folds_to(0, 2);
    Builder::new(4, 5, 6).dense(7).affine().folds_to(0, 2);
}

#[test]
fn before_dense_layers() {
    Builder::new(4, 5, 6).affine().dense(7).folds_to(0, 2);
    Builder::new(4, 5, 6).relu().affine().dense(7).folds_to(0, 3);
}

#[test]
fn before_convolutions_without_padding() {
    for (out, groups) in [(6, 1), (6, 2), (4, 4), (8, 4)] {
        Builder::new(4, 5, 6).relu().affine().conv(out, groups, 0).folds_to(0, 3);
    }
}

#[test]
fn before_padded_convolutions_only_without_shift() {
    Builder::new(4, 5, 6).relu().affine().conv(6, 2, 1).folds_to(1, 4);
    Builder::new(4, 5, 6).relu().affine().unshifted().conv(6, 2, 1).folds_to(0, 3);
}

#[test]
fn across_pools_to_the_layer_before() {
    let start = || Builder::new(2, 9, 9).conv(3, 1, 0);
    start().pool(PoolKind::Max, 1).affine().positive().folds_to(0, 3);
    start().pool(PoolKind::Max, 1).affine().folds_to(1, 4);
    start().pool(PoolKind::Average, 1).affine().folds_to(0, 3);
    start().pool(PoolKind::AveragePadded, 1).affine().folds_to(1, 4);
    start().pool(PoolKind::AveragePadded, 1).affine().unshifted().folds_to(0, 3);
    start().pool(PoolKind::AveragePadded, 0).affine().folds_to(0, 3);
}

#[test]
fn across_pools_to_the_layer_after() {
    let start = || Builder::new(3, 9, 9).relu().affine().positive();
    start().pool(PoolKind::Max, 0).dense(4).folds_to(0, 4);
    start().pool(PoolKind::Max, 0).conv(4, 1, 0).folds_to(0, 4);
    start().pool(PoolKind::Max, 0).conv(4, 1, 1).folds_to(1, 5);
    start().pool(PoolKind::Max, 0).relu().folds_to(1, 5);
}

#[test]
fn maps_merge_and_identities_vanish() {
    Builder::new(3, 4, 4).relu().affine().affine().affine().relu().folds_to(1, 4);
    let one = |map: &mut Affine| map.scale.fill(1.0);
    Builder::new(3, 4, 4).relu().affine().changed(one).unshifted().relu().folds_to(0, 3);
}

#[test]
fn maps_with_other_readers_stay() {
    let shape = Shape { c: 2, h: 5, w: 5 };
    // The operand of the map has another reader.
    Builder::new(2, 5, 5).conv(2, 1, 1).affine().push(Op::Add, vec![1, 2], shape).folds_to(1, 4);
    // The map has two readers, and its operand none but the map.
    Builder::new(2, 5, 5)
        .relu()
        .affine()
        .conv(2, 1, 1)
        .push(Op::Add, vec![2, 3], shape)
        .folds_to(1, 5);
    // The operand is the output of the network as well.
    let mut both = Builder::new(2, 5, 5).conv(2, 1, 1).affine();
    both.graph.output = 1;
    both.folds_to(0, 2);
}

#[test]
fn a_merged_map_leaves_the_first_one_to_its_other_readers() {
    let shape = Shape { c: 2, h: 5, w: 5 };
    Builder::new(2, 5, 5).relu().affine().affine().push(Op::Add, vec![2, 3], shape).folds_to(2, 5);
}
