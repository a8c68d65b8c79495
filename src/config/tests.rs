use super::*;

/// Settings that touch nothing outside `dir`.
fn settings(dir: &tempfile::TempDir) -> Settings {
    Settings {
        data_dir: Some(dir.path().display().to_string()),
        ..Settings::default()
    }
}

fn config(change: impl FnOnce(&mut Settings)) -> Validated<Config> {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(&dir);
    change(&mut settings);
    Config::new(&settings)
}

#[test]
fn nothing_has_to_be_set() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config::new(&settings(&dir)).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.origin(), "http://127.0.0.1:8000");
    assert!(!config.secure());
    assert!(config.database_url.is_none());
    assert_eq!(config.database_pool, 16);
    assert!(matches!(&config.mail, Mail::Folder(folder) if *folder == dir.path().join("mail")));
    assert_eq!(config.secret_key_file, dir.path().join("secret.key"));
    assert_eq!(config.secret_key().len(), 64);
    assert!(!config.demo);
    assert_eq!(config.log, "info,sqlx=warn");
    assert_eq!(config.log_format, LogFormat::Auto);
}

#[test]
fn an_empty_value_is_none() {
    let config = config(|settings| {
        settings.listen = Some(String::new());
        settings.database_url = Some("  ".to_owned());
        settings.demo = Some(String::new());
    })
    .unwrap();
    assert_eq!(config.listen.port(), 8000);
    assert!(config.database_url.is_none());
    assert!(!config.demo);
}

