//! A planned network: what is emitted, and what the host runs to measure it.

use freeml_core::encoding::{Packed, Rice, ShiftAdd, SparseBytes, UniformRice};
use freeml_core::kernels::{
    Add, AveragePool, Conv, Depthwise, ExitSums, Features, MaxPool, PreparedQuads, Quads, Sparse,
    Windows, add, average_pool, connected, conv, depthwise, exit_sums, features, max_pool, quads,
    sparse,
};
use freeml_core::{
    Cost, DeviceBytes, Element, Exit, I8, I16, Kind, Memory, Network, Output, Requantise,
    Signature, Tensor, U8,
};
use sha2::{Digest, Sha256};

use crate::encode::{self, Format};
use crate::graph::Shape;
use crate::plan::cost;
use crate::quantise::Tables;

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

    fn compute<E: Element, M: Memory>(&self, table: &[u8], memory: &mut M, step: u16) {
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
    fn compute<E: Element, M: Memory>(&self, table: &[u8], memory: &mut M, step: u16) {
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

/// One layer of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLayer {
    /// Name of its main operator's ONNX node.
    pub name: String,
    /// Number of the first of its steps.
    pub first_step: u16,
    /// Descriptor.
    pub kernel: Kernel,
    /// Constants.
    pub tables: Tables,
    /// Multiply-accumulates.
    pub macs: u32,
}

impl PlannedLayer {
    /// Bytes of its tables and its descriptor on the device.
    pub fn constant_bytes(&self) -> usize {
        self.tables.bytes() + self.kernel.descriptor_bytes()
    }

    /// The weights of each output channel of a sparse layer, without the channel's power of two.
    pub fn weights(&self) -> Vec<Vec<i16>> {
        let channels = self.kernel.output().tensor.channels;
        let (format, coding, part_channels) = match &self.kernel {
            Kernel::Sparse(kernel) => {
                (kernel.format, kernel.layer.coding, kernel.layer.part_channels)
            }
            Kernel::Quads(kernel) => (kernel.format, kernel.layer.coding, channels),
            _ => return Vec::new(),
        };
        let bytes = &self.tables.weights;
        encode::rows(&encode::Table { format, coding, channels, part_channels, bytes })
    }

    /// Weights that its tables hold.
    pub fn kept_weights(&self) -> usize {
        match &self.kernel {
            Kernel::Sparse(_) | Kernel::Quads(_) => self.weights().iter().map(Vec::len).sum(),
            Kernel::Features(_) => 0,
            Kernel::ExitSums(_, layer) => {
                usize::from(layer.count) * usize::from(layer.output.tensor.channels / 2)
            }
            _ => self.tables.weights.len(),
        }
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        let Tables { weights, bias, multiplier, shift } = &self.tables;
        let requantise = Requantise { bias, multiplier, shift: *shift };
        match &self.kernel {
            Kernel::Conv(kind, layer) => {
                let layer = Conv { weights, requantise, ..*layer };
                match kind {
                    Kind::U8 => conv::<U8, M>(&layer, memory, step),
                    Kind::I8 => conv::<I8, M>(&layer, memory, step),
                    Kind::I16 => conv::<I16, M>(&layer, memory, step),
                }
            }
            Kernel::Depthwise(kind, layer) => {
                let layer = Depthwise { weights, requantise, ..*layer };
                match kind {
                    Kind::U8 => depthwise::<U8, M>(&layer, memory, step),
                    Kind::I8 => depthwise::<I8, M>(&layer, memory, step),
                    Kind::I16 => depthwise::<I16, M>(&layer, memory, step),
                }
            }
            Kernel::MaxPool(layer) => match layer.input.kind {
                Kind::U8 => max_pool::<U8, M>(layer, memory, step),
                Kind::I8 => max_pool::<I8, M>(layer, memory, step),
                Kind::I16 => max_pool::<I16, M>(layer, memory, step),
            },
            Kernel::AveragePool(layer) => {
                let layer = AveragePool { requantise, ..*layer };
                match layer.input.kind {
                    Kind::U8 => average_pool::<U8, M>(&layer, memory, step),
                    Kind::I8 => average_pool::<I8, M>(&layer, memory, step),
                    Kind::I16 => average_pool::<I16, M>(&layer, memory, step),
                }
            }
            Kernel::Sparse(kernel) => match kernel.input {
                Kind::U8 => kernel.compute::<U8, M>(weights, memory, step),
                Kind::I8 => kernel.compute::<I8, M>(weights, memory, step),
                Kind::I16 => kernel.compute::<I16, M>(weights, memory, step),
            },
            Kernel::Quads(kernel) => match kernel.input {
                Kind::I8 => kernel.compute::<I8, M>(weights, memory, step),
                Kind::U8 | Kind::I16 => kernel.compute::<U8, M>(weights, memory, step),
            },
            Kernel::Add(layer) => add(layer, memory, step),
            Kernel::Features(layer) => {
                let layer = Features { gaps: weights, ..*layer };
                match layer.input.kind {
                    Kind::U8 => features::<U8, M>(&layer, memory, step),
                    Kind::I8 => features::<I8, M>(&layer, memory, step),
                    Kind::I16 => features::<I16, M>(&layer, memory, step),
                }
            }
            Kernel::ExitSums(kind, layer) => {
                let layer = ExitSums { table: weights, ..*layer };
                match kind {
                    Kind::U8 => exit_sums::<U8, M>(&layer, memory, step),
                    Kind::I8 => exit_sums::<I8, M>(&layer, memory, step),
                    Kind::I16 => exit_sums::<I16, M>(&layer, memory, step),
                }
            }
        }
    }
}

/// A whole network, ready to run or to be emitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Identity, steps, input and logits.
    pub signature: Signature,
    /// Layers in running order.
    pub layers: Vec<PlannedLayer>,
    /// Early exits.
    pub exits: Vec<Exit>,
    /// What steps cost.
    pub costs: Vec<Cost>,
    /// Bytes of persistent state, header included.
    pub state_bytes: usize,
    /// Real units of one step of each tensor: the input, then each layer's result.
    pub scales: Vec<f32>,
}

