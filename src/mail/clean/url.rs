//! Links we may show and open.

use super::Clean;

/// The schemes a link may have.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
/// Longest link that is believed, in bytes.
const LONGEST: usize = 8 << 10;

/// A link fit for showing, copying and opening: `http`, `https` or `mailto`, everything that is
/// not printable ASCII percent-encoded. `None` for any other scheme, a missing host or a length
/// no honest link has.
pub fn url(link: &str) -> Option<Clean> {
    let link = link.trim();
    let scheme = scheme_of(link)?;
    if link.len() > LONGEST {
        return None;
    }
    let link = match scheme.as_str() {
        "mailto" => link.to_owned(),
        _ => web_link(link)?,
    };
    Some(Clean(encode(&link)))
}

/// A web link with `/` where browsers read `\` as such, and its host in ASCII.
fn web_link(link: &str) -> Option<String> {
    let ascii = host_of(link).filter(|host| !host.is_empty())?;
    let stop = link.find(['?', '#']).unwrap_or(link.len());
    let (path, rest) = link.split_at_checked(stop)?;
    let path = path.replace('\\', "/");
    let (start, authority) = path.split_once("//")?;
    let (authority, path) = match authority.find('/') {
        Some(end) => authority.split_at_checked(end)?,
        None => (authority, ""),
    };
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    let host = match (host.is_ascii(), host.split_once(':')) {
        (true, _) => host.to_owned(),
        (false, Some((_, port))) => format!("{ascii}:{port}"),
        (false, None) => ascii,
    };
    Some(format!("{start}//{user}{host}{path}{rest}"))
}

/// The scheme in lower case when it is one we open.
pub(crate) fn scheme_of(link: &str) -> Option<String> {
    let (scheme, _) = link.trim().split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    SCHEMES.contains(&scheme.as_str()).then_some(scheme)
}

/// The host a web link leads to, in lower-case ASCII where it can be written so: what stands
/// between `//` and the path, without credentials and port. Browsers take `\` for `/`.
pub(crate) fn host_of(link: &str) -> Option<String> {
    let (_, rest) = link.trim().split_once(':')?;
    let rest = rest
        .strip_prefix("//")
        .or_else(|| rest.strip_prefix("\\\\"))?;
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host.split(':').next()?,
    };
    let host = host.trim_end_matches('.');
    Some(idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase()))
}

fn encode(link: &str) -> String {
    let mut out = String::with_capacity(link.len());
    for byte in link.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                percent(&mut out, byte)
            }
            0x21..=0x7e => out.push(char::from(byte)),
            _ => percent(&mut out, byte),
        }
    }
    out
}

fn percent(out: &mut String, byte: u8) {
    out.push_str(&format!("%{byte:02X}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_web_and_mail_links_pass() {
        for link in [
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "http:",
            "http://",
            "https:///path",
            "//host/path",
            "vbscript:x",
            "ftp://host/",
            "",
        ] {
            assert_eq!(url(link), None, "{link:?}");
        }
        for link in [
            "http://a.example/",
            "HTTPS://a.example",
            "mailto:a@b.example?subject=x",
        ] {
            assert_eq!(url(link).unwrap().as_str(), link);
        }
    }

    #[test]
    fn controls_and_quotes_are_percent_encoded() {
        let bad = "http://x/\u{1b}]8;;http://evil\u{7}\"ä\u{202e} \\";
        let shown = url(bad).unwrap();
        assert_eq!(
            shown.as_str(),
            "http://x/%1B]8;;http://evil%07%22%C3%A4%E2%80%AE%20/"
        );
        for (link, shown) in [
            (
                "http://раypal.com:80/ä",
                "http://xn--ypal-43d9g.com:80/%C3%A4",
            ),
            (
                "https://evil.example\\@bank.example/",
                "https://evil.example/@bank.example/",
            ),
            ("http:\\\\a.example\\b?c\\d", "http://a.example/b?c%5Cd"),
        ] {
            assert_eq!(url(link).unwrap().as_str(), shown);
        }
    }

    #[test]
    fn the_host_is_where_the_link_really_goes() {
        for (link, host) in [
            ("https://bank.example@evil.example/", "evil.example"),
            ("https://bank.example:443@evil.example:80/x", "evil.example"),
            ("https://evil.example\\@bank.example/", "evil.example"),
            ("https://evil.example#@bank.example/", "evil.example"),
            ("http://BANK.example./", "bank.example"),
            ("http://[::1]:80/", "::1"),
            ("http://раypal.com/", "xn--ypal-43d9g.com"),
        ] {
            assert_eq!(host_of(link).as_deref(), Some(host), "{link}");
        }
    }

    proptest! {
        #[test]
        fn what_passes_is_printable_and_stable(rest in ".*") {
            if let Some(shown) = url(&format!("http://a{rest}")) {
                prop_assert!(shown.as_str().bytes().all(|b| (0x21..=0x7e).contains(&b)));
                prop_assert_eq!(url(shown.as_str()), Some(shown));
            }
        }
    }
}
