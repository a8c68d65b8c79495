//! A central bank on this machine, that can be late, wrong and hostile.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const DAILY: &str = "eurofxref-daily.xml";
pub const OF_90_DAYS: &str = "eurofxref-hist-90d.xml";
pub const OF_ALL_DAYS: &str = "eurofxref-hist.zip";
/// What the second provider answers at.
pub const JSON: &str = "EUR";

/// How it answers when a file is asked for.
#[derive(Clone)]
pub enum Answer {
    Bytes(Vec<u8>),
    Status(u16),
    /// To another address.
    Redirect(String),
    /// It says that there is more, and hangs up.
    BrokenOff(Vec<u8>),
    /// The right thing, when nobody can be waiting any more.
    TooLate(Vec<u8>),
    /// Blanks without end.
    Endless,
}

#[derive(Default)]
pub struct Mood {
    files: BTreeMap<String, Answer>,
    /// What was asked for, in its order, and by whom.
    asked: Vec<String>,
    pub agent: String,
}

/// The bank.
#[derive(Clone)]
pub struct Bank {
    pub url: String,
    mood: Arc<Mutex<Mood>>,
}

/// A day, and what the currencies cost on it.
pub type Day<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// A file of days as the bank writes it.
pub fn xml(days: &[Day<'_>]) -> String {
    let mut cubes = String::new();
    for (day, rates) in days {
        writeln!(cubes, "\t\t<Cube time='{day}'>").unwrap();
        for (currency, rate) in *rates {
            writeln!(cubes, "\t\t\t<Cube currency='{currency}' rate='{rate}'/>").unwrap();
        }
        cubes.push_str("\t\t</Cube>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gesmes:Envelope xmlns:gesmes=\"http://www.gesmes.org/xml/2002-08-01\" \
         xmlns=\"http://www.ecb.int/vocabulary/2002-08-01/eurofxref\">\n\t<gesmes:subject>Reference rates</gesmes:subject>\n\
         \t<Cube>\n{cubes}\t</Cube>\n</gesmes:Envelope>\n"
    )
}

/// One file in a zip.
pub fn zipped(name: &str, content: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(content.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

impl Bank {
    /// It has no files yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank = Self {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            mood: Arc::default(),
        };
        let behind = bank.clone();
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                tokio::spawn(answer(behind.clone(), line));
            }
        });
        bank
    }

    pub fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap()
    }

    pub fn put(&self, file: &str, answer: Answer) {
        self.mood().files.insert(file.to_owned(), answer);
    }

    pub fn says(&self, file: &str, content: impl Into<Vec<u8>>) {
        self.put(file, Answer::Bytes(content.into()));
    }

    /// The daily file is of one day.
    pub fn quotes(&self, day: &str, rates: &[(&str, &str)]) {
        self.says(DAILY, xml(&[(day, rates)]));
    }

    /// What was asked for since the last look.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.mood().asked)
    }
}

/// Answers one request, and closes the line.
async fn answer(bank: Bank, mut line: TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let path = head.split(' ').nth(1).unwrap();
    let file = path.split('?').next().unwrap();
    let file = file.rsplit('/').next().unwrap().to_owned();
    let agent = head
        .lines()
        .find_map(|line| line.strip_prefix("user-agent: "));
    let answer = {
        let mut mood = bank.mood();
        agent.unwrap_or_default().clone_into(&mut mood.agent);
        let known = mood
            .files
            .iter()
            .find(|(name, _)| name.to_lowercase() == file);
        let answer = known.map(|(_, answer)| answer.clone());
        mood.asked.push(file);
        answer
    };
    let begin = |length: usize| {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
    };
    let (head, body) = match answer {
        None => (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Vec::new(),
        ),
        Some(Answer::Status(status)) => (
            format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n"),
            Vec::new(),
        ),
        Some(Answer::Bytes(content)) => (begin(content.len()), content),
        Some(Answer::Redirect(to)) => (
            format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
            Vec::new(),
        ),
        Some(Answer::BrokenOff(content)) => (begin(content.len() + 1000), content),
        Some(Answer::TooLate(content)) => {
            tokio::time::sleep(Duration::from_secs(8)).await;
            (begin(content.len()), content)
        }
        Some(Answer::Endless) => {
            line.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                .await?;
            loop {
                line.write_all(&[b' '; 8 * 1024]).await?;
            }
        }
    };
    line.write_all(head.as_bytes()).await?;
    line.write_all(&body).await?;
    line.shutdown().await
}
