//! How a signature header is read, and written.

use super::Grammar;
use crate::{headers::MAX_VALUE, rejection::Rejection};

/// The most signatures that one request may carry: each costs a comparison with every key.
pub const MAX_SIGNATURES: usize = 16;

/// A [`Grammar`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One signature behind this prefix.
    Whole(String),
    /// Named items.
    Items(Labelled),
    /// Items by their place: what stands between them, and the place of the first signature.
    List(String, usize),
    /// A JWT behind this prefix.
    Jwt(String),
}

/// What a header of named items looks like. See [`Grammar::Items`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The name that the signatures have.
    pub field: String,
    /// What stands between two items.
    pub separator: String,
    /// What stands between an item's name and its value.
    pub equals: String,
}

impl From<Grammar<'_>> for Layout {
    fn from(grammar: Grammar<'_>) -> Self {
        match grammar {
            Grammar::Whole { prefix } => Self::Whole(prefix.to_owned()),
            Grammar::Jwt { prefix } => Self::Jwt(prefix.to_owned()),
            Grammar::List { separator, first } => Self::List(separator.to_owned(), first),
            Grammar::Items {
                field,
                separator,
                equals,
            } => Self::Items(Labelled {
                field: field.to_owned(),
                separator: separator.to_owned(),
                equals: equals.to_owned(),
            }),
        }
    }
}

impl Layout {
    /// The signatures in a header's value, still encoded.
    ///
    /// # Errors
    ///
    /// [`Rejection::MalformedHeader`] where the value is too long, holds too many signatures or an
    /// item without a name; [`Rejection::UnrecognisedSignature`] where it holds none with this
    /// layout's prefix or name.
    pub fn signatures<'h>(&self, value: &'h str) -> Result<Vec<&'h str>, Rejection> {
        let mut found = Vec::new();
        self.each_signature(value, |text| found.push(text))?;
        Ok(found)
    }

    /// As [`Layout::signatures`], which are given to `take` one after the other.
    pub(crate) fn each_signature<'h>(
        &self,
        value: &'h str,
        mut take: impl FnMut(&'h str),
    ) -> Result<(), Rejection> {
        if value.len() > MAX_VALUE {
            return Err(Rejection::MalformedHeader);
        }
        let mut count: usize = 0;
        let found = |text| {
            count += 1;
            if count <= MAX_SIGNATURES {
                take(text);
            }
        };
        match self {
            Self::Whole(prefix) => behind(value, prefix).into_iter().for_each(found),
            Self::Jwt(prefix) => {
                let token = behind(value, prefix).and_then(|token| token.rsplit_once('.'));
                let signature = token.map(|(_, signature)| signature);
                signature.into_iter().for_each(found);
            }
            Self::Items(labelled) => labelled.values(value, &labelled.field, found)?,
            Self::List(separator, first) => {
                items(value, separator).skip(*first).for_each(found);
            }
        }
        match count {
            0 => Err(Rejection::UnrecognisedSignature),
            1..=MAX_SIGNATURES => Ok(()),
            _ => Err(Rejection::MalformedHeader),
        }
    }

    /// The one item named `field` in a header's value, or at that place in a list.
    ///
    /// # Errors
    ///
    /// [`Rejection::MalformedHeader`] where there is not exactly one: with two, whoever reads the
    /// other one disagrees with us about when this was signed.
    pub fn single<'h>(&self, value: &'h str, field: &str) -> Result<&'h str, Rejection> {
        let found = match self {
            Self::Whole(_) | Self::Jwt(_) => None,
            Self::Items(labelled) => {
                let mut found = Vec::new();
                labelled.values(value, field, |text| found.push(text))?;
                match found.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                }
            }
            Self::List(separator, _) => {
                let at = field.parse().ok();
                at.and_then(|at| items(value, separator).nth(at))
            }
        };
        found.ok_or(Rejection::MalformedHeader)
    }

    /// The header's value for these signatures; `first` is an item that stands before them.
    pub fn write(&self, first: Option<(&str, &str)>, signatures: &[String]) -> String {
        let (field, separator, equals) = match self {
            Self::Whole(prefix) | Self::Jwt(prefix) => {
                let first = signatures.first().map_or("", String::as_str);
                return format!("{prefix}{first}");
            }
            // Its items have no names.
            Self::List(separator, _) => ("", separator.as_str(), ""),
            Self::Items(Labelled {
                field,
                separator,
                equals,
            }) => (field.as_str(), separator.as_str(), equals.as_str()),
        };
        let signed = signatures.iter().map(|text| (field, text.as_str()));
        let mut value = String::new();
        for (name, text) in first.into_iter().chain(signed) {
            if !value.is_empty() {
                value.push_str(separator);
            }
            if !equals.is_empty() {
                value.push_str(name);
                value.push_str(equals);
            }
            value.push_str(text);
        }
        value
    }
}

/// What stands behind `prefix`. One that ends with a space names a scheme of authentication, and those are the
/// same in either case ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-11.1)).
pub(crate) fn behind<'h>(value: &'h str, prefix: &str) -> Option<&'h str> {
    let (before, after) = value.split_at_checked(prefix.len())?;
    let same = match prefix.ends_with(' ') {
        true => before.eq_ignore_ascii_case(prefix),
        false => before == prefix,
    };
    same.then_some(after)
}

impl Labelled {
    /// Gives the values of the items named `field` to `take`.
    fn values<'h>(
        &self,
        value: &'h str,
        field: &str,
        mut take: impl FnMut(&'h str),
    ) -> Result<(), Rejection> {
        for item in items(value, &self.separator).filter(|item| !item.is_empty()) {
            let (name, text) = cut(item, &self.equals).ok_or(Rejection::MalformedHeader)?;
            if field == "*" || name.trim() == field {
                // Where spaces divide the items, some senders put commas there as well.
                take(text.trim().trim_end_matches(','));
            }
        }
        Ok(())
    }
}

/// What stands between separators, without the spaces around it.
fn items<'h>(value: &'h str, separator: &str) -> impl Iterator<Item = &'h str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let (item, after) = match cut(rest?, separator) {
            Some((item, after)) => (item, Some(after)),
            None => (rest?, None),
        };
        rest = after;
        Some(item.trim())
    })
}

/// As `split_once`, which prepares itself for texts of any length: `by` is a character or two.
fn cut<'h>(text: &'h str, by: &str) -> Option<(&'h str, &'h str)> {
    let first = *by.as_bytes().first()?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(first, text.as_bytes().get(from..)?)?;
        let (before, behind) = text.split_at_checked(at)?;
        if let Some(after) = behind.strip_prefix(by) {
            return Some((before, after));
        }
        from = at + 1;
    }
}
