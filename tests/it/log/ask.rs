//! Asking a log by URL, and an answer with its content joined as the edge joins it.

use waypost_core::cache::Audience;
use waypost_core::conditional::Preconditions;
use waypost_core::feed::db::DbError;
use waypost_core::feed::{BodyBytes, Content, Log, Reader, Reply, Turn};
use waypost_core::query::Question;
use waypost_core::represent::Format;

use super::db::RusqliteDb;

/// Of the feeds of these tests, in seconds.
pub(crate) const POLL_INTERVAL: u64 = 7;

/// Who asks what, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// Below the feed's base.
    pub(crate) url: &'a str,
    pub(crate) audience: Audience,
    pub(crate) format: Format,
    pub(crate) preconditions: Preconditions<'a>,
    /// Whether the hold is over.
    pub(crate) held: bool,
    pub(crate) now: u64,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<u64>,
    pub(crate) cache_control: &'static str,
    pub(crate) edge_seconds: Option<u64>,
    /// Where the list goes on, and after how many seconds.
    pub(crate) next: Option<(String, u64)>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Seen {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

impl<'a> Ask<'a> {
    /// By one who holds a token and nothing else, and does not wait.
    pub(crate) fn url(url: &'a str, now: u64) -> Self {
        Self {
            url,
            audience: Audience::Token,
            format: Format::Json,
            preconditions: Preconditions::default(),
            held: true,
            now,
        }
    }

    /// With these preconditions.
    pub(crate) fn holding<'b>(
        self,
        if_none_match: Option<&'b str>,
        if_modified_since: Option<&'b str>,
    ) -> Ask<'b>
    where
        'a: 'b,
    {
        let preconditions = Preconditions {
            if_none_match,
            if_modified_since,
        };
        Ask {
            preconditions,
            ..self
        }
    }

    /// The answer; `None` while the log would hold it.
    pub(crate) fn of(self, log: &Log<RusqliteDb>) -> Result<Option<Seen>, DbError> {
        let (path, query) = self.url.split_once('?').unwrap_or((self.url, ""));
        let path: Vec<_> = path.split('/').skip(1).collect();
        let question = Question::canonical(&path, query)
            .unwrap_or_else(|e| panic!("{} is refused: {}", self.url, e.code()));
        let reader = Reader {
            audience: self.audience,
            format: self.format,
            poll_interval: POLL_INTERVAL,
            preconditions: self.preconditions,
        };
        Ok(match log.ask(&question, reader, self.held, self.now)? {
            Turn::Hold => None,
            Turn::Answer(reply) => Some(seen(reply)),
        })
    }

    /// The answer of a log that works and has no reason to hold.
    pub(crate) fn now(self, log: &Log<RusqliteDb>) -> Seen {
        self.of(log).expect("works").expect("no hold")
    }
}

fn seen(reply: Reply<String, Vec<u8>>) -> Seen {
    let mut content_type = None;
    let bytes = match reply.content {
        Content::NotModified => Vec::new(),
        Content::Problem(problem) => problem.body().into_bytes(),
        Content::Events { format, pieces } => {
            content_type = Some(format.media_type().to_owned()).filter(|_| format != Format::Json);
            pieces.concat()
        }
        Content::Body { body, .. } => {
            content_type = body.content_type;
            match body.bytes {
                BodyBytes::Text(text) => text.into_bytes(),
                BodyBytes::Decoded(bytes) => bytes,
                BodyBytes::Parts(parts) => parts.concat(),
            }
        }
    };
    Seen {
        status: reply.status,
        etag: reply.etag,
        last_modified: reply.last_modified,
        cache_control: reply.cache_control,
        edge_seconds: reply.edge_seconds,
        next: reply.next.map(|next| (next.url, next.after)),
        content_type,
        bytes,
    }
}
