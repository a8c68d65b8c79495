//! Pages are sent compressed: decision 27.

use std::cell::RefCell;
use std::io::{self, Write};

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use zstd::bulk::Compressor;

use crate::app::App;
use crate::error::Error;
use crate::web::{origin, session};

/// Less than this fits into one packet anyway.
const SMALLEST: u64 = 1_000;

/// What is larger than a page takes longer than others may wait for.
const LARGE: u64 = 512 * 1024;

/// Levels by what they take and what comes of them: decision 27 has the table.
const ZSTD_LEVEL: i32 = 3;
const GZIP_LEVEL: u32 = 2;

/// Middleware: compresses whatever text is answered, as the browser takes it.
pub async fn compress(request: Request, next: Next) -> Response {
    let encoding = Encoding::of(request.headers());
    let response = next.run(request).await;
    let Some(encoding) = encoding.filter(|_| is_compressible(&response)) else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    let is_large = body.size_hint().lower() > LARGE;
    // It is all there: this waits for nothing.
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        return Error::Internal(anyhow::anyhow!("an answer could not be read")).into_response();
    };
    let packed = if is_large {
        let plain = plain.clone();
        let packed = tokio::task::spawn_blocking(move || encoding.pack(&plain)).await;
        packed.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
    } else {
        encoding.pack(&plain)
    };
    match packed {
        Ok(packed) => {
            let name = HeaderValue::from_static(encoding.name());
            parts.headers.insert(header::CONTENT_ENCODING, name);
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(packed))
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be compressed");
            Response::from_parts(parts, Body::from(plain))
        }
    }
}

/// Middleware: what another site asks for in the name of somebody who is signed in is not compressed. That site chose the
/// address; if it also sees how long the answer is, it could find out what else is in it.
pub async fn only_for_us(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let is_from_elsewhere = sites.any(|site| !site.to_str().is_ok_and(origin::is_ours));
    if is_from_elsewhere && session::has_cookie(&app, headers) {
        headers.remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// Whether an answer is text that is all there, and not compressed yet.
fn is_compressible(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let is_text = [&b"text/"[..], b"application/json", b"image/svg+xml"]
        .iter()
        .any(|text| kind.starts_with(text));
    let size = response.body().size_hint().exact();
    is_text
        && size.is_some_and(|size| size >= SMALLEST)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
}

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Zstd,
    Gzip,
}

thread_local! {
    /// One that is used again needs no new tables, which take as long as a small page.
    static ZSTD: RefCell<io::Result<Compressor<'static>>> = RefCell::new(Compressor::new(ZSTD_LEVEL));
}

impl Encoding {
    /// The best that a request takes.
    fn of(request: &HeaderMap) -> Option<Self> {
        let all = [Encoding::Zstd, Encoding::Gzip];
        all.into_iter().find(|one| takes(request, one.name()))
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Zstd => "zstd",
            Encoding::Gzip => "gzip",
        }
    }

    fn pack(self, plain: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Encoding::Zstd => ZSTD.with_borrow_mut(|zstd| match zstd {
                Ok(zstd) => zstd.compress(plain),
                Err(error) => Err(io::Error::other(error.to_string())),
            }),
            Encoding::Gzip => {
                let room = Vec::with_capacity(plain.len() / 4);
                let mut gzip = GzEncoder::new(room, Compression::new(GZIP_LEVEL));
                gzip.write_all(plain)?;
                gzip.finish()
            }
        }
    }
}

/// Whether a browser says that it takes an encoding.
pub fn takes(request: &HeaderMap, encoding: &str) -> bool {
    let lines = request.get_all(header::ACCEPT_ENCODING).iter();
    let mut named = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    named.any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(encoding)
            && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(taken: &'static str) -> HeaderMap {
        let line = (header::ACCEPT_ENCODING, HeaderValue::from_static(taken));
        [line].into_iter().collect()
    }

    #[test]
    fn the_best_is_chosen_of_what_is_taken() {
        for (taken, encoding) in [
            ("gzip, deflate, br, zstd", Some(Encoding::Zstd)),
            ("gzip;q=1.0, zstd; q=0.5", Some(Encoding::Zstd)),
            ("ZSTD", Some(Encoding::Zstd)),
            ("gzip, deflate, br", Some(Encoding::Gzip)),
            ("zstd;q=0, gzip", Some(Encoding::Gzip)),
            ("zstd;q=?, gzip;q=-1", None),
            ("br, identity", None),
            ("xzstd", None),
            ("", None),
        ] {
            assert_eq!(Encoding::of(&asking(taken)), encoding, "{taken}");
        }
        assert_eq!(Encoding::of(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_no_text_is_left_as_it_is() {
        let of = |kind: &'static str, size: usize| {
            let body = Body::from(vec![b'x'; size]);
            ([(header::CONTENT_TYPE, kind)], body).into_response()
        };
        assert!(is_compressible(&of("text/html; charset=utf-8", 1_000)));
        assert!(is_compressible(&of("text/csv", 5_000)));
        assert!(!is_compressible(&of("text/html", 999)));
        assert!(!is_compressible(&of("application/zip", 5_000)));
        let encoded = [(header::CONTENT_ENCODING, "br")];
        assert!(!is_compressible(
            &(encoded, of("text/css", 5_000)).into_response()
        ));
        let part = [(header::CONTENT_RANGE, "bytes 0-9/10")];
        assert!(!is_compressible(
            &(part, of("text/css", 5_000)).into_response()
        ));
    }
}
