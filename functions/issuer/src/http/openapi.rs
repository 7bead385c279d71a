//! This API, described by the code that serves it.
//!
//! A handler names its own answers. What any route can answer is added here, so
//! that no route forgets it.

use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        Components, Content, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::error;

/// The names of the security schemes that handlers refer to.
const BEARER: &str = "bearer";
const CLIENT: &str = "client";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Latchkey issuer",
        description = "Logs people in and gives out their tokens. Every error has the body `Error`, whose \
            `error` is stable and for programs. Every answer has an `X-Request-Id`, under which the log \
            knows more; whoever is asked to come back later is told when in `Retry-After`.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "Where this document came from")),
    tags(
        (name = "sessions", description = "Logging in, staying logged in, and logging out"),
        (name = "account", description = "What users see and change of their own"),
        (name = "tokens", description = "What programs ask and tell about the tokens of others \
            (RFC 7662, RFC 7009)"),
        (name = "administration", description = "What administrators do with the accounts of others"),
        (name = "consumers", description = "Consumers, who sign their own tokens, and their credentials: \
            paths and fields as in Kong's admin API; for administrators"),
        (name = "operation", description = "For whoever runs this"),
    ),
)]
struct About;

/// Returns the document before any route is in it.
pub(super) fn about() -> utoipa::openapi::OpenApi {
    let mut document = About::openapi();
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    components.add_security_scheme(
        BEARER,
        SecurityScheme::Http(bearer.description(Some("An access token of this issuer")).build()),
    );
    let client = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    let description = "Id and secret of a client (`issuer client add`), both percent-encoded first \
                       (RFC 6749 section 2.3.1)";
    components
        .add_security_scheme(CLIENT, SecurityScheme::Http(client.description(Some(description)).build()));
    components.schemas.insert(error::Body::name().into_owned(), error::Body::schema());
    document
}

/// Adds what no handler says by itself.
pub(super) fn complete(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        let in_registry = ["/consumers", "/jwts"].iter().any(|prefix| path.starts_with(prefix));
        let for_administrators = in_registry || path.starts_with("/admin/");
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete, &mut item.head];
        for operation in operations.into_iter().flatten() {
            add_common_answers(operation, for_administrators);
            if in_registry {
                let what = "`not_found`, or `registry_not_configured`: there is no registry";
                operation.responses.responses.insert("404".to_owned(), RefOr::T(error_answer(what)));
            }
        }
    }
    document
}

/// Adds what a route can answer for how it is asked, whatever it is for.
fn add_common_answers(operation: &mut Operation, for_administrators: bool) {
    let mut add = |status: &str, what: &str| {
        let answers = &mut operation.responses.responses;
        answers.entry(status.to_owned()).or_insert_with(|| RefOr::T(error_answer(what)));
    };
    add("500", "Something went wrong; the log knows more");
    add("503", "It could not be told, or it is too busy; try again later");
    add("400", "The request is not one that this route understands");
    if operation.security.is_some() {
        add("401", "There is no access token, or it is not valid");
    }
    if for_administrators {
        add("403", "`forbidden`: the caller is no administrator");
    }
    if operation.request_body.is_some() {
        add("408", "The body took too long to arrive");
        add("413", "The body is too large");
        add("415", "The body is not of the type asked for");
    }
}

fn error_answer(what: &str) -> Response {
    let schema = Ref::from_schema_name(error::Body::name());
    ResponseBuilder::new().description(what).content("application/json", Content::new(Some(schema))).build()
}
