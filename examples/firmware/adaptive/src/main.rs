//! Spoken digits as far as the energy of a capacitor goes: the answer of an early exit if it is
//! sure enough or if the charge does not suffice for the next one.
//!
//! Sensor and converter are simulated; docs/policies.md says what takes their place.
#![no_std]
#![no_main]

use core::hint::black_box;

use freeml::{Budget, Capacitor, Confidence, Gauge, Policy as _, Status, Supply};
use msp430_support::{entry, print_i32, print_str, print_u16, print_u32};

freeml::freeml_model!(
    "../../../models/kws_dscnn.onnx",
    name = Net,
    data = "../../../models/kws_train.npz",
    compress = none,
    exits = auto,
);

entry!(main);

/// 100 µF, measured behind a divider by 2 against a reference of 2 V.
const GAUGE: Gauge = Gauge::new(Supply {
    nanofarads: 100_000,
    full_scale_millivolts: 4000,
    bits: 12,
    brown_out_millivolts: 1900,
    picojoules_per_cycle: 350,
});

/// What a sensor would deliver; the simulator can put another one here.
#[unsafe(no_mangle)]
static SAMPLE: [u8; Net::INPUT_LEN] = *include_bytes!("sample.bin");

/// What a converter would read: 3.3 V first, and less each time. The simulator can put other
/// readings here.
#[unsafe(no_mangle)]
static READINGS: [u16; 8] = [3379, 3200, 3000, 2800, 2600, 2400, 2200, 2000];

fn main() {
    let Some(mut net) = Net::take() else { return };
    if net.status() == Status::Idle {
        net.start(black_box(&SAMPLE));
    }
    let mut readings = black_box(&READINGS).iter().copied();
    let capacitor = Capacitor { gauge: GAUGE, read: || readings.next().unwrap_or(0) };
    let sure = Confidence { margins: &Net::CONFIDENCE_95 };
    if let Some(answer) = net.run(&mut Budget(capacitor).and(sure).at_exits()) {
        print_str("class ");
        print_u16(answer.class);
        print_str(", exit ");
        print_u16(answer.exit.into());
        print_str(", margin ");
        print_u32(answer.margin);
        print_str("\nbest");
    }
    for &(class, logit) in &net.top::<3>() {
        print_str(" ");
        print_u16(class);
        print_str(":");
        print_i32(logit);
    }
    print_str("\n");
}
