//! The runtime of freeml: integer kernels, progress that survives power failures, and the
//! persistent state they work on.
//!
//! The same code runs on the MSP430 and inside the compiler on the host, so every logit is
//! equal bit for bit on both. It uses no heap, no float and no panic: an access outside the
//! state or a table reads nothing and stores nothing, which the compiler's plan excludes.
//!
//! Firmware does not name this crate; it uses `freeml` and the types that
//! `freeml_model!` generates.
#![no_std]
#![cfg_attr(target_arch = "msp430", feature(asm_experimental_arch))]
#![deny(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)]

#[cfg(any(feature = "std", test))]
extern crate std;

mod answer;
mod device_bytes;
mod element;
#[cfg(any(feature = "std", test))]
mod emulated;
pub mod encoding;
mod energy;
mod engine;
mod exit;
mod field;
mod frame;
#[cfg(feature = "heapless")]
mod history;
pub mod kernels;
mod mac;
mod memory;
mod outlook;
mod persistent;
mod policy;
mod quad;
mod requantise;
mod tensor;
#[cfg(feature = "heapless")]
mod top;

pub use answer::{Answer, Logits};
pub use device_bytes::DeviceBytes;
pub use element::{Element, I8, I16, Kind, Sample, U8};
#[cfg(any(feature = "std", test))]
pub use emulated::{EmulatedFram, PowerFailure};
pub use energy::{Capacitor, Comparator, Energy, Gauge, Supply};
pub use engine::{Engine, HEADER_BYTES, Network, Signature, Status};
pub use exit::{Cost, Exit};
pub use field::Field;
pub use frame::Frame;
#[cfg(feature = "heapless")]
pub use history::ExitHistory;
pub use mac::{Strides, Taps};
pub use memory::{Fram, Memory};
pub use outlook::Outlook;
pub use persistent::{Persistent, Taken};
pub use policy::{And, AtExits, Budget, Confidence, Deadline, Or, Policy, RunToEnd};
pub use quad::Ending;
pub use requantise::{LayerScale, Output, Requantise, SHIFT_16, SHIFT_24};
pub use tensor::{Tensor, Window};

#[cfg(feature = "heapless")]
#[doc(no_inline)]
pub use heapless;

/// The items given, if there are fixed-capacity collections: what code that is generated without
/// knowledge of features asks for.
#[cfg(feature = "heapless")]
#[doc(hidden)]
#[macro_export]
macro_rules! if_heapless {
    ($($items:tt)*) => { $($items)* };
}

/// Nothing, as there are no fixed-capacity collections.
#[cfg(not(feature = "heapless"))]
#[doc(hidden)]
#[macro_export]
macro_rules! if_heapless {
    ($($items:tt)*) => {};
}
