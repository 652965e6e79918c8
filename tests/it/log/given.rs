//! Logs and webhooks to start from.

use waypost_core::cursor::EventId;
use waypost_core::feed::{Incoming, Log, Payload};
use waypost_core::wire::{Meta, Outcome};

use super::db::RusqliteDb;

/// The moment at which tests begin, and so the generation of their logs.
pub(crate) const BIRTH: u64 = 1_767_225_600_000;

/// A log with nothing in it, and its database.
pub(crate) fn empty() -> (RusqliteDb, Log<RusqliteDb>) {
    empty_at(BIRTH)
}

/// One that was created at another moment.
pub(crate) fn empty_at(birth: u64) -> (RusqliteDb, Log<RusqliteDb>) {
    let db = RusqliteDb::in_memory();
    let log = Log::open(db.clone(), birth).expect("opens");
    (db, log)
}

/// The `n`th webhook of a source: unique by its receipt alone.
pub(crate) fn meta(n: u64) -> Meta {
    Meta {
        receipt: format!("r{n}"),
        source: "acme".to_owned(),
        feed: "default".to_owned(),
        webhook_id: format!("w{n}"),
        kind: "push".to_owned(),
        received_at: BIRTH,
        content_type: Some("application/json".to_owned()),
        headers: Vec::new(),
        signature_headers: Vec::new(),
        unique: Vec::new(),
        size: 2,
        body_key: None,
    }
}

/// Appends one webhook with a body that came with the message.
pub(crate) fn append(log: &Log<RusqliteDb>, meta: &Meta, body: &[u8], now: u64) -> Outcome {
    let payload = Payload::Inline(body);
    let outcomes = log.append(&[Incoming { meta, payload }], now);
    outcomes.expect("works")[0]
}

/// Appends the webhooks of `numbers`, each with the body `{}`.
pub(crate) fn fill(log: &Log<RusqliteDb>, numbers: std::ops::Range<u64>, now: u64) {
    for n in numbers {
        assert_eq!(append(log, &meta(n), b"{}", now), Outcome::Stored);
    }
}

/// The id of the event at `sequence` in these logs.
pub(crate) fn id(sequence: u64) -> EventId {
    EventId {
        generation: BIRTH,
        sequence,
    }
}
