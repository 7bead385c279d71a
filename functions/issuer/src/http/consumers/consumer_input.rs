//! What a body says of a consumer.

use registry::{Change, ConsumerChange, NewConsumer};

use super::{fault::RequestFault, field::Field, fields::Fields, registrar::Registrar};
use crate::ids::new_id;

pub(super) struct ConsumerInput {
    pub(super) id: Option<String>,
    pub(super) username: Option<String>,
    custom_id: Field<String>,
    tags: Field<Vec<String>>,
}

/// How a path names what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathName {
    Id,
    /// A username, or the key of a credential.
    Name,
}

impl PathName {
    /// Whatever looks like an id is one, as in Kong.
    pub(super) fn of(text: &str) -> Self {
        let is_id = text.len() == 36 && uuid::Uuid::try_parse(text).is_ok();
        if is_id { Self::Id } else { Self::Name }
    }
}

impl ConsumerInput {
    pub(super) fn read(mut fields: Fields) -> Result<Self, RequestFault> {
        let input = Self {
            id: fields.text("id").value(),
            username: fields.text("username").value(),
            custom_id: fields.text("custom_id"),
            tags: fields.texts("tags"),
        };
        // Answers have them, and clients send answers back.
        fields.skip("created_at");
        fields.skip("updated_at");
        fields.finish(input)
    }

    /// Takes the name in a path over; what the body says may not be another.
    pub(super) fn named(self, path: &str) -> Result<Self, RequestFault> {
        match PathName::of(path) {
            PathName::Id => {
                let id = same("id", self.id, path, str::eq_ignore_ascii_case)?;
                Ok(Self { id: Some(id), ..self })
            }
            PathName::Name => {
                let username = same("username", self.username, path, str::eq)?;
                Ok(Self { username: Some(username), ..self })
            }
        }
    }

    pub(super) fn into_new(self, registrar: &Registrar) -> Result<NewConsumer, RequestFault> {
        let custom_id = self.custom_id.value();
        // A principal's id is made of the username, so there has to be one.
        let username = self.username.or_else(|| custom_id.clone());
        let username = username.ok_or_else(|| RequestFault::invalid("username", "or custom_id is needed"))?;
        let id = self.id.map_or_else(|| new_id(registrar.now), Ok)?;
        Ok(NewConsumer { id, username, custom_id, tags: self.tags.value().unwrap_or_default() })
    }

    pub(super) fn into_change(self) -> ConsumerChange {
        ConsumerChange {
            username: self.username.map_or(Change::Keep, Change::Set),
            custom_id: match self.custom_id {
                Field::Absent => Change::Keep,
                Field::Null => Change::Set(None),
                Field::Value(custom_id) => Change::Set(Some(custom_id)),
            },
            tags: list_change(self.tags),
        }
    }
}

pub(super) fn list_change(list: Field<Vec<String>>) -> Change<Vec<String>> {
    match list {
        Field::Absent => Change::Keep,
        Field::Null => Change::Set(Vec::new()),
        Field::Value(list) => Change::Set(list),
    }
}

/// Returns what path and body say, if it is one.
pub(super) fn same(
    field: &str,
    said: Option<String>,
    path: &str,
    is_same: fn(&str, &str) -> bool,
) -> Result<String, RequestFault> {
    match said {
        Some(said) if !is_same(&said, path) => {
            Err(RequestFault::invalid(field, "is another than in the path"))
        }
        _ => Ok(path.to_owned()),
    }
}
