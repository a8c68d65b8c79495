//! Every setting: read from the command line and the environment once, validated at the start.

mod oauth;
mod rates;
mod secret_key;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use etcetera::BaseStrategy;
use ipnet::IpNet;
use lettre::Address;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

pub use oauth::OauthClient;

/// The settings as they were typed. An empty value is the same as none, but for `RATES_URL`.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Settings (each is also an environment variable)")]
#[expect(clippy::doc_markdown, reason = "these comments are the text of --help")]
pub struct Settings {
    /// Address and port to listen on [default: 127.0.0.1:8000]
    #[arg(long, env = "LISTEN", global = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// PostgreSQL 15 or newer to use, as postgres://user:password@host/database [default: the program starts its own in
    /// the data directory]
    #[arg(
        long,
        env = "DATABASE_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,

    /// Number of database connections, at most [default: 16]
    #[arg(long, env = "DATABASE_POOL", global = true, value_name = "NUMBER")]
    pub database_pool: Option<String>,

    /// Where the program keeps its own database, its secret key and its mail [default: stakeeasy in the user's data
    /// directory]
    #[arg(long, env = "DATA_DIR", global = true, value_name = "DIRECTORY")]
    pub data_dir: Option<String>,

    /// The address that people type, without a path; https unless it is this machine [default: http://<listen>]
    #[arg(long, env = "PUBLIC_URL", global = true, value_name = "URL")]
    pub public_url: Option<String>,

    /// Where mail goes: smtp://user:password@host:587, smtps://user:password@host:465, or file:///directory, which
    /// writes .eml files [default: mail/ in the data directory]
    #[arg(
        long,
        env = "MAIL_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub mail_url: Option<String>,

    /// Who mail is from, as an address or as "Name <address>" [default: StakeEasy <no-reply@HOST of the public URL>]
    #[arg(long, env = "MAIL_FROM", global = true, value_name = "ADDRESS")]
    pub mail_from: Option<String>,

    /// How many mails people may have us send in an hour, all together: registrations, new passwords, new addresses
    /// [default: 300]
    #[arg(long, env = "MAILS_PER_HOUR", global = true, value_name = "COUNT")]
    pub mails_per_hour: Option<String>,

    /// Addresses and networks of our own proxies, with commas between: only they are believed who a request is from
    /// [default: none]
    #[arg(long, env = "TRUSTED_PROXIES", global = true, value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,

    /// File with at least 32 random bytes that only its owner can read; made when missing [default: secret.key in the
    /// data directory]
    #[arg(long, env = "SECRET_KEY_FILE", global = true, value_name = "FILE")]
    pub secret_key_file: Option<String>,

    /// Where backups arrive, made by whatever makes them: `doctor --production` looks how old the newest is [default:
    /// none]
    #[arg(long, env = "BACKUP_DIR", global = true, value_name = "DIRECTORY")]
    pub backup_dir: Option<String>,

    /// Id of the OAuth client that people sign in with Google by [default: none, and no button]
    #[arg(long, env = "GOOGLE_CLIENT_ID", global = true, value_name = "ID")]
    pub google_client_id: Option<String>,

    /// Its secret; better set in the environment, where other users of the machine cannot see it
    #[arg(
        long,
        env = "GOOGLE_CLIENT_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub google_client_secret: Option<String>,

    /// Where Google is, for tests against a stand-in [default: https://accounts.google.com]
    #[arg(long, env = "GOOGLE_ISSUER_URL", global = true, value_name = "URL")]
    pub google_issuer_url: Option<String>,

    /// Id of the OAuth client that people sign in with Facebook by [default: none, and no button]
    #[arg(long, env = "FACEBOOK_CLIENT_ID", global = true, value_name = "ID")]
    pub facebook_client_id: Option<String>,

    /// Its secret; better set in the environment, where other users of the machine cannot see it
    #[arg(
        long,
        env = "FACEBOOK_CLIENT_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub facebook_client_secret: Option<String>,

    /// Where Facebook is, for tests against a stand-in [default: https://www.facebook.com]
    #[arg(long, env = "FACEBOOK_ISSUER_URL", global = true, value_name = "URL")]
    pub facebook_issuer_url: Option<String>,

