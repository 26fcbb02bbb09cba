freeml::freeml_model!("models/tiny.onnx", data = "models/double.npz");

fn main() {}
