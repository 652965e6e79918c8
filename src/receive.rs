//! The ingest line: receive, verify, seen?, enqueue, mark seen, answer.
//!
//! Each step takes the proof that the step before it made, so none can be skipped, and nothing is
//! marked seen before it is safely queued.

mod ended;

use wasm_bindgen::JsValue;
use waypost_core::feed::outcome;
use waypost_core::handshake::Answered;
use waypost_core::json;
use waypost_core::problem::Problem;
use waypost_core::rejection::Rejection;
use waypost_core::source::Source;
use waypost_core::travel;
use waypost_core::verify::{self, Screened};
use waypost_core::wire::{self, INLINE_LIMIT, Meta, Unique};

use crate::answer::Answer;
use crate::body::{self, Body};
use crate::call::Call;
use crate::edge::Edge;
use crate::host::{KeptAlive, settled};
use crate::{ffi, handshake, log, rate, subtle};

/// How long KV holds a body for its journey to the feed: longer than the queue holds a message.
const BODY_JOURNEY_SECONDS: u32 = 15 * 86_400;

/// `POST /webhooks/receive/{source}`, and what else the source's provider asks there.
pub(crate) async fn receive(edge: &'static Edge, call: &Call, name: &str) -> Answer {
    let source = match edge.source(name) {
        Ok(source) => source,
        Err(refused) => {
            let (source, feed) = edge.named(name);
            ended::refused(edge, call, source, feed, refused);
            return Answer::problem(refused.into(), &call.id);
        }
    };
    let stop = match ingest(edge, call, source).await {
        Ok(accepted) => Stop::Taken(accepted),
        Err(stop) => stop,
    };
    ended::ended(edge, call, source, &stop);
    match (stop, &source.scheme.accepted) {
        (Stop::Answered(answered), _) => handshake::answer(&answered.reply),
        (Stop::Taken(_), Some(reply)) => handshake::answer(reply),
        (Stop::Taken(accepted), None) => accepted.answer(),
        (Stop::Refused(problem), _) if handshake::asks_options(call, &problem) => {
            Answer::options(&handshake::methods(source))
        }
        (Stop::Refused(problem), _) if source.scheme.terse => Answer::terse(&problem),
        (Stop::Refused(problem), _) => Answer::problem(problem, &call.id),
    }
}

async fn ingest(
    edge: &'static Edge,
    call: &Call,
    source: &'static Source,
) -> Result<Accepted, Stop> {
    rate::limit(edge, source).await?;
    Stop::at(handshake::greet(edge, call, source).await?)?;
    let received = Received::receive(edge, call, source).await?;
    let verified = received.verify(edge, call).await?;
    let fresh = verified.seen(edge, call).await?;
    let enqueued = fresh.enqueue(edge, call).await?;
    Ok(enqueued.mark_seen(edge).await)
}

/// Where the line ends.
enum Stop {
    Refused(Problem),
    /// It was a handshake and no event.
    Answered(Answered),
    /// It is queued, now or before.
    Taken(Accepted),
}

impl Stop {
    fn at(handshake: Option<Answered>) -> Result<(), Self> {
        handshake.map_or(Ok(()), |answered| Err(Self::Answered(answered)))
    }
}

impl<P: Into<Problem>> From<P> for Stop {
    fn from(refused: P) -> Self {
        Self::Refused(refused.into())
    }
}

/// What the provider is told, and what the log is.
struct Accepted {
    status: &'static str,
    id: String,
    mark: Option<String>,
    size: u64,
}

