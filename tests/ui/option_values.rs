freeml::freeml_model!(
    "models/tiny.onnx",
    name = 5,
    data = tiny,
    device = fr9999,
    input = f32,
    scale = "255",
    mean = [0.1, true],
    seed = -1,
    compress = zip,
    fram = 5.5,
    max_drop = -1,
    priority = speed,
);

fn main() {}
