//! What a provider asks of an endpoint beside taking its webhooks: challenges, and how they are answered.

use super::{At, Named, Place, SchemeError, family};

/// A request that is no event, and what it is answered.
#[derive(Clone, Copy, Debug)]
pub struct Handshake<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// What makes a request with this method the handshake. All of it must hold.
    pub when: &'a [(At<'a>, Is<'a>)],
    /// What has to be proved first.
    pub proof: Proof,
    /// What the answer is made from.
    pub challenge: Option<Challenge<'a>>,
    /// The challenge is a URL like one of these (see [`is_like`](super::is_like)), and is fetched; only
    /// then is it answered. None where it is not fetched.
    pub visit: &'a [&'a str],
    /// The answer.
    pub answer: Answer<'a>,
    /// How a request with this method that is no handshake is refused; a POST never is.
    pub refusal: Refusal,
}

impl Handshake<'_> {
    /// Anyone may ask, and is answered 200 without a body.
    pub const OPEN: Self = Self {
        method: "GET",
        when: &[],
        proof: Proof::None,
        challenge: None,
        visit: &[],
        answer: Answer::EMPTY,
        refusal: Refusal::Forbidden,
    };
}

/// What has to be proved before a handshake is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: the provider signs none of it.
    None,
    /// That the provider signed it, or sent its credential with it, as it does with its webhooks.
    Signature,
    /// Nothing, while an administrator has armed the source: the challenge is taken as its secret.
    Armed,
}

impl Named for Proof {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("signature", Self::Signature),
        ("armed", Self::Armed),
    ];
}

/// What the answer is made from.
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// Where it is.
    pub at: At<'a>,
    /// What it may look like.
    pub shape: Shape,
}

impl<'a> Challenge<'a> {
    /// Any text.
    pub const fn at(at: At<'a>) -> Option<Self> {
        Self::of(at, Shape::Text)
    }

    /// A text of this shape.
    pub const fn of(at: At<'a>, shape: Shape) -> Option<Self> {
        Some(Self { at, shape })
    }
}

/// What a challenge may look like. An answer with a MAC signs whatever is sent here: its shape must leave no
/// room for what could be a webhook's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 1 to 1024 bytes without control characters.
    Text,
    /// 20 to 32 digits of lower-case hexadecimal.
    Hex,
    /// 1 to 128 of `A-Z a-z 0-9 . _ ~ + / = -`.
    Token,
}

impl Named for Shape {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("hex", Self::Hex),
        ("token", Self::Token),
    ];
}

impl Shape {
    /// Whether `text` is of this shape.
    pub fn fits(self, text: &str) -> bool {
        let length = text.len();
        match self {
            Self::Text => (1..=1024).contains(&length) && !text.chars().any(char::is_control),
            Self::Hex => {
                let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                (20..=32).contains(&length) && text.bytes().all(digit)
            }
            Self::Token => {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
                (1..=128).contains(&length) && text.bytes().all(plain)
            }
        }
    }
}

/// What must stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is<'a> {
    /// This text.
    Text(&'a str),
    /// One of the values that the source's config has under this key.
    OneOf(&'a str),
    /// None of them.
    NoneOf(&'a str),
    /// One of the secrets that the source's config names under this key.
    Secret(&'a str),
    /// Anything.
    Present,
}

/// An answer. In its texts `${challenge}` is the challenge, `${mac}` what the scheme makes of it with the
/// source's key, and `${KEY}` what the source's config has under that key. In JSON they are escaped.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a str,
}

impl<'a> Answer<'a> {
    /// 200 without a body.
    pub const EMPTY: Self = Self {
        status: 200,
        headers: &[],
        body: "",
    };

    /// 200 with a text.
    pub const fn text(body: &'a str) -> Self {
        Self {
            headers: &[("content-type", "text/plain; charset=utf-8")],
            body,
            ..Self::EMPTY
        }
    }

    /// 200 with JSON.
    pub const fn json(body: &'a str) -> Self {
        Self {
            headers: &[("content-type", "application/json")],
            body,
            ..Self::EMPTY
        }
    }
}

/// How a request is refused that could have been a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
}

impl Named for Refusal {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("forbidden", Self::Forbidden),
        ("not-found", Self::NotFound),
    ];
}

