//! What comes back to the agent, and what follows from it.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{Instant, sleep};
use waypost_client::{
    Error, Event, backoff::Backoff, consumer::Settled, event::Page, millis, random::Random,
};

use super::{Agent, Ended};
use crate::{
    exit::{Exit, Failure},
    listen::{
        hand::Posted,
        lanes::{Fate, Job},
        report::{Told, lag},
    },
};

/// Between requests to Waypost that fail.
const EDGE: Backoff = Backoff {
    base: Duration::from_millis(250),
    cap: Duration::from_secs(15),
};
/// Between attempts to reach a backend that is away.
const AWAY: Backoff = Backoff {
    base: Duration::from_millis(200),
    cap: Duration::from_secs(5),
};
/// Before an event that failed comes again.
const FAILED: Backoff = Backoff {
    base: Duration::from_secs(1),
    cap: Duration::from_secs(300),
};
/// With `--once`, so many failures in a row are enough.
const ONCE: u32 = 4;

impl Agent {
    pub(super) fn take(&mut self, ended: Ended) {
        match ended {
            Ended::Claimed(result) => self.claimed(result),
            Ended::Posted(job, posted, took) => self.posted(&job, posted, took),
            Ended::Acked(batch, result) => self.acked(batch, result),
            Ended::Nacked(event, result) => self.nacked(&event, result),
            Ended::Extended(result) => self.extended(result),
            Ended::Released => {}
        }
    }

    fn claimed(&mut self, result: Result<Page, Error>) {
        self.claiming = None;
        let page = match result {
            Ok(page) => page,
            Err(error) => return self.not_claimed(error),
        };
        if std::mem::take(&mut self.edge_failures) > 0 {
            self.report.tell(&Told::EdgeBack);
        }
        self.attempt_id = self.random.name();
        if let Some(gap) = &page.gap {
            self.report.tell(&Told::Gap { gap });
        }
        if self.plan.once && page.events.is_empty() {
            self.exhausted = true;
        }
        // A server that does not hold is not asked in a loop.
        let held = page.events.is_empty() && !self.plan.once;
        self.claim_due = match held {
            true => self.now().saturating_add(50),
            false => 0,
        };
        if self.lanes.is_idle() {
            self.extend_due = self.now().saturating_add(millis(self.plan.claim.lease) / 3);
        }
        for event in page.events {
            let (Some(lease), Some(attempt)) = (event.lease.clone(), event.attempt) else {
                continue;
            };
            let job = Job {
                event,
                lease,
                attempt,
            };
            if let Some(known) = self.lanes.add(job) {
                self.counters.known = self.counters.known.saturating_add(1);
                self.acks.push((known.event.id, known.lease));
            }
        }
        if self.stopping.is_some() {
            self.give_back();
        }
    }

    fn not_claimed(&mut self, error: Error) {
        if !error.is_passing() {
            self.failure = Some(error.into());
            return self.stop();
        }
        self.edge_failures = self.edge_failures.saturating_add(1);
        if self.edge_failures == 1 {
            self.report.tell(&Told::EdgeAway {
                why: &error.to_string(),
            });
        }
        if self.plan.once && self.edge_failures >= ONCE {
            self.failure = Some(error.into());
            return self.stop();
        }
        let pause = EDGE.pause(self.edge_failures, &mut self.random);
        self.claim_due = self.now().saturating_add(millis(pause.max(error.floor())));
    }

    fn posted(&mut self, job: &Job, posted: Posted, took: Duration) {
        let to = self.plan.routes.of(&job.event.source);
        let to = to.map(ToString::to_string).unwrap_or_default();
        let was_away = match posted {
            Posted::Unreachable(_) | Posted::Bodiless(_) | Posted::Gone => false,
            _ => self.away.remove(&to).is_some(),
        };
        if was_away {
            self.report.tell(&Told::BackendBack { to: &to });
        }
        match posted {
            Posted::Taken(status) => {
                self.counters.delivered = self.counters.delivered.saturating_add(1);
                self.counters.lag = lag(job);
                self.report.tell(&Told::Delivered {
                    job,
                    to: &to,
                    status,
                    took,
                });
                self.done(job);
            }
            Posted::Gone => {
                let event = &job.event.id;
                self.report.tell(&Told::Gone { event });
                self.done(job);
            }
            Posted::Refused(status, asked) => self.failed(job, &to, &status.to_string(), asked),
            Posted::Broken(why) => self.failed(job, &to, &why, Duration::ZERO),
            Posted::Unreachable(why) => self.unreachable(job, &to, &why),
            Posted::Bodiless(why) => {
                // The next claim says when it is back.
                self.edge_failures = self.edge_failures.saturating_add(1);
                if self.edge_failures == 1 {
                    self.report.tell(&Told::EdgeAway { why: &why });
                }
                let again = self.now().saturating_add(1000);
                self.lanes.finish(&job.event, Fate::Kept(again));
            }
        }
        if self.stopping.is_some() {
            self.give_back();
        }
    }

