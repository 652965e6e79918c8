//! What the Worker is made of: its config and its bindings, read once in an isolate's life.

use std::cell::OnceCell;
use std::collections::HashMap;

use js_sys::{JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::config::{Config, DEFAULT_FEED, SourceState};
use waypost_core::rejection::Rejection;
use waypost_core::route::Routes;
use waypost_core::source::Source;
use web_sys::Response;

use crate::ffi::{Kv, Namespace, QueueSender, Stub};
use crate::host::settled;
use crate::in_flight::InFlight;
use crate::keys::Keys;
use crate::{ffi, log};

/// Config, bindings and what an isolate remembers between requests.
pub(crate) struct Edge {
    pub(crate) config: Config,
    /// The keys of the config that have mistakes.
    pub(crate) mistakes: Vec<String>,
    sources: HashMap<String, SourceState>,
    pub(crate) routes: Routes,
    pub(crate) kv: Kv,
    pub(crate) queue: QueueSender,
    feeds: Namespace,
    handovers: Namespace,
    subscriptions: Namespace,
    pub(crate) in_flight: InFlight,
    /// Analytics Engine; undefined where it is not bound.
    pub(crate) analytics: JsValue,
    /// Keys that the host has imported.
    pub(crate) keys: Keys,
    env: JsValue,
    /// What opens each feed, once it was asked for.
    tokens: OnceCell<Vec<(String, Vec<String>)>>,
    admin_token: OnceCell<Option<String>>,
}

/// Where a feed's object is asked; which one, its stub says.
pub(crate) const FEED: &str = "https://feed";

/// The secret that opens everything.
const ADMIN_TOKEN: &str = "ADMIN_TOKEN";

thread_local! {
    static EDGE: OnceCell<&'static Edge> = const { OnceCell::new() };
}

impl Edge {
    /// The isolate's edge. Vars and secrets do not change in the life of an isolate.
    pub(crate) fn get(env: &JsValue) -> &'static Self {
        EDGE.with(|edge| *edge.get_or_init(|| Box::leak(Box::new(Self::new(env)))))
    }

    /// Apart from what runs for every request, as are its parts: the host makes a function that loops over much code
    /// faster at once, at a cost that grows with its size (docs/performance.md).
    #[inline(never)]
    pub(crate) fn new(env: &JsValue) -> Self {
        let vars = vars(env);
        let vars: Vec<_> = vars
            .iter()
            .map(|(name, json)| (name.as_str(), json.as_str()))
            .collect();
        let (config, errors) = Config::load(&vars);
        log::set_level(config.log().level);
        for error in &errors {
            log::error("config", &error.to_string());
        }
        let mistakes = errors.into_iter().map(|error| error.key).collect();
        let sources = config
            .sources()
            .map(|(name, _)| (name.to_owned(), source(&config, env, name)));
        let sources = sources.collect();
        let binding = |name: &str| property(env, name);
        Self {
            sources,
            config,
            mistakes,
            routes: Routes::new(),
            kv: binding("KV").unchecked_into(),
            queue: binding("QUEUE").unchecked_into(),
            feeds: binding("FEED").unchecked_into(),
            handovers: binding("HANDOVER").unchecked_into(),
            subscriptions: binding("SUBSCRIPTION").unchecked_into(),
            keys: Keys::default(),
            in_flight: InFlight::default(),
            analytics: binding("ANALYTICS"),
            env: env.clone(),
            tokens: OnceCell::new(),
            admin_token: OnceCell::new(),
        }
    }

    /// The source of this name.
    pub(crate) fn source(&'static self, name: &str) -> Result<&'static Source, Rejection> {
        self.sources
            .get(name)
            .ok_or(Rejection::UnknownSource)?
            .ready()
    }

    /// How many sources refuse everything.
    pub(crate) fn misconfigured(&self) -> usize {
        let states = self.sources.values();
        states.filter(|state| state.ready().is_err()).count()
    }

    /// A source's name and feed, whether it can receive or not; no name where there is none of it.
    pub(crate) fn named<'n>(&'static self, name: &'n str) -> (&'n str, &'static str) {
        let feed = self.config.described(name);
        let feed = feed.map_or(DEFAULT_FEED, |config| &config.settings.feed);
        let known = self.sources.contains_key(name);
        (if known { name } else { "" }, feed)
    }

    /// The tokens that open a feed, besides the administrator's.
    pub(crate) fn tokens(&self, feed: &str) -> &[String] {
        let tokens = self.tokens.get_or_init(|| {
            let feeds = self.config.feeds();
            feeds
                .map(|(name, feed)| (name.to_owned(), self.texts(&feed.tokens)))
                .collect()
        });
        let known = tokens.iter().find(|(name, _)| name == feed);
        known.map_or(&[], |(_, tokens)| tokens)
    }

    /// The token that opens everything; none where it is not set.
    pub(crate) fn admin_token(&self) -> Option<&String> {
        let token = self
            .admin_token
            .get_or_init(|| property(&self.env, ADMIN_TOKEN).as_string());
        token.as_ref().filter(|token| !token.is_empty())
    }

    /// What the secrets of these names hold.
    fn texts(&self, names: &[String]) -> Vec<String> {
        let texts = names.iter();
        texts
            .filter_map(|name| property(&self.env, name).as_string())
            .collect()
    }

    /// A Durable Object of the feeds.
    pub(crate) fn feed_object(&self, name: &str) -> Result<Stub, JsValue> {
        self.feeds.stub(name)
    }

    /// A Durable Object of what sources are handed.
    pub(crate) fn handover_object(&self, source: &str) -> Result<Stub, JsValue> {
        self.handovers.stub(source)
    }

    /// The Durable Object of one subscription of a feed.
    pub(crate) fn subscription_object(&self, feed: &str, id: &str) -> Result<Stub, JsValue> {
        let name = format!("{feed}/{id}");
        self.subscriptions.stub(&name)
    }

    /// A binding by its name; undefined where there is none.
    pub(crate) fn binding(&self, name: &str) -> JsValue {
        property(&self.env, name)
    }
}

