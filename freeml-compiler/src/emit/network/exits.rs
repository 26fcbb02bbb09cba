//! Descriptors of early exits.

use freeml_core::kernels::{ExitSums, Features};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::tensor;

/// Type and value of the descriptor of features, whose gaps are `weights`.
pub fn features(
    layer: &Features<'_>,
    weights: &Literal,
    output: &TokenStream,
) -> (TokenStream, TokenStream) {
    let Features { input, rows, cols, .. } = layer;
    let input = tensor(input);
    let value = quote! {
        Features {
            input: #input,
            rows: #rows,
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
