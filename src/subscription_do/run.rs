//! The alarm's work: everything that is due, side by side, until nothing is.

use waypost_core::feed::db::DbError;
use waypost_core::subscription::Running;

use super::Subscription;
use crate::host::{self, now};
use crate::log;
use crate::together::{Task, first};

/// The alarm begins nothing new after this time: the platform ends it after 15 minutes, and an attempt takes seconds.
const LONGEST_MS: u64 = 120_000;

/// After a failure of the database the alarm tries again in this time.
const PAUSE_MS: u64 = 5_000;

/// What has ended.
enum Done {
    Told,
    Read,
    Attempted(u64),
    /// Something else may be due.
    Changed,
    Later,
}

/// Whatever becomes of this alarm, there is another one in this time: the platform repeats one that dies, but not for
/// ever.
const ROPE_MS: u64 = 3_000;

impl Subscription {
    pub(super) async fn work(&self) {
        self.at_work.set(true);
        self.ring(Some(now().saturating_add(ROPE_MS))).await;
        let worked = self.work_off().await;
        self.at_work.set(false);
        let next = worked.unwrap_or_else(|error| {
            log::error("a subscription's database", &error.to_string());
            Some(now().saturating_add(PAUSE_MS))
        });
        self.ring(next).await;
    }

    /// Sets the alarm, or takes it away.
    async fn ring(&self, at: Option<u64>) {
        let db = self.store.db();
        let set = match at {
            Some(at) => db.set_alarm(at).await,
            None => db.delete_alarm().await,
        };
        if let Err(error) = set {
            log::error("a subscription's alarm", &error.to_string());
        }
    }

    /// Returns when the alarm must ring next, in unix milliseconds.
    async fn work_off(&self) -> Result<Option<u64>, DbError> {
        let begun = now();
        let mut tasks: Vec<Task<'_, Done>> = Vec::new();
        let mut attempts: Vec<u64> = Vec::new();
        let (mut reading, mut telling, mut listening) = (false, false, false);
        let mut timer = 0;
        loop {
            let now = now();
            let Some(row) = self.store.row()? else {
                return Ok(None);
            };
            let over = now.saturating_sub(begun) > LONGEST_MS;
            // What is due by then is found when the alarm rings again, which is at once.
            let mut next = Some(now);
            if !over {
                let running = Running {
                    attempts: &attempts,
                    reading,
                    telling,
                };
                let plan = self.store.plan(&row, running, now)?;
                next = plan.next;
                if let Some(message) = plan.tell {
                    telling = true;
                    let row = row.clone();
                    tasks.push(Box::pin(async move {
                        self.tell(&row, &message).await;
                        Done::Told
                    }));
                }
                if let Some(order) = plan.read {
                    reading = true;
                    let row = row.clone();
                    tasks.push(Box::pin(async move {
                        self.read(&row, &order).await;
                        Done::Read
                    }));
                }
                for seq in plan.attempts {
                    attempts.push(seq);
                    let row = row.clone();
                    tasks.push(Box::pin(async move {
                        if let Err(error) = self.attempt(&row, seq).await {
                            log::warn("a delivery could not be tried", &log::reason(&error));
                            // What fails here would fail again at once.
                            self.clock.until(host::now().saturating_add(PAUSE_MS)).await;
                        }
                        Done::Attempted(seq)
                    }));
                }
            }
            if !reading && !telling && attempts.is_empty() {
                return Ok(next);
            }
            if !listening {
                listening = true;
                let listener = self.changed.listen();
                tasks.push(Box::pin(async move {
                    listener.await;
                    Done::Changed
                }));
            }
            // While something runs, something else may become due.
            if let Some(at) = next.filter(|at| !over && *at > now && (timer <= now || *at < timer))
            {
                timer = at;
                tasks.push(Box::pin(async move {
                    self.clock.until(at).await;
                    Done::Later
                }));
            }
            match first(&mut tasks).await {
                Done::Told => telling = false,
                Done::Read => reading = false,
                Done::Attempted(seq) => attempts.retain(|running| *running != seq),
                Done::Changed => listening = false,
                Done::Later => {}
            }
        }
    }
}
