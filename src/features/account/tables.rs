//! Pure: everything of a user as tables for a spreadsheet, one file each, in a zip.

use std::collections::HashMap;
use std::io::{Cursor, Write};

use anyhow::Result;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::archive::SettingsRecord;
use super::check_day::CheckDay;
use crate::features::achievements::{BadgeRecord, Earned};
use crate::features::bankroll::ledger::{Account, Entry};
use crate::features::currency::OwnRate;
use crate::features::goals::Goal;
use crate::ids::AccountId;
use crate::web::csv::{Sheet, text};
use crate::web::format::NumberFormat;

const README: &str = "\
StakeEasy: everything of yours, as tables.

Each file is CSV as RFC 4180 has it, in UTF-8 with a mark in front by which Excel knows that, the columns' names on the
first line. {layout} Amounts are never rounded. Times are UTC. A text
that a spreadsheet would take for a formula has an apostrophe in front. To move everything to another StakeEasy, take the JSON export instead: it holds every detail.

accounts.csv, in your order
  id           the account's key
  kind         site (poker room), wallet, bank, cash, crypto, investment or other
  name         its name
  currency     the code of its currency
  archived_at  when it was put away; empty if it was not

entries.csv, oldest first; entries of the same instant in the order in which they were entered
  id           the entry's key
  occurred_at  when it happened
  account_id   the account; empty for a deposit or withdrawal whose account is not kept here
  account      the account's name
  kind         balance, deposit, withdrawal, transfer, bonus or expense
  amount       for a balance what the account showed; otherwise what came in, or with a minus what went out
  fee          the part of a transfer's outgoing amount that was its fee
  currency     the code of the currency of both amounts
  transfer_id  what the two rows of a transfer have in common
  note         your note
  tags         your tags, with commas between them

goals.csv, by the day they are due
  id           the goal's key
  kind         bankroll, profit or account
  account_id   the account that it is about; empty for the others
  account      the account's name
  name         your name for it; may be empty
  target       the amount to reach
  currency     the code of its currency
  since        of a profit, the first day that counts; empty if all of it does
  due_on       the day by which
  started_on   the first day on which reaching it counts
  status       active, completed or archived
  completed_on the day on which it was reached
  archived_at  when it was put away; empty if it was not
  created_at   when it was set

rates.csv, the rates that you set yourself
  currency     the code of the currency
  day          the day from which on the rate holds
  price        what one unit costs
  quoted_in    the code of the currency of the price
  until        the last day on which it holds whatever the central bank quotes; empty if it holds until the bank quotes

badges.csv, the badges that you have earned, the oldest first
  badge        the name of the badge
  badge_key    its key
  tier         1, 2 or 3
  earned_on    the day of what completed it

settings.csv
  setting      the name of the setting
  value        what it is set to
";

/// The zip, table by table.
pub struct Tables {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    sheet: Sheet,
    options: SimpleFileOptions,
    /// What the account column of the entries says.
    names: HashMap<AccountId, String>,
}

