//! Ledgers as long as one likes, in a moment, and what a row costs.

use std::io::{Write, stdout};
use std::time::Instant;

use sqlx::PgPool;

/// Opens the account of somebody who registered, and gives them 20 accounts in 6 currencies, and entries that are spread
/// evenly over ten years until now.
pub async fn fill(db: &PgPool, email: &str, entries: i32) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    // Nobody waits for a page here.
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "with gone as (delete from registrations where email = $1 returning *)
         insert into users (email, name, password_hash, home_currency, time_zone, email_confirmed_at, proven_at)
         select email, name, password_hash, home_currency, time_zone, now(), now() from gone
         on conflict do nothing",
        email
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into accounts (id, user_id, kind, name, currency, position)
        select gen_random_uuid(), u.id, (array['site', 'site', 'wallet', 'bank', 'cash'])[1 + n % 5], 'Account ' || n,
               (array['EUR', 'USD', 'GBP', 'CAD', 'SEK', 'CHF'])[1 + n % 6], n
        from users u, generate_series(0, 19) n
        where u.email = $1
        "#,
        email
    )
    .execute(&mut *tx)
    .await?;
    // Of ten entries on an account, one is a deposit, one a withdrawal, one a bonus, one an expense, six are balances.
    sqlx::query!(
        r#"
        insert into entries (id, user_id, account_id, kind, amount, currency, occurred_at)
        select gen_random_uuid(), a.user_id, a.id, k.kind,
               case
                   when k.kind = 'balance' then 1000 + h.cents / 100
                   when k.kind in ('withdrawal', 'expense') then -1 - h.cents / 10000
                   else 1 + h.cents / 10000
               end::numeric(24, 2),
               a.currency, now() - make_interval(secs => 10 * 365.25 * 86400 * ($2 - n) / $2)
        from generate_series(1, $2) n
        cross join lateral (select abs(hashint4(n)::bigint) % 500000 * 1.0 as cents) h
        cross join lateral (
            select (array['deposit', 'balance', 'balance', 'bonus', 'balance',
                          'withdrawal', 'balance', 'expense', 'balance', 'balance'])[1 + n / 20 % 10] as kind
        ) k
        join accounts a on a.position = n % 20
        join users u on u.id = a.user_id and u.email = $1
        order by n
        "#,
        email,
        entries
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    // As the database does by itself, some minutes later.
    sqlx::query!("analyze").execute(db).await?;
    Ok(())
}

/// Adds a bonus to the first account, as of now.
pub async fn change(db: &PgPool, email: &str) -> anyhow::Result<()> {
    sqlx::query!(
        r#"
        insert into entries (id, user_id, account_id, kind, amount, currency, occurred_at)
        select gen_random_uuid(), a.user_id, a.id, 'bonus', 0.01, a.currency, now()
        from accounts a join users u on u.id = a.user_id and u.email = $1
        where a.position = 0
        "#,
        email
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Commits rows one by one, as the least that any write can take, and prints the seconds of the median.
pub async fn insert(db: &PgPool, count: u32) -> anyhow::Result<()> {
    // It is in no migration, so this cannot be checked when it is compiled.
    sqlx::query(
        "create table if not exists bench_rows (number bigint not null, text text not null)",
    )
    .execute(db)
    .await?;
    let mut connection = db.acquire().await?;
    let mut seconds = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        sqlx::query("insert into bench_rows (number, text) values ($1, 'an entry')")
            .bind(i64::from(number))
            .execute(&mut *connection)
            .await?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    writeln!(stdout(), "{:.6}", seconds[seconds.len() / 2])?;
    Ok(())
}
