//! Kernels against plain references.
