//! The lanes beside a feed that is simulated: whatever fails, order and number are as they should be.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use super::*;

const PATIENCE: u64 = 100_000;

fn event(number: u64, source: u64) -> Event {
    let event = serde_json::json!({ "id": format!("{number:04}"), "source": format!("s{source}") });
    serde_json::from_value(event).unwrap()
}

fn job(number: u64, source: u64, attempt: u64) -> Job {
    Job {
        event: event(number, source),
        lease: format!("{number}.{attempt}"),
        attempt,
    }
}

/// A feed with one consumer, as far as an agent sees it: what is new, what waits to come again, what
/// is held.
struct Feed {
    new: VecDeque<Job>,
    again: Vec<(u64, Job)>,
    ordered: bool,
}

impl Feed {
    fn claim(&mut self, most: usize, now: u64) -> Vec<Job> {
        let mut given = Vec::new();
        if self.ordered {
            // The first that waits keeps everything behind it.
            self.again.sort_by_key(|(_, job)| job.event.id.clone());
            while given.len() < most && self.again.first().is_some_and(|(at, _)| *at <= now) {
                given.push(self.again.remove(0).1);
            }
            if !self.again.is_empty() {
                return given;
            }
        }
        while given.len() < most {
            match self.again.iter().position(|(at, _)| *at <= now) {
                Some(at) => given.push(self.again.remove(at).1),
                None => break,
            }
        }
        while given.len() < most {
            let Some(job) = self.new.pop_front() else {
                break;
            };
            given.push(job);
        }
        given
    }
}

/// Runs until everything is done; returns the events in the order in which they were.
fn run(order: OrderBy, concurrency: usize, sources: &[u64], fates: &[u8]) -> Vec<Event> {
    let mut feed = Feed {
        new: sources
            .iter()
            .enumerate()
            .map(|(at, source)| job(at as u64, *source, 1))
            .collect(),
        again: Vec::new(),
        ordered: order == OrderBy::Feed,
    };
    let mut lanes = Lanes::new(order, concurrency, PATIENCE);
    let mut fates = fates.iter().copied().cycle();
    let (mut now, mut going, mut done) = (0, VecDeque::new(), Vec::new());
    for _ in 0..20_000 {
        for job in feed.claim(lanes.room(now), now) {
            assert!(lanes.add(job).is_none());
        }
        while let Some(job) = lanes.start(now) {
            going.push_back(job);
        }
        assert!(going.len() <= concurrency && going.len() == lanes.running());
        if done.len() == sources.len() {
            assert!(lanes.is_idle());
            return done;
        }
        now += 10;
        if going.is_empty() {
            continue;
        }
        // Not always in the order in which they went.
        let fate = fates.next().unwrap_or_default();
        if fate % 3 == 0 {
            going.rotate_left(1);
        }
        let Some(job) = going.pop_front() else {
            continue;
        };
        let event = job.event.clone();
        match fate {
            0..40 => {
                let until = now + u64::from(fate) * 50;
                lanes.finish(&event, Fate::Again(until)).unwrap();
                let again = Job {
                    attempt: job.attempt + 1,
                    ..job
                };
                if order == OrderBy::Feed {
                    // What was behind it was given back.
                    let waiting = sources.len() as u64;
                    let number: u64 = event.id.parse().unwrap();
                    let held = |n: &u64| {
                        *n > number
                            && feed
                                .new
                                .front()
                                .is_none_or(|first| first.event.id > format!("{n:04}"))
                    };
                    let behind: Vec<u64> = (0..waiting).filter(held).collect();
                    let known: Vec<String> = feed
                        .again
                        .iter()
                        .map(|(_, job)| job.event.id.clone())
                        .collect();
                    for n in behind
                        .into_iter()
                        .filter(|n| !known.contains(&format!("{n:04}")))
                    {
                        feed.again.push((0, self::job(n, sources[n as usize], 1)));
                    }
                }
                feed.again.push((until, again));
            }
            40..60 => {
                lanes
                    .finish(&event, Fate::Kept(now + u64::from(fate)))
                    .unwrap();
            }
            _ => {
                lanes.finish(&event, Fate::Done).unwrap();
                assert!(lanes.leases().contains(&job.lease));
                lanes.settled(&event.id);
                done.push(event);
            }
        }
    }
    panic!("{} of {} were done", done.len(), sources.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn everything_is_done_once_and_in_order_where_that_was_asked(
        sources in prop::collection::vec(0u64..4, 1..80),
        fates in prop::collection::vec(any::<u8>(), 1..200),
        concurrency in 1usize..9,
        which in 0usize..3,
    ) {
        prop_assume!(fates.iter().any(|fate| *fate >= 60));
        let order = [OrderBy::Feed, OrderBy::Source, OrderBy::None][which];
        let most = if order == OrderBy::Feed { 1 } else { concurrency };
        let done = run(order, most, &sources, &fates);
        let mut ids: Vec<String> = done.iter().map(|event| event.id.clone()).collect();
        if order == OrderBy::Feed {
            prop_assert!(ids.is_sorted(), "{ids:?}");
        }
        if order == OrderBy::Source {
            let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for event in &done {
                by_source.entry(&event.source).or_default().push(&event.id);
            }
            prop_assert!(by_source.values().all(|ids| ids.is_sorted()), "{by_source:?}");
        }
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), sources.len());
    }
}

