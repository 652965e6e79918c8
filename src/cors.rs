//! What pages of other origins are told.

use waypost_core::cors;
use waypost_core::route::{Need, Target};
use web_sys::Response;

use crate::answer::Answer;
use crate::call::Call;
use crate::edge::Edge;

/// The origins whose pages may read the target's feed.
pub(crate) fn origins<'e>(edge: &'e Edge, target: Target<'_>) -> &'e [String] {
    let feed = edge.config.feed(target.name);
    let feed = feed.filter(|_| target.resource.need("GET") == Need::Read);
    feed.map_or(&[], |feed| feed.cors_origins.as_slice())
}

/// Headers of an answer, names and values in turn, a line each.
pub(crate) fn lines(origins: &[String], call: &Call) -> String {
    match cors::allowed(origins, call.headers().get("origin")) {
        None => String::new(),
        Some(origin) => format!(
            "access-control-allow-origin\n{origin}\naccess-control-expose-headers\n{}\n",
            cors::EXPOSED
        ),
    }
}

/// `OPTIONS`: which methods the path takes, and whether a page may use them.
pub(crate) fn options(edge: &Edge, call: &Call, target: Target<'_>) -> Response {
    let origins = origins(edge, target);
    let mut answer = Answer::new(204)
        .header("allow", &target.resource.allow())
        .header("cache-control", "no-store");
    if cors::varies(origins) {
        answer = answer.header("vary", "origin");
    }
    if let Some(origin) = cors::allowed(origins, call.headers().get("origin")) {
        answer = answer
            .header("access-control-allow-origin", origin)
            .header(
                "access-control-allow-methods",
                &target.resource.methods().join(", "),
            )
            .header("access-control-allow-headers", cors::ALLOWED)
            .header("access-control-max-age", cors::MAX_AGE);
    }
    answer.respond(&call.id)
}
