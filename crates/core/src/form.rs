//! Bodies that are forms.

use std::{borrow::Cow, collections::BinaryHeap};

/// The most fields that a form may have: each takes up far more than its bytes, before anyone knows who sent it.
pub const MAX_FIELDS: usize = 1_000;

/// The fields of an `application/x-www-form-urlencoded` body, decoded, in their order.
#[derive(Debug)]
pub struct Form<'b>(Vec<(Cow<'b, str>, Cow<'b, str>)>);

impl<'b> Form<'b> {
    /// Takes `body` apart. Any bytes are a form: what is not UTF-8 is replaced, as browsers do. Of a form
    /// with more than [`MAX_FIELDS`] the rest is left.
    pub fn parse(body: &'b [u8]) -> Self {
        let fields = form_urlencoded::parse(body).take(MAX_FIELDS + 1);
        Self(fields.collect())
    }

    /// Whether all of it is here.
    pub fn is_whole(&self) -> bool {
        self.0.len() <= MAX_FIELDS
    }

    /// The last value of the field `name`.
    pub fn last(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter().rev();
        let found = fields.find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_ref())
    }

    /// Each name followed by its values, all sorted, equal values of one name once.
    pub fn sorted(&self) -> String {
        let fields = self.0.iter();
        // A heap sorts in a fraction of the code that `sort` is compiled to.
        let fields: BinaryHeap<(&str, &str)> =
            fields.map(|(name, value)| (&**name, &**value)).collect();
        let mut fields = fields.into_sorted_vec();
        fields.dedup();
        fields
            .iter()
            .flat_map(|(name, value)| [*name, *value])
            .collect()
    }

    /// Whether it has these fields, each once, and no other.
    pub fn is_exactly(&self, names: &[&str]) -> bool {
        self.0.len() == names.len() && names.iter().all(|name| self.last(name).is_some())
    }
}

/// Whether a body of this content type is a form.
pub fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
