//! `issuer user import`: users from elsewhere, with the hashes of their
//! passwords.
//!
//! The file is read as a stream and written in batches. Whatever ends an import
//! half way, the same file can be imported again: who is there stays as is.

mod lines;
mod progress;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use self::{
    lines::{Line, Lines},
    progress::Progress,
};
use crate::{
    cli::Context,
    imported_user::{ImportedUser, LineRefused},
    store::{ImportMode, Imported, Store},
};

/// How many users are written in one transaction. Logins wait meanwhile.
const BATCH: usize = 200;

/// How many refused lines the JSON names; all of them are on standard error.
const MAX_NAMED: usize = 1000;

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArguments {
    /// JSON lines with the members `username`, `password_hash` and, where there are any, `id`, `name`,
    /// `email`, `role`, `disabled`; `-` reads standard input
    file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// What has become of the lines so far.
#[derive(Default)]
struct Tally {
    added: u64,
    unchanged: u64,
    refused: u64,
    named: Vec<Value>,
}

impl Context<'_> {
    pub(super) async fn import_users(
        &mut self,
        store: &Store,
        wanted: ImportArguments,
    ) -> anyhow::Result<()> {
        let Self { clock, input, errors, output, terminals, .. } = self;
        let now = clock().wall;
        let (file, size) = open(&wanted.file, *input)?;
        let mode = if wanted.dry_run { ImportMode::Trial } else { ImportMode::ForGood };
        let mut lines = Lines::new(file);
        let mut progress = Progress::new(terminals.errors, size);
        let mut tally = Tally::default();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let line = lines.next().context("could not read the file")?;
            let at_the_end = line.is_none();
            let read = match line {
                None => None,
                Some(Line::TooLong) => Some(Err(LineRefused::TooLong)),
                Some(Line::Text(line)) => Some(ImportedUser::read(&line, now)),
            };
            let mut outcomes = Vec::new();
            match read {
                None => {}
                Some(Ok(user)) => batch.push((lines.number, user)),
                Some(Err(refused)) => outcomes.push((lines.number, Imported::Refused(refused))),
            }
            if batch.len() == BATCH || at_the_end {
                let (numbers, users): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
                let imported = store.import_users(&users, mode).await.with_context(|| {
                    format!(
                        "could not go on after {} users; the same file can be imported again",
                        tally.added
                    )
                })?;
                outcomes.extend(numbers.into_iter().zip(imported));
            }
            for (number, outcome) in outcomes {
                if let Some(said) = tally.count(number, outcome) {
                    progress.say(&said, *errors).context("could not print")?;
                }
            }
            progress.at(lines.number, lines.bytes, *errors).context("could not print")?;
            if at_the_end {
                break;
            }
        }
        progress.end();
        output.print(&tally.line(mode), &tally.to_json(mode))?;
        if tally.refused > 0 {
            bail!("{} lines were refused", tally.refused);
        }
        Ok(())
    }
}

/// Opens the file, and says how large it is where that is known.
fn open<'i>(path: &Path, input: &'i mut dyn Read) -> anyhow::Result<(Box<dyn Read + 'i>, Option<u64>)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(input), None));
    }
    let file = File::open(path).context("could not open the file")?;
    let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    Ok((Box::new(file), size))
}

impl Tally {
    /// Counts what became of a line, and returns what there is to say about it.
    fn count(&mut self, number: u64, outcome: Imported) -> Option<String> {
        match outcome {
            Imported::Added => self.added += 1,
            Imported::Unchanged => self.unchanged += 1,
            Imported::Refused(reason) => {
                self.refused += 1;
                if self.named.len() < MAX_NAMED {
                    self.named.push(json!({"line": number, "reason": reason.to_string()}));
                }
                return Some(format!("line {number}: {reason}"));
            }
        }
        None
    }

    fn line(&self, mode: ImportMode) -> String {
        let Self { added, unchanged, refused, .. } = self;
        match mode {
            ImportMode::ForGood => format!("added {added}, unchanged {unchanged}, refused {refused}"),
            ImportMode::Trial => {
                format!(
                    "nothing was done; it would be: added {added}, unchanged {unchanged}, refused {refused}"
                )
            }
        }
    }

    fn to_json(&self, mode: ImportMode) -> Value {
        json!({
            "added": self.added,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "refusals": self.named,
            "dry_run": mode == ImportMode::Trial,
        })
    }
}
