//! One request to the Worker, its head read in a single crossing.

use std::ops::Range;

use js_sys::{Object, Promise};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::headers::Headers;
use waypost_core::session::Origin;
use waypost_core::verify::Head;
use web_sys::{AbortSignal, Request, Response};

use crate::answer::{self, LINES};
use crate::ffi::{self, Context, RequestExt, Stub};
use crate::host::{Awaited, KeptAlive, awaited, settled};

/// A request as the edge sees it.
pub(crate) struct Call {
    /// The host's request, for its body and its signal.
    pub(crate) request: Request,
    /// Names this request in answers and logs; a webhook's receipt id.
    pub(crate) id: String,
    /// The moment of receipt, in unix milliseconds.
    pub(crate) now: u64,
    /// Of a request from outside.
    context: Option<Context>,
    head: String,
    method: Range<usize>,
    origin: Range<usize>,
    path: Range<usize>,
    query: Range<usize>,
    headers: Range<usize>,
}

impl Call {
    /// A request from outside.
    pub(crate) fn new(request: Request, context: Context) -> Self {
        let head = ffi::head(&request);
        Self::read(head, request, Some(context))
    }

    /// A request of the Worker to one of its objects, which has a name already.
    pub(crate) fn inner(request: Request) -> Self {
        let head = ffi::inner_head(&request);
        Self::read(head, request, None)
    }

    /// A request of the Worker to itself, in the course of this one.
    pub(crate) fn beside(&self, request: Request) -> Self {
        let head = ffi::head(&request);
        Self::read(head, request, self.context.clone())
    }

    fn read(head: String, request: Request, context: Option<Context>) -> Self {
        let end = head.len();
        let find = |from: usize, what: char| {
            head.get(from..)
                .and_then(|rest| rest.find(what))
                .map(|at| from + at)
        };
        let line = |from: usize| from.min(end)..find(from, '\n').unwrap_or(end);
        let now = line(0);
        let id = line(now.end + 1);
        let method = line(id.end + 1);
        let url_start = (method.end + 1).min(end);
        let url_end = find(url_start, '\n').unwrap_or(end);
        // `scheme://authority/path?query`: the host has parsed it, so its path begins at the third
        // slash.
        let path_start = (0..3)
            .try_fold(url_start, |from, _| find(from, '/').map(|at| at + 1))
            .map_or(url_end, |after| after - 1)
            .min(url_end);
        let url = head.get(path_start..url_end).unwrap_or("");
        let path_end = path_start + url.find(['?', '#']).unwrap_or(url.len());
        let fragment = path_start + url.find('#').unwrap_or(url.len());
        Self {
            request,
            context,
            id: head.get(id).unwrap_or_default().to_owned(),
            now: head
                .get(now)
                .and_then(|now| now.parse().ok())
                .unwrap_or_default(),
            method,
            origin: url_start..path_start,
            path: path_start..path_end,
            query: (path_end + 1).min(fragment)..fragment,
            headers: (url_end + 1).min(end)..end,
            head,
        }
    }

    pub(crate) fn method(&self) -> &str {
        self.part(&self.method)
    }

    /// Whom the request was sent to, and from where.
    pub(crate) fn origin(&self) -> Origin<'_> {
        let headers = self.headers();
        Origin {
            own: self.part(&self.origin),
            origin: headers.get("origin"),
            site: headers.get("sec-fetch-site"),
        }
    }

    /// The path, percent-encoded as it came.
    pub(crate) fn path(&self) -> &str {
        self.part(&self.path)
    }

    /// The query without its question mark.
    pub(crate) fn query(&self) -> &str {
        self.part(&self.query)
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::new(self.part(&self.headers))
    }

    /// What an object is told of this request: its name, and its headers of these names, a line each. There are no tabs
    /// in them, which stand for line breaks on the way.
    pub(crate) fn passed(&self, names: &[&str]) -> String {
        let mut lines = String::with_capacity(LINES);
        lines.push_str(&self.id);
        lines.push('\n');
        for name in names {
            if let Some(value) = self.headers().get(name) {
                answer::line(&mut lines, name, &value.replace('\t', " "));
            }
        }
        lines
    }

    /// What verification looks at.
    pub(crate) fn head(&self) -> Head<'_> {
        Head {
            method: self.method(),
            query: self.query(),
            headers: self.headers(),
        }
    }

    /// Says when the client has gone; undefined where the runtime does not tell.
    pub(crate) fn signal(&self) -> JsValue {
        self.request
            .unchecked_ref::<RequestExt>()
            .signal()
            .map_or(JsValue::UNDEFINED, JsValue::from)
    }

    /// Is ready when the client has gone; never where the runtime does not tell.
    pub(crate) fn gone(&self) -> Awaited {
        awaited(ffi::gone(&self.signal()))
    }

    /// Keeps this request running after its client has gone, until the result is dropped.
    pub(crate) fn keep_alive(&self) -> Option<KeptAlive> {
        self.context.as_ref().map(KeptAlive::new)
    }

    /// One look-up of the edge cache and one question to a feed for all who ask the same at once; undefined
    /// where the answer is not to be shared. See `shared` in glue.js.
    pub(crate) fn shared(
        &self,
        epoch: &str,
        key: &str,
        stub: &Stub,
        url: &str,
        init: &Object,
    ) -> Result<Promise, JsValue> {
        let context = self.context.as_ref().ok_or(JsValue::UNDEFINED)?;
        Ok(ffi::shared(context, epoch, key, stub, url, init))
    }

    /// Keeps a copy of a feed's answer in the edge cache.
    pub(crate) fn keep(&self, key: &str, answer: &Response) {
        if let Some(context) = &self.context {
            ffi::keep_copy(context, key, answer);
        }
    }

    /// Whether the client has gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.signal()
            .dyn_ref::<AbortSignal>()
            .is_some_and(AbortSignal::aborted)
    }

    /// The whole body, copied into wasm: for bodies that the Worker itself made.
    pub(crate) async fn bytes(&self) -> Result<Vec<u8>, JsValue> {
        let buffer = settled(self.request.array_buffer()).await?;
        Ok(ffi::bytes(&buffer.unchecked_into()))
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.head.get(range.clone()).unwrap_or("")
    }
}
