//! Where an inference can end before its last step, and what its steps cost.

/// An early exit of a network.
///
/// Its logits are sums of 32 bits, one for each class, side by side in little-endian order. They
/// stay until a later exit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Number of steps after which the sums are there.
    pub steps: u16,
    /// Where the sums begin in the state.
    pub at: u16,
}

/// What the steps of a layer cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The first step of the layer, which goes on to that of the next entry.
    pub first_step: u16,
    /// CPU cycles of one of its steps by the compiler's cost model; the mean where they differ.
    pub cycles: u16,
}