impl Accepted {
    fn answer(&self) -> Answer {
        let (status, id) = (self.status, json::text(&self.id));
        Answer::json(200, &format!(r#"{{"status":"{status}","id":{id}}}"#))
    }
}

/// All the bytes are here, and their head is plausible.
struct Received {
    source: &'static Source,
    screened: Screened<'static>,
    body: Body<'static>,
    _alive: Option<KeptAlive>,
}

/// The provider signed these bytes.
struct Verified {
    source: &'static Source,
    verified: verify::Verified<'static>,
    body: Body<'static>,
    _alive: Option<KeptAlive>,
}

/// KV does not know it. The feed may still: KV is the fast filter, the feed is the truth.
struct Fresh {
    verified: Verified,
    meta: Meta,
    mark: Option<String>,
}

/// The queue has it.
struct Enqueued {
    meta: Meta,
    mark: Option<String>,
    ttl_seconds: u64,
}

impl Received {
    async fn receive(
        edge: &'static Edge,
        call: &Call,
        source: &'static Source,
    ) -> Result<Self, Stop> {
        let screened = verify::screen(source, &call.head(), call.now);
        let declared = call.headers().content_length();
        let alive = body::is_large(declared).then(|| call.keep_alive());
        let screened = match screened {
            Err(Rejection::MissingSignature) if greets(source, declared) => None,
            screened => Some(screened?),
        };
        let fits = |length: u64| match &screened {
            Some(screened) => screened.check_length(length),
            None if length > handshake::MAX_BODY => Err(Rejection::MissingSignature),
            None => Ok(()),
        };
        let body = Body::read(&call.request, declared, &fits, &edge.in_flight).await?;
        Stop::at(
            handshake::greet_body(edge, call, source, &body.buffer, screened.as_ref()).await?,
        )?;
        Ok(Self {
            source,
            screened: screened.ok_or(Rejection::MissingSignature)?,
            body,
            _alive: alive.flatten(),
        })
    }

    async fn verify(self, edge: &'static Edge, call: &Call) -> Result<Verified, Stop> {
        let Self {
            source,
            mut screened,
            mut body,
            _alive,
        } = self;
        if source.is_handed() {
            screened = screened.with_keys(handshake::handed(edge, call, source).await?);
        }
        let opened = match &body.small {
            None if screened.opens_body() => Some(ffi::bytes(&body.buffer)),
            _ => None,
        };
        let verified = match body.small.as_ref().or(opened.as_ref()) {
            Some(bytes) if !screened.needs_host() => screened.verify(bytes)?,
            bytes => {
                if let Some(bytes) = bytes {
                    screened.open(bytes)?;
                }
                subtle::verify(edge, source, screened, &body.buffer, call.now).await?
            }
        };
        if let Some(answered) = verified.answered() {
            let answered = handshake::done(edge, call, source, answered.clone()).await?;
            return Err(Stop::Answered(answered));
        }
        if let Some(bytes) = body.small.as_ref().or(opened.as_ref()) {
            body.replace(travel::hidden(source, bytes)?);
        }
        Ok(Verified {
            source,
            verified,
            body,
            _alive,
        })
    }
}

/// Whether a body without a signature may be a handshake.
fn greets(source: &Source, declared: Option<u64>) -> bool {
    let small = declared.is_none_or(|length| length <= handshake::MAX_BODY);
    small && handshake::greets_bodies(source)
}

impl Verified {
    async fn seen(self, edge: &Edge, call: &Call) -> Result<Fresh, Stop> {
        let mark = self.verified.mark();
        let known = match &mark {
            None => false,
            // Without KV everything is fresh; the feed will tell the duplicates.
            Some(mark) => settled(edge.kv.get(mark))
                .await
                .is_ok_and(|value| !value.is_null()),
        };
        match known {
            true => Err(Stop::Taken(Accepted {
                status: outcome::ALREADY_PROCESSED,
                id: self.id(call).to_owned(),
                mark,
                size: self.body.len(),
            })),
            false => Ok(Fresh {
                meta: self.meta(call),
                verified: self,
                mark,
            }),
        }
    }

    /// What it is called: by its provider, or else by us.
    fn id<'v>(&'v self, call: &'v Call) -> &'v str {
        self.verified.event_id().map_or(&call.id, |id| &id.value)
    }

    fn meta(&self, call: &Call) -> Meta {
        let source = self.source;
        let headers = call.headers();
        Meta {
            receipt: call.id.clone(),
            source: source.name.clone(),
            feed: source.settings.feed.clone(),
            webhook_id: self.id(call).to_owned(),
            kind: self.verified.event_type().to_owned(),
            received_at: call.now,
            content_type: headers.get("content-type").map(str::to_owned),
            headers: travel::travelling(&source.scheme, headers),
            signature_headers: travel::signature_headers(&source.scheme, headers),
            unique: self.unique(call.now),
            size: self.body.len(),
            body_key: None,
        }
    }
}

impl Verified {
    fn unique(&self, now: u64) -> Vec<Unique> {
        let until = now.saturating_add(self.source.identity_ttl_seconds().saturating_mul(1000));
        let unique = self.verified.unique();
        [unique.id, unique.content]
            .into_iter()
            .flatten()
            .map(|key| Unique { key, until })
            .collect()
    }
}

impl Fresh {
    /// Hands the bytes to the queue, or where they are too many to KV and the key to the queue.
    async fn enqueue(self, edge: &Edge, call: &Call) -> Result<Enqueued, Problem> {
        let Self {
            verified:
                Verified {
                    source,
                    body,
                    _alive,
                    ..
                },
            mut meta,
            mark,
        } = self;
        let mut head = wire::frame_head(&meta);
        // What the queue can never take must not be answered with a promise that it may.
        if head.len() > INLINE_LIMIT {
            return Err(Rejection::MalformedHeader.into());
        }
        let mut inline: JsValue = body.buffer.clone().into();
        if head.len() as u64 + body.len() > INLINE_LIMIT as u64 {
            let key = format!("body:{}", meta.receipt);
            let put = ffi::kv_put(&edge.kv, &key, &body.buffer, BODY_JOURNEY_SECONDS);
            settled(put).await.map_err(|error| {
                log::error("KV did not take a body", &log::reason(&error));
                Rejection::BodyStoreUnavailable
            })?;
            meta.body_key = Some(key);
            inline = JsValue::UNDEFINED;
            head = wire::frame_head(&meta);
        }
        let sent = settled(ffi::enqueue(&edge.queue, &head, &inline)).await;
        sent.map_err(|error| {
            let reason = format!("{}: {}", call.id, log::reason(&error));
            log::error("the queue refused", &reason);
            Rejection::QueueUnavailable
        })?;
        let ttl_seconds = source.settings.idempotency_ttl_seconds;
        Ok(Enqueued {
            meta,
            mark,
            ttl_seconds,
        })
    }
}

impl Enqueued {
    /// Marks the webhook seen. A mark that fails costs nothing: the feed knows the identity.
    async fn mark_seen(self, edge: &Edge) -> Accepted {
        if let Some(mark) = &self.mark {
            // KV keeps nothing for less than a minute, nor does the config.
            let ttl = u32::try_from(self.ttl_seconds).unwrap_or(u32::MAX);
            let put = ffi::kv_put(&edge.kv, mark, &JsValue::from_str("1"), ttl);
            if let Err(error) = settled(put).await {
                log::warn("KV did not take a mark", &log::reason(&error));
            }
        }
        Accepted {
            status: "received",
            id: self.meta.webhook_id,
            mark: self.mark,
            size: self.meta.size,
        }
    }
}
