//! The least that a page from the database can be: one SELECT of one row, and a template.

use std::sync::Arc;

use askama::Template;
use askama_web::WebTemplate;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::get;
use sqlx::PgPool;
use stakeeasy::web::compression;

#[derive(Template, WebTemplate)]
#[template(path = "../tests/bench/bare.html")]
struct BarePage {
    name: String,
    home: String,
    /// Text without special characters, to make the page as long as another.
    filler: Arc<str>,
}

#[derive(Clone)]
struct Bare {
    db: PgPool,
    filler: Arc<str>,
}

/// A site of one page, whose HTML has this many bytes. It is compressed like our pages.
pub fn router(db: PgPool, size: usize) -> anyhow::Result<Router> {
    let empty = BarePage {
        name: "Demo player".to_owned(),
        home: "EUR".to_owned(),
        filler: "".into(),
    };
    let missing = size.saturating_sub(empty.render()?.len());
    let filler = "Plain text. "
        .chars()
        .cycle()
        .take(missing)
        .collect::<String>()
        .into();
    Ok(Router::new()
        .route("/", get(show))
        .layer(from_fn(compression::compress))
        .with_state(Bare { db, filler }))
}

async fn show(State(bare): State<Bare>) -> Result<BarePage, StatusCode> {
    let row = sqlx::query!("select name, home_currency from users where is_demo limit 1")
        .fetch_one(&bare.db)
        .await
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(BarePage {
        name: row.name,
        home: row.home_currency,
        filler: bare.filler,
    })
}
