use super::*;
use crate::mail::{Remote, parse};
use crate::sandbox::history::{JOURNAL, Journal, Member};
use crate::sandbox::store::Backup;
use crate::sandbox::{Options, Sandbox, history, seed};
use crate::team::{Team, Verdict};
use std::sync::OnceLock;

/// A hundred times as fast as the demo.
const FAST: Pace = Pace(Duration::from_millis(10));

/// A seeded mailbox, made once: it takes seconds in a debug build.
fn seeded() -> &'static (Backup, Vec<Conversation>) {
    static SEEDED: OnceLock<(Backup, Vec<Conversation>)> = OnceLock::new();
    SEEDED.get_or_init(|| {
        let (store, now) = (Store::new(), clock::now());
        let conversations = seed::fill(&store, now, "support@acme.example").unwrap();
        history::write(&store, &conversations, now, "support@acme.example").unwrap();
        (store.backup(), conversations)
    })
}

async fn sandbox() -> (Sandbox, Vec<Conversation>) {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let (backup, conversations) = seeded();
    sandbox.store.restore(backup);
    (sandbox, conversations.clone())
}

struct Scene {
    sandbox: Sandbox,
    conversations: Vec<Conversation>,
}

impl Scene {
    async fn start() -> Self {
        let (mut sandbox, conversations) = sandbox().await;
        sandbox.call_teammates(&conversations, FAST).unwrap();
        Self {
            sandbox,
            conversations,
        }
    }

    fn name(&self, subject: &str) -> ConversationName {
        let told = self.conversations.iter().find(|c| c.subject == subject);
        ConversationName::new(told.unwrap().root.clone())
    }

    fn journal(&self) -> Journal {
        let mut journal = Journal::open(self.sandbox.store.clone(), &self.sandbox.address).unwrap();
        journal.read().unwrap();
        journal
    }

    /// Waits until the journal's fold shows something.
    async fn until(&self, what: &str, shows: impl Fn(&Team) -> bool) {
        let mut journal = self.journal();
        let mut changes = self.sandbox.store.changes();
        let waiting = async {
            while !shows(&journal.team) {
                changes.changed().await.unwrap();
                journal.read().unwrap();
            }
        };
        let waited = clock::deadline(Duration::from_secs(20), waiting).await;
        waited.unwrap_or_else(|_| panic!("{what}"));
    }

    fn owner(team: &Team, name: &ConversationName) -> Option<String> {
        let owner = team.conversation(name)?.owner.as_ref()?;
        Some(owner.agent.to_string())
    }

    /// You, on a machine of your own.
    fn look(&self, name: &ConversationName, grade: Grade) {
        let mut journal = self.journal();
        let mut you = Member::new("ana");
        you.resume(&journal.team);
        let act = Act::Presence { grade: Some(grade) };
        let about = (name, &Remote::new("x"));
        journal
            .write(&mut you, about, act, clock::now(), false)
            .unwrap();
    }
}

#[tokio::test]
async fn the_script_plays_to_its_end() {
    let scene = Scene::start().await;
    let klaus = scene.name("Wasserkocher schaltet nicht ab");
    let status = |team: &Team, name| team.conversation(name)?.status.as_ref().map(|s| s.value);
    scene
        .until("Ben answers Klaus", |team| {
            status(team, &klaus) == Some(Status::Waiting)
        })
        .await;
    let journal = scene.journal();
    let lost = scene.name("¿Dónde está mi pedido 4398?");
    assert_eq!(Scene::owner(&journal.team, &lost).as_deref(), Some("bea"));
    assert!(
        journal
            .team
            .conversation(&lost)
            .unwrap()
            .tags
            .contains("lost")
    );
    let swindle = scene.name("FINAL NOTICE: your domain acme.example expires TODAY");
    assert_eq!(status(&journal.team, &swindle), Some(Status::Spam));
    let mails = scene.sandbox.sink.mails();
    assert_eq!(mails.len(), 5);
    for mail in &mails {
        let parsed = parse::parse(&mail.bytes);
        assert!(!parsed.references.is_empty() && parsed.subject.raw().starts_with("Re: "));
        assert!(!parsed.subject.raw().starts_with("Re: Re: "));
    }
    let inbox = scene.sandbox.store.messages("INBOX").unwrap();
    let arrived = inbox.iter().rev().take(2).map(|m| parse::parse(&m.bytes));
    let subjects: Vec<String> = arrived.map(|m| m.subject.raw().to_owned()).collect();
    assert!(subjects.contains(&"Kettle speaks French since the update".to_owned()));
    assert_eq!(journal.team.strangers().1, 0);
}

