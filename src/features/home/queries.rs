//! SQL of the dashboard.

use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::features::recommendations::Answers;
use crate::ids::UserId;

/// What stands beside the ledger on the dashboard: few rows of several features, in one round trip.
pub struct Beside {
    /// What the user chose on the pages of stakes.
    pub choice: Option<Json<Answers>>,
}

/// All of it, of one user.
pub async fn beside(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Beside> {
    sqlx::query_as!(
        Beside,
        r#"
        select (select to_jsonb(c) from stakes_choices c where c.user_id = $1) as "choice: Json<Answers>"
        "#,
        owner.0,
    )
    .fetch_one(db)
    .await
}
