//! Which ONNX operators are supported, and what to use instead of the others.

/// ONNX operators that are supported between the input and the output.
pub const SUPPORTED_OPS: &[&str] = &[
    "Add",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Clip",
    "Constant",
    "Conv",
    "Div",
    "Dropout",
    "Flatten",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Identity",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mul",
    "Pad",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Slice",
    "Softmax",
    "Squeeze",
    "Sub",
    "Sum",
    "Transpose",
    "Unsqueeze",
];

/// Operators that are also supported where they depend on constants and shapes only: exporters
/// compute the target of a reshape with them.
pub const CONSTANT_OPS: &[&str] =
    &["Concat", "Gather", "Neg", "Pow", "Reciprocal", "Shape", "Size", "Sqrt"];

/// What to use instead of `op`.
pub fn nearest(op: &str) -> &'static str {
    match op {
        "Sigmoid" | "Tanh" | "HardSigmoid" | "HardSwish" | "Swish" | "Silu" | "Elu" | "Selu"
        | "Celu" | "Gelu" | "Mish" | "Softplus" | "Softsign" | "Erf" | "LeakyRelu" | "PRelu"
        | "ThresholdedRelu" => "use Relu, or Clip for relu6",
        "Concat" | "Split" => "use Add to join branches (residual connection)",
        "LSTM" | "GRU" | "RNN" => "use Conv over the time axis",
        "ConvTranspose" | "Resize" | "Upsample" | "DepthToSpace" => {
            "feature maps cannot grow: use Conv or a pool with stride"
        }
        "QLinearConv"
        | "QLinearMatMul"
        | "QuantizeLinear"
        | "DequantizeLinear"
        | "ConvInteger"
        | "MatMulInteger"
        | "DynamicQuantizeLinear" => {
            "import the float32 model before its quantisation; freeml quantises it itself"
        }
        "InstanceNormalization"
        | "LayerNormalization"
        | "GroupNormalization"
        | "LRN"
        | "RMSNormalization"
        | "MeanVarianceNormalization"
        | "LpNormalization" => {
            "use BatchNormalization, which costs nothing after its fold into the weights"
        }
        "LpPool" | "GlobalLpPool" | "MaxRoiPool" => "use MaxPool or AveragePool",
        "ArgMax" | "ArgMin" | "TopK" | "Hardmax" => {
            "end the model at the logits; the arg-max is taken on the device"
        }
        "If" | "Loop" | "Scan" => "export a graph with fixed control flow (tracing, eval mode)",
        "Attention" | "MultiHeadAttention" | "Einsum" => "use Gemm or MatMul with constant weights",
        "Pad" => "pad with zeros, right before a convolution, or with the pads of the operator",
        "Slice" | "StridedSlice" | "DynSlice" => "slices need fixed bounds and positive steps",
        "Cast" => "keep all tensors in float32",
        "Expand" | "Tile" => "only constants can be broadcast",
        "Shape" | "Gather" | "Size" => "fixed shapes only: fold constants before the export",
        _ => "rewrite it with Conv, Gemm, pools, Add, Relu and arithmetic with constants",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_disjoint_from_the_constant_ones() {
        assert!(SUPPORTED_OPS.is_sorted());
        assert!(CONSTANT_OPS.iter().all(|op| !SUPPORTED_OPS.contains(op)));
    }
}
