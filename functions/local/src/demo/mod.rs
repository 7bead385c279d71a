//! The story that shows the system working, over real HTTP.
//!
//! Every step says what it expects; the first answer that differs ends the
//! story with an error. No secret and no whole token is ever printed.

mod client;
mod rotation;
mod step;
mod token_text;

use std::time::Duration;

use anyhow::{Context, ensure};

pub use client::{Answer, Client, TokenPair};
pub use rotation::{RotationWatch, rotate};
pub use token_text::{described, kid, tampered};

use crate::{
    System,
    gateway::Kind,
    users::{DEMO_PASSWORD, DEMO_USER},
};
use step::{expect, step};

/// `REGISTRY_CACHE_SECONDS` of the authorizer.
const REGISTRY_CACHE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(100);
/// What a loaded machine may add to a bound.
const SLACK: Duration = Duration::from_secs(3);

/// Runs the whole story.
///
/// # Errors
///
/// Returns what differed from the expectation.
pub async fn run(system: &System) -> anyhow::Result<()> {
    let client = Client::of(system, Kind::RestToken);
    let pair = sign_in(&client).await?;
    refuse(&client, &pair).await?;

    step("refresh");
    let pair = expect(client.refresh(&pair.refresh).await?, 200)?.token_pair()?;
    expect(client.chat(Some(&pair.access), "Hello").await?, 200)?;

    revoke(&client, &pair, system.cache_time()).await?;

    step("log in again");
    let pair = expect(client.log_in(DEMO_USER, DEMO_PASSWORD).await?, 200)?.token_pair()?;
    expect(client.chat(Some(&pair.access), "Back again").await?, 200)?;

    step("rotate the secret while requests run");
    let watch = rotate(system, &client, pair).await?;
    println!("    signed with {}, then with {}", watch.old_kid, watch.new_kid);
    let took = watch.took.as_secs_f64();
    println!("    the issuer changed keys {took:.1} s after the rotation began");
    println!("    {} requests with old and new tokens, {} refused", watch.requests, watch.refused);
    ensure!(watch.refused == 0, "a rotation must refuse no valid token");
    println!("\nEvery step gave the expected answer.");
    Ok(())
}

async fn sign_in(client: &Client) -> anyhow::Result<TokenPair> {
    step("log in with a wrong password");
    let answer = expect(client.log_in(DEMO_USER, "wrong password").await?, 401)?;
    ensure!(answer.told() == "invalid_credentials", "the error is {}", answer.told());

    step("log in");
    let pair = expect(client.log_in(DEMO_USER, DEMO_PASSWORD).await?, 200)?.token_pair()?;
    println!("    access token:  {}", described(&pair.access)?);
    println!("    refresh token: {}", described(&pair.refresh)?);

    step("chat");
    let answer = expect(client.chat(Some(&pair.access), "Hello").await?, 200)?;
    let response = answer.text("response").context("there is no response")?;
    println!("    {response}");
    ensure!(response == "Hello John Doe, your message was: Hello", "that is not the answer");
    Ok(pair)
}

async fn refuse(client: &Client, pair: &TokenPair) -> anyhow::Result<()> {
    step("chat without a token");
    expect(client.chat(None, "Hello").await?, 401)?;
    step("chat with a token in which a claim was changed");
    expect(client.chat(Some(&tampered(&pair.access)?), "Hello").await?, 401)?;
    step("chat with the refresh token");
    expect(client.chat(Some(&pair.refresh), "Hello").await?, 401)?;
    Ok(())
}

async fn revoke(client: &Client, pair: &TokenPair, gateway_cache: Duration) -> anyhow::Result<()> {
    step("log out, and use the token until it is refused");
    expect(client.log_out(&pair.access, "this").await?, 204)?;
    let bound = gateway_cache + REGISTRY_CACHE;
    let started = tokio::time::Instant::now();
    loop {
        let answer = client.chat(Some(&pair.access), "Still here?").await?;
        let took = started.elapsed();
        if answer.status == 401 {
            println!("    401 after {:.1} s", took.as_secs_f64());
            println!("    the bound is {} s: the gateway's cache, then the registry's", bound.as_secs());
            return Ok(());
        }
        answer.expect(200)?;
        ensure!(took < bound + SLACK, "the token still opens the API after {:.1} s", took.as_secs_f64());
        tokio::time::sleep(POLL).await;
    }
}
