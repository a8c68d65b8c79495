//! Signing in with an account elsewhere: `/auth/google`, `/auth/facebook`, and linking them in the settings.

mod arrive;
mod carried;
mod deletion;
mod exchange;
mod flow;
mod identities;
mod problem;
mod provider;
mod verify;

use axum::Router;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::config::OauthClient;
use crate::web::session::Method;

pub use arrive::link_registered;
pub use identities::{IdentityCard, identity_card};
pub use problem::Told;

pub fn router() -> Router<App> {
    Router::new()
        .merge(flow::router())
        .merge(deletion::router())
        .merge(identities::router())
}

/// Who can say who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    Google,
    Facebook,
}

impl Provider {
    /// Those that are set up, in the order of their buttons.
    pub fn offered(app: &App) -> Vec<Self> {
        let mut all = vec![Provider::Google, Provider::Facebook];
        all.retain(|provider| provider.client(app).is_some());
        all
    }

    /// The issuers of those that are set up: one that is not any more lets nobody in.
    pub fn issuers(app: &App) -> Vec<&str> {
        let offered = Self::offered(app).into_iter();
        let clients = offered.filter_map(|provider| provider.client(app));
        clients.map(|client| &*client.issuer).collect()
    }

    /// The one that is set up with an issuer.
    pub fn of_issuer(app: &App, issuer: &str) -> Option<Self> {
        let offered = Self::offered(app).into_iter();
        let mut known = offered.filter(|provider| {
            let client = provider.client(app);
            client.is_some_and(|client| client.issuer == issuer)
        });
        known.next()
    }

    /// As paths, tables and icons call it.
    pub fn slug(self) -> &'static str {
        match self {
            Provider::Google => "google",
            Provider::Facebook => "facebook",
        }
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Google => "Google",
            Provider::Facebook => "Facebook",
        }
    }

    fn method(self) -> Method {
        match self {
            Provider::Google => Method::Google,
            Provider::Facebook => Method::Facebook,
        }
    }

    fn client(self, app: &App) -> Option<&OauthClient> {
        match self {
            Provider::Google => app.config.google.as_ref(),
            Provider::Facebook => app.config.facebook.as_ref(),
        }
    }

    /// Whether its word that an address is its user's is good enough. Facebook says nothing of it.
    fn confirms_addresses(self) -> bool {
        self == Provider::Google
    }

    fn scopes(self) -> &'static [&'static str] {
        match self {
            Provider::Google => &["openid", "email", "profile"],
            Provider::Facebook => &["openid", "email", "public_profile"],
        }
    }

    /// The only hosts that are ever asked, or that a browser is sent to.
    fn hosts(self) -> &'static [&'static str] {
        match self {
            Provider::Google => &[
                "accounts.google.com",
                "oauth2.googleapis.com",
                "www.googleapis.com",
            ],
            Provider::Facebook => &[
                "www.facebook.com",
                "facebook.com",
                "limited.facebook.com",
                "graph.facebook.com",
            ],
        }
    }

    /// The path of its description of itself, as each documents it: no redirect is followed.
    fn description(self) -> &'static str {
        match self {
            Provider::Google => "/.well-known/openid-configuration",
            Provider::Facebook => "/.well-known/openid-configuration/",
        }
    }

    /// Where codes are exchanged, should its description of itself not say so: Facebook's does not.
    fn usual_token_endpoint(self) -> &'static str {
        match self {
            Provider::Google => "https://oauth2.googleapis.com/token",
            Provider::Facebook => "https://graph.facebook.com/oauth/access_token",
        }
    }
}
