//! One timer of the host's for all who wait in an object.
//!
//! The host gives an object 10,000 timers at a time and refuses the next one; an object may hold more requests than that, and
//! wake each of them many times before its hold is over.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slab::Slab;
use wasm_bindgen::JsValue;

use crate::ffi::Timer;
use crate::host::{self, awaited};
use crate::{ffi, log};

/// The host counts milliseconds in 31 bits; who waits for longer is waited for again.
const LONGEST_MS: u64 = 24 * 3_600_000;

/// Wakes whoever waits for a moment, all of them in unix milliseconds.
#[derive(Clone, Default)]
pub(crate) struct Clock(Rc<Inner>);

#[derive(Default)]
struct Inner {
    waits: RefCell<Slab<(u64, Waker)>>,
    /// The host's timer, and when it rings: no later than for the first of those who wait.
    timer: RefCell<Option<(u64, Timer)>>,
}

impl Clock {
    /// Is ready from this moment on.
    pub(crate) fn until(&self, at: u64) -> Until {
        Until {
            clock: self.clone(),
            at,
            place: None,
        }
    }

    /// Has the host ring at this moment, if not before.
    fn wind(&self, at: u64, now: u64) {
        let mut timer = self.0.timer.borrow_mut();
        if timer.as_ref().is_some_and(|(rings, _)| *rings <= at) {
            return;
        }
        if let Some((_, later)) = timer.take() {
            later.stop();
        }
        let left = at.saturating_sub(now).min(LONGEST_MS);
        match ffi::timer(left as u32) {
            Ok(started) => {
                let (clock, rung) = (self.clone(), started.rung());
                *timer = Some((at, started));
                drop(timer);
                let _ = host::lasting(async move {
                    if awaited(rung).await.is_ok_and(|rung| rung.is_truthy()) {
                        clock.ring();
                    }
                    JsValue::UNDEFINED
                });
            }
            // Whoever waits next winds it again, and an append wakes all of them meanwhile.
            Err(error) => log::error("the host gave no timer", &log::reason(&error)),
        }
    }

    /// Wakes those whose moment has come. They give up their places themselves.
    fn ring(&self) {
        self.0.timer.take();
        let now = host::now();
        let mut next: Option<u64> = None;
        for (_, (at, waker)) in self.0.waits.borrow().iter() {
            match *at <= now {
                true => waker.wake_by_ref(),
                false => next = Some(next.map_or(*at, |next| next.min(*at))),
            }
        }
        if let Some(next) = next {
            self.wind(next, now);
        }
    }
}

/// See [`Clock::until`].
pub(crate) struct Until {
    clock: Clock,
    at: u64,
    place: Option<usize>,
}

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now = host::now();
        if now >= self.at {
            return Poll::Ready(());
        }
        let wait = (self.at, context.waker().clone());
        let mut waits = self.clock.0.waits.borrow_mut();
        match self.place.and_then(|place| waits.get_mut(place)) {
            Some(known) => *known = wait,
            None => {
                let place = waits.insert(wait);
                drop(waits);
                self.place = Some(place);
            }
        }
        self.clock.wind(self.at, now);
        Poll::Pending
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.0.waits.borrow_mut().try_remove(place);
        }
    }
}
