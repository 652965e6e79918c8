//! Who may do what with a feed, and the one way to its object: with the proof of it.

use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::access::{granted, is_basic};
use waypost_core::cache::Audience;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::route::{Need, Target};
use waypost_core::session;
use web_sys::Response;

use crate::answer::{EPOCH, line};
use crate::cache::{self, Answered};
use crate::call::Call;
use crate::edge::{Edge, FEED};
use crate::ffi::Stub;
use crate::host::settled;
use crate::{ffi, log};

/// Headers of a request that its feed looks at where its answer is nobody else's.
const PASSED: &[&str] = &["if-none-match", "if-modified-since"];

/// Somebody who may do this with this feed.
pub(crate) struct Authorised<'t> {
    feed: &'t str,
    audience: Audience,
}

/// What a feed's object is asked.
struct Asking<'a> {
    method: &'a str,
    url: &'a str,
    /// Headers, names and values in turn, a line each.
    lines: String,
    body: &'a JsValue,
    /// Says when its asker has gone.
    signal: JsValue,
}

/// Checks that the administrator asks.
pub(crate) fn administrator(edge: &Edge, call: &Call) -> Result<(), Problem> {
    let admin = edge.admin_token().ok_or(Rejection::AdminClosed)?;
    holds(call, &[], Some(admin))
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
        holds(call, edge.tokens(target.name), admin)?;
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
        format!("{FEED}{path}")
    }

    /// The options of a question to the feed that is not its reader's own.
    pub(crate) fn init(&self, call: &Call) -> Object {
        let undefined = &JsValue::UNDEFINED;
        ffi::request_init("GET", &call.passed(&[]), undefined, undefined)
    }

    /// Reads the feed at a URL of its object's. What may be held ends with its reader. With `own` they get the answer as
    /// it is: these are headers of theirs, names and values in turn, a line each.
    pub(crate) async fn read(
        &self,
        edge: &Edge,
        call: &Call,
        url: &str,
        held: bool,
        own: Option<&str>,
    ) -> Result<Answered, Problem> {
        let signal = match held {
            true => call.signal(),
            false => JsValue::UNDEFINED,
        };
        let mut lines = call.passed(PASSED);
        let known = own.map(|own| {
            let known = cache::epoch(self.feed, call.now);
            line(&mut lines, EPOCH, &known);
            // Nobody from outside chooses these: an origin of the config, and our own words. So they hold no tabs.
            lines.push_str(own);
            known
        });
        let asking = Asking {
            method: "GET",
            url,
            lines,
            body: &JsValue::UNDEFINED,
            signal,
        };
        let response = self.asked(edge, call, asking).await?;
        Ok(Answered::heard(self.feed, response, call.now, known))
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
        let asking = Asking {
            method,
            url: &Self::url(path),
            lines: call.passed(PASSED),
            body,
            signal: call.signal(),
        };
        let response = self.asked(edge, call, asking).await?;
        Ok(Answered::heard(self.feed, response, call.now, None).response)
    }

    async fn asked(
        &self,
        edge: &Edge,
        call: &Call,
        asking: Asking<'_>,
    ) -> Result<Response, Problem> {
        let Asking {
            method,
            url,
            lines,
            body,
            signal,
        } = asking;
        let stub = self.stub(edge);
        let answer = stub.and_then(|stub| ffi::ask(&stub, url, method, &lines, body, &signal));
        match settled(answer).await {
            Ok(answer) => Ok(answer.unchecked_into()),
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
