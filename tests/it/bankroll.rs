//! The main job through the forms: enter what happened, read what it adds up to.

mod accounts;
mod amounts;
mod check;
mod days;
mod entries;
mod gap;
mod order;
mod questions;
mod totals;
mod undo;

use crate::harness::{Client, Form, Page};

/// Deposits of all time, sites, assets and so on, as the dashboard says them.
async fn dashboard(client: &mut Client) -> Page {
    client.open("/dashboard?range=all").await
}

async fn figures(client: &mut Client, names: &[&str]) -> Vec<String> {
    let page = dashboard(client).await;
    names.iter().map(|name| page.figure(name)).collect()
}

/// The key of the change that was made last.
pub async fn newest_change(client: &Client) -> String {
    client
        .value(
            "select id::text from changes where user_id = $1 and undone_by is null
                order by xmin::text::bigint desc limit 1",
        )
        .await
}

async fn undo(client: &mut Client, change: &str) -> Page {
    client
        .post_form(&format!("/entries/history/{change}/undo"), &[])
        .await
}

/// The form on an entry's page that edits it.
async fn edit_form(client: &mut Client, id: &str) -> Form {
    let page = client.open(&format!("/entries/{id}")).await;
    page.form(&format!("form[action='/entries/{id}']"))
}
