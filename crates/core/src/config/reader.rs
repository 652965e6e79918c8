//! Reading JSON so that every mistake is found and named by its key.
//!
//! By hand and not by derive, because serde stops at the first mistake and knows no key for a value
//! of the wrong type.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::ConfigError;
use crate::scheme::Named;
use crate::why::{Told, Why};

/// What a variable's text holds.
pub(super) fn value(variable: &str, text: &str) -> Result<Value, ConfigError> {
    let not_json = |error| ConfigError::new(variable, Told(|| format!("is not JSON: {error}")));
    serde_json::from_slice(text.as_bytes()).map_err(not_json)
}

/// The object that a variable's text holds.
pub(super) fn object(variable: &str, text: &str) -> Result<Map<String, Value>, ConfigError> {
    match value(variable, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(ConfigError::new(
            variable,
            "must be a table of named entries",
        )),
    }
}

/// A variable that holds a list of strings.
pub(super) fn texts(variable: &str, text: &str, errors: &mut Vec<ConfigError>) -> Vec<String> {
    list(variable, text, errors, "a list of strings", |item| {
        item.as_str().map(str::to_owned)
    })
}

/// A variable that holds a list of numbers, at least one; none where it does not.
pub(super) fn numbers(
    variable: &str,
    text: &str,
    range: RangeInclusive<u64>,
    errors: &mut Vec<ConfigError>,
) -> Option<Vec<u64>> {
    let expected = Told(|| format!("a list of whole numbers {}", between(&range))).why();
    let before = errors.len();
    let found = list(variable, text, errors, &expected, |item| {
        item.as_u64().filter(|number| range.contains(number))
    });
    if found.is_empty() && errors.len() == before {
        errors.push(ConfigError::new(variable, "is empty"));
    }
    Some(found).filter(|found| !found.is_empty())
}

fn between(range: &RangeInclusive<u64>) -> String {
    format!("from {} to {}", range.start(), range.end())
}

fn list<T>(
    variable: &str,
    text: &str,
    errors: &mut Vec<ConfigError>,
    expected: &str,
    item: impl Fn(&Value) -> Option<T>,
) -> Vec<T> {
    let items = match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Array(items)) => items.iter().map(item).collect::<Option<Vec<T>>>(),
        _ => None,
    };
    items.unwrap_or_else(|| {
        errors.push(ConfigError::new(
            variable,
            Told(|| format!("must be {expected}")),
        ));
        Vec::new()
    })
}

/// Reads the members of one object, and remembers which were asked for.
pub(super) struct Reader<'v, 'e> {
    key: String,
    object: &'v Map<String, Value>,
    asked: Vec<String>,
    errors: &'e mut Vec<ConfigError>,
}

impl<'v, 'e> Reader<'v, 'e> {
    /// Lets `read` read the object `value` at `key`; a member that it did not ask for is a mistake.
    pub(super) fn enter<T>(
        key: &str,
        value: &'v Value,
        errors: &'e mut Vec<ConfigError>,
        read: impl FnOnce(&mut Reader<'v, '_>) -> T,
    ) -> Option<T> {
        let Value::Object(object) = value else {
            errors.push(ConfigError::new(key, "must be a table"));
            return None;
        };
        let mut reader = Reader {
            key: key.to_owned(),
            object,
            asked: Vec::new(),
            errors,
        };
        let found = read(&mut reader);
        reader.refuse_unknown();
        Some(found)
    }

    #[inline(never)]
    fn refuse_unknown(&mut self) {
        let known = Told(|| self.asked.join(", ")).why();
        for name in self.object.keys() {
            if !self.asked.contains(name) {
                self.error(
                    name,
                    Told(|| format!("is not known here; known are {known}")),
                );
            }
        }
    }

    /// Notes a mistake in the member `name`.
    #[inline(always)]
    pub(super) fn error(&mut self, name: &str, why: impl Why) {
        self.note(name, why.why());
    }

    // Called from everywhere: inlined, it would cost the bundle kilobytes.
    #[inline(never)]
    fn note(&mut self, name: &str, reason: String) {
        let key = format!("{}.{name}", self.key);
        self.errors.push(ConfigError { key, reason });
    }

    /// Notes a mistake in the object as a whole.
    pub(super) fn refuse(&mut self, why: impl Why) {
        self.errors.push(ConfigError::new(self.key.as_str(), why));
    }

