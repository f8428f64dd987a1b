//! A conversation with the engine: ask, wait for the answer that belongs to it.

use super::exit::{Exit, Failure};
use super::out::{Out, Style};
use crate::engine::Handle;
use crate::engine::api::{News, Request, Ticket};
use crate::team::ConversationName;

/// The engine as verbs see it; the tests put a script in its place.
pub trait Talk {
    /// Sends a request.
    fn send(&mut self, request: Request) -> impl Future<Output = ()>;
    /// The next news; `None` when the engine has ended. Cancel-safe.
    fn news(&mut self) -> impl Future<Output = Option<News>>;
    /// Ends the engine; what is on its way to the server is finished first.
    fn finish(self) -> impl Future<Output = ()>;
}

impl Talk for Handle {
    async fn send(&mut self, request: Request) {
        Handle::send(self, request);
    }

    async fn news(&mut self) -> Option<News> {
        Handle::news(self).await
    }

    async fn finish(self) {
        Handle::finish(self).await;
    }
}

/// One verb's conversation with the engine.
pub struct Session<'o, T> {
    engine: T,
    /// Where the verb prints.
    pub out: &'o mut Out,
    tickets: u64,
}

impl<'o, T: Talk> Session<'o, T> {
    /// Starts one.
    pub fn new(engine: T, out: &'o mut Out) -> Self {
        Self {
            engine,
            out,
            tickets: 0,
        }
    }

    /// Ends the engine in order.
    pub async fn finish(self) {
        self.engine.finish().await;
    }

    /// Sends what `request` makes of a new ticket and waits until `pick` finds the answer.
    pub async fn ask<R>(
        &mut self,
        request: impl FnOnce(Ticket) -> Request,
        mut pick: impl FnMut(Ticket, News) -> Option<R>,
    ) -> Result<R, Failure> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.engine.send(request(ticket)).await;
        loop {
            let news = self.next().await?;
            if let Some(answer) = pick(ticket, news) {
                return Ok(answer);
            }
        }
    }

    /// Sends a request that is answered by more than one piece of news.
    pub async fn send(&mut self, request: Request) {
        self.engine.send(request).await;
    }

    /// The next news; notices are said on the way.
    pub async fn next(&mut self) -> Result<News, Failure> {
        loop {
            match self.engine.news().await {
                None => return Err(Failure::new(Exit::Other, "the engine stopped; try again")),
                Some(News::Notice(notice)) => {
                    let style = if notice.error {
                        Style::Bad
                    } else {
                        Style::Plain
                    };
                    self.out.remark(style, &notice.text);
                }
                Some(news) => return Ok(news),
            }
        }
    }

    /// The conversation that `text` names: an id, the unique beginning of one, or a Message-ID.
    pub async fn find(&mut self, text: &str) -> Result<ConversationName, Failure> {
        let wanted = text.to_owned();
        let request = |ticket| Request::Find {
            ticket,
            text: wanted,
        };
        let mut names = self
            .ask(request, |ticket, news| match news {
                News::Names(answered, names) if answered == ticket => Some(names),
                _ => None,
            })
            .await?;
        match (names.pop(), names.len()) {
            (Some(name), 0) => Ok(name),
            (None, _) => Err(Failure::new(
                Exit::NotFound,
                format!(
                    "there is no conversation {text} here; `postroom sync` fetches what is new"
                ),
            )),
            (Some(last), _) => {
                names.push(last);
                let ids: Vec<String> = names.iter().take(9).map(|n| n.id().to_string()).collect();
                Err(Failure::new(
                    Exit::NotFound,
                    format!("{text} names more than one: {}", ids.join(", ")),
                ))
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::cli::out::tests::caught;
    use crate::engine::api::Notice;
    use std::collections::VecDeque;

    /// An engine that answers from a list, in order.
    #[derive(Default)]
    pub(crate) struct Script {
        pub(crate) answers: VecDeque<News>,
        pub(crate) heard: Vec<Request>,
    }

    impl Script {
        pub(crate) fn new(answers: impl IntoIterator<Item = News>) -> Self {
            Self {
                answers: answers.into_iter().collect(),
                heard: Vec::new(),
            }
        }
    }

    impl Talk for &mut Script {
        async fn send(&mut self, request: Request) {
            self.heard.push(request);
        }

        async fn news(&mut self) -> Option<News> {
            self.answers.pop_front()
        }

        async fn finish(self) {}
    }

    /// Runs a future that never waits for anything outside.
    pub(crate) fn now<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    fn names(names: &[&str]) -> News {
        let names = names.iter().map(|n| ConversationName::new(*n));
        News::Names(Ticket(1), names.collect())
    }

    #[test]
    fn a_name_is_found_when_it_is_the_only_one() {
        for (found, exit) in [
            (vec!["a@b"], None),
            (vec![], Some(Exit::NotFound)),
            (vec!["a@b", "c@d"], Some(Exit::NotFound)),
        ] {
            let mut script = Script::new([names(&found)]);
            let (mut out, _, _) = caught(false, false);
            let result = now(Session::new(&mut script, &mut out).find("4x"));
            assert_eq!(result.err().map(|f| f.exit), exit, "{found:?}");
        }
    }

    #[test]
    fn answers_to_others_are_passed_over_and_notices_are_said() {
        let notice = Notice {
            error: true,
            text: "the journal is read-only".to_owned(),
        };
        let stale = News::Names(Ticket(9), vec![ConversationName::new("x@y")]);
        let mut script = Script::new([News::Notice(notice), stale, names(&["a@b"])]);
        let (mut out, _, remarks) = caught(false, false);
        let found = now(Session::new(&mut script, &mut out).find("4x")).unwrap();
        assert_eq!(found, ConversationName::new("a@b"));
        assert_eq!(remarks.text(), "postroom: the journal is read-only\n");
    }

    #[test]
    fn an_engine_that_stops_is_a_failure_and_no_hang() {
        let mut script = Script::default();
        let (mut out, _, _) = caught(false, false);
        let failure = now(Session::new(&mut script, &mut out).find("4x")).unwrap_err();
        assert_eq!(failure.exit, Exit::Other);
    }
}
