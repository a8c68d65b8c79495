//! The day of the week on which somebody checks their balances.

use serde::{Deserialize, Serialize};

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum CheckDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl CheckDay {
    /// Every one, in the order of a week.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The text in forms, in the database and in exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }

    /// On a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Monday => "On Mondays",
            Self::Tuesday => "On Tuesdays",
            Self::Wednesday => "On Wednesdays",
            Self::Thursday => "On Thursdays",
            Self::Friday => "On Fridays",
            Self::Saturday => "On Saturdays",
            Self::Sunday => "On Sundays",
        }
    }
}
