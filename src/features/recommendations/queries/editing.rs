//! SQL of what administrators change of the stakes.

use sqlx::PgExecutor;

use crate::features::recommendations::levels::{CashLevel, Tournament};
use crate::ids::{BuyInId, LevelId};

/// A row of a list, with its key and the number of its changes: whoever changes it names the one that they saw.
#[derive(Debug)]
pub struct Listed<K, T> {
    pub id: K,
    pub version: i32,
    pub what: T,
}

/// Lets nobody else change the stakes until the transaction ends: what is checked of a list then holds.
pub async fn lock(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!("lock table cash_levels, tournament_buy_ins in share row exclusive mode")
        .execute(db)
        .await?;
    Ok(())
}

/// The cash levels with their keys, lowest first.
pub async fn levels(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Listed<LevelId, CashLevel>>> {
    sqlx::query!(
        r#"
        select id as "id: LevelId", version, small_blind, big_blind, least_buy_in, most_buy_in
        from cash_levels
        order by most_buy_in, big_blind
        "#
    )
    .map(|row| Listed {
        id: row.id,
        version: row.version,
        what: CashLevel {
            small_blind: row.small_blind,
            big_blind: row.big_blind,
            least_buy_in: row.least_buy_in,
            most_buy_in: row.most_buy_in,
        },
    })
    .fetch_all(db)
    .await
}

/// Adds a cash level.
pub async fn insert_level(db: impl PgExecutor<'_>, new: &CashLevel) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into cash_levels (small_blind, big_blind, least_buy_in, most_buy_in) values ($1, $2, $3, $4)",
        new.small_blind,
        new.big_blind,
        new.least_buy_in,
        new.most_buy_in,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Changes a cash level.
pub async fn update_level(
    db: impl PgExecutor<'_>,
    id: LevelId,
    new: &CashLevel,
) -> sqlx::Result<()> {
    sqlx::query!(
        "
        update cash_levels
        set small_blind = $2, big_blind = $3, least_buy_in = $4, most_buy_in = $5, version = version + 1
        where id = $1
        ",
        id.0,
        new.small_blind,
        new.big_blind,
        new.least_buy_in,
        new.most_buy_in,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a cash level.
pub async fn delete_level(db: impl PgExecutor<'_>, id: LevelId) -> sqlx::Result<()> {
    sqlx::query!("delete from cash_levels where id = $1", id.0)
        .execute(db)
        .await?;
    Ok(())
}

/// The buy-ins of all rooms with their keys, lowest first.
pub async fn buy_ins(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Listed<BuyInId, Tournament>>> {
    sqlx::query!(
        r#"
        select id as "id: BuyInId", version, room, buy_in, examples
        from tournament_buy_ins
        order by buy_in, room
        "#
    )
    .map(|row| Listed {
        id: row.id,
        version: row.version,
        what: Tournament {
            room: row.room,
            buy_in: row.buy_in,
            examples: row.examples,
        },
    })
    .fetch_all(db)
    .await
}

/// Adds a buy-in.
pub async fn insert_buy_in(db: impl PgExecutor<'_>, new: &Tournament) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tournament_buy_ins (room, buy_in, examples) values ($1, $2, $3)",
        new.room,
        new.buy_in,
        new.examples,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Changes a buy-in. It stays in its room.
pub async fn update_buy_in(
    db: impl PgExecutor<'_>,
    id: BuyInId,
    new: &Tournament,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update tournament_buy_ins set buy_in = $2, examples = $3, version = version + 1 where id = $1",
        id.0,
        new.buy_in,
        new.examples,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes a buy-in.
pub async fn delete_buy_in(db: impl PgExecutor<'_>, id: BuyInId) -> sqlx::Result<()> {
    sqlx::query!("delete from tournament_buy_ins where id = $1", id.0)
        .execute(db)
        .await?;
    Ok(())
}
