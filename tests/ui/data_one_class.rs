freeml::freeml_model!("models/tiny.onnx", data = "models/one_class.npz");

fn main() {}
