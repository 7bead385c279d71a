//! What administrators do with the accounts of others.

mod password_reset;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::issuer::Issuer;

/// Returns the routes under `/admin`.
pub(super) fn documented_routes() -> OpenApiRouter<Arc<Issuer>> {
    OpenApiRouter::new().routes(routes!(password_reset::offer))
}
