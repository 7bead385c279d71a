//! What Kong's test suite leaves out of its access cases: hostile and odd tokens.
//! Kong's outcomes are what its source says, with `exp` and `nbf` among its
//! claims to verify unless a row says otherwise.

use serde_json::json;

use crate::{
    credential::SECRET,
    request::Request,
    row::{Kong, Ours, Row},
    signing::{HS256, Signer, by_shop, encode, shop_text, sign},
};

pub(crate) fn rows(signer: &Signer) -> Vec<Row> {
    [shapes(signer), json_forms(signer), headers(signer), key_claims(signer), times(signer), schemes(signer)]
        .into_iter()
        .flatten()
        .collect()
}

fn shapes(signer: &Signer) -> Vec<Row> {
    let good = signer.token("shop-key", SECRET);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let large = signer.with("pad", "x".repeat(8192));
    // The last letter of 43 has two bits that decode to nothing.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).unwrap();
    let stray = alphabet.chars().nth(index ^ 1).unwrap();
    let respelled = format!("{input}.{}{stray}", &signature[..signature.len() - 1]);
    vec![
        Row::same("two parts", Ours::Refuses, Request::bearer(input)),
        Row::same("three parts, the last one empty", Ours::Refuses, Request::bearer(&format!("{input}."))),
        Row::same("four parts", Ours::Refuses, Request::bearer(&format!("{good}.{signature}"))),
        Row::same(
            "five parts, as an encrypted token has",
            Ours::Refuses,
            Request::bearer(&format!("{good}.a.b")),
        ),
        Row::same("a dot behind the token", Ours::Refuses, Request::bearer(&format!("{good}."))),
        Row::differs(
            "padding behind the signature",
            Kong::Accepts,
            Ours::Refuses,
            "a token has one spelling, so that nobody revokes one and meets another",
            Request::bearer(&format!("{good}=")),
        ),
        Row::differs(
            "a signature with stray bits in its last letter",
            Kong::Accepts,
            Ours::Refuses,
            "a token has one spelling, so that nobody revokes one and meets another",
            Request::bearer(&respelled),
        ),
        Row::differs(
            "a token larger than eight kilobytes",
            Kong::Accepts,
            Ours::Refuses,
            "size is checked before work; JWT_MAX_TOKEN_BYTES raises the limit",
            by_shop(&large),
        ),
        Row::same(
            "no text at all behind Bearer",
            Ours::Refuses,
            Request::empty().header("Authorization", "Bearer "),
        ),
        Row::same("a text that is no token", Ours::Refuses, Request::bearer("shop-key")),
    ]
}

