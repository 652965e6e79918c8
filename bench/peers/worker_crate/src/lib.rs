//! GitHub's webhooks with the crate `worker`, as its users write it: verify, is it known? queue it, mark it known.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use worker::*;

const MARK_TTL: u64 = 604_800;
/// A message of a queue may have 128 KB: a larger body goes to KV, and the message says where.
const INLINE_LIMIT: usize = 96 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    r#type: Option<String>,
    received_at: u64,
    body: Option<String>,
    body_key: Option<String>,
}

#[derive(Serialize)]
struct Taken<'a> {
    status: &'a str,
    id: &'a str,
}

#[event(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
    if request.method() != Method::Post {
        return Response::error("method not allowed", 405);
    }
    let headers = request.headers().clone();
    let (Some(signature), Some(id)) = (
        headers.get("x-hub-signature-256")?,
        headers.get("x-github-delivery")?,
    ) else {
        return Response::error("malformed", 400);
    };
    let body = request.bytes().await?;
    let secret = env.secret("GITHUB_WEBHOOK_SECRET")?.to_string();
    if !verify(&secret, &signature, &body) {
        return Response::error("bad signature", 401);
    }
    let kv = env.kv("KV")?;
    if kv.get(&id).text().await?.is_some() {
        return taken("already_processed", &id);
    }
    let mut message = Message {
        r#type: headers.get("x-github-event")?,
        received_at: Date::now().as_millis(),
        body: None,
        body_key: None,
        id,
    };
    if body.len() > INLINE_LIMIT {
        let key = format!("body:{}", message.id);
        kv.put_bytes(&key, &body)?
            .expiration_ttl(MARK_TTL)
            .execute()
            .await?;
        message.body_key = Some(key);
    } else {
        message.body = Some(String::from_utf8(body).map_err(|error| error.to_string())?);
    }
    env.queue("QUEUE")?.send(&message).await?;
    kv.put(&message.id, "1")?
        .expiration_ttl(MARK_TTL)
        .execute()
        .await?;
    taken("received", &message.id)
}

fn taken(status: &str, id: &str) -> Result<Response> {
    Response::from_json(&Taken { status, id })
}

fn verify(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some(Ok(tag)) = signature.strip_prefix("sha256=").map(hex::decode) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&tag).is_ok()
}
