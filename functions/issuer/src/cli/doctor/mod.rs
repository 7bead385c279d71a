//! `issuer doctor`: is everything there that a server needs, and as it should
//! be?
//!
//! It changes nothing, unless it is told to write into the registry; a database
//! that is behind stays behind. Each check is in the file of its name and tells
//! what it found and, where that is not well, what to do.

mod administrators;
mod clock;
mod database;
mod exposure;
mod file;
mod finding;
mod keys;
mod outbox;
mod registry;
mod settings;
mod tls;

use anyhow::anyhow;
use aws_config::SdkConfig;
use clap::Args;
use serde_json::json;
use token::SettingsReader;

use self::finding::{Finding, Health};
use super::{Context, Failure};
use crate::{
    settings::{ServeSettings, TokenSettings},
    store::{DatabaseUrl, Store},
};

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Write into the registry as well: an entry about no token, which is gone a minute later
    #[arg(long)]
    write: bool,
}

impl Context<'_> {
    pub(super) async fn examine(&mut self, wanted: DoctorArguments) -> Result<(), Failure> {
        let findings = self.findings(&wanted).await;
        let lines: Vec<_> = findings.iter().map(Finding::to_line).collect();
        let failed = findings.iter().filter(|finding| finding.health == Health::Failed).count();
        let checks: Vec<_> = findings.iter().map(Finding::to_json).collect();
        self.output.print(&lines.join("\n"), &json!({"healthy": failed == 0, "checks": checks}))?;
        match failed {
            0 => Ok(()),
            1 => Err(anyhow!("one check failed").into()),
            failed => Err(anyhow!("{failed} checks failed").into()),
        }
    }

    async fn findings(&self, wanted: &DoctorArguments) -> Vec<Finding> {
        let moment = (self.clock)();
        let settings = ServeSettings::read(self.environment);
        // Each part by itself too: one that is wrong hides no other.
        let tokens = TokenSettings::read(self.environment);
        let auth_table = SettingsReader::new(self.environment).optional("AUTH_TABLE");
        let server_clock = ::keys::ServerClock::default();
        let aws = self.watched_aws(tokens.as_ref().ok(), auth_table.is_some(), &server_clock).await;

        let mut findings = vec![settings::check(settings.as_ref().map(|_| ()))];
        if let Ok(settings) = &settings {
            findings.push(exposure::check(settings));
        }
        findings.push(tls::check(self.environment, moment.wall));
        if let Ok(tokens) = tokens {
            findings.push(keys::check(tokens.keys, aws.as_ref(), moment).await);
        }
        if let Ok(url) = DatabaseUrl::read(self.environment) {
            findings.extend(file::check(&url));
            findings.extend(self.findings_in(&url, auth_table.is_some()).await);
        }
        findings.push(registry::check(auth_table, aws.as_ref(), wanted.write, moment).await);
        findings.push(clock::check("clock of AWS", server_clock.time(), (self.clock)().wall));
        findings
    }

    async fn findings_in(&self, url: &DatabaseUrl, has_registry: bool) -> Vec<Finding> {
        let now = (self.clock)().wall;
        let store = match Store::look_at(url).await {
            Ok(store) => store,
            Err(error) => return vec![database::unreachable(url, &error)],
        };
        let database = database::check(&store).await;
        let mut findings = vec![database];
        // Without its tables there is nothing to ask it.
        if findings.iter().all(|finding| finding.health != Health::Failed) {
            findings.push(administrators::check(&store).await);
            findings.push(outbox::check(&store, has_registry, now).await);
            let server_time = store.server_time().await.ok().flatten();
            findings.push(clock::check("clock of the database", server_time, (self.clock)().wall));
        }
        store.close().await;
        findings
    }

    async fn watched_aws(
        &self,
        tokens: Option<&TokenSettings>,
        has_registry: bool,
        clock: &::keys::ServerClock,
    ) -> Option<SdkConfig> {
        let is_needed = has_registry || tokens.is_some_and(|tokens| tokens.keys.needs_aws());
        if is_needed { Some(clock.watch(&self.aws().await)) } else { None }
    }
}
