//! What an artefact was made of, and whether it is whole.
//!
//! The file is magic, format version (u16), hashes of model, data and options, body, and the
//! SHA-256 of all that; integers are little-endian.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::options::Options;

/// Version of the format. A file of another version is not read.
pub const VERSION: u16 = 1;

/// First bytes of every version; the line end shows a transfer as text.
const MAGIC: [u8; 8] = *b"freeml\r\n";

/// Bytes before the body.
const HEADER: usize = MAGIC.len() + 2 + 3 * HASH;

/// Bytes of a hash.
const HASH: usize = 32;

type Hash = [u8; HASH];

/// Model, data and options, by their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    model: Hash,
    /// All zeros without data.
    data: Hash,
    options: Hash,
}

/// Why a file cannot be used, whatever it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// It is no artefact.
    Foreign,
    /// It has the format of another version.
    Version(u16),
    /// Bytes are missing or changed.
    Damaged,
    /// It cannot be read.
    Unreadable(String),
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Defect::Foreign => f.write_str("is no artefact of freeml"),
            Defect::Version(version) => {
                write!(f, "has format {version}, and this version of freeml reads {VERSION}")
            }
            Defect::Damaged => f.write_str("is damaged: its checksum does not match"),
            Defect::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

impl Key {
    /// The key of these contents, data being optional.
    pub fn new(model: &[u8], data: Option<&[u8]>, options: &Options) -> Self {
        Key {
            model: Sha256::digest(model).into(),
            data: data.map_or([0; HASH], |data| Sha256::digest(data).into()),
            options: Sha256::digest(options.recipe()).into(),
        }
    }

    /// 16 hexadecimal digits that stand for key and format.
    pub fn digits(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(VERSION.to_le_bytes());
        for part in [&self.model, &self.data, &self.options] {
            hash.update(part);
        }
        let hash: [u8; HASH] = hash.finalize().into();
        let first = hash.first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(first))
    }

    /// Whether there is data.
    pub fn has_data(&self) -> bool {
        self.data != [0; HASH]
    }

    /// What differs from `other`.
    pub fn differences(&self, other: &Key) -> Vec<&'static str> {
        let parts = [
            ("model", self.model != other.model),
            ("data", self.data != other.data),
            ("options", self.options != other.options),
        ];
        parts.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
    }
}

/// A whole file.
pub fn seal(key: &Key, body: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    for part in [&key.model, &key.data, &key.options] {
        bytes.extend(part);
    }
    bytes.extend(body);
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

/// Key and body of a file.
pub fn open(bytes: &[u8]) -> Result<(Key, &[u8]), Defect> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(Defect::Foreign)?;
    let (version, _) = rest.split_first_chunk().ok_or(Defect::Damaged)?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(Defect::Version(version));
    }
    let (content, checksum) = bytes.split_last_chunk::<HASH>().ok_or(Defect::Damaged)?;
    if Sha256::digest(content)[..] != checksum[..] {
        return Err(Defect::Damaged);
    }
    let body = content.get(HEADER..).ok_or(Defect::Damaged)?;
    let mut hashes = content[MAGIC.len() + 2..HEADER].chunks_exact(HASH);
    let mut hash = || hashes.next().and_then(|hash| Hash::try_from(hash).ok()).unwrap_or_default();
    Ok((Key { model: hash(), data: hash(), options: hash() }, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(b"model", Some(b"data"), &Options::new("", "net.onnx"))
    }

    #[test]
    fn any_changed_or_missing_byte_shows() {
        let file = seal(&key(), b"body");
        assert_eq!(open(&file), Ok((key(), &b"body"[..])));
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            assert!(open(&changed).is_err(), "byte {at}");
            assert!(open(&file[..at]).is_err(), "{at} bytes");
        }
        assert_eq!(open(b"<html>"), Err(Defect::Foreign));
        let mut newer = file;
        newer[MAGIC.len()] = 9;
        assert_eq!(open(&newer), Err(Defect::Version(9)));
    }

    #[test]
    fn keys_tell_what_differs() {
        let options = Options::new("elsewhere", "dir/net.onnx");
        assert_eq!(key(), Key::new(b"model", Some(b"data"), &options));
        let mut other = options.clone();
        other.seed = 1;
        let differences = |key: Key| self::key().differences(&key);
        assert_eq!(differences(Key::new(b"model", Some(b"data"), &other)), ["options"]);
        assert_eq!(differences(Key::new(b"model", None, &options)), ["data"]);
        assert_eq!(differences(Key::new(b"", Some(b""), &options)), ["model", "data"]);
        assert_eq!(key().digits().len(), 16);
        assert_ne!(key().digits(), Key::new(b"model", None, &options).digits());
    }
}
