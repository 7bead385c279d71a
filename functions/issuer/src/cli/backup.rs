//! `issuer backup FILE`.

use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use super::{Context, Failure};
use crate::store::{DatabaseUrl, Store};

impl Context<'_> {
    pub(super) async fn back_up(&mut self, file: &Path) -> Result<(), Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        let store = Store::open(&url).await.context("could not open the database")?;
        let done = store.back_up(file).await;
        store.close().await;
        done.context("there is no backup")?;
        let line = format!(
            "wrote {}, and read it through; it holds the issuer's own key and everybody's password hashes: \
             keep it as you keep the database",
            file.display()
        );
        Ok(self.output.print(&line, &json!({"backup": file.display().to_string()}))?)
    }
}
