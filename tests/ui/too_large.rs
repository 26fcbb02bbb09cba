freeml::freeml_model!("models/tiny.onnx", device = 300);

fn main() {}
