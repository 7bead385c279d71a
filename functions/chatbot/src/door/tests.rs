//! The chat API as its doors call it.

use std::{sync::Arc, time::Duration};

use lambda_runtime::FunctionResponse;
use serde_json::{Map, Value, json};
use token::{AccessClaims, Algorithm, AlgorithmSet, Key, KeyRing, Minter, Moment, Role, Timestamp};

use super::*;
use crate::{api::router, settings::Settings};

const EXP: i64 = 1_750_001_800;

/// As `JWT_SECRET`.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn token(sub: &str) -> String {
    let key = Key::new(None, AlgorithmSet::only(Algorithm::HS256), SECRET.as_bytes()).unwrap();
    let minter = Minter { issuer: "https://auth.example.com".into(), audience: vec!["chatbot".into()] };
    let issued_at = Timestamp::from_unix_secs(EXP - 1800);
    let claims = AccessClaims {
        sub: sub.into(),
        username: None,
        name: Some("John Doe".into()),
        email: None,
        role: Role::User,
        sid: None,
        jti: "j".into(),
        issued_at,
        expires_at: Timestamp::from_unix_secs(EXP),
    };
    minter.mint(&claims, &KeyRing::plain(key, None), issued_at).unwrap()
}

/// A function that checks tokens itself where no authorizer is in front.
const VERIFIER: [(&str, &str); 3] =
    [("JWT_SECRET", SECRET), ("JWT_ISSUER", "https://auth.example.com"), ("JWT_AUDIENCE", "chatbot")];

async fn door(secs: i64, variables: &[(&str, &str)]) -> LambdaDoor {
    let environment = |name: &str| {
        let mut all = variables.iter().chain(&[("AWS_LAMBDA_RUNTIME_API", "x")]);
        all.find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
    };
    let now = Moment { subsec_millis: 0, wall: Timestamp::from_unix_secs(secs), monotonic: Duration::ZERO };
    let clock: crate::service::Clock = Arc::new(move || now);
    let service = crate::build(Settings::read(&environment).unwrap(), Arc::clone(&clock)).await;
    LambdaDoor::new(router(service), clock, false)
}

async fn ask(door: &LambdaDoor, event: &Value) -> Result<Value, UnknownEvent> {
    door.answer(event, 0).await.map(|answer| match answer {
        FunctionResponse::BufferedResponse(answer) => answer,
        FunctionResponse::StreamingResponse(_) => panic!("the answer is a stream"),
    })
}

async fn answer_at(secs: i64, event: &Value) -> Result<Value, UnknownEvent> {
    ask(&door(secs, &[]).await, event).await
}

async fn answer(event: &Value) -> Value {
    answer_at(EXP - 60, event).await.unwrap()
}

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

fn john() -> Value {
    json!({"principalId": "123456", "sub": "123456", "name": "John Doe", "role": "USER", "caller": "user", "exp": EXP.to_string()})
}

fn rest(method: &str, path: &str, message: &str, authorizer: &Value) -> Value {
    json!({"httpMethod": method, "path": path, "headers": {"content-type": "application/json"}, "multiValueHeaders": null,
           "requestContext": {"stage": "prod", "authorizer": authorizer}, "body": json!({"message": message}).to_string(),
           "isBase64Encoded": false})
}

fn http_v2(path: &str, message: &str, authorizer: &Value) -> Value {
    json!({"version": "2.0", "rawPath": path, "headers": {},
           "requestContext": {"stage": "prod", "http": {"method": "POST", "path": path}, "authorizer": {"lambda": authorizer}},
           "body": encoded(message), "isBase64Encoded": true})
}

fn encoded(message: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, json!({"message": message}).to_string())
}

#[tokio::test]
async fn a_known_caller_is_answered_by_name() {
    let event = rest("POST", "/api/chat", "How are you?", &john());
    let told = answer(&event).await;
    assert_eq!(told["statusCode"], 200);
    assert_eq!(told["multiValueHeaders"]["content-type"], json!(["application/json"]));
    assert_eq!(body(&told)["response"], "Hello John Doe, your message was: How are you?");
    assert_eq!(body(&told)["usage"], json!({"input_tokens": 3, "output_tokens": 9}));

    let told = answer(&http_v2("/prod/api/chat", "Hi", &john())).await;
    assert_eq!((&told["statusCode"], &told["cookies"]), (&json!(200), &json!([])));
    assert_eq!(body(&told)["response"], "Hello John Doe, your message was: Hi");
}

