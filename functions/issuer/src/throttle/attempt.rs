//! One attempt to log in, as the buckets know it: as keyed hashes.
//!
//! A typed username may be somebody's password. Nobody but this issuer can tell
//! from the database which names were typed, or from where.

use std::{fmt, net::IpAddr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::bucket::Bucket;
use crate::user::Username;

/// The issuer's own key for these hashes.
pub(crate) struct ThrottleKey(Zeroizing<Vec<u8>>);

/// Which username from where.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) username: Username,
    pub(crate) account: AccountKey,
    pub(crate) address: String,
    /// Of IPv6 only.
    pub(crate) site: Option<String>,
}

/// A username, hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountKey(String);

/// One failure, counted in one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Levy {
    pub(crate) bucket: Bucket,
    pub(crate) key: String,
}

impl ThrottleKey {
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn attempt(&self, username: &Username, address: Option<IpAddr>) -> Attempt {
        Attempt {
            username: username.clone(),
            account: self.account(username),
            address: self.address(address),
            site: address.and_then(|address| match address.to_canonical() {
                IpAddr::V4(_) => None,
                IpAddr::V6(address) => Some(self.hash("site", &(address.to_bits() >> 80).to_be_bytes())),
            }),
        }
    }

    pub(crate) fn account(&self, username: &Username) -> AccountKey {
        AccountKey(self.hash("account", username.key().as_bytes()))
    }

    pub(crate) fn address(&self, address: Option<IpAddr>) -> String {
        match address.map(|address| address.to_canonical()) {
            None => self.hash("no address", b""),
            Some(IpAddr::V4(address)) => self.hash("ipv4", &address.octets()),
            Some(IpAddr::V6(address)) => self.hash("ipv6", &(address.to_bits() >> 64).to_be_bytes()),
        }
    }

    /// Returns what a wrong password counts against of a user who is logged in.
    /// By id and not by username: what is done with a stolen token keeps nobody
    /// from logging in.
    pub(crate) fn levies_of_user(&self, user_id: &str, address: Option<IpAddr>) -> Vec<Levy> {
        let user = self.hash("user", user_id.as_bytes());
        let pair = format!("{user}{}", self.address(address));
        vec![Levy { bucket: Bucket::AccountAddress, key: pair }, Levy { bucket: Bucket::Account, key: user }]
    }

    /// Returns a number that is the same for a name each time, and that nobody
    /// else can tell.
    pub(crate) fn draw(&self, username: &Username) -> u64 {
        let tag = self.tag("draw", username.key().as_bytes());
        tag.first_chunk().copied().map_or(0, u64::from_be_bytes)
    }

    fn hash(&self, what: &str, value: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.tag(what, value))
    }

    /// 128 bits: nobody looks for two that are equal without the key.
    fn tag(&self, what: &str, value: &[u8]) -> [u8; 16] {
        let mut tag = [0; 16];
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            // HMAC takes keys of any length.
            return tag;
        };
        let whole = mac.chain_update(what.as_bytes()).chain_update([0]).chain_update(value).finalize();
        tag.iter_mut().zip(whole.into_bytes()).for_each(|(to, from)| *to = from);
        tag
    }
}

impl Attempt {
    /// Returns what a failure counts against. From a familiar address it is the
    /// pair alone: neither somebody elsewhere nor somebody behind the same
    /// address who tries other names can lock the owner out there.
    pub(crate) fn levies(&self, familiar: bool) -> Vec<Levy> {
        let levy = |bucket| Some(Levy { bucket, key: self.key(bucket)? });
        Bucket::ALL
            .into_iter()
            .filter(|bucket| !familiar || *bucket == Bucket::AccountAddress)
            .filter_map(levy)
            .collect()
    }

    /// The key of the pair.
    pub(crate) fn pair(&self) -> String {
        format!("{}{}", self.account.0, self.address)
    }

    fn key(&self, bucket: Bucket) -> Option<String> {
        match bucket {
            Bucket::Address => Some(self.address.clone()),
            Bucket::Site => self.site.clone(),
            Bucket::AccountAddress => Some(self.pair()),
            Bucket::Account => Some(self.account.0.clone()),
        }
    }
}

impl AccountKey {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what is beyond every pair of this account and before those of
    /// the next one, compared by bytes: no key has a `~`.
    pub(crate) fn end_of_pairs(&self) -> String {
        format!("{}~", self.0)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt(redacted)")
    }
}

impl fmt::Debug for ThrottleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ThrottleKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ThrottleKey {
        ThrottleKey::new(Zeroizing::new(vec![7; 32]))
    }

    fn attempt(username: &str, address: &str) -> Attempt {
        key().attempt(&Username::parse(username).unwrap(), Some(address.parse().unwrap()))
    }

    #[test]
    fn of_ipv6_a_network_is_one_client_and_ipv4_is_ipv4() {
        let here = attempt("ada", "2001:db8:0:1::7");
        let neighbour = attempt("ada", "2001:db8:0:1:ffff::1");
        assert_eq!(here, neighbour);
        let next = attempt("ada", "2001:db8:0:2::7");
        assert_ne!(here.address, next.address);
        assert_eq!(here.site, next.site);
        assert_ne!(here.site, attempt("ada", "2001:db8:1:1::7").site);

        let ipv4 = attempt("ada", "203.0.113.7");
        assert_eq!(ipv4.pair(), attempt("ADA", "::ffff:203.0.113.7").pair());
        assert_ne!(ipv4.address, attempt("ada", "203.0.113.8").address);
        assert_eq!(ipv4.site, None);
    }

    #[test]
    fn a_familiar_address_is_counted_for_its_own_user_alone() {
        let attempt = attempt("ada", "203.0.113.7");
        let buckets = |familiar| attempt.levies(familiar).into_iter().map(|levy| levy.bucket);
        assert!(buckets(true).eq([Bucket::AccountAddress]));
        assert!(buckets(false).eq([Bucket::Address, Bucket::AccountAddress, Bucket::Account]));
    }

    #[test]
    fn nothing_that_was_typed_is_in_a_key_and_other_issuers_have_others() {
        let attempt = attempt("hunter2", "203.0.113.7");
        for levy in attempt.levies(false) {
            assert!(!levy.key.contains("hunter2") && !levy.key.contains("203"), "{}", levy.key);
        }
        let other = ThrottleKey::new(Zeroizing::new(vec![8; 32]));
        assert_ne!(other.account(&Username::parse("hunter2").unwrap()), attempt.account);
        assert_eq!(format!("{other:?} {attempt:?}"), "ThrottleKey(redacted) Attempt(redacted)");
    }

    #[test]
    fn the_pairs_of_an_account_lie_side_by_side() {
        let (ada, eve) = (attempt("ada", "203.0.113.7"), attempt("eve", "203.0.113.7"));
        let is_adas =
            |pair: String| ada.account.as_str() <= pair.as_str() && pair < ada.account.end_of_pairs();
        assert!(is_adas(ada.pair()));
        assert!(!is_adas(eve.pair()));
    }
}
