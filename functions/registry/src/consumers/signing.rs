//! The one way in which secrets come out of here: to sign a token for an
//! operator who tries a credential out.

use token::Credential;

use super::{Consumers, credential::CredentialPath, in_time, items::unreadable, refusal::ConsumerError};
use crate::credential_item;

impl Consumers {
    /// Returns a credential that can sign. It cannot print its secrets either.
    ///
    /// # Errors
    ///
    /// `NotFound`, or that the table could not be read or holds something that
    /// no verifier could use.
    pub async fn signing_credential(&self, path: CredentialPath<'_>) -> Result<Credential, ConsumerError> {
        in_time(Box::pin(async {
            let stored = self.find_credential(path).await?;
            let credential = credential_item::read(&stored.key, stored.reader());
            Ok(credential.map_err(|error| unreadable(&stored.attributes, &error))?)
        }))
        .await
    }
}
