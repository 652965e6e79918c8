//! Bodies that have to be taken apart before their signature can be checked.

use std::borrow::Cow;

use super::{Screened, keys, lookup, ways};
use crate::{
    form::Form,
    headers::Headers,
    rejection::Rejection,
    scheme::{Facts, Family, Integrity, Opened, Part, Place},
};

/// What the headers say, for a content that cannot be put together yet.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    timestamp: String,
    id: String,
    url: String,
    method: String,
    signature: String,
    jwt: String,
    headers: String,
}

impl Kept {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        Self {
            timestamp: facts.timestamp.to_owned(),
            id: facts.id.to_owned(),
            url: facts.url.to_owned(),
            method: facts.method.to_owned(),
            signature: facts.signature.to_owned(),
            jwt: facts.jwt.to_owned(),
            headers: facts.headers.flat().to_owned(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            timestamp: &self.timestamp,
            id: &self.id,
            url: &self.url,
            method: &self.method,
            headers: Headers::new(&self.headers),
            signature: &self.signature,
            jwt: &self.jwt,
        }
    }
}

impl Screened<'_> {
    /// Takes out of the body what was signed, the signature, or the name of the key, where it stands in it;
    /// nothing where the headers have said it all.
    ///
    /// # Errors
    ///
    /// Those of [`Screened::verify`] but what a wrong signature has.
    pub fn open(&mut self, body: &[u8]) -> Result<(), Rejection> {
        self.check_length(body.len() as u64)?;
        self.check_border(body.first())?;
        let Some(kept) = self.kept.take() else {
            return Ok(());
        };
        let mut opened = Opened::new(self.scheme, body, self.form);
        loop {
            let at = |place: &Place| match place {
                Place::Json(_) | Place::Form(_) => Some(opened.at(place).map(str::to_owned)),
                _ => None,
            };
            match ways::meets(self.scheme, self.source, at) {
                Ok(()) => break,
                // A version that another way is for.
                Err(Rejection::UnrecognisedSignature) => {
                    let next = self.scheme.or.as_deref();
                    let next = next.and_then(|way| Some((way, way.families.first()?)));
                    let (way, family) = next.ok_or(Rejection::UnrecognisedSignature)?;
                    if !family.signature.is_in_body() {
                        return Err(Rejection::UnrecognisedSignature);
                    }
                    (self.scheme, self.family) = (way, family);
                    self.way += 1;
                    let keys = self.source.keys.get(self.way);
                    self.keys = Cow::Borrowed(keys.map_or(&[][..], Vec::as_slice));
                    opened = Opened::new(way, body, self.form);
                }
                Err(refused) => return Err(refused),
            }
        }
        let form = opened.form.as_ref();
        if self.family.signature.is_in_body() {
            let text = opened.at(&self.family.signature);
            let text = text.filter(|text| !text.is_empty());
            let text = text.ok_or(Rejection::MissingSignature)?;
            self.signatures = ways::decode(self.scheme, text)?;
        }
        if let Some(wanted) = keys::in_body(self.scheme, &opened)? {
            self.wanted = Some(Box::new(wanted));
        }
        if form.is_some_and(|form| !form.is_whole()) {
            return Err(Rejection::BadSignature);
        }
        let all = self.source.scheme.integrity == Integrity::Body;
        if let Some(form) = form.filter(|_| all && self.form) {
            let templates = self.scheme.signed.iter();
            let closed = templates.map(|signed| closed(signed, self.family, form));
            self.closed = closed.collect();
        }
        self.contents = self.scheme.contents(&kept.facts(), Some(&opened))?;
        let wanted = [&self.id, &self.event_type, &self.stamp];
        self.found = Some(lookup::in_slice(body, form, &wanted));
        self.kept = Some(kept);
        Ok(())
    }
}

/// Whether all that the form holds is signed by this template, or is the signature.
fn closed(signed: &[Part], family: &Family, form: &Form<'_>) -> bool {
    let mut names: Vec<&str> = Vec::new();
    if let Place::Form(name) = &family.signature {
        names.push(name);
    }
    for part in signed {
        match part {
            Part::Form | Part::Body => return true,
            Part::FormField { name, .. } if !names.contains(&name.as_str()) => names.push(name),
            _ => {}
        }
    }
    form.is_exactly(&names)
}
