//! Whatever is said to the ledger, by whomever: it holds together, and what it refuses changes nothing.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::cell::RefCell;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;
use stakeeasy::error::Error;
use stakeeasy::features::bankroll::commands::{
    AccountEdit, AccountName, BalanceCheck, Difference, Moment, NewAccount, NewEntry, Note, Seen,
    Shows, Start, Tags, Transfer, What,
};
use stakeeasy::features::bankroll::ledger::{AccountKind, Entry, EntryKind};
use stakeeasy::features::bankroll::service::{self, Answers, EarlierStart, Refusal, Saved};
use stakeeasy::ids::{AccountId, ChangeId, EntryId, UserId};
use stakeeasy::money::{Amount, Currency, Positive};
use stakeeasy::submission::Submission;

use crate::harness::TestApp;

/// What an entry is made of: which kind, which two accounts, which amounts, how long ago, and in which words.
#[derive(Clone, Debug)]
struct Said {
    kind: usize,
    accounts: (usize, usize),
    amounts: [Decimal; 3],
    seconds_ago: i64,
    note: String,
    tags: String,
    /// 0 to 2: no answer, or one of the two.
    earlier: u8,
    is_meant: bool,
}

/// Something to be done. Accounts, entries and changes are those that were made before, by their number, around and around.
#[derive(Clone, Debug)]
enum Step {
    AddAccount {
        kind: usize,
        name: String,
        currency: usize,
        opening: Decimal,
        start: u8,
        put_in: Decimal,
    },
    EditAccount {
        account: usize,
        kind: usize,
        name: String,
        currency: usize,
        version: i32,
    },
    Archive(usize, bool),
    Reorder(Vec<usize>),
    DeleteAccount(usize),
    Add(Said, Option<usize>),
    /// With a version, or the newest.
    Edit(usize, Option<i32>, Said),
    Delete(usize),
    /// Accounts, what each shows if that is not what it should hold, and what the difference was; and by how many versions
    /// its sender is behind.
    Check(Vec<(usize, Option<Decimal>, usize)>, i64),
    Explain(usize, usize),
    Undo(usize),
}

/// Amounts as they come: of either sign, of any size, often too large or too precise.
fn decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        6 => (1..200_000_i64, 0..3_u32).prop_map(|(units, scale)| Decimal::new(units, scale)),
        2 => (-50_000..1_i64, 0..3_u32).prop_map(|(units, scale)| Decimal::new(units, scale)),
        1 => (any::<i64>(), 0..18_u32).prop_map(|(units, scale)| Decimal::new(units, scale)),
        1 => (99_999_999_990..100_000_000_010_i64).prop_map(Decimal::from),
    ]
}

/// Words that can be kept, and now and then some that perhaps cannot.
fn words(odd: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]{0,3}", 1 => odd]
}