#[tokio::test]
async fn without_a_readable_context_nobody_is_answered() {
    let mut without_role = john();
    without_role.as_object_mut().unwrap().remove("role");
    for authorizer in
        [Value::Null, json!({}), json!({"principalId": "123456"}), without_role, json!("123456")]
    {
        for event in [rest("POST", "/api/chat", "Hi", &authorizer), http_v2("/api/chat", "Hi", &authorizer)] {
            let told = answer(&event).await;
            assert_eq!(told["statusCode"], 401, "{event}");
            assert_eq!(body(&told)["type"], "urn:latchkey:problem:unauthenticated");
        }
    }
    let mut flat = http_v2("/api/chat", "Hi", &Value::Null);
    flat["requestContext"]["authorizer"] = john();
    assert_eq!(answer(&flat).await["statusCode"], 401, "an HTTP API has its context one level deeper");
}

#[tokio::test]
async fn headers_never_say_who_is_calling() {
    let mut event = rest("POST", "/api/chat", "Hi", &Value::Null);
    event["headers"] = json!({"X-Auth-Sub": "123456", "X-Auth-Role": "ADMIN", "Authorization": "Bearer x"});
    assert_eq!(answer(&event).await["statusCode"], 401);
}

#[tokio::test]
async fn a_context_whose_token_has_ended_is_refused() {
    let event = rest("POST", "/api/chat", "Hi", &john());
    let status = |told: Result<Value, UnknownEvent>| told.unwrap()["statusCode"].clone();
    assert_eq!(status(answer_at(EXP + 29, &event).await), 200, "within the leeway");
    assert_eq!(status(answer_at(EXP + 30, &event).await), 401);
}

#[tokio::test]
async fn health_needs_nobody() {
    let told = answer(&rest("GET", "/healthz", "", &Value::Null)).await;
    assert_eq!((&told["statusCode"], body(&told)), (&json!(200), json!({"status": "ok"})));
}

#[tokio::test]
async fn a_request_that_makes_no_sense_gets_a_clear_answer() {
    for (method, path, message, status, kind) in [
        ("POST", "/api/other", "Hi", 404, "not-found"),
        ("GET", "/api/chat", "Hi", 405, "method-not-allowed"),
        ("POST", "/api/chat", " ", 400, "invalid-request"),
        ("POST", "a b", "Hi", 404, "not-found"),
        ("PO ST", "/api/chat", "Hi", 405, "method-not-allowed"),
        ("POST", "/api/chat", &"x".repeat(40_000), 413, "too-large"),
    ] {
        let told = answer(&rest(method, path, message, &john())).await;
        assert_eq!(
            (&told["statusCode"], &body(&told)["type"]),
            (&json!(status), &json!(format!("urn:latchkey:problem:{kind}")))
        );
    }
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    for body in [
        Value::Null,
        json!("{"),
        json!("[]"),
        json!(r#"{"message":7}"#),
        json!(r#"{"message":"x","conversation_id":"../1"}"#),
    ] {
        event["body"] = body;
        assert_eq!(answer(&event).await["statusCode"], 400, "{event}");
    }
}

#[tokio::test]
async fn odd_headers_and_hosts_break_nothing() {
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    event["headers"] = json!({"Host": "a b", "X-Bad": "line\nbreak", "bad name": "x", "X-Null": null});
    event["multiValueHeaders"] = json!({"X-Two": ["1", "2"], "X-Not-A-List": "x"});
    assert_eq!(answer(&event).await["statusCode"], 200);
}

/// The events of doors that nobody stands in front of, with these headers.
fn direct(headers: &[(&str, &str)]) -> [Value; 3] {
    let body = json!({"message": "Hi"}).to_string();
    let single: Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    let mut all = Map::new();
    for (name, value) in headers {
        let values = all.entry(*name).or_insert_with(|| json!([]));
        values.as_array_mut().unwrap().push(json!(value));
    }
    let elb = json!({"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x:1:targetgroup/chat/1"}});
    let url = json!({"stage": "$default", "domainName": "abc.lambda-url.us-east-1.on.aws",
                     "http": {"method": "POST", "path": "/api/chat"}});
    [
        json!({"requestContext": elb, "httpMethod": "POST", "path": "/api/chat", "queryStringParameters": {},
               "headers": single, "body": body, "isBase64Encoded": false}),
        json!({"requestContext": elb, "httpMethod": "POST", "path": "/api/chat",
               "multiValueQueryStringParameters": {}, "multiValueHeaders": all, "body": body,
               "isBase64Encoded": false}),
        json!({"version": "2.0", "rawPath": "/api/chat", "rawQueryString": "", "headers": single,
               "requestContext": url, "body": body, "isBase64Encoded": false}),
    ]
}

#[tokio::test]
async fn where_nobody_stands_in_front_the_token_is_checked_here() {
    let door = door(EXP - 60, &VERIFIER).await;
    let good = format!("Bearer {}", token("123456"));
    let bad = good.replace('.', ".x");
    for (headers, status, challenge) in [
        (&[("authorization", good.as_str())][..], 200, None),
        (&[], 401, Some("Bearer realm=\"chatbot\"")),
        (&[("authorization", "Bearer x")], 401, Some("Bearer realm=\"chatbot\", error=\"invalid_token\"")),
        (&[("authorization", &bad)], 401, Some("Bearer realm=\"chatbot\", error=\"invalid_token\"")),
        (&[("x-auth-sub", "123456"), ("x-auth-role", "ADMIN")], 401, Some("Bearer realm=\"chatbot\"")),
    ] {
        for event in direct(headers) {
            let told = ask(&door, &event).await.unwrap();
            assert_eq!(told["statusCode"], status, "{event}");
            let header = told["headers"]["www-authenticate"].as_str();
            let header = header.or(told["multiValueHeaders"]["www-authenticate"][0].as_str());
            assert_eq!(header, challenge, "{event}");
        }
    }
}

#[tokio::test]
async fn a_load_balancer_gets_the_header_map_that_it_sent() {
    let door = door(EXP - 60, &VERIFIER).await;
    let authorization = format!("Bearer {}", token("123456"));
    let [single, multiple, _] = direct(&[("authorization", &authorization)]);
    let (single, multiple) = (ask(&door, &single).await.unwrap(), ask(&door, &multiple).await.unwrap());
    assert_eq!(single["headers"]["content-type"], "application/json");
    assert_eq!(single["multiValueHeaders"], Value::Null);
    assert_eq!(multiple["multiValueHeaders"]["content-type"], json!(["application/json"]));
    assert_eq!(multiple["headers"], Value::Null);
    assert_eq!(single["statusDescription"], "200 OK");
}

#[tokio::test]
async fn two_tokens_are_one_too_many() {
    let door = door(EXP - 60, &VERIFIER).await;
    let one = format!("Bearer {}", token("123456"));
    let [_, multiple, _] = direct(&[("authorization", &one), ("authorization", &one)]);
    assert_eq!(ask(&door, &multiple).await.unwrap()["statusCode"], 400);
    let two = format!("{one}, {one}");
    for event in direct(&[("authorization", &two)]) {
        assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 400, "{event}");
    }
}

