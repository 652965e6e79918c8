//! What happens, told: a JSON object a line, or live in a terminal.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use waypost_client::{event::Range, millis, now};
use waypost_core::when::parse_rfc3339;

use super::{lanes::Job, live::Live};
use crate::args::Output;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Told<'a> {
    Listening {
        from: &'a str,
        consumer: &'a str,
    },
    Delivered {
        job: &'a Job,
        to: &'a str,
        status: u16,
        took: Duration,
    },
    /// It is given back, and comes again after that.
    Failed {
        job: &'a Job,
        to: &'a str,
        why: &'a str,
        again: Duration,
    },
    Dead {
        event: &'a str,
    },
    Gone {
        event: &'a str,
    },
    BackendAway {
        to: &'a str,
        why: &'a str,
    },
    BackendBack {
        to: &'a str,
    },
    EdgeAway {
        why: &'a str,
    },
    EdgeBack,
    /// Leases ran out before their events went.
    Lost {
        events: usize,
    },
    Gap {
        gap: &'a Range,
    },
    Woke {
        slept: Duration,
    },
    Draining {
        in_hand: usize,
    },
    Stopped {
        counters: &'a Counters,
    },
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) claims: u64,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    pub(crate) dead: u64,
    /// Acknowledged without being posted again.
    pub(crate) known: u64,
    /// Milliseconds from receipt to delivery, of the last event.
    pub(crate) lag: u64,
}

/// Where it is told.
pub(crate) enum Report {
    Json,
    Live(Live),
}

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        let live = match output {
            Output::Live => true,
            Output::Json => false,
            Output::Auto => io::stdout().is_terminal(),
        };
        match live {
            true => Self::Live(Live::new()),
            false => Self::Json,
        }
    }

    /// Tells it. Where nobody reads it any more, the work goes on.
    pub(crate) fn tell(&mut self, told: &Told<'_>) {
        match self {
            Self::Live(live) => live.tell(told),
            Self::Json => {
                let mut line = object(told);
                if let Some(members) = line.as_object_mut() {
                    members.insert("at".to_owned(), time().into());
                }
                let _ = writeln!(io::stdout().lock(), "{line}");
            }
        }
    }

    /// How it stands, for whoever looks at a terminal.
    pub(crate) fn stand(&mut self, counters: &Counters, in_hand: usize) {
        if let Self::Live(live) = self {
            live.stand(counters, in_hand);
        }
    }
}

fn time() -> String {
    OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// How long ago an event was received, in milliseconds.
pub(crate) fn lag(job: &Job) -> u64 {
    let at = parse_rfc3339(&job.event.received_at);
    at.map_or(0, |at| now().saturating_sub(at))
}

fn object(told: &Told<'_>) -> Value {
    let event = |job: &Job| {
        let Job { event, attempt, .. } = job;
        json!({ "id": event.id, "source": event.source, "type": event.kind, "size": event.size,
            "attempt": attempt })
    };
    match told {
        Told::Listening { from, consumer } => {
            json!({ "what": "listening", "from": from, "consumer": consumer })
        }
        Told::Delivered {
            job,
            to,
            status,
            took,
        } => json!({ "what": "delivered",
            "event": event(job), "to": to, "status": status, "ms": millis(*took), "lag_ms": lag(job) }),
        Told::Failed {
            job,
            to,
            why,
            again,
        } => json!({ "what": "failed", "event": event(job),
            "to": to, "why": why, "again_ms": millis(*again) }),
        Told::Dead { event } => json!({ "what": "dead_lettered", "event": { "id": event } }),
        Told::Gone { event } => json!({ "what": "gone", "event": { "id": event } }),
        Told::BackendAway { to, why } => json!({ "what": "backend_away", "to": to, "why": why }),
        Told::BackendBack { to } => json!({ "what": "backend_back", "to": to }),
        Told::EdgeAway { why } => json!({ "what": "edge_away", "why": why }),
        Told::EdgeBack => json!({ "what": "edge_back" }),
        Told::Lost { events } => json!({ "what": "lost", "events": events }),
        Told::Gap { gap } => json!({ "what": "gap", "from": gap.from, "to": gap.to }),
        Told::Woke { slept } => json!({ "what": "woke", "slept_seconds": slept.as_secs() }),
        Told::Draining { in_hand } => json!({ "what": "draining", "in_hand": in_hand }),
        Told::Stopped { counters } => json!({ "what": "stopped", "claims": counters.claims,
            "delivered": counters.delivered, "failed": counters.failed, "dead": counters.dead,
            "known": counters.known }),
    }
}
