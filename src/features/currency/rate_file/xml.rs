//! Pure: the bank's XML. `Cube` elements with a `time` are days, and in them are those with a `currency` and a `rate`.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Columns, day, rate};
use crate::money::Currency;

/// Reads a whole document. Names that it defines for itself are not looked up, so it cannot grow.
pub(super) fn columns(text: &str, today: NaiveDate) -> Result<Columns> {
    let mut file = File {
        today,
        day: None,
        seen: HashSet::new(),
        columns: Columns::default(),
    };
    let mut reader = Reader::from_str(text);
    // A file that broke off on the way is shorter, and may look whole up to there.
    let mut open = 0_usize;
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = || {
            let read = text.get(..at).unwrap_or(text);
            format!("line {}", read.split('\n').count())
        };
        match event.context("this is not XML").with_context(line)? {
            Event::Start(element) => {
                open += 1;
                file.take(&element).with_context(line)?;
            }
            Event::Empty(element) => file.take(&element).with_context(line)?,
            Event::End(_) => open = open.saturating_sub(1),
            Event::Eof if open > 0 => bail!("the file breaks off before its end"),
            Event::Eof => break,
            _ => {}
        }
    }
    ensure!(
        !file.columns.0.is_empty(),
        "the file has no rate of a currency that is known here"
    );
    Ok(file.columns)
}

/// What has been read.
struct File {
    today: NaiveDate,
    day: Option<NaiveDate>,
    /// Days, and days with a currency.
    seen: HashSet<(NaiveDate, Option<Currency>)>,
    columns: Columns,
}

impl File {
    fn take(&mut self, element: &BytesStart<'_>) -> Result<()> {
        let attribute = |name: &str| -> Result<Option<String>> {
            let found = element.try_get_attribute(name)?;
            Ok(found.map(|attribute| attribute.value.trim().to_owned()))
        };
        if let Some(time) = attribute("time")? {
            let day = day(&time, self.today)?;
            ensure!(self.seen.insert((day, None)), "{day} stands twice");
            self.day = Some(day);
        }
        let Some(code) = attribute("currency")? else {
            return Ok(());
        };
        // As in the table: a new currency must not stop all others, and the euro's rate is always 1.
        let known = code.parse().ok().filter(|code| *code != Currency::EUR);
        let Some(currency) = known else {
            return Ok(());
        };
        let day = self.day.context("a rate stands before any day")?;
        ensure!(
            self.seen.insert((day, Some(currency))),
            "{currency} stands twice on {day}"
        );
        let text = attribute("rate")?.unwrap_or_default();
        let rate = rate(&text).with_context(|| currency.to_string())?;
        self.columns.0.push(currency.code().to_owned());
        self.columns.1.push(day);
        self.columns.2.push(rate);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: &str = include_str!("daily.xml");

    fn today() -> NaiveDate {
        "2026-10-30".parse().unwrap()
    }

    fn refused(text: &str) -> String {
        match columns(text, today()) {
            Ok(columns) => panic!("{columns:?} was taken"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn the_daily_file_is_read_and_so_are_many_days() {
        let (codes, days, rates) = columns(DAILY, today()).unwrap();
        assert_eq!(codes, ["USD", "JPY", "GBP"]);
        assert_eq!(days, [today(); 3]);
        assert_eq!(rates[1].to_string(), "175.68");
        let more = "<Cube time=\"2026-10-29\"><Cube currency=\"USD\" rate=\"1.2\"/></Cube>\n</Cube>\n</gesmes:Envelope>";
        let many = DAILY.replace("</Cube>\n</gesmes:Envelope>", more);
        let (codes, days, _) = columns(&many, today()).unwrap();
        assert_eq!(codes.len(), 4);
        assert_eq!(days[3].to_string(), "2026-10-29");
    }

    /// Fails if only what was read is looked at, and not whether the file was whole.
    #[test]
    fn a_file_that_breaks_off_anywhere_is_refused() {
        let whole = DAILY.trim_end();
        for length in 1..whole.len() {
            if whole.is_char_boundary(length) {
                refused(&whole[..length]);
            }
        }
        columns(whole, today()).unwrap();
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, said) in [
            ("1.1172", "0", "line 9: USD: a rate is above 0"),
            ("1.1172", "-1.1172", "line 9: USD: a rate is above 0"),
            ("1.1172", "NaN", "line 9: USD: this is not a number: NaN"),
            ("1.1172", "Infinity", "line 9: USD: this is not a number"),
            ("1.1172", "1e3", "line 9: USD: this is not a number"),
            ("1.1172", "1,1172", "line 9: USD: this is not a number"),
            ("1.1172", "", "line 9: USD: this is not a number"),
            (" rate='1.1172'", "", "line 9: USD: this is not a number"),
            ("1.1172", "&big;", "line 9: USD: this is not a number"),
            ("1.1172", "9999999999999", "line 9: USD: a rate is above 0"),
            ("'JPY'", "'USD'", "line 10: USD stands twice on 2026-10-30"),
            (
                "2026-10-30",
                "2026-10-31",
                "line 8: 2026-10-31 has not come",
            ),
            ("2026-10-30", "1026-10-30", "line 8: 1026-10-30 is outside"),
            ("2026-10-30", "yesterday", "line 8: the date is not a date"),
            (" time='2026-10-30'", "", "line 9: a rate stands before any"),
            ("'1.1172'", "1.1172", "line 9"),
            ("</gesmes:Envelope>", "</Envelope>", "this is not XML"),
        ] {
            let wrong = DAILY.replace(from, to);
            assert_ne!(wrong, DAILY, "{from}");
            let refused = refused(&wrong);
            assert!(refused.contains(said), "{refused} does not say {said}");
        }
        let twice = "<Cube time='2026-10-30'/></Cube>\n</gesmes:Envelope>";
        let wrong = DAILY.replace("</Cube>\n</gesmes:Envelope>", twice);
        assert!(refused(&wrong).contains("2026-10-30 stands twice"));
        assert!(refused("<html><body>Busy</body></html>").contains("no rate of a currency"));
    }

    #[test]
    fn unknown_currencies_and_the_euro_are_left_out() {
        let file = DAILY.replace("'JPY'", "'XXY'").replace("'GBP'", "'EUR'");
        assert_eq!(columns(&file, today()).unwrap().0, ["USD"]);
    }
}
