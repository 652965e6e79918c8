//! Promises of the host as futures, and futures as promises of the host.
//!
//! wasm-bindgen's own make two closures with a finalizer each for every promise that is awaited, and
//! a microtask for every step: measured, more than the rest of a request together. Here one callback,
//! made once, takes every settlement (`settle` in glue.js), and the task that waits is polled at
//! once. Wakers are ordinary, so both kinds of future can wait for each other.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use js_sys::Promise;
use slab::Slab;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use crate::ffi;

type Settled = Result<JsValue, JsValue>;
/// Takes a place, whether its promise was fulfilled, and with what.
pub(crate) type Callback = Closure<dyn Fn(u32, bool, JsValue)>;
type Work = Pin<Box<dyn Future<Output = JsValue>>>;

/// The place that stands for no promise (`soon` in glue.js): only what is ready is run.
const NO_PLACE: u32 = u32::MAX;

/// A task that is older than this belongs to a request that the host has cancelled: nothing is held
/// or read for so long.
const LONGEST_LIFE_MS: u64 = 5 * 60_000;

/// When a task was started that is never dead.
const NEVER_SWEPT: u64 = u64::MAX;

/// Dead tasks are looked for once in so many.
const SWEEP_EVERY: u32 = 512;

#[derive(Default)]
struct Host {
    places: RefCell<HashMap<u32, Place, BuildHasherDefault<Spread>>>,
    next_place: Cell<u32>,
    tasks: RefCell<Slab<Task>>,
    started: Cell<u32>,
    ready: RefCell<VecDeque<usize>>,
    running: Cell<bool>,
    callback: OnceCell<Callback>,
}

/// A hash of numbers that nobody from outside chooses: the common one's costs more than what it guards here.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(byte.into()));
    }

    /// Fibonacci's: neighbours come to lie far from each other.
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Where a promise's settlement is put. A place is never used twice: a settlement that comes after
/// its future was dropped finds none.
enum Place {
    Waiting(Waker),
    Settled(Settled),
}

/// A future whose result the host is to have.
struct Task {
    started_at: u64,
    /// Absent while it is polled.
    future: Option<Work>,
    result: Outcome,
}

/// What is to be done with a task's result: one that is there at once costs no promise.
enum Outcome {
    /// It has just been started.
    Kept(Option<JsValue>),
    /// The host was promised it.
    Promised,
}

thread_local! {
    static HOST: Host = Host::default();
}

/// The moment, in unix milliseconds. A call's own `now` is when it came: what was awaited since took its time.
pub(crate) fn now() -> u64 {
    js_sys::Date::now() as u64
}

/// Runs `future` at once as far as it goes, and gives the host its result, or a promise of it where it is not over.
/// `now` is in unix milliseconds.
pub(crate) fn promise(now: u64, future: impl Future<Output = JsValue> + 'static) -> JsValue {
    HOST.with(|host| host.start(now, Box::pin(future)))
}

/// As [`promise`], for work that may take its time and that nobody can cancel.
pub(crate) fn lasting(future: impl Future<Output = JsValue> + 'static) -> JsValue {
    HOST.with(|host| host.start(NEVER_SWEPT, Box::pin(future)))
}

/// Awaits a promise, where the call that made it did not throw.
pub(crate) async fn settled(promise: Result<Promise, JsValue>) -> Settled {
    awaited(promise?).await
}

/// Keeps a request running after its client has gone, until this is dropped.
///
/// The host cancels a handler whose client has gone: what it awaits is never settled. A small request
/// that ends so is swept up later; one that holds much, or holds others, must see its end itself.
pub(crate) struct KeptAlive {
    end: js_sys::Function,
}

impl KeptAlive {
    pub(crate) fn new(context: &ffi::Context) -> Self {
        Self {
            end: ffi::keep_alive(context),
        }
    }
}

impl Drop for KeptAlive {
    fn drop(&mut self) {
        // It only fulfils a promise.
        let _ = self.end.call0(&JsValue::UNDEFINED);
    }
}

/// Awaits a promise, again and again if need be.
pub(crate) fn awaited(promise: Promise) -> Awaited {
    Awaited {
        promise,
        place: None,
    }
}

/// A promise that is awaited.
pub(crate) struct Awaited {
    promise: Promise,
    place: Option<u32>,
}

