//! The two ends of a visit: the address that a browser leaves for, and the code that it brings back.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenUrl,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Provider;
use super::provider::{Asked, Endpoints, send};
use crate::app::App;
use crate::config::OauthClient;

/// The part of the answer to a code that matters here; the rest is forgotten.
#[derive(Debug, Serialize, Deserialize)]
struct IdToken {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdToken {}

type OidcClient = Client<
    BasicErrorResponse,
    StandardTokenResponse<IdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn oidc(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    endpoints: &Endpoints,
) -> anyhow::Result<OidcClient> {
    let back = format!("{}/auth/{}/callback", app.config.origin(), provider.slug());
    Ok(Client::new(ClientId::new(client.id.clone()))
        .set_client_secret(ClientSecret::new(client.secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(endpoints.authorize.clone()))
        .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
        .set_redirect_uri(RedirectUrl::new(back)?))
}

/// What only the browser that begins may come back with.
#[derive(Debug, Serialize, Deserialize)]
pub struct Secrets {
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// The address that a browser is sent to, and what it must bring back.
pub fn departure(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    endpoints: &Endpoints,
) -> anyhow::Result<(Url, Secrets)> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = CsrfToken::new_random_len(32).into_secret();
    let oidc = oidc(app, provider, client, endpoints)?;
    let scopes = provider
        .scopes()
        .iter()
        .map(|scope| Scope::new((*scope).to_owned()));
    let (url, state) = oidc
        .authorize_url(|| CsrfToken::new_random_len(32))
        .add_scopes(scopes)
        .add_extra_param("nonce", nonce.clone())
        .set_pkce_challenge(challenge)
        .url();
    let secrets = Secrets {
        state: state.into_secret(),
        nonce,
        verifier: verifier.into_secret(),
    };
    Ok((url, secrets))
}

/// Exchanges a code for the ID token.
pub async fn exchange(
    app: &App,
    provider: Provider,
    client: &OauthClient,
    endpoints: &Endpoints,
    code: &str,
    verifier: &str,
) -> anyhow::Result<String> {
    let asked: Arc<Asked> = app.kept();
    let oidc = oidc(app, provider, client, endpoints)?;
    let owned = client.clone();
    let http = move |request: HttpRequest| {
        let (asked, client) = (asked.clone(), owned.clone());
        Box::pin(async move {
            send(&asked, provider, &client, request)
                .await
                .map_err(|error| std::io::Error::other(format!("{error:#}")))
        })
    };
    let answer = oidc
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
        .request_async(&http)
        .await
        // Not the error itself: what could not be read may hold a token.
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                anyhow!("it does not take the code: {}", said.error())
            }
            RequestTokenError::Request(error) => anyhow!("{error}"),
            RequestTokenError::Parse(..) => anyhow!("its answer cannot be read"),
            RequestTokenError::Other(why) => anyhow!("{why}"),
        })?;
    let id_token = answer.extra_fields().id_token.clone();
    id_token.context("it sent no ID token")
}
