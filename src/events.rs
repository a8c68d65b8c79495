//! What happened that other features want to know of. Whoever writes puts the event down in the same transaction with
//! [`crate::jobs::enqueue`]; what follows from it is listed in [`crate::schedule`].

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// A user's accounts, entries, own rates or goals are not what they were, or are looked at in another currency or zone, or
/// at other rates.
#[derive(Debug, Serialize, Deserialize)]
pub struct LedgerChanged {
    pub owner: UserId,
}

/// The exchange rates that everybody shares are not what they were.
#[derive(Debug, Serialize, Deserialize)]
pub struct RatesChanged {}
