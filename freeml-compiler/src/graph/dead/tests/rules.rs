//! Every rule on its own.

use super::{clear_columns, clear_rows, clear_weights, reduced, widths};
use crate::graph::testkit::Builder;
use crate::graph::{Affine, Graph, Op, PoolKind};

/// What is left after `clear`, by node.
fn left(mut builder: Builder, clear: impl Fn(&mut Graph)) -> Vec<usize> {
    clear(&mut builder.graph);
    widths(&reduced(&mut builder).graph)
}

#[test]
fn a_graph_without_zeros_stays() {
    let mut builder = Builder::new(2, 9, 9).conv(3, 1, 1).relu().conv(3, 3, 0).dense(4);
    let reduced = reduced(&mut builder);
    assert_eq!(reduced.graph, builder.graph);
    assert!(reduced.channels.iter().all(|kept| kept.iter().copied().eq(0..kept.len())));
}

#[test]
fn channels_that_nobody_reads() {
    let net =
        || Builder::new(2, 9, 9).conv(5, 1, 1).relu().pool(PoolKind::Max, 0).dense(6).dense(3);
    assert_eq!(left(net(), |g| clear_columns(g, 4, &[1, 3])), [2, 3, 3, 3, 6, 3]);
    assert_eq!(left(net(), |g| clear_columns(g, 5, &[0, 5])), [2, 5, 5, 5, 4, 3]);
    let conv = || Builder::new(2, 9, 9).conv(5, 1, 1).affine().relu().conv(4, 1, 1);
    assert_eq!(left(conv(), |g| clear_columns(g, 4, &[0, 4])), [2, 3, 3, 3, 4]);
}

#[test]
fn positions_that_nobody_reads_leave_their_channel() {
    let net = Builder::new(2, 5, 5).conv(3, 1, 0).dense(4);
    let clear = |g: &mut Graph| clear_weights(g, 2, |_, column| (9..17).contains(&column));
    assert_eq!(left(net, clear), [2, 3, 4]);
}

#[test]
fn what_a_removal_leaves_without_use_goes_too() {
    let net = Builder::new(2, 9, 9).conv(5, 1, 1).relu().conv(4, 1, 1).relu().dense(3);
    let clear = |graph: &mut Graph| {
        // Unit 2 of the first layer is read by unit 1 of the second alone, which nobody reads.
        clear_columns(graph, 5, &[1]);
        clear_weights(graph, 3, |row, column| row != 1 && column == 2);
    };
    assert_eq!(left(net, clear), [2, 4, 4, 3, 3, 3]);
}

#[test]
fn channels_that_read_nothing() {
    let net = |pad| Builder::new(2, 9, 9).conv(5, 1, 1).relu().conv(4, 1, pad).dense(3);
    // Behind a clamp, -1 is 0, which padding does not change.
    assert_eq!(left(net(1), |g| clear_rows(g, 1, &[0, 3], -1.0)), [2, 3, 3, 4, 3]);
    assert_eq!(left(net(1), |g| clear_rows(g, 1, &[0, 3], 0.5)), [2, 5, 5, 4, 3]);
    assert_eq!(left(net(0), |g| clear_rows(g, 1, &[0, 3], 0.5)), [2, 3, 3, 4, 3]);
    assert_eq!(left(net(1), |g| clear_rows(g, 3, &[1], 0.5)), [2, 5, 5, 3, 3]);
}

#[test]
fn constants_go_through_pools_that_keep_them() {
    let net = |kind, pad| Builder::new(2, 9, 9).conv(5, 1, 1).pool(kind, pad).relu().dense(3);
    let constant = |value| move |graph: &mut Graph| clear_rows(graph, 1, &[0, 3], value);
    assert_eq!(left(net(PoolKind::Max, 1), constant(0.5)), [2, 3, 3, 3, 3]);
    assert_eq!(left(net(PoolKind::Average, 1), constant(0.5)), [2, 3, 3, 3, 3]);
    assert_eq!(left(net(PoolKind::AveragePadded, 0), constant(0.5)), [2, 3, 3, 3, 3]);
    assert_eq!(left(net(PoolKind::AveragePadded, 1), constant(0.0)), [2, 3, 3, 3, 3]);
    assert_eq!(left(net(PoolKind::AveragePadded, 1), constant(0.5)), [2, 5, 5, 5, 3]);
}

#[test]
fn maps_make_and_shift_constants() {
    let net = || Builder::new(2, 9, 9).conv(4, 1, 1).relu().affine().dense(3);
    assert_eq!(left(net(), |g| clear_rows(g, 1, &[2], 0.5)), [2, 3, 3, 3, 3]);
    let unscaled = |graph: &mut Graph| {
        let Op::Affine(Affine { scale, .. }) = &mut graph.nodes[3].op else { panic!() };
        scale[1] = 0.0;
    };
    assert_eq!(left(net(), unscaled), [2, 3, 3, 3, 3]);
}

