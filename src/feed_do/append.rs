//! From the queue into the log.

use js_sys::ArrayBuffer;
use wasm_bindgen::JsCast;
use waypost_core::cursor::Bounds;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{Incoming, Log, Payload};
use waypost_core::json;
use waypost_core::wire::{self, Meta, Outcome};

use super::{Feed, body};
use crate::answer::Answer;
use crate::call::Call;
use crate::db::{self, DoDb};
use crate::host::{now, settled};
use crate::log::{self, Told};

/// A message that was read.
type Read<'a> = (Meta, &'a [u8]);

impl Feed {
    /// `POST /append`
    pub(super) async fn append(&self, call: &Call) -> Result<Answer, DbError> {
        let frames = body(call).await?;
        let read: Vec<_> = wire::frames(&frames)
            .map(|frame| wire::read_frame(frame).ok())
            .collect();
        let readable: Vec<bool> = read.iter().map(Option::is_some).collect();
        let batch: Vec<Read<'_>> = read.into_iter().flatten().collect();
        let outcomes = self.append_batch(&batch, call.now).await?;
        let mut outcomes = outcomes.into_iter();
        let outcomes: Vec<_> = readable
            .into_iter()
            .map(|readable| match readable {
                true => outcomes.next().unwrap_or(Outcome::Retry),
                false => Outcome::Unreadable,
            })
            .collect();
        Ok(Answer::json(
            200,
            &serde_json::to_string(&outcomes).unwrap_or_default(),
        ))
    }

    /// A line for the batch: what became of each webhook, by the name of the request that brought it.
    fn tell(&self, now: u64, before: Bounds, batch: &[Read<'_>], outcomes: &[Outcome]) {
        let count = |which| outcomes.iter().filter(|outcome| **outcome == which).count();
        let (stored, duplicates) = (count(Outcome::Stored), count(Outcome::Duplicate));
        let sizes = batch.iter().map(|(meta, _)| meta.size);
        let size = sizes.fold(0, u64::saturating_add);
        let told = Told {
            what: "batch",
            feed: batch.first().map_or("", |(meta, _)| &meta.feed),
            of: ("source", ""),
            outcome: match outcomes.len() == batch.len() {
                true => "appended",
                false => "failed",
            },
            size: Some(size),
            began: now,
        };
        told.tell(self.edge(), false, || {
            let mut seq = before.latest;
            let mut webhooks = batch.iter().zip(outcomes).map(|((meta, _), outcome)| {
                let became = match outcome {
                    Outcome::Stored => {
                        seq = seq.saturating_add(1);
                        before.id(seq).to_string()
                    }
                    Outcome::Duplicate => "duplicate".to_owned(),
                    Outcome::Retry | Outcome::Unreadable => "retry".to_owned(),
                };
                format!("[{},{}]", json::text(&meta.receipt), json::text(&became))
            });
            let webhooks = json::array(&mut webhooks);
            let messages = batch.len();
            format!(r#","messages":{messages},"stored":{stored},"duplicates":{duplicates},"webhooks":{webhooks}"#)
        });
    }

    pub(super) async fn append_batch(
        &self,
        batch: &[Read<'_>],
        now: u64,
    ) -> Result<Vec<Outcome>, DbError> {
        let log = self.log(now)?;
        let before = log.bounds();
        let mut outcomes = Vec::with_capacity(batch.len());
        let appended = self.append_runs(log, batch, now, &mut outcomes).await;
        self.tell(now, before, batch, &outcomes);
        // What was appended before a failure is appended all the same.
        if outcomes.contains(&Outcome::Stored) {
            self.settle(log, now).await;
        }
        // What was appended and not acknowledged comes again, as a duplicate, and is owed all the same.
        self.owe_pokes(now).await?;
        appended.map(|()| outcomes)
    }

    async fn append_runs(
        &self,
        log: &Log<DoDb>,
        batch: &[Read<'_>],
        brought_at: u64,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), DbError> {
        // Bodies that took the claim check are fetched one at a time: each may be 25 MB.
        let inline = |(meta, _): &Read<'_>| meta.body_key.is_none();
        for run in batch.chunk_by(|a, b| inline(a) && inline(b)) {
            let done = match run {
                [(meta, _)] if meta.body_key.is_some() => {
                    vec![self.append_large(log, meta, brought_at).await?]
                }
                _ => append_inline(log, run, brought_at)?,
            };
            if done.contains(&Outcome::Stored) {
                self.waiting.wake();
            }
            outcomes.extend(done);
        }
        Ok(())
    }

    async fn append_large(
        &self,
        log: &Log<DoDb>,
        meta: &Meta,
        brought_at: u64,
    ) -> Result<Outcome, DbError> {
        let kv = &self.edge().kv;
        let key = meta.body_key.as_deref().unwrap_or_default();
        let mut outcome = Outcome::Duplicate;
        if !log.knows(meta, now())? {
            let body = match settled(kv.get_as(key, "arrayBuffer")).await {
                Ok(body) if !body.is_null() => body.unchecked_into::<ArrayBuffer>(),
                // KV may not show it in this place yet.
                _ => return Ok(Outcome::Retry),
            };
            let parts = db::parts(&body);
            let webhook = Incoming {
                meta,
                payload: Payload::Parts(&parts),
            };
            outcome = log
                .append_brought(&[webhook], brought_at, now())?
                .pop()
                .unwrap_or(Outcome::Retry);
        }
        if outcome == Outcome::Retry {
            return Ok(outcome);
        }
        if let Err(error) = settled(kv.delete(key)).await {
            log::warn(
                "KV did not delete a body; it will expire",
                &log::reason(&error),
            );
        }
        Ok(outcome)
    }

    /// What the append owes to retention. It cannot undo the append, so its failure is only told.
    pub(super) async fn settle(&self, log: &Log<DoDb>, now: u64) {
        let settled = self
            .config()
            .and_then(|config| log.settle(config.retention, now));
        match settled {
            Ok(next) => self.set_alarm(next).await,
            Err(error) => log::error("the feed's retention", &error.to_string()),
        }
    }
}

fn append_inline(
    log: &Log<DoDb>,
    run: &[Read<'_>],
    brought_at: u64,
) -> Result<Vec<Outcome>, DbError> {
    let batch: Vec<_> = run
        .iter()
        .map(|(meta, body)| Incoming {
            meta,
            payload: Payload::Inline(body),
        })
        .collect();
    // The time of the append itself: bodies may have been fetched since the request began, and readers by time
    // rely on it.
    log.append_brought(&batch, brought_at, now())
}
