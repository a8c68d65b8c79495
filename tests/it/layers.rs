//! What the compiler cannot enforce of who may name whom.

#![expect(clippy::unwrap_used, reason = "the set-up failing is the test failing")]

use std::path::Path;

use stakeeasy::money::Currency;

use crate::harness::TestApp;

/// Every file below a folder with this ending, as its path from the root of the project and its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 3, "{folder} holds hardly any {ending}");
    found
}

/// The lines that break a rule, with where they are. Comments and unit tests may name what they like.
fn lines_with(
    files: &[(String, String)],
    is_bound: impl Fn(&str) -> bool,
    breaks: impl Fn(&str, &str) -> bool,
) -> Vec<String> {
    let mut broken = Vec::new();
    let bound = |name: &str| is_bound(name) && !name.ends_with("/tests.rs");
    for (name, text) in files.iter().filter(|(name, _)| bound(name)) {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in (1..).zip(code.lines()) {
            if !line.trim_start().starts_with("//") && breaks(name, line) {
                broken.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    broken
}

/// Whether a file is one of these layers, or a part of one: `queries.rs`, `queries/entries.rs`.
fn is_any_of(name: &str, layers: &[&str]) -> bool {
    name.trim_end_matches(".rs")
        .split('/')
        .any(|part| layers.contains(&part))
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn the_shell_knows_no_feature() {
    let shell = [
        "src/web/",
        "src/chart/",
        "src/app.rs",
        "src/config",
        "src/error.rs",
        "src/database",
    ];
    let broken = lines_with(
        &files("src", ".rs"),
        |name| shell.iter().any(|start| name.starts_with(start)),
        |_, line| line.contains("crate::features") || line.contains("stakeeasy::features"),
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn sql_stands_in_queries_and_in_the_few_places_that_are_their_own() {
    let broken = lines_with(
        &files("src", ".rs"),
        |name| {
            !is_any_of(name, &["queries"])
                && !name.starts_with("src/web/session")
                && !["src/routes.rs", "src/database.rs", "src/notices.rs"].contains(&name)
        },
        |_, line| {
            [
                "sqlx::query",
                "query!(",
                "query_as!(",
                "query_scalar!(",
                "raw_sql(",
            ]
            .iter()
            .any(|sql| line.contains(sql))
        },
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn only_screens_know_how_http_is_spoken() {
    let below = [
        "service", "queries", "figures", "ledger", "rates", "book", "money", "ids",
    ];
    let broken = lines_with(
        &files("src", ".rs"),
        |name| is_any_of(name, &below) || name.starts_with("src/chart/"),
        |_, line| line.contains("axum::") || line.contains("askama_web"),
    );
    assert_eq!(broken, NOTHING);
}

/// Rules stand where forms, files, the demo user and whatever comes later meet them alike. What administrators do is about
/// sessions, which are the web's.
#[test]
fn what_changes_something_knows_no_page() {
    let below = ["service", "commands", "draft", "ledger"];
    let broken = lines_with(
        &files("src/features", ".rs"),
        |name| is_any_of(name, &below) && !name.starts_with("src/features/admin/"),
        |_, line| line.contains("crate::web"),
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn what_is_pure_names_no_database() {
    let broken = lines_with(
        &files("src", ".rs"),
        |name| {
            is_any_of(
                name,
                &[
                    "commands", "draft", "figures", "ledger", "rates", "rules", "streak",
                ],
            ) || name.starts_with("src/chart/")
        },
        |_, line| line.contains("sqlx") || line.contains("crate::app") || line.contains("PgPool"),
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn the_mathematics_of_poker_knows_nothing_of_ours() {
    let broken = lines_with(
        &files("src", ".rs"),
        |name| name.starts_with("src/poker/"),
        |_, line| line.contains("crate::") || line.contains("sqlx") || line.contains("axum"),
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn features_use_each_other_through_their_doors_and_in_one_direction() {
    // Each may use those before it.
    let line = [
        "audit",
        "auth",
        "currency",
        "bankroll",
        "tools",
        "goals",
        "achievements",
        "recommendations",
        "demo",
        "pages",
        "home",
        "account",
        "admin",
    ];
    let place = |feature: &str| line.iter().position(|known| *known == feature);
    let broken = lines_with(
        &files("src/features", ".rs"),
        |name| name != "src/features/mod.rs",
        |name, text| {
            let own = name
                .trim_start_matches("src/features/")
                .split(['/', '.'])
                .next()
                .unwrap();
            let own_place =
                place(own).unwrap_or_else(|| panic!("{own} has no place in the line of features"));
            text.match_indices("features::").any(|(at, found)| {
                let rest = &text[at + found.len()..];
                // `features::bankroll::…`, or `features::{bankroll, currency}`
                let listed = rest
                    .trim_start_matches('{')
                    .split(['}', ';'])
                    .next()
                    .unwrap();
                let names: Vec<&str> = if rest.starts_with('{') {
                    listed.split(", ").collect()
                } else {
                    vec![listed]
                };
                names.into_iter().any(|name| {
                    let mut path = name
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .filter(|part| !part.is_empty());
                    let (feature, part) = (path.next().unwrap_or_default(), path.next());
                    let inside = ["queries", "service", "hashing", "login", "register"];
                    place(feature).is_none_or(|used| {
                        used > own_place
                            || feature != own && part.is_some_and(|part| inside.contains(&part))
                    })
                })
            })
        },
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn every_statement_of_the_ledger_names_its_owner() {
    let ledger = |(name, _): &(String, String)| {
        name.starts_with("src/features/bankroll/") && is_any_of(name, &["queries"])
    };
    let files: Vec<_> = files("src", ".rs").into_iter().filter(ledger).collect();
    let mut checked = 0;
    for function in files
        .iter()
        .flat_map(|(_, text)| text.split("\npub async fn ").skip(1))
    {
        let name = function.split('(').next().unwrap();
        let body = function.split("\n}\n").next().unwrap();
        if !["next_positions"].contains(&name) {
            assert!(
                body.contains("owner: UserId")
                    && (body.contains("user_id")
                        || body.contains("where u.id = $1")
                        || body.contains("from users where id = $1")),
                "{name} does not ask whose row it is"
            );
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked}");
}

#[test]
fn templates_escape_everything() {
    let broken = lines_with(
        &files("templates", ""),
        |_| true,
        |_, line| {
            line.replace(' ', "").contains("|safe")
                || line.contains("{% autoescape")
                || line.contains("{% call raw")
        },
    );
    assert_eq!(broken, NOTHING);
}

#[test]
fn pages_carry_no_inline_script_style_or_foreign_address() {
    let broken = lines_with(
        &files("templates", ".html"),
        |name| !name.starts_with("templates/emails/"),
        |_, line| {
            [
                " style=\"",
                "<style",
                " onclick=",
                " onchange=",
                " onsubmit=",
                "javascript:",
                "src=\"http",
                "href=\"//",
            ]
            .iter()
            .any(|bad| line.contains(bad))
                || line.contains("<script") && !line.contains("nonce=")
        },
    );
    assert_eq!(broken, NOTHING);
}

#[tokio::test]
async fn the_code_and_the_database_hold_the_same_currencies() {
    let app = TestApp::new().await;
    let stored: Vec<(String, i16)> =
        sqlx::query_as("select code, minor_units from currencies order by code")
            .fetch_all(&app.db)
            .await
            .unwrap();
    let mut known: Vec<(String, i16)> = Currency::all()
        .map(|currency| {
            (
                currency.code().to_owned(),
                i16::try_from(currency.minor_units()).unwrap(),
            )
        })
        .collect();
    known.sort();
    assert_eq!(stored, known);
}

#[tokio::test]
async fn the_code_and_the_database_know_the_same_kinds() {
    use stakeeasy::features::bankroll::ledger::{AccountKind, EntryKind};
    let app = TestApp::new().await;
    let allowed = |constraint: &'static str| {
        let db = app.db.clone();
        async move {
            sqlx::query_scalar::<_, String>(
                "select pg_get_constraintdef(oid) from pg_constraint where conname = $1",
            )
            .bind(constraint)
            .fetch_one(&db)
            .await
            .unwrap()
        }
    };
    let quoted = |text: &str| text.matches("'::text").count();
    let accounts = allowed("accounts_kind_known").await;
    assert_eq!(quoted(&accounts), AccountKind::ALL.len());
    for kind in AccountKind::ALL {
        assert!(
            accounts.contains(&format!("'{}'", kind.as_str())),
            "{kind:?}"
        );
    }
    let entries = allowed("entries_kind_known").await;
    assert_eq!(quoted(&entries), EntryKind::ALL.len());
    for kind in EntryKind::ALL {
        assert!(
            entries.contains(&format!("'{}'", kind.as_str())),
            "{kind:?}"
        );
    }
}
