//! The whole system over real HTTP and the real Lambda Runtime API: what its
//! users, its operators and its attackers see.

mod running;
mod settings;

use local::{Kind, demo};
use running::{KINDS, start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn log_in_chat_log_out_and_be_refused_through_every_kind_of_gateway() {
    let system = start().await;
    for kind in KINDS {
        let client = system.client(kind);
        let pair = system.log_in(&client).await;
        let answer = client.chat(Some(&pair.access), "Hello").await.unwrap().expect(200).unwrap();
        assert_eq!(answer.text("response"), Some("Hello John Doe, your message was: Hello"), "{kind:?}");

        client.log_out(&pair.access, "this").await.unwrap().expect(204).unwrap();
        let last = system.until_refused(&client, &pair.access).await;
        assert_eq!(last, 401, "{kind:?}");
        client.refresh(&pair.refresh).await.unwrap().expect(401).unwrap();
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_good_access_token() {
    let system = start().await;
    for kind in KINDS {
        let client = system.client(kind);
        let pair = system.log_in(&client).await;
        let tampered = demo::tampered(&pair.access).unwrap();
        let unsigned = pair.access.rsplit_once('.').unwrap().0.to_owned() + ".";
        for token in [None, Some(""), Some("x"), Some(&tampered), Some(&unsigned), Some(&pair.refresh)] {
            let answer = client.chat(token, "Hello").await.unwrap();
            assert_eq!(answer.status, 401, "{kind:?}");
        }
        client.chat(Some(&pair.access), "Hello").await.unwrap().expect(200).unwrap();
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_first_route_serves_the_next_one() {
    let system = start().await;
    for kind in KINDS {
        let client = system.client(kind);
        let pair = system.log_in(&client).await;
        client.chat(Some(&pair.access), "Hello").await.unwrap().expect(200).unwrap();
        let other = system.get(kind, "/api/conversations/1", &pair.access).await;
        assert_eq!(other.0, 404, "{kind:?}: the chatbot has no such route, and the gateway let it through");
        let again = system.get(kind, "/api/chat", &pair.access).await;
        assert_eq!(again.0, 405, "{kind:?}");
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_opens_its_own_routes_and_no_others() {
    let rules = r#"[{"methods":["POST"],"path":"/api/chat","role":"USER"},{"methods":["*"],"path":"/api/admin/*","role":"ADMIN"}]"#;
    let variables = ["authorizer", "authorizer-policy"].map(|part| (part, "ACCESS_RULES", rules));
    let system = start_with(&variables).await;
    for kind in [Kind::RestToken, Kind::RestRequest, Kind::HttpPolicy] {
        let client = system.client(kind);
        let user = system.log_in(&client).await;
        let admin = system.log_in_as_admin(&client).await;
        client.chat(Some(&user.access), "Hello").await.unwrap().expect(200).unwrap();
        assert_eq!(system.get(kind, "/api/admin/users", &user.access).await.0, 403, "{kind:?}");
        assert_eq!(system.get(kind, "/api/else", &user.access).await.0, 403, "{kind:?}: no rule names it");
        assert_eq!(system.get(kind, "/api/admin/users", &admin.access).await.0, 404, "{kind:?}: let through");
        client.chat(Some(&admin.access), "Hello").await.unwrap().expect(200).unwrap();
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_out_of_reach_is_an_error_and_never_a_refusal() {
    let nowhere = "http://127.0.0.1:1";
    let parts = ["authorizer", "authorizer-policy"];
    for name in ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_DYNAMODB"] {
        let system = start_with(&parts.map(|part| (part, name, nowhere))).await;
        for kind in KINDS {
            let client = system.client(kind);
            let pair = system.log_in(&client).await;
            let answer = client.chat(Some(&pair.access), "Hello").await.unwrap();
            assert_eq!(answer.status, 500, "{kind:?} without {name}");
        }
        system.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_choose_to_let_tokens_pass_while_revocations_cannot_be_read() {
    let system = start_with(&[
        ("authorizer", "AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1"),
        ("authorizer", "REGISTRY_FAIL_OPEN", "true"),
    ])
    .await;
    let client = system.client(Kind::RestToken);
    let pair = system.log_in(&client).await;
    client.chat(Some(&pair.access), "Hello").await.unwrap().expect(200).unwrap();
    client.chat(Some(&demo::tampered(&pair.access).unwrap()), "Hello").await.unwrap().expect(401).unwrap();
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_load_refuses_no_valid_token() {
    let system = start().await;
    let client = system.client(Kind::RestToken);
    let pair = system.log_in(&client).await;
    let watch = demo::rotate(system.inner(), &client, pair).await.unwrap();
    assert_ne!(watch.old_kid, watch.new_kid);
    assert_eq!(watch.refused, 0, "of {} requests", watch.requests);
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_event_is_answered_over_the_runtime_api() {
    let secret = running::events().join("development-secret.txt");
    let variables = [
        ("JWT_SECRET_ARN", ""),
        ("JWT_SECRET_FILE", secret.to_str().unwrap()),
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_MAX_LIFETIME_SECONDS", "0"),
    ];
    let system = start_with(&variables.map(|(name, value)| ("authorizer", name, value))).await;
    for sample in running::samples() {
        let (function, expected) = match sample.name.split('-').next() {
            Some("http") if sample.name == "http-v2" => ("authorizer", "/isAuthorized"),
            Some("rest" | "http" | "websocket") => ("authorizer", "/context/name"),
            Some("appsync") => ("authorizer", "/resolverContext/name"),
            Some("alb" | "function" | "lattice") => ("authorizer", "/statusCode"),
            Some("chat") => ("chatbot", "/statusCode"),
            Some("rotation") => ("rotator", "/errorMessage"),
            _ => panic!("{} is for no function", sample.name),
        };
        let answer = system.invoke(function, &sample.event).await;
        let told = answer.pointer(expected).unwrap_or_else(|| panic!("{}: {answer}", sample.name));
        match function {
            "rotator" => assert!(told.as_str().unwrap().contains("ResourceNotFoundException"), "{answer}"),
            _ => assert!(told == "John Doe" || told == true || told == 200, "{answer}"),
        }
    }
    system.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_holds_a_token_a_password_or_a_typed_name() {
    let system = start().await;
    let client = system.client(Kind::RestRequest);
    let pair = system.log_in(&client).await;
    client.chat(Some(&pair.access), "Hello").await.unwrap();
    client.chat(Some(&demo::tampered(&pair.access).unwrap()), "Hello").await.unwrap();
    client.log_in("typed-by-mistake-hunter2", "typed-password-hunter2").await.unwrap().expect(401).unwrap();
    let logs = system.logs();
    assert!(logs.contains("\"Outcome\":\"allow\""), "the outcome is told");
    let signature = pair.access.rsplit('.').next().unwrap();
    for secret in [&pair.access, &pair.refresh, signature, "hunter2", local::DEMO_PASSWORD] {
        assert!(!logs.contains(secret), "a log holds what it must not");
    }
    system.stop().await;
}
