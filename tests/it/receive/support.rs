//! What every test of receiving needs: sources from rows, requests that a row signs, and the one
//! place that verifies.

use waypost_core::{
    encoding::Encoding,
    hash::{Hash, Piece, sha256},
    headers::Headers,
    providers::PROVIDERS,
    rejection::Rejection,
    scheme::{
        Algorithm, At, Grammar, Identity, Integrity, Key, Row, Scheme, Signature, Timestamp, Unit,
    },
    secret::Secret,
    sign::Outgoing,
    source::{DEFAULT_TTL_SECONDS, MAX_BODY_BYTES, Settings, Source},
    verify::{Digest, Hashed, Head, Screened, Verified, screen},
};

/// The time of receipt in every test that does not say another, in milliseconds since 1970.
pub(crate) const NOW: u64 = 1_760_000_000_000;
/// What is registered with providers that sign the URL.
pub(crate) const PUBLIC_URL: &str = "https://hooks.example.com/webhooks/receive/x";

/// A secret for `row` made from `text`, in the form that its provider hands it out.
pub(crate) fn secret(row: &Row<'_>, text: &str) -> String {
    let prefix = row.key.strip.first().copied().unwrap_or_default();
    format!("{prefix}{}", row.key.form.encode(text.as_bytes()))
}

pub(crate) fn key(scheme: &Scheme, text: &str) -> Secret {
    Secret::decode(text, &scheme.key).expect("a secret in the row's form")
}

/// A source of `row` that takes any of `secrets`.
pub(crate) fn source(row: &Row<'_>, secrets: &[String]) -> Source {
    let scheme = Scheme::compile(row).expect("a row that compiles");
    let settings = Settings {
        feed: "default".to_owned(),
        public_url: Some(PUBLIC_URL.to_owned()),
        tolerance_seconds: scheme.tolerance_seconds,
        identity: scheme.identity,
        max_body_bytes: MAX_BODY_BYTES,
        idempotency_ttl_seconds: DEFAULT_TTL_SECONDS,
        rate_limit: None,
    };
    let keys = secrets.iter().map(|text| key(&scheme, text)).collect();
    Source {
        name: "s".to_owned(),
        scheme,
        keys,
        settings,
    }
}

/// A request as it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) query: String,
}

impl Request {
    /// What the provider of `source` sends: signed with all of the source's keys.
    pub(crate) fn signed(
        source: &Source,
        body: &[u8],
        at: u64,
        id: &str,
        event_type: &str,
    ) -> Self {
        let url = format!("{PUBLIC_URL}?a=1");
        let out = Outgoing {
            body,
            at,
            id,
            event_type,
            method: "POST",
            url: &url,
        };
        let headers = source.scheme.sign(&source.keys, &out);
        Self {
            headers,
            body: body.to_vec(),
            query: "a=1".to_owned(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.into()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| key != name);
    }

    pub(crate) fn flat(&self) -> String {
        self.headers
            .iter()
            .map(|(name, value)| format!("{name}\n{value}\n"))
            .collect()
    }

    /// The one place where tests verify: by both routes, which must agree.
    pub(crate) fn verify(&self, source: &Source, now: u64) -> Result<Verified, Rejection> {
        let flat = self.flat();
        let head = Head {
            method: "POST",
            query: &self.query,
            headers: Headers::new(&flat),
        };
        let here = screen(source, &head, now).and_then(|screened| screened.verify(&self.body));
        let host = screen(source, &head, now).and_then(|screened| {
            let hashed = hash(&screened, &self.body);
            screened.verify_with(&hashed, Trickle(&self.body))
        });
        assert_eq!(here, host, "both routes must agree");
        here
    }
}

/// What the host would compute over a large body.
fn hash(screened: &Screened<'_>, body: &[u8]) -> Hashed {
    let needs = screened.needs();
    let content: Vec<u8> = screened
        .content()
        .iter()
        .flat_map(|piece| piece.bytes(body))
        .copied()
        .collect();
    let mac = |hash: Hash| {
        let keys = screened.keys().iter();
        keys.map(|key| hash.mac(key.expose(), &[Piece::Body], &content))
            .collect()
    };
    Hashed {
        length: body.len() as u64,
        macs: needs.mac.map(mac).unwrap_or_default(),
        digest: match needs.digest {
            // A host that hashes too much changes nothing.
            Digest::None => Some([7; 32]),
            Digest::Body => Some(sha256([body])),
            Digest::Content => Some(sha256([content.as_slice()])),
        },
    }
}

/// A body that comes in pieces of a few bytes.
pub(crate) struct Trickle<'a>(pub(crate) &'a [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = into.len().min(7);
        (&mut self.0).read(&mut into[..length])
    }
}

/// A JSON body with `id` and `event_type` wherever the row looks for them in one.
pub(crate) fn body(row: &Row<'_>, id: &str, event_type: &str) -> Vec<u8> {
    let mut body = serde_json::json!({ "note": "größer 😀", "list": [{ "id": "decoy" }] });
    for (places, text) in [(row.id, id), (row.event_type, event_type)] {
        for place in places {
            if let At::Json(pointer) = place {
                let mut at = &mut body;
                for token in pointer.split('/').skip(1) {
                    at = &mut at[token];
                }
                *at = text.into();
            }
        }
    }
    body.to_string().into_bytes()
}

/// Whether the row can find an id in a body.
pub(crate) fn id_in_body(row: &Row<'_>) -> bool {
    row.id.iter().any(|place| matches!(place, At::Json(_)))
}

/// Rows beside the table's, for what no provider of the table does.
pub(crate) fn more_rows() -> Vec<Row<'static>> {
    let base = Row::BODY_HMAC_SHA256_HEX;
    vec![
        Row {
            name: "sha1, base64url, hex key, body first",
            algorithm: Algorithm::Hmac(Hash::Sha1),
            encoding: Encoding::Base64Url,
            key: Key {
                form: Encoding::Hex,
                strip: &[],
            },
            signature: Signature::prefixed("x-signature", "sha1="),
            signed: "{body}{url}",
            ..base
        },
        Row {
            name: "sha384 in pairs with semicolons, milliseconds",
            algorithm: Algorithm::Hmac(Hash::Sha384),
            encoding: Encoding::Base64,
            signature: Signature {
                header: "x-signature",
                grammar: Grammar::Items {
                    field: "h1",
                    separator: ";",
                    equals: "=",
                },
            },
            timestamp: Some(Timestamp {
                at: At::Field("ts"),
                unit: Unit::Milliseconds,
            }),
            signed: "{timestamp}:{body}",
            id: &[At::Header("x-id")],
            identity: Identity::IdAndContent,
            ..base
        },
        Row {
            name: "sha512, RFC 3339, signed id without separators, method",
            algorithm: Algorithm::Hmac(Hash::Sha512),
            signature: Signature::prefixed("x-signature", "sha512="),
            timestamp: Some(Timestamp {
                at: At::Header("x-time"),
                unit: Unit::Rfc3339,
            }),
            signed: "{method}\n{id}{timestamp}{body}",
            id: &[At::Header("x-id")],
            id_required: true,
            identity: Identity::Id,
            tolerance_seconds: 600,
            ..base
        },
        Row {
            name: "token",
            algorithm: Algorithm::Token,
            encoding: Encoding::Text,
            signature: Signature::prefixed("authorization", "Bearer "),
            signed: "",
            integrity: Integrity::None,
            identity: Identity::None,
            ..base
        },
    ]
}

/// Every row that the tests know.
pub(crate) fn rows() -> Vec<Row<'static>> {
    PROVIDERS.iter().copied().chain(more_rows()).collect()
}
