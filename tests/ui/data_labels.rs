freeml::freeml_model!("models/tiny.onnx", data = "models/labels.npz");

fn main() {}
