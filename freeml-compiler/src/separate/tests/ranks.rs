//! EVBMF on matrices whose rank is known.

use ndarray::Array2;

use super::{low_rank, random};
use crate::separate::rank::evbmf;

#[allow(clippy::cast_possible_truncation, reason = "the precision of weights")]
fn found(matrix: &Array2<f64>) -> usize {
    evbmf(&matrix.mapv(|x| x as f32))
}

const SIZES: [(usize, usize, usize); 8] = [
    (20, 50, 3),
    (50, 20, 3),
    (32, 288, 8),
    (64, 64, 6),
    (100, 100, 25),
    (10, 500, 4),
    (300, 200, 1),
    (500, 800, 40),
];

#[test]
fn the_rank_under_noise() {
    for (seed, (rows, columns, rank)) in (10..).step_by(10).zip(SIZES) {
        for noise in [0.01, 0.1, 0.3] {
            let matrix =
                low_rank(rows, columns, rank, seed) + random(rows, columns, seed + 5) * noise;
            assert_eq!(found(&matrix), rank, "{rows}x{columns}, noise {noise}");
            assert_eq!(found(&(matrix * 1e-4)), rank, "{rows}x{columns}, noise {noise}, scaled");
        }
    }
}

#[test]
fn noise_has_no_rank() {
    for (rows, columns) in [(20, 50), (64, 64), (200, 300)] {
        assert_eq!(found(&random(rows, columns, 3)), 0, "{rows}x{columns}");
    }
}

#[test]
fn components_below_the_noise_are_not_counted() {
    let strong = low_rank(100, 200, 5, 20);
    let weak = low_rank(100, 200, 5, 30) * 0.03;
    assert_eq!(found(&(strong + weak + random(100, 200, 40))), 5);
}

#[test]
fn the_rank_without_noise() {
    for (rows, columns, rank) in [(20, 50, 3), (64, 64, 6), (10, 500, 4)] {
        assert_eq!(found(&low_rank(rows, columns, rank, 50)), rank, "{rows}x{columns}");
    }
}

#[test]
fn matrices_without_information() {
    assert_eq!(found(&Array2::zeros((5, 7))), 0);
    assert_eq!(found(&Array2::zeros((0, 7))), 0);
    assert_eq!(found(&Array2::from_elem((5, 7), f64::NAN)), 0);
    assert_eq!(found(&Array2::from_elem((5, 7), f64::INFINITY)), 0);
    assert!(found(&Array2::from_elem((1, 1), 2.0)) <= 1);
}
