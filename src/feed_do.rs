//! The Feed Durable Object: one ordered log, and whoever waits for it.
//!
//! Its endpoints are the Worker's alone:
//! - `POST /append`: frames of `wire`, answered with an outcome each.
//! - `GET /{full|open}/{form}/{question}`: a canonical question, answered as its reader may see it. What the
//!   answer says to the edge cache stands in `x-keep` (seconds) and `x-epoch`; with an `x-epoch` of the asker's it is the reader's alone.
//! - `DELETE /events/{id}`, `GET /dead-letters`, `POST /dead-letters`, `POST
//!   /dead-letters/{id}/replay`: what an administrator does, and what the queue gives up.
//! - `GET /consumers`, `DELETE /consumers/{name}`, `POST /consumers/{name}/{verb}`: what workers do.
//! - `GET /push`, `GET /subscriptions`, `POST` and `DELETE /subscriptions/{id}`, `POST /subscriptions/{id}/dead-letters`,
//!   `POST /subscriptions/{id}/suspended`, `POST /subscriptions/{id}/stats`: its subscriptions.
//! - `POST /tally`, `GET /metrics`, `GET /overview`: what is counted, and how the feed is.

mod append;
mod consume;
mod dead;
mod housekeep;
mod push;
mod read;
mod stream;
mod watch;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use waypost_core::config::{Feed as FeedConfig, Retention};
use waypost_core::feed::Log;
use waypost_core::feed::db::DbError;
use waypost_core::rejection::Rejection;
use web_sys::Request;

use crate::answer::Answer;
use crate::call::Call;
use crate::db::DoDb;
use crate::edge::Edge;
use crate::ffi::ObjectState;
use crate::waiting::Waiting;
use crate::{host, log, start};

pub(crate) use stream::Frames;

/// After a failure the alarm tries again in this time.
const ALARM_RETRY_MS: u64 = 60_000;

/// The Durable Object's class: the host holds it, and every promise that it made holds the object.
#[wasm_bindgen(js_name = Feed)]
pub struct FeedClass(Rc<Feed>);

#[wasm_bindgen(js_class = Feed)]
impl FeedClass {
    /// An object of the host's.
    #[wasm_bindgen(constructor)]
    pub fn new(state: ObjectState, env: JsValue) -> Self {
        Self(Rc::new(Feed {
            state,
            env,
            log: Rc::default(),
            config: OnceCell::new(),
            waiting: Rc::default(),
            alarm_at: Cell::new(None),
            watched: Cell::new(false),
        }))
    }

    /// The state of the wasm's instance, for entry.js: a bundle's classes are all that can be asked.
    pub fn init_state() -> JsValue {
        start::init_state()
    }

    /// A request of the Worker's.
    pub fn fetch(&self, request: Request) -> JsValue {
        let object = Rc::clone(&self.0);
        let call = Call::inner(request);
        host::promise(call.now, async move {
            let answer = object.answer(&call).await.unwrap_or_else(|error| {
                log::error("the feed's database", &error.to_string());
                Answer::problem(Rejection::FeedUnavailable.into(), &call.id)
            });
            let epoch = object.log.get().map(Log::epoch);
            let answer = answer.for_edge(&call, epoch.as_deref());
            answer.respond(&call.id).into()
        })
    }

    /// Does what is due. It never fails towards the runtime, which would repeat it a few times and
    /// then forget it.
    pub fn alarm(&self) -> JsValue {
        let object = Rc::clone(&self.0);
        host::lasting(async move {
            let now = host::now();
            object.alarm_at.set(None);
            let next = object.housekeep(now).unwrap_or_else(|error| {
                log::error("the feed's housekeeping", &error.to_string());
                Some(now.saturating_add(ALARM_RETRY_MS))
            });
            object.set_alarm(next).await;
            object.poke_all(now).await;
            JsValue::UNDEFINED
        })
    }
}

/// One feed.
struct Feed {
    state: ObjectState,
    env: JsValue,
    log: Rc<OnceCell<Log<DoDb>>>,
    config: OnceCell<FeedConfig>,
    waiting: Rc<Waiting>,
    /// When the alarm rings, as far as this instance knows.
    alarm_at: Cell<Option<u64>>,
    /// Whether the config has been taken in.
    watched: Cell<bool>,
}

