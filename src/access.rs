//! Who may do what with a feed, and the one way to its object: with the proof of it.

use js_sys::Object;
use wasm_bindgen::JsValue;
use waypost_core::access::{granted, is_basic};
use waypost_core::cache::Audience;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Need, Target};
use waypost_core::session;
use web_sys::Response;

use crate::call::Call;
use crate::edge::{Edge, asked};
use crate::ffi::Stub;
use crate::{cache, ffi, log};

/// Headers of a request that its feed looks at where its answer is nobody else's.
const PASSED: &[&str] = &["if-none-match", "if-modified-since"];

/// Somebody who may do this with this feed.
pub(crate) struct Authorised<'t> {
    feed: &'t str,
    audience: Audience,
}

/// Checks that the administrator asks.
pub(crate) fn administrator(edge: &Edge, call: &Call) -> Result<(), Problem> {
    let admin = edge.admin_token().ok_or(Rejection::AdminClosed)?;
    holds(call, &[], Some(&admin))
}

/// Checks that the call shows one of the tokens, or the session of somebody who has shown the administrator's.
fn holds(call: &Call, tokens: &[String], admin: Option<&String>) -> Result<(), Problem> {
    let headers = call.headers();
    let authorization = headers.get("authorization");
    let changes = !matches!(call.method(), "GET" | "HEAD");
    let tokens = tokens.iter().chain(admin).map(String::as_str);
    if granted(authorization, tokens) {
        // Browsers send `Basic` of their own accord, wherever the request comes from, as they send cookies.
        return match changes && is_basic(authorization) && call.origin().is_foreign() {
            true => Err(Rejection::CrossOrigin.into()),
            false => Ok(()),
        };
    }
    let on = match admin {
        Some(admin) => {
            let cookies = headers.get("cookie");
            session::is_on(cookies, admin, call.origin(), changes, call.now)
        }
        None => Ok(false),
    };
    match on {
        Ok(true) => Ok(()),
        Ok(false) => Err(refuse(Rejection::Unauthorised, call)),
        Err(refused) => Err(refuse(refused, call)),
    }
}

/// A refusal of a credential. The page asks for one itself: challenged with `Basic`, the browser would.
pub(crate) fn refuse(refused: Rejection, call: &Call) -> Problem {
    let problem = Problem::from(refused);
    let own = call.headers().get("sec-fetch-site") == Some("same-origin");
    match refused {
        Rejection::Unauthorised if own => {
            problem.header("www-authenticate", r#"Bearer realm="waypost""#)
        }
        _ => problem,
    }
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
        let granted = Self {
            feed: target.name,
            audience: Audience::Token,
        };
        if need == Need::Admin {
            administrator(edge, call)?;
            return Ok(granted);
        }
        let admin = edge.admin_token();
        holds(call, &edge.tokens(feed), admin.as_ref())?;
        Ok(granted)
    }

    /// The feed that may be read.
    pub(crate) fn feed(&self) -> &'t str {
        self.feed
    }

    /// As whom.
    pub(crate) fn audience(&self) -> Audience {
        self.audience
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
    pub(crate) fn init(&self, call: &Call, method: &str, body: &JsValue, own: bool) -> Object {
        match own {
            true => ffi::request_init(method, &call.passed(PASSED), body, &call.signal()),
            false => ffi::request_init(method, &call.passed(&[]), body, &JsValue::UNDEFINED),
        }
    }

    /// Asks the feed's object.
    pub(crate) async fn ask(
        &self,
        edge: &Edge,
        call: &Call,
        method: &str,
        path: &str,
    ) -> Result<Response, Problem> {
        self.ask_with(edge, call, method, path, &JsValue::UNDEFINED)
            .await
    }

    /// Asks the feed's object with a body.
    pub(crate) async fn ask_with(
        &self,
        edge: &Edge,
        call: &Call,
        method: &str,
        path: &str,
        body: &JsValue,
    ) -> Result<Response, Problem> {
        let init = self.init(call, method, body, true);
        match asked(self.stub(edge), &Self::url(path), &init).await {
            Ok(response) => {
                cache::heard(self.feed, &response, call.now);
                Ok(response)
            }
            Err(error) => Err(silent(call, &error).into()),
        }
    }
}

/// What is said where the feed's object says nothing.
pub(crate) fn silent(call: &Call, error: &JsValue) -> Rejection {
    // A client that has gone takes its question with it.
    if !call.is_gone() {
        log::error("the feed did not answer", &log::reason(error));
    }
    Rejection::FeedUnavailable
}
