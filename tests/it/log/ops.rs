//! What may happen to a log, at random.

use proptest::prelude::*;
use proptest::sample::select;
use waypost_core::cache::Audience;
use waypost_core::config::Retention;
use waypost_core::query::Face;
use waypost_core::wire::{Meta, Unique};

use super::given;
use super::model::Shown;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Append(Vec<Hook>),
    Prune(Retention),
    /// The nth of the sequences given out, and one beyond.
    Erase(prop::sample::Index),
    /// The object is evicted and comes back.
    Reopen,
    /// The same, of the newest events.
    EraseNewest(u64),
    /// Milliseconds go by.
    Pass(u64),
    /// The clock is set back: objects move between machines.
    Back(u64),
    List(List),
    /// One event, its body, and the newest one.
    Single(prop::sample::Index, Audience),
    /// The follower, who keeps its cursor over everything, asks for its next page.
    Follow(u64),
}

/// One webhook. The pools are small, so that duplicates are common.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    receipt: u32,
    id: Option<u8>,
    content: Option<u8>,
    life: u64,
    body: usize,
    headers: usize,
    signed: bool,
}

/// A question to a list.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) face: Face,
    pub(crate) at: At,
    pub(crate) limit: u64,
    pub(crate) hold: bool,
    pub(crate) audience: Audience,
    /// The one type that is wanted.
    pub(crate) kind: Option<&'static str>,
}

/// Where the reader stands.
#[derive(Clone, Debug)]
pub(crate) enum At {
    Start,
    /// After the nth of the sequences given out, and one beyond.
    After(prop::sample::Index),
    OtherLife,
    /// So many milliseconds ago (`/updates` alone).
    Ago(u64),
}

/// Bodies, and how they are shown. Those that are kept apart say that they have `APART` bytes and
/// have few: what is kept is what was given, and limits go by what was said.
const BODIES: &[(&[u8], Shown)] = &[
    (br#"{"a":1}"#, Shown::Json),
    (
        b" {\"b\" :\t[1.0, 1e5, 12345678901234567890]}\r\n",
        Shown::Json,
    ),
    (
        "{\"\\u00e9\":\"é\u{2028}😀</script>\"}".as_bytes(),
        Shown::Json,
    ),
    (b"null", Shown::Json),
    (b"", Shown::Base64),
    (b"a=b&c=%20", Shown::Base64),
    (b"\xff\x00\xfe", Shown::Base64),
    (b"\xef\xbb\xbf{}", Shown::Base64),
    (b"{} {}", Shown::Base64),
    (b"\x00\x01part", Shown::ByUrl),
    (b"{\"large\":true}", Shown::ByUrl),
];

const APART: u64 = 3_000_000;

const HEADERS: &[&[(&str, &str)]] = &[
    &[],
    &[("content-type", "a/b")],
    &[("x-signature", "sha256=00")],
    &[
        ("x-signature", "a"),
        ("x-odd", "\"\\ é\t"),
        ("x-other-signature", "b"),
    ],
];

impl Hook {
    pub(crate) fn body(&self) -> (&'static [u8], Shown) {
        BODIES[self.body]
    }

    pub(crate) fn meta(&self, now: u64) -> Meta {
        let (body, shown) = self.body();
        let unique = [("id", self.id), ("content", self.content)];
        let headers = HEADERS[self.headers].iter();
        let signed = ["x-signature", "x-other-signature"]
            .iter()
            .filter(|_| self.signed);
        Meta {
            receipt: format!("r{}", self.receipt),
            feed: if self.signed { "default" } else { "other" }.to_owned(),
            kind: if self.signed { "push" } else { "" }.to_owned(),
            content_type: self.signed.then(|| "a/b".to_owned()),
            headers: headers
                .map(|&(n, v)| (n.to_owned(), v.to_owned()))
                .collect(),
            signature_headers: signed.map(|&name| name.to_owned()).collect(),
            unique: unique
                .into_iter()
                .filter_map(|(half, n)| {
                    let key = format!("{half}:{}", n?);
                    Some(Unique {
                        key,
                        until: now + self.life,
                    })
                })
                .collect(),
            size: if shown == Shown::ByUrl {
                APART
            } else {
                body.len() as u64
            },
            received_at: now - now % 7,
            ..given::meta(0)
        }
    }
}

const DAY: u64 = 86_400_000;

fn hook() -> impl Strategy<Value = Hook> {
    let half = || prop_oneof![2 => Just(None), 1 => (0..24u8).prop_map(Some)];
    (
        (
            0..400u32,
            half(),
            half(),
            select(&[1000, DAY, 30 * DAY][..]),
        ),
        (0..BODIES.len(), 0..HEADERS.len(), any::<bool>()),
    )
        .prop_map(
            |((receipt, id, content, life), (body, headers, signed))| Hook {
                receipt,
                id,
                content,
                life,
                body,
                headers,
                signed,
            },
        )
}

fn retention() -> impl Strategy<Value = Retention> {
    use proptest::option::weighted;
    (
        weighted(0.4, 0..3u64),
        weighted(0.4, 0..40u64),
        weighted(0.4, prop_oneof![0..4_000u64, Just(9_000_000)]),
    )
        .prop_map(|(days, events, bytes)| Retention {
            days,
            events,
            bytes,
        })
}

fn audience() -> impl Strategy<Value = Audience> {
    select(&[Audience::Public, Audience::Token][..])
}

fn list() -> impl Strategy<Value = List> {
    let at = prop_oneof![
        2 => Just(At::Start),
        6 => any::<prop::sample::Index>().prop_map(At::After),
        1 => Just(At::OtherLife),
        3 => select(&[0, 1, 4_999, 5_000, 5_001, 60_000, DAY][..]).prop_map(At::Ago),
    ];
    let faces = select(&[Face::Events, Face::LongPoll, Face::Updates][..]);
    let limit = prop_oneof![1..8u64, Just(500)];
    let kind = select(&[None, Some("push"), Some("pull")][..]);
    (faces, at, limit, any::<bool>(), audience(), kind).prop_map(
        |(face, at, limit, hold, audience, kind)| List {
            face,
            at,
            limit,
            hold,
            audience,
            kind,
        },
    )
}

/// An operation, and at which of its statements the database fails.
pub(crate) fn op() -> impl Strategy<Value = (Op, Option<u32>)> {
    let index = any::<prop::sample::Index>;
    let op = prop_oneof![
        6 => proptest::collection::vec(hook(), 1..6).prop_map(Op::Append),
        2 => retention().prop_map(Op::Prune),
        1 => index().prop_map(Op::Erase),
        1 => (0..3u64).prop_map(Op::EraseNewest),
        2 => Just(Op::Reopen),
        4 => select(&[1, 499, 1_000, 5_000, 700_000, DAY, 16 * DAY][..]).prop_map(Op::Pass),
        1 => select(&[1, 900, 70_000][..]).prop_map(Op::Back),
        8 => list().prop_map(Op::List),
        3 => (index(), audience()).prop_map(|(at, who)| Op::Single(at, who)),
        5 => prop_oneof![1..5u64, Just(500)].prop_map(Op::Follow),
    ];
    (op, proptest::option::weighted(0.25, 1..30u32))
}
