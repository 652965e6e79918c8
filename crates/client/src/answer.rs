//! What a poller sees of an answer.

use std::time::Duration;

use waypost_core::retry::retry_after;

/// The longest that a server is obeyed when it asks for patience.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered.
    Answered(Box<Answer>),
    /// It did not, or nothing that could be read.
    Failed,
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self::Answered(Box::new(answer))
    }
}

/// An answer, as far as the rules need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// How many events it holds.
    pub events: usize,
    /// The position after them.
    pub next: Option<String>,
    /// Whether more follow at once.
    pub has_more: bool,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `Poll-Interval`, or `X-Poll-Interval`.
    pub poll_interval: Option<Duration>,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
    /// How long it took to come.
    pub elapsed: Duration,
    /// What a problem document says.
    pub problem: Option<Problem>,
}

/// A problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), as far as it is of use.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Problem {
    /// The stable code.
    #[serde(default)]
    pub code: String,
    /// What to do.
    #[serde(default)]
    pub detail: String,
    /// Of a lost position: the oldest event kept.
    #[serde(default)]
    pub earliest: Option<String>,
    /// Of a lost position: the newest event.
    #[serde(default)]
    pub latest: Option<String>,
}

impl Answer {
    /// The status and, by their names in lower case, the headers that matter. `now` is in milliseconds
    /// since 1970, for dates.
    pub fn of_head<'h>(status: u16, header: impl Fn(&str) -> Option<&'h str>, now: u64) -> Self {
        let text = |name| header(name).map(str::to_owned);
        let poll = header("poll-interval").or_else(|| header("x-poll-interval"));
        Self {
            status,
            retry_after: header("retry-after").and_then(|text| delay(text, now)),
            poll_interval: poll.and_then(seconds),
            etag: text("etag"),
            last_modified: text("last-modified"),
            ..Self::default()
        }
    }

    /// What the server asked for: nothing sooner than this.
    pub fn floor(&self) -> Duration {
        let asked = [self.retry_after, self.poll_interval];
        asked.into_iter().flatten().max().unwrap_or_default()
    }

    /// Whether the request may succeed when it is made again.
    pub fn is_passing(&self) -> bool {
        is_passing(self.status)
    }
}

/// Whether a request that was answered with this status may succeed when it is made again.
pub fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// `Retry-After`, as far as it is obeyed.
pub fn delay(text: &str, now: u64) -> Option<Duration> {
    let asked = Duration::from_millis(retry_after(text, now)?);
    Some(asked.min(LONGEST))
}

fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than a number holds are as long as can be.
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)).min(LONGEST))
}
