//! The function's answer, turned into HTTP.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::{kind::Kind, malformed::Malformed, reply::Reply};

/// Headers that a REST API keeps for itself and renames in an integration's answer.
const REMAPPED: [&str; 5] = ["connection", "content-length", "date", "server", "www-authenticate"];

pub(super) fn parse(kind: Kind, output: &Bytes) -> Result<Reply, Malformed> {
    let parsed: Value =
        serde_json::from_slice(output).map_err(|_| Malformed::new("the output is not JSON"))?;
    match parsed.as_object() {
        Some(members) if kind.is_rest() => rest(members),
        Some(members) if kind == Kind::HttpV1 => http_api_v1(members),
        Some(members) if members.contains_key("statusCode") => http_api(members),
        None if kind.is_rest() || kind == Kind::HttpV1 => Err(Malformed::new("the output is not an object")),
        // Payload 2.0 takes any other JSON for the body of a 200.
        _ => {
            let mut reply = Reply::json(200, &Value::Null);
            reply.body = output.clone();
            Ok(reply)
        }
    }
}

fn rest(members: &Map<String, Value>) -> Result<Reply, Malformed> {
    // Without binary media types a REST API never decodes: base64 goes out as text.
    let body = text_body(members)?;
    let mut reply = Reply { status: status(members)?, headers: all_headers(members)?, body, more: None };
    remap(&mut reply);
    if !reply.has("content-type") {
        reply.headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok(reply)
}

/// Renames the headers that the gateway keeps for itself.
pub(super) fn remap(reply: &mut Reply) {
    for (name, _) in &mut reply.headers {
        if REMAPPED.iter().any(|kept| name.eq_ignore_ascii_case(kept)) {
            *name = format!("x-amzn-Remapped-{name}");
        }
    }
}

/// Payload 1.0 knows no answer but one with a status.
fn http_api_v1(members: &Map<String, Value>) -> Result<Reply, Malformed> {
    Ok(of_http_api(status(members)?, all_headers(members)?, decoded_body(members)?))
}

fn http_api(members: &Map<String, Value>) -> Result<Reply, Malformed> {
    let headers = headers(members)?.into_iter().chain(cookies(members)).collect();
    Ok(of_http_api(status(members)?, headers, decoded_body(members)?))
}

fn of_http_api(status: u16, mut headers: Vec<(String, String)>, body: Bytes) -> Reply {
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    let mut reply = Reply { status, headers, body, more: None };
    if !reply.has("content-type") {
        reply.headers.push(("content-type".to_owned(), "text/plain;charset=utf-8".to_owned()));
    }
    reply
}

pub(super) fn status(members: &Map<String, Value>) -> Result<u16, Malformed> {
    let status = match members.get("statusCode") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let status =
        status.filter(|status| (100..600).contains(status)).and_then(|status| u16::try_from(status).ok());
    status.ok_or_else(|| Malformed::new("statusCode is not an HTTP status"))
}

fn text_body(members: &Map<String, Value>) -> Result<Bytes, Malformed> {
    match members.get("body") {
        None | Some(Value::Null) => Ok(Bytes::new()),
        Some(Value::String(text)) => Ok(text.clone().into()),
        Some(_) => Err(Malformed::new("body is not a string")),
    }
}

/// The body, out of base64 where it says so.
pub(super) fn decoded_body(members: &Map<String, Value>) -> Result<Bytes, Malformed> {
    let body = text_body(members)?;
    if members.get("isBase64Encoded").and_then(Value::as_bool) != Some(true) {
        return Ok(body);
    }
    let decoded = BASE64_STANDARD.decode(&body).map_err(|_| Malformed::new("body is not base64"))?;
    Ok(decoded.into())
}

pub(super) fn cookies(members: &Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    let cookies = members.get("cookies").and_then(Value::as_array);
    let cookies = cookies.into_iter().flatten().filter_map(Value::as_str);
    cookies.map(|cookie| ("set-cookie".to_owned(), cookie.to_owned()))
}

/// The headers of both maps, each pair once.
pub(super) fn all_headers(members: &Map<String, Value>) -> Result<Vec<(String, String)>, Malformed> {
    let multi = multi_value_headers(members)?;
    let single = headers(members)?.into_iter().filter(|pair| !multi.contains(pair)).collect::<Vec<_>>();
    Ok(single.into_iter().chain(multi).collect())
}

pub(super) fn headers(members: &Map<String, Value>) -> Result<Vec<(String, String)>, Malformed> {
    let Some(headers) = members.get("headers").filter(|headers| !headers.is_null()) else {
        return Ok(Vec::new());
    };
    let headers = headers.as_object().ok_or_else(|| Malformed::new("headers is not an object"))?;
    headers.iter().map(|(name, value)| Ok((name.clone(), scalar(name, value)?))).collect()
}

pub(super) fn multi_value_headers(members: &Map<String, Value>) -> Result<Vec<(String, String)>, Malformed> {
    let headers = members.get("multiValueHeaders").filter(|headers| !headers.is_null());
    let Some(headers) = headers else { return Ok(Vec::new()) };
    let headers = headers.as_object().ok_or_else(|| Malformed::new("multiValueHeaders is not an object"))?;
    let mut pairs = Vec::new();
    for (name, values) in headers {
        let values = values.as_array().ok_or_else(|| Malformed::new(format!("{name} is not a list")))?;
        for value in values {
            pairs.push((name.clone(), scalar(name, value)?));
        }
    }
    Ok(pairs)
}

fn scalar(name: &str, value: &Value) -> Result<String, Malformed> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Malformed::new(format!("the header {name} is not a scalar")))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(kind: Kind, output: &Value, expected: &Expect) {
        let outcome = match parse(kind, &output.to_string().into()) {
            Ok(reply) => {
                let headers: Vec<String> =
                    reply.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} {} {}", reply.status, headers.join(" "), String::from_utf8_lossy(&reply.body))
            }
            Err(malformed) => malformed.to_string(),
        };
        expected.assert_eq(&outcome);
    }

    #[test]
    fn rest_answers() {
        let kind = Kind::RestToken;
        check(
            kind,
            &json!({"statusCode": 200, "body": "{}"}),
            &expect!["200 content-type=application/json {}"],
        );
        check(
            kind,
            &json!({"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}}),
            &expect!["401 x-amzn-Remapped-WWW-Authenticate=Bearer content-type=application/json "],
        );
        check(
            kind,
            &json!({
                "statusCode": "204",
                "headers": {"a": "1", "content-type": "x"},
                "multiValueHeaders": {"a": ["1", "2"]},
            }),
            &expect!["204 content-type=x a=1 a=2 "],
        );
        check(kind, &json!({"statusCode": 200, "body": {}}), &expect!["body is not a string"]);
        check(kind, &json!({"body": "x"}), &expect!["statusCode is not an HTTP status"]);
        check(
            kind,
            &json!({"statusCode": 200, "headers": {"a": null}}),
            &expect!["the header a is not a scalar"],
        );
        check(kind, &json!("text"), &expect!["the output is not an object"]);
    }

    #[test]
    fn http_api_answers() {
        let kind = Kind::HttpSimple;
        check(
            kind,
            &json!({"statusCode": 200, "cookies": ["a=1"], "body": "aGk=", "isBase64Encoded": true}),
            &expect!["200 set-cookie=a=1 content-type=text/plain;charset=utf-8 hi"],
        );
        check(kind, &json!({"hello": 1}), &expect![[r#"200 content-type=application/json {"hello":1}"#]]);
        check(kind, &json!({"statusCode": 999}), &expect!["statusCode is not an HTTP status"]);
    }

    #[test]
    fn http_api_answers_of_payload_1() {
        let kind = Kind::HttpV1;
        check(
            kind,
            &json!({"statusCode": 200, "multiValueHeaders": {"a": ["1", "2"]}, "body": "aGk=", "isBase64Encoded": true}),
            &expect!["200 a=1 a=2 content-type=text/plain;charset=utf-8 hi"],
        );
        check(kind, &json!({"hello": 1}), &expect!["statusCode is not an HTTP status"]);
        check(kind, &json!("hello"), &expect!["the output is not an object"]);
    }
}
