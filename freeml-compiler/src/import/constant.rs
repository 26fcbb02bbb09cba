//! Tensors that are known while compiling.

use tract_onnx::tract_core::internal::Tensor;

use super::error::Refusal;
use super::view::row_major;

/// A tensor known while compiling, in row-major order.
#[derive(Debug, Clone)]
pub struct Constant {
    /// Extents.
    pub shape: Vec<usize>,
    /// Elements.
    pub values: Vec<f32>,
}

impl Constant {
    /// Takes the elements out of a tract tensor, which must be numbers.
    pub fn new(tensor: &Tensor) -> Result<Self, Refusal> {
        let refuse = |e| {
            Refusal::new(
                format!("constant of type {:?} ({e})", tensor.datum_type()),
                "parameters must be float32",
            )
        };
        let cast = tensor.cast_to::<f32>().map_err(refuse)?;
        let array = cast.to_plain_array_view::<f32>().map_err(refuse)?;
        Ok(Constant { shape: tensor.shape().to_vec(), values: array.iter().copied().collect() })
    }

    /// The elements repeated along axes of extent 1 until the extents are `shape`.
    pub fn broadcast(&self, shape: &[usize]) -> Option<Vec<f32>> {
        let fits = self.shape.len() == shape.len()
            && self.shape.iter().zip(shape).all(|(&from, &to)| from == to || from == 1);
        let steps = row_major(&self.shape);
        let mut positions = vec![0];
        for axis in 0..if fits { shape.len() } else { 0 } {
            let step = if self.shape[axis] == 1 { 0 } else { steps[axis] };
            positions = positions
                .iter()
                .flat_map(|&p| (0..shape[axis]).map(move |i| p + i * step))
                .collect();
        }
        fits.then(|| positions.into_iter().map(|p: usize| self.values[p]).collect())
    }
}
