//! What consumers must do, over maps: no SQL, no index, no transaction.

use std::collections::{BTreeMap, BTreeSet};

/// A feed, as far as consumers see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    /// Whether its filter takes it (for the consumer that has one), and whether it is erased.
    pub(crate) events: BTreeMap<u64, (bool, bool)>,
    /// Those that retention took.
    pub(crate) former: BTreeMap<u64, (bool, bool)>,
    pub(crate) latest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Kept,
    Erased,
    Gone,
}

impl Feed {
    pub(crate) fn start(&self) -> u64 {
        self.events.keys().next().map_or(self.latest, |seq| seq - 1)
    }

    pub(crate) fn left(&self, seq: u64) -> Left {
        match self.events.get(&seq) {
            None => Left::Gone,
            Some((_, true)) => Left::Erased,
            Some(_) => Left::Kept,
        }
    }
}

/// What is handed out or waits.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) ready_at: u64,
    pub(crate) failed: u64,
    pub(crate) claim: Option<u64>,
}

/// A lease as the model knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) life: u64,
    pub(crate) generation: u64,
    pub(crate) seq: u64,
    pub(crate) attempt: u64,
    pub(crate) claim: u64,
}

/// What a consumer is, besides its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) ordered: bool,
    pub(crate) filtered: bool,
    pub(crate) max_attempts: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) kind: Kind,
    /// Told apart from those of the same name that were deleted.
    pub(crate) life: u64,
    pub(crate) position: u64,
    pub(crate) generation: u64,
    pub(crate) rows: BTreeMap<u64, Row>,
    gap: Option<(u64, u64)>,
    told: Option<Option<u8>>,
    attempts: BTreeMap<u8, (u64, Vec<u64>)>,
    /// Given up, with the number of attempts, since it was last asked.
    pub(crate) dead: Vec<(u64, u64)>,
}

/// What a claim shall be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// By which claim, the events with the number of their attempt, and a gap.
    Given(u64, Vec<(u64, u64)>, Option<(u64, u64)>),
    Held(Option<u64>),
}

impl Consumer {
    pub(crate) fn new(kind: Kind, life: u64, feed: &Feed) -> Self {
        Self {
            kind,
            life,
            position: feed.start(),
            generation: 1,
            rows: BTreeMap::new(),
            gap: None,
            told: None,
            attempts: BTreeMap::new(),
            dead: Vec::new(),
        }
    }

    pub(crate) fn claim(
        &mut self,
        feed: &Feed,
        (max, lease_ms, attempt): (usize, u64, Option<u8>),
        claim: u64,
        now: u64,
    ) -> Expected {
        if let Some((earlier, seqs)) = attempt.and_then(|attempt| self.attempts.get(&attempt)) {
            let live = |seq: &&u64| {
                let row = self.rows.get(seq);
                row.is_some_and(|row| row.claim == Some(*earlier) && row.ready_at > now)
            };
            let live: Vec<u64> = seqs.iter().filter(live).copied().collect();
            if !live.is_empty() {
                let kept = live.iter().filter(|seq| feed.left(**seq) == Left::Kept);
                let events = kept.map(|seq| (*seq, self.rows[seq].failed + 1)).collect();
                return Expected::Given(*earlier, events, self.told_again(attempt));
            }
        }
        loop {
            let (events, more) = self.look(feed, max, now);
            let untold = self.gap.is_some() && self.told.is_none();
            if !events.is_empty() || untold {
                if !events.is_empty() {
                    self.generation += u64::from(self.kind.ordered);
                }
                for &(seq, failed) in &events {
                    let ready_at = now + lease_ms;
                    let row = Row {
                        ready_at,
                        failed,
                        claim: Some(claim),
                    };
                    self.rows.insert(seq, row);
                }
                if let Some(attempt) = attempt.filter(|_| !events.is_empty()) {
                    let seqs = events.iter().map(|(seq, _)| *seq).collect();
                    self.attempts.insert(attempt, (claim, seqs));
                }
                let gap = if untold {
                    self.gap
                } else {
                    self.told_again(attempt)
                };
                if untold {
                    self.told = Some(attempt);
                }
                let events = events.into_iter().map(|(seq, failed)| (seq, failed + 1));
                return Expected::Given(claim, events.collect(), gap);
            }
            if !more {
                let later = self
                    .rows
                    .values()
                    .map(|row| row.ready_at)
                    .filter(|at| *at > now);
                return Expected::Held(later.min());
            }
        }
    }

