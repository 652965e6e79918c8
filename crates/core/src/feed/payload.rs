//! A body as its event shows it: JSON as the very text that came, anything else as base64.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::append::form;
use crate::encoding::Encoding;

/// A page is read as a whole: one payload that a poller's parser refuses would hide the others
/// from it for ever. Parsers end at 127 levels or later, and a page has three of its own.
const DEEPEST: u8 = 100;

/// The `form` and the `payload` of a body.
pub(super) fn render(body: &[u8]) -> (u64, Cow<'_, str>) {
    match std::str::from_utf8(body) {
        Ok(text) if is_plain_json(body) => (form::JSON, text.into()),
        _ => (form::BASE64, Encoding::Base64.encode(body).into()),
    }
}

/// Whether every parser takes it: no byte order mark, no half of a surrogate pair, no number
/// beyond a double, and no deeper than [`DEEPEST`]. To skip it would check none of these.
fn is_plain_json(body: &[u8]) -> bool {
    let mut json = serde_json::Deserializer::from_slice(body);
    Plain(DEEPEST).deserialize(&mut json).is_ok() && json.end().is_ok()
}

/// A value that may be nested so many levels deep.
struct Plain(u8);

impl Plain {
    fn inner<E: Error>(&self) -> Result<Self, E> {
        let levels = self.0.checked_sub(1);
        levels.map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.inner()?)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key_seed(Self(0))?.is_some() {
            members.next_value_seed(self.inner()?)?;
        }
        Ok(())
    }
}
