//! A feed that is watched, and what may happen to it.

use serde_json::{Value, json};
use waypost_core::config::{Alerts, Config, Retention};
use waypost_core::consumer::Verb;
use waypost_core::feed::db::{Db, Row};
use waypost_core::feed::{Dead, Log, Tallies, Watched, kind, outcome};
use waypost_core::rejection::Rejection;

use crate::consumers::worker::{self, Answer};
use crate::log::db::RusqliteDb;
use crate::log::given::{self, BIRTH};

/// A little after the feed was made, so that a clock can be set back.
pub(super) const START: u64 = BIRTH + 10_000_000;

/// The sources of these tests; the last writes another feed.
const SOURCES: &str = r#"{"github":{"provider":"github","secrets":["S"]},"stripe":{"provider":"stripe","secrets":["S"]},
    "other":{"provider":"github","secrets":["S"],"feed":"other"}}"#;

/// The rules of a feed.
pub(super) fn rules(alerts: Value) -> Alerts {
    let feeds = json!({"default": {"alerts": alerts}, "other": {}}).to_string();
    let config = Config::parse(&[("SOURCES", SOURCES), ("FEEDS", &feeds)]);
    let config = config.unwrap_or_else(|errors| panic!("{errors:#?}"));
    let feed = config.feed("default").expect("a feed");
    feed.alerts.clone().expect("rules")
}

pub(super) struct World {
    pub(super) db: RusqliteDb,
    pub(super) log: Log<RusqliteDb>,
    pub(super) rules: Option<Alerts>,
    pub(super) now: u64,
    /// How many webhooks there were.
    webhooks: u64,
    /// The last event that was read of what was told.
    read: u64,
}

impl World {
    pub(super) fn new(alerts: Value) -> Self {
        let (db, log) = given::empty();
        let mut world = Self {
            db,
            log,
            rules: Some(rules(alerts)),
            now: START,
            webhooks: 0,
            read: 0,
        };
        world.reopen();
        world
    }

    /// The object is evicted, and comes back.
    pub(super) fn reopen(&mut self) {
        self.log = Log::open(self.db.clone(), self.now).expect("opens");
        let watched = self.log.watch_by(self.rules.as_ref(), self.now);
        watched.expect("works");
    }

    /// Makes a look due, and has the alarm ring.
    pub(super) fn ring(&self) -> Result<Option<u64>, waypost_core::feed::db::DbError> {
        self.db
            .raw("INSERT OR REPLACE INTO due (duty, at) VALUES ('watch', 0)")
            .expect("works");
        let rules = self.rules.as_ref();
        self.log.housekeep(Retention::default(), rules, self.now)
    }

    /// Looks, and gives what was told by it.
    pub(super) fn look(&mut self) -> Vec<Value> {
        self.ring().expect("works");
        self.told()
    }

    /// As [`Self::look`], in short: alert, subject, status.
    pub(super) fn hear(&mut self) -> Vec<String> {
        self.look().iter().map(short).collect()
    }

    /// The bodies that were not read yet.
    pub(super) fn told(&mut self) -> Vec<Value> {
        let sql =
            "SELECT type, payload FROM events WHERE source = 'waypost' AND seq > ? ORDER BY seq";
        let after = [waypost_core::feed::db::Value::Int(self.read)];
        let read = |row: &dyn Row<RusqliteDb>| (row.string(0), row.string(1));
        let rows = self.db.query(sql, &after, read).expect("works");
        self.read = self.log.bounds().latest;
        let body = |(kind, payload): (String, String)| {
            let body: Value = serde_json::from_str(&payload).expect("JSON");
            assert_eq!(body["type"], kind);
            body
        };
        rows.into_iter().map(body).collect()
    }

