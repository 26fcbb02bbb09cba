//! Prepared artefacts: the result of compression in a file, so that it is computed once.
//!
//! An artefact lies in `.freeml` beside Cargo.toml, is a few thousand bytes and is meant to be
//! committed. Its header says by hashes what it was made of; the file's name has the hash of
//! these. Equal models, data and options give equal bytes on every machine.

mod body;
mod header;
mod store;

#[cfg(test)]
mod tests;

use crate::compress::Summary;
use crate::quantise::Quantised;

pub use header::{Defect, Key, VERSION};
pub use store::{DIRECTORY, Found, Store};

/// A compressed network and what to tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Artefact {
    /// Ready to be planned.
    pub network: Quantised,
    /// What compression has reached.
    pub summary: Summary,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Artefact {
    /// The bytes of the file; equal artefacts give equal bytes.
    pub fn encode(&self, key: &Key) -> Vec<u8> {
        header::seal(key, &body::encode(self))
    }

    /// Reads the bytes of a file, with what the artefact was made of.
    pub fn decode(bytes: &[u8]) -> Result<(Key, Self), Defect> {
        let (key, body) = header::open(bytes)?;
        Ok((key, body::decode(body)?))
    }
}
