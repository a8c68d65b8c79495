//! The disk of the data directory.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, ensure};
use nix::sys::statvfs::statvfs;
use uuid::Uuid;

/// Less free space than this, in per cent, is a fault: the database stops when the disk is full.
const LEAST_FREE: u128 = 5;

/// How much of it is free; fails if that is too little.
pub fn free(dir: &Path) -> anyhow::Result<String> {
    let disk = statvfs(dir).with_context(|| format!("could not look at {}", dir.display()))?;
    // The systems' types differ in width.
    let (free, all) = (
        u128::from(disk.blocks_available()),
        u128::from(disk.blocks()).max(1),
    );
    let per_cent = free * 100 / all;
    ensure!(
        per_cent > LEAST_FREE,
        "only {per_cent} % are free for {}",
        dir.display()
    );
    Ok(format!("{per_cent} % are free for {}", dir.display()))
}

/// Writes a block and takes it back: a disk that only reads looks well otherwise.
pub fn writes(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(format!(".probe-{}", Uuid::new_v4()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(&[0; 4096]).and_then(|()| file.sync_data()));
    std::fs::remove_file(&path).ok();
    written.with_context(|| format!("could not write to {}", dir.display()))
}
