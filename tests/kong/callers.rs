//! Who is who: consumers that would be users or one another, users that would
//! be consumers, and the ways in which a consumer's access ends.

use registry::Revocation;
use serde_json::{Value, json};
use token::Timestamp;

use crate::{
    credential::{NEXT, OTHER, SECRET, item, plain, until},
    request::Request,
    row::{Change, Kong, Ours, Row},
    signing::{HS256, ISSUER, Signer, by_shop, shared_secret, sign},
};

pub(crate) fn rows(signer: &Signer) -> Vec<Row> {
    [pretenders(signer), confusion(signer), purposes(signer), rotation(signer), revocation(signer)]
        .into_iter()
        .flatten()
        .collect()
}

fn signed(claims: &Value, secret: &str) -> Request {
    Request::bearer(&sign(HS256, &claims.to_string(), secret.as_bytes()))
}

fn pretenders(signer: &Signer) -> Vec<Row> {
    let users = signer.users_claims();
    let with = |name: &str, value: &str| {
        let mut changed = users.clone();
        changed[name] = json!(value);
        changed
    };
    let mut bold = signer.claims("shop-key");
    for (name, value) in [
        ("sub", "consumer:other"),
        ("role", "ADMIN"),
        ("username", "root"),
        ("name", "Root"),
        ("email", "root@example.com"),
        ("sid", "s1"),
        ("caller", "user"),
        ("consumer", "other"),
        ("custom_id", "other"),
        ("credential", "other-key"),
        ("jti", "bold-j1"),
    ] {
        bold[name] = json!(value);
    }
    let mut odd = signer.claims("shop-key");
    (odd["sub"], odd["role"], odd["email"]) = (json!(7), json!(["ADMIN"]), json!({}));
    vec![
        Row::same(
            "a consumer that claims name, role and subject of another",
            Ours::Accepts("shop-key"),
            signed(&bold, SECRET),
        ),
        Row::same(
            "a consumer whose claims about itself make no sense",
            Ours::Accepts("shop-key"),
            signed(&odd, SECRET),
        ),
        Row::beyond("a user", Ours::AcceptsUser, Request::bearer(&signer.users())),
        Row::beyond("a consumer that signs as the issuer", Ours::Refuses, signed(&users, OTHER)),
        Row::beyond(
            "a consumer that signs as the issuer and has a credential of that name",
            Ours::Refuses,
            signed(&users, SECRET),
        ),
        Row::beyond(
            "a user's token for a credential, signed with the shared secret",
            Ours::Refuses,
            signed(&with("iss", "shop-key"), &shared_secret()),
        ),
        Row::beyond(
            "a user whose subject is a consumer's",
            Ours::Refuses,
            signed(&with("sub", "consumer:shop"), &shared_secret()),
        ),
        Row::beyond(
            "a user's token that is signed with the secret of the credential in its kid",
            Ours::Refuses,
            Request::bearer(&sign(
                r#"{"alg":"HS256","typ":"JWT","kid":"shop-key"}"#,
                &users.to_string(),
                SECRET.as_bytes(),
            )),
        ),
    ]
}

fn confusion(signer: &Signer) -> Vec<Row> {
    let header = r#"{"alg":"HS256","typ":"JWT","kid":"other-key"}"#;
    let shops = signer.claims("shop-key").to_string();
    let by_header = |secret: &str| Request::bearer(&sign(header, &shops, secret.as_bytes()));
    vec![
        Row::same(
            "one consumer's iss, another one's secret",
            Ours::Refuses,
            signed(&signer.claims("shop-key"), OTHER),
        ),
        Row::same("and the other way round", Ours::Refuses, signed(&signer.claims("other-key"), SECRET)),
        Row::same(
            "iss of one, kid of another, secret of the first",
            Ours::Accepts("shop-key"),
            by_header(SECRET),
        ),
        Row::same("iss of one, kid of another, secret of the second", Ours::Refuses, by_header(OTHER)),
        Row::same(
            "the other consumer as itself",
            Ours::Accepts("other-key"),
            signed(&signer.claims("other-key"), OTHER),
        ),
    ]
}

fn purposes(signer: &Signer) -> Vec<Row> {
    const AUDIENCE: &str =
        "a token that says whom it is for means it; one that does not is as Kong's clients write it";
    const PURPOSE: &str = "a token that says what it is for means it: only access tokens open anything";
    let year = 31_536_000;
    vec![
        Row::same("aud names us", Ours::Accepts("shop-key"), by_shop(&signer.with("aud", "chatbot"))),
        Row::same(
            "aud names us among others",
            Ours::Accepts("shop-key"),
            by_shop(&signer.with("aud", json!(["a", "chatbot"]))),
        ),
        Row::differs(
            "aud names somebody else",
            Kong::Accepts,
            Ours::Refuses,
            AUDIENCE,
            by_shop(&signer.with("aud", "billing")),
        ),
        Row::differs(
            "aud names nobody",
            Kong::Accepts,
            Ours::Refuses,
            AUDIENCE,
            by_shop(&signer.with("aud", json!([]))),
        ),
        Row::same("type access", Ours::Accepts("shop-key"), by_shop(&signer.with("type", "access"))),
        Row::differs(
            "type refresh",
            Kong::Accepts,
            Ours::Refuses,
            PURPOSE,
            by_shop(&signer.with("type", "refresh")),
        ),
        Row::same(
            "a year to live",
            Ours::Accepts("shop-key"),
            by_shop(&signer.with("exp", signer.at(year - 1))),
        ),
        Row::differs(
            "ten years to live, no longest lifetime configured",
            Kong::Accepts,
            Ours::Refuses,
            "every credential has a longest lifetime, a year where it names none",
            by_shop(&signer.with("exp", signer.at(10 * year))),
        ),
    ]
}

