//! One page of everything on the index that is of one kind.
//!
//! The index says where the entries are, and the caller reads those that are
//! still there. It may lag behind by a moment: what is new may be missing, what
//! is gone is skipped.

use super::{
    items::Items,
    page::{Offset, Page, PageRequest},
};
use crate::{RegistryUnavailable, table::Attributes};

/// The most requests to the index for one page, so that a page among many items
/// of another kind costs no more than this.
const MAX_SCANS: usize = 16;

const FEWEST_AT_ONCE: usize = 16;
const MOST_AT_ONCE: usize = 1000;

/// Returns a page of the items whose key begins with `prefix`.
pub(super) async fn list<T>(
    items: &Items,
    prefix: &str,
    page: PageRequest,
    read: impl Fn(Attributes) -> Result<T, RegistryUnavailable>,
) -> Result<Page<T>, RegistryUnavailable> {
    let (places, next) = places(items, prefix, page).await?;
    let keys: Vec<_> = places.into_iter().map(|place| place.pk).collect();
    let mut found = items.read(&keys).await?;
    let entries = keys.iter().filter_map(|key| found.remove(key)).map(read);
    Ok(Page { entries: entries.collect::<Result<_, _>>()?, next })
}

async fn places(
    items: &Items,
    prefix: &str,
    page: PageRequest,
) -> Result<(Vec<Offset>, Option<Offset>), RegistryUnavailable> {
    let size = page.size.get();
    let mut found = Vec::new();
    let mut after = page.after;
    for _ in 0..MAX_SCANS {
        // One more than wanted tells whether there is a next page. About every
        // second item is of the other kind.
        let limit = (2 * (size + 1 - found.len())).clamp(FEWEST_AT_ONCE, MOST_AT_ONCE);
        let (places, next) = items.scan_index(prefix, limit, after).await?;
        found.extend(places);
        if found.len() > size {
            found.truncate(size);
            let last = found.last().cloned();
            return Ok((found, last));
        }
        if next.is_none() {
            return Ok((found, None));
        }
        after = next;
    }
    Ok((found, after))
}
