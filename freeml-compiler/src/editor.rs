//! What the macro gives to an editor: the type without its tables, and nothing slow.

use std::env;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::artefact::Found;
use crate::emit::{self, Facts};
use crate::error::Error;
use crate::exits;
use crate::options::Options;
use crate::plan;
use crate::prepare::Job;

/// Set for the process in which rust-analyzer runs macros.
const SERVER: &str = "RUST_ANALYZER_INTERNALS_DO_NOT_USE";

/// Whether an editor's macro server runs this, and not the compiler.
pub fn is_running() -> bool {
    let name = env::current_exe().ok();
    let name = name.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy());
    env::var_os(SERVER).is_some() || name.is_some_and(|name| name.contains("rust-analyzer"))
}

/// The items of a model without its tables: sizes are those of the prepared artefact, and 0
/// without one, apart from those that types depend on.
pub fn outline(options: &Options, root: &TokenStream) -> Result<TokenStream, Error> {
    let job = Job::new(options)?;
    let facts = match job.find()? {
        Found::Fits(_, artefact) => {
            let network = &artefact.network;
            Facts::of(&plan::plan(network)?, &exits::facts(network))
        }
        _ => job.facts()?,
    };
    emit::outline(&facts, options, root)
}