fn rotation(signer: &Signer) -> Vec<Row> {
    let by = |secret: &str| Request::bearer(&signer.token("rotated-key", secret));
    let both = vec![plain(NEXT), until(SECRET, signer.at(3600)), until(OTHER, signer.at(-60))];
    let over = vec![plain(NEXT), until(SECRET, signer.at(-1))];
    let four: Vec<Value> = (0..4).map(|n| plain(&format!("{SECRET}{n}"))).collect();
    let rotated = Ours::Accepts("rotated-key");
    vec![
        Row::beyond("a rotation: the new secret", rotated, by(NEXT))
            .after(vec![Change::Put("rotated-key", item("shop", &both))]),
        Row::beyond("a rotation: the old secret in its time", rotated, by(SECRET)),
        Row::beyond("a rotation: a secret whose time is over", Ours::Refuses, by(OTHER)),
        Row::beyond("after a rotation: the old secret", Ours::Refuses, by(SECRET))
            .after(vec![Change::AcceptedFirst(by(SECRET)), Change::Put("rotated-key", item("shop", &over))]),
        Row::beyond("after a rotation: the new secret", rotated, by(NEXT)),
        Row::beyond("more secrets than a rotation needs", Ours::Fails, by(&format!("{SECRET}0")))
            .after(vec![Change::Put("rotated-key", item("shop", &four))]),
    ]
}

fn revocation(signer: &Signer) -> Vec<Row> {
    let at = |secs| Timestamp::from_unix_secs(signer.at(secs));
    let issued = |key: &str, secs: i64| {
        let mut claims = signer.claims(key);
        claims["iat"] = json!(signer.at(secs));
        signed(&claims, SECRET)
    };
    let named = |jti: &str| signed(&signer.with("jti", jti), SECRET);
    let put = |key, consumer| Change::Put(key, item(consumer, &[plain(SECRET)]));
    let credential =
        |key: &str| Change::Revoke(Revocation::Credential { key: key.into(), not_before: at(-10) });
    let subject = || Change::Revoke(Revocation::Subject { sub: "consumer:left".into(), not_before: at(-10) });
    vec![
        Row::beyond(
            "a credential that is switched off",
            Ours::Refuses,
            Request::bearer(&signer.token("disabled-key", SECRET)),
        ),
        Row::beyond(
            "a credential whose item is past its time",
            Ours::Refuses,
            Request::bearer(&signer.token("over-key", SECRET)),
        ),
        Row::beyond("a token that was revoked by its id", Ours::Refuses, named("revoked-j")).after(vec![
            Change::AcceptedFirst(named("revoked-j")),
            Change::Revoke(Revocation::Token { jti: "revoked-j".into() }),
        ]),
        Row::beyond("another token of that consumer", Ours::Accepts("shop-key"), named("good-j")),
        Row::beyond("issued before its credential was revoked", Ours::Refuses, issued("withdrawn-key", -11))
            .after(vec![
                put("withdrawn-key", "shop"),
                Change::AcceptedFirst(issued("withdrawn-key", -11)),
                credential("withdrawn-key"),
            ]),
        Row::beyond("issued afterwards", Ours::Accepts("withdrawn-key"), issued("withdrawn-key", -10)),
        Row::beyond(
            "nobody knows when, and its credential was revoked",
            Ours::Refuses,
            Request::bearer(&signer.token("withdrawn-key", SECRET)),
        ),
        Row::beyond("issued today, all revoked until 2100", Ours::Refuses, issued("issued-before-key", 0)),
        Row::beyond(
            "a credential that is revoked before there is one",
            Ours::Refuses,
            issued("later-key", 0),
        )
        .after(vec![credential("later-key")]),
        Row::beyond("issued before its consumer was revoked", Ours::Refuses, issued("left-key", -11))
            .after(vec![put("left-key", "left"), Change::AcceptedFirst(issued("left-key", -11)), subject()]),
        Row::beyond("issued by the consumer afterwards", Ours::Accepts("left-key"), issued("left-key", -10)),
        Row::beyond("a subject of that name is no user", Ours::AcceptsUser, Request::bearer(&signer.users())),
        Row::beyond("iss is the issuer's, kid a credential's, no user", Ours::Refuses, {
            let claims = json!({"iss": ISSUER, "exp": signer.at(600)});
            Request::bearer(&sign(
                r#"{"alg":"HS256","kid":"shop-key"}"#,
                &claims.to_string(),
                SECRET.as_bytes(),
            ))
        }),
    ]
}
