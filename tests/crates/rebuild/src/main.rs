//! Prints what the network says of a sample.

use freeml::{EmulatedFram, RunToEnd};

freeml::freeml_model!("models/tiny.onnx", compress = none);

fn main() {
    let mut fram = EmulatedFram::new(Tiny::STATE_BYTES as usize, 0);
    let mut net = Tiny::on(&mut fram);
    net.start(&[200; Tiny::INPUT_LEN]);
    net.run(&mut RunToEnd);
    println!("{:?}", net.logits());
}
