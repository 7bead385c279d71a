//! Is there somebody who can look after the accounts?

use super::finding::{Finding, chain};
use crate::store::Store;

const CHECK: &str = "administrators";

pub(super) async fn check(store: &Store) -> Finding {
    match store.administrators().await {
        Ok(0) => Finding::warning(
            CHECK,
            "there is none who may log in",
            "make the first: issuer setup; or a further one: issuer user add --role ADMIN",
        ),
        Ok(1) => Finding::good(CHECK, "there is one"),
        Ok(count) => Finding::good(CHECK, format!("there are {count}")),
        Err(error) => Finding::failed(CHECK, chain(&error), "see what the database says about it"),
    }
}
