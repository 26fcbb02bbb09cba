freeml::freeml_model!("models/tiny.onnx", data = "models/samples.npz", input = i8);

fn main() {}
