//! `waypost events | consumers | dead-letters | subscriptions | deliveries`: what there is, asked of
//! Waypost and shown.

use reqwest::Method;
use serde_json::{Value, json};
use waypost_client::{Client, Event, http::TIMEOUT};

use crate::{
    args::{Consumers, DeadLetters, Deliveries, Events, Shown, Subscriptions},
    exit::{Exit, Failure, Outcome},
    out::print,
    settings::Settings,
};

pub(crate) async fn events(settings: &Settings, events: &Events) -> Outcome {
    let client = settings.reader()?;
    match events {
        Events::List {
            since,
            limit,
            shown,
        } => {
            let since = since.as_ref().map(|since| format!("&since_id={since}"));
            let path = format!("/events?limit={limit}{}", since.unwrap_or_default());
            let columns = ["id", "received_at", "source", "type", "webhook_id", "size"];
            list(&client, &path, "events", &columns, *shown).await
        }
        Events::Show { id, body: true } => {
            let event: Event = client.get(&format!("/events/{id}")).await?;
            let body = client.body(&event).await?;
            print(&body)?;
            Ok(Exit::Done)
        }
        Events::Show { id, body: false } => show(&client, &format!("/events/{id}")).await,
    }
}

pub(crate) async fn consumers(settings: &Settings, consumers: &Consumers) -> Outcome {
    let client = settings.reader()?;
    match consumers {
        Consumers::List { shown } => {
            let columns = [
                "name",
                "mode",
                "position",
                "lag",
                "leases",
                "oldest_unacknowledged_seconds",
            ];
            list(&client, "/consumers", "consumers", &columns, *shown).await
        }
        Consumers::Show { name } => {
            let all: Value = client.get("/consumers").await?;
            match named(&all, name) {
                Some(consumer) => pretty(consumer),
                None => Err(Failure::new(
                    Exit::Refused,
                    format!("there is no consumer {name}"),
                )),
            }
        }
        Consumers::Seek { name, to } => {
            ask(
                &client,
                Method::POST,
                &format!("/consumers/{name}/seek"),
                &json!({ "to": to }),
            )
            .await
        }
        Consumers::Delete { name } => {
            ask(
                &client,
                Method::DELETE,
                &format!("/consumers/{name}"),
                &Value::Null,
            )
            .await
        }
    }
}

/// A consumer of the feed's list.
pub(crate) fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    let consumers = list.get("consumers")?.as_array()?.iter();
    let mut named = consumers.filter(|one| one.get("name").and_then(Value::as_str) == Some(name));
    named.next()
}

pub(crate) async fn dead_letters(settings: &Settings, letters: &DeadLetters) -> Outcome {
    match letters {
        DeadLetters::List { shown } => {
            let columns = [
                "id", "at", "source", "type", "consumer", "event", "attempts", "reason",
            ];
            list(
                &settings.reader()?,
                "/dead-letters",
                "dead_letters",
                &columns,
                *shown,
            )
            .await
        }
        DeadLetters::Replay { id } => {
            let path = format!("/dead-letters/{id}/replay");
            ask(&settings.admin()?, Method::POST, &path, &Value::Null).await
        }
    }
}

pub(crate) async fn subscriptions(settings: &Settings, subscriptions: &Subscriptions) -> Outcome {
    let client = settings.admin()?;
    match subscriptions {
        Subscriptions::List { shown } => {
            let columns = ["subscription_id", "status", "url", "events"];
            list(&client, "/webhooks", "subscriptions", &columns, *shown).await
        }
        Subscriptions::Show { id } => show(&client, &format!("/webhooks/{id}")).await,
        Subscriptions::Add { url, events } => {
            let body = json!({ "url": url, "events": events });
            ask(&client, Method::POST, "/webhooks/subscribe", &body).await
        }
        Subscriptions::Delete { id } => {
            ask(
                &client,
                Method::DELETE,
                &format!("/webhooks/{id}"),
                &Value::Null,
            )
            .await
        }
        Subscriptions::Test { id } => {
            let path = format!("/webhooks/{id}/test");
            ask(&client, Method::POST, &path, &Value::Null).await
        }
        Subscriptions::Rotate { id } => {
            let path = format!("/webhooks/{id}/rotate");
            ask(&client, Method::POST, &path, &json!({})).await
        }
        Subscriptions::Pause { id } | Subscriptions::Resume { id } => {
            let paused = matches!(subscriptions, Subscriptions::Pause { .. });
            let body = json!({ "paused": paused });
            ask(&client, Method::PATCH, &format!("/webhooks/{id}"), &body).await
        }
        Subscriptions::Replay {
            id, since, until, ..
        } => {
            let body = match (since, until) {
                (Some(since), Some(until)) => json!({ "since_id": since, "until_id": until }),
                _ => json!({ "failed": true }),
            };
            ask(
                &client,
                Method::POST,
                &format!("/webhooks/{id}/replay"),
                &body,
            )
            .await
        }
    }
}

