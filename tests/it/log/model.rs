//! What the log must do, over a vector: no SQL, no offsets, no searches.

use std::collections::HashMap;

use waypost_core::cache::Audience;
use waypost_core::config::Retention;
use waypost_core::wire::{Meta, Outcome};

use super::given::id;

const DAY_MS: u64 = 24 * 3_600_000;
const RECEIPT_LIFE_MS: u64 = 15 * DAY_MS;
const PAGE_BYTES: u64 = 8_000_000;

/// How a body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Json,
    Base64,
    ByUrl,
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) seq: u64,
    pub(crate) appended_at: u64,
    pub(crate) meta: Meta,
    pub(crate) body: Vec<u8>,
    pub(crate) shown: Shown,
    pub(crate) erased: bool,
    /// What it counts in limits of bytes: its texts, and its body where that is kept apart.
    weight: u64,
}

/// The log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// Those kept, in order.
    pub(crate) events: Vec<Event>,
    pub(crate) latest: u64,
    /// When it last changed: no later event is older.
    changed_at: u64,
    identities: HashMap<String, u64>,
}

/// What a list holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Gone,
    /// Those after the first number, up to and with the second.
    Run(u64, u64),
}

impl Model {
    pub(crate) fn append(&mut self, meta: Meta, body: Vec<u8>, shown: Shown, now: u64) -> Outcome {
        let receipt = (format!("receipt:{}", meta.receipt), now + RECEIPT_LIFE_MS);
        let unique = meta.unique.iter().map(|u| (u.key.clone(), u.until));
        let identity: Vec<_> = std::iter::once(receipt).chain(unique).collect();
        let known = |(key, _): &(String, u64)| self.identities.get(key).is_some_and(|&t| t > now);
        if identity.iter().any(known) {
            return Outcome::Duplicate;
        }
        self.identities.extend(identity);
        self.latest += 1;
        self.changed_at = self.changed_at.max(now);
        let mut event = Event {
            seq: self.latest,
            appended_at: self.changed_at,
            meta,
            body,
            shown,
            erased: false,
            weight: 0,
        };
        let texts = event.texts().map(|text| text.len() as u64);
        let apart = if shown == Shown::ByUrl {
            event.meta.size
        } else {
            0
        };
        event.weight = texts.iter().sum::<u64>() + apart;
        self.events.push(event);
        Outcome::Stored
    }

    pub(crate) fn prune(&mut self, keep: Retention, now: u64) {
        self.identities.retain(|_, &mut until| until > now);
        let too_old = |event: &Event| {
            keep.days
                .is_some_and(|days| event.appended_at + days * DAY_MS <= now)
        };
        let mut bytes: u64 = self.events.iter().map(|event| event.weight).sum();
        let mut count = self.events.len() as u64;
        let mut gone = 0;
        for event in &self.events {
            if !(too_old(event)
                || keep.events.is_some_and(|most| count > most)
                || keep.bytes.is_some_and(|most| bytes > most))
            {
                break;
            }
            bytes -= event.weight;
            count -= 1;
            gone += 1;
        }
        if gone > 0 {
            self.events.drain(..gone);
            self.changed_at = self.changed_at.max(now);
        }
    }

    pub(crate) fn erase(&mut self, seq: u64, now: u64) -> bool {
        let event = self.events.iter_mut().find(|e| e.seq == seq && !e.erased);
        let Some(event) = event else {
            return false;
        };
        event.erased = true;
        self.changed_at = self.changed_at.max(now);
        true
    }

    pub(crate) fn earliest(&self) -> u64 {
        self.events.first().map_or(self.latest + 1, |e| e.seq)
    }

    pub(crate) fn event(&self, seq: u64) -> Option<&Event> {
        self.events.iter().find(|event| event.seq == seq)
    }

    pub(crate) fn newest(&self) -> Option<&Event> {
        self.events.iter().rev().find(|event| !event.erased)
    }

    pub(crate) fn between(&self, after: u64, through: u64) -> impl Iterator<Item = &Event> + Clone {
        self.events
            .iter()
            .filter(move |e| e.seq > after && e.seq <= through)
    }

    /// The page after a cursor; `None` is the oldest event kept. Where only events of a type are shown, those
    /// count for the limit.
    pub(crate) fn page(&self, cursor: Option<u64>, limit: Option<u64>, kind: Option<&str>) -> Page {
        let after = cursor.unwrap_or(self.earliest() - 1);
        if after > self.latest || after + 1 < self.earliest() {
            return Page::Gone;
        }
        let (mut through, mut bytes, mut count) = (after, 0, 0);
        for event in self.between(after, u64::MAX) {
            bytes += event.weight;
            let full = limit.is_some_and(|most| count >= most) || bytes > PAGE_BYTES;
            if full && through > after {
                break;
            }
            through = event.seq;
            count += u64::from(kind.is_none_or(|kind| event.is(kind)));
        }
        Page::Run(after, through)
    }

    /// The place after which everything was appended at `time` or later.
    pub(crate) fn since(&self, time: u64) -> u64 {
        let before = self.events.iter().rfind(|e| e.appended_at < time);
        before.map_or(self.earliest() - 1, |e| e.seq)
    }
}

impl Event {
    /// Whether it is shown to who wants this type.
    pub(crate) fn is(&self, kind: &str) -> bool {
        !self.erased && self.meta.kind == kind
    }

    /// The event as a reader sees it.
    pub(crate) fn json(&self, audience: Audience) -> String {
        let [head, open, signatures, payload] = self.texts();
        let signatures = match audience {
            Audience::Token => signatures,
            Audience::Public => String::new(),
        };
        let (member, end) = match self.shown {
            Shown::Json => (r#""payload":"#, String::new()),
            Shown::Base64 => (r#""payload_base64":""#, "\"".to_owned()),
            Shown::ByUrl => (r#""body_url":""#, format!("{}/body\"", id(self.seq))),
        };
        let (id, size) = (id(self.seq), self.meta.size);
        format!(
            r#"{{"id":"{id}",{head},"headers":{{{open}{signatures}}},"size":{size},{member}{payload}{end}}}"#
        )
    }

    fn texts(&self) -> [String; 4] {
        let string = |text: &str| serde_json::to_string(text).expect("a string");
        let meta = &self.meta;
        let head = format!(
            r#""source":{},"type":{},"webhook_id":{},"received_at":{},"content_type":{}"#,
            string(&meta.source),
            string(&meta.kind),
            string(&meta.webhook_id),
            string(&waypost_core::when::rfc3339(meta.received_at)),
            meta.content_type
                .as_deref()
                .map_or("null".to_owned(), string),
        );
        let members = |signing: bool| {
            let named =
                |(name, _): &&(String, String)| meta.signature_headers.contains(name) == signing;
            let headers = meta.headers.iter().filter(named);
            let members: Vec<_> = headers
                .map(|(n, v)| format!("{}:{}", string(n), string(v)))
                .collect();
            members.join(",")
        };
        let (open, mut signatures) = (members(false), members(true));
        if !open.is_empty() && !signatures.is_empty() {
            signatures.insert(0, ',');
        }
        let payload = match self.shown {
            Shown::Json => String::from_utf8(self.body.clone()).expect("JSON is text"),
            Shown::Base64 => waypost_core::encoding::Encoding::Base64.encode(&self.body),
            Shown::ByUrl if meta.feed == "default" => "/events/".to_owned(),
            Shown::ByUrl => format!("/feeds/{}/events/", meta.feed),
        };
        [head, open, signatures, payload]
    }
}
