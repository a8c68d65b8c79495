//! Mail: one look, one sender. A mail is a job, so that no request waits for a mail server and none is lost.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::config::{Mail as Settings, SmtpSecurity};
use crate::error::Result;
use crate::jobs::{self, Hopeless, Job};
use crate::private;
use crate::seal::{self, Purpose};

/// How long a mail server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A mail to one person: what each says is up to the feature that sends it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    pub subject: String,
    /// Whole sentences, from the first to the last.
    pub paragraphs: Vec<String>,
    /// Digits to be typed into a page of ours.
    pub code: Option<String>,
    /// What the mail is for: a button, and the address it opens.
    pub action: Option<Action>,
    /// What to do if one did not ask for this.
    pub otherwise: String,
}

/// The button of a mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Action {
    pub label: String,
    pub url: String,
}

#[derive(Template)]
#[template(path = "emails/letter.txt")]
struct Text<'a> {
    letter: &'a Letter,
    origin: &'a str,
}

#[derive(Template)]
#[template(path = "emails/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
    origin: &'a str,
}

/// Sends a letter, once the transaction is committed.
///
/// `until` is when the letter has become useless, such as a link that no longer works: it is dropped then.
pub async fn send(
    app: &App,
    db: &mut PgConnection,
    to: &str,
    letter: &Letter,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    let text = serde_json::to_vec(letter).map_err(anyhow::Error::from)?;
    let sealed = seal::seal(app.config.secret_key(), Purpose::Mail, &text)?;
    let job = SendMail {
        id: Uuid::new_v4(),
        to: to.to_owned(),
        subject: letter.subject.clone(),
        sealed: STANDARD.encode(sealed),
        until,
    };
    jobs::enqueue(db, job).await
}

/// Greets the mail server, and logs in where it asks for that. A folder needs no greeting.
pub async fn reach(settings: &Settings) -> anyhow::Result<()> {
    if let Transport::Smtp(smtp) = Transport::new(settings)? {
        let there = tokio::time::timeout(2 * PATIENCE, smtp.test_connection())
            .await
            .map_err(|_| anyhow!("the mail server does not answer"))??;
        ensure!(there, "the mail server ended the conversation");
    }
    Ok(())
}

/// A mail that waits. Its text is sealed, for it may hold a link that signs somebody in.
#[derive(Debug, Serialize, Deserialize)]
pub struct SendMail {
    /// Becomes the Message-ID, so that a mail that was sent twice is recognised.
    id: Uuid,
    to: String,
    subject: String,
    sealed: String,
    until: Option<DateTime<Utc>>,
}

impl Job for SendMail {
    const NAME: &'static str = "send_mail";

    async fn run(self, app: App) -> anyhow::Result<()> {
        if self.until.is_some_and(|until| until < app.now()) {
            tracing::info!(mail.id = %self.id, "dropped a mail whose link no longer works");
            return Ok(());
        }
        let sealed = STANDARD.decode(&self.sealed)?;
        let text = seal::open(app.config.secret_key(), Purpose::Mail, &sealed)?;
        let message = self.message(&app, &serde_json::from_slice(&text)?)?;
        let kept: Arc<OnceLock<Transport>> = app.kept();
        let transport = if let Some(transport) = kept.get() {
            transport
        } else {
            let made = Transport::new(&app.config.mail)?;
            kept.get_or_init(|| made)
        };
        transport.send(self.id, message).await?;
        tracing::info!(mail.id = %self.id, "sent a mail");
        Ok(())
    }
}

impl SendMail {
    fn message(&self, app: &App, letter: &Letter) -> anyhow::Result<Message> {
        let origin = &app.config.origin();
        let to: Address = self.to.parse().context("the address is none")?;
        let host = app.config.mail_host();
        Ok(Message::builder()
            .from(app.config.mail_from()?)
            .to(Mailbox::new(None, to))
            .subject(&self.subject)
            .message_id(Some(format!("<{}@{host}>", self.id)))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(
                Text { letter, origin }.render()?,
                Html { letter, origin }.render()?,
            ))?)
    }
}

/// Tells absence notices not to answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

impl Transport {
    fn new(settings: &Settings) -> anyhow::Result<Self> {
        let smtp = match settings {
            Settings::Folder(folder) => {
                private::make_dir(folder)
                    .with_context(|| format!("could not make {}", folder.display()))?;
                return Ok(Transport::Folder(folder.clone()));
            }
            Settings::Smtp(smtp) => smtp,
        };
        let tls = || TlsParameters::new(smtp.host.clone());
        let tls = match smtp.security {
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::StartTls => Tls::Required(tls()?),
            SmtpSecurity::Plain => Tls::None,
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = &smtp.credentials {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Transport::Smtp(transport.build()))
    }

    async fn send(&self, id: Uuid, message: Message) -> anyhow::Result<()> {
        match self {
            Transport::Folder(folder) => {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || keep(&folder, id, &message.formatted()))
                    .await??;
            }
            // The transport's own limit is for each step; this one is for all of them.
            Transport::Smtp(server) => {
                tokio::time::timeout(2 * PATIENCE, server.send(message))
                    .await
                    .map_err(|_| anyhow!("the mail server does not answer"))?
                    .map_err(|error| refusal(&error))?;
            }
        }
        Ok(())
    }
}

/// Puts a mail into the folder, for nobody else to read. One that was put there before stays as it is.
fn keep(folder: &Path, id: Uuid, message: &[u8]) -> anyhow::Result<()> {
    let path = folder.join(format!("{id}.eml"));
    let file = std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    match file {
        Ok(mut file) => file.write_all(message)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => {
            return Err(error).with_context(|| format!("could not write {}", path.display()));
        }
    }
    Ok(())
}

/// Why a mail server did not take a mail, without its own words: they hold the address. What it refuses for good is not
/// tried again, unless it is us that it refuses: 530 to 538 are about logging in, which an operator can put right.
fn refusal(error: &smtp::Error) -> anyhow::Error {
    let Some(code) = error.status() else {
        let what = if error.is_timeout() {
            "the mail server does not answer in time"
        } else if error.is_tls() {
            "could not connect to the mail server encrypted"
        } else {
            "could not connect to the mail server, or it broke off"
        };
        return anyhow!(what);
    };
    let code = code.to_string();
    if error.is_permanent() && !code.starts_with("53") {
        return Hopeless(format!("the mail server refused it for good: {code}")).into();
    }
    anyhow!("the mail server refused it: {code}")
}
