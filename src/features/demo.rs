//! Minimal: no demo user.

use crate::app::App;

pub async fn fill(app: &App) -> anyhow::Result<()> {
    drop(app.db.acquire().await?);
    Ok(())
}
