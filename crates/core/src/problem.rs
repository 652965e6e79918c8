//! Rejections as `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use serde_json::{Map, Value};

use crate::rejection::Rejection;

/// The content type of [`Problem::body`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A rejection with what only the request at hand knows.
#[derive(Clone, Debug)]
pub struct Problem {
    rejection: Rejection,
    members: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let row = rejection.row();
        let headers = row
            .headers
            .iter()
            .map(|&(name, value)| (name, value.to_owned()))
            .collect();
        Self {
            rejection,
            members: Map::new(),
            headers,
        }
    }
}

impl Problem {
    /// Adds a member: `earliest`, `request_id`. The members of the row itself stay as they are.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says more than the row does, in a whole sentence that stands in its place.
    #[must_use]
    pub fn detail(self, sentence: impl Into<String>) -> Self {
        self.with("detail", sentence.into())
    }

    /// Sets a header, in lower case, in place of the row's: `allow`, `retry-after`.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(key, _)| *key != name);
        self.headers.push((name, value.into()));
        self
    }

    /// What it is a problem with.
    pub fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.rejection.status()
    }

    /// Headers of the answer beside its content type; names in lower case.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// The answer's body.
    ///
    /// `type` is a URN and no URL: a problem must be told apart by it for ever, and no page that it
    /// could lead to is promised to be there for ever. `detail` says what such a page would.
    pub fn body(&self) -> String {
        let row = self.rejection.row();
        let mut members = self.members.clone();
        members.entry("detail").or_insert_with(|| row.detail.into());
        members.insert(
            "type".into(),
            format!("urn:waypost:problem:{}", row.code).into(),
        );
        members.insert("title".into(), row.title.into());
        members.insert("status".into(), row.status.into());
        members.insert("code".into(), row.code.into());
        Value::Object(members).to_string()
    }
}
