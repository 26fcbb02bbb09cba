freeml::freeml_model!("models/tiny.onnx", data = "models/float.npz");

fn main() {}
