//! The form of an entry: what was typed, as a command or with what is wrong at each field.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::book::Book;
use super::commands::{
    Moment, NewEntry, NoMoment, NoTransfer, Note, Tags, Transfer, UnfitTags, What,
};
use super::ledger::{Account, Entry, EntryKind};
use super::service::{Answers, EarlierStart, Refusal};
use crate::ids::{AccountId, EntryId};
use crate::money::{Amount, Currency, Positive, Unkept};
use crate::web::form::{Complaint, Parsed};
use crate::web::local_time::{self, Skipped};
use crate::web::next::Next;
use crate::web::{Field, Ui, format, parse};

/// One form for all kinds: each kind shows the fields it has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EntryForm {
    pub kind: Field,
    pub account: Field,
    pub amount: Field,
    /// `on` if the amount is below zero: keyboards of digits have no minus.
    pub negative: String,
    /// Only where no account gives it.
    pub currency: Field,
    pub from: Field,
    pub sent: Field,
    pub fee: Field,
    pub to: Field,
    pub received: Field,
    pub date: Field,
    pub time: Field,
    pub note: Field,
    pub tags: Field,
    /// The balance whose gap this explains.
    pub before: String,
    /// The version that is edited.
    pub version: String,
    /// The balance that was asked about, in the form that asked: sent once more, it is meant.
    pub sure: String,
    /// `move` or `keep`: what becomes of the start of an account that this is before.
    pub earlier: String,
    /// What is asked before this is saved.
    #[serde(skip)]
    pub question: Option<Question>,
    /// The kind whose fields are to be shown; nothing is saved then.
    pub show: String,
    /// `next` to go on with the next account when it is saved.
    pub then: String,
    /// Where to go when it is saved.
    pub next: Next,
}

/// What is asked before an entry is saved.
#[derive(Clone, Debug)]
pub enum Question {
    /// Whether a balance that is far from the last one is right.
    Unusual(String),
    /// Where an account starts.
    BeforeStart {
        /// When it was started, and with how much.
        text: String,
        /// The day of the entry,
        earlier: String,
        /// and that of the start.
        started: String,
    },
}

/// When an entry happened, of which a form shows only the minute.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub today: NaiveDate,
    /// The instant of the entry that is edited: it stays to the microsecond unless its minute is changed.
    pub original: Option<DateTime<Utc>>,
}

impl EntryForm {
    /// As it would be typed: an entry, with both halves if it is a transfer.
    pub fn of(rows: &[&Entry], ui: &Ui) -> Self {
        let Some(entry) = rows.first() else {
            return Self::default();
        };
        let local = entry.occurred_at.with_timezone(&ui.zone());
        let key =
            |id: Option<AccountId>| Field::filled(id.map(|id| id.to_string()).unwrap_or_default());
        let amount =
            |amount: Decimal, currency| Field::filled(ui.numbers.for_input(amount, currency));
        let mut form = Self {
            kind: Field::filled(entry.kind.as_str()),
            account: key(entry.account),
            amount: amount(entry.amount.abs(), entry.currency),
            currency: Field::filled(entry.currency.code()),
            date: Field::filled(local.date_naive().to_string()),
            time: Field::filled(local.format("%H:%M").to_string()),
            note: Field::filled(entry.note.as_str()),
            tags: Field::filled(entry.tags.join(", ")),
            ..Self::default()
        };
        if entry.kind == EntryKind::Balance && entry.amount.is_sign_negative() {
            "on".clone_into(&mut form.negative);
        }
        let half = |sent: bool| {
            let mut rows = rows.iter();
            rows.find(|row| row.transfer.is_some() && row.amount.is_sign_negative() == sent)
        };
        if let (Some(out), Some(into)) = (half(true), half(false)) {
            form.from = key(out.account);
            form.sent = amount(-out.amount - out.fee, out.currency);
            form.fee = if out.fee.is_zero() {
                Field::default()
            } else {
                amount(out.fee, out.currency)
            };
            form.to = key(into.account);
            form.received = amount(into.amount, into.currency);
        }
        form
    }

    /// The kind, whatever was sent.
    pub fn kind(&self) -> EntryKind {
        self.kind.text.parse().unwrap_or(EntryKind::Balance)
    }

    pub fn is(&self, kind: &str) -> bool {
        self.kind().as_str() == kind
    }

