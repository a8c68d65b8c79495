//! Goals as files hold them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::goal::{Aim, Goal, Kind, Status};
use crate::features::bankroll::ledger::Account;
use crate::features::bankroll::{AmountText, Problem};
use crate::ids::{AccountId, GoalId};
use crate::money::{Currency, Positive, Unkept};
use crate::text;

/// A user has at most this many goals, of whatever status.
pub const MOST_GOALS: usize = 100;

/// How long a name is at most, in characters.
pub const NAME_LENGTH: usize = 60;

/// A goal in a file. See [`Goal`] and [`Aim`] for what the fields say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoalRecord {
    pub kind: Kind,
    pub account: Option<Uuid>,
    pub name: String,
    pub target: AmountText,
    pub currency: Currency,
    pub since: Option<NaiveDate>,
    pub due_on: NaiveDate,
    pub started_on: NaiveDate,
    pub status: Status,
    pub completed_on: Option<NaiveDate>,
    pub archived_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// The records of goals. An account that is gone is left out: a file names only accounts that it holds.
pub fn records(goals: &[Goal], accounts: &[Account]) -> Vec<GoalRecord> {
    let is_there = |id: &AccountId| accounts.iter().any(|account| account.id == *id);
    let record = |goal: &Goal| GoalRecord {
        kind: goal.aim.kind,
        account: goal.aim.account.filter(is_there).map(|id| id.0),
        name: goal.aim.name.clone(),
        target: AmountText(goal.aim.currency.round(goal.aim.target)),
        currency: goal.aim.currency,
        since: goal.aim.since,
        due_on: goal.aim.due_on,
        started_on: goal.started_on,
        status: goal.status,
        completed_on: goal.completed_on,
        archived_at: goal.archived_at,
        created_at: goal.created_at,
    };
    goals.iter().map(record).collect()
}

/// Goals made of a file's records, with new keys. `account` tells the new key of one of the file's accounts. Refuses whatever
/// the form would refuse, but for days that are over and targets that are reached.
pub fn restored(
    records: Vec<GoalRecord>,
    account: impl Fn(Uuid) -> Option<AccountId>,
) -> Result<Vec<Goal>, Problem> {
    if records.len() > MOST_GOALS {
        return Err(Problem(format!(
            "The file has {} goals, and there can be {MOST_GOALS} at most.",
            records.len()
        )));
    }
    let goals = (1..).zip(records).map(|(number, record)| {
        let to = record.account.and_then(&account);
        check(&record, to).map_err(|why| Problem(format!("Goal {number}: {why}")))?;
        Ok(Goal {
            id: GoalId::random(),
            aim: Aim {
                kind: record.kind,
                account: to,
                name: record.name,
                target: record.target.0.normalize(),
                currency: record.currency,
                since: record.since,
                due_on: record.due_on,
            },
            started_on: record.started_on,
            status: record.status,
            completed_on: record.completed_on,
            archived_at: record.archived_at,
            created_at: record.created_at,
            version: 1,
        })
    });
    goals.collect()
}

fn check(record: &GoalRecord, account: Option<AccountId>) -> Result<(), String> {
    match text::optional_name(&record.name, NAME_LENGTH) {
        Ok(name) if name == record.name => {}
        Ok(_) => return Err("its name begins or ends with a space.".into()),
        Err(why) => return Err(format!("its name. {why}")),
    }
    Positive::new(record.target.0, record.currency).map_err(|why| match why {
        Unkept::TooPrecise { .. } => {
            format!("its target has more decimals than {}.", record.currency)
        }
        Unkept::TooLarge | Unkept::NotAboveZero => {
            "its target is not above zero and below 100 billion.".to_owned()
        }
    })?;
    if record.account.is_some() && record.kind != Kind::Account {
        return Err("only a goal for one account has an account.".into());
    }
    if record.since.is_some() && record.kind != Kind::Profit {
        return Err("only a profit is counted since a day.".into());
    }
    if record.account.is_some() && account.is_none() {
        return Err("its account is not in the file.".into());
    }
    let days = [
        Some(record.due_on),
        Some(record.started_on),
        record.since,
        record.completed_on,
    ];
    let instants = [Some(record.created_at), record.archived_at];
    let instants = instants.into_iter().flatten().map(|at| at.date_naive());
    if !days
        .into_iter()
        .flatten()
        .chain(instants)
        .all(|day| (1970..2200).contains(&day.year()))
    {
        return Err("one of its days is outside the years 1970 to 2199.".into());
    }
    let dated = match record.status {
        Status::Active => record.completed_on.is_none() && record.archived_at.is_none(),
        Status::Completed => record.completed_on.is_some() && record.archived_at.is_none(),
        Status::Archived => record.archived_at.is_some(),
    };
    if dated {
        Ok(())
    } else {
        Err("its days do not fit its status.".into())
    }
}
