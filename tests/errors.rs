//! What users read when a call is wrong.

use std::path::Path;

#[test]
fn messages() {
    // Paths in the macro are relative to the crate that trybuild makes.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target directory");
    let models = target.join("tests/trybuild/freeml/models");
    let _ = std::fs::remove_dir_all(&models);
    std::fs::create_dir_all(&models).expect("writable target directory");
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models");
    for file in std::fs::read_dir(sources).expect("committed models") {
        let path = file.expect("committed models").path();
        std::fs::copy(&path, models.join(path.file_name().expect("a file"))).expect("a copy");
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
