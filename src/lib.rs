#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

pub use freeml_core::{Answer, Fram, Memory, Policy, RunToEnd, Status};
#[cfg(feature = "std")]
pub use freeml_core::{EmulatedFram, PowerFailure};

/// Compiles an ONNX network into a type that runs it.
///
/// ```ignore
/// freeml::freeml_model!("models/kws.onnx");
/// freeml::freeml_model!("models/har.onnx", name = Har, data = "har.npz", scale = 1024);
/// ```
///
/// Paths are relative to the directory of `Cargo.toml`. Options:
///
/// | option | value | default |
/// |---|---|---|
/// | `name` | name of the type | from the file: `lenet_mnist.onnx` gives `LenetMnist` |
/// | `data` | `.npz` file with samples `x` (`uint8`, `int8` or `int16`) and perhaps labels `y` | the `.npz` beside the model, if there is one; else synthetic samples |
/// | `device` | `fr5994`, `fr5969`, `fr2355`, bytes of FRAM, or `host` (no limit) | `fr5994` |
/// | `input` | type of raw samples: `u8`, `i8` or `i16` | that of the data, else `u8` |
/// | `scale` | raw value that stands for 1.0 in the network's input | 255 for `u8`; others must say |
/// | `mean`, `std` | `[...]` per channel, or one: what the network's input is normalised by | 0, 1 |
/// | `seed` | seed of the synthetic samples | 0 |
///
/// It generates a type with `take`, `on`, `start`, `step`, `run`, `best`, `status` and
/// `logits`, and constants for its sizes. The generated code belongs to you.
#[macro_export]
macro_rules! freeml_model {
    ($($arguments:tt)*) => {
        $crate::__private::model! { $crate $($arguments)* }
    };
}

/// What expansions name; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use freeml_core::encoding::{Coding, Packed, Rice, ShiftAdd, SparseBytes};
    pub use freeml_core::kernels::*;
    pub use freeml_core::{
        Engine, Field, Fram, Frame, I8, I16, Kind, LayerScale, Memory, Network, Output, Requantise,
        Signature, Tensor, U8, Window, take_state,
    };
    pub use freeml_macros::model;
}
