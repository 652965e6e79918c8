//! What is counted elsewhere, and how the feed is.

use waypost_core::feed::Watched;
use waypost_core::feed::db::DbError;

use super::{Feed, text};
use crate::answer::Answer;
use crate::call::Call;

impl Feed {
    /// `POST /tally`: what the edge has counted.
    pub(super) async fn tally(&self, call: &Call) -> Result<Answer, DbError> {
        let tallies = text(call).await?;
        self.log(call.now)?.tally(&tallies, call.now)?;
        Ok(Answer::new(204))
    }

    /// `GET /metrics`
    pub(super) fn metrics(&self, call: &Call) -> Result<Answer, DbError> {
        let log = self.log(call.now)?;
        let written = log.metrics(self.watched(&self.name(call.now)?, call.now))?;
        Ok(Answer::json(200, &written))
    }

    /// `GET /overview`
    pub(super) fn overview(&self, call: &Call) -> Result<Answer, DbError> {
        let log = self.log(call.now)?;
        let overview = log.overview(self.watched(&self.name(call.now)?, call.now))?;
        let overview = overview.ok_or_else(|| DbError("there is no overview".to_owned()))?;
        Ok(Answer::json(200, "").body(overview))
    }

    fn watched<'a>(&self, feed: &'a str, now: u64) -> Watched<'a> {
        Watched {
            feed,
            waiting: self.waiting.count(),
            now,
        }
    }
}
