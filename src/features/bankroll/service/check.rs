//! Writing down what several accounts held when they were looked at: all of it, or nothing.

use std::collections::HashMap;
use std::slice;

use super::entries::Held;
use super::{
    Action, MOST_ENTRIES, Refusal, Saved, Stop, Write, changed_meanwhile, impossible_balance, write,
};
use crate::app::App;
use crate::error::{Error, Result};
use crate::features::bankroll::commands::{BalanceCheck, Keys, Seen};
use crate::features::bankroll::ledger::{Account, Entry, EntryKind, Line};
use crate::features::bankroll::queries::changes::About;
use crate::ids::{AccountId, UserId};
use crate::money::Amount;
use crate::submission::Submission;

/// What is written down of one account: rows of which the last is its balance.
struct Checked {
    seen: Seen,
    account: Account,
    held: Held,
    rows: Vec<Entry>,
}

/// Checks balances. [`Error::Changed`] if one was said to be unchanged, and the ledger is not any more what that was said
/// of; [`Refusal::Checked`] names every account whose balance is not taken.
pub async fn check_balances(
    app: &App,
    owner: UserId,
    submission: &Submission,
    check: &BalanceCheck,
) -> Result<Saved> {
    let seen = check.seen().iter();
    let about = About {
        accounts: seen.map(|seen| seen.account.0).collect(),
        at: Some(check.at().at()),
        ..About::default()
    };
    let decide = |write: &mut Write| {
        let version = check.version();
        if version.is_some_and(|version| version != write.ground.version) {
            return Err(changed_meanwhile().into());
        }
        let lines = by_account(write.lines());
        let mut refused = Vec::new();
        let mut all = Vec::new();
        for seen in check.seen() {
            match write.checked(check, seen, of(&lines, seen.account)) {
                Ok(checked) => all.push(checked),
                Err(Stop::Refused(why)) => refused.push((seen.account, why)),
                Err(failed @ Stop::Failed(_)) => return Err(failed),
            }
        }
        let rows = all.iter().map(|checked| checked.rows.len()).sum::<usize>();
        if write.ground.count + i32::try_from(rows).unwrap_or(i32::MAX) > MOST_ENTRIES {
            return Err(Refusal::TooManyEntries.into());
        }
        write.insert_entries(all.iter().flat_map(|checked| checked.rows.iter().cloned()));
        let lines = by_account(write.lines());
        for checked in &all {
            if let Some(why) = checked.refused(of(&lines, checked.seen.account)) {
                refused.push((checked.seen.account, why));
            }
        }
        if refused.is_empty() {
            Ok(Action::Check)
        } else {
            Err(Refusal::Checked(refused).into())
        }
    };
    write(app, owner, submission, about, decide).await
}

/// The lines of each account, in order.
fn by_account(lines: Vec<Line>) -> HashMap<AccountId, Vec<Line>> {
    let mut all: HashMap<AccountId, Vec<Line>> = HashMap::new();
    for line in lines {
        if let Some(account) = line.account {
            all.entry(account).or_default().push(line);
        }
    }
    all
}

fn of(lines: &HashMap<AccountId, Vec<Line>>, account: AccountId) -> &[Line] {
    lines.get(&account).map_or(&[], Vec::as_slice)
}

impl Write {
    /// What there is to be written down of one account, which has these lines.
    fn checked(
        &mut self,
        check: &BalanceCheck,
        seen: &Seen,
        lines: &[Line],
    ) -> Result<Checked, Stop> {
        let account = match self.account(seen.account) {
            Err(Error::NotFound) => return Err(Refusal::UnknownAccount.into()),
            other => other?,
        };
        let at = check.at();
        // What is written down now comes after all that is there of the same instant.
        let before = lines.iter().take_while(|line| line.occurred_at <= at.at());
        let held = Held::after(before);
        let too_large = |_| Refusal::TooLarge {
            account: account.name.clone(),
        };
        let holds = Amount::new(held.balance, account.currency).map_err(too_large)?;
        let mut rows = Vec::new();
        for new in seen.entries(holds, at).map_err(too_large)? {
            let (occurred_at, position) = self.place(None, at.at())?;
            rows.extend(self.rows(&new, Keys::random(), occurred_at, position)?);
        }
        self.before_start(&rows.iter().collect::<Vec<_>>(), None)?;
        Ok(Checked {
            seen: *seen,
            account,
            held,
            rows,
        })
    }
}

impl Checked {
    /// Why it is not taken. What cannot be is refused before anything is asked. `lines` are all of the account, with these.
    fn refused(&self, lines: &[Line]) -> Option<Refusal> {
        let impossible = impossible_balance(slice::from_ref(&self.account), lines);
        impossible.or_else(|| {
            let balance = self
                .rows
                .last()
                .filter(|row| row.kind == EntryKind::Balance)?;
            let is_far = !self.seen.is_meant && self.held.is_far_from(balance.amount);
            is_far.then(|| Refusal::Unusual {
                account: self.account.name.clone(),
                currency: self.account.currency,
                held: self.held.balance,
                amount: balance.amount,
            })
        })
    }
}
