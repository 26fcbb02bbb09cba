//! Compiles the network that the macro compiles in `main.rs`.

fn main() {
    freeml_compiler::Build::new("models/tiny.onnx").data("models/bars.npz").run();
}
