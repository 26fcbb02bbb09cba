//! Inference on harvested energy, simulated on a computer.
//!
//! A [`Capacitor`] is charged by a [`Trace`] and powers a [`Device`], whose firmware runs a network
//! with the kernels of `freeml-core` on emulated FRAM; [`Setup::simulate`] puts them together and
//! lets the power fail where the energy ends. [`Supply`] is the electrical part alone.
//!
//! Units are SI: seconds, watts, joules, volts, farads, ohms. `docs/energy.md` has the model with
//! its assumptions and limits. Elementary functions are those of `libm`, so that results are the
//! same on every machine.
#![forbid(unsafe_code)]

mod capacitor;
mod device;
mod flow;
mod meter;
mod outcome;
pub mod plot;
mod quantity;
pub mod random;
mod simulate;
mod supply;
mod timeline;
mod trace;

pub use capacitor::Capacitor;
pub use device::Device;
pub use meter::Meter;
pub use outcome::{Answered, Latency, Outcome, Uses};
pub use quantity::{TextError, parse as parse_quantity};
pub use simulate::{Sampling, Setup, Workload};
pub use supply::{BrownOut, Ledger, Supply};
pub use timeline::{Event, Point, Timeline};
pub use trace::{Segment, Source, Trace, TraceError};
