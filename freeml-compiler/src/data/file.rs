//! Arrays in `.npz` and `.npy` files.

use std::io::Cursor;

use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpyError, ReadNpyExt as _, ReadNpzError, ReadableElement};

/// What `.npy` files begin with.
const NPY: &[u8] = b"\x93NUMPY";

/// An open file, told apart by its contents.
pub enum File<'b> {
    /// Several arrays, with the names of their entries.
    Npz(Box<NpzReader<Cursor<&'b [u8]>>>, Vec<String>),
    /// One array, `x`.
    Npy(&'b [u8]),
}

impl<'b> File<'b> {
    /// Opens the file of these contents.
    pub fn open(bytes: &'b [u8]) -> Result<Self, String> {
        if bytes.starts_with(NPY) {
            return Ok(File::Npy(bytes));
        }
        let wrong = |error: ReadNpzError| {
            format!(
                "this is no .npz or .npy file: {error}\n  save it with numpy.savez(\"data.npz\", \
                 x=samples, y=labels)"
            )
        };
        let mut npz = NpzReader::new(Cursor::new(bytes)).map_err(wrong)?;
        let names = npz.names().map_err(wrong)?;
        Ok(File::Npz(Box::new(npz), names))
    }

    /// Names of the arrays.
    pub fn names(&self) -> Vec<&str> {
        match self {
            File::Npz(_, names) => names.iter().map(|name| array_name(name)).collect(),
            File::Npy(_) => vec!["x"],
        }
    }

    /// Array `name`, which the file has; `None` if its elements are not of type `T`.
    pub fn read<T: ReadableElement>(&mut self, name: &str) -> Result<Option<ArrayD<T>>, String> {
        let array = match self {
            File::Npz(npz, names) => {
                let entry = names.iter().find(|entry| array_name(entry) == name);
                let entry = entry.map_or(name, String::as_str);
                npz.by_name::<OwnedRepr<T>, IxDyn>(entry).map_err(|error| match error {
                    ReadNpzError::Npy(error) => error,
                    ReadNpzError::Zip(error) => ReadNpyError::Io(error.into()),
                })
            }
            File::Npy(bytes) => ArrayD::<T>::read_npy(*bytes),
        };
        match array {
            Ok(array) => Ok(Some(array)),
            Err(ReadNpyError::WrongDescriptor(_)) => Ok(None),
            Err(error) => Err(format!("array `{name}`: {error}")),
        }
    }
}

/// Name of the array in entry `entry`, which may have a file ending.
fn array_name(entry: &str) -> &str {
    entry.strip_suffix(".npy").unwrap_or(entry)
}
