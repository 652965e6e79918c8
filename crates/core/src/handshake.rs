//! Challenges: which requests are no events, and what they are answered.
//!
//! [`greet`] looks at what needs no body and no signature, [`greet_body`] at what needs no signature; what the
//! provider signs comes out of verification, as [`Verified::answered`](crate::verify::Verified::answered).

use crate::{
    fields,
    form::Form,
    hash::Piece,
    json,
    rejection::Rejection,
    scheme::{Algorithm, Greeting, Place, Proof, Refusal, Reply, Scheme, is_like},
    source::Source,
    verify::{Head, screen},
};

/// The largest body that a handshake has, in bytes.
pub const MAX_BODY: u64 = 8 * 1024;

/// An answer to a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// What has to be done before it is given.
    pub deed: Deed,
}

/// What has to be done before a handshake is answered.
#[derive(Clone, PartialEq, Eq)]
pub enum Deed {
    /// Nothing.
    None,
    /// This URL has to be fetched.
    Visit(String),
    /// This secret has to be taken, if the source is armed.
    Take(String),
}

impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Visit(_) => "Visit(..)",
            Self::Take(_) => "Take(..)",
        })
    }
}

/// The answer to a request that is a handshake by its head alone; none where it may be a webhook. `now` is in
/// milliseconds since 1970.
///
/// # Errors
///
/// [`Rejection::MethodNotAllowed`] where the source knows no handshake with this method, else what the
/// handshake says, and what a credential has.
pub fn greet(source: &Source, head: &Head<'_>, now: u64) -> Result<Option<Answered>, Rejection> {
    let post = head.method == "POST";
    let unsigned = |greeting: &&Greeting| !post || greeting.proof != Proof::Signature;
    let query = Form::parse(head.query.as_bytes());
    let at = |place: &Place| in_head(place, head, &query).map(str::to_owned);
    let mut refused = Rejection::MethodNotAllowed;
    for greeting in with_method(source, head.method).filter(unsigned) {
        if greeting.when.iter().any(|(place, _)| place.is_in_body()) {
            continue;
        }
        if let Some(answered) = answer(source, greeting, &at) {
            if greeting.proof == Proof::Signature {
                screen(source, head, now)?.verify(b"")?;
            }
            return Ok(Some(answered));
        }
        // Every path is asked for its options; only some of that is a handshake.
        let asked = |(place, _): &(Place, _)| at(place).is_some();
        if head.method == OPTIONS && !greeting.challenge.as_ref().is_some_and(asked) {
            continue;
        }
        refused = match greeting.refusal {
            Refusal::Forbidden => Rejection::ChallengeRefused,
            Refusal::NotFound => Rejection::ChallengeUnknown,
        };
    }
    match head.method {
        "POST" => Ok(None),
        _ => Err(refused),
    }
}

/// Whether the source knows handshakes that nobody signs and that stand in a body.
pub fn greets_bodies(source: &Source) -> bool {
    unsigned_in_body(source).next().is_some()
}

/// The answer to a POST that is a handshake without a signature by what its body says.
pub fn greet_body(source: &Source, head: &Head<'_>, body: &[u8]) -> Option<Answered> {
    let query = Form::parse(head.query.as_bytes());
    let form = Form::parse(body);
    let at = |place: &Place| match place {
        Place::Form(name) => form.last(name).map(str::to_owned),
        _ => in_json(place, body).or_else(|| in_head(place, head, &query).map(str::to_owned)),
    };
    let alone = |greeting: &&Greeting| {
        let fields = greeting.when.iter().filter_map(|(place, _)| match place {
            Place::Form(name) => Some(name.as_str()),
            _ => None,
        });
        let fields: Vec<&str> = fields.collect();
        // Nothing else may ride along.
        fields.is_empty() || form.is_exactly(&fields)
    };
    let mut greetings = unsigned_in_body(source).filter(alone);
    greetings.find_map(|greeting| answer(source, greeting, &at))
}

/// The methods that the source takes, for `Allow`.
pub fn methods(source: &Source) -> String {
    let mut methods = vec!["POST"];
    for greeting in &source.scheme.greetings {
        if !methods.contains(&greeting.method.as_str()) {
            methods.push(&greeting.method);
        }
    }
    methods.retain(|method| *method != OPTIONS);
    methods.push(OPTIONS);
    methods.join(", ")
}

const OPTIONS: &str = "OPTIONS";

fn with_method<'s>(source: &'s Source, method: &str) -> impl Iterator<Item = &'s Greeting> {
    let greetings = source.scheme.greetings.iter();
    greetings.filter(move |greeting| greeting.method == method)
}