#[tokio::test]
async fn ben_answers_what_you_write_on_and_does_so_once() {
    let scene = Scene::start().await;
    let mia = scene.name("Refund for order 4417");
    let priya = scene.name("Cannot reset password");
    scene.look(&mia, Grade::Writing);
    let answered = |team: &Team, name: &ConversationName| {
        let slots = team
            .conversation(name)
            .map(|c| c.slots.clone())
            .unwrap_or_default();
        let by_ben = |intent: &crate::team::fold::Intent| intent.agent.as_str() == "ben";
        slots
            .values()
            .any(|slot| slot.intents.iter().any(|i| by_ben(i) && i.state.is_sent()))
    };
    scene
        .until("Ben writes to Mia", |team| answered(team, &mia))
        .await;
    let sent = scene.sandbox.store.messages("Sent").unwrap();
    // The script may already have gone on to another customer.
    let newest_first = sent.iter().rev().map(|m| parse::parse(&m.bytes));
    let to_mia = |m: &crate::mail::Message| m.to.iter().any(|a| a.same_mailbox("mia@example.net"));
    let answer = newest_first.into_iter().find(to_mia).unwrap();
    let text = answer.text.raw();
    assert!(text.starts_with("Hi Mia,\r\n\r\nyour refund"), "{text}");
    scene.look(&priya, Grade::Writing);
    let klaus = scene.name("Wasserkocher schaltet nicht ab");
    scene
        .until("the script goes on", |team| answered(team, &klaus))
        .await;
    assert!(!answered(&scene.journal().team, &priya));
}

#[tokio::test]
async fn ben_steals_what_you_own_and_says_why() {
    let scene = Scene::start().await;
    let ola = scene.name("Change delivery address");
    let mut journal = scene.journal();
    let mut you = Member::new("ana");
    you.resume(&journal.team);
    let about = (&ola, &Remote::new("x"));
    let claim = journal
        .write(&mut you, about, Act::Claim, clock::now(), false)
        .unwrap();
    assert_eq!(claim.verdict, Verdict::Effective);
    scene.look(&ola, Grade::Writing);
    scene
        .until("Ben takes it", |team| {
            Scene::owner(team, &ola).as_deref() == Some("ben")
        })
        .await;
}

#[tokio::test]
async fn bea_claims_the_second_mail_you_only_look_at() {
    let scene = Scene::start().await;
    let (sofia, camille) = (
        scene.name("Presentkortet fungerar inte"),
        scene.name("Erreur dans mon adresse de facturation"),
    );
    scene.look(&sofia, Grade::Reading);
    scene.look(&camille, Grade::Reading);
    scene
        .until("Beatriz claims it", |team| {
            Scene::owner(team, &camille).as_deref() == Some("bea")
        })
        .await;
    assert_eq!(Scene::owner(&scene.journal().team, &sofia), None);
}

#[tokio::test]
async fn what_you_claimed_first_they_leave_alone() {
    let (mut sandbox, conversations) = sandbox().await;
    let mut journal = Journal::open(sandbox.store.clone(), &sandbox.address).unwrap();
    journal.read().unwrap();
    let mut you = Member::new("ana");
    you.resume(&journal.team);
    let told = conversations
        .iter()
        .find(|c| c.customer == "Klaus Weidemann");
    let name = ConversationName::new(told.unwrap().root.clone());
    let about = (&name, &Remote::new("x"));
    journal
        .write(&mut you, about, Act::Claim, clock::now(), false)
        .unwrap();
    sandbox.call_teammates(&conversations, FAST).unwrap();
    let mut sent = sandbox.sink.count();
    let all = clock::deadline(Duration::from_secs(20), sent.wait_for(|sent| *sent == 4));
    all.await.unwrap().unwrap();
    journal.read().unwrap();
    assert_eq!(Scene::owner(&journal.team, &name).as_deref(), Some("ana"));
    assert!(sandbox.store.count(JOURNAL) > 1000);
}
