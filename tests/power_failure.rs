//! Whatever the power does, the logits are those of an uninterrupted inference.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};

use common::{Net, Network};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::{Rng, SeedableRng};

net!(LenetMnist, "models/lenet_mnist.onnx", u8);
net!(KwsCnn, "models/kws_cnn.onnx", u8);
net!(KwsDscnn, "models/kws_dscnn.onnx", u8);
net!(HarCnn, "models/har_cnn.onnx", i16, scale = 1024);
net!(ResnetTiny, "models/resnet_tiny_cifar10.onnx", u8);

/// Samples of which each network sees random failures.
const SAMPLES: usize = 4;
/// Inferences under failures of each sample.
const ROUNDS: usize = 5;
/// Power failures in one inference.
const FAILURES: usize = 50;

/// Test samples of `N`, evenly spread over the set.
fn samples<N: Net>(count: usize) -> Vec<Vec<i16>> {
    let network = Network::of(N::MODEL);
    network.test_set(&network.compile()).spread(count).map(<[i16]>::to_vec).collect()
}

/// The logits of an uninterrupted inference on `sample`, and its number of stores.
fn uninterrupted<N: Net>(sample: &[i16]) -> (Vec<i16>, u64) {
    let mut fram = N::fram();
    let logits = N::infer(&mut fram, sample);
    (logits, fram.stores())
}

#[test]
fn a_failure_before_each_store() {
    let sample = &samples::<KwsDscnn>(1)[0];
    let (expected, stores) = uninterrupted::<KwsDscnn>(sample);
    let next = AtomicU64::new(0);
    let worker = || {
        let mut done = 0;
        loop {
            let store = next.fetch_add(1, Ordering::Relaxed);
            if store >= stores {
                return done;
            }
            let mut fram = KwsDscnn::fram();
            let outcome = KwsDscnn::infer_through(&mut fram, sample, [store]);
            assert_eq!(outcome, (expected.clone(), 1), "failure before store {store}");
            done += 1;
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let done: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("equal logits")).sum()
    });
    assert_eq!(done, stores);
}

/// Random failures in inferences of `N`.
fn random_failures<N: Net>() {
    let mut random = Pcg32::seed_from_u64(7);
    let mut failed = 0;
    let mut fram = N::fram();
    for sample in samples::<N>(SAMPLES) {
        let (expected, stores) = uninterrupted::<N>(&sample);
        // Short enough for many failures in one inference, long enough to finish most steps.
        let longest = u32::try_from(stores / 10).expect("few stores");
        for _ in 0..ROUNDS {
            let failures: Vec<u64> =
                (0..FAILURES).map(|_| u64::from(random.next_u32() % longest)).collect();
            let (logits, failures) = N::infer_through(&mut fram, &sample, failures);
            assert_eq!(logits, expected, "{}", N::MODEL);
            failed += failures;
        }
    }
    assert!(failed > SAMPLES * ROUNDS * 10, "{}: only {failed} failures", N::MODEL);
}

#[test]
fn random_failures_in_all_networks() {
    random_failures::<LenetMnist>();
    random_failures::<KwsCnn>();
    random_failures::<KwsDscnn>();
    random_failures::<HarCnn>();
    random_failures::<ResnetTiny>();
}

/// State of a finished inference, and the sample it is of.
fn finished() -> (freeml::EmulatedFram, Vec<i16>) {
    let sample = samples::<KwsDscnn>(1).remove(0);
    let mut fram = KwsDscnn::fram();
    KwsDscnn::infer(&mut fram, &sample);
    assert_eq!(KwsDscnn::on(&mut fram).status(), freeml::Status::Done);
    (fram, sample)
}

#[test]
fn corrupted_state_starts_clean() {
    let (intact, sample) = finished();
    let (expected, _) = uninterrupted::<KwsDscnn>(&sample);
    let clean = |changes: &[(usize, u8)]| {
        let mut fram = intact.clone();
        for &(at, value) in changes {
            fram.corrupt(at, value);
        }
        let net = KwsDscnn::on(&mut fram);
        assert_eq!(net.status(), freeml::Status::Idle, "{changes:?}");
        assert_eq!(net.logits(), None, "{changes:?}");
        assert_eq!(KwsDscnn::infer(&mut fram, &sample), expected, "{changes:?}");
    };
    // The header holds the progress and, after it, the identity.
    for at in 2..6 {
        clean(&[(at, !intact.contents()[at])]);
    }
    clean(&[(0, 0xFF), (1, 0xFF)]);
    let [low, high] = (KwsDscnn::STEPS + 2).to_le_bytes();
    clean(&[(0, low), (1, high)]);
}

#[test]
fn state_of_another_model_starts_clean() {
    let (mut fram, sample) = finished();
    let (expected, _) = uninterrupted::<KwsDscnn>(&sample);
    let len = KwsDscnn::STATE_BYTES.max(KwsCnn::STATE_BYTES) as usize;
    let mut larger = freeml::EmulatedFram::new(len, 0);
    for (at, &byte) in fram.contents().iter().enumerate() {
        larger.corrupt(at, byte);
    }
    fram = larger;
    assert_eq!(KwsDscnn::on(&mut fram).status(), freeml::Status::Done);
    assert_eq!(KwsCnn::on(&mut fram).status(), freeml::Status::Idle);
    assert_eq!(KwsDscnn::on(&mut fram).status(), freeml::Status::Idle);
    assert_eq!(KwsDscnn::infer(&mut fram, &sample), expected);
}