impl Tables {
    /// Begins a zip with everything but the entries.
    pub fn new(
        exported_at: DateTime<Utc>,
        settings: &SettingsRecord,
        rates: &[OwnRate],
        badges: &[Earned],
        accounts: &[Account],
        goals: &[Goal],
    ) -> Result<Self> {
        let names = accounts
            .iter()
            .map(|account| (account.id, text(&account.name)));
        let sheet = Sheet::from(NumberFormat::named(&settings.number_format));
        let mut tables = Self {
            zip: ZipWriter::new(Cursor::new(Vec::new())),
            sheet,
            options: SimpleFileOptions::default().last_modified_time(stamp(exported_at)),
            names: names.collect(),
        };
        tables.zip.start_file("README.txt", tables.options)?;
        let readme = README.replace("{layout}", sheet.layout());
        tables
            .zip
            .write_all(readme.replace('\n', "\r\n").as_bytes())?;

        tables.begin("settings.csv")?;
        tables.rows(
            [
                ["setting".to_owned(), "value".to_owned()],
                ["name".into(), text(&settings.name)],
                ["home_currency".into(), settings.home_currency.to_string()],
                ["time_zone".into(), settings.time_zone.clone()],
                ["theme".into(), settings.theme.clone()],
                ["number_format".into(), settings.number_format.clone()],
                ["hide_amounts".into(), settings.hide_amounts.to_string()],
                ["counted_in".into(), settings.counted_in.as_str().into()],
                [
                    "check_on".into(),
                    settings.check_on.map_or("", CheckDay::as_str).into(),
                ],
            ]
            .into_iter(),
        )?;

        tables.begin("rates.csv")?;
        tables.rows([["currency", "day", "price", "quoted_in", "until"]].into_iter())?;
        tables.rows(rates.iter().map(|rate| {
            [
                rate.currency.to_string(),
                rate.day.to_string(),
                sheet.number(rate.price.normalize()),
                rate.quoted_in.to_string(),
                rate.until.map(|day| day.to_string()).unwrap_or_default(),
            ]
        }))?;

        tables.begin("badges.csv")?;
        tables.rows([["badge", "badge_key", "tier", "earned_on"]].into_iter())?;
        tables.rows(badges.iter().map(BadgeRecord::from).map(|badge| {
            [
                badge.name().to_owned(),
                badge.key.clone(),
                badge.tier.to_string(),
                badge.earned_on.to_string(),
            ]
        }))?;

        tables.begin("accounts.csv")?;
        tables.rows([["id", "kind", "name", "currency", "archived_at"]].into_iter())?;
        tables.rows(accounts.iter().map(|account| {
            [
                account.id.to_string(),
                account.kind.as_str().to_owned(),
                text(&account.name),
                account.currency.to_string(),
                account.archived_at.map(instant).unwrap_or_default(),
            ]
        }))?;

        tables.begin("goals.csv")?;
        tables.goals(goals)?;

        tables.begin("entries.csv")?;
        tables.rows(
            [[
                "id",
                "occurred_at",
                "account_id",
                "account",
                "kind",
                "amount",
                "fee",
                "currency",
                "transfer_id",
                "note",
                "tags",
            ]]
            .into_iter(),
        )?;
        Ok(tables)
    }

    /// Adds the next entries, in order.
    pub fn entries(&mut self, entries: &[Entry]) -> Result<()> {
        let (names, sheet) = (std::mem::take(&mut self.names), self.sheet);
        let rows = entries.iter().map(|entry| {
            let name = entry.account.and_then(|id| names.get(&id));
            [
                entry.id.to_string(),
                instant(entry.occurred_at),
                entry.account.map(|id| id.to_string()).unwrap_or_default(),
                name.cloned().unwrap_or_default(),
                entry.kind.as_str().to_owned(),
                sheet.number(entry.currency.round(entry.amount)),
                sheet.number(entry.currency.round(entry.fee)),
                entry.currency.to_string(),
                entry.transfer.map(|id| id.to_string()).unwrap_or_default(),
                text(&entry.note),
                text(&entry.tags.join(",")),
            ]
        });
        self.rows(rows)?;
        self.names = names;
        Ok(())
    }

    fn goals(&mut self, goals: &[Goal]) -> Result<()> {
        let heads = [
            "id",
            "kind",
            "account_id",
            "account",
            "name",
            "target",
            "currency",
            "since",
            "due_on",
            "started_on",
            "status",
            "completed_on",
            "archived_at",
            "created_at",
        ];
        self.rows([heads].into_iter())?;
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let (names, sheet) = (std::mem::take(&mut self.names), self.sheet);
        self.rows(goals.iter().map(|goal| {
            let aim = &goal.aim;
            [
                goal.id.to_string(),
                aim.kind.as_str().to_owned(),
                aim.account.map(|id| id.to_string()).unwrap_or_default(),
                aim.account
                    .and_then(|id| names.get(&id))
                    .cloned()
                    .unwrap_or_default(),
                text(&aim.name),
                sheet.number(aim.currency.round(aim.target)),
                aim.currency.to_string(),
                day(aim.since),
                aim.due_on.to_string(),
                goal.started_on.to_string(),
                goal.status.as_str().to_owned(),
                day(goal.completed_on),
                goal.archived_at.map(instant).unwrap_or_default(),
                instant(goal.created_at),
            ]
        }))?;
        self.names = names;
        Ok(())
    }

