//! Answers of the edge itself. Every one names its request and says whether it may be cached.

use std::borrow::Cow;

use wasm_bindgen::{JsCast, JsValue};
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use web_sys::Response;

use crate::call::Call;
use crate::ffi;

/// What the edge knows of a feed's epoch, where the answer is its reader's alone; and what the feed says of it. Of what an
/// object is told, headers behind it are those that the answer is to have.
pub(crate) const EPOCH: &str = "x-epoch";

/// Room for the headers of most requests and answers, in bytes.
pub(crate) const LINES: usize = 512;

/// Adds a header to others: a name and a value, a line each.
pub(crate) fn line(lines: &mut String, name: &str, value: &str) {
    if lines.is_empty() {
        lines.reserve(LINES);
    }
    for part in [name, "\n", value, "\n"] {
        lines.push_str(part);
    }
}

const JSON: &str = "content-type\napplication/json\ncache-control\nno-store\n";
const PROBLEM: &str = "content-type\napplication/problem+json\ncache-control\nno-store\n";

/// An answer on its way to becoming a host's response.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    /// Headers that many answers have in common, a name and a value in turn, a line each: the host makes them once for all.
    common: Cow<'static, str>,
    /// Further ones, or others in their place.
    headers: String,
    body: JsValue,
    keep: Option<u64>,
}

impl Answer {
    /// An answer without a body and without headers.
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            common: Cow::Borrowed(""),
            headers: String::new(),
            body: JsValue::NULL,
            keep: None,
        }
    }

    /// JSON that must not be cached.
    pub(crate) fn json(status: u16, text: &str) -> Self {
        Self {
            common: Cow::Borrowed(JSON),
            ..Self::new(status).body(JsValue::from_str(text))
        }
    }

    /// What a path takes.
    pub(crate) fn options(allow: &str) -> Self {
        Self::new(204)
            .header("allow", allow)
            .header("cache-control", "no-store")
    }

    /// A refusal without a body.
    pub(crate) fn terse(problem: &Problem) -> Self {
        let mut answer = Self::new(problem.status()).header("cache-control", "no-store");
        for (name, value) in problem.headers() {
            answer = answer.header(name, value);
        }
        answer
    }

    /// A refusal that must not be cached, unless it is said later.
    pub(crate) fn problem(problem: Problem, request_id: &str) -> Self {
        let problem = problem.with("request_id", request_id);
        let body = JsValue::from_str(&problem.body());
        let mut answer = Self {
            common: Cow::Borrowed(PROBLEM),
            ..Self::new(problem.status()).body(body)
        };
        for (name, value) in problem.headers() {
            answer = answer.header(name, value);
        }
        answer
    }

    /// Adds a header that many answers have with this value. Neither part may hold a line break.
    pub(crate) fn common(mut self, name: &str, value: &str) -> Self {
        line(self.common.to_mut(), name, value);
        self
    }

    /// Adds a header. Neither part may hold a line break.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        line(&mut self.headers, name, value);
        self
    }

    /// Says for how many seconds the edge may keep it.
    pub(crate) fn keep(mut self, seconds: Option<u64>) -> Self {
        self.keep = seconds;
        self
    }

    /// A feed's answer as the edge wants it. One that is its reader's alone goes to them as it is: with the headers
    /// of their own that the edge has sent along, and with nothing that is said to the edge, but where the epoch is
    /// not the one that it knows.
    pub(crate) fn for_edge(mut self, call: &Call, epoch: Option<&str>) -> Self {
        let headers = call.headers();
        let mut told = headers.iter();
        let known = told.find(|(name, _)| *name == EPOCH);
        let known = known.map(|(_, epoch)| epoch);
        for (name, value) in told {
            self = self.common(name, value);
        }
        if let (None, Some(seconds)) = (known, self.keep) {
            self = self.header("x-keep", &seconds.to_string());
        }
        match epoch.filter(|epoch| known != Some(epoch)) {
            Some(epoch) => self.header(EPOCH, epoch),
            None => self,
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The body, where it is a text.
    pub(crate) fn text(&self) -> Option<String> {
        self.body.as_string()
    }

    /// Sets the body: a string, bytes, a stream.
    pub(crate) fn body(mut self, body: impl JsCast) -> Self {
        self.body = body.unchecked_into();
        self
    }

    /// The host's response.
    pub(crate) fn respond(self, request_id: &str) -> Response {
        let Self {
            status,
            common,
            headers,
            body,
            ..
        } = self;
        ffi::respond(status, request_id, &common, &headers, &body).unwrap_or_else(|_| {
            // Only a header that the host refuses gets here: answer without any.
            let problem = Problem::from(Rejection::Internal).with("request_id", request_id);
            let body = JsValue::from_str(&problem.body());
            ffi::respond(problem.status(), request_id, PROBLEM, "", &body)
                .unwrap_or_else(|error| error.unchecked_into())
        })
    }
}
