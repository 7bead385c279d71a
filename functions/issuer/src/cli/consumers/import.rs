//! `issuer consumer import`: a declarative file of Kong's into the registry.
//!
//! What can be imported is, whatever else is in the file; what cannot is told.
//! It may be stopped and run again at any time: what is there already is left as
//! it is, and nothing is deleted.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::Read,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use registry::{Consumers, Imported, RegistryUnavailable};
use token::Timestamp;
use zeroize::Zeroizing;

use super::{
    all,
    arguments::ImportArguments,
    consumer::to_json,
    progress::Progress,
    report::{Report, Tally},
};
use crate::{
    audit::{Action, AuditEvent, OUTCOME_UNKNOWN},
    cli::{Context, Failure, audit::event},
    consumers::Told,
    declarative::{ForAll, MAX_BYTES, Plan, PlannedConsumer, Present, PresentCredential, Unusable},
};

/// How many consumers are handed over at once: enough to keep the table busy,
/// few enough to tell how far it has come.
const AT_ONCE: usize = 500;

/// How often consumers are handed over before the registry counts as out of
/// reach. To do so again does no harm.
const ATTEMPTS: u32 = 4;

/// Before the second attempt; each further one waits twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// Says in the audit how a consumer came to be.
const IMPORT: &str = "import";

/// What came of some consumers.
#[derive(Default)]
struct Done {
    tally: Tally,
    unusable: Vec<Unusable>,
    events: Vec<AuditEvent>,
    /// An attempt before this one was not answered, and may have written some.
    is_again: bool,
}

impl Context<'_> {
    pub(super) async fn import(&mut self, wanted: ImportArguments) -> Result<(), Failure> {
        let text = self.read_file(&wanted.file)?;
        let mut plan = Plan::of(&text, wanted.secret_is_base64).context("could not read the file")?;
        drop(text);
        if let Some(issuer) = (self.environment)("JWT_ISSUER") {
            plan.reserve(&issuer);
        }
        let tally = if wanted.dry_run {
            None
        } else {
            let for_all = ForAll { role: wanted.role, max_lifetime_secs: plan.max_lifetime_secs };
            Some(self.carry_over(&mut plan, for_all).await?)
        };
        let report = Report::new(plan, tally);
        self.output.print(&report.lines(), &to_json(&report)?)?;
        if report.refused() == 0 || wanted.skip_unusable {
            return Ok(());
        }
        Err(Failure::Failed(anyhow!(
            "{} of the file could not be imported; --skip-unusable takes that for done",
            report.refused()
        )))
    }

    async fn carry_over(&mut self, plan: &mut Plan, for_all: ForAll) -> Result<Tally, Failure> {
        let registry = self.registry().await?;
        let audit = self.open_audit().await?;
        let now = (self.clock)().wall;
        let present = present(&registry, plan).await?;
        let all = plan.consumers.len();
        let (mut tally, mut unusable, mut seen) = (Tally::default(), Vec::new(), 0);
        let mut progress = Progress::new(all, self.terminals.errors, self.errors);
        for consumers in plan.consumers.chunks_mut(AT_ONCE) {
            let done = match import_patiently(&registry, consumers, &present, for_all, now).await {
                Ok(done) => done,
                Err(error) => {
                    let names = consumers.iter().map(|consumer| consumer.username.as_str());
                    let unknown =
                        names.map(|name| event(Action::ConsumerCreated, name).because(OUTCOME_UNKNOWN));
                    audit.keep(&unknown.collect::<Vec<_>>(), now).await?;
                    let told = format!("stopped after {seen} of {all} consumers; run it again to go on");
                    return Err(Failure::Unavailable(anyhow!(error).context(told)));
                }
            };
            audit.keep(&done.events, now).await?;
            tally.created += done.tally.created;
            tally.updated += done.tally.updated;
            tally.unchanged += done.tally.unchanged;
            unusable.extend(done.unusable);
            seen += consumers.len();
            progress.advance(consumers.len());
        }
        progress.end();
        audit.close().await;
        plan.unusable.extend(unusable);
        Ok(tally)
    }

    fn read_file(&mut self, path: &Path) -> Result<Zeroizing<String>, Failure> {
        let mut text = Zeroizing::new(String::new());
        // One byte more than may be: then it is told that it is too large.
        let most = u64::try_from(MAX_BYTES + 1).unwrap_or(u64::MAX);
        let read = if path == Path::new("-") {
            (&mut *self.input).take(most).read_to_string(&mut text)
        } else {
            File::open(path).and_then(|file| file.take(most).read_to_string(&mut text))
        };
        read.with_context(|| format!("could not read {}", path.display()))?;
        Ok(text)
    }
}

