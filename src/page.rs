//! The page: static files, and the session of whoever looks at it.
//!
//! The files are the platform's to serve. They come through here for their headers, and because a Worker that the
//! platform asks first has no look-up of files in front of its webhooks.

use wasm_bindgen::{JsCast, JsValue};
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::session;
use web_sys::Response;

use crate::admin::body;
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::{Edge, asked};
use crate::ffi::{self, Stub};
use crate::{access, log, poll};

/// Nothing but the page's own files and data, no script that is not a file, and no text that becomes HTML
/// ([CSP 3](https://www.w3.org/TR/CSP3/), [Trusted Types](https://www.w3.org/TR/trusted-types/)).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// `GET /`, `GET /page/{file}`
pub(crate) async fn file(edge: &Edge, call: &Call) -> Result<Response, Problem> {
    let assets = edge.binding("ASSETS");
    if assets.is_undefined() {
        return Err(Rejection::NotFound.into());
    }
    let name = call.path().strip_prefix("/page/").unwrap_or("index.html");
    // Whether it has changed is asked below, as of every answer.
    let init = ffi::request_init("GET", "", &JsValue::UNDEFINED, &JsValue::UNDEFINED);
    let url = format!("https://assets.invalid/{name}");
    let found = asked(Ok(assets.unchecked_into::<Stub>()), &url, &init).await;
    let found = found.map_err(|error| {
        log::error("the page's files", &log::reason(&error));
        Rejection::Internal
    })?;
    if found.status() != 200 {
        return Err(Rejection::NotFound.into());
    }
    let lines = format!(
        "content-security-policy\n{POLICY}\nx-content-type-options\nnosniff\nreferrer-policy\nno-referrer\n\
         cross-origin-opener-policy\nsame-origin\ncross-origin-resource-policy\nsame-origin\n\
         cache-control\nno-cache\nx-request-id\n{}\n",
        call.id
    );
    Ok(ffi::finish(
        &found,
        poll::is_unchanged(call, &found),
        &lines,
    ))
}

/// `POST /session`, `DELETE /session`
pub(crate) async fn session(edge: &Edge, call: &Call) -> Result<Response, Problem> {
    let admin = edge.admin_token().ok_or(Rejection::AdminClosed)?;
    let cookie = match call.method() {
        "POST" => {
            let bytes = ffi::bytes(&body(call).await?.unchecked_into());
            let token = session::token(&bytes)?;
            session::begin(&token, admin, call.origin(), call.now)
                .map_err(|refused| access::refuse(refused, call))?
        }
        _ => session::end(call.origin())?,
    };
    let answer = Answer::new(204)
        .header("cache-control", "no-store")
        .header("set-cookie", &cookie);
    Ok(answer.respond(&call.id))
}
