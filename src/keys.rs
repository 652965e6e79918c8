//! Keys of the host's: imported once, and public ones fetched from where the provider keeps them.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use waypost_core::hash::Hash;
use waypost_core::rejection::Rejection;
use waypost_core::scheme::{Algorithm, Named};
use waypost_core::verify::{Imported, KeyError, WantedKey};

use crate::host::settled;
use crate::{ffi, log, subtle};

/// How long what was fetched is good, in milliseconds: certificates keep their URL to themselves, and a set of
/// keys changes.
const CERTIFICATE_LIFE_MS: u64 = 24 * 3_600_000;
const KEY_LIFE_MS: u64 = 3_600_000;
/// A key that is not there may come: a set that lacks it is not fetched again for this long.
const LACK_LIFE_MS: u64 = 60_000;
/// The most keys that are remembered.
const MOST_KEYS: usize = 256;
/// The most different things that are fetched for one source in a minute. Anyone can name a key or a certificate
/// that is not there.
const MOST_FETCHES: usize = 60;

/// How long the provider may take, in milliseconds.
const DEADLINE_MS: u32 = 5_000;
/// The longest answer, in bytes.
const LONGEST: u32 = 64 * 1024;

/// What an isolate remembers of keys.
#[derive(Default)]
pub(crate) struct Keys {
    own: RefCell<Vec<(OwnKey, JsValue)>>,
    known: RefCell<Vec<Known>>,
    sets: RefCell<Vec<Set>>,
    /// The minute, and what was fetched in it.
    fetches: RefCell<(u64, Vec<Fetch>)>,
}

/// The place of a key in the config: its source, the way that it signs, and its place among that one's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnKey {
    pub(crate) source: &'static str,
    pub(crate) way: usize,
    pub(crate) place: usize,
}

/// One that was fetched.
struct Known {
    slot: String,
    key: JsValue,
    until: u64,
}

/// What was fetched.
struct Fetch {
    source: String,
    url: String,
    post: String,
}

/// A set of keys as it was fetched. There are as many as the config has URLs.
struct Set {
    url: String,
    text: String,
    at: u64,
}

/// The names that the host knows an algorithm by.
pub(crate) fn host_names(algorithm: Algorithm) -> (&'static str, &'static str) {
    match algorithm {
        Algorithm::Ed25519 => ("Ed25519", ""),
        Algorithm::Hmac(hash) => ("HMAC", hash.web_name()),
        Algorithm::Rsa(hash) => ("RSASSA-PKCS1-v1_5", hash.web_name()),
        _ => ("ECDSA", Hash::Sha256.web_name()),
    }
}

impl Keys {
    /// A key of the config, remembered where it has a place there.
    pub(crate) async fn own(
        &self,
        slot: Option<OwnKey>,
        algorithm: Algorithm,
        bytes: &[u8],
    ) -> Result<JsValue, Rejection> {
        let known = |slot: OwnKey| {
            let own = self.own.borrow();
            let mut known = own.iter().filter(|(known, _)| *known == slot);
            known.next().map(|(_, key)| key.clone())
        };
        if let Some(key) = slot.and_then(known) {
            return Ok(key);
        }
        let format = match algorithm {
            Algorithm::EcdsaP256 | Algorithm::Rsa(_) => "spki",
            _ => "raw",
        };
        let key = import(algorithm, format, &Uint8Array::from(bytes)).await;
        let key = key.map_err(subtle::failed)?;
        // Another request may have been sooner.
        if let Some(slot) = slot.filter(|slot| known(*slot).is_none()) {
            self.own.borrow_mut().push((slot, key.clone()));
        }
        Ok(key)
    }

