//! Batch normalisations in all positions.

use crate::graph::{Graph, Op};
use crate::import::testkit::{Net, ints};

fn maps(graph: &Graph) -> usize {
    graph.nodes.iter().filter(|n| matches!(n.op, Op::Affine(_))).count()
}

#[test]
fn after_a_layer() {
    Net::new(&[0, 2, 6, 6])
        .conv("c", &[4, 1, 3, 3], vec![crate::import::testkit::int("group", 2)])
        .norm("n", 4)
        .then("Relu", "r", &[], vec![])
        .classify(64)
        .norm("m", 3)
        .check();
}

#[test]
fn between_a_clamp_and_a_convolution() {
    let net = |pads: &[i64]| {
        Net::new(&[0, 2, 6, 6])
            .conv("a", &[3, 2, 3, 3], vec![])
            .then("Relu", "r", &[], vec![])
            .norm("n", 3)
            .conv("b", &[2, 3, 3, 3], vec![ints("pads", pads)])
            .then("Relu", "s", &[], vec![])
    };
    net(&[0, 0, 0, 0]).classify(8).check();
    let padded = net(&[1, 1, 1, 1]).classify(32).check_loosely();
    assert_eq!(maps(&padded), 1, "padding is not shifted");
}

#[test]
fn around_a_pool() {
    let pool = || vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    Net::new(&[0, 2, 6, 6])
        .conv("a", &[3, 2, 3, 3], vec![])
        .then("AveragePool", "p", &[], pool())
        .norm("n", 3)
        .then("Relu", "r", &[], vec![])
        .classify(12)
        .check();
    Net::new(&[0, 2, 6, 6])
        .then("Relu", "r", &[], vec![])
        .norm("n", 2)
        .then("AveragePool", "p", &[], pool())
        .classify(18)
        .check();
}

#[test]
fn of_a_tensor_with_two_readers() {
    Net::new(&[0, 2, 6, 6])
        .conv("a", &[2, 2, 3, 3], vec![])
        .norm("n", 2)
        .then("Relu", "r", &[], vec![])
        .node("Add", "s", &["r", "n"], vec![])
        .classify(32)
        .check();
}
