//! `waypost send`: signs as a provider does, and sends.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    time::Duration,
};

use waypost_client::{answer::is_passing, http, now, random::Random, verify::flat};
use waypost_core::{
    form::is_form,
    hash::sha256,
    headers::Headers,
    scheme::{Encoding, Place},
    sign::{Outgoing, placed},
};

use crate::{
    args::Send,
    exit::{Exit, Failure, Outcome},
    signing::Signer,
};

/// Signs and sends, once.
pub(crate) async fn run(args: &Send) -> Outcome {
    let signer = Signer::new(&args.signing)?;
    if !signer.scheme.is_signable() {
        return Err(Failure::usage(
            "only its provider can sign this: with its private key, or with a token that it makes",
        ));
    }
    let mut body = read(&args.file)?;
    let id = args.id.clone();
    let id = id.unwrap_or_else(|| Random::of_system().name());
    let scheme = &signer.scheme;
    let mut to = args.to.clone();
    let mut known = args
        .signing
        .public_url
        .clone()
        .unwrap_or_else(|| to.clone());
    if let Some(Place::Query(name)) = &scheme.body_hash {
        let hash = Encoding::Hex.encode(&sha256([body.as_slice()]));
        for url in [&mut to, &mut known] {
            let joined = if url.contains('?') { '&' } else { '?' };
            *url = format!("{url}{joined}{name}={hash}");
        }
    }
    let mut headers = vec![("content-type".to_owned(), args.content_type.clone())];
    for header in &args.headers {
        let (name, value) = header.split_once(':').ok_or_else(|| {
            Failure::usage(format!("--header {header}: write it as 'name: value'"))
        })?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let borrowed: Vec<(&str, &str)> = pairs(&headers);
    let signed = scheme.sign(
        &signer.keys,
        &Outgoing {
            body: &body,
            at: now(),
            id: &id,
            event_type: &args.kind,
            method: "POST",
            url: &known,
            headers: Headers::new(&flat(&borrowed)),
        },
    );
    if let Some((place, signature)) = &signed.in_body {
        body = signed_in(&body, place, signature, is_form(&args.content_type))?;
    }
    headers.extend(signed.headers);
    if args.dry_run {
        println!("POST {to}");
        for (name, value) in &headers {
            println!("{name}: {value}");
        }
        println!("\n{}", String::from_utf8_lossy(&body));
        return Ok(Exit::Done);
    }
    let mut request = http::http()?
        .post(&to)
        .timeout(Duration::from_secs(30))
        .body(body);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let response = request
        .send()
        .await
        .map_err(|error| Failure::new(Exit::Unreachable, http::chain(&error)))?;
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    println!("{} {text}", status.as_u16());
    match status.as_u16() {
        200..300 => Ok(Exit::Done),
        passing if is_passing(passing) => Ok(Exit::Unreachable),
        _ => Ok(Exit::Refused),
    }
}

/// The bytes of a file, or of standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = match path.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => fs::read(path),
    };
    read.map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}

pub(crate) fn pairs(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// The body with the signature in its place.
fn signed_in(body: &[u8], place: &Place, signature: &str, form: bool) -> Result<Vec<u8>, Failure> {
    placed(body, place, signature, form).ok_or_else(|| {
        let wants = match place {
            Place::Form(_) => "send it with --content-type application/x-www-form-urlencoded",
            _ => "it must be JSON",
        };
        Failure::usage(format!("the signature belongs into the body: {wants}"))
    })
}
