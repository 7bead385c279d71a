//! What is left of a day.

use aws_smithy_types::date_time::{DateTime, Format};
use axum::{Json, extract::State};
use serde::Serialize;
use token::Timestamp;

use super::Caller;
use crate::{refusal::Refusal, service::Shared, store::Period};

/// The tokens of today, and the limits.
#[derive(Debug, Serialize)]
pub(super) struct Usage {
    day: String,
    tokens_used: u64,
    tokens_limit: Option<u64>,
    resets_at: i64,
    requests_per_minute: Option<u64>,
}

/// `GET /api/usage`.
pub(super) async fn usage(State(service): State<Shared>, caller: Caller) -> Result<Json<Usage>, Refusal> {
    let now = service.now();
    let day = Period::day(now.wall);
    let tokens_used = service.store.used(&caller.owner, day, now).await?;
    Ok(Json(Usage {
        day: date(now.wall),
        tokens_used,
        tokens_limit: service.limits.tokens_per_day,
        resets_at: day.end_of_day().as_unix_secs(),
        requests_per_minute: service.limits.requests_per_minute,
    }))
}

/// The UTC day, as ISO 8601 writes it.
fn date(now: Timestamp) -> String {
    let text = DateTime::from_secs(now.as_unix_secs()).fmt(Format::DateTime).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}
