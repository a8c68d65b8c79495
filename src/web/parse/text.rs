//! Lines of text, and the characters that they may have.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether nothing is drawn for a character, and it is no space: marks of direction, joiners, fillers, controls.
pub fn is_unseen(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(category, GeneralCategory::Control | GeneralCategory::Format)
}
