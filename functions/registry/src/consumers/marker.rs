//! Names that only one may have, each an item of its own.
//!
//! ```text
//! CONSUMER_NAME#<username> · id S      CONSUMER_CUSTOM_ID#<custom_id> · id S
//! CRED_ID#<id> · key S
//! ```
//!
//! A marker is written in the transaction that writes what has the name, under
//! the condition that there is none. It has no attribute `consumer`, and so is
//! not on the index. One whose owner does not have the name, because somebody
//! deleted an item by hand, claims nothing.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    consumer::is_name,
    consumer_item::{self, consumer_key},
    items::{Items, text},
    refusal::{ConsumerError, Taken},
    transaction::{Cause, Condition, Transaction},
};
use crate::{
    RegistryUnavailable,
    revocation::credential_key,
    table::{Attributes, key_of},
};

/// A name that only one may have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Marker<'n> {
    Username(&'n str),
    CustomId(&'n str),
    CredentialId(&'n str),
}

impl Marker<'_> {
    pub(super) fn pk(self) -> String {
        match self {
            Self::Username(username) => format!("CONSUMER_NAME#{username}"),
            Self::CustomId(custom_id) => format!("CONSUMER_CUSTOM_ID#{custom_id}"),
            Self::CredentialId(id) => format!("CRED_ID#{id}"),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Username(name) | Self::CustomId(name) | Self::CredentialId(name) => name,
        }
    }

    fn taken(self) -> Taken {
        match self {
            Self::Username(_) => Taken::Username,
            Self::CustomId(_) => Taken::CustomId,
            Self::CredentialId(_) => Taken::CredentialId,
        }
    }

    /// The attribute that says who has the name.
    fn attribute(self) -> &'static str {
        match self {
            Self::Username(_) | Self::CustomId(_) => "id",
            Self::CredentialId(_) => "key",
        }
    }

    /// The key of the item that has the name, if `marker` is right.
    fn owner_key(self, marker: &Attributes) -> Result<String, RegistryUnavailable> {
        let owner = text(marker, self.attribute())?;
        Ok(match self {
            Self::Username(_) | Self::CustomId(_) => consumer_key(&owner),
            Self::CredentialId(_) => credential_key(&owner),
        })
    }

    fn is_name_of(self, owner: &Attributes) -> bool {
        let (name, wanted) = match self {
            Self::Username(username) => ("consumer", username),
            Self::CustomId(custom_id) => ("custom_id", custom_id),
            Self::CredentialId(id) => ("id", id),
        };
        owner.get(name).and_then(|value| value.as_s().ok()).is_some_and(|text| text == wanted)
    }

    /// Returns the item that has this name.
    pub(super) async fn owner(self, items: &Items) -> Result<Option<Attributes>, RegistryUnavailable> {
        // A key that is too long would be DynamoDB's to refuse, as a fault.
        if !is_name(self.name()) {
            return Ok(None);
        }
        let marker = items.read_one(self.pk()).await?;
        match &marker {
            Some(marker) => self.owner_by(marker, items).await,
            None => Ok(None),
        }
    }

    async fn owner_by(
        self,
        marker: &Attributes,
        items: &Items,
    ) -> Result<Option<Attributes>, RegistryUnavailable> {
        let owner = items.read_one(self.owner_key(marker)?).await?;
        Ok(owner.filter(|owner| self.is_name_of(owner)))
    }

    /// Returns the condition under which the name is free, or tells that it is
    /// not.
    pub(super) async fn free(self, items: &Items) -> Result<Condition, ConsumerError> {
        let marker = items.read_one(self.pk()).await?;
        if let Some(marker) = &marker
            && self.owner_by(marker, items).await?.is_some()
        {
            return Err(self.taken().into());
        }
        Ok(Condition::as_read(marker.as_ref(), &[self.attribute()]))
    }

    /// Gives the name to `owner`: the id of a consumer, the key of a credential.
    pub(super) fn claim(
        self,
        owner: &str,
        condition: &Condition,
        transaction: &mut Transaction,
    ) -> Result<(), RegistryUnavailable> {
        let mut item = key_of(&self.pk());
        item.insert(self.attribute().into(), AttributeValue::S(owner.to_owned()));
        transaction.put(item, condition, Cause::Taken(self.taken()))
    }
}

/// Returns the consumer that has this name.
pub(super) async fn consumer_named(
    marker: Marker<'_>,
    items: &Items,
) -> Result<Option<consumer_item::StoredConsumer>, RegistryUnavailable> {
    marker.owner(items).await?.map(consumer_item::StoredConsumer::read).transpose()
}
