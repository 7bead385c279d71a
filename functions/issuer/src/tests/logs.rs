//! Which lines are logged, and how they look.

use tracing::level_filters::LevelFilter;

use super::secrets::Lines;
use crate::log::{Format, LogSettings, subscriber};

fn logged(format: Format, level: LevelFilter) -> String {
    let lines = Lines::default();
    tracing::subscriber::with_default(subscriber(LogSettings { format, level }, lines.clone()), || {
        let _span = tracing::info_span!("request", request_id = "r1").entered();
        tracing::debug!(target: "issuer::http", status = 200, "answered");
        tracing::info!(target: "issuer", action = "login", "audit");
        tracing::debug!(target: "sqlx::query", "a statement of somebody else's");
        tracing::warn!(target: "sqlx", "a warning of somebody else's");
    });
    lines.text()
}

#[test]
fn the_level_is_for_our_own_lines() {
    let count = |level| logged(Format::Json, level).lines().count();
    assert_eq!(count(LevelFilter::ERROR), 0);
    assert_eq!(count(LevelFilter::WARN), 1);
    assert_eq!(count(LevelFilter::INFO), 2);
    let all = logged(Format::Json, LevelFilter::DEBUG);
    assert_eq!(all.lines().count(), 3);
    assert!(!all.contains("a statement"), "what others say at debug may be anything: {all}");
}

#[test]
fn lines_are_for_programs_or_for_people() {
    for line in logged(Format::Json, LevelFilter::DEBUG).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["span"]["request_id"], "r1");
    }
    let text = logged(Format::Human, LevelFilter::INFO);
    let line = text.lines().next().unwrap();
    assert!(line.contains("INFO") && line.contains("audit action=\"login\""), "{line}");
    assert!(line.contains("request_id=\"r1\"") && !line.contains('\u{1b}'), "{line}");
}
