//! A consumer: leases on events, shared by many workers.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    event::Page,
    http::{Client, Error, TIMEOUT},
    poller::PATIENCE,
};

/// A named consumer of a feed.
#[derive(Clone, Debug)]
pub struct Consumer {
    client: Client,
    path: String,
}

/// What is asked of a claim. An option that is none is the consumer's own, or Waypost's default.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The most events.
    pub max: usize,
    /// How long they are the worker's.
    pub lease: Duration,
    /// How long the answer is held while there is nothing; at most 25 s.
    pub wait: Duration,
    /// Names the claim: asked again, it is given the same.
    pub attempt_id: String,
    /// Whether one worker at a time gets events, in order.
    pub ordered: bool,
    /// Where a new consumer starts: `earliest`, `latest`, an id or a time.
    pub from: Option<String>,
    /// How often an event is tried before it is a dead letter.
    pub max_attempts: Option<u32>,
    /// Types, exact or `prefix.*`; all where empty.
    pub types: Vec<String>,
    /// Sources; all where empty.
    pub sources: Vec<String>,
}

/// What became of leases.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Settled {
    /// Of a refusal: how many events became dead letters.
    #[serde(default)]
    pub dead_lettered: u64,
    /// Those that do not hold any more.
    #[serde(default)]
    pub rejected: Vec<Rejected>,
}

/// A lease that does not hold.
#[derive(Clone, Debug, Deserialize)]
pub struct Rejected {
    /// The lease.
    pub lease: String,
    /// Why.
    pub code: String,
}

impl Claim {
    fn body(&self) -> Value {
        let mut body = json!({
            "max": self.max,
            "lease_seconds": self.lease.as_secs(),
            "wait": self.wait.as_secs(),
            "attempt_id": self.attempt_id,
            "mode": if self.ordered { "ordered" } else { "shared" },
        });
        let lists = [("types", &self.types), ("sources", &self.sources)];
        let members = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let mut members: Vec<(&str, Value)> =
            members.map(|(name, list)| (name, json!(list))).collect();
        members.extend(self.from.iter().map(|from| ("from", json!(from))));
        members.extend(
            self.max_attempts
                .iter()
                .map(|most| ("max_attempts", json!(most))),
        );
        for (name, value) in members {
            if let Some(object) = body.as_object_mut() {
                object.insert(name.to_owned(), value);
            }
        }
        body
    }
}

impl Consumer {
    /// The feed's consumer `name`, which its first claim makes.
    pub fn new(client: Client, name: &str) -> Self {
        let path = format!("/consumers/{name}");
        Self { client, path }
    }

    /// The client below it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The same over new connections.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`].
    pub fn reconnected(&self) -> Result<Self, Error> {
        Ok(Self {
            client: self.client.reconnected()?,
            path: self.path.clone(),
        })
    }

    /// Asks for events.
    ///
    /// # Errors
    ///
    /// Whatever became of the request.
    pub async fn claim(&self, claim: &Claim) -> Result<Page, Error> {
        let patience = claim.wait.saturating_add(PATIENCE);
        self.verb("claim", &claim.body(), patience).await
    }

    /// They are done.
    ///
    /// # Errors
    ///
    /// Whatever became of the request.
    pub async fn ack(&self, leases: &[String]) -> Result<Settled, Error> {
        self.verb("ack", &json!({ "leases": leases }), TIMEOUT)
            .await
    }

    /// They failed, and shall come again after `delay`.
    ///
    /// # Errors
    ///
    /// Whatever became of the request.
    pub async fn nack(&self, leases: &[String], delay: Duration) -> Result<Settled, Error> {
        let seconds = delay.as_millis().div_ceil(1000);
        let body = json!({ "leases": leases, "delay_seconds": u64::try_from(seconds).ok() });
        self.verb("nack", &body, TIMEOUT).await
    }

    /// They take longer: so long from now on.
    ///
    /// # Errors
    ///
    /// Whatever became of the request.
    pub async fn extend(&self, leases: &[String], lease: Duration) -> Result<Settled, Error> {
        let body = json!({ "leases": leases, "lease_seconds": lease.as_secs() });
        self.verb("extend", &body, TIMEOUT).await
    }

    /// Somebody else shall have them; they were not tried.
    ///
    /// # Errors
    ///
    /// Whatever became of the request.
    pub async fn release(&self, leases: &[String]) -> Result<Settled, Error> {
        self.verb("release", &json!({ "leases": leases }), TIMEOUT)
            .await
    }

    async fn verb<T: serde::de::DeserializeOwned>(
        &self,
        verb: &str,
        body: &Value,
        patience: Duration,
    ) -> Result<T, Error> {
        let path = format!("{}/{verb}", self.path);
        self.client.send(Method::POST, &path, body, patience).await
    }
}
