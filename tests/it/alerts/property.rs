//! Whatever happens, what is told is what a model of episodes tells.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde_json::json;

use super::given::{World, short};

#[derive(Clone, Debug)]
enum Op {
    Bad(&'static str, u64),
    Good(&'static str),
    Status(&'static str, &'static str),
    /// A look, and at which of its statements the database fails.
    Look(Option<u32>),
    Reopen,
    Pass(u64),
    Back(u64),
    Events,
}

const BOUND: u64 = 3;
const STOPPED: &[&str] = &["suspended", "disabled"];

fn op() -> impl Strategy<Value = Op> {
    let source = || select(&["github", "stripe"][..]);
    let id = select(&["s", "t", "u"][..]);
    let status = select(&["active", "paused", "suspended", "disabled"][..]);
    prop_oneof![
        3 => (source(), 1..4u64).prop_map(|(source, count)| Op::Bad(source, count)),
        2 => source().prop_map(Op::Good),
        3 => (id, status).prop_map(|(id, status)| Op::Status(id, status)),
        6 => proptest::option::weighted(0.4, 1..40u32).prop_map(Op::Look),
        1 => Just(Op::Reopen),
        1 => (0..3u64).prop_map(Op::Pass),
        1 => (0..3_000u64).prop_map(Op::Back),
        1 => Just(Op::Events),
    ]
}

/// What the rules say, and what is on.
#[derive(Default)]
struct Model {
    failing: BTreeMap<&'static str, u64>,
    status: BTreeMap<&'static str, &'static str>,
    on: BTreeSet<String>,
}

impl Model {
    fn look(&mut self) -> Vec<String> {
        let failing = self.failing.iter().filter(|(_, count)| **count >= BOUND);
        let failing = failing.map(|(source, _)| format!("source_failing {source}"));
        let stopped = self
            .status
            .iter()
            .filter(|(_, status)| STOPPED.contains(status));
        let stopped = stopped.map(|(id, _)| format!("subscription_stopped {id}"));
        let now: BTreeSet<String> = failing.chain(stopped).collect();
        let over = self
            .on
            .difference(&now)
            .map(|one| format!("{one} resolved"));
        let begun = now.difference(&self.on).map(|one| format!("{one} firing"));
        let mut told: Vec<String> = over.chain(begun).collect();
        told.sort();
        self.on = now;
        told
    }
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn episodes_are_their_model(ops in proptest::collection::vec(op(), 1..60)) {
        let mut world = World::new(json!({"failing_webhooks": BOUND, "subscriptions": true}));
        let mut model = Model::default();
        let mut receipts = BTreeSet::new();
        for op in ops.into_iter().chain([Op::Look(None)]) {
            match op {
                Op::Bad(source, count) => {
                    world.bad(source, count);
                    *model.failing.entry(source).or_default() += count;
                }
                Op::Good(source) => {
                    world.good(source);
                    model.failing.insert(source, 0);
                }
                Op::Status(id, status) => {
                    world.subscription(id, status);
                    model.status.insert(id, status);
                }
                Op::Look(fail) => {
                    if let Some(statement) = fail {
                        world.db.fail_in(statement);
                        // It was, or it was not.
                        let _ = world.ring();
                        world.db.mend();
                    }
                    world.ring().expect("works");
                    let bodies = world.told();
                    let mut told: Vec<String> = bodies.iter().map(short).collect();
                    told.sort();
                    prop_assert_eq!(told, model.look());
                    for body in bodies {
                        let episode = format!("{} {}", short(&body), body["since"]);
                        prop_assert!(receipts.insert(episode), "an episode is told once");
                    }
                }
                Op::Reopen => world.reopen(),
                Op::Pass(ms) => world.pass(ms),
                Op::Back(ms) => world.now -= ms,
                Op::Events => world.events(1),
            }
            prop_assert_eq!(world.firing().len(), model.on.len());
        }
    }
}
