//! Pure: the files in which the European Central Bank publishes its rates, as they come.

mod xml;

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};

use anyhow::{Context, Result, anyhow, bail, ensure};
use chrono::{Datelike, NaiveDate};
use csv::{Position, StringRecord};
use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use zip::ZipArchive;

use crate::money::{self, Currency};

/// A file is at most this large, packed and unpacked: twenty times the bank's.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Rates are below this; the smallest has twelve decimals.
const LIMIT_OF_RATES: i64 = 1_000_000_000_000;
const DECIMALS: u32 = 12;

/// Rates as the columns of a table: codes, days, units for one euro.
pub type Columns = (Vec<String>, Vec<NaiveDate>, Vec<Decimal>);

/// Reads the file of all days (`eurofxref-hist`), that of 90 (`eurofxref-hist-90d`) or that of one (`eurofxref`,
/// `eurofxref-daily`): XML, or a table with a row for each day, a column for each currency, and `N/A` for no rate. It may be
/// gzipped, or be the one in a zip. What is wrong with it is told with its line; nothing of it is taken then. Days after
/// `today` are wrong.
pub fn read(file: impl Read, today: NaiveDate) -> Result<Columns> {
    read_within(file, today, LIMIT)
}

/// The same of a file that has at most so many bytes, packed and unpacked.
pub fn read_within(file: impl Read, today: NaiveDate, limit: u64) -> Result<Columns> {
    let content = bounded(file, limit)?;
    let table = match content.get(..2) {
        None | Some([]) => bail!("the file is empty"),
        Some([0x1f, 0x8b]) => {
            bounded(GzDecoder::new(&*content), limit).context("the gzip file is broken")?
        }
        Some(b"PK") => unzipped(content, limit)?,
        Some(_) => content,
    };
    let text = text(&table)?;
    if text.trim_start().starts_with('<') {
        xml::columns(text, today)
    } else {
        table_of(text, today)
    }
}

fn bounded(file: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content)?;
    ensure!(
        content.len() as u64 <= limit,
        "it is larger than {} MiB, and no such file of rates is",
        limit / 1024 / 1024
    );
    Ok(content)
}

/// The one table in a zip.
fn unzipped(content: Vec<u8>, limit: u64) -> Result<Vec<u8>> {
    let mut zip = ZipArchive::new(Cursor::new(content)).context("the zip file is broken")?;
    let tables: Vec<usize> = (0..zip.len())
        .filter(|at| {
            let name = zip.name_for_index(*at).and_then(Result::ok);
            name.is_some_and(|name| name.to_ascii_lowercase().ends_with(".csv"))
        })
        .collect();
    match tables[..] {
        [table] => {
            let file = zip.by_index(table).context("the zip file cannot be read")?;
            bounded(file, limit).context("the zip file cannot be read")
        }
        [] => bail!("the zip file holds no CSV file"),
        _ => bail!("the zip file holds several CSV files: unzip it and load one of them"),
    }
}

/// Text, whichever mark stands before it.
fn text(content: &[u8]) -> Result<&str> {
    let is_wide = matches!(
        content,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]
    );
    ensure!(!is_wide, "this file is UTF-16; save it as UTF-8");
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    std::str::from_utf8(content).map_err(|error| {
        let read = String::from_utf8_lossy(&content[..error.valid_up_to()]);
        let line = read.split('\n').count();
        anyhow!(
            "line {line}: this file is not UTF-8, perhaps Windows-1252 (cp1252); save it as UTF-8"
        )
    })
}

fn table_of(text: &str, today: NaiveDate) -> Result<Columns> {
    let mut csv = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = csv.headers()?.clone();
    let columns = columns(&header)?;
    let mut lines: HashMap<NaiveDate, u64> = HashMap::new();
    let mut out: Columns = Default::default();
    for record in csv.records() {
        let record = record?;
        let line = record.position().map_or(0, Position::line);
        let day = day(record.get(0).unwrap_or_default(), today)
            .with_context(|| format!("line {line}"))?;
        if let Some(first) = lines.insert(day, line) {
            bail!("line {line}: {day} stands twice, first on line {first}");
        }
        for (currency, cell) in columns.iter().zip(record.iter()) {
            let Some(currency) = currency else { continue };
            if cell.is_empty() || cell == "N/A" {
                continue;
            }
            out.0.push(currency.code().to_owned());
            out.1.push(day);
            out.2
                .push(rate(cell).with_context(|| format!("line {line}: {currency}"))?);
        }
    }
    Ok(out)
}

