//! The order of a list by size: what the column shows, in the home currency at the rate of the entry's day.

use crate::harness::{Client, TestApp};

/// The keys of the entries of a list, from its first row to its last.
async fn order(client: &mut Client, path: &str) -> Vec<String> {
    let page = client.open(path).await;
    page.links("table.tbl tbody td b a")
        .iter()
        .map(|link| link.trim_start_matches("/entries/").to_owned())
        .collect()
}

/// Three currencies, a balance that hardly moved, a loss, a fee, and what has no rate.
#[tokio::test]
async fn largest_first_is_by_what_an_entry_changed_in_the_home_currency_of_its_day() {
    let app = TestApp::new().await;
    app.set_rate("JPY", "2026-10-01", "160").await;
    app.set_rate("USD", "2026-10-01", "2").await;
    app.set_rate("USD", "2026-10-20", "1").await;
    let mut client = app.user().await;
    let euro = app.account(&client, "bank", "Euro", "EUR").await;
    let yen = app.account(&client, "site", "Yen", "JPY").await;
    let dollar = app.account(&client, "site", "Dollar", "USD").await;
    let dinar = app.account(&client, "cash", "Dinar", "KWD").await;
    let mut largest = Vec::new();
    for (size, kind, account, amount, date) in [
        (5000, "deposit", &euro, "5000", "2026-10-02"),
        (1, "balance", &euro, "5001", "2026-10-03"),
        (75, "deposit", &yen, "12000", "2026-10-04"),
        (500, "expense", &euro, "500", "2026-10-05"),
        (10, "bonus", &euro, "10", "2026-10-06"),
        // The same dollars are half as many euros before the 20th.
        (60, "deposit", &dollar, "120", "2026-10-07"),
        (120, "deposit", &dollar, "120", "2026-10-21"),
        (200, "balance", &euro, "4311", "2026-10-22"),
        (-1, "deposit", &dinar, "1000", "2026-10-08"),
        (-2, "deposit", &dinar, "20", "2026-10-09"),
    ] {
        let fields = [("account", &**account), ("amount", amount), ("date", date)];
        largest.push((size, client.add_entry(kind, &fields).await));
    }
    largest.sort_by_key(|(size, _)| -size);
    let keys = |list: &[(i32, String)]| -> Vec<String> {
        list.iter().map(|(_, key)| key.clone()).collect()
    };
    let (valued, unvalued) = largest.split_at(8);
    assert_eq!(
        order(&mut client, "/entries?sort=largest").await,
        keys(&largest)
    );
    let mirrored: Vec<(i32, String)> = valued
        .iter()
        .rev()
        .chain(unvalued.iter().rev())
        .cloned()
        .collect();
    assert_eq!(
        order(&mut client, "/entries?sort=smallest").await,
        keys(&mirrored)
    );
    // Of those that pass a filter, too.
    let deposits: Vec<_> = largest
        .iter()
        .filter(|(size, _)| [5000, 120, 75, 60, -1, -2].contains(size))
        .cloned()
        .collect();
    for path in [
        "/entries?sort=largest&kind=deposit",
        "/deposits?sort=largest",
    ] {
        assert_eq!(order(&mut client, path).await, keys(&deposits), "{path}");
    }
    // What has no rate is said to, and where.
    for (path, says) in [
        ("/entries?sort=largest", true),
        ("/entries?sort=smallest", true),
        ("/entries?sort=largest&currency=EUR", false),
        ("/entries", false),
    ] {
        let text = client.open(path).await.text();
        let found = text.contains("2 entries in KWD come last");
        assert_eq!(found, says, "{path}: {text}");
    }
}

/// A page holds fifty: the second goes on where the first ends.
#[tokio::test]
async fn pages_of_a_list_by_size_follow_one_another() {
    let app = TestApp::new().await;
    let mut client = app.user().await;
    sqlx::query(
        "insert into entries (id, user_id, kind, amount, currency, occurred_at)
         select gen_random_uuid(), $1, 'deposit', n % 60 + 1, 'EUR', '2026-10-01'::timestamptz + n * interval '1 minute'
         from generate_series(1, 120) n",
    )
    .bind(client.user)
    .execute(&app.db)
    .await
    .expect("entries");
    let mut all = Vec::new();
    for page in 1..=3 {
        all.extend(order(&mut client, &format!("/entries?sort=largest&page={page}")).await);
    }
    let by_size = client
        .value(
            "select string_agg(id::text, ',' order by amount desc, occurred_at desc)
             from entries where user_id = $1",
        )
        .await;
    assert_eq!(all.join(","), by_size);
}
