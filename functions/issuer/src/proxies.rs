//! Whose address is it, where proxies stand in front?
//!
//! A header says who asks only if a proxy that is trusted wrote it. Anybody can
//! send one, so everybody else's is ignored, and loudly: without the setting
//! all clients look like one address, the proxy's.

use std::net::IpAddr;

use ipnet::IpNet;
use token::Moment;

use crate::{forwarded::AddressHeader, tally::Tally};

/// The proxies in front, and how they name their clients.
#[derive(Debug)]
pub(crate) struct Proxies {
    pub(crate) trusted: TrustedProxies,
    pub(crate) header: AddressHeader,
    /// Requests that name a client and come from nobody that is trusted.
    pub(crate) ignored: Tally,
    /// Logins for which a trusted proxy named no client.
    pub(crate) unnamed: Tally,
}

/// The addresses whose word is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TrustedProxies(Vec<IpNet>);

/// The list of proxies is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongProxies {
    #[error(
        "is not a comma list of addresses and networks, such as 127.0.0.1,10.0.0.0/16; or \"none\", where \
         clients connect by themselves"
    )]
    Syntax,
    #[error("trusts everybody: name the addresses of the proxies")]
    Everybody,
    #[error("names IPv4 addresses in IPv6 form; write them as IPv4")]
    MappedIpv4,
}

impl TrustedProxies {
    pub(crate) fn parse(list: &str) -> Result<Self, WrongProxies> {
        if list.trim() == "none" {
            return Ok(Self::default());
        }
        list.split(',').map(|one| parse_one(one.trim())).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse_one(text: &str) -> Result<IpNet, WrongProxies> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| WrongProxies::Syntax)?;
    if network.prefix_len() == 0 {
        return Err(WrongProxies::Everybody);
    }
    // Addresses are compared as IPv4 where they are; this would never match.
    if let IpNet::V6(network) = network
        && network.addr().to_ipv4_mapped().is_some()
    {
        return Err(WrongProxies::MappedIpv4);
    }
    Ok(network)
}

impl Proxies {
    pub(crate) fn new(trusted: TrustedProxies, header: AddressHeader) -> Self {
        Self { trusted, header, ignored: Tally::default(), unnamed: Tally::default() }
    }

    /// Returns the address of the client behind `peer`: the rightmost one in the
    /// header that is not a trusted proxy's. `lines` are those of the header,
    /// which are one list. Where the list ends in something that is no address,
    /// it is the last good one.
    pub(crate) fn client<'l>(
        &self,
        peer: IpAddr,
        lines: impl DoubleEndedIterator<Item = &'l [u8]>,
    ) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let mut named = lines.rev().flat_map(|line| self.header.addresses(line));
        while self.trusted.contain(nearest) {
            let Some(Some(next)) = named.next() else { break };
            nearest = next;
        }
        nearest
    }

    /// Counts a request that names a client without being asked.
    pub(crate) fn note_ignored(&self, now: Moment) {
        if let Some(count) = self.ignored.add(now) {
            tracing::warn!(
                count,
                "ignored an X-Forwarded-For or Forwarded header from an address that is not in \
                 TRUSTED_PROXIES; if it is your proxy's, all its clients look like one"
            );
        }
    }

    /// Counts a login whose client is the proxy itself, as far as can be told.
    pub(crate) fn note_unnamed(&self, now: Moment) {
        if let Some(count) = self.unnamed.add(now) {
            tracing::warn!(
                count,
                header = self.header.name(),
                "a trusted proxy named no client for a login; all its clients look like one. Does it \
                 send the header that CLIENT_ADDRESS_HEADER names?"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let trusted = TrustedProxies::parse(trusted).unwrap();
        let proxies = Proxies::new(trusted, AddressHeader::XForwardedFor);
        let lines = lines.iter().map(|line| line.as_bytes());
        proxies.client(peer.parse().unwrap(), lines).to_string()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_proxy() {
        let trusted = "10.0.0.0/8, 2001:db8:f::/48,192.0.2.1";
        for (peer, lines, expected) in [
            ("203.0.113.7", &["1.1.1.1"][..], "203.0.113.7"),
            ("10.1.2.3", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:10.1.2.3", &["203.0.113.7"], "203.0.113.7"),
            ("2001:db8:f::5", &["203.0.113.7"], "203.0.113.7"),
            ("10.1.2.3", &["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
            ("10.1.2.3", &["1.1.1.1, 203.0.113.7, 10.0.0.9"], "203.0.113.7"),
            ("10.1.2.3", &["1.1.1.1", "203.0.113.7", "10.0.0.9, 192.0.2.1"], "203.0.113.7"),
            // Inside: everybody on the way is a proxy.
            ("10.1.2.3", &["10.0.0.7, 10.0.0.9"], "10.0.0.7"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &[""], "10.1.2.3"),
            ("10.1.2.3", &["203.0.113.7, unknown"], "10.1.2.3"),
            ("10.1.2.3", &["203.0.113.7, unknown, 10.0.0.9"], "10.0.0.9"),
            ("10.1.2.3", &["rubbish, 203.0.113.7"], "203.0.113.7"),
        ] {
            assert_eq!(client(trusted, peer, lines), expected, "{peer} {lines:?}");
        }
        assert_eq!(client("none", "10.1.2.3", &["203.0.113.7"]), "10.1.2.3");
    }

    #[test]
    fn whom_to_trust_is_said_in_so_many_words() {
        for good in ["127.0.0.1", "10.0.0.1/8", "::1, fd00::/8", "none"] {
            assert!(TrustedProxies::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "127.0.0.1,", "none,127.0.0.1", "127.0.0.1:80", "*"] {
            assert_eq!(TrustedProxies::parse(bad), Err(WrongProxies::Syntax), "{bad}");
        }
        for all in ["0.0.0.0/0", "127.0.0.1,::/0"] {
            assert_eq!(TrustedProxies::parse(all), Err(WrongProxies::Everybody), "{all}");
        }
        assert_eq!(TrustedProxies::parse("::ffff:10.0.0.0/104"), Err(WrongProxies::MappedIpv4));
    }
}
