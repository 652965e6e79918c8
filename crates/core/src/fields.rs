//! Strings and integers out of a JSON body, without building a tree and no further than needed.
//!
//! Rules, since ids decide what is a duplicate: the first occurrence of a path wins; nothing inside
//! an array is ever found, but where a path says `*`, the only item of one; only strings and whole
//! numbers count, of 1 to [`MAX_TEXT`] bytes and without control characters. Values that are signed
//! ([`values`]) may be any text, and booleans, and count only where no member on their path stands
//! twice. A body that is not JSON has no fields at all, as far as it was read.

use std::{
    fmt,
    io::{BufReader, Read},
};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The longest id or type, in bytes.
pub const MAX_TEXT: usize = 256;

/// How much of a large body is asked of the host at once.
const CHUNK: usize = 16 * 1024;

/// A path into a JSON document ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads `/event/id`; none where the text is no pointer, or points at the whole document.
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = text.strip_prefix('/')?.split('/');
        Some(Self(
            tokens
                .map(|token| token.replace("~1", "/").replace("~0", "~"))
                .collect(),
        ))
    }

    /// Its tokens, without their escapes.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// The name that it ends with.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |token: &String| token.replace('~', "~0").replace('/', "~1");
        self.0
            .iter()
            .try_for_each(|token| write!(f, "/{}", escaped(token)))
    }
}

/// The pointers of one question in order of preference.
pub type Wanted<'p> = [&'p Pointer];

/// Answers each of `wanted` with the index of the best pointer found and the text there.
pub fn in_slice(body: &[u8], wanted: &[&Wanted<'_>]) -> Vec<Option<Found>> {
    whole(body, Accept::Names, groups(wanted)).found(wanted.len())
}

/// The string, whole number or boolean at each of `pointers`, as it is signed.
pub fn values(body: &[u8], pointers: &Wanted<'_>) -> Vec<Option<String>> {
    let each = pointers.iter().map(|pointer| std::iter::once(*pointer));
    let found = whole(body, Accept::Values, each).found(pointers.len());
    let texts = found.into_iter();
    texts.map(|found| found.map(|found| found.text)).collect()
}

/// As [`in_slice`], for a body that is read in chunks, and only as far as needed.
pub fn in_reader(body: impl Read, wanted: &[&Wanted<'_>]) -> Vec<Option<Found>> {
    chunked(body, groups(wanted)).found(wanted.len())
}

/// The text at the best pointer of each group.
pub(crate) fn texts<'p, const N: usize>(
    body: &[u8],
    wanted: [impl Iterator<Item = &'p Pointer>; N],
) -> [Option<String>; N] {
    whole(body, Accept::Names, wanted.into_iter()).texts()
}

/// As [`texts`], for a body that is read in chunks, and only as far as needed.
pub(crate) fn texts_in_reader<'p, const N: usize>(
    body: impl Read,
    wanted: [impl Iterator<Item = &'p Pointer>; N],
) -> [Option<String>; N] {
    chunked(body, wanted.into_iter()).texts()
}

fn groups<'p>(wanted: &[&Wanted<'p>]) -> impl Iterator<Item = impl Iterator<Item = &'p Pointer>> {
    wanted.iter().map(|group| group.iter().copied())
}

fn whole<'p>(
    body: &[u8],
    accept: Accept,
    wanted: impl Iterator<Item = impl Iterator<Item = &'p Pointer>>,
) -> Search<'p> {
    let mut search = Search::new(accept, wanted);
    search.read(&mut serde_json::Deserializer::from_slice(body));
    search
}

fn chunked<'p>(
    body: impl Read,
    wanted: impl Iterator<Item = impl Iterator<Item = &'p Pointer>>,
) -> Search<'p> {
    let mut search = Search::new(Accept::Names, wanted);
    // One instance of the parser for every kind of reader.
    let mut body = BufReader::with_capacity(CHUNK, body);
    let body: &mut dyn Read = &mut body;
    search.read(&mut serde_json::Deserializer::from_reader(body));
    search
}

