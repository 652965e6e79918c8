//! The agent's loop. One task decides; claims, posts and acknowledgements are tasks of their own that
//! come back to it.

mod ended;

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};
use waypost_client::{
    Claim, Consumer, Error, Event, consumer::Settled, event::Page, millis, random::Random,
};

use super::{
    Plan, Signals,
    hand::{self, Posted},
    lanes::{Job, Lanes},
    report::{Counters, Report, Told},
    wake::Wake,
};
use crate::exit::{Exit, Failure, Outcome};

/// How often it looks whether the machine slept.
const LOOK: Duration = Duration::from_secs(5);
/// The most leases of one request.
const LEASES: usize = 500;

/// What a task of its brings.
enum Ended {
    Claimed(Result<Page, Error>),
    Posted(Box<Job>, Posted, Duration),
    Acked(Vec<(String, String)>, Result<Settled, Error>),
    Nacked(Box<Event>, Result<Settled, Error>),
    Extended(Result<Settled, Error>),
    /// Nobody asks what became of it.
    Released,
}

/// The one who decides.
pub(crate) struct Agent {
    plan: Plan,
    report: Report,
    consumer: Consumer,
    lanes: Lanes,
    tasks: JoinSet<Ended>,
    counters: Counters,
    random: Random,
    wake: Wake,
    started: Instant,
    claiming: Option<AbortHandle>,
    /// Names the claim until its answer is here.
    attempt_id: String,
    claim_due: u64,
    edge_failures: u32,
    /// With `--once`: there was nothing left.
    exhausted: bool,
    /// Done, and to be said.
    acks: Vec<(String, String)>,
    acking: bool,
    ack_due: u64,
    ack_failures: u32,
    extending: bool,
    extend_due: u64,
    /// Backends that are away, with how often they were.
    away: BTreeMap<String, u32>,
    /// When what is under way is given up.
    stopping: Option<u64>,
    failure: Option<Failure>,
}

impl Agent {
    pub(crate) fn new(plan: Plan, report: Report) -> Result<Self, Failure> {
        let patience = millis(plan.claim.lease).saturating_mul(2);
        let mut random = Random::of_system();
        Ok(Self {
            consumer: plan.consumer.clone(),
            lanes: Lanes::new(plan.order, plan.concurrency, patience),
            report,
            tasks: JoinSet::new(),
            counters: Counters::default(),
            wake: Wake::new(),
            started: Instant::now(),
            claiming: None,
            attempt_id: random.name(),
            random,
            claim_due: 0,
            edge_failures: 0,
            exhausted: false,
            acks: Vec::new(),
            acking: false,
            ack_due: 0,
            ack_failures: 0,
            extending: false,
            extend_due: 0,
            away: BTreeMap::new(),
            stopping: None,
            failure: None,
            plan,
        })
    }

