//! JSON Web Tokens in their compact form, as far as a webhook needs them.

use crate::{
    encoding::Encoding,
    fields::{self, Pointer},
    rejection::Rejection,
    scheme::{Scheme, behind},
    window,
};

/// A token taken apart. Nothing of it is proved yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Jwt {
    /// Header and payload as they were sent, with the full stop between.
    pub(super) signed: String,
    /// The name of the key.
    pub(super) kid: Option<String>,
    payload: Vec<u8>,
}

/// How far the sender's clock may be from ours where it says until when a token is good, in seconds.
const LEEWAY: u64 = 60;

impl Jwt {
    /// Takes apart the token behind `prefix`.
    ///
    /// # Errors
    ///
    /// [`Rejection::UndecodableSignature`] where it is none, where it is signed by another algorithm than
    /// the scheme's, whatever it says itself, or where it asks for something that we do not know.
    pub(super) fn read(scheme: &Scheme, text: &str, prefix: &str) -> Result<Self, Rejection> {
        Self::parse(scheme, text, prefix).ok_or(Rejection::UndecodableSignature)
    }

    fn parse(scheme: &Scheme, text: &str, prefix: &str) -> Option<Self> {
        let (signed, _) = behind(text, prefix)?.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |text: &str| {
            Encoding::Base64Url
                .decode(text)
                .filter(|_| !text.contains('='))
        };
        let header = decode(header)?;
        let payload = decode(payload)?;
        let (alg, kid) = (Pointer::parse("/alg")?, Pointer::parse("/kid")?);
        let mut found = fields::values(&header, &[&alg, &kid]).into_iter();
        let (alg, kid) = (found.next()??, found.next()?);
        // What is critical must be understood, and we understand nothing of it (RFC 7515, section 4.1.11).
        let critical = header.windows(6).any(|six| six == b"\"crit\"");
        (scheme.algorithm.jwt_name() == Some(alg.as_str()) && !critical).then(|| Self {
            signed: signed.to_owned(),
            kid,
            payload,
        })
    }

    /// What the payload says at `pointer`.
    pub(super) fn claim(&self, pointer: &Pointer) -> Option<String> {
        fields::values(&self.payload, &[pointer]).pop().flatten()
    }

    /// Refuses a token that is no longer good, or not yet: `exp` and `nbf`
    /// ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)), where it says so.
    pub(super) fn check(&self, now: u64) -> Result<(), Rejection> {
        let time = |pointer: &str| -> Option<u64> {
            let text = self.claim(&Pointer::parse(pointer)?)?;
            window::Unit::Seconds
                .parse(&text)
                .map(|millis| millis / 1000)
        };
        let now = now / 1000;
        if time("/exp").is_some_and(|end| now > end.saturating_add(LEEWAY)) {
            return Err(Rejection::StaleTimestamp);
        }
        if time("/nbf").is_some_and(|start| now.saturating_add(LEEWAY) < start) {
            return Err(Rejection::FutureTimestamp);
        }
        Ok(())
    }
}
