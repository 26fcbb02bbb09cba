//! Pictures as SVG, on a white ground that any page may have around it.

mod curve;
mod svg;
mod timeline;

pub use curve::Curve;
pub use timeline::timeline;
