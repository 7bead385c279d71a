//! Consumers, beside Kong's jwt plugin: every access case of its test suite that
//! makes sense without its proxy, and the cases which that suite leaves out.
//!
//! Each row runs through the real authorizer, as a REST API and as an HTTP API
//! would call it, with credentials in a DynamoDB stand-in. Where the outcome is
//! not Kong's, the row says why.

mod access;
mod admin;
mod callers;
mod credential;
mod import;
mod request;
mod row;
mod running;
mod signing;
mod untested;

use std::collections::BTreeSet;

use local::Kind;
use reqwest::StatusCode;

use credential::SECRET;
use request::Request;
use row::{Row, Tally};
use running::Running;
use signing::Signer;

/// Kong's cases that have no counterpart here.
const LEFT_OUT: [(&str, &str, usize); 5] = [
    ("03", "gRPC with and without a token", 2),
    ("03", "several authentication plugins on one route, all or any of them", 8),
    ("02", "what the admin API answers: lists, pages, single credentials, unknown ones", 11),
    ("02", "public keys are checked when a credential is written", 4),
    ("02", "a credential needs a consumer", 2),
];

/// Everything at once, so that one system serves all rows.
async fn start() -> (Running, Signer) {
    let running = Running::start(&[
        ("CONSUMERS", "on"),
        ("REGISTRY_CACHE_SECONDS", "0"),
        (
            "TOKEN_SOURCES",
            "header:Authorization,header:X-Token,cookie:silly,cookie:crumble,query:jwt,query:token",
        ),
    ])
    .await;
    let signer = Signer::new(running.now());
    (running, signer)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_has_its_outcome_and_every_difference_from_kong_a_reason() {
    let (running, signer) = start().await;
    let mut credentials = credential::standing();
    running.put_all(&credentials).await;
    let rows: Vec<Row> = [access::rows, admin::rows, untested::rows, callers::rows]
        .into_iter()
        .flat_map(|rows| rows(&signer))
        .collect();
    let names: BTreeSet<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "two rows have one name");

    let mut tally = Tally::default();
    for row in &rows {
        for change in &row.changes {
            running.apply(change, &mut credentials).await;
        }
        for event in [row.request.rest_event(), row.request.http_event()] {
            let answer = running.authorize(&event).await;
            row.check(&answer, &credentials);
        }
        tally.add(row);
    }
    println!("{tally}");
    for (file, what, count) in LEFT_OUT {
        println!("left out of Kong's file {file}: {count} cases, {what}");
    }
    assert_eq!(tally.without_reason, Vec::<String>::new());
    assert!(!running.has("later-key").await, "revoking what is not there writes nothing");
    running.assert_logs_hold_no(&[SECRET]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_out_of_reach_is_an_error_even_where_revocations_may_be_skipped() {
    for fail_open in ["false", "true"] {
        let running = Running::start(&[
            ("CONSUMERS", "on"),
            ("REGISTRY_FAIL_OPEN", fail_open),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
        ])
        .await;
        let signer = Signer::new(running.now());
        let request = Request::bearer(&signer.token("shop-key", SECRET));
        for event in [request.rest_event(), request.http_event()] {
            let answer = running.authorize(&event).await;
            let told = answer["errorMessage"].as_str().unwrap_or_else(|| panic!("not an error: {answer}"));
            assert_ne!(told, "Unauthorized", "could not tell is not no");
        }
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_pass_the_gateways_and_stop_at_them_once_their_credential_is_gone() {
    let running = Running::start(&[("CONSUMERS", "on"), ("REGISTRY_CACHE_SECONDS", "1")]).await;
    let credentials = credential::standing();
    running.put_all(&credentials).await;
    let signer = Signer::new(running.now());
    let token = signer.token("shop-key", SECRET);
    for kind in [Kind::RestToken, Kind::RestRequest, Kind::HttpSimple] {
        let (status, body) = running.chat(kind, &token).await;
        assert_eq!(status, StatusCode::OK, "{kind:?}");
        assert_eq!(body["response"], "Hello consumer:shop, your message was: Hello", "{kind:?}");
        let forged = signer.token("shop-key", "a secret that this consumer does not have");
        assert_eq!(running.chat(kind, &forged).await.0, StatusCode::UNAUTHORIZED, "{kind:?}");
    }
    running.delete("shop-key").await;
    for kind in [Kind::RestToken, Kind::RestRequest, Kind::HttpSimple] {
        let refused = running.until_refused(kind, &token).await;
        assert_eq!(refused, StatusCode::UNAUTHORIZED, "{kind:?}: once the caches are over");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_switch_a_credential_opens_nothing() {
    let running = Running::start(&[]).await;
    running.put_all(&credential::standing()).await;
    let signer = Signer::new(running.now());
    let answer = running.authorize(&Request::bearer(&signer.token("shop-key", SECRET)).rest_event()).await;
    assert_eq!(answer["errorMessage"], "Unauthorized");
    let answer = running.authorize(&Request::bearer(&signer.users()).rest_event()).await;
    assert_eq!(answer["context"]["caller"], "user");
    running.stop().await;
}
