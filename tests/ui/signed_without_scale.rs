freeml::freeml_model!("models/unscaled.onnx", input = i16);

fn main() {}