/// The currency of each column; `None` for one that is left out. A new currency must not stop the import of all others,
/// and the euro's rate is always 1.
fn columns(header: &StringRecord) -> Result<Vec<Option<Currency>>> {
    let line = header.position().map_or(1, Position::line);
    let first = header.get(0).unwrap_or_default();
    ensure!(
        !first.starts_with("Date;"),
        "line {line}: semicolons stand between the columns; save the file with commas"
    );
    ensure!(
        first == "Date",
        "line {line}: the first column must be called Date"
    );
    let columns: Vec<Option<Currency>> = header
        .iter()
        .map(|code| code.parse().ok().filter(|code| *code != Currency::EUR))
        .collect();
    let mut seen = HashSet::new();
    for currency in columns.iter().flatten() {
        ensure!(
            seen.insert(currency),
            "line {line}: {currency} stands twice"
        );
    }
    ensure!(
        !seen.is_empty(),
        "line {line}: no column is a currency that is known here"
    );
    Ok(columns)
}

/// `2026-10-30`, or `30 October 2026` as the bank's daily file has it.
fn day(text: &str, today: NaiveDate) -> Result<NaiveDate> {
    let day = text
        .parse()
        .or_else(|_| NaiveDate::parse_from_str(text, "%d %B %Y"))
        .map_err(|_| anyhow!("the date is not a date: {text}"))?;
    day_up_to(day, today)
}

/// A day that there can be rates of.
pub fn day_up_to(day: NaiveDate, today: NaiveDate) -> Result<NaiveDate> {
    ensure!(
        (1970..2200).contains(&day.year()),
        "{day} is outside the years 1970 to 2199"
    );
    ensure!(day <= today, "{day} has not come yet: today is {today}");
    Ok(day)
}

fn rate(text: &str) -> Result<Decimal> {
    let rate = money::exact(text).ok_or_else(|| anyhow!("this is not a number: {text}"))?;
    rate_of(rate)
}

