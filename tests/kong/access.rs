//! Kong's cases of who gets in: file 03 of its test suite, and the parser's
//! cases of file 01 that a request can show.

use serde_json::json;

use crate::{
    credential::{BYTES, LONG, SECRET},
    request::Request,
    row::{Kong, Ours, Row},
    signing::{HS256, Signer, by_shop, encode, sign},
};

pub(crate) fn rows(signer: &Signer) -> Vec<Row> {
    [
        refusals(signer),
        places(signer),
        keys(signer),
        algorithms(signer),
        times(signer),
        anonymous(signer),
        parser(signer),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn refusals(signer: &Signer) -> Vec<Row> {
    let good = signer.token("shop-key", SECRET);
    let nobody = json!({"exp": signer.at(600)});
    vec![
        Row::same("no token anywhere", Ours::Refuses, Request::empty()),
        Row::same("a token without iss and without kid", Ours::Refuses, by_shop(&nobody)),
        Row::same("an empty iss", Ours::Refuses, by_shop(&signer.with("iss", ""))),
        Row::same("an iss that names no credential", Ours::Refuses, by_shop(&signer.with("iss", "nobody"))),
        Row::same(
            "a signature made with another secret",
            Ours::Refuses,
            Request::bearer(&signer.token("shop-key", "not-the-secret-of-this-consumer-0123456789")),
        ),
        Row::same(
            "a header that says RS256 for a credential of HS256",
            Ours::Refuses,
            signer.shop_header(r#"{"alg":"RS256","typ":"JWT"}"#),
        ),
        Row::same(
            "OPTIONS without a token, preflights not exempt",
            Ours::Refuses,
            Request::empty().method("OPTIONS"),
        ),
        Row::differs(
            "OPTIONS without a token, preflights exempt",
            Kong::Accepts,
            Ours::Refuses,
            "an API gateway answers preflights itself, before any authorizer; what reaches one is a request",
            Request::empty().method("OPTIONS"),
        ),
        Row::same("an hour to live where five minutes are allowed", Ours::Refuses, lasting(signer, 3600)),
        Row::same(
            "four and a half minutes where five are allowed",
            Ours::Accepts("capped-key"),
            lasting(signer, 270),
        ),
        Row::same(
            "a good token in the query and another one in the header",
            Ours::Refuses,
            Request::bearer(&signer.token("other-key", SECRET)).query("jwt", &good),
        ),
    ]
}

fn lasting(signer: &Signer, secs: i64) -> Request {
    let mut claims = signer.claims("capped-key");
    claims["exp"] = json!(signer.at(secs));
    by_shop(&claims)
}

fn places(signer: &Signer) -> Vec<Row> {
    let good = signer.token("shop-key", SECRET);
    let shop = Ours::Accepts("shop-key");
    let twice = Request::empty().header("X-Token", &good).header("X-Token", "Bearer of.something.else");
    vec![
        Row::same("a good token in the Authorization header", shop, Request::bearer(&good)),
        Row::same("a good token in the first cookie", shop, Request::empty().cookie("silly", &good)),
        Row::same("a good token in the second cookie", shop, Request::empty().cookie("crumble", &good)),
        Row::same(
            "a cookie whose token names no credential",
            Ours::Refuses,
            Request::empty().cookie("silly", &signer.token("nobody", SECRET)),
        ),
        Row::same(
            "a cookie whose token is damaged",
            Ours::Refuses,
            Request::empty().cookie("silly", &format!("no{good}")),
        ),
        Row::same(
            "another cookie, and the token in the header",
            shop,
            Request::bearer(&good).cookie("theme", "dark"),
        ),
        Row::same("neither a cookie nor a header", Ours::Refuses, Request::empty().cookie("theme", "dark")),
        Row::same(
            "a header of another name",
            shop,
            Request::empty().header("X-Token", &format!("Bearer {good}")),
        ),
        Row::differs(
            "a header of another name, sent twice",
            Kong::Accepts,
            Ours::Refuses,
            "whoever takes the first and whoever takes the last would see two different callers",
            twice,
        ),
        Row::same("a token in the query", shop, Request::empty().query("jwt", &good)),
        Row::same("a token in the query under another name", shop, Request::empty().query("token", &good)),
    ]
}

fn keys(signer: &Signer) -> Vec<Row> {
    let nobody = json!({"exp": signer.at(600)});
    let by_kid =
        sign(r#"{"alg":"HS256","typ":"JWT","kid":"shop-key"}"#, &nobody.to_string(), SECRET.as_bytes());
    let by_audience = json!({"aud": "shop-key", "exp": signer.at(600)});
    let raw = sign(HS256, &signer.claims("base64-key").to_string(), &BYTES);
    vec![
        Row::same("the key in the header's kid", Ours::Accepts("shop-key"), Request::bearer(&by_kid)),
        Row::differs(
            "the key in aud, by configuration",
            Kong::Accepts,
            Ours::Refuses,
            "the key claim is iss or kid: a claim that anybody may need for something else chooses no secret",
            by_shop(&by_audience),
        ),
        Row::same(
            "a secret stored in base64, the token signed with what it decodes to",
            Ours::Accepts("base64-key"),
            Request::bearer(&raw),
        ),
    ]
}

fn algorithms(signer: &Signer) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, key) in [("HS384", "hs384-key"), ("HS512", "hs512-key")] {
        let header = format!(r#"{{"alg":"{name}","typ":"JWT"}}"#);
        let token = sign(&header, &signer.claims(key).to_string(), LONG.as_bytes());
        rows.push(Row::same(
            format!("a token signed with {name}"),
            Ours::Accepts(key),
            Request::bearer(&token),
        ));
    }
    // Kong has a case for the check and one for who it turns out to be; here the
    // first is refused, so one row stands for both.
    for name in ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"] {
        let header = format!(r#"{{"alg":"{name}","typ":"JWT"}}"#);
        // The signature is read by nobody: the algorithm already decides.
        let input = format!("{}.{}", encode(header), encode(signer.claims("rsa-key").to_string()));
        rows.push(Row::differs(
            format!("a token signed with {name}"),
            Kong::Accepts,
            Ours::Refuses,
            "shared secrets only; for public keys gateways have authorizers of their own",
            Request::bearer(&format!("{input}.{}", encode([7; 256]))),
        ));
    }
    rows
}

fn times(signer: &Signer) -> Vec<Row> {
    let neither = json!({"iss": "shop-key"});
    let told = signer.with("sub", "anybody");
    vec![
        Row::same("exp and nbf wanted, neither there", Ours::Refuses, by_shop(&neither)),
        Row::same("a token that has expired", Ours::Refuses, by_shop(&signer.with("exp", signer.at(-1000)))),
        Row::same(
            "a token that is not valid yet",
            Ours::Refuses,
            by_shop(&signer.with("nbf", signer.at(1000))),
        ),
        Row::same(
            "what was verified is told to whatever comes next",
            Ours::Accepts("shop-key"),
            by_shop(&told),
        ),
    ]
}

fn anonymous(signer: &Signer) -> Vec<Row> {
    const NOBODY: &str = "there is no anonymous caller: a route that wants none has no authorizer";
    let good = Request::bearer(&signer.token("shop-key", SECRET));
    vec![
        Row::same("a good token where there is an anonymous consumer", Ours::Accepts("shop-key"), good),
        Row::differs(
            "no token, an anonymous consumer by id",
            Kong::Accepts,
            Ours::Refuses,
            NOBODY,
            Request::empty(),
        ),
        Row::differs(
            "no token, an anonymous consumer by name",
            Kong::Accepts,
            Ours::Refuses,
            NOBODY,
            Request::empty(),
        ),
        Row::differs(
            "no token, an anonymous consumer that is not there",
            Kong::Fails,
            Ours::Refuses,
            NOBODY,
            Request::empty(),
        ),
    ]
}

fn parser(signer: &Signer) -> Vec<Row> {
    const LEEWAY: &str = "clocks differ: thirty seconds of leeway, where Kong has none";
    let shop = Ours::Accepts("shop-key");
    vec![
        Row::same("typ JWT", shop, signer.shop_header(r#"{"alg":"HS256","typ":"JWT"}"#)),
        Row::same("typ jwt", shop, signer.shop_header(r#"{"alg":"HS256","typ":"jwt"}"#)),
        Row::same("no typ", shop, signer.shop_header(r#"{"alg":"HS256"}"#)),
        Row::same("an algorithm that nobody knows", Ours::Refuses, signer.shop_header(r#"{"alg":"foo"}"#)),
        Row::same("a text as exp", Ours::Refuses, by_shop(&signer.with("exp", signer.at(600).to_string()))),
        Row::same("a text as nbf", Ours::Refuses, by_shop(&signer.with("nbf", signer.at(-600).to_string()))),
        Row::differs(
            "expired ten seconds ago",
            Kong::Refuses,
            shop,
            LEEWAY,
            by_shop(&signer.with("exp", signer.at(-10))),
        ),
        Row::differs(
            "not valid for another ten seconds",
            Kong::Refuses,
            shop,
            LEEWAY,
            by_shop(&signer.with("nbf", signer.at(10))),
        ),
    ]
}
