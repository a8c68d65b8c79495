//! Built assets: from their names in the source tree to the hashed URLs that Vite gave them, and their contents,
//! which are kept in memory and were compressed by the build: however many files are asked for, sending them costs next to
//! nothing.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha384};

use crate::web::compression::takes;

/// The built assets, read once at the start.
#[derive(Debug)]
pub struct Assets {
    /// The folder that is served under `/static`.
    pub folder: PathBuf,
    built: HashMap<String, Built>,
    /// By their names in the folder `dist`.
    files: HashMap<String, Contents>,
    /// Names of the scripts that others import.
    imported: BTreeSet<String>,
}

/// A file as it was at the start.
#[derive(Debug)]
pub struct Built {
    pub url: String,
    /// See [`Assets::integrity`].
    pub integrity: String,
}

/// What a file holds.
#[derive(Debug)]
struct Contents {
    kind: &'static str,
    plain: Bytes,
    /// Encodings of it, the best first.
    encoded: Vec<(&'static str, Bytes)>,
}

impl Contents {
    /// Encodings and the endings of their files, the best first.
    const ENCODINGS: [(&'static str, &'static str); 2] = [("br", "br"), ("gzip", "gz")];

    fn read(path: &Path) -> anyhow::Result<Self> {
        let plain =
            std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let encoded = Self::ENCODINGS.iter().filter_map(|(encoding, ending)| {
            let bytes = std::fs::read(format!("{}.{ending}", path.display())).ok()?;
            Some((*encoding, bytes.into()))
        });
        let kind = match path.extension().and_then(|ending| ending.to_str()) {
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        };
        Ok(Self {
            kind,
            plain: plain.into(),
            encoded: encoded.collect(),
        })
    }

    fn response(&self, takes: impl Fn(&str) -> bool) -> Response {
        let kind = [(header::CONTENT_TYPE, self.kind)];
        match self.encoded.iter().find(|(encoding, _)| takes(encoding)) {
            Some((encoding, bytes)) => {
                let encoding = [(header::CONTENT_ENCODING, *encoding)];
                (kind, encoding, bytes.clone()).into_response()
            }
            None => (kind, self.plain.clone()).into_response(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    file: String,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    dynamic_imports: Vec<String>,
}

impl Assets {
    /// Reads the manifest in `folder/dist`. Fails if the assets have not been built.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("dist/.vite/manifest.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "the assets are not built: {} cannot be read. Run `npm run build`",
                path.display()
            )
        })?;
        let manifest: HashMap<String, Chunk> = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a manifest", path.display()))?;
        let mut built = HashMap::new();
        let mut files = HashMap::new();
        let mut imported = BTreeSet::new();
        for (name, chunk) in manifest {
            imported.extend(chunk.imports);
            imported.extend(chunk.dynamic_imports);
            let contents = Contents::read(&folder.join("dist").join(&chunk.file))?;
            let hash = STANDARD.encode(Sha384::digest(&contents.plain));
            let file = Built {
                url: format!("/static/dist/{}", chunk.file),
                integrity: format!("sha384-{hash}"),
            };
            built.insert(name, file);
            files.insert(chunk.file, contents);
        }
        Ok(Self {
            folder: folder.to_owned(),
            built,
            files,
            imported,
        })
    }

    /// The URL of an asset. An unknown name is logged, and gives a URL that is not found.
    pub fn url(&self, name: &str) -> &str {
        self.built.get(name).map_or_else(
            || {
                tracing::error!(asset = name, "an asset is not in the manifest");
                "/static/missing"
            },
            |file| &file.url,
        )
    }

    /// A file by its name in the folder `dist`, as the request takes it. `None` if none was built with this name.
    pub fn response(&self, file: &str, request: &HeaderMap) -> Option<Response> {
        let contents = self.files.get(file)?;
        Some(contents.response(|encoding| takes(request, encoding)))
    }

    /// The hash of an asset, as the attribute `integrity` takes it: a browser uses nothing else under its URL.
    pub fn integrity(&self, name: &str) -> &str {
        self.built.get(name).map_or("", |file| &file.integrity)
    }

    /// The scripts that others import. No attribute says what they must be: the map of imports does.
    pub fn imported(&self) -> impl Iterator<Item = &Built> {
        self.imported.iter().filter_map(|name| self.built.get(name))
    }
}
