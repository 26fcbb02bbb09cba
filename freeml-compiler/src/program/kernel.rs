//! What computes a layer.

use freeml_core::encoding::{Packed, Rice, ShiftAdd, SparseBytes, UniformRice};
use freeml_core::kernels::{
    Add, AveragePool, Conv, Depthwise, ExitSums, Features, MaxPool, PreparedQuads, Quads, Sparse,
    Windows, connected, quads, sparse,
};
use freeml_core::{DeviceBytes, Element, Kind, Memory, Output};

use crate::encode::Format;

/// A kernel's descriptor, its tables left empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Convolution or fully connected layer, over elements of this kind.
    Conv(Kind, Conv<'static>),
    /// Depthwise convolution over elements of this kind.
    Depthwise(Kind, Depthwise<'static>),
    /// Maximum over windows.
    MaxPool(MaxPool),
    /// Mean over windows.
    AveragePool(AveragePool<'static>),
    /// Layer of few weights.
    Sparse(SparseKernel),
    /// Convolution of few weights, four windows at a time.
    Quads(QuadsKernel),
    /// Sum of two tensors.
    Add(Add),
    /// Features of an early exit.
    Features(Features<'static>),
    /// Sums of an early exit, over features of this kind.
    ExitSums(Kind, ExitSums<'static>),
}

/// A sparse layer, its table and windows left empty in the descriptor itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SparseKernel {
    /// Descriptor.
    pub layer: Sparse<'static>,
    /// What the descriptor refers to.
    pub windows: Option<Windows>,
    /// Element type of the operand.
    pub input: Kind,
    /// Encoding of the table.
    pub format: Format,
}

impl SparseKernel {
    /// Whether it is a single window of taps side by side, and nothing is added.
    pub fn is_connected(&self) -> bool {
        self.windows.is_none() && self.layer.residual.is_none()
    }

    pub(super) fn compute<E: Element, M: Memory>(&self, table: &[u8], memory: &mut M, step: u16) {
        let layer = Sparse { table, windows: self.windows.as_ref(), ..self.layer };
        if self.is_connected() {
            return match self.format {
                Format::SparseBytes => connected::<E, SparseBytes, M>(&layer, memory, step),
                Format::Packed => connected::<E, Packed, M>(&layer, memory, step),
                Format::Rice if layer.coding.uniform => {
                    connected::<E, UniformRice, M>(&layer, memory, step);
                }
                Format::Rice => connected::<E, Rice, M>(&layer, memory, step),
                Format::ShiftAdd => connected::<E, ShiftAdd, M>(&layer, memory, step),
            };
        }
        match self.format {
            Format::SparseBytes => sparse::<E, SparseBytes, M>(&layer, memory, step),
            Format::Packed => sparse::<E, Packed, M>(&layer, memory, step),
            Format::Rice if layer.coding.uniform => {
                sparse::<E, UniformRice, M>(&layer, memory, step);
            }
            Format::Rice => sparse::<E, Rice, M>(&layer, memory, step),
            Format::ShiftAdd => sparse::<E, ShiftAdd, M>(&layer, memory, step),
        }
    }
}

/// A layer of shifted elements, its table left empty in the descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuadsKernel {
    /// Descriptor.
    pub layer: Quads<'static>,
    /// Element type of the operand, a byte.
    pub input: Kind,
    /// Encoding of the table.
    pub format: Format,
}

impl QuadsKernel {
    pub(super) fn compute<E: Element, M: Memory>(&self, table: &[u8], memory: &mut M, step: u16) {
        let layer = Quads { table, ..self.layer }.prepared();
        match self.format {
            Format::SparseBytes => quads::<E, SparseBytes, M>(&layer, memory, step),
            Format::Packed => quads::<E, Packed, M>(&layer, memory, step),
            Format::Rice if self.layer.coding.uniform => {
                quads::<E, UniformRice, M>(&layer, memory, step);
            }
            Format::Rice => quads::<E, Rice, M>(&layer, memory, step),
            Format::ShiftAdd => quads::<E, ShiftAdd, M>(&layer, memory, step),
        }
    }
}

impl Kernel {
    /// What it is called in reports, with the encoding of its weights.
    pub fn name(&self) -> &'static str {
        match self {
            Kernel::Conv(..) => "conv",
            Kernel::Depthwise(..) => "depthwise",
            Kernel::MaxPool(_) => "max pool",
            Kernel::AveragePool(_) => "average pool",
            Kernel::Sparse(kernel) => match kernel.format {
                Format::SparseBytes => "sparse, bytes",
                Format::Packed => "sparse, packed",
                Format::Rice => "sparse, Rice",
                Format::ShiftAdd => "sparse, shift-add",
            },
            Kernel::Quads(kernel) => match kernel.format {
                Format::SparseBytes => "quads, bytes",
                Format::Packed => "quads, packed",
                Format::Rice => "quads, Rice",
                Format::ShiftAdd => "quads, shift-add",
            },
            Kernel::Add(_) => "add",
            Kernel::Features(_) => "features",
            Kernel::ExitSums(..) => "exit",
        }
    }

    /// Where its results go.
    pub fn output(&self) -> &Output {
        match self {
            Kernel::Conv(_, layer) => &layer.output,
            Kernel::Depthwise(_, layer) => &layer.output,
            Kernel::MaxPool(layer) => &layer.output,
            Kernel::AveragePool(layer) => &layer.output,
            Kernel::Sparse(kernel) => &kernel.layer.output,
            Kernel::Quads(kernel) => &kernel.layer.output,
            Kernel::Add(layer) => &layer.output,
            Kernel::Features(layer) => &layer.output,
            Kernel::ExitSums(_, layer) => &layer.output,
        }
    }

    /// Where its results go, to change.
    pub fn output_mut(&mut self) -> &mut Output {
        match self {
            Kernel::Conv(_, layer) => &mut layer.output,
            Kernel::Depthwise(_, layer) => &mut layer.output,
            Kernel::MaxPool(layer) => &mut layer.output,
            Kernel::AveragePool(layer) => &mut layer.output,
            Kernel::Sparse(kernel) => &mut kernel.layer.output,
            Kernel::Quads(kernel) => &mut kernel.layer.output,
            Kernel::Add(layer) => &mut layer.output,
            Kernel::Features(layer) => &mut layer.output,
            Kernel::ExitSums(_, layer) => &mut layer.output,
        }
    }

    /// Number of steps that it takes.
    pub fn steps(&self) -> u32 {
        let blocks = u32::from(self.output().steps());
        match self {
            Kernel::Sparse(kernel) => blocks * u32::from(kernel.layer.parts()),
            Kernel::Quads(kernel) => kernel.layer.steps().into(),
            _ => blocks,
        }
    }

    /// Bytes of its descriptor on the device.
    pub fn descriptor_bytes(&self) -> usize {
        match self {
            Kernel::Conv(..) => Conv::DEVICE_BYTES,
            Kernel::Depthwise(..) => Depthwise::DEVICE_BYTES,
            Kernel::MaxPool(_) => MaxPool::DEVICE_BYTES,
            Kernel::AveragePool(_) => AveragePool::DEVICE_BYTES,
            Kernel::Quads(_) => PreparedQuads::DEVICE_BYTES,
            Kernel::Sparse(kernel) => {
                Sparse::DEVICE_BYTES + kernel.windows.map_or(0, |_| Windows::DEVICE_BYTES)
            }
            Kernel::Add(_) => Add::DEVICE_BYTES,
            Kernel::Features(_) => Features::DEVICE_BYTES,
            Kernel::ExitSums(..) => ExitSums::DEVICE_BYTES,
        }
    }

    /// Element type of the operand that the kernel is compiled for; `None` if it takes any.
    pub fn element(&self) -> Option<Kind> {
        match self {
            Kernel::Conv(kind, _) | Kernel::Depthwise(kind, _) | Kernel::ExitSums(kind, _) => {
                Some(*kind)
            }
            Kernel::Features(layer) => Some(layer.input.kind),
            Kernel::MaxPool(layer) => Some(layer.input.kind),
            Kernel::AveragePool(layer) => Some(layer.input.kind),
            Kernel::Sparse(kernel) => Some(kernel.input),
            Kernel::Quads(kernel) => Some(kernel.input),
            Kernel::Add(_) => None,
        }
    }
}
