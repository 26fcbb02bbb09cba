//! What can go wrong while a network is imported, and how it is told.

use std::fmt;

/// Why an ONNX file cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// The bytes are not an ONNX model.
    NotOnnx(String),
    /// The file is ONNX but contradicts itself.
    Malformed(String),
    /// Tensors stored outside the file, by name.
    ExternalData(Vec<String>),
    /// Nodes with NaN or infinite parameters, by name.
    Weights(Vec<String>),
    /// Everything in the network that has no counterpart here.
    Unsupported(Vec<Unsupported>),
    /// The ONNX reader refuses the network; holds its explanation, innermost cause last.
    Analysis(String),
}

/// One node that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Name of the ONNX node, or of the graph input or output.
    pub node: String,
    /// ONNX operator, or the form of it that is not supported.
    pub op: String,
    /// Shapes of its operands, such as `1x8x16x16, 4`; empty where they are unknown.
    pub shapes: String,
    /// Nearest form that is supported.
    pub hint: String,
}

/// Why a node cannot be lowered; with its name and operands it becomes an [`Unsupported`].
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Operator or the form of it that is not supported.
    pub form: String,
    /// Nearest supported form.
    pub hint: String,
}

impl Refusal {
    /// A refusal of `form` that proposes `hint`.
    pub fn new(form: impl Into<String>, hint: impl Into<String>) -> Self {
        Refusal { form: form.into(), hint: hint.into() }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.node, self.op)?;
        if !self.shapes.is_empty() {
            write!(f, " on {}", self.shapes)?;
        }
        write!(f, "; {}", self.hint)
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOnnx(why) => write!(
                f,
                "this is not an ONNX model: {why}\n  export the network again and check that the \
                 file is complete"
            ),
            Self::Malformed(why) => write!(
                f,
                "the ONNX model contradicts itself: {why}\n  check it with onnx.checker and \
                 export it again"
            ),
            Self::ExternalData(tensors) => {
                write!(f, "weights are stored in other files than the model:")?;
                lines(f, tensors)?;
                write!(f, "\n  save the model as one file (save_as_external_data=False)")
            }
            Self::Weights(nodes) => {
                write!(f, "nodes with NaN or infinite parameters:")?;
                lines(f, nodes)?;
                write!(f, "\n  train or export the network again")
            }
            Self::Unsupported(all) => {
                write!(f, "parts of the network are not supported:")?;
                lines(f, all)
            }
            Self::Analysis(why) => {
                write!(f, "the ONNX reader refuses the network:")?;
                lines(f, why.lines())?;
                write!(
                    f,
                    "\n  simplify the model (onnxsim), check it with onnx.checker, or remove \
                           the node that is named above"
                )
            }
        }
    }
}

fn lines<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    items.into_iter().try_for_each(|item| write!(f, "\n  {item}"))
}

impl std::error::Error for ImportError {}
