//! Receives webhooks from Waypost as pokes, and reads the feed for what they announce: each event is
//! handled once and in order, whether its webhook came, came twice or never did.
//!
//! `WAYPOST_URL=https://x:TOKEN@host WAYPOST_SECRET=… hybrid PORT COUNT`

use std::{env, error::Error, thread};

use tiny_http::{Response, Server};
use waypost_client::{Client, Events, MemoryPosition, Strategy, Verifier, now, stream::Poke};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let port = args.next().unwrap_or_default().parse()?;
    let count: usize = args.next().unwrap_or_default().parse()?;

    let client = Client::new(&env::var("WAYPOST_URL")?, None)?;
    let mut events = Events::new(client, Strategy::HYBRID, MemoryPosition::default())?;
    let verifier = Verifier::new(&[&env::var("WAYPOST_SECRET")?])?;
    receive(port, verifier, events.poke())?;
    println!("ready");
    for _ in 0..count {
        let event = events.next().await?;
        println!("{} {}", event.id, event.kind);
    }
    events.handled()?;
    Ok(())
}

/// Pokes for every webhook that is Waypost's.
fn receive(port: u16, verifier: Verifier, poke: Poke) -> Result<(), Box<dyn Error>> {
    let server = Server::http(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let mut body = Vec::new();
            let read = request.as_reader().read_to_end(&mut body);
            let headers: Vec<_> = request.headers().iter().collect();
            let headers: Vec<(&str, &str)> = headers
                .iter()
                .map(|header| (header.field.as_str().as_str(), header.value.as_str()))
                .collect();
            let genuine = read.is_ok() && verifier.verify(&headers, &body, now()).is_ok();
            if genuine {
                poke.poke();
            }
            let status = if genuine { 200 } else { 401 };
            // Where the sender has gone, nobody is there to be told.
            let _ = request.respond(Response::empty(status));
        }
    });
    Ok(())
}
