//! As many consumers as fit into one transaction.
//!
//! All of them are read in one request. Those that are new are made in one
//! transaction, those that are stored already cost nothing more, and only the
//! others, or those that stand in the way of a transaction, go one by one.

use std::ops::Range;

use super::{
    Consumers,
    import::{Batch, Import, Imported},
    import_entry::Entry,
    items::Written,
    transaction::{Condition, MAX_ACTIONS, Transaction},
};
use crate::RegistryUnavailable;

impl Consumers {
    pub(super) async fn import_batch(
        &self,
        import: &Import,
        batch: Batch,
    ) -> Result<Vec<(usize, Imported)>, RegistryUnavailable> {
        let keys: Vec<_> = batch.iter().flat_map(|(_, entry)| entry.keys()).collect();
        let items = self.items.read(&keys).await?;

        let (mut outcomes, mut fresh, mut rest) = (Vec::new(), Batch::new(), Batch::new());
        for (position, entry) in batch {
            if entry.is_stored(&items)? {
                outcomes.push((position, Imported::Unchanged));
            } else if entry.len() <= MAX_ACTIONS && !entry.keys().any(|key| items.contains_key(&key)) {
                fresh.push((position, entry));
            } else {
                rest.push((position, entry));
            }
        }
        self.make_all(fresh, &mut outcomes, &mut rest).await?;
        for (position, entry) in rest {
            if let Some(given) = import.given.get(position) {
                outcomes.push((position, self.import_single(&entry, given, import.now).await?));
            }
        }
        Ok(outcomes)
    }

    /// Makes all that are `fresh`, and leaves to `rest` what was made by others
    /// meanwhile.
    async fn make_all(
        &self,
        mut fresh: Batch,
        outcomes: &mut Vec<(usize, Imported)>,
        rest: &mut Batch,
    ) -> Result<(), RegistryUnavailable> {
        while !fresh.is_empty() {
            let (transaction, actions) = self.making(fresh.iter().map(|(_, entry)| entry))?;
            let failed = match self.items.write(&transaction).await? {
                Written::Yes => {
                    outcomes.extend(fresh.into_iter().map(|(position, _)| (position, Imported::Created)));
                    return Ok(());
                }
                Written::Refused(failed) => failed,
            };
            let stands = |range: &Range<usize>| !failed.iter().any(|index| range.contains(index));
            let mut standing = Batch::new();
            for (entry, range) in fresh.into_iter().zip(&actions) {
                if stands(range) { standing.push(entry) } else { rest.push(entry) }
            }
            fresh = standing;
        }
        Ok(())
    }

    /// Returns what makes these entries, and which of its actions each takes.
    fn making<'e>(
        &self,
        entries: impl Iterator<Item = &'e Entry>,
    ) -> Result<(Transaction, Vec<Range<usize>>), RegistryUnavailable> {
        let mut transaction = self.items.transaction();
        let mut actions = Vec::new();
        for entry in entries {
            let start = transaction.len();
            entry.make(|_| Condition::absent(), &mut transaction)?;
            actions.push(start..transaction.len());
        }
        Ok((transaction, actions))
    }
}
