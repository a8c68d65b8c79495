//! The rows of sessions: begun, renewed, listed and ended.

use axum::http::{Extensions, HeaderMap};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use chrono::{DateTime, Duration, Utc};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::{Method, SessionKey, cookie_name, hash, token};
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::web::caller::{self, Caller};
use crate::web::device;

/// A user's live sessions, at most: one more removes the oldest. So many may wait for a second factor beside them.
const MOST: i64 = 20;

/// A session that is remembered stays in the browser for as long as it can last at all.
const REMEMBERED: Duration = Duration::days(30);

/// Wrong second factors, before a session that waits for one ends.
const TRIES: i32 = 5;

/// A session to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    pub user: UserId,
    pub method: Method,
    /// Stay signed in on this device. Administrators never do.
    pub remember: bool,
    /// Something else must be shown before the session has any rights.
    pub second_factor_due: bool,
}

/// Bytes that nobody can guess.
pub(super) fn random() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

/// Begins a session: returns its cookie. Any session that the request came with ends, and the oldest of too many of its
/// kind: whoever has only the password ends no session that has rights.
///
/// How long it lasts: 24 hours, or 2 unused; remembered, 30 days, or 14 unused; an administrator's, 8 hours, or 15
/// minutes unused; one that waits for the second factor, 10 minutes.
pub async fn start(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    new: NewSession,
) -> Result<CookieJar> {
    let token = token::new(app)?;
    let now = app.now();
    let replaced = CookieJar::from_headers(headers)
        .get(cookie_name(app))
        .map(|cookie| hash(cookie.value()));
    let due = new.second_factor_due;
    let admins = Limits::of(true, false, due);
    let others = Limits::of(false, new.remember, due);
    // What becomes too many does not see the new one: there is room for one less.
    let remembered = sqlx::query_scalar!(
        "with owner as (
             select id, role = 'admin' as is_admin from users where id = $1
         ), ended as (
             delete from sessions where token_hash = $2
         ), oldest as (
             delete from sessions where not $3 and not second_factor_due and user_id = $1 and id not in (
                 select id from sessions
                 where not second_factor_due and user_id = $1 and token_hash is distinct from $2
                 order by greatest(created_at, sudo_at) desc, id limit $4::bigint - 1)
         ), waiting as (
             -- Of each place the oldest, first of those that have the most: whoever begins one after the other from some
             -- networks does not end the one with which the owner is logging in.
             delete from sessions where $3 and second_factor_due and user_id = $1 and id not in (
                 select id from (
                     select id, created_at,
                            row_number() over (partition by place order by created_at desc, id)
                            + case when place = $5 then 1 else 0 end as nth
                     from sessions
                     where second_factor_due and user_id = $1 and expires_at > $6 and token_hash is distinct from $2) w
                 order by nth, created_at desc, id limit $4::bigint - 1)
         )
         insert into sessions (token_hash, form_seed, user_id, created_at, last_seen_at, expires_at, idle, remembered,
                               second_factor_due, methods, sudo_at, place, agent, browser_trusted)
         select $7, $8, id, $6, $6, case when is_admin then $9::timestamptz else $10 end,
                make_interval(secs => case when is_admin then $11::float8 else $12 end), $13 and not is_admin, $3,
                array[$14::text], $6, $5, $15, $16
         from owner
         returning remembered",
        new.user.0,
        replaced.as_ref().map(|hash| &hash[..]),
        due,
        MOST,
        caller.place,
        now,
        &hash(&token)[..],
        &random()?[..],
        now + admins.life,
        now + others.life,
        admins.idle.as_seconds_f64(),
        others.idle.as_seconds_f64(),
        new.remember,
        new.method.as_str(),
        caller.agent,
        new.method == Method::MailedCode || device::is_trusted(app, headers, new.user),
    )
    .fetch_one(&app.db)
    .await?;
    Ok(CookieJar::new().add(cookie(app, token, remembered && !due)))
}

