//! The settings of the providers that people may sign in with.

use secrecy::SecretString;
use url::Url;

use super::{Invalid, Validated, given, is_this_machine};

/// How we are known to a provider.
#[derive(Clone, Debug)]
pub struct OauthClient {
    pub id: String,
    pub secret: SecretString,
    /// Without a slash at its end, as providers name themselves in their tokens.
    pub issuer: String,
    /// The issuer is the provider itself, and not a stand-in that a setting names.
    pub is_usual: bool,
}

/// The names and examples of one provider's three settings.
pub(super) struct Names {
    pub id: &'static str,
    pub id_example: &'static str,
    pub secret: &'static str,
    pub secret_example: &'static str,
    pub issuer: &'static str,
    pub issuer_example: &'static str,
    /// Where the provider really is.
    pub usual: &'static str,
}

pub(super) const GOOGLE: Names = Names {
    id: "GOOGLE_CLIENT_ID",
    id_example: "--google-client-id 1234567890-abc.apps.googleusercontent.com",
    secret: "GOOGLE_CLIENT_SECRET",
    secret_example: "GOOGLE_CLIENT_SECRET=GOCSPX-...",
    issuer: "GOOGLE_ISSUER_URL",
    issuer_example: "--google-issuer-url https://accounts.google.com",
    usual: "https://accounts.google.com",
};

pub(super) const FACEBOOK: Names = Names {
    id: "FACEBOOK_CLIENT_ID",
    id_example: "--facebook-client-id 1234567890",
    secret: "FACEBOOK_CLIENT_SECRET",
    secret_example: "FACEBOOK_CLIENT_SECRET=0123456789abcdef...",
    issuer: "FACEBOOK_ISSUER_URL",
    issuer_example: "--facebook-issuer-url https://www.facebook.com",
    usual: "https://www.facebook.com",
};

/// A provider's settings: an id and a secret, or neither.
pub(super) fn client(
    names: &Names,
    id: Option<&String>,
    secret: Option<&String>,
    issuer: Option<&String>,
) -> Validated<Option<OauthClient>> {
    let (issuer, is_usual) = issuer_url(names, given(issuer))?;
    let missing = |setting, other: &str, example| Invalid {
        setting,
        reason: format!("it is not set, but {other} is; they go together"),
        example,
    };
    match (given(id), given(secret)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(names.secret, names.id, names.secret_example)),
        (None, Some(_)) => Err(missing(names.id, names.secret, names.id_example)),
        (Some(id), Some(_)) if !id.chars().all(|c| c.is_ascii_graphic()) => Err(Invalid {
            setting: names.id,
            reason: format!("{id:?} holds more than letters, digits and signs"),
            example: names.id_example,
        }),
        (Some(_), Some(secret)) if !secret.chars().all(|c| c.is_ascii_graphic()) => Err(Invalid {
            setting: names.secret,
            reason: "it holds more than letters, digits and signs".to_owned(),
            example: names.secret_example,
        }),
        (Some(id), Some(secret)) => Ok(Some(OauthClient {
            id: id.to_owned(),
            secret: SecretString::from(secret),
            issuer,
            is_usual,
        })),
    }
}

fn issuer_url(names: &Names, text: Option<&str>) -> Validated<(String, bool)> {
    let text = text.unwrap_or(names.usual);
    let invalid = |why: &str| Invalid {
        setting: names.issuer,
        reason: format!("{text:?} {why}"),
        example: names.issuer_example,
    };
    let url = Url::parse(text).map_err(|_| invalid("is not a URL"))?;
    let is_private = url.host().is_some_and(|host| is_this_machine(&host));
    match url.scheme() {
        "https" => {}
        "http" if is_private => {}
        "http" => return Err(invalid("is not https, and is not on this machine")),
        _ => return Err(invalid("starts with neither https:// nor http://")),
    }
    let has_more = url.query().is_some() || url.fragment().is_some();
    if has_more || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("has more than a host and a path"));
    }
    let issuer = text.trim_end_matches('/').to_owned();
    let is_usual = issuer == names.usual;
    Ok((issuer, is_usual))
}
