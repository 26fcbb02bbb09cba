mod path {
    freeml::freeml_model!(models / tiny.onnx);
}

mod assignment {
    freeml::freeml_model!("models/tiny.onnx", device: fr5994);
}

mod comma {
    freeml::freeml_model!("models/tiny.onnx" device = fr5994);
}

fn main() {}
