//! What a delivery is signed with, in both ways at once.
//!
//! [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
//! HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base 64 behind `v1,`, one for each secret. And this
//! project's own: HMAC-SHA256 of `{timestamp}.{body}` in hex behind `sha256=`, keyed by the UTF-8 bytes of the secret
//! as it is written.
//!
//! The libraries of Standard Webhooks take `whsec_` off a secret and decode the rest from base 64, whether the prefix
//! is there or not. So is it done here; a secret that is no base 64 is taken as it is, which is what those libraries
//! call `raw`.

use std::fmt;

use crate::encoding::Encoding;
use crate::hash::{Hash, Piece};

const PREFIX: &str = "whsec_";

/// A secret is no shorter and no longer than this, in bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// How many bytes a secret that is made here has.
pub const KEY_BYTES: usize = 32;

/// The keys of one secret. Its `Debug` says nothing about them.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// What Standard Webhooks signs with.
    standard: Vec<u8>,
    /// What `X-Webhook-Signature` is made with.
    own: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A secret made of random bytes.
pub fn make_secret(random: &[u8; KEY_BYTES]) -> String {
    format!("{PREFIX}{}", Encoding::Base64.encode(random))
}

impl Key {
    /// The keys of a secret; none where it is too short, too long, not printable ASCII, or calls itself `whsec_` and
    /// is not base 64.
    pub fn read(secret: &str) -> Option<Self> {
        let printable = secret.bytes().all(|byte| byte.is_ascii_graphic());
        if !LENGTH.contains(&secret.len()) || !printable {
            return None;
        }
        let bare = secret.strip_prefix(PREFIX);
        let text = bare.unwrap_or(secret);
        // The libraries want the padding, which ours does without.
        let padded = text.len().is_multiple_of(4);
        let decoded = padded.then(|| Encoding::Base64.decode(text)).flatten();
        let own = secret.as_bytes().to_vec();
        match (decoded.filter(|key| !key.is_empty()), bare) {
            (Some(standard), _) => Some(Self { standard, own }),
            (None, Some(_)) => None,
            (None, None) => Some(Self {
                standard: own.clone(),
                own,
            }),
        }
    }
}

/// One MAC that has to be computed: of `head` and the body behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task<'k> {
    /// The key.
    pub key: &'k [u8],
    /// What stands before the body.
    pub head: String,
}

impl Task<'_> {
    /// The MAC, where the body is at hand.
    pub fn mac(&self, body: &[u8]) -> Vec<u8> {
        let head = Piece::Bytes(self.head.as_bytes().to_vec());
        Hash::Sha256.mac(self.key, &[head, Piece::Body], body)
    }
}

/// What is sent of a delivery beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The event's id, the same at every attempt.
    pub id: &'a str,
    /// The event's type.
    pub event: &'a str,
    /// The type of the body.
    pub content_type: &'a str,
    /// The attempt's time, in unix milliseconds.
    pub now: u64,
}

impl Head<'_> {
    fn seconds(&self) -> u64 {
        self.now / 1000
    }

    /// The MACs to be computed: one of Standard Webhooks for each key, newest first, and then ours, with the oldest
    /// key. Whoever knows only one signature holds the old secret until its time is over.
    pub fn tasks<'k>(&self, keys: &'k [Key]) -> Vec<Task<'k>> {
        let (id, seconds) = (self.id, self.seconds());
        let standard = keys.iter().map(|key| Task {
            key: &key.standard,
            head: format!("{id}.{seconds}."),
        });
        let own = keys.last().map(|key| Task {
            key: &key.own,
            head: format!("{seconds}."),
        });
        standard.chain(own).collect()
    }

    /// The headers, names and values in turn, a line each. `macs` are those of [`Head::tasks`].
    pub fn headers(&self, macs: &[Vec<u8>]) -> String {
        let Self { id, event, .. } = self;
        let seconds = self.seconds();
        let (own, standard) = macs
            .split_last()
            .map_or((&[][..], &[][..]), |(own, rest)| (own, rest));
        let own = Encoding::Hex.encode(own);
        let standard = standard
            .iter()
            .map(|mac| format!("v1,{}", Encoding::Base64.encode(mac)));
        let standard = standard.collect::<Vec<_>>().join(" ");
        let mut headers = format!(
            "content-type\n{}\nuser-agent\nWaypost/{}\nwebhook-id\n{id}\nwebhook-timestamp\n{seconds}\n\
             webhook-signature\n{standard}\nx-webhook-id\n{id}\nx-webhook-timestamp\n{seconds}\n\
             x-webhook-signature\nsha256={own}\n",
            printable(self.content_type),
            env!("CARGO_PKG_VERSION"),
        );
        if !event.is_empty() {
            headers.push_str(&format!("x-webhook-event\n{}\n", printable(event)));
        }
        headers
    }
}

/// A text as a header can hold it.
fn printable(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() || c == ' ';
    text.chars()
        .map(|c| if plain(c) { c } else { '?' })
        .collect()
}