#[test]
fn every_wrong_value_names_the_setting_the_reason_and_an_example() {
    type Field = fn(&mut Settings) -> &mut Option<String>;
    let listen: Field = |settings| &mut settings.listen;
    let database: Field = |settings| &mut settings.database_url;
    let pool: Field = |settings| &mut settings.database_pool;
    let public: Field = |settings| &mut settings.public_url;
    let mail: Field = |settings| &mut settings.mail_url;
    let google_id: Field = |settings| &mut settings.google_client_id;
    let google_issuer: Field = |settings| &mut settings.google_issuer_url;
    let facebook_secret: Field = |settings| &mut settings.facebook_client_secret;
    let demo: Field = |settings| &mut settings.demo;
    let log: Field = |settings| &mut settings.log;
    let format: Field = |settings| &mut settings.log_format;
    let key: Field = |settings| &mut settings.secret_key_file;
    for (field, value, setting, reason) in [
        (
            listen,
            "8000",
            "LISTEN (--listen)",
            "\"8000\" is not an IP address and a port",
        ),
        (listen, "localhost:8000", "LISTEN", "is not an IP address"),
        (listen, "127.0.0.1:99999", "LISTEN", "is not an IP address"),
        (
            listen,
            "0.0.0.0:8000",
            "PUBLIC_URL",
            "must be set, because 0.0.0.0:8000",
        ),
        (
            database,
            "mysql://localhost/x",
            "DATABASE_URL (--database-url)",
            "does not start with postgres://",
        ),
        (
            database,
            "postgres://localhost",
            "DATABASE_URL",
            "names no database",
        ),
        (
            database,
            "postgres://u:p#w@localhost/x",
            "DATABASE_URL",
            "percent-encoded",
        ),
        (
            database,
            "postgres://localhost:99999/x",
            "DATABASE_URL",
            "not a valid URL",
        ),
        (
            database,
            "postgres://localhost/x?sslmode=perhaps",
            "DATABASE_URL",
            "does not understand",
        ),
        (
            pool,
            "0",
            "DATABASE_POOL (--database-pool)",
            "from 1 to 500",
        ),
        (pool, "many", "DATABASE_POOL", "from 1 to 500"),
        (
            public,
            "stakeeasy.example",
            "PUBLIC_URL (--public-url)",
            "is not a URL",
        ),
        (
            public,
            "ftp://stakeeasy.example",
            "PUBLIC_URL",
            "neither https:// nor http://",
        ),
        (
            public,
            "https://stakeeasy.example/app",
            "PUBLIC_URL",
            "has a path",
        ),
        (
            public,
            "https://stakeeasy.example/?a=b",
            "PUBLIC_URL",
            "has a path",
        ),
        (
            public,
            "https://user:word@stakeeasy.example",
            "PUBLIC_URL",
            "user name",
        ),
        (
            public,
            "http://stakeeasy.example",
            "PUBLIC_URL",
            "is not https",
        ),
        (
            public,
            "http://192.168.0.7:8000",
            "PUBLIC_URL",
            "is not https",
        ),
        (
            mail,
            "mail.example",
            "MAIL_URL (--mail-url)",
            "not a valid URL",
        ),
        (mail, "https://mail.example", "MAIL_URL", "neither smtp://"),
        (
            mail,
            "smtp://user@mail.example",
            "MAIL_URL",
            "both a user name and a password",
        ),
        (
            mail,
            "smtps://mail.example/path",
            "MAIL_URL",
            "nothing may follow",
        ),
        (mail, "smtp:mail.example", "MAIL_URL", "names no host"),
        (mail, "file://host/dir", "MAIL_URL", "absolute path"),
        (
            google_id,
            "an-id",
            "GOOGLE_CLIENT_SECRET (--google-client-secret)",
            "GOOGLE_CLIENT_ID is; they go together",
        ),
        (
            facebook_secret,
            "a-secret",
            "FACEBOOK_CLIENT_ID (--facebook-client-id)",
            "FACEBOOK_CLIENT_SECRET is; they go together",
        ),
        (
            google_issuer,
            "accounts.google.com",
            "GOOGLE_ISSUER_URL (--google-issuer-url)",
            "is not a URL",
        ),
        (
            google_issuer,
            "http://accounts.google.com",
            "GOOGLE_ISSUER_URL",
            "is not https",
        ),
        (
            google_issuer,
            "ftp://accounts.google.com",
            "GOOGLE_ISSUER_URL",
            "neither https:// nor http://",
        ),
        (
            google_issuer,
            "https://accounts.google.com/?a=b",
            "GOOGLE_ISSUER_URL",
            "more than a host and a path",
        ),
        (demo, "perhaps", "DEMO (--demo)", "neither true nor false"),
        (log, "stakeeasy=loud", "LOG (--log)", "is not a filter"),
        (
            format,
            "xml",
            "LOG_FORMAT (--log-format)",
            "none of auto, text and json",
        ),
        (
            key,
            "/dev/null/key",
            "SECRET_KEY_FILE (--secret-key-file)",
            "could not be",
        ),
    ] {
        let refused = config(|settings| *field(settings) = Some(value.to_owned()));
        let message = refused.expect_err(value).to_string();
        assert!(message.starts_with(setting), "{value}: {message}");
        assert!(message.contains(reason), "{value}: {message}");
        assert!(message.contains(". Example: "), "{value}: {message}");
    }
}

#[test]
fn the_public_address_decides_cookies_and_origin() {
    for (url, secure, origin) in [
        (
            "https://stakeeasy.example",
            true,
            "https://stakeeasy.example",
        ),
        (
            "https://StakeEasy.example:443/",
            true,
            "https://stakeeasy.example",
        ),
        (
            "https://stakeeasy.example:8443",
            true,
            "https://stakeeasy.example:8443",
        ),
        ("http://localhost:9000", false, "http://localhost:9000"),
        ("http://app.localhost", false, "http://app.localhost"),
        ("http://[::1]:8000", false, "http://[::1]:8000"),
    ] {
        let config = config(|settings| settings.public_url = Some(url.to_owned())).unwrap();
        assert_eq!(
            (config.secure(), config.origin().as_str()),
            (secure, origin)
        );
    }
}

