//! What is refused, and in which words.

use proptest::prelude::*;
use tract_onnx::pb::{AttributeProto, GraphProto, tensor_proto::DataType, type_proto};

use crate::float::Executor;
use crate::import::testkit::{Net, int, ints};
use crate::import::{ImportError, from_proto, import};

/// The issues as `(node, op)`.
fn issues(net: Net) -> Vec<(String, String)> {
    match net.error() {
        ImportError::Unsupported(all) => all.into_iter().map(|i| (i.node, i.op)).collect(),
        other => panic!("{other}"),
    }
}

fn names(issues: &[(String, String)]) -> Vec<&str> {
    issues.iter().map(|(node, _)| node.as_str()).collect()
}

#[test]
fn everything_is_reported_at_once() {
    let error = Net::new(&[0, 2, 8, 8])
        .conv("a", &[3, 2, 3, 3], vec![])
        .then("Sigmoid", "gate", &[], vec![])
        .node("Mul", "gated", &["a", "gate"], vec![])
        .node("Concat", "join", &["gated", "a"], vec![int("axis", 1)])
        .then("Softmax", "attention", &[], vec![int("axis", 1)])
        .classify(216)
        .error();
    assert_eq!(
        error.to_string(),
        "parts of the network are not supported:\n  \
         `gate`: Sigmoid on 1x3x6x6; use Relu, or Clip for relu6\n  \
         `join`: Concat on 1x3x6x6, 1x3x6x6; use Add to join branches (residual connection)"
    );
}

#[test]
fn forms_are_reported_with_operators() {
    let found = issues(
        Net::new(&[0, 2, 8, 8])
            .conv("a", &[3, 2, 3, 3], vec![])
            .then("Relu", "r", &[], vec![])
            .node("Mul", "product", &["a", "r"], vec![])
            .then("Sigmoid", "gate", &[], vec![])
            .classify(108),
    );
    assert_eq!(names(&found), ["gate", "product"]);
    assert_eq!(found[1].1, "Mul of two tensors");
}

#[test]
fn a_softmax_in_the_middle() {
    let found = issues(Net::new(&[0, 5]).then("Softmax", "s", &[], vec![]).classify(5));
    assert_eq!(found.len(), 1);
    assert!(found[0].1.ends_with("after a softmax"), "{found:?}");
}

#[test]
fn forms_that_a_small_device_does_not_have() {
    for (net, part) in [
        (
            Net::new(&[0, 3, 4, 5])
                .then("Transpose", "t", &[], vec![ints("perm", &[0, 3, 1, 2])])
                .conv("c", &[2, 5, 3, 3], vec![])
                .classify(4),
            "reshaped or transposed",
        ),
        (
            Net::new(&[0, 2, 9, 9])
                .then(
                    "MaxPool",
                    "p",
                    &[],
                    vec![ints("kernel_shape", &[2, 2]), ints("dilations", &[2, 2])],
                )
                .classify(98),
            "dilation",
        ),
        (
            Net::new(&[0, 2, 3, 3])
                .noise("k", &[1, 2, 3, 3])
                .then("Add", "a", &["k"], vec![])
                .classify(18),
            "constant per position",
        ),
        (Net::new(&[0, 2, 3, 3]).conv("c", &[4, 2, 1, 1], vec![]), "output of shape"),
        (Net::new(&[0, 5]).then("Identity", "i", &[], vec![]), "output of shape"),
    ] {
        let found = issues(net);
        assert!(found.iter().any(|(_, op)| op.contains(part)), "{part}: {found:?}");
    }
}

#[test]
fn inputs_and_outputs_that_do_not_fit() {
    assert_eq!(issues(Net::new(&[4, 5]).classify(5))[0].1, "fixed batch of 4");
    let dynamic = issues(Net::new(&[0, 2, 0]).conv("c", &[2, 2, 3], vec![]));
    assert!(dynamic[0].1.contains("dynamic"), "{dynamic:?}");

    let mut two = Net::new(&[0, 5]).classify(5);
    let mut second = two.graph.input[0].clone();
    second.name = "y".into();
    two.graph.input.push(second);
    assert_eq!(issues(two)[0], ("x, y".into(), "inputs".into()));

    let mut bytes = Net::new(&[0, 5]).classify(5);
    let Some(type_proto::Value::TensorType(tensor)) =
        bytes.graph.input[0].r#type.as_mut().and_then(|t| t.value.as_mut())
    else {
        panic!("a tensor");
    };
    tensor.elem_type = DataType::Uint8 as i32;
    assert!(issues(bytes).contains(&("x".into(), "input of type UINT8".into())));
}

