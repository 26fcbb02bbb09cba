//! Classes of samples.

use super::file::File;

/// Array `y` of `file`, one class below `classes` for each of `samples`.
pub fn read(file: &mut File, samples: usize, classes: usize) -> Result<Option<Vec<u16>>, String> {
    if !file.names().contains(&"y") {
        return Ok(None);
    }
    let array = if let Some(y) = file.read::<i64>("y")? {
        y
    } else if let Some(y) = file.read::<i32>("y")? {
        y.mapv(i64::from)
    } else if let Some(y) = file.read::<i16>("y")? {
        y.mapv(i64::from)
    } else if let Some(y) = file.read::<u8>("y")? {
        y.mapv(i64::from)
    } else {
        return Err("array `y` must hold class numbers as int64, int32, int16 or uint8".into());
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
