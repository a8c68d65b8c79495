//! All that a handler may reach.

use std::sync::Arc;

use sqlx::PgPool;

use crate::config::Config;

#[derive(Clone, Debug)]
pub struct App {
    pub db: PgPool,
    pub config: Arc<Config>,
}

impl App {
    pub async fn new(config: Config, db: PgPool) -> anyhow::Result<Self> {
        std::future::ready(()).await;
        Ok(Self {
            db,
            config: Arc::new(config),
        })
    }
}
