//! SQL of what can be played, and of what users chose.

pub mod editing;

use sqlx::PgExecutor;

use super::asked::Answers;
use super::levels::{CashLevel, Tournament};
use crate::ids::UserId;

/// The cash levels, lowest first.
pub async fn cash_levels(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<CashLevel>> {
    sqlx::query_as!(
        CashLevel,
        "select small_blind, big_blind, least_buy_in, most_buy_in from cash_levels order by most_buy_in, big_blind"
    )
    .fetch_all(db)
    .await
}

/// The tournaments of all rooms, lowest first.
pub async fn tournaments(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Tournament>> {
    sqlx::query_as!(
        Tournament,
        "select room, buy_in, examples from tournament_buy_ins order by buy_in, room"
    )
    .fetch_all(db)
    .await
}

/// What a user chose last.
pub async fn choice(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Option<Answers>> {
    sqlx::query_as!(
        Answers,
        r#"
        select game_type, skill_level, risk_tolerance, game_environment, site_filter, '' as "bankroll!"
        from stakes_choices
        where user_id = $1
        "#,
        owner.0,
    )
    .fetch_optional(db)
    .await
}

/// Remembers what a user chose. Without a room, the one that they chose before stays.
pub async fn set_choice(
    db: impl PgExecutor<'_>,
    owner: UserId,
    answers: &Answers,
) -> sqlx::Result<()> {
    sqlx::query!(
        "
        insert into stakes_choices (user_id, game_type, skill_level, risk_tolerance, game_environment, site_filter)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (user_id) do update
        set game_type = excluded.game_type, skill_level = excluded.skill_level,
            risk_tolerance = excluded.risk_tolerance, game_environment = excluded.game_environment,
            site_filter = coalesce(nullif(excluded.site_filter, ''), stakes_choices.site_filter)
        ",
        owner.0,
        answers.game_type,
        answers.skill_level,
        answers.risk_tolerance,
        answers.game_environment,
        answers.site_filter,
    )
    .execute(db)
    .await?;
    Ok(())
}
