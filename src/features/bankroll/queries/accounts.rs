//! SQL of accounts.

use sqlx::PgExecutor;
use sqlx::types::Json;

use crate::features::bankroll::ledger::{Account, AccountKind};
use crate::ids::{AccountId, UserId};
use crate::money::Currency;

/// One account.
pub async fn one(db: impl PgExecutor<'_>, owner: UserId, id: AccountId) -> sqlx::Result<Account> {
    sqlx::query_as!(
        Account,
        r#"
        select id as "id: AccountId", kind as "kind: AccountKind", name, currency as "currency: Currency", position,
               archived_at, version
        from accounts
        where user_id = $1 and id = $2
        "#,
        owner.0,
        id.0,
    )
    .fetch_one(db)
    .await
}

/// All accounts, in the user's order.
pub async fn all(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Account>> {
    sqlx::query_as!(
        Account,
        r#"
        select id as "id: AccountId", kind as "kind: AccountKind", name, currency as "currency: Currency", position,
               archived_at, version
        from accounts
        where user_id = $1
        order by position, created_at, id
        "#,
        owner.0,
    )
    .fetch_all(db)
    .await
}

/// Adds accounts. May violate `accounts_user_group_name_key`.
pub async fn insert(
    db: impl PgExecutor<'_>,
    owner: UserId,
    accounts: &[Account],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into accounts (id, user_id, kind, name, currency, position, archived_at, version)
        select id, $1, kind, name, currency, position, archived_at, version
        from jsonb_to_recordset($2) as t (
            id uuid, kind text, name text, currency text, position int, archived_at timestamptz, version int)
        "#,
        owner.0,
        Json(accounts) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
