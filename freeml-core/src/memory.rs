//! Byte-addressed non-volatile memory.

/// Memory that keeps its bytes through power failures.
///
/// Addresses are byte offsets from its start. Reads outside it give an empty slice, stores
/// outside it do nothing. Stores take effect in program order; the store of an aligned
/// 16-bit word is atomic with respect to power failures.
pub trait Memory {
    /// The bytes `at .. at + len`, or none if they do not all exist.
    fn bytes(&self, at: u16, len: u16) -> &[u8];

    /// Stores one byte.
    fn store(&mut self, at: u16, value: u8);

    /// Stores a little-endian word at an even address.
    fn store_word(&mut self, at: u16, value: u16);

    /// All bytes, for assembly that stores them in order and no others; none where stores must go
    /// through the methods above.
    fn direct(&mut self) -> &mut [u8] {
        &mut []
    }

    /// The byte at `at`, 0 outside the memory.
    fn byte(&self, at: u16) -> u8 {
        match self.bytes(at, 1) {
            &[value] => value,
            _ => 0,
        }
    }

    /// The little-endian word at the even address `at`, 0 outside the memory.
    fn word(&self, at: u16) -> u16 {
        match self.bytes(at, 2) {
            &[low, high] => u16::from_le_bytes([low, high]),
            _ => 0,
        }
    }
}

impl<M: Memory + ?Sized> Memory for &mut M {
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        (**self).bytes(at, len)
    }

    fn store(&mut self, at: u16, value: u8) {
        (**self).store(at, value);
    }

    fn store_word(&mut self, at: u16, value: u16) {
        (**self).store_word(at, value);
    }

    fn direct(&mut self) -> &mut [u8] {
        (**self).direct()
    }
}

/// The range `at .. at + len` of `bytes`, empty if it does not fit.
#[inline]
pub(crate) fn range(bytes: &[u8], at: u16, len: u16) -> &[u8] {
    let start = usize::from(at);
    start.checked_add(usize::from(len)).and_then(|end| bytes.get(start..end)).unwrap_or(&[])
}

/// Memory-mapped FRAM (on a host, plain memory): stores are volatile, so that neither their
/// order nor their number is up to the optimiser.
#[derive(Debug)]
pub struct Fram {
    // Words, so that the state is aligned for single-instruction word stores.
    words: &'static mut [u16],
}

impl Fram {
    /// Works on `words`, which hold the state.
    pub fn new(words: &'static mut [u16]) -> Self {
        Fram { words }
    }

    fn as_bytes(&self) -> &[u8] {
        let len = size_of_val::<[u16]>(self.words);
        // SAFETY: the words are initialised and live for `self`; every byte is a valid `u8`.
        unsafe { core::slice::from_raw_parts(self.words.as_ptr().cast(), len) }
    }
}

impl Memory for Fram {
    #[inline]
    fn bytes(&self, at: u16, len: u16) -> &[u8] {
        range(self.as_bytes(), at, len)
    }

    #[inline]
    fn store(&mut self, at: u16, value: u8) {
        if usize::from(at) < size_of_val::<[u16]>(self.words) {
            let byte = self.words.as_mut_ptr().cast::<u8>();
            // SAFETY: `at` lies inside the words, which `self` borrows mutably.
            unsafe { byte.add(usize::from(at)).write_volatile(value) }
        }
    }

    #[inline]
    fn store_word(&mut self, at: u16, value: u16) {
        if let Some(word) = self.words.get_mut(usize::from(at / 2)) {
            // SAFETY: a reference is valid for writes and aligned.
            unsafe { core::ptr::from_mut(word).write_volatile(value.to_le()) }
        }
    }
    #[inline]
    fn direct(&mut self) -> &mut [u8] {
        let len = size_of_val::<[u16]>(self.words);
        // SAFETY: as in `as_bytes`, and `self` borrows the words mutably; every value of a byte
        // is part of a valid word.
        unsafe { core::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), len) }
    }
}
