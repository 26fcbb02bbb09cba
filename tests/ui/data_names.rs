freeml::freeml_model!("models/tiny.onnx", data = "models/names.npz");

fn main() {}
