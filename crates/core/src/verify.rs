//! From a request to a proof that it is genuine, in two phases and without I/O.
//!
//! ```text
//! screen(source, head, now) ──▶ Screened ── verify(body) ──────────────▶ Verified
//!   headers alone                  │  the edge reads the body       ▲
//!                                  └─ verify_with(hashed, body) ────┘
//!                                     the host computed over contents()
//! ```
//!
//! [`screen`] refuses whatever headers alone can refuse, so that no body is read for it. What is left
//! to do depends on the body's size: a small one is copied in and hashed here; a large one stays with
//! the host, which computes what [`Screened::needs`] names. Both end in the same decision, and
//! [`Verified`] is made nowhere else.

mod decision;
mod explain;
mod head;
mod jwt;
mod keys;
mod lookup;
mod opening;
mod screened;
mod ways;

pub use self::{
    explain::{Case, Explanation, STATUSES, Step, looked, moment},
    head::{Head, screen},
    keys::{Imported, KeyError, WantedKey},
    screened::{MAX_OPENED, Screened},
};
use crate::{
    handshake::Answered,
    scheme::{Algorithm, Identity},
};

/// What has to be computed before [`Screened`] can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// What is computed over each of [`Screened::contents`] with each of [`Screened::keys`]; nothing where
    /// the header carries the secret itself.
    pub tag: Algorithm,
    /// What the SHA-256 is of.
    pub digest: Digest,
    /// Whether the SHA-256 of the body is needed in any case, since that is what was signed.
    pub body_hash: bool,
}

/// What a digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// No digest is needed.
    None,
    /// The body.
    Body,
    /// Each of [`Screened::contents`], without the secret.
    Content,
}

/// What the host computed.
#[derive(Clone, Debug, Default)]
pub struct Hashed {
    /// The body's length in bytes.
    pub length: u64,
    /// One for each key over the first content, then over the next.
    pub tags: Vec<Vec<u8>>,
    /// In their place, always so for an algorithm with public keys: whether any of [`Screened::signatures`] is one
    /// over the content with the key.
    pub matches: Vec<bool>,
    /// The digests that [`Needs::digest`] asked for; nobody asks for them where [`Screened::is_signed`] does not hold.
    pub digests: Vec<[u8; 32]>,
    /// The digest of the body, where [`Needs::body_hash`] asked for it.
    pub body_hash: Option<[u8; 32]>,
}

/// A genuine webhook. Whoever holds one knows that its signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<'s> {
    source: &'s str,
    identity: Identity,
    event_id: Option<EventId>,
    event_type: String,
    digest: Option<[u8; 32]>,
    answered: Option<Answered>,
    key: usize,
}

/// The provider's id of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId {
    /// The id.
    pub value: String,
    /// Whether the signature covers it. Where not, anyone can send a captured webhook under another.
    pub signed: bool,
}

impl<'s> Verified<'s> {
    /// The source's name.
    pub fn source(&self) -> &'s str {
        self.source
    }

    /// What makes two webhooks of this source the same one.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The provider's id of the event, where it has one.
    pub fn event_id(&self) -> Option<&EventId> {
        self.event_id.as_ref()
    }

    /// What happened, in the provider's word; empty where it says none.
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// The answer, where it is a handshake and no event.
    pub fn answered(&self) -> Option<&Answered> {
        self.answered.as_ref()
    }

    /// Which of [`Screened::keys`] it was signed with, the first of several.
    pub fn signer(&self) -> usize {
        self.key
    }

    /// The digest that its identity needs, where it needs one: [`Needs::digest`] says of what.
    pub fn digest(&self) -> Option<&[u8; 32]> {
        self.digest.as_ref()
    }
}
