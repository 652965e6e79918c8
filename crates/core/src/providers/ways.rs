//! Providers that let their users choose how they sign.

use super::{handshakes, page, seconds};
use crate::scheme::{
    Algorithm,
    At::{Field, Header},
    Encoding, Hash, Identity, Row, Signature, Timestamp,
};

pub(super) const ROWS: &[Row<'static>] = &[CONVOY, HOOK0, WEBSUB];

/// A project chooses the hash, the encoding, and whether a time is signed. Who has a capture that signs one
/// can send its signature and the signed text as one without: stored once more than it should be, and with
/// the time before its body. Both have one digest, so only in the place of the genuine one.
const CONVOY: Row<'static> = convoy(HEX_256, ADVANCED, Some(&CONVOY_2));
const CONVOY_2: Row<'static> = convoy(BASE64_256, ADVANCED, Some(&CONVOY_3));
const CONVOY_3: Row<'static> = convoy(HEX_512, ADVANCED, Some(&CONVOY_4));
const CONVOY_4: Row<'static> = convoy(BASE64_512, ADVANCED, Some(&CONVOY_5));
const CONVOY_5: Row<'static> = convoy(HEX_256, SIMPLE, Some(&CONVOY_6));
const CONVOY_6: Row<'static> = convoy(BASE64_256, SIMPLE, Some(&CONVOY_7));
const CONVOY_7: Row<'static> = convoy(HEX_512, SIMPLE, Some(&CONVOY_8));
const CONVOY_8: Row<'static> = convoy(BASE64_512, SIMPLE, None);

type Form = (Algorithm, Encoding);
const HEX_256: Form = (Algorithm::Hmac(Hash::Sha256), Encoding::Hex);
const BASE64_256: Form = (Algorithm::Hmac(Hash::Sha256), Encoding::Base64);
const HEX_512: Form = (Algorithm::Hmac(Hash::Sha512), Encoding::Hex);
const BASE64_512: Form = (Algorithm::Hmac(Hash::Sha512), Encoding::Base64);

type Mode = (
    Signature<'static>,
    Option<Timestamp<'static>>,
    &'static [&'static str],
);
const ADVANCED: Mode = (
    Signature::pairs("x-convoy-signature", "v1"),
    seconds(Field("t")),
    &["{timestamp},{body}"],
);
const SIMPLE: Mode = (Signature::whole("x-convoy-signature"), None, &["{body}"]);

const fn convoy(form: Form, mode: Mode, or: Option<&'static Row<'static>>) -> Row<'static> {
    Row {
        name: "convoy",
        page: page("https://docs.getconvoy.io/product-manual/signatures"),
        algorithm: form.0,
        encoding: form.1,
        signature: mode.0,
        timestamp: mode.1,
        signed: mode.2,
        // Sent only where the event has the one or the project asks for the other.
        id: &[
            Header("x-convoy-idempotency-key"),
            Header("x-convoy-event-id"),
        ],
        identity: Identity::IdAndContent,
        or,
        ..Row::BODY_HMAC_SHA256_HEX
    }
}

/// With headers, which it names; their order is the one that it names them in.
const HOOK0: Row<'static> = Row {
    signature: Signature::pairs("x-hook0-signature", "v1"),
    signed: &["{timestamp}.{field:h}.{headers:h}.{body}"],
    or: Some(&HOOK0_BODY),
    ..HOOK0_BODY
};

/// The older form, without headers.
const HOOK0_BODY: Row<'static> = Row {
    name: "hook0",
    page: page("https://documentation.hook0.com/tutorials/webhook-authentication"),
    signature: Signature::pairs("x-hook0-signature", "v0"),
    timestamp: seconds(Field("t")),
    signed: &["{timestamp}.{body}"],
    id: &[Header("x-event-id")],
    event_type: &[Header("x-event-type")],
    identity: Identity::IdAndContent,
    ..Row::BODY_HMAC_SHA256_HEX
};

/// The hub chooses the hash, and says which.
const WEBSUB: Row<'static> = websub("sha256=", Hash::Sha256, Some(&WEBSUB_SHA1));
const WEBSUB_SHA1: Row<'static> = websub("sha1=", Hash::Sha1, Some(&WEBSUB_SHA384));
const WEBSUB_SHA384: Row<'static> = websub("sha384=", Hash::Sha384, Some(&WEBSUB_SHA512));
const WEBSUB_SHA512: Row<'static> = websub("sha512=", Hash::Sha512, None);

const fn websub(
    prefix: &'static str,
    hash: Hash,
    or: Option<&'static Row<'static>>,
) -> Row<'static> {
    Row {
        name: "websub",
        page: page("https://www.w3.org/TR/websub/#authenticated-content-distribution"),
        algorithm: Algorithm::Hmac(hash),
        signature: Signature::prefixed("x-hub-signature", prefix),
        or,
        handshakes: handshakes::WEBSUB,
        ..Row::BODY_HMAC_SHA256_HEX
    }
}