impl Feed {
    async fn answer(&self, call: &Call) -> Result<Answer, DbError> {
        self.begin(call.now).await;
        let path: Vec<_> = call.path().split('/').skip(1).collect();
        match (call.method(), path.as_slice()) {
            ("POST", ["append"]) => self.append(call).await,
            ("GET", [view @ ("full" | "open"), form, question @ ..]) => {
                self.ask(call, view, form, question).await
            }
            ("DELETE", ["events", id]) => self.erase(call, id),
            ("GET", ["dead-letters"]) => self.dead_letters(call),
            ("POST", ["dead-letters"]) => self.bury(call).await,
            ("POST", ["dead-letters", id, "replay"]) => self.replay(call, id).await,
            ("GET", ["consumers"]) => self.consumers(call),
            ("DELETE", ["consumers", name]) => self.delete_consumer(call, name),
            ("POST", ["consumers", name, verb]) => self.consume(call, name, verb).await,
            ("POST", ["tally"]) => self.tally(call).await,
            ("GET", ["metrics"]) => self.metrics(call),
            ("GET", ["overview"]) => self.overview(call),
            ("GET", ["push"]) => self.push(call),
            ("GET", ["subscriptions"]) => self.subscriptions(call),
            ("POST", ["subscriptions", id]) => self.describe(call, id).await,
            ("DELETE", ["subscriptions", id]) => self.unsubscribe(call, id),
            ("POST", ["subscriptions", id, "dead-letters"]) => self.bury_delivery(call, id).await,
            ("POST", ["subscriptions", id, "stats"]) => self.counted(call, id).await,
            ("POST", ["subscriptions", id, "suspended"]) => self.suspended(call, id).await,
            _ => Ok(Answer::problem(Rejection::NotFound.into(), &call.id)),
        }
    }

    /// The log, opened at the first request that needs it: a constructor cannot answer that the
    /// database is unavailable.
    fn log(&self, now: u64) -> Result<&Log<DoDb>, DbError> {
        if let Some(log) = self.log.get() {
            return Ok(log);
        }
        let log = Log::open(DoDb::new(&self.state), now)?;
        if let Some(name) = self.state.id().name() {
            log.set_name(&name)?;
        }
        Ok(self.log.get_or_init(|| log))
    }

    /// What the config says of this feed. One that it no longer names keeps what it has.
    fn config(&self) -> Result<&FeedConfig, DbError> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let name = self.log.get().map(Log::name).transpose()?.flatten();
        let known = name.and_then(|name| self.edge().config.feed(&name));
        let kept = || FeedConfig {
            retention: Retention::default(),
            ..FeedConfig::default()
        };
        Ok(self
            .config
            .get_or_init(|| known.cloned().unwrap_or_else(kept)))
    }

    fn edge(&self) -> &'static Edge {
        Edge::get(&self.env)
    }

    /// Has the subscriptions poked that do not know yet how far the feed goes.
    async fn owe_pokes(&self, now: u64) -> Result<(), DbError> {
        let next = self.log(now)?.owe_pokes(now)?;
        self.set_alarm(next).await;
        Ok(())
    }

    async fn set_alarm(&self, at: Option<u64>) {
        let Some(at) = at.filter(|at| self.alarm_at.get().is_none_or(|known| *at < known)) else {
            return;
        };
        match self.log.get().map(Log::db) {
            Some(db) => match db.set_alarm(at).await {
                Ok(()) => self.alarm_at.set(Some(at)),
                Err(error) => log::error("the feed's alarm", &error.to_string()),
            },
            None => log::error("the feed's alarm", "the log is not open"),
        }
    }
}

/// What the Worker sent.
async fn body(call: &Call) -> Result<Vec<u8>, DbError> {
    let bytes = call.bytes().await;
    bytes.map_err(|error| DbError(log::reason(&error)))
}

/// The same as text.
async fn text(call: &Call) -> Result<String, DbError> {
    String::from_utf8(body(call).await?).map_err(|error| DbError(error.to_string()))
}
