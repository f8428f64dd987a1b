//! From a passed gate to the filed copy.

use super::super::api::{Stage, Trouble, TroubleKind};
use super::super::link::smtp_endpoint;
use super::super::shared::{other, random, trouble};
use super::super::sync;
use super::{Control, Delivery, Post};
use crate::clock::{self, Timestamp};
use crate::desk::{Outgoing, OutgoingStage};
use crate::limits::FOLD_FRESH;
use crate::mail::reply::{self, Built};
use crate::smtp::{self, Delivery as Handed};
use crate::team::fold::Verdict;
use crate::team::gate::Obstacle;
use crate::team::{Act, EventId, ids};
use std::sync::atomic::Ordering;

impl Delivery {
    /// The whole way, and where it ended.
    pub(super) async fn run(mut self, anyway: Option<(String, Vec<Obstacle>)>) -> Stage {
        match self.go(anyway).await {
            Ok(()) => Stage::Sent,
            Err(stage) => stage,
        }
    }

    /// On with a reply that a crash interrupted after its intent was accepted.
    pub(super) async fn run_on(mut self, outgoing: Outgoing, intent: EventId) -> Stage {
        match self.hand_over(outgoing, intent).await {
            Ok(()) => Stage::Sent,
            Err(stage) => stage,
        }
    }

    async fn go(&mut self, anyway: Option<(String, Vec<Obstacle>)>) -> Result<(), Stage> {
        self.pass_gate(anyway).await?;
        let built = self.build()?;
        let mut outgoing = self.outgoing(built);
        let post = self.post.clone();
        post.put(&mut outgoing, OutgoingStage::Stored)
            .map_err(Stage::Failed)?;
        let raw = outgoing.bytes.clone();
        let stowed = post.ask(|reply| sync::Job::Stow { raw, reply }).await;
        if let Err(trouble) = stowed {
            post.forget(&outgoing, false);
            return Err(Stage::Failed(trouble));
        }
        let act = Act::Intent {
            slot: outgoing.slot.clone().unwrap_or_default(),
            hash: outgoing.hash.clone(),
            message_id: outgoing.message_id.clone(),
        };
        let intent = match post.write(&self.draft.conversation, act).await {
            Ok((event, Verdict::Effective | Verdict::Conflict)) => event,
            Ok((_, verdict)) => {
                self.give_up(&outgoing).await;
                return Err(match verdict {
                    Verdict::Refused(refusal) => post.refused(&self.draft, &refusal).await,
                    _ => post.blocked_now(&self.draft).await,
                });
            }
            Err(trouble) => {
                self.give_up(&outgoing).await;
                return Err(Stage::Failed(trouble));
            }
        };
        let until = self.hold_until();
        post.put(
            &mut outgoing,
            OutgoingStage::Held {
                event: intent.clone(),
                until,
            },
        )
        .map_err(Stage::Failed)?;
        self.hand_over(outgoing, intent).await
    }

    /// Hold, look once more, SMTP, record, file.
    async fn hand_over(&mut self, mut outgoing: Outgoing, intent: EventId) -> Result<(), Stage> {
        if let OutgoingStage::Held { until, .. } = &outgoing.stage {
            let until = *until;
            self.wait(&mut outgoing, &intent, until).await?;
        }
        self.check(&mut outgoing, &intent).await?;
        self.post.tell(&self.draft, Stage::Sending).await;
        self.smtp(&mut outgoing, &intent).await?;
        self.finish(outgoing, intent).await
    }

    fn build(&self) -> Result<Built, Stage> {
        let now = clock::now();
        let domain = self
            .draft
            .from
            .address
            .raw()
            .rsplit_once('@')
            .map_or("postroom.invalid", |(_, domain)| domain);
        let unique = ids::event_id(now, random());
        let message_id = format!("pr.{unique}@{domain}");
        reply::build(&self.draft, &message_id, now)
            .map_err(|e| Stage::Failed(trouble(TroubleKind::Other, e)))
    }

