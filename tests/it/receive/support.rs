//! What every test of receiving needs: sources from rows, requests that a row signs, and the one
//! place that verifies.

use waypost_core::{
    encoding::Encoding,
    hash::{Hash, Piece, sha256},
    headers::Headers,
    providers,
    rejection::Rejection,
    scheme::{
        Algorithm, At, Family, Grammar, Identity, Integrity, Key, Part, Place, Row, Scheme,
        Signature, Timestamp, Unit,
    },
    secret::Secret,
    sign::Outgoing,
    source::{DEFAULT_TTL_SECONDS, MAX_BODY_BYTES, Settings, Source},
    verify::{Digest, Hashed, Head, Screened, Verified, WantedKey, screen},
};

use super::host;

/// The time of receipt in every test that does not say another, in milliseconds since 1970.
pub(crate) const NOW: u64 = 1_760_000_000_000;
/// What is registered with providers that sign the URL.
pub(crate) const PUBLIC_URL: &str = "https://hooks.example.com/webhooks/receive/x";

/// A secret for `row` made from `text`, in the form that its provider hands it out.
pub(crate) fn secret(row: &Row<'_>, text: &str) -> String {
    let prefix = row.key.strip.first().copied().unwrap_or_default();
    format!("{prefix}{}", row.key.form.encode(text.as_bytes()))
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
    let keys = |way: &Scheme| -> Vec<Secret> {
        let keys = secrets.iter();
        keys.filter_map(|text| Secret::decode(text, &way.key).ok())
            .collect()
    };
    let keys: Vec<Vec<Secret>> = scheme.ways().map(keys).collect();
    assert_eq!(keys[0].len(), secrets.len(), "secrets in the row's form");
    Source {
        name: "s".to_owned(),
        scheme: scheme.into(),
        keys,
        values: Vec::new(),
        settings,
    }
}

/// A request as it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) query: String,
    pub(crate) method: String,
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
        let scheme = &source.scheme;
        let query = match &scheme.body_hash {
            Some(Place::Query(name)) => {
                format!("a=1&{name}={}", Encoding::Hex.encode(&sha256([body])))
            }
            _ => "a=1".to_owned(),
        };
        let form = is_form(scheme);
        let flat = if form {
            format!("content-type\n{FORM_TYPE}\n")
        } else {
            String::new()
        };
        let url = format!("{PUBLIC_URL}?{query}");
        let out = Outgoing {
            body,
            at,
            id,
            event_type,
            method: "POST",
            url: &url,
            headers: Headers::new(&flat),
        };
        let signed = scheme.sign(&source.keys[0], &out);
        let mut headers = signed.headers;
        if form {
            headers.push(("content-type".to_owned(), FORM_TYPE.to_owned()));
        }
        Self {
            headers,
            body: with_signature(body, signed.in_body),
            query,
            method: "POST".to_owned(),
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
    pub(crate) fn verify<'s>(
        &self,
        source: &'s Source,
        now: u64,
    ) -> Result<Verified<'s>, Rejection> {
        self.verify_where(source, now, &|_| None)
    }

    /// As [`Request::verify`], where keys have to be fetched: `fetch` says what is at a URL.
    pub(crate) fn verify_where<'s>(
        &self,
        source: &'s Source,
        now: u64,
        fetch: &dyn Fn(&WantedKey) -> Option<String>,
    ) -> Result<Verified<'s>, Rejection> {
        let flat = self.flat();
        let head = Head {
            method: &self.method,
            query: &self.query,
            headers: Headers::new(&flat),
        };
        let host = screen(source, &head, now).and_then(|mut screened| {
            screened.open(&self.body)?;
            let mut hashed = hash(&screened, &self.body);
            if screened.needs_host() {
                hashed.matches = host::matches(&screened, &self.body, now, fetch)?;
            }
            if let (Algorithm::Hmac(_), [signature]) = (screened.needs().tag, screened.signatures())
            {
                // A host that compares one signature itself.
                let tags = hashed.tags.drain(..);
                hashed.matches = tags.map(|tag| tag == *signature).collect();
            }
            if !screened.is_signed(&hashed) {
                hashed.digests.clear();
                hashed.body_hash = None;
            }
            screened.verify_with(&hashed, Trickle(&self.body))
        });
        if source.scheme.ways().any(|way| way.algorithm.is_public()) {
            return host;
        }
        let here = screen(source, &head, now).and_then(|screened| screened.verify(&self.body));
        assert_eq!(here, host, "both routes must agree");
        here
    }
}

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Whether the scheme's own requests are forms.
fn is_form(scheme: &Scheme) -> bool {
    let signed =
        scheme.any_part(|part| matches!(part, Part::Form | Part::FormField { or_body: false, .. }));
    signed || matches!(scheme.families[0].signature, Place::Form(_))
}

/// The body with its signature in it, where that is its place.
pub(crate) fn with_signature(body: &[u8], in_body: Option<(Place, String)>) -> Vec<u8> {
    match in_body {
        None | Some((Place::Header(_) | Place::Claim(_) | Place::Query(_), _)) => body.to_vec(),
        Some((Place::Form(name), text)) => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            let others = form_urlencoded::parse(body).filter(|(field, _)| *field != name);
            form.extend_pairs(others);
            form.append_pair(&name, &text).finish().into_bytes()
        }
        Some((Place::Json(pointer), text)) => {
            let mut json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            *at(&mut json, &pointer.to_string()) = text.into();
            json.to_string().into_bytes()
        }
    }
}

