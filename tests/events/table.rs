//! Every kind of event in every outcome, answers compared as a whole.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{answer, assert_no_null, sample, with_token};

/// The outcomes of one kind, each in one line.
async fn check(name: &str, changes: &[(&str, &str)], expected: &Expect) {
    let admins_only = r#"[{"methods":["GET","POST"],"path":"/*","role":"ADMIN"}]"#;
    let with = |more: &'static [(&'static str, &'static str)]| [changes, more].concat();
    let outcomes = [
        ("allow", sample(name), changes.to_vec()),
        ("no token", with_token(name, |_| String::new()), changes.to_vec()),
        ("bad token", with_token(name, |token| format!("{token}x")), changes.to_vec()),
        (
            "bad token, deny",
            with_token(name, |token| format!("{token}x")),
            with(&[("ON_INVALID_TOKEN", "deny")]),
        ),
        ("forbidden", sample(name), [changes, &[("ACCESS_RULES", admins_only)]].concat()),
        // A registry that nobody loaded AWS for cannot be read.
        ("unavailable", sample(name), with(&[("AUTH_TABLE", "nowhere")])),
    ];
    let mut told = String::new();
    for (outcome, event, changes) in outcomes {
        let line = match answer(event, &changes).await {
            Ok(answer) => {
                assert_no_null(&answer);
                shorten(&answer)
            }
            Err(error) => format!("error \"{error}\""),
        };
        told.extend([outcome, ": ", &line, "\n"]);
    }
    expected.assert_eq(&told);
}

const CONTEXT: &str = r#"{"caller":"user","email":"john@example.com","exp":"4102444800","iss":"https://auth.example.com","jti":"0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e02","name":"John Doe","role":"USER","sid":"0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e01","sub":"123456","username":"johndoe"}"#;
const HEADERS: &str = r#""X-Auth-Caller":"user","X-Auth-Email":"john@example.com","X-Auth-Exp":"4102444800","X-Auth-Iss":"https://auth.example.com","X-Auth-Jti":"0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e02","X-Auth-Name":"John Doe","X-Auth-Role":"USER","X-Auth-Sid":"0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e01","X-Auth-Sub":"123456","X-Auth-Username":"johndoe""#;

/// The whole answer; what is the same in all of them by a name.
fn shorten(answer: &Value) -> String {
    let text = answer.to_string();
    let multi = HEADERS.replace("\":\"", "\":[\"").replace("\",\"", "\"],\"") + "]";
    text.replace(CONTEXT, "CONTEXT").replace(HEADERS, "X-AUTH").replace(&multi, "X-AUTH")
}

#[tokio::test]
async fn a_rest_api_that_sends_the_token() {
    check("rest-token", &[], &expect![[r#"
        allow: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"2100-01-01T00:00:30Z"}},"Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"unauthenticated"}
        forbidden: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]]).await;
}

#[tokio::test]
async fn a_rest_api_that_sends_the_request() {
    check("rest-request", &[], &expect![[r#"
        allow: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"2100-01-01T00:00:30Z"}},"Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"unauthenticated"}
        forbidden: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]]).await;
}

#[tokio::test]
async fn an_http_api_with_format_1() {
    check("http-v1", &[], &expect![[r#"
        allow: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"2100-01-01T00:00:30Z"}},"Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"unauthenticated"}
        forbidden: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]]).await;
}