#[test]
fn custom_operators_and_control_flow() {
    let mut net = Net::new(&[0, 5])
        .then("Relu", "custom", &[], vec![])
        .then(
            "If",
            "branch",
            &[],
            vec![AttributeProto {
                name: "then_branch".into(),
                g: Some(GraphProto::default()),
                ..Default::default()
            }],
        )
        .classify(5);
    net.graph.node[0].domain = "com.example".into();
    let found = issues(net);
    assert_eq!(names(&found), ["custom", "branch"]);
    assert_eq!(found[0].1, "com.example::Relu");
}

#[test]
fn bad_weights_name_their_node() {
    let net = |bad: f32| {
        let values = [0.5, bad, 0.25, 1.0];
        Net::new(&[0, 2]).constant("w", &[2, 2], &values).then("Gemm", "fc", &["w"], vec![])
    };
    assert!(from_proto(net(0.0).model()).is_ok());
    for bad in [f32::NAN, f32::INFINITY] {
        assert_eq!(net(bad).error(), ImportError::Weights(vec!["`fc`".into()]));
    }
}

#[test]
fn contradictions() {
    let missing = Net::new(&[0, 2]).then("Gemm", "fc", &["w"], vec![]).error();
    assert!(missing.to_string().contains("node `fc` reads `w`, which nothing computes"));

    let mut model = Net::new(&[0, 2]).classify(2).model();
    model.graph.as_mut().unwrap().output[0].name = "elsewhere".into();
    assert!(matches!(from_proto(model), Err(ImportError::Malformed(_))));

    let short = Net::new(&[0, 2]).constant("w", &[2, 9], &[1.0]).then("Gemm", "fc", &["w"], vec![]);
    assert!(short.error().to_string().contains("tensor `w` claims [2, 9]"));

    let mut outside = Net::new(&[0, 2]).classify(2);
    outside.graph.initializer[0].data_location = Some(1);
    assert_eq!(outside.error(), ImportError::ExternalData(vec!["`fc.w`".into()]));

    let wrong = Net::new(&[0, 2]).noise("w", &[7, 3]).then("Gemm", "fc", &["w"], vec![]).error();
    assert!(matches!(wrong, ImportError::Analysis(_)), "{wrong}");
}

/// Integers that break arithmetic.
fn wild() -> impl Strategy<Value = i64> {
    prop_oneof![-2_i64..9, Just(1 << 16), Just(1 << 33), Just(i64::MAX), Just(i64::MIN)]
}

proptest! {
    /// Wild attributes and sizes are refused, or give a network that runs.
    #[test]
    fn wild_integers(
        changes in proptest::collection::vec((0_usize..6, 0_usize..5, wild()), 0..3),
        size in prop_oneof![4 => Just(9), 1 => wild()],
    ) {
        let pool = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 1])];
        let mut model = Net::new(&[0, 2, 9, size])
            .integers("shape", &[1, -1])
            .integers("from", &[0])
            .integers("to", &[128])
            .integers("axes", &[1])
            .integers("steps", &[2])
            .conv("c", &[4, 1, 3, 3], vec![
                int("group", 2),
                ints("pads", &[1, 1, 1, 1]),
                ints("strides", &[1, 1]),
                ints("dilations", &[1, 1]),
            ])
            .then("MaxPool", "p", &[], pool)
            .then("Transpose", "t", &[], vec![ints("perm", &[0, 2, 3, 1])])
            .then("Slice", "s", &["from", "to", "axes", "steps"], vec![])
            .then("Reshape", "r", &["shape"], vec![])
            .classify(64)
            .model();
        let graph = model.graph.as_mut().unwrap();
        for &(node, which, value) in &changes {
            if let Some(attribute) = graph.node[node].attribute.get_mut(which) {
                attribute.i = value;
                let last = attribute.ints.len().saturating_sub(1);
                attribute.ints.iter_mut().skip(which.min(last)).take(1).for_each(|i| *i = value);
            } else if let Some(list) = graph.initializer.get_mut(which) {
                list.int64_data[0] = value;
            }
        }
        let intact = changes.is_empty() && size == 9;
        let imported = from_proto(model);
        prop_assert!(imported.is_ok() || !intact, "{:?}", imported);
        if let Ok(graph) = imported {
            let mut executor = Executor::new(&graph);
            executor.run(&vec![0.5; graph.input_shape().len()]);
        }
    }

    #[test]
    fn bytes_that_are_no_model(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(import(&bytes).is_err());
    }
}
