//! A feed with its consumers and their models, side by side through what happens to them.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};
use waypost_core::config::Retention;
use waypost_core::consumer::{Revived, Verb};
use waypost_core::feed::Log;
use waypost_core::feed::db::DbError;
use waypost_core::wire::Meta;

use super::ledger::Ledger;
use super::model::{Consumer, Expected, Feed, Lease, Left};
use super::ops::{CONSUMERS, KINDS, Op, SOURCES, TYPES, Which};
use super::worker::{self, Answer};
use crate::log::db::RusqliteDb;
use crate::log::given::{self, BIRTH, id};

pub(crate) struct Run {
    db: RusqliteDb,
    log: Log<RusqliteDb>,
    feed: Feed,
    consumers: HashMap<&'static str, Consumer>,
    ledgers: HashMap<&'static str, Ledger>,
    /// Every lease that was ever given out under a name, with what it stands for.
    leases: HashMap<&'static str, Vec<(String, Lease)>>,
    claims: u64,
    lives: u64,
    now: u64,
}

impl Run {
    pub(crate) fn new() -> Self {
        let (db, log) = given::empty();
        Self {
            db,
            log,
            feed: Feed::default(),
            consumers: HashMap::new(),
            ledgers: HashMap::new(),
            leases: HashMap::new(),
            claims: 0,
            lives: 0,
            now: BIRTH + 1_000_000,
        }
    }

    pub(crate) fn apply(&mut self, consumer: usize, op: &Op, fail: Option<u32>) {
        let name = CONSUMERS[consumer].0;
        match op {
            Op::Append(kinds) => kinds.iter().for_each(|kind| self.append(*kind)),
            Op::Claim {
                max,
                lease,
                attempt,
                held,
            } => {
                self.claim(name, (*max, *lease, *attempt), *held, fail);
            }
            Op::Ack(which) => self.settle(name, Verb::Ack, which, 0, fail),
            Op::Nack(which, delay) => self.settle(name, Verb::Nack, which, *delay, fail),
            Op::Extend(which, lease) => self.settle(name, Verb::Extend, which, *lease, fail),
            Op::Release(which) => self.settle(name, Verb::Release, which, 0, fail),
            Op::Through(at, ago) => self.through(
                name,
                at.index(self.feed.latest as usize + 2) as u64,
                *ago,
                fail,
            ),
            Op::Seek(at) => self.seek(name, at.index(self.feed.latest as usize + 2) as u64, fail),
            Op::Delete => self.delete(name, fail),
            Op::Prune(keep) => self.prune(*keep),
            Op::Erase(at) => self.erase(at.index(self.feed.latest as usize + 1) as u64),
            Op::Pass(ms) => self.now += ms,
            Op::Alarm => self.alarm(fail),
            Op::Revive => self.revive(fail),
            Op::Reopen => self.log = Log::open(self.db.clone(), self.now).expect("opens"),
        }
        self.compare();
    }

    /// Runs `work`; where the database fails in it nothing has happened, and it is run again.
    fn twice<T>(
        &self,
        fail: Option<u32>,
        work: impl Fn(&Log<RusqliteDb>) -> Result<T, DbError>,
    ) -> T {
        if let Some(n) = fail {
            self.db.fail_in(n);
            let done = work(&self.log);
            self.db.mend();
            if let Ok(done) = done {
                return done;
            }
        }
        work(&self.log).expect("works")
    }

    fn append(&mut self, kind: usize) {
        let (kind, source, taken) = KINDS[kind];
        self.feed.latest += 1;
        let meta = Meta {
            kind: kind.to_owned(),
            source: source.to_owned(),
            ..given::meta(self.feed.latest)
        };
        given::append(&self.log, &meta, b"{}", self.now);
        self.feed.events.insert(self.feed.latest, (taken, false));
    }

