//! docs/handshakes.md.

use waypost_core::{
    providers,
    scheme::{Answer, At, Handshake, Is, KeySource, Proof, Row, Scheme},
};

use super::page::{code, place};

const HEAD: &str = "\
# Handshakes, keys and answers

What providers ask of an endpoint beside taking their webhooks. This page is made from
[the table](../crates/core/src/providers); a config can say all of it too ([schemes.md](schemes.md)).

## Challenges

A request that matches is answered as the provider documents, and nothing is stored. *Proof* is what has to be
proved first: *signature*: it is signed, or brings the credential, as the provider's webhooks do; *armed*: an
administrator has armed the source. `${challenge}` is the challenge, `${mac}` what the scheme makes of it with the
source's key; others are keys of the source's config. What does not match gets 403 or 404, what has another method
405.

| provider | request | proof | answer |
|---|---|---|---|
";

const ARMING: &str = "
## Secrets that a provider hands over

Anybody can send what looks like a secret, so these are taken only while the source is armed:

```sh
curl -X POST -H \"authorization: Bearer $ADMIN_TOKEN\" $base/sources/asana/arm        # {\"armed_until\":…}: ten minutes
curl -H \"authorization: Bearer $ADMIN_TOKEN\" $base/sources/asana/secrets            # {\"armed_until\",\"secrets\":[{\"secret\",\"taken_at\"}]}
curl -X DELETE -H \"authorization: Bearer $ADMIN_TOKEN\" $base/sources/asana/secrets  # {\"status\":\"deleted\",\"secrets\":1}
```

Each arming takes one secret; it stands beside those that the source holds already, up to eight, and is never
overwritten. A source that names `secrets` in its config uses those, and cannot be armed.

";

const KEYS: &str = "
## Keys from elsewhere, and what a config must say

Certificates are remembered for a day, other keys for an hour. While one cannot be fetched the answer is 503
`key_unavailable`, which every provider repeats.

| provider | keys | config |
|---|---|---|
";

const ANSWERS: &str = "
## Answers of their own

A webhook that was queued is answered `{\"status\",\"id\"}`, but for:

| provider | answer |
|---|---|
";

pub(super) fn page() -> String {
    let mut rows: Vec<_> = providers::all().collect();
    rows.sort_by_key(|row| row.name);
    let mut page = HEAD.to_owned();
    for row in &rows {
        for handshake in row.handshakes {
            page.push_str(&challenge(row.name, handshake));
        }
    }
    page.push_str(ARMING);
    let handed = rows
        .iter()
        .filter(|row| matches!(row.keys, KeySource::Handed));
    let handed: Vec<String> = handed.map(|row| code(row.name)).collect();
    page.push_str(&format!("Providers that do so: {}.\n", handed.join(", ")));
    page.push_str(KEYS);
    for row in &rows {
        page.push_str(&keys(row));
    }
    page.push_str(ANSWERS);
    for row in &rows {
        let terse = if row.terse {
            "; refusals have no body"
        } else {
            ""
        };
        if let Some(accepted) = row.accepted {
            page.push_str(&format!(
                "| {} | {}{terse} |\n",
                row.name,
                answer(&accepted)
            ));
        }
    }
    page
}

fn challenge(provider: &str, handshake: &Handshake<'_>) -> String {
    let mut request = vec![code(handshake.method)];
    request.extend(handshake.when.iter().map(|(at, is)| condition(at, is)));
    if let Some(challenge) = handshake.challenge {
        request.push(format!("challenge in {}", place(&challenge.at)));
    }
    let proof = match handshake.proof {
        Proof::None => "–",
        Proof::Signature => "signature",
        Proof::Armed => "armed",
    };
    let visit = if handshake.visit.is_empty() {
        ""
    } else {
        ", once the challenge, a URL of the provider, was fetched"
    };
    let answer = answer(&handshake.answer);
    format!(
        "| {provider} | {} | {proof} | {answer}{visit} |\n",
        request.join(", ")
    )
}

fn condition(at: &At<'_>, is: &Is<'_>) -> String {
    let at = place(at);
    match is {
        Is::Text(text) => format!("{at} is {}", code(text)),
        Is::OneOf(key) => format!("{at} is one of {}", code(key)),
        Is::NoneOf(key) => format!("{at} is none of {}", code(key)),
        Is::Secret(key) => format!("{at} is the secret named in {}", code(key)),
        Is::Present => at,
    }
}

fn answer(answer: &Answer<'_>) -> String {
    let mut texts = vec![answer.status.to_string()];
    for (name, value) in answer.headers {
        let value = value.trim_end_matches("; charset=utf-8");
        texts.push(match *name {
            "content-type" => value.to_owned(),
            _ => code(&format!("{name}: {value}")),
        });
    }
    match answer.body {
        "" => texts.push("empty".to_owned()),
        body => texts.push(code(body)),
    }
    texts.join(", ")
}

fn keys(row: &Row<'_>) -> String {
    let asks = match Scheme::compile(row) {
        Ok(scheme) => scheme.asks,
        Err(_) => return format!("| {} | secrets | `header` |\n", row.name),
    };
    let from = match row.keys {
        KeySource::Secrets => "secrets".to_owned(),
        KeySource::Handed => "handed over, or secrets".to_owned(),
        KeySource::Certificate { at, urls } => {
            let urls: Vec<String> = urls.iter().map(|url| code(url)).collect();
            format!(
                "the certificate at {}, which must be {}",
                place(&at),
                urls.join(" or ")
            )
        }
        KeySource::Fetched { url, .. } => format!("the one that the JWT names, from {}", code(url)),
    };
    if asks.is_empty() && from == "secrets" {
        return String::new();
    }
    let asks = asks.iter().map(|ask| {
        let secret = if ask.secret {
            " (names of secrets)"
        } else {
            ""
        };
        let optional = if ask.required {
            ""
        } else {
            ", for the handshake"
        };
        format!("{}{secret}{optional}", code(&ask.key))
    });
    let asks: Vec<String> = asks.collect();
    format!("| {} | {from} | {} |\n", row.name, asks.join(", "))
}