    /// Where the European Central Bank's daily file of exchange rates is; its files of 90 days and of all days lie beside it.
    /// Set and empty: no rates of the bank are fetched
    /// [default: https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml]
    #[arg(long, env = "RATES_URL", global = true, value_name = "URL")]
    pub rates_url: Option<String>,

    /// Where to fetch rates that the bank does not quote, as JSON with the euro as its base: of exchangerate-api.com, or of
    /// anybody who answers alike [default: none]
    #[arg(
        long,
        env = "RATES_FALLBACK_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub rates_fallback_url: Option<String>,

    /// Offer the demo user on the login page, and make it anew every day
    #[arg(
        long,
        env = "DEMO",
        global = true,
        value_name = "true|false",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub demo: Option<String>,

    /// The only directory to look in for PostgreSQL's programs [default: PATH, the usual places, node_modules]
    #[arg(long, env = "POSTGRES_BIN", global = true, value_name = "DIRECTORY")]
    pub postgres_bin: Option<String>,

    /// What to log: error, warn, info, debug or trace, or a filter such as info,stakeeasy=debug [default: info,sqlx=warn]
    #[arg(long, env = "LOG", global = true, value_name = "FILTER")]
    pub log: Option<String>,

    /// How to log: text, json, or auto, which is text in a terminal and JSON otherwise [default: auto]
    #[arg(long, env = "LOG_FORMAT", global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// The validated settings.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    /// `None`: the program starts its own database.
    pub database_url: Option<SecretString>,
    /// Connections in the pool, at most.
    pub database_pool: u32,
    pub data_dir: PathBuf,
    public_url: Url,
    public_url_was_given: bool,
    pub mail: Mail,
    mail_from: Option<Mailbox>,
    /// Mails that people may have us send in an hour, all together.
    pub mails_per_hour: i64,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub secret_key_file: PathBuf,
    /// The key is where the operator wants it, not where the program puts it.
    pub secret_key_file_was_given: bool,
    secret_key: SecretSlice<u8>,
    /// Where backups arrive.
    pub backup_dir: Option<PathBuf>,
    /// `None`: nobody signs in with Google.
    pub google: Option<OauthClient>,
    /// `None`: nobody signs in with Facebook.
    pub facebook: Option<OauthClient>,
    /// The central bank's daily file of rates, or the folder that it lies in. `None`: nothing is fetched.
    pub rates: Option<Url>,
    /// Who quotes what the bank does not. Its address may hold a key.
    pub rates_fallback: Option<SecretString>,
    /// Whether visitors may sign in as the demo user.
    pub demo: bool,
    pub postgres_bin: Option<PathBuf>,
    /// Not a setting: only tests, whose passwords are nobody's, make it cheaper.
    pub hashing: HashingCost,
    /// Not a setting either: only tests, which wait for them, make them shorter.
    pub times: Times,
    /// A filter in the syntax of `tracing_subscriber::EnvFilter`, known to parse.
    pub log: String,
    pub log_format: LogFormat,
}

/// What one hash takes, with argon2id on one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory for a password, in KiB.
    pub password_memory: u32,
    /// Memory for a code that we made, in KiB.
    pub code_memory: u32,
    /// How often the memory is gone through.
    pub passes: u32,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self {
            password_memory: 65_536,
            // Nobody guesses the 50 bits of such a code, and a person gets ten of them at once.
            code_memory: 19_456,
            passes: 2,
        }
    }
}

/// How long the parts of a request may take, and what we ask of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From its head to its answer.
    pub request: Duration,
    /// The same for uploads and downloads of everything.
    pub transfer: Duration,
    /// Until the whole body has come, uploads aside.
    pub body: Duration,
    /// From one part of a body to the next.
    pub pause: Duration,
    /// Until the database has said who it is from.
    pub session: Duration,
    /// Of what we ask of others ourselves: until the whole answer has come.
    pub outgoing: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(15),
            transfer: Duration::from_secs(180),
            body: Duration::from_secs(10),
            pause: Duration::from_secs(5),
            session: Duration::from_secs(3),
            outgoing: Duration::from_secs(10),
        }
    }
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub enum Mail {
    /// Every mail becomes an `.eml` file in this directory.
    Folder(PathBuf),
    Smtp(Smtp),
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    /// User name and password.
    pub credentials: Option<(String, SecretString)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// `smtps://`: encrypted from the first byte.
    Tls,
    /// `smtp://`: the server must offer STARTTLS.
    StartTls,
    /// `smtp://` to this machine: not encrypted.
    Plain,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text in a terminal, JSON otherwise.
    #[default]
    Auto,
    Text,
    Json,
}

