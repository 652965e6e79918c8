//! What a consumer is, kept: made by its first claim, and moved by each.

use super::{Consumer, Gap, Options, Start};
use crate::config::is_name;
use crate::feed::Log;
use crate::feed::db::{Db, DbError, Value};
use crate::problem::Problem;
use crate::rejection::Rejection;

/// The most consumers of a feed: all of them are one answer.
const MOST: u64 = 100;

/// Takes everything.
const NO_FILTER: &str = "[]";

impl Options {
    /// Whether a consumer is what a claim wants it to be.
    pub(super) fn fit(&self, consumer: &Consumer) -> bool {
        fn fits<T: PartialEq + ?Sized>(wanted: Option<&T>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        fits(self.ordered.as_ref(), &consumer.ordered)
            && fits(self.max_attempts.as_ref(), &consumer.max_attempts)
            && fits(self.types.as_deref(), &consumer.types)
            && fits(self.sources.as_deref(), &consumer.sources)
    }
}

/// A row of numbers; those that it has not, and NULL, are 0.
pub(super) type Numbers = [u64; 6];

impl<D: Db> Log<D> {
    /// Every row of a statement that gives up to six numbers. One for all, because each reading of rows
    /// is code of its own in the bundle.
    #[inline(never)]
    pub(super) fn numbers(
        &self,
        sql: &str,
        parameters: &[Value<'_, D::Blob>],
    ) -> Result<Vec<Numbers>, DbError> {
        self.db().query(sql, parameters, |row| {
            [0, 1, 2, 3, 4, 5].map(|column| row.int(column))
        })
    }

    /// The first row of numbers.
    pub(super) fn number(
        &self,
        sql: &str,
        parameters: &[Value<'_, D::Blob>],
    ) -> Result<Option<Numbers>, DbError> {
        Ok(self.numbers(sql, parameters)?.first().copied())
    }

    /// Every row of a statement that gives a text.
    #[inline(never)]
    pub(super) fn texts(
        &self,
        sql: &str,
        parameters: &[Value<'_, D::Blob>],
    ) -> Result<Vec<D::Text>, DbError> {
        self.db().query(sql, parameters, |row| row.text(0))
    }

    pub(super) fn consumer(&self, name: &str) -> Result<Option<Consumer>, DbError> {
        self.db().first(
            "SELECT consumer, ordered, max_attempts, types, sources, position, generation,
                gap_from, gap_to, gap_told, 1 + abs(random() % 4503599627370496)
             FROM consumers WHERE name = ?",
            &[Value::Text(name)],
            |row| Consumer {
                id: row.int(0),
                ordered: row.int(1) == 1,
                max_attempts: row.int(2),
                types: row.string(3),
                sources: row.string(4),
                position: row.int(5),
                generation: row.int(6),
                gap: Gap {
                    from: row.int(7),
                    to: row.int(8),
                    told: (!row.is_null(9)).then(|| row.string(9)),
                },
                nonce: row.int(10),
            },
        )
    }

    pub(super) fn create(
        &self,
        name: &str,
        options: &Options,
        now: u64,
    ) -> Result<Result<Consumer, Problem>, DbError> {
        if !is_name(name) {
            return Ok(Err(Rejection::InvalidName.into()));
        }
        let count = self.number("SELECT count(*) FROM consumers", &[])?;
        if count.is_some_and(|[count, ..]| count >= MOST) {
            return Ok(Err(Rejection::TooManyConsumers.into()));
        }
        let position = match self.place_of(options.from)? {
            Ok(position) => position,
            Err(problem) => return Ok(Err(problem)),
        };
        self.db().execute(
            "INSERT INTO consumers (name, ordered, max_attempts, types, sources, position,
                generation, created_at, claimed_at, gap_from, gap_to)
             VALUES (?, ?, ?, ?, ?, ?, 1, ?, 0, 0, 0)",
            &[
                Value::Text(name),
                Value::Int(options.ordered.unwrap_or_default().into()),
                Value::Int(options.attempts()),
                Value::Text(options.types.as_deref().unwrap_or(NO_FILTER)),
                Value::Text(options.sources.as_deref().unwrap_or(NO_FILTER)),
                Value::Int(position),
                Value::Int(now),
            ],
        )?;
        self.consumer(name)?
            .map(Ok)
            .ok_or_else(|| DbError("the consumer went while it was made".to_owned()))
    }

    /// Writes what moves in a consumer's life; `gap_at` is when it is told of a gap for the first time.
    pub(super) fn keep(
        &self,
        consumer: &Consumer,
        claimed_at: Option<u64>,
        gap_at: Option<u64>,
    ) -> Result<(), DbError> {
        let told = consumer.gap.told.as_deref();
        let moment = |at: Option<u64>| at.map_or(Value::Null, Value::Int);
        self.db().execute(
            "UPDATE consumers SET position = ?, generation = ?, claimed_at = coalesce(?, claimed_at),
                gap_from = ?, gap_to = ?, gap_told = ?, gap_at = coalesce(?, gap_at) WHERE consumer = ?",
            &[
                Value::Int(consumer.position),
                Value::Int(consumer.generation),
                moment(claimed_at),
                Value::Int(consumer.gap.from),
                Value::Int(consumer.gap.to),
                told.map_or(Value::Null, Value::Text),
                moment(gap_at),
                Value::Int(consumer.id),
            ],
        )
    }

    /// The sequence after which a consumer starts.
    pub(super) fn place_of(&self, start: Start) -> Result<Result<u64, Problem>, DbError> {
        let bounds = self.bounds();
        let id = match start {
            Start::Earliest => return Ok(Ok(bounds.start())),
            Start::Latest => return Ok(Ok(bounds.latest)),
            Start::Time(at) => return self.since(at).map(Ok),
            Start::After(id) => id,
        };
        Ok(bounds.resume(id).map_err(|lost| bounds.refusal(lost)))
    }
}
