//! The HTTP driver: one connection pool, HTTP/2 where TLS offers it, keep-alive, gzip.

use std::{fmt, sync::Once, time::Duration};

use reqwest::{
    Method, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap},
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{
    answer::{Answer, Outcome, Problem},
    event::{Event, Page},
    now,
    poller::Request,
};

/// How long an answer may take that is not held.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a body may pause while it comes.
const READ: Duration = Duration::from_secs(40);

/// Waypost, as one feed's reader sees it.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Error {
    /// Nothing can be made of the base URL, or of the system's certificates.
    Setup(String),
    /// No answer, or not a whole one.
    Unreachable(String),
    /// A refusal.
    Refused(Box<Answer>),
    /// An answer that is none of Waypost's.
    Unreadable(String),
    /// The poller ran in a tight loop and gave up.
    Loop,
    /// Events are gone, and the poller was told to stop at that.
    Gap(crate::poller::Gap),
    /// The position could not be kept.
    Position(std::io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(why) => f.write_str(why),
            Self::Unreachable(why) => write!(f, "no answer: {why}"),
            Self::Refused(answer) => {
                write!(f, "refused with {}", answer.status)?;
                match &answer.problem {
                    Some(Problem { code, detail, .. }) => write!(f, " {code}: {detail}"),
                    None => Ok(()),
                }
            }
            Self::Unreadable(why) => write!(f, "the answer is not one of Waypost's: {why}"),
            Self::Loop => f.write_str(
                "the same answer came over and over, faster than it can be true: a cache or a proxy \
                 on the way repeats it",
            ),
            Self::Gap(gap) => write!(
                f,
                "events after {} are gone; the oldest kept is {}",
                gap.since.as_deref().unwrap_or("the start"),
                gap.earliest.as_deref().unwrap_or("none"),
            ),
            Self::Position(error) => write!(f, "the position cannot be kept: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Whether it may go better later: no answer, or one that says so.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused(answer) => answer.is_passing(),
            _ => false,
        }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// What the server asked for: nothing sooner than this.
    pub fn floor(&self) -> Duration {
        match self {
            Self::Refused(answer) => answer.floor(),
            _ => Duration::ZERO,
        }
    }
}

/// What every HTTP client of this crate is built from; its TLS is rustls over ring.
pub fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // One that the program has chosen already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

/// An HTTP client as this crate makes its own.
///
/// # Errors
///
/// [`Error::Setup`] where the system's certificates cannot be read.
pub fn http() -> Result<reqwest::Client, Error> {
    builder()
        .user_agent(concat!("waypost-client/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(READ)
        .tcp_keepalive(Duration::from_secs(15))
        .http2_keep_alive_interval(Duration::from_secs(15))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .build()
        .map_err(|error| Error::Setup(chain(&error)))
}

impl Client {
    /// A reader of the feed at `url`: `https://host`, or `https://host/feeds/NAME`. A token may stand in
    /// it as a password, `https://x:TOKEN@host`.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`].
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, Error> {
        let mut parsed = reqwest::Url::parse(url)
            .map_err(|error| Error::Setup(format!("{url} is no URL: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err(Error::Setup(format!("{url} is no URL of a server")));
        }
        let inside = parsed.password().map(str::to_owned);
        // A URL with a host takes both.
        let _ = parsed.set_password(None);
        let _ = parsed.set_username("");
        parsed.set_query(None);
        parsed.set_fragment(None);
        Ok(Self {
            http: http()?,
            base: parsed.as_str().trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned).or(inside),
        })
    }

    /// Below which its paths stand.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same with new connections: what slept may hold some whose other end is gone.
    ///
    /// # Errors
    ///
    /// [`Error::Setup`].
    pub fn reconnected(&self) -> Result<Self, Error> {
        Ok(Self {
            http: http()?,
            ..self.clone()
        })
    }

    /// A request of the feed with its token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// What a poller asks for. The page is empty where the answer holds none.
    pub async fn poll(&self, request: &Request) -> (Outcome, Page) {
        let mut query = vec![format!("limit={}", request.limit)];
        query.extend(
            request
                .since
                .iter()
                .map(|since| format!("since_id={since}")),
        );
        if request.wait > 0 {
            query.push(format!("wait={}", request.wait));
        }
        let mut builder = self
            .request(Method::GET, &format!("/events?{}", query.join("&")))
            .timeout(request.timeout);
        for (name, value) in [
            ("if-none-match", &request.if_none_match),
            ("if-modified-since", &request.if_modified_since),
        ] {
            if let Some(value) = value {
                builder = builder.header(name, value);
            }
        }
        let started = Instant::now();
        let Ok(response) = builder.send().await else {
            return (Outcome::Failed, Page::default());
        };
        let mut answer = head(&response);
        let Ok(bytes) = response.bytes().await else {
            return (Outcome::Failed, Page::default());
        };
        answer.elapsed = started.elapsed();
        if answer.status != 200 {
            answer.problem = serde_json::from_slice(&bytes).ok();
            return (answer.into(), Page::default());
        }
        match serde_json::from_slice::<Page>(&bytes) {
            Ok(page) => {
                answer.events = page.events.len();
                answer.next.clone_from(&page.next);
                answer.has_more = page.has_more;
                (answer.into(), page)
            }
            Err(_) => (Outcome::Failed, Page::default()),
        }
    }

    /// GET of JSON.
    ///
    /// # Errors
    ///
    /// Whatever became of it.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        read(self.request(Method::GET, path).timeout(TIMEOUT)).await
    }

    /// A request with a body of JSON, answered with JSON within `patience`.
    ///
    /// # Errors
    ///
    /// Whatever became of it.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
        patience: Duration,
    ) -> Result<T, Error> {
        let request = self
            .request(method, path)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string())
            .timeout(patience);
        read(request).await
    }

    /// The exact bytes of an event: those that it holds, or those of `/events/{id}/body`.
    ///
    /// # Errors
    ///
    /// Whatever became of the request; [`Error::Unreadable`] where the bytes are not as many as the
    /// event says.
    pub async fn body(&self, event: &Event) -> Result<Vec<u8>, Error> {
        if let Some(bytes) = event.bytes() {
            return Ok(bytes);
        }
        // 25 MiB take their time; what stands still is given up by the read time-out.
        let request = self
            .request(Method::GET, &format!("/events/{}/body", event.id))
            .timeout(Duration::from_secs(300));
        let bytes = bytes(request).await?;
        match bytes.len() as u64 == event.size {
            true => Ok(bytes),
            false => Err(Error::Unreachable(format!(
                "{} of {} bytes came",
                bytes.len(),
                event.size
            ))),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

async fn bytes(request: reqwest::RequestBuilder) -> Result<Vec<u8>, Error> {
    let unreachable = |error: reqwest::Error| Error::Unreachable(chain(&error));
    let response = request.send().await.map_err(unreachable)?;
    let mut answer = head(&response);
    let bytes = response.bytes().await.map_err(unreachable)?;
    if (200..300).contains(&answer.status) {
        return Ok(bytes.to_vec());
    }
    answer.problem = serde_json::from_slice(&bytes).ok();
    Err(Error::Refused(Box::new(answer)))
}

async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, Error> {
    let bytes = bytes(request).await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Unreadable(error.to_string()))
}

/// Status and headers.
pub(crate) fn head(response: &Response) -> Answer {
    let headers: &HeaderMap = response.headers();
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Answer::of_head(response.status().as_u16(), get, now())
}

/// An error with what caused it: reqwest's own text says only that something went wrong.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
