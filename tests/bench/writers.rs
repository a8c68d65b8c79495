//! People who are signed in.

use std::io::{Write, stdout};

use anyhow::anyhow;
use axum::http::HeaderMap;
use sqlx::PgPool;
use stakeeasy::app::{App, Clock};
use stakeeasy::config::Config;
use stakeeasy::error::Error;
use stakeeasy::features::auth::{self, NewUser};
use stakeeasy::money::Currency;
use stakeeasy::web::Caller;
use stakeeasy::web::session::{self, Method, NewSession};

/// Makes users, signs each in, and prints their cookies.
pub async fn sign_in(config: Config, db: &PgPool, count: u32) -> anyhow::Result<()> {
    let app = App::new(config, db.clone(), Clock::System)?;
    for number in 0..count {
        let new = NewUser {
            email: &format!("writer{number}@stakeeasy.invalid"),
            name: "Robin",
            password_hash: None,
            home: Currency::EUR,
            time_zone: "UTC",
            is_demo: false,
            confirmed_at: app.now(),
        };
        let user = auth::insert_user(db, &new).await?;
        let session = NewSession {
            user,
            method: Method::Password,
            remember: true,
            second_factor_due: false,
        };
        let jar = session::start(&app, &Caller::default(), &HeaderMap::new(), session).await;
        let jar = jar.map_err(Error::into_anyhow)?;
        let cookie = jar
            .iter()
            .next()
            .ok_or_else(|| anyhow!("there is no cookie"))?;
        writeln!(stdout(), "{}={}", cookie.name(), cookie.value())?;
    }
    Ok(())
}
