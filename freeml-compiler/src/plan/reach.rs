//! How near a layer's result may come to an operand that it overwrites.
//!
//! A layer stores its output in memory order while it reads on through its operand. The
//! result may overlap the operand if no step stores a byte that this or a later step still
//! reads: then repeating any step, after a power failure, reads what it read before.

use freeml_core::{Tensor, Window};

use crate::program::{Kernel, SparseKernel};

/// Bytes that the result must start below operand `operand` of `kernel` for this to hold.
pub fn distance(kernel: &Kernel, operand: usize) -> usize {
    let output = kernel.output();
    let size = usize::from(output.tensor.kind.size());
    let elements = usize::from(output.tensor.len());
    let per_step = usize::from(output.per_step.max(1));
    let mut lowest_read = usize::MAX;
    let mut distance = 0;
    for step in (0..elements.div_ceil(per_step)).rev() {
        let end = elements.min((step + 1) * per_step);
        for element in step * per_step..end {
            lowest_read = lowest_read.min(first_read(kernel, operand, element));
        }
        distance = distance.max((end * size).saturating_sub(lowest_read));
    }
    distance
}

/// Offset in operand `operand` of the first byte that output element `element` needs, or one
/// before it.
fn first_read(kernel: &Kernel, operand: usize, element: usize) -> usize {
    let tensor = &kernel.output().tensor;
    let pixel = element / usize::from(tensor.channels);
    let (y, x) = (pixel / usize::from(tensor.width), pixel % usize::from(tensor.width));
    match kernel {
        Kernel::Conv(conv) if operand == 0 => {
            let (y, x) =
                (y * usize::from(conv.pool.row_stride), x * usize::from(conv.pool.col_stride));
            corner(&conv.window, &conv.input, y, x)
        }
        Kernel::Depthwise(layer) => corner(&layer.window, &layer.input, y, x),
        Kernel::MaxPool(layer) => corner(&layer.window, &layer.input, y, x),
        Kernel::AveragePool(layer) => corner(&layer.window, &layer.input, y, x),
        Kernel::Sparse(SparseKernel { layer, windows: Some(windows), .. }) if operand == 0 => {
            // In a draft the operand lies at address 0.
            let lead = usize::from(layer.origin.wrapping_neg());
            let (row, col) = (usize::from(windows.row_step), usize::from(windows.col_step));
            (y * row + x * col).saturating_sub(lead)
        }
        Kernel::Sparse(_) if operand == 0 => 0,
        // A residual or a term of a sum, of one byte per element.
        Kernel::Conv(_) | Kernel::Sparse(_) | Kernel::Add(_) => element,
    }
}

fn corner(window: &Window, input: &Tensor, y: usize, x: usize) -> usize {
    let row = (y * usize::from(window.row_stride)).saturating_sub(window.top.into());
    let col = (x * usize::from(window.col_stride)).saturating_sub(window.left.into());
    row * usize::from(input.row_bytes()) + col * usize::from(input.pixel_bytes())
}
