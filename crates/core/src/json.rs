//! JSON that is written by hand because its shape is fixed, and only its texts vary.

/// `text` as a JSON string.
pub fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Adds `text` as a JSON string.
pub(crate) fn push(json: &mut String, text: &str) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    match text.bytes().all(plain) {
        true => json.extend(["\"", text, "\""]),
        false => json.push_str(&self::text(text)),
    }
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
