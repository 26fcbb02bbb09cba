//! The procedural macro behind `freeml::freeml_model!`, which documents it.
//!
//! Arguments and spans in, tokens out: everything else is in `freeml-compiler`.
#![forbid(unsafe_code)]
#![cfg_attr(freeml_tracked_path, feature(proc_macro_tracked_path))]

mod track;

use std::path::PathBuf;

use freeml_compiler::arguments::Arguments;
use freeml_compiler::editor;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::parse_macro_input;

/// What the facade's wrapper passes on.
struct Call {
    /// Path of the `freeml` crate.
    root: TokenStream,
    arguments: Arguments,
}

impl Parse for Call {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        // The wrapper puts `$crate` first.
        let root = input.parse::<TokenTree>()?.into_token_stream();
        Ok(Call { root, arguments: input.parse()? })
    }
}

/// Expands to the type of a compiled model. Use it as `freeml::freeml_model!`.
#[proc_macro]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let call = parse_macro_input!(input as Call);
    expand(&call).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(Call { root, arguments }: &Call) -> syn::Result<TokenStream> {
    let directory = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let options = arguments.options(&directory)?;
    let fail = |error: freeml_compiler::Error| arguments.error(&error);
    if editor::is_running() {
        return editor::outline(&options, root).map_err(fail);
    }
    let compiled = freeml_compiler::compile(&options).map_err(fail)?;
    let items = freeml_compiler::expand(&compiled, &options, root).map_err(fail)?;
    let tracking = track::files(&options.root, &compiled.sources);
    let span = proc_macro2::Span::call_site();
    Ok(quote_spanned!(span=> #items #tracking))
}
