//! SQL of goals. Every statement names the owner, but the one that asks who has any.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use super::goal::{Aim, Goal, Kind, Status};
use crate::ids::{AccountId, GoalId, UserId};
use crate::jobs::Slip;
use crate::money::Currency;

/// A row of the table.
#[derive(Debug, Deserialize)]
pub struct Row {
    id: GoalId,
    kind: Kind,
    account: Option<AccountId>,
    name: String,
    /// As JSON it is text, so that nothing makes a float of it.
    #[serde(with = "rust_decimal::serde::str")]
    target: Decimal,
    currency: Currency,
    since: Option<NaiveDate>,
    due_on: NaiveDate,
    started_on: NaiveDate,
    status: Status,
    completed_on: Option<NaiveDate>,
    archived_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    version: i32,
}

impl From<Row> for Goal {
    fn from(row: Row) -> Self {
        Goal {
            id: row.id,
            aim: Aim {
                kind: row.kind,
                account: row.account,
                name: row.name,
                target: row.target.normalize(),
                currency: row.currency,
                since: row.since,
                due_on: row.due_on,
            },
            started_on: row.started_on,
            status: row.status,
            completed_on: row.completed_on,
            archived_at: row.archived_at,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

async fn chosen(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: Option<GoalId>,
    status: Option<Status>,
) -> sqlx::Result<Vec<Goal>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id: GoalId", kind as "kind: Kind", account_id as "account: AccountId", name, target,
               currency as "currency: Currency", since, due_on, started_on, status as "status: Status", completed_on,
               archived_at, created_at, version
        from goals
        where user_id = $1 and ($2::uuid is null or id = $2) and ($3::text is null or status = $3)
        order by due_on, created_at, id
        "#,
        owner.0,
        id.map(|id| id.0),
        status as Option<Status>,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Goal::from).collect())
}

