//! The event that each kind of API sends to its authorizer.

use serde_json::{Map, Value, json};

use super::{kind::Kind, maps, request::Request, request_context, route::Route};

pub(super) fn build(kind: Kind, request: &Request, route: &Route, identity: &[String]) -> Value {
    match kind {
        Kind::RestToken | Kind::RestWhole => json!({
            "type": "TOKEN",
            "authorizationToken": identity.first(),
            "methodArn": request_context::arn(kind, request),
        }),
        Kind::RestRequest => rest_request(kind, request, route),
        Kind::HttpSimple | Kind::HttpPolicy => http_api(kind, request, route, identity),
        Kind::HttpV1 => http_api_v1(kind, request, route, identity),
    }
}

fn rest_request(kind: Kind, request: &Request, route: &Route) -> Value {
    let query = request.query_pairs();
    // Empty maps are `{}` here, and `null` in the event for the integration.
    json!({
        "type": "REQUEST",
        "methodArn": request_context::arn(kind, request),
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": maps::single(&request.headers),
        "multiValueHeaders": maps::multi(&request.headers),
        "queryStringParameters": maps::single(&query),
        "multiValueQueryStringParameters": maps::multi(&query),
        "pathParameters": path_parameters(route),
        "stageVariables": {},
        "requestContext": request_context::build(kind, request, route),
    })
}

fn http_api(kind: Kind, request: &Request, route: &Route, identity: &[String]) -> Value {
    let mut event = http_api_common(kind, request, route);
    event.insert("type".to_owned(), "REQUEST".into());
    event.insert("routeArn".to_owned(), request_context::arn(kind, request).into());
    event.insert("identitySource".to_owned(), json!(identity));
    event.into()
}

/// Payload 1.0: what a REST API sends, without the maps that hold every value.
fn http_api_v1(kind: Kind, request: &Request, route: &Route, identity: &[String]) -> Value {
    let mut event = rest_request(kind, request, route);
    if let Some(members) = event.as_object_mut() {
        members.retain(|name, _| !name.starts_with("multiValue"));
        members.insert("version".to_owned(), "1.0".into());
        members.insert("identitySource".to_owned(), identity.join(",").into());
        members.insert("authorizationToken".to_owned(), identity.join(",").into());
    }
    event
}

/// What payload 2.0 holds for authorizer and integration alike. Empty maps are
/// left out.
pub(super) fn http_api_common(kind: Kind, request: &Request, route: &Route) -> Map<String, Value> {
    let (headers, cookies) = maps::http_api_headers(&request.headers);
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
    set("version", "2.0".into());
    set("routeKey", route.key().into());
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
    set("requestContext", request_context::build(kind, request, route));
    let path_parameters = path_parameters(route);
    if !path_parameters.is_empty() {
        set("pathParameters", path_parameters.into());
    }
    event
}

pub(super) fn path_parameters(route: &Route) -> Map<String, Value> {
    route.proxy.iter().map(|proxy| ("proxy".to_owned(), proxy.clone().into())).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(kind: Kind, expected: &Expect) {
        let mut request = Request::example("GET", "/api/conversations");
        request.query = "limit=5&tag=a&tag=b%20c".to_owned();
        request.headers =
            [("Authorization", "Bearer t"), ("X-Twice", "1"), ("X-Twice", "2"), ("Cookie", "a=1; b=2")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec();
        let route = Route::find(&request).unwrap();
        let mut event = build(kind, &request, &route, &["Bearer t".to_owned()]);
        if let Some(context) = event.get_mut("requestContext") {
            *context = Value::Null;
        }
        expected.assert_eq(&serde_json::to_string_pretty(&event).unwrap());
    }

    #[test]
    fn rest_token() {
        check(
            Kind::RestToken,
            &expect![[r#"
            {
              "authorizationToken": "Bearer t",
              "methodArn": "arn:aws:execute-api:us-east-1:123456789012:resttoken0/local/GET/api/conversations",
              "type": "TOKEN"
            }"#]],
        );
    }

    #[test]
    fn rest_request() {
        check(
            Kind::RestRequest,
            &expect![[r#"
            {
              "headers": {
                "Authorization": "Bearer t",
                "Cookie": "a=1; b=2",
                "X-Twice": "2"
              },
              "httpMethod": "GET",
              "methodArn": "arn:aws:execute-api:us-east-1:123456789012:restreq000/local/GET/api/conversations",
              "multiValueHeaders": {
                "Authorization": [
                  "Bearer t"
                ],
                "Cookie": [
                  "a=1; b=2"
                ],
                "X-Twice": [
                  "1",
                  "2"
                ]
              },
              "multiValueQueryStringParameters": {
                "limit": [
                  "5"
                ],
                "tag": [
                  "a",
                  "b c"
                ]
              },
              "path": "/api/conversations",
              "pathParameters": {
                "proxy": "conversations"
              },
              "queryStringParameters": {
                "limit": "5",
                "tag": "b c"
              },
              "requestContext": null,
              "resource": "/api/{proxy+}",
              "stageVariables": {},
              "type": "REQUEST"
            }"#]],
        );
    }

    #[test]
    fn http_api_v1() {
        check(
            Kind::HttpV1,
            &expect![[r#"
            {
              "authorizationToken": "Bearer t",
              "headers": {
                "Authorization": "Bearer t",
                "Cookie": "a=1; b=2",
                "X-Twice": "2"
              },
              "httpMethod": "GET",
              "identitySource": "Bearer t",
              "methodArn": "arn:aws:execute-api:us-east-1:123456789012:httpv10000/$default/GET/api/conversations",
              "path": "/api/conversations",
              "pathParameters": {
                "proxy": "conversations"
              },
              "queryStringParameters": {
                "limit": "5",
                "tag": "b c"
              },
              "requestContext": null,
              "resource": "/api/{proxy+}",
              "stageVariables": {},
              "type": "REQUEST",
              "version": "1.0"
            }"#]],
        );
    }

    #[test]
    fn http_api() {
        check(
            Kind::HttpSimple,
            &expect![[r#"
            {
              "cookies": [
                "a=1",
                "b=2"
              ],
              "headers": {
                "authorization": "Bearer t",
                "x-twice": "1,2"
              },
              "identitySource": [
                "Bearer t"
              ],
              "pathParameters": {
                "proxy": "conversations"
              },
              "queryStringParameters": {
                "limit": "5",
                "tag": "a,b c"
              },
              "rawPath": "/api/conversations",
              "rawQueryString": "limit=5&tag=a&tag=b%20c",
              "requestContext": null,
              "routeArn": "arn:aws:execute-api:us-east-1:123456789012:httpsimple/$default/GET/api/conversations",
              "routeKey": "ANY /api/{proxy+}",
              "type": "REQUEST",
              "version": "2.0"
            }"#]],
        );
    }
}