    /// Shows the fields of another kind, with what was typed so far.
    pub fn turn_to(&mut self, kind: EntryKind) {
        let take_over = |empty: &mut Field, typed: &Field| {
            if empty.text.trim().is_empty() {
                empty.text.clone_from(&typed.text);
            }
        };
        let was_transfer = self.kind() == EntryKind::Transfer;
        self.kind = Field::filled(kind.as_str());
        match (was_transfer, kind == EntryKind::Transfer) {
            (false, true) => {
                take_over(&mut self.sent, &self.amount);
                self.from.text.clone_from(&self.account.text);
            }
            (true, false) => {
                take_over(&mut self.amount, &self.sent);
                self.account.text.clone_from(&self.from.text);
            }
            _ => {}
        }
    }

    /// The amount as it was meant.
    pub fn signed(&self) -> String {
        let negative = self.kind() == EntryKind::Balance && !self.negative.is_empty();
        parse::signed(&self.amount.text, negative)
    }

    /// What the question about an unusual balance was about.
    fn asked_about(&self) -> String {
        format!("{} {}", self.account.text, self.signed())
    }

    /// The form as a command; every field that is wrong says so.
    pub fn read(
        &mut self,
        ui: &Ui,
        accounts: &[Account],
        original: Option<DateTime<Utc>>,
    ) -> Option<NewEntry> {
        let kind = self.kind.read(|text| {
            text.parse::<EntryKind>()
                .map_err(|_| "Choose what happened.".into())
        });
        let moments = Moments {
            now: ui.now,
            zone: ui.zone(),
            today: ui.today,
            original,
        };
        let at = self.read_moment(moments);
        let note = self.note.read(|text| Ok(Note::new(text)?));
        let tags = self.tags.read(|text| Ok(Tags::read(text)?));
        let what = match kind? {
            EntryKind::Transfer => self.read_transfer(ui, accounts),
            kind => self.read_single(kind, ui, accounts),
        };
        Some(NewEntry {
            what: what?,
            at: at?,
            note: note?,
            tags: tags?,
        })
    }

    fn read_transfer(&mut self, ui: &Ui, accounts: &[Account]) -> Option<What> {
        let from = self.from.read(|text| known(text, accounts));
        let to = self.to.read(|text| known(text, accounts));
        let (ours, theirs) = (of(from), of(to));
        let sent = self.sent.read(|text| positive(text, ui, ours));
        let fee = self.fee.read(|text| optional_positive(text, ui, ours));
        if self.received.text.trim().is_empty() && ours == theirs {
            // In one currency what was sent arrives, unless it is said otherwise.
            self.received.text.clone_from(&self.sent.text);
        }
        let received = self.received.read(|text| positive(text, ui, theirs));
        let (from, to) = (from?.id, to?.id);
        if from == to {
            self.refuse_transfer(NoTransfer::SameAccount);
            return None;
        }
        let transfer = Transfer::new((from, to), sent??, fee?, received??);
        match transfer {
            Ok(transfer) => Some(What::Transfer(transfer)),
            Err(why) => {
                self.refuse_transfer(why);
                None
            }
        }
    }

    fn refuse_transfer(&mut self, why: NoTransfer) {
        match why {
            NoTransfer::SameAccount => {
                let why = "Choose another account than the one it comes from.";
                self.to.refuse(why);
            }
            NoTransfer::OtherCurrency => self.fee.refuse("Type the fee in what is sent."),
            NoTransfer::TooLarge => self.sent.refuse(Unkept::TooLarge),
        }
    }

    fn read_single(&mut self, kind: EntryKind, ui: &Ui, accounts: &[Account]) -> Option<What> {
        let account = if kind.may_be_outside() && self.account.text.trim().is_empty() {
            Some(None)
        } else {
            self.account.read(|text| known(text, accounts)).map(Some)
        };
        let currency = match account {
            Some(None) => self.currency.read(parse::currency),
            Some(Some(account)) => Some(account.currency),
            None => None,
        };
        let account = account.map(|account| account.map(|account| account.id));
        if kind == EntryKind::Balance {
            let signed = self.signed();
            let shows = self.amount.read(|_| amount(&signed, ui, currency))??;
            let account = account??;
            return Some(What::Balance { account, shows });
        }
        let amount = self.amount.read(|text| positive(text, ui, currency))??;
        Some(match kind {
            EntryKind::Deposit => What::Deposit {
                into: account?,
                amount,
            },
            EntryKind::Withdrawal => What::Withdrawal {
                from: account?,
                amount,
            },
            EntryKind::Bonus => What::Bonus {
                account: account??,
                amount,
            },
            EntryKind::Expense => What::Expense {
                account: account??,
                amount,
            },
            EntryKind::Balance | EntryKind::Transfer => return None,
        })
    }

