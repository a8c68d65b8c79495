//! What the demo player wants to reach.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::features::goals::{Aim, Goal, Kind, Status};
use crate::ids::GoalId;
use crate::money::Currency;

/// Two goals on the way, and one that was set long ago: the first look at the ledger completes it.
pub fn goals(today: NaiveDate, now: DateTime<Utc>) -> Vec<Goal> {
    let year = |year: i32, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today);
    let this_year = year(today.year(), 1, 1);
    let goal = |kind, target: i64, since, started_on, due_on| Goal {
        id: GoalId::random(),
        aim: Aim {
            kind,
            account: None,
            name: String::new(),
            target: Decimal::from(target),
            currency: Currency::EUR,
            since,
            due_on,
        },
        started_on,
        status: Status::Active,
        completed_on: None,
        archived_at: None,
        created_at: now,
        version: 1,
    };
    let long_ago = today - Days::new(5 * 365);
    vec![
        goal(
            Kind::Bankroll,
            32_000,
            None,
            this_year,
            today + Months::new(5),
        ),
        goal(
            Kind::Profit,
            5_000,
            Some(this_year),
            this_year,
            year(today.year(), 12, 31),
        ),
        goal(
            Kind::Bankroll,
            20_000,
            None,
            long_ago,
            today - Days::new(365),
        ),
    ]
}