#[test]
fn the_bound_port_becomes_the_address_unless_one_was_given() {
    let bound = SocketAddr::from(([127, 0, 0, 1], 54321));
    let mut free = config(|settings| settings.listen = Some("127.0.0.1:0".to_owned())).unwrap();
    free.bound_to(bound).unwrap();
    assert_eq!(free.origin(), "http://127.0.0.1:54321");
    let mut fixed =
        config(|settings| settings.public_url = Some("https://stakeeasy.example".to_owned()))
            .unwrap();
    fixed.bound_to(bound).unwrap();
    assert_eq!(fixed.origin(), "https://stakeeasy.example");
}

#[test]
fn mail_addresses_are_understood() {
    let smtp = |url: &str| match config(|settings| settings.mail_url = Some(url.to_owned()))
        .unwrap()
        .mail
    {
        Mail::Smtp(smtp) => smtp,
        Mail::Folder(folder) => panic!("{folder:?}"),
    };
    let tls = smtp("smtps://me%40home:p%3Aw@mail.example");
    assert_eq!(
        (tls.host.as_str(), tls.port, tls.security),
        ("mail.example", 465, SmtpSecurity::Tls)
    );
    let (user, password) = tls.credentials.unwrap();
    assert_eq!(
        (user.as_str(), password.expose_secret()),
        ("me@home", "p:w")
    );
    let start_tls = smtp("smtp://mail.example:2525");
    assert_eq!(
        (start_tls.port, start_tls.security),
        (2525, SmtpSecurity::StartTls)
    );
    assert!(start_tls.credentials.is_none());
    for local in ["smtp://localhost", "smtp://127.0.0.1", "smtp://[::1]"] {
        assert_eq!(smtp(local).security, SmtpSecurity::Plain, "{local}");
    }
    let folder = config(|settings| settings.mail_url = Some("file:///var/mail/out".to_owned()))
        .unwrap()
        .mail;
    assert!(matches!(folder, Mail::Folder(folder) if folder == Path::new("/var/mail/out")));
}

#[test]
fn providers_are_there_when_their_id_and_secret_are() {
    assert!(config(|_| ()).unwrap().google.is_none());
    let config = config(|settings| {
        settings.google_client_id = Some("an-id".to_owned());
        settings.google_client_secret = Some("word".to_owned());
        settings.facebook_client_id = Some("17".to_owned());
        settings.facebook_client_secret = Some("word".to_owned());
        settings.facebook_issuer_url = Some("http://127.0.0.1:9/".to_owned());
    })
    .unwrap();
    let (google, facebook) = (config.google.unwrap(), config.facebook.unwrap());
    assert_eq!(google.id, "an-id");
    assert_eq!(google.issuer, "https://accounts.google.com");
    assert!(google.is_usual);
    assert_eq!(facebook.issuer, "http://127.0.0.1:9");
    assert!(!facebook.is_usual);
}

#[test]
fn secrets_are_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(&dir);
    std::fs::write(dir.path().join("key"), "k".repeat(40)).unwrap();
    std::fs::set_permissions(
        dir.path().join("key"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    settings.secret_key_file = Some(dir.path().join("key").display().to_string());
    settings.database_url = Some("postgres://me:database-word@localhost/x".to_owned());
    settings.mail_url = Some("smtps://me:mail-word@mail.example".to_owned());
    settings.google_client_id = Some("an-id".to_owned());
    settings.google_client_secret = Some("google-word".to_owned());
    let shown = format!("{:?}", Config::new(&settings).unwrap());
    for secret in [
        "database-word",
        "mail-word",
        "google-word",
        &"k".repeat(40),
        "107, 107",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
    settings.google_client_secret = Some("google word".to_owned());
    let message = Config::new(&settings).unwrap_err().to_string();
    assert!(!message.contains("google word"), "{message}");
    settings.google_client_secret = None;
    settings.google_client_id = None;
    for url in [
        "postgres://me:database-word@localhost",
        "mysql://me:database-word@localhost/x",
    ] {
        settings.database_url = Some(url.to_owned());
        let message = Config::new(&settings).unwrap_err().to_string();
        assert!(!message.contains("database-word"), "{message}");
    }
}
