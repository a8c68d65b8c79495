//! Built assets: from their names in the source tree to the hashed URLs that Vite gave them.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha384};

/// The built assets, read once at the start.
#[derive(Debug)]
pub struct Assets {
    /// The folder that is served under `/static`.
    pub folder: PathBuf,
    built: HashMap<String, Built>,
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
        let mut imported = BTreeSet::new();
        for (name, chunk) in manifest {
            imported.extend(chunk.imports);
            imported.extend(chunk.dynamic_imports);
            let path = folder.join("dist").join(&chunk.file);
            let bytes = std::fs::read(&path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            let hash = STANDARD.encode(Sha384::digest(&bytes));
            let file = Built {
                url: format!("/static/dist/{}", chunk.file),
                integrity: format!("sha384-{hash}"),
            };
            built.insert(name, file);
        }
        Ok(Self {
            folder: folder.to_owned(),
            built,
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

    /// The hash of an asset, as the attribute `integrity` takes it: a browser uses nothing else under its URL.
    pub fn integrity(&self, name: &str) -> &str {
        self.built.get(name).map_or("", |file| &file.integrity)
    }

    /// The scripts that others import. No attribute says what they must be: the map of imports does.
    pub fn imported(&self) -> impl Iterator<Item = &Built> {
        self.imported.iter().filter_map(|name| self.built.get(name))
    }
}
