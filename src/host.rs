//! Promises of the host as futures, and futures as promises of the host.
//!
//! wasm-bindgen's own make two closures with a finalizer each for every promise that is awaited, and
//! a microtask for every step: measured, more than the rest of a request together. Here one callback,
//! made once, takes every settlement (`settle` in glue.js), and the task that waits is polled at
//! once. Wakers are ordinary, so both kinds of future can wait for each other.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
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
type Task = Pin<Box<dyn Future<Output = JsValue>>>;

/// The place that stands for no promise (`soon` in glue.js): only what is ready is run.
const NO_PLACE: u32 = u32::MAX;

#[derive(Default)]
struct Host {
    places: RefCell<Slab<Place>>,
    tasks: RefCell<Slab<Option<Task>>>,
    ready: RefCell<VecDeque<usize>>,
    running: Cell<bool>,
    callback: OnceCell<Callback>,
}

/// Where a promise's settlement is put.
enum Place {
    Waiting(Waker),
    Settled(Settled),
    /// Nobody waits any more.
    Left,
}

thread_local! {
    static HOST: Host = Host::default();
}

/// Runs `future` at once as far as it goes, and gives the host a promise of its result.
pub(crate) fn promise(future: impl Future<Output = JsValue> + 'static) -> Promise {
    HOST.with(|host| {
        host.prepare();
        let task = host.tasks.borrow_mut().insert(Some(Box::pin(future)));
        let promise = ffi::promised(task as u32);
        host.ready.borrow_mut().push_back(task);
        host.run();
        promise
    })
}

/// Awaits a promise, where the call that made it did not throw.
pub(crate) async fn settled(promise: Result<Promise, JsValue>) -> Settled {
    Awaited {
        promise: promise?,
        place: None,
    }
    .await
}

/// A promise that is awaited.
struct Awaited {
    promise: Promise,
    place: Option<usize>,
}

impl Future for Awaited {
    type Output = Settled;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settled> {
        HOST.with(|host| {
            let waiting = Place::Waiting(context.waker().clone());
            let Some(place) = self.place else {
                host.prepare();
                let place = host.places.borrow_mut().insert(waiting);
                self.place = Some(place);
                ffi::settle(&self.promise, place as u32);
                return Poll::Pending;
            };
            let mut places = host.places.borrow_mut();
            match places.get_mut(place) {
                Some(Place::Settled(_)) => {}
                Some(other) => {
                    *other = waiting;
                    return Poll::Pending;
                }
                None => return Poll::Pending,
            }
            self.place = None;
            match places.try_remove(place) {
                Some(Place::Settled(settled)) => Poll::Ready(settled),
                _ => Poll::Pending,
            }
        })
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let Some(place) = self.place else {
            return;
        };
        HOST.with(|host| {
            let mut places = host.places.borrow_mut();
            // A settlement that is still to come must find the place, and not another's.
            if let Some(waiting @ Place::Waiting(_)) = places.get_mut(place) {
                *waiting = Place::Left;
            } else {
                places.try_remove(place);
            }
        });
    }
}

impl Host {
    /// Tells the host whom to call. Once in an instance's life.
    fn prepare(&self) {
        self.callback.get_or_init(|| {
            let callback = Closure::new(|place, fulfilled, value| {
                HOST.with(|host| {
                    host.settle(place, if fulfilled { Ok(value) } else { Err(value) })
                });
            });
            ffi::on_settled(&callback);
            callback
        });
    }

    fn settle(&self, place: u32, settled: Settled) {
        if place != NO_PLACE {
            let outer = self.running.replace(true);
            self.put(place as usize, settled);
            self.running.set(outer);
        }
        self.run();
    }

    fn put(&self, place: usize, settled: Settled) {
        let mut places = self.places.borrow_mut();
        let waker = match places.get_mut(place) {
            Some(waiting @ Place::Waiting(_)) => {
                std::mem::replace(waiting, Place::Settled(settled))
            }
            _ => {
                places.try_remove(place);
                return;
            }
        };
        // Waking may run anything: not while the places are borrowed.
        drop(places);
        if let Place::Waiting(waker) = waker {
            waker.wake();
        }
    }

    /// Polls every task that is ready. Called by a task that is being polled it does nothing: the
    /// outer call comes round to it.
    fn run(&self) {
        if self.running.replace(true) {
            return;
        }
        while let Some(id) = self.next() {
            let Some(mut task) = self.tasks.borrow_mut().get_mut(id).and_then(Option::take) else {
                continue;
            };
            let waker = Waker::from(Arc::new(Ready(id)));
            match task.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Pending => {
                    if let Some(place) = self.tasks.borrow_mut().get_mut(id) {
                        *place = Some(task);
                    }
                }
                Poll::Ready(value) => {
                    self.tasks.borrow_mut().try_remove(id);
                    ffi::fulfil(id as u32, &value);
                }
            }
        }
        self.running.set(false);
    }

    fn next(&self) -> Option<usize> {
        self.ready.borrow_mut().pop_front()
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
