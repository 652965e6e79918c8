//! `waypost doctor`: whether everything on the way is as it should be, one thing after the other.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Method, Url};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{net::TcpStream, time::timeout};
use waypost_client::{Client, Error, event::Page, http, now};

use crate::{
    args::Doctor,
    exit::{Exit, Failure, Outcome},
    list::named,
    listen::{CONSUMER, Routes},
    settings::Settings,
};

/// A clock that is this far off makes windows of five minutes narrow.
const SKEW: u64 = 30_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found.
struct Findings {
    worst: Exit,
}

impl Findings {
    fn good(&mut self, what: &str, said: &str) {
        println!("ok    {what}: {said}");
    }

    fn bad(&mut self, what: &str, said: &str, advice: &str) {
        self.worst = Exit::Unhealthy;
        println!("bad   {what}: {said}");
        if !advice.is_empty() {
            println!("      {advice}");
        }
    }
}

/// Checks everything that it is told of.
pub(crate) async fn run(settings: &Settings, args: &Doctor) -> Outcome {
    let mut findings = Findings { worst: Exit::Done };
    let reader = settings.reader()?;
    if edge(&mut findings, &settings.from()?).await? {
        token(&mut findings, &reader).await;
        if settings.admin_token()?.is_some() {
            admin(&mut findings, &settings.admin()?).await;
        }
        let name = args
            .consumer
            .as_deref()
            .or(settings.file.consumer.as_deref());
        consumer(&mut findings, &reader, name).await;
    }
    let to = args.to.as_deref().or(settings.file.to.as_deref());
    let routes = Routes::new(to, &settings.file.routes, &args.routes)?;
    for (source, url) in routes.all() {
        backend(&mut findings, source, url).await;
    }
    Ok(findings.worst)
}

/// Whether Waypost answers, and when it thinks that it is.
async fn edge(findings: &mut Findings, from: &str) -> Result<bool, Failure> {
    let url = Url::parse(from).map_err(|_| Failure::usage(format!("{from} is no URL")))?;
    let before = now();
    let asked = http::http()?
        .get(url.clone())
        .timeout(PATIENCE)
        .send()
        .await;
    let response = match asked {
        Ok(response) => response,
        Err(error) => {
            let advice = "is the address right, and may this machine go out to it? A proxy is taken from HTTPS_PROXY.";
            findings.bad("Waypost", &http::chain(&error), advice);
            return Ok(false);
        }
    };
    let took = now().saturating_sub(before);
    let host = url.host_str().unwrap_or_default();
    let version = response.version();
    findings.good(
        "Waypost",
        &format!("{host} answers over {version:?} in {took} ms"),
    );
    let date = response
        .headers()
        .get("date")
        .and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let date = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
    match date.and_then(|date| u64::try_from(date.as_millis()).ok()) {
        // A date has whole seconds, and was written on the way.
        Some(date) => match date.abs_diff(before) {
            off if off > SKEW => findings.bad(
                "clock",
                &format!("this machine's is {} s off", off / 1000),
                "what is signed here would be refused: let it be set by NTP",
            ),
            off => findings.good("clock", &format!("within {} s", off / 1000 + 1)),
        },
        None => findings.good("clock", "the answer has no date to compare with"),
    }
    Ok(true)
}

async fn token(findings: &mut Findings, reader: &Client) {
    let asked: Result<Page, Error> = reader.get("/events?limit=1").await;
    let what = format!("feed {}", reader.base());
    match asked {
        Ok(page) => {
            let said = match page.events.first() {
                Some(event) => format!("its oldest event is {} of {}", event.id, event.received_at),
                None => "it is empty".to_owned(),
            };
            findings.good(&what, &said);
        }
        Err(error) => {
            let advice = match error.status() {
                Some(401 | 403) => {
                    "the token is none of this feed's: WAYPOST_TOKEN, or --token-file"
                }
                Some(404) => "is the feed configured?",
                _ => "",
            };
            findings.bad(&what, &error.to_string(), advice);
        }
    }
}

/// Whether the admin token is one. What is asked for is not there, so that nothing happens.
async fn admin(findings: &mut Findings, admin: &Client) {
    let path = "/dead-letters/0/replay";
    let asked: Result<Value, Error> = admin.send(Method::POST, path, &Value::Null, PATIENCE).await;
    match asked.as_ref().map_err(Error::status) {
        Err(Some(404)) | Ok(_) => findings.good("admin token", "it is taken"),
        Err(_) => {
            let said = asked
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            findings.bad(
                "admin token",
                &said,
                "WAYPOST_ADMIN_TOKEN, or --admin-token-file",
            );
        }
    }
}

async fn consumer(findings: &mut Findings, reader: &Client, name: Option<&str>) {
    let Ok(all) = reader.get::<Value>("/consumers").await else {
        // Where the token is refused, that has been said.
        return;
    };
    let wanted = name.unwrap_or(CONSUMER);
    let what = format!("consumer {wanted}");
    let Some(found) = named(&all, wanted) else {
        return findings.good(&what, "not there yet: its first claim makes it");
    };
    let number = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or(0);
    let claimed = found.get("claimed_at").and_then(Value::as_str);
    let ago = claimed.and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
    let ago = ago.map(|at| (OffsetDateTime::now_utc() - at).whole_seconds());
    let ago = ago.map_or("never".to_owned(), |ago| format!("{ago} s ago"));
    let (lag, leases) = (number("lag"), number("leases"));
    let oldest = number("oldest_unacknowledged_seconds");
    let said =
        format!("lacks {lag}, the oldest for {oldest} s; holds {leases}; was given events {ago}");
    findings.good(&what, &said);
}

/// Whether something listens there. Nothing is sent: a backend takes what is posted for real.
async fn backend(findings: &mut Findings, source: &str, url: &Url) {
    let what = format!("backend of {source}");
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(80);
    match timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => findings.good(&what, &format!("{host}:{port} accepts connections")),
        Ok(Err(error)) => findings.bad(&what, &format!("{host}:{port}: {error}"), "is it running?"),
        Err(_) => findings.bad(
            &what,
            &format!("{host}:{port} does not answer"),
            "is it running?",
        ),
    }
}