impl Future for Awaited {
    type Output = Settled;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settled> {
        HOST.with(|host| {
            let Some(place) = self.place else {
                host.prepare();
                let place = host.take_place(context.waker().clone());
                self.place = Some(place);
                ffi::settle(&self.promise, place);
                return Poll::Pending;
            };
            let mut places = host.places.borrow_mut();
            match places.remove(&place) {
                Some(Place::Settled(settled)) => {
                    self.place = None;
                    Poll::Ready(settled)
                }
                _ => {
                    places.insert(place, Place::Waiting(context.waker().clone()));
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            HOST.with(|host| host.places.borrow_mut().remove(&place));
        }
    }
}

impl Host {
    /// Tells the host whom to call. Once in an instance's life.
    fn prepare(&self) {
        self.callback.get_or_init(|| {
            let callback = Closure::new(|place, fulfilled, value| {
                let settled = if fulfilled { Ok(value) } else { Err(value) };
                HOST.with(|host| host.settle(place, settled));
            });
            ffi::on_settled(&callback);
            callback
        });
    }

    /// Not generic: what the host calls would each have it.
    #[inline(never)]
    fn start(&self, started_at: u64, future: Work) -> JsValue {
        self.enter();
        self.prepare();
        if started_at != NEVER_SWEPT {
            self.sweep(started_at);
        }
        let task = self.tasks.borrow_mut().insert(Task {
            started_at,
            future: Some(future),
            result: Outcome::Kept(None),
        });
        self.ready.borrow_mut().push_back(task);
        self.run();
        let mut tasks = self.tasks.borrow_mut();
        if let Some(started) = tasks.get_mut(task) {
            let result = std::mem::replace(&mut started.result, Outcome::Promised);
            if let Outcome::Kept(Some(result)) = result {
                tasks.remove(task);
                return result;
            }
        }
        drop(tasks);
        ffi::promised(task as u32).into()
    }

    /// Gives the host a result.
    fn end(&self, id: usize, value: JsValue) {
        let mut tasks = self.tasks.borrow_mut();
        if let Some(task) = tasks.get_mut(id)
            && let Outcome::Kept(result) = &mut task.result
        {
            *result = Some(value);
            return;
        }
        tasks.try_remove(id);
        drop(tasks);
        ffi::fulfil(id as u32, &value);
    }

    /// The host calls: nothing of ours is running, unless an exception of the host's went through it.
    fn enter(&self) {
        self.running.set(false);
    }

    fn take_place(&self, waker: Waker) -> u32 {
        let place = self.next_place.get();
        self.next_place
            .set(if place == NO_PLACE - 1 { 0 } else { place + 1 });
        self.places
            .borrow_mut()
            .insert(place, Place::Waiting(waker));
        place
    }

    fn settle(&self, place: u32, settled: Settled) {
        self.enter();
        // What is woken here is run below, and not in a turn of its own.
        self.running.set(true);
        let waiting = self
            .places
            .borrow_mut()
            .get_mut(&place)
            .map(|waiting| std::mem::replace(waiting, Place::Settled(settled)));
        if let Some(Place::Waiting(waker)) = waiting {
            waker.wake();
        }
        self.running.set(false);
        self.run();
    }

    /// Polls every task that is ready. Called by a task that is being polled it does nothing: the
    /// outer call comes round to it.
    fn run(&self) {
        if self.running.replace(true) {
            return;
        }
        while let Some(id) = self.next() {
            let Some(mut future) = self.take(id) else {
                continue;
            };
            let waker = Waker::from(Arc::new(Ready(id)));
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Pending => self.put_back(id, future),
                Poll::Ready(value) => {
                    drop(future);
                    self.end(id, value);
                }
            }
        }
        self.running.set(false);
    }

    fn next(&self) -> Option<usize> {
        self.ready.borrow_mut().pop_front()
    }

    fn take(&self, id: usize) -> Option<Work> {
        self.tasks.borrow_mut().get_mut(id)?.future.take()
    }

    fn put_back(&self, id: usize, future: Work) {
        if let Some(task) = self.tasks.borrow_mut().get_mut(id) {
            task.future = Some(future);
        }
    }

    /// Drops what the host has cancelled.
    fn sweep(&self, now: u64) {
        let started = self.started.get().wrapping_add(1);
        self.started.set(started);
        if !started.is_multiple_of(SWEEP_EVERY) {
            return;
        }
        let dead = |task: &Task| now.saturating_sub(task.started_at) > LONGEST_LIFE_MS;
        let ids: Vec<usize> = self
            .tasks
            .borrow()
            .iter()
            .filter(|(_, task)| dead(task))
            .map(|(id, _)| id)
            .collect();
        for id in ids {
            // Dropped only when nothing is borrowed: a future may hold anything.
            let task = self.tasks.borrow_mut().try_remove(id);
            drop(task);
            ffi::forget(id as u32);
        }
    }
}

/// Makes a task ready.
struct Ready(usize);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        HOST.with(|host| {
            host.ready.borrow_mut().push_back(self.0);
            // Woken from a future that the host polls itself: come back when that is done.
            if !host.running.get() {
                ffi::soon();
            }
        });
    }
}