    /// What was answered to what the ledger asked.
    pub fn answers(&self) -> Answers {
        Answers {
            is_meant: self.sure == self.asked_about(),
            earlier: match self.earlier.as_str() {
                "move" => Some(EarlierStart::Move),
                "keep" => Some(EarlierStart::Keep),
                _ => None,
            },
        }
    }

    /// The balance whose gap this explains.
    pub fn explains(&self) -> Option<EntryId> {
        self.before.parse().ok().map(EntryId)
    }

    fn read_moment(&mut self, moments: Moments) -> Option<Moment> {
        let day = self.date.read(parse::date);
        let time = self.time.read(parse::optional_time);
        let day = day?;
        // Without its time a day can still be wrong.
        let at = match instant(moments, day, time.flatten()) {
            Ok(at) => at,
            Err(skipped) => {
                let field = if skipped.is_all_of(day) {
                    &mut self.date
                } else {
                    &mut self.time
                };
                field.refuse(skipped.sentence(day));
                return None;
            }
        };
        match Moment::new(at, moments.now) {
            Ok(moment) => return time.map(|_| moment),
            Err(NoMoment::BeforeAll) => {
                self.date.refuse("Type a date from 2 January 1970 on.");
            }
            Err(NoMoment::ToCome) if day > moments.today => {
                let today = format::day(moments.today);
                self.date
                    .refuse(format!("Type a date up to today, {today}."));
            }
            Err(NoMoment::ToCome) => {
                let why = "This time is still to come. Leave it empty for now.";
                self.time.refuse(why);
            }
            Err(NoMoment::TooPrecise) => {
                self.time
                    .refuse("This is not a time of day. Type it as 21:40.");
            }
        }
        None
    }

    /// The fields that hold amounts.
    fn amounts(&mut self) -> [&mut Field; 4] {
        [
            &mut self.amount,
            &mut self.sent,
            &mut self.fee,
            &mut self.received,
        ]
    }

    /// Empties the fields that hold amounts: they cannot hide what stands in them.
    pub fn hide_amounts(&mut self) {
        for field in self.amounts() {
            field.text.clear();
        }
    }

    /// What a person typed, by the fields' names.
    pub fn typed(&self) -> Vec<(&'static str, String)> {
        [
            ("account", &self.account.text),
            ("amount", &self.amount.text),
            ("negative", &self.negative),
            ("currency", &self.currency.text),
            ("from", &self.from.text),
            ("sent", &self.sent.text),
            ("fee", &self.fee.text),
            ("to", &self.to.text),
            ("received", &self.received.text),
            ("date", &self.date.text),
            ("time", &self.time.text),
            ("note", &self.note.text),
            ("tags", &self.tags.text),
        ]
        .map(|(name, text)| (name, text.clone()))
        .into()
    }

    /// Takes the amounts of another form where this one has none at all. Whether it did.
    pub fn keep_amounts(&mut self, mut of: EntryForm) -> bool {
        let is_empty = self
            .amounts()
            .iter()
            .all(|field| field.text.trim().is_empty());
        if is_empty {
            for (field, kept) in self.amounts().into_iter().zip(of.amounts()) {
                std::mem::swap(&mut field.text, &mut kept.text);
            }
        }
        is_empty
    }

    fn fields(&self) -> [(&'static str, &'static str, &Field); 13] {
        [
            ("kind", "Kind", &self.kind),
            ("from", "From", &self.from),
            ("sent", "Amount sent", &self.sent),
            ("fee", "Fee", &self.fee),
            ("to", "To", &self.to),
            ("received", "Amount received", &self.received),
            ("amount", "Amount", &self.amount),
            ("account", "Account", &self.account),
            ("currency", "Currency", &self.currency),
            ("date", "Date", &self.date),
            ("time", "Time", &self.time),
            ("note", "Note", &self.note),
            ("tags", "Tags", &self.tags),
        ]
    }

    /// The fields that are wrong, for the summary.
    pub fn wrong(&self) -> Vec<(&'static str, &'static str)> {
        let fields = self.fields().into_iter();
        fields
            .filter(|(.., field)| field.error.is_some())
            .map(|(name, label, _)| (name, label))
            .collect()
    }

