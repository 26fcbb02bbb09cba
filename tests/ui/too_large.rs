freeml::freeml_model!("models/tiny.onnx", device = 400);

fn main() {}