    /// Whether nothing was wrong so far.
    pub(super) fn clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The key of the object being read.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    fn get(&mut self, name: &str) -> Option<&'v Value> {
        self.asked.push(name.to_owned());
        self.object.get(name)
    }

    /// The member `name`, where it is `good`; else a mistake that says what is `expected`.
    #[inline(never)]
    fn member(
        &mut self,
        name: &str,
        good: fn(&Value) -> bool,
        expected: &str,
    ) -> Option<&'v Value> {
        let value = self.get(name)?;
        if !good(value) {
            self.error(name, Told(|| format!("must be {expected}")));
            return None;
        }
        Some(value)
    }

    /// A mistake where a member that cannot be left out is.
    pub(super) fn required<T>(&mut self, name: &str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.object.contains_key(name) {
            self.error(name, "is missing");
        }
        found
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<&'v str> {
        self.member(name, Value::is_string, "a string")?.as_str()
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.member(name, Value::is_boolean, "true or false")?
            .as_bool()
    }

    #[inline(never)]
    pub(super) fn number(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let number = self
            .get(name)?
            .as_u64()
            .filter(|number| range.contains(number));
        if number.is_none() {
            self.error(
                name,
                Told(|| format!("must be a whole number {}", between(&range))),
            );
        }
        number
    }

    pub(super) fn named<T: Named>(&mut self, name: &'static str) -> Option<T> {
        let names: Vec<&str> = T::NAMES.iter().map(|(name, _)| *name).collect();
        let index = self.choice(name, &names)?;
        T::NAMES.get(index).map(|(_, value)| *value)
    }

    #[inline(never)]
    fn choice(&mut self, name: &'static str, names: &[&str]) -> Option<usize> {
        let text = self.get(name)?.as_str();
        let index = names.iter().position(|name| text == Some(name));
        if index.is_none() {
            self.error(
                name,
                Told(|| format!("must be one of \"{}\"", names.join("\", \""))),
            );
        }
        index
    }

    /// A list of strings, or one alone.
    #[inline(never)]
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<&'v str>> {
        let good = |value: &Value| items(value).iter().all(Value::is_string);
        let value = self.member(name, good, "a string or a list of strings")?;
        Some(items(value).iter().filter_map(Value::as_str).collect())
    }

    /// A table of strings.
    pub(super) fn pairs(&mut self, name: &'static str) -> Vec<(&'v str, &'v str)> {
        let good = |value: &Value| {
            value
                .as_object()
                .is_some_and(|table| table.values().all(Value::is_string))
        };
        let table = self.member(name, good, "a table of strings");
        let table = table.and_then(Value::as_object).into_iter().flatten();
        table
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect()
    }

    /// A table of numbers.
    pub(super) fn numbers(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Vec<(String, u64)> {
        let table = self.member(name, Value::is_object, "a table of whole numbers");
        let mut found = Vec::new();
        for (key, value) in table.and_then(Value::as_object).into_iter().flatten() {
            match value.as_u64().filter(|number| range.contains(number)) {
                Some(number) => found.push((key.clone(), number)),
                None => self.error(
                    &format!("{name}.{key}"),
                    Told(|| format!("must be a whole number {}", between(&range))),
                ),
            }
        }
        found
    }

    /// Whether the member `name` is there, and is a string.
    pub(super) fn is_text(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(Value::is_string)
    }

    /// A list of names of secrets, or one alone. What is no name is not repeated: it may be the
    /// secret itself.
    pub(super) fn secret_names(&mut self, name: &str) -> Option<Vec<String>> {
        let names = self.texts(name)?;
        let is_name = |name: &&str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            (1..=128).contains(&name.len()) && name.bytes().all(plain)
        };
        if !names.iter().all(is_name) {
            let reason = "must be names of secrets, of A-Z, a-z, 0-9 and _, and not the secrets";
            self.error(name, reason);
        }
        Some(names.into_iter().map(str::to_owned).collect())
    }

    /// The table `name`, read by `read`.
    pub(super) fn table<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'v, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        Reader::enter(&format!("{}.{name}", self.key), value, self.errors, read).flatten()
    }

    /// A list of tables, or one alone, each read by `read`.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut Reader<'v, '_>) -> Option<T>,
    ) -> Vec<T> {
        let items = self.get(name).map(items).unwrap_or_default();
        let key = format!("{}.{name}", self.key);
        let mut enter = |item| Reader::enter(&key, item, self.errors, &read).flatten();
        items.iter().filter_map(&mut enter).collect()
    }
}

/// The items of a list; anything else is a list of itself.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        other => std::slice::from_ref(other),
    }
}
