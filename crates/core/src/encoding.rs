//! How bytes stand in headers and keys in secrets.

use base16ct::mixed;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use crate::scheme::Named;

/// How a signature stands in its header, or a key in its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The bytes of the text itself.
    Text,
    /// Base 16, either case ([RFC 4648 section 8](https://www.rfc-editor.org/rfc/rfc4648#section-8)).
    Hex,
    /// Base 64, read with or without its padding, written with it.
    Base64,
    /// Base 64 in the alphabet safe in URLs, read with or without its padding, written without.
    Base64Url,
}

impl Named for Encoding {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("hex", Self::Hex),
        ("base64", Self::Base64),
        ("base64url", Self::Base64Url),
    ];
}

impl Encoding {
    /// The bytes that `text` stands for; none where it is not well formed.
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Text => Some(text.as_bytes().to_vec()),
            Self::Hex => mixed::decode_vec(text).ok(),
            Self::Base64 => base64(&BASE64_STANDARD_NO_PAD, text),
            Self::Base64Url => base64(&BASE64_URL_SAFE_NO_PAD, text),
        }
    }

    /// `bytes` as text. Bytes that are not UTF-8 have no [`Encoding::Text`]: what is not is replaced.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Text => String::from_utf8_lossy(bytes).into_owned(),
            Self::Hex => base16ct::lower::encode_string(bytes),
            Self::Base64 => BASE64_STANDARD.encode(bytes),
            Self::Base64Url => BASE64_URL_SAFE_NO_PAD.encode(bytes),
        }
    }
}

/// Base 64 with its padding, whole, or without it.
fn base64(engine: &impl Engine, text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let padding = text.len() - bare.len();
    let whole = padding == 0 || (padding <= 2 && text.len().is_multiple_of(4));
    whole.then(|| engine.decode(bare).ok()).flatten()
}