    fn claim(
        &mut self,
        name: &'static str,
        (max, lease, attempt): (usize, u64, Option<u8>),
        held: bool,
        fail: Option<u32>,
    ) {
        let kind = CONSUMERS
            .iter()
            .find(|(known, _)| *known == name)
            .expect("known")
            .1;
        let mut body = json!({
            "max": max, "lease_seconds": lease, "max_attempts": kind.max_attempts,
            "mode": if kind.ordered { "ordered" } else { "shared" },
        });
        if let Some(attempt) = attempt {
            body["attempt_id"] = json!(format!("a{attempt}"));
        }
        if kind.filtered {
            (body["types"], body["sources"]) = (json!(TYPES), json!(SOURCES));
        }
        let now = self.now;
        let answer = self.twice(fail, |log| worker::try_claim(log, name, &body, held, now));
        self.claims += 1;
        let lives = &mut self.lives;
        let feed = &self.feed;
        let consumer = self.consumers.entry(name).or_insert_with(|| {
            *lives += 1;
            Consumer::new(kind, *lives, feed)
        });
        let ledger = self
            .ledgers
            .entry(name)
            .or_insert_with(|| Ledger::new(kind, consumer.position));
        let expected = consumer.claim(feed, (max, lease * 1000, attempt), self.claims, now);
        let (claim, events, gap) = match (expected, held) {
            (Expected::Held(until), false) => {
                return assert_eq!(answer, Answer::Held(until), "{name}");
            }
            (Expected::Held(_), true) => (0, Vec::new(), consumer.told_again(attempt)),
            (Expected::Given(claim, events, gap), _) => (claim, events, gap),
        };
        let leases = answer.leases();
        assert_eq!(
            answer.seqs(),
            events.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(),
            "{name}"
        );
        let json = answer.json();
        assert_eq!(json["generation"], consumer.generation, "{name}");
        let told = gap.map_or(
            Value::Null,
            |(from, to)| json!({"from": id(from).to_string(), "to": id(to).to_string()}),
        );
        assert_eq!(json["gap"], told, "{name}");
        let given = self.leases.entry(name).or_default();
        for ((text, &(seq, attempt)), event) in leases
            .into_iter()
            .zip(&events)
            .zip(json["events"].as_array().expect("events"))
        {
            assert_eq!(event["attempt"], attempt, "{name} {seq}");
            let lease = Lease {
                life: consumer.life,
                generation: consumer.generation,
                seq,
                attempt,
                claim,
            };
            ledger.given(seq, &text, consumer.rows[&seq].ready_at, now);
            match given.iter().find(|(_, known)| *known == lease) {
                Some((known, _)) => assert_eq!(*known, text, "a claim that is repeated"),
                None => {
                    assert!(
                        given.iter().all(|(known, _)| *known != text),
                        "a lease is given out once"
                    );
                    given.push((text, lease));
                }
            }
        }
        if let Some((from, to)) = gap {
            ledger.told_gap(from, to);
        }
    }

    fn choose(&self, name: &str, which: &Which) -> Vec<(String, Lease)> {
        let Some(given) = self.leases.get(name).filter(|given| !given.is_empty()) else {
            return Vec::new();
        };
        match which {
            Which::Any(indexes) => indexes.iter().map(|at| at.get(given).clone()).collect(),
            Which::First(most) => {
                let last = given.last().expect("a lease").1.claim;
                given
                    .iter()
                    .filter(|(_, lease)| lease.claim == last)
                    .take(*most)
                    .cloned()
                    .collect()
            }
        }
    }

    fn settle(
        &mut self,
        name: &'static str,
        verb: Verb,
        which: &Which,
        seconds: u64,
        fail: Option<u32>,
    ) {
        let chosen = self.choose(name, which);
        let texts: Vec<&str> = chosen.iter().map(|(text, _)| text.as_str()).collect();
        let body = json!({ "leases": texts, "delay_seconds": seconds, "lease_seconds": seconds });
        let now = self.now;
        let said = self.twice(fail, |log| worker::try_settle(log, name, verb, &body, now));
        let Some(consumer) = self.consumers.get_mut(name) else {
            return assert_eq!(said, Err("unknown_consumer".to_owned()));
        };
        let said = said.expect("a consumer");
        let (mut held, mut rejected) = (BTreeSet::new(), BTreeSet::new());
        for (text, lease) in &chosen {
            match consumer.judge(lease, now) {
                Ok(()) => drop(held.insert(lease.seq)),
                Err(code) => drop(rejected.insert((text.as_str(), code))),
            }
        }
        if matches!(verb, Verb::Ack | Verb::Nack) {
            let first = consumer.in_order(&self.feed, &held);
            let early = chosen.iter().filter(|(_, lease)| {
                consumer.judge(lease, now).is_ok() && !first.contains(&lease.seq)
            });
            rejected.extend(early.map(|(text, _)| (text.as_str(), "out_of_order")));
            held = first;
        }
        let mut told = BTreeSet::new();
        for entry in said["rejected"].as_array().expect("rejected") {
            told.insert((
                entry["lease"].as_str().expect("text"),
                entry["code"].as_str().expect("text"),
            ));
        }
        assert_eq!(told, rejected, "{name}");
        let ledger = self.ledgers.get_mut(name).expect("a ledger");
        let word = match verb {
            Verb::Ack => {
                held.iter().for_each(|seq| ledger.acknowledged(*seq));
                consumer.rows.retain(|seq, _| !held.contains(seq));
                "acknowledged"
            }
            Verb::Nack => {
                let over = consumer.nack(&self.feed, &held, seconds * 1000, now);
                assert_eq!(said["dead_lettered"], over, "{name}");
                "nacked"
            }
            Verb::Extend => {
                consumer.extend(&held, now + seconds.max(1) * 1000);
                "extended"
            }
            _ => {
                consumer.release(&held);
                "released"
            }
        };
        assert_eq!(said[word], held.len(), "{name}");
        ledger.let_go(consumer, now);
    }

