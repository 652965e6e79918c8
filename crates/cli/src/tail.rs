//! `waypost tail`: a feed's events as they come.

use waypost_client::{Client, Error, Event, Events, MemoryPosition, Strategy, event::Page};

use crate::{
    args::Tail,
    exit::{Exit, Failure, Outcome},
    list::row,
    listen::Signals,
    out,
    settings::Settings,
};

/// Past every event that there can be: the refusal says which one is the latest.
const PAST: &str = "9999999999999999_9999999999999999";

/// Prints events until it is told to stop, or with `--once` until there is none left.
pub(crate) async fn run(settings: &Settings, args: &Tail) -> Outcome {
    let client = settings.reader()?;
    let start = match (&args.since, args.all || args.once) {
        (Some(since), _) => Some(since.clone()),
        (None, true) => None,
        (None, false) => latest(&client).await?,
    };
    if args.once {
        return once(&client, start, args.json).await;
    }
    let mut events =
        Events::new(client, Strategy::LONG_POLL, MemoryPosition(start))?.on_gap(|gap| {
            eprintln!(
                "waypost: events after {} are gone",
                gap.since.as_deref().unwrap_or("the start")
            );
        });
    let mut signals = Signals::new()?;
    loop {
        let event = tokio::select! {
            event = events.next() => event?,
            () = signals.next() => return Ok(Exit::Done),
        };
        if !print(&event, args.json)? {
            return Ok(Exit::Done);
        }
    }
}

async fn once(client: &Client, mut since: Option<String>, json: bool) -> Outcome {
    loop {
        let after = since.as_ref().map(|since| format!("&since_id={since}"));
        let path = format!("/events?limit=100{}", after.unwrap_or_default());
        let page: Page = client.get(&path).await?;
        for event in &page.events {
            if !print(event, json)? {
                return Ok(Exit::Done);
            }
        }
        if !page.has_more {
            return Ok(Exit::Done);
        }
        since = page.next;
    }
}

/// The position after the newest event.
async fn latest(client: &Client) -> Result<Option<String>, Failure> {
    let asked: Result<Page, Error> = client.get(&format!("/events?since_id={PAST}")).await;
    match asked {
        Err(Error::Refused(answer)) if answer.status == 410 => {
            Ok(answer.problem.and_then(|problem| problem.latest))
        }
        Err(error) => Err(error.into()),
        Ok(page) => Ok(page.next),
    }
}

/// Returns whether anybody still reads.
fn print(event: &Event, json: bool) -> Result<bool, Failure> {
    let line = match json {
        true => serde_json::to_string(&row(event)).unwrap_or_default(),
        false => format!(
            "{}  {}  {:<12} {:<24} {:>8} B",
            event.received_at, event.id, event.source, event.kind, event.size
        ),
    };
    out::print(format!("{line}\n").as_bytes())
}