/// A [`Handshake`] that has been checked and owns its text.
#[derive(Clone, Debug)]
pub struct Greeting {
    /// The method.
    pub method: String,
    /// What must hold.
    pub when: Vec<(Place, Expected)>,
    /// What has to be proved first.
    pub proof: Proof,
    /// Where the challenge is, and what it may look like.
    pub challenge: Option<(Place, Shape)>,
    /// What it is like where it is a URL to be fetched.
    pub visit: Vec<String>,
    /// The answer.
    pub reply: Reply,
    /// How other requests with this method are refused.
    pub refusal: Refusal,
}

/// An [`Answer`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An [`Is`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// See [`Is::Text`].
    Text(String),
    /// See [`Is::OneOf`].
    OneOf(String),
    /// See [`Is::NoneOf`].
    NoneOf(String),
    /// See [`Is::Secret`].
    Secret(String),
    /// See [`Is::Present`].
    Present,
}

/// A key of a source's config that its scheme asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The key.
    pub key: String,
    /// Whether its values are names of secrets.
    pub secret: bool,
    /// Whether nothing can be verified without it. What only a handshake needs may be left out, and that
    /// handshake is then refused.
    pub required: bool,
}

impl From<Is<'_>> for Expected {
    fn from(is: Is<'_>) -> Self {
        match is {
            Is::Text(text) => Self::Text(text.to_owned()),
            Is::OneOf(key) => Self::OneOf(key.to_owned()),
            Is::NoneOf(key) => Self::NoneOf(key.to_owned()),
            Is::Secret(key) => Self::Secret(key.to_owned()),
            Is::Present => Self::Present,
        }
    }
}

impl From<Answer<'_>> for Reply {
    fn from(answer: Answer<'_>) -> Self {
        let owned = |(name, value): &(&str, &str)| (name.to_ascii_lowercase(), (*value).to_owned());
        Self {
            status: answer.status,
            headers: answer.headers.iter().map(owned).collect(),
            body: answer.body.to_owned(),
        }
    }
}

impl Expected {
    /// The key of the config that it asks for, and whether that names secrets.
    pub fn asks(&self) -> Option<(&str, bool)> {
        match self {
            Self::OneOf(key) | Self::NoneOf(key) => Some((key, false)),
            Self::Secret(key) => Some((key, true)),
            Self::Text(_) | Self::Present => None,
        }
    }
}

impl Greeting {
    /// Checks a handshake, and gives it its own text.
    ///
    /// # Errors
    ///
    /// What contradicts itself or would not be safe.
    pub fn compile(handshake: &Handshake<'_>) -> Result<Self, SchemeError> {
        const KEY: &str = "handshakes";
        let challenge = match handshake.challenge {
            None => None,
            Some(challenge) => Some((family::place(challenge.at, KEY)?, challenge.shape)),
        };
        let signs = handshake.answer.body.contains(MAC);
        let rules = [
            (
                !METHODS.contains(&handshake.method),
                "have a method other than GET, HEAD, OPTIONS and POST",
            ),
            (
                handshake.method == "POST" && handshake.when.is_empty(),
                "have no condition, and would answer every webhook",
            ),
            (
                handshake.proof == Proof::Armed && challenge.is_none(),
                "have no challenge to take",
            ),
            (
                !handshake.visit.is_empty() && challenge.is_none(),
                "have no challenge to visit",
            ),
            (
                !handshake.visit.is_empty() && handshake.proof != Proof::Signature,
                "visit what nobody signed",
            ),
            (
                signs
                    && handshake.proof == Proof::None
                    && challenge
                        .as_ref()
                        .is_none_or(|(_, shape)| *shape == Shape::Text),
                "sign any text for anyone: give the challenge another shape, or prove the signature",
            ),
        ];
        if let Some((_, reason)) = rules.iter().find(|(broken, _)| *broken) {
            return Err(SchemeError::new(KEY, *reason));
        }
        let when = handshake.when.iter();
        let when = when.map(|(at, is)| Ok((family::place(*at, KEY)?, Expected::from(*is))));
        Ok(Greeting {
            method: handshake.method.to_owned(),
            when: when.collect::<Result<_, _>>()?,
            proof: handshake.proof,
            challenge,
            visit: handshake.visit.iter().map(|&url| url.to_owned()).collect(),
            reply: handshake.answer.into(),
            refusal: handshake.refusal,
        })
    }
}

const METHODS: &[&str] = &["GET", "HEAD", "OPTIONS", "POST"];

/// What stands for a MAC of the challenge in an answer.
pub(crate) const MAC: &str = "${mac}";
