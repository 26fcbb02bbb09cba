//! Descriptors that no plan contains: kernels neither panic nor hang on them.

use proptest::{prelude::*, sample};

use super::{Noise, windows};
use crate::kernels::{
    Add, AveragePool, Conv, Depthwise, MaxPool, PoolWindow, Residual, add, average_pool, conv,
    depthwise, max_pool,
};
use crate::{Field, Frame, I16, Kind, Output, Requantise, SHIFT_16, Tensor, U8, Window};

/// Any number, the smallest and the largest more often.
fn numbers() -> impl Strategy<Value = u16> {
    let special = sample::select(&[0, 1, 2, u16::MAX / 2, u16::MAX - 1, u16::MAX][..]);
    prop_oneof![special, any::<u16>()]
}

fn tensors() -> impl Strategy<Value = Tensor> {
    let kind = prop_oneof![Just(Kind::U8), Just(Kind::I16)];
    let frame = prop_oneof![
        Just(Frame::NONE),
        any::<[u8; 3]>().prop_map(|[top, bottom, side]| { Frame { top, bottom, side } })
    ];
    (numbers(), numbers(), numbers(), numbers(), frame, kind).prop_map(
        |(at, height, width, channels, frame, kind)| Tensor {
            at,
            height,
            width,
            channels,
            frame,
            kind,
        },
    )
}

/// Few taps, for the time they take, with any distance in between.
fn odd_windows() -> impl Strategy<Value = Window> {
    (windows(), [(); 6].map(|()| numbers())).prop_map(|(window, numbers)| {
        let [row_stride, col_stride, top, left, row_dilation, col_dilation] = numbers;
        Window { row_stride, col_stride, top, left, row_dilation, col_dilation, ..window }
    })
}

fn fields() -> impl Strategy<Value = Field> {
    (tensors(), odd_windows(), [(); 3].map(|()| numbers())).prop_map(
        |(tensor, window, [at, row_step, col_step])| {
            let field = Field::new(&tensor, &window);
            Field { at, row_step, col_step, ..field }
        },
    )
}

proptest! {
    #[test]
    fn kernels_take_any_descriptor(
        input in tensors(),
        window in odd_windows(),
        field in fields(),
        [depth, group_outputs] in [(); 2].map(|()| numbers()),
        [row_stride, col_stride, first, second, gap] in [(); 5].map(|()| numbers()),
        tensor in tensors(),
        per_step in 0..=20u16,
        step in numbers(),
        seed: u64,
    ) {
        let mut memory = Noise(seed).memory(64);
        let requantise = Requantise { bias: &[1], multiplier: &[2], shift: SHIFT_16 };
        let output = Output { tensor, low: i16::MIN, high: i16::MAX, per_step };
        let operands = [first, second].map(|at| Residual {
            at,
            gap,
            kind: Kind::I8,
            multiplier: i16::MIN,
        });
        let pool = PoolWindow { rows: 2, cols: 2, row_stride, col_stride };
        let weights = &[3; 50];
        let plain = Conv {
            field, depth, group_outputs, pool, weights, requantise,
            residual: Some(operands[0]),
            output,
        };
        conv::<U8, _>(&plain, &mut memory, step);
        conv::<I16, _>(&plain, &mut memory, step);
        let channelwise = Depthwise { field, weights, requantise, output };
        depthwise::<U8, _>(&channelwise, &mut memory, step);
        depthwise::<I16, _>(&channelwise, &mut memory, step);
        max_pool::<I16, _>(&MaxPool { input, window, output }, &mut memory, step);
        for inside_only in [false, true] {
            let mean = AveragePool { input, window, inside_only, requantise, output };
            average_pool::<I16, _>(&mean, &mut memory, step);
        }
        add(&Add { operands, output }, &mut memory, step);
    }
}
