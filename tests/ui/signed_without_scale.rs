freeml::freeml_model!("models/tiny.onnx", input = i16);

fn main() {}
