//! Samples as raw integers, whatever the type of the array.

use std::ops::RangeInclusive;

use freeml_core::Kind;
use ndarray::{ArrayD, IxDyn};

use super::file::File;
use crate::graph::Shape;
use crate::options::Options;

/// Array `x` of `file` as samples of `shape`, with their element type.
pub fn read(
    file: &mut File,
    options: &Options,
    shape: Shape,
) -> Result<(Kind, Vec<Vec<i16>>), String> {
    let names = file.names();
    if !names.contains(&"x") {
        return Err(format!(
            "there is no array `x` with the samples, only {names:?}\n  save it with \
             numpy.savez(\"data.npz\", x=samples, y=labels)"
        ));
    }
    if let Some(x) = file.read::<u8>("x")? {
        return Ok((Kind::U8, split(&x, shape)?));
    }
    if let Some(x) = file.read::<i8>("x")? {
        return Ok((Kind::I8, split(&x, shape)?));
    }
    if let Some(x) = file.read::<i16>("x")? {
        return Ok((Kind::I16, split(&x, shape)?));
    }
    let (kind, x) = if let Some(x) = file.read::<i32>("x")? {
        check_shape(&x, shape)?;
        integers(&x, 1.0, options.input)?
    } else if let Some(x) = file.read::<f32>("x")? {
        check_shape(&x, shape)?;
        check_finite(&x)?;
        integers(&x, factor(&x, options)?, options.input)?
    } else {
        return Err("array `x` must hold the samples as uint8, int8, int16, int32 or float32\n  \
                    convert it, such as with x.astype(numpy.float32)"
            .into());
    };
    Ok((kind, split(&x, shape)?))
}

/// The samples of `array` in the order of the network's input.
fn split<T: Copy + Into<i16>>(array: &ArrayD<T>, shape: Shape) -> Result<Vec<Vec<i16>>, String> {
    check_shape(array, shape)?;
    let sample = |sample: ndarray::ArrayViewD<T>| sample.iter().map(|&x| x.into()).collect();
    Ok(array.outer_iter().map(sample).collect())
}

fn check_shape<T>(array: &ArrayD<T>, shape: Shape) -> Result<(), String> {
    let extents = array.shape();
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
    Ok(())
}

fn check_finite(array: &ArrayD<f32>) -> Result<(), String> {
    match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((index, value)) => Err(format!(
            "{} of array `x` is {value}\n  remove such samples or replace what is missing",
            place(&index)
        )),
    }
}

/// Raw value of 1.0 in `array`: 1 if its values are raw.
fn factor(array: &ArrayD<f32>, options: &Options) -> Result<f64, String> {
    let (low, high) = extremes(array.iter().copied().map(f64::from));
    let whole = array.iter().all(|value| value.fract() == 0.0);
    if whole && low.abs().max(high) > 1.0 {
        return Ok(1.0);
    }
    if let Some(scale) = options.scale {
        return Ok(scale.into());
    }
    if low >= 0.0 && high <= 1.0 && matches!(options.input, None | Some(Kind::U8)) {
        return Ok(255.0);
    }
    Err(format!(
        "array `x` has real values from {low} to {high}\n  say with `scale` which raw value \
         stands for 1.0, such as `scale = 1024`"
    ))
}

/// `array` times `factor`, rounded, as elements of kind `input` or of the kind that fits.
fn integers<T: Copy + Into<f64>>(
    array: &ArrayD<T>,
    factor: f64,
    input: Option<Kind>,
) -> Result<(Kind, ArrayD<i16>), String> {
    let raw = |value: T| (value.into() * factor).round();
    let (low, high) = extremes(array.iter().map(|&value| raw(value)));
    let fits = |kind| range(kind).contains(&low) && range(kind).contains(&high);
    let kind = input.unwrap_or(if fits(Kind::U8) { Kind::U8 } else { Kind::I16 });
    let range = range(kind);
    if let Some((index, &value)) =
        array.indexed_iter().find(|&(_, &value)| !range.contains(&raw(value)))
    {
        let moved = (raw(value) - value.into()).abs() > 0.0;
        let scaled = if moved { format!(" times {factor}") } else { String::new() };
        return Err(format!(
            "{} of array `x` is {}{scaled}, and raw samples of type {} go from {} to {}\n  give \
             another `scale` or `input`, or save smaller values",
            place(&index),
            value.into(),
            format!("{kind:?}").to_lowercase(),
            range.start(),
            range.end(),
        ));
    }
    #[allow(clippy::cast_possible_truncation, reason = "within the range of `kind`")]
    Ok((kind, array.mapv(|value| raw(value) as i16)))
}

fn range(kind: Kind) -> RangeInclusive<f64> {
    match kind {
        Kind::U8 => 0.0..=255.0,
        Kind::I8 => -128.0..=127.0,
        Kind::I16 => -32_768.0..=32_767.0,
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// "sample 3, element [0, 2]".
fn place(index: &IxDyn) -> String {
    match ndarray::Dimension::slice(index) {
        [sample, element @ ..] => format!("sample {sample}, element {element:?}"),
        [] => "the only element".into(),
    }
}
