//! A feed and a subscription of it, each on a database of its own, and a clock.

use serde_json::Value as Json;
use waypost_core::feed::{Log, Wanted};
use waypost_core::retry::Outcome;
use waypost_core::subscription::{
    Creation, Found, Message, Page, Plan, ReadOrder, Row, Running, Store, Terms,
};

use crate::log::db::RusqliteDb;
use crate::log::given::{self, BIRTH};

pub(super) const ID: &str = "00000000-0000-4000-8000-000000000001";
pub(super) const SCHEDULE: &[u64] = &[1, 5, 30];
pub(super) const TERMS: Terms<'static> = Terms {
    schedule: SCHEDULE,
    patience: 600,
};

pub(super) fn ok() -> Outcome {
    answered(200)
}

pub(super) fn answered(status: u16) -> Outcome {
    Outcome {
        status: Some(status),
        response: format!("said {status}"),
        duration_ms: 7,
        ..Outcome::default()
    }
}

pub(super) fn timeout() -> Outcome {
    Outcome {
        error: "timeout".to_owned(),
        duration_ms: 10_000,
        ..Outcome::default()
    }
}

pub(super) struct World {
    pub(super) log: Log<RusqliteDb>,
    pub(super) db: RusqliteDb,
    pub(super) store: Store<RusqliteDb>,
    pub(super) now: u64,
    /// What the endpoint was sent, and how it answered.
    pub(super) sent: Vec<(u64, Outcome)>,
}

impl World {
    /// With a subscription to everything, made from this body.
    pub(super) fn new(body: &str) -> Self {
        let (_, log) = given::empty();
        let db = RusqliteDb::in_memory();
        let world = Self {
            log,
            store: Store::new(db.clone()),
            db,
            now: BIRTH,
            sent: Vec::new(),
        };
        let creation = Creation::parse(body.as_bytes()).expect("a body");
        let bounds = world
            .log
            .subscribe(ID, "{}", world.now)
            .expect("works")
            .expect("room");
        let mut row = Row::new(ID, "default", creation, world.now);
        row.begin(bounds.id(bounds.latest));
        world
            .store
            .create(&row, "a secret of the tests".replace(' ', "-").as_str())
            .expect("works");
        world
    }

