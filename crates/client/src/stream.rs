//! Follows a feed: a poller, its driver and a position, as a [`Stream`] of events.

use std::collections::VecDeque;

use futures_util::{Stream, stream};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    event::Event,
    http::{Client, Error},
    now,
    poller::{Gap, Poller, Step, Stop},
    position::Position,
    random::Random,
    strategy::Strategy,
};

/// A feed's events, each once, in the order of the log.
///
/// An event counts as handled when the next one is asked for, or with [`Events::handled`]; only then
/// is its position kept. So a program that stops in the middle of one gets it again.
pub struct Events<P> {
    client: Client,
    position: P,
    poller: Poller,
    waiting: VecDeque<Event>,
    /// The position after what waits.
    next: Option<String>,
    /// What was given out and is not known to be handled.
    given: Option<String>,
    /// The latest event that was given out.
    latest: Option<String>,
    pokes: Option<mpsc::Receiver<()>>,
    on_gap: Box<dyn FnMut(&Gap) + Send>,
    on_loop: Box<dyn FnMut() + Send>,
    /// When the next request is due.
    due: Instant,
    failures: u32,
}

/// Says to a hybrid reader that there is something to read.
#[derive(Clone, Debug)]
pub struct Poke(mpsc::Sender<()>);

impl Poke {
    /// Says so. Many at once are one.
    pub fn poke(&self) {
        // Where one waits already, another would say no more.
        let _ = self.0.try_send(());
    }
}

impl<P: Position> Events<P> {
    /// Follows the feed from where `position` was left.
    ///
    /// # Errors
    ///
    /// [`Error::Position`] where it cannot be read.
    pub fn new(client: Client, strategy: Strategy, position: P) -> Result<Self, Error> {
        let start = position.load().map_err(Error::Position)?;
        let poller = Poller::new(strategy, start.clone(), Random::of_system());
        Ok(Self {
            client,
            position,
            poller,
            waiting: VecDeque::new(),
            next: None,
            given: None,
            latest: start,
            pokes: None,
            on_gap: Box::new(|_| {}),
            on_loop: Box::new(|| {}),
            due: Instant::now(),
            failures: 0,
        })
    }

    /// Changes the poller before it starts: its limit, its policy at gaps, its backoff.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Poller) -> Poller) -> Self {
        self.poller = change(self.poller);
        self
    }

    /// Is told of every gap.
    #[must_use]
    pub fn on_gap(mut self, told: impl FnMut(&Gap) + Send + 'static) -> Self {
        self.on_gap = Box::new(told);
        self
    }

    /// Is told of every tight loop.
    #[must_use]
    pub fn on_loop(mut self, told: impl FnMut() + Send + 'static) -> Self {
        self.on_loop = Box::new(told);
        self
    }

    /// What a webhook's receiver pokes it with.
    pub fn poke(&mut self) -> Poke {
        let (send, receive) = mpsc::channel(1);
        self.pokes = Some(receive);
        Poke(send)
    }

    /// The poller: its position, its counters.
    pub fn poller(&self) -> &Poller {
        &self.poller
    }

    /// The client, for whatever else is to be asked.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Says that the event that was given out last was handled, and keeps its position.
    ///
    /// # Errors
    ///
    /// [`Error::Position`]: the event would come again.
    pub fn handled(&mut self) -> Result<(), Error> {
        let Some(id) = self.given.take() else {
            return Ok(());
        };
        if let Err(error) = self.position.save(&id) {
            self.given = Some(id);
            return Err(Error::Position(error));
        }
        self.poller = self.poller.clone().on_progress(&id, 1);
        Ok(())
    }

    /// The next event; says that the one before was handled. Where it is dropped while it waits, nothing
    /// is lost.
    ///
    /// # Errors
    ///
    /// Those that pauses do not mend.
    pub async fn next(&mut self) -> Result<Event, Error> {
        self.handled()?;
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.failures = 0;
                self.given = Some(event.id.clone());
                self.latest = Some(event.id.clone());
                return Ok(event);
            }
            self.settle()?;
            self.rest().await;
            self.ask().await?;
        }
    }

    /// Handles every event with `handle`. What fails is tried again, after pauses that grow, and nothing
    /// behind it goes first.
    ///
    /// # Errors
    ///
    /// Those that pauses do not mend.
    pub async fn run<E>(
        &mut self,
        mut handle: impl AsyncFnMut(&Event) -> Result<(), E>,
    ) -> Result<(), Error> {
        loop {
            let event = self.next().await?;
            while handle(&event).await.is_err() {
                self.failures = self.failures.saturating_add(1);
                let (poller, pause) = self.poller.clone().on_unhandled(self.failures);
                self.poller = poller;
                sleep(pause).await;
            }
        }
    }

    /// As a [`Stream`], which ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Event, Error>> {
        stream::unfold(Some(self), |events| async {
            let mut events = events?;
            match events.next().await {
                Ok(event) => Some((Ok(event), Some(events))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// All events of the last answer are handled.
    fn settle(&mut self) -> Result<(), Error> {
        let Some(next) = self.next.take() else {
            return Ok(());
        };
        if self.poller.position() != Some(&next) {
            self.position.save(&next).map_err(Error::Position)?;
        }
        let (poller, step) = self.poller.clone().on_handled(Some(&next), now());
        self.poller = poller;
        self.take(step)
    }

    /// Waits as long as it shall, or until it is poked.
    async fn rest(&mut self) {
        let poked = match &mut self.pokes {
            None => false,
            Some(pokes) => tokio::select! {
                () = sleep_until(self.due) => false,
                Some(()) = pokes.recv() => true,
            },
        };
        if poked {
            let (poller, step) = self.poller.clone().on_poke(now());
            self.poller = poller;
            if let Step::Wait(pause) = step {
                self.due = Instant::now() + pause;
            }
        }
        sleep_until(self.due).await;
    }

    async fn ask(&mut self) -> Result<(), Error> {
        let request = self.poller.request();
        let (outcome, page) = self.client.poll(&request).await;
        let (poller, step) = self.poller.clone().on_response(&outcome, now());
        self.poller = poller;
        if step == Step::Deliver {
            self.next = page.next;
            for event in page.events {
                // Ids sort in the order of the log, over a feed's generations too.
                match self
                    .latest
                    .as_ref()
                    .is_some_and(|latest| event.id <= *latest)
                {
                    true => self.poller = self.poller.clone().on_repeated(),
                    false => self.waiting.push_back(event),
                }
            }
            return Ok(());
        }
        self.take(step)
    }

    fn take(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Wait(pause) => self.due = Instant::now() + pause,
            Step::Deliver => {}
            Step::Loop(pause) => {
                (self.on_loop)();
                self.due = Instant::now() + pause;
            }
            Step::Gap(gap, pause) => {
                (self.on_gap)(&gap);
                // What follows may be another log.
                self.latest = None;
                match pause {
                    Some(pause) => self.due = Instant::now() + pause,
                    None => return Err(Error::Gap(gap)),
                }
            }
            Step::Stop(Stop::Loop) => return Err(Error::Loop),
            Step::Stop(Stop::Refused(answer)) => return Err(Error::Refused(answer)),
        }
        Ok(())
    }
}
