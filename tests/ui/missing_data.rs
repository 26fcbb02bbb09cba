freeml::freeml_model!("models/tiny.onnx", data = "models/train.npz");

fn main() {}