#[tokio::test]
async fn an_http_api_with_format_2_and_simple_answers() {
    check(
        "http-v2",
        &[],
        &expect![[r#"
        allow: {"context":CONTEXT,"isAuthorized":true}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"isAuthorized":false}
        forbidden: {"isAuthorized":false}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_http_api_with_format_2_and_policies() {
    check("http-v2", &[("HTTP_API_RESPONSE", "policy")], &expect![[r#"
        allow: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"2100-01-01T00:00:30Z"}},"Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"unauthenticated"}
        forbidden: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]]).await;
}

#[tokio::test]
async fn the_handshake_of_a_web_socket() {
    check("websocket-connect", &[], &expect![[r#"
        allow: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"2100-01-01T00:00:30Z"}},"Effect":"Allow","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        no token: error "Unauthorized"
        bad token: error "Unauthorized"
        bad token, deny: {"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"unauthenticated"}
        forbidden: {"context":CONTEXT,"policyDocument":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/*"]}],"Version":"2012-10-17"},"principalId":"123456"}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]]).await;
}

#[tokio::test]
async fn appsync() {
    check(
        "appsync",
        &[],
        &expect![[r#"
        allow: {"isAuthorized":true,"resolverContext":CONTEXT,"ttlOverride":300}
        no token: {"isAuthorized":false}
        bad token: {"isAuthorized":false}
        bad token, deny: {"isAuthorized":false}
        forbidden: {"isAuthorized":false}
        unavailable: error "the decision is not available: registry_unavailable"
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_load_balancer_with_single_headers() {
    check("alb", &[], &expect![[r#"
        allow: {"body":"{\"message\":\"OK\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json",X-AUTH},"isBase64Encoded":false,"statusCode":200,"statusDescription":"200 OK"}
        no token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token, deny: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        forbidden: {"body":"{\"message\":\"Forbidden\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"insufficient_scope\""},"isBase64Encoded":false,"statusCode":403,"statusDescription":"403 Forbidden"}
        unavailable: {"body":"{\"message\":\"Service Unavailable\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","Retry-After":"5"},"isBase64Encoded":false,"statusCode":503,"statusDescription":"503 Service Unavailable"}
    "#]]).await;
}

#[tokio::test]
async fn a_load_balancer_with_multi_value_headers() {
    check("alb-multi-value", &[], &expect![[r#"
        allow: {"body":"{\"message\":\"OK\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],X-AUTH},"statusCode":200,"statusDescription":"200 OK"}
        no token: {"body":"{\"message\":\"Unauthorized\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],"WWW-Authenticate":["Bearer realm=\"latchkey\""]},"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token: {"body":"{\"message\":\"Unauthorized\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],"WWW-Authenticate":["Bearer realm=\"latchkey\", error=\"invalid_token\""]},"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token, deny: {"body":"{\"message\":\"Unauthorized\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],"WWW-Authenticate":["Bearer realm=\"latchkey\", error=\"invalid_token\""]},"statusCode":401,"statusDescription":"401 Unauthorized"}
        forbidden: {"body":"{\"message\":\"Forbidden\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],"WWW-Authenticate":["Bearer realm=\"latchkey\", error=\"insufficient_scope\""]},"statusCode":403,"statusDescription":"403 Forbidden"}
        unavailable: {"body":"{\"message\":\"Service Unavailable\"}","isBase64Encoded":false,"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/json"],"Retry-After":["5"]},"statusCode":503,"statusDescription":"503 Service Unavailable"}
    "#]]).await;
}

#[tokio::test]
async fn a_function_url() {
    check("function-url", &[], &expect![[r#"
        allow: {"body":"{\"message\":\"OK\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json",X-AUTH},"isBase64Encoded":false,"statusCode":200}
        no token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\""},"isBase64Encoded":false,"statusCode":401}
        bad token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401}
        bad token, deny: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401}
        forbidden: {"body":"{\"message\":\"Forbidden\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"insufficient_scope\""},"isBase64Encoded":false,"statusCode":403}
        unavailable: {"body":"{\"message\":\"Service Unavailable\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","Retry-After":"5"},"isBase64Encoded":false,"statusCode":503}
    "#]]).await;
}

#[tokio::test]
async fn lattice_with_event_version_1() {
    check("lattice-v1", &[], &expect![[r#"
        allow: {"body":"{\"message\":\"OK\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json",X-AUTH},"isBase64Encoded":false,"statusCode":200,"statusDescription":"200 OK"}
        no token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token, deny: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        forbidden: {"body":"{\"message\":\"Forbidden\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"insufficient_scope\""},"isBase64Encoded":false,"statusCode":403,"statusDescription":"403 Forbidden"}
        unavailable: {"body":"{\"message\":\"Service Unavailable\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","Retry-After":"5"},"isBase64Encoded":false,"statusCode":503,"statusDescription":"503 Service Unavailable"}
    "#]]).await;
}

#[tokio::test]
async fn lattice_with_event_version_2() {
    check("lattice-v2", &[], &expect![[r#"
        allow: {"body":"{\"message\":\"OK\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json",X-AUTH},"isBase64Encoded":false,"statusCode":200,"statusDescription":"200 OK"}
        no token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        bad token, deny: {"body":"{\"message\":\"Unauthorized\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"invalid_token\""},"isBase64Encoded":false,"statusCode":401,"statusDescription":"401 Unauthorized"}
        forbidden: {"body":"{\"message\":\"Forbidden\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","WWW-Authenticate":"Bearer realm=\"latchkey\", error=\"insufficient_scope\""},"isBase64Encoded":false,"statusCode":403,"statusDescription":"403 Forbidden"}
        unavailable: {"body":"{\"message\":\"Service Unavailable\"}","headers":{"Cache-Control":"no-store","Content-Type":"application/json","Retry-After":"5"},"isBase64Encoded":false,"statusCode":503,"statusDescription":"503 Service Unavailable"}
    "#]]).await;
}

#[tokio::test]
async fn health_checks_and_preflights_need_no_token() {
    for name in ["alb", "alb-multi-value", "lattice-v1", "lattice-v2", "function-url"] {
        let mut health = with_token(name, |_| String::new());
        for path in ["/path", "/raw_path", "/rawPath", "/requestContext/http/path"] {
            if let Some(value) = health.pointer_mut(path) {
                *value = json!("/healthz");
            }
        }
        set_method(&mut health, "GET");
        let mut preflight = with_token(name, |_| String::new());
        set_method(&mut preflight, "OPTIONS");
        let headers = if name == "alb-multi-value" { "multiValueHeaders" } else { "headers" };
        preflight[headers]["origin"] = json!("https://chat.example.com");
        assert_eq!(
            answer(preflight.clone(), &[]).await.unwrap()["statusCode"],
            401,
            "{name}: not a preflight yet"
        );
        preflight[headers]["access-control-request-method"] = json!("POST");
        assert_eq!(answer(preflight, &[]).await.unwrap()["statusCode"], 204, "{name}");
        assert_eq!(answer(health, &[]).await.unwrap()["statusCode"], 200, "{name}");
    }
}

fn set_method(event: &mut Value, method: &str) {
    for path in ["/method", "/httpMethod", "/requestContext/http/method"] {
        if let Some(value) = event.pointer_mut(path) {
            *value = json!(method);
        }
    }
}

#[tokio::test]
async fn a_path_with_two_meanings_is_forbidden_where_rules_are() {
    let rules = [("ACCESS_RULES", r#"[{"methods":["POST"],"path":"/api/*","role":"USER"}]"#)];
    for path in ["/api/../admin", "/api/%2e%2e/admin", "/api//admin", "/api/x%2fy", "/api/x;y"] {
        let mut event = sample("alb");
        event["path"] = json!(path);
        assert_eq!(answer(event.clone(), &rules).await.unwrap()["statusCode"], 403, "{path}");
        assert_eq!(answer(event, &[]).await.unwrap()["statusCode"], 200, "{path}: without rules all is open");
    }
}

#[tokio::test]
async fn a_web_socket_takes_its_token_from_the_list_of_protocols() {
    let mut event = sample("websocket-connect");
    let token = event["headers"]["Authorization"].as_str().unwrap().trim_start_matches("Bearer ").to_owned();
    for headers in ["headers", "multiValueHeaders"] {
        event[headers].as_object_mut().unwrap().remove("Authorization");
    }
    event["headers"]["Sec-WebSocket-Protocol"] = json!(format!("chat, bearer, {token}"));
    let sources = [("TOKEN_SOURCES", "header:Authorization,subprotocol:bearer")];
    assert_eq!(answer(event, &sources).await.unwrap()["principalId"], "123456");
}