#[tokio::test]
async fn what_looks_like_an_authorizer_in_such_an_event_says_nothing() {
    let door = door(EXP - 60, &VERIFIER).await;
    for mut event in direct(&[]) {
        event["requestContext"]["authorizer"] = john();
        assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 401, "{event}");
    }
}

#[tokio::test]
async fn without_a_secret_no_token_can_be_checked_and_nobody_gets_in() {
    let authorization = format!("Bearer {}", token("123456"));
    for event in direct(&[("authorization", &authorization)]) {
        assert_eq!(answer(&event).await["statusCode"], 503, "{event}");
    }
}

#[tokio::test]
async fn rules_hold_where_the_token_is_checked_here() {
    let rules = r#"[{"methods":["GET"],"path":"/api/*","role":"USER"},{"methods":["*"],"path":"/api/chat","role":"ADMIN"}]"#;
    let mut variables = VERIFIER.to_vec();
    variables.push(("ACCESS_RULES", rules));
    let door = door(EXP - 60, &variables).await;
    let authorization = format!("Bearer {}", token("123456"));
    let [mut event, ..] = direct(&[("authorization", &authorization)]);
    assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 403);
    event["httpMethod"] = json!("GET");
    event["path"] = json!("/api/usage");
    assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 200);
}

