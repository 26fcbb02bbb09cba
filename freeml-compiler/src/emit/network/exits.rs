//! Descriptors of early exits.

use freeml_core::kernels::{ExitSums, Features};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{tensor, window};

/// Type and value of the descriptor of features, whose gaps are `weights`.
pub fn features(
    layer: &Features<'_>,
    weights: &Literal,
    output: &TokenStream,
) -> (TokenStream, TokenStream) {
    let (input, window, cols) = (tensor(&layer.input), window(&layer.window), layer.cols);
    let value = quote! {
        Features {
            input: #input,
            window: #window,
            cols: #cols,
            gaps: #weights,
            output: #output,
        }
    };
    (quote!(Features<'static>), value)
}

/// Type and value of the descriptor of an exit's sums.
pub fn sums(
    layer: &ExitSums<'_>,
    weights: &Literal,
    output: &TokenStream,
) -> (TokenStream, TokenStream) {
    let ExitSums { features, count, before, shift, .. } = layer;
    let value = quote! {
        ExitSums {
            features: #features,
            count: #count,
            before: #before,
            table: #weights,
            shift: #shift,
            output: #output,
        }
    };
    (quote!(ExitSums<'static>), value)
}
