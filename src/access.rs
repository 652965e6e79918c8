//! Who may do what with a feed, and the one way to its object: with the proof of it.

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::access::granted;
use waypost_core::cache::Audience;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Need, Target};
use web_sys::Response;

use crate::call::Call;
use crate::edge::Edge;
use crate::ffi::Stub;
use crate::host::settled;
use crate::{cache, ffi, log};

/// Headers of a request that its feed looks at where its answer is nobody else's.
const PASSED: &[&str] = &["if-none-match", "if-modified-since"];

/// Somebody who may do this with this feed.
pub(crate) struct Authorised<'t> {
    feed: &'t str,
    pub(crate) audience: Audience,
}

impl<'t> Authorised<'t> {
    /// Checks the credential against what the target needs.
    pub(crate) fn authorise(edge: &Edge, call: &Call, target: Target<'t>) -> Result<Self, Problem> {
        let feed = edge
            .config
            .feed(target.name)
            .ok_or(Rejection::UnknownFeed)?;
        let need = target.resource.need(call.method());
        if need == Need::Read && feed.public {
            return Ok(Self {
                feed: target.name,
                audience: Audience::Public,
            });
        }
        let admin = edge.admin_token();
        if need == Need::Admin && admin.is_none() {
            return Err(Rejection::AdminClosed.into());
        }
        let tokens = if need == Need::Admin {
            Vec::new()
        } else {
            edge.tokens(feed)
        };
        let accepted = tokens.iter().chain(&admin).map(String::as_str);
        match granted(call.headers().get("authorization"), accepted) {
            true => Ok(Self {
                feed: target.name,
                audience: Audience::Token,
            }),
            false => Err(Rejection::Unauthorised.into()),
        }
    }

    /// The feed that may be read.
    pub(crate) fn feed(&self) -> &'t str {
        self.feed
    }

    /// The feed's object.
    pub(crate) fn stub(&self, edge: &Edge) -> Result<Stub, JsValue> {
        edge.feed_object(self.feed)
    }

    /// The URL of a path at any feed's object.
    pub(crate) fn url(path: &str) -> String {
        format!("https://feed{path}")
    }

    /// The options of a question to the feed; with `own` it ends with its reader and knows what they hold.
    pub(crate) fn init(&self, call: &Call, method: &str, own: bool) -> Object {
        let mut headers = format!("x-request-id\n{}\n", call.id);
        if !own {
            let nobody = JsValue::UNDEFINED;
            return ffi::request_init(method, &headers, &JsValue::UNDEFINED, &nobody);
        }
        for name in PASSED {
            if let Some(value) = call.headers().get(name) {
                headers.push_str(&format!("{name}\n{value}\n"));
            }
        }
        ffi::request_init(method, &headers, &JsValue::UNDEFINED, &call.signal())
    }

    /// Asks the feed's object.
    pub(crate) async fn ask(
        &self,
        edge: &Edge,
        call: &Call,
        method: &str,
        path: &str,
    ) -> Result<Response, Problem> {
        let init = self.init(call, method, true);
        let asked = || self.stub(edge)?.fetch(&Self::url(path), &init);
        match settled(asked()).await {
            Ok(response) => {
                let response = response.unchecked_into();
                cache::heard(self.feed, &response, call.now);
                Ok(response)
            }
            Err(error) => {
                // A client that has gone takes its question with it.
                if !call.is_gone() {
                    log::error("the feed did not answer", &log::reason(&error));
                }
                Err(Rejection::FeedUnavailable.into())
            }
        }
    }
}
