//! Subscriptions: URLs that a feed's events are pushed to, each a reader of the feed like any other.
//!
//! - `order`: what a body asks, taken apart.
//! - `schema`: the tables, and how they are opened.
//! - `row`: what a subscription is, kept and shown.
//! - `change`: paused, moved, rotated.
//! - `plan`: what is to be done now, and when the alarm rings next.
//! - `read`: events become deliveries.
//! - `settle`: what an attempt leads to.
//! - `deliveries`: shown, and asked for once more.
//! - `stats`: what becomes of attempts, counted.
//! - `outbox`: what the feed is to be told, in order, until it has heard it.
//!
//! A subscription has a position in its feed, and holds a row for each event up to it that it has to deliver. The
//! position and the rows move in one transaction, and a row says `pending` until the end of its last attempt is
//! written down. So nothing is lost wherever its object dies; an attempt whose end was not written down is made again,
//! under the same id.

mod change;
mod deliveries;
mod order;
mod outbox;
mod plan;
mod read;
mod row;
mod schema;
mod settle;
mod stats;

pub use change::Rotated;
pub use deliveries::Wanted;
pub use order::{Bulk, Changes, Creation, Rotation};
pub use outbox::Message;
pub use plan::{Plan, Running};
pub use read::{Found, Page, ReadOrder};
pub use row::{Row, Status};
pub use schema::Store;
pub use settle::Terms;

/// How long an attempt may take, in milliseconds.
pub const ATTEMPT_MS: u32 = 10_000;

/// How much of an answer is read, in bytes.
pub const RESPONSE_BYTES: u32 = 16 * 1024;

/// The most attempts at once: the platform opens no more connections for one object.
pub const MAX_IN_FLIGHT: u64 = 6;

/// The type of the request that asks whether a URL wants what it would be sent.
pub const VERIFICATION: &str = "waypost.verification";

/// The type of a request that an administrator asks for.
pub const TEST: &str = "waypost.test";

/// The type of the event that says that a subscription is suspended, and the source of Waypost's own events.
pub const SUSPENDED: &str = "waypost.subscription.suspended";
/// See [`SUSPENDED`].
pub const SOURCE: &str = "waypost";
