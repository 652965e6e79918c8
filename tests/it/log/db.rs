//! The log's door to SQLite, onto rusqlite, as narrow as a Durable Object's.
//!
//! It counts statements and steps of SQLite's machine, which is how cost is measured without a
//! clock, and it can be told to fail at a statement to come.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, StatementStatus, ToSql};
use waypost_core::feed::db::{Db, DbError, Row, Value};

/// What a Durable Object's SQLite is limited to.
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 127),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
];

/// A database that outlives the logs that are opened on it: dropping a log and opening another one
/// is a restart of the object.
#[derive(Clone)]
pub(crate) struct RusqliteDb(Rc<Inner>);

struct Inner {
    connection: RefCell<Connection>,
    /// Whether this adapter speaks and not the core: only the adapter may open transactions.
    trusted: Arc<AtomicBool>,
    fail_in: Cell<Option<u32>>,
    cost: Cell<Cost>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) statements: u64,
    pub(crate) steps: u64,
}

impl RusqliteDb {
    pub(crate) fn in_memory() -> Self {
        Self::over(Connection::open_in_memory().expect("memory"))
    }

    fn over(mut connection: Connection) -> Self {
        let trusted = Arc::new(AtomicBool::new(false));
        let adapter = trusted.clone();
        for &(limit, value) in LIMITS {
            connection.set_limit(limit, value).expect("limit");
        }
        // Errors like those of the Durable Object, at the moment that a statement is prepared.
        let door = move |context: AuthContext<'_>| match context.action {
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. }
                if adapter.load(Ordering::Relaxed) =>
            {
                Authorization::Allow
            }
            AuthAction::Transaction { .. }
            | AuthAction::Savepoint { .. }
            | AuthAction::Pragma { .. }
            | AuthAction::Attach { .. }
            | AuthAction::Detach { .. } => Authorization::Deny,
            _ => Authorization::Allow,
        };
        connection.authorizer(Some(door)).expect("authorizer");
        Self(Rc::new(Inner {
            connection: RefCell::new(connection),
            trusted,
            fail_in: Cell::new(None),
            cost: Cell::default(),
        }))
    }

    /// Makes the `n`th statement from now fail (1 is the next); a commit counts as one.
    pub(crate) fn fail_in(&self, n: u32) {
        self.0.fail_in.set(Some(n));
    }

    /// Takes the failure back and says whether it is still to come.
    pub(crate) fn mend(&self) -> bool {
        self.0.fail_in.take().is_some()
    }

    /// What `work` costs.
    pub(crate) fn cost_of<T>(&self, work: impl FnOnce() -> T) -> (T, Cost) {
        self.0.cost.set(Cost::default());
        let done = work();
        (done, self.0.cost.get())
    }

    /// Runs SQL that is not the core's.
    pub(crate) fn raw(&self, sql: &str) -> Result<(), DbError> {
        self.0.trusted.store(true, Ordering::Relaxed);
        let done = self.0.connection.borrow().execute_batch(sql);
        self.0.trusted.store(false, Ordering::Relaxed);
        done.map_err(error)
    }

    fn step(&self) -> Result<(), DbError> {
        match self.0.fail_in.get() {
            Some(1) => {
                self.0.fail_in.set(None);
                Err(DbError("injected".to_owned()))
            }
            left => {
                self.0.fail_in.set(left.map(|n| n - 1));
                Ok(())
            }
        }
    }
}

fn error(error: rusqlite::Error) -> DbError {
    DbError(error.to_string())
}

struct Parameter<'a>(&'a Value<'a, Vec<u8>>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Int(int) => {
                // A Durable Object takes numbers as doubles, and SQLite reckons with them as such.
                assert!(*int < 1 << 53, "{int} would be rounded");
                ValueRef::Real(*int as f64)
            }
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(blob) => ValueRef::Blob(blob),
            Value::Null => ValueRef::Null,
        }))
    }
}

struct Columns<'a>(&'a rusqlite::Row<'a>);

impl Columns<'_> {
    fn column(&self, column: u32) -> ValueRef<'_> {
        self.0.get_ref(column as usize).unwrap_or(ValueRef::Null)
    }
}

impl Row<RusqliteDb> for Columns<'_> {
    fn is_null(&self, column: u32) -> bool {
        self.column(column) == ValueRef::Null
    }

    fn int(&self, column: u32) -> u64 {
        match self.column(column) {
            ValueRef::Integer(int) => u64::try_from(int).unwrap_or(0),
            // As a number of JavaScript's is read.
            ValueRef::Real(real) => real as u64,
            _ => 0,
        }
    }

    fn string(&self, column: u32) -> String {
        self.column(column).as_str().unwrap_or_default().to_owned()
    }

    fn text(&self, column: u32) -> String {
        self.string(column)
    }

    fn blob(&self, column: u32) -> Option<Vec<u8>> {
        self.column(column).as_blob().ok().map(<[u8]>::to_vec)
    }
}

impl Db for RusqliteDb {
    type Text = String;
    type Blob = Vec<u8>;

    fn blob(&self, text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    fn query<T>(
        &self,
        sql: &str,
        params: &[Value<'_, Vec<u8>>],
        mut read: impl FnMut(&dyn Row<Self>) -> T,
    ) -> Result<Vec<T>, DbError> {
        self.step()?;
        let connection = self.0.connection.borrow();
        let mut statement = connection.prepare_cached(sql).map_err(error)?;
        let params: Vec<_> = params.iter().map(Parameter).collect();
        let mut rows = statement
            .query(rusqlite::params_from_iter(params))
            .map_err(error)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            all.push(read(&Columns(row)));
        }
        drop(rows);
        let steps = statement.reset_status(StatementStatus::VmStep);
        let Cost {
            statements,
            steps: sum,
        } = self.0.cost.get();
        self.0.cost.set(Cost {
            statements: statements + 1,
            steps: sum + u64::try_from(steps).unwrap_or(0),
        });
        Ok(all)
    }

    fn transaction<T>(&self, work: impl FnOnce() -> Result<T, DbError>) -> Result<T, DbError> {
        self.raw("BEGIN")?;
        let done = work().and_then(|value| self.step().map(|()| value));
        self.raw(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        done
    }
}

/// What production would refuse is refused here too.
#[test]
fn as_narrow_as_a_durable_object() {
    let db = RusqliteDb::in_memory();
    let check = |sql: &str, allowed: bool| {
        assert_eq!(db.execute(sql, &[]).is_ok(), allowed, "{sql}");
    };
    check("SELECT concat('a', format('%03d', 7))", true);
    check("PRAGMA user_version", false);
    check("BEGIN", false);
    check("SAVEPOINT s", false);
    check("ATTACH ':memory:' AS other", false);
    check("SELECT zeroblob(4194305)", false);
    check(
        "VALUES (1) UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6",
        false,
    );
}
