//! SQL of the demo user, beside what other features lend.

use sqlx::PgExecutor;

/// The version of the exchange rates, which sessions read otherwise.
pub async fn rates_version(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!("select version from rates_state")
        .fetch_one(db)
        .await
}
