//! Properties that hold for every row and every content.

use proptest::prelude::*;
use waypost_core::{
    headers::Headers,
    scheme::{Algorithm, Part, Place, Row, Scheme, Stamp},
    verify::{Head, screen},
};

use super::support::{NOW, Request, header_of, rows, secret, source};

fn any_row() -> impl Strategy<Value = Row<'static>> {
    // Arbitrary bytes are no body for a row that takes its body apart.
    let mut rows = rows();
    rows.retain(|row| {
        !Scheme::compile(row)
            .expect("a row that compiles")
            .opens_body(false)
    });
    prop::sample::select(rows)
}

/// Ids that senders make up, short of those that could be read as another id and a time.
fn any_id() -> impl Strategy<Value = String> {
    "[!-~äöü]{1,100}".prop_filter("no time in it", |id| {
        !id.contains(|c: char| c.is_ascii_digit())
    })
}

/// Requests differ from genuine ones in one bit of one signed part.
#[derive(Clone, Copy, Debug)]
enum Change {
    Body(prop::sample::Index, u8),
    Signature(prop::sample::Index, u8),
    Time(i64),
    Id,
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<prop::sample::Index>(), 0..8u8).prop_map(|(at, bit)| Change::Body(at, bit)),
        (any::<prop::sample::Index>(), 0..8u8).prop_map(|(at, bit)| Change::Signature(at, bit)),
        prop_oneof![-50..-1i64, 1..50i64].prop_map(Change::Time),
        Just(Change::Id),
    ]
}

proptest! {
    #[test]
    fn every_signed_request_verifies(
        row in any_row(),
        body in prop::collection::vec(any::<u8>(), 0..400),
        key in "[ -~]{16,64}",
        id in any_id(),
        share in -1000..=1000i64,
    ) {
        let source = source(&row, &[secret(&row, &key)]);
        let mut body = body;
        if source.scheme.blurs_url() {
            body.insert(0, b'{');
        }
        let within = i64::try_from(row.tolerance_seconds).expect("a window") * share;
        let at = NOW.checked_add_signed(within).expect("a time");
        let request = Request::signed(&source, &body, at, &id, "thing.done");
        let verified = request.verify(&source, NOW);
        let missing = row.id_required && !request.headers.iter().any(|(_, value)| *value == id);
        if missing {
            prop_assert_eq!(verified.err(), Some(waypost_core::rejection::Rejection::MissingEventId));
        } else {
            let verified = verified.expect("a genuine request");
            if let Some(found) = verified.event_id() {
                prop_assert_eq!(&found.value, &id);
            }
        }
    }

    #[test]
    fn any_change_to_a_signed_part_is_refused(
        row in any_row(),
        body in prop::collection::vec(any::<u8>(), 1..400),
        key in "[ -~]{16,64}",
        change in any_change(),
    ) {
        let Algorithm::Hmac(_) = row.algorithm else { return Ok(()) };
        let source = source(&row, &[secret(&row, &key)]);
        let mut request = Request::signed(&source, &body, NOW, "evt", "thing.done");
        let scheme = &source.scheme;
        let family = &scheme.families[0];
        match change {
            Change::Body(at, bit) => {
                prop_assume!(scheme.signs(&Part::Body));
                let at = at.index(request.body.len());
                request.body[at] ^= 1 << bit;
            }
            Change::Signature(at, bit) => {
                let header = request.get(&header_of(family)).to_owned();
                let text = scheme.layout.signatures(&header).expect("signatures").concat();
                let mut bytes = scheme.encoding.decode(&text).expect("decodable");
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
                let changed = header.replace(&text, &scheme.encoding.encode(&bytes));
                request.set(&header_of(family), changed);
            }
            Change::Time(seconds) => {
                let Some(unit) = scheme.unit.filter(|_| scheme.signs(&Part::Timestamp)) else { return Ok(()) };
                let moved = unit.write(NOW.checked_add_signed(seconds * 1000).expect("a time"));
                match &family.timestamp {
                    Some(Stamp::At(Place::Header(name))) => request.set(name, moved),
                    _ => {
                        let header = request.get(&header_of(family)).replacen(&unit.write(NOW), &moved, 1);
                        request.set(&header_of(family), header);
                    }
                }
            }
            Change::Id => {
                prop_assume!(scheme.signs(&Part::Id));
                let name = request.headers.iter().find(|(_, value)| value == "evt").expect("an id").0.clone();
                request.set(&name, "evu");
            }
        }
        prop_assert!(request.verify(&source, NOW).is_err());
    }

    #[test]
    fn no_header_text_panics_or_verifies(
        row in any_row(),
        text in "[^\n\r\0]{0,300}",
        stamp in "[^\n\r\0]{0,40}",
    ) {
        let source = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
        let mut request = Request::signed(&source, b"{}", NOW, "evt", "thing.done");
        let family = &source.scheme.families[0];
        request.set(&header_of(family), text);
        if let Some(Stamp::At(Place::Header(name))) = &family.timestamp {
            request.set(name, stamp);
        }
        prop_assert!(request.verify(&source, NOW).is_err());
    }

    #[test]
    fn no_flat_headers_panic(row in any_row(), flat in any::<String>(), query in any::<String>()) {
        let source = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
        let head = Head { method: "POST", query: &query, headers: Headers::new(&flat) };
        prop_assert!(screen(&source, &head, NOW).is_err());
    }
}
