//! How rates and counts change over training; progress runs from 0 to 1.

/// Course of the learning rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// The same throughout.
    Constant(f32),
    /// Half a cosine from the given rate to 0.
    Cosine(f32),
}

impl Rate {
    /// The rate at `progress`.
    pub fn at(self, progress: f32) -> f32 {
        match self {
            Rate::Constant(rate) => rate,
            Rate::Cosine(rate) => rate * 0.5 * (1.0 + (std::f32::consts::PI * progress).cos()),
        }
    }
}

/// Cubic fall of what a mask costs: kept weights, or bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Cost at first.
    pub from: usize,
    /// Cost in the end.
    pub to: usize,
    /// Progress at which the end is reached, above 0; 0.7 leaves time to settle.
    pub until: f32,
}

impl Course {
    /// Cost at `progress`: most is given up early.
    pub fn at(&self, progress: f32) -> usize {
        let left = f64::from(1.0 - (progress / self.until).clamp(0.0, 1.0)).powi(3);
        let (from, to) = (self.from.max(self.to), self.to);
        #[allow(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between the two costs"
        )]
        let above = ((from - to) as f64 * left).round() as usize;
        to + above
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these results are exact")]
mod tests {
    use super::*;

    #[test]
    fn costs_fall_and_settle() {
        let course = Course { from: 1000, to: 100, until: 0.5 };
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|at| course.at(at)), [1000, 213, 100, 100]);
    }

    #[test]
    fn cosine_ends_at_zero() {
        let rate = Rate::Cosine(2.0);
        assert_eq!(rate.at(0.0), 2.0);
        assert!((rate.at(0.5) - 1.0).abs() < 1e-6 && rate.at(1.0).abs() < 1e-6);
    }
}
