//! The event that each kind of API sends to the function behind it.
//!
//! What the authorizer said is under `requestContext.authorizer` and nowhere
//! else. Whatever the client put into headers stays an ordinary header.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

use super::{
    authorization::Caller, authorizer_event, kind::Kind, maps, request::Request, request_context,
    route::Route,
};

pub(super) fn build(kind: Kind, request: &Request, route: &Route, caller: Option<Caller>) -> Value {
    match kind {
        Kind::RestToken | Kind::RestRequest | Kind::RestWhole => rest(kind, request, route, caller),
        Kind::HttpSimple | Kind::HttpPolicy => http_api(kind, request, route, caller),
        Kind::HttpV1 => http_api_v1(kind, request, route, caller),
    }
}

/// The proxy event of a REST API, which is payload 1.0 without a version.
fn rest(kind: Kind, request: &Request, route: &Route, caller: Option<Caller>) -> Value {
    let query = request.query_pairs();
    let body = (!request.body.is_empty()).then(|| String::from_utf8_lossy(&request.body));
    let mut context = request_context::build(kind, request, route);
    if let (Some(members), Some(caller)) = (context.as_object_mut(), caller) {
        let mut authorizer = caller.context.unwrap_or_default();
        authorizer.insert("principalId".to_owned(), caller.principal_id.into());
        authorizer.insert("integrationLatency".to_owned(), 1.into());
        members.insert("authorizer".to_owned(), authorizer.into());
    }
    json!({
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": maps::single(&request.headers),
        "multiValueHeaders": maps::multi(&request.headers),
        "queryStringParameters": maps::or_null(maps::single(&query)),
        "multiValueQueryStringParameters": maps::or_null(maps::multi(&query)),
        "pathParameters": maps::or_null(authorizer_event::path_parameters(route)),
        "stageVariables": null,
        "requestContext": context,
        "body": body,
        // Without binary media types a REST API hands every body on as text.
        "isBase64Encoded": false,
    })
}

fn http_api(kind: Kind, request: &Request, route: &Route, caller: Option<Caller>) -> Value {
    let mut event = authorizer_event::http_api_common(kind, request, route);
    if let (Some(Value::Object(context)), Some(caller)) = (event.get_mut("requestContext"), caller) {
        context.insert("authorizer".to_owned(), json!({"lambda": caller.context}));
    }
    add_body(&mut event, request);
    event.into()
}

/// Payload 1.0: what a REST API sends, with a version and the bodies of an HTTP API.
fn http_api_v1(kind: Kind, request: &Request, route: &Route, caller: Option<Caller>) -> Value {
    let mut event = rest(kind, request, route, None);
    if let Some(members) = event.as_object_mut() {
        members.insert("version".to_owned(), "1.0".into());
        add_body(members, request);
        if let (Some(Value::Object(context)), Some(caller)) = (members.get_mut("requestContext"), caller) {
            context.insert("authorizer".to_owned(), json!(caller.context));
        }
    }
    event
}

/// The body as payload 2.0 has it: none where it is empty.
pub(super) fn add_body(event: &mut Map<String, Value>, request: &Request) {
    let encoded = !request.body.is_empty() && !is_text(request);
    if encoded {
        event.insert("body".to_owned(), BASE64_STANDARD.encode(&request.body).into());
    } else if !request.body.is_empty() {
        event.insert("body".to_owned(), String::from_utf8_lossy(&request.body).into());
    }
    event.insert("isBase64Encoded".to_owned(), encoded.into());
}

fn is_text(request: &Request) -> bool {
    let content_type = request.header_values("content-type").last().unwrap_or("text/plain");
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || media_type.ends_with("+json")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
            "application/x-www-form-urlencoded",
        ]
        .contains(&media_type.as_str())
}
