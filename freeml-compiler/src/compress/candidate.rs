//! Integer networks that compression chooses from.

use super::phases::Trained;
use super::session::Session;
use crate::calibrate::Calibration;
use crate::error::Error;
use crate::fuse::fuse;
use crate::quantise::{Grids, Numerics, Quantised, quantise};
use crate::train::Layout;
use crate::{evaluate, plan};

/// A finished network with what it costs and what it is worth.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Before planning.
    pub network: Quantised,
    /// Bytes of constants, tables and descriptors.
    pub bytes: usize,
    /// Validation samples that the device's arithmetic gets right.
    pub correct: usize,
    /// Kept weights.
    pub kept: usize,
}

/// Bytes of constants.
#[derive(Debug, Clone, Copy)]
pub struct Constants {
    /// Tables of layers with weights.
    pub weights: usize,
    /// Descriptors, and tables of pools.
    pub others: usize,
}

impl Constants {
    /// All of them.
    pub fn total(self) -> usize {
        self.weights + self.others
    }
}

impl Session<'_> {
    /// The integer network of `trained`.
    pub fn network(&self, trained: &Trained) -> Result<Quantised, Error> {
        let mut graph = trained.state.graph.clone();
        Layout::of(&graph).scatter(&trained.rounded, &mut graph);
        let layers = fuse(&graph);
        let results: Vec<usize> = layers.iter().map(|layer| layer.result).collect();
        let calibration = Calibration::collect(&graph, &self.calibration, &results);
        let grids = Grids {
            steps: trained.steps.clone(),
            largest: trained.largest.clone(),
            levels: trained.levels.clone(),
        };
        let numerics = Numerics {
            input_scale: self.input_scale,
            calibration: &calibration,
            trained: Some(&grids),
        };
        quantise(&graph, &layers, &numerics, self.kind)
    }

    /// Bytes of constants that `trained` takes.
    pub fn constants(&self, trained: &Trained) -> Result<Constants, Error> {
        let program = plan::plan(&self.network(trained)?)?;
        let weighted = program.layers.iter().filter(|layer| !layer.tables.weights.is_empty());
        let weights = weighted.map(|layer| layer.tables.bytes()).sum();
        Ok(Constants { weights, others: program.constant_bytes() - weights })
    }

    /// The finished form of `trained`.
    pub fn candidate(&self, trained: &Trained) -> Result<Candidate, Error> {
        let network = self.network(trained)?;
        let program = plan::plan(&network)?;
        Ok(Candidate {
            bytes: program.constant_bytes(),
            correct: evaluate::correct_of(&program, &self.samples, self.validation, self.threads),
            kept: trained.state.mask.count(&Layout::of(&trained.state.graph)),
            network,
        })
    }
}
