//! JSON that is written by hand because its shape is fixed, and only its texts vary.

/// `text` as a JSON string.
pub fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
