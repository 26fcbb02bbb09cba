freeml::freeml_model!("models/lenet.onnx");

fn main() {}
