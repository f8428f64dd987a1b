//! Response codes, the machine-readable part of a status response (RFC 9051 section 7.1).

/// One response code. imap-proto knows some of them and leaves the rest in the text, so all are
/// read here, from the text of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// The text must be shown to the user.
    Alert,
    /// `UIDVALIDITY`.
    UidValidity(u32),
    /// `UIDNEXT`.
    UidNext(u32),
    /// `HIGHESTMODSEQ` (RFC 7162).
    HighestModSeq(u64),
    /// `NOMODSEQ`: this mailbox keeps no modification sequences (RFC 7162).
    NoModSeq,
    /// `PERMANENTFLAGS`, as written; `\*` means that new keywords may be made.
    PermanentFlags(Vec<String>),
    /// `READ-ONLY`.
    ReadOnly,
    /// `READ-WRITE`.
    ReadWrite,
    /// The mailbox does not exist but could be created.
    TryCreate,
    /// `APPENDUID` with one UID (RFC 4315).
    AppendUid {
        /// The mailbox's UIDVALIDITY.
        uidvalidity: u32,
        /// The new message's UID.
        uid: u32,
    },
    /// `COPYUID` (RFC 4315), as written.
    CopyUid(String),
    /// `CAPABILITY`.
    Capability(Vec<String>),
    /// Anything else: upper-case name and the rest as written.
    Other {
        /// Such as `OVERQUOTA`.
        name: String,
        /// What followed the name.
        argument: String,
    },
}

impl Code {
    /// Splits `[CODE argument] text` into its two parts; without a code all is text.
    pub fn split(text: &str) -> (Option<Self>, &str) {
        let Some(rest) = text.strip_prefix('[') else {
            return (None, text);
        };
        // PERMANENTFLAGS may hold brackets inside its list (seen at Gmail and 163.com).
        let end = match rest.find(")]") {
            Some(end) if starts_with_list(rest) => Some(end + 1),
            _ => rest.find(']'),
        };
        let Some((inside, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
            return (None, text);
        };
        let after = after.strip_prefix(']').unwrap_or(after);
        (
            Some(Self::parse(inside)),
            after.strip_prefix(' ').unwrap_or(after),
        )
    }

    /// Whether the same command may succeed later without anybody doing anything (RFC 5530).
    pub fn passes(&self) -> bool {
        match self {
            Self::Other { name, .. } => {
                matches!(
                    name.as_str(),
                    "UNAVAILABLE" | "INUSE" | "SERVERBUG" | "LIMIT" | "THROTTLED"
                )
            }
            _ => false,
        }
    }

    /// Whether this is an otherwise unknown code of the given upper-case name.
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Other { name: own, .. } if own == name)
    }

    fn parse(inside: &str) -> Self {
        let (name, argument) = inside.split_once(' ').unwrap_or((inside, ""));
        let (name, argument) = (name.to_ascii_uppercase(), argument.trim());
        let known = match name.as_str() {
            "ALERT" => Some(Self::Alert),
            "UIDVALIDITY" => argument.parse().ok().map(Self::UidValidity),
            "UIDNEXT" => argument.parse().ok().map(Self::UidNext),
            "HIGHESTMODSEQ" => argument.parse().ok().map(Self::HighestModSeq),
            "NOMODSEQ" => Some(Self::NoModSeq),
            "PERMANENTFLAGS" => Some(Self::PermanentFlags(words(
                argument.trim_matches(['(', ')']),
            ))),
            "READ-ONLY" => Some(Self::ReadOnly),
            "READ-WRITE" => Some(Self::ReadWrite),
            "TRYCREATE" => Some(Self::TryCreate),
            "APPENDUID" => append_uid(argument),
            "COPYUID" => Some(Self::CopyUid(argument.to_owned())),
            "CAPABILITY" => Some(Self::Capability(words(argument))),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other {
            name,
            argument: argument.to_owned(),
        })
    }
}

fn starts_with_list(rest: &str) -> bool {
    rest.split_once(' ')
        .is_some_and(|(_, argument)| argument.starts_with('('))
}

fn append_uid(argument: &str) -> Option<Code> {
    let (uidvalidity, uid) = argument.split_once(' ')?;
    Some(Code::AppendUid {
        uidvalidity: uidvalidity.parse().ok()?,
        uid: uid.trim().parse().ok()?,
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_cut_from_the_text() {
        let other = |name: &str, argument: &str| {
            Some(Code::Other {
                name: name.into(),
                argument: argument.into(),
            })
        };
        for (line, code, text) in [
            ("plain", None, "plain"),
            ("[ALERT] hi", Some(Code::Alert), "hi"),
            ("[ALERT]é hi", Some(Code::Alert), "é hi"),
            ("[HIGHESTMODSEQ 17]", Some(Code::HighestModSeq(17)), ""),
            ("[MODIFIED 7,9] later", other("MODIFIED", "7,9"), "later"),
            ("[closed] x", other("CLOSED", ""), "x"),
            (
                "[UIDVALIDITY 1666390893380] x",
                other("UIDVALIDITY", "1666390893380"),
                "x",
            ),
            (
                "[APPENDUID 7 12] done",
                Some(Code::AppendUid {
                    uidvalidity: 7,
                    uid: 12,
                }),
                "done",
            ),
            (
                "[APPENDUID 7 12:13] done",
                other("APPENDUID", "7 12:13"),
                "done",
            ),
            (
                "[COPYUID 701  ] done",
                Some(Code::CopyUid("701".into())),
                "done",
            ),
            (
                "[PERMANENTFLAGS (\\Seen OIB-[Gmail]/All \\*)] ok",
                Some(Code::PermanentFlags(vec![
                    "\\Seen".into(),
                    "OIB-[Gmail]/All".into(),
                    "\\*".into(),
                ])),
                "ok",
            ),
            ("[unclosed", None, "[unclosed"),
        ] {
            assert_eq!(Code::split(line), (code, text), "{line}");
        }
    }
}