/// All goals of a user, by the day they are due.
pub async fn all(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Goal>> {
    chosen(db, owner, None, None).await
}

/// Those that are still to be reached, the first due first.
pub async fn active(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Vec<Goal>> {
    chosen(db, owner, None, Some(Status::Active)).await
}

/// One goal, if it is there and the user's.
pub async fn find(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: GoalId,
) -> sqlx::Result<Option<Goal>> {
    Ok(chosen(db, owner, Some(id), None).await?.pop())
}

/// Everybody who has a goal that is still to be reached.
pub async fn owners(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<UserId>> {
    sqlx::query_scalar!(
        r#"select distinct user_id as "user_id: UserId" from goals where status = 'active' order by 1"#
    )
    .fetch_all(db)
    .await
}

/// What a new goal stands on.
pub struct Ground {
    /// Grows with every change of the user's goals.
    pub version: i64,
    /// How many goals there are, of whatever status.
    pub count: i64,
    /// The one that has the new one's key already.
    pub taken: Option<Goal>,
}

/// That of a goal that is to have a key.
pub async fn ground(db: impl PgExecutor<'_>, owner: UserId, id: GoalId) -> sqlx::Result<Ground> {
    let row = sqlx::query!(
        r#"
        select page_version, (select count(*) from goals where user_id = $1) as "count!",
               (select jsonb_build_object(
                    'id', id, 'kind', kind, 'account', account_id, 'name', name, 'target', target::text,
                    'currency', currency, 'since', since, 'due_on', due_on, 'started_on', started_on, 'status', status,
                    'completed_on', completed_on, 'archived_at', archived_at, 'created_at', created_at,
                    'version', version)
                from goals where user_id = $1 and id = $2) as "taken?: Json<Row>"
        from users
        where id = $1
        "#,
        owner.0,
        id.0,
    )
    .fetch_one(db)
    .await?;
    Ok(Ground {
        version: row.page_version,
        count: row.count,
        taken: row.taken.map(|row| row.0.into()),
    })
}

/// Adds a goal, with the job that follows, if its ground is still at a version: `None` if it is not. `false` if its key
/// is somebody else's.
pub async fn add(
    db: impl PgExecutor<'_>,
    owner: UserId,
    version: i64,
    goal: &Goal,
    follows: &Slip,
) -> sqlx::Result<Option<bool>> {
    let aim = &goal.aim;
    sqlx::query_scalar!(
        r#"
        with owner as (
            update users set page_version = page_version + 1 where id = $1 and page_version = $2
            returning id
        ), goal as (
            insert into goals (id, user_id, kind, account_id, name, target, currency, since, due_on, started_on, status,
                               created_at, version)
            select $3, o.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 from owner o
            on conflict (id) do nothing
            returning id
        )
        select g.id is not null as "is_new!"
        from owner
        left join (select id, put_job($15, $16, $17, $18, null) from goal) g on true
        "#,
        owner.0,
        version,
        goal.id.0,
        aim.kind as Kind,
        aim.account.map(|id| id.0),
        aim.name,
        aim.target,
        aim.currency.code(),
        aim.since,
        aim.due_on,
        goal.started_on,
        goal.status as Status,
        goal.created_at,
        goal.version,
        follows.name,
        follows.payload,
        follows.tries,
        follows.key.as_deref(),
    )
    .fetch_optional(db)
    .await
}

/// Adds a goal. `false` if its key is taken.
pub async fn insert(db: impl PgExecutor<'_>, owner: UserId, goal: &Goal) -> sqlx::Result<bool> {
    let aim = &goal.aim;
    sqlx::query!(
        "insert into goals (id, user_id, kind, account_id, name, target, currency, since, due_on, started_on, status,
                            completed_on, archived_at, created_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (id) do nothing",
        goal.id.0,
        owner.0,
        aim.kind as Kind,
        aim.account.map(|id| id.0),
        aim.name,
        aim.target,
        aim.currency.code(),
        aim.since,
        aim.due_on,
        goal.started_on,
        goal.status as Status,
        goal.completed_on,
        goal.archived_at,
        goal.created_at,
        goal.version,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Adds many goals with new keys, in the caller's transaction.
pub async fn insert_all(db: &mut PgConnection, owner: UserId, goals: &[Goal]) -> sqlx::Result<()> {
    for goal in goals {
        insert(&mut *db, owner, goal).await?;
    }
    Ok(())
}

/// Saves what the form of an active goal changes, with the job that follows, if it is still at `version`.
pub async fn update(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: GoalId,
    aim: &Aim,
    started_on: NaiveDate,
    version: i32,
    follows: &Slip,
) -> sqlx::Result<bool> {
    let updated = sqlx::query_scalar!(
        r#"
        with goal as (
            update goals
            set kind = $4, account_id = $5, name = $6, target = $7, currency = $8, since = $9, due_on = $10,
                started_on = $11, version = version + 1
            where user_id = $1 and id = $2 and version = $3 and status = 'active'
            returning id
        )
        select true as "updated!" from (select put_job($12, $13, $14, $15, null) from goal) follows
        "#,
        owner.0,
        id.0,
        version,
        aim.kind as Kind,
        aim.account.map(|id| id.0),
        aim.name,
        aim.target,
        aim.currency.code(),
        aim.since,
        aim.due_on,
        started_on,
        follows.name,
        follows.payload,
        follows.tries,
        follows.key.as_deref(),
    )
    .fetch_optional(db)
    .await?;
    Ok(updated.is_some())
}

/// Completes an active goal as of a day, with the job that follows, if it is still at `version`.
pub async fn complete(
    db: impl PgExecutor<'_>,
    owner: UserId,
    goal: &Goal,
    on: NaiveDate,
    follows: &Slip,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with goal as (
             update goals set status = 'completed', completed_on = $4, reached_at = null, version = version + 1
             where user_id = $1 and id = $2 and version = $3 and status = 'active'
             returning id
         )
         select put_job($5, $6, $7, $8, null) from goal",
        owner.0,
        goal.id.0,
        goal.version,
        on,
        follows.name,
        follows.payload,
        follows.tries,
        follows.key.as_deref(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Completes a goal because money has reached it. `false` if it changed meanwhile.
pub async fn reach(
    db: impl PgExecutor<'_>,
    owner: UserId,
    goal: &Goal,
    on: NaiveDate,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    sqlx::query!(
        "update goals set status = 'completed', completed_on = $4, reached_at = $5, version = version + 1
         where user_id = $1 and id = $2 and version = $3 and status = 'active'",
        owner.0,
        goal.id.0,
        goal.version,
        on,
        now,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// The goals that money has reached since a moment, and before an entry was edited, deleted or undone.
pub async fn perhaps_slips(
    db: impl PgExecutor<'_>,
    owner: UserId,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Goal>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select id as "id: GoalId", kind as "kind: Kind", account_id as "account: AccountId", name, target,
               currency as "currency: Currency", since, due_on, started_on, status as "status: Status", completed_on,
               archived_at, created_at, version
        from goals g
        where user_id = $1 and status = 'completed' and reached_at >= $2
          and exists (select from changes c
                      where c.user_id = $1 and c.action in ('edit', 'delete', 'undo') and c.made_at >= g.reached_at)
        "#,
        owner.0,
        since,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Goal::from).collect())
}

/// Opens a goal again that nothing has reached after all: it goes on as before. When it had seemed reached stays: what was
/// given for that goes too. `false` if it changed meanwhile.
pub async fn unreach(db: impl PgExecutor<'_>, owner: UserId, goal: &Goal) -> sqlx::Result<bool> {
    sqlx::query!(
        "update goals set status = 'active', completed_on = null, version = version + 1
         where user_id = $1 and id = $2 and version = $3 and status = 'completed'",
        owner.0,
        goal.id.0,
        goal.version,
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Puts a goal away, unless it is.
pub async fn archive(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: GoalId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update goals set status = 'archived', archived_at = $3, version = version + 1
         where user_id = $1 and id = $2 and status <> 'archived'",
        owner.0,
        id.0,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Makes a goal active again, unless it is: reaching it counts from this day on.
pub async fn reopen(
    db: impl PgExecutor<'_>,
    owner: UserId,
    id: GoalId,
    today: NaiveDate,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update goals
         set status = 'active', completed_on = null, reached_at = null, archived_at = null, started_on = $3,
             version = version + 1
         where user_id = $1 and id = $2 and status <> 'active'",
        owner.0,
        id.0,
        today,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a goal. `false` if there is none such.
pub async fn delete(db: impl PgExecutor<'_>, owner: UserId, id: GoalId) -> sqlx::Result<bool> {
    sqlx::query!(
        "delete from goals where user_id = $1 and id = $2",
        owner.0,
        id.0
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() > 0)
}

/// Deletes all goals of a user.
pub async fn empty(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<()> {
    sqlx::query!("delete from goals where user_id = $1", owner.0)
        .execute(db)
        .await?;
    Ok(())
}
