//! `list`, `show`, `search` and `log`: what one reads.

use super::args::ListArgs;
use super::exit::{Exit, Failure};
use super::out::Style;
use super::record::{EventRecord, HitRecord, RowRecord, ThreadRecord};
use super::session::{Session, Talk};
use super::text;
use crate::clock;
use crate::engine::api::{News, Request};
use crate::limits;

/// Prints a view, page by page.
pub async fn list<T: Talk>(session: &mut Session<'_, T>, args: &ListArgs) -> Result<(), Failure> {
    let now = clock::now();
    let wanted = args.limit.unwrap_or(usize::MAX);
    let mut printed = 0;
    while printed < wanted {
        let request = |ticket| Request::Rows {
            ticket,
            view: args.view,
            offset: printed,
            limit: limits::ROWS.min(wanted - printed),
        };
        let page = session
            .ask(request, |ticket, news| match news {
                News::Page(answered, page) if answered == ticket => Some(page),
                _ => None,
            })
            .await?;
        if printed == 0 && !page.rows.is_empty() && !session.out.json() {
            text::rows_heading(session.out)?;
        }
        for row in &page.rows {
            if session.out.json() {
                session.out.record(&RowRecord::new(row))?;
            } else {
                text::row(session.out, row, now)?;
            }
        }
        if page.total == 0 && !session.out.json() {
            let view = args.view.word();
            let sentence = format!("nothing in {view}; `postroom sync` fetches what is new");
            session.out.remark(Style::Plain, &sentence);
        }
        printed += page.rows.len();
        if page.rows.is_empty() || printed >= page.total {
            break;
        }
    }
    Ok(())
}

/// Prints one conversation.
pub async fn show<T: Talk>(session: &mut Session<'_, T>, id: &str) -> Result<(), Failure> {
    let conversation = session.find(id).await?;
    let request = |ticket| Request::Open {
        ticket,
        conversation,
    };
    let thread = session
        .ask(request, |ticket, news| match news {
            News::Opened(answered, thread) if answered == ticket => Some(thread),
            _ => None,
        })
        .await??;
    if session.out.json() {
        session.out.record(&ThreadRecord::new(&thread))
    } else {
        text::thread(session.out, &thread)
    }
}

/// Prints search results.
pub async fn search<T: Talk>(
    session: &mut Session<'_, T>,
    query: &[String],
    limit: usize,
) -> Result<(), Failure> {
    let query = query.join(" ");
    let request = |ticket| Request::Search {
        ticket,
        query,
        limit: limit.min(limits::HITS),
    };
    let (hits, total) = session
        .ask(request, |ticket, news| match news {
            News::Found(answered, found) if answered == ticket => Some(found),
            _ => None,
        })
        .await?
        .map_err(|trouble| match Failure::from(trouble) {
            // A query that cannot be read is wrong usage.
            failure if failure.exit == Exit::Other => Failure::new(Exit::Usage, failure.sentence),
            failure => failure,
        })?;
    let now = clock::now();
    for hit in &hits {
        if session.out.json() {
            session.out.record(&HitRecord::new(hit))?;
        } else {
            text::hit(session.out, hit, now)?;
        }
    }
    if total > hits.len() && !session.out.json() {
        let sentence = format!("{} of {total} results; more with --limit", hits.len());
        session.out.remark(Style::Plain, &sentence);
    }
    Ok(())
}

/// Prints what the team did.
pub async fn log<T: Talk>(
    session: &mut Session<'_, T>,
    id: Option<&str>,
    limit: usize,
) -> Result<(), Failure> {
    let conversation = match id {
        Some(id) => Some(session.find(id).await?),
        None => None,
    };
    let request = |ticket| Request::Log {
        ticket,
        conversation,
        limit,
    };
    let events = session
        .ask(request, |ticket, news| match news {
            News::Log(answered, events) if answered == ticket => Some(events),
            _ => None,
        })
        .await?;
    for (id, entry) in &events {
        if session.out.json() {
            session.out.record(&EventRecord::of(id, entry))?;
        } else {
            text::event(session.out, Some(id), entry)?;
        }
    }
    Ok(())
}
