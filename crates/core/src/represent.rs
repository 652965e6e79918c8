//! In which form a list of events is sent, and how a request says so.

/// The forms of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object, as the face describes it.
    #[default]
    Json,
    /// One event a line ([ndjson](https://github.com/ndjson/ndjson-spec)).
    Lines,
    /// A batch of [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
    CloudEvents,
    /// [Server-Sent Events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
    Sse,
}

/// What is said of a form.
struct Row {
    format: Format,
    /// Its name inside the Worker.
    name: &'static str,
    media_type: &'static str,
    /// What tells its entity tags from another form's.
    tag: &'static str,
    /// What stands between two events.
    separator: &'static str,
}

/// The first is sent to whoever does not mind.
const ROWS: &[Row] = &[
    Row {
        format: Format::Json,
        name: "json",
        media_type: "application/json",
        tag: "",
        separator: ",",
    },
    Row {
        format: Format::Lines,
        name: "lines",
        media_type: "application/x-ndjson",
        tag: "n",
        separator: "",
    },
    Row {
        format: Format::CloudEvents,
        name: "cloudevents",
        media_type: "application/cloudevents-batch+json",
        tag: "c",
        separator: ",",
    },
    Row {
        format: Format::Sse,
        name: "sse",
        media_type: "text/event-stream",
        tag: "s",
        separator: "",
    },
];

/// Forms that `Accept` chooses between; a stream is a resource of its own.
const CHOICES: usize = 3;

impl Format {
    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.format == self)
    }

    /// The form of this name inside the Worker.
    pub fn named(name: &str) -> Option<Self> {
        ROWS.iter()
            .find(|row| row.name == name)
            .map(|row| row.format)
    }

    /// Its name inside the Worker.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// Its `Content-Type`.
    pub fn media_type(self) -> &'static str {
        self.row().map_or("", |row| row.media_type)
    }

    /// What stands between two events.
    pub fn separator(self) -> &'static str {
        self.row().map_or("", |row| row.separator)
    }

    pub(crate) fn tag(self) -> &'static str {
        self.row().map_or("", |row| row.tag)
    }

    /// The form that `Accept` asks for ([RFC 9110, section
    /// 12.5.1](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)): the one with the greatest
    /// weight, JSON among equals. Who accepts none of them gets JSON all the same.
    pub fn accepted(accept: Option<&str>) -> Self {
        let accept = accept.unwrap_or("*/*");
        let mut best = (Self::Json, 0);
        for row in ROWS.iter().take(CHOICES) {
            let weight = weight(accept, row.media_type);
            if weight > best.1 {
                best = (row.format, weight);
            }
        }
        best.0
    }
}

/// The weight of a media type in thousandths: that of the most specific range that it is in.
fn weight(accept: &str, media_type: &str) -> u32 {
    let mut found = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let specific = match range {
            "*/*" => 1,
            "application/*" => 2,
            _ if range.eq_ignore_ascii_case(media_type) => 3,
            _ => continue,
        };
        let q = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        if specific > found.0 {
            found = (specific, q.map_or(1000, thousandths));
        }
    }
    found.1
}

/// `0.25` as 250. What is no weight counts as none.
fn thousandths(q: &str) -> u32 {
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u32>()) {
        ("1", Ok(_)) => 1000,
        ("0", Ok(part)) => part,
        _ => 0,
    }
}

/// Seconds of `Prefer: wait=N` ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240)): the first that
/// is given counts, and what is no number is as if it were not there.
pub fn preferred_wait(prefer: Option<&str>) -> Option<u64> {
    prefer?.split(',').find_map(|preference| {
        let preference = preference.split(';').next()?;
        let (name, value) = preference.split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("wait").then_some(())?;
        value.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        value.parse().ok()
    })
}
