//! The token that the forms of a session carry. Every page has it under another mask: a page is compressed together with
//! what its address says, so whoever chooses the address and sees how long the answer is could otherwise find out a text that
//! stands in all of them, letter by letter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

const LENGTH: usize = 32;

/// What only a page of this session knows.
#[derive(Clone, Copy)]
pub struct FormToken([u8; LENGTH]);

impl FormToken {
    /// The token of this session.
    pub(super) fn new(tag: [u8; LENGTH]) -> Self {
        Self(tag)
    }

    /// The text for one page: a mask, and the token under it. `None` without random numbers.
    pub fn masked(self) -> Option<String> {
        let mut mask = [0; LENGTH];
        getrandom::fill(&mut mask).ok()?;
        let text = [mask, under(mask, self.0)].concat();
        Some(URL_SAFE_NO_PAD.encode(text))
    }

    /// Whether this is the token, under whatever mask. Takes a time that says nothing about it.
    pub fn is(self, sent: &str) -> bool {
        let Some((mask, token)) = URL_SAFE_NO_PAD
            .decode(sent)
            .ok()
            .and_then(|text| halves(&text))
        else {
            return false;
        };
        under(mask, token).ct_eq(&self.0).into()
    }
}

fn halves(text: &[u8]) -> Option<([u8; LENGTH], [u8; LENGTH])> {
    let (mask, token) = text.split_at_checked(LENGTH)?;
    Some((mask.try_into().ok()?, token.try_into().ok()?))
}

fn under(mask: [u8; LENGTH], token: [u8; LENGTH]) -> [u8; LENGTH] {
    std::array::from_fn(|i| mask[i] ^ token[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_under_every_mask() {
        let token = FormToken::new([7; LENGTH]);
        let (one, other) = (token.masked().unwrap(), token.masked().unwrap());
        assert_ne!(one, other);
        assert!(token.is(&one) && token.is(&other));
    }

    #[test]
    fn nothing_else_is() {
        let token = FormToken::new([7; LENGTH]);
        let of_another = FormToken::new([8; LENGTH]).masked().unwrap();
        let cut = token.masked().unwrap().split_off(43);
        let plain = URL_SAFE_NO_PAD.encode([7; LENGTH]);
        for sent in ["", "?", &of_another, &cut, &plain] {
            assert!(!token.is(sent), "{sent}");
        }
    }

    /// No text of the token is the same in two pages, wherever it stands.
    #[test]
    fn two_masked_tokens_have_nothing_in_common() {
        let token = FormToken::new(std::array::from_fn(|i| u8::try_from(i).unwrap()));
        let pages: Vec<String> = (0..50).map(|_| token.masked().unwrap()).collect();
        let parts = |page: &str| -> std::collections::HashSet<String> {
            let letters = page.as_bytes().windows(8);
            letters
                .map(|eight| String::from_utf8_lossy(eight).into_owned())
                .collect()
        };
        for (i, one) in pages.iter().enumerate() {
            for other in &pages[i + 1..] {
                assert!(parts(one).is_disjoint(&parts(other)));
            }
        }
    }
}
