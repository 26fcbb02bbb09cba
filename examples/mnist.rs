//! LeNet on MNIST, on a computer, with the device's arithmetic and its power failures.
//!
//! `cargo run --release --example mnist`

use std::error::Error;
use std::fs::File;

use freeml::{EmulatedFram, RunToEnd, Status};
use ndarray_npy::NpzReader;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

// All 431,080 weights, which exceed every MSP430: hence `device = host`.
freeml::freeml_model!("models/lenet_mnist.onnx", name = Lenet, device = host, compress = none);

/// Power failures in each inference.
const FAILURES: u32 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut npz = NpzReader::new(File::open(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/examples/data/mnist_test.npz"
    ))?)?;
    let images: ndarray::Array4<u8> = npz.by_name("x")?;
    let labels: ndarray::Array1<i64> = npz.by_name("y")?;

    let mut random = Pcg32::seed_from_u64(1);
    let mut fram = EmulatedFram::new(usize::try_from(Lenet::STATE_BYTES)?, 0xFF);
    let (mut correct, mut mismatches, mut survived) = (0, 0, 0);
    for (image, &label) in images.outer_iter().zip(&labels) {
        let image: Vec<u8> = image.iter().copied().collect();
        let image: &[u8; Lenet::INPUT_LEN] = image.as_slice().try_into()?;

        let before = fram.stores();
        let expected = infer(&mut fram, image);
        let stores = u32::try_from(fram.stores() - before)?;

        let mut left = FAILURES;
        let logits = loop {
            // Each boot fails before it can finish, until the failures are used up.
            let early = random.next_u32() % (stores / (FAILURES + 1));
            let at = if left == 0 { u64::MAX } else { early.into() };
            if let Ok(logits) = fram.until_failure(at, |fram| infer(fram, image)) {
                break logits;
            }
            survived += 1;
            left -= 1;
        };
        mismatches += usize::from(logits != expected);
        let class = Lenet::on(&mut fram).best().map(|answer| i64::from(answer.class));
        correct += usize::from(class == Some(label));
    }

    let images = labels.len();
    println!("tables            {:>9} bytes", Lenet::WEIGHT_BYTES);
    println!("state             {:>9} bytes", Lenet::STATE_BYTES);
    println!("multiplications   {:>9}", Lenet::MACS);
    println!("steps             {:>9}", Lenet::STEPS);
    println!("images            {images:>9}");
    println!("correct           {correct:>9} ({:.2} %)", percent(correct, images));
    println!("power failures    {survived:>9}");
    println!("wrong after them  {mismatches:>9}");
    Ok(())
}

/// What firmware does after every reset: go on with an inference, or begin one.
fn infer(fram: &mut EmulatedFram, image: &[u8; Lenet::INPUT_LEN]) -> Option<[i16; Lenet::CLASSES]> {
    let mut net = Lenet::on(fram);
    if !matches!(net.status(), Status::Running(_)) {
        net.start(image);
    }
    net.run(&mut RunToEnd);
    net.logits()
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}
