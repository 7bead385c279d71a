//! `requestContext`, which authorizer and integration get alike, and the ARN of
//! the route.

use serde_json::{Value, json};

use super::{calendar::access_log_time, kind::Kind, request::Request, route::Route};
use crate::clock::Now;

/// The `methodArn` or `routeArn` of a request. It holds the path as sent.
pub(super) fn arn(kind: Kind, request: &Request) -> String {
    let (region, account) = (crate::REGION, crate::ACCOUNT_ID);
    let (api, stage, method) = (kind.api_id(), kind.stage(), &request.method);
    let path = request.path.trim_start_matches('/');
    format!("arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}")
}

pub(super) fn build(kind: Kind, request: &Request, route: &Route) -> Value {
    let is_v1 = kind.is_rest() || kind == Kind::HttpV1;
    if is_v1 { rest(kind, request, route) } else { http_api(kind, request, route) }
}

fn rest(kind: Kind, request: &Request, route: &Route) -> Value {
    json!({
        "accountId": crate::ACCOUNT_ID,
        "apiId": kind.api_id(),
        "domainName": kind.domain_name(),
        "domainPrefix": kind.api_id(),
        "extendedRequestId": request.id,
        "httpMethod": request.method,
        "identity": {
            "accessKey": null, "accountId": null, "apiKey": null, "apiKeyId": null, "caller": null,
            "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
            "cognitoIdentityId": null, "cognitoIdentityPoolId": null, "principalOrgId": null,
            "sourceIp": request.source_ip, "user": null, "userAgent": user_agent(request), "userArn": null,
        },
        "path": request.path,
        "protocol": request.protocol,
        "requestId": request.id,
        "requestTime": access_log_time(request.time),
        "requestTimeEpoch": epoch_millis(request),
        "resourceId": "latchk",
        "resourcePath": route.resource,
        "stage": kind.stage(),
    })
}

fn http_api(kind: Kind, request: &Request, route: &Route) -> Value {
    json!({
        "accountId": crate::ACCOUNT_ID,
        "apiId": kind.api_id(),
        "domainName": kind.domain_name(),
        "domainPrefix": kind.api_id(),
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": user_agent(request),
        },
        "requestId": request.id,
        "routeKey": route.key(),
        "stage": kind.stage(),
        "time": access_log_time(request.time),
        "timeEpoch": epoch_millis(request),
    })
}

pub(super) fn user_agent(request: &Request) -> &str {
    request.header_values("user-agent").last().unwrap_or_default()
}

pub(super) fn epoch_millis(request: &Request) -> u64 {
    Now { wall: request.time, monotonic: std::time::Duration::ZERO }.unix_millis()
}
