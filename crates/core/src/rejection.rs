//! Every refusal is a row: status, stable code, title, and a sentence that says what to do.

/// One reason to refuse a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each variant's sentence stands in the table below"
)]
pub enum Rejection {
    MissingSignature,
    UnrecognisedSignature,
    UndecodableSignature,
    BadSignature,
    MalformedHeader,
    MissingTimestamp,
    MalformedTimestamp,
    StaleTimestamp,
    FutureTimestamp,
    MissingEventId,
    UnknownSource,
    Unexpected,
    KeyUnavailable,
    ChallengeRefused,
    ChallengeUnknown,
    NotArmed,
    NotConfirmed,
    SecretHeld,
    NotHanded,
    NoSecret,
    NotSignable,
    BodyTooLarge,
    BodyIncomplete,
    TooBusy,
    QueueUnavailable,
    BodyStoreUnavailable,
    Misconfigured,
    RateLimited,
    NotFound,
    MethodNotAllowed,
    Internal,
    Unauthorised,
    UnknownFeed,
    InvalidCursor,
    InvalidParameter,
    DuplicateParameter,
    CursorExpired,
    CursorAhead,
    UnknownEvent,
    EventErased,
    UnknownDeadLetter,
    NotReplayable,
    FeedUnavailable,
    TooManyWaiting,
    UnknownConsumer,
    InvalidName,
    InvalidBody,
    ConsumerDiffers,
    TooManyConsumers,
    NotOrdered,
    UnknownLease,
    LeaseExpired,
    Settled,
    Fenced,
    OutOfOrder,
    UnknownSubscription,
    UnknownDelivery,
    TargetRefused,
    NotVerified,
    TooManySubscriptions,
    TooManySecrets,
    SubscriptionUnavailable,
    AdminClosed,
    CrossOrigin,
    Insecure,
    NotReady,
}

/// What is said of a rejection.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The rejection that it is the row of.
    pub rejection: Rejection,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, which clients may branch on.
    pub code: &'static str,
    /// A short summary.
    pub title: &'static str,
    /// What is wrong, and what to do about it.
    pub detail: &'static str,
    /// Headers that the answer carries beside those of every problem; names in lower case.
    pub headers: &'static [(&'static str, &'static str)],
}

impl Rejection {
    /// Its row in the table.
    pub fn row(self) -> &'static Row {
        ROWS.iter()
            .find(|row| row.rejection == self)
            .unwrap_or(&INTERNAL)
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().status
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        self.row().code
    }
}

/// Faults here that pass by themselves: the sender's own retry comes long after.
const SOON: &[(&str, &str)] = &[("retry-after", "5")];
/// Faults that someone must mend.
const LATER: &[(&str, &str)] = &[("retry-after", "60")];
/// Both, as two challenges in one header (RFC 9110 section 11.6.1).
const CHALLENGE: &[(&str, &str)] = &[(
    "www-authenticate",
    "Bearer realm=\"waypost\", Basic realm=\"waypost\", charset=\"UTF-8\"",
)];
const NONE: &[(&str, &str)] = &[];

macro_rules! rows {
    ($($rejection:ident $status:literal $code:literal $headers:ident $title:literal $detail:literal)*) => {
        &[$(Row {
            rejection: Rejection::$rejection,
            status: $status,
            code: $code,
            title: $title,
            detail: $detail,
            headers: $headers,
        }),*]
    };
}

const INTERNAL: Row = Row {
    rejection: Rejection::Internal,
    status: 500,
    code: "internal",
    title: "Internal error",
    detail: "Something failed here that is not the request's fault. Send it again.",
    headers: NONE,
};

