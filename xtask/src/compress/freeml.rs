//! What FreeML's own code reaches on the same networks and data.
//!
//! Measured with <https://github.com/BASHLab/FreeML> at commit 7269050 (torch 2.15 on the CPU,
//! 10 epochs per step, a tenth of the train set held out, one seed), every step of its
//! compression recorded. Bytes are what its `conversion.py` emits for the weights: 16 bits of
//! value and 16 of index per kept weight, without structs and layer table. Accuracies are those of
//! the float weights on the test set, before its conversion to fixed point costs some more.

/// Steps of one configuration: deployed bytes and percent of the test samples.
pub struct Series {
    /// The network.
    pub net: &'static str,
    /// What the configuration does.
    pub name: &'static str,
    /// By falling bytes.
    pub points: &'static [(u32, f64)],
}

/// All configurations. Its Tucker decomposition needs another release of a dependency to run at
/// all, and takes two-dimensional convolutions only, as which `har_cnn` was given.
pub const SERIES: [Series; 5] = [
    Series {
        net: "lenet_mnist",
        name: "FreeML, sparsity",
        points: &[
            (190_830, 99.14),
            (120_410, 98.68),
            (25_194, 98.84),
            (16_176, 97.92),
            (10_304, 93.46),
            (5_904, 86.56),
            (3_968, 50.10),
        ],
    },
    Series {
        net: "lenet_mnist",
        name: "FreeML, SVD and sparsity",
        points: &[
            (171_058, 98.92),
            (125_936, 98.72),
            (30_720, 98.36),
            (21_702, 98.30),
            (14_802, 97.04),
            (10_402, 95.20),
            (6_674, 85.70),
            (4_738, 69.00),
            (3_858, 57.72),
            (3_178, 49.60),
        ],
    },
    Series {
        net: "har_cnn",
        name: "FreeML, sparsity",
        points: &[
            (135_584, 83.52),
            (57_584, 82.78),
            (18_388, 79.85),
            (11_896, 80.46),
            (8_232, 77.17),
            (4_528, 71.31),
            (2_832, 54.21),
        ],
    },
    Series {
        net: "har_cnn",
        name: "FreeML, SVD and sparsity",
        points: &[
            (58_078, 83.39),
            (18_882, 80.34),
            (12_648, 80.46),
            (8_984, 75.46),
            (5_280, 70.82),
            (3_584, 71.80),
            (2_776, 43.96),
            (2_146, 16.73),
        ],
    },
    Series {
        net: "har_cnn",
        name: "FreeML, Tucker, SVD and sparsity",
        points: &[
            (20_370, 83.03),
            (14_136, 81.20),
            (10_432, 76.44),
            (8_736, 68.99),
            (6_700, 71.92),
            (4_752, 72.65),
            (3_944, 57.63),
            (3_346, 29.18),
        ],
    },
];
