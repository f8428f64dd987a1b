//! The team's scenarios on a real Dovecot, where mail lies in Maildir and in sdbox.

use crate::office::scenarios;
use crate::support::dovecot::FORMATS;
use crate::support::office::Office;

async fn on_dovecot(scenario: impl AsyncFn(&Office)) {
    for format in FORMATS {
        println!("on {format:?}");
        let Some(office) = Office::dovecot(format).await else {
            return;
        };
        scenario(&office).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_is_seen_by_the_other_and_cannot_be_repeated() {
    on_dovecot(scenarios::a_claim_is_seen_by_the_other_and_cannot_be_repeated).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_claims_at_once_have_one_winner_and_both_agree() {
    on_dovecot(scenarios::two_claims_at_once_have_one_winner_and_both_agree).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_leaves_once_and_is_filed() {
    on_dovecot(scenarios::a_reply_leaves_once_and_is_filed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_sends_at_once_one_leaves_and_the_other_is_told() {
    on_dovecot(scenarios::of_two_sends_at_once_one_leaves_and_the_other_is_told).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_came_first_stops_the_second_until_its_writer_insists() {
    on_dovecot(scenarios::an_answer_that_came_first_stops_the_second_until_its_writer_insists)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_reply_goes_on_after_a_restart() {
    on_dovecot(scenarios::a_held_reply_goes_on_after_a_restart).await;
}
