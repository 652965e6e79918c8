//! One request to the Worker, its head read in a single crossing.

use std::ops::Range;

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use waypost_core::headers::Headers;
use waypost_core::verify::Head;
use web_sys::{AbortSignal, Request};

use crate::ffi::{self, RequestExt};

/// A request as the edge sees it.
pub(crate) struct Call {
    /// The host's request, for its body and its signal.
    pub(crate) request: Request,
    /// Names this request in answers and logs; a webhook's receipt id.
    pub(crate) id: String,
    /// The moment of receipt, in unix milliseconds.
    pub(crate) now: u64,
    head: String,
    method: Range<usize>,
    path: Range<usize>,
    query: Range<usize>,
    headers: Range<usize>,
}

impl Call {
    /// A request from outside.
    pub(crate) fn new(request: Request) -> Self {
        Self::named(request, ffi::random_uuid())
    }

    /// A request of the Worker to one of its objects, which has a name already.
    pub(crate) fn inner(request: Request) -> Self {
        let mut call = Self::named(request, String::new());
        call.id = call
            .headers()
            .get("x-request-id")
            .unwrap_or_default()
            .to_owned();
        call
    }

    fn named(request: Request, id: String) -> Self {
        let head = ffi::head(&request);
        let end = head.len();
        let find = |from: usize, what: char| {
            head.get(from..)
                .and_then(|rest| rest.find(what))
                .map(|at| from + at)
        };
        let method = 0..find(0, '\n').unwrap_or(end);
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
            id,
            now: js_sys::Date::now() as u64,
            method,
            path: path_start..path_end,
            query: (path_end + 1).min(fragment)..fragment,
            headers: (url_end + 1).min(end)..end,
            head,
        }
    }

    pub(crate) fn method(&self) -> &str {
        self.part(&self.method)
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

    /// Whether the client has gone.
    pub(crate) fn is_gone(&self) -> bool {
        self.signal().dyn_ref::<AbortSignal>().is_some_and(AbortSignal::aborted)
    }

    /// The whole body, copied into wasm: for bodies that the Worker itself made.
    pub(crate) async fn bytes(&self) -> Result<Vec<u8>, JsValue> {
        let buffer = JsFuture::from(self.request.array_buffer()?).await?;
        Ok(Uint8Array::new(&buffer).to_vec())
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.head.get(range.clone()).unwrap_or("")
    }
}