    /// The key that a request to `source` wants.
    pub(crate) async fn fetched(
        &self,
        source: &str,
        wanted: &WantedKey,
        algorithm: Algorithm,
        now: u64,
    ) -> Result<JsValue, Rejection> {
        let kid = wanted.kid.as_deref().unwrap_or_default();
        let slot = format!("{}\n{kid}\n{}", wanted.url, algorithm.name());
        if let Some(key) = self.recall(&slot, now) {
            return Ok(key);
        }
        let unavailable = |reason: &str| {
            log::error("a provider's key", &format!("{}: {reason}", wanted.url));
            Rejection::KeyUnavailable
        };
        let known = self.set(wanted, now);
        let text = match &known {
            Some(text) => text.clone(),
            None => {
                let post = wanted.post.as_deref();
                let text = self.fetch(source, &wanted.url, post, now).await;
                text.map_err(|error| unavailable(&log::reason(&error)))?
            }
        };
        let read = wanted.read(&text, now);
        if known.is_none() && read != Err(KeyError::Unreadable) {
            self.keep_set(wanted, text, now);
        }
        let (format, key) = match read {
            Ok(Imported::Spki(der)) => ("spki", Uint8Array::from(der.as_slice()).into()),
            Ok(Imported::Jwk(jwk)) => ("jwk", JsValue::from_str(&jwk)),
            Err(KeyError::Unreadable) => return Err(unavailable("it is not what it should be")),
            Err(KeyError::Unknown | KeyError::Expired) => return Err(Rejection::BadSignature),
        };
        let key = import(algorithm, format, &key).await;
        let key = key.map_err(|error| unavailable(&log::reason(&error)))?;
        let life = match wanted.kid {
            None => CERTIFICATE_LIFE_MS,
            Some(_) => KEY_LIFE_MS,
        };
        self.remember(slot, key.clone(), now.saturating_add(life));
        Ok(key)
    }

    /// Fetches a text for `source`, unless too much was fetched for it in this minute.
    pub(crate) async fn fetch(
        &self,
        source: &str,
        url: &str,
        post: Option<&str>,
        now: u64,
    ) -> Result<String, JsValue> {
        if !self.may_fetch(source, url, post.unwrap_or_default(), now) {
            return Err("too much was fetched in this minute".into());
        }
        let text = settled(Ok(ffi::outside(url, post, DEADLINE_MS, LONGEST))).await?;
        Ok(text.as_string().unwrap_or_default())
    }

    /// Whether this may be fetched in this minute. The same thing may be as often as it is asked for: who waits
    /// for what another request fetches hangs where that one is cancelled, and a burst of webhooks finds no key
    /// at first.
    fn may_fetch(&self, source: &str, url: &str, post: &str, now: u64) -> bool {
        let mut fetches = self.fetches.borrow_mut();
        let minute = now / 60_000;
        if fetches.0 != minute {
            *fetches = (minute, Vec::new());
        }
        let mut count = 0;
        for fetch in fetches.1.iter().filter(|fetch| fetch.source == source) {
            count += 1;
            if fetch.url == url && fetch.post == post {
                return true;
            }
        }
        if count < MOST_FETCHES {
            fetches.1.push(Fetch {
                source: source.to_owned(),
                url: url.to_owned(),
                post: post.to_owned(),
            });
        }
        count < MOST_FETCHES
    }

    /// The set of keys as it was fetched before, where it has the key, or was fetched just now.
    fn set(&self, wanted: &WantedKey, now: u64) -> Option<String> {
        let sets = self.sets.borrow();
        let set = sets.iter().find(|set| set.url == wanted.url)?;
        let age = now.saturating_sub(set.at);
        let has = age < KEY_LIFE_MS && wanted.read(&set.text, now).is_ok();
        (has || age < LACK_LIFE_MS).then(|| set.text.clone())
    }

    /// Keeps a set of keys: what names a key that it lacks does not have it fetched again at once.
    fn keep_set(&self, wanted: &WantedKey, text: String, now: u64) {
        if wanted.kid.is_none() || wanted.post.is_some() {
            return;
        }
        let mut sets = self.sets.borrow_mut();
        sets.retain(|set| set.url != wanted.url);
        sets.push(Set {
            url: wanted.url.clone(),
            text,
            at: now,
        });
    }

    fn recall(&self, slot: &str, now: u64) -> Option<JsValue> {
        let known = self.known.borrow();
        let found = known
            .iter()
            .find(|known| known.slot == slot && known.until > now);
        found.map(|known| known.key.clone())
    }

    fn remember(&self, slot: String, key: JsValue, until: u64) {
        let mut known = self.known.borrow_mut();
        known.retain(|known| known.slot != slot);
        if known.len() >= MOST_KEYS {
            known.swap_remove(0);
        }
        known.push(Known { slot, key, until });
    }
}

async fn import(algorithm: Algorithm, format: &str, key: &JsValue) -> Result<JsValue, JsValue> {
    let (name, hash) = host_names(algorithm);
    let usage = if algorithm.is_public() {
        "verify"
    } else {
        "verify sign"
    };
    settled(ffi::import_key(format, key, name, hash, usage)).await
}
