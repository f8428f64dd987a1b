//! Ed25519 keys (RFC 8032): who made an event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// The secret key of one agent on one machine; wiped when dropped.
pub struct Key(SigningKey);

impl Key {
    /// The key of a seed. The caller draws the seed from the system's randomness.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(SigningKey::from_bytes(&seed))
    }

    /// The seed, to be stored with the other secrets.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The half that others may see.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Short for `public().fingerprint()`.
    pub fn fingerprint(&self) -> String {
        self.public().fingerprint()
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// The public half of a [`Key`], as a `join` event carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads standard base64 of 32 bytes; `None` when it is no usable key. Keys of small order,
    /// for which a signature proves nothing, are not usable.
    pub fn from_base64(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    /// Standard base64 of the 32 bytes.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.as_bytes())
    }

    /// The first 16 bytes of the key's SHA-256 in hex: 32 characters. Names the key in events.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        hex(digest.iter().take(16))
    }

    /// Whether this key signed exactly these bytes.
    pub fn verify(&self, bytes: &[u8], signature: &[u8; SIGNATURE]) -> bool {
        self.0
            .verify_strict(bytes, &Signature::from_bytes(signature))
            .is_ok()
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).iter())
}

/// Lower-case hex.
pub(super) fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    bytes.flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        Key::from_seed([n; 32])
    }

    #[test]
    fn a_signature_holds_for_its_bytes_and_key_only() {
        let signature = key(1).sign(b"hello");
        assert!(key(1).public().verify(b"hello", &signature));
        assert!(!key(1).public().verify(b"hellO", &signature));
        assert!(!key(2).public().verify(b"hello", &signature));
        let mut bent = signature;
        bent[0] ^= 1;
        assert!(!key(1).public().verify(b"hello", &bent));
    }

    #[test]
    fn keys_travel_as_base64_and_seeds_come_back() {
        let public = key(3).public();
        assert_eq!(PublicKey::from_base64(&public.to_base64()), Some(public));
        assert_eq!(*key(3).seed(), [3; 32]);
        assert_eq!(key(3).fingerprint().len(), 32);
        for bad in ["", "AAAA", "not base64", &STANDARD.encode([0; 32])] {
            assert!(PublicKey::from_base64(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_secret_does_not_print() {
        assert!(!format!("{:?}", key(7)).contains("07070707"));
    }

    #[test]
    fn hashes_are_in_hex() {
        assert!(sha256_hex(b"").starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    }
}
