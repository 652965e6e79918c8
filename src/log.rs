//! What operators read: one JSON line an occurrence. No secret and no payload is ever an argument.

use std::cell::Cell;

use wasm_bindgen::JsValue;
use waypost_core::config::Level;
use waypost_core::json;

use crate::call::Call;
use crate::edge::Edge;
use crate::ffi;

thread_local! {
    static LEVEL: Cell<Level> = Cell::default();
}

/// What is told from now on.
pub(crate) fn set_level(level: Level) {
    LEVEL.with(|known| known.set(level));
}

/// Something that somebody should look at.
pub(crate) fn error(what: &str, detail: &str) {
    web_sys::console::error_1(&line("error", what, detail));
}

/// Something that mends itself.
pub(crate) fn warn(what: &str, detail: &str) {
    if LEVEL.with(Cell::get) <= Level::Warn {
        web_sys::console::warn_1(&line("warn", what, detail));
    }
}

/// An error of the host as text.
pub(crate) fn reason(error: &JsValue) -> String {
    use wasm_bindgen::JsCast;
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => error.message().into(),
        None => error.as_string().unwrap_or_else(|| "unknown".to_owned()),
    }
}

fn line(level: &str, what: &str, detail: &str) -> JsValue {
    let (what, detail) = (json::text(what), json::text(detail));
    format!(r#"{{"level":"{level}","what":{what},"detail":{detail}}}"#).into()
}

/// What most lines take without what more there is to say, in bytes.
const ROOM: usize = 160;

/// A webhook, a read, a delivery, a batch: what every one of them is told with.
pub(crate) struct Told<'a> {
    /// Which of these.
    pub(crate) what: &'static str,
    /// The feed.
    pub(crate) feed: &'a str,
    /// The source, the face, the subscription; empty where that is unknown.
    pub(crate) of: (&'static str, &'a str),
    /// The outcome's code.
    pub(crate) outcome: &'a str,
    /// Bytes, where they are known.
    pub(crate) size: Option<u64>,
    /// When it began, in unix milliseconds.
    pub(crate) began: u64,
}

impl Told<'_> {
    /// Tells it: a line in the log, unless `hushed`, with whatever else is known of it, and a data point where
    /// Analytics Engine is bound.
    pub(crate) fn tell(&self, edge: &Edge, hushed: bool, more: impl FnOnce() -> String) {
        let hushed = hushed || LEVEL.with(Cell::get) > Level::Info;
        if hushed && edge.analytics.is_undefined() {
            return;
        }
        let size = self.size.unwrap_or_default() as f64;
        let line = match hushed {
            true => String::new(),
            false => self.line(&more()),
        };
        let labels = match edge.analytics.is_undefined() {
            true => String::new(),
            false => [self.what, self.feed, self.of.1, self.outcome].join("\n"),
        };
        ffi::tell(&line, self.began as f64, &edge.analytics, &labels, size);
    }

    /// All of the line but the milliseconds that it took.
    fn line(&self, more: &str) -> String {
        let mut line = String::with_capacity(ROOM + more.len());
        line.push_str(r#"{"level":"info""#);
        json::push_member(&mut line, "what", self.what);
        json::push_member(&mut line, "feed", self.feed);
        json::push_member(&mut line, self.of.0, self.of.1);
        json::push_member(&mut line, "outcome", self.outcome);
        line.push_str(more);
        if let Some(size) = self.size {
            line.push_str(r#","size":"#);
            line.push_str(&size.to_string());
        }
        line.push_str(r#","ms":"#);
        line
    }
}

/// Adds what a request goes by: its own name, and Cloudflare's.
pub(crate) fn push_request(line: &mut String, call: &Call) {
    push_member(line, "request_id", &call.id);
    push_member(
        line,
        "ray",
        call.headers().get("cf-ray").unwrap_or_default(),
    );
}

/// Adds a further member to a line; nothing where its value is empty.
pub(crate) fn push_member(line: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        json::push_member(line, name, value);
    }
}
