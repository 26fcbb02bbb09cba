//! Handwritten digits: LeNet-5 on 28 x 28 images, compressed to 5,000 bytes of constants.
#![no_std]
#![no_main]

use core::hint::black_box;

use freeml::{RunToEnd, Status};
use msp430_support::{entry, print_i16, print_str, print_u16, print_u32};

freeml::freeml_model!(
    "../../../models/lenet_mnist.onnx",
    name = Net,
    data = "../../../models/mnist_train.npz",
    fram = 5000,
    optimise = speed,
);

entry!(main);

/// What a sensor would deliver; the simulator can put another one here.
#[unsafe(no_mangle)]
static SAMPLE: [u8; Net::INPUT_LEN] = *include_bytes!("sample.bin");

fn main() {
    let Some(mut net) = Net::take() else { return };
    if net.status() == Status::Idle {
        net.start(black_box(&SAMPLE));
    }
    if let Some(answer) = net.run(&mut RunToEnd) {
        print_str("class ");
        print_u16(answer.class);
        print_str(", margin ");
        print_u32(answer.margin);
        print_str("\nlogits");
    }
    if let Some(logits) = &net.logits() {
        for &logit in logits {
            print_str(" ");
            print_i16(logit);
        }
    }
    print_str("\n");
}
