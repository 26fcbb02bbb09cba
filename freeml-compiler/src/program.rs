//! A planned network: what is emitted, and what the host runs to measure it.

mod kernel;

use freeml_core::kernels::{
    AveragePool, Conv, Depthwise, ExitSums, Features, add, average_pool, conv, depthwise,
    exit_sums, features, max_pool,
};
use freeml_core::{Cost, Exit, I8, I16, Kind, Memory, Network, Requantise, Signature, Tensor, U8};
use sha2::{Digest, Sha256};

use crate::encode;
use crate::graph::Shape;
use crate::plan::cost;
use crate::quantise::Tables;

pub use kernel::{Kernel, QuadsKernel, SparseKernel};

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