fn said() -> impl Strategy<Value = Said> {
    let seconds = prop_oneof![6 => 0..40_i64, 3 => -5..400_000_i64, 1 => any::<i64>()];
    (
        (
            // A balance hides what was wrong before it.
            prop_oneof![1 => Just(0_usize), 9 => 1..EntryKind::ALL.len()],
            (0..6_usize, 0..6_usize),
            [decimal(), decimal(), decimal()],
        ),
        (
            seconds,
            words(".{0,12}"),
            words("[A-Z,# \u{202e}]{0,20}"),
            0..3_u8,
            prop::bool::weighted(0.8),
        ),
    )
        .prop_map(
            |((kind, accounts, amounts), (seconds_ago, note, tags, earlier, is_meant))| Said {
                kind,
                accounts,
                amounts,
                seconds_ago,
                note,
                tags,
                earlier,
                is_meant,
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    let some = 0..40_usize;
    let version = 0..4_i32;
    prop_oneof![
        3 => (any::<usize>(), "[a-c ]{0,3}", 0..3_usize, decimal(), 0..3_u8, decimal()).prop_map(
            |(kind, name, currency, opening, start, put_in)| Step::AddAccount {
                kind, name, currency, opening, start, put_in,
            }
        ),
        1 => (0..6_usize, any::<usize>(), "[a-c]{1,2}", 0..3_usize, version.clone()).prop_map(
            |(account, kind, name, currency, version)| Step::EditAccount {
                account, kind, name, currency, version,
            }
        ),
        1 => (0..6_usize, any::<bool>()).prop_map(|(account, archive)| Step::Archive(account, archive)),
        1 => prop::collection::vec(0..6_usize, 0..8).prop_map(Step::Reorder),
        1 => (0..6_usize).prop_map(Step::DeleteAccount),
        12 => (said(), prop::option::weighted(0.2, some.clone())).prop_map(|(said, before)| Step::Add(said, before)),
        6 => (some.clone(), prop::option::weighted(0.1, version), said()).prop_map(|(entry, version, said)| Step::Edit(entry, version, said)),
        4 => some.clone().prop_map(Step::Delete),
        3 => (
            prop::collection::vec((0..6_usize, prop::option::weighted(0.7, decimal()), 0..3_usize), 0..5),
            prop_oneof![5 => Just(0_i64), 1 => 1..3_i64],
        )
            .prop_map(|(seen, behind)| Step::Check(seen, behind)),
        2 => (some.clone(), any::<usize>()).prop_map(|(entry, kind)| Step::Explain(entry, kind)),
        3 => some.prop_map(Step::Undo),
    ]
}

/// A user whose ledger is tried.
struct Trial<'a> {
    app: &'a TestApp,
    owner: UserId,
    now: DateTime<Utc>,
    accounts: Vec<(AccountId, Currency)>,
    entries: Vec<Entry>,
    changes: Vec<ChangeId>,
}

fn around<T>(list: &[T], at: usize) -> Option<&T> {
    list.get(at.checked_rem(list.len())?)
}

fn currency(at: usize) -> Currency {
    ["USD", "JPY", "BTC"][at].parse().unwrap()
}

fn account_kind(at: usize) -> AccountKind {
    AccountKind::ALL[at % AccountKind::ALL.len()]
}

impl Trial<'_> {
    /// The command, if there can be such a one.
    fn new_entry(&self, said: &Said) -> Option<NewEntry> {
        let (one, ours) = *around(&self.accounts, said.accounts.0)?;
        let (other, theirs) = *around(&self.accounts, said.accounts.1)?;
        let [amount, fee, received] = said.amounts;
        let positive = |amount, currency| Positive::new(amount, currency).ok();
        let what = match EntryKind::ALL[said.kind % EntryKind::ALL.len()] {
            EntryKind::Balance => What::Balance {
                account: one,
                shows: Amount::new(amount, ours).ok()?,
            },
            EntryKind::Deposit => What::Deposit {
                into: (said.accounts.1 != 0).then_some(one),
                amount: positive(amount, ours)?,
            },
            EntryKind::Withdrawal => What::Withdrawal {
                from: (said.accounts.1 != 0).then_some(one),
                amount: positive(amount, ours)?,
            },
            EntryKind::Bonus => What::Bonus {
                account: one,
                amount: positive(amount, ours)?,
            },
            // Sometimes in the currency of another account.
            EntryKind::Expense => What::Expense {
                account: one,
                amount: positive(amount, theirs)?,
            },
            EntryKind::Transfer => {
                let sent = positive(amount, ours)?;
                let received = positive(received, theirs)?;
                let transfer = Transfer::new((one, other), sent, positive(fee, ours), received);
                What::Transfer(transfer.ok()?)
            }
        };
        let ago = TimeDelta::try_seconds(said.seconds_ago)?;
        Some(NewEntry {
            what,
            at: Moment::new(self.now.checked_sub_signed(ago)?, self.now).ok()?,
            note: Note::new(&said.note).ok()?,
            tags: Tags::read(&said.tags).ok()?,
        })
    }

    fn answers(said: &Said) -> Answers {
        Answers {
            is_meant: said.is_meant,
            earlier: match said.earlier {
                1 => Some(EarlierStart::Move),
                2 => Some(EarlierStart::Keep),
                _ => None,
            },
        }
    }

    /// Does a step. `None` if nothing can be said like this, or there is nothing yet that it is about.
    async fn done(&self, step: &Step) -> Option<Result<Saved, Error>> {
        let (app, owner) = (&self.app.app, self.owner);
        let form = Submission {
            key: None,
            hash: [0; 32],
        };
        let account = |at: usize| around(&self.accounts, at).map(|(id, _)| *id);
        let entry = |at: usize| around(&self.entries, at);
        Some(match step {
            Step::AddAccount {
                kind,
                name,
                currency: of,
                opening,
                start,
                put_in,
            } => {
                let currency = currency(*of);
                let new = NewAccount {
                    kind: account_kind(*kind),
                    name: AccountName::new(name).ok()?,
                    opening: Amount::new(*opening, currency).ok()?,
                    start: match start {
                        0 => Start::FromNow,
                        1 => Start::PutIn(Positive::new(*put_in, currency).ok()),
                        _ => Start::Profit,
                    },
                };
                service::add_account(app, owner, &form, &new).await
            }
            Step::EditAccount {
                account: at,
                kind,
                name,
                currency: to,
                version,
            } => {
                let edit = AccountEdit {
                    kind: account_kind(*kind),
                    name: AccountName::new(name).ok()?,
                    currency: currency(*to),
                    version: *version,
                };
                service::edit_account(app, owner, &form, account(*at)?, &edit).await
            }
            Step::Archive(at, archive) => {
                service::archive_account(app, owner, &form, account(*at)?, *archive).await
            }
            Step::Reorder(order) => {
                let order: Vec<AccountId> = order.iter().filter_map(|at| account(*at)).collect();
                service::reorder_accounts(app, owner, &form, &order).await
            }
            Step::DeleteAccount(at) => {
                service::delete_account(app, owner, &form, account(*at)?).await
            }
            Step::Add(said, before) => {
                let before = before.and_then(entry).map(|entry| entry.id);
                let new = self.new_entry(said)?;
                service::add_entry(app, owner, &form, &new, before, Self::answers(said)).await
            }
            Step::Edit(at, version, said) => {
                let (edited, new) = (entry(*at)?, self.new_entry(said)?);
                let newest = self.entries.iter().filter(|entry| entry.id == edited.id);
                let newest = newest.map(|entry| entry.version).max()?;
                let seen = (edited.id, version.unwrap_or(newest));
                service::edit_entry(app, owner, &form, seen, &new, Self::answers(said)).await
            }
            Step::Delete(at) => service::delete_entry(app, owner, &form, entry(*at)?.id).await,
            Step::Check(seen, behind) => {
                let version: i64 =
                    sqlx::query_scalar("select ledger_version from users where id = $1")
                        .bind(owner.0)
                        .fetch_one(&self.app.db)
                        .await
                        .unwrap();
                let seen = seen.iter().map(|(at, shows, difference)| {
                    let (account, currency) = *around(&self.accounts, *at)?;
                    let shows = match shows {
                        Some(amount) => Shows::Amount(Amount::new(*amount, currency).ok()?),
                        None => Shows::Unchanged,
                    };
                    Some(Seen {
                        account,
                        shows,
                        difference: Difference::ALL[*difference],
                        is_meant: true,
                    })
                });
                let at = Moment::new(self.now, self.now).ok()?;
                let seen = seen.collect::<Option<Vec<Seen>>>()?;
                let check = BalanceCheck::new(at, version - behind, seen).ok()?;
                service::check_balances(app, owner, &form, &check).await
            }
            Step::Explain(at, kind) => {
                let kind = EntryKind::ALL[kind % EntryKind::ALL.len()];
                service::explain_gap(app, owner, &form, entry(*at)?.id, kind).await
            }
            Step::Undo(at) => service::undo(app, owner, &form, *around(&self.changes, *at)?).await,
        })
    }
}

