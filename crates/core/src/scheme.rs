//! The vocabulary in which a provider is one row of data.
//!
//! A [`Row`] is written in the table of [`crate::providers`] or in the config; both become a
//! [`Scheme`] through [`Scheme::compile`], so that a config can say whatever a row can. A scheme that
//! does not fit is a reason to add a variant here, never to write code for one provider.

mod asks;
mod compile;
mod content;
mod family;
mod grammar;
mod handshake;
mod keys;
mod rules;
mod template;

pub(crate) use self::grammar::behind;
pub use self::{
    compile::{Scheme, SchemeError},
    content::{MAX_LISTED, Opened},
    family::{Family, Place, Stamp},
    grammar::{Labelled, Layout, MAX_SIGNATURES},
    handshake::{
        Answer, Ask, Challenge, Expected, Greeting, Handshake, Is, Proof, Refusal, Reply, Shape,
    },
    keys::{KeySource, KeysFrom, is_like},
    template::{Part, UrlForm},
};
use crate::headers::Headers;
pub use crate::{encoding::Encoding, fields::Pointer, hash::Hash, window::Unit};

/// An enum whose variants have names in the config.
pub trait Named: Copy + PartialEq + 'static {
    /// Every name with what it stands for.
    const NAMES: &'static [(&'static str, Self)];

    /// What `name` stands for.
    fn named(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value)
    }

    /// The name it has in the config.
    fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(key, _)| key)
    }
}

/// How one provider signs its webhooks.
///
/// Header names are in lower case and may hold `{family}`, for which each of `families` is put in
/// turn: the first family whose signature the request carries gives all of its headers.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The name that a source's `provider` says.
    pub name: &'a str,
    /// Where the provider documents the scheme.
    pub page: &'a str,
    /// What is computed over the signed content.
    pub algorithm: Algorithm,
    /// How the result stands in the header.
    pub encoding: Encoding,
    /// How a secret's text becomes the key.
    pub key: Key<'a>,
    /// Where the keys come from.
    pub keys: KeySource<'a>,
    /// What `{family}` stands for in header names; none where no name holds it.
    pub families: &'a [&'a str],
    /// Where the signatures are.
    pub signature: Signature<'a>,
    /// What must stand where: the version of the scheme, who it was signed for.
    pub requires: &'a [(At<'a>, Is<'a>)],
    /// Where the time of signing is, for a scheme that signs one.
    pub timestamp: Option<Timestamp<'a>>,
    /// What is signed: text with the parts that [`Part`] lists. Where there are several, a signature over
    /// any of them will do.
    pub signed: &'a [&'a str],
    /// The query parameter or the claim that holds the SHA-256 of the body, in hexadecimal, where a
    /// signature over the URL or over the claims covers the body through it.
    pub body_hash: Option<At<'a>>,
    /// Where the provider's id of the event is: the first place that has one.
    pub id: &'a [At<'a>],
    /// Whether a webhook without an id is refused.
    pub id_required: bool,
    /// Where the event's type is: the first place that has one.
    pub event_type: &'a [At<'a>],
    /// What makes two webhooks the same one.
    pub identity: Identity,
    /// How far the time of signing may be from the time of receipt, either way.
    pub tolerance_seconds: u64,
    /// Whether the signature covers the body.
    pub integrity: Integrity,
    /// What the provider asks of an endpoint beside taking its webhooks.
    pub handshakes: &'a [Handshake<'a>],
    /// What an accepted webhook is answered, where the provider wants something of its own.
    pub accepted: Option<Answer<'a>>,
    /// Whether refusals have no body.
    pub terse: bool,
    /// Another way in which the provider signs, for requests that carry no signature of this one's form.
    /// How far, what identifies and whether the body is covered is said here alone.
    pub or: Option<&'a Row<'a>>,
}

impl Row<'_> {
    /// The commonest scheme, to take the rest of a row from: the body alone, HMAC-SHA256.
    pub const BODY_HMAC_SHA256_HEX: Self = Self {
        name: "",
        page: "",
        algorithm: Algorithm::Hmac(Hash::Sha256),
        encoding: Encoding::Hex,
        key: Key::TEXT,
        keys: KeySource::Secrets,
        families: &[],
        signature: Signature::whole(""),
        requires: &[],
        timestamp: None,
        signed: &["{body}"],
        body_hash: None,
        id: &[],
        id_required: false,
        event_type: &[],
        identity: Identity::Content,
        tolerance_seconds: 300,
        integrity: Integrity::Body,
        handshakes: &[],
        accepted: None,
        terse: false,
        or: None,
    };
}

