//! What can go wrong in a handler, and which answer it becomes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
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
    /// The database cannot be reached or did not answer in time; nothing was changed.
    Unavailable(anyhow::Error),
    /// A fault of ours, or of the machine.
    Internal(anyhow::Error),
}

impl Error {
    /// For a job, which nobody waits for.
    pub fn into_anyhow(self) -> anyhow::Error {
        match self {
            Error::Unavailable(error) | Error::Internal(error) => error,
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
            | Error::SudoRequired => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::BadRequest(_) => StatusCode::BAD_REQUEST,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Conflict(_) | Error::Changed(_) => StatusCode::CONFLICT,
            Error::AlreadySaved => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Error::Internal(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // Class 57 is the server going away or cancelling a statement; 53 is it being out of resources.
        let transient = |code: &str| {
            ["08", "53", "57", "55P03"]
                .iter()
                .any(|class| code.starts_with(class))
        };
        match &error {
            sqlx::Error::RowNotFound => Error::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                Error::Unavailable(error.into())
            }
            sqlx::Error::Database(d) if d.code().is_some_and(|code| transient(&code)) => {
                Error::Unavailable(error.into())
            }
            _ => Error::Internal(error.into()),
        }
    }
}

impl IntoResponse for Error {
    /// Only the status, with the error in the extensions: `web::errors` makes the page of it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Whether the database refused a row because of the named constraint.
pub fn is_violation(error: &sqlx::Error, constraint: &str) -> bool {
    matches!(error, sqlx::Error::Database(d) if d.constraint() == Some(constraint))
}
