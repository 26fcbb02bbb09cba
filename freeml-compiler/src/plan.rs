//! From an integer network to a program: addresses, step sizes, descriptors.

mod arena;
mod constants;
pub mod cost;
mod exits;
mod frames;
mod geometry;
mod quads;
mod reach;
mod windows;

use freeml_core::{HEADER_BYTES, Signature, Tensor};

use crate::error::Error;
use crate::program::{Kernel, PlannedLayer, Program};
use crate::quantise::{Quantised, Tables};

use arena::{Lifetime, Neighbours};
use constants::Constants;

/// Places the tensors of `network`, encodes its weights and cuts its layers into steps.
pub fn plan(network: &Quantised) -> Result<Program, Error> {
    let framed = network.tensors.iter().zip(frames::frames(network)?);
    let mut tensors: Vec<Tensor> =
        framed.map(|(tensor, frame)| geometry::tensor(tensor, frame)).collect::<Result<_, _>>()?;
    let layers = network.layers.iter().enumerate();
    let constants: Vec<Constants> = layers
        .map(|(index, layer)| {
            constants::of(layer, &tensors[layer.operands[0]], &tensors[index + 1])
        })
        .collect::<Result<_, _>>()?;
    let (scratch, arena_bytes) = place(network, &constants, &mut tensors)?;
    let kernels = geometry::layers(network, &constants, &tensors, &scratch)?;
    let mut first_step = 0u32;
    let mut layers = Vec::with_capacity(kernels.len());
    for ((quantised, constants), kernel) in network.layers.iter().zip(constants).zip(kernels) {
        let first = u16::try_from(first_step).map_err(|_| Error::too_many_steps())?;
        first_step += kernel.steps();
        let (tables, macs) = match constants {
            Constants::Dense(tables) => (tables, cost::macs(&kernel)),
            Constants::Sparse(sparse) => {
                (Tables { weights: sparse.table, ..Tables::default() }, sparse.macs)
            }
            Constants::Quads(quads) => {
                (Tables { weights: quads.table, ..Tables::default() }, quads.macs)
            }
        };
        let name = quantised.name.clone();
        layers.push(PlannedLayer { name, first_step: first, tables, macs, kernel });
    }
    // Progress counts one beyond the steps, and 0 means that there is no sample.
    let steps = u16::try_from(first_step).ok().filter(|&steps| steps < u16::MAX - 1);
    let signature = Signature {
        identity: 0,
        steps: steps.ok_or_else(Error::too_many_steps)?,
        input: tensors[0],
        logits: tensors[tensors.len() - 1],
    };
    let state_bytes = usize::from(HEADER_BYTES) + arena_bytes.next_multiple_of(2);
    let scales = network.tensors.iter().map(|tensor| tensor.scale).collect();
    let exits = exits::exits(&layers);
    Ok(Program::new(signature, layers, exits, state_bytes, scales))
}

/// Moves `tensors`, whose frames begin at 0, to their places in the state. Returns the byte
/// offset of every layer's scratch area, if it has one, and the bytes of the arena.
fn place(
    network: &Quantised,
    constants: &[Constants],
    tensors: &mut [Tensor],
) -> Result<(Vec<u16>, usize), Error> {
    let mut scratch = vec![0; network.layers.len()];
    let draft = geometry::layers(network, constants, tensors, &scratch)?;
    let mut lifetimes = lifetimes(network, tensors);
    let mut with_scratch = Vec::new();
    for (layer, constants) in constants.iter().enumerate() {
        let bytes = constants.scratch_bytes();
        if bytes != 0 {
            with_scratch.push(layer);
            lifetimes.push(Lifetime { bytes, first: layer, last: layer });
        }
    }
    let arena = arena::place(&lifetimes, &safe_neighbours(network, &draft));
    let limit = usize::from(u16::MAX - HEADER_BYTES);
    if arena.bytes > limit {
        return Err(Error::arena_too_large(arena.bytes, limit));
    }
    let in_state = |start: usize| geometry::to_u16("arena", start).map(|at| at + HEADER_BYTES);
    let (tensors_at, scratch_at) = arena.at.split_at(tensors.len());
    for (tensor, &start) in tensors.iter_mut().zip(tensors_at) {
        tensor.at += in_state(start)?;
    }
    for (layer, &start) in with_scratch.into_iter().zip(scratch_at) {
        scratch[layer] = in_state(start)?;
    }
    Ok((scratch, arena.bytes))
}

/// When each tensor holds a value that is still to be read.
fn lifetimes(network: &Quantised, tensors: &[Tensor]) -> Vec<Lifetime> {
    let last_use = |tensor: usize| {
        let reads = network.layers.iter().rposition(|layer| layer.operands.contains(&tensor));
        let last = network.layers.len();
        let to_the_end = tensor == last || tensor != 0 && exits::is_last(network, tensor - 1);
        if to_the_end { last } else { reads.unwrap_or(0) }
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
        if matches!(kernel, Kernel::Features(_) | Kernel::ExitSums(..)) {
            continue;
        }
        for (place, &operand) in layer.operands.iter().enumerate() {
            neighbours.allow(operand, index + 1, reach::distance(kernel, place));
        }
    }
    neighbours
}
