//! Held pollers of one feed.
//!
//! A poller registers first and reads the log afterwards, so an append between the two wakes it. An
//! append wakes all of them; the first to be answered prepares the answer, and the others with the
//! same question are given the same bytes.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use event_listener::{Event, EventListener};
use waypost_core::rejection::Rejection;

use crate::answer::Answer;
use crate::clock::{Clock, Until};
use crate::feed_do::Frames;
use crate::host::Awaited;

/// Whoever waits for the next append, or for what a consumer's other workers give back.
#[derive(Default)]
pub(crate) struct Waiting {
    appended: Event,
    given_back: Event,
    /// Consumers that have nothing, with the moment until which that is so without a wake-up.
    idle: RefCell<Vec<(String, u64)>>,
    clock: Clock,
    count: Cell<u64>,
    prepared: RefCell<HashMap<String, Prepared>>,
}

/// What those who wait with one question are told since the last append.
#[derive(Clone)]
pub(crate) enum Prepared {
    /// This.
    Answer(Answer),
    /// Nothing: none of what was appended is for them.
    Nothing,
    /// These frames of a stream.
    Frames(Frames),
}

/// A place among those who wait; given up when dropped.
pub(crate) struct Place<'w> {
    of: &'w Waiting,
    listener: EventListener,
}

impl Waiting {
    /// How many places are taken.
    pub(crate) fn count(&self) -> u64 {
        self.count.get()
    }

    /// Takes a place, of which there are `most`.
    pub(crate) fn register(&self, most: u64) -> Result<Place<'_>, Rejection> {
        self.listen(&self.appended, most)
    }

    /// Takes a place of a claim's, of which there are `most` with those of all others.
    pub(crate) fn register_claim(&self, most: u64) -> Result<Place<'_>, Rejection> {
        self.listen(&self.given_back, most)
    }

    fn listen(&self, event: &Event, most: u64) -> Result<Place<'_>, Rejection> {
        if self.count.get() >= most {
            return Err(Rejection::TooManyWaiting);
        }
        self.count.set(self.count.get().saturating_add(1));
        Ok(Place {
            of: self,
            listener: event.listen(),
        })
    }

    /// Wakes everybody: something was appended, so what was prepared is old.
    pub(crate) fn wake(&self) {
        self.prepared.borrow_mut().clear();
        self.appended.notify(usize::MAX);
        self.wake_claims();
    }

    /// Until when a consumer has nothing, where that is known: of many who wait for one event, those
    /// who come too late need not look.
    pub(crate) fn idle_until(&self, consumer: &str) -> u64 {
        let idle = self.idle.borrow();
        let known = idle.iter().find(|(name, _)| name == consumer);
        known.map_or(0, |(_, until)| *until)
    }

    /// A look found nothing, and nothing will be there before that moment.
    pub(crate) fn set_idle(&self, consumer: &str, until: u64) {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|(name, _)| name != consumer);
        idle.push((consumer.to_owned(), until));
    }

    /// Wakes those who wait with a claim: there may be something for one of them.
    pub(crate) fn wake_claims(&self) {
        self.idle.borrow_mut().clear();
        self.given_back.notify(usize::MAX);
    }

    /// Waits for this moment, in unix milliseconds, and no longer than the client is there.
    pub(crate) async fn pause(&self, until: u64, gone: &mut Awaited) {
        let mut over = self.clock.until(until);
        poll_fn(|context| ended(&mut over, gone, context)).await;
    }

    /// What was prepared for this question since the last append.
    pub(crate) fn prepared(&self, question: &str) -> Option<Prepared> {
        self.prepared.borrow().get(question).cloned()
    }

    /// Keeps an answer for the others who wait with the same question.
    pub(crate) fn prepare(&self, question: String, answer: &Answer) {
        let prepared = Prepared::Answer(answer.clone());
        self.prepared.borrow_mut().insert(question, prepared);
    }

    /// Keeps frames for the other streams that stand where one stands.
    pub(crate) fn prepare_frames(&self, key: String, frames: &Frames) {
        let prepared = Prepared::Frames(frames.clone());
        self.prepared.borrow_mut().insert(key, prepared);
    }

    /// Tells the others who wait with the same question that there is nothing for them.
    pub(crate) fn prepare_nothing(&self, question: &str) {
        self.prepared
            .borrow_mut()
            .insert(question.to_owned(), Prepared::Nothing);
    }
}

impl Place<'_> {
    /// Waits for an append since the last wait, but no longer than to this moment, in unix milliseconds, and no longer
    /// than the client is there. Says whether there was one.
    pub(crate) async fn wait(&mut self, until: u64, gone: &mut Awaited) -> bool {
        let mut over = self.of.clock.until(until);
        let listener = &mut self.listener;
        let appended = poll_fn(|context| match Pin::new(&mut *listener).poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending => ended(&mut over, gone, context).map(|()| false),
        });
        let appended = appended.await;
        self.listener = self.of.appended.listen();
        appended
    }
}

/// Whether it is time, or the client has gone.
fn ended(over: &mut Until, gone: &mut Awaited, context: &mut Context<'_>) -> Poll<()> {
    match Pin::new(over).poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => Pin::new(gone).poll(context).map(|_| ()),
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let left = self.of.count.get().saturating_sub(1);
        self.of.count.set(left);
        if left == 0 {
            self.of.prepared.borrow_mut().clear();
        }
    }
}
