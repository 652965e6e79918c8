//! The view in a terminal: a line for each thing that happens, and below it one that says how it goes.

use std::{
    env,
    io::{self, Write},
    time::Duration,
};

use time::OffsetDateTime;

use super::{
    lanes::Job,
    report::{Counters, Told, lag},
};

/// Takes the line away that stands.
const CLEAR: &str = "\r\x1b[2K";

#[derive(Clone, Copy)]
enum Colour {
    Good,
    Bad,
    Quiet,
    Plain,
}

/// What stands at the bottom.
pub(crate) struct Live {
    coloured: bool,
    status: String,
    away: Option<&'static str>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self {
            coloured: env::var_os("NO_COLOR").is_none(),
            status: String::new(),
            away: None,
        }
    }

    pub(crate) fn tell(&mut self, told: &Told<'_>) {
        match told {
            Told::EdgeAway { .. } => self.away = Some("Waypost does not answer"),
            Told::BackendAway { .. } => self.away = Some("the backend does not answer"),
            Told::EdgeBack | Told::BackendBack { .. } => self.away = None,
            _ => {}
        }
        let (colour, text) = line(told);
        let now = OffsetDateTime::now_utc().time();
        let at = format!("{:02}:{:02}:{:02}", now.hour(), now.minute(), now.second());
        let (at, text) = (self.paint(Colour::Quiet, &at), self.paint(colour, &text));
        self.write(&format!("{CLEAR}{at}  {text}\n{}", self.status));
    }

    pub(crate) fn stand(&mut self, counters: &Counters, in_hand: usize) {
        let Counters {
            delivered,
            failed,
            dead,
            lag,
            ..
        } = counters;
        let state = self.away.unwrap_or("listening");
        let lag = seconds(Duration::from_millis(*lag));
        let text = format!(
            "{state} · {in_hand} in hand · {delivered} delivered · {failed} failed · {dead} dead · lag {lag}"
        );
        let status = self.paint(Colour::Quiet, &text);
        if status != self.status {
            self.write(&format!("{CLEAR}{status}"));
            self.status = status;
        }
    }

    fn write(&self, text: &str) {
        let mut out = io::stdout().lock();
        // A terminal that is gone ends the process by its own signal.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    fn paint(&self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Good => "32",
            Colour::Bad => "31",
            Colour::Quiet => "2",
            Colour::Plain => "0",
        };
        match self.coloured {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

fn line(told: &Told<'_>) -> (Colour, String) {
    let event = |job: &Job| format!("{:<12} {:<24}", job.event.source, job.event.kind);
    match told {
        Told::Listening { from, consumer } => {
            (Colour::Plain, format!("listening to {from} as {consumer}"))
        }
        Told::Delivered {
            job,
            to,
            status,
            took,
        } => {
            let (took, lag) = (seconds(*took), seconds(Duration::from_millis(lag(job))));
            let text = format!("{} → {to}  {status}  {took}, lag {lag}", event(job));
            (Colour::Good, text)
        }
        Told::Failed {
            job,
            to,
            why,
            again,
        } => {
            let (attempt, again) = (job.attempt, seconds(*again));
            let text = format!(
                "{} → {to}  {why}; attempt {attempt}, again in {again}",
                event(job)
            );
            (Colour::Bad, text)
        }
        Told::Dead { event } => (Colour::Bad, format!("{event} is a dead letter now")),
        Told::Gone { event } => (Colour::Quiet, format!("{event} was erased or pruned")),
        Told::BackendAway { to, why } => (Colour::Bad, format!("{to} does not answer: {why}")),
        Told::BackendBack { to } => (Colour::Good, format!("{to} answers again")),
        Told::EdgeAway { why } => (Colour::Bad, format!("Waypost does not answer: {why}")),
        Told::EdgeBack => (Colour::Good, "Waypost answers again".to_owned()),
        Told::Lost { events } => (
            Colour::Quiet,
            format!("leases of {events} events ran out; they come again"),
        ),
        Told::Gap { gap } => (
            Colour::Bad,
            format!(
                "events {} to {} were pruned before they were taken",
                gap.from, gap.to
            ),
        ),
        Told::Woke { slept } => (Colour::Quiet, format!("slept for {}", seconds(*slept))),
        Told::Draining { in_hand } => (Colour::Plain, format!("stopping; {in_hand} in hand")),
        Told::Stopped { counters } => (
            Colour::Plain,
            format!(
                "stopped after {} delivered, {} failed",
                counters.delivered, counters.failed
            ),
        ),
    }
}

/// A duration for people.
fn seconds(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ ..1000 => format!("{millis} ms"),
        millis @ ..60_000 => format!("{:.1} s", millis as f64 / 1000.0),
        millis => format!("{} min", millis / 60_000),
    }
}
