//! Readers of a log and its model: what one sees, the other says.

use waypost_core::cache::Audience;
use waypost_core::conditional::http_date;
use waypost_core::cursor::EventId;
use waypost_core::query::{Face, Position, Query};

use super::ask::{Ask, Seen};
use super::given::id;
use super::model::{Event, Page};
use super::ops::{At, List};
use super::run::Run;

/// Bytes and their type.
type Body = (Vec<u8>, Option<String>);

impl Run {
    pub(super) fn list(&mut self, list: &List) {
        let (cursor, position) = match list.at {
            At::Start if list.face == Face::Updates => {
                (Some(self.model.since(self.now - 600_000)), Position::None)
            }
            At::Ago(ms) if list.face == Face::Updates => {
                let time = self.now - ms;
                (Some(self.model.since(time - 5_000)), Position::Time(time))
            }
            At::Start | At::Ago(_) => (None, Position::None),
            At::After(at) => (Some(self.pick(at)), Position::After(id(self.pick(at)))),
            At::OtherLife => (
                Some(u64::MAX),
                Position::After(EventId {
                    generation: 7,
                    sequence: 0,
                }),
            ),
        };
        let limit = Some(list.limit).filter(|_| list.face != Face::Updates);
        let hold = if list.hold && list.face != Face::Updates {
            25
        } else {
            0
        };
        let filter = list
            .kind
            .map_or(String::new(), |kind| format!("type={kind}"));
        let query = Query {
            position,
            limit,
            hold,
            ..Query::parse(list.face, &filter, None).expect("a filter")
        };
        let page = match cursor {
            Some(u64::MAX) => Page::Gone,
            _ => self.page(list, cursor, limit),
        };
        let url = query.to_string();
        let waits = Ask {
            held: false,
            audience: list.audience,
            ..Ask::url(&url, self.now)
        };
        let held = waits.of(&self.log).expect("works").is_none();
        let nothing = match page {
            Page::Gone => false,
            Page::Run(after, through) if list.kind.is_some() => {
                through == self.model.latest && self.shown(list, after, through).count() == 0
            }
            Page::Run(after, through) => after == through,
        };
        assert_eq!(held, hold > 0 && nothing);
        let seen = self.ask(&url, list.audience);
        match page {
            Page::Gone => self.check_gone(&seen),
            Page::Run(after, through) => {
                assert_eq!(seen.status, 200);
                assert_eq!(seen.text(), self.list_text(list, after, through, hold > 0));
                seen.json();
            }
        }
    }

    /// The page, where nothing that was erased or is hidden can make a reader without `next` ask for ever.
    fn page(&self, list: &List, cursor: Option<u64>, limit: Option<u64>) -> Page {
        let mut page = self.model.page(cursor, limit, list.kind);
        while let (Face::LongPoll, Page::Run(after, through)) = (list.face, &page) {
            if after == through || self.shown(list, *after, *through).next().is_some() {
                break;
            }
            page = self.model.page(Some(*through), limit, list.kind);
        }
        page
    }

    fn shown(&self, list: &List, after: u64, through: u64) -> impl Iterator<Item = &Event> {
        let kind = list.kind;
        self.model
            .between(after, through)
            .filter(move |event| !event.erased && kind.is_none_or(|kind| event.is(kind)))
    }

