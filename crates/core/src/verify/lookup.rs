//! Where in a request something may be, and what is there.

use std::io::Read;

use crate::{
    fields::{self, Pointer},
    form::Form,
    scheme::Place,
};

/// Where in the body something may be, and what the headers say in case it is not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup<'s> {
    /// In a body that is JSON.
    pub(super) pointers: Vec<&'s Pointer>,
    /// In a body that is a form.
    pub(super) fields: Vec<&'s str>,
    pub(super) header: Option<(&'s Place, String)>,
}

impl Lookup<'_> {
    /// Whether it can be there at all.
    pub(super) fn is_possible(&self) -> bool {
        self.header.is_some() || self.in_body()
    }

    /// What the body said, or else the header.
    pub(super) fn resolve(&self, found: Option<String>) -> Option<String> {
        found.or_else(|| self.header.as_ref().map(|(_, text)| text.clone()))
    }

    pub(super) fn in_body(&self) -> bool {
        !self.pointers.is_empty() || !self.fields.is_empty()
    }
}

/// What the body says for each of `wanted`. `form` is what it holds as a form, if it is one.
pub(super) fn in_slice(
    body: &[u8],
    form: Option<&Form<'_>>,
    wanted: &[&Lookup<'_>; 3],
) -> [Option<String>; 3] {
    if wanted.iter().all(|lookup| !lookup.in_body()) {
        return Default::default();
    }
    // A header that nobody signed must not hide an id: pointers are followed whatever it says.
    let json = texts(fields::in_slice(body, &pointers(wanted)));
    let Some(form) = form else {
        return json;
    };
    let mut fields = in_form(form, wanted).into_iter();
    json.map(|found| {
        let field = fields.next().flatten();
        found.or(field)
    })
}

/// As [`in_slice`], for a body that is no form and is read in chunks, only as far as needed.
pub(super) fn in_reader(body: impl Read, wanted: &[&Lookup<'_>; 3]) -> [Option<String>; 3] {
    texts(fields::in_reader(body, &pointers(wanted)))
}

fn pointers<'w>(wanted: &'w [&Lookup<'_>; 3]) -> [&'w fields::Wanted<'w>; 3] {
    wanted.map(|lookup| lookup.pointers.as_slice())
}

fn texts(found: Vec<Option<fields::Found>>) -> [Option<String>; 3] {
    let mut found = found.into_iter();
    std::array::from_fn(|_| found.next().flatten().map(|found| found.text))
}

fn in_form(form: &Form<'_>, wanted: &[&Lookup<'_>; 3]) -> [Option<String>; 3] {
    wanted.map(|lookup| {
        let found = lookup.fields.iter().filter_map(|name| form.last(name));
        let mut found = found.filter(|text| fields::acceptable(text));
        found.next().map(str::to_owned)
    })
}
