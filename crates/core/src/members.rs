//! The members of a JSON body that asks for something: of a consumer, of a subscription.
//!
//! Members that nobody knows are dropped, and an empty value counts as absent. What is wrong is
//! `invalid_body`, with a sentence about the member.

use serde_json::{Map, Value};

use crate::cursor::EventId;
use crate::problem::Problem;
use crate::rejection::Rejection;

const LONGEST_PATTERN: usize = 100;

/// A body, taken apart.
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// No body is an empty one.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(wrong("The body", "a JSON object")),
        }
    }

    /// A member; none where it is null or empty.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        let value = self.0.get(name);
        value.filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        // What is whole may be written with a fraction of nothing.
        let whole = |value: &Value| {
            let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
            (number >= 0.0).then_some(number as u64)
        };
        let read = |value: &Value| {
            let number = value.as_u64().or_else(|| whole(value));
            number.ok_or_else(|| wrong(name, "a whole number"))
        };
        self.member(name).map(read).transpose()
    }

    pub(crate) fn id(&self, name: &str) -> Result<Option<EventId>, Problem> {
        match self.text(name)?.map(str::parse) {
            None => Ok(None),
            Some(Ok(id)) => Ok(Some(id)),
            Some(Err(_)) => Err(wrong(name, "the id of an event")),
        }
    }

    /// The texts of a list. At most `most`, and each as it must be; `what` says both.
    pub(crate) fn texts(
        &self,
        name: &str,
        most: u64,
        is_good: fn(&str) -> bool,
        what: &str,
    ) -> Result<Option<Vec<&str>>, Problem> {
        let Some(value) = self.member(name) else {
            return Ok(None);
        };
        let entries = value
            .as_array()
            .filter(|entries| entries.len() as u64 <= most);
        let text = |entry| Value::as_str(entry).filter(|text| is_good(text));
        let texts = entries.and_then(|entries| entries.iter().map(text).collect());
        match texts {
            Some(texts) => Ok(Some(texts)),
            None => Err(wrong(name, what)),
        }
    }
}

#[inline(never)]
pub(crate) fn wrong(member: &str, what: &str) -> Problem {
    Problem::from(Rejection::InvalidBody).detail(format!("{member} must be {what}."))
}

/// A type that ends in `.*` stands for all that begin so; a star stands nowhere else.
pub(crate) fn is_pattern(text: &str) -> bool {
    let stem = text.strip_suffix(".*").unwrap_or(text);
    !stem.is_empty() && text.len() <= LONGEST_PATTERN && !stem.contains('*')
}
