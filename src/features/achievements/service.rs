//! Gives badges.

use chrono::TimeDelta;
use sqlx::PgExecutor;

use super::catalogue::{self, Badge};
use super::queries::{self, Facts};
use super::rules::{Elsewhere, History};
use super::standing::{self, Earned};
use crate::app::App;
use crate::error::Result;
use crate::features::bankroll::{self, Book};
use crate::ids::UserId;
use crate::notices::{self, Notice};

/// Where they are.
const PATH: &str = "/achievements";

/// What is known of a user's badges beside their book.
#[derive(Clone, Debug)]
pub struct Known {
    /// Every tier that they have.
    pub unlocked: Vec<Earned>,
    pub elsewhere: Elsewhere,
}

impl From<Facts> for Known {
    fn from(facts: Facts) -> Self {
        Self {
            unlocked: facts.unlocked,
            elsewhere: Elsewhere {
                goals: facts.goals,
                tools: facts.tools,
                // There are none to read yet.
                articles: Vec::new(),
            },
        }
    }
}

/// What is known of a user's badges beside their book. One round trip.
pub async fn known(db: impl PgExecutor<'_>, owner: UserId) -> sqlx::Result<Known> {
    queries::facts(db, owner).await.map(Known::from)
}

/// What a user's badges are judged by.
pub fn history<'a>(book: &'a Book, known: &'a Known) -> History<'a> {
    History::new(&book.accounts, &book.figures, &known.elsewhere)
}

/// For so long a badge goes with the entry that it was given for. After that it is kept, whatever becomes of its entries.
const SLIP: TimeDelta = TimeDelta::days(7);

/// Gives a user what they have earned by now, and tells them of what is new. What was given for a slip, which was edited,
/// deleted or undone since, goes with it. May run twice at once: each badge is given, and told of, once.
pub async fn review(app: &App, owner: UserId) -> Result<()> {
    let Some(book) = bankroll::book_of(app, owner).await? else {
        return Ok(());
    };
    let known = known(&app.db, owner).await?;
    let has = |one: &Earned| {
        let mut unlocked = known.unlocked.iter();
        unlocked.any(|had| (&had.key, had.tier) == (&one.key, one.tier))
    };
    let mut earned = standing::earned(&history(&book, &known));
    let is_lost = |had: &&Earned, is_of: fn(&Badge) -> bool| {
        let is_earned = |one: &Earned| (&had.key, had.tier) == (&one.key, one.tier);
        Badge::named(&had.key).is_some_and(is_of) && !earned.iter().any(is_earned)
    };
    let lost = |is_of: fn(&Badge) -> bool| -> Vec<Earned> {
        let lost = known.unlocked.iter().filter(|had| is_lost(had, is_of));
        lost.cloned().collect()
    };
    let (of_ledger, of_goals) = (lost(Badge::is_of_the_ledger), lost(Badge::is_of_goals));
    earned.retain(|one| !has(one));
    if earned.is_empty() && of_ledger.is_empty() && of_goals.is_empty() {
        return Ok(());
    }
    let since = app.now() - SLIP;
    let mut tx = app.db.begin().await?;
    let mut is_taken = false;
    for (lost, for_goals) in [(of_ledger, false), (of_goals, true)] {
        is_taken |= queries::take_back(&mut *tx, owner, &lost, for_goals, since).await?;
    }
    if is_taken {
        notices::forget(&mut tx, owner, PATH).await?;
    }
    let new = queries::insert(&mut *tx, owner, &earned, app.now()).await?;
    if let Some(notice) = notice(&new) {
        notices::put(&mut tx, owner, &notice, app.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// One notice for all that is new: each badge counts once, with its highest tier. `None` if nothing is.
fn notice(new: &[(String, i16)]) -> Option<Notice> {
    let highest = catalogue::ALL.iter().filter_map(|badge| {
        let of_it = new.iter().filter(|(key, _)| key == badge.key);
        Some((badge, of_it.map(|(_, tier)| *tier).max()?))
    });
    let badges: Vec<(&Badge, i16)> = highest.collect();
    let (text, detail) = match badges.as_slice() {
        [] => return None,
        [(badge, tier)] => (
            format!("New badge: {}", badge.name),
            badge.tier_name(*tier).to_owned(),
        ),
        several => {
            let names: Vec<&str> = several
                .iter()
                .take(3)
                .map(|(badge, _)| badge.name)
                .collect();
            let dots = if several.len() > 3 { ", …" } else { "" };
            (
                format!("{} new badges", several.len()),
                format!("{}{dots}", names.join(", ")),
            )
        }
    };
    Some(Notice {
        text,
        detail,
        path: PATH.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(new: &[(&str, i16)]) -> Option<(String, String)> {
        let new: Vec<_> = new
            .iter()
            .map(|(key, tier)| ((*key).to_owned(), *tier))
            .collect();
        notice(&new).map(|notice| (notice.text, notice.detail))
    }

    #[test]
    fn one_notice_tells_of_all() {
        let told_of = |new: &[(&str, i16)]| told(new).unwrap();
        assert_eq!(told(&[]), None);
        assert_eq!(
            told_of(&[("STREAK_7_DAY", 2), ("STREAK_7_DAY", 1)]),
            ("New badge: Weekly warrior".into(), "Silver".into())
        );
        assert_eq!(
            told_of(&[("THE_TECHNICIAN", 1)]),
            ("New badge: The technician".into(), String::new())
        );
        assert_eq!(
            told_of(&[
                ("EXPENSES", 1),
                ("BALANCES", 1),
                ("STREAK_3_DAY", 1),
                ("CURRENCIES", 1)
            ]),
            (
                "4 new badges".into(),
                "Daily tracker, Counted, Borderless, …".into()
            )
        );
    }
}