/// Imports consumers, again where the registry did not answer for a moment.
async fn import_patiently(
    registry: &Consumers,
    consumers: &mut [PlannedConsumer],
    present: &Present,
    for_all: ForAll,
    now: Timestamp,
) -> Result<Done, RegistryUnavailable> {
    let mut done = Done::default();
    for attempt in 1.. {
        match import_some(registry, consumers, present, for_all, now, &mut done).await {
            Ok(()) => break,
            Err(error) if attempt == ATTEMPTS => return Err(error),
            Err(_) => tokio::time::sleep(PAUSE.saturating_mul(2_u32.saturating_pow(attempt - 1))).await,
        }
        // What it told of is told again, but for the credentials that are left out.
        done.tally = Tally::default();
        done.events.clear();
        done.unusable.retain(|unusable| unusable.key.is_some());
        done.is_again = true;
    }
    Ok(done)
}

/// Imports consumers, each without what of it cannot be.
async fn import_some(
    registry: &Consumers,
    consumers: &mut [PlannedConsumer],
    present: &Present,
    for_all: ForAll,
    now: Timestamp,
    done: &mut Done,
) -> Result<(), RegistryUnavailable> {
    let mut waiting: Vec<_> = consumers.iter_mut().collect();
    while !waiting.is_empty() {
        let given = waiting.iter().map(|consumer| consumer.to_import(present, for_all)).collect();
        let imported = registry.import(given, now).await?;
        let mut again = Vec::new();
        for (consumer, imported) in waiting.into_iter().zip(imported) {
            let username = &consumer.username;
            match imported {
                Imported::Unchanged if !done.is_again || present.consumers.contains_key(username) => {
                    done.tally.unchanged += 1;
                }
                // What was not there before and is now was made by that attempt.
                Imported::Created | Imported::Unchanged => {
                    done.tally.created += 1;
                    done.events.push(event(Action::ConsumerCreated, username).because(IMPORT));
                }
                Imported::Updated => {
                    done.tally.updated += 1;
                    done.events.push(event(Action::ConsumerChanged, username).because(IMPORT));
                }
                Imported::Refused { refusal, credential } => {
                    let refused = credential.filter(|position| *position < consumer.credentials.len());
                    let key = refused.map(|position| consumer.credentials.remove(position).key);
                    let is_partial = key.is_some();
                    let (consumer_name, reason) = (username.clone(), Told::from(&refusal).to_string());
                    done.unusable.push(Unusable { consumer: consumer_name, key, reason });
                    if is_partial {
                        again.push(consumer);
                    }
                }
            }
        }
        waiting = again;
    }
    Ok(())
}

/// Looks up what is stored under the names of the file. The lists may lag behind
/// by a moment: then an id is made that was made before, or a name is refused.
async fn present(registry: &Consumers, plan: &Plan) -> Result<Present, Failure> {
    let mut present = Present::default();
    let usernames: HashSet<_> = plan.consumers.iter().map(|consumer| consumer.username.as_str()).collect();
    let consumers = all(|page| registry.list(page)).await?.into_iter();
    let known = consumers.filter(|consumer| usernames.contains(consumer.username.as_str()));
    present.consumers.extend(known.map(|consumer| (consumer.username, consumer.id)));
    let mut owners = HashMap::new();
    for consumer in &plan.consumers {
        let keys = consumer.credentials.iter().map(|credential| credential.key.as_str());
        owners.extend(keys.map(|key| (key, consumer.username.as_str())));
    }
    let credentials = all(|page| registry.credentials(page)).await?.into_iter();
    let known = credentials
        .filter(|credential| owners.get(credential.key.as_str()) == Some(&credential.consumer.as_str()));
    present.credentials.extend(known.map(|credential| {
        let stored = PresentCredential {
            id: credential.id,
            role: credential.role,
            enabled: credential.enabled,
            max_lifetime_secs: credential.max_lifetime_secs,
        };
        (credential.key, stored)
    }));
    Ok(present)
}