    /// Says what the ledger says, at its field; what is only unusual is asked.
    pub fn refuse(&mut self, refusal: &Refusal, ui: &Ui, book: &Book) {
        let why = sentence(refusal, ui);
        let is_transfer = self.kind() == EntryKind::Transfer;
        match refusal {
            Refusal::Unusual {
                currency,
                held,
                amount,
                ..
            } => {
                self.sure = self.asked_about();
                self.question = Some(Question::Unusual(unusual(
                    ui, book, *currency, *held, *amount,
                )));
            }
            Refusal::BeforeStart {
                account,
                currency,
                started_at,
                opening,
            } => {
                let day =
                    |at: DateTime<Utc>| format::day(at.with_timezone(&ui.zone()).date_naive());
                self.question = Some(Question::BeforeStart {
                    text: format!(
                        "You started {} on {} with {}.",
                        ui.isolated(account),
                        day(*started_at),
                        ui.full(opening, currency)
                    ),
                    earlier: parse::date(&self.date.text)
                        .map_or_else(|_| String::new(), format::day),
                    started: day(*started_at),
                });
            }
            Refusal::UnknownAccount if is_transfer => self.from.refuse(why),
            Refusal::UnknownAccount => self.account.refuse(why),
            _ if is_transfer => self.sent.refuse(why),
            _ => self.amount.refuse(why),
        }
    }
}

impl From<UnfitTags> for Complaint {
    fn from(unfit: UnfitTags) -> Self {
        unfit.to_string().into()
    }
}

/// The currency an amount is read in, if its account is known.
fn of(account: Option<&Account>) -> Option<Currency> {
    account.map(|account| account.currency)
}

fn known<'a>(text: &str, accounts: &'a [Account]) -> Parsed<&'a Account> {
    let id = parse::id(text).map_err(|_| Complaint::from("Choose an account."))?;
    accounts
        .iter()
        .find(|account| account.id.0 == id)
        .ok_or_else(|| "Choose an account.".into())
}

/// An amount of any sign. `None` while its currency is not known, and nothing would be wrong with it in each.
pub fn amount(text: &str, ui: &Ui, currency: Option<Currency>) -> Parsed<Option<Amount>> {
    let value = parse::amount(text, ui.numbers.format, currency)?;
    let amount = currency.map(|currency| Amount::new(value, currency));
    Ok(amount.transpose()?)
}

/// The same above zero.
fn positive(text: &str, ui: &Ui, currency: Option<Currency>) -> Parsed<Option<Positive>> {
    let value = parse::positive(text, ui.numbers.format, currency)?;
    let amount = currency.map(|currency| Positive::new(value, currency));
    Ok(amount.transpose()?)
}

/// The same above zero, or nothing for zero.
pub fn optional_positive(
    text: &str,
    ui: &Ui,
    currency: Option<Currency>,
) -> Parsed<Option<Positive>> {
    let value = parse::optional_positive(text, ui.numbers.format, currency)?;
    let amount = currency.map(|currency| Amount::new(value, currency));
    Ok(amount.transpose()?.and_then(Amount::size))
}

/// The instant that a day and perhaps a time of day mean.
///
/// Without a time, today is now, and an earlier day is its end: what is entered later comes later. An error if the user's
/// clock skipped that time.
fn instant(
    moments: Moments,
    day: NaiveDate,
    time: Option<NaiveTime>,
) -> Result<DateTime<Utc>, Skipped> {
    let Moments {
        now,
        zone,
        today,
        original,
    } = moments;
    if let Some(original) = original {
        let local = original.with_timezone(&zone);
        let same_minute = time.is_some_and(|time| {
            time.format("%H:%M").to_string() == local.format("%H:%M").to_string()
        });
        if local.date_naive() == day && same_minute {
            return Ok(original);
        }
    }
    match time {
        None if day == today => Ok(now),
        None => local_time::last_minute(zone, day),
        Some(time) => local_time::instant(zone, day.and_time(time)),
    }
}

/// `1.01200000 BTC, was 0.01200000: +€86,000.00. Right?`
pub fn unusual(ui: &Ui, book: &Book, currency: Currency, held: Decimal, amount: Decimal) -> String {
    let change = amount - held;
    let worth = book.figures.to_home(change, currency, ui.today);
    let change = worth.map_or_else(
        || ui.signed_money(change, currency),
        |worth| ui.signed_money(worth, book.figures.home),
    );
    let (amount, held) = (ui.plain(amount, currency), ui.plain(held, currency));
    format!("{amount} {currency}, was {held}: {change}. Right?")
}

