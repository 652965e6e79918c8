//! How an event's signature was checked, step by step: once more, as it was when it came.

use js_sys::{Array, ArrayBuffer};
use wasm_bindgen::JsCast;
use waypost_core::cursor::EventId;
use waypost_core::headers::Headers;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::source::Source;
use waypost_core::subscription::SOURCE;
use waypost_core::verify::{Case, Explanation, Head, MAX_OPENED, Verified};
use web_sys::Response;

use crate::access::{Authorised, silent};
use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;
use crate::host::settled;
use crate::{ffi, handshake, subtle};

/// `GET {base}/events/{id}/verification`
pub(crate) async fn explain(
    edge: &'static Edge,
    call: &Call,
    reader: &Authorised<'_>,
    id: &str,
) -> Result<Response, Problem> {
    let id: EventId = id.parse().map_err(|_| Rejection::UnknownEvent)?;
    let url = Authorised::url(&format!("/full/json/events/{id}"));
    let init = reader.init(call);
    let asked = reader
        .stub(edge)
        .and_then(|stub| ffi::evidence(&stub, &url, &init));
    let found = settled(asked).await.map_err(|error| silent(call, &error))?;
    let found: Array = found.unchecked_into();
    if let Ok(refused) = found.get(0).dyn_into() {
        return Ok(refused);
    }
    let lines = found.get(1).as_string().unwrap_or_default();
    let mut parts = lines.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (name, at, headers) = (part(), part(), part());
    let body: ArrayBuffer = found.get(2).unchecked_into();
    let length = u64::from(body.byte_length());
    let bytes = match length > MAX_OPENED {
        true => Vec::new(),
        false => ffi::bytes(&body),
    };
    let case = Case {
        head: Head {
            method: "POST",
            query: "",
            headers: Headers::new(headers),
        },
        body: &bytes,
        length,
        at: at.parse().unwrap_or_default(),
        is_event: true,
    };
    let config = edge.config.described(name);
    let told = match edge.source(name) {
        // What Waypost tells of itself came with no header.
        _ if name == SOURCE && headers.is_empty() => {
            Explanation::unverifiable("Waypost wrote this event itself: nobody signed it.")
        }
        Err(refused) => Explanation::unverifiable(refused.row().detail),
        Ok(source) => {
            let names = config.map_or(&[][..], |config| &config.secrets);
            let verified = verify(edge, call, source, &case, &body, names).await;
            let (by, result) = verified.unwrap_or_else(|refused| (String::new(), Err(refused)));
            Explanation::of(source, &case, &by, &result)
        }
    };
    let provider = config.and_then(|config| config.provider);
    let told = told.json(name, provider.unwrap_or_default());
    Ok(Answer::json(200, &told).respond(&call.id))
}

/// What comes of it, and what it was checked with: the secret that made the signature, or all of `names`.
async fn verify(
    edge: &'static Edge,
    call: &Call,
    source: &'static Source,
    case: &Case<'_>,
    body: &ArrayBuffer,
    names: &[String],
) -> Result<(String, Result<Verified<'static>, Rejection>), Rejection> {
    let mut screened = case.screened(source)?;
    let is_key = |name: &&String| {
        let text = edge.binding(name).as_string();
        text.is_some_and(|text| screened.takes_key(&text))
    };
    let names = names.iter().filter(is_key);
    let mut by: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if source.is_handed() {
        by.push("what the provider handed over".to_owned());
        screened = screened.with_keys(handshake::handed(edge, call, source).await?);
    } else if let (Some(wanted), true) = (screened.wanted_key(), by.is_empty()) {
        by.push(wanted.url.clone());
    }
    let result = subtle::verify(edge, source, screened, body, case.at).await;
    let made = result
        .as_ref()
        .ok()
        .and_then(|verified| by.get(verified.signer()));
    Ok((made.cloned().unwrap_or_else(|| by.join(", ")), result))
}
