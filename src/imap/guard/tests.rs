use super::*;
use crate::limits;
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

/// Cuts a stream into responses the way the guard does, `step` bytes arriving at a time.
fn cut(stream: &[u8], step: usize) -> io::Result<Vec<Vec<u8>>> {
    let mut framer = Framer::default();
    let (mut start, mut end) = (0, 0);
    let mut out = Vec::new();
    loop {
        match framer.next(&stream[start..end])? {
            Some(frame) => {
                out.push(stream[start..start + frame.len].to_vec());
                start += frame.len;
            }
            None if end == stream.len() => return Ok(out),
            None => end = (end + step).min(stream.len()),
        }
    }
}

#[test]
fn responses_are_cut_at_their_line_ends_whatever_the_pieces() {
    let responses: [&[u8]; 8] = [
        b"* OK [ALERT] text with {5}\r\n",
        b"* 1 FETCH (UID 1 BODY[] {7}\r\na\r\n)b\r\n FLAGS ())\r\n",
        b"* 2 FETCH (BODY[1] {0}\r\n BODY[2] {4}\r\n{3\r\n)\r\n",
        b"+ {3}\r\n",
        b"A1 OK done {9}\r\n",
        b"* LIST () \"/\" {5}\r\na\nb\"(\r\n",
        b"* BYE\r\n",
        b"\r\n",
    ];
    let stream = responses.concat();
    for step in [1, 2, 3, 7, 1000] {
        assert_eq!(cut(&stream, step).unwrap(), responses, "step {step}");
    }
}

#[test]
fn depth_counts_parentheses_outside_strings_only() {
    for (line, too_deep) in [
        (format!("* X {}\r\n", "(".repeat(limits::IMAP_DEPTH)), false),
        (
            format!("* X {}\r\n", "(".repeat(limits::IMAP_DEPTH + 1)),
            true,
        ),
        (format!("* X \"{}\"\r\n", "(".repeat(1000)), false),
        (format!("* X {}\r\n", "()".repeat(1000)), false),
    ] {
        let frame = Framer::default().next(line.as_bytes()).unwrap().unwrap();
        assert_eq!(frame.too_deep, too_deep, "{line}");
    }
}

#[tokio::test]
async fn half_a_response_at_the_end_of_the_stream_is_no_response() {
    let stream = std::io::Cursor::new(b"* 1 EXISTS\r\n* 2 EXI".to_vec());
    let mut read = Vec::new();
    let mut guard = Guard::new(Box::new(stream));
    guard.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"* 1 EXISTS\r\n");
}

#[tokio::test]
async fn what_is_put_aside_comes_back_in_order() {
    let stream = "* XA\r\n* 1 EXISTS\r\n* XB {3}\r\n\r\n)\r\n* 2 EXISTS\r\n";
    let stream = std::io::Cursor::new(stream.as_bytes().to_vec());
    let mut read = Vec::new();
    let mut guard = Guard::new(Box::new(stream));
    guard.read_to_end(&mut read).await.unwrap();
    let replaced = "* OK [X-PR-RAW]\r\n* 1 EXISTS\r\n* OK [X-PR-RAW]\r\n* 2 EXISTS\r\n";
    assert_eq!(String::from_utf8(read).unwrap(), replaced);
    assert_eq!(guard.take_aside().unwrap(), b"* XA\r\n");
    assert_eq!(guard.take_aside().unwrap(), b"* XB {3}\r\n\r\n)\r\n");
    assert_eq!(guard.take_aside(), None);
}

proptest! {
    /// Whatever comes in, what passes are responses that imap-proto reads one after the other.
    #[test]
    fn only_readable_responses_pass(
        lines in prop::collection::vec("[* A1+]{0,3}(OK|FETCH|LIST| |\\(|\\)|\"|\\[|\\]|é|[0-9]|\\{[0-9]\\}){0,12}", 0..8)
    ) {
        let stream = lines.join("\r\n") + "\r\n";
        let mut guard = Guard::new(Box::new(std::io::Cursor::new(stream.into_bytes())));
        let mut read = Vec::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // An error is a refusal, and what passed before it counts.
        let _ended = runtime.block_on(guard.read_to_end(&mut read));
        let mut rest = read.as_slice();
        while !rest.is_empty() {
            let (after, _) = imap_proto::Response::parse(rest).expect("readable");
            rest = after;
        }
    }
}