    fn through(&mut self, name: &'static str, seq: u64, ago: u64, fail: Option<u32>) {
        let generation = self
            .consumers
            .get(name)
            .map_or(1, |consumer| consumer.generation.saturating_sub(ago));
        let body = json!({ "through": id(seq).to_string(), "generation": generation });
        let now = self.now;
        let said = self.twice(fail, |log| {
            worker::try_settle(log, name, Verb::Ack, &body, now)
        });
        let expected = match self.consumers.get_mut(name) {
            None => Err("unknown_consumer"),
            Some(consumer) if !consumer.kind.ordered => Err("not_ordered"),
            Some(_) if ago > 0 => Err("fenced"),
            Some(consumer) => {
                let live: Vec<u64> = consumer
                    .rows
                    .iter()
                    .filter(|(_, row)| row.claim.is_some() && row.ready_at > now)
                    .map(|(seq, _)| *seq)
                    .collect();
                let ledger = self.ledgers.get_mut(name).expect("a ledger");
                let mut count = 0;
                for done in live.iter().filter(|done| **done <= seq) {
                    consumer.rows.remove(done);
                    ledger.acknowledged(*done);
                    count += 1;
                }
                if live.is_empty() {
                    Err("lease_expired")
                } else {
                    Ok(count)
                }
            }
        };
        let said = said.map(|said| said["acknowledged"].as_u64().expect("a count"));
        assert_eq!(said, expected.map_err(str::to_owned), "{name}");
    }

    fn seek(&mut self, name: &'static str, seq: u64, fail: Option<u32>) {
        let body = json!({ "to": id(seq).to_string() });
        let now = self.now;
        let said = self.twice(fail, |log| {
            worker::try_settle(log, name, Verb::Seek, &body, now)
        });
        let Some(consumer) = self.consumers.get_mut(name) else {
            return assert_eq!(said, Err("unknown_consumer".to_owned()));
        };
        let expected = if seq > self.feed.latest {
            Err("cursor_ahead".to_owned())
        } else if seq < self.feed.start() {
            Err("cursor_expired".to_owned())
        } else {
            consumer.seek(seq);
            self.ledgers.insert(name, Ledger::new(consumer.kind, seq));
            Ok(json!({"position": id(seq).to_string(), "generation": consumer.generation}))
        };
        assert_eq!(said, expected, "{name}");
    }

    fn delete(&mut self, name: &'static str, fail: Option<u32>) {
        let deleted = self.twice(fail, |log| log.delete_consumer(name));
        assert_eq!(deleted, self.consumers.remove(name).is_some());
        self.ledgers.remove(name);
    }

    fn prune(&mut self, keep: u64) {
        let retention = Retention {
            events: Some(keep),
            ..Retention::default()
        };
        while self.log.prune(retention, self.now).expect("works") {}
        let gone = self.feed.events.len().saturating_sub(keep as usize);
        for _ in 0..gone {
            let gone = self.feed.events.pop_first();
            self.feed.former.extend(gone);
        }
    }

    fn erase(&mut self, seq: u64) {
        let erased = self.log.erase(seq, self.now).expect("works");
        let expected = self.feed.left(seq) == Left::Kept;
        assert_eq!(erased, expected);
        if let Some(event) = self.feed.events.get_mut(&seq) {
            event.1 = true;
        }
    }