/// What counts as found.
#[derive(Clone, Copy, PartialEq)]
enum Accept {
    /// What can be an id or a type.
    Names,
    /// What can be signed.
    Values,
}

/// What a pointer led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which pointer, by its place in the question.
    pub index: usize,
    /// The string, or the integer in decimal.
    pub text: String,
}

struct Search<'p> {
    accept: Accept,
    /// In order of preference within each group.
    paths: Vec<Path<'p>>,
}

struct Path<'p> {
    group: usize,
    index: usize,
    tokens: &'p [String],
    /// How many of its tokens lead to where the parser is.
    depth: usize,
    /// None: not come to yet. Some(None): something else stands there.
    text: Option<Option<String>>,
}

impl<'p> Search<'p> {
    fn new(
        accept: Accept,
        wanted: impl Iterator<Item = impl Iterator<Item = &'p Pointer>>,
    ) -> Self {
        let mut paths = Vec::new();
        for (group, pointers) in wanted.enumerate() {
            paths.extend(pointers.enumerate().map(|(index, pointer)| Path {
                group,
                index,
                tokens: &pointer.0,
                depth: 0,
                text: None,
            }));
        }
        Self { accept, paths }
    }

    fn read<'de, R: serde_json::de::Read<'de>>(&mut self, json: &mut serde_json::Deserializer<R>) {
        if self.settled() {
            return;
        }
        let value = Value {
            search: self,
            depth: 0,
        };
        let read = value.deserialize(&mut *json);
        let whole = read.is_ok() && json.end().is_ok();
        if !whole && !self.settled() {
            self.paths.clear();
        }
    }

    fn found(mut self, groups: usize) -> Vec<Option<Found>> {
        (0..groups).map(|group| self.best(group)).collect()
    }

    fn texts<const N: usize>(mut self) -> [Option<String>; N] {
        std::array::from_fn(|group| self.best(group).map(|found| found.text))
    }

    /// Whether nothing that is still to come could change an answer.
    fn settled(&self) -> bool {
        let better_found = |path: &Path<'_>| {
            let found = |other: &Path<'_>| matches!(other.text, Some(Some(_)));
            self.paths
                .iter()
                .any(|other| other.group == path.group && other.index < path.index && found(other))
        };
        // Only its end says whether a list has one item, and whether a member stands twice.
        let to_its_end = self.accept == Accept::Values && !self.paths.is_empty();
        let into_list = |path: &Path<'_>| path.tokens.iter().any(|token| is_into_list(token));
        !to_its_end
            && self
                .paths
                .iter()
                .all(|path| path.text.is_some() && !into_list(path) || better_found(path))
    }

    fn best(&mut self, group: usize) -> Option<Found> {
        let in_group = self.paths.iter_mut().filter(|path| path.group == group);
        in_group.into_iter().find_map(|path| {
            let text = path.text.take().flatten()?;
            Some(Found {
                index: path.index,
                text,
            })
        })
    }

    /// The paths that lead to where the parser is at `depth`.
    fn here(&mut self, depth: usize) -> impl Iterator<Item = &mut Path<'p>> {
        self.paths
            .iter_mut()
            .filter(move |path| path.depth == depth)
    }

    /// Notes what stands where the parser is; the first time counts.
    fn note(&mut self, depth: usize, text: Option<&str>) {
        let names = self.accept == Accept::Names;
        let text = text.filter(|text| !names || acceptable(text));
        for path in self.here(depth) {
            if path.tokens.len() == depth && path.text.is_none() {
                path.text = Some(text.map(str::to_owned));
            }
        }
    }

    /// Goes on with `key`. Whether any path does.
    fn enter(&mut self, depth: usize, key: &str) -> bool {
        let mut any = false;
        for path in self.here(depth) {
            if path.tokens.get(depth).is_some_and(|token| token == key) {
                path.depth += 1;
                any = true;
            }
        }
        any
    }

    /// Goes back to `depth` from where a key led.
    fn leave(&mut self, depth: usize) {
        for path in self.here(depth + 1) {
            path.depth = depth;
        }
    }

    /// Takes back what was found beyond `depth`.
    fn forget(&mut self, depth: usize) {
        for path in self.here(depth + 1) {
            path.text = Some(None);
        }
    }

    /// What was found beyond `depth`, which is as if the parser had not been there.
    fn take(&mut self, depth: usize) -> Vec<Option<Option<String>>> {
        self.here(depth + 1).map(|path| path.text.take()).collect()
    }
}

