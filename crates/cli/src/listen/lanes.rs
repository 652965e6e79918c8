//! What the agent has in hand, and what of it may go next. No clock and no I/O.
//!
//! A lane is what must stay in order: everything with [`OrderBy::Feed`], the events of one source with
//! [`OrderBy::Source`], each event on its own with [`OrderBy::None`].

use std::collections::{BTreeMap, BTreeSet};

use waypost_client::Event;

use crate::args::OrderBy;

/// So many batches of a strict order wait at most, so that one lane that is blocked leaves room.
const AHEAD: usize = 4;
/// With [`OrderBy::Feed`] one event goes at a time, and so many are fetched at once.
const BATCH: usize = 50;

/// So many events whose backend is away are held beside the others.
const RESTING: usize = 200;

/// An event in hand.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The event.
    pub(crate) event: Event,
    /// What it is held by.
    pub(crate) lease: String,
    /// The how manieth attempt.
    pub(crate) attempt: u64,
}

/// What became of a job that went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done, and its acknowledgement under way.
    Done,
    /// It failed and is given back; it comes again after this moment.
    Again(u64),
    /// Nothing was tried: it stays, and goes again at this moment.
    Kept(u64),
}

#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeMap<String, Job>,
    running: Option<Job>,
    /// The event that must come again first, and the moment after which it is not waited for.
    awaits: Option<(String, u64)>,
    /// Nothing goes before this moment.
    rests: u64,
}

impl Lane {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none() && self.awaits.is_none()
    }

    /// When its first job may go; none where it has none or waits for something else.
    fn due(&self, now: u64) -> Option<u64> {
        let first = self.waiting.keys().next()?;
        let blocked = |(id, until): &(String, u64)| first > id && *until > now;
        let free = self.running.is_none() && !self.awaits.as_ref().is_some_and(blocked);
        free.then_some(self.rests)
    }
}

/// Everything in hand.
#[derive(Debug)]
pub(crate) struct Lanes {
    order: OrderBy,
    concurrency: usize,
    lanes: BTreeMap<String, Lane>,
    running: usize,
    /// Done, and not known to be acknowledged: by event, its lease.
    settling: BTreeMap<String, String>,
    /// Done, and their leases ran out before that was said: they come again and are not to go.
    done: BTreeSet<String>,
    /// How long after its return is due an event is waited for, in milliseconds.
    patience: u64,
}

impl Lanes {
    pub(crate) fn new(order: OrderBy, concurrency: usize, patience: u64) -> Self {
        let concurrency = match order {
            OrderBy::Feed => 1,
            OrderBy::Source | OrderBy::None => concurrency.max(1),
        };
        Self {
            order,
            concurrency,
            lanes: BTreeMap::new(),
            running: 0,
            settling: BTreeMap::new(),
            done: BTreeSet::new(),
            patience,
        }
    }

    fn lane(&self, event: &Event) -> String {
        match self.order {
            OrderBy::Feed => String::new(),
            OrderBy::Source => event.source.clone(),
            OrderBy::None => event.id.clone(),
        }
    }

    /// Takes a job into hand. Gives it back where its event was done already: it is to be
    /// acknowledged and nothing else.
    pub(crate) fn add(&mut self, job: Job) -> Option<Job> {
        let id = job.event.id.clone();
        if self.done.contains(&id) || self.settling.contains_key(&id) {
            self.settling.insert(id, job.lease.clone());
            return Some(job);
        }
        let lane = self.lanes.entry(self.lane(&job.event)).or_default();
        if lane
            .awaits
            .as_ref()
            .is_some_and(|(awaited, _)| *awaited == id)
        {
            lane.awaits = None;
            lane.rests = 0;
        }
        match &mut lane.running {
            // Its lease ran out while it went; what it is now held by is the newer one.
            Some(running) if running.event.id == id => *running = job,
            _ => drop(lane.waiting.insert(id, job)),
        }
        None
    }

    /// The next job that may go now.
    pub(crate) fn start(&mut self, now: u64) -> Option<Job> {
        if self.running >= self.concurrency {
            return None;
        }
        let ready = |lane: &&mut Lane| lane.due(now).is_some_and(|due| due <= now);
        let lane = self.lanes.values_mut().find(ready)?;
        let (_, job) = lane.waiting.pop_first()?;
        lane.running = Some(job.clone());
        self.running = self.running.saturating_add(1);
        Some(job)
    }

