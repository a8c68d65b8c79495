//! What can go wrong in a handler, and which answer it becomes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A result of handlers, services and queries.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request gets no page. What a person typed wrong is not among these: that is a form shown again.
#[derive(Debug)]
pub enum Error {
    /// There is no such thing, or it is another user's: the two look the same.
    NotFound,
    /// The page is for signed-in users.
    LoginRequired,
    /// The password was right; the second factor is still to be shown.
    SecondFactorDue,
    /// An administrator has no second factor.
    SecondFactorRequired,
    /// What is to be done needs the user to show once more who they are.
    SudoRequired,
    /// What is to be done from a browser that is new to the user needs a code from their mail.
    MailRequired,
    /// The request did not come from one of our own pages, or its form is too old.
    Forbidden(Cow<'static, str>),
    /// The request makes no sense; the sentence says why.
    BadRequest(Cow<'static, str>),
    /// The request is larger than allowed.
    TooLarge,
    /// The same was asked for too often; it may be asked for again after this time.
    TooMany(Duration),
    /// What is to be changed has changed meanwhile; the sentence says what to do.
    Conflict(Cow<'static, str>),
    /// What a form was to change has changed since it was opened: the fields as they are now.
    Changed(Vec<(&'static str, String)>),
    /// The form was saved before with something else in it.
    AlreadySaved,
    /// Too many others are being answered.
    Busy,
    /// Another write had to come first, and took too long; nothing was changed.
    InLine(anyhow::Error),
    /// The database cannot be reached or did not answer in time; nothing was changed.
    Unavailable(anyhow::Error),
    /// A fault of ours, or of the machine.
    Internal(anyhow::Error),
}

impl Error {
    /// For a job, which nobody waits for.
    pub fn into_anyhow(self) -> anyhow::Error {
        match self {
            Error::InLine(error) | Error::Unavailable(error) | Error::Internal(error) => error,
            other => anyhow::anyhow!("{other:?}"),
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::LoginRequired
            | Error::SecondFactorDue
            | Error::SecondFactorRequired
            | Error::SudoRequired
            | Error::MailRequired => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::BadRequest(_) => StatusCode::BAD_REQUEST,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Conflict(_) | Error::Changed(_) => StatusCode::CONFLICT,
            Error::AlreadySaved => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Busy | Error::InLine(_) | Error::Unavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// After how many seconds it may be tried again, if that is worth it.
    pub fn retry_after(&self) -> Option<HeaderValue> {
        match self {
            Error::TooMany(wait) => Some(wait.as_secs().into()),
            Error::Busy | Error::InLine(_) | Error::Unavailable(_) => {
                Some(HeaderValue::from_static("3"))
            }
            _ => None,
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        // A context around the database's error does not change what it is.
        let database = error.chain().find_map(|cause| cause.downcast_ref());
        if database.is_some_and(has_waited) {
            Error::InLine(error)
        } else if database.is_some_and(is_unavailable) {
            Error::Unavailable(error)
        } else {
            Error::Internal(error)
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Error::NotFound,
            error => anyhow::Error::from(error).into(),
        }
    }
}

/// What the database says of a lock that somebody else has had for too long.
const LOCKED: &str = "55P03";

/// What the database says when it is not what was asked that is wrong, and asking again may well work.
const PASSING: [&str; 11] = [
    "08",    // The connection broke.
    "25006", // It is a copy that only answers.
    "25P03", // The transaction waited for us,
    "25P04", // or took too long,
    "40",    // or was one too many at once.
    "28",    // We are not let in,
    "3D",    // or to no such database.
    "53",    // It has no room left.
    LOCKED,  // It waited too long for somebody else.
    "57",    // It stops, or was told to stop asking.
    "58",    // Its disk fails.
];

/// Whether somebody else had what was needed, for longer than we wait.
fn has_waited(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| code == LOCKED))
}

/// Whether the database could not be reached, or could not answer now.
fn is_unavailable(error: &sqlx::Error) -> bool {
    use sqlx::Error::{
        BeginFailed, Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed,
    };
    match error {
        // A line that breaks in the middle of a message leaves half of one.
        Io(_) | Protocol(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed | BeginFailed => {
            true
        }
        Database(error) => error.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    }
}

/// Whether a code of the database's is one of those that asking again may well make go away.
pub fn is_passing(code: &str) -> bool {
    PASSING.iter().any(|class| code.starts_with(class))
}

impl IntoResponse for Error {
    /// Only the status and when to come back, with the error in the extensions: `web::errors` makes the page of it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Whether the database refused a row because of the named constraint.
pub fn is_violation(error: &sqlx::Error, constraint: &str) -> bool {
    matches!(error, sqlx::Error::Database(d) if d.constraint() == Some(constraint))
}

#[cfg(test)]
mod tests {
    use sqlx::migrate::MigrateError;

    use super::*;

    /// Fails if only the outermost error is looked at, or only contexts are looked through.
    #[test]
    fn a_database_that_is_away_is_found_behind_whatever_is_said_of_it() {
        let said: [fn(sqlx::Error) -> anyhow::Error; 3] = [
            anyhow::Error::from,
            |error| {
                anyhow::Error::from(error)
                    .context("the ledger")
                    .context("a page")
            },
            |error| anyhow::Error::from(MigrateError::Execute(error)).context("the start"),
        ];
        for said in said {
            let away = Error::from(said(sqlx::Error::PoolTimedOut));
            assert!(matches!(away, Error::Unavailable(_)), "{away:?}");
            let ours = Error::from(said(sqlx::Error::ColumnNotFound("name".to_owned())));
            assert!(matches!(ours, Error::Internal(_)), "{ours:?}");
        }
    }
}