#[tokio::test]
async fn a_query_comes_through_every_door() {
    let door = door(EXP - 60, &VERIFIER).await;
    let authorization = format!("Bearer {}", token("123456"));
    let status = async |event: &Value| ask(&door, event).await.unwrap()["statusCode"].clone();
    let mut rest = rest("GET", "/api/conversations", "", &john());
    rest["queryStringParameters"] = json!({"limit": "1"});
    rest["multiValueQueryStringParameters"] = json!({"limit": ["1"]});
    assert_eq!(status(&rest).await, 200);
    rest["multiValueQueryStringParameters"] = json!({"limit": ["no&cursor=x"]});
    assert_eq!(status(&rest).await, 400);
    for (mut event, good, bad) in direct(&[("authorization", &authorization)])
        .into_iter()
        .zip([
            (
                json!({"queryStringParameters": {"limit": "%31"}}),
                json!({"queryStringParameters": {"limit": "0"}}),
            ),
            (
                json!({"multiValueQueryStringParameters": {"limit": ["1"]}}),
                json!({"multiValueQueryStringParameters": {"limit": ["1", "2"]}}),
            ),
            (json!({"rawQueryString": "limit=1"}), json!({"rawQueryString": "limit=101"})),
        ])
        .map(|(event, (good, bad))| (event, good, bad))
    {
        for member in
            ["path", "rawPath"].into_iter().filter(|member| event.get(member).is_some()).collect::<Vec<_>>()
        {
            event[member] = json!("/api/conversations");
        }
        event["httpMethod"] = json!("GET");
        event["requestContext"]["http"]["method"] = json!("GET");
        for (query, expected) in [(good, 200), (bad, 400)] {
            event.as_object_mut().unwrap().extend(query.as_object().unwrap().clone());
            if event["requestContext"].get("elb").is_some() {
                event["requestContext"].as_object_mut().unwrap().remove("http");
            }
            assert_eq!(status(&event).await, expected, "{event}");
        }
    }
}

#[tokio::test]
async fn an_event_for_an_authorizer_is_no_request() {
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    event["type"] = json!("REQUEST");
    assert_eq!(answer_at(EXP, &event).await, Err(UnknownEvent::Authorizer));
    for event in [
        json!([]),
        json!({}),
        json!({"requestContext": {}}),
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET"}),
        json!({"requestContext": {"connectionId": "x", "eventType": "MESSAGE"}, "httpMethod": "GET", "path": "/"}),
        json!({"requestContext": {"elb": "x"}, "httpMethod": "GET", "path": "/"}),
    ] {
        assert_eq!(answer_at(EXP, &event).await, Err(UnknownEvent::Shape), "{event}");
    }
}