    fn alarm(&mut self, fail: Option<u32>) {
        let now = self.now;
        let next = self.twice(fail, |log| log.housekeep(Retention::default(), None, now));
        // A failure is tried again a minute later, if not before.
        if fail.is_none() {
            assert!(next.is_none_or(|at| at > now), "what is due is done");
            for consumer in self.consumers.values_mut() {
                consumer.expire(&self.feed, now);
            }
        } else {
            self.log
                .housekeep(Retention::default(), None, now + 60_000)
                .expect("works");
            for consumer in self.consumers.values_mut() {
                consumer.expire(&self.feed, now + 60_000);
            }
            self.now += 60_000;
        }
    }

    /// One more try for some dead letter.
    fn revive(&mut self, fail: Option<u32>) {
        let letters = self.letters();
        if letters.is_empty() {
            return;
        }
        let (letter, name, seq) = letters[self.claims as usize % letters.len()].clone();
        let revived = self.twice(fail, |log| log.revive(letter));
        let known = CONSUMERS.iter().find(|(known, _)| *known == name);
        let consumer = known.and_then(|(name, _)| self.consumers.get_mut(name));
        let kept = self.feed.left(seq) == Left::Kept;
        let Some(consumer) = consumer.filter(|_| kept) else {
            return assert_eq!(revived, Revived::Lost);
        };
        assert_eq!(revived, Revived::Redelivered);
        if seq <= consumer.position {
            let fresh = super::model::Row {
                ready_at: 0,
                failed: 0,
                claim: None,
            };
            consumer.rows.entry(seq).or_insert(fresh);
        }
        let ledger = self.ledgers.get_mut(name.as_str()).expect("a ledger");
        ledger.revived(seq);
    }

    /// Every dead letter: its id, its consumer and its event.
    fn letters(&self) -> Vec<(waypost_core::cursor::EventId, String, u64)> {
        let page = self.log.dead_letters(None, Vec::clone).expect("works");
        let page: Value = serde_json::to_value(&page).expect("JSON");
        let letters = page["dead_letters"].as_array().expect("letters").iter();
        letters
            .map(|letter| {
                let text = |member: &str| letter[member].as_str().expect("text").to_owned();
                let event: waypost_core::cursor::EventId = text("event").parse().expect("an id");
                (
                    text("id").parse().expect("an id"),
                    text("consumer"),
                    event.sequence,
                )
            })
            .collect()
    }

    /// What is kept is what the model has, and each dead letter is one of the model's.
    fn compare(&mut self) {
        let said = self.log.consumers(self.now).expect("works");
        let said: Vec<Value> = said
            .iter()
            .map(|text| serde_json::from_str(text).expect("JSON"))
            .collect();
        assert_eq!(said.len(), self.consumers.len());
        for shown in &said {
            let name = shown["name"].as_str().expect("a name");
            let consumer = self.consumers.get_mut(name).expect("the model's");
            let live = consumer
                .rows
                .values()
                .filter(|row| row.claim.is_some() && row.ready_at > self.now);
            assert_eq!(shown["leases"], live.count(), "{name}");
            let position = consumer.position.max(self.feed.start());
            let lag = self.feed.latest - position + consumer.rows.len() as u64;
            assert_eq!(shown["lag"], lag, "{name}");
            assert_eq!(shown["generation"], consumer.generation, "{name}");
            let ledger = self.ledgers.get_mut(name).expect("a ledger");
            for (seq, attempts) in std::mem::take(&mut consumer.dead) {
                ledger.buried(seq, attempts);
            }
            ledger.let_go(consumer, self.now);
        }
    }

    /// Works until nothing is left: then every event was acknowledged once, or given up, or told lost.
    pub(crate) fn finish(&mut self) {
        self.log = Log::open(self.db.clone(), self.now).expect("opens");
        for (at, (name, kind)) in CONSUMERS.iter().enumerate() {
            for round in 0.. {
                assert!(round < 1000, "{name} never ends");
                self.now += 40_000;
                self.apply(
                    at,
                    &Op::Claim {
                        max: 4,
                        lease: 30,
                        attempt: None,
                        held: true,
                    },
                    None,
                );
                let consumer = &self.consumers[name];
                if consumer.rows.is_empty() && consumer.position >= self.feed.latest {
                    break;
                }
                self.apply(at, &Op::Ack(Which::First(usize::MAX)), None);
            }
            self.ledgers[name].whole(*kind, &self.feed, name);
        }
    }
}
