//! What a scheme needs to be told by a source's config, beside its secrets.

use super::{Ask, KeysFrom, Scheme, SchemeError};
use crate::{
    config::{SOURCE_KEYS, is_name},
    why::Told,
};

/// The keys of the config that a scheme asks for.
pub(super) fn asks(scheme: &Scheme) -> Result<Vec<Ask>, SchemeError> {
    let mut asks = Vec::new();
    let mut ask = |key: &str, secret: bool, required: bool| {
        if FILLED.contains(&key) {
            return Ok(());
        }
        if !is_name(key) || SOURCE_KEYS.contains(&key) {
            let reason = Told(|| format!("{key:?} cannot be asked of a source's config"));
            return Err(SchemeError::new("requires", reason));
        }
        let key = key.to_owned();
        add(
            &mut asks,
            Ask {
                key,
                secret,
                required,
            },
        );
        Ok(())
    };
    for (key, secret) in scheme.requires.iter().filter_map(|(_, is)| is.asks()) {
        ask(key, secret, true)?;
    }
    if let KeysFrom::Fetched(url, post) = &scheme.keys_from {
        for key in placeholders(url).chain(placeholders(post)) {
            ask(key, false, true)?;
        }
    }
    for greeting in &scheme.greetings {
        for (key, secret) in greeting.when.iter().filter_map(|(_, is)| is.asks()) {
            ask(key, secret, false)?;
        }
        for key in placeholders(&greeting.reply.body) {
            ask(key, false, false)?;
        }
    }
    Ok(asks)
}

/// Placeholders that are not keys of the config.
const FILLED: &[&str] = &["challenge", "mac", "secret", "kid"];

/// The names in `${NAME}`.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let behind = text.split("${").skip(1);
    behind.filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// Notes an ask once; what is needed in one place is needed.
pub(super) fn add(asks: &mut Vec<Ask>, ask: Ask) {
    match asks.iter_mut().find(|known| known.key == ask.key) {
        Some(known) => known.required |= ask.required,
        None => asks.push(ask),
    }
}
