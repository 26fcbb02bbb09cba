//! Energy in a leaking capacitor at constant power.
//!
//! Leakage through a resistance takes V²/R, which is proportional to the energy E = ½CV². With the
//! net power p and τ = RC/2 this is dE/dt = p - E/τ, whose solution is exact: there is no step
//! size in the simulation.

/// Constant net power into a capacitor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    /// Watts that come in, less those that are drawn.
    pub net: f64,
    /// Time constant of the leakage in seconds; infinite without any.
    pub tau: f64,
}

impl Flow {
    /// Watts by which `energy` changes.
    pub fn rate(self, energy: f64) -> f64 {
        self.net - energy / self.tau
    }

    /// What `energy` becomes in `seconds`.
    pub fn after(self, energy: f64, seconds: f64) -> f64 {
        if self.tau.is_infinite() {
            return energy + self.net * seconds;
        }
        // -expm1(-t/τ) is the share of the way to the final energy p·τ.
        energy - (self.net * self.tau - energy) * libm::expm1(-seconds / self.tau)
    }

    /// Joules that leak in `seconds` from `energy` on: the integral of E/τ.
    pub fn leaked(self, energy: f64, seconds: f64) -> f64 {
        if self.tau.is_infinite() {
            return 0.0;
        }
        let share = libm::expm1(-seconds / self.tau);
        self.net * seconds + (self.net * self.tau - energy) * share
    }

    /// Seconds in which `energy` becomes `target`; `None` if it never does.
    pub fn time_to(self, energy: f64, target: f64) -> Option<f64> {
        let way = target - energy;
        if way == 0.0 {
            return Some(0.0);
        }
        // The rate keeps its sign, and must have that of the way even at the target.
        let (first, last) = (self.rate(energy), self.rate(target));
        if way.signum() != first.signum() || way.signum() != last.signum() || last == 0.0 {
            return None;
        }
        if self.tau.is_infinite() {
            return Some(way / self.net);
        }
        Some(self.tau * libm::log1p(way / self.tau / last))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "results of exact arithmetic")]
mod tests {
    use super::*;

    #[test]
    fn without_leakage_time_is_energy_by_power() {
        let flow = Flow { net: 2.0, tau: f64::INFINITY };
        assert_eq!(flow.time_to(1.0, 5.0), Some(2.0));
        assert_eq!(flow.after(1.0, 2.0), 5.0);
        assert_eq!(flow.time_to(5.0, 1.0), None);
        assert_eq!(Flow { net: -2.0, ..flow }.time_to(5.0, 1.0), Some(2.0));
        assert_eq!(Flow { net: 0.0, ..flow }.time_to(5.0, 1.0), None);
    }

    #[test]
    fn an_idle_capacitor_decays_exponentially() {
        let flow = Flow { net: 0.0, tau: 10.0 };
        assert!((flow.after(1.0, 10.0) - (-1.0f64).exp()).abs() < 1e-15);
        assert!((flow.time_to(1.0, 0.5).unwrap() - 10.0 * 2.0f64.ln()).abs() < 1e-12);
        assert!((flow.leaked(1.0, 10.0) - (1.0 - (-1.0f64).exp())).abs() < 1e-15);
    }

    #[test]
    fn charging_ends_where_leakage_takes_all() {
        let flow = Flow { net: 0.1, tau: 10.0 };
        assert_eq!(flow.time_to(0.0, 1.0), None);
        assert_eq!(flow.time_to(0.0, 1.1), None);
        let seconds = flow.time_to(0.0, 0.9).unwrap();
        // 1 - e^(-t/τ) = 0.9
        assert!((seconds - 10.0 * 10.0f64.ln()).abs() < 1e-9);
        assert!((flow.after(0.0, seconds) - 0.9).abs() < 1e-12);
    }

    #[test]
    fn energy_is_conserved() {
        for (net, energy) in [(0.5, 1.0), (-0.5, 4.0), (0.0, 2.0)] {
            let flow = Flow { net, tau: 3.0 };
            let seconds = 0.7;
            let sum = flow.after(energy, seconds) + flow.leaked(energy, seconds);
            assert!((sum - energy - net * seconds).abs() < 1e-14);
        }
    }
}
