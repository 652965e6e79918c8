//! What makes a webhook the same one as another.
//!
//! | the event's id | goes by | unique in the feed |
//! |---|---|---|
//! | signed | the id | the id |
//! | unsigned | `id+content` | the id, and the digest of the signed content |
//! | absent, or not asked for | `content` | the digest |
//! | any | `none` | nothing |
//!
//! The keys are hashes of fixed length, so that no sender decides how long a key is, and hold the
//! source's name, so that no source can use up another's. A digest is never taken over signatures:
//! several may be sent, and one of them left out.

use crate::{encoding::Encoding, hash::sha256, scheme::Identity, verify::Verified};

/// The keys that the feed holds unique. A webhook with either of them taken is a duplicate, and then
/// neither may be recorded: the other could belong to an event that is still to come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unique {
    /// Of the provider's id.
    pub id: Option<String>,
    /// Of the content.
    pub content: Option<String>,
}

/// How a webhook goes by, once it is known what it carries.
enum By<'v> {
    Id(&'v str),
    IdAndContent(&'v str, &'v [u8]),
    Content(&'v [u8]),
    Nothing,
}

impl Verified<'_> {
    fn by(&self) -> By<'_> {
        let digest = self.digest().map(<[u8; 32]>::as_slice);
        let asked = matches!(self.identity(), Identity::Id | Identity::IdAndContent);
        match (self.event_id().filter(|_| asked), digest) {
            (Some(id), _) if id.signed => By::Id(&id.value),
            (Some(id), Some(digest)) => By::IdAndContent(&id.value, digest),
            (None, Some(digest)) => By::Content(digest),
            // `none` asks for no id, and for no digest either.
            (_, None) => By::Nothing,
        }
    }

    /// What it goes by, in a sentence.
    pub fn goes_by(&self) -> String {
        match self.by() {
            By::Id(id) => {
                format!("It goes by the id `{id}`, which cannot be changed without the secret.")
            }
            By::IdAndContent(id, _) => {
                format!(
                    "It goes by the id `{id}`, which nobody signed, and the SHA-256 of its content."
                )
            }
            By::Content(_) => "It goes by the SHA-256 of its content.".to_owned(),
            By::Nothing => "It goes by nothing: equal ones count each.".to_owned(),
        }
    }

    /// The KV key of the mark that says it was seen; none where nothing is dropped.
    ///
    /// Under an id that is not signed the digest goes in as well, so that a capture replayed under an
    /// id that is still to come leaves a mark that the genuine event will not find.
    pub fn mark(&self) -> Option<String> {
        let parts: &[&[u8]] = &match self.by() {
            By::Id(id) => [b"id".as_slice(), id.as_bytes(), b""],
            By::IdAndContent(id, digest) => [b"id+content".as_slice(), digest, id.as_bytes()],
            By::Content(digest) => [b"content".as_slice(), digest, b""],
            By::Nothing => return None,
        };
        Some(format!("seen:{}:{}", self.source(), self.key(parts)))
    }

    /// The keys that the feed holds unique.
    pub fn unique(&self) -> Unique {
        let id = |id: &str| Some(self.key(&[b"id", id.as_bytes()]));
        let content = |digest: &[u8]| Some(self.key(&[b"content", digest]));
        match self.by() {
            By::Id(value) => Unique {
                id: id(value),
                content: None,
            },
            By::IdAndContent(value, digest) => Unique {
                id: id(value),
                content: content(digest),
            },
            By::Content(digest) => Unique {
                id: None,
                content: content(digest),
            },
            By::Nothing => Unique::default(),
        }
    }

    /// A hash of this source's name and `parts`. No two lists collide: a name holds no line feed, the
    /// first part is one of our words, and only the last is of a length that a sender chooses.
    fn key(&self, parts: &[&[u8]]) -> String {
        let name = self.source().as_bytes();
        let joined = parts.iter().flat_map(|&part| [b"\n".as_slice(), part]);
        Encoding::Base64Url.encode(&sha256(std::iter::once(name).chain(joined)))
    }
}