    pub(crate) fn told_again(&self, attempt: Option<u8>) -> Option<(u64, u64)> {
        self.gap
            .filter(|_| attempt.is_some() && self.told == Some(attempt))
    }

    /// What is found at one look, with how often it failed, and whether there is more.
    fn look(&mut self, feed: &Feed, max: usize, now: u64) -> (Vec<(u64, u64)>, bool) {
        let mut found = Vec::new();
        let (all, more) = match self.kind.ordered {
            true => self.look_ordered(feed, max, now, &mut found),
            false => self.look_shared(feed, max, now, &mut found),
        };
        if all {
            if self.position < feed.start() {
                self.gone(self.position + 1, feed.start());
                self.position = feed.start();
            }
            while found.len() < max && self.position < feed.latest {
                self.position += 1;
                let taken = feed.events[&self.position].0 || !self.kind.filtered;
                if taken && feed.left(self.position) == Left::Kept {
                    found.push((self.position, 0));
                }
            }
        }
        found.sort_unstable();
        (found, more)
    }

    fn look_shared(
        &mut self,
        feed: &Feed,
        max: usize,
        now: u64,
        found: &mut Vec<(u64, u64)>,
    ) -> (bool, bool) {
        let mut ready: Vec<(u64, u64)> = self
            .rows
            .iter()
            .map(|(seq, row)| (row.ready_at, *seq))
            .collect();
        ready.retain(|(at, _)| *at <= now);
        ready.sort_unstable();
        ready.truncate(max);
        let more = ready.len() == max;
        for (_, seq) in ready {
            let row = self.rows.remove(&seq).expect("a row");
            let expired = row.claim.is_some();
            let failed = row.failed + u64::from(expired);
            match feed.left(seq) {
                Left::Erased => {}
                Left::Gone => self.gone(seq, seq),
                Left::Kept if expired && failed >= self.kind.max_attempts => {
                    self.dead.push((seq, failed))
                }
                Left::Kept => found.push((seq, failed)),
            }
        }
        (!more, more)
    }

    fn look_ordered(
        &mut self,
        feed: &Feed,
        max: usize,
        now: u64,
        found: &mut Vec<(u64, u64)>,
    ) -> (bool, bool) {
        if self
            .rows
            .values()
            .any(|row| row.claim.is_some() && row.ready_at > now)
        {
            return (false, false);
        }
        self.expire_batch(feed);
        let seqs: Vec<u64> = self.rows.keys().copied().take(max).collect();
        let more = seqs.len() == max;
        for seq in seqs {
            match feed.left(seq) {
                Left::Erased => drop(self.rows.remove(&seq)),
                Left::Gone => {
                    self.rows.remove(&seq);
                    self.gone(seq, seq);
                }
                Left::Kept if self.rows[&seq].ready_at > now => return (false, false),
                Left::Kept => found.push((seq, self.rows[&seq].failed)),
            }
        }
        (!more, more)
    }

    /// The first of a batch failed, the others were never begun.
    fn expire_batch(&mut self, feed: &Feed) {
        let batch: Vec<u64> = self.batch().collect();
        for (at, seq) in batch.into_iter().enumerate() {
            let row = self.rows.get_mut(&seq).expect("a row");
            row.failed += u64::from(at == 0);
            (row.claim, row.ready_at) = (None, 0);
            if at == 0 && row.failed >= self.kind.max_attempts {
                self.bury(feed, seq);
            }
        }
    }

