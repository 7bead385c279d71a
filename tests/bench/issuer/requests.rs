//! The requests, as they go over the wire.

use std::net::Ipv4Addr;

use crate::issuer::PASSWORD;

pub(crate) const HEALTHZ: &str = "GET /healthz HTTP/1.1\r\nhost: issuer\r\n\r\n";

/// Numbers tell apart whoever may not be throttled together.
pub(crate) fn login(user: &str, address: u32) -> String {
    let address = Ipv4Addr::from(0x0a00_0000 | (address & 0x00ff_ffff));
    let body = format!(r#"{{"username":"{user}","password":"{PASSWORD}"}}"#);
    post("/login", "application/json", &format!("x-forwarded-for: {address}\r\n"), &body)
}

pub(crate) fn refresh(token: &str) -> String {
    post("/refresh", "application/json", "", &format!(r#"{{"refresh_token":"{token}"}}"#))
}

/// `authorization` is that of a client.
pub(crate) fn introspect(token: &str, authorization: &str) -> String {
    form("/introspect", token, authorization)
}

pub(crate) fn revoke(token: &str, authorization: &str) -> String {
    form("/revoke", token, authorization)
}

fn form(path: &str, token: &str, authorization: &str) -> String {
    let header = format!("authorization: {authorization}\r\n");
    post(path, "application/x-www-form-urlencoded", &header, &format!("token={token}"))
}

fn post(path: &str, content_type: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: issuer\r\ncontent-type: {content_type}\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    )
}
