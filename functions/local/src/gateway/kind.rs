//! The four ways in which API Gateway can call this project's authorizer.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// REST API, TOKEN authorizer.
    RestToken,
    /// REST API, REQUEST authorizer.
    RestRequest,
    /// HTTP API, payload 2.0, simple responses.
    HttpSimple,
    /// HTTP API, payload 2.0, policy responses.
    HttpPolicy,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::RestToken, Self::RestRequest, Self::HttpSimple, Self::HttpPolicy];

    pub const fn is_rest(self) -> bool {
        matches!(self, Self::RestToken | Self::RestRequest)
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::RestToken => "REST API, TOKEN authorizer",
            Self::RestRequest => "REST API, REQUEST authorizer",
            Self::HttpSimple => "HTTP API, simple response",
            Self::HttpPolicy => "HTTP API, policy response",
        }
    }

    pub(crate) const fn api_id(self) -> &'static str {
        match self {
            Self::RestToken => "resttoken0",
            Self::RestRequest => "restreq000",
            Self::HttpSimple => "httpsimple",
            Self::HttpPolicy => "httppolicy",
        }
    }

    pub(crate) const fn stage(self) -> &'static str {
        if self.is_rest() { "local" } else { "$default" }
    }

    /// The function that is this API's authorizer.
    pub(crate) const fn authorizer(self) -> &'static str {
        match self {
            Self::RestToken | Self::RestRequest | Self::HttpSimple => "authorizer",
            Self::HttpPolicy => "authorizer-policy",
        }
    }

    pub(crate) fn domain_name(self) -> String {
        format!("{}.execute-api.{}.amazonaws.com", self.api_id(), crate::REGION)
    }
}
