//! A function URL that asks for no signature.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    calendar::access_log_time,
    direct::Direct,
    malformed::Malformed,
    maps, proxy_event, proxy_response,
    refusal::Refusal,
    reply::Reply,
    request::{Limits, Request},
    request_context::{epoch_millis, user_agent},
};
use crate::{gateway::Kind, lambda::Streamed};

pub(super) const LIMITS: Limits = Limits { body_bytes: 6 * 1024 * 1024, header_bytes: 10_240 };

/// The event: payload 2.0 with one route, which is `$default`.
pub(super) fn event(kind: Direct, request: &Request) -> Value {
    let id = match kind {
        Direct::FunctionUrlStreaming => "localstream0000000000000000000000",
        _ => "localwhole00000000000000000000000",
    };
    let (headers, cookies) = maps::http_api_headers(&request.headers);
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
    set("version", "2.0".into());
    set("routeKey", "$default".into());
    set("rawPath", request.path.clone().into());
    set("rawQueryString", request.query.clone().into());
    if !cookies.is_empty() {
        set("cookies", cookies.into());
    }
    set("headers", headers.into());
    let query = maps::joined(&request.query_pairs());
    if !query.is_empty() {
        set("queryStringParameters", query.into());
    }
    set(
        "requestContext",
        json!({
            "accountId": "anonymous",
            "apiId": id,
            "domainName": format!("{id}.lambda-url.{}.on.aws", crate::REGION),
            "domainPrefix": id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": user_agent(request),
            },
            "requestId": request.id,
            "routeKey": "$default",
            "stage": "$default",
            "time": access_log_time(request.time),
            "timeEpoch": epoch_millis(request),
        }),
    );
    proxy_event::add_body(&mut event, request);
    event.into()
}

/// The function's answer, read as that of an HTTP API.
pub(super) fn parse(output: &Bytes) -> Result<Reply, Malformed> {
    proxy_response::parse(Kind::HttpSimple, output).map(remapped)
}

pub(super) fn remapped(mut reply: Reply) -> Reply {
    proxy_response::remap(&mut reply);
    reply
}

/// A stream without status and headers of its own.
pub(super) fn raw(streamed: Streamed) -> Reply {
    let content_type = match streamed.content_type() {
        "" => "application/octet-stream",
        content_type => content_type,
    };
    let headers = vec![("content-type".to_owned(), content_type.to_owned())];
    Reply { status: 200, headers, body: Bytes::new(), more: Some(streamed) }
}

/// What Lambda answers itself.
pub(super) fn refuse(refusal: Refusal) -> Reply {
    let (status, message) = match refusal {
        Refusal::BodyTooLarge => (413, "Request Entity Too Large"),
        Refusal::HeadersTooLarge | Refusal::UriTooLong => (431, "Request Header Fields Too Large"),
        // It has neither authorizer nor routes, and waits as long as the function may take.
        Refusal::Unauthorized
        | Refusal::ExplicitDeny
        | Refusal::ImplicitDeny
        | Refusal::AuthorizerFailed
        | Refusal::AuthorizerMalformed
        | Refusal::NoSuchRoute
        | Refusal::IntegrationFailed
        | Refusal::IntegrationTimedOut => (502, "Internal Server Error"),
    };
    Reply::json(status, &json!({"Message": message}))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_event_names_no_caller_and_a_domain_of_lambda() {
        let mut request = Request::example("POST", "/api/chat");
        request.query = "a=1&a=%20".to_owned();
        request.body = "{}".into();
        request.headers = [("Content-Type", "application/json"), ("Cookie", "a=1; b=2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        expect![[r#"
            {
              "body": "{}",
              "cookies": [
                "a=1",
                "b=2"
              ],
              "headers": {
                "content-type": "application/json"
              },
              "isBase64Encoded": false,
              "queryStringParameters": {
                "a": "1, "
              },
              "rawPath": "/api/chat",
              "rawQueryString": "a=1&a=%20",
              "requestContext": {
                "accountId": "anonymous",
                "apiId": "localstream0000000000000000000000",
                "domainName": "localstream0000000000000000000000.lambda-url.us-east-1.on.aws",
                "domainPrefix": "localstream0000000000000000000000",
                "http": {
                  "method": "POST",
                  "path": "/api/chat",
                  "protocol": "HTTP/1.1",
                  "sourceIp": "127.0.0.1",
                  "userAgent": ""
                },
                "requestId": "id",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/1970:00:00:00 +0000",
                "timeEpoch": 0
              },
              "routeKey": "$default",
              "version": "2.0"
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&event(Direct::FunctionUrlStreaming, &request)).unwrap());
    }

    #[test]
    fn a_challenge_goes_out_under_another_name() {
        let output = json!({"statusCode": 401, "headers": {"www-authenticate": "Bearer"}}).to_string();
        let reply = parse(&output.into()).unwrap();
        assert!(reply.has("x-amzn-remapped-www-authenticate"));
        assert!(!reply.has("www-authenticate"));
    }
}
