//! Fresh tokens for the sample events under `events/`.
//!
//! Only the tokens change: the files keep their formatting, byte for byte.

use std::path::Path;

use anyhow::{Context, ensure};

use crate::{
    demo::Client,
    users::{DEMO_PASSWORD, DEMO_USER},
};

/// Logs in at a running system and rewrites every `*.json` in `folder` that
/// carries a token.
pub(crate) async fn refresh(folder: &Path, port_base: u16) -> anyhow::Result<()> {
    ensure!(port_base != 0, "name the --port-base of the running system");
    let issuer = format!("http://127.0.0.1:{}", port_base.saturating_add(1));
    let client = Client::at(issuer, String::new());
    let answer = client.log_in(DEMO_USER, DEMO_PASSWORD).await.context("is `cargo run -p local` running?")?;
    let token = answer.text("access_token").context("the issuer gave no token")?.to_owned();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let file = entry?.path();
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let before =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let after = with_token(&before, &token);
        if after != before {
            std::fs::write(&file, after).with_context(|| format!("cannot write {}", file.display()))?;
            println!("{}", file.display());
        }
    }
    Ok(())
}

/// Replaces whatever looks like a JWT.
fn with_token(text: &str, token: &str) -> String {
    let mut fresh = String::with_capacity(text.len());
    let mut rest = text;
    // `eyJ` is base64url for `{"`, with which a JSON object begins.
    while let Some(start) = rest.find("eyJ") {
        let (before, candidate) = rest.split_at(start);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = candidate.find(|c| !is_part(c)).unwrap_or(candidate.len());
        let (candidate, after) = candidate.split_at(end);
        fresh.push_str(before);
        fresh.push_str(if looks_like_jwt(candidate) { token } else { candidate });
        rest = after;
    }
    fresh.push_str(rest);
    fresh
}

fn looks_like_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (header, payload, signature) = (parts.next(), parts.next(), parts.next());
    header.is_some()
        && payload.is_some_and(|payload| payload.starts_with("eyJ"))
        && signature.is_some_and(|signature| !signature.is_empty())
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(with_token(text, "NEW"), expected);
    }

    #[test]
    fn only_tokens_change() {
        check(r#"{"a": "Bearer eyJh.eyJz.c2ln",  "b": 1}"#, r#"{"a": "Bearer NEW",  "b": 1}"#);
        check("x=eyJh.eyJz.c2ln; y=eyJh.eyJz.c2ln", "x=NEW; y=NEW");
        check(
            r#"["eyJ", "eyJh.eyJz", "eyJh.eyJz.", "eyJh.eyJz.a.b", "eyJh.a.b"]"#,
            r#"["eyJ", "eyJh.eyJz", "eyJh.eyJz.", "eyJh.eyJz.a.b", "eyJh.a.b"]"#,
        );
        check("", "");
    }
}
