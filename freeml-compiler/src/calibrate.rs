//! Ranges of activations over calibration samples.

use crate::float;
use crate::graph::{Graph, NodeId};

/// Largest number of values kept of one tensor.
const KEPT: usize = 1 << 17;

/// Clipping thresholds tried, as fractions of the largest magnitude.
const CANDIDATES: u16 = 48;

/// Values that the tensors of a graph take on the calibration samples.
#[derive(Debug)]
pub struct Calibration {
    values: Vec<Vec<f32>>,
}

impl Calibration {
    /// Runs the float graph over `samples` (raw values in the order of the input) and keeps
    /// what the nodes `watched` give.
    pub fn collect(graph: &Graph, samples: &[Vec<f32>], watched: &[NodeId]) -> Self {
        let mut values = vec![Vec::new(); graph.nodes.len()];
        let mut executor = float::Executor::new(graph);
        for sample in samples {
            let results = executor.run(sample);
            for &id in watched {
                // A stride that shares no factor with the usual channel counts sees them all.
                let stride = (results[id].len() * samples.len()).div_ceil(KEPT) | 1;
                values[id].extend(results[id].iter().step_by(stride));
            }
        }
        Calibration { values }
    }

    /// Largest magnitude of node `id`; 0 if it was not watched.
    pub fn largest(&self, id: NodeId) -> f32 {
        self.values[id].iter().fold(0.0, |largest, value| value.abs().max(largest))
    }

    /// The scale (real units per step) for `levels` steps from 0 to the clipping threshold
    /// that has the least mean squared error on node `id`, values being clamped to
    /// `low..=high` before.
    pub fn scale(&self, id: NodeId, levels: i16, low: f32, high: f32) -> f32 {
        let clamped: Vec<f32> =
            self.values[id].iter().map(|value| value.max(low).min(high)).collect();
        let largest = clamped.iter().fold(0f32, |largest, value| value.abs().max(largest));
        if largest == 0.0 {
            return 1.0 / f32::from(levels);
        }
        let scales = (1..=CANDIDATES).rev().map(|numerator| {
            largest * f32::from(numerator) / f32::from(CANDIDATES) / f32::from(levels)
        });
        let error = |scale: f32| {
            let limit = scale * f32::from(levels);
            clamped.iter().fold(0f64, |sum, value| {
                let kept = (value / scale).round() * scale;
                let error = f64::from(kept.max(-limit).min(limit) - value);
                sum + error * error
            })
        };
        let best = scales.map(|scale| (error(scale), scale)).min_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(1.0, |(_, scale)| scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: Vec<f32>) -> Calibration {
        Calibration { values: vec![values] }
    }

    #[test]
    fn clips_a_lone_outlier_but_not_a_tail() {
        let mut values: Vec<f32> = (0..10_000u16).map(|i| f32::from(i % 100) / 100.0).collect();
        let even = of(values.clone()).scale(0, 255, 0.0, f32::INFINITY);
        assert!((even * 255.0 - 0.99).abs() < 0.03);
        values.push(8.0);
        let clipped = of(values).scale(0, 255, 0.0, f32::INFINITY);
        assert!(clipped * 255.0 < 8.0);
    }

    #[test]
    fn odd_bounds_do_not_panic() {
        for (low, high) in [(6.0, 0.0), (f32::NAN, f32::INFINITY), (0.0, f32::NAN)] {
            assert!(of(vec![1.0, 2.0]).scale(0, 255, low, high) > 0.0);
        }
    }

    #[test]
    fn silent_tensors_get_a_scale() {
        assert!(of(vec![0.0; 8]).scale(0, 255, 0.0, 6.0) > 0.0);
    }
}