    fn list_text(&self, list: &List, after: u64, through: u64, hold: bool) -> String {
        let shown = self.shown(list, after, through);
        let events: Vec<_> = shown.map(|e| e.json(list.audience)).collect();
        let events = events.join(",");
        let (next, more) = (id(through), through < self.model.latest);
        // What is given to be echoed: the twenties of seconds, where a hold ends with nothing.
        let cursor = match hold && after == through {
            true => format!(r#","cursor":"{}""#, self.now / 20_000),
            false => String::new(),
        };
        match list.face {
            Face::Events | Face::Stream => {
                format!(r#"{{"events":[{events}],"next":"{next}","has_more":{more}{cursor}}}"#)
            }
            Face::LongPoll if after == through => r#"{"events":[],"message":"timeout"}"#.to_owned(),
            Face::LongPoll => format!(r#"{{"events":[{events}]}}"#),
            Face::Updates if more => {
                format!(r#"{{"updates":[{events}],"next":"{next}","has_more":true}}"#)
            }
            Face::Updates => format!(r#"{{"updates":[{events}]}}"#),
        }
    }

    fn check_gone(&self, seen: &Seen) {
        assert_eq!(seen.status, 410);
        let earliest = self.model.earliest().min(self.model.latest);
        let problem = seen.json();
        assert_eq!(problem["earliest"], id(earliest).to_string());
        assert_eq!(problem["latest"], id(self.model.latest).to_string());
    }

    pub(super) fn single(&mut self, seq: u64, audience: Audience) {
        let body = |event: &Event| (event.body.clone(), event.meta.content_type.clone());
        let expect = |found: Option<&Event>, show: &dyn Fn(&Event) -> Body| match found {
            None => (404, None),
            Some(event) if event.erased => (410, None),
            Some(event) => (200, Some(show(event))),
        };
        let event = self.model.event(seq);
        let cases = [
            (
                format!("/events/{}", id(seq)),
                expect(event, &|e| (e.json(audience).into(), None)),
            ),
            (format!("/events/{}/body", id(seq)), expect(event, &body)),
            ("/resource".to_owned(), expect(self.model.newest(), &body)),
        ];
        for (url, (status, content)) in cases {
            let seen = self.ask(&url, audience);
            assert_eq!(seen.status, status, "{url}");
            if let Some((bytes, content_type)) = content {
                assert_eq!(
                    (seen.bytes, seen.content_type),
                    (bytes, content_type),
                    "{url}"
                );
            }
        }
    }

    /// What a reader with nothing in hand sees; on the way, what one with something would.
    pub(super) fn ask(&mut self, url: &str, audience: Audience) -> Seen {
        let plain = Ask {
            audience,
            ..Ask::url(url, self.now)
        };
        let seen = plain.now(&self.log);
        let tagged = |etag: &str| plain.holding(Some(etag), None).now(&self.log);
        let dated = |at: u64| plain.holding(None, Some(&http_date(at))).now(&self.log);
        let not_modified = Seen {
            status: 304,
            bytes: Vec::new(),
            content_type: None,
            ..seen.clone()
        };
        let public = audience == Audience::Public;
        if let Some(etag) = &seen.etag {
            let tag = (url.to_owned(), public, etag.clone());
            let stood_for = self.tags.entry(tag).or_insert_with(|| seen.bytes.clone());
            assert_eq!(
                *stood_for, seen.bytes,
                "{etag} of {url} stands for two contents"
            );
            assert_eq!(tagged(etag), not_modified);
        }
        let place = (url.to_owned(), public);
        if let Some((date, bytes)) = self.dated.get(&place) {
            let now = dated(*date);
            let changed = *bytes != seen.bytes;
            assert!(
                !(changed && now.status == 304),
                "{url} changed since {date} and says 304"
            );
        }
        if let Some(date) = seen.last_modified {
            assert!(date < self.now / 1000, "its second is not over");
            assert_eq!(dated(date), not_modified);
            self.dated.insert(place, (date, seen.bytes.clone()));
        }
        seen
    }

    /// One page of a reader that keeps its cursor: each event once and in order, and no event
    /// passed over but those erased, or those that a 410 told of.
    pub(super) fn follow(&mut self, limit: u64) {
        let url = format!("/events?since_id={}&limit={limit}", id(self.follower));
        let seen = self.ask(&url, Audience::Token);
        if seen.status == 410 {
            assert!(self.follower + 1 < self.model.earliest());
            self.follower = self.model.earliest() - 1;
            return;
        }
        let page = seen.json();
        let ids: Vec<_> = page["events"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|e| e["id"].clone())
            .collect();
        let next: EventId = page["next"].as_str().expect("next").parse().expect("an id");
        let kept = self.model.between(self.follower, next.sequence);
        assert_eq!(
            kept.clone().count() as u64,
            next.sequence - self.follower,
            "a gap"
        );
        let shown: Vec<_> = kept
            .filter(|e| !e.erased)
            .map(|e| serde_json::Value::from(id(e.seq).to_string()))
            .collect();
        assert_eq!(ids, shown);
        assert_eq!(page["has_more"], next.sequence < self.model.latest);
        assert!(
            next.sequence > self.follower || self.follower == self.model.latest,
            "no progress"
        );
        self.follower = next.sequence;
    }
}
