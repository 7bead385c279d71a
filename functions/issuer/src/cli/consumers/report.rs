//! What came of an import, for people and for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    cli::output::printable,
    declarative::{Correspondence, Plan, Unusable},
};

/// How many consumers came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    pub(super) created: usize,
    pub(super) updated: usize,
    pub(super) unchanged: usize,
}

#[derive(Serialize)]
pub(super) struct Report {
    dry_run: bool,
    /// Consumers of the file that can be imported, and their credentials.
    consumers: usize,
    credentials: usize,
    #[serde(flatten)]
    tally: Tally,
    refused: Vec<RefusedAnswer>,
    /// How many there are of what means nothing here.
    ignored: BTreeMap<String, usize>,
    jwt_plugin: Vec<PluginAnswer>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RefusedAnswer {
    consumer: String,
    key: Option<String>,
    reason: String,
}

#[derive(Serialize)]
struct PluginAnswer {
    places: Vec<String>,
    settings: BTreeMap<&'static str, String>,
    differences: Vec<String>,
}

impl Report {
    /// `tally` is `None` where nothing was to be written.
    pub(super) fn new(plan: Plan, tally: Option<Tally>) -> Self {
        let refused = |Unusable { consumer, key, reason }| RefusedAnswer { consumer, key, reason };
        let plugin = |Correspondence { places, settings, differences }| PluginAnswer {
            places,
            settings: settings.into_iter().collect(),
            differences,
        };
        Self {
            dry_run: tally.is_none(),
            consumers: plan.consumers.len(),
            credentials: plan.consumers.iter().map(|consumer| consumer.credentials.len()).sum(),
            tally: tally.unwrap_or_default(),
            refused: plan.unusable.into_iter().map(refused).collect(),
            ignored: plan.ignored,
            jwt_plugin: plan.correspondences.into_iter().map(plugin).collect(),
            notes: plan.notes,
        }
    }

    pub(super) fn refused(&self) -> usize {
        self.refused.len()
    }

    pub(super) fn lines(&self) -> String {
        let mut text = String::new();
        let mut line = |told: String| {
            text.push_str(&printable(&told));
            text.push('\n');
        };
        for RefusedAnswer { consumer, key, reason } in &self.refused {
            let credential = key.as_ref().map(|key| format!(", credential {key}")).unwrap_or_default();
            line(format!("refused: consumer {consumer}{credential}: {reason}"));
        }
        if !self.ignored.is_empty() {
            let ignored: Vec<_> =
                self.ignored.iter().map(|(what, count)| format!("{what} ({count})")).collect();
            line(format!("ignored: {}", ignored.join(", ")));
        }
        for plugin in &self.jwt_plugin {
            line(format!("the jwt plugin ({}) as settings of the authorizer:", plugin.places.join(", ")));
            for (name, value) in &plugin.settings {
                line(format!("  {name}={value}"));
            }
            for difference in &plugin.differences {
                line(format!("  different: {difference}"));
            }
        }
        for note in &self.notes {
            line(format!("note: {note}"));
        }
        let (consumers, credentials) = (self.consumers, self.credentials);
        if self.dry_run {
            line(format!(
                "{consumers} consumers with {credentials} credentials can be imported; nothing was written"
            ));
        } else {
            let Tally { created, updated, unchanged } = self.tally;
            line(format!(
                "{consumers} consumers with {credentials} credentials: {created} created, {updated} updated, {unchanged} unchanged"
            ));
        }
        line(format!("{} refused; nothing is deleted that is not in the file", self.refused.len()));
        text.trim_end().to_owned()
    }
}
