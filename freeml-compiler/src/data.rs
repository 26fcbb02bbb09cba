//! Samples and labels from `.npz` files.

mod synthetic;

use std::fs::File;
use std::path::Path;

use freeml_core::Kind;
use ndarray::{ArrayD, IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadNpzError, ReadableElement};

use crate::error::{Error, Part};
use crate::graph::Shape;

/// Raw integer samples, with labels if the file has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Element type in the file.
    pub kind: Kind,
    /// Samples in the order of the network's input.
    pub samples: Vec<Vec<i16>>,
    /// Class of each sample.
    pub labels: Option<Vec<u16>>,
}

impl Dataset {
    /// Reads arrays `x` (`u8`, `i8` or `i16`, samples first) and, if there, `y` (integers)
    /// from `root/path` and checks them against a network's input and classes.
    pub fn read(root: &Path, path: &Path, shape: Shape, classes: usize) -> Result<Self, Error> {
        let part = Part::Option("data");
        let file = File::open(root.join(path))
            .map_err(|error| Error::unreadable(part.clone(), path, &error))?;
        let fail =
            |message: String| Error::option("data", format!("`{}`: {message}", path.display()));
        let mut npz =
            NpzReader::new(file).map_err(|error| fail(format!("not an .npz file: {error}")))?;
        let names = npz.names().map_err(|error| fail(format!("not an .npz file: {error}")))?;
        let (kind, samples) = samples(&mut npz, &names, shape).map_err(fail)?;
        let labels = labels(&mut npz, &names, samples.len(), classes).map_err(fail)?;
        Ok(Dataset { kind, samples, labels })
    }

    /// At most `count` samples, evenly spread.
    pub fn spread(&self, count: usize) -> impl Iterator<Item = &[i16]> {
        let stride = self.samples.len().div_ceil(count.max(1)).max(1);
        self.samples.iter().step_by(stride).map(Vec::as_slice)
    }
}

pub use synthetic::synthetic;

type Npz = NpzReader<File>;

fn samples(npz: &mut Npz, names: &[String], shape: Shape) -> Result<(Kind, Vec<Vec<i16>>), String> {
    let name = entry(names, "x").ok_or_else(|| {
        format!(
            "there is no array `x` with the samples, only {names:?}\n  save it with \
             numpy.savez(\"data.npz\", x=samples, y=labels)"
        )
    })?;
    let (kind, array) = if let Some(x) = try_read::<u8>(npz, name)? {
        (Kind::U8, x.mapv(i16::from))
    } else if let Some(x) = try_read::<i8>(npz, name)? {
        (Kind::I8, x.mapv(i16::from))
    } else if let Some(x) = try_read::<i16>(npz, name)? {
        (Kind::I16, x)
    } else {
        return Err("array `x` must hold raw sensor values as uint8, int8 or int16\n  save them \
                    before they are normalised; what the network's input divides them by goes \
                    into `scale`, `mean` and `std`"
            .into());
    };
    let extents = array.shape().to_vec();
    let given: Vec<usize> = extents.iter().skip(1).copied().filter(|&n| n != 1).collect();
    let wanted: Vec<usize> = [shape.c, shape.h, shape.w].into_iter().filter(|&n| n != 1).collect();
    if given != wanted {
        return Err(format!(
            "array `x` has shape {extents:?}, the network takes samples of {shape} (channels x \
             rows x columns)\n  save samples as the network takes them, along a first axis"
        ));
    }
    if extents.first().is_none_or(|&samples| samples == 0) {
        return Err("array `x` has no samples".into());
    }
    let samples = array.outer_iter().map(|sample| sample.iter().copied().collect()).collect();
    Ok((kind, samples))
}

fn labels(
    npz: &mut Npz,
    names: &[String],
    samples: usize,
    classes: usize,
) -> Result<Option<Vec<u16>>, String> {
    let Some(name) = entry(names, "y") else { return Ok(None) };
    let array = if let Some(y) = try_read::<i64>(npz, name)? {
        y
    } else if let Some(y) = try_read::<i32>(npz, name)? {
        y.mapv(i64::from)
    } else if let Some(y) = try_read::<u8>(npz, name)? {
        y.mapv(i64::from)
    } else {
        return Err("array `y` must hold class numbers as int64, int32 or uint8".into());
    };
    if array.shape() != [samples] {
        return Err(format!("array `y` has shape {:?} for {samples} samples", array.shape()));
    }
    let class = |(index, &label): (usize, &i64)| {
        u16::try_from(label).ok().filter(|&label| usize::from(label) < classes).ok_or_else(|| {
            format!(
                "label {label} of sample {index} is not one of the network's {classes} classes, \
                 which count from 0"
            )
        })
    };
    array.iter().enumerate().map(class).collect::<Result<_, _>>().map(Some)
}

/// The array `name`, with or without its file ending.
fn entry<'a>(names: &'a [String], name: &str) -> Option<&'a str> {
    names.iter().map(String::as_str).find(|entry| entry.trim_end_matches(".npy") == name)
}

/// Array `name`, `None` if its elements are of another type.
fn try_read<T: ReadableElement>(npz: &mut Npz, name: &str) -> Result<Option<ArrayD<T>>, String> {
    match npz.by_name::<OwnedRepr<T>, IxDyn>(name) {
        Ok(array) => Ok(Some(array)),
        Err(ReadNpzError::Npy(ndarray_npy::ReadNpyError::WrongDescriptor(_))) => Ok(None),
        Err(error) => Err(format!("array `{name}`: {error}")),
    }
}
