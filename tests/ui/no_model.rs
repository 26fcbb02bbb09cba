freeml::freeml_model!();

fn main() {}
