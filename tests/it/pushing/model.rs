//! Whatever happens: no event is lost, none is delivered after it was settled, and the alarm never spins.

use proptest::prelude::*;
use waypost_core::subscription::{Running, Status};

use super::given::{TERMS, World, answered, ok, timeout};

#[derive(Clone, Debug)]
enum Op {
    Append(u64),
    /// Time goes on.
    Wait(u64),
    /// The alarm rings; the endpoint is as it is.
    Work(u8),
    /// One step of the alarm's work, of which the database refuses a statement, and the object dies.
    Crash {
        step: u8,
        statement: u32,
    },
    Pause(bool),
    ReplayFailed,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1..40u64).prop_map(Op::Append),
        3 => (0..60_000u64).prop_map(Op::Wait),
        5 => any::<u8>().prop_map(Op::Work),
        3 => (0..4u8, 1..6u32).prop_map(|(step, statement)| Op::Crash { step, statement }),
        1 => any::<bool>().prop_map(Op::Pause),
        1 => Just(Op::ReplayFailed),
    ]
}

/// An endpoint with a mood: 200 mostly, or failing mostly.
fn endpoint(mood: u8) -> impl FnMut(u64) -> waypost_core::retry::Outcome {
    let mut state = u64::from(mood) + 1;
    move |seq| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(seq);
        match (state >> 33) % 16 {
            0 => answered(404),
            1 | 2 => timeout(),
            n if mood.is_multiple_of(3) && n < 14 => answered(503),
            _ => ok(),
        }
    }
}

fn crash(world: &mut World, step: u8, statement: u32) {
    let plan = world.plan(Running::default());
    let row = world.row();
    let db = world.db.clone();
    let (now, mut changed) = (world.now, row.clone());
    // The endpoint gets it, and nobody learns of it.
    match (step, plan.attempts.first(), plan.read, plan.tell) {
        (0, Some(&seq), ..) => {
            world.sent.push((seq, ok()));
            db.fail_in(statement);
            let _ = world.store.settle(&mut changed, seq, &ok(), TERMS, now);
        }
        (1, Some(&seq), ..) => {
            db.fail_in(statement);
            let _ = world
                .store
                .settle(&mut changed, seq, &answered(404), TERMS, now);
        }
        (2, _, Some(order), _) => {
            let (page, found, _) = world.read(&order.wanted(&row));
            db.fail_in(statement);
            let _ = world.store.take(&row, &order, page, &found, now);
        }
        (_, _, _, Some(message)) => {
            db.fail_in(statement);
            let _ = world.store.told(&message, true, now);
        }
        _ => {
            db.fail_in(statement);
            let _ = world
                .store
                .poked(&row, row.generation, world.log.bounds().latest, now);
        }
    }
    db.mend();
    world.restart();
}

fn run(body: &str, ops: Vec<Op>) {
    let mut world = World::new(body);
    let mut appended = 0;
    for op in ops {
        match op {
            Op::Append(count) => {
                world.append(appended..appended + count);
                appended += count;
            }
            Op::Wait(ms) => world.now += ms,
            Op::Work(mood) => world.work(&mut endpoint(mood)),
            Op::Crash { step, statement } => crash(&mut world, step, statement),
            Op::Pause(paused) => {
                let mut row = world.row();
                let now = world.now;
                world
                    .store
                    .change(&mut row, None, None, Some(paused), now)
                    .expect("works");
            }
            Op::ReplayFailed => {
                let row = world.row();
                let bulk = waypost_core::subscription::Bulk::Failed;
                world
                    .store
                    .replay_bulk(&row, bulk, world.now)
                    .expect("works")
                    .expect("ours");
            }
        }
    }
    // A poke may have died on its way: the feed owes it until it is acknowledged.
    world.poke();
    let mut row = world.row();
    let (latest, now) = (world.log.bounds().latest, world.now);
    world
        .store
        .poked(&row, row.generation, latest, now)
        .expect("works");
    world
        .store
        .change(&mut row, None, None, Some(false), now)
        .expect("works");
    world.run(&mut |_| ok());
    let row = world.row();
    assert_eq!((row.status, row.position), (Status::Active, appended));
    assert_eq!(world.list("status=pending"), "");
    let taken: Vec<u64> = world
        .sent
        .iter()
        .filter(|(_, outcome)| *outcome == ok())
        .map(|(seq, _)| *seq)
        .collect();
    let buried: Vec<u64> = world
        .letters()
        .iter()
        .map(|letter| {
            letter["event"].as_str().expect("an id")[17..]
                .parse()
                .expect("a sequence")
        })
        .collect();
    for seq in 1..=appended {
        assert!(
            taken.contains(&seq) || buried.contains(&seq),
            "{seq} is lost"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(ops in prop::collection::vec(op(), 1..40)) {
        run(r#"{"url":"https://a.io/"}"#, ops);
    }

    #[test]
    fn nor_in_order(ops in prop::collection::vec(op(), 1..40)) {
        run(r#"{"url":"https://a.io/","ordered":true}"#, ops);
    }
}
