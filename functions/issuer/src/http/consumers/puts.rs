//! Making and changing credentials, for the paths below a consumer and those
//! beside.

use registry::{Consumer, CredentialPath, CredentialView, PutBy};

use super::{
    consumer_input::PathName, credential_input::CredentialInput, fault::RequestFault, registrar::Registrar,
};
use crate::{audit::Action, consumers::CredentialAnswer};

impl Registrar {
    pub(super) async fn make(
        &self,
        owner: &Consumer,
        input: CredentialInput,
    ) -> Result<CredentialAnswer, RequestFault> {
        input.check_key(self)?;
        let (new, secret) = input.into_new(self)?;
        let (consumers, now, owner, key) =
            (self.consumers.clone(), self.now, owner.id.clone(), new.key.clone());
        let create = async move { consumers.create_credential(&owner, &new, now).await };
        let made = self.change(Action::CredentialCreated, &key, create).await?;
        Ok(CredentialAnswer::new(made, Some(&secret)))
    }

    /// Puts a credential in the place of the owner's one that `path` names, or
    /// makes it. One that is there keeps its secrets where no secret is given:
    /// who reads a credential and puts it back has seen none.
    pub(super) async fn put(
        &self,
        owner: &Consumer,
        path: &str,
        input: CredentialInput,
    ) -> Result<CredentialAnswer, RequestFault> {
        let input = input.named(path)?;
        input.check_key(self)?;
        let known = CredentialPath { consumer: Some(&owner.id), id_or_key: path };
        let present = self.find(self.consumers.credential(known)).await?;
        if let (None, Some(present)) = (&input.secret, &present) {
            input.check_encoding(present)?;
            let change = input.into_replacement();
            return Ok(CredentialAnswer::new(self.update(present, change).await?, None));
        }
        let by = match PathName::of(path) {
            PathName::Id => PutBy::Id,
            PathName::Name => PutBy::Name,
        };
        let (action, input) = match present {
            None => (Action::CredentialCreated, input),
            Some(present) => (Action::CredentialChanged, input.with_key_or(present.key)),
        };
        let (new, secret) = input.into_new(self)?;
        let (consumers, now, owner, key) =
            (self.consumers.clone(), self.now, owner.id.clone(), new.key.clone());
        let put = async move { consumers.put_credential(&owner, &new, by, now).await };
        let done = self.change(action, &key, put).await?;
        Ok(CredentialAnswer::new(done, Some(&secret)))
    }

    pub(super) async fn patch(
        &self,
        present: &CredentialView,
        input: CredentialInput,
    ) -> Result<CredentialAnswer, RequestFault> {
        if input.id.as_ref().is_some_and(|id| !id.eq_ignore_ascii_case(&present.id)) {
            return Err(RequestFault::invalid("id", "cannot change"));
        }
        input.check_key(self)?;
        input.check_encoding(present)?;
        let (change, secret) = input.into_change(present);
        let changed = self.update(present, change).await?;
        Ok(CredentialAnswer::new(changed, secret.as_ref().map(|secret| secret.as_str())))
    }

    async fn update(
        &self,
        present: &CredentialView,
        change: registry::CredentialChange,
    ) -> Result<CredentialView, RequestFault> {
        let (consumers, now, id) = (self.consumers.clone(), self.now, present.id.clone());
        let update = async move {
            let path = CredentialPath { consumer: None, id_or_key: &id };
            consumers.update_credential(path, &change, now).await
        };
        self.change(Action::CredentialChanged, &present.key, update).await
    }

    pub(super) async fn remove(&self, present: CredentialView) -> Result<(), RequestFault> {
        let consumers = self.consumers.clone();
        let delete = async move {
            let path = CredentialPath { consumer: None, id_or_key: &present.id };
            consumers.delete_credential(path).await
        };
        self.change(Action::CredentialDeleted, &present.key, delete).await
    }

    /// The consumer that a body names.
    pub(super) async fn owner(&self, input: &CredentialInput) -> Result<Consumer, RequestFault> {
        let Some((kind, name)) = &input.consumer else {
            return Err(RequestFault::invalid("consumer", "is needed: an object with id or username"));
        };
        let found = self.find(self.consumers.read(name)).await?;
        // Each can look like the other.
        let found = found.filter(|found| match *kind {
            "username" => found.username == *name,
            _ => found.id.eq_ignore_ascii_case(name),
        });
        found.ok_or_else(|| RequestFault::invalid("consumer", "is not there"))
    }
}