    pub(crate) async fn run(mut self, mut signals: Signals) -> Outcome {
        self.report.tell(&Told::Listening {
            from: self.consumer.client().base(),
            consumer: &self.plan.name,
        });
        while !self.is_over() {
            self.move_on()?;
            self.report.stand(&self.counters, self.lanes.in_hand());
            let due = self.started + Duration::from_millis(self.next_due());
            tokio::select! {
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok(ended) => self.take(ended),
                    Err(error) if error.is_panic() => {
                        return Err(Failure::new(Exit::Failed, error.to_string()));
                    }
                    // It was aborted.
                    Err(_) => {}
                },
                () = sleep_until(due) => {}
                () = signals.next() => match self.stopping {
                    None => self.stop(),
                    // Asked twice.
                    Some(_) => self.stopping = Some(0),
                },
            }
        }
        let counters = self.counters;
        self.report.tell(&Told::Stopped {
            counters: &counters,
        });
        match self.failure.take() {
            Some(failure) => Err(failure),
            None if !self.lanes.is_idle() => Ok(Exit::Undelivered),
            None if self.plan.once && counters.failed > 0 => Ok(Exit::Undelivered),
            None => Ok(Exit::Done),
        }
    }

    /// Milliseconds since it started.
    fn now(&self) -> u64 {
        millis(self.started.elapsed())
    }

    fn is_over(&self) -> bool {
        let quiet = self.tasks.is_empty() && self.acks.is_empty() && self.lanes.running() == 0;
        match self.stopping {
            Some(deadline) => quiet || self.now() >= deadline,
            None => self.exhausted && quiet && self.lanes.is_idle(),
        }
    }

    /// Starts whatever may start.
    fn move_on(&mut self) -> Result<(), Failure> {
        if let Some(slept) = self.wake.slept() {
            self.wake_up(slept)?;
        }
        let now = self.now();
        if self.stopping.is_none() {
            self.claim(now);
            while let Some(job) = self.lanes.start(now) {
                self.post(job);
            }
        }
        if !self.acking && !self.acks.is_empty() && now >= self.ack_due {
            self.acking = true;
            let batch: Vec<_> = self.acks.drain(..self.acks.len().min(LEASES)).collect();
            let consumer = self.consumer.clone();
            self.tasks.spawn(async move {
                let leases: Vec<String> = batch.iter().map(|(_, lease)| lease.clone()).collect();
                let result = consumer.ack(&leases).await;
                Ended::Acked(batch, result)
            });
        }
        if !self.extending && now >= self.extend_due {
            self.extend(now);
        }
        Ok(())
    }

    fn next_due(&self) -> u64 {
        let now = self.now();
        let mut due = vec![now.saturating_add(millis(LOOK))];
        let claims = self.stopping.is_none() && self.claiming.is_none() && !self.exhausted;
        if claims && self.lanes.room(now) > 0 && self.lanes.ready(now) == 0 {
            due.push(self.claim_due);
        }
        if !self.acks.is_empty() && !self.acking {
            due.push(self.ack_due);
        }
        if !self.extending && !self.lanes.is_idle() {
            due.push(self.extend_due);
        }
        due.extend(self.stopping);
        due.extend(self.lanes.next_due(now));
        // Never at once again without an end: whatever may start has started.
        due.into_iter()
            .min()
            .unwrap_or(now)
            .max(now.saturating_add(1))
    }

    /// Asks for events, where there is room for them.
    fn claim(&mut self, now: u64) {
        let room = self.lanes.room(now);
        let idle = self.claiming.is_none() && !self.exhausted && now >= self.claim_due;
        // A few at a time would be a request for each.
        if !idle || room == 0 || (self.lanes.ready(now) > 0 && room < self.plan.concurrency) {
            return;
        }
        // The first answer after an outage is to come at once.
        let wait = match self.edge_failures {
            0 => self.plan.claim.wait,
            _ => Duration::ZERO,
        };
        let claim = Claim {
            max: room,
            wait,
            attempt_id: self.attempt_id.clone(),
            ..self.plan.claim.clone()
        };
        let consumer = self.consumer.clone();
        self.counters.claims = self.counters.claims.saturating_add(1);
        let task = async move { Ended::Claimed(consumer.claim(&claim).await) };
        self.claiming = Some(self.tasks.spawn(task));
    }

    fn post(&mut self, job: Job) {
        let to = self.plan.routes.of(&job.event.source).cloned();
        let (waypost, backend) = (self.consumer.client().clone(), self.plan.backend.clone());
        self.tasks.spawn(async move {
            let started = Instant::now();
            let posted = match to {
                Some(to) => hand::post(&waypost, &backend, to, &job).await,
                None => Posted::Broken(format!("there is no route for {}", job.event.source)),
            };
            Ended::Posted(Box::new(job), posted, started.elapsed())
        });
    }

    /// Keeps what is in hand.
    fn extend(&mut self, now: u64) {
        let lease = self.plan.claim.lease;
        self.extend_due = now.saturating_add(millis(lease) / 3);
        let leases = self.lanes.leases();
        for leases in leases.chunks(LEASES) {
            self.extending = true;
            let (consumer, leases) = (self.consumer.clone(), leases.to_vec());
            self.tasks
                .spawn(async move { Ended::Extended(consumer.extend(&leases, lease).await) });
        }
    }

    /// The machine slept: connections may be dead without knowing it, leases may have run out.
    fn wake_up(&mut self, slept: Duration) -> Result<(), Failure> {
        self.report.tell(&Told::Woke { slept });
        self.consumer = self.consumer.reconnected()?;
        if let Some(claim) = self.claiming.take() {
            claim.abort();
        }
        self.claim_due = 0;
        self.extend_due = 0;
        Ok(())
    }

    /// No more events; what goes is seen to its end.
    fn stop(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        let in_hand = self.lanes.in_hand();
        self.report.tell(&Told::Draining { in_hand });
        self.stopping = Some(self.now().saturating_add(millis(self.plan.drain)));
        if let Some(claim) = self.claiming.take() {
            claim.abort();
            // What it may have been given in this moment is asked for by its name, to be given back.
            let consumer = self.consumer.clone();
            let claim = Claim {
                max: 1,
                wait: Duration::ZERO,
                attempt_id: self.attempt_id.clone(),
                ..self.plan.claim.clone()
            };
            self.tasks.spawn(async move {
                if let Ok(page) = consumer.claim(&claim).await {
                    let leases = page.events.into_iter().filter_map(|event| event.lease);
                    release(&consumer, leases.collect()).await;
                }
                Ended::Released
            });
        }
        self.give_back();
    }

    /// Gives back what has not gone.
    fn give_back(&mut self) {
        let leases = self.lanes.empty();
        if leases.is_empty() {
            return;
        }
        let consumer = self.consumer.clone();
        self.tasks.spawn(async move {
            release(&consumer, leases).await;
            Ended::Released
        });
    }
}

/// Where it fails, the leases run out by themselves.
async fn release(consumer: &Consumer, leases: Vec<String>) {
    for leases in leases.chunks(LEASES) {
        let _ = consumer.release(leases).await;
    }
}
