//! Verification told step by step, for whoever asks why a webhook was taken, or would not be.
//!
//! What is told is of no use to a forger: of secrets their names, of signatures those that were sent, and never the one
//! that would be right.

use super::{
    Head, Screened, Verified,
    head::{screen, timestamp},
    lookup,
    ways::{self, Way},
};
use crate::{
    form::{Form, is_form},
    hash::Piece,
    json,
    rejection::Rejection,
    scheme::{Algorithm, Named, Part, Place, Scheme},
    source::Source,
    travel::travels,
    when::rfc3339,
};

/// A step of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Which signature there is.
    Headers,
    /// When it was made.
    Timestamp,
    /// What was signed.
    Content,
    /// Whether it is the provider's.
    Signature,
    /// What the webhook goes by.
    Identity,
}

/// The names of the steps, in their order.
const STEPS: [&str; 5] = ["headers", "timestamp", "content", "signature", "identity"];

/// What became of a step: it is as it must be, it is not, or nothing can be said of it.
pub const STATUSES: [&str; 3] = [PASSED, FAILED, SKIPPED];
const PASSED: &str = "passed";
const FAILED: &str = "failed";
const SKIPPED: &str = "skipped";

/// The verdict on what is as it must be.
const VERIFIED: &str = "verified";
/// The verdict on an event of which too little was kept.
const UNVERIFIABLE: &str = "unverifiable";

impl Step {
    /// The step that a refusal belongs to.
    pub fn of(rejection: Rejection) -> Self {
        match rejection {
            Rejection::MissingSignature
            | Rejection::MalformedHeader
            | Rejection::UndecodableSignature
            | Rejection::UnrecognisedSignature => Self::Headers,
            Rejection::MissingTimestamp
            | Rejection::MalformedTimestamp
            | Rejection::StaleTimestamp
            | Rejection::FutureTimestamp => Self::Timestamp,
            Rejection::BadSignature | Rejection::KeyUnavailable | Rejection::NoSecret => {
                Self::Signature
            }
            Rejection::MissingEventId => Self::Identity,
            _ => Self::Content,
        }
    }
}

/// A webhook, as far as it is there.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its head; of an event without its query, and without the headers that do not travel.
    pub head: Head<'a>,
    /// Its body; nothing where that is too much to look into.
    pub body: &'a [u8],
    /// How long the body is, in bytes.
    pub length: u64,
    /// When it was received, in milliseconds since 1970.
    pub at: u64,
    /// Whether it is what a feed kept of it.
    pub is_event: bool,
}

impl Case<'_> {
    /// It, ready to be verified.
    ///
    /// # Errors
    ///
    /// Those of [`screen`] and of [`Screened::open`].
    pub fn screened<'s>(&self, source: &'s Source) -> Result<Screened<'s>, Rejection> {
        let mut screened = screen(source, &self.head, self.at)?;
        if screened.opens_body() {
            screened.open(self.body)?;
        }
        Ok(screened)
    }
}

