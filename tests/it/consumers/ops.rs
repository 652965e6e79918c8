//! What can happen to a feed and its consumers.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::model::Kind;

/// Consumers of every kind.
pub(crate) const CONSUMERS: &[(&str, Kind)] = &[
    ("shared", kind(false, false, 3)),
    ("ordered", kind(true, false, 2)),
    ("some", kind(false, true, 2)),
    ("some-ordered", kind(true, true, 1)),
];

const fn kind(ordered: bool, filtered: bool, max_attempts: u64) -> Kind {
    Kind {
        ordered,
        filtered,
        max_attempts,
    }
}

/// Types and sources, and whether the filter of the tests takes them.
pub(crate) const KINDS: &[(&str, &str, bool)] = &[
    ("invoice.paid", "acme", true),
    ("invoice.", "acme", true),
    ("push", "acme", true),
    ("push.forced", "acme", false),
    ("invoice", "acme", false),
    ("invoice.paid", "other", false),
    ("", "acme", false),
];

/// That filter.
pub(crate) const TYPES: &[&str] = &["invoice.*", "push"];
pub(crate) const SOURCES: &[&str] = &["acme", "nobody"];

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Events of these kinds.
    Append(Vec<usize>),
    Claim {
        max: usize,
        lease: u64,
        attempt: Option<u8>,
        held: bool,
    },
    Ack(Which),
    Nack(Which, u64),
    Extend(Which, u64),
    Release(Which),
    /// Up to this event, with the generation of so many claims ago.
    Through(Index, u64),
    Seek(Index),
    Delete,
    /// Keep so many events.
    Prune(u64),
    Erase(Index),
    Pass(u64),
    Alarm,
    Revive,
    Reopen,
}

/// Some of the leases that a consumer ever gave out.
#[derive(Clone, Debug)]
pub(crate) enum Which {
    /// So many of the last claim's, from its first on.
    First(usize),
    /// Any.
    Any(Vec<Index>),
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        3 => (1..6usize).prop_map(Which::First),
        1 => Just(Which::First(usize::MAX)),
        2 => proptest::collection::vec(any::<Index>(), 1..5).prop_map(Which::Any),
    ]
}

/// An operation, the consumer that it is for, and at which statement the database fails.
pub(crate) fn op() -> impl Strategy<Value = (usize, Op, Option<u32>)> {
    let index = any::<Index>;
    let seconds = || select(&[1, 5, 30][..]);
    let attempt = proptest::option::of(0..4u8);
    let op = prop_oneof![
        6 => proptest::collection::vec(0..KINDS.len(), 1..8).prop_map(Op::Append),
        12 => (prop_oneof![1..5usize, Just(500)], seconds(), attempt, any::<bool>())
            .prop_map(|(max, lease, attempt, held)| Op::Claim { max, lease, attempt, held }),
        8 => which().prop_map(Op::Ack),
        4 => (which(), prop_oneof![Just(0), seconds()]).prop_map(|(which, delay)| Op::Nack(which, delay)),
        2 => (which(), seconds()).prop_map(|(which, lease)| Op::Extend(which, lease)),
        2 => which().prop_map(Op::Release),
        2 => (index(), prop_oneof![4 => Just(0), 1 => Just(1u64)]).prop_map(|(at, ago)| Op::Through(at, ago)),
        1 => index().prop_map(Op::Seek),
        1 => Just(Op::Delete),
        1 => (0..12u64).prop_map(Op::Prune),
        1 => index().prop_map(Op::Erase),
        8 => select(&[1, 999, 1_000, 5_000, 31_000][..]).prop_map(Op::Pass),
        2 => Just(Op::Alarm),
        2 => Just(Op::Revive),
        1 => Just(Op::Reopen),
    ];
    let consumer = 0..CONSUMERS.len();
    (consumer, op, proptest::option::weighted(0.2, 1..14u32))
}
