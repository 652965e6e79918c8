//! Sends webhooks to a source: signed, again until they are taken, each once.

use std::{fmt, time::Duration};

use reqwest::header::CONTENT_TYPE;
use tokio::time::sleep;
use waypost_core::{
    config::DEFAULT_RETRY_SCHEDULE_SECONDS,
    headers::Headers,
    providers,
    scheme::{Scheme, SchemeError},
    secret::{Secret, SecretError},
    sign::Outgoing,
};

use crate::{
    answer::{Answer, Outcome},
    http::{self, Error, TIMEOUT, chain},
    now,
    random::Random,
};

/// One webhook's way, without I/O.
#[derive(Clone, Debug)]
pub struct Sending {
    schedule: Vec<Duration>,
    attempts: u32,
    random: Random,
}

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It was taken.
    Taken,
    /// Send it again after this pause.
    Again(Duration),
    /// It is given up.
    GiveUp(Why),
}

/// Why a webhook was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The last attempt of the schedule failed too.
    Exhausted,
    /// It was refused, and would be again.
    Refused,
}

impl Sending {
    /// Attempts are as many as the schedule has pauses, and one.
    pub fn new(schedule: &[Duration], random: Random) -> Self {
        Self {
            schedule: schedule.to_vec(),
            attempts: 0,
            random,
        }
    }

    /// How many attempts there were.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt has ended.
    pub fn on_response(mut self, outcome: &Outcome) -> (Self, Next) {
        let due = self.schedule.get(self.attempts as usize).copied();
        self.attempts = self.attempts.saturating_add(1);
        let floor = match outcome {
            Outcome::Answered(answer) if (200..300).contains(&answer.status) => {
                return (self, Next::Taken);
            }
            Outcome::Answered(answer) if !answer.is_passing() => {
                return (self, Next::GiveUp(Why::Refused));
            }
            Outcome::Answered(answer) => answer.floor(),
            Outcome::Failed => Duration::ZERO,
        };
        let Some(pause) = due else {
            return (self, Next::GiveUp(Why::Exhausted));
        };
        let pause = pause.mul_f64(self.random.between(0.8, 1.2));
        (self, Next::Again(pause.max(floor)))
    }
}

/// What is to be sent.
#[derive(Clone, Debug, Default)]
pub struct Webhook {
    /// The id: sent again under it, the webhook is one event still.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// `Content-Type`; `application/json` where it is empty.
    pub content_type: String,
}

/// A webhook that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The id that the receiver gave.
    pub id: String,
    /// Whether the receiver had it already.
    pub repeated: bool,
    /// How many attempts it took.
    pub attempts: u32,
}

/// A webhook that could not be delivered. It is the sender's to keep.
#[derive(Clone, Debug)]
pub struct Undelivered {
    /// What was to be sent.
    pub webhook: Webhook,
    /// Why it was given up.
    pub why: Why,
    /// How many attempts there were.
    pub attempts: u32,
    /// The last answer; none where there was none.
    pub last: Option<Answer>,
    /// What went wrong where there was none.
    pub error: String,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, attempts) = (&self.webhook.id, self.attempts);
        write!(f, "{id} was not delivered in {attempts} attempts: ")?;
        match &self.last {
            Some(answer) => match &answer.problem {
                Some(problem) => write!(f, "{} {}", answer.status, problem.detail),
                None => write!(f, "{}", answer.status),
            },
            None => f.write_str(&self.error),
        }
    }
}

impl std::error::Error for Undelivered {}

/// Sends to one source.
#[derive(Clone)]
pub struct Publisher {
    http: reqwest::Client,
    url: String,
    scheme: Scheme,
    keys: Vec<Secret>,
    schedule: Vec<Duration>,
}

impl Publisher {
    /// Sends to `url` with Waypost's own signature, as source `default` takes it.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`].
    pub fn new(url: &str, secret: &str) -> Result<Self, Error> {
        let setup = |error: &dyn fmt::Display| Error::Setup(error.to_string());
        let row = providers::find("waypost")
            .ok_or_else(|| Error::Setup("there is no provider waypost".to_owned()))?;
        let scheme = Scheme::compile(row).map_err(|error: SchemeError| setup(&error))?;
        let key = Secret::decode(secret, &scheme.key);
        let key = key.map_err(|error: SecretError| setup(&format!("the secret {error}")))?;
        Self::with(url, scheme, vec![key])
    }

    /// Sends to `url` as a provider would whose scheme and keys these are.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`].
    pub fn with(url: &str, scheme: Scheme, keys: Vec<Secret>) -> Result<Self, Error> {
        let pauses = DEFAULT_RETRY_SCHEDULE_SECONDS.iter();
        Ok(Self {
            http: http::http()?,
            url: url.to_owned(),
            scheme,
            keys,
            schedule: pauses
                .map(|&seconds| Duration::from_secs(seconds))
                .collect(),
        })
    }

    /// Other pauses than 1, 5, 30, 120 and 600 s.
    #[must_use]
    pub fn schedule(self, schedule: Vec<Duration>) -> Self {
        Self { schedule, ..self }
    }

    /// Sends a webhook until it is taken or given up. The same id and the same bytes go out each time,
    /// under a fresh signature.
    ///
    /// # Errors
    ///
    /// [`Undelivered`].
    pub async fn send(&self, webhook: Webhook) -> Result<Taken, Box<Undelivered>> {
        let mut sending = Sending::new(&self.schedule, Random::of_system());
        loop {
            let (outcome, said) = self.attempt(&webhook).await;
            let next;
            (sending, next) = sending.on_response(&outcome);
            let attempts = sending.attempts();
            match next {
                Next::Again(pause) => sleep(pause).await,
                Next::Taken => {
                    let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
                    let text = |name: &str| said.get(name).and_then(|text| text.as_str());
                    return Ok(Taken {
                        id: text("id").unwrap_or(&webhook.id).to_owned(),
                        repeated: text("status") == Some("already_processed"),
                        attempts,
                    });
                }
                Next::GiveUp(why) => {
                    let last = match outcome {
                        Outcome::Answered(answer) => Some(*answer),
                        Outcome::Failed => None,
                    };
                    return Err(Box::new(Undelivered {
                        webhook,
                        why,
                        attempts,
                        last,
                        error: said,
                    }));
                }
            }
        }
    }

    /// One attempt: what became of it, and the text that was answered or what went wrong.
    async fn attempt(&self, webhook: &Webhook) -> (Outcome, String) {
        let kind = match webhook.content_type.as_str() {
            "" => "application/json",
            kind => kind,
        };
        let flat = format!("content-type\n{kind}\n");
        let signed = self.scheme.sign(
            &self.keys,
            &Outgoing {
                body: &webhook.body,
                at: now(),
                id: &webhook.id,
                event_type: &webhook.kind,
                method: "POST",
                url: &self.url,
                headers: Headers::new(&flat),
            },
        );
        let mut request = self
            .http
            .post(&self.url)
            .timeout(TIMEOUT)
            .header(CONTENT_TYPE, kind)
            .body(webhook.body.clone());
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return (Outcome::Failed, chain(&error)),
        };
        let mut answer = http::head(&response);
        match response.text().await {
            Ok(text) => {
                answer.problem = serde_json::from_str(&text)
                    .ok()
                    .filter(|_| answer.status >= 400);
                (answer.into(), text)
            }
            Err(error) => (Outcome::Failed, chain(&error)),
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
