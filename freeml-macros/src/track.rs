//! Rebuilds the crate when a file that the macro has read changes.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

/// Items that make cargo watch `sources`, which are relative to `root`.
///
/// `include_bytes!` does it on every compiler, but not where a file may exceed the address
/// space; there the compiler is told directly.
pub fn files(root: &Path, sources: &[PathBuf]) -> TokenStream {
    #[cfg(freeml_tracked_path)]
    for source in sources {
        if let Some(path) = root.join(source).to_str() {
            proc_macro::tracked::path(path);
        }
    }
    #[cfg(not(freeml_tracked_path))]
    let _ = root;
    let includes = sources.iter().map(|source| {
        let path = source.to_string_lossy();
        let path = if source.is_absolute() {
            quote!(#path)
        } else {
            quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #path))
        };
        quote! {
            #[cfg(not(target_pointer_width = "16"))]
            const _: &[u8] = ::core::include_bytes!(#path);
        }
    });
    quote!(#(#includes)*)
}
