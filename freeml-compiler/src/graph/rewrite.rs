//! Changes of a graph that keep its indices in topological order.

use super::{Graph, NodeId, Op};

impl Graph {
    /// The only reader of `id`, unless there are several, or `id` is the output.
    pub(super) fn sole_consumer(&self, id: NodeId) -> Option<NodeId> {
        let mut consumers = self.consumers(id);
        let first = consumers.next()?;
        (consumers.next().is_none() && self.output != id).then_some(first)
    }

    /// Lets every reader of `id` read `instead`, which leaves `id` without use.
    pub(super) fn replace(&mut self, id: NodeId, instead: NodeId) {
        for node in &mut self.nodes {
            node.inputs.iter_mut().filter(|input| **input == id).for_each(|input| *input = instead);
        }
        if self.output == id {
            self.output = instead;
        }
    }

    /// Exchanges `first` and its only reader `second`, both with one operand.
    pub(super) fn swap(&mut self, first: NodeId, second: NodeId) {
        let (head, tail) = self.nodes.split_at_mut(second);
        let (a, b) = (&mut head[first], &mut tail[0]);
        std::mem::swap(&mut a.op, &mut b.op);
        std::mem::swap(&mut a.name, &mut b.name);
    }

    /// Removes nodes that the output does not depend on, and renumbers the others.
    pub(super) fn prune(&mut self) {
        let mut live = vec![false; self.nodes.len()];
        live[self.output] = true;
        for id in (0..self.nodes.len()).rev() {
            // The input stays whatever reads it: it is node 0 by definition.
            live[id] |= matches!(self.nodes[id].op, Op::Input);
            if live[id] {
                self.nodes[id].inputs.iter().for_each(|&input| live[input] = true);
            }
        }
        let new: Vec<NodeId> = live
            .iter()
            .scan(0, |next, &alive| {
                let id = *next;
                *next += usize::from(alive);
                Some(id)
            })
            .collect();
        let mut id = 0..;
        self.nodes.retain(|_| id.next().is_some_and(|id| live[id]));
        for node in &mut self.nodes {
            node.inputs.iter_mut().for_each(|input| *input = new[*input]);
        }
        self.output = new[self.output];
    }
}
