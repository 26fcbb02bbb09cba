//! Inferences on harvested energy, with the device's kernels and its power failures.

mod program;
mod spending;

use freeml_core::{EmulatedFram, Network, Policy, PowerFailure};

use crate::capacitor::Capacitor;
use crate::device::Device;
use crate::meter::Meter;
use crate::outcome::Outcome;
use crate::trace::Trace;
use program::{Firmware, Persistent};
use spending::Spending;

/// Points of a recorded timeline.
const POINTS: u32 = 1_500;

/// A network, whose own table says what its steps cost, and the samples that it is run on.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'w, N> {
    /// The network.
    pub network: &'w N,
    /// Bytes of its persistent state.
    pub state_bytes: usize,
    /// Samples, taken one after another and from the beginning again; at least one.
    pub samples: &'w [Vec<i16>],
    /// Their classes, if they are known.
    pub labels: Option<&'w [u16]>,
}

impl<N: Network> Workload<'_, N> {
    /// Cycles of step `step`.
    fn cycles(&self, step: u16) -> u32 {
        let costs = self.network.costs();
        let layer = costs.partition_point(|cost| cost.first_step <= step);
        let cost = layer.checked_sub(1).and_then(|layer| costs.get(layer));
        cost.map_or(0, |cost| cost.cycles.into())
    }
}

/// When samples are taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// As soon as the one before is answered.
    Always,
    /// At multiples of this many seconds; those at which the device is off or busy are missed.
    Every(f64),
}

/// Device, supply and duration of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// What draws energy.
    pub device: Device,
    /// What stores it.
    pub capacitor: Capacitor,
    /// Where it comes from.
    pub trace: Trace,
    /// When samples are taken.
    pub sampling: Sampling,
    /// Seconds to simulate; a step that is under way then is finished.
    pub seconds: f64,
    /// Seconds to record for a picture.
    pub record: f64,
}

impl Setup {
    /// Simulates `workload`.
    ///
    /// The firmware turns on with the capacitor, takes a sample unless it has one, and computes
    /// steps until the network ends or the policy ends it; then it hands on the answer. `policy`
    /// makes the policy of each boot, as what a policy keeps in RAM is lost with the power.
    /// A policy that ends before there is an answer drops the sample.
    ///
    /// Before a step its energy is drawn. Where that does not suffice, the step runs up to the
    /// store to FRAM at which it fails: the share of its stores that is the share of its cycles.
    pub fn simulate<N: Network, P: Policy>(
        &self,
        workload: &Workload<N>,
        mut policy: impl FnMut(&Meter) -> P,
    ) -> Outcome {
        let mut fram = EmulatedFram::new(workload.state_bytes, 0xFF);
        let mut persistent = Persistent::default();
        let mut spending = Spending::new(self);
        while spending.turn_on() {
            let meter = spending.meter().clone();
            let firmware = Firmware {
                workload,
                sampling: self.sampling,
                spending: &mut spending,
                persistent: &mut persistent,
                policy: || policy(&meter),
            };
            let ended = fram.until_failure(u64::MAX, |fram| firmware.boot(fram));
            match ended.flatten() {
                Ok(()) => break,
                Err(PowerFailure) => spending.failed(),
            }
        }
        spending.finish()
    }
}
