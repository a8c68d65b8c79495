//! Every page that somebody can reach.

use std::collections::BTreeSet;

use super::{Client, Page};

/// Follows every link from some pages on, and returns every answer that is a page. Of a page that is asked with several
/// parameters there are many, and of one that leads back to where it was opened: one of each is enough.
pub async fn reached(client: &mut Client, from: &[&str]) -> Vec<Page> {
    let mut waiting: Vec<String> = from.iter().map(|path| (*path).to_owned()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut pages = Vec::new();
    while let Some(path) = waiting.pop() {
        let page = client.get(&path).await;
        if !page.header("content-type").starts_with("text/html") || page.status != 200 {
            continue;
        }
        for link in page.links("a[href]") {
            let target = link.split('#').next().unwrap_or_default();
            let is_ours = target.starts_with('/') && target.matches('&').count() < 2;
            let (alike, _) = target.split_once("next=").unwrap_or((target, ""));
            if is_ours && seen.insert(alike.to_owned()) {
                waiting.push(target.to_owned());
            }
        }
        pages.push(page);
        assert!(seen.len() < 1_000, "there is no end of pages");
    }
    pages
}
