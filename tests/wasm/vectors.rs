//! Every published vector again, with the hashes that the Worker has.

use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;
use waypost_core::config::Config;
use waypost_core::headers::Headers;
use waypost_core::verify::{self, Head};

const FILES: &[&str] = &[
    include_str!("../it/vectors/adyen.json"),
    include_str!("../it/vectors/adyen-banking.json"),
    include_str!("../it/vectors/airtable.json"),
    include_str!("../it/vectors/asana.json"),
    include_str!("../it/vectors/auth0.json"),
    include_str!("../it/vectors/authorize-net.json"),
    include_str!("../it/vectors/aws-sns.json"),
    include_str!("../it/vectors/basic.json"),
    include_str!("../it/vectors/bearer.json"),
    include_str!("../it/vectors/bitbucket.json"),
    include_str!("../it/vectors/box.json"),
    include_str!("../it/vectors/braintree.json"),
    include_str!("../it/vectors/cal-com.json"),
    include_str!("../it/vectors/calendly.json"),
    include_str!("../it/vectors/circleci.json"),
    include_str!("../it/vectors/clerk.json"),
    include_str!("../it/vectors/clickup.json"),
    include_str!("../it/vectors/cloudevents.json"),
    include_str!("../it/vectors/cloudflare.json"),
    include_str!("../it/vectors/coinbase-commerce.json"),
    include_str!("../it/vectors/convoy.json"),
    include_str!("../it/vectors/customer-io.json"),
    include_str!("../it/vectors/discord.json"),
    include_str!("../it/vectors/docusign.json"),
    include_str!("../it/vectors/dropbox.json"),
    include_str!("../it/vectors/elevenlabs.json"),
    include_str!("../it/vectors/forgejo.json"),
    include_str!("../it/vectors/front.json"),
    include_str!("../it/vectors/gitea.json"),
    include_str!("../it/vectors/github.json"),
    include_str!("../it/vectors/gitlab-signed.json"),
    include_str!("../it/vectors/gitlab.json"),
    include_str!("../it/vectors/google-pubsub.json"),
    include_str!("../it/vectors/google-push.json"),
    include_str!("../it/vectors/header-token.json"),
    include_str!("../it/vectors/heroku.json"),
    include_str!("../it/vectors/hook0.json"),
    include_str!("../it/vectors/hubspot-v1.json"),
    include_str!("../it/vectors/hubspot-v2.json"),
    include_str!("../it/vectors/hubspot-v3.json"),
    include_str!("../it/vectors/intercom.json"),
    include_str!("../it/vectors/jira.json"),
    include_str!("../it/vectors/lemon-squeezy.json"),
    include_str!("../it/vectors/line.json"),
    include_str!("../it/vectors/linear.json"),
    include_str!("../it/vectors/mailgun.json"),
    include_str!("../it/vectors/mandrill.json"),
    include_str!("../it/vectors/meta.json"),
    include_str!("../it/vectors/microsoft-graph.json"),
    include_str!("../it/vectors/mux.json"),
    include_str!("../it/vectors/notion.json"),
    include_str!("../it/vectors/okta.json"),
    include_str!("../it/vectors/openai.json"),
    include_str!("../it/vectors/paddle.json"),
    include_str!("../it/vectors/pagerduty.json"),
    include_str!("../it/vectors/paypal.json"),
    include_str!("../it/vectors/paystack.json"),
    include_str!("../it/vectors/plaid.json"),
    include_str!("../it/vectors/postmark.json"),
    include_str!("../it/vectors/razorpay.json"),
    include_str!("../it/vectors/recurly.json"),
    include_str!("../it/vectors/resend.json"),
    include_str!("../it/vectors/sanity.json"),
    include_str!("../it/vectors/sendgrid.json"),
    include_str!("../it/vectors/sentry.json"),
    include_str!("../it/vectors/shopify.json"),
    include_str!("../it/vectors/slack.json"),
    include_str!("../it/vectors/square.json"),
    include_str!("../it/vectors/standard-webhooks.json"),
    include_str!("../it/vectors/stripe.json"),
    include_str!("../it/vectors/supabase.json"),
    include_str!("../it/vectors/svix.json"),
    include_str!("../it/vectors/telegram.json"),
    include_str!("../it/vectors/telnyx.json"),
    include_str!("../it/vectors/trello.json"),
    include_str!("../it/vectors/twilio.json"),
    include_str!("../it/vectors/twitch.json"),
    include_str!("../it/vectors/typeform.json"),
    include_str!("../it/vectors/vercel.json"),
    include_str!("../it/vectors/waypost.json"),
    include_str!("../it/vectors/waypost-body.json"),
    include_str!("../it/vectors/webflow.json"),
    include_str!("../it/vectors/websub.json"),
    include_str!("../it/vectors/woocommerce.json"),
    include_str!("../it/vectors/workos.json"),
    include_str!("../it/vectors/x.json"),
    include_str!("../it/vectors/xero.json"),
    include_str!("../it/vectors/zendesk.json"),
    include_str!("../it/vectors/zoom.json"),
];

#[wasm_bindgen_test]
fn every_vector_verifies_in_wasm() {
    for file in FILES {
        let file: Value = serde_json::from_str(file).expect("JSON");
        for vector in file["vectors"].as_array().expect("vectors") {
            check(file["provider"].as_str().expect("a name"), vector);
        }
    }
}

fn check(provider: &str, vector: &Value) {
    let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
    let url = match text("url") {
        url if url.is_empty() => "https://hooks.example.com/".to_owned(),
        url => url,
    };
    let (public_url, query) = url.split_once('?').unwrap_or((&url, ""));
    let secrets: Vec<String> = match (&vector["secrets"], &vector["secret"]) {
        (Value::Array(secrets), _) => {
            let texts = secrets.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        (_, Value::String(secret)) => vec![secret.clone()],
        _ => Vec::new(),
    };
    let names: Vec<String> = (0..secrets.len()).map(|at| format!("K{at}")).collect();
    let mut source = serde_json::json!({ "provider": provider, "public_url": public_url });
    if !names.is_empty() {
        source["secrets"] = serde_json::json!(names);
    }
    let settings = vector["settings"].as_object().into_iter().flatten();
    settings.for_each(|(key, value)| source[key] = value.clone());
    let sources = serde_json::json!({ "s": source }).to_string();
    let config = Config::parse(&[("SOURCES", &sources)]).expect("a config");
    let state = config.source("s", |name| {
        let at = names.iter().position(|known| known == name)?;
        secrets.get(at).cloned()
    });
    let source = state.ready().expect("a source");
    if source.scheme.ways().any(|way| way.algorithm.is_public()) {
        // Those are the host's to verify, and run against the Worker in the end-to-end tests.
        return;
    }
    let headers = vector["headers"].as_object().expect("headers");
    let flat: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}\n{}", value.as_str().expect("a text")))
        .collect();
    let flat = flat.join("\n");
    let head = Head {
        method: vector["method"].as_str().unwrap_or("POST"),
        query,
        headers: Headers::new(&flat),
    };
    let now = vector["received_at"].as_u64().expect("seconds") * 1000;
    let body = text("body");
    let verified =
        verify::screen(source, &head, now).and_then(|screened| screened.verify(body.as_bytes()));
    if vector["refused"] == true {
        assert!(
            verified.is_err(),
            "{provider}, {}: must be refused",
            text("name")
        );
        return;
    }
    let verified =
        verified.unwrap_or_else(|refused| panic!("{provider}, {}: {refused:?}", text("name")));
    assert_eq!(
        verified.event_type(),
        text("type"),
        "{provider}, {}",
        text("name")
    );
}
