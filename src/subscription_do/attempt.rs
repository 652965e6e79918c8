//! One attempt: signed, sent, and what came of it.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::hash::Hash;
use waypost_core::retry::Outcome;
use waypost_core::scheme::Algorithm;
use waypost_core::signing::{Head, Key, Task};
use waypost_core::subscription::{ATTEMPT_MS, RESPONSE_BYTES, Row, Terms};

use super::Subscription;
use crate::edge::Edge;
use crate::ffi::{self, SUBTLE};
use crate::host::{now, settled};
use crate::log::{self, Told};

/// Up to this many bytes a MAC in wasm is the faster one (docs/performance.md).
const SMALL: u32 = 2048;

/// Signs a body and posts it.
pub(super) async fn send(
    edge: &Edge,
    url: &str,
    keys: &[Key],
    head: Head<'_>,
    body: &ArrayBuffer,
) -> Result<Outcome, JsValue> {
    let small = (body.byte_length() <= SMALL).then(|| ffi::bytes(body));
    let mut macs = Vec::new();
    for task in head.tasks(keys) {
        macs.push(match &small {
            Some(bytes) => task.mac(bytes),
            None => host_mac(edge, &task, body).await?,
        });
    }
    let headers = head.headers(&macs);
    let sent = ffi::deliver(url, &headers, body, ATTEMPT_MS, RESPONSE_BYTES);
    let ended: Array = settled(Ok(sent)).await?.unchecked_into();
    let number = |place| ended.get(place).as_f64().unwrap_or(0.0);
    let text = |place| ended.get(place).as_string().unwrap_or_default();
    Ok(Outcome {
        status: Some(number(0) as u16).filter(|status| *status > 0),
        retry_after: text(1),
        response: text(2),
        duration_ms: number(3) as u64,
        error: text(4),
    })
}

async fn host_mac(edge: &Edge, task: &Task<'_>, body: &ArrayBuffer) -> Result<Vec<u8>, JsValue> {
    let key = edge
        .keys
        .own(None, Algorithm::Hmac(Hash::Sha256), task.key)
        .await;
    let key = key.map_err(|_| JsValue::from_str("the host takes no key"))?;
    let content = ffi::join(task.head.as_bytes(), body, b"");
    let signed = SUBTLE.with(|subtle| subtle.sign("HMAC", &key, &content));
    Ok(Uint8Array::new(&settled(signed).await?).to_vec())
}

impl Subscription {
    /// Attempts a delivery, and writes down how that ended. Where it could not be tried, nothing is written down, and
    /// it is tried again.
    pub(super) async fn attempt(&self, row: &Row, seq: u64) -> Result<(), JsValue> {
        let edge = self.edge();
        let (loaded, page) = self.load(row, seq).await?;
        let Some(loaded) = loaded else {
            let pruned = page.is_some_and(|page| seq < page.earliest);
            return self.store.lose(row, seq, !pruned, now()).map_err(database);
        };
        let body = self.bytes(row, &loaded).await?;
        let keys = self.store.keys(now()).map_err(database)?;
        let head = Head {
            id: &row.event_id(seq).to_string(),
            event: &loaded.kind,
            content_type: &loaded.content_type,
            now: now(),
        };
        // The config may allow less than when it was made.
        let outcome = match self.target(&row.url) {
            Ok(url) => send(edge, &url, &keys, head, &body).await?,
            Err(_) => Outcome {
                error: "the URL is no longer allowed".to_owned(),
                ..Outcome::default()
            },
        };
        self.tell_attempt(row, seq, &outcome, u64::from(body.byte_length()));
        let terms = Terms {
            schedule: edge.config.retry_schedule_seconds(),
            patience: self.feed_config(&row.feed).suspend_after_seconds,
        };
        // It may have been changed meanwhile, or deleted.
        let Some(mut row) = self.store.row().map_err(database)? else {
            return Ok(());
        };
        let before = row.status;
        self.store
            .settle(&mut row, seq, &outcome, terms, now())
            .map_err(database)?;
        if before != row.status {
            log::warn(
                "a subscription is no longer active",
                &format!("{}: {}", row.id, row.status.name()),
            );
        }
        Ok(())
    }
}

impl Subscription {
    /// A line for the attempt.
    fn tell_attempt(&self, row: &Row, seq: u64, outcome: &Outcome, size: u64) {
        let told = Told {
            what: "delivery",
            feed: &row.feed,
            of: ("subscription", &row.id),
            outcome: outcome.verdict().name(),
            size: Some(size),
            began: now().saturating_sub(outcome.duration_ms),
        };
        told.tell(self.edge(), false, || {
            let (event, status) = (row.event_id(seq), outcome.status_json());
            let mut more = format!(r#","event":"{event}","status":{status}"#);
            log::push_member(&mut more, "error", &outcome.error);
            more
        });
    }
}

fn database(error: waypost_core::feed::db::DbError) -> JsValue {
    error.to_string().into()
}
