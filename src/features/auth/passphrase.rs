//! Passphrases for those who do not want to think of a password: five words of the long list of the Electronic Frontier
//! Foundation (`LISTS.md`), drawn by the system's random numbers.

use std::fmt;
use std::sync::LazyLock;

use anyhow::anyhow;

/// Five of 7,776 words are worth 64.6 bits.
const WORDS: usize = 5;

static LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("eff-large-wordlist.txt").lines().collect());

/// A password that was made here. The only one that a page may show.
#[derive(Clone)]
pub struct Passphrase(String);

impl fmt::Display for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase")
    }
}

/// A new passphrase, kept nowhere.
pub fn propose() -> anyhow::Result<Passphrase> {
    let mut words = Vec::with_capacity(WORDS);
    while words.len() < WORDS {
        let random = getrandom::u32().map_err(|error| anyhow!("no random numbers: {error}"))?;
        words.extend(word(random));
    }
    Ok(Passphrase(words.join(" ")))
}

/// The word that a random number draws, each as likely as the others: of 13 bits, what is beyond the list draws none.
/// A remainder would draw the first words more often.
fn word(random: u32) -> Option<&'static str> {
    LIST.get(random as usize & 0x1fff).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::super::password::{About, check};
    use super::*;

    #[test]
    fn the_list_is_the_whole_one_and_five_words_are_worth_64_bits() {
        let distinct: HashSet<&&str> = LIST.iter().collect();
        assert_eq!((LIST.len(), distinct.len()), (7_776, 7_776));
        assert!(LIST.iter().all(|word| {
            (3..=9).contains(&word.len())
                && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        }));
        let words = i32::try_from(WORDS).unwrap();
        assert!(7_776_f64.powi(words).log2() > 64.0);
    }

    /// Fails if `word` takes a remainder instead of 13 bits.
    #[test]
    fn every_word_is_as_likely_as_every_other() {
        let mut drawn: HashMap<&str, u32> = HashMap::new();
        for random in 0..=u32::from(u16::MAX) {
            if let Some(word) = word(random) {
                *drawn.entry(word).or_default() += 1;
            }
        }
        assert_eq!(drawn.len(), 7_776);
        assert!(drawn.values().all(|times| *times == 8));
    }

    #[test]
    fn a_passphrase_is_five_listed_words_and_always_a_good_password() {
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let passphrase = propose().unwrap().to_string();
            let words: Vec<&str> = passphrase.split(' ').collect();
            assert_eq!(words.len(), WORDS);
            assert!(words.iter().all(|word| LIST.contains(word)), "{passphrase}");
            assert_eq!(
                check(&passphrase, &About::default()).as_deref(),
                Ok(&*passphrase)
            );
            assert!(seen.insert(passphrase));
        }
    }
}
