//! `waypost listen`: takes events from a feed and posts them to a backend beside it.
//!
//! - `agent`: the loop: claims, posts, acknowledges, keeps leases, stops.
//! - `lanes`: what is in hand, and what of it may go next.
//! - `hand`: one event, posted. `routes`: where to.
//! - `report` and `live`: what happens, told. `wake`: the machine slept.

mod agent;
mod hand;
mod lanes;
mod live;
mod report;
mod routes;
mod wake;

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use waypost_client::{Claim, Consumer};

pub(crate) use self::routes::Routes;
use self::{agent::Agent, report::Report};
use crate::{
    args::{Listen, OrderBy},
    exit::{Exit, Failure, Outcome},
    settings::Settings,
};

/// The consumer where none is named.
pub(crate) const CONSUMER: &str = "agent";

/// What the agent is told.
pub(crate) struct Plan {
    consumer: Consumer,
    name: String,
    routes: Routes,
    backend: reqwest::Client,
    order: OrderBy,
    concurrency: usize,
    /// What every claim asks; its size and its name are its own.
    claim: Claim,
    drain: Duration,
    once: bool,
}

/// Runs until it is told to stop, or with `--once` until there is nothing left.
pub(crate) async fn run(settings: &Settings, args: Listen) -> Outcome {
    let report = Report::new(args.output);
    let plan = plan(settings, args)?;
    Agent::new(plan, report)?.run(Signals::new()?).await
}

fn plan(settings: &Settings, args: Listen) -> Result<Plan, Failure> {
    let file = &settings.file;
    let to = args.to.as_deref().or(file.to.as_deref());
    let routes = Routes::new(to, &file.routes, &args.routes)?;
    if routes.is_empty() {
        return Err(Failure::usage(
            "say where events go: --to http://localhost:3000/hooks, or --route SOURCE=URL",
        ));
    }
    let name = args.consumer.or_else(|| file.consumer.clone());
    let name = name.unwrap_or_else(|| CONSUMER.to_owned());
    let order = args.order_by.or(file.order_by).unwrap_or_default();
    let timeout = Duration::from_secs(args.timeout.or(file.timeout).unwrap_or(30).max(1));
    let backend =
        hand::local(timeout).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let sources = match args.sources.is_empty() {
        true => routes.only(),
        false => args.sources,
    };
    let wait = if args.once { 0 } else { args.wait };
    Ok(Plan {
        consumer: Consumer::new(settings.reader()?, &name),
        name,
        routes,
        backend,
        order,
        concurrency: args.concurrency.or(file.concurrency).unwrap_or(8),
        claim: Claim {
            lease: Duration::from_secs(args.lease),
            wait: Duration::from_secs(wait),
            ordered: order == OrderBy::Feed,
            from: args.start,
            max_attempts: args.max_attempts.or(file.max_attempts),
            types: args.types,
            sources,
            ..Claim::default()
        },
        drain: Duration::from_secs(args.drain),
        once: args.once,
    })
}

/// What asks the program to stop.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::new(Exit::Failed, format!("signals: {error}")))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
