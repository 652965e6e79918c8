//! Follows a feed and prints its events; goes on where it stopped.
//!
//! `WAYPOST_URL=https://x:TOKEN@host follow [fixed | adaptive | conditional | long-poll] [COUNT]`

use std::{env, error::Error, time::Duration};

use waypost_client::{Client, Events, FilePosition, Strategy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let every = Duration::from_secs(1);
    let strategy = match args.next().as_deref() {
        Some("fixed") => Strategy::Fixed { every },
        Some("conditional") => Strategy::Conditional { every },
        Some("adaptive") => Strategy::ADAPTIVE,
        _ => Strategy::LONG_POLL,
    };
    let count = args.next().map_or(Ok(usize::MAX), |text| text.parse())?;
    let file = env::var("WAYPOST_POSITION").unwrap_or_else(|_| "position".to_owned());

    let client = Client::new(&env::var("WAYPOST_URL")?, None)?;
    let mut events = Events::new(client, strategy, FilePosition::new(file))?
        .on_gap(|gap| eprintln!("events after {:?} are gone", gap.since));
    for _ in 0..count {
        let event = events.next().await?;
        let body = events.client().body(&event).await?;
        println!(
            "{} {} {}",
            event.id,
            event.kind,
            String::from_utf8_lossy(&body)
        );
    }
    // The last one was handled too.
    events.handled()?;
    Ok(())
}
