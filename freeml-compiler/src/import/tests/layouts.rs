//! Reshapes, transposes and slices.

use crate::graph::{Op, Shape};
use crate::import::from_proto;
use crate::import::testkit::{Net, int, ints};

#[test]
fn a_transpose_before_a_dense_layer_permutes_its_columns() {
    let graph = Net::new(&[0, 2, 3, 4])
        .conv("c", &[5, 2, 2, 2], vec![])
        .then("Relu", "r", &[], vec![])
        .then("Transpose", "t", &[], vec![ints("perm", &[0, 2, 3, 1])])
        .classify(30)
        .check();
    assert_eq!(graph.nodes.len(), 4);
}

#[test]
fn a_slice_before_a_dense_layer_leaves_columns_of_zeros() {
    let graph = Net::new(&[0, 4, 5])
        .integers("from", &[1])
        .integers("to", &[5])
        .integers("axis", &[2])
        .integers("step", &[2])
        .then("Relu", "r", &[], vec![])
        .then("Slice", "s", &["from", "to", "axis", "step"], vec![])
        .classify(8)
        .check();
    let Op::Dense(dense) = &graph.nodes[2].op else { panic!("{graph:?}") };
    assert_eq!(dense.weight.ncols(), 20);
    assert!(dense.weight.column(0).iter().all(|&w| w == 0.0));
}

#[test]
fn a_flat_sample_becomes_an_image_where_a_convolution_reads_it() {
    let graph = Net::new(&[0, 30])
        .integers("shape", &[-1, 1, 6, 5])
        .then("Reshape", "image", &["shape"], vec![])
        .conv("c", &[2, 1, 3, 3], vec![])
        .classify(24)
        .check();
    assert_eq!(graph.input_shape(), Shape { c: 1, h: 6, w: 5 });
}

#[test]
fn a_mono_channel_sample_may_be_channels_last() {
    let graph = Net::new(&[0, 6, 5, 1])
        .then("Transpose", "t", &[], vec![ints("perm", &[0, 3, 1, 2])])
        .conv("c", &[2, 1, 3, 3], vec![])
        .then("Relu", "r", &[], vec![])
        .then("Transpose", "u", &[], vec![ints("perm", &[0, 2, 3, 1])])
        .classify(24)
        .check();
    assert_eq!(graph.input_shape(), Shape { c: 1, h: 6, w: 5 });
}

#[test]
fn a_reshape_to_a_computed_shape() {
    Net::new(&[0, 2, 3, 4])
        .integers("first", &[0])
        .integers("rest", &[-1])
        .integers("axes", &[0])
        .constant("w", &[3, 24], &[0.5; 72])
        .then("Relu", "r", &[], vec![])
        .node("Shape", "shape", &["r"], vec![])
        .node("Gather", "batch", &["shape", "first"], vec![int("axis", 0)])
        .node("Concat", "target", &["batch", "rest"], vec![int("axis", 0)])
        .node("Reshape", "flat", &["r", "target"], vec![])
        .then("Gemm", "fc", &["w"], vec![int("transB", 1)])
        .check();
}

#[test]
fn a_dense_layer_at_every_step_of_time_is_a_pointwise_convolution() {
    let graph = Net::new(&[0, 4, 9])
        .noise("w", &[4, 6])
        .then("Transpose", "t", &[], vec![ints("perm", &[0, 2, 1])])
        .then("MatMul", "m", &["w"], vec![])
        .then("Transpose", "u", &[], vec![ints("perm", &[0, 2, 1])])
        .then("Relu", "r", &[], vec![])
        .conv("c", &[2, 6, 3], vec![])
        .classify(14)
        .check();
    assert!(matches!(&graph.nodes[1].op, Op::Conv(c) if c.weight.dim() == (6, 4, 1, 1)));
}

#[test]
fn a_signal_may_lie_along_rows() {
    let graph = Net::new(&[0, 2, 12, 1])
        .integers("axes", &[3])
        .conv("a", &[3, 2, 3, 1], vec![])
        .then("Relu", "r", &[], vec![])
        .then("Squeeze", "s", &["axes"], vec![])
        .conv("b", &[4, 3, 3], vec![ints("strides", &[2])])
        .classify(16)
        .check();
    assert!(matches!(&graph.nodes[3].op, Op::Conv(c) if c.stride == (2, 1)));
}

#[test]
fn a_strided_slice_is_a_pool_where_a_map_is_needed() {
    let graph = Net::new(&[0, 2, 6, 6])
        .integers("from", &[0, 0])
        .integers("to", &[6, 6])
        .integers("axes", &[2, 3])
        .integers("steps", &[2, 2])
        .then("Relu", "r", &[], vec![])
        .then("Slice", "s", &["from", "to", "axes", "steps"], vec![])
        .conv("c", &[2, 2, 2, 2], vec![])
        .classify(8)
        .check();
    assert!(matches!(&graph.nodes[2].op, Op::Pool(p) if p.stride == (2, 2)));
}

#[test]
fn zero_padding_before_a_convolution_becomes_its_own() {
    let graph = Net::new(&[0, 2, 6, 5])
        .integers("pads", &[0, 0, 1, 0, 0, 0, 1, 2])
        .then("Pad", "p", &["pads"], vec![])
        .conv("c", &[2, 2, 3, 3], vec![])
        .classify(60)
        .check();
    assert!(matches!(&graph.nodes[1].op, Op::Conv(c) if c.pad_cols == (0, 2)));
}

#[test]
fn nodes_may_come_in_any_order() {
    let mut model = Net::new(&[0, 2, 6, 6])
        .conv("c", &[2, 2, 3, 3], vec![])
        .then("Relu", "r", &[], vec![])
        .classify(32)
        .model();
    let sorted = from_proto(model.clone()).unwrap();
    model.graph.as_mut().unwrap().node.reverse();
    assert_eq!(from_proto(model).unwrap(), sorted);
}
