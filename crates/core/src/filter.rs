//! Which events of a feed a reader wants: `type=` and `source=`, each as often as one likes.

use crate::hash::sha256;
use crate::json;
use crate::query::Given;
use crate::rejection::Rejection;

/// The parameters that a filter is written in.
const NAMES: [&str; 2] = ["source", "type"];

/// The most values of a parameter, and the most characters of each: every event is compared with all of them.
const MOST: usize = 32;
const LONGEST: usize = 128;

macro_rules! one {
    ($column:literal, $values:literal) => {
        concat!(
            "(",
            $values,
            " IS NULL OR EXISTS (SELECT 1 FROM json_each(",
            $values,
            ") WHERE events.",
            $column,
            " = value OR (value LIKE '%.*' AND substr(events.",
            $column,
            ", 1, length(value) - 1) = substr(value, 1, length(value) - 1))))"
        )
    };
}
/// The SQL that is true of an event that a filter shows; `?5` are its types and `?6` its sources, JSON
/// arrays or NULL. A value that ends in `.*` stands for whatever begins with what is before the asterisk.
pub(crate) const CONDITION: &str =
    concat!(" AND ", one!("type", "?5"), " AND ", one!("source", "?6"));

/// A table `wanted` of the types in a JSON array, exact, `prefix.*` or `*`, and the SQL that is true of an event whose
/// type is one of them. `text` is compared with as much of a type as it is long, or with all of it.
macro_rules! wanted_types {
    ($types:literal) => {
        concat!(
            "WITH wanted (text, width) AS MATERIALIZED (
                SELECT rtrim(value, '*'), CASE WHEN value = '*' THEN 0
                    WHEN value LIKE '%.*' THEN length(value) - 1 ELSE 1000000 END
                FROM json_each(",
            $types,
            ")) "
        )
    };
}
macro_rules! is_wanted {
    () => {
        "EXISTS (SELECT 1 FROM wanted WHERE substr(events.type, 1, width) = text)"
    };
}
pub(crate) use {is_wanted, wanted_types};

/// What a reader wants to see; everything where it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter(pub(crate) Vec<(&'static str, String)>);

/// Puts a parameter in its place among others, once. They are few: a sort would be kilobytes of wasm.
pub(crate) fn put(parameters: &mut Vec<(&'static str, String)>, one: (&'static str, String)) {
    let at = parameters.iter().position(|other| *other >= one);
    let at = at.unwrap_or(parameters.len());
    if parameters.get(at) != Some(&one) {
        parameters.insert(at, one);
    }
}

impl Filter {
    /// Reads it out of a query. An empty value counts as absent, and `*` as everything.
    pub(crate) fn parse(given: &Given<'_>) -> Result<Self, Rejection> {
        let mut wanted = Vec::new();
        for name in NAMES {
            wanted.extend(given.all(name).map(|value| (name, value.to_owned())));
        }
        for name in NAMES {
            let mut all = false;
            let mut count = 0;
            for (_, value) in wanted.iter().filter(|(of, _)| *of == name) {
                all |= value == "*";
                count += 1;
                if count > MOST || value.chars().count() > LONGEST {
                    return Err(Rejection::InvalidParameter);
                }
            }
            wanted.retain(|(of, value)| *of != name || !(all || value.is_empty()));
        }
        let mut filter = Vec::new();
        wanted.into_iter().for_each(|one| put(&mut filter, one));
        Ok(Self(filter))
    }

    /// Whether it shows everything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values of a parameter as a JSON array; `None` where every value will do.
    pub(crate) fn values(&self, name: &str) -> Option<String> {
        let values = self.0.iter().filter(|(of, _)| *of == name);
        let mut values = values.map(|(_, value)| json::text(value)).peekable();
        values.peek()?;
        Some(json::array(&mut values))
    }

    /// What tells its answers from another filter's, for an entity tag; nothing where it is empty.
    pub(crate) fn tag(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let whole = format!("{:?}", self.0);
        let [a, b, c, d, ..] = sha256([whole.as_bytes()]);
        format!("f{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}
