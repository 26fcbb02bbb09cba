freeml::freeml_model!("models/tiny.onnx", device = host, device = fr5994);

fn main() {}