/// What is computed over the signed content, or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// A keyed hash of the content.
    Hmac(Hash),
    /// A hash of content that holds the secret itself, `{secret}`. Whoever sees one can append to what it
    /// signs, which HMAC exists to prevent; some providers still do it.
    Plain(Hash),
    /// The header carries the secret itself, and signs nothing.
    Token,
    /// Ed25519 ([RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)). A key is the 32 bytes of a public key.
    Ed25519,
    /// ECDSA with P-256 and SHA-256, the signature in DER ([RFC 3279](https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3)).
    /// A key is a SubjectPublicKeyInfo.
    EcdsaP256,
    /// The same, the signature as two numbers of 32 bytes ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)).
    Es256,
    /// RSA with PKCS #1 v1.5 ([RFC 8017](https://www.rfc-editor.org/rfc/rfc8017#section-8.2)) and this hash.
    Rsa(Hash),
}

impl Algorithm {
    /// Whether the key is a public one. The host verifies such signatures: wasm has no code for them.
    pub fn is_public(self) -> bool {
        !matches!(self, Self::Hmac(_) | Self::Plain(_) | Self::Token)
    }

    /// Its name in a JWT ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)); none where we take none.
    pub fn jwt_name(self) -> Option<&'static str> {
        match self {
            Self::Hmac(Hash::Sha256) => Some("HS256"),
            Self::Es256 => Some("ES256"),
            Self::Rsa(Hash::Sha256) => Some("RS256"),
            _ => None,
        }
    }
}

impl Named for Algorithm {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("hmac-sha1", Self::Hmac(Hash::Sha1)),
        ("hmac-sha256", Self::Hmac(Hash::Sha256)),
        ("hmac-sha384", Self::Hmac(Hash::Sha384)),
        ("hmac-sha512", Self::Hmac(Hash::Sha512)),
        ("sha256", Self::Plain(Hash::Sha256)),
        ("token", Self::Token),
        ("ed25519", Self::Ed25519),
        ("ecdsa-p256", Self::EcdsaP256),
        ("es256", Self::Es256),
        ("rsa-sha1", Self::Rsa(Hash::Sha1)),
        ("rsa-sha256", Self::Rsa(Hash::Sha256)),
    ];
}

impl Named for Hash {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("sha1", Self::Sha1),
        ("sha256", Self::Sha256),
        ("sha384", Self::Sha384),
        ("sha512", Self::Sha512),
    ];
}

/// How a secret's text becomes the key.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// What the text is once a prefix is off.
    pub form: Encoding,
    /// Prefixes that may stand before it; the first that matches is taken off.
    pub strip: &'a [&'a str],
    /// What the text is where no prefix stands before it; none where there must be one.
    pub bare: Option<Encoding>,
    /// What the bytes are hashed with before they are the key.
    pub hash: Option<Hash>,
}

impl<'a> Key<'a> {
    /// The text's own bytes.
    pub const TEXT: Self = Self::encoded(Encoding::Text, &[]);

    /// What `form` decodes once one of the prefixes `strip`, if there is one, is off.
    pub const fn encoded(form: Encoding, strip: &'a [&'a str]) -> Self {
        Self {
            form,
            strip,
            bare: Some(form),
            hash: None,
        }
    }
}

/// Where the signatures are.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// The header, or the place in the body.
    pub at: At<'a>,
    /// Further headers with signatures; `{number}` stands for any of 1 to 100.
    pub more: &'a [&'a str],
    /// How the text there is read.
    pub grammar: Grammar<'a>,
}

impl<'a> Signature<'a> {
    /// The whole header is one signature.
    pub const fn whole(header: &'a str) -> Self {
        Self::prefixed(header, "")
    }

    /// The whole header is one signature behind `prefix`: `sha256=…`.
    pub const fn prefixed(header: &'a str, prefix: &'a str) -> Self {
        Self::at(At::Header(header), Grammar::Whole { prefix })
    }

