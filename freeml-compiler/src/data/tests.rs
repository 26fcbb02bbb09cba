//! Every type that samples may have, and every fault.

use std::io::Cursor;

use ndarray::{Array1, Array2, Array4, array};
use ndarray_npy::{NpzWriter, WritableElement, WriteNpyExt as _};

use super::*;

const SHAPE: Shape = Shape { c: 1, h: 1, w: 2 };
const CLASSES: usize = 3;

/// A `.npz` file of these arrays.
fn npz<T: WritableElement, L: WritableElement>(x: &Array2<T>, y: Option<&Array1<L>>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut file = NpzWriter::new_compressed(&mut bytes);
    file.add_array("x", x).unwrap();
    if let Some(y) = y {
        file.add_array("y", y).unwrap();
    }
    file.finish().unwrap();
    bytes.into_inner()
}

fn unlabelled<T: WritableElement>(x: &Array2<T>) -> Vec<u8> {
    npz::<T, i64>(x, None)
}

fn parse(bytes: &[u8], change: impl Fn(&mut Options)) -> Result<Dataset, String> {
    let mut options = Options::new("", "net.onnx");
    change(&mut options);
    Dataset::parse(bytes, &options, Path::new("net.npz"), SHAPE, CLASSES)
        .map_err(|error| error.message)
}

/// Kind and samples, or the message.
fn samples<T: WritableElement>(
    x: &Array2<T>,
    change: impl Fn(&mut Options),
) -> Result<(Kind, Vec<Vec<i16>>), String> {
    parse(&unlabelled(x), change).map(|data| (data.kind, data.samples))
}

fn plain(_: &mut Options) {}

#[test]
fn integers_are_raw_values() {
    let small = Ok((Kind::U8, vec![vec![0, 255]]));
    let signed = Ok((Kind::I8, vec![vec![-128, 127]]));
    let wide = Ok((Kind::I16, vec![vec![-32_768, 32_767]]));
    assert_eq!(samples(&array![[0u8, 255]], plain), small);
    assert_eq!(samples(&array![[-128i8, 127]], plain), signed);
    assert_eq!(samples(&array![[-32_768i16, 32_767]], plain), wide);
    assert_eq!(samples(&array![[0i32, 255]], plain), small);
    assert_eq!(samples(&array![[-32_768i32, 32_767]], plain), wide);
    assert_eq!(samples(&array![[-128i32, 127]], |o| o.input = Some(Kind::I8)), signed);
    assert_eq!(samples(&array![[0f32, 255.0]], plain), small);
    assert_eq!(samples(&array![[-32_768f32, 32_767.0]], plain), wide);
    // What a raw value stands for does not change it.
    assert_eq!(samples(&array![[0f32, 255.0]], |o| o.scale = Some(100.0)), small);
}

#[test]
fn real_values_are_scaled() {
    assert_eq!(samples(&array![[0f32, 0.5]], plain), Ok((Kind::U8, vec![vec![0, 128]])));
    assert_eq!(samples(&array![[0f32, 1.0]], plain), Ok((Kind::U8, vec![vec![0, 255]])));
    let scaled = samples(&array![[-1.5f32, 0.25]], |options| options.scale = Some(1024.0));
    assert_eq!(scaled, Ok((Kind::I16, vec![vec![-1536, 256]])));
    let wide = samples(&array![[0f32, 0.5]], |options| {
        (options.scale, options.input) = (Some(10.0), Some(Kind::I16));
    });
    assert_eq!(wide, Ok((Kind::I16, vec![vec![0, 5]])));
}

