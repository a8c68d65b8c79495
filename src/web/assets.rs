//! Built assets: from their names in the source tree to the hashed URLs that Vite gave them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

/// The built assets, read once at the start.
#[derive(Debug)]
pub struct Assets {
    /// The folder that is served under `/static`.
    pub folder: PathBuf,
    urls: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Chunk {
    file: String,
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
        let urls = manifest
            .into_iter()
            .map(|(name, chunk)| (name, format!("/static/dist/{}", chunk.file)))
            .collect();
        Ok(Self {
            folder: folder.to_owned(),
            urls,
        })
    }

    /// The URL of an asset. An unknown name is logged, and gives a URL that is not found.
    pub fn url(&self, name: &str) -> &str {
        self.urls.get(name).map_or_else(
            || {
                tracing::error!(asset = name, "an asset is not in the manifest");
                "/static/missing"
            },
            String::as_str,
        )
    }
}
