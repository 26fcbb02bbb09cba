//! Descriptors of sparse layers.

use freeml_core::LayerScale;
use freeml_core::encoding::Coding;
use freeml_core::kernels::{Scratch, Sparse, Walk, Windows};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::program::SparseKernel;

/// The descriptor of `kernel`.
pub fn value(kernel: &SparseKernel, table: &Literal, output: &TokenStream) -> TokenStream {
    let Sparse { origin, span, part_channels, coding, scale, residual, .. } = kernel.layer;
    let (coding, scale) = (self::coding(coding), self::scale(scale));
    let residual = super::residual(residual);
    let windows = kernel.windows.map(windows);
    let windows = windows.map_or_else(|| quote!(None), |windows| quote!(Some(&#windows)));
    quote! {
        Sparse {
            origin: #origin,
            span: #span,
            windows: #windows,
            table: #table,
            part_channels: #part_channels,
            coding: #coding,
            scale: #scale,
            residual: #residual,
            output: #output,
        }
    }
}

fn windows(windows: Windows) -> TokenStream {
    let Windows {
        row_step,
        col_step,
        pool_rows,
        pool_cols,
        pool_row_step,
        pool_col_step,
        walk,
        group_outputs,
        group_step,
        scratch: Scratch { at, weights },
    } = windows;
    let walk = self::walk(walk);
    quote! {
        Windows {
            row_step: #row_step,
            col_step: #col_step,
            pool_rows: #pool_rows,
            pool_cols: #pool_cols,
            pool_row_step: #pool_row_step,
            pool_col_step: #pool_col_step,
            walk: #walk,
            group_outputs: #group_outputs,
            group_step: #group_step,
            scratch: Scratch { at: #at, weights: #weights },
        }
    }
}

/// Where the taps of a window lie.
pub fn walk(walk: Walk) -> TokenStream {
    let Walk { run, runs, run_skip, row_skip } = walk;
    if walk == Walk::SIDE_BY_SIDE {
        return quote!(Walk::SIDE_BY_SIDE);
    }
    quote!(Walk { run: #run, runs: #runs, run_skip: #run_skip, row_skip: #row_skip })
}

/// Parameters of an encoding.
pub fn coding(coding: Coding) -> TokenStream {
    let Coding { code_bits, gap_bits, count_bits, uniform, shifted } = coding;
    quote! {
        Coding {
            code_bits: #code_bits,
            gap_bits: #gap_bits,
            count_bits: #count_bits,
            uniform: #uniform,
            shifted: #shifted,
        }
    }
}

/// From sums to output units.
pub fn scale(scale: LayerScale) -> TokenStream {
    let LayerScale { rounding, multiplier, bias_shift, shift } = scale;
    quote! {
        LayerScale {
            rounding: #rounding,
            multiplier: #multiplier,
            bias_shift: #bias_shift,
            shift: #shift,
        }
    }
}
