//! Reading the headers in which proxies name their clients: `X-Forwarded-For`
//! and `Forwarded` (RFC 7239).
//!
//! A proxy adds to the right of what the client sent. So a list is taken apart
//! from the right, and nothing that stands further left, an open quote for
//! instance, changes how the rest is read.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The header of the proxies in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressHeader {
    XForwardedFor,
    Forwarded,
}

impl AddressHeader {
    pub(crate) const ALL: [Self; 2] = [Self::XForwardedFor, Self::Forwarded];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// Returns the addresses of one line from the right; `None` for an entry
    /// that names none.
    pub(super) fn addresses(self, line: &[u8]) -> impl Iterator<Item = Option<IpAddr>> {
        let entries = FromTheRight { rest: Some(line), separator: b',', quotes: self == Self::Forwarded };
        entries
            .map(<[u8]>::trim_ascii)
            // RFC 9110 section 5.6.1.2: an empty entry of a list is none.
            .filter(|entry| !entry.is_empty())
            .map(move |entry| match self {
                Self::XForwardedFor => address(entry),
                Self::Forwarded => element(entry),
            })
    }
}

/// The parts of a list, the last one first.
struct FromTheRight<'l> {
    rest: Option<&'l [u8]>,
    separator: u8,
    /// Whether a separator between quotes is none.
    quotes: bool,
}

impl<'l> Iterator for FromTheRight<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let line = self.rest.take()?;
        let mut quoted = false;
        for (at, byte) in line.iter().enumerate().rev() {
            let (before, after) = line.split_at(at);
            if *byte == b'"' && self.quotes && !ends_in_escape(before) {
                quoted = !quoted;
            } else if *byte == self.separator && !quoted {
                self.rest = Some(before);
                return after.get(1..);
            }
        }
        Some(line)
    }
}

/// Whether what comes next is escaped.
fn ends_in_escape(text: &[u8]) -> bool {
    text.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Reads one element of `Forwarded`, such as `for="[2001:db8::1]:4711";proto=https`.
fn element(text: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    for pair in (FromTheRight { rest: Some(text), separator: b';', quotes: true }) {
        let pair = pair.trim_ascii();
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair.get(..equals)?, pair.get(equals + 1..)?);
        // RFC 7239 section 4: names have no case, and none occurs twice.
        if name.eq_ignore_ascii_case(b"for") && found.replace(value).is_some() {
            return None;
        }
    }
    let node = found?;
    match node.strip_prefix(b"\"") {
        Some(quoted) => address(quoted.strip_suffix(b"\"")?),
        None => address(node),
    }
}

/// Reads an address with or without a port; IPv6 with brackets or without.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match bracketed {
        Some(inside) => inside.parse().map(Ipv6Addr::into).ok(),
        None => text.parse().or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip())).ok(),
    };
    // An IPv4 address is one, however it is written.
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(header: AddressHeader, line: &str, expected: &Expect) {
        let addresses = header.addresses(line.as_bytes());
        let words: Vec<_> =
            addresses.map(|found| found.map_or("?".to_owned(), |found| found.to_string())).collect();
        expected.assert_eq(&words.join(" "));
    }

    #[test]
    fn x_forwarded_for_is_a_list_of_addresses() {
        let check = |line: &str, expected: &Expect| check(AddressHeader::XForwardedFor, line, expected);
        check("203.0.113.7", &expect!["203.0.113.7"]);
        check("198.51.100.1, 203.0.113.7", &expect!["203.0.113.7 198.51.100.1"]);
        check("198.51.100.1,,203.0.113.7 ,", &expect!["203.0.113.7 198.51.100.1"]);
        check("203.0.113.7:4711", &expect!["203.0.113.7"]);
        check(
            "2001:db8::1, [2001:db8::2], [2001:db8::3]:80",
            &expect!["2001:db8::3 2001:db8::2 2001:db8::1"],
        );
        check("::ffff:203.0.113.7", &expect!["203.0.113.7"]);
        check("", &expect![""]);
        check("unknown, 203.0.113.7", &expect!["203.0.113.7 ?"]);
        check("203.0.113.7; x, 203.0.113", &expect!["? ?"]);
        check("010.0.0.1, 1.2.3.4.5, 0x7f000001", &expect!["? ? ?"]);
        check("[203.0.113.7], [::1, ::1]", &expect!["? ? ?"]);
        check("\"203.0.113.7\"", &expect!["?"]);
        check("caf\u{e9}, 203.0.113.7", &expect!["203.0.113.7 ?"]);
    }

    #[test]
    fn forwarded_is_a_list_of_elements() {
        let check = |line: &str, expected: &Expect| check(AddressHeader::Forwarded, line, expected);
        check("for=203.0.113.7", &expect!["203.0.113.7"]);
        check("For=203.0.113.7;proto=https;by=10.0.0.1", &expect!["203.0.113.7"]);
        check(r#"for="[2001:db8::17]:4711", for=203.0.113.7"#, &expect!["203.0.113.7 2001:db8::17"]);
        check(r#"for="203.0.113.7:80" ; host="a,b;c""#, &expect!["203.0.113.7"]);
        check(r#"host="\"a,", for=203.0.113.7;host="a\",""#, &expect!["203.0.113.7 ?"]);
        check("for=unknown, for=_hidden, for=", &expect!["? ? ?"]);
        check("for=203.0.113.7;for=203.0.113.8", &expect!["?"]);
        check("by=10.0.0.1, 203.0.113.7", &expect!["? ?"]);
        check("for=203.0.113.7;", &expect!["?"]);
        check("for = 203.0.113.7", &expect!["?"]);
    }

    #[test]
    fn what_a_client_sent_does_not_hide_what_a_proxy_added() {
        let check = |line: &str, expected: &Expect| check(AddressHeader::Forwarded, line, expected);
        check(r#"for="1.1.1.1, for=203.0.113.7"#, &expect!["203.0.113.7 ?"]);
        check(r#"for=1.1.1.1;x=", for="[2001:db8::1]""#, &expect!["2001:db8::1 ?"]);
        check(r#"for="\, for=203.0.113.7"#, &expect!["203.0.113.7 ?"]);
        check(r#"for="1.1.1.1\", for="[2001:db8::1]""#, &expect!["2001:db8::1 ?"]);
    }
}
