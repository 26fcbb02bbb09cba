//! Forward and backward passes of a whole graph.

use super::batch::Workspace;
use super::ops::{Extent, Gradients, Linear, activation, add, affine, conv, dense, pool, when};
use super::parameters::Layout;
use super::ste::Steps;
use crate::graph::{Graph, NodeId, Op};

/// A graph as a function of its parameters.
#[derive(Debug)]
pub struct Network<'g> {
    pub graph: &'g Graph,
    pub layout: Layout,
    /// How the results of nodes are rounded, where they are.
    pub steps: Vec<Option<Steps>>,
    /// Index in the layout of each node's parameters.
    slots: Vec<Option<usize>>,
}

impl<'g> Network<'g> {
    /// The float network of `graph`.
    pub fn new(graph: &'g Graph) -> Self {
        let layout = Layout::of(graph);
        let mut slots = vec![None; graph.nodes.len()];
        for (index, layer) in layout.layers().iter().enumerate() {
            slots[layer.node] = Some(index);
        }
        Network { graph, layout, steps: vec![None; graph.nodes.len()], slots }
    }

    /// Computes all results from the loaded samples.
    pub fn forward(&self, parameters: &[f32], workspace: &mut Workspace) {
        let Workspace { values, unclipped, scratch, samples, .. } = workspace;
        for (id, node) in self.graph.nodes.iter().enumerate() {
            let (before, rest) = values.split_at_mut(id);
            let out = &mut rest[0];
            let operand = |index: usize| before[node.inputs[index]].as_slice();
            let linear = self.linear(id, parameters);
            let extent = self.extent(id, *samples);
            match &node.op {
                Op::Input => {}
                Op::Conv(op) => conv::forward(op, linear, operand(0), extent, out, scratch),
                Op::Dense(_) => dense::forward(linear, operand(0), extent, out, scratch),
                Op::Pool(op) => pool::forward(op, operand(0), extent, out),
                Op::Add => add::forward(operand(0), operand(1), out),
                Op::Activation(op) => activation::forward(*op, operand(0), out),
                Op::Affine(_) => affine::forward(linear, operand(0), out),
            }
            if let Some(steps) = &self.steps[id] {
                steps.round(out, &mut unclipped[id]);
            }
        }
    }

    /// Adds to `by_parameters` what the gradient by the logits, which lies in the workspace,
    /// makes of them.
    pub fn backward(&self, parameters: &[f32], work: &mut Workspace, by_parameters: &mut [f32]) {
        let Workspace { values, gradients, unclipped, scratch, samples } = work;
        for (id, node) in self.graph.nodes.iter().enumerate().skip(1).rev() {
            let (before, rest) = gradients.split_at_mut(id);
            let by_out = &mut rest[0];
            if self.steps[id].is_some() {
                let kept = by_out.iter_mut().zip(&unclipped[id]);
                kept.for_each(|(by, &unclipped)| *by = when(unclipped, *by));
            }
            let x = &values[node.inputs[0]];
            // Nothing is learned from the gradient by the samples.
            let by_x = (node.inputs[0] > 0).then(|| before[node.inputs[0]].as_mut_slice());
            let weight = self.linear(id, parameters).weight;
            let (by_weight, by_bias) = self.linear_mut(id, by_parameters);
            let by = Gradients { weight: by_weight, bias: by_bias, x: by_x };
            let extent = self.extent(id, *samples);
            match &node.op {
                Op::Input => {}
                Op::Conv(op) => conv::backward(op, weight, x, extent, by_out, by, scratch),
                Op::Dense(_) => dense::backward(weight, x, extent, by_out, by, scratch),
                Op::Affine(_) => affine::backward(weight, x, by_out, by),
                Op::Add => {
                    for &input in node.inputs.iter().filter(|&&input| input > 0) {
                        add::backward(by_out, &mut before[input]);
                    }
                }
                Op::Pool(op) => {
                    if let Some(by_x) = by.x {
                        pool::backward(op, x, extent, by_out, by_x);
                    }
                }
                Op::Activation(op) => {
                    if let Some(by_x) = by.x {
                        activation::backward(*op, x, by_out, by_x);
                    }
                }
            }
        }
    }

    fn extent(&self, id: NodeId, samples: usize) -> Extent {
        let node = &self.graph.nodes[id];
        let from = node.inputs.first().map_or(node.shape, |&input| self.graph.nodes[input].shape);
        Extent { from, to: node.shape, samples }
    }

    fn linear<'p>(&self, id: NodeId, parameters: &'p [f32]) -> Linear<'p> {
        let Some(slot) = self.slots[id] else { return Linear { weight: &[], bias: &[] } };
        let layer = &self.layout.layers()[slot];
        Linear { weight: &parameters[layer.weight.clone()], bias: &parameters[layer.bias.clone()] }
    }

    /// Gradients by weights and biases of node `id`.
    fn linear_mut<'p>(&self, id: NodeId, all: &'p mut [f32]) -> (&'p mut [f32], &'p mut [f32]) {
        let Some(slot) = self.slots[id] else { return (&mut [], &mut []) };
        let layer = &self.layout.layers()[slot];
        all[layer.weight.start..layer.bias.end].split_at_mut(layer.weight.len())
    }
}
