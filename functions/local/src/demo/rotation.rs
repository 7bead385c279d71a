//! A rotation of the secret under load.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Client, TokenPair, kid};
use crate::System;

/// Far more than the rotator's waiting time of eight seconds.
const LIMIT: Duration = Duration::from_mins(1);
/// How long requests go on once the issuer has changed keys.
const AFTERWARDS: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

/// What was seen during a rotation.
#[derive(Debug, Clone)]
pub struct RotationWatch {
    pub old_kid: String,
    pub new_kid: String,
    pub requests: usize,
    /// Valid tokens that did not open the API.
    pub refused: usize,
    /// From the rotation until the issuer signed with the new key.
    pub took: Duration,
}

/// Rotates the secret, and uses an old token and ever new ones meanwhile.
///
/// # Errors
///
/// Says that the rotation was refused or did not end in time.
pub async fn rotate(system: &System, client: &Client, mut pair: TokenPair) -> anyhow::Result<RotationWatch> {
    let old_token = pair.access.clone();
    let old_kid = kid(&old_token)?;
    let mut watch = RotationWatch {
        old_kid: old_kid.clone(),
        new_kid: old_kid,
        requests: 0,
        refused: 0,
        took: Duration::ZERO,
    };
    ask_for_rotation(system).await?;
    let started = Instant::now();
    loop {
        let refreshed = client.refresh(&pair.refresh).await?;
        ensure!(refreshed.status == 200, "the issuer answered {} to a refresh", refreshed.status);
        pair = refreshed.token_pair()?;
        for token in [&old_token, &pair.access] {
            let answer = client.chat(Some(token), "Hello").await?;
            watch.requests += 1;
            watch.refused += usize::from(answer.status != 200);
        }
        let signed_with = kid(&pair.access)?;
        if watch.new_kid == watch.old_kid && signed_with != watch.old_kid {
            watch.took = started.elapsed();
            watch.new_kid = signed_with;
        }
        let changed = watch.new_kid != watch.old_kid;
        if changed && started.elapsed() > watch.took + AFTERWARDS {
            return Ok(watch);
        }
        ensure!(changed || started.elapsed() < LIMIT, "the issuer still signs with {}", watch.old_kid);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn ask_for_rotation(system: &System) -> anyhow::Result<()> {
    let answer = reqwest::Client::new()
        .post(system.secrets_manager_url())
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "secretsmanager.RotateSecret")
        .body(json!({"SecretId": system.secret_arn()}).to_string())
        .send()
        .await?;
    let status = answer.status();
    let body: Value = answer.json().await.context("Secrets Manager did not answer with JSON")?;
    let message = body.get("Message").and_then(Value::as_str).unwrap_or_default();
    ensure!(status.is_success(), "RotateSecret was refused: {message}");
    Ok(())
}
