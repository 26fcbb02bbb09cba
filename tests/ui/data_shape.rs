freeml::freeml_model!("models/tiny.onnx", data = "models/shape.npz");

fn main() {}
