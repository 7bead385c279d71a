//! The body of a request about consumers, field by field.
//!
//! All that is wrong with it is told at once, each field by its name; no value
//! is said again, since any of them may be a secret. A field that nobody knows
//! is a fault: it may be a known one, mistyped.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use serde_json::Value;

use super::{
    fault::{FieldFaults, RequestFault},
    field::Field,
    form,
};
use crate::http::{error::ApiError, json};

/// What is given to one field.
enum Given {
    Json(Value),
    /// By a form: texts, whatever is meant.
    Form(Vec<String>),
}

pub(crate) struct Fields {
    given: BTreeMap<String, Given>,
    faults: FieldFaults,
}

impl Fields {
    pub(super) fn text(&mut self, name: &str) -> Field<String> {
        let given = self.given.remove(name);
        let wrong = match given {
            None => return Field::Absent,
            Some(Given::Json(Value::Null)) => return Field::Null,
            Some(Given::Json(Value::String(text))) => return Field::Value(text),
            Some(Given::Json(_)) => "is not text",
            Some(Given::Form(values)) => {
                let mut values = values.into_iter();
                match (values.next(), values.next()) {
                    // A form has no other way to say nothing.
                    (Some(text), None) if text.is_empty() => return Field::Null,
                    (Some(text), None) => return Field::Value(text),
                    _ => "is there more than once",
                }
            }
        };
        self.fault(name, wrong);
        Field::Absent
    }

    /// Reads a text that stands for something; `wrong` says what it has to be.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
        wrong: &str,
    ) -> Field<T> {
        match self.text(name) {
            Field::Absent => Field::Absent,
            Field::Null => Field::Null,
            Field::Value(text) => read(&text).map_or_else(
                || {
                    self.fault(name, wrong);
                    Field::Absent
                },
                Field::Value,
            ),
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Field<bool> {
        if let Some(Given::Json(Value::Bool(flag))) = self.given.get(name) {
            let flag = *flag;
            self.given.remove(name);
            return Field::Value(flag);
        }
        let wrong = "is not true or false";
        self.scalar(name, |text| text.parse().ok(), wrong)
    }

    pub(super) fn whole(&mut self, name: &str) -> Field<u64> {
        if let Some(number) = self.json(name).and_then(Value::as_u64) {
            self.given.remove(name);
            return Field::Value(number);
        }
        let wrong = "is not a whole number";
        self.scalar(name, |text| text.parse().ok(), wrong)
    }

    /// What is text in a form, and of its own kind in JSON, where it has been
    /// looked for.
    fn scalar<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Option<T>, wrong: &str) -> Field<T> {
        if self.json(name).is_some_and(|value| !value.is_null()) {
            self.given.remove(name);
            self.fault(name, wrong);
            return Field::Absent;
        }
        self.word(name, read, wrong)
    }

    /// A list of texts; in a form with commas, or each by itself.
    pub(super) fn texts(&mut self, name: &str) -> Field<Vec<String>> {
        let texts = match self.given.remove(name) {
            None => return Field::Absent,
            Some(Given::Json(Value::Null)) => return Field::Null,
            Some(Given::Json(Value::Array(values))) => {
                let text = |value| if let Value::String(text) = value { Some(text) } else { None };
                values.into_iter().map(text).collect()
            }
            Some(Given::Json(_)) => None,
            Some(Given::Form(values)) => {
                let texts = values.iter().flat_map(|value| value.split(','));
                Some(texts.filter(|text| !text.is_empty()).map(str::to_owned).collect())
            }
        };
        if let Some(texts) = texts {
            return Field::Value(texts);
        }
        self.fault(name, "is not a list of texts");
        Field::Absent
    }

    /// An object of texts, each of which is one of `members`. Returns the first
    /// that is there.
    pub(super) fn reference<const COUNT: usize>(
        &mut self,
        name: &str,
        members: [&'static str; COUNT],
    ) -> Field<(&'static str, String)> {
        match self.given.remove(name) {
            None => {}
            Some(Given::Json(Value::Null)) => return Field::Null,
            Some(Given::Json(Value::Object(object))) => {
                let object = object.into_iter();
                self.given
                    .extend(object.map(|(member, value)| (format!("{name}.{member}"), Given::Json(value))));
            }
            Some(_) => {
                self.fault(name, &format!("is not an object with {}", members.join(" or ")));
                return Field::Absent;
            }
        }
        let mut found = Field::Absent;
        for member in members {
            let text = self.text(&format!("{name}.{member}"));
            if let (Field::Absent, Some(text)) = (&found, text.value()) {
                found = Field::Value((member, text));
            }
        }
        found
    }

    /// Passes over a field that answers have and requests cannot set.
    pub(super) fn skip(&mut self, name: &str) {
        self.given.remove(name);
    }

    pub(super) fn fault(&mut self, name: &str, what: &str) {
        self.faults.add(name, what);
    }

    /// Returns `read` where nothing was wrong.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, RequestFault> {
        for name in self.given.keys() {
            self.faults.add(name, "is not a field of this");
        }
        if self.faults.is_empty() { Ok(read) } else { Err(RequestFault::Invalid(self.faults)) }
    }

    fn json(&self, name: &str) -> Option<&Value> {
        match self.given.get(name) {
            Some(Given::Json(value)) => Some(value),
            _ => None,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let media_type = media_type(request.headers());
        let body = json::read(request, state).await?;
        let given = match media_type {
            // Nothing to say needs no words.
            _ if body.is_empty() => BTreeMap::new(),
            MediaType::Json => {
                // JSON is UTF-8 (RFC 8259 section 8.1).
                let object = std::str::from_utf8(&body).ok().and_then(|text| serde_json::from_str(text).ok());
                let object: BTreeMap<String, Value> =
                    object.ok_or(ApiError::InvalidRequest("the body is not a JSON object"))?;
                object.into_iter().map(|(name, value)| (name, Given::Json(value))).collect()
            }
            MediaType::Form => {
                form::parse(&body).into_iter().map(|(name, values)| (name, Given::Form(values))).collect()
            }
            MediaType::Other => {
                return Err(ApiError::UnsupportedMediaType(
                    "the body must be JSON or a form, with Content-Type: application/json or \
                     application/x-www-form-urlencoded",
                ));
            }
        };
        Ok(Self { given, faults: FieldFaults::default() })
    }
}

#[derive(Debug, Clone, Copy)]
enum MediaType {
    Json,
    Form,
    Other,
}

fn media_type(headers: &HeaderMap) -> MediaType {
    let named = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|text| text.trim().to_ascii_lowercase());
    match named.as_deref() {
        Some("application/json") => MediaType::Json,
        Some("application/x-www-form-urlencoded") => MediaType::Form,
        _ => MediaType::Other,
    }
}