/// What became of the steps of all trials.
#[derive(Debug, Default)]
struct Tally {
    unsaid: usize,
    done: usize,
    refused: usize,
}

async fn tried(app: &TestApp, steps: &[Step], tally: &RefCell<Tally>) -> Result<(), String> {
    let mut trial = Trial {
        app,
        owner: UserId(app.user().await.user),
        now: app.app.now(),
        accounts: Vec::new(),
        entries: Vec::new(),
        changes: Vec::new(),
    };
    let accounts = (0..3).map(|n| Step::AddAccount {
        // A site, a wallet and a bank, each in another currency.
        kind: n,
        name: format!("account {n}"),
        currency: n,
        opening: Decimal::from(100_000),
        start: u8::try_from(n).unwrap_or_default(),
        put_in: Decimal::from(50),
    });
    for step in accounts.collect::<Vec<_>>().iter().chain(steps) {
        let before = app.fingerprint().await;
        let change = match trial.done(step).await {
            None => {
                tally.borrow_mut().unsaid += 1;
                continue;
            }
            Some(Ok(Saved::Done(change))) => change,
            Some(Ok(Saved::Refused(_)) | Err(Error::NotFound | Error::Changed(_))) => {
                tally.borrow_mut().refused += 1;
                if app.fingerprint().await != before {
                    return Err(format!("what was refused changed something: {step:?}"));
                }
                continue;
            }
            Some(Err(error)) => return Err(format!("{step:?}: {error:?}")),
        };
        tally.borrow_mut().done += 1;
        let violations = app.violations().await;
        if !violations.is_empty() {
            return Err(format!("{step:?} breaks {violations:?}"));
        }
        let accounts = change
            .accounts
            .0
            .iter()
            .filter_map(|row| row.after.as_ref());
        trial
            .accounts
            .extend(accounts.map(|account| (account.id, account.currency)));
        let entries = change.entries.0.iter().filter_map(|row| row.after.clone());
        trial.entries.extend(entries);
        trial.changes.push(change.id);
    }
    Ok(())
}

