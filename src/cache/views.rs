//! Pages of views and how many each holds.

use super::conversation::Class;
use super::reader::line;
use super::{Error, Reader, Viewer};
use crate::limits;
use crate::view::{Page, View};
use rusqlite::{Connection, Result as Sql, params};

/// Hides what sleeps; `?1` is the time.
const AWAKE: &str = "(snoozed_until IS NULL OR snoozed_until <= ?1)";

impl Reader {
    /// Rows of a view, at most [`limits::ROWS`]. Views of work come longest waiting first, with
    /// those in which nobody waits after them; the others newest first. An offset behind the end
    /// gives no rows.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(
        &self,
        view: View,
        viewer: &Viewer<'_>,
        offset: usize,
        limit: usize,
    ) -> Result<Page, Error> {
        self.read(|conn| {
            let mut rows = Vec::new();
            for id in window(conn, view, viewer, offset, limit.min(limits::ROWS))? {
                rows.extend(line(conn, id, viewer)?);
            }
            Ok(Page {
                view,
                offset,
                rows,
                total: total(conn, view, viewer)?,
            })
        })
    }

    /// How many conversations the views with a tab and [`View::Handled`] hold.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts(&self, viewer: &Viewer<'_>) -> Result<Vec<(View, usize)>, Error> {
        self.read(|conn| {
            let views = View::TABS.into_iter().chain([View::Handled]);
            views
                .map(|view| Ok((view, total(conn, view, viewer)?)))
                .collect()
        })
    }
}

/// The conversations in a window of a view.
fn window(
    conn: &Connection,
    view: View,
    viewer: &Viewer<'_>,
    offset: usize,
    limit: usize,
) -> Sql<Vec<i64>> {
    conn.prepare_cached(&statement(view))?
        .query_map(
            params![
                viewer.now.as_second(),
                viewer.me.as_str(),
                i64::try_from(limit).unwrap_or(i64::MAX),
                i64::try_from(offset).unwrap_or(i64::MAX),
            ],
            |row| row.get(0),
        )?
        .collect()
}

/// The query for a view. Every form names the columns of one index in its order, so that nothing
/// is sorted and no row is read for an id that is passed over.
fn statement(view: View) -> String {
    let (filter, order) = match view {
        View::Queue => (format!("class = 0 AND {AWAKE}"), "rank, snoozed_until, id"),
        View::Handled => (format!("class = 1 AND {AWAKE}"), "rank, snoozed_until, id"),
        View::Mine => ("owner = ?2 AND class <= 2".to_owned(), "rank, class, id"),
        View::Waiting => ("class = 2".to_owned(), "last_at DESC, id DESC"),
        View::Open => ("class <= 2".to_owned(), "rank, class, id"),
        View::Done => ("class = 3".to_owned(), "last_at DESC, id DESC"),
        View::All => ("TRUE".to_owned(), "last_at DESC, id DESC"),
    };
    format!("SELECT id FROM conversation WHERE {filter} ORDER BY {order} LIMIT ?3 OFFSET ?4")
}

fn total(conn: &Connection, view: View, viewer: &Viewer<'_>) -> Sql<usize> {
    let classes = match view {
        View::Queue => Class::Queue as i64..=Class::Queue as i64,
        View::Handled => Class::Handled as i64..=Class::Handled as i64,
        View::Waiting => Class::Waiting as i64..=Class::Waiting as i64,
        View::Mine | View::Open => Class::Queue as i64..=Class::Waiting as i64,
        View::Done => Class::Done as i64..=Class::Done as i64,
        View::All => Class::Queue as i64..=Class::Spam as i64,
    };
    let owner = (view == View::Mine).then(|| viewer.me.as_str());
    let all: i64 = conn
        .prepare_cached(
            "SELECT coalesce(sum(n), 0) FROM tally
             WHERE class BETWEEN ? AND ? AND owner = coalesce(?, owner)",
        )?
        .query_row(params![classes.start(), classes.end(), owner], |row| {
            row.get(0)
        })?;
    let asleep: i64 = match view {
        View::Queue | View::Handled => conn
            .prepare_cached(
                "SELECT count(*) FROM conversation WHERE class = ? AND snoozed_until > ?",
            )?
            .query_row(params![classes.start(), viewer.now.as_second()], |row| {
                row.get(0)
            })?,
        _ => 0,
    };
    Ok(usize::try_from(all - asleep).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::schema;

    #[test]
    fn every_view_is_read_from_one_index_in_its_order() {
        let dir = tempfile::tempdir().unwrap();
        let conn = schema::open_writer(&dir.path().join("cache.db")).unwrap();
        for view in View::TABS.into_iter().chain([View::Handled, View::All]) {
            let sql = format!("EXPLAIN QUERY PLAN {}", statement(view));
            let mut explained = conn.prepare(&sql).unwrap();
            let steps = explained.query_map(params![0, "ana", 50, 0], |row| row.get(3));
            let steps: Vec<String> = steps.unwrap().map(Result::unwrap).collect();
            assert_eq!(steps.len(), 1, "{}: {steps:?}", view.word());
            let step = steps.first().unwrap();
            assert!(
                step.contains("USING COVERING INDEX"),
                "{}: {step}",
                view.word()
            );
        }
    }
}