    /// Read as `grammar` says.
    pub const fn at(at: At<'a>, grammar: Grammar<'a>) -> Self {
        Self {
            at,
            more: &[],
            grammar,
        }
    }

    /// Pairs with commas between: `t=…,v1=…`, the signatures being those named `field`.
    pub const fn pairs(header: &'a str, field: &'a str) -> Self {
        let grammar = Grammar::Items {
            field,
            separator: ",",
            equals: "=",
        };
        Self::at(At::Header(header), grammar)
    }

    /// Versioned signatures with spaces between: `v1,… v1,…`.
    pub const fn versions(header: &'a str, field: &'a str) -> Self {
        let grammar = Grammar::Items {
            field,
            separator: " ",
            equals: ",",
        };
        Self::at(At::Header(header), grammar)
    }
}

/// How a signature header is read.
#[derive(Clone, Copy, Debug)]
pub enum Grammar<'a> {
    /// One signature behind `prefix`.
    Whole {
        /// What stands before the signature; may be empty.
        prefix: &'a str,
    },
    /// Items, each a name and a value. The signatures are the values of those named `field`; others
    /// are ignored, or are where the timestamp is.
    Items {
        /// The name that the signatures have; `*` for any.
        field: &'a str,
        /// What stands between two items. Spaces around an item never count.
        separator: &'a str,
        /// What stands between an item's name and its value.
        equals: &'a str,
    },
    /// Items that are known by their place. All from `first` on are signatures.
    List {
        /// What stands between two items.
        separator: &'a str,
        /// The place of the first signature, counted from 0.
        first: usize,
    },
    /// A JSON Web Token behind `prefix`, in its compact form
    /// ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)): it is the signature, what is signed
    /// ([`Part::Jwt`]) and claims ([`At::Claim`]) at once.
    Jwt {
        /// What stands before the token; may be empty.
        prefix: &'a str,
    },
}

/// Where the time of signing is, and how it is written.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp<'a> {
    /// Where.
    pub at: At<'a>,
    /// How.
    pub unit: Unit,
}

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<'a> {
    /// The value of this header.
    Header(&'a str),
    /// The value of the item with this name in the signature header, or with this number in a list.
    Field(&'a str),
    /// The string or integer at this JSON pointer into the body
    /// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
    Json(&'a str),
    /// The form field with this name, the last of them. Looked for in bodies that are forms, as JSON
    /// pointers are in all others.
    Form(&'a str),
    /// What the JWT's payload says at this JSON pointer.
    Claim(&'a str),
    /// The query parameter with this name, decoded.
    Query(&'a str),
}

/// What makes two webhooks the same one. See DESIGN.md for what each protects against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The provider's id, which the signature covers.
    Id,
    /// The provider's id, and the signed content as well, since the id may stand in a header that
    /// nobody signed. A webhook whose id turns out to be signed goes by the id alone.
    IdAndContent,
    /// The body.
    Content,
    /// Nothing: bodies repeat by nature, and each counts.
    None,
}

impl Named for Identity {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("id+content", Self::IdAndContent),
        ("content", Self::Content),
        ("none", Self::None),
    ];
}

/// What the parts of a template stand for in one request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// `{timestamp}`: the time of signing, in the very characters that are sent.
    pub timestamp: &'a str,
    /// `{id}`: the provider's id of the event.
    pub id: &'a str,
    /// `{url}`: the source's public URL with the request's query.
    pub url: &'a str,
    /// `{method}`: the method, in upper case.
    pub method: &'a str,
    /// `{header:NAME}`: the headers.
    pub headers: Headers<'a>,
    /// `{field:NAME}`: the text that the signatures were read from.
    pub signature: &'a str,
    /// `{jwt}`: the part of the JWT that is signed.
    pub jwt: &'a str,
}

/// Whether a scheme's signature covers the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// It does.
    Body,
    /// It does not: whoever has seen one webhook can send any body. Said on purpose, or refused.
    None,
}

impl Named for Integrity {
    const NAMES: &'static [(&'static str, Self)] = &[("body", Self::Body), ("none", Self::None)];
}
