//! An Application Load Balancer with a function as its target.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    malformed::Malformed,
    maps, proxy_response,
    refusal::Refusal,
    reply::Reply,
    request::{Limits, Request},
};

pub(super) const LIMITS: Limits = Limits { body_bytes: 1024 * 1024, header_bytes: 64 * 1024 };
const MAX_OUTPUT_BYTES: usize = 1024 * 1024;

/// The event, with one value for each name or with all of them.
pub(super) fn event(request: &Request, multi_value: bool) -> Value {
    let headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    let query = query_as_sent(&request.query);
    let encoded = !request.body.is_empty() && !is_text(request);
    let body = if encoded {
        BASE64_STANDARD.encode(&request.body)
    } else {
        String::from_utf8_lossy(&request.body).into_owned()
    };
    let (region, account) = (crate::REGION, crate::ACCOUNT_ID);
    let group = format!("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/chat/6d0ecf831eec9f09");
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
        "body": body,
        "isBase64Encoded": encoded,
    });
    let maps = if multi_value {
        [
            ("multiValueHeaders", maps::multi(&headers)),
            ("multiValueQueryStringParameters", maps::multi(&query)),
        ]
    } else {
        [("headers", maps::single(&headers)), ("queryStringParameters", maps::single(&query))]
    };
    if let Some(members) = event.as_object_mut() {
        members.extend(maps.map(|(name, map)| (name.to_owned(), map.into())));
    }
    event
}

/// Names and values, percent signs and all: a load balancer decodes nothing.
fn query_as_sent(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn is_text(request: &Request) -> bool {
    // What is compressed is not text, whatever it was before.
    if request.header_values("content-encoding").next().is_some() {
        return false;
    }
    let content_type = request.header_values("content-type").last().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media_type.as_str())
}

/// The function's answer. A target group reads one of the two header maps and
/// never the other.
pub(super) fn parse(output: &Bytes, multi_value: bool) -> Result<Reply, Malformed> {
    if output.len() > MAX_OUTPUT_BYTES {
        return Err(Malformed::new("the output is longer than 1 MB"));
    }
    let members: Map<String, Value> =
        serde_json::from_slice(output).map_err(|_| Malformed::new("the output is not a JSON object"))?;
    let (status, body) = (proxy_response::status(&members)?, proxy_response::decoded_body(&members)?);
    if members.get("isBase64Encoded").and_then(Value::as_bool).is_none() {
        return Err(Malformed::new("isBase64Encoded is not there"));
    }
    let mut headers = if multi_value {
        proxy_response::multi_value_headers(&members)?
    } else {
        proxy_response::headers(&members)?
    };
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    headers.push(("server".to_owned(), "awselb/2.0".to_owned()));
    let mut reply = Reply { status, headers, body, more: None };
    if !reply.has("content-type") {
        reply.headers.push(("content-type".to_owned(), "application/octet-stream".to_owned()));
    }
    Ok(reply)
}

/// What the load balancer answers itself.
pub(super) fn refuse(refusal: Refusal) -> Reply {
    let (status, text) = match refusal {
        Refusal::BodyTooLarge => (413, "413 Request Entity Too Large"),
        Refusal::HeadersTooLarge | Refusal::UriTooLong => (400, "400 Bad Request"),
        // It has neither authorizer nor routes.
        Refusal::Unauthorized
        | Refusal::ExplicitDeny
        | Refusal::ImplicitDeny
        | Refusal::AuthorizerFailed
        | Refusal::AuthorizerMalformed
        | Refusal::NoSuchRoute
        | Refusal::IntegrationFailed => (502, "502 Bad Gateway"),
        Refusal::IntegrationTimedOut => (504, "504 Gateway Time-out"),
    };
    let page = format!(
        "<html>\r\n<head><title>{text}</title></head>\r\n<body>\r\n<center><h1>{text}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let headers = [("server", "awselb/2.0"), ("content-type", "text/html")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Reply { status, headers, body: page.into(), more: None }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check_event(multi_value: bool, content_type: &str, expected: &Expect) {
        let mut request = Request::example("POST", "/api/a%2Fb");
        request.query = "a=1&a=%20+&b".to_owned();
        request.body = "{}".into();
        request.headers = [("X-Twice", "1"), ("x-twice", "2"), ("Content-Type", content_type)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let mut event = event(&request, multi_value);
        event.as_object_mut().unwrap().remove("requestContext").unwrap();
        expected.assert_eq(&event.to_string());
    }

    #[test]
    fn an_event_has_one_kind_of_map() {
        check_event(
            false,
            "application/json; charset=utf-8",
            &expect![[
                r#"{"body":"{}","headers":{"content-type":"application/json; charset=utf-8","x-twice":"2"},"httpMethod":"POST","isBase64Encoded":false,"path":"/api/a%2Fb","queryStringParameters":{"a":"%20+","b":""}}"#
            ]],
        );
        check_event(
            true,
            "application/octet-stream",
            &expect![[
                r#"{"body":"e30=","httpMethod":"POST","isBase64Encoded":true,"multiValueHeaders":{"content-type":["application/octet-stream"],"x-twice":["1","2"]},"multiValueQueryStringParameters":{"a":["1","%20+"],"b":[""]},"path":"/api/a%2Fb"}"#
            ]],
        );
    }

    fn check_answer(output: &Value, multi_value: bool, expected: &Expect) {
        let told = match parse(&output.to_string().into(), multi_value) {
            Ok(reply) => {
                format!("{} {:?} {}", reply.status, reply.headers, String::from_utf8_lossy(&reply.body))
            }
            Err(malformed) => malformed.to_string(),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn an_answer_is_read_from_the_same_kind_of_map() {
        let answer = json!({
            "statusCode": 200, "isBase64Encoded": true, "body": "aGk=",
            "headers": {"a": "1", "content-type": "x"}, "multiValueHeaders": {"a": ["2", "3"]},
        });
        check_answer(
            &answer,
            false,
            &expect![[r#"200 [("a", "1"), ("content-type", "x"), ("server", "awselb/2.0")] hi"#]],
        );
        check_answer(
            &answer,
            true,
            &expect![[
                r#"200 [("a", "2"), ("a", "3"), ("server", "awselb/2.0"), ("content-type", "application/octet-stream")] hi"#
            ]],
        );
    }

    #[test]
    fn what_is_missing_is_a_bad_gateway() {
        check_answer(&json!([]), false, &expect!["the output is not a JSON object"]);
        check_answer(&json!({"statusCode": 200}), false, &expect!["isBase64Encoded is not there"]);
        check_answer(&json!({"isBase64Encoded": false}), false, &expect!["statusCode is not an HTTP status"]);
        let long = json!({"statusCode": 200, "isBase64Encoded": false, "body": "x".repeat(MAX_OUTPUT_BYTES)});
        check_answer(&long, false, &expect!["the output is longer than 1 MB"]);
        assert_eq!(refuse(Refusal::IntegrationFailed).status, 502);
    }
}
