//! Minimal: nobody has registered.

use sqlx::PgPool;

pub async fn grant_admin(db: &PgPool, email: &str) -> anyhow::Result<bool> {
    drop(db.acquire().await?);
    Ok(email.is_empty())
}