/// A number that can be a rate, with as many decimals as are kept.
pub fn rate_of(number: Decimal) -> Result<Decimal> {
    let rate = number.round_dp(DECIMALS);
    ensure!(
        rate > Decimal::ZERO && rate < Decimal::from(LIMIT_OF_RATES),
        "a rate is above 0 and below {LIMIT_OF_RATES}, and this is {number}"
    );
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn today() -> NaiveDate {
        "2026-10-30".parse().unwrap()
    }

    fn refused(file: impl AsRef<[u8]>) -> String {
        match read(file.as_ref(), today()) {
            Ok(columns) => panic!("{columns:?} was taken"),
            Err(error) => format!("{error:#}"),
        }
    }

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(*name, options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn gzipped(content: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(content).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn a_file_is_read_however_it_is_packed_and_marked() {
        let table = "Date,USD,JPY,\n2026-10-29,1.1,N/A,\n2026-10-28,1.2,170,\n";
        let marked = format!("\u{feff}{table}");
        let right = read(table.as_bytes(), today()).unwrap();
        assert_eq!(right.0, ["USD", "USD", "JPY"]);
        for file in [
            marked.clone().into_bytes(),
            table.replace('\n', "\r\n").into_bytes(),
            gzipped(table.as_bytes()),
            gzipped(marked.as_bytes()),
            zipped(&[("eurofxref-hist.csv", table.as_bytes())]),
            zipped(&[("readme.txt", b"x"), ("EUROFXREF.CSV", marked.as_bytes())]),
        ] {
            assert_eq!(read(&*file, today()).unwrap(), right);
        }
    }

    #[test]
    fn the_daily_file_writes_its_day_in_words() {
        let daily = "Date, USD, JPY, BGN, \n30 October 2026, 1.1555, 178.25, N/A, \n";
        let (codes, days, rates) = read(daily.as_bytes(), today()).unwrap();
        assert_eq!(codes, ["USD", "JPY"]);
        assert_eq!(days, [today(), today()]);
        assert_eq!(rates[0].to_string(), "1.1555");
    }

    #[test]
    fn what_is_no_utf_8_is_called_by_its_name() {
        let table = "Date,USD\n2026-10-29,1.1\n";
        let wide =
            |unit: fn(u16) -> [u8; 2]| table.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let marked: Vec<u8> = "\u{feff}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        for file in [
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            [marked, wide(u16::to_le_bytes)].concat(),
        ] {
            assert_eq!(refused(file), "this file is UTF-16; save it as UTF-8");
        }
        let said = refused(b"Date,USD,Caf\xe9\n2026-10-29,1.1,2\n");
        assert!(
            said.starts_with("line 1: this file is not UTF-8, perhaps Windows-1252 (cp1252)"),
            "{said}"
        );
        assert!(refused(b"Date,USD\n2026-10-29,1.1\n\x93x\x94,2\n").starts_with("line 3"));
    }

    #[test]
    fn a_file_that_blows_up_is_given_up() {
        let zeros = vec![b'0'; usize::try_from(LIMIT).unwrap() + 1];
        for file in [gzipped(&zeros), zipped(&[("a.csv", &zeros)]), zeros] {
            assert!(refused(file).contains("larger than 64 MiB"));
        }
    }

    #[test]
    fn a_broken_file_is_refused_in_words() {
        for (file, said) in [
            (&b""[..], "empty"),
            (b"D", "empty"),
            (b"PK\x03\x04broken", "the zip file is broken"),
            (b"\x1f\x8bbroken", "the gzip file is broken"),
            (&zipped(&[("a.txt", b"x")]), "no CSV file"),
            (
                &zipped(&[("a.csv", b"x"), ("b.csv", b"x")]),
                "several CSV files",
            ),
            (
                b"Day,USD\n2026-01-01,1",
                "line 1: the first column must be called Date",
            ),
            (b"Date;USD\n2026-01-01;1", "line 1: semicolons"),
            (b"Date,EUR,XXY\n2026-01-01,1,1", "line 1: no column"),
            (b"Date,USD,USD\n2026-01-01,1,1", "line 1: USD stands twice"),
            (
                b"Date,USD\nyesterday,1",
                "line 2: the date is not a date: yesterday",
            ),
            (
                b"Date,USD\n\n2026-01-01,1\n2026-01-02,-1",
                "line 4: USD: a rate is above 0",
            ),
            (
                b"Date,USD\n2026-01-01,abc",
                "line 2: USD: this is not a number: abc",
            ),
            (
                b"Date,USD\n2026-01-01,1_0",
                "line 2: USD: this is not a number",
            ),
            (
                b"Date,USD\n2026-01-01,1e3",
                "line 2: USD: this is not a number",
            ),
            (
                b"Date,USD\n2026-01-01,0.0000000000004",
                "line 2: USD: a rate is above 0",
            ),
            (
                b"Date,USD\n2026-01-01,999999999999.9999999999999",
                "and this is 999999999999.9999999999999",
            ),
            (
                b"Date,USD\n2026-01-02,1\n2026-01-01,1\n2 January 2026,1",
                "line 4: 2026-01-02 stands twice, first on line 2",
            ),
            (
                b"Date,USD\n2026-10-31,1",
                "line 2: 2026-10-31 has not come yet: today is 2026-10-30",
            ),
            (
                b"Date,USD\n9999-12-31,1",
                "line 2: 9999-12-31 is outside the years",
            ),
            (
                b"Date,USD\n0001-01-01,1",
                "line 2: 0001-01-01 is outside the years",
            ),
        ] {
            let refused = refused(file);
            assert!(refused.contains(said), "{refused} does not say {said}");
        }
    }

    #[test]
    fn unknown_currencies_empty_cells_and_the_euro_are_left_out() {
        let file = b"Date,USD,XXY,EUR,XXY,JPY,\n2026-01-01,1.1,5,2,6,N/A,\n2026-01-02,,,,,\n";
        let (codes, ..) = read(&file[..], today()).unwrap();
        assert_eq!(codes, ["USD"]);
    }
}
