//! What Kong's admin API makes of credentials, seen from the gate: file 02 of its
//! test suite, as far as it decides who gets in, file 04, where they change, and
//! secrets and other values that its suite leaves out.

use serde_json::json;

use crate::{
    credential::{BYTES, BYTES_STANDARD, NEXT, OTHER, SECRET, item, plain, with},
    request::Request,
    row::{Change, Kong, Ours, Row},
    signing::{HS256, Signer, sign},
};

pub(crate) fn rows(signer: &Signer) -> Vec<Row> {
    let mut rows = created(signer);
    rows.extend(secrets(signer));
    rows.extend(changed(signer));
    rows
}

fn created(signer: &Signer) -> Vec<Row> {
    const UNUSABLE: &str =
        "a credential that nobody can verify with is a fault of ours to be told, not one of the caller's";
    let by = |key: &str, secret: &str| Request::bearer(&signer.token(key, secret));
    let generated = "Zk3vQ8wXn1RtY6uLp0BcD4eFgH7jKmN2";
    vec![
        Row::same("a credential with tags", Ours::Accepts("tagged-key"), by("tagged-key", SECRET)),
        Row::differs(
            "a credential whose secret is eight characters long",
            Kong::Accepts,
            Ours::Fails,
            "HS256 needs a secret of 32 bytes: this one is found by trying",
            by("short-key", "tooshort"),
        ),
        Row::same(
            "two consumers with one secret: the first",
            Ours::Accepts("shop-key"),
            by("shop-key", SECRET),
        ),
        Row::same(
            "two consumers with one secret: the second",
            Ours::Accepts("twin-key"),
            by("twin-key", SECRET),
        ),
        Row::same(
            "a secret as Kong makes them up",
            Ours::Accepts("generated-key"),
            by("generated-key", generated),
        )
        .after(vec![Change::Put("generated-key", item("shop", &[plain(generated)]))]),
        Row::same(
            "a credential that is put under a new key",
            Ours::Accepts("put-key"),
            by("put-key", SECRET),
        )
        .after(vec![Change::Put("put-key", item("shop", &[plain(SECRET)]))]),
        Row::same("a longest lifetime below zero", Ours::Fails, by("negative-cap-key", SECRET)),
        Row::differs(
            "a token of HS256 for a credential of RS256",
            Kong::Refuses,
            Ours::Fails,
            UNUSABLE,
            by("rsa-key", SECRET),
        ),
    ]
}

fn secrets(signer: &Signer) -> Vec<Row> {
    const SAID: &str = "the credential is at fault, and that is told as a fault";
    let raw = |key: &str| Request::bearer(&sign(HS256, &signer.claims(key).to_string(), &BYTES));
    let by = |key: &str, secret: &str| Request::bearer(&signer.token(key, secret));
    vec![
        Row::differs(
            "base64 with + and / in it",
            Kong::Refuses,
            Ours::Accepts("base64-key"),
            "either alphabet is read; Kong decodes base64url only, and refuses the secret",
            raw("base64-key"),
        ),
        Row::same("base64 with - and _ in it", Ours::Accepts("base64url-key"), raw("base64url-key")),
        Row::same(
            "a plain secret that could be base64, used as it is",
            Ours::Accepts("plain-base64-key"),
            by("plain-base64-key", BYTES_STANDARD),
        ),
        Row::same("a plain secret that could be base64, decoded", Ours::Refuses, raw("plain-base64-key")),
        Row::differs(
            "a secret that should be base64 and is not",
            Kong::Refuses,
            Ours::Fails,
            SAID,
            by("junk-base64-key", SECRET),
        ),
        Row::differs(
            "31 bytes in base64",
            Kong::Accepts,
            Ours::Fails,
            "a secret is measured after decoding, and this one is too short",
            by("short-base64-key", "0123456789abcdef0123456789abcde"),
        ),
        Row::same("an empty secret, and a signature made with it", Ours::Fails, by("empty-key", "")),
        Row::beyond("a credential without a secret", Ours::Fails, by("no-secret-key", "")),
        Row::beyond("a credential with a role that is none", Ours::Fails, by("roleless-key", SECRET)),
    ]
}

fn changed(signer: &Signer) -> Vec<Row> {
    let by = |key: &str, secret: &str| Request::bearer(&signer.token(key, secret));
    let put = |key, secret| Change::Put(key, item("shop", &[plain(secret)]));
    let first = |key: &str, secret: &str| Change::AcceptedFirst(by(key, secret));
    vec![
        Row::same("a secret that was replaced: the old one", Ours::Refuses, by("patched-key", SECRET))
            .after(vec![put("patched-key", SECRET), first("patched-key", SECRET), put("patched-key", NEXT)]),
        Row::same(
            "a secret that was replaced: the new one",
            Ours::Accepts("patched-key"),
            by("patched-key", NEXT),
        ),
        Row::same("a credential that was deleted", Ours::Refuses, by("deleted-key", SECRET)).after(vec![
            put("deleted-key", SECRET),
            first("deleted-key", SECRET),
            Change::Delete("deleted-key"),
        ]),
        Row::same("a key that was changed: the old one", Ours::Refuses, by("old-name", SECRET)).after(vec![
            put("old-name", SECRET),
            first("old-name", SECRET),
            Change::Delete("old-name"),
            put("new-name", SECRET),
        ]),
        Row::same("a key that was changed: the new one", Ours::Accepts("new-name"), by("new-name", SECRET)),
        Row::same(
            "a consumer that was deleted, and its credentials with it",
            Ours::Refuses,
            by("orphan-2", OTHER),
        )
        .after(vec![
            Change::Put("orphan-1", item("gone", &[plain(SECRET)])),
            Change::Put("orphan-2", item("gone", &[plain(OTHER)])),
            first("orphan-2", OTHER),
            Change::Delete("orphan-1"),
            Change::Delete("orphan-2"),
        ]),
        Row::beyond(
            "a credential that gets another role",
            Ours::Accepts("promoted-key"),
            by("promoted-key", SECRET),
        )
        .after(vec![
            put("promoted-key", SECRET),
            first("promoted-key", SECRET),
            Change::Put("promoted-key", with(item("shop", &[plain(SECRET)]), "role", json!({"S": "ADMIN"}))),
        ]),
    ]
}
