//! The alarm's work beside the pokes, and what tells an operator.

use waypost_core::feed::db::DbError;
use waypost_core::json;

use super::Feed;
use crate::log;

impl Feed {
    /// Has the log watched over from now on, as the config says, and the alarm ring for it.
    pub(super) async fn begin(&self, now: u64) {
        match self.watch(now) {
            Ok(next) => self.set_alarm(next).await,
            Err(error) => log::error("the feed's watch", &error.to_string()),
        }
    }

    /// Takes in what the config says, once in an object's life. Returns when the alarm must ring for it.
    fn watch(&self, now: u64) -> Result<Option<u64>, DbError> {
        if self.watched.get() {
            return Ok(None);
        }
        let log = self.log(now)?;
        let rules = self.config()?.alerts.as_ref();
        log.keep_sources(&self.sources(now)?)?;
        log.watch_by(rules, now)?;
        self.watched.set(true);
        // The alarm may have been set for pokes that are owed.
        rules.map_or(Ok(None), |_| log.owe_pokes(now))
    }

    /// The names of the sources that write this feed, as JSON.
    fn sources(&self, now: u64) -> Result<String, DbError> {
        let feed = self.name(now)?;
        let mut names = self.edge().config.sources().filter_map(|(name, config)| {
            let ours = config.is_ok_and(|config| config.settings.feed == feed);
            ours.then(|| json::text(name))
        });
        Ok(json::array(&mut names))
    }

    /// Does what is due. Returns when the alarm must ring next.
    pub(super) fn housekeep(&self, now: u64) -> Result<Option<u64>, DbError> {
        let failed = |error: DbError| log::error("the feed's housekeeping", &error.to_string());
        let log = self.log(now)?;
        let _ = self.watch(now).map_err(failed);
        let config = self.config()?;
        let latest = log.bounds().latest;
        let done = log.housekeep(config.retention, config.alerts.as_ref(), now);
        let done = done.or_else(|error| {
            failed(error);
            log.next_duty()
        });
        if log.bounds().latest == latest {
            return done;
        }
        // Something was told.
        self.waiting.wake();
        log.owe_pokes(now)
    }
}
