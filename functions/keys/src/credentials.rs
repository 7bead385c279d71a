//! Where AWS credentials come from: the environment, or whatever else there is.
//!
//! A function always has them in its environment. The SDK's chain looks there
//! first too, but makes all its links before it looks: a client of STS, one of
//! the metadata service, the profiles. Here they are made when they are asked,
//! which takes a quarter off a cold start's instructions.

use aws_config::{
    default_provider::{
        credentials::DefaultCredentialsChain, use_dual_stack::use_dual_stack_provider,
        use_fips::use_fips_provider,
    },
    environment::EnvironmentVariableCredentialsProvider,
    provider_config::ProviderConfig,
};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::OnceCell;

/// The links of the SDK's chain in their order, those behind the first as yet
/// unmade.
#[derive(Debug)]
pub(crate) struct Credentials {
    environment: EnvironmentVariableCredentialsProvider,
    others: OnceCell<DefaultCredentialsChain>,
    http_client: SharedHttpClient,
}

impl Credentials {
    pub(crate) fn new(http_client: SharedHttpClient) -> Self {
        let environment = EnvironmentVariableCredentialsProvider::new();
        Self { environment, others: OnceCell::new(), http_client }
    }

    async fn others(&self) -> &DefaultCredentialsChain {
        let make = async || {
            let surroundings = ProviderConfig::default().with_http_client(self.http_client.clone());
            let use_fips = use_fips_provider(&surroundings).await;
            let use_dual_stack = use_dual_stack_provider(&surroundings).await;
            let surroundings = surroundings.with_use_fips(use_fips).with_use_dual_stack(use_dual_stack);
            DefaultCredentialsChain::builder().configure(surroundings).build().await
        };
        self.others.get_or_init(make).await
    }
}

impl ProvideCredentials for Credentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            match self.environment.provide_credentials().await {
                Err(CredentialsError::CredentialsNotLoaded(_)) => {
                    self.others().await.provide_credentials().await
                }
                found => found,
            }
        })
    }
}
