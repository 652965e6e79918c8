//! A log and its model, side by side through what happens to them.

use std::collections::HashMap;

use proptest::sample::Index;
use waypost_core::cache::Audience;
use waypost_core::config::Retention;
use waypost_core::feed::db::{Db, DbError};
use waypost_core::feed::{Incoming, Log, Payload};

use super::db::RusqliteDb;
use super::given::{self, BIRTH, id};
use super::model::{Model, Shown};
use super::ops::{Hook, Op};

pub(crate) struct Run {
    db: RusqliteDb,
    pub(super) log: Log<RusqliteDb>,
    pub(super) model: Model,
    pub(super) now: u64,
    /// What each tag stood for, by URL and audience.
    pub(super) tags: HashMap<(String, bool, String), Vec<u8>>,
    /// The newest dated answer of each URL and audience.
    pub(super) dated: HashMap<(String, bool), (u64, Vec<u8>)>,
    /// Where the follower stands.
    pub(super) follower: u64,
}

impl Run {
    pub(crate) fn new() -> Self {
        let (db, log) = given::empty();
        Self {
            db,
            log,
            model: Model::default(),
            now: BIRTH + 30 * 86_400_000,
            tags: HashMap::new(),
            dated: HashMap::new(),
            follower: 0,
        }
    }

    pub(crate) fn apply(&mut self, op: &Op, fail: Option<u32>) {
        match op {
            Op::Append(hooks) => self.append(hooks, fail),
            Op::Prune(keep) => self.prune(*keep, fail),
            Op::Erase(at) => self.erase(self.pick(*at), fail),
            Op::Reopen => self.reopen(),
            Op::EraseNewest(back) => self.erase(self.model.latest.saturating_sub(*back), fail),
            Op::Pass(ms) => self.now += ms,
            Op::Back(ms) => {
                self.now -= ms;
                // A date cannot tell a second from the same second lived again; tags can.
                self.dated.clear();
            }
            Op::List(list) => self.list(list),
            Op::Single(at, audience) => self.single(self.pick(*at), *audience),
            Op::Follow(limit) => self.follow(*limit),
        }
        let bounds = self.log.bounds();
        assert_eq!(
            (bounds.generation, bounds.earliest, bounds.latest),
            (BIRTH, self.model.earliest(), self.model.latest)
        );
        let orphans =
            "SELECT 1 FROM bodies WHERE seq NOT IN (SELECT seq FROM events WHERE form = 2)";
        let orphans = self.db.query(orphans, &[], |_| ()).expect("works");
        assert!(orphans.is_empty(), "parts outlive their event");
        self.watch();
    }

    /// Whatever happened, readers who ask the same again are never told that nothing changed when
    /// something did.
    fn watch(&mut self) {
        for audience in [Audience::Public, Audience::Token] {
            self.ask("/resource", audience);
            self.ask("/events?limit=3&wait=0", audience);
            self.ask("/long-poll?limit=3&timeout=0", audience);
            self.ask("/updates?since=", audience);
            let after = id(self.follower);
            self.ask(
                &format!("/events?limit=5&since_id={after}&wait=0"),
                audience,
            );
        }
    }

    /// Opens the log anew: what it knows must be what it knew.
    pub(crate) fn reopen(&mut self) {
        let before = ends(&self.log);
        self.log = Log::open(self.db.clone(), self.now).expect("opens");
        assert_eq!(ends(&self.log), before);
    }

    /// Follows to the end: what is left to read is read.
    pub(crate) fn finish(&mut self) {
        while self.follower < self.model.latest || self.follower + 1 < self.model.earliest() {
            self.follow(7);
        }
    }

    pub(super) fn pick(&self, at: Index) -> u64 {
        at.index(self.model.latest as usize + 2) as u64
    }

    /// Runs `work`; where the database fails in it nothing has happened, and it is run again.
    fn twice<T>(
        &mut self,
        fail: Option<u32>,
        work: impl Fn(&Log<RusqliteDb>) -> Result<T, DbError>,
    ) -> T {
        if let Some(n) = fail {
            let before = ends(&self.log);
            self.db.fail_in(n);
            let done = work(&self.log);
            self.db.mend();
            match done {
                Ok(done) => return done,
                Err(_) => assert_eq!(ends(&self.log), before),
            }
            self.reopen();
        }
        work(&self.log).expect("works")
    }

    fn append(&mut self, hooks: &[Hook], fail: Option<u32>) {
        let metas: Vec<_> = hooks.iter().map(|hook| hook.meta(self.now)).collect();
        // Two parts, so that their order counts.
        let parts = |hook: &Hook| {
            let (first, second) = hook.body().0.split_at(hook.body().0.len() / 2);
            [first.to_vec(), second.to_vec()]
        };
        let parts: Vec<_> = hooks.iter().map(parts).collect();
        let batch: Vec<_> = hooks
            .iter()
            .zip(&metas)
            .zip(&parts)
            .map(|((hook, meta), parts)| {
                let payload = match hook.body() {
                    (_, Shown::ByUrl) => Payload::Parts(parts.as_slice()),
                    (body, _) => Payload::Inline(body),
                };
                Incoming { meta, payload }
            })
            .collect();
        let now = self.now;
        let outcomes = self.twice(fail, |log| log.append(&batch, now));
        let expected: Vec<_> = hooks
            .iter()
            .zip(&metas)
            .map(|(hook, meta)| {
                let (body, shown) = hook.body();
                self.model.append(meta.clone(), body.to_vec(), shown, now)
            })
            .collect();
        assert_eq!(outcomes, expected);
    }

    fn prune(&mut self, keep: Retention, fail: Option<u32>) {
        if let Some(n) = fail {
            // A step is several transactions: those before the failure may stay.
            self.db.fail_in(n);
            let _ = self.log.prune(keep, self.now);
            self.db.mend();
            self.reopen();
        }
        while self.log.prune(keep, self.now).expect("works") {}
        self.model.prune(keep, self.now);
    }

    fn erase(&mut self, seq: u64, fail: Option<u32>) {
        let now = self.now;
        let erased = self.twice(fail, |log| log.erase(seq, now));
        assert_eq!(erased, self.model.erase(seq, now));
    }
}

/// Everything that a log knows of its ends.
fn ends(log: &Log<RusqliteDb>) -> (waypost_core::cursor::Bounds, u64, u64) {
    (log.bounds(), log.erasures(), log.changed_at())
}
