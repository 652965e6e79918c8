//! Sends a webhook to source `default`, and says what became of it.
//!
//! `WAYPOST_URL=https://host WAYPOST_SECRET=… publish ID TYPE < body.json`

use std::{
    env,
    error::Error,
    io::{self, Read},
};

use waypost_client::{Publisher, publish::Webhook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (id, kind) = (
        args.next().unwrap_or_default(),
        args.next().unwrap_or_default(),
    );
    let mut body = Vec::new();
    io::stdin().read_to_end(&mut body)?;

    let url = format!("{}/webhooks/receive", env::var("WAYPOST_URL")?);
    let publisher = Publisher::new(&url, &env::var("WAYPOST_SECRET")?)?;
    let webhook = Webhook {
        id,
        kind,
        body,
        ..Webhook::default()
    };
    // What could not be delivered comes back whole: it is for the caller to keep.
    let taken = publisher.send(webhook).await?;
    let again = if taken.repeated { ", again" } else { "" };
    println!("{} in {} attempts{again}", taken.id, taken.attempts);
    Ok(())
}