#[tokio::test]
async fn a_question_that_the_model_failed_on_is_kept_and_carried_on_with() {
    let nobody = [
        ("CHAT_BACKEND", "openai"),
        ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1"),
        ("OPENAI_API_KEY", "k"),
        ("CHAT_MODEL", "m"),
    ];
    let door = door(EXP - 60, &nobody).await;
    let mut event = rest("POST", "/api/chat", "Are you there?", &john());
    event["headers"]["idempotency-key"] = json!("one");
    let mut conversations = Vec::new();
    for _ in 0..2 {
        let told = ask(&door, &event).await.unwrap();
        assert_eq!(
            (&told["statusCode"], &body(&told)["type"]),
            (&json!(502), &json!("urn:latchkey:problem:model-failed"))
        );
        conversations.push(body(&told)["conversation_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(conversations[0], conversations[1], "sent again, it is the same question");
    let path = format!("/api/conversations/{}/messages", conversations[0]);
    let told = ask(&door, &rest("GET", &path, "", &john())).await.unwrap();
    let messages = body(&told)["messages"].as_array().unwrap().clone();
    let said = messages
        .iter()
        .map(|message| (message["role"].as_str().unwrap(), message["status"].as_str().unwrap()));
    assert_eq!(said.collect::<Vec<_>>(), [("assistant", "failed"), ("user", "complete")]);
    let told = ask(&door, &rest("GET", "/api/usage", "", &john())).await.unwrap();
    assert_eq!(body(&told)["tokens_used"], 0, "nobody pays for a model that is away");
}

#[tokio::test]
async fn the_default_stage_is_no_part_of_a_path() {
    for (stage, path, status) in [
        ("$default", "/api/chat", 200),
        ("$default", "/$default/api/chat", 404),
        ("prod", "/prod/api/chat", 200),
        ("prod", "/production/api/chat", 404),
    ] {
        let mut event = http_v2(path, "Hi", &john());
        event["requestContext"]["stage"] = json!(stage);
        assert_eq!(answer(&event).await["statusCode"], status, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_send_a_form_as_a_message() {
    let mut event = rest("POST", "/api/chat", "Hi", &john());
    for (site, kind, status) in [
        ("cross-site", "text/plain", 400),
        ("same-site", "application/x-www-form-urlencoded", 400),
        ("cross-site", "application/json; charset=utf-8", 200),
        ("same-origin", "text/plain", 200),
    ] {
        event["headers"] = json!({"sec-fetch-site": site, "content-type": kind});
        assert_eq!(answer(&event).await["statusCode"], status, "{site} {kind}");
    }
}

#[tokio::test]
async fn what_no_day_could_hold_is_too_large_and_what_this_one_cannot_is_for_tomorrow() {
    let small = [("CHAT_TOKENS_PER_DAY", "100"), ("CHAT_MAX_TOKENS", "60")];
    let door = door(EXP - 60, &small).await;
    let mut event = rest("POST", "/api/chat", &"x".repeat(400), &john());
    assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 413);
    // An echo counts words, and says as many as it was told and six more.
    event["body"] = json!({"message": "a b c d e f g h i j k l"}).to_string().into();
    assert_eq!(ask(&door, &event).await.unwrap()["statusCode"], 200);
    let used = ask(&door, &rest("GET", "/api/usage", "", &john())).await.unwrap();
    assert_eq!(body(&used)["tokens_used"], 12 + 18);
    // What may be used at most has to be there: 60, and one for each byte of the question.
    event["body"] = json!({"message": "x".repeat(11)}).to_string().into();
    let told = ask(&door, &event).await.unwrap();
    assert_eq!(
        (&told["statusCode"], &body(&told)["type"]),
        (&json!(429), &json!("urn:latchkey:problem:budget-exhausted"))
    );
}

#[tokio::test]
async fn the_base_path_of_a_domain_is_no_part_of_a_path() {
    for (resource, path, status) in [
        ("/api/chat", "/api/chat", 200),
        ("/api/chat", "/chatbot/api/chat", 200),
        ("/api/{proxy+}", "/chatbot/api/chat", 200),
        ("/api/{proxy+}", "/api/chat", 200),
        ("/api/{proxy+}", "/api/other/api/chat", 404),
        ("/v1/{proxy+}", "/chatbot/v1/nothing", 404),
    ] {
        let mut event = rest("POST", path, "Hi", &john());
        event["resource"] = json!(resource);
        assert_eq!(answer(&event).await["statusCode"], status, "{resource} {path}");
    }
    for path in ["/", "/chatbot", "/chatbot/"] {
        let mut event = rest("GET", path, "", &Value::Null);
        event["resource"] = json!("/");
        let told = answer(&event).await;
        assert_eq!(told["multiValueHeaders"]["content-type"], json!(["text/html; charset=utf-8"]), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_the_origin_that_is_named_reads_every_answer() {
    let page = ("CHAT_CORS_ALLOW_ORIGIN", "https://app.example.com");
    let named = door(EXP - 60, &[&VERIFIER[..], &[page]].concat()).await;
    let authorization = format!("Bearer {}", token("123456"));
    let [_, known, _] = direct(&[("authorization", &authorization)]);
    let [_, unknown, _] = direct(&[]);
    for (event, status) in [(known, 200), (unknown, 401), (rest("GET", "/nothing", "", &john()), 404)] {
        let told = ask(&named, &event).await.unwrap();
        assert_eq!(told["statusCode"], status, "{event}");
        let headers = &told["multiValueHeaders"];
        assert_eq!(headers["access-control-allow-origin"], json!(["https://app.example.com"]));
        assert_eq!(headers["vary"], json!(["Origin"]));
        let exposed = json!(["Retry-After, WWW-Authenticate, X-Should-Retry"]);
        assert_eq!(headers["access-control-expose-headers"], exposed);

        let told = ask(&door(EXP - 60, &VERIFIER).await, &event).await.unwrap();
        assert!(told["multiValueHeaders"].get("access-control-allow-origin").is_none(), "{told}");
    }
}

#[tokio::test]
async fn what_a_browser_asks_first_needs_no_token_where_pages_may_read() {
    let [_, mut event, _] = direct(&[
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,x-stainless-lang"),
    ]);
    event["httpMethod"] = json!("OPTIONS");
    let open = door(EXP - 60, &[&VERIFIER[..], &[("CHAT_CORS_ALLOW_ORIGIN", "*")]].concat()).await;
    let told = ask(&open, &event).await.unwrap();
    assert_eq!(told["statusCode"], 204);
    let headers = &told["multiValueHeaders"];
    assert_eq!(headers["access-control-allow-origin"], json!(["*"]));
    assert_eq!(headers["access-control-allow-headers"], json!(["authorization,x-stainless-lang"]));
    assert_eq!(headers["access-control-max-age"], json!(["600"]));

    let told = ask(&door(EXP - 60, &VERIFIER).await, &event).await.unwrap();
    assert_eq!(told["statusCode"], 405);
}
