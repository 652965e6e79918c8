//! A consumer as a worker sees it: bodies in, answers out.

use serde_json::{Value, json};
use waypost_core::cache::Audience;
use waypost_core::consumer::{Claimed, Order, Turn, Verb, When};
use waypost_core::feed::Log;
use waypost_core::feed::db::DbError;

use crate::log::db::RusqliteDb;

/// What a claim is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Given(Value),
    Refused(String),
    /// It would be held, until then.
    Held(Option<u64>),
}

impl Answer {
    pub(crate) fn json(self) -> Value {
        match self {
            Self::Given(json) => json,
            other => panic!("{other:?}"),
        }
    }

    /// The leases that it gave out.
    pub(crate) fn leases(&self) -> Vec<String> {
        self.events("lease")
            .iter()
            .map(|lease| lease.as_str().expect("text").to_owned())
            .collect()
    }

    /// The sequences of its events.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        let id = |id: &Value| id.as_str().and_then(|id| id[17..].parse().ok());
        self.events("id").iter().filter_map(id).collect()
    }

    fn events(&self, member: &str) -> Vec<Value> {
        let Self::Given(json) = self else {
            return Vec::new();
        };
        let events = json["events"].as_array().expect("events");
        events.iter().map(|event| event[member].clone()).collect()
    }
}

/// A claim, looked at until it is answered or would be held. `held` says that its hold is over.
pub(crate) fn try_claim(
    log: &Log<RusqliteDb>,
    name: &str,
    body: &Value,
    held: bool,
    now: u64,
) -> Result<Answer, DbError> {
    let order = Order::parse(Verb::Claim, body.to_string().as_bytes());
    let Ok(Order::Claim(claim)) = order else {
        panic!("{body} is refused: {order:?}");
    };
    let mut first = true;
    loop {
        let when = When { now, first, held };
        first = false;
        return Ok(match log.claim(name, &claim, Audience::Token, when)? {
            Turn::Again => continue,
            Turn::Hold(until) => Answer::Held(until),
            Turn::Refuse(problem) => Answer::Refused(problem.rejection().code().to_owned()),
            Turn::Answer(Claimed { pieces, close, .. }) => {
                let text = format!(r#"{{"events":[{}{close}"#, pieces.join(","));
                let json = serde_json::from_str(&text);
                Answer::Given(json.unwrap_or_else(|e| panic!("{e}: {text}")))
            }
        });
    }
}

/// As [`try_claim`], of a database that works.
pub(crate) fn claim(log: &Log<RusqliteDb>, name: &str, body: Value, now: u64) -> Answer {
    try_claim(log, name, &body, false, now).expect("works")
}

/// Any other verb: the answer, or the code of the refusal.
pub(crate) fn try_settle(
    log: &Log<RusqliteDb>,
    name: &str,
    verb: Verb,
    body: &Value,
    now: u64,
) -> Result<Result<Value, String>, DbError> {
    let order = Order::parse(verb, body.to_string().as_bytes()).expect("a body");
    Ok(match log.settle_order(name, &order, now)? {
        Ok(done) => Ok(serde_json::from_str(&done.json).expect("JSON")),
        Err(problem) => Err(problem.rejection().code().to_owned()),
    })
}

/// As [`try_settle`], of a database that works.
pub(crate) fn settle(
    log: &Log<RusqliteDb>,
    name: &str,
    verb: Verb,
    body: Value,
    now: u64,
) -> Result<Value, String> {
    try_settle(log, name, verb, &body, now).expect("works")
}

/// Acknowledges; how many were, and the codes of the others.
pub(crate) fn ack(
    log: &Log<RusqliteDb>,
    name: &str,
    leases: &[String],
    now: u64,
) -> (u64, Vec<String>) {
    let said = settle(log, name, Verb::Ack, json!({ "leases": leases }), now).expect("leases");
    (
        said["acknowledged"].as_u64().expect("a count"),
        codes(&said),
    )
}

/// The codes with which leases were rejected.
pub(crate) fn codes(said: &Value) -> Vec<String> {
    let rejected = said["rejected"].as_array().expect("rejected");
    rejected
        .iter()
        .map(|rejected| rejected["code"].as_str().expect("a code").to_owned())
        .collect()
}
