//! One source of the config.
//!
//! | key | value |
//! |---|---|
//! | `provider` or `scheme` | a name of the table, or the scheme written out |
//! | `secrets` | names of 1 to 8 secrets, any of which may have signed; none where the keys come from elsewhere |
//! | `header` | the header with the credential, where that is the provider's or the sender's choice |
//! | `feed` | by default `default` |
//! | `public_url` | scheme, host and path as registered with the provider, where the URL is signed |
//! | `tolerance_seconds` | 1 to 604800; by default the provider's |
//! | `identity` | `id`, `id+content`, `content`, `none`; by default the provider's |
//! | `max_body_bytes` | 1 to 26214400, which is the default |
//! | `idempotency_ttl_seconds` | 60 to 31536000; by default 604800 |
//! | `rate_limit` | `binding`, `limit`, `period` (10 or 60); by default none |
//!
//! Beside these what the scheme asks for: `topic_arns`, `audience`, `verify_token`, … (docs/providers.md).

use std::{ops::RangeInclusive, sync::Arc};

use super::{DEFAULT_FEED, is_name, reader::Reader};
use crate::{
    providers,
    scheme::{Algorithm, Ask, At, Grammar, KeysFrom, Part, Scheme},
    source::{DEFAULT_TTL_SECONDS, MAX_BODY_BYTES, RateLimit, Settings},
    why::Told,
};

/// What a window may be, in seconds; at most a week, so that identities surely outlive it.
pub(super) const TOLERANCE: RangeInclusive<u64> = 1..=604_800;
/// KV keeps nothing for less than a minute.
const TTL: RangeInclusive<u64> = 60..=31_536_000;
/// Each key costs a MAC over every body.
const MAX_SECRETS: usize = 8;

/// What the config says of a source.
#[derive(Clone, Debug)]
pub struct SourceConfig {
    /// The variable that it stands in.
    pub variable: String,
    /// The provider's name; none for a scheme that is written out.
    pub provider: Option<&'static str>,
    /// How its provider signs.
    pub scheme: Arc<Scheme>,
    /// The names of its secrets.
    pub secrets: Vec<String>,
    /// What the scheme asks for, where it is there.
    pub values: Vec<(Ask, Vec<String>)>,
    /// The rest.
    pub settings: Settings,
}

/// The keys that every source has; no scheme can ask for one of them.
pub(crate) const SOURCE_KEYS: &[&str] = &[
    "provider",
    "scheme",
    "secrets",
    "header",
    "feed",
    "public_url",
    "tolerance_seconds",
    "identity",
    "max_body_bytes",
    "idempotency_ttl_seconds",
    "rate_limit",
];

/// Reads one entry of `SOURCES`.
pub(super) fn read(source: &mut Reader<'_, '_>) -> Option<SourceConfig> {
    let provider = source.text("provider");
    let written = source.table("scheme", super::scheme::read);
    let header = source.text("header");
    let named = source.secret_names("secrets");
    let feed = source.text("feed").unwrap_or(DEFAULT_FEED);
    let public_url = source.text("public_url");
    let tolerance = source.number("tolerance_seconds", TOLERANCE);
    let identity = source.named("identity");
    let max_body_bytes = source.number("max_body_bytes", 1..=MAX_BODY_BYTES);
    let ttl = source.number("idempotency_ttl_seconds", TTL);
    let rate_limit = source.table("rate_limit", rate_limit);

    if !is_name(feed) {
        source.error("feed", "is no name of a feed");
    }
    if public_url.is_some_and(|url| !is_public_url(url)) {
        source.error("public_url", "must be https://host/path, without a query");
    }
    let (provider, scheme) = scheme(source, provider, written, header)?;
    let secrets = secrets(source, &scheme, named);
    let values = values(source, &scheme);
    if let Some(Err(error)) = identity.map(|identity| scheme.allows(identity)) {
        source.error(error.key, error.reason);
    }
    if tolerance.is_some() && scheme.ways().all(|way| way.unit.is_none()) {
        source.error(
            "tolerance_seconds",
            "has no effect: the scheme signs no time",
        );
    }
    if public_url.is_none() && scheme.ways().any(signs_url) {
        source.error("public_url", "is missing, and the scheme signs the URL");
    }
    let settings = Settings {
        feed: feed.to_owned(),
        public_url: public_url.map(str::to_owned),
        tolerance_seconds: tolerance.unwrap_or(scheme.tolerance_seconds),
        identity: identity.unwrap_or(scheme.identity),
        max_body_bytes: max_body_bytes.unwrap_or(MAX_BODY_BYTES),
        idempotency_ttl_seconds: ttl.unwrap_or(DEFAULT_TTL_SECONDS),
        rate_limit,
    };
    let variable = source
        .key()
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    Some(SourceConfig {
        variable,
        provider,
        scheme: Arc::new(scheme),
        secrets,
        values,
        settings,
    })
}

