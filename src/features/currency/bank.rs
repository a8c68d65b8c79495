//! The European Central Bank: three files at fixed names, on the working days of the euro.

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use url::Url;

use super::calendar;
use super::provider::{File, Provider};
use super::rate_file::{self, Columns};

/// What the rates of the central bank are marked with.
pub const SOURCE: &str = "ECB";

const DAILY: &str = "eurofxref-daily.xml";
const OF_90_DAYS: &str = "eurofxref-hist-90d.xml";
/// The XML of all days is ten times as long.
const OF_ALL_DAYS: &str = "eurofxref-hist.zip";

const MIB: u64 = 1024 * 1024;

/// The bank, or a stand-in.
pub struct Bank {
    files: Vec<File>,
}

impl Bank {
    /// Where its daily file is, or the folder of its files. The others lie beside the daily one.
    pub fn at(daily: &Url) -> Result<Self> {
        let file = |url: Url, packed: u64, unpacked: u64| {
            let name = url.path_segments().and_then(|mut parts| parts.next_back());
            Ok(File {
                name: name.unwrap_or_default().to_owned(),
                url,
                packed: usize::try_from(packed)?,
                unpacked,
            })
        };
        let beside = |name: &str| daily.join(name).context("RATES_URL has no folder");
        let newest = if daily.path().ends_with('/') {
            beside(DAILY)?
        } else {
            daily.clone()
        };
        let files: Result<Vec<File>> = [
            file(newest, MIB, MIB),
            file(beside(OF_90_DAYS)?, MIB, MIB),
            file(beside(OF_ALL_DAYS)?, 8 * MIB, 64 * MIB),
        ]
        .into_iter()
        .collect();
        Ok(Self { files: files? })
    }
}

impl Provider for Bank {
    fn name(&self) -> &str {
        SOURCE
    }

    fn files(&self) -> &[File] {
        &self.files
    }

    fn read(&self, content: &[u8], file: &File, now: DateTime<Utc>) -> Result<Columns> {
        rate_file::read_within(content, now.date_naive(), file.unpacked)
    }

    fn quotes_on(&self, day: NaiveDate) -> bool {
        calendar::is_quoted_on(day)
    }

    fn gives_way(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_files_lie_beside_one_another() {
        for (daily, first) in [
            (
                "https://b.example/x/daily.xml",
                "https://b.example/x/daily.xml",
            ),
            (
                "https://b.example/x/",
                "https://b.example/x/eurofxref-daily.xml",
            ),
            ("https://b.example", "https://b.example/eurofxref-daily.xml"),
        ] {
            let bank = Bank::at(&daily.parse().unwrap()).unwrap();
            assert_eq!(bank.files()[0].url.as_str(), first);
            let folder = first.rsplit_once('/').unwrap().0;
            let hist = format!("{folder}/eurofxref-hist.zip");
            assert_eq!(bank.files()[2].url.as_str(), hist);
            assert_eq!(bank.files()[2].name, "eurofxref-hist.zip");
        }
    }
}
