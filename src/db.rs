//! The core's door to SQLite, onto a Durable Object's storage.

use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use waypost_core::feed::db::{Db, DbError, Row, Value};

use crate::ffi::{self, ObjectState, Storage};
use crate::host::settled;
use crate::log;

/// The storage of the Durable Object that this is opened in.
pub(crate) struct DoDb {
    storage: Storage,
    sql: JsValue,
}

impl DoDb {
    pub(crate) fn new(state: &ObjectState) -> Self {
        let storage = state.storage();
        let sql = storage.sql();
        Self { storage, sql }
    }

    /// Sets the object's one alarm.
    pub(crate) async fn set_alarm(&self, unix_ms: u64) -> Result<(), DbError> {
        settled(self.storage.set_alarm_at(unix_ms as f64))
            .await
            .map(|_| ())
            .map_err(error)
    }
}

impl DoDb {
    /// Takes the object's alarm away.
    pub(crate) async fn delete_alarm(&self) -> Result<(), DbError> {
        settled(self.storage.delete_alarm())
            .await
            .map(|_| ())
            .map_err(error)
    }

    /// Removes everything, and the alarm.
    pub(crate) async fn delete_all(&self) -> Result<(), DbError> {
        settled(self.storage.delete_all())
            .await
            .map(|_| ())
            .map_err(error)
    }
}

fn error(error: JsValue) -> DbError {
    DbError(log::reason(&error))
}

impl Db for DoDb {
    type Text = JsString;
    type Blob = ArrayBuffer;

    fn blob(&self, text: &str) -> ArrayBuffer {
        Uint8Array::from(text.as_bytes()).buffer()
    }

    fn query<T>(
        &self,
        sql: &str,
        params: &[Value<'_, ArrayBuffer>],
        mut read: impl FnMut(&dyn Row<Self>) -> T,
    ) -> Result<Vec<T>, DbError> {
        let rows = match packed(params) {
            Some(packed) => ffi::rows(&self.sql, sql, &packed),
            None => {
                let parameters: Array = params.iter().map(parameter).collect();
                ffi::rows_with(&self.sql, sql, &parameters)
            }
        };
        let Some(rows) = rows.map_err(error)? else {
            return Ok(Vec::new());
        };
        Ok(rows
            .iter()
            .map(|row| read(&DoRow(row.unchecked_into())))
            .collect())
    }

    fn execute_each(&self, sql: &str, each: &[Vec<Value<'_, ArrayBuffer>>]) -> Result<(), DbError> {
        let Some(width) = each.first().map(Vec::len) else {
            return Ok(());
        };
        match packed(each.iter().flatten()) {
            Some(packed) => ffi::run_each(&self.sql, sql, &packed, width as u32).map_err(error),
            None => each.iter().try_for_each(|params| self.execute(sql, params)),
        }
    }

    fn transaction<T>(&self, work: impl FnOnce() -> Result<T, DbError>) -> Result<T, DbError> {
        let mut work = Some(work);
        let mut done = None;
        let result = self.storage.transaction_sync(&mut || {
            let Some(work) = work.take() else {
                return Ok(JsValue::UNDEFINED);
            };
            match work() {
                Ok(value) => {
                    done = Some(value);
                    Ok(JsValue::UNDEFINED)
                }
                Err(DbError(reason)) => Err(js_sys::Error::new(&reason).into()),
            }
        });
        result.map_err(error)?;
        done.ok_or_else(|| DbError("the transaction did not run".to_owned()))
    }
}

/// Parameters as one text, which is one crossing (`unpacked` in glue.js): a line that says what each of them is, and the
/// texts. None where one is a blob.
fn packed<'v, 'b: 'v>(
    values: impl IntoIterator<Item = &'v Value<'b, ArrayBuffer>>,
) -> Option<String> {
    let (mut kinds, mut texts) = (String::new(), String::new());
    for value in values {
        match value {
            Value::Int(int) => kinds.push_str(&int.to_string()),
            Value::Text(text) => {
                kinds.push('t');
                kinds.push_str(&characters(text).to_string());
                texts.push_str(text);
            }
            Value::Null => kinds.push('n'),
            Value::Blob(_) => return None,
        }
        kinds.push(',');
    }
    kinds.push('\n');
    kinds.push_str(&texts);
    Some(kinds)
}

/// How many characters a text has on the host's side.
fn characters(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.encode_utf16().count(),
    }
}

fn parameter(value: &Value<'_, ArrayBuffer>) -> JsValue {
    match value {
        Value::Int(int) => JsValue::from_f64(*int as f64),
        Value::Text(text) => JsValue::from_str(text),
        Value::Blob(blob) => (*blob).into(),
        Value::Null => JsValue::NULL,
    }
}

struct DoRow(Array);

impl Row<DoDb> for DoRow {
    fn is_null(&self, column: u32) -> bool {
        self.0.get(column).is_null()
    }

    fn int(&self, column: u32) -> u64 {
        self.0
            .get(column)
            .as_f64()
            .map_or(0, |number| number as u64)
    }

    fn string(&self, column: u32) -> String {
        self.0.get(column).as_string().unwrap_or_default()
    }

    fn text(&self, column: u32) -> JsString {
        self.0.get(column).unchecked_into()
    }

    fn blob(&self, column: u32) -> Option<ArrayBuffer> {
        self.0.get(column).dyn_into().ok()
    }
}

/// The parts of a large body, as views that the storage copies from.
pub(crate) fn parts(body: &ArrayBuffer) -> Vec<ArrayBuffer> {
    waypost_core::feed::parts(body.byte_length())
        .map(|part| body.slice_with_end(part.start, part.end))
        .collect()
}

/// Parts of a body as one.
pub(crate) fn whole(parts: &[ArrayBuffer]) -> ArrayBuffer {
    if let [part] = parts {
        return part.clone();
    }
    let chunks: Array = parts
        .iter()
        .map(|part| JsValue::from(Uint8Array::new(part)))
        .collect();
    let length = parts
        .iter()
        .fold(0, |sum: u32, part| sum.saturating_add(part.byte_length()));
    ffi::concat(&chunks, length)
}
