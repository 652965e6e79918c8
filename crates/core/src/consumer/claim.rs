//! Events go out.

use super::pick::Batch;
use super::{Claim, Consumer, pairs};
use crate::cache::Audience;
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};
use crate::feed::{Log, event_json};
use crate::json;
use crate::problem::Problem;
use crate::rejection::Rejection;

/// So many forgotten claims are removed by each new one: more than one, so they do not pile up.
const SWEEP: u64 = 3;

/// The moment at which a claim is looked at, perhaps not for the first time.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Unix milliseconds.
    pub now: u64,
    /// Whether it is the first look: only that one may create the consumer.
    pub first: bool,
    /// Whether its hold is over: it is answered whatever there is.
    pub held: bool,
}

/// What to do for a claim now.
#[derive(Debug)]
pub enum Turn<T> {
    /// Answer.
    Answer(Claimed<T>),
    /// Refuse.
    Refuse(Problem),
    /// There is nothing; nothing will be without a change of feed or consumer, but at this moment
    /// (unix milliseconds).
    Hold(Option<u64>),
    /// So much was looked at that others should be served before the next look.
    Again,
}

/// What a claim is answered.
#[derive(Debug)]
pub struct Claimed<T> {
    /// The JSON of each event.
    pub pieces: Vec<T>,
    /// What stands behind `{"events":[` and the pieces.
    pub close: String,
    /// When the alarm must ring, where that has changed.
    pub alarm: Option<u64>,
}

/// The events of a list of sequences and attempts, each with its lease.
fn handed_sql(audience: Audience) -> String {
    let lease =
        r#"concat(',"lease":"', ?3, seq, '.', attempt, '.', ?4, '","attempt":', attempt, '}')"#;
    format!(
        "SELECT {} FROM (SELECT value ->> 0 AS place, (value ->> 1) + 1 AS attempt FROM json_each(?2))
             JOIN events ON seq = place WHERE form < 3 ORDER BY seq",
        event_json(audience, lease)
    )
}

impl<D: Db> Log<D> {
    /// One look at what there is for a claim.
    pub fn claim(
        &self,
        name: &str,
        claim: &Claim,
        audience: Audience,
        when: When,
    ) -> Result<Turn<D::Text>, DbError> {
        self.db().transaction(|| {
            let consumer = match self.consumer(name)? {
                Some(consumer) if claim.options.fit(&consumer) => Ok(consumer),
                Some(_) => Err(Rejection::ConsumerDiffers.into()),
                None if when.first => self.create(name, &claim.options, when.now)?,
                None => Err(Rejection::UnknownConsumer.into()),
            };
            match consumer {
                Ok(consumer) => self.claim_of(consumer, claim, audience, when),
                Err(problem) => Ok(Turn::Refuse(problem)),
            }
        })
    }

    fn claim_of(
        &self,
        mut consumer: Consumer,
        claim: &Claim,
        audience: Audience,
        When { now, held, .. }: When,
    ) -> Result<Turn<D::Text>, DbError> {
        let attempt = claim.attempt_id.as_deref();
        let repeated = match attempt {
            Some(attempt) => self.repeated(&mut consumer, attempt, now)?,
            None => Vec::new(),
        };
        if !repeated.is_empty() {
            let tell = consumer.gap.tells(attempt);
            return self.hand_out(&consumer, &repeated, tell, audience, None);
        }
        let before = (consumer.position, consumer.gap.clone());
        let mut batch = Batch::new(claim.max);
        if self.pick_held(&mut consumer, &mut batch, now)? {
            self.pick_new(&mut consumer, &mut batch)?;
        }
        let (untold, tell) = (consumer.gap.is_untold(), consumer.gap.tells(attempt));
        let answered = !batch.events.is_empty() || untold || (held && !batch.more);
        if untold {
            consumer.gap.told = Some(attempt.unwrap_or_default().to_owned());
        }
        let alarm = self.lease_out(&mut consumer, &batch, claim, now)?;
        if !batch.events.is_empty() || before != (consumer.position, consumer.gap.clone()) {
            let claimed = !batch.events.is_empty();
            self.keep(&consumer, claimed.then_some(now), untold.then_some(now))?;
        }
        if answered {
            return self.hand_out(&consumer, &batch.events, tell, audience, alarm);
        }
        match batch.more {
            true => Ok(Turn::Again),
            false => self.next_ready(consumer.id, now).map(Turn::Hold),
        }
    }

