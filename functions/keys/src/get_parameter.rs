//! `GetParameter`, the one call of AWS Systems Manager that is needed.
//!
//! Its SDK crate has some hundred and fifty operations and would be the largest
//! of all dependencies. The call is put together from the parts that the SDK
//! crates themselves are made of, so that signing, retries and time limits are
//! the same as theirs.

use std::{fmt, time::Duration};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig, SigningOptions,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{
            AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
            static_resolver::StaticAuthSchemeOptionResolver,
        },
        identity::SharedIdentityResolver,
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput},
        result::SdkError,
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer, error::ErrorMetadata};
use aws_types::{SigningName, region::SigningRegion, service_config::ServiceConfigKey};
use serde::Deserialize;
use serde_json::json;
use token::Timestamp;
use zeroize::Zeroizing;

/// The suffixes of partitions other than `aws`, by the regions in them.
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
];

/// The call, ready to be made any number of times.
pub(crate) struct GetParameter {
    operation: Operation<String, Parameter, ErrorMetadata>,
}

/// One version of a parameter.
pub(crate) struct Parameter {
    pub(crate) value: Zeroizing<String>,
    pub(crate) version: u64,
    pub(crate) changed: Option<Timestamp>,
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameter(redacted)")
    }
}

impl GetParameter {
    /// Says what is missing where the call cannot be made from `aws`.
    pub(crate) fn new(aws: &SdkConfig) -> Result<Self, &'static str> {
        let region = aws.region().ok_or("no AWS region is configured")?;
        let http_client = aws.http_client().ok_or("no HTTP client is configured")?;
        let mut builder = Operation::builder()
            .service_name("SSM")
            .operation_name("GetParameter")
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client)
            .endpoint_url(&endpoint(aws, region)?)
            .runtime_plugin(signing(aws, region)?)
            .timeout_config(aws.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
            .standard_retry(&aws.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .with_connection_poisoning();
        if let Some(sleep) = aws.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        Ok(Self { operation: builder.serializer(|name: String| write(&name)).deserializer(read).build() })
    }

    /// Asks for `name`, to which `:<version>` or `:<label>` may be added.
    pub(crate) async fn call(
        &self,
        name: String,
    ) -> Result<Parameter, SdkError<ErrorMetadata, HttpResponse>> {
        self.operation.invoke(name).await
    }
}

/// In the order of the SDK clients: what the program says, what the service's
/// own variable says, what the general one says, what follows from the region.
fn endpoint(aws: &SdkConfig, region: &Region) -> Result<String, &'static str> {
    let general = aws.endpoint_url().map(str::to_owned);
    if general.is_some() && aws.get_origin("endpoint_url").is_client_config() {
        return Ok(general.unwrap_or_default());
    }
    let key = ServiceConfigKey::builder().service_id("SSM").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = aws.service_config().zip(key.build().ok()).and_then(|(config, key)| config.load_config(key));
    if let Some(url) = own.or(general) {
        return Ok(url);
    }
    if aws.use_fips() == Some(true) || aws.use_dual_stack() == Some(true) {
        return Err("FIPS and dual-stack endpoints of SSM have to be named in AWS_ENDPOINT_URL_SSM");
    }
    let region = region.as_ref();
    let suffix = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    Ok(format!("https://ssm.{region}.{}", suffix.map_or("amazonaws.com", |(_, suffix)| suffix)))
}

/// Signature version 4, and no word of the answer in any log.
fn signing(aws: &SdkConfig, region: &Region) -> Result<StaticRuntimePlugin, &'static str> {
    let credentials = aws.credentials_provider().ok_or("no AWS credentials are configured")?;
    let mut config = Layer::new("signing");
    config.store_put(SensitiveOutput);
    config.store_put(AuthSchemeOptionResolverParams::new(()));
    config.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(region.clone())),
        region_set: None,
        name: Some(SigningName::from_static("ssm")),
        signing_options: SigningOptions::default(),
    });
    let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    let mut components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_identity_cache(aws.identity_cache())
        .with_time_source(aws.time_source());
    components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    Ok(StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components))
}

