//! Convolutions, pools and element-wise operators.

use crate::graph::{Activation, Op, PoolKind};
use crate::import::testkit::{Net, int, ints, string};

#[test]
fn convolution_with_groups_strides_dilation_and_uneven_pads() {
    let attrs =
        || vec![ints("strides", &[2, 1]), ints("pads", &[1, 2, 0, 1]), ints("dilations", &[1, 2])];
    Net::new(&[0, 4, 9, 8]).conv("c", &[6, 4, 3, 2], attrs()).classify(6 * 4 * 9).check();
    let grouped = [attrs(), vec![int("group", 2)]].concat();
    Net::new(&[0, 4, 9, 8]).conv("c", &[6, 2, 3, 2], grouped).classify(6 * 4 * 9).check();
    let depthwise = [attrs(), vec![int("group", 4)]].concat();
    Net::new(&[0, 4, 9, 8]).conv("c", &[4, 1, 3, 2], depthwise).classify(4 * 4 * 9).check();
    let multiplied = [attrs(), vec![int("group", 4)]].concat();
    Net::new(&[0, 4, 9, 8]).conv("c", &[8, 1, 3, 2], multiplied).classify(8 * 4 * 9).check();
}

#[test]
fn convolution_of_a_signal() {
    let attrs = vec![ints("strides", &[2]), ints("pads", &[2, 1]), ints("dilations", &[2])];
    let graph = Net::new(&[1, 3, 20]).conv("c", &[5, 3, 4], attrs).classify(5 * 9).check();
    let Op::Conv(conv) = &graph.nodes[1].op else { panic!("{graph:?}") };
    assert_eq!((conv.weight.dim(), conv.stride), ((5, 3, 1, 4), (1, 2)));
}

#[test]
fn same_and_valid_padding() {
    for (pad, size, len) in [("SAME_UPPER", 7, 16), ("SAME_LOWER", 7, 16), ("VALID", 9, 9)] {
        let attrs = vec![string("auto_pad", pad), ints("strides", &[2, 2])];
        Net::new(&[0, 2, size, size]).conv("c", &[3, 2, 4, 4], attrs).classify(3 * len).check();
    }
}

#[test]
fn only_the_padding_that_windows_read_is_kept() {
    let attrs = vec![ints("strides", &[2, 2]), ints("pads", &[1, 1, 1, 1])];
    let graph = Net::new(&[0, 1, 8, 8]).conv("c", &[2, 1, 3, 3], attrs).classify(32).check();
    let Op::Conv(conv) = &graph.nodes[1].op else { panic!("{graph:?}") };
    assert_eq!((conv.pad_rows, conv.pad_cols), ((1, 0), (1, 0)));
}

#[test]
fn pools_with_padding_and_ceil_mode() {
    let attrs = || {
        vec![ints("kernel_shape", &[3, 2]), ints("strides", &[2, 2]), ints("pads", &[1, 0, 1, 1])]
    };
    for op in ["MaxPool", "AveragePool"] {
        Net::new(&[0, 2, 7, 6]).then(op, "p", &[], attrs()).classify(2 * 4 * 3).check();
        let ceil =
            vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2]), int("ceil_mode", 1)];
        Net::new(&[0, 2, 7, 5]).then(op, "p", &[], ceil).classify(2 * 4 * 3).check();
    }
    let counted = [attrs(), vec![int("count_include_pad", 1)]].concat();
    let graph = Net::new(&[0, 2, 7, 6]).then("AveragePool", "p", &[], counted).classify(24).check();
    assert!(matches!(&graph.nodes[1].op, Op::Pool(p) if p.kind == PoolKind::AveragePadded));
    let signal = vec![ints("kernel_shape", &[3]), ints("strides", &[3])];
    Net::new(&[0, 2, 12]).then("MaxPool", "p", &[], signal).classify(8).check();
}

