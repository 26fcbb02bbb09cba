freeml::freeml_model!("models/tiny.onnx", compress = none, device = 300);

fn main() {}
