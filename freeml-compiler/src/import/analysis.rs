//! Calls into tract, none of which may panic through to the caller.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::model::ParseResult;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{InferenceModelExt, TractResult, TypedModel};
use tract_onnx::tract_core::internal::DimLike;
use tract_onnx::tract_hir::infer::Factoid;

use super::error::ImportError;
use super::lower::dims;

/// Types, shapes and constants worked out, the graph not simplified yet.
pub fn typed(proto: &ModelProto) -> Result<TypedModel, ImportError> {
    guarded(|| parse(proto)?.model.into_typed())
}

/// The simplified graph.
pub fn decluttered(proto: &ModelProto) -> Result<TypedModel, ImportError> {
    guarded(|| parse(proto)?.model.into_typed()?.into_decluttered())
}

/// Shapes of all values as far as they can be told, for messages.
pub fn shapes(proto: &ModelProto) -> BTreeMap<String, String> {
    let known = guarded(|| {
        let ParseResult { mut model, outlets_by_name, .. } = parse(proto)?;
        // Operators that are not supported stop the analysis; it still tells what it has.
        let _ = model.analyse(true);
        let mut shapes = BTreeMap::new();
        for (name, outlet) in outlets_by_name {
            let shape = model.outlet_fact(outlet)?.shape.concretize();
            let sizes = shape.and_then(|dims| {
                dims.iter().map(|d| d.to_usize().ok()).collect::<Option<Vec<usize>>>()
            });
            if let Some(sizes) = sizes {
                shapes.insert(name, dims(&sizes));
            }
        }
        Ok(shapes)
    });
    known.unwrap_or_default()
}

fn parse(proto: &ModelProto) -> TractResult<ParseResult> {
    // The output shapes that the file declares hold for the batch size of the exporter.
    tract_onnx::onnx().with_ignore_output_shapes(true).parse(proto, None)
}

/// Runs `call`, turning its errors and panics into import errors.
pub fn guarded<T>(call: impl FnOnce() -> TractResult<T>) -> Result<T, ImportError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            Err(ImportError::Analysis(causes.join("\n")))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("no further explanation");
            Err(ImportError::Analysis(format!("it stops on this model\n{text}")))
        }
    }
}