    /// The job of this event went. Returns it with the lease that it is held by now.
    pub(crate) fn finish(&mut self, event: &Event, fate: Fate) -> Option<Job> {
        let key = self.lane(event);
        let lane = self.lanes.get_mut(&key)?;
        let job = lane.running.take()?;
        self.running = self.running.saturating_sub(1);
        let id = job.event.id.clone();
        match fate {
            Fate::Done => {
                self.settling.insert(id, job.lease.clone());
            }
            Fate::Kept(until) => {
                lane.rests = until;
                lane.waiting.insert(id, job.clone());
            }
            // What is behind it is given back with it.
            Fate::Again(_) if self.order == OrderBy::Feed => lane.waiting.clear(),
            Fate::Again(until) if self.order == OrderBy::Source => {
                lane.awaits = Some((id, until.saturating_add(self.patience)));
                lane.rests = 0;
            }
            Fate::Again(_) => {}
        }
        self.tidy(&key);
        Some(job)
    }

    /// The acknowledgement of this event was taken.
    pub(crate) fn settled(&mut self, id: &str) {
        self.settling.remove(id);
        self.done.remove(id);
    }

    /// Its lease ran out before: it comes again, and is known then.
    pub(crate) fn unsettled(&mut self, id: &str) {
        self.settling.remove(id);
        self.done.insert(id.to_owned());
        if self.done.len() > 10_000 {
            self.done.pop_first();
        }
    }

    /// An event that was given back will not come again.
    pub(crate) fn over(&mut self, event: &Event) {
        let key = self.lane(event);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.awaits.take_if(|(id, _)| *id == event.id);
        }
        self.tidy(&key);
    }

    /// These leases do not hold any more: what waits under them is somebody else's.
    pub(crate) fn lost(&mut self, leases: &BTreeSet<&str>) -> usize {
        let before = self.in_hand();
        for lane in self.lanes.values_mut() {
            lane.waiting
                .retain(|_, job| !leases.contains(job.lease.as_str()));
        }
        self.lanes.retain(|_, lane| !lane.is_empty());
        before.saturating_sub(self.in_hand())
    }

    /// Takes out what waits, to be given back.
    pub(crate) fn empty(&mut self) -> Vec<String> {
        let mut leases = Vec::new();
        for lane in self.lanes.values_mut() {
            leases.extend(
                std::mem::take(&mut lane.waiting)
                    .into_values()
                    .map(|job| job.lease),
            );
            lane.awaits = None;
        }
        self.lanes.retain(|_, lane| !lane.is_empty());
        leases
    }

    /// Every lease that is to be kept alive.
    pub(crate) fn leases(&self) -> Vec<String> {
        let jobs = self
            .lanes
            .values()
            .flat_map(|lane| lane.running.iter().chain(lane.waiting.values()));
        let jobs = jobs.map(|job| job.lease.clone());
        jobs.chain(self.settling.values().cloned()).collect()
    }

    /// How many more events may be asked for.
    pub(crate) fn room(&self, now: u64) -> usize {
        let held = self.in_hand().saturating_add(self.settling.len());
        let most = match self.order {
            // The next batch is anybody's while one is held.
            OrderBy::Feed if held > 0 => return 0,
            OrderBy::Feed => BATCH,
            OrderBy::Source => self.concurrency.saturating_mul(AHEAD).max(BATCH),
            OrderBy::None => self.concurrency.saturating_mul(2),
        };
        // A backend that is away must not keep the others' events out.
        let resting = self.lanes.values().filter(|lane| lane.rests > now);
        let resting: usize = resting.map(|lane| lane.waiting.len()).sum();
        let most = most.saturating_add(resting.min(RESTING));
        let room = most.saturating_sub(held).min(500);
        // A lane that waits for an event's return must be able to get it.
        let returns = |lane: &Lane| {
            let due = |(_, until): &(String, u64)| until.saturating_sub(self.patience) <= now;
            lane.awaits.as_ref().is_some_and(due)
        };
        match self.lanes.values().any(returns) {
            true => room.max(1),
            false => room,
        }
    }

    /// How many events are in hand and not done.
    pub(crate) fn in_hand(&self) -> usize {
        let waiting = self
            .lanes
            .values()
            .map(|lane| lane.waiting.len())
            .sum::<usize>();
        waiting.saturating_add(self.running)
    }

    /// How many wait for nothing but their turn.
    pub(crate) fn ready(&self, now: u64) -> usize {
        let ready = |lane: &&Lane| lane.due(now).is_some_and(|due| due <= now);
        self.lanes.values().filter(ready).count()
    }

    /// How many are going.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Whether nothing is left to be done or acknowledged.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_hand() == 0 && self.settling.is_empty()
    }

    /// The next moment at which something may go or be asked for, other than by what happens.
    pub(crate) fn next_due(&self, now: u64) -> Option<u64> {
        let rests = self.lanes.values().filter_map(|lane| lane.due(now));
        let returns = self.lanes.values().filter_map(|lane| {
            let (_, until) = lane.awaits.as_ref()?;
            Some(until.saturating_sub(self.patience))
        });
        rests.chain(returns).filter(|due| *due > now).min()
    }

    fn tidy(&mut self, key: &str) {
        if self.lanes.get(key).is_some_and(Lane::is_empty) {
            self.lanes.remove(key);
        }
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