    /// What is on, as the overview has it.
    pub(super) fn firing(&self) -> Vec<Value> {
        let watched = Watched {
            feed: "default",
            waiting: 0,
            now: self.now,
        };
        let overview = self.log.overview(watched).expect("works").expect("a row");
        let overview: Value = serde_json::from_str(&overview).expect("JSON");
        overview["alerts"].as_array().expect("a list").clone()
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now += ms;
    }

    /// So many webhooks that fail verification.
    pub(super) fn bad(&self, source: &str, count: u64) {
        let mut tallies = Tallies::default();
        let code = Rejection::BadSignature.code();
        (0..count).for_each(|_| tallies.count(kind::WEBHOOK, source, code));
        self.log.tally(&tallies.json(), self.now).expect("works");
    }

    /// A genuine one that is no event.
    pub(super) fn good(&self, source: &str) {
        let mut tallies = Tallies::default();
        tallies.count(kind::WEBHOOK, source, outcome::ALREADY_PROCESSED);
        self.log.tally(&tallies.json(), self.now).expect("works");
    }

    /// So many events.
    pub(super) fn events(&mut self, count: u64) {
        given::fill(&self.log, self.webhooks..self.webhooks + count, self.now);
        self.webhooks += count;
    }

    pub(super) fn claim(&self, consumer: &str, body: Value) -> Answer {
        worker::try_claim(&self.log, consumer, &body, true, self.now).expect("works")
    }

    /// Takes all there is, and acknowledges it.
    pub(super) fn catch_up(&self, consumer: &str) {
        loop {
            let leases = self.claim(consumer, json!({"max": 500})).leases();
            if leases.is_empty() {
                return;
            }
            worker::ack(&self.log, consumer, &leases, self.now);
        }
    }

    /// Takes one event, and refuses it for good.
    pub(super) fn refuse(&self, consumer: &str) {
        let leases = self
            .claim(consumer, json!({"max": 1, "max_attempts": 1}))
            .leases();
        assert_eq!(leases.len(), 1, "there is one to be refused");
        let body = json!({ "leases": leases });
        let said = worker::settle(&self.log, consumer, Verb::Nack, body, self.now);
        assert_eq!(said.expect("leases")["dead_lettered"], 1);
    }

    /// A message that the queue gives up.
    pub(super) fn bury(&self) {
        let dead = Dead {
            reason: "a reason",
            attempts: 1,
            message: &Vec::new(),
            meta: None,
        };
        self.log.bury(dead, self.now).expect("works");
    }

    pub(super) fn subscription(&self, id: &str, status: &str) {
        let summary = json!({ "status": status }).to_string();
        let made = self.log.subscribe(id, &summary, self.now);
        assert!(made.expect("works").is_some());
    }

    pub(super) fn prune(&self, events: u64) {
        let keep = Retention {
            events: Some(events),
            ..Retention::default()
        };
        while self.log.prune(keep, self.now).expect("works") {}
    }

    /// Everything that a look may write.
    pub(super) fn snapshot(&self) -> String {
        let sql = "SELECT concat_ws(' ', alert, subject, since, detail) FROM alerts
            UNION ALL SELECT concat_ws(' ', seq, type, payload) FROM events
            UNION ALL SELECT concat_ws(' ', key, until) FROM identities";
        let read = |row: &dyn Row<RusqliteDb>| row.string(0);
        let rows = self.db.query(sql, &[], read).expect("works");
        format!("{rows:#?} {:?}", self.log.bounds())
    }
}

pub(super) fn short(body: &Value) -> String {
    let text = |member: &str| body[member].as_str().expect("text").to_owned();
    format!("{} {} {}", text("alert"), text("subject"), text("status"))
}

/// A body as it must be, with the times of another.
pub(super) fn body(
    alert: &str,
    subject: &str,
    status: &str,
    detail: &Value,
    times: &Value,
) -> Value {
    json!({
        "type": format!("waypost.alert.{alert}"), "alert": alert, "status": status, "feed": "default",
        "subject": subject, "since": times["since"], "at": times["at"], "detail": detail,
    })
}
