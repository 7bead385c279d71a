//! The answers that come from the gateway itself.

use serde_json::{Value, json};

use super::{kind::Kind, reply::Reply};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No identity, or the authorizer said `Unauthorized`.
    Unauthorized,
    ExplicitDeny,
    ImplicitDeny,
    AuthorizerFailed,
    AuthorizerMalformed,
    NoSuchRoute,
    UriTooLong,
    HeadersTooLarge,
    BodyTooLarge,
    IntegrationFailed,
    IntegrationTimedOut,
}

impl Refusal {
    pub(super) fn reply(self, kind: Kind) -> Reply {
        let (status, body, error_type) = if kind.is_rest() { self.rest() } else { self.http_api() };
        let mut reply = Reply::json(status, &body);
        if kind.is_rest() {
            // What the templates put on the gateway's own answers.
            reply.headers.push(("access-control-allow-origin".to_owned(), "*".to_owned()));
            if self == Self::Unauthorized {
                let exposed = "access-control-expose-headers".to_owned();
                reply.headers.push((exposed, "WWW-Authenticate".to_owned()));
                reply.headers.push(("www-authenticate".to_owned(), "Bearer".to_owned()));
            }
        }
        if let Some(error_type) = error_type {
            reply.headers.push(("x-amzn-errortype".to_owned(), error_type.to_owned()));
        }
        reply
    }

    fn rest(self) -> (u16, Value, Option<&'static str>) {
        let message = |text: &str| json!({"message": text});
        match self {
            Self::Unauthorized => (401, message("Unauthorized"), Some("UnauthorizedException")),
            // `Message` with a capital letter, for these two only.
            Self::ExplicitDeny => {
                let text = "User is not authorized to access this resource with an explicit deny";
                (403, json!({"Message": text}), Some("AccessDeniedException"))
            }
            Self::ImplicitDeny => {
                let text = "User is not authorized to access this resource";
                (403, json!({"Message": text}), Some("AccessDeniedException"))
            }
            Self::AuthorizerFailed => (500, json!({"message": null}), None),
            Self::AuthorizerMalformed => {
                (500, json!({"message": null}), Some("AuthorizerConfigurationException"))
            }
            Self::NoSuchRoute => {
                let body = message("Missing Authentication Token");
                (403, body, Some("MissingAuthenticationTokenException"))
            }
            Self::UriTooLong => (414, message("Request-URI Too Long"), None),
            Self::HeadersTooLarge => (431, message("Request Header Fields Too Large"), None),
            Self::BodyTooLarge => (413, message("Request Too Long"), Some("RequestTooLargeException")),
            Self::IntegrationFailed => {
                (502, message("Internal server error"), Some("InternalServerErrorException"))
            }
            Self::IntegrationTimedOut => (504, message("Endpoint request timed out"), None),
        }
    }

    fn http_api(self) -> (u16, Value, Option<&'static str>) {
        let (status, text) = match self {
            Self::Unauthorized => (401, "Unauthorized"),
            Self::ExplicitDeny | Self::ImplicitDeny => (403, "Forbidden"),
            Self::AuthorizerFailed | Self::AuthorizerMalformed | Self::IntegrationFailed => {
                (500, "Internal Server Error")
            }
            Self::NoSuchRoute => (404, "Not Found"),
            Self::UriTooLong => (414, "Request-URI Too Long"),
            Self::HeadersTooLarge => (431, "Request Header Fields Too Large"),
            Self::BodyTooLarge => (413, "Request Entity Too Large"),
            Self::IntegrationTimedOut => (503, "Service Unavailable"),
        };
        (status, json!({"message": text}), None)
    }
}