    /// The whole zip.
    pub fn finish(self) -> Result<Vec<u8>> {
        Ok(self.zip.finish()?.into_inner())
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        self.zip.start_file(name, self.options)?;
        Ok(Sheet::begin(&mut self.zip)?)
    }

    fn rows<const N: usize>(
        &mut self,
        rows: impl Iterator<Item = [impl AsRef<[u8]>; N]>,
    ) -> Result<()> {
        let mut csv = self.sheet.rows(&mut self.zip);
        for row in rows {
            csv.write_record(row)?;
        }
        Ok(csv.flush()?)
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// When a file in a zip was changed, as zips say it: in steps of two seconds.
fn stamp(at: DateTime<Utc>) -> zip::DateTime {
    let small = |n: u32| u8::try_from(n).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::features::bankroll::ledger::{AccountKind, EntryKind};
    use crate::ids::EntryId;
    use crate::web::format::Measure;

    fn files() -> HashMap<String, String> {
        let account = Account {
            id: AccountId::random(),
            kind: AccountKind::Bank,
            name: "=HYPERLINK(\"x\")".into(),
            currency: "USD".parse().unwrap(),
            position: 1,
            archived_at: None,
            version: 1,
        };
        let entry = Entry {
            id: EntryId::random(),
            account: Some(account.id),
            kind: EntryKind::Expense,
            amount: "-12.5".parse().unwrap(),
            fee: "0".parse().unwrap(),
            currency: account.currency,
            occurred_at: "2026-10-30T12:00:00Z".parse().unwrap(),
            position: 1,
            transfer: None,
            note: "-1, \"quoted\"\nand a line".into(),
            tags: vec!["live".into(), "travel".into()],
            version: 1,
        };
        let settings = SettingsRecord {
            name: "@name".into(),
            home_currency: "EUR".parse().unwrap(),
            time_zone: "UTC".into(),
            theme: "system".into(),
            number_format: "comma-point".into(),
            hide_amounts: false,
            counted_in: Measure::Money,
            check_on: None,
        };
        let badge = Earned {
            key: "IN_THE_BLACK".into(),
            tier: 1,
            earned_on: "2026-10-30".parse().unwrap(),
        };
        let mut tables =
            Tables::new(entry.occurred_at, &settings, &[], &[badge], &[account], &[]).unwrap();
        tables.entries(&[entry]).unwrap();
        let zip = tables.finish().unwrap();
        let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        (0..zip.len())
            .map(|i| {
                let mut file = zip.by_index(i).unwrap();
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                (file.name().unwrap().into_owned(), text)
            })
            .collect()
    }

    #[test]
    fn there_is_one_file_for_each_table_and_its_columns_are_explained() {
        let files = files();
        let mut names: Vec<&str> = files.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "README.txt",
                "accounts.csv",
                "badges.csv",
                "entries.csv",
                "goals.csv",
                "rates.csv",
                "settings.csv"
            ]
        );
        for (name, text) in files
            .iter()
            .filter(|(name, _)| name.as_str() != "README.txt")
        {
            assert!(files["README.txt"].contains(name.as_str()));
            let text = text.strip_prefix('\u{feff}').unwrap();
            for column in text.lines().next().unwrap().split(',') {
                assert!(
                    files["README.txt"].contains(&format!("\n  {column} ")),
                    "{name}: {column}"
                );
            }
        }
    }

    #[test]
    fn text_is_guarded_and_numbers_stay_numbers() {
        let entries = &files()["entries.csv"];
        assert!(entries.contains(",expense,-12.50,0.00,USD,"), "{entries}");
        assert!(entries.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{entries}");
        assert!(
            entries.ends_with(",\"'-1, \"\"quoted\"\"\nand a line\",\"live,travel\"\r\n"),
            "{entries}"
        );
        assert!(files()["badges.csv"].ends_with("\r\nIn the black,IN_THE_BLACK,1,2026-10-30\r\n"));
        assert!(files()["settings.csv"].contains("name,'@name\r\n"));
        for cell in [
            "=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1", "＋1", "－1", "＠a",
        ] {
            assert_eq!(text(cell), format!("'{cell}"));
        }
        assert_eq!(text("a=1"), "a=1");
    }
}
