//! The committed networks lose next to nothing in integers.

mod common;

use common::{NETWORKS, Network};
use freeml_compiler::evaluate;
use freeml_compiler::float::Executor;

/// Right answers of the float and of the integer network on the committed test samples.
const CORRECT: [(&str, usize, usize, usize); 5] = [
    ("lenet_mnist", 1000, 992, 992),
    ("kws_cnn", 100, 100, 100),
    ("kws_dscnn", 100, 100, 100),
    ("har_cnn", 100, 86, 84),
    ("resnet_tiny_cifar10", 50, 41, 41),
];

#[test]
fn right_answers() {
    let counts = NETWORKS.map(|network| {
        let compiled = network.compile();
        let test = network.test_set(&compiled);
        let float = evaluate::correct_float(&network.float_graph(), &test);
        let integer = evaluate::correct(&compiled.program, &test);
        (network.model, test.samples.len(), float, integer)
    });
    assert_eq!(counts, CORRECT, "network, samples, right in float, right in integers");
}

/// Samples whose logits are compared.
const SAMPLES: usize = 50;

/// Correlation of float and integer logits, and the root mean square of their differences as
/// a part of the float logits' deviation.
fn closeness(network: Network) -> (f64, f64) {
    let compiled = network.compile();
    let graph = network.float_graph();
    let scale = f64::from(*compiled.program.scales.last().expect("a layer"));
    let mut pairs = Vec::new();
    for sample in network.test_set(&compiled).spread(SAMPLES) {
        let floats: Vec<f32> = sample.iter().copied().map(f32::from).collect();
        let mut executor = Executor::new(&graph);
        executor.run(&floats);
        let integers = evaluate::logits(&compiled.program, sample);
        assert_eq!(integers.len(), executor.logits().len());
        pairs.extend(
            executor
                .logits()
                .iter()
                .zip(integers)
                .map(|(&x, y)| [f64::from(x), f64::from(y) * scale]),
        );
    }
    #[allow(clippy::cast_precision_loss, reason = "a few hundred logits")]
    let mean = |value: &dyn Fn(&[f64; 2]) -> f64| {
        pairs.iter().map(value).sum::<f64>() / pairs.len() as f64
    };
    let [x, y] = [mean(&|pair| pair[0]), mean(&|pair| pair[1])];
    let variances = [mean(&|pair| (pair[0] - x).powi(2)), mean(&|pair| (pair[1] - y).powi(2))];
    let covariance = mean(&|pair| (pair[0] - x) * (pair[1] - y));
    let error = mean(&|pair| (pair[0] - pair[1]).powi(2));
    (covariance / (variances[0] * variances[1]).sqrt(), (error / variances[0]).sqrt())
}

#[test]
fn logits_are_those_of_the_float_network() {
    for network in NETWORKS {
        let (correlation, error) = closeness(network);
        assert!(correlation > 0.995, "{}: correlation {correlation}", network.model);
        assert!(error < 0.1, "{}: {error} of the deviation", network.model);
    }
}