fn write(name: &str) -> Result<HttpRequest, BoxError> {
    let body = json!({"Name": name, "WithDecryption": true}).to_string();
    let request = http::Request::post("/")
        .header("content-type", "application/x-amz-json-1.1")
        .header("content-length", body.len())
        .header("x-amz-target", "AmazonSSM.GetParameter")
        .body(SdkBody::from(body))?;
    Ok(request.try_into()?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    parameter: AnsweredParameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnsweredParameter {
    value: String,
    version: u64,
    #[serde(default)]
    last_modified_date: Option<f64>,
}

impl From<AnsweredParameter> for Parameter {
    fn from(answered: AnsweredParameter) -> Self {
        // Seconds with a fraction; a date that is none is no reason to fail.
        let changed = answered.last_modified_date.and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        Self {
            value: answered.value.into(),
            version: answered.version,
            changed: changed.map(|since| Timestamp::from_unix_secs(0).plus(since.as_secs())),
        }
    }
}

#[derive(Deserialize)]
struct Fault {
    #[serde(rename = "__type")]
    code: String,
}

fn read(response: &HttpResponse) -> Result<Parameter, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    let code = if response.status().is_success() {
        match serde_json::from_slice(body) {
            Ok(Answer { parameter }) => return Ok(parameter.into()),
            Err(_) => Some("an answer that is none".to_owned()),
        }
    } else {
        let named = response.headers().get("x-amzn-errortype").map(str::to_owned);
        named.or_else(|| serde_json::from_slice(body).ok().map(|Fault { code }| code))
    };
    // AWS JSON protocol: `namespace#Code:documentation` is the code too.
    let code = code.as_deref().and_then(|code| code.split(':').next()?.rsplit('#').next());
    let mut fault = ErrorMetadata::builder();
    if let Some(code) = code {
        fault = fault.code(code);
    }
    Err(OrchestratorError::operation(fault.build()))
}

#[cfg(test)]
mod tests {
    use aws_types::service_config::LoadServiceConfig;

    use super::*;

    /// Stands for the environment: `AWS_ENDPOINT_URL_SSM` is set.
    #[derive(Debug)]
    struct OwnVariable;

    impl LoadServiceConfig for OwnVariable {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let variable = format!("{}_{}", key.env(), key.service_id());
            (variable == "AWS_ENDPOINT_URL_SSM").then(|| "http://127.0.0.1:1".to_owned())
        }
    }

    fn endpoint_in(region: &'static str, edit: impl Fn(&mut aws_types::sdk_config::Builder)) -> String {
        let mut builder = SdkConfig::builder();
        edit(&mut builder);
        endpoint(&builder.build(), &Region::from_static(region)).unwrap_or_else(str::to_owned)
    }

    #[test]
    fn the_region_gives_the_endpoint_unless_a_setting_does() {
        for (region, expected) in [
            ("eu-central-1", "https://ssm.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", "https://ssm.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://ssm.cn-north-1.amazonaws.com.cn"),
            ("us-isob-east-1", "https://ssm.us-isob-east-1.sc2s.sgov.gov"),
        ] {
            assert_eq!(endpoint_in(region, |_| ()), expected);
        }
        let general = |builder: &mut aws_types::sdk_config::Builder| {
            builder.set_endpoint_url(Some("http://127.0.0.1:2".into()));
        };
        assert_eq!(endpoint_in("eu-central-1", general), "http://127.0.0.1:2");
        let own = |builder: &mut aws_types::sdk_config::Builder| {
            general(builder);
            builder.set_service_config(Some(OwnVariable));
        };
        assert_eq!(endpoint_in("eu-central-1", own), "http://127.0.0.1:1", "the nearer one");
    }

    #[test]
    fn an_endpoint_that_is_not_known_is_asked_for() {
        let told = endpoint_in("eu-central-1", |builder| {
            builder.set_use_fips(Some(true));
        });
        assert_eq!(told, "FIPS and dual-stack endpoints of SSM have to be named in AWS_ENDPOINT_URL_SSM");
    }

    #[test]
    fn what_is_missing_is_named_and_a_value_never_printed() {
        let missing = |aws: &SdkConfig| GetParameter::new(aws).err();
        assert_eq!(missing(&SdkConfig::builder().build()), Some("no AWS region is configured"));
        let parameter = Parameter { value: Zeroizing::new("hunter2".into()), version: 1, changed: None };
        assert_eq!(format!("{parameter:?}"), "Parameter(redacted)");
    }
}
