//! The one line that every invocation leaves behind: log and metric at once.
//!
//! In CloudWatch's embedded metric format a log line on standard output becomes
//! a metric without any call. Only `Outcome` is a dimension, with four values.
//! The line names key, token id and reason; never a token, a name or a header.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use token::{Principal, Reason, Timestamp};

use crate::{Decision, Unavailable};

/// What a line is given room for, in bytes: hardly any is longer.
const LINE_BYTES: usize = 768;

/// What came of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allow,
    Unauthenticated,
    Forbidden,
    Unavailable,
}

/// The line, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutcomeLine<'a> {
    pub(crate) directives: &'a MetricDirectives,
    /// `None` where the way here gives requests no id.
    pub(crate) request_id: Option<&'a str>,
    pub(crate) at: Timestamp,
    pub(crate) kind: Option<&'static str>,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<Reason>,
    pub(crate) principal: Option<&'a Principal>,
    pub(crate) key_age_secs: Option<u64>,
    /// How often the stores were asked meanwhile: 0 where all was at hand.
    /// Invocations that run at once count each other's questions too.
    pub(crate) key_reads: u64,
    pub(crate) registry_reads: u64,
    /// How long the decision took.
    pub(crate) micros: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata<'a>,
    #[serde(rename = "Outcome")]
    outcome: &'static str,
    #[serde(rename = "Decisions")]
    decisions: u8,
    #[serde(rename = "KeyAgeSeconds", skip_serializing_if = "Option::is_none")]
    key_age_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    key_reads: u64,
    registry_reads: u64,
    duration_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_hash: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: i64,
    cloud_watch_metrics: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [[&'static str; 1]; 1],
    metrics: &'static [Metric],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

const METRICS: [Metric; 2] =
    [Metric { name: "Decisions", unit: "Count" }, Metric { name: "KeyAgeSeconds", unit: "Seconds" }];

/// What makes metrics of a line, as it is written: the same in each line, but for
/// the metric that a line without keys lacks. To name it there is an error.
#[derive(Debug)]
pub(crate) struct MetricDirectives {
    with_key_age: Box<RawValue>,
    without_key_age: Box<RawValue>,
}

impl MetricDirectives {
    pub(crate) fn new(namespace: &str) -> Self {
        let write = |metrics| {
            // Text of our own, so nothing can fail here; without it a line is no metric.
            to_raw_value(&[Directive { namespace, dimensions: [["Outcome"]], metrics }]).unwrap_or_default()
        };
        Self { with_key_age: write(&METRICS), without_key_age: write(METRICS.split_at(1).0) }
    }
}

impl Outcome {
    /// What came of a decision, or of none.
    pub(crate) fn of(decided: Result<&Decision, Option<Unavailable>>) -> Self {
        match decided {
            Ok(Decision::Allow(_)) => Self::Allow,
            Ok(Decision::Unauthenticated(_)) => Self::Unauthenticated,
            Ok(Decision::Forbidden(_)) => Self::Forbidden,
            Err(_) => Self::Unavailable,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
        }
    }
}

impl OutcomeLine<'_> {
    /// Returns the line with its newline, to be written in one go.
    pub(crate) fn to_json(self) -> String {
        let directives = match self.key_age_secs {
            Some(_) => &self.directives.with_key_age,
            None => &self.directives.without_key_age,
        };
        let line = Line {
            aws: Metadata {
                timestamp: self.at.as_unix_secs().saturating_mul(1000),
                cloud_watch_metrics: directives,
            },
            outcome: self.outcome.name(),
            decisions: 1,
            key_age_secs: self.key_age_secs,
            reason: self.reason.map(Reason::name),
            kind: self.kind,
            request_id: self.request_id,
            key_reads: self.key_reads,
            registry_reads: self.registry_reads,
            duration_us: self.micros,
            kid: self.principal.and_then(Principal::kid),
            jti: self.principal.and_then(Principal::jti),
            principal_hash: self.principal.map(|principal| hash(principal.id())),
        };
        let mut text = Vec::with_capacity(LINE_BYTES);
        // Text and numbers, into memory: nothing can fail here.
        let _written = serde_json::to_writer(&mut text, &line);
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }
}

/// The first 64 bits of the SHA-256 of an id: enough to find the lines of one
/// caller by, without writing down who it is.
fn hash(id: &str) -> String {
    let digest = Sha256::digest(id.as_bytes());
    let first =
        u64::from_be_bytes(std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default()));
    format!("{first:016x}")
}
