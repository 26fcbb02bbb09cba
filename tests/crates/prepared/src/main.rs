//! Uses everything that the type of a compressed network has.

use freeml::{Answer, EmulatedFram, RunToEnd, Status};

freeml::freeml_model!("models/tiny.onnx", data = "models/bars.npz", seed = 1);

fn main() {
    let mut fram = EmulatedFram::new(Tiny::STATE_BYTES as usize, 0);
    let mut net = Tiny::on(&mut fram);
    let sample: [u8; Tiny::INPUT_LEN] = core::array::from_fn(|index| index as u8 * 3);
    net.start(&sample);
    let _: Status = net.step();
    let answer: Option<Answer> = net.run(&mut RunToEnd);
    assert_eq!(answer.map(|answer| answer.class), net.best().map(|answer| answer.class));
    assert_eq!(net.reached().map(|(exit, _)| usize::from(exit)), Some(Tiny::EXITS - 1));
    assert_eq!(net.status(), Status::Done);
    let logits: Option<[i16; Tiny::CLASSES]> = net.logits();
    println!("{:?} {} {}", logits, Tiny::WEIGHT_BYTES, Tiny::MACS + u32::from(Tiny::STEPS));
    let _ = Tiny::take;
}
