//! The build script's code does what the macro's does; prints the former.

use freeml::{EmulatedFram, RunToEnd};

mod script {
    include!(concat!(env!("OUT_DIR"), "/tiny.rs"));
}

mod expansion {
    freeml::freeml_model!("models/tiny.onnx", data = "models/bars.npz");
}

macro_rules! figures {
    ($net:path) => {{
        use $net as Net;
        let sizes = [Net::WEIGHT_BYTES, Net::STATE_BYTES, Net::MACS, u32::from(Net::STEPS)];
        let mut fram = EmulatedFram::new(Net::STATE_BYTES as usize, 0);
        let mut net = Net::on(&mut fram);
        net.start(&core::array::from_fn(|index| index as u8 * 3));
        net.run(&mut RunToEnd);
        (sizes, Net::INPUT_LEN, Net::CLASSES, Net::EXITS, net.logits(), fram)
    }};
}

fn main() {
    assert_eq!(figures!(script::Tiny), figures!(expansion::Tiny));
    print!("{}", include_str!(concat!(env!("OUT_DIR"), "/tiny.rs")));
}
