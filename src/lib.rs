#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

pub use freeml_core::{
    And, Answer, AtExits, Budget, Capacitor, Comparator, Confidence, Deadline, Energy, Fram, Gauge,
    Logits, Memory, Or, Outlook, Policy, RunToEnd, Status, Supply,
};
#[cfg(feature = "std")]
pub use freeml_core::{EmulatedFram, PowerFailure};
#[cfg(feature = "heapless")]
pub use freeml_core::{ExitHistory, heapless};

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
/// | `data` | `.npz` file with samples `x` (see below) and perhaps labels `y`, or `.npy` file with samples alone | the `.npz` beside the model, if there is one; else synthetic samples |
/// | `device` | `fr5994`, `fr5969`, `fr2355`, bytes of FRAM, or `host` (no limit) | `fr5994` |
/// | `input` | type of raw samples: `u8`, `i8` or `i16` | that of the data, else `u8` |
/// | `scale` | raw value that stands for 1.0 in the network's input | 255 for `u8`; others must say |
/// | `mean`, `std` | `[...]` per channel, or one: what the network's input is normalised by | 0, 1 |
/// | `seed` | seed of synthetic samples, of the split into training and validation, of retraining | 0 |
/// | `compress` | `auto`, or `none` to keep all weights as signed bytes | `auto` |
/// | `fram` | bytes of constants (tables and descriptors), at most | what fits the device |
/// | `max_drop` | points of validation accuracy that may be lost against the float network | 0.5 |
/// | `priority` | which limit holds if both cannot: `fram` or `accuracy` | both must |
/// | `optimise` | what kept weights should cost little of: `size` (bytes), `speed` (cycles) or `auto` | `auto` |
/// | `exits` | early exits: `auto`, the names of layers that have one, or `none` | `none` |
/// | `exit_bytes` | bytes of constants for early exits, at most | a fifth of `fram`, if it is given; else a twentieth of separate exits |
///
/// Samples are raw sensor values as `uint8`, `int8` or `int16`, or as `int32` that fits these.
/// `float32` samples are raw values too if all are whole and some exceed 1; others are what the
/// network takes before `mean` and `std`: raw values are then `round(x * scale)`, with 255 for
/// values from 0 to 1 if there is no `scale`.
///
/// Compression retrains the network on the data, a part of which is set aside for choices; keep
/// test data elsewhere. It takes minutes, once: the result is a file in `.freeml` beside
/// Cargo.toml, to be committed, which further builds read (`cargo freeml prepare` makes it
/// ahead).
///
/// Early exits are trained on the data, too, which takes seconds and is kept in the same file.
///
/// It generates a type with `take`, `on`, `start`, `step`, `run`, `best`, `reached`, `status` and
/// `logits`, with `top` under the feature `heapless`, and constants for its sizes. The generated
/// code belongs to you.
///
/// What `run` does is up to a [`Policy`]: [`RunToEnd`], or one that takes an early exit's answer by
/// [`Confidence`], [`Budget`] or [`Deadline`], or several together.
#[macro_export]
macro_rules! freeml_model {
    ($($arguments:tt)*) => {
        $crate::__private::model! { $crate $($arguments)* }
    };
}

/// What expansions name; no part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use freeml_core::encoding::{Coding, Packed, Rice, ShiftAdd, SparseBytes, UniformRice};
    pub use freeml_core::kernels::*;
    pub use freeml_core::{
        Cost, Ending, Engine, Exit, Field, Fram, Frame, I8, I16, Kind, LayerScale, Memory, Network,
        Output, Requantise, Signature, Tensor, U8, Window, if_heapless, take_state,
    };
    pub use freeml_macros::model;
}