fn unsigned_in_body(source: &Source) -> impl Iterator<Item = &Greeting> {
    with_method(source, "POST").filter(|greeting| {
        greeting.proof != Proof::Signature
            && greeting.when.iter().any(|(place, _)| place.is_in_body())
    })
}

fn in_head<'h>(place: &Place, head: &Head<'h>, query: &'h Form<'h>) -> Option<&'h str> {
    match place {
        Place::Header(name) => head.headers.get(name),
        Place::Query(name) => query.last(name),
        Place::Json(_) | Place::Form(_) | Place::Claim(_) => None,
    }
}

fn in_json(place: &Place, body: &[u8]) -> Option<String> {
    fields::values(body, &[place.pointer()?]).pop().flatten()
}

/// A handshake that the provider signs, as far as the head says.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'s> {
    greeting: &'s Greeting,
    /// The texts of its places in the head.
    known: Vec<(&'s Place, String)>,
}

/// What a request may be once its signature is checked.
pub(crate) fn candidates<'s>(source: &'s Source, head: &Head<'_>) -> Vec<Candidate<'s>> {
    let signed = |greeting: &&Greeting| greeting.proof == Proof::Signature;
    let greetings = with_method(source, head.method).filter(signed);
    let mut query = None;
    let candidate = |greeting: &'s Greeting| {
        let query = query.get_or_insert_with(|| Form::parse(head.query.as_bytes()));
        let challenge = greeting.challenge.iter().map(|(place, _)| place);
        let places = greeting
            .when
            .iter()
            .map(|(place, _)| place)
            .chain(challenge);
        let known = places.filter(|place| !place.is_in_body());
        let known =
            known.filter_map(|place| Some((place, in_head(place, head, query)?.to_owned())));
        let known = known.collect();
        Candidate { greeting, known }
    };
    greetings.map(candidate).collect()
}

/// The answer to a webhook that is genuine, where it is a handshake.
pub(crate) fn signed(
    source: &Source,
    candidates: &[Candidate<'_>],
    body: &[u8],
) -> Option<Answered> {
    candidates.iter().find_map(|candidate| {
        let at = |place: &Place| {
            let mut known = candidate.known.iter();
            let found = known.find(|(other, _)| *other == place);
            found
                .map(|(_, text)| text.clone())
                .or_else(|| in_json(place, body))
        };
        answer(source, candidate.greeting, &at)
    })
}

/// The answer, where all holds that makes a request the handshake.
fn answer(
    source: &Source,
    greeting: &Greeting,
    at: &dyn Fn(&Place) -> Option<String>,
) -> Option<Answered> {
    let mut when = greeting.when.iter();
    if !when.all(|(place, expected)| source.meets(expected, at(place).as_deref())) {
        return None;
    }
    let challenge = match &greeting.challenge {
        None => String::new(),
        Some((place, shape)) => at(place).filter(|text| shape.fits(text))?,
    };
    let deed = match greeting.proof {
        Proof::Armed => Deed::Take(challenge.clone()),
        _ if greeting.visit.is_empty() => Deed::None,
        _ => {
            greeting
                .visit
                .iter()
                .find(|pattern| is_like(pattern, &challenge))?;
            Deed::Visit(challenge.clone())
        }
    };
    let known = |name: &str| match name {
        "challenge" => Some(challenge.clone()),
        "mac" => mac(source, &challenge),
        _ => source.values(name).first().cloned(),
    };
    let reply = &greeting.reply;
    let is_json = reply
        .headers
        .iter()
        .any(|(_, value)| value == "application/json");
    let header =
        |(name, value): &(String, String)| Some((name.clone(), fill(value, false, &known)?));
    Some(Answered {
        reply: Reply {
            status: reply.status,
            headers: reply.headers.iter().map(header).collect::<Option<_>>()?,
            body: fill(&reply.body, is_json, &known)?,
        },
        deed,
    })
}

/// What the scheme makes of a challenge, with the first of the source's keys.
fn mac(source: &Source, challenge: &str) -> Option<String> {
    let scheme: &Scheme = &source.scheme;
    let Algorithm::Hmac(hash) = scheme.algorithm else {
        return None;
    };
    let key = source.keys.first()?.first()?;
    let content = [Piece::Bytes(challenge.as_bytes().to_vec())];
    Some(scheme.encoding.encode(&key.mac(hash, &content, b"")))
}

/// `template` with what stands for `${NAME}`; none where a name stands for nothing.
pub(crate) fn fill(
    template: &str,
    is_json: bool,
    known: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut pieces = template.split("${");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, after) = piece.split_once('}')?;
        let value = known(name)?;
        if is_json {
            let quoted = json::text(&value);
            filled.push_str(quoted.strip_prefix('"')?.strip_suffix('"')?);
        } else {
            filled.push_str(&value);
        }
        filled.push_str(after);
    }
    Some(filled)
}