/// The provider's scheme, or the one that is written out.
fn scheme(
    source: &mut Reader<'_, '_>,
    provider: Option<&str>,
    written: Option<Scheme>,
    header: Option<&str>,
) -> Option<(Option<&'static str>, Scheme)> {
    let Some(provider) = provider else {
        if header.is_some() {
            source.error("header", "has no place beside scheme");
        }
        if written.is_none() && source.clean() {
            source.error("provider", "is missing; scheme serves too");
        }
        return Some((None, written?));
    };
    if written.is_some() {
        source.error("scheme", "has no place beside provider");
    }
    let Some(row) = providers::find(provider) else {
        let unknown = Told(|| {
            let names: Vec<&str> = providers::all().map(|row| row.name).collect();
            format!("{provider:?} is not known; known are {}", names.join(", "))
        });
        source.error("provider", unknown);
        return None;
    };
    let mut renamed = *row;
    if let Some(header) = header {
        let free = matches!(row.signature.grammar, Grammar::Whole { prefix: "" });
        if row.algorithm != Algorithm::Token || !free {
            source.error("header", "has no effect: the provider says which it is");
        }
        renamed.signature.at = At::Header(header);
    } else if row.signature.at == At::Header("") {
        source.error(
            "header",
            "is missing: the name of the header with the token",
        );
        return None;
    }
    let compiled = Scheme::compile(&renamed);
    let key = if header.is_some() {
        "header"
    } else {
        "provider"
    };
    let scheme = compiled
        .map_err(|error| source.error(key, error.to_string()))
        .ok()?;
    Some((Some(row.name), scheme))
}

/// The names of the secrets; there must be one, unless nothing is signed or asked with it.
fn secrets(
    source: &mut Reader<'_, '_>,
    scheme: &Scheme,
    named: Option<Vec<String>>,
) -> Vec<String> {
    let needed = match &scheme.keys_from {
        KeysFrom::Secrets => true,
        KeysFrom::Handed => false,
        KeysFrom::Certificate(..) => scheme.any_part(|part| *part == Part::Secret),
        KeysFrom::Fetched(url, post) => url.contains("${secret}") || post.contains("${secret}"),
    };
    let unused = !needed && scheme.keys_from != KeysFrom::Handed;
    if unused && named.is_some() {
        source.error("secrets", "have no effect: the provider's keys are fetched");
    }
    if !needed && named.is_none() {
        return Vec::new();
    }
    let names = source.required("secrets", named).unwrap_or_default();
    if !(1..=MAX_SECRETS).contains(&names.len()) && source.clean() {
        source.error(
            "secrets",
            Told(|| format!("must be 1 to {MAX_SECRETS} names")),
        );
    }
    names
}

/// What the scheme asks for.
fn values(source: &mut Reader<'_, '_>, scheme: &Scheme) -> Vec<(Ask, Vec<String>)> {
    let mut values = Vec::new();
    for ask in &scheme.asks {
        let found = match ask.secret {
            true => source.secret_names(&ask.key),
            false => source
                .texts(&ask.key)
                .map(|texts| texts.into_iter().map(str::to_owned).collect()),
        };
        let found = match ask.required {
            true => source.required(&ask.key, found),
            false => found,
        };
        if found.as_ref().is_some_and(Vec::is_empty) {
            source.error(&ask.key, "is empty");
        }
        if let Some(found) = found {
            values.push((ask.clone(), found));
        }
    }
    values
}

fn signs_url(scheme: &Scheme) -> bool {
    scheme.any_part(|part| matches!(part, Part::Url(_)))
}

fn is_public_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'?' && byte != b'#';
    !host.is_empty() && url.bytes().all(plain)
}

fn rate_limit(limit: &mut Reader<'_, '_>) -> Option<RateLimit> {
    let binding = limit.text("binding");
    let binding = limit.required("binding", binding);
    let requests = limit.number("limit", 1..=1_000_000_000);
    let requests = limit.required("limit", requests);
    let period = limit.number("period", 10..=60);
    let period = limit.required("period", period);
    if period.is_some_and(|period| period != 10 && period != 60) {
        limit.error("period", "must be 10 or 60, as the platform has it");
    }
    Some(RateLimit {
        binding: binding?.to_owned(),
        limit: requests?,
        period: period?,
    })
}
