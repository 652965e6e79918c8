//! JSON that is written by hand because its shape is fixed, and only its texts vary.

/// `text` as a JSON string.
pub fn text(text: &str) -> String {
    match is_plain(text) {
        true => ["\"", text, "\""].concat(),
        false => serde_json::to_string(text).unwrap_or_default(),
    }
}

/// Adds `text` as a JSON string to some JSON.
pub fn push(json: &mut String, text: &str) {
    match is_plain(text) {
        true => json.extend(["\"", text, "\""]),
        false => json.push_str(&self::text(text)),
    }
}

/// Whether nothing in it has to be escaped.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    text.bytes().all(plain)
}

/// Adds a member whose value is a text to an object that has one already; `name` has nothing to be escaped.
pub fn push_member(json: &mut String, name: &str, value: &str) {
    json.push_str(",\"");
    json.push_str(name);
    json.push_str("\":");
    push(json, value);
}

/// `text` as a JSON string; `null` where it is empty.
pub fn text_or_null(value: &str) -> String {
    match value {
        "" => "null".to_owned(),
        value => text(value),
    }
}

/// Items that are JSON as an array.
pub fn array(items: &mut dyn Iterator<Item = String>) -> String {
    let mut json = String::from("[");
    for item in items {
        if json.len() > 1 {
            json.push(',');
        }
        json.push_str(&item);
    }
    json.push(']');
    json
}

/// Numbers as an array, for SQL to read.
pub(crate) fn numbers(numbers: &mut dyn Iterator<Item = u64>) -> String {
    array(&mut numbers.map(|number| number.to_string()))
}