/// Fails if a transfer may lose a half, an amount its sign or its decimals, an entry its account or its kind, an account its
/// currency or what it holds, or an undo what was added since.
#[test]
fn whatever_is_said_the_ledger_holds_together() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::new());
    let tally = RefCell::default();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    });
    let steps = prop::collection::vec(step(), 20..60);
    let outcome = runner.run(&steps, |steps| {
        let tried = tried(&app, &steps, &tally);
        runtime.block_on(tried).map_err(TestCaseError::fail)
    });
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
    let tally = tally.into_inner();
    // Otherwise nothing was tried.
    assert!(tally.done > 300 && tally.refused > 200, "{tally:?}");
}

/// Fails without `Refusal::KindFixed`: half of the transfer would be left, and a deposit of nowhere.
#[tokio::test]
async fn the_kind_of_an_entry_stays_whoever_asks() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    let from = app
        .account_with(&client, "site", "Stars", "USD", "100")
        .await;
    let to = app.account(&client, "bank", "Bank", "USD").await;
    client
        .add_entry(
            "transfer",
            &[
                ("from", &from),
                ("to", &to),
                ("sent", "40"),
                ("received", "40"),
            ],
        )
        .await;
    let before = client.ledger().await;
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from entries where kind = 'transfer' and amount < 0")
            .fetch_one(&app.db)
            .await
            .unwrap();
    let now = app.app.now();
    let account = AccountId(from.parse().unwrap());
    let new = NewEntry {
        what: What::Deposit {
            into: Some(account),
            amount: Positive::new(Decimal::from(40), Currency::USD).unwrap(),
        },
        at: Moment::new(now, now).unwrap(),
        note: Note::default(),
        tags: Tags::default(),
    };
    let form = Submission {
        key: None,
        hash: [0; 32],
    };
    let owner = UserId(client.user);
    let seen = (EntryId(id), 1);
    let saved = service::edit_entry(&app.app, owner, &form, seen, &new, Answers::default()).await;
    assert!(
        matches!(saved, Ok(Saved::Refused(Refusal::KindFixed))),
        "{saved:?}"
    );
    assert_eq!(client.ledger().await, before);
    assert!(app.violations().await.is_empty());
}
