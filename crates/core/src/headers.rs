//! The request's headers as one flat string, so that they cross from the host in one call.

/// The longest value of a header that a scheme reads, in bytes.
pub const MAX_VALUE: usize = 8 * 1024;

/// A view over `name\nvalue\nname\nvalue\n…`: names in lower case, repeats joined with `", "`.
///
/// Fetch gives headers in exactly that shape, and neither a name nor a value can hold a line feed
/// ([Fetch, header value](https://fetch.spec.whatwg.org/#header-value)), so the form is unambiguous.
///
/// ```
/// use waypost_core::headers::Headers;
///
/// let headers = Headers::new("content-type\napplication/json\nx-github-event\npush\n");
/// assert_eq!(headers.get("x-github-event"), Some("push"));
/// assert_eq!(headers.get("x-hub-signature-256"), None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    flat: &'a str,
    lines: &'a [(&'a str, &'a str)],
}

impl<'a> Headers<'a> {
    /// Looks at `flat`; nothing is copied or checked.
    pub fn new(flat: &'a str) -> Self {
        Self { flat, lines: &[] }
    }

    /// The same, with [`Headers::iter`] gone through once for whoever asks for many of them.
    pub(crate) fn with_lines(self, lines: &'a [(&'a str, &'a str)]) -> Self {
        Self { lines, ..self }
    }

    /// The text that it looks at.
    pub fn flat(&self) -> &'a str {
        self.flat
    }

    /// The value of `name`, which must be in lower case.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let is_it = |(key, _): &(&str, &str)| *key == name;
        let found = match self.lines {
            [] => self.iter().find(is_it),
            lines => lines.iter().copied().find(is_it),
        };
        found.map(|(_, value)| value)
    }

    /// Every name with its value, in the host's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let flat = self.flat;
        let mut ends = memchr::memchr_iter(b'\n', flat.as_bytes());
        let mut start = Some(0);
        let mut line = move || {
            let from = start?;
            let end = ends.next();
            start = end.map(|end| end + 1);
            flat.get(from..end.unwrap_or(flat.len()))
        };
        std::iter::from_fn(move || Some((line()?, line()?)))
    }

    /// The length that the sender declared for the body, in bytes; none where it declared no number.
    pub fn content_length(&self) -> Option<u64> {
        self.get("content-length")?.parse().ok()
    }
}
