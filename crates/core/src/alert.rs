//! Rules that tell an operator before users notice.
//!
//! A look finds what is broken now, by what the feed knows anyway, and compares it with the episodes that are on. What
//! begins and what is over is told by events of the feed, in the transaction that writes it down: so each is told once,
//! whatever dies.
//!
//! Alerts do not lead to alerts without end. Waypost's own events count neither as heard nor as waiting for a consumer.
//! A dead letter of one counts, since somebody was not told, but for those of alerts of dead letters: they would make
//! the next. So a rule is broken by what others do, or by an alert of another rule, once.

mod rules;

use crate::config::Alerts;
use crate::due::{self, Duty};
use crate::feed::db::{Db, DbError, Value};
use crate::feed::{Log, Own};

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

/// The event that says that an episode has begun, or that it is over: when it began, type, receipt and body.
/// `?2` is the moment, `?3` the status, `?4` the feed.
macro_rules! told {
    () => {
        " RETURNING since, concat('waypost.alert.', alert), concat(alert, ':', subject, ':', since, ':', ?3),
            json_object('type', concat('waypost.alert.', alert), 'alert', alert, 'status', ?3, 'feed', ?4,
                'subject', subject, 'since', strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch'),
                'at', strftime('%Y-%m-%dT%H:%M:%fZ', ?2 / 1000.0, 'unixepoch'), 'detail', json(detail))"
    };
}

/// What is not broken any more goes.
const END: &str = concat!(
    "DELETE FROM alerts
     WHERE (alert, subject) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))",
    told!()
);

/// What is broken becomes a row; of those that are there already the detail is kept up.
const BEGIN: &str = concat!(
    "INSERT INTO alerts (alert, subject, since, detail)
     SELECT value ->> 0, value ->> 1, ?2, value -> 2 FROM json_each(?1) WHERE true
     ON CONFLICT (alert, subject) DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail",
    told!()
);

impl<D: Db> Log<D> {
    /// Takes in what the config says now: the next look is due, or where nobody is to be told, what is on is over
    /// without a word. Done twice, it is done once.
    pub fn watch_by(&self, rules: Option<&Alerts>, now: u64) -> Result<(), DbError> {
        let silent = rules::silent(rules);
        // What was never heard is silent since this was first asked.
        self.db().execute(
            "DELETE FROM meta WHERE key LIKE 'silent:%'
                AND substr(key, 8) NOT IN (SELECT rule.key FROM json_each(?) AS rule)",
            &[Value::Text(&silent)],
        )?;
        let Some(rules) = rules else {
            self.db().execute("DELETE FROM alerts", &[])?;
            return due::clear(self.db(), Duty::Watch);
        };
        self.db().execute(
            "INSERT OR IGNORE INTO meta (key, value)
             SELECT concat('silent:', rule.key), ?2 FROM json_each(?1) AS rule",
            &[Value::Text(&silent), Value::Int(now)],
        )?;
        due::schedule(self.db(), Duty::Watch, next(rules, now))
    }

    /// Looks at the rules, tells what has changed, and makes the next look due. Returns whether anything was told.
    pub(crate) fn look(&self, rules: &Alerts, now: u64) -> Result<bool, DbError> {
        let told = self.append_own(now, &mut |feed, at| {
            due::set(self.db(), Duty::Watch, next(rules, now))?;
            let broken = self.broken(rules, feed, now)?;
            let mut told = Vec::new();
            for (sql, status) in [(END, "resolved"), (BEGIN, "firing")] {
                let parameters = [
                    Value::Text(&broken),
                    Value::Int(at),
                    Value::Text(status),
                    Value::Text(feed),
                ];
                self.db().query(sql, &parameters, |row| {
                    // Of what is kept up nothing is told.
                    if sql == END || row.int(0) == at {
                        told.push(Own {
                            kind: row.string(1),
                            receipt: row.string(2),
                            body: row.string(3),
                        });
                    }
                })?;
            }
            Ok(told)
        })?;
        Ok(told > 0)
    }
}

fn next(rules: &Alerts, now: u64) -> u64 {
    now.saturating_add(rules.every_seconds.saturating_mul(1_000))
}
