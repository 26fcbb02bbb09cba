freeml::freeml_model!("models/tiny.onnx", mean = [0.1, 0.2, 0.3]);

fn main() {}
