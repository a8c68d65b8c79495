//! What happened while nobody was looking: kept until it is told, once, on the next page that the user opens.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::ids::UserId;

/// A toast that nothing the user has just done asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened, in a few words.
    pub text: String,
    /// What else there is to say; may be empty.
    pub detail: String,
    /// Our page that shows more.
    pub path: String,
}

/// At most so many are told at once; the others come with the next page.
const AT_ONCE: i64 = 3;

/// Keeps a notice for the user's next page.
pub async fn put(
    db: &mut PgConnection,
    owner: UserId,
    notice: &Notice,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into notices (user_id, text, detail, path, made_at) values ($1, $2, $3, $4, $5)",
        owner.0,
        notice.text,
        notice.detail,
        notice.path,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes back what waits to be told of a page: it is not true any more.
pub async fn forget(db: &mut PgConnection, owner: UserId, path: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notices where user_id = $1 and path = $2",
        owner.0,
        path
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Those that are to be told next, with their keys.
pub async fn next(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<(Vec<i64>, Vec<Notice>)> {
    let rows = sqlx::query!(
        "select id, text, detail, path from notices where user_id = $1 order by id limit $2",
        owner.0,
        AT_ONCE
    )
    .fetch_all(db)
    .await?;
    let told = rows.into_iter().map(|row| {
        let (text, detail, path) = (row.text, row.detail, row.path);
        (row.id, Notice { text, detail, path })
    });
    Ok(told.unzip())
}

/// Those are told.
pub async fn told(db: impl PgExecutor<'_>, owner: UserId, keys: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notices where user_id = $1 and id = any($2)",
        owner.0,
        keys
    )
    .execute(db)
    .await?;
    Ok(())
}