fn json_forms(signer: &Signer) -> Vec<Row> {
    const TWICE: &str = "two readers of two equal names read two different tokens; such a text is refused";
    const NO_OBJECT: &str =
        "Kong most likely stumbles over it with a 500; it is the sender's fault, so a 401";
    let exp = signer.at(600);
    let mut rows: Vec<Row> = ["null", "7", "true"]
        .into_iter()
        .map(|payload| {
            let name = format!("a payload that is {payload}");
            Row::differs(name, Kong::Fails, Ours::Refuses, NO_OBJECT, shop_text(payload))
        })
        .collect();
    rows.extend([
        Row::same("a payload that is a text", Ours::Refuses, shop_text("\"text\"")),
        Row::same("a payload that is a list", Ours::Refuses, shop_text("[]")),
        Row::same("a payload that is no JSON", Ours::Refuses, shop_text("{")),
        Row::same(
            "an empty payload",
            Ours::Refuses,
            Request::bearer(&format!("{}..{}", encode(HS256), encode([7; 32]))),
        ),
        Row::same(
            "bytes behind the JSON of the payload",
            Ours::Refuses,
            shop_text(&format!(r#"{{"iss":"shop-key","exp":{exp}}}{{}}"#)),
        ),
        Row::differs(
            "one member name twice",
            Kong::Accepts,
            Ours::Refuses,
            TWICE,
            shop_text(&format!(r#"{{"iss":"other-key","iss":"shop-key","exp":{exp}}}"#)),
        ),
        Row::differs(
            "one member name twice, once escaped",
            Kong::Accepts,
            Ours::Refuses,
            TWICE,
            shop_text(&format!(r#"{{"\u0069ss":"other-key","iss":"shop-key","exp":{exp}}}"#)),
        ),
    ]);
    rows
}

fn headers(signer: &Signer) -> Vec<Row> {
    let own_key = format!(
        r#"{{"alg":"HS256","jku":"https://evil.example/keys","jwk":{{"kty":"oct","k":"{}"}}}}"#,
        encode([7; 32])
    );
    let own_signature = sign(&own_key, &signer.claims("shop-key").to_string(), &[7; 32]);
    let unsigned =
        format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(signer.claims("shop-key").to_string()));
    let mut rows: Vec<Row> = ["none", "None", "hs256", ""]
        .into_iter()
        .map(|alg| {
            let request = signer.shop_header(&format!(r#"{{"alg":"{alg}"}}"#));
            Row::same(format!("alg {alg:?} and a signature"), Ours::Refuses, request)
        })
        .collect();
    rows.extend([
        Row::same("alg none and no signature", Ours::Refuses, Request::bearer(&unsigned)),
        Row::same("no alg", Ours::Refuses, signer.shop_header(r#"{"typ":"JWT"}"#)),
        Row::same("HS512 for a credential of HS256", Ours::Refuses, signer.shop_header(r#"{"alg":"HS512"}"#)),
        Row::same("a key of the sender's own in the header", Ours::Refuses, Request::bearer(&own_signature)),
        Row::same(
            "such a key beside a good signature",
            Ours::Accepts("shop-key"),
            signer.shop_header(&own_key),
        ),
        Row::differs(
            "an extension that is marked critical",
            Kong::Accepts,
            Ours::Refuses,
            "RFC 7515 section 4.1.11: whoever does not know it must refuse",
            signer.shop_header(r#"{"alg":"HS256","crit":["exp"]}"#),
        ),
        Row::differs(
            "a typ that says the token is for something else",
            Kong::Accepts,
            Ours::Refuses,
            "RFC 8725 section 3.11: a token for another purpose opens nothing",
            signer.shop_header(r#"{"alg":"HS256","typ":"logout+jwt"}"#),
        ),
    ]);
    rows
}

fn key_claims(signer: &Signer) -> Vec<Row> {
    const NO_TEXT: &str =
        "Kong looks it up as it is and most likely fails with a 500; a key is text, so a 401";
    let mut rows: Vec<Row> =
        [json!(7), json!(["shop-key"]), json!({"shop-key": 1}), json!(null), json!(true)]
            .into_iter()
            .map(|iss| {
                let name = format!("an iss that is {iss}");
                Row::differs(name, Kong::Fails, Ours::Refuses, NO_TEXT, by_shop(&signer.with("iss", iss)))
            })
            .collect();
    for (name, iss) in [
        ("an iss of 256 bytes", "x".repeat(256)),
        ("an iss with a bell in it", "shop-key\u{7}".into()),
        ("an iss with line breaks", "shop-key\r\nX-Role: ADMIN".into()),
        ("an iss in another case", "Shop-Key".into()),
        ("an iss with a blank behind it", "shop-key ".into()),
        ("an iss that names another kind of item", "CRED#shop-key".into()),
        ("an iss that looks like a query", "' OR 1=1 --".into()),
    ] {
        rows.push(Row::same(name, Ours::Refuses, by_shop(&signer.with("iss", iss))));
    }
    rows.push(Row::differs(
        "an iss with a null byte",
        Kong::Fails,
        Ours::Refuses,
        "PostgreSQL knows no such text, so Kong most likely fails with a 500; a key has none, so a 401",
        by_shop(&signer.with("iss", "shop-key\u{0}")),
    ));
    rows
}

fn times(signer: &Signer) -> Vec<Row> {
    const FINITE: &str = "a time is a finite number that every JSON parser reads alike";
    let exp = |text: &str| shop_text(&format!(r#"{{"iss":"shop-key","exp":{text}}}"#));
    let soon = signer.at(600);
    let iat = signer.with("iat", signer.at(1000));
    vec![
        Row::same("exp as a fraction", Ours::Accepts("shop-key"), exp(&format!("{soon}.5"))),
        Row::same("exp in scientific notation, long ago", Ours::Refuses, exp("1.5e9")),
        Row::same("exp below zero", Ours::Refuses, exp("-1")),
        Row::same("exp zero", Ours::Refuses, exp("0")),
        Row::same("exp null", Ours::Refuses, exp("null")),
        Row::differs("exp beyond any number", Kong::Accepts, Ours::Refuses, FINITE, exp("1e400")),
        Row::differs("exp of three hundred digits", Kong::Accepts, Ours::Refuses, FINITE, exp("1e300")),
        Row::differs(
            "exp in milliseconds",
            Kong::Accepts,
            Ours::Refuses,
            "every credential has a longest lifetime, a year where it names none",
            exp(&format!("{soon}000")),
        ),
        Row::differs(
            "no exp, no claims configured",
            Kong::Accepts,
            Ours::Refuses,
            "a token that never ends is refused, whatever is configured",
            shop_text(r#"{"iss":"shop-key"}"#),
        ),
        Row::differs(
            "expired, no claims configured",
            Kong::Accepts,
            Ours::Refuses,
            "an expired token is refused, whatever is configured",
            by_shop(&signer.with("exp", signer.at(-1000))),
        ),
        Row::differs(
            "issued in the future",
            Kong::Accepts,
            Ours::Refuses,
            "a token from the future was made up, or a clock is wrong",
            by_shop(&iat),
        ),
    ]
}

fn schemes(signer: &Signer) -> Vec<Row> {
    let good = signer.token("shop-key", SECRET);
    let scheme = |scheme: &str| Request::empty().header("Authorization", &format!("{scheme} {good}"));
    vec![
        Row::same("the scheme in lower case", Ours::Accepts("shop-key"), scheme("bearer")),
        Row::differs(
            "the scheme in upper case",
            Kong::Refuses,
            Ours::Accepts("shop-key"),
            "RFC 9110 section 11.1: schemes are read without regard to case",
            scheme("BEARER"),
        ),
        Row::same("another scheme", Ours::Refuses, scheme("Basic")),
        Row::differs(
            "the same token in header and cookie",
            Kong::Accepts,
            Ours::Refuses,
            "RFC 6750 section 2: one way of sending it per request",
            Request::bearer(&good).cookie("silly", &good),
        ),
        Row::differs(
            "the same token twice in the query",
            Kong::Accepts,
            Ours::Refuses,
            "RFC 6750 section 3.1: a parameter that is there twice is an invalid request",
            Request::empty().query("jwt", &good).query("jwt", &good),
        ),
    ]
}
