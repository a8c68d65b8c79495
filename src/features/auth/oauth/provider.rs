//! What we ask providers ourselves: how they describe themselves, and their keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context, bail, ensure};
use axum::http::header;
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::JwkSet;
use oauth2::{HttpRequest, HttpResponse};
use serde::Deserialize;
use url::Url;

use super::Provider;
use crate::app::App;
use crate::config::OauthClient;
use crate::outgoing;

const ANSWER: std::time::Duration = std::time::Duration::from_secs(10);
/// An answer that is longer is none.
const LONGEST: usize = 1024 * 1024;
/// A key that is not known is looked for again, but not more often than this: anybody can name one.
const KEYS_AGAIN: Duration = Duration::minutes(1);

/// Where a provider is to be found.
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub authorize: Url,
    pub token: Url,
    keys: Url,
}

/// As providers describe themselves in `openid-configuration`.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Option<Url>,
    jwks_uri: Url,
}

/// What was fetched, for as long as its sender says that it holds.
#[derive(Clone)]
struct Fresh<T> {
    value: Arc<T>,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// What has been asked, and what asks.
#[derive(Default)]
pub struct Asked {
    http: OnceLock<reqwest::Client>,
    endpoints: Mutex<HashMap<Provider, Fresh<Endpoints>>>,
    keys: Mutex<HashMap<Provider, Fresh<JwkSet>>>,
}

fn kept<T>(
    map: &Mutex<HashMap<Provider, Fresh<T>>>,
    provider: Provider,
    now: DateTime<Utc>,
) -> Option<(Arc<T>, DateTime<Utc>)> {
    let map = map.lock().unwrap_or_else(PoisonError::into_inner);
    // A clock that was set back says nothing of how old it is.
    let fresh = map
        .get(&provider)
        .filter(|fresh| (fresh.since..fresh.until).contains(&now))?;
    Some((fresh.value.clone(), fresh.since))
}

fn keep<T>(
    map: &Mutex<HashMap<Provider, Fresh<T>>>,
    provider: Provider,
    value: T,
    now: DateTime<Utc>,
    life: Duration,
) -> Arc<T> {
    let value = Arc::new(value);
    let fresh = Fresh {
        value: value.clone(),
        since: now,
        until: now + life,
    };
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    map.insert(provider, fresh);
    value
}

/// Where the provider is, from its own description.
pub async fn endpoints(
    app: &App,
    provider: Provider,
    client: &OauthClient,
) -> anyhow::Result<Arc<Endpoints>> {
    let asked: Arc<Asked> = app.kept();
    let now = app.now();
    if let Some((endpoints, _)) = kept(&asked.endpoints, provider, now) {
        return Ok(endpoints);
    }
    let url = format!("{}{}", client.issuer, provider.description());
    let (found, life): (Discovery, _) = fetch(&asked, provider, client, &url).await?;
    ensure!(
        found.issuer.trim_end_matches('/') == client.issuer,
        "it describes itself as {:?}",
        found.issuer
    );
    let token = match found.token_endpoint {
        Some(token) => token,
        None if client.is_usual => Url::parse(provider.usual_token_endpoint())?,
        None => bail!("it does not say where codes are exchanged"),
    };
    let endpoints = Endpoints {
        authorize: found.authorization_endpoint,
        token,
        keys: found.jwks_uri,
    };
    for url in [&endpoints.authorize, &endpoints.token, &endpoints.keys] {
        permit(provider, client, url)?;
    }
    Ok(keep(&asked.endpoints, provider, endpoints, now, life))
}

/// The keys that the provider signs with; asked for anew when `wanted` is not among those that are known.
pub async fn keys(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    endpoints: &Endpoints,
    wanted: &str,
) -> anyhow::Result<Arc<JwkSet>> {
    let asked: Arc<Asked> = app.kept();
    let now = app.now();
    if let Some((keys, since)) = kept(&asked.keys, provider, now)
        && (keys.find(wanted).is_some() || now - since < KEYS_AGAIN)
    {
        return Ok(keys);
    }
    let (keys, life) = fetch(&asked, provider, client, endpoints.keys.as_str()).await?;
    Ok(keep(&asked.keys, provider, keys, now, life))
}

/// Only hosts that are pinned, over https; a stand-in's everything is in one place.
fn permit(provider: Provider, client: &OauthClient, url: &Url) -> anyhow::Result<()> {
    let permitted = if client.is_usual {
        url.scheme() == "https"
            && url.port().is_none()
            && url
                .host_str()
                .is_some_and(|host| provider.hosts().contains(&host))
    } else {
        url.origin() == Url::parse(&client.issuer)?.origin()
    };
    ensure!(
        permitted,
        "{} is no place of {}",
        url.origin().ascii_serialization(),
        provider.name()
    );
    Ok(())
}

async fn fetch<T: for<'de> Deserialize<'de>>(
    asked: &Asked,
    provider: Provider,
    client: &OauthClient,
    url: &str,
) -> anyhow::Result<(T, Duration)> {
    let request = axum::http::Request::get(url)
        .header(header::ACCEPT, "application/json")
        .body(Vec::new())?;
    let answer = send(asked, provider, client, request).await?;
    ensure!(
        answer.status().is_success(),
        "{url} answers {}",
        answer.status()
    );
    let life = life(answer.headers().get(header::CACHE_CONTROL));
    let value =
        serde_json::from_slice(answer.body()).with_context(|| format!("what {url} sent"))?;
    Ok((value, life))
}

/// How long an answer holds: what its sender says, within reason.
fn life(cache_control: Option<&header::HeaderValue>) -> Duration {
    let text = cache_control.and_then(|value| value.to_str().ok());
    let seconds = text
        .unwrap_or_default()
        .split(',')
        .find_map(|part| part.trim().strip_prefix("max-age="))
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(3600_u32);
    Duration::seconds(i64::from(seconds)).clamp(Duration::minutes(5), Duration::days(1))
}

/// Asks, if it is a place that may be asked.
pub async fn send(
    asked: &Asked,
    provider: Provider,
    client: &OauthClient,
    request: HttpRequest,
) -> anyhow::Result<HttpResponse> {
    let url = Url::parse(&request.uri().to_string())?;
    permit(provider, client, &url)?;
    let http = if let Some(http) = asked.http.get() {
        http
    } else {
        let made = outgoing::client(ANSWER)?;
        asked.http.get_or_init(|| made)
    };
    let (parts, body) = request.into_parts();
    let sent = http
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body);
    let answer = sent.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(outgoing::body(answer, LONGEST).await?);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(issuer: &str, is_usual: bool) -> OauthClient {
        OauthClient {
            id: String::new(),
            secret: String::new().into(),
            issuer: issuer.to_owned(),
            is_usual,
        }
    }

