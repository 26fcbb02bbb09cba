//! Random layers.

use freeml_core::kernels::PoolWindow;
use freeml_core::{Frame, Kind, Output, Tensor, Window};
use proptest::prelude::*;

use super::case::{Case, Form};

fn frames() -> impl Strategy<Value = Frame> {
    let any = (0..3u8, 0..3u8, 0..3u8).prop_map(|(top, bottom, side)| Frame { top, bottom, side });
    prop_oneof![Just(Frame::NONE), any]
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::U8), Just(Kind::I8), Just(Kind::I16)]
}

/// Layers with windows of one or three taps, padded so that all of them reach the operand.
pub fn cases() -> impl Strategy<Value = Case> {
    let pools = prop_oneof![
        Just(PoolWindow::POINT),
        Just(PoolWindow { rows: 2, cols: 2, row_stride: 2, col_stride: 2 }),
    ];
    let forms = prop_oneof![
        2 => pools.clone().prop_map(|pool| Form::Conv { pool }),
        4 => pools.prop_map(|pool| Form::Sparse { pool }),
        1 => Just(Form::Depthwise),
        1 => Just(Form::MaxPool),
        1 => Just(Form::AveragePool),
        1 => Just(Form::Add),
    ];
    let shape = (3..7u16, 3..7u16, 1..4u16, 1..4u16);
    let windows = (prop_oneof![Just(1u16), Just(3)], 1..3u16, 0..2u16);
    let elements = (kinds(), kinds(), frames(), frames(), frames(), 1..30u16);
    (forms, shape, windows, elements, any::<u32>()).prop_map(
        |(form, (height, width, from, to), (taps, stride, pad), elements, seed)| {
            let (from_kind, to_kind, frame, added_frame, to_frame, per_step) = elements;
            let pad = pad.min(taps / 2);
            let (taps, stride, pad) =
                if form == Form::Add { (1, 1, 0) } else { (taps, stride, pad) };
            let (rows, cols) = (taps, taps);
            let window = Window {
                rows,
                cols,
                row_stride: stride,
                col_stride: stride,
                top: pad,
                left: pad,
                ..Window::POINT
            };
            let pooled = matches!(form, Form::Conv { pool } | Form::Sparse { pool }
                if pool != PoolWindow::POINT);
            let results = |extent: u16| {
                let results = (extent + 2 * pad - taps) / stride + 1;
                if pooled { (results / 2).max(1) } else { results }
            };
            // Two rows more than the padding for a single result that the pool reads beyond.
            let widest = |frame: u8| frame.max(u8::try_from(pad).unwrap_or(0) + 2);
            let frame = match form {
                Form::Conv { .. } | Form::Sparse { .. } | Form::Depthwise => Frame {
                    top: widest(frame.top),
                    bottom: widest(frame.bottom),
                    side: widest(frame.side),
                },
                _ => frame,
            };
            let to =
                if matches!(form, Form::Conv { .. } | Form::Sparse { .. }) { to } else { from };
            let bytes = if form == Form::Add { Kind::U8 } else { from_kind };
            let input = Tensor { at: 0, height, width, channels: from, frame, kind: bytes };
            let kind = match form {
                Form::MaxPool => from_kind,
                _ => to_kind,
            };
            let tensor = Tensor {
                at: 0,
                height: results(height),
                width: results(width),
                channels: to,
                frame: to_frame,
                kind,
            };
            let added = Tensor { frame: added_frame, kind: Kind::U8, ..tensor };
            let (low, high) = kind.range();
            let output = Output { tensor, low, high, per_step };
            Case { form, window, operands: [input, added], output, seed }
        },
    )
}