    fn outgoing(&self, built: Built) -> Outgoing {
        Outgoing {
            draft: self.draft.id.clone(),
            mailbox: self.draft.mailbox.clone(),
            conversation: self.draft.conversation.clone(),
            slot: self.draft.slot.clone(),
            message_id: built.message_id,
            bytes: built.bytes,
            envelope_from: built.envelope_from,
            envelope_to: built.envelope_to,
            hash: built.hash,
            status_after: self.draft.status_after,
            stage: OutgoingStage::Stored,
        }
    }

    fn hold_until(&self) -> Timestamp {
        let hold = if self.hold {
            self.post.shared.config.send.hold
        } else {
            std::time::Duration::ZERO
        };
        clock::now().checked_add(hold).unwrap_or(Timestamp::MAX)
    }

    /// The undo window. The bytes cannot change any more.
    async fn wait(
        &mut self,
        outgoing: &mut Outgoing,
        intent: &EventId,
        until: Timestamp,
    ) -> Result<(), Stage> {
        let left = std::time::Duration::try_from(until.duration_since(clock::now()));
        let Ok(left) = left else { return Ok(()) };
        if left.is_zero() {
            return Ok(());
        }
        self.post.tell(&self.draft, Stage::Held { until }).await;
        self.held.store(true, Ordering::Release);
        let control = tokio::select! {
            control = self.control.recv() => control,
            () = clock::sleep(left) => Some(Control::SendNow),
        };
        self.held.store(false, Ordering::Release);
        match control {
            Some(Control::SendNow) => Ok(()),
            Some(Control::TakeBack) => {
                self.withdraw(outgoing, intent, "taken back").await?;
                Err(Stage::TakenBack)
            }
            Some(Control::Leave) | None => Err(Stage::Held { until }),
        }
    }

    /// Just before SMTP: is the right to send still ours?
    async fn check(&mut self, outgoing: &mut Outgoing, intent: &EventId) -> Result<(), Stage> {
        let post = self.post.clone();
        post.catch_up(FOLD_FRESH).await.map_err(Stage::Failed)?;
        let allowed = {
            let team = post.shared.team();
            let conversation = team.conversation(&self.draft.conversation);
            let slot = outgoing.slot.clone().unwrap_or_default();
            conversation.is_some_and(|c| c.slots.get(&slot).is_some_and(|s| s.may_send(intent)))
        };
        if allowed {
            return Ok(());
        }
        self.withdraw(outgoing, intent, "somebody took it over")
            .await?;
        Err(post.blocked_now(&self.draft).await)
    }

    /// Gives the right to send back; the draft is as it was.
    async fn withdraw(
        &self,
        outgoing: &mut Outgoing,
        intent: &EventId,
        why: &str,
    ) -> Result<(), Stage> {
        let act = Act::Failed {
            intent: intent.clone(),
            why: crate::mail::Remote::new(why),
        };
        let written = self.post.write(&self.draft.conversation, act).await;
        written.map_err(Stage::Failed)?;
        self.give_up(outgoing).await;
        Ok(())
    }

    /// The copy in the outbox folder goes, the row on the desk goes, the draft stays.
    async fn give_up(&self, outgoing: &Outgoing) {
        if let Err(trouble) = self.post.unstow(outgoing).await {
            tracing::info!("a copy stays in the outbox folder: {}", trouble.sentence);
        }
        self.post.forget(outgoing, false);
    }

