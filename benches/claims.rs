//! How many round trips a claim takes before it is settled.
//!
//! `cargo bench --bench claims` puts a line of 200 ms there and back before the demo's server and
//! before Dovecot, and divides the time from asking to settled by that. Beside it stand a bare
//! APPEND, and an APPEND with a FETCH, over the same line by the same adapter.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures, and stops when it fails"
)]

#[path = "../tests/support/dovecot.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod dovecot;
#[allow(dead_code, reason = "each benchmark uses a part")]
mod figures;
#[path = "../tests/support/office.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod office;

use dovecot::Format;
use figures::{median, percentile, ratio, verdict};
use office::{Office, Person, Place, customer_mail, name};
use postroom::clock::{self, monotonic};
use postroom::engine::api::{Change, Outcome};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// There and back on the slow line.
const ROUND_TRIP: Duration = Duration::from_millis(200);
/// Claims of each kind.
const CLAIMS: usize = 20;
/// So long after a claim everybody rests and listens again.
const REST: Duration = Duration::from_millis(700);
/// A claim over a bare APPEND, or APPEND and FETCH, at most.
const OVER_BARE: f64 = 1.5;

#[tokio::main]
async fn main() {
    measure("the demo's server", Office::sandbox().await).await;
    if let Some(office) = Office::dovecot(Format::Maildir).await {
        measure("Dovecot", office).await;
    }
}

async fn measure(server: &str, office: Office) {
    office.receive(3 * CLAIMS).await;
    let near = &office.place;
    let mut far = near.clone();
    far.imap.port = slow_line(near.imap.port).await;
    let (append, append_and_fetch) = bare(&far).await;
    let mut ana = far.person("ana").await;
    let mut ben = near.person("ben").await;
    for (person, number) in [(&mut ana, 0), (&mut ben, 1)] {
        person.sync().await.unwrap();
        // The first event makes the journal and joins the team.
        claim(person, number).await;
    }
    let mut alone = Vec::new();
    for number in 2..2 + CLAIMS {
        clock::sleep(REST).await;
        alone.push(claim(&mut ana, number).await);
    }
    let mut busy = Vec::new();
    for number in (2 + CLAIMS..3 * CLAIMS - 1).step_by(2) {
        clock::sleep(REST).await;
        // Settled for Ben, not yet known to Ana.
        claim(&mut ben, number).await;
        busy.push(claim(&mut ana, number + 1).await);
    }
    println!("claims: {server}, {ROUND_TRIP:?} there and back");
    report("nobody else writes", 1, &alone, ("APPEND", append));
    let bare = ("APPEND and FETCH", append_and_fetch);
    report("somebody else writes", 2, &busy, bare);
    ana.handle.finish().await;
    ben.handle.finish().await;
}

fn report(when: &str, limit: u32, claims: &[Duration], (what, bare): (&str, Duration)) {
    let usual = median(claims.iter().copied());
    let best = percentile(claims.iter().copied(), 0);
    let worst = percentile(claims.iter().copied(), 99);
    let trips = ratio(usual, ROUND_TRIP);
    println!(
        "  {when}: median {usual:.1?}, from {best:.1?} to {worst:.1?}; bare {what} {bare:.1?}"
    );
    // What is over a whole number is work at both ends; a round trip more would be a whole more.
    verdict(
        &format!("a claim settles in {limit} round trips when {when}"),
        format!("{trips:.2}"),
        trips < f64::from(limit) + 0.5,
    );
    let over = ratio(usual, bare);
    verdict(
        &format!("at most {OVER_BARE} times a bare {what}"),
        format!("{over:.2} times"),
        over <= OVER_BARE,
    );
}

/// From asking to settled.
async fn claim(person: &mut Person, number: usize) -> Duration {
    let start = monotonic();
    let outcome = person.act(&name(number), Change::Claim).await;
    let took = start.elapsed();
    assert_eq!(outcome, Outcome::Done, "claim {number}");
    took
}

/// Medians of an APPEND, and of an APPEND and the FETCH of what was appended, over the line.
async fn bare(far: &Place) -> (Duration, Duration) {
    let mut connection = far.connect().await;
    let (folder, mail) = ("Archive", customer_mail(0));
    connection.select(folder, None).await.unwrap();
    let (mut append, mut both) = (Vec::new(), Vec::new());
    for _ in 0..CLAIMS {
        let start = monotonic();
        let stored = connection.append(folder, &["\\Seen"], &mail).await.unwrap();
        append.push(start.elapsed());
        let uid = stored.uid.expect("a server with UIDPLUS");
        connection.fetch(&[uid], drop).await.unwrap();
        both.push(start.elapsed());
    }
    connection.logout().await;
    (median(append), median(both))
}

/// A port on loopback that leads to another, half a round trip away in each direction.
async fn slow_line(to: u16) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await.unwrap();
            near.set_nodelay(true).unwrap();
            far.set_nodelay(true).unwrap();
            let (near_in, near_out) = near.into_split();
            let (far_in, far_out) = far.into_split();
            tokio::spawn(carry(near_in, far_out));
            tokio::spawn(carry(far_in, near_out));
        }
    });
    port
}

/// Carries bytes one way, each as late as the line is long, until one end closes.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin + Send + 'static) {
    let (send, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((at, bytes)) = under_way.recv().await {
            clock::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let arrives = monotonic() + ROUND_TRIP / 2;
        if send.send((arrives, buffer[..count].to_vec())).is_err() {
            break;
        }
    }
}
