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
    /// The places to look at. Those of them that are in the body count.
    pub(super) places: &'s [Place],
    pub(super) header: Option<(&'s Place, String)>,
}

impl<'s> Lookup<'s> {
    /// Whether it can be there at all.
    pub(super) fn is_possible(&self) -> bool {
        self.header.is_some() || self.in_body()
    }

    /// What the body said, or else the header.
    pub(super) fn resolve(&mut self, found: Option<String>) -> Option<String> {
        found.or_else(|| self.header.take().map(|(_, text)| text))
    }

    pub(super) fn in_body(&self) -> bool {
        self.places.iter().any(Place::is_in_body)
    }

    /// The places in a body that is JSON.
    fn pointers(&self) -> impl Iterator<Item = &'s Pointer> + use<'s> {
        self.places.iter().filter_map(Place::pointer)
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
    let json = fields::texts(body, wanted.map(Lookup::pointers));
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
    fields::texts_in_reader(body, wanted.map(Lookup::pointers))
}

fn in_form(form: &Form<'_>, wanted: &[&Lookup<'_>; 3]) -> [Option<String>; 3] {
    wanted.map(|lookup| {
        let found = lookup.places.iter().filter_map(|place| match place {
            Place::Form(name) => form.last(name),
            _ => None,
        });
        let mut found = found.filter(|text| fields::acceptable(text));
        found.next().map(str::to_owned)
    })
}
