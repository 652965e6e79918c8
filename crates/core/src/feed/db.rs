//! The door to SQLite: what the log asks of a database, and nothing else.
//!
//! The Durable Object's storage and rusqlite both stand behind it, so the SQL that the tests prove
//! is the SQL that production runs. Texts and blobs stay in the database's own representation
//! (a JavaScript string, an `ArrayBuffer`): a page of events is never copied into wasm.

/// A parameter of a statement.
#[derive(Debug)]
pub enum Value<'a, B> {
    /// Below 2^53: a Durable Object's integers go through a double.
    Int(u64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes in the database's own representation.
    Blob(&'a B),
    /// SQL's NULL.
    Null,
}

/// The database refused a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbError(pub String);

impl std::fmt::Display for DbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One row of a result; columns count from 0. A column of another type reads as empty.
pub trait Row<D: Db + ?Sized> {
    /// Whether the column is NULL.
    fn is_null(&self, column: u32) -> bool;
    /// An integer.
    fn int(&self, column: u32) -> u64;
    /// A text, copied out of the database.
    fn string(&self, column: u32) -> String;
    /// A text, in the database's representation.
    fn text(&self, column: u32) -> D::Text;
    /// A blob, in the database's representation.
    fn blob(&self, column: u32) -> Option<D::Blob>;
}

/// A database that runs one statement at a time, on one thread.
pub trait Db {
    /// A text as the database hands it out.
    type Text: From<String>;
    /// A blob as the database takes it and hands it out.
    type Blob;

    /// Runs one statement and reads each of its rows.
    fn query<T>(
        &self,
        sql: &str,
        params: &[Value<'_, Self::Blob>],
        read: impl FnMut(&dyn Row<Self>) -> T,
    ) -> Result<Vec<T>, DbError>;

    /// A text of our own as a blob.
    fn blob(&self, text: &str) -> Self::Blob;

    /// Runs `work` in a transaction: all of it is kept, or on `Err` nothing.
    fn transaction<T>(&self, work: impl FnOnce() -> Result<T, DbError>) -> Result<T, DbError>;

    /// Runs one statement for its effect.
    fn execute(&self, sql: &str, params: &[Value<'_, Self::Blob>]) -> Result<(), DbError> {
        self.query(sql, params, |_| ()).map(|_| ())
    }

    /// Runs one statement for its effect, once with each list of parameters; the lists are of one length.
    fn execute_each(&self, sql: &str, each: &[Vec<Value<'_, Self::Blob>>]) -> Result<(), DbError> {
        each.iter().try_for_each(|params| self.execute(sql, params))
    }

    /// The first row, where there is one.
    fn first<T>(
        &self,
        sql: &str,
        params: &[Value<'_, Self::Blob>],
        read: impl FnMut(&dyn Row<Self>) -> T,
    ) -> Result<Option<T>, DbError> {
        Ok(self.query(sql, params, read)?.into_iter().next())
    }
}