    #[test]
    fn only_pinned_hosts_are_asked_and_only_over_https() {
        let google = client("https://accounts.google.com", true);
        let stand_in = client("http://127.0.0.1:9", false);
        for (client, url, permitted) in [
            (&google, "https://oauth2.googleapis.com/token", true),
            (&google, "https://www.googleapis.com/oauth2/v3/certs", true),
            (&google, "http://oauth2.googleapis.com/token", false),
            (&google, "https://oauth2.googleapis.com:8443/token", false),
            (&google, "https://graph.facebook.com/token", false),
            (
                &google,
                "https://oauth2.googleapis.com.evil.example/",
                false,
            ),
            (&google, "http://169.254.169.254/latest", false),
            (&stand_in, "http://127.0.0.1:9/token", true),
            (&stand_in, "http://127.0.0.1:10/token", false),
            (&stand_in, "https://127.0.0.1:9/token", false),
        ] {
            let url = Url::parse(url).unwrap();
            let done = permit(Provider::Google, client, &url);
            assert_eq!(done.is_ok(), permitted, "{url}");
        }
    }

    /// Fails if only the end is looked at: with a clock that was a year ahead once, keys would be kept for that year.
    #[test]
    fn what_was_asked_for_later_than_now_is_not_kept() {
        let now: DateTime<Utc> = "2026-10-30T12:00:00Z".parse().unwrap();
        let map = Mutex::default();
        keep(&map, Provider::Google, 1, now, Duration::hours(1));
        let kept = |after| kept(&map, Provider::Google, now + after).map(|(value, _)| *value);
        assert_eq!(kept(Duration::zero()), Some(1));
        assert_eq!(kept(Duration::minutes(59)), Some(1));
        assert_eq!(kept(Duration::hours(1)), None);
        assert_eq!(kept(Duration::seconds(-1)), None);
        assert_eq!(kept(Duration::days(-365)), None);
    }

    #[test]
    fn answers_hold_as_long_as_they_say_within_reason() {
        let life = |text| life(Some(&header::HeaderValue::from_static(text)));
        assert_eq!(life("public, max-age=7200"), Duration::hours(2));
        assert_eq!(life("max-age=0"), Duration::minutes(5));
        assert_eq!(life("max-age=99999999"), Duration::days(1));
        assert_eq!(life("no-store"), Duration::hours(1));
    }
}
