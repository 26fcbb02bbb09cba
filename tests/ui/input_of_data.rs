freeml::freeml_model!("models/tiny.onnx", data = "models/tiny.npz", input = i8);

fn main() {}