#[test]
fn what_a_map_by_zero_reads_goes() {
    let net = Builder::new(2, 9, 9).conv(4, 1, 1).relu().conv(4, 1, 1).affine().conv(3, 1, 1);
    let clear = |graph: &mut Graph| {
        // Only unit 1 of the second layer reads unit 0 of the first.
        clear_weights(graph, 3, |row, column| row != 1 && column == 0);
        let Op::Affine(Affine { scale, .. }) = &mut graph.nodes[4].op else { panic!() };
        scale[1] = 0.0;
    };
    assert_eq!(left(net.dense(3), clear), [2, 3, 3, 4, 4, 3, 3]);
}

#[test]
fn constants_run_on_through_layers() {
    let net = Builder::new(2, 9, 9).conv(4, 1, 1).relu().conv(3, 1, 0).relu().dense(3);
    let clear = |graph: &mut Graph| {
        // Unit 1 of the second layer reads nothing but constants.
        clear_rows(graph, 1, &[0, 1], 0.5);
        clear_weights(graph, 3, |row, column| row == 1 && column >= 2);
    };
    assert_eq!(left(net, clear), [2, 2, 2, 2, 2, 3]);
}

#[test]
fn depthwise_channels_go_with_their_operand() {
    let net = |pad| Builder::new(2, 9, 9).conv(4, 1, 1).relu().conv(4, 4, pad).relu().dense(3);
    assert_eq!(left(net(1), |g| clear_columns(g, 5, &[1])), [2, 3, 3, 3, 3, 3]);
    assert_eq!(left(net(1), |g| clear_rows(g, 3, &[1, 2, 3], 0.5)), [2, 1, 1, 1, 1, 3]);
    assert_eq!(left(net(1), |g| clear_rows(g, 1, &[1], -1.0)), [2, 3, 3, 3, 3, 3]);
    assert_eq!(left(net(1), |g| clear_rows(g, 1, &[1], 1.0)), [2, 4, 4, 4, 4, 3]);
    assert_eq!(left(net(0), |g| clear_rows(g, 1, &[1], 1.0)), [2, 3, 3, 3, 3, 3]);
}

#[test]
fn channels_of_the_input_and_around_grouped_convolutions_stay() {
    let net = || Builder::new(4, 9, 9).conv(4, 4, 1).conv(4, 2, 1).conv(4, 1, 1).dense(3);
    assert_eq!(left(net(), |g| clear_rows(g, 1, &[0], 0.0)), [4, 4, 4, 4, 3]);
    assert_eq!(left(net(), |g| clear_columns(g, 3, &[0, 1])), [4, 4, 4, 4, 3]);
    assert_eq!(left(net(), |g| clear_columns(g, 4, &[0, 1])), [4, 4, 4, 2, 3]);
}

/// A convolution, and another around which there is a shortcut.
fn residual() -> Builder {
    let net = Builder::new(2, 6, 6).conv(4, 1, 1).relu().conv(5, 1, 1).relu().conv(4, 1, 1);
    let shape = net.shape();
    net.push(Op::Add, vec![5, 2], shape).relu().conv(3, 1, 1).dense(3)
}

#[test]
fn a_channel_goes_from_all_terms_of_a_sum_or_none() {
    // Both the convolution in the branch and the one behind the sum read the shortcut.
    assert_eq!(left(residual(), |g| clear_columns(g, 8, &[1])), [2, 4, 4, 5, 5, 4, 4, 4, 3, 3]);
    assert_eq!(left(residual(), |g| clear_columns(g, 3, &[1])), [2, 4, 4, 5, 5, 4, 4, 4, 3, 3]);
    let both = |graph: &mut Graph| {
        clear_columns(graph, 3, &[1]);
        clear_columns(graph, 8, &[1]);
    };
    assert_eq!(left(residual(), both), [2, 3, 3, 5, 5, 3, 3, 3, 3, 3]);
    assert_eq!(left(residual(), |g| clear_columns(g, 5, &[0, 2])), [2, 4, 4, 3, 3, 4, 4, 4, 3, 3]);
}

#[test]
fn sums_of_constants() {
    let both = |shortcut, branch| {
        move |graph: &mut Graph| {
            clear_rows(graph, 1, &[1], shortcut);
            clear_rows(graph, 5, &[1], branch);
        }
    };
    assert_eq!(left(residual(), both(-1.0, -1.0)), [2, 3, 3, 5, 5, 3, 3, 3, 3, 3]);
    assert_eq!(left(residual(), both(-1.0, 1.0)), [2, 4, 4, 5, 5, 4, 4, 4, 3, 3]);
}

#[test]
fn one_unit_stays() {
    let net = || Builder::new(2, 6, 6).conv(4, 1, 1).relu().conv(3, 1, 1).dense(3);
    assert_eq!(left(net(), |g| clear_rows(g, 4, &[0, 1, 2], 0.5)), [2, 1, 1, 1, 3]);
    assert_eq!(left(net(), |g| clear_rows(g, 1, &[0, 1, 2, 3], -1.0)), [2, 1, 1, 1, 3]);
}

#[test]
fn logits_stay() {
    let net = || Builder::new(2, 6, 6).conv(4, 1, 1).relu().dense(3).affine();
    assert_eq!(left(net(), |g| clear_rows(g, 3, &[1], 0.5)), [2, 4, 4, 3, 3]);
}
