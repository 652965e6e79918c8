//! Why a value is refused, for whoever writes a config.
//!
//! The Worker does not carry the texts, which are kilobytes: what it runs with was checked before it was
//! deployed, and the key, which it does name, is enough to find the rest with `cargo xtask check`.

/// A text that may be left out.
pub(crate) trait Why {
    /// The text, or where to get it.
    fn why(self) -> String;
}

/// A text that has to be put together.
pub(crate) struct Told<F>(pub(crate) F);

const CARRIED: bool = !cfg!(target_arch = "wasm32");

#[inline(never)]
fn untold() -> String {
    "is not valid: `cargo xtask check` says why".to_owned()
}

impl Why for &str {
    #[inline(always)]
    fn why(self) -> String {
        if CARRIED { self.to_owned() } else { untold() }
    }
}

impl<F: FnOnce() -> String> Why for Told<F> {
    #[inline(always)]
    fn why(self) -> String {
        if CARRIED { self.0() } else { untold() }
    }
}

impl Why for String {
    fn why(self) -> String {
        self
    }
}
