//! Every rule: the graph computes the same before and after, with as many maps left as expected.

use crate::graph::testkit::Builder;
use crate::graph::{Affine, Op, PoolKind, Shape, fold_affine};

impl Builder {
    /// Folds, compares, and expects that many maps and nodes to be left.
    fn folds_to(mut self, maps: usize, nodes: usize) {
        let mut folded = self.graph.clone();
        fold_affine(&mut folded);
        let left = folded.nodes.iter().filter(|n| matches!(n.op, Op::Affine(_))).count();
        assert_eq!((left, folded.nodes.len()), (maps, nodes), "{folded:?}");
        self.equals(&folded, 1e-4);
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
