//! SQL of the dashboard.

use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::features::achievements::Facts;
use crate::features::goals;
use crate::features::recommendations::Answers;
use crate::ids::UserId;

/// What stands beside the ledger on the dashboard: few rows of several features, in one round trip.
pub struct Beside {
    /// What the user chose on the pages of stakes.
    pub choice: Option<Json<Answers>>,
    /// Those that are still to be reached, the first due first.
    pub goals: Json<Vec<goals::Row>>,
    /// What badges are judged by.
    pub badges: Json<Facts>,
}

/// All of it, of one user.
pub async fn beside(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Beside> {
    sqlx::query_as!(
        Beside,
        r#"
        select
            (select to_jsonb(c) from stakes_choices c where c.user_id = $1) as "choice: Json<Answers>",
            coalesce(
                (select jsonb_agg(
                    jsonb_build_object(
                        'id', id, 'kind', kind, 'account', account_id, 'name', name, 'target', target::text,
                        'currency', currency, 'since', since, 'due_on', due_on, 'started_on', started_on,
                        'status', status, 'completed_on', completed_on, 'archived_at', archived_at,
                        'created_at', created_at, 'version', version)
                    order by due_on, created_at, id)
                 from goals where user_id = $1 and status = 'active'),
                '[]') as "goals!: Json<Vec<goals::Row>>",
            (select to_jsonb(f) from badge_facts f where f.user_id = $1) as "badges!: Json<Facts>"
        "#,
        owner.0,
    )
    .fetch_one(db)
    .await
}