#[test]
fn real_values_need_a_scale_that_fits() {
    let text = samples(&array![[-1.5f32, 0.25]], plain).unwrap_err();
    assert!(text.contains("from -1.5 to 0.25") && text.contains("scale = 1024"), "{text}");
    let text = samples(&array![[0f32, 0.5]], |o| o.input = Some(Kind::I16)).unwrap_err();
    assert!(text.contains("scale"), "{text}");
    let text = samples(&array![[0f32, 0.5], [0.5, 40.5]], |o| o.scale = Some(1e3)).unwrap_err();
    assert!(text.contains("sample 1, element [1] of array `x` is 40.5 times 1000"), "{text}");
    let text = samples(&array![[0f32, 0.5]], |o| o.scale = Some(f32::NAN)).unwrap_err();
    assert!(text.contains("positive"), "{text}");
}

#[test]
fn values_beyond_their_type_are_named() {
    let text = samples(&array![[0i32, 0], [0, 70_000]], plain).unwrap_err();
    assert!(text.contains("sample 1, element [1] of array `x` is 70000"), "{text}");
    assert!(text.contains("i16") && text.contains("-32768 to 32767"), "{text}");
    let text = samples(&array![[0i32, 256]], |o| o.input = Some(Kind::U8)).unwrap_err();
    assert!(text.contains("is 256, and raw samples of type u8 go from 0 to 255"), "{text}");
}

#[test]
fn nan_and_infinity_are_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let text = samples(&array![[0.5f32, 0.5], [bad, 0.5]], plain).unwrap_err();
        assert!(text.contains(&format!("sample 1, element [0] of array `x` is {bad}")), "{text}");
    }
}

#[test]
fn other_types_and_shapes_are_refused() {
    let text = samples(&array![[0f64, 1.0]], plain).unwrap_err();
    assert!(text.contains("float32") && text.contains("astype"), "{text}");
    let text = samples(&array![[0u8, 1, 2]], plain).unwrap_err();
    assert!(text.contains("[1, 3]") && text.contains("1x1x2"), "{text}");
    let text = samples(&Array2::<f32>::zeros((0, 2)), plain).unwrap_err();
    assert!(text.contains("no samples"), "{text}");
    let text = samples(&Array2::<u8>::zeros((0, 2)), plain).unwrap_err();
    assert!(text.contains("no samples"), "{text}");
    for bytes in [&b""[..], b"PK", b"\x93NUMPY", b"version https://git-lfs.github.com/spec/v1"] {
        assert!(parse(bytes, plain).unwrap_err().starts_with("`net.npz`: "), "{bytes:?}");
    }
}

#[test]
fn npy_holds_samples_alone() {
    let mut bytes = Vec::new();
    Array4::<u8>::from_elem((3, 1, 1, 2), 7).write_npy(&mut bytes).unwrap();
    let data = parse(&bytes, plain).unwrap();
    assert_eq!((data.kind, data.labels), (Kind::U8, None));
    assert_eq!(data.samples, vec![vec![7, 7]; 3]);
}

#[test]
fn labels_are_classes() {
    let x = array![[0u8, 1], [2, 3]];
    let labels = |bytes: Vec<u8>| parse(&bytes, plain).map(|data| data.labels.unwrap());
    assert_eq!(labels(npz(&x, Some(&array![0i64, 2]))), Ok(vec![0, 2]));
    assert_eq!(labels(npz(&x, Some(&array![0i32, 2]))), Ok(vec![0, 2]));
    assert_eq!(labels(npz(&x, Some(&array![0i16, 2]))), Ok(vec![0, 2]));
    assert_eq!(labels(npz(&x, Some(&array![0u8, 2]))), Ok(vec![0, 2]));
    for bad in [3, -1] {
        let text = labels(npz(&x, Some(&array![0i64, bad]))).unwrap_err();
        assert!(text.contains(&format!("label {bad} of sample 1")), "{text}");
    }
    let text = labels(npz(&x, Some(&array![0i64]))).unwrap_err();
    assert!(text.contains("[1] for 2 samples"), "{text}");
    let text = labels(npz(&x, Some(&array![0f32, 1.0]))).unwrap_err();
    assert!(text.contains("class numbers"), "{text}");
}
