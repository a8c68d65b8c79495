//! SQL of lists of entries: their rows, their words.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::features::bankroll::ledger::EntryKind;
use crate::ids::{AccountId, EntryId, UserId};
use crate::money::Currency;

/// What is asked of the words beside an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub tag: Option<String>,
    /// Part of the note, whatever its case.
    pub text: Option<String>,
}

impl Words {
    /// Whether nothing is asked of them.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn pattern(&self) -> Option<String> {
        let escaped = |text: &String| {
            text.replace('\\', "\\\\")
                .replace('%', "\\%")
                .replace('_', "\\_")
        };
        self.text
            .as_ref()
            .map(|text| format!("%{}%", escaped(text)))
    }
}

/// A row of a list of entries.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: EntryId,
    pub account: Option<AccountId>,
    pub kind: EntryKind,
    pub amount: Decimal,
    pub currency: Currency,
    pub occurred_at: DateTime<Utc>,
    pub note: String,
    pub tags: Vec<String>,
    /// The account on the other side of a transfer.
    pub other: Option<AccountId>,
}

/// Certain entries, in the order of their keys here.
pub async fn listed(
    db: impl PgExecutor<'_>,
    owner: UserId,
    ids: &[EntryId],
) -> sqlx::Result<Vec<Listed>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Listed,
        r#"
        select e.id as "id: EntryId", e.account_id as "account: AccountId", e.kind as "kind: EntryKind",
               e.amount, e.currency as "currency: Currency", e.occurred_at, e.note, e.tags,
               (select o.account_id from entries o
                where o.transfer_id = e.transfer_id and o.id <> e.id) as "other: AccountId"
        from entries e
        where e.user_id = $1 and e.id = any($2)
        order by array_position($2, e.id)
        "#,
        owner.0,
        &ids,
    )
    .fetch_all(db)
    .await
}

/// The keys of all entries with such words, in no order.
pub async fn with_words(
    db: impl PgExecutor<'_>,
    owner: UserId,
    words: &Words,
) -> sqlx::Result<Vec<EntryId>> {
    sqlx::query_scalar!(
        r#"
        select id as "id: EntryId"
        from entries
        where user_id = $1
          and ($2::text is null or tags @> array[$2])
          and ($3::text is null or note ilike $3)
        "#,
        owner.0,
        words.tag.as_deref(),
        words.pattern(),
    )
    .fetch_all(db)
    .await
}

/// Whether the user has any entry.
pub async fn has_any(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from entries where user_id = $1) as "any!""#,
        owner.0
    )
    .fetch_one(db)
    .await
}

/// The tags that the user's entries have, the most used first.
pub async fn tags(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select tag as "tag!"
        from entries, unnest(tags) as tag
        where user_id = $1 and tags <> '{}'
        group by tag
        order by count(*) desc, tag
        limit 30
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// The account that the newest entry was made on.
pub async fn last_used(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Option<AccountId>> {
    let newest = sqlx::query_scalar!(
        r#"
        select account_id as "account: AccountId"
        from entries
        where user_id = $1 and account_id is not null
        order by position desc
        limit 1
        "#,
        owner.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(newest.flatten())
}