/// What the ledger says, to a person.
pub fn sentence(refusal: &Refusal, ui: &Ui) -> String {
    let isolated = |account: &String| ui.isolated(account);
    match refusal {
        Refusal::BelowZero {
            account,
            currency,
            held,
            at,
        } => {
            let (account, held) = (isolated(account), ui.full(held, currency));
            if (ui.now - *at) < TimeDelta::minutes(1) {
                format!("{account} holds {held}. Use at most that, or update its balance first.")
            } else {
                format!(
                    "{account} would fall below zero on {}: it held {held}.",
                    ui.day(at.with_timezone(&ui.zone()).date_naive())
                )
            }
        }
        Refusal::Unusual {
            account,
            currency,
            held,
            amount,
        } => {
            let (held, amount) = (ui.full(held, currency), ui.full(amount, currency));
            format!("{account} held {held}, and would hold {amount}.")
        }
        Refusal::BeforeStart {
            account,
            started_at,
            ..
        } => {
            let day = started_at.with_timezone(&ui.zone()).date_naive();
            format!("You started {account} on {}, which is later.", ui.day(day))
        }
        Refusal::TooLarge { account } => {
            format!(
                "{} would hold more than can be kept: 100 billion.",
                isolated(account)
            )
        }
        Refusal::NameTaken => "You have an account of this name in the same group.".to_owned(),
        Refusal::CurrencyFixed => "The currency is fixed once the account has entries.".to_owned(),
        Refusal::TooManyAccounts => {
            "You have 200 accounts, which is all there is room for.".to_owned()
        }
        Refusal::TooManyEntries => {
            "You have 200,000 entries, which is all there is room for.".to_owned()
        }
        Refusal::ChangedSince => {
            "It has been changed since, so it cannot be taken back as a whole.".to_owned()
        }
        Refusal::AlreadyUndone => "It has been taken back already.".to_owned(),
        Refusal::NoSuchGap => {
            "Its gap is not, or not any more, of that sign: there is nothing to explain.".to_owned()
        }
        Refusal::UnknownAccount => "Choose an account.".to_owned(),
        Refusal::KindFixed => {
            "The kind of an entry cannot be changed. Delete it and add a new one.".to_owned()
        }
        Refusal::Checked(all) => {
            let all: Vec<String> = all.iter().map(|(_, why)| sentence(why, ui)).collect();
            all.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(now: &str, zone: Tz) -> Moments {
        let now: DateTime<Utc> = now.parse().unwrap();
        Moments {
            now,
            zone,
            today: now.with_timezone(&zone).date_naive(),
            original: None,
        }
    }

    fn at(moments: Moments, day: &str, time: &str) -> String {
        let time = if time.is_empty() {
            None
        } else {
            Some(NaiveTime::parse_from_str(time, "%H:%M").unwrap())
        };
        instant(moments, day.parse().unwrap(), time)
            .unwrap()
            .to_rfc3339()
    }

    #[test]
    fn a_day_without_a_time_is_now_or_its_end() {
        let helsinki = moments("2026-10-30T12:00:00Z", Tz::Europe__Helsinki);
        assert_eq!(at(helsinki, "2026-10-30", ""), "2026-10-30T12:00:00+00:00");
        assert_eq!(at(helsinki, "2026-10-29", ""), "2026-10-29T21:59:00+00:00");
        assert_eq!(
            at(helsinki, "2026-10-29", "10:00"),
            "2026-10-29T08:00:00+00:00"
        );
    }

    #[test]
    fn an_edit_that_leaves_the_minute_leaves_the_instant() {
        let original: DateTime<Utc> = "2026-10-29T08:00:42.123456Z".parse().unwrap();
        let moments = Moments {
            original: Some(original),
            ..moments("2026-10-30T12:00:00Z", Tz::UTC)
        };
        assert_eq!(
            instant(
                moments,
                "2026-10-29".parse().unwrap(),
                NaiveTime::from_hms_opt(8, 0, 0)
            ),
            Ok(original)
        );
        assert_ne!(
            instant(
                moments,
                "2026-10-29".parse().unwrap(),
                NaiveTime::from_hms_opt(8, 1, 0)
            ),
            Ok(original)
        );
    }
}
