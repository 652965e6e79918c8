//! The command line: what clap parses, and what help, man page and completions are made from.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit;

/// Webhooks for backends that nothing can reach.
#[derive(Debug, Parser)]
#[command(name = "waypost", version, propagate_version = true, after_long_help = exit::help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command is told.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Shared {
    /// Waypost's address: https://host. A token may stand in it: https://x:TOKEN@host
    #[arg(
        long,
        global = true,
        env = "WAYPOST_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) from: Option<String>,
    /// The feed; `default` by default
    #[arg(long, global = true, env = "WAYPOST_FEED", value_name = "NAME")]
    pub(crate) feed: Option<String>,
    /// A file that holds the feed's token. Or set WAYPOST_TOKEN
    #[arg(long, global = true, env = "WAYPOST_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file that holds the admin token. Or set WAYPOST_ADMIN_TOKEN
    #[arg(
        long,
        global = true,
        env = "WAYPOST_ADMIN_TOKEN_FILE",
        value_name = "FILE"
    )]
    pub(crate) admin_token_file: Option<PathBuf>,
    /// A file with settings (docs/agent.md); by default waypost/agent.toml in the user's config folder
    #[arg(long, global = true, env = "WAYPOST_SETTINGS", value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Takes events and posts them to a local URL; acknowledges what was answered 2xx
    Listen(Listen),
    /// Signs a webhook as a provider does, and sends it
    Send(Send),
    /// Checks a captured webhook, and says which step fails and what would have matched
    Verify(Verify),
    /// Prints a feed's events as they come
    Tail(Tail),
    /// Lists and shows events
    #[command(subcommand)]
    Events(Events),
    /// Lists, shows, seeks and deletes consumers
    #[command(subcommand)]
    Consumers(Consumers),
    /// Lists and replays what could not be delivered
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Lists, adds, tests, pauses, removes and replays subscriptions
    #[command(subcommand)]
    Subscriptions(Subscriptions),
    /// Lists, shows and replays what was pushed to a subscription
    #[command(subcommand)]
    Deliveries(Deliveries),
    /// Checks whether Waypost, token, clock and backend are as they should be
    Doctor(Doctor),
    /// Writes a commented wrangler.toml for some providers
    Init(Init),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the man page
    Man,
}

/// What keeps its order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OrderBy {
    /// All events: one at a time, in the order of the feed
    Feed,
    /// The events of each source
    Source,
    /// Nothing
    #[default]
    None,
}

/// How to tell what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Live in a terminal, else JSON
    #[default]
    Auto,
    /// A line for each event and one that says how it goes
    Live,
    /// A JSON object a line
    Json,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Listen {
    /// Where events go that no route names
    #[arg(long, env = "WAYPOST_TO", value_name = "URL")]
    pub(crate) to: Option<String>,
    /// Where the events of a source go: github=http://localhost:3000/hooks
    #[arg(long = "route", value_name = "SOURCE=URL")]
    pub(crate) routes: Vec<String>,
    /// The consumer whose position it shares; agents of one name share the work
    #[arg(long, env = "WAYPOST_CONSUMER", value_name = "NAME")]
    pub(crate) consumer: Option<String>,
    /// How many events are posted at once; 8 by default
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<usize>,
    /// What keeps its order
    #[arg(long, value_enum)]
    pub(crate) order_by: Option<OrderBy>,
    /// Where a new consumer starts: earliest, latest, an event's id or a time
    #[arg(long, value_name = "PLACE")]
    pub(crate) start: Option<String>,
    /// How often a new consumer's events are tried before they are dead letters; 10 by default
    #[arg(long, value_name = "N")]
    pub(crate) max_attempts: Option<u32>,
    /// Only events of these types: push, or invoice.*
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only events of these sources
    #[arg(long = "source", value_name = "SOURCE")]
    pub(crate) sources: Vec<String>,
    /// Seconds that the backend has for an answer; 30 by default
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// Seconds for which events are held; renewed while they are
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=43_200), value_name = "SECONDS")]
    pub(crate) lease: u64,
    /// Seconds for which Waypost holds a request while there is nothing
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u64).range(0..=25), value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// Seconds that are left to what is under way when it is to stop
    #[arg(long, default_value_t = 25, value_name = "SECONDS")]
    pub(crate) drain: u64,
    /// Ends when there is nothing left
    #[arg(long)]
    pub(crate) once: bool,
    /// How to tell what happens
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: Output,
}

