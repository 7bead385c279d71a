//! The bodies of requests, for the document of this API. They are read field by
//! field (`fields`), so that each fault is told by its field.

use utoipa::ToSchema;

/// A consumer. `username` or `custom_id` is needed to make one.
#[derive(ToSchema)]
#[schema(as = ConsumerInput)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) struct ConsumerBody {
    /// A UUID; made up where it is left out
    #[schema(min_length = 36, max_length = 36, required = false)]
    id: Option<String>,
    /// The `custom_id` where it is left out
    #[schema(min_length = 1, max_length = 255, required = false)]
    username: Option<String>,
    #[schema(min_length = 1, max_length = 255, required = false)]
    custom_id: Option<String>,
    #[schema(max_items = 64, required = false)]
    tags: Option<Vec<String>>,
}

/// A credential.
#[derive(ToSchema)]
#[schema(as = CredentialInput)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) struct CredentialBody {
    /// A UUID; made up where it is left out
    #[schema(min_length = 36, max_length = 36, required = false)]
    id: Option<String>,
    /// What `iss` (or `kid`) of a token names; made up where it is left out
    #[schema(min_length = 1, max_length = 255, required = false)]
    key: Option<String>,
    /// At least 32 bytes for HS256, 48 for HS384, 64 for HS512; made up where it
    /// is left out
    #[schema(format = Password, max_length = 4096, required = false)]
    secret: Option<String>,
    /// Whether the secret is base64 of the bytes that sign
    #[schema(required = false)]
    secret_is_base64: Option<bool>,
    /// `HS256` where it is left out
    #[schema(required = false, value_type = AlgorithmName)]
    algorithm: Option<AlgorithmName>,
    #[schema(max_items = 64, required = false)]
    tags: Option<Vec<String>>,
    /// Whose it is, where the path does not say
    #[schema(required = false)]
    consumer: Option<OwnerBody>,
    #[schema(required = false)]
    enabled: Option<bool>,
    /// `USER` where it is left out
    #[schema(required = false, value_type = RoleName)]
    role: Option<RoleName>,
    /// The longest lifetime of its tokens; a year where it is left out
    #[schema(minimum = 1, required = false)]
    max_lifetime_seconds: Option<u64>,
    /// Tokens issued before this are refused; it only ever moves on
    #[schema(minimum = 0, maximum = 253_402_300_799_u64, required = false)]
    not_before: Option<u64>,
}

/// A new secret.
#[derive(ToSchema)]
#[schema(as = SecretInput)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) struct SecretBody {
    /// Made up where it is left out
    #[schema(format = Password, max_length = 4096, required = false)]
    secret: Option<String>,
    /// As the old one where it is left out
    #[schema(required = false)]
    secret_is_base64: Option<bool>,
    /// How long the old secret lives
    #[schema(maximum = 31_536_000, default = 3600, required = false)]
    overlap_seconds: Option<u64>,
}

/// One of both.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) struct OwnerBody {
    #[schema(required = false)]
    id: Option<String>,
    #[schema(required = false)]
    username: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) enum AlgorithmName {
    HS256,
    HS384,
    HS512,
}

#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[expect(dead_code, reason = "describes what is read by hand")]
pub(crate) enum RoleName {
    Admin,
    Supervisor,
    User,
}