pub(crate) async fn deliveries(settings: &Settings, deliveries: &Deliveries) -> Outcome {
    let client = settings.admin()?;
    match deliveries {
        Deliveries::List {
            subscription,
            status,
            shown,
        } => {
            let status = status.as_ref().map(|status| format!("?status={status}"));
            let path = format!(
                "/webhooks/{subscription}/deliveries{}",
                status.unwrap_or_default()
            );
            let columns = [
                "id",
                "event",
                "status",
                "attempts",
                "next_attempt_at",
                "settled_at",
                "reason",
            ];
            list(&client, &path, "deliveries", &columns, *shown).await
        }
        Deliveries::Show { subscription, id } => {
            show(
                &client,
                &format!("/webhooks/{subscription}/deliveries/{id}"),
            )
            .await
        }
        Deliveries::Replay { subscription, id } => {
            let path = format!("/webhooks/{subscription}/deliveries/{id}/replay");
            ask(&client, Method::POST, &path, &Value::Null).await
        }
    }
}

/// An event without its body, as a line of JSON.
pub(crate) fn row(event: &Event) -> Value {
    let payload = event.payload.as_ref();
    let payload = payload.and_then(|payload| serde_json::from_str::<Value>(payload.get()).ok());
    json!({ "id": event.id, "source": event.source, "type": event.kind, "webhook_id": event.webhook_id,
        "received_at": event.received_at, "content_type": event.content_type, "headers": event.headers,
        "size": event.size, "payload": payload, "payload_base64": event.payload_base64 })
}

async fn list(
    client: &Client,
    path: &str,
    member: &str,
    columns: &[&str],
    shown: Shown,
) -> Outcome {
    let answer: Value = client.get(path).await?;
    if shown.json {
        return pretty(&answer);
    }
    let entries = answer.get(member).and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    print(table(columns, entries).as_bytes())?;
    Ok(Exit::Done)
}

async fn show(client: &Client, path: &str) -> Outcome {
    pretty(&client.get(path).await?)
}

async fn ask(client: &Client, method: Method, path: &str, body: &Value) -> Outcome {
    let answer: Value = client.send(method, path, body, TIMEOUT).await?;
    pretty(&answer)
}

/// Columns as wide as what stands in them; those that nothing stands in are left out.
fn table(columns: &[&str], entries: &[Value]) -> String {
    let cell = |entry: &Value, name: &str| match entry.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.replace(char::is_control, " "),
        Some(Value::Array(list)) => {
            let texts: Vec<String> = list
                .iter()
                .map(|text| text.to_string().replace('"', ""))
                .collect();
            texts.join(",")
        }
        Some(other) => other.to_string(),
    };
    let mut lines = vec![String::new(); entries.len().saturating_add(1)];
    for name in columns {
        let cells: Vec<String> = entries.iter().map(|entry| cell(entry, name)).collect();
        if !entries.is_empty() && cells.iter().all(String::is_empty) {
            continue;
        }
        let cells: Vec<String> = std::iter::once(name.replace('_', " "))
            .chain(cells)
            .collect();
        let width = cells
            .iter()
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(&cells) {
            *line = format!("{line}{cell:<width$}  ");
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    format!("{}\n", lines.join("\n"))
}

fn pretty(value: &Value) -> Outcome {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    print(format!("{text}\n").as_bytes())?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_as_wide_as_what_stands_in_it() {
        let entries = [
            json!({ "id": "1", "reason": "it failed\nbadly", "types": ["a", "b.*"], "lag": 12 }),
            json!({ "id": "long", "reason": "no", "lag": null }),
        ];
        let text = table(&["id", "lag", "absent", "types", "reason"], &entries);
        assert_eq!(
            text,
            "id    lag  types  reason\n1     12   a,b.*  it failed badly\nlong              no\n"
        );
        assert_eq!(table(&["id", "at"], &[]), "id  at\n");
    }
}
