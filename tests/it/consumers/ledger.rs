//! What a consumer's workers saw, and what that must never be: independent of how it comes about.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Consumer, Feed, Kind, Left};

/// Everything since the consumer began, or was told to go on from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    kind: Kind,
    start: u64,
    live: BTreeMap<u64, (String, u64)>,
    acknowledged: BTreeSet<u64>,
    dead: BTreeSet<u64>,
    revived: BTreeSet<u64>,
    gaps: Vec<(u64, u64)>,
    last: u64,
}

impl Ledger {
    pub(crate) fn new(kind: Kind, start: u64) -> Self {
        Self {
            kind,
            start,
            live: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            dead: BTreeSet::new(),
            revived: BTreeSet::new(),
            gaps: Vec::new(),
            last: start,
        }
    }

    pub(crate) fn given(&mut self, seq: u64, lease: &str, until: u64, now: u64) {
        let due = seq > self.start || self.revived.contains(&seq);
        assert!(due, "{seq} is before the start");
        assert!(!self.acknowledged.contains(&seq), "{seq} was acknowledged");
        assert!(!self.dead.contains(&seq), "{seq} was given up");
        if let Some((other, until)) = self.live.get(&seq) {
            assert!(other == lease || *until <= now, "{seq} is held twice");
        }
        self.live.insert(seq, (lease.to_owned(), until));
    }

    pub(crate) fn acknowledged(&mut self, seq: u64) {
        assert!(
            self.acknowledged.insert(seq),
            "{seq} was acknowledged twice"
        );
        assert!(self.live.remove(&seq).is_some(), "{seq} was not handed out");
        if self.kind.ordered && !self.revived.contains(&seq) {
            assert!(seq > self.last, "{seq} comes after {}", self.last);
            self.last = seq;
        }
    }

    pub(crate) fn buried(&mut self, seq: u64, attempts: u64) {
        assert_eq!(attempts, self.kind.max_attempts, "{seq} was given up");
        assert!(self.dead.insert(seq), "{seq} was given up twice");
        assert!(!self.acknowledged.contains(&seq), "{seq} was acknowledged");
    }

    /// Whoever decides about a dead letter decides about its order, too.
    pub(crate) fn revived(&mut self, seq: u64) {
        self.dead.remove(&seq);
        self.acknowledged.remove(&seq);
        self.revived.insert(seq);
    }

    pub(crate) fn told_gap(&mut self, from: u64, to: u64) {
        self.gaps.push((from, to));
    }

    /// Leases that were given back, or grew longer.
    pub(crate) fn let_go(&mut self, consumer: &Consumer, now: u64) {
        self.live.retain(|seq, (_, until)| {
            let row = consumer.rows.get(seq).filter(|row| row.claim.is_some());
            *until = row.map_or(0, |row| row.ready_at);
            *until > now
        });
    }

    /// Nothing is missing.
    pub(crate) fn whole(&self, kind: Kind, feed: &Feed, name: &str) {
        for (&seq, &(taken, erased)) in feed.former.iter().chain(&feed.events) {
            // What was erased or filtered out is passed over in silence.
            if seq <= self.start || erased || (kind.filtered && !taken) {
                continue;
            }
            let told = self
                .gaps
                .iter()
                .any(|(from, to)| (from..=to).contains(&&seq));
            let told = told && feed.left(seq) == Left::Gone;
            let settled = self.acknowledged.contains(&seq) || self.dead.contains(&seq);
            assert!(told || settled, "{name} lost {seq}");
        }
    }
}
