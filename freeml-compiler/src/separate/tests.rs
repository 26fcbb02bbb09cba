//! Separations of random layers and of the committed networks.

mod layers;
mod models;
mod ranks;

use ndarray::Array2;

use super::matrix::product;
use crate::graph::testkit::Builder;

fn random(rows: usize, columns: usize, seed: u32) -> Array2<f64> {
    let mut builder = Builder::new(1, 1, 1).seeded(seed);
    Array2::from_shape_simple_fn((rows, columns), || f64::from(builder.random()))
}

/// A random matrix of that rank.
fn low_rank(rows: usize, columns: usize, rank: usize, seed: u32) -> Array2<f64> {
    product(&random(rows, rank, seed), &random(rank, columns, seed + 1))
}