    fn batch(&self) -> impl Iterator<Item = u64> + '_ {
        let claimed = self.rows.iter().filter(|(_, row)| row.claim.is_some());
        claimed.map(|(seq, _)| *seq)
    }

    fn bury(&mut self, feed: &Feed, seq: u64) {
        let row = self.rows.remove(&seq).expect("a row");
        if feed.left(seq) != Left::Erased {
            self.dead.push((seq, row.failed));
        }
    }

    fn gone(&mut self, from: u64, to: u64) {
        let known = self.gap.filter(|_| self.told.is_none());
        let (first, last) = known.unwrap_or((from, to));
        self.gap = Some((first.min(from), last.max(to)));
        self.told = None;
    }

    /// Why a lease does not hold.
    pub(crate) fn judge(&self, lease: &Lease, now: u64) -> Result<(), &'static str> {
        if lease.life != self.life || lease.generation > self.generation {
            return Err("unknown_lease");
        }
        if lease.generation < self.generation {
            return Err("fenced");
        }
        let row = self.rows.get(&lease.seq).ok_or("settled")?;
        let same = row.claim == Some(lease.claim) && row.failed + 1 == lease.attempt;
        if same && row.ready_at > now {
            Ok(())
        } else {
            Err("lease_expired")
        }
    }

    /// Of the sequences whose leases hold, those that may be settled: in order, all that come first.
    pub(crate) fn in_order(&mut self, feed: &Feed, held: &BTreeSet<u64>) -> BTreeSet<u64> {
        if !self.kind.ordered {
            return held.clone();
        }
        // What was erased is settled by that.
        if !held.is_empty() {
            self.rows.retain(|seq, row| {
                let named = row.claim.is_none() || held.contains(seq);
                named || feed.left(*seq) != Left::Erased
            });
        }
        let first = self
            .batch()
            .zip(held)
            .take_while(|(due, held)| due == *held);
        first.map(|(seq, _)| seq).collect()
    }

    pub(crate) fn nack(&mut self, feed: &Feed, seqs: &BTreeSet<u64>, delay: u64, now: u64) -> u64 {
        if self.kind.ordered && !seqs.is_empty() {
            self.release(seqs);
        }
        let tried = if self.kind.ordered { 1 } else { seqs.len() };
        let mut over = 0;
        for seq in seqs.iter().take(tried) {
            let row = self.rows.get_mut(seq).expect("a row");
            row.failed += 1;
            row.claim = None;
            row.ready_at = if delay == 0 { 0 } else { now + delay };
            if row.failed >= self.kind.max_attempts {
                over += 1;
                self.bury(feed, *seq);
            }
        }
        over
    }

    pub(crate) fn release(&mut self, seqs: &BTreeSet<u64>) {
        let first = seqs.first().copied().unwrap_or(u64::MAX);
        let ordered = self.kind.ordered;
        for (seq, row) in &mut self.rows {
            if seqs.contains(seq) || (ordered && *seq >= first && row.claim.is_some()) {
                (row.claim, row.ready_at) = (None, 0);
            }
        }
    }

    pub(crate) fn extend(&mut self, seqs: &BTreeSet<u64>, until: u64) {
        let whole = self.kind.ordered && !seqs.is_empty();
        for (seq, row) in &mut self.rows {
            if seqs.contains(seq) || (whole && row.claim.is_some()) {
                row.ready_at = row.ready_at.max(until);
            }
        }
    }

    pub(crate) fn seek(&mut self, position: u64) {
        self.position = position;
        self.generation += 1;
        self.rows.clear();
        self.attempts.clear();
        (self.gap, self.told) = (None, None);
    }

    /// What the alarm does.
    pub(crate) fn expire(&mut self, feed: &Feed, now: u64) {
        let over = |row: &Row| row.claim.is_some() && row.ready_at <= now;
        let last: Vec<(u64, u64)> = self
            .rows
            .iter()
            .filter(|(_, row)| over(row) && row.failed + 1 >= self.kind.max_attempts)
            .map(|(seq, row)| (row.ready_at, *seq))
            .collect();
        if self.kind.ordered {
            if !last.is_empty() {
                self.expire_batch(feed);
            }
            return;
        }
        let mut last = last;
        last.sort_unstable();
        for (_, seq) in last {
            self.rows.get_mut(&seq).expect("a row").failed += 1;
            self.bury(feed, seq);
        }
    }
}
