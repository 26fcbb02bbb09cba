//! Sizes of descriptors on the device, known on a host.
//!
//! There pointers and lengths have 16 bits, and nothing is aligned to more than 16 bits. A
//! structure then takes the sum of its fields, rounded up to whole words: the compiler orders
//! fields such that nothing lies between them. Builds for a 16-bit target check every size.

use crate::encoding::Coding;
use crate::kernels::{
    Add, Area, AveragePool, Conv, Depthwise, ExitSums, Features, MaxPool, PoolWindow,
    PreparedQuads, Residual, Scratch, Sparse, Walk, Windows,
};
use crate::{Field, Frame, LayerScale, Output, Requantise, Tensor, Window};

/// A type of which descriptors consist.
pub trait DeviceBytes {
    /// Its size where pointers have 16 bits.
    const DEVICE_BYTES: usize;
}

/// Flags and kinds.
const BYTE: usize = 1;
const WORD: usize = 2;
/// A reference, or none.
const POINTER: usize = 2;
/// Pointer and length.
const SLICE: usize = 4;

/// Structures, each with the sum of its fields.
macro_rules! structures {
    ($($name:ty: $fields:expr;)+) => {
        $(
            impl DeviceBytes for $name {
                const DEVICE_BYTES: usize = ($fields as usize).next_multiple_of(WORD);
            }
            #[cfg(target_pointer_width = "16")]
            const _: () = assert!(size_of::<$name>() == <$name>::DEVICE_BYTES);
        )+
    };
}

structures! {
    Tensor: 4 * WORD + Frame::DEVICE_BYTES + BYTE;
    Window: 8 * WORD;
    Field: 7 * WORD;
    PoolWindow: 4 * WORD;
    Residual: 3 * WORD + BYTE;
    Scratch: 2 * WORD;
    LayerScale: 3 * WORD + 2 * BYTE;
    Requantise<'_>: 2 * SLICE + BYTE;
    Output: Tensor::DEVICE_BYTES + 3 * WORD;
    Conv<'_>: Field::DEVICE_BYTES + 2 * WORD + PoolWindow::DEVICE_BYTES + SLICE
        + Requantise::DEVICE_BYTES + Residual::DEVICE_BYTES + Output::DEVICE_BYTES;
    Depthwise<'_>: Field::DEVICE_BYTES + SLICE + Requantise::DEVICE_BYTES
        + Output::DEVICE_BYTES;
    MaxPool: Tensor::DEVICE_BYTES + Window::DEVICE_BYTES + Output::DEVICE_BYTES;
    AveragePool<'_>: Tensor::DEVICE_BYTES + Window::DEVICE_BYTES + BYTE
        + Requantise::DEVICE_BYTES + Output::DEVICE_BYTES;
    Add: 2 * Residual::DEVICE_BYTES + Output::DEVICE_BYTES;
    Features<'_>: Tensor::DEVICE_BYTES + 2 * WORD + SLICE + Output::DEVICE_BYTES;
    ExitSums<'_>: 3 * WORD + SLICE + BYTE + Output::DEVICE_BYTES;
    Walk: 3 * WORD + BYTE;
    Windows: 6 * WORD + 2 * BYTE + Walk::DEVICE_BYTES + Scratch::DEVICE_BYTES;
    Area: 3 * WORD;
    PreparedQuads<'_>: 32 * WORD + 2 * BYTE + Walk::DEVICE_BYTES + Area::DEVICE_BYTES + SLICE
        + Coding::DEVICE_BYTES + Tensor::DEVICE_BYTES;
    Sparse<'_>: 3 * WORD + POINTER + SLICE + Coding::DEVICE_BYTES + LayerScale::DEVICE_BYTES
        + Residual::DEVICE_BYTES + Output::DEVICE_BYTES;
}

impl DeviceBytes for Coding {
    const DEVICE_BYTES: usize = 5 * BYTE;
}

impl DeviceBytes for Frame {
    const DEVICE_BYTES: usize = 3 * BYTE;
}
