freeml::freeml_model!("models/text.onnx");

fn main() {}
