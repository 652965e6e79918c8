//! The Subscription Durable Object: one URL that a feed's events are pushed to.
//!
//! Its endpoints are the Worker's alone:
//! - `POST /create`, `GET /`, `PATCH /`, `DELETE /`, `POST /rotate`, `POST /test`, `POST /replay`, `GET
//!   /deliveries[/{id}]`, `POST /deliveries/{id}/replay`: what an administrator asks.
//! - `POST /poke?latest=ID`: the feed has events up to this one. It is answered once that is written down.
//!
//! What is sent is sent in `alarm()`, which the runtime repeats where it dies.

mod admin;
mod attempt;
mod feed;
mod run;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use event_listener::Event;
use wasm_bindgen::prelude::*;
use waypost_core::feed::db::DbError;
use waypost_core::problem::Problem;
use waypost_core::query;
use waypost_core::rejection::Rejection;
use waypost_core::subscription::{Row, Store};
use web_sys::Request;

use crate::answer::Answer;
use crate::call::Call;
use crate::clock::Clock;
use crate::db::DoDb;
use crate::edge::Edge;
use crate::ffi::ObjectState;
use crate::{host, log};
use feed::Loaded;

/// The Durable Object's class.
#[wasm_bindgen(js_name = Subscription)]
pub struct SubscriptionClass(Rc<Subscription>);

#[wasm_bindgen(js_class = Subscription)]
impl SubscriptionClass {
    /// An object of the host's.
    #[wasm_bindgen(constructor)]
    pub fn new(state: ObjectState, env: JsValue) -> Self {
        Self(Rc::new(Subscription {
            store: Store::new(DoDb::new(&state)),
            state,
            env,
            loaded: RefCell::default(),
            changed: Event::new(),
            clock: Clock::default(),
            at_work: Cell::new(false),
            in_the_making: Cell::new(false),
        }))
    }

    /// A request of the Worker's.
    pub fn fetch(&self, request: Request) -> JsValue {
        let object = Rc::clone(&self.0);
        let call = Call::inner(request);
        host::promise(call.now, async move {
            let body = call.bytes().await.unwrap_or_default();
            let answer = object.answer(&call, &body).await;
            let answer = answer.unwrap_or_else(|problem| Answer::problem(problem, &call.id));
            answer.respond(&call.id).into()
        })
    }

    /// Does what is due. It never fails towards the runtime, which would repeat it a few times and then forget it.
    pub fn alarm(&self) -> JsValue {
        let object = Rc::clone(&self.0);
        host::lasting(async move {
            object.work().await;
            JsValue::UNDEFINED
        })
    }
}

/// One subscription.
struct Subscription {
    state: ObjectState,
    env: JsValue,
    store: Store<DoDb>,
    /// Bodies that were read with the events and are not sent yet.
    loaded: RefCell<Vec<Loaded>>,
    /// Something is to be done that was not to be done before.
    changed: Event,
    clock: Clock,
    /// Whether the alarm is at work, and sees by itself what has changed.
    at_work: Cell<bool>,
    /// Whether it is being made: the feed knows it already.
    in_the_making: Cell<bool>,
}

impl Subscription {
    async fn answer(&self, call: &Call, body: &[u8]) -> Result<Answer, Problem> {
        match (call.method(), call.path()) {
            ("POST", "/create") => self.create(call, body).await,
            ("PATCH", "/") => self.change(call, body).await,
            ("DELETE", "/") => self.delete().await,
            ("POST", "/test") => self.test(call).await,
            _ => {
                let (answer, wakes) = self.answer_at_once(call, body)?;
                if wakes {
                    self.wake(call.now).await?;
                }
                Ok(answer)
            }
        }
    }

    /// What needs nobody else: the answer, and whether there is something to do now.
    #[inline(never)]
    fn answer_at_once(&self, call: &Call, body: &[u8]) -> Result<(Answer, bool), Problem> {
        let row = self.row()?;
        let path: Vec<_> = call.path().split('/').skip(1).collect();
        let wakes = call.method() == "POST" && path.as_slice() != ["rotate"];
        let answer = match (call.method(), path.as_slice()) {
            ("POST", ["poke"]) => self.poke(call, &row),
            ("GET", [""]) => self.show(call, &row),
            ("POST", ["rotate"]) => self.rotate(call, &row, body),
            ("POST", ["replay"]) => self.replay_bulk(call, &row, body),
            ("GET", ["deliveries"]) => self.deliveries(call, &row),
            ("GET", ["deliveries", id]) => self.delivery(call, &row, id),
            ("POST", ["deliveries", id, "replay"]) => self.replay(call, &row, id),
            _ => Err(Rejection::NotFound.into()),
        };
        Ok((answer?, wakes))
    }

    fn poke(&self, call: &Call, row: &Row) -> Result<Answer, Problem> {
        let latest = query::latest(call.query()).ok_or(Rejection::InvalidCursor)?;
        self.store
            .poked(row, latest.generation, latest.sequence, call.now)
            .map_err(failed)?;
        Ok(Answer::new(204))
    }

    /// The subscription.
    fn row(&self) -> Result<Row, Problem> {
        let none = match self.in_the_making.get() {
            true => Rejection::SubscriptionUnavailable,
            false => Rejection::UnknownSubscription,
        };
        self.store.row().map_err(failed)?.ok_or(none.into())
    }

    /// Has what is due done now.
    async fn wake(&self, now: u64) -> Result<(), Problem> {
        if self.at_work.get() {
            self.changed.notify(usize::MAX);
            return Ok(());
        }
        self.store.db().set_alarm(now).await.map_err(failed)
    }

    fn edge(&self) -> &'static Edge {
        Edge::get(&self.env)
    }
}

fn failed(error: DbError) -> Problem {
    log::error("a subscription's database", &error.to_string());
    Rejection::SubscriptionUnavailable.into()
}