/// Ends the oldest of too many sessions that have rights.
async fn end_oldest(db: impl PgExecutor<'_>, user: UserId) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from sessions where not second_factor_due and user_id = $1 and id not in (
             select id from sessions where not second_factor_due and user_id = $1
             order by greatest(created_at, sudo_at) desc, id limit $2)",
        user.0,
        MOST,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What pages name the session by whose cookie this is.
pub async fn id(app: &App, jar: &CookieJar) -> Result<Uuid> {
    let cookie = jar.get(cookie_name(app)).ok_or(Error::LoginRequired)?;
    let id = sqlx::query_scalar!(
        "select id from sessions where token_hash = $1",
        &hash(cookie.value())[..]
    )
    .fetch_one(&app.db)
    .await?;
    Ok(id)
}

/// How long a session lasts.
struct Limits {
    /// Unused.
    idle: Duration,
    /// At all.
    life: Duration,
}

impl Limits {
    fn of(is_admin: bool, remembered: bool, second_factor_due: bool) -> Self {
        let (idle, life) = match (second_factor_due, is_admin, remembered) {
            (true, ..) => (Duration::minutes(10), Duration::minutes(10)),
            (_, true, _) => (Duration::minutes(15), Duration::hours(8)),
            (.., true) => (Duration::days(14), REMEMBERED),
            _ => (Duration::hours(2), Duration::hours(24)),
        };
        Self { idle, life }
    }
}

/// The user has shown more of who they are: the session gets a new token, and with it whatever rights it waited for. If it
/// waited for none, they were asked again.
/// Open pages go on working. The old token is dead at once.
pub async fn renew(app: &App, extensions: &Extensions, method: Method) -> Result<CookieJar> {
    let key = extensions
        .get::<SessionKey>()
        .copied()
        .ok_or(Error::LoginRequired)?;
    let token = token::new(app)?;
    let mut tx = app.db.begin().await?;
    let was = sqlx::query!(
        r#"select s.remembered, s.second_factor_due, s.user_id as "user: UserId", u.role = 'admin' as "is_admin!"
           from sessions s join users u on u.id = s.user_id
           where s.token_hash = $1 for update of s"#,
        &key.token_hash[..],
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::LoginRequired)?;
    sqlx::query!(
        "update sessions
         set token_hash = $2, sudo_at = $3, last_seen_at = $3, second_factor_due = false, asked_again = not second_factor_due,
             browser_trusted = browser_trusted or $5,
             methods = case when $4 = any(methods) then methods else methods || $4 end
         where token_hash = $1",
        &key.token_hash[..],
        &hash(&token)[..],
        app.now(),
        method.as_str(),
        method == Method::MailedCode,
    )
    .execute(&mut *tx)
    .await?;
    if was.second_factor_due {
        let limits = Limits::of(was.is_admin, was.remembered, false);
        sqlx::query!(
            "update sessions set idle = make_interval(secs => $2), expires_at = $3 where token_hash = $1",
            &hash(&token)[..],
            limits.idle.as_seconds_f64(),
            app.now() + limits.life,
        )
        .execute(&mut *tx)
        .await?;
        end_oldest(&mut *tx, was.user).await?;
    }
    tx.commit().await?;
    Ok(CookieJar::new().add(cookie(app, token, was.remembered)))
}

/// The session goes on under a new token, and nothing else about it changes. The old token is dead at once.
pub async fn change_token(app: &App, extensions: &Extensions) -> Result<CookieJar> {
    go_on(app, extensions, false).await
}

/// The same after a code from the user's mail, by which the browser is known to be theirs. Mail never stands in for
/// something stronger: what they have shown lasts no longer.
pub async fn trust_browser(app: &App, extensions: &Extensions) -> Result<CookieJar> {
    go_on(app, extensions, true).await
}

async fn go_on(app: &App, extensions: &Extensions, is_trusted: bool) -> Result<CookieJar> {
    let key = extensions
        .get::<SessionKey>()
        .copied()
        .ok_or(Error::LoginRequired)?;
    let token = token::new(app)?;
    let remembered = sqlx::query_scalar!(
        "update sessions set token_hash = $2, browser_trusted = browser_trusted or $3
         where token_hash = $1 returning remembered",
        &key.token_hash[..],
        &hash(&token)[..],
        is_trusted,
    )
    .fetch_optional(&app.db)
    .await?
    .ok_or(Error::LoginRequired)?;
    Ok(CookieJar::new().add(cookie(app, token, remembered)))
}

