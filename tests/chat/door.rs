//! The ways in, and all in which they differ for a client.

use local::{Direct, Kind, System};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// API Gateway with an authorizer in front.
    Gateway(Kind),
    /// A load balancer or a function URL: the chatbot checks tokens itself.
    Direct(Direct),
    /// The chatbot as a server.
    Plain,
}

impl Door {
    pub(crate) const ALL: [Self; 11] = [
        Self::Gateway(Kind::RestToken),
        Self::Gateway(Kind::RestRequest),
        Self::Gateway(Kind::RestWhole),
        Self::Gateway(Kind::HttpSimple),
        Self::Gateway(Kind::HttpPolicy),
        Self::Gateway(Kind::HttpV1),
        Self::Direct(Direct::LoadBalancer),
        Self::Direct(Direct::LoadBalancerMultiValue),
        Self::Direct(Direct::FunctionUrl),
        Self::Direct(Direct::FunctionUrlStreaming),
        Self::Plain,
    ];

    /// Those through which an answer comes while it is made.
    pub(crate) const STREAMING: [Self; 4] = [
        Self::Gateway(Kind::RestToken),
        Self::Gateway(Kind::RestRequest),
        Self::Direct(Direct::FunctionUrlStreaming),
        Self::Plain,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway(kind) => kind.title(),
            Self::Direct(kind) => kind.title(),
            Self::Plain => "Plain HTTP",
        }
    }

    pub(crate) fn url(self, system: &System) -> String {
        match self {
            Self::Gateway(kind) => system.gateway_url(kind),
            Self::Direct(kind) => system.direct_url(kind),
            Self::Plain => system.plain_chatbot_url(),
        }
    }

    /// Whether a gateway asks an authorizer, and answers itself where that says no.
    pub(crate) fn has_authorizer(self) -> bool {
        matches!(self, Self::Gateway(_))
    }

    /// Under which name the challenge of a 401 arrives. A gateway's own comes
    /// from its settings, which an HTTP API does not have; a function URL renames
    /// the chatbot's.
    pub(crate) fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Gateway(kind) => kind.is_rest().then_some("www-authenticate"),
            Self::Direct(Direct::FunctionUrl | Direct::FunctionUrlStreaming) => {
                Some("x-amzn-remapped-www-authenticate")
            }
            Self::Direct(Direct::LoadBalancer | Direct::LoadBalancerMultiValue) | Self::Plain => {
                Some("www-authenticate")
            }
        }
    }

    /// Whether a body of more than a megabyte gets as far as the chatbot.
    pub(crate) fn takes_a_megabyte(self) -> bool {
        !matches!(self, Self::Direct(Direct::LoadBalancer | Direct::LoadBalancerMultiValue))
    }

    /// Which of two `Authorization` headers may open it. A load balancer without
    /// multi-value headers, a TOKEN authorizer and one with payload 1.0 are shown the
    /// last alone; with a REQUEST authorizer the gateway keeps answers by the last, and need not
    /// ask again. All others see both, and refuse.
    pub(crate) fn counts_of_two(self) -> Option<usize> {
        match self {
            Self::Gateway(Kind::RestToken | Kind::RestRequest | Kind::RestWhole | Kind::HttpV1)
            | Self::Direct(Direct::LoadBalancer) => Some(1),
            _ => None,
        }
    }

    /// Whether the chatbot learns that its client has gone. Lambda tells no
    /// function.
    pub(crate) fn tells_of_leaving(self) -> bool {
        self == Self::Plain
    }
}