    fn done(&mut self, job: &Job) {
        if let Some(job) = self.lanes.finish(&job.event, Fate::Done) {
            self.acks.push((job.event.id, job.lease));
        }
    }

    /// The attempt counts: the event is given back, and comes again when it has waited.
    fn failed(&mut self, job: &Job, to: &str, why: &str, asked: Duration) {
        self.counters.failed = self.counters.failed.saturating_add(1);
        let attempt = u32::try_from(job.attempt).unwrap_or(u32::MAX);
        let again = FAILED.pause(attempt, &mut self.random).max(asked);
        self.report.tell(&Told::Failed {
            job,
            to,
            why,
            again,
        });
        let until = self.now().saturating_add(millis(again));
        let Some(job) = self.lanes.finish(&job.event, Fate::Again(until)) else {
            return;
        };
        let consumer = self.consumer.clone();
        let mut random = Random::new(self.random.number());
        let patience = Instant::now() + self.plan.claim.lease;
        self.tasks.spawn(async move {
            let mut failures = 0;
            let leases = [job.lease];
            loop {
                let result = consumer.nack(&leases, again).await;
                // What was done before it is on its way to be acknowledged.
                let early = |settled: &Settled| {
                    let mut rejected = settled.rejected.iter();
                    rejected.any(|rejected| rejected.code == "out_of_order")
                };
                let passing = match &result {
                    Ok(settled) => early(settled),
                    Err(error) => error.is_passing(),
                };
                // After that the lease has run out, which says the same.
                if !passing || Instant::now() > patience {
                    return Ended::Nacked(Box::new(job.event), result);
                }
                failures += 1;
                sleep(EDGE.pause(failures, &mut random)).await;
            }
        });
    }

    /// Nothing was sent, so nothing counts: the event stays in hand until the backend is there.
    fn unreachable(&mut self, job: &Job, to: &str, why: &str) {
        let failures = self.away.entry(to.to_owned()).or_default();
        *failures = failures.saturating_add(1);
        let failures = *failures;
        if failures == 1 {
            self.report.tell(&Told::BackendAway { to, why });
        }
        let pause = AWAY.pause(failures, &mut self.random);
        let again = self.now().saturating_add(millis(pause)).saturating_add(20);
        self.lanes.finish(&job.event, Fate::Kept(again));
        if self.plan.once && failures >= ONCE && self.stopping.is_none() {
            let text = format!("{to} does not answer: {why}");
            self.failure = Some(Failure::new(Exit::Unreachable, text));
            self.stop();
        }
    }

    fn acked(&mut self, batch: Vec<(String, String)>, result: Result<Settled, Error>) {
        self.acking = false;
        match result {
            Ok(settled) => {
                self.ack_failures = 0;
                for (id, lease) in batch {
                    let rejected = settled
                        .rejected
                        .iter()
                        .find(|rejected| rejected.lease == lease);
                    match rejected.map(|rejected| rejected.code.as_str()) {
                        None | Some("settled") => self.lanes.settled(&id),
                        Some(_) => self.lanes.unsettled(&id),
                    }
                }
            }
            Err(error) if error.is_passing() => {
                self.ack_failures = self.ack_failures.saturating_add(1);
                let pause = EDGE.pause(self.ack_failures, &mut self.random);
                self.ack_due = self.now().saturating_add(millis(pause.max(error.floor())));
                self.acks.splice(0..0, batch);
            }
            Err(_) => batch.iter().for_each(|(id, _)| self.lanes.unsettled(id)),
        }
    }

    fn nacked(&mut self, event: &Event, result: Result<Settled, Error>) {
        let Ok(settled) = result else {
            return;
        };
        if settled.dead_lettered > 0 {
            self.counters.dead = self.counters.dead.saturating_add(1);
            self.report.tell(&Told::Dead { event: &event.id });
        }
        let over = settled
            .rejected
            .iter()
            .any(|rejected| rejected.code == "settled");
        if settled.dead_lettered > 0 || over {
            self.lanes.over(event);
        }
    }

    fn extended(&mut self, result: Result<Settled, Error>) {
        self.extending = false;
        match result {
            Ok(settled) => {
                let rejected = settled.rejected.iter();
                let lost: BTreeSet<&str> = rejected.map(|lost| lost.lease.as_str()).collect();
                let events = self.lanes.lost(&lost);
                if events > 0 {
                    self.report.tell(&Told::Lost { events });
                }
            }
            // Sooner than it would be: the leases run on.
            Err(_) => self.extend_due = self.now().saturating_add(1000),
        }
    }
}