/// A setting that is wrong: which, why, and how a right one looks. Never contains the value of a secret.
#[derive(Debug)]
pub struct Invalid {
    /// The environment variable's name.
    pub setting: &'static str,
    pub reason: String,
    pub example: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = self.setting.to_lowercase().replace('_', "-");
        write!(
            f,
            "{} (--{option}): {}. Example: {}",
            self.setting, self.reason, self.example
        )
    }
}

impl std::error::Error for Invalid {}

type Validated<T> = Result<T, Invalid>;

impl Config {
    /// Validates what was typed, and fills in the rest. Makes the secret key on the first run.
    pub fn new(settings: &Settings) -> Validated<Self> {
        let listen = listen(given(settings.listen.as_ref()))?;
        let data_dir = data_dir(given(settings.data_dir.as_ref()))?;
        let secret_key_file = given(settings.secret_key_file.as_ref())
            .map_or_else(|| data_dir.join("secret.key"), PathBuf::from);
        Ok(Self {
            listen,
            database_url: database_url(given(settings.database_url.as_ref()))?,
            database_pool: database_pool(given(settings.database_pool.as_ref()))?,
            public_url: public_url(given(settings.public_url.as_ref()), listen)?,
            public_url_was_given: given(settings.public_url.as_ref()).is_some(),
            mail: mail(given(settings.mail_url.as_ref()), &data_dir)?,
            mail_from: mail_from(given(settings.mail_from.as_ref()))?,
            mails_per_hour: mails_per_hour(given(settings.mails_per_hour.as_ref()))?,
            trusted_proxies: trusted_proxies(given(settings.trusted_proxies.as_ref()))?,
            google: oauth::client(
                &oauth::GOOGLE,
                settings.google_client_id.as_ref(),
                settings.google_client_secret.as_ref(),
                settings.google_issuer_url.as_ref(),
            )?,
            facebook: oauth::client(
                &oauth::FACEBOOK,
                settings.facebook_client_id.as_ref(),
                settings.facebook_client_secret.as_ref(),
                settings.facebook_issuer_url.as_ref(),
            )?,
            rates: rates::bank(settings.rates_url.as_ref())?,
            rates_fallback: rates::fallback(settings.rates_fallback_url.as_ref())?,
            demo: demo(given(settings.demo.as_ref()))?,
            postgres_bin: given(settings.postgres_bin.as_ref()).map(PathBuf::from),
            hashing: HashingCost::default(),
            times: Times::default(),
            backup_dir: given(settings.backup_dir.as_ref()).map(PathBuf::from),
            log: log(given(settings.log.as_ref()))?,
            log_format: log_format(given(settings.log_format.as_ref()))?,
            // Last: a start that is refused anyway leaves no file.
            secret_key: secret_key::load_or_make(&secret_key_file)?,
            secret_key_file,
            secret_key_file_was_given: given(settings.secret_key_file.as_ref()).is_some(),
            data_dir,
        })
    }

