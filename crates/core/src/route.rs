//! Which path is what: a table.

use std::cell::OnceCell;

use matchit::Router;

use crate::consumer::Verb;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Where providers post.
    Receive,
    /// The list of events, by cursor.
    Events,
    /// The list of events, held.
    LongPoll,
    /// The list of events, by time.
    Updates,
    /// The list of events, as they come.
    Stream,
    /// The newest event's payload.
    Newest,
    /// One event.
    Event,
    /// One event's bytes.
    EventBody,
    /// How one event's signature was checked, step by step.
    Verification,
    /// What could not become an event.
    DeadLetters,
    /// One more try for a dead letter.
    DeadReplay,
    /// Where subscriptions are made.
    Subscribe,
    /// Every subscription.
    Subscriptions,
    /// One subscription.
    Subscription,
    /// What is asked of one: a new secret, a test, events once more.
    SubscriptionAct,
    /// Its deliveries, or one of them.
    Deliveries,
    /// Letting a source take the secret that its provider hands over.
    Arm,
    /// What a source was handed.
    Secrets,
    /// Sending a source a sample.
    Sample,
    /// Every consumer.
    Consumers,
    /// One consumer.
    Consumer,
    /// What is asked of one.
    Consume(Verb),
    /// What is at all these paths, for programs.
    OpenApi,
    /// The page, and the files that it is made of.
    Page,
    /// Signing in to the page, and out.
    Session,
    /// How everything is, for the page.
    Overview,
    /// How everything is, for Prometheus.
    Metrics,
    /// Whether this answers at all.
    Health,
    /// Whether all that it needs is there.
    Ready,
}

/// What of an unknown path's parts a path holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'p> {
    /// What it names.
    pub resource: Resource,
    /// The feed or the source.
    pub name: &'p str,
    /// The event, the consumer or the subscription, where it names one.
    pub id: Option<&'p str>,
}

/// The feed and the source of a path that names none.
const DEFAULT_NAME: &str = "default";

/// At the root alone.
pub const ROOT_ROUTES: &[(&str, Resource)] = &[
    ("/webhooks/receive", Resource::Receive),
    ("/webhooks/receive/{name}", Resource::Receive),
    ("/sources/{name}/arm", Resource::Arm),
    ("/sources/{name}/secrets", Resource::Secrets),
    ("/sources/{name}/sample", Resource::Sample),
    ("/openapi.json", Resource::OpenApi),
    ("/", Resource::Page),
    ("/page/{file}", Resource::Page),
    ("/session", Resource::Session),
    ("/overview", Resource::Overview),
    ("/metrics", Resource::Metrics),
    ("/healthz", Resource::Health),
    ("/readyz", Resource::Ready),
];

/// Below `{base}`, which is empty or `/feeds/{feed}`.
pub const FEED_ROUTES: &[(&str, Resource)] = &[
    ("/events", Resource::Events),
    ("/long-poll", Resource::LongPoll),
    ("/updates", Resource::Updates),
    ("/stream", Resource::Stream),
    ("/resource", Resource::Newest),
    ("/events/{id}", Resource::Event),
    ("/events/{id}/body", Resource::EventBody),
    ("/events/{id}/verification", Resource::Verification),
    ("/dead-letters", Resource::DeadLetters),
    ("/dead-letters/{id}/replay", Resource::DeadReplay),
    ("/consumers", Resource::Consumers),
    ("/consumers/{id}", Resource::Consumer),
    ("/consumers/{id}/claim", Resource::Consume(Verb::Claim)),
    ("/consumers/{id}/ack", Resource::Consume(Verb::Ack)),
    ("/consumers/{id}/nack", Resource::Consume(Verb::Nack)),
    ("/consumers/{id}/extend", Resource::Consume(Verb::Extend)),
    ("/consumers/{id}/release", Resource::Consume(Verb::Release)),
    ("/consumers/{id}/seek", Resource::Consume(Verb::Seek)),
    ("/webhooks", Resource::Subscriptions),
    ("/webhooks/subscribe", Resource::Subscribe),
    ("/webhooks/{id}", Resource::Subscription),
    ("/webhooks/{id}/rotate", Resource::SubscriptionAct),
    ("/webhooks/{id}/test", Resource::SubscriptionAct),
    ("/webhooks/{id}/replay", Resource::SubscriptionAct),
    ("/webhooks/{id}/deliveries", Resource::Deliveries),
    ("/webhooks/{id}/deliveries/{delivery}", Resource::Deliveries),
    (
        "/webhooks/{id}/deliveries/{delivery}/replay",
        Resource::SubscriptionAct,
    ),
];

