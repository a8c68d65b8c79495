//! Passwords that attackers try first, compiled in: no other server learns what anybody types.
//!
//! `common-passwords.txt.gz` holds 49,233 of them, the most frequent first; `LISTS.md` beside it says where they come
//! from. Few are long enough to be chosen here, so what people make of short ones to lengthen them is refused as well: the
//! same twice, and lines of keys. A password is compared by its plain form, in which `Password2024!` and
//! `p4ssw0rd` are the same, so that each stands for all of its variants.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use unicode_normalization::UnicodeNormalization;
use xorf::{BinaryFuse32, Filter};

static LIST: &[u8] = include_bytes!("common-passwords.txt.gz");

/// 32 bits for each plain form: takes some 500 KiB, and finds what is not among them once in four thousand million times.
/// Made when it is first asked: see [`prepare`].
static FILTER: LazyLock<BinaryFuse32> = LazyLock::new(|| {
    let mut keys: Vec<u64> = refused().iter().map(|text| key(&plain(text))).collect();
    keys.sort_unstable();
    keys.dedup();
    BinaryFuse32::try_from(keys).expect("the list is compiled in, and a test makes this filter")
});

/// Makes the filter. For a thread that nobody waits for.
pub fn prepare() {
    LazyLock::force(&FILTER);
}

/// Whether a password, or one that differs only in case, leet, spaces, or digits and symbols at its end, is in the list.
pub fn holds(password: &str) -> bool {
    FILTER.contains(&key(&plain(password)))
}

/// The list, one password on each line.
fn listed() -> String {
    let mut text = String::new();
    GzDecoder::new(LIST)
        .read_to_string(&mut text)
        .expect("the list is compiled in, and a test reads it");
    text
}

/// Lines of keys as fingers walk them on the usual keyboards: along the rows, and down the columns.
const WALKS: [&str; 12] = [
    "1234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1qay2wsx3edc4rfv5tgb6zhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
    "abcdefghijklmnopqrstuvwxyz",
];

/// The list, each line of it twice, and every stretch of six keys or more, of one walk or of two after one another, there
/// and back.
fn refused() -> Vec<String> {
    let listed = listed();
    let twice = listed.lines().map(|line| line.repeat(2));
    let mut all: Vec<String> = listed.lines().map(str::to_owned).chain(twice).collect();
    let there_and_back = WALKS
        .iter()
        .flat_map(|walk| [(*walk).to_owned(), walk.chars().rev().collect()]);
    let walks: Vec<String> = there_and_back.collect();
    for first in &walks {
        for second in &walks {
            all.push(format!("{first}{second}"));
        }
        for from in 0..first.len() {
            all.extend(
                (from + 6..=first.len()).filter_map(|to| first.get(from..to).map(str::to_owned)),
            );
        }
    }
    all
}

fn key(plain: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    plain.hash(&mut hasher);
    hasher.finish()
}

/// The plain form: small letters, without digits and symbols at the end, leet undone, nothing between the letters.
/// Where hardly any letters would be left, as in `123456789012` and `abc123456789`, the end stays.
fn plain(password: &str) -> String {
    let small = password.nfkc().collect::<String>().to_lowercase();
    let word = small.trim_end_matches(|c: char| !c.is_alphabetic());
    let word = if word.chars().filter(|c| c.is_alphabetic()).count() < 4 {
        &small
    } else {
        word
    };
    let plain: String = word
        .chars()
        .map(unleet)
        .filter(|c| c.is_alphanumeric())
        .collect();
    // Nothing but symbols: each is itself.
    if plain.is_empty() { small } else { plain }
}

/// The letter that a digit or symbol stands for. `1` is written for `i` and for `l`, so those two become one.
fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_refused_as_must_be() {
        assert_eq!(listed().lines().count(), 49_233);
        let mut all = refused();
        all.sort();
        all.dedup();
        assert!(all.len() >= 100_000, "{}", all.len());
        let long = |text: &&String| text.chars().count() >= super::super::password::FEWEST;
        let long = all.iter().filter(long).count();
        assert!(long >= 3_000, "{long}");
        let mut distinct: Vec<String> = all.iter().map(|text| plain(text)).collect();
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() > 80_000, "{}", distinct.len());
    }

    /// Fails without the lines that stand twice, and without the walks.
    #[test]
    fn what_only_lengthens_a_common_password_is_refused() {
        for password in [
            "dragondragon",
            "Monkey1Monkey1",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc4rfv",
            "poiuytrewq2024!!",
        ] {
            assert!(holds(password), "{password}");
        }
    }

    #[test]
    fn the_filter_knows_every_line_and_hardly_anything_else() {
        for text in refused() {
            assert!(holds(&text), "{text}");
        }
        assert!(FILTER.fingerprints.len() * size_of::<u32>() <= 1024 * 1024);
        let wrong = (0..1_000_000_u64)
            .filter(|n| FILTER.contains(&key(&format!("no such password {n}"))))
            .count();
        assert!(wrong <= 1, "{wrong} of a million are false");
    }

    /// Fails without `unleet` or without the trimming in `plain`.
    #[test]
    fn variants_of_one_password_have_one_plain_form() {
        for variant in [
            "leavemealone",
            "LeaveMeAlone",
            "leavemealone2024!",
            "l34v3m34lone",
            "Leave me alone!!!",
            "leave-me-alone #1",
            "ｌｅａｖｅｍｅａｌｏｎｅ",
        ] {
            assert_eq!(plain(variant), "ieavemeaione", "{variant}");
            assert!(holds(variant), "{variant}");
        }
        assert!(holds("p@$$w0rd123456"));
        assert!(holds("qwerty 1234567890"));
    }

    #[test]
    fn what_is_mostly_digits_is_compared_whole() {
        assert_eq!(plain("abc123456789"), "abci2easgtbg");
        assert!(holds("123456654321"));
        assert!(!holds("abc 407 119 253 8"));
    }

    #[test]
    fn words_that_only_start_like_a_common_password_are_not_common() {
        for password in [
            "four plain random words",
            "dragon saddle 7 fjord",
            "password of nobody here",
        ] {
            assert!(!holds(password), "{password}");
        }
    }
}
