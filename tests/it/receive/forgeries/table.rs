//! The forgeries, one a row.

use waypost_core::{
    encoding::Encoding,
    hash::Piece,
    rejection::Rejection::{self, *},
    scheme::{Algorithm, Grammar, Hash, Key, Part, Place, Row, Stamp},
};

use super::case::Case;
use crate::receive::support::{NOW, Request, body, id_in_body, secret, source};

/// Forges, and says what must come of it.
pub(super) type Forge = fn(&mut Case) -> Option<Rejection>;

pub(super) const FORGERIES: &[(&str, Forge)] = &[
    ("a bit of the body flipped", |case| {
        *case.request.body.last_mut()? ^= 1;
        case.signs_body().then_some(BadSignature)
    }),
    ("a byte more", |case| {
        case.request.body.push(b'\n');
        case.signs_body().then_some(BadSignature)
    }),
    ("no body", |case| {
        case.request.body.clear();
        case.signs_body().then_some(BadSignature)
    }),
    ("a bit of the signature flipped", |case| {
        case.hmac()?;
        let mut bytes = case.decoded();
        *bytes.last_mut()? ^= 1;
        case.set_signatures(&[case.encode(&bytes)]);
        Some(BadSignature)
    }),
    ("a signature of zeros", |case| {
        let zeros = vec![0; case.hmac()?.length()];
        case.set_signatures(&[case.encode(&zeros)]);
        Some(BadSignature)
    }),
    ("another secret", |case| {
        let other = source(&case.row, &[secret(&case.row, "another secret, as long ")]);
        let body = case.request.body.clone();
        case.request = Request::signed(&other, &body, NOW, "evt_1", "thing.done");
        Some(BadSignature)
    }),
    (
        "the secret's text where the key is decoded from it",
        |case| {
            let Encoding::Base64 = case.row.key.form else {
                return None;
            };
            let mut row = case.row;
            row.key = Key::TEXT;
            let text = secret(&case.row, "0123456789abcdef01234567");
            let other = source(&row, &[text]);
            let body = case.request.body.clone();
            case.request = Request::signed(&other, &body, NOW, "evt_1", "thing.done");
            Some(BadSignature)
        },
    ),
    ("no signature", |case| {
        match case.place() {
            Place::Header(name) => case.request.remove(&name),
            _ => case.request.body = b"{}".to_vec(),
        }
        Some(MissingSignature)
    }),
    ("an empty signature header", |case| {
        case.set_signature("");
        Some(MissingSignature)
    }),
    ("an empty signature", |case| {
        case.set_signatures(&[String::new()]);
        let whole = matches!(case.row.signature.grammar, Grammar::Whole { .. });
        let bare = whole && case.prefix().is_empty();
        Some(if bare {
            MissingSignature
        } else {
            UndecodableSignature
        })
    }),
    ("half a signature", |case| {
        case.hmac()?;
        let bytes = case.decoded();
        case.set_signatures(&[case.encode(&bytes[..bytes.len() / 2])]);
        Some(UndecodableSignature)
    }),
    ("a signature in no encoding", |case| {
        case.hmac()?;
        case.set_signatures(&["~".repeat(64)]);
        Some(UndecodableSignature)
    }),
    ("no prefix", |case| {
        let prefix = case.prefix();
        let bare = case.signature().strip_prefix(prefix)?.to_owned();
        case.set_signature(bare);
        (!prefix.is_empty()).then_some(UnrecognisedSignature)
    }),
    ("another prefix", |case| {
        let prefix = case.prefix();
        let bare = case.signature().strip_prefix(prefix)?.to_owned();
        case.set_signature(format!("md5={bare}"));
        (!prefix.is_empty()).then_some(UnrecognisedSignature)
    }),
    ("another version", |case| {
        let Grammar::Items { field, equals, .. } = case.row.signature.grammar else {
            return None;
        };
        let value = case
            .signature()
            .replace(&format!("{field}{equals}"), &format!("v9{equals}"));
        case.set_signature(value);
        (field != "*").then_some(UnrecognisedSignature)
    }),
    ("a signature without its name", |case| {
        case.items().then(|| case.set_signature("~~~~"))?;
        Some(MalformedHeader)
    }),
    ("another algorithm", |case| {
        let hash = case.hmac()?;
        let mut row = case.row;
        let other = if hash == Hash::Sha1 {
            Hash::Sha256
        } else {
            Hash::Sha1
        };
        row.algorithm = match row.algorithm {
            Algorithm::Plain(_) => Algorithm::Plain(other),
            _ => Algorithm::Hmac(other),
        };
        let other = source(&row, &[secret(&row, "0123456789abcdef01234567")]);
        let body = case.request.body.clone();
        case.request = Request::signed(&other, &body, NOW, "evt_1", "thing.done");
        Some(UndecodableSignature)
    }),
    ("another algorithm's signature cut to length", |case| {
        let hash = case.hmac()?;
        let key = &case.source.keys[0][0];
        let mut mac = Hash::Sha512.mac(key.expose(), &[Piece::Body], b"x");
        mac.truncate(hash.length());
        case.set_signatures(&[case.encode(&mac)]);
        Some(BadSignature)
    }),
    ("signed too long ago", |case| {
        case.sign_again(NOW - (case.row.tolerance_seconds + 1) * 1000, "evt_1");
        case.signs_time().then_some(StaleTimestamp)
    }),
    ("signed too far ahead", |case| {
        case.sign_again(NOW + (case.row.tolerance_seconds + 1) * 1000, "evt_1");
        case.signs_time().then_some(FutureTimestamp)
    }),
    ("a fresh timestamp on an old signature", |case| {
        let text = case.scheme().unit?.write(NOW + 1000);
        case.set_stamp(&text).then_some(BadSignature)
    }),
    ("no timestamp", |case| {
        match case.scheme().families[0].timestamp.clone()? {
            Stamp::At(Place::Header(name)) => {
                case.request.remove(&name);
                Some(MissingTimestamp)
            }
            Stamp::At(_) => None,
            Stamp::Field(field) => {
                case.items().then_some(())?;
                let value = case.signature().replacen(&field, "x", 1);
                case.set_signature(value);
                Some(MalformedHeader)
            }
        }
    }),
    ("a timestamp with a sign", |case| {
        let text = format!("+{}", case.stamp_text());
        case.set_stamp(&text).then_some(MalformedTimestamp)
    }),
    ("a timestamp with a fraction", |case| {
        let text = format!("{}.5", case.stamp_text());
        case.set_stamp(&text).then_some(MalformedTimestamp)
    }),
    ("a timestamp that is no number", |case| {
        case.set_stamp("now").then_some(MalformedTimestamp)
    }),
    ("a timestamp of 30 digits", |case| {
        case.set_stamp(&"1".repeat(30))
            .then_some(MalformedTimestamp)
    }),
    ("a second timestamp", |case| {
        let Grammar::Items {
            separator, equals, ..
        } = case.row.signature.grammar
        else {
            return None;
        };
        let Stamp::Field(field) = case.scheme().families[0].timestamp.clone()? else {
            return None;
        };
        let value = format!("{}{separator}{field}{equals}1", case.signature());
        case.set_signature(value);
        Some(MalformedHeader)
    }),
    ("17 signatures", |case| {
        case.items().then_some(())?;
        let wrong = case.encode(&vec![0; case.hmac()?.length()]);
        case.set_signatures(&vec![wrong; 17]);
        Some(MalformedHeader)
    }),
    ("9 KB of signature", |case| {
        let value = format!("{}{}", case.signature(), "0".repeat(9 * 1024));
        case.set_signature(value);
        Some(MalformedHeader)
    }),
    ("9 KB of timestamp", |case| {
        match case.scheme().families[0].timestamp.clone()? {
            Stamp::At(Place::Header(name)) => {
                case.request.set(&name, "1".repeat(9 * 1024));
                Some(MalformedHeader)
            }
            Stamp::At(_) | Stamp::Field(_) => None,
        }
    }),
    ("another id", |case| {
        let name = case.id_header_name()?;
        case.request.set(&name, "evt_2");
        case.scheme().signs(&Part::Id).then_some(BadSignature)
    }),
    ("no id", |case| {
        let row = case.row;
        let bare = Row {
            signature: row.signature,
            families: row.families,
            event_type: row.event_type,
            ..Row::BODY_HMAC_SHA256_HEX
        };
        let content = if id_in_body(&row) {
            b"{}".to_vec()
        } else {
            body(&bare, "", "thing.done")
        };
        (case.in_header() && !row.signed.is_empty()).then_some(())?;
        case.request = Request::signed(&case.source, &content, NOW, "", "thing.done");
        let signed_by_name = |part: &Part| matches!(part, Part::Header(_));
        match case.scheme().any_part(signed_by_name) {
            true => Some(BadSignature),
            false => row.id_required.then_some(MissingEventId),
        }
    }),
    ("an id of 300 bytes", |case| {
        let name = case.id_header_name()?;
        case.request = Request::signed(&case.source, b"{}", NOW, &"i".repeat(300), "thing.done");
        (!case.request.get(&name).is_empty()).then_some(MalformedHeader)
    }),
    ("an id that another time could be cut from", |case| {
        let joined = case
            .scheme()
            .signed
            .iter()
            .flat_map(|signed| signed.windows(3))
            .any(|parts| matches!(parts, [Part::Id, Part::Literal(_), Part::Timestamp]));
        case.sign_again(NOW, "evt_1.1760000000");
        joined.then_some(MalformedHeader)
    }),
    ("another method and another query", |case| {
        case.request.query = "a=2".to_owned();
        let url = |part: &Part| matches!(part, Part::Url(_));
        case.scheme().any_part(url).then_some(BadSignature)
    }),
    ("a declared length over the limit", |case| {
        case.request.set("content-length", "26214401");
        Some(BodyTooLarge)
    }),
    ("a body over the limit, its length not declared", |case| {
        case.source.settings.max_body_bytes = case.request.body.len() as u64 - 1;
        Some(BodyTooLarge)
    }),
    ("a body shorter than declared", |case| {
        case.request
            .set("content-length", (case.request.body.len() + 1).to_string());
        Some(BodyIncomplete)
    }),
    ("a body longer than declared", |case| {
        case.request
            .set("content-length", (case.request.body.len() - 1).to_string());
        Some(BodyIncomplete)
    }),
];
