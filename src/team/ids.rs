//! Ids of events: 128 bits as 26 characters of Crockford base 32, sortable by time.

use super::EventId;
use crate::clock::Timestamp;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An id from the wall time (48 bits of milliseconds since 1970) and 80 random bits.
pub fn event_id(time: Timestamp, random: [u8; 10]) -> EventId {
    let millis = u64::try_from(time.as_millisecond()).unwrap_or(0) & 0xffff_ffff_ffff;
    let low = random.iter().fold(0u128, |n, b| (n << 8) | u128::from(*b));
    text((u128::from(millis) << 80) | low)
}

/// The id of the event that stands for another mail client's change of one keyword: all clients
/// that notice the same change make the same id, so the fold keeps one of their events.
///
/// `modseq` tells a change from an equal one later. Where the server has none, it is the UID of
/// the last event about the conversation, which all who read the journal to its end agree on.
pub fn mirror_id(uidvalidity: u32, uid: u32, keyword: &str, modseq: u64) -> EventId {
    let mut hash = Sha256::new();
    hash.update(b"postroom keyword 1\0");
    hash.update(uidvalidity.to_be_bytes());
    hash.update(uid.to_be_bytes());
    hash.update(modseq.to_be_bytes());
    hash.update(keyword.to_ascii_lowercase().as_bytes());
    let digest = hash.finalize();
    text(
        digest
            .iter()
            .take(16)
            .fold(0u128, |n, b| (n << 8) | u128::from(*b)),
    )
}

/// The 128 bits of an id; `None` when the text is not one.
pub(super) fn bits(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes.first().is_none_or(|b| *b > b'7') {
        return None;
    }
    bytes.iter().try_fold(0u128, |n, b| {
        value(*b).map(|value| (n << 5) | u128::from(value))
    })
}

/// The value of a letter of [`ALPHABET`]. Every event that is folded asks for 26 of them.
fn value(letter: u8) -> Option<u8> {
    Some(match letter {
        b'0'..=b'9' => letter - b'0',
        b'A'..=b'H' => letter - b'A' + 10,
        b'J' | b'K' => letter - b'J' + 18,
        b'M' | b'N' => letter - b'M' + 20,
        b'P'..=b'T' => letter - b'P' + 22,
        b'V'..=b'Z' => letter - b'V' + 27,
        _ => return None,
    })
}

fn text(bits: u128) -> EventId {
    let letter = |i: u32| ALPHABET.get((bits >> (125 - 5 * i)) as usize & 31).copied();
    let text: String = (0..26).filter_map(letter).map(char::from).collect();
    EventId::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn ids_sort_by_time_and_carry_all_their_bits() {
        let early = event_id(at(1_000), [255; 10]);
        let late = event_id(at(1_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.as_str().len(), 26);
        assert_eq!(
            bits(early.as_str()),
            Some((1_000u128 << 80) | ((1 << 80) - 1))
        );
        assert_ne!(event_id(at(5), [1; 10]), event_id(at(5), [2; 10]));
    }

    #[test]
    fn everybody_who_sees_a_keyword_change_makes_the_same_id() {
        let id = mirror_id(7, 12, "$pr-done", 99);
        assert_eq!(id, mirror_id(7, 12, "$PR-Done", 99));
        for other in [
            mirror_id(8, 12, "$pr-done", 99),
            mirror_id(7, 13, "$pr-done", 99),
            mirror_id(7, 12, "$pr-open", 99),
            mirror_id(7, 12, "$pr-done", 98),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn every_letter_has_its_value() {
        for byte in 0..=255 {
            let place = ALPHABET.iter().position(|a| *a == byte);
            assert_eq!(value(byte).map(usize::from), place, "{byte}");
        }
    }

    #[test]
    fn only_ids_are_ids() {
        for bad in [
            "",
            "01JD9Q",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01jd9qaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(bits(bad).is_none(), "{bad}");
        }
    }
}
