//! The ONNX network as tract runs it: what the import is compared with.

use std::sync::Arc;

use tract_onnx::prelude::{IntoRunnable, Tensor, TypedRunnableModel, tvec};

use super::error::ImportError;
use super::{analysis, proto};

/// The float network of an ONNX file, run by tract without the import.
pub struct Reference {
    model: Arc<TypedRunnableModel>,
    shape: Vec<usize>,
}

impl Reference {
    /// Loads the bytes of an ONNX file.
    pub fn new(bytes: &[u8]) -> Result<Self, ImportError> {
        Self::from_proto(proto::decode(bytes)?)
    }

    pub(super) fn from_proto(mut model: tract_onnx::pb::ModelProto) -> Result<Self, ImportError> {
        let issues = proto::check(&mut model)?;
        if !issues.is_empty() {
            return Err(ImportError::Unsupported(issues));
        }
        let typed = analysis::typed(&model)?;
        analysis::guarded(|| {
            let shape = typed.input_fact(0)?.shape.as_concrete().unwrap_or_default().to_vec();
            Ok(Reference { model: typed.into_runnable()?, shape })
        })
    }

    /// The elements of the output for one sample, both in the order of the ONNX tensors.
    ///
    /// # Errors
    /// If the sample has not the size of the input.
    pub fn run(&self, sample: &[f32]) -> Result<Vec<f32>, ImportError> {
        analysis::guarded(|| {
            let input = Tensor::from_shape(&self.shape, sample)?;
            let output = self.model.run(tvec!(input.into()))?.remove(0);
            Ok(output.to_plain_array_view::<f32>()?.iter().copied().collect())
        })
    }
}