/// How far the verification of one webhook went, and what it found.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What became of each step that it came to, and what there is to say.
    told: [Option<(&'static str, String)>; 5],
    /// `verified`, `unverifiable`, or the code of the refusal.
    pub verdict: &'static str,
}

impl Explanation {
    /// An event of which nothing can be said, and why.
    pub fn unverifiable(why: &str) -> Self {
        let mut told = Self {
            told: Default::default(),
            verdict: UNVERIFIABLE,
        };
        told.tell(Step::Headers, SKIPPED, why.to_owned());
        told
    }

    /// Tells what came of it; `by` is what it was checked with: a name, never a secret.
    pub fn of(
        source: &Source,
        case: &Case<'_>,
        by: &str,
        result: &Result<Verified, Rejection>,
    ) -> Self {
        let mut told = Self {
            told: Default::default(),
            verdict: VERIFIED,
        };
        let refused = match (told.look(source, case, by), result) {
            (Err((step, refused)), _) => (step, refused),
            (Ok(passed), Ok(verified)) => {
                told.tell(Step::Signature, PASSED, passed);
                told.tell(Step::Identity, PASSED, verified.goes_by());
                return told;
            }
            (Ok(passed), Err(refused)) => {
                let step = Step::of(*refused);
                if step != Step::Headers && step != Step::Content {
                    told.tell(Step::Signature, PASSED, passed);
                }
                (step, *refused)
            }
        };
        told.refuse(source, case, refused);
        told
    }

    /// What there is to see before the signature is checked. Brings how it is.
    fn look(
        &mut self,
        source: &Source,
        case: &Case<'_>,
        by: &str,
    ) -> Result<String, (Step, Rejection)> {
        let (head, at) = (&case.head, case.at);
        let kind = head.headers.get("content-type");
        let form = source.scheme.minds_forms && kind.is_some_and(is_form);
        let way = ways::choose(source, head, form).map_err(|refused| (Step::Headers, refused))?;
        self.tell(Step::Headers, PASSED, signature(&way));
        let sent = timestamp(&way, &head.headers);
        let (_, sent) = sent.map_err(|refused| (Step::Timestamp, refused))?;
        self.sent(source, sent, at);
        let screened = case.screened(source);
        let screened = screened.map_err(|refused| (Step::of(refused), refused))?;
        let scheme = screened.scheme;
        match scheme.unit {
            None => {
                let detail = "The scheme signs no time.".to_owned();
                self.tell(Step::Timestamp, SKIPPED, detail);
            }
            Some(unit) if screened.stamp.in_body() => {
                let form = screened.form.then(|| Form::parse(case.body));
                let wanted = [&screened.id, &screened.event_type, &screened.stamp];
                let [.., found] = lookup::in_slice(case.body, form.as_ref(), &wanted);
                self.sent(source, found.and_then(|text| unit.parse(&text)), at);
            }
            Some(_) => {}
        }
        match screened.contents.first() {
            Some(pieces) if scheme.algorithm != Algorithm::Token => {
                let detail = format!("`{}`; the body has {} bytes.", content(pieces), case.length);
                self.tell(Step::Content, PASSED, detail);
            }
            _ => {
                let detail = "Nothing is signed: a credential is sent.".to_owned();
                self.tell(Step::Content, SKIPPED, detail);
            }
        }
        let (algorithm, encoding) = (scheme.algorithm.name(), scheme.encoding.name());
        Ok(format!("{algorithm} in {encoding}, checked with {by}."))
    }

    /// What was found, as JSON: `provider` is that of the source, where the table has it.
    pub fn json(&self, source: &str, provider: &str) -> String {
        let provider = json::text_or_null(provider);
        let (source, verdict) = (json::text(source), self.verdict);
        let mut told =
            format!(r#"{{"source":{source},"provider":{provider},"verdict":"{verdict}","steps":["#);
        let mut comma = "";
        for (step, status, detail) in self.steps() {
            let detail = json::text(detail);
            told.push_str(&format!(
                r#"{comma}{{"step":"{step}","status":"{status}","detail":{detail}}}"#
            ));
            comma = ",";
        }
        told.push_str("]}");
        told
    }

    /// Every step in order: its name, what became of it, and what there is to say.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        STEPS.iter().zip(&self.told).map(|(name, told)| match told {
            Some((status, detail)) => (*name, *status, detail.as_str()),
            None => (*name, SKIPPED, "It did not come to that."),
        })
    }

    #[inline(never)]
    fn tell(&mut self, step: Step, status: &'static str, detail: String) {
        if let Some(told) = self.told.get_mut(step as usize) {
            *told = Some((status, detail));
        }
    }

    #[inline(never)]
    fn sent(&mut self, source: &Source, sent: Option<u64>, at: u64) {
        if let Some(sent) = sent {
            let detail = moment(sent, at, source.settings.tolerance_seconds);
            self.tell(Step::Timestamp, PASSED, detail);
        }
    }

    /// Refused at this step, unless that may be because too little was kept.
    fn refuse(&mut self, source: &Source, case: &Case<'_>, (step, refused): (Step, Rejection)) {
        let row = refused.row();
        let lost = if case.is_event {
            lost(&source.scheme)
        } else {
            ""
        };
        let (verdict, status, why) = match (lost, row.status) {
            // What is not there to be checked with says nothing of the webhook.
            ("", 503) => (row.code, SKIPPED, row.detail),
            ("", _) => (row.code, FAILED, row.detail),
            _ => (UNVERIFIABLE, SKIPPED, lost),
        };
        self.verdict = verdict;
        let more = match step {
            Step::Headers => looked(&source.scheme),
            _ => match self.told.get_mut(step as usize) {
                Some(Some((_, detail))) => std::mem::take(detail),
                _ => String::new(),
            },
        };
        let mut detail = why.to_owned();
        if !more.is_empty() {
            detail.push(' ');
            detail.push_str(&more);
        }
        self.tell(step, status, detail);
    }
}

