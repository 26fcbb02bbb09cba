//! Builds small ONNX models for tests and compares their import with tract.

use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

use super::{ImportError, Reference, from_proto};
use crate::float::Executor;
use crate::graph::{Graph, Op};

/// A model under construction; its input is `x`.
pub struct Net {
    pub graph: GraphProto,
    last: String,
    seed: u32,
}

impl Net {
    /// A model with an input of the given extents; 0 stands for a dynamic one.
    pub fn new(input: &[i64]) -> Self {
        let graph = GraphProto { input: vec![value("x", input)], ..Default::default() };
        Net { graph, last: "x".into(), seed: 1 }
    }

    /// Adds an initialiser.
    pub fn constant(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph.initializer.push(tensor(name, dims, values));
        self
    }

    /// Adds an initialiser of integers.
    pub fn integers(mut self, name: &str, values: &[i64]) -> Self {
        self.graph.initializer.push(TensorProto {
            name: name.into(),
            dims: vec![i64::try_from(values.len()).unwrap()],
            data_type: DataType::Int64 as i32,
            int64_data: values.to_vec(),
            ..Default::default()
        });
        self
    }

    /// Adds an initialiser with elements in -1..1.
    pub fn noise(mut self, name: &str, dims: &[i64]) -> Self {
        self.seed += 1;
        let len = usize::try_from(dims.iter().product::<i64>()).unwrap();
        let values = noise(len, self.seed);
        self.constant(name, dims, &values)
    }

    /// Adds a node whose only result has the name of the node.
    pub fn node(
        mut self,
        op: &str,
        name: &str,
        inputs: &[&str],
        attrs: Vec<AttributeProto>,
    ) -> Self {
        self.graph.node.push(NodeProto {
            name: name.into(),
            op_type: op.into(),
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![name.into()],
            attribute: attrs,
            ..Default::default()
        });
        self.last = name.into();
        self
    }

    /// Adds a node that reads the result of the one before, and initialisers.
    pub fn then(self, op: &str, name: &str, more: &[&str], attrs: Vec<AttributeProto>) -> Self {
        let last = self.last.clone();
        let inputs: Vec<&str> =
            std::iter::once(last.as_str()).chain(more.iter().copied()).collect();
        self.node(op, name, &inputs, attrs)
    }

    /// Adds a convolution with random weights `dims` and biases.
    pub fn conv(self, name: &str, dims: &[i64], attrs: Vec<AttributeProto>) -> Self {
        let (w, b) = (format!("{name}.w"), format!("{name}.b"));
        self.noise(&w, dims).noise(&b, &dims[..1]).then("Conv", name, &[&w, &b], attrs)
    }

    /// Adds a batch normalisation with random statistics.
    pub fn norm(self, name: &str, channels: i64) -> Self {
        let [s, b, m, v] = ["s", "b", "m", "v"].map(|part| format!("{name}.{part}"));
        let variance: Vec<f32> = (0_u8..)
            .take(usize::try_from(channels).unwrap())
            .map(|c| 0.5 + f32::from(c) / 4.0)
            .collect();
        self.noise(&s, &[channels])
            .noise(&b, &[channels])
            .noise(&m, &[channels])
            .constant(&v, &[channels], &variance)
            .then("BatchNormalization", name, &[&s, &b, &m, &v], vec![])
    }

    /// Adds a flatten and a dense layer of 3 outputs.
    pub fn classify(self, features: i64) -> Self {
        self.noise("fc.w", &[3, features])
            .noise("fc.b", &[3])
            .then("Flatten", "flat", &[], vec![])
            .then("Gemm", "fc", &["fc.w", "fc.b"], vec![int("transB", 1)])
    }

    /// The model, which returns the result of the last node.
    pub fn model(mut self) -> ModelProto {
        self.graph.output = vec![value(&self.last, &[])];
        ModelProto {
            ir_version: 7,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 13 }],
            graph: Some(self.graph),
            ..Default::default()
        }
    }

    /// Imports the model, which must compute what tract computes, without a map left over.
    pub fn check(self) -> Graph {
        let graph = self.check_loosely();
        let maps = graph.nodes.iter().filter(|n| matches!(n.op, Op::Affine(_))).count();
        assert_eq!(maps, 0, "affine maps are left in {graph:?}");
        graph
    }

    /// Imports the model, which must compute what tract computes.
    pub fn check_loosely(self) -> Graph {
        let model = self.model();
        let graph = from_proto(model.clone()).unwrap_or_else(|e| panic!("{e}"));
        let reference = Reference::from_proto(model).unwrap_or_else(|e| panic!("{e}"));
        let mut executor = Executor::new(&graph);
        for seed in 1..4 {
            let sample = noise(graph.input_shape().len(), 100 + seed);
            executor.run(&sample);
            let mut ours = executor.logits().to_vec();
            if graph.softmax {
                let sum: f32 = ours.iter().map(|x| x.exp()).sum();
                ours = ours.iter().map(|x| x.exp() / sum).collect();
            }
            let theirs = reference.run(&sample).unwrap();
            assert_eq!(ours.len(), theirs.len());
            for (a, b) in ours.iter().zip(&theirs) {
                assert!((a - b).abs() < 1e-4, "{ours:?} is not {theirs:?}");
            }
        }
        graph
    }

    /// Why the model is refused.
    pub fn error(self) -> ImportError {
        from_proto(self.model()).expect_err("the model is not supported")
    }
}

fn value(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = |&d: &i64| Dimension {
        value: Some(if d == 0 {
            dimension::Value::DimParam("n".into())
        } else {
            dimension::Value::DimValue(d)
        }),
        ..Default::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: dims.iter().map(dim).collect() }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn tensor(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values.to_vec(),
        ..Default::default()
    }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
}

pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let ints = values.to_vec();
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints,
        ..Default::default()
    }
}

pub fn string(name: &str, text: &str) -> AttributeProto {
    let s = text.as_bytes().to_vec();
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::String as i32,
        s,
        ..Default::default()
    }
}

/// Values in -1..1 that are the same in every run.
pub fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f32::from(u16::try_from(state >> 16).unwrap()) / 32768.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}
