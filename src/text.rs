//! Lines of text, what people call things, and the characters that neither may have.

use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, VariationSelector};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Why a text is refused. It displays as a sentence for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    Empty,
    /// It has more characters than this.
    TooLong(usize),
    /// It has a line break or another character that ends or steers something.
    Control,
    /// It has a mark that turns around what follows it.
    TurnsAround,
    /// Nothing of it can be seen.
    Unseen,
    /// Something in it cannot be seen.
    PartlyUnseen,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unfit::Empty => "Type something here.",
            Unfit::TooLong(most) => {
                return write!(f, "This is too long: {most} characters at most.");
            }
            Unfit::Control => {
                "This has a character that cannot be saved, such as a line break. Leave it out."
            }
            Unfit::TurnsAround => {
                "This has an unseen mark that turns text around. Type it instead of pasting it."
            }
            Unfit::Unseen => "This would look empty. Type something that can be seen.",
            Unfit::PartlyUnseen => {
                "This has a character that cannot be seen. Type it instead of pasting it."
            }
        })
    }
}

impl std::error::Error for Unfit {}

/// Text on one line, trimmed, of at most `max` characters. Empty is allowed.
pub fn optional_line(text: &str, max: usize) -> Result<String, Unfit> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Unfit::Control);
    }
    if text.chars().any(turns_around) {
        return Err(Unfit::TurnsAround);
    }
    if text.chars().count() > max {
        return Err(Unfit::TooLong(max));
    }
    Ok(text.to_owned())
}

/// Text on one line, trimmed, of 1 to `max` characters.
pub fn line(text: &str, max: usize) -> Result<String, Unfit> {
    match optional_line(text, max)? {
        text if text.is_empty() => Err(Unfit::Empty),
        text => Ok(text),
    }
}

/// What people call an account, a goal, a passkey, a tag or themselves: a line of 1 to `max` characters of which something
/// can be seen, and nothing is there that cannot. Names may be in any script, and emoji.
pub fn name(text: &str, max: usize) -> Result<String, Unfit> {
    let name = line(text, max)?;
    if name.chars().all(|c| is_unseen(c) || is_blank(c)) {
        return Err(Unfit::Unseen);
    }
    if name.chars().any(|c| is_unseen(c) && !joins(c)) {
        return Err(Unfit::PartlyUnseen);
    }
    Ok(name)
}

/// A name, or nothing.
pub fn optional_name(text: &str, max: usize) -> Result<String, Unfit> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        name(text, max)
    }
}

/// Whether a character turns around what follows it, also beyond the text that it is in.
pub fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether nothing is drawn for a character, and it is no space: marks of direction, joiners, fillers, controls.
pub fn is_unseen(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || c.is_control()
        || matches!(c, '\u{fff9}'..='\u{fffb}')
}

/// Whether something can be unseen and still be needed: what joins or parts letters in Persian and in Indian scripts, and
/// puts emoji and flags together.
fn joins(c: char) -> bool {
    matches!(
        c,
        '\u{200c}' | '\u{200d}' | '\u{34f}' | '\u{e0020}'..='\u{e007f}'
    ) || CodePointSetData::new::<VariationSelector>().contains(c)
}

/// Whether nothing of a character can be seen by itself: spaces, the empty pattern of Braille, and marks that stand on the
/// letter before them.
fn is_blank(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_mark = matches!(
        category,
        GeneralCategory::NonspacingMark
            | GeneralCategory::EnclosingMark
            | GeneralCategory::SpacingMark
    );
    c.is_whitespace() || c == '\u{2800}' || is_mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_any_script_and_emoji() {
        for text in [
            "PokerStars",
            "חדר פוקר",
            "بنك الفتح",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}👩\u{200d}👧 Family",
            "❤\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "e\u{301}te\u{301}",
            "ไทย",
            "한국",
            "7",
            "♠",
            "\u{601}١٢",
        ] {
            assert_eq!(name(text, 50).as_deref(), Ok(text), "{text:?}");
        }
    }

    #[test]
    fn names_that_deceive_or_look_empty_are_refused() {
        for text in [
            "Stars\u{202e}",
            "\u{202a}Stars\u{202c}",
            "\u{2066}Stars\u{2069}",
            "Sta\u{200b}rs",
            "Stars\u{feff}",
            "Sta\u{ad}rs",
            "Stars\u{200e}",
            "Stars\u{61c}",
            "Sta\u{2060}rs",
            "Stars\u{3164}",
            "Sta\u{fff9}rs",
            "Sta\u{0}rs",
        ] {
            assert!(name(text, 50).is_err(), "{text:?}");
        }
        for text in [
            "",
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{200d}\u{200c}",
            "\u{ad}",
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{2800}",
            "\u{301}\u{308}",
            "\u{fe0f}",
            "\u{93e}",
        ] {
            assert!(name(text, 50).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_note_may_hold_what_a_name_may_not_but_turns_nothing_around() {
        for text in ["", "\u{200f}שלום", "soft\u{ad}hyphen", "\u{3164}"] {
            assert_eq!(optional_line(text, 50).as_deref(), Ok(text), "{text:?}");
        }
        for text in ["\u{202e}gnp.exe", "a\u{2067}b", "a\nb"] {
            assert!(optional_line(text, 50).is_err(), "{text:?}");
        }
    }
}