    /// Whether people reach the site through https. Decides the cookies' `Secure` flag and `__Host-` prefix.
    pub fn secure(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Scheme, host and, unless it is the scheme's usual one, port: what browsers send as `Origin`.
    pub fn origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The address that people type, without a path.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// Who mail is from.
    pub fn mail_from(&self) -> anyhow::Result<Mailbox> {
        if let Some(from) = &self.mail_from {
            return Ok(from.clone());
        }
        let address = Address::new("no-reply", self.mail_host())?;
        Ok(Mailbox::new(Some("StakeEasy".to_owned()), address))
    }

    /// The name behind the @ of addresses that the program makes up.
    pub fn mail_host(&self) -> &str {
        self.public_url.domain().unwrap_or("localhost")
    }

    /// Whether only this machine reaches the site: its one user is also who runs it.
    pub fn is_private(&self) -> bool {
        self.public_url
            .host()
            .is_some_and(|host| is_this_machine(&host))
    }

    /// At least 32 bytes. Never log them.
    pub fn secret_key(&self) -> &[u8] {
        self.secret_key.expose_secret()
    }

    /// Takes note of the address that was really bound, which matters when port 0 was asked for.
    pub fn bound_to(&mut self, address: SocketAddr) -> Validated<()> {
        self.listen = address;
        if !self.public_url_was_given {
            self.public_url = public_url(None, address)?;
        }
        Ok(())
    }
}

fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn listen(text: Option<&str>) -> Validated<SocketAddr> {
    let text = text.unwrap_or("127.0.0.1:8000");
    text.parse().map_err(|_| Invalid {
        setting: "LISTEN",
        reason: format!("{text:?} is not an IP address and a port"),
        example: "--listen 127.0.0.1:8000",
    })
}

fn database_url(text: Option<&str>) -> Validated<Option<SecretString>> {
    let Some(text) = text else { return Ok(None) };
    // The parsers' errors may quote the password.
    let invalid = |reason: &str| Invalid {
        setting: "DATABASE_URL",
        reason: reason.to_owned(),
        example: "--database-url postgres://stakeeasy:password@localhost/stakeeasy",
    };
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err(invalid("it does not start with postgres://"));
    }
    let url = Url::parse(text).map_err(|_| {
        invalid(
            "it is not a valid URL (a special character in the password must be percent-encoded)",
        )
    })?;
    if url.path().len() < 2 && !url.query_pairs().any(|(key, _)| key == "dbname") {
        return Err(invalid("it names no database after the host"));
    }
    PgConnectOptions::from_str(text).map_err(|_| invalid("PostgreSQL does not understand it"))?;
    Ok(Some(SecretString::from(text)))
}

fn database_pool(text: Option<&str>) -> Validated<u32> {
    let Some(text) = text else { return Ok(16) };
    text.parse()
        .ok()
        .filter(|number| (1..=500).contains(number))
        .ok_or_else(|| Invalid {
            setting: "DATABASE_POOL",
            reason: format!("{text:?} is not a number from 1 to 500"),
            example: "--database-pool 16",
        })
}

fn data_dir(text: Option<&str>) -> Validated<PathBuf> {
    let invalid = |reason: String| Invalid {
        setting: "DATA_DIR",
        reason,
        example: "--data-dir /var/lib/stakeeasy",
    };
    if let Some(text) = text {
        return std::path::absolute(text)
            .map_err(|error| invalid(format!("{text:?} cannot be used: {error}")));
    }
    let platform = etcetera::base_strategy::choose_native_strategy().map_err(|_| {
        invalid("this user has no home directory to put it in, so it must be set".to_owned())
    })?;
    Ok(platform.data_dir().join("stakeeasy"))
}

fn public_url(text: Option<&str>, listen: SocketAddr) -> Validated<Url> {
    let invalid = |reason: String| Invalid {
        setting: "PUBLIC_URL",
        reason,
        example: "--public-url https://stakeeasy.example",
    };
    let Some(text) = text else {
        if !listen.ip().to_canonical().is_loopback() {
            return Err(invalid(format!(
                "it must be set, because {listen} is not only for this machine"
            )));
        }
        return Url::parse(&format!("http://{listen}")).map_err(|error| invalid(error.to_string()));
    };
    let url =
        Url::parse(text).map_err(|error| invalid(format!("{text:?} is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(format!(
            "{text:?} starts with neither https:// nor http://"
        )));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(format!(
            "{text:?} has a path, but the site lives at the root of its host"
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "it must not hold a user name or a password".to_owned(),
        ));
    }
    if url.scheme() == "http" && !url.host().is_some_and(|host| is_this_machine(&host)) {
        return Err(invalid(format!(
            "{text:?} is not https, and browsers keep a sign-in cookie safe only with https"
        )));
    }
    Ok(url)
}