    /// Makes the batch the worker's. Returns when the alarm must ring for it.
    fn lease_out(
        &self,
        consumer: &mut Consumer,
        batch: &Batch,
        claim: &Claim,
        now: u64,
    ) -> Result<Option<u64>, DbError> {
        if batch.events.is_empty() {
            return Ok(None);
        }
        // Whoever held them before holds nothing any more.
        consumer.generation = consumer
            .generation
            .saturating_add(u64::from(consumer.ordered));
        let until = now.saturating_add(claim.lease_ms);
        self.db().execute(
            "INSERT OR REPLACE INTO held (consumer, seq, ready_at, failed, claim, last)
             SELECT ?1, value ->> 0, ?2, value ->> 1, ?3, (value ->> 1) + 1 >= ?4 FROM json_each(?5)",
            &[
                Value::Int(consumer.id),
                Value::Int(until),
                Value::Int(consumer.nonce),
                Value::Int(consumer.max_attempts),
                Value::Text(&pairs(&batch.events)),
            ],
        )?;
        if let Some(attempt) = &claim.attempt_id {
            self.remember(consumer, attempt, batch, until, now)?;
        }
        let last = |&(_, failed): &(u64, u64)| failed.saturating_add(1) >= consumer.max_attempts;
        if !batch.events.iter().any(last) {
            return Ok(None);
        }
        due::schedule(self.db(), Duty::Expire, until)?;
        due::next(self.db())
    }

    fn remember(
        &self,
        consumer: &Consumer,
        attempt: &str,
        batch: &Batch,
        until: u64,
        now: u64,
    ) -> Result<(), DbError> {
        self.db().execute(
            "DELETE FROM claims WHERE claim IN
                (SELECT claim FROM claims WHERE until <= ? ORDER BY until LIMIT ?)",
            &[Value::Int(now), Value::Int(SWEEP)],
        )?;
        self.db().execute(
            "INSERT OR REPLACE INTO claims (claim, consumer, attempt_id, seqs, until)
             VALUES (?, ?, ?, ?, ?)",
            &[
                Value::Int(consumer.nonce),
                Value::Int(consumer.id),
                Value::Text(attempt),
                Value::Text(&json::numbers(
                    &mut batch.events.iter().map(|(seq, _)| *seq),
                )),
                Value::Int(until),
            ],
        )
    }

    /// What is left of an earlier claim with this `attempt_id`, whose nonce it takes on.
    fn repeated(
        &self,
        consumer: &mut Consumer,
        attempt: &str,
        now: u64,
    ) -> Result<Vec<(u64, u64)>, DbError> {
        let rows = self.numbers(
            // In this order, and each of `held` by its key: leases may be many.
            "SELECT held.seq, failed, claims.claim
             FROM claims CROSS JOIN json_each(seqs) CROSS JOIN held
             WHERE claims.consumer = ?1 AND attempt_id = ?2 AND held.consumer = ?1
                AND held.seq = value AND held.claim = claims.claim AND +ready_at > ?3",
            &[
                Value::Int(consumer.id),
                Value::Text(attempt),
                Value::Int(now),
            ],
        )?;
        let live = rows.into_iter().map(|[seq, failed, claim, ..]| {
            consumer.nonce = claim;
            (seq, failed)
        });
        Ok(live.collect())
    }

    fn hand_out(
        &self,
        consumer: &Consumer,
        events: &[(u64, u64)],
        tell: bool,
        audience: Audience,
        alarm: Option<u64>,
    ) -> Result<Turn<D::Text>, DbError> {
        let bounds = self.bounds();
        let generation = consumer.generation;
        let pieces = match events {
            [] => Vec::new(),
            _ => self.texts(
                &handed_sql(audience),
                &[
                    Value::Text(&bounds.prefix()),
                    Value::Text(&pairs(events)),
                    Value::Text(&format!("{}.{generation}.", consumer.id)),
                    Value::Text(&consumer.nonce.to_string()),
                ],
            )?,
        };
        let gap = match tell {
            true => consumer.gap.member(bounds),
            false => String::new(),
        };
        Ok(Turn::Answer(Claimed {
            pieces,
            close: format!(r#"],"generation":{generation}{gap}}}"#),
            alarm,
        }))
    }
}
