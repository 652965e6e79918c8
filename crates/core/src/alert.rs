//! Rules that tell an operator before users notice.

/// The tables, for a migration.
pub(crate) const TABLES: &[&str] = &[
    // The episodes that are on: one row from the first look that found a rule broken to the first that does not.
    "CREATE TABLE alerts (
        alert TEXT NOT NULL,
        subject TEXT NOT NULL,
        since INTEGER NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (alert, subject)
    ) WITHOUT ROWID",
    // When a consumer was last told of a gap; 0 where it never was.
    "ALTER TABLE consumers ADD COLUMN gap_at INTEGER NOT NULL DEFAULT 0",
    // What a subscription last said of its deliveries.
    "ALTER TABLE subscriptions ADD COLUMN deliveries TEXT",
    "CREATE INDEX dead_letters_at ON dead_letters (at)",
];
