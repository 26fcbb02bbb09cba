//! How near a layer's result may come to an operand that it overwrites.
//!
//! A layer stores its output in memory order while it reads on through its operand. The
//! result may overlap the operand if no step stores a byte that this or a later step still
//! reads: then repeating any step, after a power failure, reads what it read before.

use freeml_core::kernels::{Conv, Residual, Sparse, Windows};
use freeml_core::{Field, Tensor, Window};

use crate::program::{Kernel, QuadsKernel, SparseKernel};

/// Bytes that the result must start below operand `operand` of `kernel` for this to hold, the
/// frames of both included. The tensors of `kernel` all begin at 0.
///
/// The parts of a sparse block count as one step: the first one stores the frame next to the
/// block, the last one its last channel, and each reads all windows of the block.
pub fn distance(kernel: &Kernel, operand: usize) -> usize {
    let output = kernel.output();
    let elements = usize::from(output.tensor.len());
    let per_step = match kernel {
        // A part stores at all positions.
        Kernel::Quads(_) => elements.max(1),
        _ => output.per_step.max(1).into(),
    };
    let mut lowest_read = usize::MAX;
    let mut distance = 0;
    for step in (0..elements.div_ceil(per_step)).rev() {
        let end = elements.min((step + 1) * per_step);
        for element in step * per_step..end {
            lowest_read = lowest_read.min(first_read(kernel, operand, element));
        }
        distance = distance.max(stored_end(&output.tensor, end - 1).saturating_sub(lowest_read));
    }
    distance
}

/// Row and column of element `element` of `tensor`.
fn position(tensor: &Tensor, element: usize) -> (usize, usize) {
    let pixel = element / usize::from(tensor.channels);
    (pixel / usize::from(tensor.width), pixel % usize::from(tensor.width))
}

/// End of what is stored with element `element` of `tensor`: behind a row, the frame there.
fn stored_end(tensor: &Tensor, element: usize) -> usize {
    let [row, gap] = [tensor.row_bytes(), tensor.gap_bytes()].map(usize::from);
    let (y, _) = position(tensor, element);
    let end = element + 1;
    let row_elements = usize::from(tensor.width) * usize::from(tensor.channels);
    let mut at = usize::from(tensor.at) + y * gap + end * usize::from(tensor.kind.size());
    if end.is_multiple_of(row_elements) {
        at += gap;
    }
    if end == usize::from(tensor.len()) {
        at += usize::from(tensor.frame.bottom) * row;
    }
    at
}

/// The first byte of operand `operand` that output element `element` needs, or one before it.
fn first_read(kernel: &Kernel, operand: usize, element: usize) -> usize {
    let (y, x) = position(&kernel.output().tensor, element);
    match kernel {
        Kernel::Conv(_, conv) if operand == 0 => {
            let (y, x) =
                (y * usize::from(conv.pool.row_stride), x * usize::from(conv.pool.col_stride));
            field_at(&conv.field, y, x)
        }
        Kernel::Depthwise(_, layer) => field_at(&layer.field, y, x),
        Kernel::MaxPool(layer) => corner(&layer.window, &layer.input, y, x),
        Kernel::AveragePool(layer) => corner(&layer.window, &layer.input, y, x),
        Kernel::Sparse(SparseKernel { layer, windows, .. }) if operand == 0 => {
            let Windows { row_step, col_step, .. } = windows.unwrap_or(Windows::SINGLE);
            usize::from(layer.origin) + y * usize::from(row_step) + x * usize::from(col_step)
        }
        Kernel::Quads(QuadsKernel { layer, .. }) => layer.origin.into(),
        // One byte per element.
        Kernel::Conv(_, Conv { residual, .. })
        | Kernel::Sparse(SparseKernel { layer: Sparse { residual, .. }, .. }) => {
            residual.map_or(usize::MAX, |residual| term_at(residual, y, element))
        }
        Kernel::Add(layer) => term_at(layer.operands[operand], y, element),
        // All of it, by any.
        Kernel::Features(_) | Kernel::ExitSums(..) => 0,
    }
}

fn field_at(field: &Field, y: usize, x: usize) -> usize {
    let [at, row, col] = [field.at, field.row_stride, field.col_stride].map(usize::from);
    at + y * row + x * col
}

fn term_at(term: Residual, y: usize, element: usize) -> usize {
    usize::from(term.at) + y * usize::from(term.gap) + element
}

fn corner(window: &Window, input: &Tensor, y: usize, x: usize) -> usize {
    let row = (y * usize::from(window.row_stride)).saturating_sub(window.top.into());
    let col = (x * usize::from(window.col_stride)).saturating_sub(window.left.into());
    let [at, row_bytes, pixel_bytes] =
        [input.at, input.row_bytes(), input.pixel_bytes()].map(usize::from);
    at + row * row_bytes + col * pixel_bytes
}

#[cfg(test)]
mod tests;