/// How a webhook is signed.
#[derive(Args, Clone, Debug)]
pub(crate) struct Signing {
    /// A provider that Waypost knows (docs/providers.md)
    #[arg(long, value_name = "NAME", required_unless_present = "source")]
    pub(crate) provider: Option<String>,
    /// A source of a wrangler.toml, with its scheme and the names of its secrets
    #[arg(long, value_name = "NAME", conflicts_with = "provider")]
    pub(crate) source: Option<String>,
    /// The wrangler.toml; secrets are looked up in the environment and in .dev.vars beside it
    #[arg(long, value_name = "FILE", default_value = "wrangler.toml")]
    pub(crate) wrangler: PathBuf,
    /// A file that holds a secret; several while it is rotated. Or set WAYPOST_SECRET
    #[arg(long = "secret-file", value_name = "FILE")]
    pub(crate) secret_files: Vec<PathBuf>,
    /// The URL as the provider knows it, where that is signed
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// Where to: https://host/webhooks/receive/github
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// The body; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The event's id; a random one by default
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The event's type
    #[arg(long = "type", value_name = "TYPE", default_value = "")]
    pub(crate) kind: String,
    /// The body's content type
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    pub(crate) content_type: String,
    /// A header to send beside: 'name: value'
    #[arg(long = "header", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// Prints what would be sent, and sends nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// The headers, 'name: value' a line, or an event's JSON with its `headers`
    #[arg(long, value_name = "FILE")]
    pub(crate) headers: PathBuf,
    /// The body's exact bytes; - for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) body: PathBuf,
    /// The query that it was sent with, without its question mark
    #[arg(long, value_name = "QUERY", default_value = "")]
    pub(crate) query: String,
    /// When it came, RFC 3339; now by default
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Tail {
    /// After which event; by default from now on
    #[arg(long, value_name = "ID")]
    pub(crate) since: Option<String>,
    /// From the oldest event kept
    #[arg(long, conflicts_with = "since")]
    pub(crate) all: bool,
    /// Ends when there is nothing left
    #[arg(long)]
    pub(crate) once: bool,
    /// An event's JSON a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// One page of events
    List {
        /// After which event; from the oldest kept by default
        #[arg(long, value_name = "ID")]
        since: Option<String>,
        /// The most events
        #[arg(long, default_value_t = 20)]
        limit: u16,
        #[command(flatten)]
        shown: Shown,
    },
    /// One event
    Show {
        /// Its id
        id: String,
        /// Its body's exact bytes and nothing else
        #[arg(long)]
        body: bool,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// As Waypost answers it
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Consumers {
    /// Every consumer, with what it lacks
    List {
        #[command(flatten)]
        shown: Shown,
    },
    /// One consumer
    Show {
        /// Its name
        name: String,
    },
    /// Goes on from elsewhere; what is held is given up
    Seek {
        /// Its name
        name: String,
        /// earliest, latest, an event's id or a time
        to: String,
    },
    /// Removes one
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// What could not be delivered, and why
    List {
        #[command(flatten)]
        shown: Shown,
    },
    /// Gives one another try (admin)
    Replay {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Subscriptions {
    /// Every subscription (admin)
    List {
        #[command(flatten)]
        shown: Shown,
    },
    /// One subscription (admin)
    Show {
        /// Its id
        id: String,
    },
    /// Pushes events to a URL from now on; prints the secret, once (admin)
    Add {
        /// Where to
        url: String,
        /// Types: order.created, invoice.* or *
        #[arg(long = "event", default_value = "*")]
        events: Vec<String>,
    },
    /// Removes one (admin)
    Delete {
        /// Its id
        id: String,
    },
    /// Sends one test event, now (admin)
    Test {
        /// Its id
        id: String,
    },
    /// Makes a new secret; the old one signs beside it for a day (admin)
    Rotate {
        /// Its id
        id: String,
    },
    /// Sends nothing until it is resumed (admin)
    Pause {
        /// Its id
        id: String,
    },
    /// Goes on, whatever stopped it (admin)
    Resume {
        /// Its id
        id: String,
    },
    /// Pushes events again: a range, or all that failed (admin)
    Replay {
        /// Its id
        id: String,
        /// After which event
        #[arg(long, value_name = "ID", requires = "until", conflicts_with = "failed")]
        since: Option<String>,
        /// Up to and with which event
        #[arg(long, value_name = "ID", requires = "since")]
        until: Option<String>,
        /// All that failed
        #[arg(long, required_unless_present = "since")]
        failed: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Deliveries {
    /// A subscription's deliveries (admin)
    List {
        /// The subscription's id
        subscription: String,
        /// pending, delivered or failed
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        shown: Shown,
    },
    /// One delivery with its attempts (admin)
    Show {
        /// The subscription's id
        subscription: String,
        /// Its id
        id: String,
    },
    /// Pushes one again (admin)
    Replay {
        /// The subscription's id
        subscription: String,
        /// Its id
        id: String,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Doctor {
    /// A backend that should be reached
    #[arg(long, env = "WAYPOST_TO", value_name = "URL")]
    pub(crate) to: Option<String>,
    /// The backend of a source
    #[arg(long = "route", value_name = "SOURCE=URL")]
    pub(crate) routes: Vec<String>,
    /// The consumer whose lag is told
    #[arg(long, env = "WAYPOST_CONSUMER", value_name = "NAME")]
    pub(crate) consumer: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Init {
    /// Providers that Waypost knows (docs/providers.md)
    #[arg(required = true)]
    pub(crate) providers: Vec<String>,
    /// Where to; - for standard output
    #[arg(long, value_name = "FILE", default_value = "wrangler.toml")]
    pub(crate) file: PathBuf,
    /// Overwrites the file
    #[arg(long)]
    pub(crate) force: bool,
}
