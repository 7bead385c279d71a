//! Reading a credential out of its item.
//!
//! ```text
//! pk CRED#<key> · consumer S · custom_id S? · role S · enabled BOOL = true
//! algorithm S = HS256 · max_lifetime_secs N = one year · not_before N? · ttl N?
//! secrets L of M { value S · base64 BOOL = false · not_after N? }
//! ```
//!
//! Attributes that are not named here are ignored. The secrets leave the item
//! and are wiped once they are keys; the copies that the HTTP client and the SDK
//! made before are out of reach.

use token::{
    Algorithm, Credential, CredentialRecord, CredentialSecret, DEFAULT_CONSUMER_LIFETIME_SECS, Role,
    Timestamp,
};
use zeroize::Zeroizing;

use crate::item::{Item, UnreadableItem};

/// Why an item is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadableCredential {
    #[error(transparent)]
    Item(#[from] UnreadableItem),
    #[error(transparent)]
    Credential(#[from] token::CredentialError),
}

/// Reads the credential `key` out of `item`.
pub(crate) fn read(key: &str, mut item: Item) -> Result<Credential, UnreadableCredential> {
    let algorithm = match item.take_text("algorithm")? {
        None => Algorithm::HS256,
        Some(name) => Algorithm::from_name(&name).ok_or(UnreadableItem("algorithm"))?,
    };
    let role =
        item.take_text("role")?.and_then(|name| Role::from_name(&name)).ok_or(UnreadableItem("role"))?;
    let max_lifetime_secs = match item.number("max_lifetime_secs")? {
        None => DEFAULT_CONSUMER_LIFETIME_SECS,
        Some(secs) => u64::try_from(secs).map_err(|_| UnreadableItem("max_lifetime_secs"))?,
    };
    // DynamoDB deletes an item some time after its `ttl`; until it does, no
    // secret of it is good any more.
    let last = item.time("ttl")?.map(|ttl| ttl.minus(1));
    let secrets = item.take_maps("secrets")?.into_iter().map(|secret| read_secret(secret, last));
    let record = CredentialRecord {
        key: key.to_owned(),
        secrets: secrets.collect::<Result<_, _>>()?,
        username: item.take_text("consumer")?.ok_or(UnreadableItem("consumer"))?,
        custom_id: item.take_text("custom_id")?,
        role,
        enabled: item.flag("enabled")?.unwrap_or(true),
        algorithm,
        max_lifetime_secs,
        not_before: item.time("not_before")?,
    };
    Ok(Credential::new(record)?)
}

pub(crate) fn read_secret(
    mut secret: Item,
    last: Option<Timestamp>,
) -> Result<CredentialSecret, UnreadableItem> {
    let value = secret.take_text("value")?.map(Zeroizing::new).ok_or(UnreadableItem("secrets"))?;
    let not_after = secret.time("not_after")?.into_iter().chain(last).min();
    Ok(CredentialSecret { value, is_base64: secret.flag("base64")?.unwrap_or(false), not_after })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::types::AttributeValue;
    use expect_test::{Expect, expect};

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.into())
    }

    fn map(pairs: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn secret(pairs: &[(&str, AttributeValue)]) -> AttributeValue {
        AttributeValue::L(vec![AttributeValue::M(map(pairs))])
    }

    fn item() -> HashMap<String, AttributeValue> {
        map(&[
            ("pk", text("CRED#key-1")),
            ("consumer", text("shop")),
            ("role", text("user")),
            ("secrets", secret(&[("value", text(SECRET))])),
        ])
    }

    fn check(changes: &[(&str, AttributeValue)], expected: &Expect) {
        let mut item = item();
        item.extend(map(changes));
        let told = match read("key-1", item.into()) {
            Ok(credential) => format!(
                "{} {:?} {} {} {} {}",
                credential.username(),
                credential.custom_id(),
                credential.role(),
                credential.is_enabled(),
                credential.algorithm(),
                credential.max_lifetime_secs(),
            ),
            Err(error) => error.to_string(),
        };
        assert!(!told.contains(SECRET), "a secret was quoted");
        expected.assert_eq(&told);
    }

    fn check_without(name: &str, expected: &Expect) {
        let mut item = item();
        item.remove(name);
        expected.assert_eq(&read("key-1", item.into()).unwrap_err().to_string());
    }

    #[test]
    fn what_is_left_out_has_its_documented_value() {
        check(&[], &expect!["shop None USER true HS256 31536000"]);
        check(
            &[
                ("custom_id", text("c-7")),
                ("role", text("SUPERVISOR")),
                ("enabled", AttributeValue::Bool(false)),
                ("algorithm", text("HS384")),
                ("max_lifetime_secs", AttributeValue::N("60".into())),
                (
                    "secrets",
                    secret(&[("value", text(&SECRET.repeat(2))), ("base64", AttributeValue::Bool(true))]),
                ),
                ("tags", AttributeValue::Ss(vec!["a".into()])),
            ],
            &expect![[r#"shop Some("c-7") SUPERVISOR false HS384 60"#]],
        );
    }

    #[test]
    fn an_item_that_makes_no_sense_is_not_taken_for_absence() {
        check_without("consumer", &expect![[r#"an item has no usable "consumer""#]]);
        check_without("role", &expect![[r#"an item has no usable "role""#]]);
        check_without("secrets", &expect![[r#"an item has no usable "secrets""#]]);
        for (name, value) in [
            ("custom_id", AttributeValue::Null(true)),
            ("role", text("ROOT")),
            ("enabled", text("false")),
            ("algorithm", text("RS256")),
            ("algorithm", AttributeValue::N("256".into())),
            ("max_lifetime_secs", AttributeValue::N("-1".into())),
            ("max_lifetime_secs", AttributeValue::N("1.5".into())),
            ("not_before", text("1750000000")),
            ("ttl", text("1750000000")),
            ("secrets", text(SECRET)),
            ("secrets", AttributeValue::L(vec![text(SECRET)])),
        ] {
            let expected = format!("an item has no usable \"{name}\"");
            let mut item = item();
            item.insert(name.into(), value);
            assert_eq!(read("key-1", item.into()).unwrap_err().to_string(), expected);
        }
        check(
            &[("secrets", secret(&[("value", text(SECRET)), ("base64", text("true"))]))],
            &expect![[r#"an item has no usable "base64""#]],
        );
        check(
            &[("secrets", secret(&[("value", text(SECRET)), ("not_after", text("soon"))]))],
            &expect![[r#"an item has no usable "not_after""#]],
        );
        check(&[("secrets", secret(&[]))], &expect![[r#"an item has no usable "secrets""#]]);
        check(&[("secrets", AttributeValue::L(vec![]))], &expect!["it has 0 secrets, 1 to 3 are allowed"]);
        check(
            &[("secrets", secret(&[("value", text("tooshort"))]))],
            &expect!["its secret number 1: the secret has 8 bytes, HS256 needs at least 32"],
        );
        check(
            &[("max_lifetime_secs", AttributeValue::N("0".into()))],
            &expect!["its longest lifetime is zero"],
        );
    }
}
