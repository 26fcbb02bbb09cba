//! Removal of units that nothing depends on, and of units that depend on nothing.
//!
//! Pruning leaves channels whose weights to all readers are 0, and channels that read nothing.
//! The first are of no use; the second have one value whatever the sample, which the biases of
//! their readers take in. Without them tensors are smaller, not only tables.

mod constant;
mod select;
mod ties;
mod usage;

use super::Graph;

/// A graph without dead units.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    /// Computes what the original does: the same nodes, with fewer channels.
    pub graph: Graph,
    /// The channels of the original that each node keeps, in order.
    pub channels: Vec<Vec<usize>>,
    /// Index in the original of each parameter, both in the order of
    /// [`Layout`](crate::train::Layout). It carries the state of an optimiser over; the values
    /// are those in `graph`, as some biases have taken in constants and some weights have become 0.
    pub parameters: Vec<usize>,
}

/// Removes dead units from `graph`: channels that the output does not depend on.
///
/// Weights that multiply a constant or that lead nowhere count as 0 and become it, so that what
/// one removal leaves without use goes too. A non-zero constant goes into the biases of its
/// readers where that is exact: not through padding, which is 0 whatever the constant.
///
/// Sums, pools, clamps and depthwise convolutions tie the channels of their operands to their
/// own: a channel goes from all tied nodes or none. Channels of the input, of the output and
/// around grouped convolutions stay, and so does one channel of every node.
pub fn remove_dead(graph: &Graph) -> Reduced {
    let mut graph = graph.clone();
    constant::fold(&mut graph);
    let used = usage::of(&graph);
    usage::clear_unused(&mut graph, &used);
    let channels = ties::kept(&graph, &used);
    let parameters = select::channels(&mut graph, &channels);
    Reduced { graph, channels, parameters }
}

#[cfg(test)]
mod tests;
