//! Graphs for tests.

use ndarray::{Array2, Array4};

use super::{Activation, Affine, Conv, Dense, Graph, Node, Op, Pool, PoolKind, Shape};
use crate::float::Executor;

/// Graphs with random parameters.
#[derive(Clone)]
pub struct Builder {
    pub graph: Graph,
    state: u32,
}

impl Builder {
    pub fn new(c: usize, h: usize, w: usize) -> Self {
        let node = |op, shape| Node { name: "x".into(), op, inputs: vec![], shape };
        let nodes = vec![node(Op::Input, Shape { c, h, w })];
        Builder { graph: Graph { nodes, output: 0, softmax: false }, state: 7 }
    }

    /// Draws other numbers.
    pub fn seeded(mut self, seed: u32) -> Self {
        self.state = seed.wrapping_mul(0x9E37_79B9) ^ 7;
        self
    }

    /// A number from 0 up to `end`.
    pub fn below(&mut self, end: u16) -> usize {
        self.random();
        usize::from(u16::try_from(self.state >> 16).unwrap() % end)
    }

    pub fn random(&mut self) -> f32 {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(self.state >> 16).unwrap()) / 32768.0 - 1.0
    }

    pub fn vector(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.random()).collect()
    }

    pub fn push(mut self, op: Op, inputs: Vec<usize>, shape: Shape) -> Self {
        self.graph.output = self.graph.nodes.len();
        let name = format!("n{}", self.graph.output);
        self.graph.nodes.push(Node { name, op, inputs, shape });
        self
    }

    pub fn then(self, op: Op, shape: Shape) -> Self {
        let last = self.graph.output;
        self.push(op, vec![last], shape)
    }

    /// Goes on from node `id`.
    pub fn reading(mut self, id: usize) -> Self {
        self.graph.output = id;
        self
    }

    pub fn shape(&self) -> Shape {
        self.graph.nodes[self.graph.output].shape
    }

    /// A 3x3 convolution that pads `pad` on all sides.
    pub fn conv(self, out: usize, groups: usize, pad: usize) -> Self {
        self.window(out, (3, 3), |conv| {
            conv.groups = groups;
            (conv.pad_rows, conv.pad_cols) = ((pad, pad), (pad, pad));
        })
    }

    /// A convolution with kernels of that size, and otherwise as `set` leaves it.
    pub fn window(mut self, out: usize, kernel: (usize, usize), set: impl Fn(&mut Conv)) -> Self {
        let Shape { c, h, w } = self.shape();
        let mut conv = Conv {
            weight: Array4::zeros((0, 0, 0, 0)),
            bias: self.vector(out),
            stride: (1, 1),
            pad_rows: (0, 0),
            pad_cols: (0, 0),
            dilation: (1, 1),
            groups: 1,
        };
        set(&mut conv);
        let dim = (out, c / conv.groups, kernel.0, kernel.1);
        conv.weight = Array4::from_shape_simple_fn(dim, || self.random());
        let (h, w) = extent(&conv, h, w);
        self.then(Op::Conv(conv), Shape { c: out, h, w })
    }

    pub fn dense(mut self, out: usize) -> Self {
        let dim = (out, self.shape().len());
        let weight = Array2::from_shape_simple_fn(dim, || self.random());
        let bias = self.vector(out);
        self.then(Op::Dense(Dense { weight, bias }), Shape::vector(out))
    }

    pub fn affine(mut self) -> Self {
        let shape = self.shape();
        let (scale, shift) = (self.vector(shape.c), self.vector(shape.c));
        self.then(Op::Affine(Affine { scale, shift }), shape)
    }

    pub fn positive(self) -> Self {
        self.changed(|map| map.scale.iter_mut().for_each(|s| *s = s.abs() + 0.1))
    }

    pub fn unshifted(self) -> Self {
        self.changed(|map| map.shift.fill(0.0))
    }

    pub fn changed(mut self, change: impl Fn(&mut Affine)) -> Self {
        let output = self.graph.output;
        if let Op::Affine(map) = &mut self.graph.nodes[output].op {
            change(map);
        }
        self
    }

    pub fn relu(self) -> Self {
        let shape = self.shape();
        self.then(Op::Activation(Activation { low: 0.0, high: f32::INFINITY }), shape)
    }

    pub fn pool(self, kind: PoolKind, pad: usize) -> Self {
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

    /// Expects `after` to be sound and to compute what the graph does, up to rounding.
    pub fn equals(&mut self, after: &Graph, tolerance: f32) {
        check(after);
        let len = self.graph.input_shape().len();
        for _ in 0..3 {
            let sample = self.vector(len);
            let (mut one, mut other) = (Executor::new(&self.graph), Executor::new(after));
            one.run(&sample);
            other.run(&sample);
            assert_eq!(one.logits().len(), other.logits().len());
            for (a, b) in one.logits().iter().zip(other.logits()) {
                assert!((a - b).abs() < tolerance * (1.0 + a.abs()), "{a} became {b}: {after:?}");
            }
        }
    }
}

/// Rows and columns of the result of `conv` for an operand of `h` rows and `w` columns.
fn extent(conv: &Conv, h: usize, w: usize) -> (usize, usize) {
    let (_, _, kh, kw) = conv.weight.dim();
    let count = |len: usize, pad: (usize, usize), field: usize, dilation: usize, stride: usize| {
        (len + pad.0 + pad.1 - (field - 1) * dilation - 1) / stride + 1
    };
    (
        count(h, conv.pad_rows, kh, conv.dilation.0, conv.stride.0),
        count(w, conv.pad_cols, kw, conv.dilation.1, conv.stride.1),
    )
}

/// Expects the parameters of all nodes to fit the shapes, and operands to come first.
pub fn check(graph: &Graph) {
    for (id, node) in graph.nodes.iter().enumerate() {
        assert!(node.inputs.iter().all(|&input| input < id), "{node:?}");
        let Some(&from) = node.inputs.first() else { continue };
        let (from, to) = (graph.nodes[from].shape, node.shape);
        assert!(!to.is_empty());
        match &node.op {
            Op::Input => panic!("an input with operands"),
            Op::Conv(conv) => {
                let (out, per_group, ..) = conv.weight.dim();
                assert_eq!((out, per_group * conv.groups), (to.c, from.c), "{}", node.name);
                assert_eq!((extent(conv, from.h, from.w), out % conv.groups), ((to.h, to.w), 0));
                assert_eq!(conv.bias.len(), to.c);
            }
            Op::Dense(dense) => {
                assert_eq!(dense.weight.dim(), (to.c, from.len()), "{}", node.name);
                assert_eq!((dense.bias.len(), to), (to.c, Shape::vector(to.c)));
            }
            Op::Pool(_) => assert_eq!(from.c, to.c, "{}", node.name),
            Op::Add => assert_eq!((from, graph.nodes[node.inputs[1]].shape), (to, to)),
            Op::Activation(_) => assert_eq!(from, to),
            Op::Affine(map) => {
                assert_eq!((map.scale.len(), map.shift.len(), from), (to.c, to.c, to));
            }
        }
    }
}

/// A committed network.
pub fn model(name: &str) -> Graph {
    let path = format!("{}/../models/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    crate::import::import(&std::fs::read(path).unwrap()).unwrap()
}
