//! What changes goals: their forms, and money that reaches them.

use chrono::{NaiveDate, TimeDelta};
use sqlx::PgConnection;

use super::archive::MOST_GOALS;
use super::goal::{Aim, Goal, Status};
use super::progress::reached_on;
use super::queries;
use crate::app::App;
use crate::database;
use crate::error::{Error, Result};
use crate::events::LedgerChanged;
use crate::features::bankroll;
use crate::ids::{GoalId, UserId};
use crate::jobs::Slip;
use crate::notices::{self, Notice};
use crate::submission::Submission;

/// Where they are.
const PATH: &str = "/goals";

/// What became of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Done,
    TooMany,
}

/// Adds a goal. If it cannot be told yet whether it is reached, the job that follows does. The form's key becomes the goal's: the same form sent twice makes one goal.
pub async fn add(
    app: &App,
    owner: UserId,
    submission: &Submission,
    aim: &Aim,
    today: NaiveDate,
) -> Result<Saved> {
    let goal = Goal {
        id: submission.key.map_or_else(GoalId::random, GoalId),
        aim: aim.clone(),
        started_on: today,
        status: Status::Active,
        completed_on: None,
        archived_at: None,
        created_at: app.now(),
        version: 1,
    };
    let follows = Slip::of(&LedgerChanged { owner })?;
    database::in_turn(
        &app.db,
        owner,
        NewGoal {
            owner,
            goal,
            follows,
        },
    )
    .await
}

/// A goal to be added.
struct NewGoal {
    owner: UserId,
    goal: Goal,
    follows: Slip,
}

impl database::Write for NewGoal {
    type Done = Saved;

    async fn attempt(&self, db: &mut PgConnection) -> Result<Option<Saved>> {
        let (owner, goal) = (self.owner, &self.goal);
        let ground = queries::ground(&mut *db, owner, goal.id).await?;
        if let Some(before) = ground.taken {
            return if before.aim == goal.aim {
                Ok(Some(Saved::Done))
            } else {
                Err(Error::AlreadySaved)
            };
        }
        if usize::try_from(ground.count).is_ok_and(|count| count >= MOST_GOALS) {
            return Ok(Some(Saved::TooMany));
        }
        match queries::add(db, owner, ground.version, goal, &self.follows).await? {
            Some(true) => Ok(Some(Saved::Done)),
            Some(false) => Err(Error::AlreadySaved),
            None => Ok(None),
        }
    }
}

/// Saves the form of an active goal that was opened at `version`. Aimed elsewhere, it counts from today on.
pub async fn edit(
    app: &App,
    owner: UserId,
    before: &Goal,
    version: i32,
    aim: &Aim,
    today: NaiveDate,
) -> Result<()> {
    if before.aim == *aim {
        return Ok(());
    }
    let started_on = if before.aim.is_same_mark(aim) {
        before.started_on
    } else {
        today
    };
    let (id, follows) = (before.id, Slip::of(&LedgerChanged { owner })?);
    if queries::update(&app.db, owner, id, aim, started_on, version, &follows).await? {
        return Ok(());
    }
    // The screen fills in how it is now, in the fields of its form.
    Err(Error::Changed(Vec::new()))
}

/// Completes a goal as of today because the user says so, whatever its progress. One that is completed stays so.
pub async fn complete(app: &App, owner: UserId, goal: &Goal, today: NaiveDate) -> Result<()> {
    let follows = Slip::of(&LedgerChanged { owner })?;
    Ok(queries::complete(&app.db, owner, goal, today, &follows).await?)
}

/// For so long a goal that a slip has reached is opened again when the slip is edited, deleted or undone.
const SLIP: TimeDelta = TimeDelta::days(7);

/// Completes the user's goals that were reached, each dated by the first day on which it was, and tells the user. What
/// is completed already stays as it is, unless it was a slip that reached it, which is gone.
pub async fn review(app: &App, owner: UserId) -> Result<()> {
    let goals = queries::active(&app.db, owner).await?;
    let slips = queries::perhaps_slips(&app.db, owner, app.now() - SLIP).await?;
    if goals.is_empty() && slips.is_empty() {
        return Ok(());
    }
    let Some(book) = bankroll::book_of(app, owner).await? else {
        return Ok(());
    };
    let mut tx = app.db.begin().await?;
    for goal in &slips {
        if reached_on(goal, &book.figures).is_none()
            && queries::unreach(&mut *tx, owner, goal).await?
        {
            notices::forget(&mut tx, owner, PATH).await?;
        }
    }
    for goal in &goals {
        if let Some(day) = reached_on(goal, &book.figures)
            && queries::reach(&mut *tx, owner, goal, day, app.now()).await?
        {
            tell(app, &mut tx, owner, &goal.plain_title(&book)).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Everybody who has a goal to be reached: when rates change, each is a job of their own, so that one that fails stops no
/// other.
pub async fn owners(app: &App) -> Result<Vec<UserId>> {
    Ok(queries::owners(&app.db).await?)
}

/// Without an amount: the user may hide amounts by the time they read it.
async fn tell(app: &App, db: &mut PgConnection, owner: UserId, title: &str) -> Result<()> {
    let notice = Notice {
        text: "Goal reached.".to_owned(),
        detail: title.to_owned(),
        path: PATH.to_owned(),
    };
    Ok(notices::put(db, owner, &notice, app.now()).await?)
}
