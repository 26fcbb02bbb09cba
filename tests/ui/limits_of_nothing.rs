freeml::freeml_model!("models/tiny.onnx", compress = none, fram = 5000, max_drop = 1);

fn main() {}