/// What stands at `pointer`, which is made where it is not there; `*` is the only item of a list.
fn at<'v>(json: &'v mut serde_json::Value, pointer: &str) -> &'v mut serde_json::Value {
    pointer.split('/').skip(1).fold(json, |json, token| {
        if !token.starts_with('*') {
            return &mut json[token];
        }
        if json.is_null() {
            *json = serde_json::json!([null]);
        }
        &mut json[0]
    })
}

/// What the host would compute over a large body.
fn hash(screened: &Screened<'_>, body: &[u8]) -> Hashed {
    let needs = screened.needs();
    let join = |pieces: &[Piece], key: &[u8]| -> Vec<u8> {
        let bytes = pieces.iter().flat_map(|piece| piece.bytes(body, key));
        bytes.copied().collect()
    };
    let mut tags = Vec::new();
    for pieces in screened.contents() {
        for key in screened.keys() {
            let content = join(pieces, key.expose());
            tags.push(match needs.tag {
                Algorithm::Hmac(hash) => hash.mac(key.expose(), &[Piece::Body], &content),
                Algorithm::Plain(hash) => hash.digest([content.as_slice()]),
                _ => continue,
            });
        }
    }
    Hashed {
        length: body.len() as u64,
        tags,
        digests: match needs.digest {
            // A host that hashes too much changes nothing.
            Digest::None => vec![[7; 32]],
            Digest::Body => vec![sha256([body])],
            Digest::Content => {
                let contents = screened.contents().iter();
                contents
                    .map(|pieces| sha256([join(pieces, b"").as_slice()]))
                    .collect()
            }
        },
        body_hash: needs.body_hash.then(|| sha256([body])),
        matches: Vec::new(),
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
                *at(&mut body, pointer) = text.into();
            }
        }
    }
    if let Some(Timestamp {
        at: At::Json(pointer),
        unit,
    }) = row.timestamp
    {
        *at(&mut body, pointer) = unit.write(NOW).into();
    }
    let scheme = Scheme::compile(row).expect("a row that compiles");
    for part in scheme.signed.iter().flatten() {
        if let Part::Json(pointer) = part {
            let place = at(&mut body, &pointer.to_string());
            if place.is_null() {
                *place = "signed: \\ \"value\"".into();
            }
        }
    }
    if is_form(&scheme) {
        return form_body(row, &scheme, id, event_type);
    }
    body.to_string().into_bytes()
}

/// A form with what the row looks for in one, and nothing that it would not have signed.
fn form_body(row: &Row<'_>, scheme: &Scheme, id: &str, event_type: &str) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let mut done = Vec::new();
    for (places, text) in [(row.id, id), (row.event_type, event_type)] {
        for place in places {
            if let At::Form(name) = place {
                done.push((*name).to_owned());
                form.append_pair(name, text);
            }
        }
    }
    if let Some(Timestamp {
        at: At::Form(name),
        unit,
    }) = row.timestamp
    {
        done.push(name.to_owned());
        form.append_pair(name, &unit.write(NOW));
    }
    let whole = scheme.any_part(|part| *part == Part::Form);
    if whole {
        form.append_pair("note", "größer 😀");
    }
    for part in scheme.signed.iter().flatten() {
        if let Part::FormField { name, .. } = part
            && !done.contains(name)
        {
            done.push(name.clone());
            form.append_pair(name, "signed = & value");
        }
    }
    form.finish().into_bytes()
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
            key: Key::encoded(Encoding::Hex, &[]),
            signature: Signature::prefixed("x-signature", "sha1="),
            signed: &["{body}{url}"],
            ..base
        },
        Row {
            name: "sha384 in pairs with semicolons, milliseconds",
            algorithm: Algorithm::Hmac(Hash::Sha384),
            encoding: Encoding::Base64,
            signature: Signature::at(
                At::Header("x-signature"),
                Grammar::Items {
                    field: "h1",
                    separator: ";",
                    equals: "=",
                },
            ),
            timestamp: Some(Timestamp {
                at: At::Field("ts"),
                unit: Unit::Milliseconds,
            }),
            signed: &["{timestamp}:{body}"],
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
            signed: &["{method}\n{id}{timestamp}{body}"],
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
            signed: &[],
            integrity: Integrity::None,
            identity: Identity::None,
            ..base
        },
    ]
}

/// Every row that the tests know, and every further way of those that have some as a row of its own.
pub(crate) fn rows() -> Vec<Row<'static>> {
    let further = |row: &'static Row<'static>| {
        let ways = std::iter::successors(row.or, |way| way.or);
        ways.map(|way| Row { or: None, ..*way })
    };
    let shipped = providers::all().copied();
    let ways = providers::all().flat_map(further);
    let rows = shipped.chain(ways).chain(more_rows());
    // What is signed with a private key cannot be signed here; those have the vectors, and the forgeries of
    // the end-to-end tests.
    let rows = rows.filter(|row| !row.algorithm.is_public());
    // A token in the query is all of its way: see `tokens`.
    let rows = rows.filter(|row| !matches!(row.signature.at, At::Query(_)));
    // Named by whoever configures it.
    rows.map(|row| match row.signature.at {
        At::Header("") => Row {
            signature: Signature::whole("x-token"),
            ..row
        },
        _ => row,
    })
    .collect()
}

/// The header with the signatures; empty where they stand in the body.
pub(crate) fn header_of(family: &Family) -> String {
    match &family.signature {
        Place::Header(name) => name.clone(),
        _ => String::new(),
    }
}