#[test]
fn what_was_done_and_not_acknowledged_is_known_when_it_comes_again() {
    let mut lanes = Lanes::new(OrderBy::None, 2, PATIENCE);
    lanes.add(job(1, 0, 1));
    lanes.start(0).unwrap();
    lanes.finish(&event(1, 0), Fate::Done).unwrap();
    // Its lease ran out on the way.
    lanes.unsettled("0001");
    assert_eq!(lanes.add(job(1, 0, 2)).unwrap().lease, "1.2");
    assert!(lanes.start(0).is_none());
    lanes.settled("0001");
    assert!(lanes.is_idle());
    // Replayed on purpose, it goes.
    assert!(lanes.add(job(1, 0, 1)).is_none());
    assert!(lanes.start(0).is_some());
}

#[test]
fn a_lease_that_ran_out_while_its_event_went_is_replaced() {
    let mut lanes = Lanes::new(OrderBy::None, 2, PATIENCE);
    lanes.add(job(1, 0, 1));
    lanes.start(0).unwrap();
    assert!(lanes.add(job(1, 0, 2)).is_none());
    assert!(lanes.start(0).is_none());
    assert_eq!(lanes.finish(&event(1, 0), Fate::Done).unwrap().lease, "1.2");
}

#[test]
fn what_others_have_now_is_dropped_and_what_goes_is_seen_to_its_end() {
    let mut lanes = Lanes::new(OrderBy::Source, 1, PATIENCE);
    for number in 1..4 {
        lanes.add(job(number, 0, 1));
    }
    lanes.start(0).unwrap();
    assert_eq!(lanes.lost(&BTreeSet::from(["1.1", "2.1"])), 1);
    assert_eq!(lanes.leases(), ["1.1", "3.1"]);
    assert_eq!(lanes.empty(), ["3.1"]);
    assert_eq!((lanes.running(), lanes.in_hand()), (1, 1));
}

#[test]
fn a_lane_waits_for_an_event_until_it_comes_is_over_or_took_too_long() {
    let blocked = || {
        let mut lanes = Lanes::new(OrderBy::Source, 4, PATIENCE);
        for number in 1..60 {
            lanes.add(job(number, 0, 1));
        }
        lanes.start(0).unwrap();
        lanes.finish(&event(1, 0), Fate::Again(1000)).unwrap();
        assert!(lanes.start(0).is_none());
        lanes
    };
    // There is room for it when it is due, and for nothing before.
    let mut lanes = blocked();
    assert_eq!(
        (lanes.room(999), lanes.room(1000), lanes.next_due(0)),
        (0, 1, Some(1000))
    );
    lanes.add(job(1, 0, 2));
    assert_eq!(lanes.start(1000).unwrap().lease, "1.2");
    let mut lanes = blocked();
    lanes.over(&event(1, 0));
    assert_eq!(lanes.start(1).unwrap().lease, "2.1");
    assert_eq!(blocked().start(1000 + PATIENCE).unwrap().lease, "2.1");
}

#[test]
fn events_whose_backend_is_away_leave_room_for_others() {
    let mut lanes = Lanes::new(OrderBy::None, 2, PATIENCE);
    for number in 1..5 {
        lanes.add(job(number, 0, 1));
    }
    assert_eq!(lanes.room(0), 0);
    let away = lanes.start(0).unwrap();
    lanes.finish(&away.event, Fate::Kept(5000)).unwrap();
    assert_eq!((lanes.room(0), lanes.room(5000)), (1, 0));
}
