//! From a program to Rust code.

mod api;
mod network;

use freeml_core::Kind;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::Compiled;
use crate::error::Error;
use crate::exits::Fact;
use crate::graph::Shape;
use crate::options::Options;
use crate::program::Program;

/// What the type says of a network.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Element type of samples.
    kind: Kind,
    /// Shape of samples.
    shape: Shape,
    classes: usize,
    steps: u16,
    table_bytes: usize,
    descriptor_bytes: usize,
    state_bytes: usize,
    macs: u32,
    /// Thresholds of each early exit.
    margins: Vec<Vec<u32>>,
}

impl Facts {
    /// Those of `program` with the early exits `exits`.
    pub fn of(program: &Program, exits: &[Fact]) -> Self {
        Facts {
            kind: program.signature.input.kind,
            shape: program.input_shape(),
            classes: program.classes().into(),
            steps: program.signature.steps,
            table_bytes: program.table_bytes(),
            descriptor_bytes: program.descriptor_bytes(),
            state_bytes: program.state_bytes,
            macs: program.macs(),
            margins: exits.iter().map(|exit| exit.margins.clone()).collect(),
        }
    }

    /// Those of a network that has no plan: sizes that follow from it are 0.
    pub fn unplanned(kind: Kind, shape: Shape, classes: usize) -> Self {
        Facts {
            kind,
            shape,
            classes,
            steps: 0,
            table_bytes: 0,
            descriptor_bytes: 0,
            state_bytes: 0,
            macs: 0,
            margins: Vec::new(),
        }
    }
}

/// The items that a compiled model expands to; `root` is the path of the `freeml` crate.
pub fn expand(
    compiled: &Compiled,
    options: &Options,
    root: &TokenStream,
) -> Result<TokenStream, Error> {
    let (name, network) = names(options)?;
    let facts = Facts::of(&compiled.program, &compiled.exits);
    let api = api::items(&name, &network, &facts, &compiled.remarks(), options, root);
    let tables = network::items(&network, &compiled.program, root);
    Ok(quote! { #api #tables })
}

/// The items of [`expand`] without tables: for editors, never to be run.
pub fn outline(facts: &Facts, options: &Options, root: &TokenStream) -> Result<TokenStream, Error> {
    let (name, network) = names(options)?;
    let api = api::items(&name, &network, facts, &[], options, root);
    let network = network::outline(&network, root);
    Ok(quote! { #api #network })
}

/// Names of the type and of the hidden type that knows the layers.
fn names(options: &Options) -> Result<(Ident, Ident), Error> {
    let name = options.type_name()?;
    let name: Ident = syn::parse_str(&name)
        .map_err(|_| Error::option("name", format!("`{name}` is not a name for a type")))?;
    let network = format_ident!("{name}Network");
    Ok((name, network))
}

/// Formatted source of an expansion.
///
/// # Panics
/// If `code` is not a sequence of items, which [`expand`] never gives.
pub fn format(code: &TokenStream) -> String {
    let file = syn::parse2(code.clone()).expect("expansions are items");
    prettyplease::unparse(&file)
}
