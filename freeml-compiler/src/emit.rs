//! From a program to Rust code.

mod api;
mod network;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::Compiled;
use crate::error::Error;
use crate::options::Options;

/// The items that a compiled model expands to; `root` is the path of the `freeml` crate.
pub fn expand(
    compiled: &Compiled,
    options: &Options,
    root: &TokenStream,
) -> Result<TokenStream, Error> {
    let name = options.type_name()?;
    let name = syn::parse_str::<syn::Ident>(&name)
        .map_err(|_| Error::option("name", format!("`{name}` is not a name for a type")))?;
    let network = format_ident!("{name}Network");
    let api = api::items(&name, &network, compiled, options, root);
    let tables = network::items(&network, &compiled.program, root);
    Ok(quote! { #api #tables })
}

/// Formatted source of an expansion.
///
/// # Panics
/// If `code` is not a sequence of items, which [`expand`] never gives.
pub fn format(code: &TokenStream) -> String {
    let file = syn::parse2(code.clone()).expect("expansions are items");
    prettyplease::unparse(&file)
}
