//! A fingerprint of files, to know whether something has to be built again. FNV-1a over names and contents.

use std::fs;
use std::path::Path;

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The fingerprint so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// Of nothing.
    pub fn new() -> Self {
        Self(OFFSET)
    }

    /// With these bytes, and a mark of where they end.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes.iter().chain(&bytes.len().to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
        self
    }

    /// With a file, or all files below a folder, in the order of their names. What is absent counts as absent.
    pub fn path(self, path: &Path) -> Self {
        if path.is_dir() {
            let mut inside: Vec<_> = fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            inside.sort();
            return inside.iter().fold(self, |digest, path| digest.path(path));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let digest = self.bytes(name.as_bytes());
        fs::read(path).map_or(digest, |content| digest.bytes(&content))
    }

    /// As text.
    pub fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_contents_and_borders() {
        let one = Digest::new().bytes(b"ab").bytes(b"c");
        assert_ne!(one, Digest::new().bytes(b"a").bytes(b"bc"));
        assert_ne!(one, Digest::new().bytes(b"ab").bytes(b"d"));
        assert_eq!(one, Digest::new().bytes(b"ab").bytes(b"c"));
    }
}
