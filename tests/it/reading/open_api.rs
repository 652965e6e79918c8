//! The OpenAPI document says what the tables say: of routes, of refusals, of what each list reads.

use std::collections::BTreeSet;

use serde_json::Value;
use waypost_core::open_api::{DOCUMENT, etag};
use waypost_core::rejection::ROWS;
use waypost_core::route::{FEED_ROUTES, Need, ROOT_ROUTES, Resource};

fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("JSON")
}

/// The paths of a table, named as the document names them.
fn paths(table: &[(&str, Resource)]) -> Vec<(String, Resource)> {
    let named = table.iter();
    named
        .map(|(path, resource)| (path.replace("{name}", "{source}"), *resource))
        .collect()
}

#[test]
fn every_route_with_its_methods() {
    let document = document();
    let described = document["paths"].as_object().expect("paths");
    let routes = [paths(ROOT_ROUTES), paths(FEED_ROUTES)].concat();
    let names: BTreeSet<_> = routes.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, described.keys().map(String::as_str).collect());
    for (path, resource) in routes {
        let item = described[&path].as_object().expect("a path");
        let verbs = [
            "get", "head", "post", "put", "patch", "delete", "options", "trace",
        ];
        let of_path: BTreeSet<_> = verbs
            .into_iter()
            .filter(|verb| item.contains_key(*verb))
            .collect();
        let methods = resource
            .methods()
            .iter()
            .map(|method| method.to_lowercase());
        assert_eq!(
            of_path
                .iter()
                .map(|v| (*v).to_owned())
                .collect::<BTreeSet<_>>(),
            methods.collect(),
            "{path}"
        );
        // What stands at the root alone says so.
        assert_eq!(
            item.contains_key("servers"),
            paths(ROOT_ROUTES).iter().any(|(root, _)| *root == path),
            "{path}"
        );
        for verb in of_path {
            let security = item[verb].get("security").map(ToString::to_string);
            let expect = match resource.need(&verb.to_uppercase()) {
                Need::Read => None,
                Need::Nothing | Need::Signature => Some("[]".to_owned()),
                Need::Token | Need::Admin => Some(r#"[{"token":[]},{"basic":[]}]"#.to_owned()),
            };
            assert_eq!(security, expect, "{verb} {path}");
        }
        for (at, part) in path.match_indices('{') {
            let name = path[at + 1..].split('}').next().expect(part);
            assert!(
                item["parameters"].to_string().contains(name),
                "{path}: {name}"
            );
        }
    }
}

#[test]
fn every_code() {
    let document = document();
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].clone();
    let codes: BTreeSet<_> = codes
        .as_array()
        .expect("codes")
        .iter()
        .map(|code| code.as_str().expect("text").to_owned())
        .collect();
    assert_eq!(codes, ROWS.iter().map(|row| row.code.to_owned()).collect());
}

/// A parameter is described where the query of a list reads it, and only there.
#[test]
fn every_parameter() {
    let document = document();
    for (path, resource) in paths(FEED_ROUTES) {
        let parameters = document["paths"][&path]["get"]["parameters"].to_string();
        for name in [
            "since_id",
            "last_event_id",
            "since",
            "limit",
            "wait",
            "timeout",
            "cursor",
            "type",
            "source",
            "encoding",
        ] {
            let described = parameters.contains(&format!("/parameters/{name}\""));
            // Twice is refused where once is read, but for those that may be repeated; and those take no more
            // than so many.
            let many = format!("{name}=x&").repeat(if ["type", "source"].contains(&name) {
                40
            } else {
                2
            });
            let held = match resource {
                Resource::Events => "wait=1&",
                Resource::LongPoll => "timeout=1&",
                _ => "",
            };
            let query = if held.starts_with(name) {
                many
            } else {
                format!("{held}{many}")
            };
            let id = "0000000000000001_0000000000000001";
            let read =
                waypost_core::query::Question::parse(resource, Some(id), &query, None).is_err();
            match resource {
                // Not read as lists are.
                Resource::DeadLetters | Resource::DeadReplay => {}
                Resource::Verification => {}
                Resource::Consumers | Resource::Consumer | Resource::Consume(_) => {}
                Resource::Subscriptions | Resource::Subscribe | Resource::Subscription => {}
                Resource::SubscriptionAct | Resource::Deliveries => {}
                _ => assert_eq!(described, read, "{path} {name}"),
            }
        }
    }
}

/// What every reference leads to is there, and everything that is there is referred to.
#[test]
fn references() {
    let document = document();
    let text = document.to_string();
    for (kind, parts) in document["components"].as_object().expect("components") {
        for name in parts
            .as_object()
            .expect("parts")
            .keys()
            .filter(|_| kind != "securitySchemes")
        {
            assert!(
                text.contains(&format!("\"#/components/{kind}/{name}\"")),
                "{kind}/{name} is used"
            );
        }
    }
    for reference in text.split("\"#/components/").skip(1) {
        let path: Vec<_> = reference
            .split('"')
            .next()
            .expect("a path")
            .split('/')
            .collect();
        assert!(
            !document["components"][path[0]][path[1]].is_null(),
            "{path:?}"
        );
    }
}

#[test]
fn its_tag() {
    assert!(etag().starts_with('"') && etag().len() == 18);
}