/// Asks an object of the Worker's.
pub(crate) async fn asked(
    object: Result<Stub, JsValue>,
    url: &str,
    init: &JsValue,
) -> Result<Response, JsValue> {
    Ok(settled(object?.fetch(url, init)).await?.unchecked_into())
}

/// The same, where it is to answer within `ms`.
pub(crate) async fn asked_within(
    object: Result<Stub, JsValue>,
    url: &str,
    init: &JsValue,
    ms: u32,
) -> Result<Response, JsValue> {
    let asked = object?.fetch(url, init)?;
    Ok(settled(Ok(ffi::within(&asked, ms))).await?.unchecked_into())
}

/// A source with its secrets. What is wrong with it is said once, when the isolate starts.
#[inline(never)]
fn source(config: &Config, env: &JsValue, name: &str) -> SourceState {
    let state = config.source(name, |secret| property(env, secret).as_string());
    match &state {
        SourceState::Ready { notes, .. } => {
            notes
                .iter()
                .for_each(|note| log::warn("source", &format!("{name}: {note}")));
        }
        SourceState::Misconfigured { reason } => {
            log::error("misconfigured source", &format!("{name}: {reason}"));
        }
        SourceState::Unknown => {}
    }
    state
}

fn property(env: &JsValue, name: &str) -> JsValue {
    Reflect::get(env, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Every var that `wrangler.toml` writes as a table or an array, as JSON. Bindings are objects too,
/// and are told apart by having a class of their own.
#[inline(never)]
fn vars(env: &JsValue) -> Vec<(String, String)> {
    let Some(env) = env.dyn_ref::<js_sys::Object>() else {
        return Vec::new();
    };
    js_sys::Object::keys(env)
        .iter()
        .filter_map(|name| {
            let name = name.as_string()?;
            let plain = property(env, &name);
            if !is_plain(&plain) {
                return None;
            }
            let json = JSON::stringify(&plain).ok()?;
            Some((name, json.into()))
        })
        .collect()
}

fn is_plain(value: &JsValue) -> bool {
    let prototype = |value: &JsValue| {
        js_sys::Reflect::get_prototype_of(value)
            .ok()
            .map(JsValue::from)
    };
    value.is_object()
        && (js_sys::Array::is_array(value) || prototype(value) == prototype(&js_sys::Object::new()))
}
