//! A crate with strict lints, and names of its own that the expansion must not pick up.
#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused)]
#![deny(unused_qualifications, single_use_lifetimes, trivial_numeric_casts, future_incompatible)]
#![deny(clippy::all, clippy::pedantic)]

freeml::freeml_model!("models/tiny.onnx", compress = none);

/// The model once more, where every short name stands for something else.
pub mod shadowed {
    #![allow(missing_docs, missing_debug_implementations, clippy::all)]

    pub mod core {}
    pub mod freeml {}
    pub struct Option;
    pub struct Conv;
    pub struct Tensor;
    pub trait Memory {}
    pub trait Network {}

    ::freeml::freeml_model!("models/tiny.onnx", name = Second, compress = none);
}

/// Two private models in one function.
#[must_use]
pub fn local() -> u16 {
    freeml::freeml_model!("models/tiny.onnx", name = A, compress = none);
    freeml::freeml_model!(
        "models/tiny.onnx",
        name = B,
        compress = none,
        mean = 0.5,
        std = 0.25,
    );
    A::STEPS + B::STEPS
}
