//! The ways in which API Gateway can call this project's functions.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// REST API, TOKEN authorizer.
    RestToken,
    /// REST API, REQUEST authorizer.
    RestRequest,
    /// REST API, TOKEN authorizer, with no route whose answer is streamed.
    RestWhole,
    /// HTTP API, payload 2.0, simple responses.
    HttpSimple,
    /// HTTP API, payload 2.0, policy responses.
    HttpPolicy,
    /// HTTP API, payload 1.0 for authorizer and integration.
    HttpV1,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::RestToken,
        Self::RestRequest,
        Self::HttpSimple,
        Self::HttpPolicy,
        Self::RestWhole,
        Self::HttpV1,
    ];

    pub const fn is_rest(self) -> bool {
        matches!(self, Self::RestToken | Self::RestRequest | Self::RestWhole)
    }

    /// Whether answers of the routes that stream leave as they are made.
    pub(crate) const fn streams(self) -> bool {
        matches!(self, Self::RestToken | Self::RestRequest)
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::RestToken => "REST API, TOKEN authorizer",
            Self::RestRequest => "REST API, REQUEST authorizer",
            Self::HttpSimple => "HTTP API, simple response",
            Self::HttpPolicy => "HTTP API, policy response",
            Self::RestWhole => "REST API, whole answers",
            Self::HttpV1 => "HTTP API, payload 1.0",
        }
    }

    pub(crate) const fn api_id(self) -> &'static str {
        match self {
            Self::RestToken => "resttoken0",
            Self::RestRequest => "restreq000",
            Self::HttpSimple => "httpsimple",
            Self::HttpPolicy => "httppolicy",
            Self::RestWhole => "restwhole0",
            Self::HttpV1 => "httpv10000",
        }
    }

    pub(crate) const fn stage(self) -> &'static str {
        if self.is_rest() { "local" } else { "$default" }
    }

    /// The function that is this API's authorizer.
    pub(crate) const fn authorizer(self) -> &'static str {
        match self {
            Self::RestToken | Self::RestRequest | Self::RestWhole | Self::HttpSimple | Self::HttpV1 => {
                "authorizer"
            }
            Self::HttpPolicy => "authorizer-policy",
        }
    }

    pub(crate) fn domain_name(self) -> String {
        format!("{}.execute-api.{}.amazonaws.com", self.api_id(), crate::REGION)
    }
}