/// What somebody must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// The provider's signature.
    Signature,
    /// Nothing where the feed is public, else one of its tokens.
    Read,
    /// One of the feed's tokens, even where reading is public.
    Token,
    /// The administrator's token.
    Admin,
}

impl Resource {
    /// What a request with this method must show.
    pub fn need(self, method: &str) -> Need {
        match (self, method) {
            (Self::OpenApi | Self::Page | Self::Health | Self::Ready, _) => Need::Nothing,
            // It is the token that is sent there.
            (Self::Session, _) => Need::Nothing,
            (Self::Overview | Self::Metrics, _) => Need::Admin,
            (Self::Receive, _) => Need::Signature,
            (Self::Event, "DELETE") | (Self::DeadReplay | Self::Arm | Self::Secrets, _) => {
                Need::Admin
            }
            (Self::Verification | Self::Sample, _) => Need::Admin,
            (Self::Subscribe | Self::Subscriptions | Self::Subscription, _)
            | (Self::SubscriptionAct | Self::Deliveries, _) => Need::Admin,
            (Self::DeadLetters | Self::Consumers | Self::Consumer | Self::Consume(_), _) => {
                Need::Token
            }
            _ => Need::Read,
        }
    }

    /// What a read of it is called in logs and metrics.
    pub fn face(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::LongPoll => "long-poll",
            Self::Updates => "updates",
            Self::Stream => "stream",
            Self::Newest => "resource",
            Self::Event => "event",
            Self::EventBody => "body",
            _ => "",
        }
    }

    /// The methods that it takes, besides OPTIONS; what else a source takes is for its provider to say.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Receive
            | Self::DeadReplay
            | Self::Arm
            | Self::Sample
            | Self::Consume(_)
            | Self::Subscribe
            | Self::SubscriptionAct => &["POST"],
            Self::Consumer => &["DELETE"],
            Self::Session => &["POST", "DELETE"],
            Self::Stream | Self::Verification => &["GET"],
            Self::Subscription => &["GET", "HEAD", "PATCH", "DELETE"],
            Self::Event | Self::Secrets => &["GET", "HEAD", "DELETE"],
            _ => &["GET", "HEAD"],
        }
    }

    /// The value of `Allow`.
    pub fn allow(self) -> String {
        format!("{}, OPTIONS", self.methods().join(", "))
    }
}

/// `{base}` of a feed.
pub fn base(feed: &str) -> String {
    match feed {
        DEFAULT_NAME => String::new(),
        _ => format!("/feeds/{feed}"),
    }
}

/// The tables, ready to be asked: where webhooks come in at once, and the others when somebody asks for one of them. An
/// isolate that is sent a webhook starts without them (docs/performance.md).
pub struct Routes {
    incoming: Router<Resource>,
    others: OnceCell<Router<Resource>>,
}

impl Routes {
    /// Builds the first table.
    pub fn new() -> Self {
        let incoming = ROOT_ROUTES.iter().copied();
        let incoming = incoming.filter(|(_, resource)| *resource == Resource::Receive);
        Self {
            incoming: router(incoming.map(|(path, resource)| (path.to_owned(), resource))),
            others: OnceCell::new(),
        }
    }

    /// What the path names.
    pub fn at<'p>(&self, path: &'p str) -> Option<Target<'p>> {
        let found = self.incoming.at(path);
        let found = found.or_else(|_| self.others.get_or_init(others).at(path));
        let found = found.ok()?;
        Some(Target {
            resource: *found.value,
            name: found.params.get("name").unwrap_or(DEFAULT_NAME),
            id: found.params.get("id"),
        })
    }
}

fn others() -> Router<Resource> {
    let reads = FEED_ROUTES.iter().flat_map(|&(path, resource)| {
        [
            (path.to_owned(), resource),
            (format!("/feeds/{{name}}{path}"), resource),
        ]
    });
    let others = ROOT_ROUTES
        .iter()
        .map(|&(path, resource)| (path.to_owned(), resource));
    router(others.chain(reads))
}

fn router(routes: impl Iterator<Item = (String, Resource)>) -> Router<Resource> {
    let mut router = Router::new();
    for (path, resource) in routes {
        // Only a conflict in the tables above can fail, and a test asks for each path.
        let _ = router.insert(path, resource);
    }
    router
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}