/// What a path says where it goes on with the only item of a list.
const ONLY_ITEM: &str = "*";
/// What a path says where it goes on with every item of a list, and all of them say the same.
const EVERY_ITEM: &str = "**";

fn is_into_list(token: &str) -> bool {
    token == ONLY_ITEM || token == EVERY_ITEM
}

/// Reads a list of which every item must lead to the same text, and so must have one.
fn same<'de, A: SeqAccess<'de>>(
    search: &mut Search<'_>,
    depth: usize,
    mut items: A,
) -> Result<(), A::Error> {
    let mut first: Option<Vec<Option<Option<String>>>> = None;
    let mut differ = false;
    loop {
        let item = Value {
            search,
            depth: depth + 1,
        };
        if items.next_element_seed(item)?.is_none() {
            break;
        }
        let texts = search.take(depth);
        match &first {
            Some(first) => differ |= *first != texts,
            None => first = Some(texts),
        }
    }
    for (path, text) in search.here(depth + 1).zip(first.unwrap_or_default()) {
        path.text = text;
    }
    if differ {
        search.forget(depth);
    }
    search.leave(depth);
    Ok(())
}

/// Whether `text` can be an id or a type.
pub(crate) fn acceptable(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.len()) && !has_control(text)
}

/// Most texts are ASCII, in which a byte is a character; all of it is looked at, many bytes at once.
pub(crate) fn has_control(text: &str) -> bool {
    let bytes = text.bytes();
    let suspect = bytes.fold(false, |any, byte| any | !(b' '..0x7f).contains(&byte));
    suspect && text.chars().any(char::is_control)
}

/// A value that some path leads to.
struct Value<'s, 'p> {
    search: &'s mut Search<'p>,
    depth: usize,
}

impl Value<'_, '_> {
    fn note(self, text: Option<&str>) {
        self.search.note(self.depth, text);
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.note(Some(text));
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.note(Some(&number.to_string()));
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.note(Some(&number.to_string()));
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.note(None);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        let text = if value { "true" } else { "false" };
        let counts = self.search.accept == Accept::Values;
        self.note(counts.then_some(text));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.note(None);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { search, depth } = self;
        search.note(depth, None);
        if search.enter(depth, EVERY_ITEM) {
            return same(search, depth, items);
        }
        if search.enter(depth, ONLY_ITEM) {
            items.next_element_seed(Value {
                search,
                depth: depth + 1,
            })?;
        }
        let mut more = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        if more {
            search.forget(depth);
        }
        search.leave(depth);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { search, depth } = self;
        search.note(depth, None);
        let mut entered: Vec<&[String]> = Vec::new();
        while let Some(wanted) = members.next_key_seed(Key { search, depth })? {
            if !wanted {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            members.next_value_seed(Value {
                search,
                depth: depth + 1,
            })?;
            if search.accept == Accept::Values {
                // Of a member that stands twice some read the first and some the last.
                let here = search.here(depth + 1).map(|path| path.tokens);
                let here: Vec<&[String]> = here.collect();
                if here.iter().any(|path| entered.contains(path)) {
                    search.forget(depth);
                }
                entered.extend(here);
            }
            search.leave(depth);
            if search.settled() {
                // The parser finds that the object goes on, and stops there; or it ends with it.
                break;
            }
        }
        Ok(())
    }
}

/// A key, and whether any path goes on with it.
struct Key<'s, 'p> {
    search: &'s mut Search<'p>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<bool, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(!is_into_list(key) && self.search.enter(self.depth, key))
    }
}
