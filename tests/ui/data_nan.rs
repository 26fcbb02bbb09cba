freeml::freeml_model!("models/tiny.onnx", data = "models/nan.npz");

fn main() {}
