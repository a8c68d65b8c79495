//! Encrypts what the database keeps and nobody may read there: mails that wait, secrets of second factors.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use anyhow::{Context, anyhow, ensure};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Which derivation of the key a sealed text was made with: the first byte of it.
const VERSION: u8 = 1;
const NONCE: usize = 12;

/// What a sealed text is for. A text that was sealed for one purpose cannot be opened for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Mail,
    SecondFactor,
}

impl Purpose {
    fn as_bytes(self) -> &'static [u8] {
        match self {
            Purpose::Mail => b"mail",
            Purpose::SecondFactor => b"second factor",
        }
    }
}

/// AES-256-GCM under a key that is derived from the secret key: a version, a random nonce, the text and its tag.
pub fn seal(secret: &[u8], purpose: Purpose, text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|error| anyhow!("no random numbers: {error}"))?;
    let payload = Payload {
        msg: text,
        aad: purpose.as_bytes(),
    };
    let sealed = cipher(secret, purpose)?
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| anyhow!("could not encrypt"))?;
    Ok([&[VERSION][..], &nonce, &sealed].concat())
}

/// The text again. Fails when the secret key is another one, or anything has been changed.
pub fn open(secret: &[u8], purpose: Purpose, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
    let [version, rest @ ..] = sealed else {
        return Err(anyhow!("nothing was sealed"));
    };
    ensure!(*version == VERSION, "sealed in a way that is not known");
    let (nonce, text) = rest
        .split_at_checked(NONCE)
        .context("a sealed text is cut off")?;
    let payload = Payload {
        msg: text,
        aad: purpose.as_bytes(),
    };
    cipher(secret, purpose)?
        .decrypt(Nonce::from_slice(nonce), payload)
        .map_err(|_| anyhow!("sealed with another key, or changed since"))
}

fn cipher(secret: &[u8], purpose: Purpose) -> anyhow::Result<Aes256Gcm> {
    let key = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret)?
        .chain_update(b"seal:")
        .chain_update(purpose.as_bytes())
        .finalize()
        .into_bytes();
    Aes256Gcm::new_from_slice(&key).map_err(|_| anyhow!("a key has the wrong length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open_what_was_sealed() {
        let sealed = seal(b"secret", Purpose::Mail, b"a link").unwrap();
        assert_eq!(open(b"secret", Purpose::Mail, &sealed).unwrap(), b"a link");
        assert!(open(b"other", Purpose::Mail, &sealed).is_err());
        assert!(open(b"secret", Purpose::SecondFactor, &sealed).is_err());
        assert!(!sealed.windows(6).any(|part| part == b"a link"));
    }

    #[test]
    fn whatever_was_changed_does_not_open() {
        let sealed = seal(b"secret", Purpose::Mail, b"a link").unwrap();
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert!(
                open(b"secret", Purpose::Mail, &changed).is_err(),
                "byte {i}"
            );
            assert!(open(b"secret", Purpose::Mail, &sealed[..i]).is_err());
        }
        let again = seal(b"secret", Purpose::Mail, b"a link").unwrap();
        assert_ne!(sealed, again);
    }
}
