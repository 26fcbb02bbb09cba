//! Descriptors, tables and the steps between them.

mod exits;
mod quads;
mod sparse;

use freeml_core::kernels::{PoolWindow, Residual};
use freeml_core::{Cost, Exit, Field, Frame, Kind, Output, Tensor, Window};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;

use crate::encode::Format;
use crate::program::{Kernel, PlannedLayer, Program};
use crate::quantise::Tables;

/// The hidden type that knows the layers, and their statics.
pub fn items(network: &Ident, program: &Program, root: &TokenStream) -> TokenStream {
    let layers = program.layers.iter().enumerate().map(|(index, layer)| {
        let name = static_name(index);
        let title = format!(" `{}`.", layer.name);
        let (ty, descriptor) = descriptor(layer);
        quote! {
            #[doc = #title]
            static #name: #ty = #descriptor;
        }
    });
    let arms = program.layers.iter().enumerate().map(|(index, layer)| arm(index, layer));
    let identity = program.signature.identity;
    let steps = program.signature.steps;
    let input = tensor(&program.signature.input);
    let logits = tensor(&program.signature.logits);
    let exits =
        program.exits.iter().map(|&Exit { steps, at }| quote!(Exit { steps: #steps, at: #at }));
    let costs = program.costs.iter().map(
        |&Cost { first_step, cycles }| quote!(Cost { first_step: #first_step, cycles: #cycles }),
    );
    quote! {
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct #network;

        const _: () = {
            use #root::__private::*;

            #(#layers)*

            impl Network for #network {
                fn signature(&self) -> Signature {
                    Signature { identity: #identity, steps: #steps, input: #input, logits: #logits }
                }

                fn exits(&self) -> &[Exit] {
                    &[#(#exits),*]
                }

                fn costs(&self) -> &[Cost] {
                    &[#(#costs),*]
                }

                fn compute<M: Memory>(&self, memory: &mut M, step: u16) {
                    match step {
                        #(#arms)*
                        _ => {}
                    }
                }
            }
        };
    }
}

/// The hidden type without its layers.
pub fn outline(network: &Ident, root: &TokenStream) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct #network;

        const _: () = {
            use #root::__private::*;

            impl Network for #network {
                fn signature(&self) -> Signature {
                    ::core::unimplemented!()
                }

                fn exits(&self) -> &[Exit] {
                    &[]
                }

                fn costs(&self) -> &[Cost] {
                    &[]
                }

                fn compute<M: Memory>(&self, _: &mut M, _: u16) {}
            }
        };
    }
}

fn static_name(index: usize) -> Ident {
    format_ident!("LAYER_{index}")
}

/// The steps of one layer, each done by its kernel.
fn arm(index: usize, layer: &PlannedLayer) -> TokenStream {
    let first = layer.first_step;
    let last = u32::from(first) + layer.kernel.steps().saturating_sub(1);
    let last = u16::try_from(last).unwrap_or(u16::MAX);
    let name = static_name(index);
    let function = match &layer.kernel {
        Kernel::Conv(..) => quote!(conv),
        Kernel::Depthwise(..) => quote!(depthwise),
        Kernel::MaxPool(_) => quote!(max_pool),
        Kernel::AveragePool(_) => quote!(average_pool),
        Kernel::Sparse(kernel) if kernel.is_connected() => quote!(connected),
        Kernel::Sparse(_) => quote!(sparse),
        Kernel::Quads(_) => quote!(quads),
        Kernel::Add(_) => quote!(add),
        Kernel::Features(_) => quote!(features),
        Kernel::ExitSums(..) => quote!(exit_sums),
    };
    let generics = layer.kernel.element().map(|kind| {
        let kind = kind_name(kind);
        let encoding = encoding(&layer.kernel);
        quote!(::<#kind, #encoding M>)
    });
    quote!(#first..=#last => #function #generics (&#name, memory, step - #first),)
}

/// The encoding of a sparse layer, as an argument.
fn encoding(kernel: &Kernel) -> TokenStream {
    let (format, coding) = match kernel {
        Kernel::Sparse(kernel) => (kernel.format, kernel.layer.coding),
        Kernel::Quads(kernel) => (kernel.format, kernel.layer.coding),
        _ => return quote!(),
    };
    match format {
        Format::SparseBytes => quote!(SparseBytes,),
        Format::Packed => quote!(Packed,),
        Format::Rice if coding.uniform => quote!(UniformRice,),
        Format::Rice => quote!(Rice,),
        Format::ShiftAdd => quote!(ShiftAdd,),
    }
}

/// Type and value of a layer's descriptor.
fn descriptor(layer: &PlannedLayer) -> (TokenStream, TokenStream) {
    let output = output(layer.kernel.output());
    let requantise = requantise(&layer.tables);
    let weights = Literal::byte_string(&layer.tables.weights);
    match &layer.kernel {
        Kernel::Conv(_, conv) => {
            let (field, depth, group_outputs) =
                (field(&conv.field), conv.depth, conv.group_outputs);
            let pool = pool(conv.pool);
            let residual = residual(conv.residual);
            let value = quote! {
                Conv {
                    field: #field,
                    depth: #depth,
                    group_outputs: #group_outputs,
                    pool: #pool,
                    weights: #weights,
                    requantise: #requantise,
                    residual: #residual,
                    output: #output,
                }
            };
            (quote!(Conv<'static>), value)
        }
        Kernel::Depthwise(_, depthwise) => {
            let field = field(&depthwise.field);
            let value = quote! {
                Depthwise {
                    field: #field,
                    weights: #weights,
                    requantise: #requantise,
                    output: #output,
                }
            };
            (quote!(Depthwise<'static>), value)
        }
        Kernel::MaxPool(pool) => {
            let (input, window) = (tensor(&pool.input), window(&pool.window));
            (quote!(MaxPool), quote!(MaxPool { input: #input, window: #window, output: #output }))
        }
        Kernel::AveragePool(pool) => {
            let (input, window) = (tensor(&pool.input), window(&pool.window));
            let inside_only = pool.inside_only;
            let value = quote! {
                AveragePool {
                    input: #input,
                    window: #window,
                    inside_only: #inside_only,
                    requantise: #requantise,
                    output: #output,
                }
            };
            (quote!(AveragePool<'static>), value)
        }
        Kernel::Sparse(kernel) => {
            (quote!(Sparse<'static>), sparse::value(kernel, &weights, &output))
        }
        Kernel::Quads(kernel) => {
            (quote!(PreparedQuads<'static>), quads::value(&kernel.layer, &weights, &output))
        }
        Kernel::Add(add) => {
            let [a, b] = add.operands.map(operand);
            (quote!(Add), quote!(Add { operands: [#a, #b], output: #output }))
        }
        Kernel::Features(layer) => exits::features(layer, &weights, &output),
        Kernel::ExitSums(_, layer) => exits::sums(layer, &weights, &output),
    }
}

fn kind_name(kind: Kind) -> TokenStream {
    match kind {
        Kind::U8 => quote!(U8),
        Kind::I8 => quote!(I8),
        Kind::I16 => quote!(I16),
    }
}

fn tensor(tensor: &Tensor) -> TokenStream {
    let Tensor { at, height, width, channels, frame, kind } = tensor;
    let (frame, kind) = (self::frame(*frame), kind_name(*kind));
    quote! {
        Tensor {
            at: #at,
            height: #height,
            width: #width,
            channels: #channels,
            frame: #frame,
            kind: Kind::#kind,
        }
    }
}

fn frame(frame: Frame) -> TokenStream {
    let Frame { top, bottom, side } = frame;
    if frame == Frame::NONE {
        return quote!(Frame::NONE);
    }
    quote!(Frame { top: #top, bottom: #bottom, side: #side })
}

fn field(field: &Field) -> TokenStream {
    let Field { at, row_stride, col_stride, rows, cols, row_step, col_step } = field;
    quote! {
        Field {
            at: #at,
            row_stride: #row_stride,
            col_stride: #col_stride,
            rows: #rows,
            cols: #cols,
            row_step: #row_step,
            col_step: #col_step,
        }
    }
}

fn window(window: &Window) -> TokenStream {
    let Window { rows, cols, row_stride, col_stride, top, left, row_dilation, col_dilation } =
        window;
    if *window == Window::POINT {
        return quote!(Window::POINT);
    }
    quote! {
        Window {
            rows: #rows,
            cols: #cols,
            row_stride: #row_stride,
            col_stride: #col_stride,
            top: #top,
            left: #left,
            row_dilation: #row_dilation,
            col_dilation: #col_dilation,
        }
    }
}

fn pool(pool: PoolWindow) -> TokenStream {
    let PoolWindow { rows, cols, row_stride, col_stride } = pool;
    if pool == PoolWindow::POINT {
        return quote!(PoolWindow::POINT);
    }
    quote! {
        PoolWindow {
            rows: #rows,
            cols: #cols,
            row_stride: #row_stride,
            col_stride: #col_stride,
        }
    }
}

fn residual(residual: Option<Residual>) -> TokenStream {
    residual.map(operand).map_or_else(|| quote!(None), |residual| quote!(Some(#residual)))
}

fn operand(operand: Residual) -> TokenStream {
    let Residual { at, gap, kind, multiplier } = operand;
    let kind = kind_name(kind);
    quote!(Residual { at: #at, gap: #gap, kind: Kind::#kind, multiplier: #multiplier })
}

fn requantise(tables: &Tables) -> TokenStream {
    let Tables { bias, multiplier, shift, .. } = tables;
    quote!(Requantise { bias: &[#(#bias),*], multiplier: &[#(#multiplier),*], shift: #shift })
}

fn output(output: &Output) -> TokenStream {
    let Output { tensor: place, low, high, per_step } = output;
    let place = tensor(place);
    quote!(Output { tensor: #place, low: #low, high: #high, per_step: #per_step })
}
