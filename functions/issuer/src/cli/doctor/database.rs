//! Does the database answer, has it the right tables, and can it be written?

use super::finding::{Finding, chain};
use crate::store::{DatabaseUrl, Schema, Store, StoreError};

const CHECK: &str = "database";

pub(super) fn unreachable(url: &DatabaseUrl, error: &StoreError) -> Finding {
    let advice = match url.file() {
        Some(file) if !file.exists() => "make it (`issuer migrate`), or name the right one in DATABASE_URL",
        Some(_) => "let this user read and write the file and its folder",
        None => "see whether it runs, and what it says about this user's login",
    };
    Finding::failed(CHECK, chain(error), advice)
}

pub(super) async fn check(store: &Store) -> Finding {
    match store.schema().await {
        Ok(Schema::Current) => {}
        Ok(Schema::Behind(missing)) => {
            let told = format!("answers, and lacks {missing} migrations");
            return Finding::failed(CHECK, told, "run `issuer migrate`; a server that starts does it too");
        }
        Ok(Schema::Foreign) => {
            let told = "answers, and another version of this program has changed it";
            return Finding::failed(CHECK, told, "use that version, or a later one");
        }
        Err(error) => return Finding::failed(CHECK, chain(&error), "see what the database says about it"),
    }
    match store.try_to_write().await {
        Ok(()) => Finding::good(CHECK, "answers, is up to date and can be written"),
        Err(error) => Finding::failed(
            CHECK,
            format!("answers, and cannot be written: {}", chain(&error)),
            "let this user write, and see whether it is a copy for reading or its disk is full",
        ),
    }
}