#[test]
fn global_pools_and_reductions() {
    for op in ["GlobalAveragePool", "GlobalMaxPool"] {
        let graph = Net::new(&[0, 3, 7, 7]).then(op, "p", &[], vec![]).classify(3).check();
        assert!(matches!(&graph.nodes[1].op, Op::Pool(p) if p.kernel == (7, 7)));
        Net::new(&[0, 3, 11]).then(op, "p", &[], vec![]).classify(3).check();
    }
    for op in ["ReduceMean", "ReduceMax"] {
        for keep in [0, 1] {
            let attrs = |axes: &[i64]| vec![ints("axes", axes), int("keepdims", keep)];
            Net::new(&[0, 3, 7, 5]).then(op, "r", &[], attrs(&[2, 3])).classify(3).check();
            Net::new(&[0, 3, 7, 5]).then(op, "r", &[], attrs(&[2])).classify(15).check();
            Net::new(&[0, 3, 7, 5]).then(op, "r", &[], attrs(&[-1])).classify(21).check();
            Net::new(&[0, 3, 7]).then(op, "r", &[], attrs(&[2])).classify(3).check();
        }
    }
    Net::new(&[0, 3, 7, 5])
        .integers("axes", &[2, 3])
        .then("ReduceSum", "r", &["axes"], vec![])
        .classify(3)
        .check();
}

#[test]
fn clamps_merge_into_one() {
    let graph = Net::new(&[0, 2, 4, 4])
        .constant("zero", &[], &[0.0])
        .constant("six", &[], &[0.6])
        .conv("c", &[3, 2, 3, 3], vec![])
        .then("Relu", "r", &[], vec![])
        .then("Clip", "k", &["zero", "six"], vec![])
        .classify(12)
        .check();
    let clamps: Vec<_> = graph.nodes.iter().filter(|n| matches!(n.op, Op::Activation(_))).collect();
    assert_eq!(clamps.len(), 1);
    assert_eq!(clamps[0].op, Op::Activation(Activation { low: 0.0, high: 0.6 }));
}

#[test]
fn arithmetic_with_constants_folds_into_the_first_layer() {
    Net::new(&[0, 3, 5, 5])
        .constant("mean", &[1, 3, 1, 1], &[0.2, 0.4, -0.3])
        .constant("std", &[1, 3, 1, 1], &[0.5, 0.25, 2.0])
        .constant("one", &[], &[1.0])
        .then("Sub", "s", &["mean"], vec![])
        .then("Div", "d", &["std"], vec![])
        .node("Sub", "flip", &["one", "d"], vec![])
        .conv("c", &[2, 3, 3, 3], vec![])
        .classify(18)
        .check();
}

#[test]
fn residual_sums_and_differences() {
    for op in ["Add", "Sub"] {
        Net::new(&[0, 2, 6, 6])
            .conv("a", &[2, 2, 3, 3], vec![ints("pads", &[1, 1, 1, 1])])
            .then("Relu", "r", &[], vec![])
            .conv("b", &[2, 2, 1, 1], vec![])
            .node(op, "s", &["b", "r"], vec![])
            .then("Relu", "t", &[], vec![])
            .classify(72)
            .check_loosely();
    }
}

#[test]
fn strided_pointwise_convolution_keeps_its_stride() {
    let graph = Net::new(&[0, 2, 7, 6])
        .conv("c", &[3, 2, 1, 1], vec![ints("strides", &[3, 2])])
        .then("Relu", "r", &[], vec![])
        .classify(27)
        .check();
    let Op::Conv(conv) = &graph.nodes[1].op else { panic!("{graph:?}") };
    assert_eq!((conv.stride, graph.nodes.len()), ((3, 2), 4));
}

#[test]
fn a_final_softmax_is_dropped_and_noted() {
    let graph = Net::new(&[0, 5]).classify(5).then("Softmax", "s", &[], vec![]).check();
    assert!(graph.softmax);
    let logarithmic = Net::new(&[0, 5]).classify(5).then("LogSoftmax", "s", &[], vec![]);
    assert!(crate::import::from_proto(logarithmic.model()).unwrap().softmax);
}
