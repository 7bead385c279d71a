//! Requests that no library would send.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::access::refused;
use crate::{
    client::Answer,
    scene::{Case, Scene, cases},
};

pub(super) const CASES: &[(&str, Case)] = cases![
    headers_that_claim_a_caller_are_nothing,
    of_two_tokens_one_counts_or_none,
    a_host_is_only_a_name,
    odd_headers_do_no_harm,
];

/// What gateways and proxies put into headers, and what this project's own
/// forward-auth answers hold.
const CLAIMS: [(&str, &str); 10] = [
    ("x-auth-sub", "1"),
    ("x-auth-username", "admin"),
    ("x-auth-name", "Ada Admin"),
    ("x-auth-role", "ADMIN"),
    ("x-amzn-oidc-identity", "1"),
    ("x-amzn-oidc-data", "e30.e30.e30"),
    ("x-amzn-request-context", r#"{"authorizer":{"principalId":"1","sub":"1","role":"ADMIN"}}"#),
    ("x-amz-security-token", "1"),
    ("x-forwarded-user", "admin"),
    ("x-consumer-username", "admin"),
];

/// Sends what it is given; returns status and body of the answer.
async fn send(scene: &Scene, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(scene.john.address()).await.unwrap();
    let length = body.len();
    let request = format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("{answer:?}")).parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn headers_that_claim_a_caller_are_nothing(scene: Scene) {
    for (client, is_known) in [(&scene.nobody, false), (&scene.john, true)] {
        let request = client.request(reqwest::Method::POST, "/api/chat").json(&json!({"message": "Hi"}));
        let request = CLAIMS.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = Answer::of(request).await;
        if is_known {
            assert_eq!(answer.expect(200).json()["response"], "Hello John Doe, your message was: Hi");
        } else {
            refused(scene.door, "/api/chat", answer);
        }
    }
}

async fn of_two_tokens_one_counts_or_none(scene: Scene) {
    let (good, bad) = (scene.john.token(), "a.b.c");
    for tokens in [[good, bad], [bad, good], [good, good]] {
        let [first, second] = tokens;
        let head = format!(
            "POST /api/chat HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {first}\r\n\
             authorization: Bearer {second}\r\nContent-Type: application/json\r\n"
        );
        let (status, body) = send(&scene, &head, r#"{"message":"Hi"}"#).await;
        let may_pass = scene.door.counts_of_two().is_some_and(|position| tokens[position] == good);
        assert!([400, 401].contains(&status) || (status == 200 && may_pass), "{status} {body}");
    }
}

async fn a_host_is_only_a_name(scene: Scene) {
    for host in ["a b", "", "[::1", "http://x/", "evil.lambda-url.us-east-1.on.aws", "%00", "ä"] {
        let head = format!(
            "POST /api/chat HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\n",
            scene.john.token()
        );
        let (status, body) = send(&scene, &head, r#"{"message":"Hi"}"#).await;
        assert_eq!(status, 200, "{host:?}: {body}");
        let head = format!("GET /api/usage HTTP/1.1\r\nHost: {host}\r\n");
        let (status, body) = send(&scene, &head, "").await;
        assert_eq!(status, 401, "{host:?}: {body}");
    }
}

async fn odd_headers_do_no_harm(scene: Scene) {
    let head = format!(
        "POST /api/chat HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: bearer {}\r\nX-Twice: 1\r\nx-twice: 2\r\n\
         X-Empty:\r\nX-Latin: \u{e4}\r\nCookie: a=1\r\nCookie: b=2; c\r\nContent-Type: application/json\r\n",
        scene.john.token()
    );
    let (status, body) = send(&scene, &head, r#"{"message":"Hi"}"#).await;
    assert_eq!(status, 200, "{body}");
}
