//! How large the bundle is, as it counts for the platform: compressed.

use std::{fs, io::Write, path::Path};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};

pub(crate) const GLUE: &str = "index.js";
pub(crate) const WASM: &str = "index_bg.wasm";

/// What the compressed bundle may have, in bytes. The platform allows 3 MB; small starts faster.
pub(crate) const BUDGET: usize = 350 * 1024;

/// Bytes as they are, and compressed.
pub(crate) struct Size {
    wasm: (usize, usize),
    glue: (usize, usize),
}

impl Size {
    /// Measures what stands in a folder.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let measure = |name| {
            let path = folder.join(name);
            let content =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok::<_, anyhow::Error>((content.len(), compressed(&content)?))
        };
        Ok(Self {
            wasm: measure(WASM)?,
            glue: measure(GLUE)?,
        })
    }

    /// What counts against the budget.
    pub(crate) fn total(&self) -> usize {
        self.wasm.1 + self.glue.1
    }

    /// A line for each file and one for the budget.
    pub(crate) fn report(&self) -> String {
        let line = |name, (raw, gzip)| {
            format!("    {name:<14} {:>8} raw {:>8} gzip\n", kib(raw), kib(gzip))
        };
        let verdict = if self.total() <= BUDGET {
            "within"
        } else {
            "OVER"
        };
        format!(
            "{}{}    together {} gzip, {verdict} the budget of {}",
            line(WASM, self.wasm),
            line(GLUE, self.glue),
            kib(self.total()),
            kib(BUDGET)
        )
    }
}

fn compressed(content: &[u8]) -> Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(content)?;
    Ok(gzip.finish()?.len())
}

fn kib(bytes: usize) -> String {
    format!("{}.{} KB", bytes / 1024, bytes % 1024 * 10 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_counts_compressed_bytes() {
        let fits = Size {
            wasm: (400_000, BUDGET - 10),
            glue: (30, 10),
        };
        assert!(
            fits.report()
                .contains(&format!("{} gzip, within", kib(BUDGET))),
            "{}",
            fits.report()
        );
        let large = Size {
            wasm: (1, BUDGET),
            glue: (1, 1),
        };
        assert!(large.report().contains("OVER"), "{}", large.report());
    }
}
