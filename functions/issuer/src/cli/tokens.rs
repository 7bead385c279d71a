//! `issuer token …`: making, reading and checking access tokens by hand.

use std::io::Read;

use anyhow::{Context as _, anyhow};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use token::{AccessClaims, MAX_LIFETIME_SECS};

use super::{Context, Failure, arguments::MintArguments, output::printable};
use crate::{ids::new_id, settings::TokenSettings, start::Surroundings};

/// The longest text that is read as a token. Longer than any token that a
/// verifier accepts, so that one that is too long can be looked at.
const MAX_TEXT_BYTES: u64 = 64 * 1024;

impl Context<'_> {
    pub(super) async fn mint(&mut self, wanted: MintArguments) -> Result<(), Failure> {
        if let Some(key) = &wanted.consumer {
            return self.mint_for_consumer(key, wanted.lifetime_seconds).await;
        }
        let settings = TokenSettings::read(self.environment)?;
        let moment = (self.clock)();
        let surroundings = Surroundings::connect(settings.keys, None).await;
        let keys = surroundings.keys.keys(moment).await.map_err(unavailable)?;

        let now = moment.wall;
        let lifetime_secs = wanted.lifetime_seconds.unwrap_or(settings.access_token_secs);
        if lifetime_secs > MAX_LIFETIME_SECS {
            // A rotation would refuse it before its time.
            return Err(Failure::Arguments("a user's token lives for 3600 s at most"));
        }
        let claims = AccessClaims {
            sub: wanted.sub.unwrap_or_default(),
            username: wanted.username,
            name: wanted.name,
            email: wanted.email,
            role: wanted.role,
            sid: wanted.sid,
            jti: new_id(now).context("could not make a token id")?,
            issued_at: now,
            expires_at: now.plus(lifetime_secs),
        };
        let token = settings
            .minter
            .mint(&claims, &keys, now)
            .ok_or_else(|| Failure::Unavailable(anyhow!("no key of the ring may sign now")))?;
        // What no verifier accepts, for its claims, is not worth printing.
        settings
            .verifier
            .verify(&token, &keys, now)
            .map_err(|rejection| Failure::Refused(rejection.reason.name()))?;
        let value = json!({
            "access_token": token,
            "expires_in": lifetime_secs,
            "jti": claims.jti,
        });
        Ok(self.output.print(&token, &value)?)
    }

    pub(super) fn inspect(&mut self, token: Option<String>) -> Result<(), Failure> {
        let text = self.token_text(token)?;
        let mut parts = text.split('.');
        let header = parts.next().and_then(decode);
        let claims = parts.next().and_then(decode);
        let (Some(header), Some(claims), Some(_), None) = (header, claims, parts.next(), parts.next()) else {
            return Err(Failure::Refused("malformed"));
        };
        let lines: Vec<_> =
            format!("NOT VERIFIED: anybody may have written this.\nheader: {header:#}\nclaims: {claims:#}")
                .lines()
                .map(printable)
                .collect();
        let value = json!({"verified": false, "header": header, "claims": claims});
        Ok(self.output.print(&lines.join("\n"), &value)?)
    }

    pub(super) async fn verify(&mut self, token: Option<String>) -> Result<(), Failure> {
        let settings = TokenSettings::read(self.environment)?;
        let text = self.token_text(token)?;
        let moment = (self.clock)();
        let surroundings = Surroundings::connect(settings.keys, None).await;
        let verified = surroundings.keys.verify(&settings.verifier, &text, moment).await;
        let principal = verified.map_err(unavailable)?.map_err(|reason| Failure::Refused(reason.name()))?;

        let context: Vec<_> = principal.to_context().collect();
        let lines: Vec<_> =
            context.iter().map(|(name, value)| format!("{name}: {}", printable(value))).collect();
        let value = context.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        Ok(self.output.print(&lines.join("\n"), &Value::Object(value))?)
    }

    /// Returns the token on the command line, or the one on standard input.
    fn token_text(&mut self, token: Option<String>) -> anyhow::Result<String> {
        let text = match token {
            Some(token) if token != "-" => token,
            _ => {
                let mut text = String::new();
                (&mut *self.input)
                    .take(MAX_TEXT_BYTES)
                    .read_to_string(&mut text)
                    .map_err(|_| anyhow!("standard input is not text"))?;
                text
            }
        };
        Ok(text.trim().to_owned())
    }
}

fn decode(part: &str) -> Option<Value> {
    let json = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

fn unavailable(error: keys::KeysUnavailable) -> Failure {
    Failure::Unavailable(error.into())
}
