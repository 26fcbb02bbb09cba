//! The type that the user sees.

use freeml_core::Kind;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use super::Facts;
use crate::exits::AGREEMENTS;
use crate::options::Options;

/// The model's type, its constants and methods, with `remarks` in its documentation.
pub fn items(
    name: &Ident,
    network: &Ident,
    facts: &Facts,
    remarks: &[String],
    options: &Options,
    root: &TokenStream,
) -> TokenStream {
    let Facts { kind, shape, classes, steps, macs, .. } = *facts;
    let Facts { table_bytes, descriptor_bytes, state_bytes, .. } = *facts;
    let sample = match kind {
        Kind::U8 => quote!(u8),
        Kind::I8 => quote!(i8),
        Kind::I16 => quote!(i16),
    };
    let file = options.model.file_name().unwrap_or_default().to_string_lossy();
    let summary = format!(
        " The network `{file}`: samples of {shape} (channels x rows x columns), {classes} classes."
    );
    let remarks = remarks.iter().map(|remark| format!(" {remark}."));
    let exits = facts.margins.len() + 1;
    let confidences = confidences(&facts.margins);
    let input_len = shape.len();
    let words = state_bytes / 2;
    let fram_bytes = table_bytes + descriptor_bytes + state_bytes;
    let [weight_bytes, state_bytes, fram_bytes] = [table_bytes, state_bytes, fram_bytes]
        .map(|bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
    quote! {
        #[doc = #summary]
        #(#[doc = ""] #[doc = #remarks])*
        #[derive(Debug)]
        pub struct #name<M = #root::__private::Fram> {
            engine: #root::__private::Engine<#network, M>,
        }

        impl #name {
            /// Elements of a sample.
            pub const INPUT_LEN: usize = #input_len;
            /// Number of classes.
            pub const CLASSES: usize = #classes;
            /// Number of exits, the network's own head included.
            pub const EXITS: usize = #exits;
            #(#confidences)*
            /// Steps of one inference; a power failure costs at most one.
            pub const STEPS: u16 = #steps;
            /// Bytes of constant tables in FRAM.
            pub const WEIGHT_BYTES: u32 = #weight_bytes;
            /// Bytes of persistent state in FRAM.
            pub const STATE_BYTES: u32 = #state_bytes;
            /// Bytes of FRAM for tables, layer descriptors and state.
            pub const FRAM_BYTES: u32 = #fram_bytes;
            /// Bytes of RAM besides the stack: this value and the flag of `take`.
            pub const RAM_BYTES: usize = ::core::mem::size_of::<Self>() + 2;
            /// Multiply-accumulates of one inference.
            pub const MACS: u32 = #macs;

            /// The model on its persistent state, once after every reset: an inference that a
            /// power failure ended goes on. `None` from the second call on.
            pub fn take() -> ::core::option::Option<Self> {
                #root::__private::take_state!(#words).map(Self::on)
            }
        }

        impl<M: #root::__private::Memory> #name<M> {
            /// The model on the state in `memory`.
            pub fn on(memory: M) -> Self {
                Self { engine: #root::__private::Engine::attach(#network, memory) }
            }

            /// Begins an inference on `sample`, in the order channels, rows, columns.
            pub fn start(&mut self, sample: &[#sample; #input_len]) {
                self.engine.start(sample);
            }

            /// Computes one step.
            pub fn step(&mut self) -> #root::Status {
                self.engine.step()
            }

            /// Computes steps to the end, or until `policy` says stop; then the best answer. An
            /// inference that it stopped goes on when this is called again.
            pub fn run(
                &mut self,
                policy: &mut impl #root::Policy,
            ) -> ::core::option::Option<#root::Answer> {
                self.engine.run(policy)
            }

            /// The best answer so far, that of the last exit reached; `None` before the first.
            pub fn best(&self) -> ::core::option::Option<#root::Answer> {
                self.engine.best()
            }

            /// The last exit reached and its logits, in units of the exit.
            pub fn reached(&self) -> ::core::option::Option<(u8, #root::Logits<'_>)> {
                self.engine.reached()
            }

            #root::__private::if_heapless! {
                /// The best classes of the last exit reached and their logits, the best first.
                pub fn top<const K: usize>(&self) -> #root::heapless::Vec<(u16, i32), K> {
                    self.engine.top()
                }
            }

            /// How far the inference is.
            pub fn status(&self) -> #root::Status {
                self.engine.status()
            }

            /// The logits of the network's own head, once they are there.
            pub fn logits(&self) -> ::core::option::Option<[i16; #classes]> {
                self.engine.logits()
            }
        }
    }
}

/// Thresholds of all early exits for each share of agreement.
fn confidences(margins: &[Vec<u32>]) -> impl Iterator<Item = TokenStream> {
    let early = margins.len();
    AGREEMENTS.iter().enumerate().map(move |(number, percent)| {
        let name = format_ident!("CONFIDENCE_{percent}");
        let doc = format!(
            " Margins for the policy `Confidence` with which {percent} % of the answers of early \
             exits are those of the whole network, on validation samples."
        );
        let margins = margins.iter().map(|margins| margins.get(number).unwrap_or(&u32::MAX));
        quote! {
            #[doc = #doc]
            pub const #name: [u32; #early] = [#(#margins),*];
        }
    })
}
