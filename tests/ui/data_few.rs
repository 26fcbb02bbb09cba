freeml::freeml_model!("models/tiny.onnx", data = "models/few.npz");

fn main() {}
