//! What we ask of others ourselves: at addresses that the code or the operator names, never at one that somebody typed
//! into a page.

use std::time::Duration;

use anyhow::ensure;
use reqwest::{Client, Response, redirect};

const CONNECT: Duration = Duration::from_secs(5);

/// Who asks, as the other side sees it.
const AGENT: &str = concat!("StakeEasy/", env!("CARGO_PKG_VERSION"));

/// What asks. Each answer has so much time, to its last byte.
pub fn client(time: Duration) -> reqwest::Result<Client> {
    // An answer that leads elsewhere would lead past whoever chose the address.
    Client::builder()
        .user_agent(AGENT)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(time)
        .no_proxy()
        .build()
}

/// The body of an answer. One that is longer is none.
pub async fn body(mut answer: Response, limit: usize) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        ensure!(
            body.len() + chunk.len() <= limit,
            "the answer is too long: more than {limit} bytes"
        );
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
