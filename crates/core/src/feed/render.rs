//! The SQL that writes events as text, in every form.
//!
//! SQLite itself writes it: an event is the concatenation of texts that were rendered once at its
//! append. Base64 is what SQLite cannot do, so there the payload comes beside the text.

use crate::cache::Audience;
use crate::filter::{self, Filter};
use crate::represent::Format;

/// How events are shown.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// To whom.
    pub audience: Audience,
    /// In which form.
    pub format: Format,
    /// Whether every payload is base64 of its bytes.
    pub base64: bool,
}

/// What a form calls the three ways of having a payload: as it is, in base64, elsewhere.
struct Members {
    json: &'static str,
    base64: &'static str,
    url: &'static str,
}

const EVENT: Members = Members {
    json: "',\"payload\":' || payload",
    base64: ",\"payload_base64\":\"",
    url: ",\"body_url\":\"",
};

/// The same text on one line: between the tokens of JSON a line break is a blank, and within them there
/// is none.
const LINE: &str = r#"',"payload":' || replace(replace(payload, char(10), ' '), char(13), ' ')"#;

/// `data` is JSON where the type of the data says so, or says nothing; else it is a text.
const CLOUD_EVENT: Members = Members {
    json: r#"',"data":' || CASE WHEN content_type IS NULL OR
            trim(substr(content_type, 1, instr(content_type || ';', ';') - 1)) LIKE '%_/json' OR
            trim(substr(content_type, 1, instr(content_type || ';', ';') - 1)) LIKE '%_/_%+json'
            THEN payload ELSE json_quote(payload) END"#,
    base64: ",\"data_base64\":\"",
    url: ",\"dataref\":\"",
};

/// The attributes of a CloudEvent. A type may not be empty, so what has none is a `webhook`.
const ATTRIBUTES: &str = r#"'{"specversion":"1.0","id":"', ?1, format('%016d', seq),
    '","source":', json_quote(source), ',"type":', json_quote(iif(type = '', 'webhook', type)),
    ',"time":"', '{' || head || '}' ->> 'received_at',
    '","webhookid":', json_quote('{' || head || '}' ->> 'webhook_id'),
    iif(coalesce(content_type, '') = '', '', ',"datacontenttype":' || json_quote(content_type)), "#;

/// The lines of a server-sent event before its data. A type that would break the line, or that
/// browsers send themselves, is not named: such an event is a plain message.
const SSE: &str = "'id: ', ?1, format('%016d', seq), char(10),
    iif(type IN ('', 'error', 'open') OR instr(type, char(10)) OR instr(type, char(13)), '',
        concat('event: ', type, char(10))),
    'data: ', ";

impl Shape {
    /// The members of an event before its payload, and how the form calls that.
    fn open(self) -> (String, Members) {
        // A public feed does not show signatures: whoever reads them could replay the webhook elsewhere.
        let signatures = match self.audience {
            Audience::Token => "signature_headers,",
            Audience::Public => "",
        };
        let (before, json) = match self.format {
            Format::Json => ("", EVENT.json),
            Format::Lines => ("", LINE),
            Format::Sse => (SSE, LINE),
            Format::CloudEvents => return (ATTRIBUTES.to_owned(), CLOUD_EVENT),
        };
        let open = format!(
            r#"{before} '{{"id":"', ?1, format('%016d', seq), '",', head, ',"headers":{{', headers,
                {signatures} '}},"size":', size, "#
        );
        (open, Members { json, ..EVENT })
    }

    /// What stands after an event's last member.
    pub(super) fn close(self) -> &'static str {
        match self.format {
            Format::Sse => "}\n\n",
            Format::Lines => "}\n",
            Format::Json | Format::CloudEvents => "}",
        }
    }

    /// The events after `?2` up to `?3`, as far as they are stored before `?4` or the first: their last sequence,
    /// how many are shown, and their texts as bytes, after `?7` and, where the run ends with them, before `?8`. `?1` is
    /// the generation as it stands in ids. In base64 a row each, with the payload beside its text (which is
    /// whole where there is none).
    pub(super) fn page(self, filter: &Filter) -> String {
        let close = self.close();
        let shown = format!("form < 3{}", condition(filter));
        let run = "FROM events WHERE seq > ?2 AND seq <= ?3 AND (seq = ?2 + 1 OR end_offset <= ?4) ORDER BY seq";
        if self.base64 {
            let (open, Members { base64, url, .. }) = self.open();
            let url = elsewhere(url);
            return format!(
                "SELECT seq, CASE WHEN {shown} THEN concat({open}
                    CASE form WHEN 2 THEN {url} || '{close}' ELSE '{base64}' END) END, form, payload {run}"
            );
        }
        let separator = self.format.separator();
        format!(
            "SELECT max(seq), count(json), CAST(concat(?7, group_concat(json, '{separator}'),
                iif(max(seq) = ?3, ?8, '')) AS BLOB) FROM (SELECT seq, CASE WHEN {shown} THEN {} END AS json {run})",
            self.event(&format!("'{close}'"))
        )
    }

    /// The text of one event; `end` is what follows its own members.
    fn event(self, end: &str) -> String {
        let (open, Members { json, base64, url }) = self.open();
        let url = elsewhere(url);
        format!(
            "concat({open} CASE form WHEN 0 THEN {json} WHEN 1 THEN '{base64}' || payload || '\"'
                ELSE {url} END, {end})"
        )
    }
}

/// A payload that is elsewhere.
fn elsewhere(url: &str) -> String {
    format!("'{url}' || payload || ?1 || format('%016d', seq) || '/body\"'")
}

/// The JSON of one event, with `end` behind its members. `?1` is the generation as it stands in ids.
pub(crate) fn event_json(audience: Audience, end: &str) -> String {
    let shape = Shape {
        audience,
        format: Format::Json,
        base64: false,
    };
    shape.event(end)
}

/// What is true of the events that a filter shows, to stand behind another condition.
pub(super) fn condition(filter: &Filter) -> &'static str {
    if filter.is_empty() {
        ""
    } else {
        filter::CONDITION
    }
}
