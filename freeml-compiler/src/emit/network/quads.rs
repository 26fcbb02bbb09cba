//! Descriptors of layers of shifted elements.

use freeml_core::Ending;
use freeml_core::kernels::{Area, Quads};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::sparse::{coding, scale, walk};

/// The descriptor of `layer`, which the compiler of the program works out.
pub fn value(layer: &Quads<'_>, table: &Literal, output: &TokenStream) -> TokenStream {
    let Quads {
        origin,
        span,
        row_step,
        col_step,
        near,
        far,
        group_outputs,
        group_step,
        area: Area { at, entries, words },
        part_channels,
        block,
        ..
    } = layer;
    let (walk, coding, scale) = (walk(layer.walk), coding(layer.coding), scale(layer.scale));
    let ending = match layer.ending {
        Ending::Each => quote!(Each),
        Ending::Pairs => quote!(Pairs),
        Ending::Largest => quote!(Largest),
    };
    quote! {
        Quads {
            origin: #origin,
            span: #span,
            walk: #walk,
            row_step: #row_step,
            col_step: #col_step,
            near: #near,
            far: #far,
            ending: Ending::#ending,
            group_outputs: #group_outputs,
            group_step: #group_step,
            area: Area { at: #at, entries: #entries, words: #words },
            table: #table,
            part_channels: #part_channels,
            block: #block,
            coding: #coding,
            scale: #scale,
            output: #output,
        }
        .prepared()
    }
}
