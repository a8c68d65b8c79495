//! The settings of who publishes exchange rates.

use secrecy::SecretString;
use url::Url;

use super::{Invalid, Validated, given, is_this_machine};

/// The European Central Bank's daily file. Its others lie beside it.
const USUAL: &str = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml";

/// Where the central bank's daily file is, or the folder of all its files, which ends with a slash. `None`: nothing is
/// fetched, because the setting is there and empty.
pub(super) fn bank(text: Option<&String>) -> Validated<Option<Url>> {
    let text = match text.map(|text| text.trim()) {
        Some("") => return Ok(None),
        Some(text) => text,
        None => USUAL,
    };
    let url = checked(text).map_err(|why| Invalid {
        setting: "RATES_URL",
        reason: format!("{text:?} {why}"),
        example: "--rates-url https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml",
    })?;
    Ok(Some(url))
}

/// Where the second provider is. It is kept like a password: such addresses hold keys.
pub(super) fn fallback(text: Option<&String>) -> Validated<Option<SecretString>> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    checked(text).map_err(|why| Invalid {
        setting: "RATES_FALLBACK_URL",
        reason: format!("it {why}"),
        example: "--rates-fallback-url https://open.er-api.com/v6/latest/EUR",
    })?;
    Ok(Some(SecretString::from(text)))
}

fn checked(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    let is_private = url.host().is_some_and(|host| is_this_machine(&host));
    match url.scheme() {
        "https" => {}
        "http" if is_private => {}
        "http" => return Err("is not https, and is not on this machine"),
        _ => return Err("starts with neither https:// nor http://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or a password before its host");
    }
    Ok(url)
}
