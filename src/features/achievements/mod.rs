//! Badges and streaks: what somebody is given for keeping their books, not for playing.

mod archive;
mod card;
mod catalogue;
mod page;
mod queries;
mod rules;
mod service;
mod standing;
mod streak;

pub use archive::{BadgeRecord, restored};
pub use card::{Card, Summary};
pub use page::router;
pub use queries::{Facts, insert, unlocked};
pub use service::review;
pub use standing::Earned;
