//! Rate limits of sources, by the platform's binding. Off unless a source names one.

use wasm_bindgen::{JsCast, JsValue};
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::source::Source;

use crate::edge::Edge;
use crate::host::settled;
use crate::{ffi, log, options};

/// Counts one request against the source's limit.
pub(crate) async fn limit(edge: &Edge, source: &Source) -> Result<(), Problem> {
    let Some(rate) = &source.settings.rate_limit else {
        return Ok(());
    };
    let limiter: ffi::RateLimiter = edge.binding(&rate.binding).unchecked_into();
    let outcome = match settled(limiter.limit(&options::rate_key(&source.name))).await {
        Ok(outcome) => outcome,
        // A limiter that fails must not refuse what it was to let through.
        Err(error) => {
            log::warn("the rate limiter did not answer", &log::reason(&error));
            return Ok(());
        }
    };
    match js_sys::Reflect::get(&outcome, &"success".into()) {
        Ok(success) if success == JsValue::FALSE => {
            let (limit, period) = (rate.limit, rate.period);
            Err(Problem::from(Rejection::RateLimited)
                .header("retry-after", period.to_string())
                .header(
                    "ratelimit-policy",
                    format!("\"source\";q={limit};w={period}"),
                )
                .header("ratelimit", format!("\"source\";r=0;t={period}")))
        }
        _ => Ok(()),
    }
}