/// The most characters of a text that is told.
const MOST_TEXT: usize = 200;

/// Where the signatures of a scheme are looked for.
#[inline(never)]
pub fn looked(scheme: &Scheme) -> String {
    let mut told = "It was looked for in ".to_owned();
    let mut before = "";
    for family in scheme.ways().flat_map(|way| &way.families) {
        let place = place(&family.signature);
        if !told.contains(&place) {
            told.push_str(before);
            told.push_str(&place);
        }
        before = ", ";
    }
    told.push('.');
    told
}

/// When something was signed, beside when it was received.
#[inline(never)]
pub fn moment(sent: u64, at: u64, tolerance_seconds: u64) -> String {
    let away = (sent / 1000).abs_diff(at / 1000);
    let side = if sent > at { "after" } else { "before" };
    let sent = rfc3339(sent);
    format!("Signed at {sent}, {away} s {side} the receipt; {tolerance_seconds} s are taken.")
}

/// Which signature there is. A credential is not told, whoever asks.
fn signature(way: &Way<'_, '_>) -> String {
    let at = place(&way.family.signature);
    match way.scheme.algorithm {
        Algorithm::Token => at,
        _ if way.text.is_empty() => at,
        _ => format!("{at}: `{}`", short(&way.text)),
    }
}

#[inline(never)]
fn place(place: &Place) -> String {
    match place {
        Place::Header(name) => format!("`{name}`"),
        Place::Json(pointer) => format!("the body's `{pointer}`"),
        Place::Form(name) => format!("the form's `{name}`"),
        Place::Claim(pointer) => format!("the JWT's `{pointer}`"),
        Place::Query(name) => format!("the query's `{name}`"),
    }
}

/// A signed content, the body and the secret left open.
#[inline(never)]
fn content(pieces: &[Piece]) -> String {
    let mut told = String::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => told.push_str(short(&String::from_utf8_lossy(bytes))),
            Piece::Body => told.push_str("{body}"),
            Piece::Secret => told.push_str("{secret}"),
        }
    }
    told
}

/// The beginning of a text that is long.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(MOST_TEXT);
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// What a feed does not keep of a webhook and its scheme reads, in a sentence.
#[inline(never)]
fn lost(scheme: &Scheme) -> &'static str {
    for way in scheme.ways() {
        let token = way.algorithm == Algorithm::Token;
        let signatures = way.families.iter().map(|family| &family.signature);
        let required = way.requires.iter().map(|(place, _)| place);
        for place in signatures.chain(required).chain(&way.body_hash) {
            match place {
                Place::Header(name) if !travels(scheme, name) => return CREDENTIAL,
                Place::Json(_) if token => return HIDDEN,
                Place::Query(_) => return QUERY,
                _ => {}
            }
        }
        if way.any_part(|part| matches!(part, Part::Url(_))) {
            return QUERY;
        }
    }
    ""
}

const CREDENTIAL: &str =
    "A credential's header is not kept with an event, since whoever reads it could send others.";
const HIDDEN: &str = "The body holds the credential, and asterisks have taken its place, since whoever reads it could send others.";
const QUERY: &str =
    "The request's query is not kept with an event, and what is checked depends on it.";
