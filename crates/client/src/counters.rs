//! What became of every request, so that a poller can be monitored.

/// Counts since the poller was made. Every answer is counted once in `data`, `empty`, `unchanged`,
/// `gaps`, `retried` or `refused`, and every request without an answer in `failed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// 200 with events.
    pub data: u64,
    /// 200 without.
    pub empty: u64,
    /// 304.
    pub unchanged: u64,
    /// 410: events are gone, or the position is none.
    pub gaps: u64,
    /// 408, 425, 429 and 5xx.
    pub retried: u64,
    /// Every other status.
    pub refused: u64,
    /// No answer: no connection, a time-out, an answer that could not be read.
    pub failed: u64,
    /// Events that were handed out.
    pub events: u64,
    /// Events that were handled.
    pub handled: u64,
    /// Events that came again and were not handed out.
    pub repeated: u64,
    /// Handlers that failed.
    pub unhandled: u64,
    /// Pokes that came.
    pub pokes: u64,
    /// Tight loops that were broken.
    pub loops: u64,
}

impl Counters {
    /// Each count with its name.
    pub fn named(&self) -> [(&'static str, u64); 13] {
        [
            ("data", self.data),
            ("empty", self.empty),
            ("unchanged", self.unchanged),
            ("gaps", self.gaps),
            ("retried", self.retried),
            ("refused", self.refused),
            ("failed", self.failed),
            ("events", self.events),
            ("handled", self.handled),
            ("repeated", self.repeated),
            ("unhandled", self.unhandled),
            ("pokes", self.pokes),
            ("loops", self.loops),
        ]
    }
}
