//! Every binding to the host. Declarations only; who decides is elsewhere.

use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Request, Response};

use crate::host::Callback;

#[wasm_bindgen(module = "/src/glue.js")]
extern "C" {
    /// The time in unix milliseconds, a new name for the request, then its method, URL, names and values of
    /// headers: a line each.
    pub(crate) fn head(request: &Request) -> String;

    /// The same of a request to an object, with the name that it has and only the headers that objects look at.
    pub(crate) fn inner_head(request: &Request) -> String;

    /// Writes a line that ends with the milliseconds since `began`, unless it is empty, and a data point where
    /// `analytics` is one's; `labels` are a line each.
    pub(crate) fn tell(line: &str, began: f64, analytics: &JsValue, labels: &str, size: f64);

    /// The promise, rejected if it is not settled within `ms`.
    pub(crate) fn within(promise: &Promise, ms: u32) -> Promise;

    /// A body as a buffer; null where it is longer than `most` bytes.
    pub(crate) fn short_body(request: &Request, most: u32) -> Promise;

    /// A buffer's bytes, copied into wasm.
    pub(crate) fn bytes(buffer: &ArrayBuffer) -> Vec<u8>;

    /// Sends `head`, followed by `body` where there is one, as one message of bytes.
    #[wasm_bindgen(catch)]
    pub(crate) fn enqueue(
        queue: &QueueSender,
        head: &[u8],
        body: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// The bodies of messages as one text of frames, each behind its length.
    pub(crate) fn framed(messages: &Array) -> Vec<u8>;

    /// Acknowledges the messages at these places.
    pub(crate) fn ack_all(messages: &Array, places: &[u32]);

    /// Stores a value in KV for `ttl` seconds.
    #[wasm_bindgen(catch)]
    pub(crate) fn kv_put(kv: &Kv, key: &str, value: &JsValue, ttl: u32)
    -> Result<Promise, JsValue>;

    /// Whom to call with every settlement.
    pub(crate) fn on_settled(callback: &Callback);

    /// Has the promise's settlement brought to `place`.
    pub(crate) fn settle(promise: &Promise, place: u32);

    /// Has the callback called soon, for no place.
    pub(crate) fn soon();

    /// A timer that rings after `ms`.
    #[wasm_bindgen(catch)]
    pub(crate) fn timer(ms: u32) -> Result<Timer, JsValue>;

    /// One of the host's timers.
    pub(crate) type Timer;

    /// Resolves to whether it rang; it has not where it was stopped.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn rung(this: &Timer) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn stop(this: &Timer);

    /// Resolves when the signal is aborted; never where there is none.
    pub(crate) fn gone(signal: &JsValue) -> Promise;

    /// A promise that `fulfil` fulfils.
    pub(crate) fn promised(task: u32) -> Promise;

    /// Gives up the promise that `promised` made for the task.
    pub(crate) fn forget(task: u32);

    /// Keeps the request alive until the function that this returns is called.
    pub(crate) fn keep_alive(context: &Context) -> Function;

    /// Fulfils the promise that `promised` made for the task.
    pub(crate) fn fulfil(task: u32, value: &JsValue);

    /// A response; headers are names and values in turn, a line each, of which those in `common` are made once.
    #[wasm_bindgen(catch)]
    pub(crate) fn respond(
        status: u16,
        request_id: &str,
        common: &str,
        headers: &str,
        body: &JsValue,
    ) -> Result<Response, JsValue>;

    /// `head`, `body` and `tail` as one buffer.
    pub(crate) fn join(head: &[u8], body: &ArrayBuffer, tail: &[u8]) -> Uint8Array;

    /// Chunks of a stream as one buffer of `length` bytes.
    pub(crate) fn concat(chunks: &Array, length: u32) -> ArrayBuffer;

    /// `open`, the pieces joined with `separator`, and `close`.
    pub(crate) fn page(open: &str, pieces: &Array, separator: &str, close: &str) -> JsValue;

    /// What the edge cache keeps for a question of this epoch; undefined where it keeps nothing.
    pub(crate) fn kept(epoch: &str, key: &str) -> Promise;

    /// One look-up of the edge cache and one question to a feed's object, for all who ask the same at once.
    pub(crate) fn shared(
        context: &Context,
        epoch: &str,
        key: &str,
        stub: &Stub,
        url: &str,
        init: &JsValue,
    ) -> Promise;

    /// Keeps a copy of a feed's answer in the edge cache.
    pub(crate) fn keep_copy(context: &Context, key: &str, answer: &Response);

    /// Two ends of one stream of bytes.
    pub(crate) fn pipe() -> Pipe;

    /// Sends a request to an object; an empty text is no body.
    #[wasm_bindgen(catch)]
    pub(crate) fn ask(
        stub: &Stub,
        url: &str,
        method: &str,
        headers: &str,
        body: &JsValue,
        signal: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// What a feed's answer says to the edge: its status, its feed's epoch, for how many seconds it may be kept, and
    /// something where it was; a line each.
    pub(crate) fn said(answer: &Response) -> String;

    /// A header of an answer.
    pub(crate) fn header(answer: &Response, name: &str) -> Option<String>;

    /// A feed's answer as its reader gets it, or with `unchanged` what is left of it in a 304; `lines` are
    /// headers of its own.
    pub(crate) fn finish(answer: &Response, unchanged: bool, lines: &str) -> Response;

    /// A text in UTF-8.
    pub(crate) fn encode(text: &JsValue) -> Uint8Array;

    /// Every row of a statement; nothing where there is none.
    #[wasm_bindgen(catch)]
    pub(crate) fn rows(
        sql: &JsValue,
        statement: &str,
        packed: &str,
    ) -> Result<Option<Array>, JsValue>;

    /// The same with parameters that are not all numbers and texts.
    #[wasm_bindgen(catch)]
    pub(crate) fn rows_with(
        sql: &JsValue,
        statement: &str,
        parameters: &Array,
    ) -> Result<Option<Array>, JsValue>;

    /// Runs a statement once with each `width` parameters.
    #[wasm_bindgen(catch)]
    pub(crate) fn run_each(
        sql: &JsValue,
        statement: &str,
        packed: &str,
        width: u32,
    ) -> Result<(), JsValue>;

    /// A POST; `headers` is names and values in turn, a line each.
    #[wasm_bindgen(catch)]
    pub(crate) fn post(url: &str, headers: &str, body: &[u8]) -> Result<Request, JsValue>;

    /// What a feed's object keeps of an event: its source, when it was received (in unix milliseconds), names and
    /// values of headers, a line each; and its body. Or its answer that it has no such event.
    #[wasm_bindgen(catch)]
    pub(crate) fn evidence(stub: &Stub, url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    /// Options of `stub.fetch`; an empty text is no body.
    pub(crate) fn request_init(
        method: &str,
        headers: &str,
        body: &JsValue,
        signal: &JsValue,
    ) -> Object;

    /// A key of the host's; `key` is bytes, or the text of a JSON Web Key, and `usage` words with blanks between them.
    #[wasm_bindgen(catch)]
    pub(crate) fn import_key(
        format: &str,
        key: &JsValue,
        name: &str,
        hash: &str,
        usage: &str,
    ) -> Result<Promise, JsValue>;

    /// Whether this is a signature over the content.
    #[wasm_bindgen(catch)]
    pub(crate) fn verify(
        name: &str,
        hash: &str,
        key: &JsValue,
        signature: &[u8],
        content: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// The text at a URL, or the answer to `post`, if it comes with status 200 within `ms` and is no longer
    /// than `limit`. Redirects are not followed.
    pub(crate) fn outside(url: &str, post: Option<&str>, ms: u32, limit: u32) -> Promise;

    /// A URL as the host reads it: itself, protocol, user name, password, host name and port, a line each; empty
    /// where it is none.
    pub(crate) fn take_apart(url: &str) -> String;

    /// Posts a body, and reads the first `limit` bytes of the answer, all within `ms`. Brings status (0 where there
    /// is no answer), `Retry-After`, the text, the duration in milliseconds, and why there is no answer.
    pub(crate) fn deliver(url: &str, headers: &str, body: &JsValue, ms: u32, limit: u32)
    -> Promise;

    /// A body as bytes: of text, or of base 64.
    pub(crate) fn payload(text: &JsValue, base64: bool) -> ArrayBuffer;

    /// So many bytes that nobody can guess.
    pub(crate) fn random(count: u32) -> Vec<u8>;

    /// Resolves after `ms`, or as soon as the signal is aborted.
    pub(crate) fn pause(ms: u32, signal: &JsValue) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The execution context of a request.
    #[derive(Clone)]
    pub type Context;

    /// A KV namespace.
    #[derive(Clone)]
    pub(crate) type Kv;

    /// The value as text, or null.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn get(this: &Kv, key: &str) -> Result<Promise, JsValue>;

    /// The value as `kind` says (`"arrayBuffer"`), or null.
    #[wasm_bindgen(method, catch, js_name = get)]
    pub(crate) fn get_as(this: &Kv, key: &str, kind: &str) -> Result<Promise, JsValue>;

    /// Removes a value.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn delete(this: &Kv, key: &str) -> Result<Promise, JsValue>;

    /// A queue's sending end.
    #[derive(Clone)]
    pub(crate) type QueueSender;

    /// A Durable Object namespace.
    #[derive(Clone)]
    pub(crate) type Namespace;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    pub(crate) fn stub(this: &Namespace, name: &str) -> Result<Stub, JsValue>;

    /// A Durable Object seen from outside.
    pub(crate) type Stub;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn fetch(this: &Stub, url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    /// A batch of queue messages.
    pub type Batch;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn queue(this: &Batch) -> String;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn messages(this: &Batch) -> Array;

    /// One queue message.
    pub(crate) type Message;

    /// How often it has been delivered, this time included.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn attempts(this: &Message) -> u32;

    #[wasm_bindgen(method)]
    pub(crate) fn ack(this: &Message);

    #[wasm_bindgen(method)]
    pub(crate) fn retry(this: &Message, options: &JsValue);

    /// `crypto.subtle`.
    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    pub(crate) static SUBTLE: Subtle;

    #[derive(Clone)]
    pub(crate) type Subtle;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn sign(
        this: &Subtle,
        algorithm: &str,
        key: &JsValue,
        data: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn digest(
        this: &Subtle,
        algorithm: &str,
        data: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// Two ends of one stream of bytes.
    pub(crate) type Pipe;

    /// The end that an answer's body is.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn readable(this: &Pipe) -> JsValue;

    /// Resolves when the reader has taken them.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn write(this: &Pipe, bytes: &Uint8Array) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn close(this: &Pipe) -> Result<Promise, JsValue>;

    /// Gives up what is left, unless it is closed.
    #[wasm_bindgen(method)]
    pub(crate) fn abort(this: &Pipe);

    /// A rate limiter.
    pub(crate) type RateLimiter;

    /// Counts one request of `{ key }` and says whether it is within the limit.
    #[wasm_bindgen(method, catch)]
    pub(crate) fn limit(this: &RateLimiter, options: &JsValue) -> Result<Promise, JsValue>;

    /// What a Durable Object is given of itself.
    pub type ObjectState;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn storage(this: &ObjectState) -> Storage;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &ObjectState) -> ObjectId;

    /// What the host knows an object by.
    pub(crate) type ObjectId;

    /// The name that it was asked for by.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn name(this: &ObjectId) -> Option<String>;

    /// A Durable Object's storage.
    pub(crate) type Storage;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sql(this: &Storage) -> JsValue;

    /// Runs the closure in a transaction; an `Err` of it rolls back and is returned.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(crate) fn transaction_sync(
        this: &Storage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    /// Sets the alarm to a moment in unix milliseconds.
    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    pub(crate) fn set_alarm_at(this: &Storage, unix_ms: f64) -> Result<Promise, JsValue>;

    /// Takes the alarm away.
    #[wasm_bindgen(method, catch, js_name = deleteAlarm)]
    pub(crate) fn delete_alarm(this: &Storage) -> Result<Promise, JsValue>;

    /// Removes everything, the alarm too.
    #[wasm_bindgen(method, catch, js_name = deleteAll)]
    pub(crate) fn delete_all(this: &Storage) -> Result<Promise, JsValue>;

    /// The signal that says that a request's client has gone; absent in older runtimes.
    #[wasm_bindgen(js_name = Request)]
    pub(crate) type RequestExt;

    #[wasm_bindgen(method, getter, js_name = signal)]
    pub(crate) fn signal(this: &RequestExt) -> Option<AbortSignal>;
}