    pub(super) fn to_all() -> Self {
        Self::new(r#"{"url":"https://example.com/"}"#)
    }

    /// The object dies, and another comes: what is not in the database is gone.
    pub(super) fn restart(&mut self) {
        self.store = Store::new(self.db.clone());
    }

    pub(super) fn row(&self) -> Row {
        self.store.row().expect("works").expect("a subscription")
    }

    /// Appends events of these numbers, and pokes.
    pub(super) fn append(&self, numbers: std::ops::Range<u64>) {
        given::fill(&self.log, numbers, self.now);
        self.poke();
    }

    pub(super) fn poke(&self) {
        let bounds = self.log.bounds();
        for id in self.log.to_poke(self.now).expect("works") {
            self.store
                .poked(&self.row(), bounds.generation, bounds.latest, self.now)
                .expect("works");
            self.log.poked(&id, bounds.latest).expect("works");
        }
    }

    pub(super) fn plan(&self, running: Running<'_>) -> Plan {
        self.store
            .plan(&self.row(), running, self.now)
            .expect("works")
    }

    /// What the feed says to an order.
    pub(super) fn read(&self, wanted: &Wanted) -> (Page, Vec<Found>, Vec<Json>) {
        let pushed = self.log.push(wanted).expect("works");
        let text = format!("{}{}]}}", pushed.open, pushed.pieces.join(","));
        let json: Json = serde_json::from_str(&text).expect("JSON");
        let number = |name: &str| json[name].as_u64().expect("a number");
        let page = Page {
            generation: number("generation"),
            earliest: number("earliest"),
            latest: number("latest"),
            through: number("through"),
        };
        let events = json["events"].as_array().expect("a list").clone();
        let found = events.iter().map(|event| Found {
            seq: event[0].as_u64().expect("a sequence"),
            kind: event[1].as_str().expect("a type").to_owned(),
        });
        (page, found.collect(), events)
    }

    pub(super) fn take(&self, order: &ReadOrder) {
        let row = self.row();
        let (page, found, _) = self.read(&order.wanted(&row));
        self.store
            .take(&row, order, page, &found, self.now)
            .expect("works");
    }

    /// The feed hears it.
    pub(super) fn hear(&self, message: &Message) {
        match message.path.as_str() {
            "" => self.log.describe(ID, &message.body).expect("works"),
            "/dead-letters" => self
                .log
                .bury_delivery(ID, &message.body, self.now)
                .expect("works"),
            "/stats" => self
                .log
                .counted(ID, &message.body, self.now)
                .expect("works"),
            _ => {}
        }
        self.store.told(message, true, self.now).expect("works");
    }

    pub(super) fn settle(&mut self, seq: u64, outcome: Outcome) {
        let mut row = self.row();
        self.store
            .settle(&mut row, seq, &outcome, TERMS, self.now)
            .expect("works");
        self.sent.push((seq, outcome));
    }

    /// The alarm's work, until nothing is due; the endpoint answers as `endpoint` says.
    pub(super) fn work(&mut self, endpoint: &mut impl FnMut(u64) -> Outcome) {
        for _ in 0..10_000 {
            let plan = self.plan(Running::default());
            if plan.is_empty() {
                assert!(
                    plan.next.is_none_or(|at| at > self.now),
                    "it would spin: {:?}",
                    self.row()
                );
                return;
            }
            if let Some(message) = plan.tell {
                self.hear(&message);
            }
            if let Some(order) = plan.read {
                self.take(&order);
            }
            for seq in plan.attempts {
                self.settle(seq, endpoint(seq));
            }
        }
        panic!("it does not come to an end");
    }

    /// Works until nothing will ever be due but tidying up, the clock going from alarm to alarm.
    pub(super) fn run(&mut self, endpoint: &mut impl FnMut(u64) -> Outcome) {
        let end = self.now + 24 * 3_600_000;
        loop {
            self.work(endpoint);
            match self.next() {
                Some(at) if at < end && self.pending() => self.now = at,
                _ => return,
            }
        }
    }

    /// The clock goes on until there is something else to do than to report.
    pub(super) fn wait(&mut self) {
        while let Some(at) = self.next() {
            self.now = at;
            match self.plan(Running::default()).tell {
                Some(report) if report.path == "/stats" => self.hear(&report),
                _ => return,
            }
        }
    }

    /// When the alarm rings.
    pub(super) fn next(&self) -> Option<u64> {
        self.plan(Running::default()).next
    }

    fn pending(&self) -> bool {
        let row = self.row();
        !self.list("status=pending").is_empty() || row.position < self.log.bounds().latest
    }

    /// The sequences and statuses of the deliveries: `1 delivered, 2 pending`.
    pub(super) fn list(&self, query: &str) -> String {
        let wanted = waypost_core::subscription::Wanted::parse(query).expect("a query");
        let text = self.store.deliveries(&self.row(), wanted).expect("works");
        let json: Json = serde_json::from_str(&text).expect("JSON");
        let deliveries = json["deliveries"].as_array().expect("a list").clone();
        let line = |delivery: &Json| {
            let id = delivery["id"].as_str().expect("an id");
            let seq: u64 = id[17..].parse().expect("a sequence");
            format!("{seq} {}", delivery["status"].as_str().expect("a status"))
        };
        deliveries.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn sequences(&self) -> Vec<u64> {
        self.sent.iter().map(|(seq, _)| *seq).collect()
    }

    pub(super) fn letters(&self) -> Vec<Json> {
        let (mut letters, mut after) = (Vec::new(), None);
        loop {
            let page = self.log.dead_letters(after, Vec::clone).expect("works");
            let json = serde_json::to_value(&page).expect("JSON");
            letters.extend(json["dead_letters"].as_array().expect("a list").clone());
            match json["next"].as_str() {
                Some(next) => after = next.parse().ok(),
                None => return letters,
            }
        }
    }
}
