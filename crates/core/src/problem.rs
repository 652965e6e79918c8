//! Rejections as `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use serde::Serialize;

use crate::{json, rejection::Rejection};

/// The content type of [`Problem::body`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// What most bodies take without further members, in bytes.
const ROOM: usize = 384;

/// A rejection with what only the request at hand knows.
#[derive(Clone, Debug)]
pub struct Problem {
    rejection: Rejection,
    detail: Option<String>,
    /// Names and values, as JSON.
    members: String,
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
            detail: None,
            members: String::new(),
            headers,
        }
    }
}

impl Problem {
    /// Adds a member that no problem has by itself: `earliest`, `request_id`; a name with nothing to be escaped.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_string(&value) {
            self.members.push_str(",\"");
            self.members.push_str(name);
            self.members.push_str("\":");
            self.members.push_str(&value);
        }
        self
    }

    /// Says more than the row does, in a whole sentence that stands in its place.
    #[must_use]
    pub fn detail(mut self, sentence: impl Into<String>) -> Self {
        self.detail = Some(sentence.into());
        self
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
        let detail = self.detail.as_deref().unwrap_or(row.detail);
        let mut body = String::with_capacity(ROOM + self.members.len());
        body.push_str("{\"type\":\"urn:waypost:problem:");
        body.push_str(row.code);
        body.push('"');
        json::push_member(&mut body, "title", row.title);
        body.push_str(",\"status\":");
        body.push_str(&row.status.to_string());
        json::push_member(&mut body, "detail", detail);
        json::push_member(&mut body, "code", row.code);
        body.push_str(&self.members);
        body.push('}');
        body
    }
}