/// A user's sessions have not shown these any more: the user has none of them now.
pub async fn forget_second_factor(
    db: impl PgExecutor<'_>,
    user: UserId,
    methods: &[Method],
) -> sqlx::Result<()> {
    let gone: Vec<String> = methods.iter().map(|m| m.as_str().to_owned()).collect();
    sqlx::query!(
        "update sessions set methods = array(
             select method from unnest(methods) with ordinality as shown (method, at)
             where method <> all($2) order by at)
         where user_id = $1",
        user.0,
        &gone,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Counts a second factor as wrong before it is looked at: `false` if this session has had its tries, and is over.
pub async fn count_try(app: &App, extensions: &Extensions) -> Result<bool> {
    let key = extensions
        .get::<SessionKey>()
        .copied()
        .ok_or(Error::LoginRequired)?;
    let counted = sqlx::query!(
        "update sessions set second_factor_failures = second_factor_failures + 1
         where token_hash = $1 and second_factor_due and second_factor_failures < $2",
        &key.token_hash[..],
        TRIES,
    )
    .execute(&app.db)
    .await?;
    Ok(counted.rows_affected() == 1)
}

/// Ends the session that the request came with, if any: returns what clears its cookie.
pub async fn end(app: &App, headers: &HeaderMap) -> Result<CookieJar> {
    if let Some(cookie) = CookieJar::from_headers(headers).get(cookie_name(app)) {
        delete(&app.db, &hash(cookie.value())).await?;
    }
    let mut cleared = cookie(app, String::new(), false);
    cleared.set_max_age(time::Duration::ZERO);
    Ok(CookieJar::new().add(cleared))
}

/// Ends every session of a user but the one that pages name `but`. Returns how many there were.
pub async fn end_all(
    db: impl PgExecutor<'_>,
    user: UserId,
    but: Option<Uuid>,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "delete from sessions where user_id = $1 and id is distinct from $2",
        user.0,
        but
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected())
}

async fn delete(db: impl PgExecutor<'_>, key: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where token_hash = $1", &key[..])
        .execute(db)
        .await?;
    Ok(())
}

/// Without `remember` it ends with the browser.
fn cookie(app: &App, token: String, remember: bool) -> Cookie<'static> {
    let mut cookie = Cookie::build((cookie_name(app), token))
        .path("/")
        .http_only(true)
        .secure(app.config.secure())
        .same_site(SameSite::Lax)
        .build();
    if remember {
        cookie.set_max_age(time::Duration::seconds(REMEMBERED.num_seconds()));
    }
    cookie
}

/// A session in the list of a user's devices.
#[derive(Clone, Debug)]
pub struct Device {
    /// What pages name it by.
    pub id: Uuid,
    pub agent: String,
    pub place: String,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub methods: Vec<String>,
}

impl Device {
    /// `Firefox on Linux`
    pub fn name(&self) -> String {
        caller::device(&self.agent)
    }
}

/// A user's live sessions, the last used first.
pub async fn devices(
    db: impl PgExecutor<'_>,
    user: UserId,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Device>> {
    sqlx::query_as!(
        Device,
        "select id, agent, place, created_at, last_seen_at, methods
         from sessions
         where user_id = $1 and not second_factor_due and expires_at > $2 and last_seen_at + idle > $2
         order by last_seen_at desc, id",
        user.0,
        now,
    )
    .fetch_all(db)
    .await
}

/// Ends one of a user's sessions. `false` if they have no such session.
pub async fn end_one(db: impl PgExecutor<'_>, user: UserId, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query!(
        "delete from sessions where user_id = $1 and id = $2",
        user.0,
        id
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// Removes sessions that are over.
pub async fn sweep(app: &App, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from sessions where expires_at < $1 or last_seen_at + idle < $1",
        now
    )
    .execute(&app.db)
    .await?;
    Ok(())
}
