//! Nodes that have their channels in common.

use crate::fuse::is_depthwise;
use crate::graph::{Conv, Graph, NodeId, Op};

/// The channels that each node keeps: all tied nodes the same, at least one.
pub fn kept(graph: &Graph, used: &[Vec<bool>]) -> Vec<Vec<usize>> {
    let ties = ties(graph);
    let mut wanted: Vec<Vec<bool>> = used.to_vec();
    for (&first, used) in ties.iter().zip(used) {
        wanted[first].iter_mut().zip(used).for_each(|(wanted, used)| *wanted |= used);
    }
    for id in fixed(graph) {
        wanted[ties[id]].fill(true);
    }
    let channels = |first: &NodeId| {
        let wanted = &wanted[*first];
        // Of a layer without use, one channel stays.
        if wanted.contains(&true) {
            (0..wanted.len()).filter(|&c| wanted[c]).collect()
        } else {
            vec![0]
        }
    };
    ties.iter().map(channels).collect()
}

/// The first of the nodes that each node is tied to.
fn ties(graph: &Graph) -> Vec<NodeId> {
    let mut ties: Vec<NodeId> = (0..graph.nodes.len()).collect();
    for (id, node) in graph.nodes.iter().enumerate() {
        let shares = match &node.op {
            Op::Conv(conv) => is_depthwise(conv),
            Op::Pool(_) | Op::Add | Op::Activation(_) | Op::Affine(_) => true,
            Op::Input | Op::Dense(_) => false,
        };
        for &input in node.inputs.iter().filter(|_| shares) {
            let (a, b) = (ties[id], ties[input]);
            for tie in &mut ties {
                *tie = if *tie == a || *tie == b { a.min(b) } else { *tie };
            }
        }
    }
    ties
}

/// Nodes whose channels all stay.
fn fixed(graph: &Graph) -> Vec<NodeId> {
    let mut fixed = vec![0, graph.output];
    for (id, node) in graph.nodes.iter().enumerate() {
        if matches!(&node.op, Op::Conv(conv) if is_grouped(conv)) {
            fixed.extend([id, node.inputs[0]]);
        }
    }
    fixed
}

fn is_grouped(conv: &Conv) -> bool {
    conv.groups > 1 && !is_depthwise(conv)
}
