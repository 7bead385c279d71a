//! The `Condition` of a policy statement, as far as a gateway can know it: dates
//! compared with `aws:CurrentTime`.
//!
//! An operator that is not known here is refused, never skipped: a skipped
//! condition would turn "allow until" into "allow".

use std::time::SystemTime;

use serde_json::Value;

use super::{calendar::parse_iso8601, malformed::Malformed};

#[derive(Debug, Clone, Default)]
pub(super) struct Conditions(Vec<Condition>);

#[derive(Debug, Clone)]
struct Condition {
    comparison: Comparison,
    /// The gateway supplies the condition's key.
    key_known: bool,
    if_exists: bool,
    /// Any one of these suffices.
    values: Vec<SystemTime>,
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Before,
    NotAfter,
    After,
    NotBefore,
}

impl Conditions {
    pub(super) fn parse(value: &Value) -> Result<Self, Malformed> {
        let operators = value.as_object().ok_or_else(|| Malformed::new("Condition is not an object"))?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let (comparison, if_exists) = parse_operator(operator)?;
            let keys =
                keys.as_object().ok_or_else(|| Malformed::new(format!("{operator} is not an object")))?;
            for (key, values) in keys {
                conditions.push(Condition {
                    comparison,
                    key_known: key.eq_ignore_ascii_case("aws:CurrentTime"),
                    if_exists,
                    values: parse_values(key, values)?,
                });
            }
        }
        Ok(Self(conditions))
    }

    pub(super) fn hold(&self, now: SystemTime) -> bool {
        self.0.iter().all(|condition| condition.holds(now))
    }
}

impl Condition {
    fn holds(&self, now: SystemTime) -> bool {
        if !self.key_known {
            return self.if_exists;
        }
        self.values.iter().any(|value| match self.comparison {
            Comparison::Before => now < *value,
            Comparison::NotAfter => now <= *value,
            Comparison::After => now > *value,
            Comparison::NotBefore => now >= *value,
        })
    }
}

fn parse_operator(operator: &str) -> Result<(Comparison, bool), Malformed> {
    let (name, if_exists) = match operator.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (operator, false),
    };
    let comparison = match name {
        "DateLessThan" => Comparison::Before,
        "DateLessThanEquals" => Comparison::NotAfter,
        "DateGreaterThan" => Comparison::After,
        "DateGreaterThanEquals" => Comparison::NotBefore,
        _ => return Err(Malformed::new(format!("the condition operator {operator} is not known"))),
    };
    Ok((comparison, if_exists))
}

fn parse_values(key: &str, values: &Value) -> Result<Vec<SystemTime>, Malformed> {
    let values = match values {
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    let parse = |value: &Value| value.as_str().and_then(parse_iso8601);
    let parsed: Option<Vec<SystemTime>> = values.iter().map(parse).collect();
    parsed
        .filter(|values| !values.is_empty())
        .ok_or_else(|| Malformed::new(format!("{key} is not compared with a date")))
}
