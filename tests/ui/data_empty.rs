freeml::freeml_model!("models/tiny.onnx", data = "models/empty.npz");

fn main() {}