/// Every rejection, once.
pub const ROWS: &[Row] = rows! {
    // Receiving: the signature.
    MissingSignature 401 "missing_signature" NONE "Signature missing"
        "The source's signature header is absent or empty. Sign the request as the provider documents."
    UnrecognisedSignature 401 "unrecognised_signature" NONE "Signature not recognised"
        "The signature header holds no signature with the prefix or version that this source takes."
    UndecodableSignature 401 "undecodable_signature" NONE "Signature undecodable"
        "The signature is not in this source's encoding, or not of its algorithm's length."
    BadSignature 401 "bad_signature" NONE "Signature wrong"
        "No signature matches. Check that the secret is the same on both sides and that the body is sent byte for byte as it was signed."
    MalformedHeader 400 "malformed_header" NONE "Header malformed"
        "A header that this source reads is over 8 KB, holds over 16 signatures, or is not of the form that the provider documents."
    // Receiving: the time.
    MissingTimestamp 400 "missing_timestamp" NONE "Timestamp missing"
        "The header with the time of signing is absent or empty."
    MalformedTimestamp 400 "malformed_timestamp" NONE "Timestamp malformed"
        "The time of signing is not written as this source's scheme writes it."
    StaleTimestamp 400 "stale_timestamp" NONE "Timestamp too old"
        "The request was signed too long ago. Sign it again with the present time, and check the sender's clock."
    FutureTimestamp 400 "future_timestamp" NONE "Timestamp in the future"
        "The request was signed too far in the future. Check the sender's clock."
    // Receiving: the rest.
    MissingEventId 400 "missing_event_id" NONE "Event id missing"
        "This source needs an id for each event, by which a retry is told from a new event. Send one where the provider documents it."
    Unexpected 401 "unexpected_sender" NONE "Not from or for whom it should be"
        "The webhook's topic, audience or account is none that this source is configured for. Add it to the source, or correct the sender."
    KeyUnavailable 503 "key_unavailable" SOON "Key unavailable"
        "The provider's public key could not be fetched, so nothing could be verified and nothing was kept. Send again."
    ChallengeRefused 403 "challenge_refused" NONE "Challenge refused"
        "This is no challenge that the source answers. Check what the provider sends, and what the source is configured with."
    ChallengeUnknown 404 "challenge_unknown" NONE "Challenge unknown"
        "The source has not asked for what this would confirm. Check its topics."
    NotArmed 403 "not_armed" NONE "Source not armed"
        "A secret is taken only while an administrator has armed the source: `POST /sources/{source}/arm`."
    NotConfirmed 503 "not_confirmed" SOON "Not confirmed"
        "The provider did not take the confirmation. Send the request again."
    SecretHeld 409 "secret_held" NONE "Secrets held"
        "The source has as many secrets as it can hold, or has them from its config. Delete what it holds first."
    NotHanded 409 "not_handed" NONE "No handover"
        "This source's provider hands no secret over: set it, and name it in the config."
    NoSecret 503 "no_secret" LATER "No secret yet"
        "The provider has not handed its secret over yet. Arm the source, and create the webhook."
    NotSignable 409 "not_signable" NONE "Not signable"
        "Only the source's provider can sign: with its private key, or with a token that it makes. Have the provider send a test."
    UnknownSource 404 "unknown_source" NONE "Unknown source"
        "No source of this name is configured. Check the path, or add the source to SOURCES."
    BodyTooLarge 413 "body_too_large" NONE "Body too large"
        "The body is larger than this source takes. Raise its max_body_bytes, or send less."
    BodyIncomplete 400 "body_incomplete" NONE "Body incomplete"
        "The body ended before, or went on after, the length that was declared. Send it again."
    RateLimited 429 "rate_limited" LATER "Too many requests"
        "This source's rate limit is used up. Send again later."
    TooBusy 503 "too_busy" SOON "Too busy"
        "Too many bytes are being received at the moment. Send again soon."
    QueueUnavailable 503 "queue_unavailable" SOON "Queue unavailable"
        "The event could not be queued, and nothing was kept of it. Send again."
    BodyStoreUnavailable 503 "body_store_unavailable" SOON "Body store unavailable"
        "The body could not be stored, and nothing was kept of it. Send again."
    Misconfigured 503 "misconfigured" LATER "Misconfigured"
        "What this needs is not configured, or not correctly. The reason is in the log; `cargo xtask check` finds it too."
    // Reading.
    Unauthorised 401 "unauthorised" CHALLENGE "Not authorised"
        "This needs the feed's token, as `Authorization: Bearer TOKEN` or as the password of Basic."
    UnknownFeed 404 "unknown_feed" NONE "Unknown feed"
        "No feed of this name is configured. Check the path, or add the feed to FEEDS."
    InvalidCursor 400 "invalid_cursor" NONE "Cursor invalid"
        "The position is no id that this feed gave out. Start without one, or with `next` of an earlier answer."
    InvalidParameter 400 "invalid_parameter" NONE "Parameter invalid"
        "A query parameter has a value that it does not take."
    DuplicateParameter 400 "duplicate_parameter" NONE "Parameter given twice"
        "A query parameter stands in the URL more than once. Send it once."
    CursorExpired 410 "cursor_expired" NONE "Cursor expired"
        "Events after this position are no longer kept. Ask without a position to go on with `earliest`, and expect a gap."
    CursorAhead 410 "cursor_ahead" NONE "Cursor ahead of the feed"
        "This position is past the feed's end, so it comes from another feed. Go on after `latest`, or without a position from `earliest`."
    UnknownEvent 404 "unknown_event" NONE "Unknown event"
        "The feed has no event of this id."
    EventErased 410 "event_erased" NONE "Event erased"
        "The event was here, and is no longer kept."
    UnknownDeadLetter 404 "unknown_dead_letter" NONE "Unknown dead letter"
        "The feed has no dead letter of this id. It may have been replayed already."
    NotReplayable 409 "not_replayable" NONE "Not replayable"
        "Nothing can be made of this dead letter: its message is not readable, or its body is no longer kept."
    FeedUnavailable 503 "feed_unavailable" SOON "Feed unavailable"
        "The feed did not answer. Ask again."
    TooManyWaiting 503 "too_many_waiting" SOON "Too many waiting"
        "Too many requests are held on this feed. Ask again soon, or without waiting."
    // Consuming.
    UnknownConsumer 404 "unknown_consumer" NONE "Unknown consumer"
        "The feed has no consumer of this name. Its first claim makes it."
    InvalidName 400 "invalid_name" NONE "Name invalid"
        "A consumer's name is 1 to 64 letters, digits, `_`, `-` and dots, and not only dots."
    InvalidBody 400 "invalid_body" NONE "Body invalid"
        "The body is not what this takes."
    ConsumerDiffers 409 "consumer_differs" NONE "Consumer differs"
        "The consumer was made with another mode, max_attempts, types or sources. Claim without them, or delete it first."
    TooManyConsumers 409 "too_many_consumers" NONE "Too many consumers"
        "The feed has 100 consumers. Delete one that nobody uses."
    NotOrdered 409 "not_ordered" NONE "Not ordered"
        "`through` would acknowledge what other workers of a shared consumer hold. Send `leases`."
    UnknownLease 409 "unknown_lease" NONE "Unknown lease"
        "This consumer never gave out such a lease. Send it as the claim's answer has it."
    LeaseExpired 409 "lease_expired" NONE "Lease expired"
        "The lease's time is over, or it was given back. The event is handed out again; claim more time or fewer events."
    Settled 409 "settled" NONE "Event settled"
        "The event was acknowledged already, given up, or is no longer kept."
    Fenced 409 "fenced" NONE "Fenced off"
        "The consumer has another holder, or was told to go on from elsewhere. Drop this work and claim again."
    OutOfOrder 409 "out_of_order" NONE "Out of order"
        "An event before this one is not acknowledged, and the consumer is ordered. Acknowledge that one first."
    // Pushing.
    UnknownSubscription 404 "unknown_subscription" NONE "Unknown subscription"
        "The feed has no subscription of this id. It may have been deleted."
    UnknownDelivery 404 "unknown_delivery" NONE "Unknown delivery"
        "The subscription has no delivery of this id. Those that are settled are kept for a week."
    TargetRefused 400 "target_refused" NONE "Target refused"
        "Nothing is sent to this URL."
    NotVerified 400 "not_verified" NONE "URL not verified"
        "The URL did not answer the signed `waypost.verification` with 2xx. Have it answer, or set `verify = false` for the feed."
    TooManySubscriptions 409 "too_many_subscriptions" NONE "Too many subscriptions"
        "The feed has 1,000 subscriptions. Delete one that nobody uses."
    TooManySecrets 409 "too_many_secrets" NONE "Too many secrets"
        "Ten secrets sign already. Wait until the time of one is over, or rotate with `grace_seconds` 0."
    SubscriptionUnavailable 503 "subscription_unavailable" SOON "Subscription unavailable"
        "The subscription did not answer. Ask again."
    AdminClosed 403 "admin_closed" NONE "Administration closed"
        "No ADMIN_TOKEN is set, so nothing here can be administered. Set the secret to open it."
    // The page.
    CrossOrigin 403 "cross_origin" NONE "Not the page's own"
        "A session's cookie is taken from the page itself alone. Send a token in `Authorization` instead."
    Insecure 403 "insecure" NONE "Not over TLS"
        "A token must not be sent in the clear. Open the page with https."
    NotReady 503 "not_ready" LATER "Not ready"
        "Bindings are missing, or the config has mistakes: `missing`, `mistakes` and `misconfigured` say what. `cargo xtask check` says more."
    // Anything.
    NotFound 404 "not_found" NONE "Not found"
        "Nothing is at this path."
    MethodNotAllowed 405 "method_not_allowed" NONE "Method not allowed"
        "This path does not take that method; `Allow` lists those that it takes."
    Internal 500 "internal" NONE "Internal error"
        "Something failed here that is not the request's fault. Send it again."
};