    async fn smtp(&self, outgoing: &mut Outgoing, intent: &EventId) -> Result<(), Stage> {
        let post = &self.post;
        let endpoint = smtp_endpoint(&post.shared.mailbox.smtp);
        let password = post.shared.smtp_password().await;
        let submission = match password {
            Ok(password) => smtp::connect(&endpoint, password)
                .await
                .map_err(smtp_trouble),
            Err(trouble) => Err(trouble),
        };
        let submission = match submission {
            Ok(submission) => submission,
            Err(trouble) => return Err(self.failed(outgoing, intent, trouble).await),
        };
        let marked = OutgoingStage::Dotted {
            event: intent.clone(),
        };
        let (from, to) = (outgoing.envelope_from.clone(), outgoing.envelope_to.clone());
        let bytes = outgoing.bytes.clone();
        let mark = || post.put(outgoing, marked);
        match submission.deliver(&from, &to, &bytes, mark).await {
            Handed::Accepted { answer } => post
                .put(
                    outgoing,
                    OutgoingStage::Accepted {
                        event: intent.clone(),
                        answer: answer.raw().to_owned(),
                    },
                )
                .map_err(Stage::Failed),
            Handed::Unknown(_) => Err(self.unknown(outgoing, intent).await),
            certain => {
                let trouble = not_sent(certain);
                Err(self.failed(outgoing, intent, trouble).await)
            }
        }
    }

    async fn failed(&self, outgoing: &mut Outgoing, intent: &EventId, trouble: Trouble) -> Stage {
        match self.withdraw(outgoing, intent, &trouble.sentence).await {
            Ok(()) => Stage::Failed(trouble),
            Err(stage) => stage,
        }
    }

    /// Silence after the final dot: only a person, or the copy in Sent, can tell.
    async fn unknown(&self, outgoing: &mut Outgoing, intent: &EventId) -> Stage {
        let post = &self.post;
        let stage = OutgoingStage::Unknown {
            event: intent.clone(),
        };
        let put = post.put(outgoing, stage);
        let act = Act::Unknown {
            intent: intent.clone(),
        };
        let written = post.write(&self.draft.conversation, act).await;
        if let Err(trouble) = put.and(written.map(|_| ())) {
            post.shared.notice(true, trouble.sentence).await;
        }
        Stage::Unknown {
            intent: intent.clone(),
            sentence: "the server did not say whether it took the reply: look in Sent or ask the \
                       customer, then say which it was"
                .to_owned(),
        }
    }

    /// Record and file; each can be repeated, SMTP never.
    async fn finish(&self, outgoing: Outgoing, intent: EventId) -> Result<(), Stage> {
        self.post.record(outgoing, intent).await.map_err(|trouble| {
            // Sent is sent: what is left to do is done at the next start.
            tracing::warn!("sent, but not filed yet: {}", trouble.sentence);
            Stage::Sent
        })
    }
}

impl Post {
    /// After acceptance: the event, the copy in Sent, the status.
    pub(super) async fn record(
        &self,
        mut outgoing: Outgoing,
        intent: EventId,
    ) -> Result<(), Trouble> {
        let name = outgoing.conversation.clone();
        let act = Act::Sent {
            intent: intent.clone(),
        };
        self.write(&name, act).await?;
        let recorded = OutgoingStage::Recorded { event: intent };
        self.put(&mut outgoing, recorded)?;
        self.file(&outgoing).await?;
        let value = outgoing
            .status_after
            .unwrap_or(self.shared.config.send.status);
        self.write(&name, Act::Status { value }).await?;
        self.forget(&outgoing, true);
        Ok(())
    }
}

pub(in crate::engine) fn smtp_trouble(error: smtp::Error) -> Trouble {
    let kind = if error.is_sign_in() {
        TroubleKind::SignIn
    } else {
        TroubleKind::Unreachable
    };
    trouble(kind, error)
}

fn not_sent(handed: Handed) -> Trouble {
    match handed {
        Handed::Refused {
            permanent,
            code,
            text,
            recipient,
            ..
        } => {
            let whom = recipient.map_or_else(String::new, |r| format!(" {r}"));
            let next = if permanent {
                "correct it and send again"
            } else {
                "try again later"
            };
            other(format!(
                "the mail server refused{whom} ({code} {}): {next}",
                text.raw()
            ))
        }
        Handed::NotSent(error) => smtp_trouble(error),
        Handed::Accepted { .. } | Handed::Unknown(_) => other("the reply was not sent"),
    }
}
