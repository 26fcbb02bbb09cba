//! The procedural macro behind `freeml::freeml_model!`, which documents it.
//!
//! Arguments and spans in, tokens out: everything else is in `freeml-compiler`.
#![forbid(unsafe_code)]
#![cfg_attr(freeml_tracked_path, feature(proc_macro_tracked_path))]

mod arguments;
mod track;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::parse_macro_input;

use arguments::Arguments;

/// Expands to the type of a compiled model. Use it as `freeml::freeml_model!`.
#[proc_macro]
pub fn model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let arguments = parse_macro_input!(input as Arguments);
    expand(&arguments).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(arguments: &Arguments) -> syn::Result<TokenStream> {
    let options = arguments.options()?;
    let root = &arguments.root;
    let fail = |error: freeml_compiler::Error| arguments.error(&error);
    let compiled = freeml_compiler::compile(&options).map_err(fail)?;
    let items = freeml_compiler::expand(&compiled, &options, root).map_err(fail)?;
    let tracking = track::files(&options.root, &compiled.sources);
    let span = proc_macro2::Span::call_site();
    Ok(quote_spanned!(span=> #items #tracking))
}
