//! One type for each key, so that an account's cannot stand where an entry's is meant.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A user. Shown to administrators only.
    UserId(i64)
);
id!(
    /// An account that holds money.
    AccountId(Uuid)
);
id!(
    /// A row of the ledger.
    EntryId(Uuid)
);
id!(
    /// What the two rows of a transfer share.
    TransferId(Uuid)
);
id!(
    /// A saved change, which can be undone.
    ChangeId(Uuid)
);
id!(
    /// A level of cash games. Shown to administrators only.
    LevelId(i64)
);
id!(
    /// A tournament's buy-in in a room. Shown to administrators only.
    BuyInId(i64)
);
id!(
    /// Something that a user wants to reach.
    GoalId(Uuid)
);

/// Keys that the program makes are random: nobody can guess another's.
macro_rules! random {
    ($($name:ident),*) => {$(
        impl $name {
            /// A new key.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }
    )*};
}

random!(AccountId, EntryId, TransferId, ChangeId, GoalId);
