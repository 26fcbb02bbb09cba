//! From an integer network to a program: addresses, step sizes, descriptors.

mod arena;
mod cost;
mod frames;
mod geometry;
mod reach;

use freeml_core::{HEADER_BYTES, Signature, Tensor};

use crate::error::Error;
use crate::program::{Kernel, PlannedLayer, Program};
use crate::quantise::Quantised;

use arena::{Lifetime, Neighbours};

/// Places the tensors of `network` and cuts its layers into steps.
pub fn plan(network: &Quantised) -> Result<Program, Error> {
    let framed = network.tensors.iter().zip(frames::frames(network)?);
    let mut tensors: Vec<Tensor> =
        framed.map(|(tensor, frame)| geometry::tensor(tensor, frame)).collect::<Result<_, _>>()?;
    let draft = geometry::layers(network, &tensors)?;
    let neighbours = safe_neighbours(network, &draft);
    let lifetimes = lifetimes(network, &tensors);
    let arena = arena::place(&lifetimes, &neighbours);
    let limit = usize::from(u16::MAX - HEADER_BYTES);
    if arena.bytes > limit {
        return Err(Error::arena_too_large(arena.bytes, limit));
    }
    for (tensor, &start) in tensors.iter_mut().zip(&arena.at) {
        tensor.at += geometry::to_u16("arena", start)? + HEADER_BYTES;
    }
    let kernels = geometry::layers(network, &tensors)?;
    let mut first_step = 0u32;
    let mut layers = Vec::with_capacity(kernels.len());
    for (quantised, kernel) in network.layers.iter().zip(kernels) {
        layers.push(PlannedLayer {
            name: quantised.name.clone(),
            first_step: u16::try_from(first_step).map_err(|_| Error::too_many_steps())?,
            tables: quantised.op.tables().cloned().unwrap_or_default(),
            macs: cost::macs(&kernel),
            kernel,
        });
        first_step += u32::from(layers[layers.len() - 1].kernel.output().steps());
    }
    // Progress counts one beyond the steps, and 0 means that there is no sample.
    let steps = u16::try_from(first_step).ok().filter(|&steps| steps < u16::MAX - 1);
    let signature = Signature {
        identity: 0,
        steps: steps.ok_or_else(Error::too_many_steps)?,
        input: tensors[0],
        logits: tensors[tensors.len() - 1],
    };
    let state_bytes = usize::from(HEADER_BYTES) + arena.bytes.next_multiple_of(2);
    let scales = network.tensors.iter().map(|tensor| tensor.scale).collect();
    Ok(Program::new(signature, layers, state_bytes, scales))
}

/// When each tensor holds a value that is still to be read.
fn lifetimes(network: &Quantised, tensors: &[Tensor]) -> Vec<Lifetime> {
    let last_use = |tensor: usize| {
        let reads = network.layers.iter().rposition(|layer| layer.operands.contains(&tensor));
        if tensor == network.layers.len() { network.layers.len() } else { reads.unwrap_or(0) }
    };
    tensors
        .iter()
        .enumerate()
        .map(|(index, tensor)| Lifetime {
            bytes: tensor.bytes().into(),
            first: index.saturating_sub(1),
            last: last_use(index),
        })
        .collect()
}

/// Which results may overlap which dying operands, and how far.
fn safe_neighbours(network: &Quantised, kernels: &[Kernel]) -> Neighbours {
    let mut neighbours = Neighbours::default();
    for (index, (layer, kernel)) in network.layers.iter().zip(kernels).enumerate() {
        for (place, &operand) in layer.operands.iter().enumerate() {
            neighbours.allow(operand, index + 1, reach::distance(kernel, place));
        }
    }
    neighbours
}
