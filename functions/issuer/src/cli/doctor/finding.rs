//! What one check found.

use serde_json::{Value, json};

use crate::cli::output::printable;

/// What was found, and what to do about it.
#[derive(Debug)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) health: Health,
    told: String,
    advice: Option<String>,
}

/// How well it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    Good,
    /// It works, and may not for long or not for all.
    Warning,
    Failed,
    /// There was nothing to look at.
    Skipped,
}

impl Finding {
    pub(super) fn good(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, health: Health::Good, told: told.into(), advice: None }
    }

    pub(super) fn skipped(check: &'static str, told: impl Into<String>) -> Self {
        Self { health: Health::Skipped, ..Self::good(check, told) }
    }

    pub(super) fn warning(check: &'static str, told: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { health: Health::Warning, advice: Some(advice.into()), ..Self::good(check, told) }
    }

    pub(super) fn failed(check: &'static str, told: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { health: Health::Failed, ..Self::warning(check, told, advice) }
    }

    /// For people, with the advice on a line of its own.
    pub(super) fn to_line(&self) -> String {
        let (health, check, told) = (self.health.name(), self.check, printable(&self.told));
        let advice = self.advice.as_deref().map(|advice| format!("\n         -> {}", printable(advice)));
        format!("{health:<8} {check}: {told}{}", advice.unwrap_or_default())
    }

    pub(super) fn to_json(&self) -> Value {
        let (health, advice) = (self.health.name(), &self.advice);
        json!({"check": self.check, "status": health, "message": self.told, "advice": advice})
    }
}

impl Health {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Returns an error with all that led to it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