impl Program {
    /// A program whose identity is derived from everything that determines its results.
    pub fn new(
        mut signature: Signature,
        layers: Vec<PlannedLayer>,
        exits: Vec<Exit>,
        state_bytes: usize,
        scales: Vec<f32>,
    ) -> Self {
        let digest = Sha256::digest(format!("{signature:?} {layers:?} {exits:?} {state_bytes}"));
        signature.identity = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]);
        let costs = layers.iter().map(cost::of_steps).collect();
        Program { signature, layers, exits, costs, state_bytes, scales }
    }

    /// Shape of a sample.
    pub fn input_shape(&self) -> Shape {
        let Tensor { height, width, channels, .. } = self.signature.input;
        Shape { c: channels.into(), h: height.into(), w: width.into() }
    }

    /// Number of classes.
    pub fn classes(&self) -> u16 {
        self.signature.logits.channels
    }

    /// Bytes of all constant tables.
    pub fn table_bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.tables.bytes()).sum()
    }

    /// Bytes of all descriptors on the device.
    pub fn descriptor_bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.kernel.descriptor_bytes()).sum()
    }

    /// Bytes of all constants on the device: tables and descriptors.
    pub fn constant_bytes(&self) -> usize {
        self.table_bytes() + self.descriptor_bytes()
    }

    /// Multiply-accumulates of one inference.
    pub fn macs(&self) -> u32 {
        self.layers.iter().map(|layer| layer.macs).sum()
    }

    /// Device cycles of each layer by the cost model that sizes steps.
    pub fn predicted_cycles(&self) -> impl Iterator<Item = u32> {
        self.layers.iter().map(cost::layer)
    }
}

impl Network for Program {
    fn signature(&self) -> Signature {
        self.signature
    }

    fn exits(&self) -> &[Exit] {
        &self.exits
    }

    fn costs(&self) -> &[Cost] {
        &self.costs
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        let index = self.layers.partition_point(|layer| layer.first_step <= step);
        if let Some(layer) = index.checked_sub(1).and_then(|index| self.layers.get(index)) {
            layer.compute(memory, step - layer.first_step);
        }
    }
}

impl Network for &Program {
    fn signature(&self) -> Signature {
        self.signature
    }

    fn exits(&self) -> &[Exit] {
        &self.exits
    }

    fn costs(&self) -> &[Cost] {
        &self.costs
    }

    fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
        (**self).compute(memory, step);
    }
}
