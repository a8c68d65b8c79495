//! A provider on this machine that people sign in with, and that can be told to lie.
//!
//! Its two keys in `keys/` sign nothing but these tests' tokens.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use crate::harness::NOW;

pub const CLIENT: &str = "our-id";
pub const SECRET: &str = "our-secret";

const OWN_KEY: &[u8] = include_bytes!("keys/provider.der");
const STRANGE_KEY: &[u8] = include_bytes!("keys/stranger.der");

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    Right,
    /// `alg: none`
    Nothing,
    /// The public key as a shared secret.
    Shared,
    /// With another key under the right name.
    StrangeKey,
}

/// What it says and does; a test changes what it likes.
pub struct Mood {
    pub sub: &'static str,
    pub email: Option<String>,
    pub email_verified: Value,
    pub name: &'static str,
    pub now: DateTime<Utc>,
    /// What is put over its description of itself; null takes something away.
    pub description: Value,
    /// Claims that are put over the right ones.
    pub lies: Value,
    pub signing: Signing,
    /// The name of its key.
    pub kid: &'static str,
    /// What it sends people back with instead of a code.
    pub error: Option<&'static str>,
    /// The parameter `iss` that it sends people back with.
    pub iss: Option<String>,
    /// What it answers to a code instead of tokens.
    pub refusal: Option<StatusCode>,
    pub is_huge: bool,
    pub delay: Duration,
    /// How often its keys were asked for.
    pub keys_asked: u32,
    codes: HashMap<String, Visit>,
}

struct Visit {
    challenge: String,
    nonce: String,
    back: String,
}

#[derive(Clone)]
pub struct Provider {
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    http: reqwest::Client,
}

impl Provider {
    pub async fn start() -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mood = Mood {
            sub: "1001",
            email: Some("ann@example.org".to_owned()),
            email_verified: json!(true),
            name: "Ann",
            now: NOW.parse().unwrap(),
            description: json!({}),
            lies: json!({}),
            signing: Signing::Right,
            kid: "first",
            error: None,
            iss: None,
            refusal: None,
            is_huge: false,
            delay: Duration::ZERO,
            keys_asked: 0,
            codes: HashMap::new(),
        };
        let provider = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            mood: Arc::new(Mutex::new(mood)),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/.well-known/openid-configuration/", get(discovery))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().unwrap()
    }

    /// What somebody's browser does who is sent here: the path of ours that they are sent back to.
    pub async fn visit(&self, to: &str) -> String {
        assert!(to.starts_with(&format!("{}/authorize?", self.url)), "{to}");
        let answer = self.http.get(to).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let back = answer.headers()[header::LOCATION].to_str().unwrap();
        let back = Url::parse(back).unwrap();
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }
}

async fn discovery(State(provider): State<Provider>) -> Json<Value> {
    let url = &provider.url;
    let mut description = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
    });
    put_over(&mut description, &provider.mood().description);
    Json(description)
}

fn put_over(truth: &mut Value, lies: &Value) {
    let truth = truth.as_object_mut().unwrap();
    for (name, lie) in lies.as_object().unwrap() {
        if lie.is_null() {
            truth.remove(name);
        } else {
            truth.insert(name.clone(), lie.clone());
        }
    }
}

async fn authorize(
    State(provider): State<Provider>,
    Query(asked): Query<HashMap<String, String>>,
) -> Redirect {
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
    // 256 random bits each.
    assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43);
    let mut back = Url::parse(&asked["redirect_uri"]).unwrap();
    let mut mood = provider.mood();
    back.query_pairs_mut().append_pair("state", &asked["state"]);
    if let Some(iss) = &mood.iss {
        back.query_pairs_mut().append_pair("iss", iss);
    }
    if let Some(error) = mood.error {
        back.query_pairs_mut().append_pair("error", error);
    } else {
        let code = Uuid::new_v4().to_string();
        back.query_pairs_mut().append_pair("code", &code);
        let visit = Visit {
            challenge: asked["code_challenge"].clone(),
            nonce: asked["nonce"].clone(),
            back: asked["redirect_uri"].clone(),
        };
        mood.codes.insert(code, visit);
    }
    Redirect::to(back.as_str())
}

async fn token(State(provider): State<Provider>, body: String) -> Response {
    let asked: HashMap<String, String> = form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let delay = provider.mood().delay;
    tokio::time::sleep(delay).await;
    let mut mood = provider.mood();
    if let Some(status) = mood.refusal {
        return (status, "no").into_response();
    }
    let refuse = || {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        )
            .into_response()
    };
    // A code is taken once.
    let Some(visit) = mood.codes.remove(&asked["code"]) else {
        return refuse();
    };
    let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(asked["code_verifier"].as_bytes()));
    let is_right = asked["grant_type"] == "authorization_code"
        && asked["client_id"] == CLIENT
        && asked["client_secret"] == SECRET
        && asked["redirect_uri"] == visit.back
        && verified == visit.challenge;
    if !is_right {
        return refuse();
    }
    let id_token = mood.id_token(&provider.url, &visit.nonce);
    // Right but for its length.
    let padding = " ".repeat(if mood.is_huge { 2 * 1024 * 1024 } else { 0 });
    let answer = json!({
        "access_token": "not kept", "token_type": "Bearer", "id_token": id_token, "padding": padding,
    });
    Json(answer).into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    let mut mood = provider.mood();
    mood.keys_asked += 1;
    let own = EncodingKey::from_rsa_der(OWN_KEY);
    let mut key = Jwk::from_encoding_key(&own, Algorithm::RS256).unwrap();
    key.common.key_id = Some(mood.kid.to_owned());
    Json(JwkSet { keys: vec![key] }).into_response()
}

impl Mood {
    fn id_token(&self, issuer: &str, nonce: &str) -> String {
        let now = self.now.timestamp();
        let mut claims = json!({
            "iss": issuer, "aud": CLIENT, "sub": self.sub, "nonce": nonce, "iat": now, "exp": now + 3600,
            "email": self.email, "email_verified": self.email_verified, "name": self.name,
        });
        put_over(&mut claims, &self.lies);
        let with = |algorithm, key: &EncodingKey| {
            let mut header = Header::new(algorithm);
            header.kid = Some(self.kid.to_owned());
            jsonwebtoken::encode(&header, &claims, key).unwrap()
        };
        match self.signing {
            Signing::Right => with(Algorithm::RS256, &EncodingKey::from_rsa_der(OWN_KEY)),
            Signing::StrangeKey => with(Algorithm::RS256, &EncodingKey::from_rsa_der(STRANGE_KEY)),
            Signing::Shared => {
                let own = EncodingKey::from_rsa_der(OWN_KEY);
                let public = Jwk::from_encoding_key(&own, Algorithm::RS256).unwrap();
                let public = serde_json::to_value(public).unwrap()["n"].to_string();
                with(
                    Algorithm::HS256,
                    &EncodingKey::from_secret(public.as_bytes()),
                )
            }
            Signing::Nothing => {
                let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
                let header = json!({ "alg": "none", "kid": self.kid });
                format!("{}.{}.", part(&header), part(&claims))
            }
        }
    }
}
