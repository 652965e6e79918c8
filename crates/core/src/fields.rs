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

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

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
    let json = &mut serde_json::Deserializer::from_slice(body);
    search(json, wanted, Accept::Names)
}

/// The string, whole number or boolean at each of `pointers`, as it is signed.
pub fn values(body: &[u8], pointers: &Wanted<'_>) -> Vec<Option<String>> {
    let json = &mut serde_json::Deserializer::from_slice(body);
    let wanted: Vec<&Wanted<'_>> = pointers.chunks(1).collect();
    let found = search(json, &wanted, Accept::Values).into_iter();
    found.map(|found| found.map(|found| found.text)).collect()
}

/// As [`in_slice`], for a body that is read in chunks, and only as far as needed.
pub fn in_reader(body: impl Read, wanted: &[&Wanted<'_>]) -> Vec<Option<Found>> {
    // One instance of the parser for every kind of reader.
    let mut body = BufReader::with_capacity(CHUNK, body);
    let body: &mut dyn Read = &mut body;
    let json = &mut serde_json::Deserializer::from_reader(body);
    search(json, wanted, Accept::Names)
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

fn search<'de, R: serde_json::de::Read<'de>>(
    json: &mut serde_json::Deserializer<R>,
    wanted: &[&Wanted<'_>],
    accept: Accept,
) -> Vec<Option<Found>> {
    let mut search = Search {
        accept,
        paths: wanted
            .iter()
            .enumerate()
            .flat_map(|(group, pointers)| pointers.iter().enumerate().map(move |at| (group, at)))
            .map(|(group, (index, pointer))| Path {
                group,
                index,
                tokens: &pointer.0,
                text: None,
            })
            .collect(),
    };
    let nothing = || vec![None; wanted.len()];
    if search.settled() {
        return nothing();
    }
    let all: Vec<usize> = (0..search.paths.len()).collect();
    let read = Value {
        search: &mut search,
        depth: 0,
        paths: &all,
    }
    .deserialize(&mut *json);
    let whole = read.is_ok() && json.end().is_ok();
    if !whole && !search.settled() {
        return nothing();
    }
    (0..wanted.len()).map(|group| search.best(group)).collect()
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
    /// None: not come to yet. Some(None): something else stands there.
    text: Option<Option<String>>,
}

impl Search<'_> {
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

    /// Notes what stands where `paths` lead; the first time counts.
    fn note(&mut self, depth: usize, paths: &[usize], text: Option<&str>) {
        for &number in paths {
            let Some(path) = self.paths.get_mut(number) else {
                continue;
            };
            if path.tokens.len() == depth && path.text.is_none() {
                let names = self.accept == Accept::Names;
                let text = text.filter(|text| !names || acceptable(text));
                path.text = Some(text.map(str::to_owned));
            }
        }
    }

    /// What was found at `paths`, which are as if they had not been come to.
    fn take(&mut self, paths: &[usize]) -> Vec<Option<Option<String>>> {
        let taken = paths.iter().map(|&number| {
            let path = self.paths.get_mut(number);
            path.and_then(|path| path.text.take())
        });
        taken.collect()
    }

    /// Takes back what was found at `paths`.
    fn forget(&mut self, paths: &[usize]) {
        for &number in paths {
            if let Some(path) = self.paths.get_mut(number) {
                path.text = Some(None);
            }
        }
    }

    /// Those of `paths` that go on with `key` at `depth`.
    fn through(&self, depth: usize, paths: &[usize], key: &str) -> Vec<usize> {
        let goes_on = |number: &usize| {
            let token = self
                .paths
                .get(*number)
                .and_then(|path| path.tokens.get(depth));
            token.is_some_and(|token| token == key)
        };
        paths.iter().copied().filter(goes_on).collect()
    }
}

/// What a path says where it goes on with the only item of a list.
const ONLY_ITEM: &str = "*";
/// What a path says where it goes on with every item of a list, and all of them say the same.
const EVERY_ITEM: &str = "**";

fn is_into_list(token: &str) -> bool {
    token == ONLY_ITEM || token == EVERY_ITEM
}

/// Reads a list of which every item must lead `paths` to the same text, and so must have one.
fn same<'de, A: SeqAccess<'de>>(
    search: &mut Search<'_>,
    depth: usize,
    paths: &[usize],
    mut items: A,
) -> Result<(), A::Error> {
    let mut first: Option<Vec<Option<Option<String>>>> = None;
    let mut differ = false;
    loop {
        let item = Value {
            search,
            depth: depth + 1,
            paths,
        };
        if items.next_element_seed(item)?.is_none() {
            break;
        }
        let texts = search.take(paths);
        match &first {
            Some(first) => differ |= *first != texts,
            None => first = Some(texts),
        }
    }
    for (number, text) in paths.iter().zip(first.unwrap_or_default()) {
        if let Some(path) = search.paths.get_mut(*number) {
            path.text = text;
        }
    }
    if differ {
        search.forget(paths);
    }
    Ok(())
}

/// Whether `text` can be an id or a type.
pub(crate) fn acceptable(text: &str) -> bool {
    (1..=MAX_TEXT).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// A value that `paths` lead to.
struct Value<'s, 'p> {
    search: &'s mut Search<'p>,
    depth: usize,
    paths: &'s [usize],
}

impl Value<'_, '_> {
    fn note(self, text: Option<&str>) {
        self.search.note(self.depth, self.paths, text);
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
        let Self {
            search,
            depth,
            paths,
        } = self;
        search.note(depth, paths, None);
        let each = search.through(depth, paths, EVERY_ITEM);
        if !each.is_empty() {
            return same(search, depth, &each, items);
        }
        let inside = search.through(depth, paths, ONLY_ITEM);
        if !inside.is_empty() {
            items.next_element_seed(Value {
                search,
                depth: depth + 1,
                paths: &inside,
            })?;
        }
        let mut more = false;
        while items.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        if more {
            search.forget(&inside);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self {
            search,
            depth,
            paths,
        } = self;
        search.note(depth, paths, None);
        let mut entered: Vec<usize> = Vec::new();
        loop {
            let key = Key {
                search,
                depth,
                paths,
            };
            let Some(paths) = members.next_key_seed(key)? else {
                return Ok(());
            };
            if paths.is_empty() {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            members.next_value_seed(Value {
                search,
                depth: depth + 1,
                paths: &paths,
            })?;
            if search.accept == Accept::Values {
                // Of a member that stands twice some read the first and some the last.
                if paths.iter().any(|path| entered.contains(path)) {
                    search.forget(&paths);
                }
                entered.extend_from_slice(&paths);
            }
            if search.settled() {
                // The only way out of the parser before the end of the body.
                return Err(A::Error::custom("found"));
            }
        }
    }
}

/// A key, which becomes those of `paths` that go on with it.
struct Key<'s, 'p> {
    search: &'s Search<'p>,
    depth: usize,
    paths: &'s [usize],
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Vec<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Vec<usize>, E> {
        match key {
            key if is_into_list(key) => Ok(Vec::new()),
            key => Ok(self.search.through(self.depth, self.paths, key)),
        }
    }
}
