freeml::freeml_model!("models/unsupported.onnx");

fn main() {}
