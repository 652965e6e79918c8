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
use crate::json;
use crate::when::rfc3339;

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

/// What is not broken any more goes.
const END: &str = "DELETE FROM alerts
    WHERE (alert, subject) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
    RETURNING alert, subject, since, detail";

/// What is broken becomes a row; of those that are there already the detail is kept up.
const BEGIN: &str = "INSERT INTO alerts (alert, subject, since, detail)
    SELECT value ->> 0, value ->> 1, ?2, value -> 2 FROM json_each(?1) WHERE true
    ON CONFLICT (alert, subject) DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail
    RETURNING alert, subject, since, detail";

/// An episode.
struct Episode {
    alert: String,
    subject: String,
    since: u64,
    detail: String,
}

impl Episode {
    /// The event that says that it has begun, or that it is over.
    fn told(&self, status: &str, feed: &str, at: u64) -> Own {
        let Self {
            alert,
            subject,
            since,
            detail,
        } = self;
        let kind = format!("waypost.alert.{alert}");
        let (since, at, feed) = (rfc3339(*since), rfc3339(at), json::text(feed));
        Own {
            receipt: format!("{alert}:{subject}:{since}:{status}"),
            body: format!(
                r#"{{"type":"{kind}","alert":"{alert}","status":"{status}","feed":{feed},"subject":{},"since":"{since}","at":"{at}","detail":{detail}}}"#,
                json::text(subject),
            ),
            kind,
        }
    }
}

impl<D: Db> Log<D> {
    /// Takes in what the config says now: the next look is due, or where nobody is to be told, what is on is over
    /// without a word.
    pub fn watch_by(&self, rules: Option<&Alerts>, now: u64) -> Result<(), DbError> {
        let silent = rules::silent(rules);
        self.db().transaction(|| {
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
        })
    }

    /// Looks at the rules, tells what has changed, and makes the next look due. Returns whether anything was told.
    pub(crate) fn look(&self, rules: &Alerts, now: u64) -> Result<bool, DbError> {
        let told = self.append_own(now, |feed, at| {
            due::set(self.db(), Duty::Watch, next(rules, now))?;
            let broken = self.broken(rules, feed, now)?;
            let broken = || Value::Text(&broken);
            let over = self.episodes(END, &[broken()])?;
            let kept = self.episodes(BEGIN, &[broken(), Value::Int(at)])?;
            let begun = kept.iter().filter(|episode| episode.since == at);
            let over = over.iter().map(|over| over.told("resolved", feed, at));
            Ok(over
                .chain(begun.map(|begun| begun.told("firing", feed, at)))
                .collect())
        })?;
        Ok(told > 0)
    }

    fn episodes(
        &self,
        sql: &str,
        parameters: &[Value<'_, D::Blob>],
    ) -> Result<Vec<Episode>, DbError> {
        self.db().query(sql, parameters, |row| Episode {
            alert: row.string(0),
            subject: row.string(1),
            since: row.int(2),
            detail: row.string(3),
        })
    }
}

fn next(rules: &Alerts, now: u64) -> u64 {
    now.saturating_add(rules.every_seconds.saturating_mul(1_000))
}
