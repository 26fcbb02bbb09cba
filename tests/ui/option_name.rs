freeml::freeml_model!("models/tiny.onnx", devise = fr5994);

fn main() {}
