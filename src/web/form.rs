//! Posted forms: each input is a [`Field`] that keeps what was typed and what is wrong with it.

use std::borrow::Cow;
use std::fmt;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::error::{Error, Result};
use crate::money::Unkept;
use crate::submission::Submission;
use crate::text::Unfit;
use crate::web::form_token::FormToken;
use crate::web::session;

/// A posted form holds at most this many bytes; uploads have a limit of their own.
pub const FORM_LIMIT: usize = 64 * 1024;

/// A posted form holds at most this many fields: the largest has four for each of 200 accounts.
const MOST_FIELDS: usize = 1_000;

/// A sentence for the person who filled in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint(Cow<'static, str>);

impl From<&'static str> for Complaint {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Unfit> for Complaint {
    fn from(unfit: Unfit) -> Self {
        unfit.to_string().into()
    }
}

impl From<Unkept> for Complaint {
    fn from(unkept: Unkept) -> Self {
        unkept.to_string().into()
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value, or what is wrong with the text.
pub type Parsed<T> = std::result::Result<T, Complaint>;

/// One input of a form: the text as it was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub text: String,
    pub error: Option<Complaint>,
}

impl Field {
    /// A field that already says something.
    pub fn filled(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            error: None,
        }
    }

    /// The text as a value; what is wrong with it stays at the field.
    pub fn read<T>(&mut self, parse: impl FnOnce(&str) -> Parsed<T>) -> Option<T> {
        match parse(&self.text) {
            Ok(value) => Some(value),
            Err(complaint) => {
                self.error = Some(complaint);
                None
            }
        }
    }

    /// Says what is wrong.
    pub fn refuse(&mut self, why: impl Into<Complaint>) {
        self.error = Some(why.into());
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(Field::filled)
    }
}

/// A posted form. For a signed-in user it must carry the session's form token, in the field `form_token` or in the
/// header `X-Form-Token`: a page of another site cannot know it.
#[derive(Debug)]
pub struct Form<T>(pub T, pub Submission);

/// A form with nothing but a button.
#[derive(Debug, Deserialize)]
pub struct Blank {}

/// The two hidden fields that the form macro adds.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Hidden {
    form_token: String,
    form_key: String,
}

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let token = session::form_token(app, request.extensions());
        let header = request
            .headers()
            .get("x-form-token")
            .and_then(|h| h.to_str().ok())
            .map(str::to_owned);
        let path = request.uri().path().to_owned();
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| {
                if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                    Error::TooLarge
                } else {
                    Error::BadRequest("The form could not be read.".into())
                }
            })?;
        if body.split(|byte| *byte == b'&').count() > MOST_FIELDS {
            return Err(Error::TooLarge);
        }
        let hidden: Hidden = read(&body)?;
        require_token(token, &header.unwrap_or(hidden.form_token))?;
        let hash = Sha256::new()
            .chain_update(path)
            .chain_update([0])
            .chain_update(&body)
            .finalize();
        let submission = Submission {
            key: hidden.form_key.parse().ok(),
            hash: hash.into(),
        };
        Ok(Form(read(&body)?, submission))
    }
}

/// A signed-in user's form carries the session's token.
pub(super) fn require_token(token: Option<FormToken>, sent: &str) -> Result<()> {
    match token {
        Some(token) if !token.is(sent) => Err(Error::Forbidden(
            "This form is from an older visit. Go back, reload the page, and send it again.".into(),
        )),
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_html_form::from_bytes(body)
        .map_err(|_| Error::BadRequest("The form could not be read.".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct TwoFields {
        name: Field,
        order: Vec<String>,
    }

    #[test]
    fn a_missing_field_is_an_empty_one() {
        let form: TwoFields = read(b"").unwrap();
        assert_eq!(form.name.text, "");
        assert!(form.order.is_empty());
    }

    #[test]
    fn a_form_with_nothing_but_a_button_still_carries_its_hidden_fields() {
        assert!(read::<Blank>(b"form_token=a&form_key=b").is_ok());
        assert!(read::<Blank>(b"").is_ok());
    }

    #[test]
    fn a_field_sent_twice_is_refused_and_a_list_is_not() {
        assert!(read::<TwoFields>(b"name=a&name=b").is_err());
        assert_eq!(
            read::<TwoFields>(b"order=a&order=b").unwrap().order,
            ["a", "b"]
        );
    }
}