fn mail(text: Option<&str>, data_dir: &Path) -> Validated<Mail> {
    let Some(text) = text else {
        return Ok(Mail::Folder(data_dir.join("mail")));
    };
    let invalid = |reason: &str| Invalid {
        setting: "MAIL_URL",
        reason: reason.to_owned(),
        example: "--mail-url smtps://user:password@mail.example:465",
    };
    // The value is not quoted in any message: it may hold a password.
    let url = Url::parse(text).map_err(|_| {
        invalid(
            "it is not a valid URL (a special character in the password must be percent-encoded)",
        )
    })?;
    match url.scheme() {
        "file" => url.to_file_path().map(Mail::Folder).map_err(|()| {
            invalid("after file:// it needs an absolute path, for example file:///var/mail/out")
        }),
        scheme @ ("smtp" | "smtps") => {
            let host = url
                .host_str()
                .filter(|host| !host.is_empty())
                .ok_or_else(|| invalid("it names no host"))?;
            if !matches!(url.path(), "" | "/") || url.query().is_some() {
                return Err(invalid("nothing may follow the host and the port"));
            }
            let decode = |text: &str| {
                percent_encoding::percent_decode_str(text)
                    .decode_utf8_lossy()
                    .into_owned()
            };
            let security = match scheme {
                "smtps" => SmtpSecurity::Tls,
                _ if Host::parse(host).is_ok_and(|host| is_this_machine(&host)) => {
                    SmtpSecurity::Plain
                }
                _ => SmtpSecurity::StartTls,
            };
            let usual_port = match security {
                SmtpSecurity::Tls => 465,
                SmtpSecurity::StartTls => 587,
                SmtpSecurity::Plain => 25,
            };
            let credentials = match (url.username(), url.password()) {
                ("", None) => None,
                (user, Some(password)) if !user.is_empty() => {
                    Some((decode(user), SecretString::from(decode(password))))
                }
                _ => {
                    return Err(invalid(
                        "it needs both a user name and a password, or neither",
                    ));
                }
            };
            Ok(Mail::Smtp(Smtp {
                host: host.to_owned(),
                port: url.port().unwrap_or(usual_port),
                security,
                credentials,
            }))
        }
        _ => Err(invalid(
            "it starts with neither smtp://, smtps:// nor file:///",
        )),
    }
}

fn mail_from(text: Option<&str>) -> Validated<Option<Mailbox>> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Invalid {
        setting: "MAIL_FROM",
        reason: format!("{text:?} is not an address that mail can be from"),
        example: "--mail-from \"StakeEasy <no-reply@stakeeasy.example>\"",
    })
}

fn mails_per_hour(text: Option<&str>) -> Validated<i64> {
    let Some(text) = text else { return Ok(300) };
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=1_000_000).contains(count));
    count.ok_or_else(|| Invalid {
        setting: "MAILS_PER_HOUR",
        reason: format!("{text:?} is not a number from 1 to 1000000"),
        example: "--mails-per-hour 300",
    })
}

fn trusted_proxies(text: Option<&str>) -> Validated<Vec<IpNet>> {
    let parse = |part: &str| {
        let part = part.trim();
        let network = part.parse().ok();
        let address = || part.parse::<IpAddr>().ok().map(IpNet::from);
        network.or_else(address).ok_or_else(|| Invalid {
            setting: "TRUSTED_PROXIES",
            reason: format!("{part:?} is neither an address nor a network"),
            example: "--trusted-proxies 127.0.0.1,10.0.0.0/8",
        })
    };
    text.map_or(Ok(Vec::new()), |text| text.split(',').map(parse).collect())
}

fn demo(text: Option<&str>) -> Validated<bool> {
    match text.map(str::to_lowercase).as_deref() {
        None | Some("false" | "0" | "no" | "off") => Ok(false),
        Some("true" | "1" | "yes" | "on") => Ok(true),
        Some(other) => Err(Invalid {
            setting: "DEMO",
            reason: format!("{other:?} is neither true nor false"),
            example: "--demo, or DEMO=true",
        }),
    }
}

fn log(text: Option<&str>) -> Validated<String> {
    let text = text.unwrap_or("info,sqlx=warn");
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| Invalid {
            setting: "LOG",
            reason: format!("{text:?} is not a filter: {error}"),
            example: "--log info,stakeeasy=debug",
        })
}

fn log_format(text: Option<&str>) -> Validated<LogFormat> {
    let Some(text) = text else {
        return Ok(LogFormat::Auto);
    };
    LogFormat::from_str(text, true).map_err(|_| Invalid {
        setting: "LOG_FORMAT",
        reason: format!("{text:?} is none of auto, text and json"),
        example: "--log-format json",
    })
}

/// Whether browsers treat `host` as this machine, so that http is as private as https. Hosts of other schemes than http
/// come as names even when they are addresses.
fn is_this_machine(host: &Host<impl AsRef<str>>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
        Host::Domain(name) => name.as_ref() == "localhost" || name.as_ref().ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests;
