//! Lists that are read page by page.

use crate::conversation::Id;

/// The most text of one page: a load balancer takes 1 MB from a function, and
/// the text grows where it becomes JSON.
pub(super) const MAX_PAGE_BYTES: usize = 400_000;

/// Some of a longer list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next page begins; `None` where this is the last.
    pub(crate) next: Option<Id>,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// 1 to 100.
    pub(crate) limit: u32,
    /// What sorts before this id, which an earlier page ended with.
    pub(crate) before: Option<Id>,
}

/// A page that is being filled, with the newest first.
pub(super) struct Filling<T> {
    limit: usize,
    bytes: usize,
    items: Vec<T>,
    last: Option<Id>,
}

impl<T> Filling<T> {
    pub(super) fn new(range: Range) -> Self {
        let limit = usize::try_from(range.limit).unwrap_or(usize::MAX).max(1);
        Self { limit, bytes: 0, items: Vec::new(), last: None }
    }

    /// Takes the next entry, or gives the page back where it is full without it.
    pub(super) fn take(mut self, id: Id, bytes: usize, item: T) -> Result<Self, Page<T>> {
        let is_full = self.items.len() >= self.limit || self.bytes.saturating_add(bytes) > MAX_PAGE_BYTES;
        // One entry there is always, or there would be no end.
        if is_full && !self.items.is_empty() {
            return Err(Page { items: self.items, next: self.last });
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.last = Some(id);
        self.items.push(item);
        Ok(self)
    }

    /// Returns the page as it is, with the next one beginning at `next`.
    pub(super) fn end(self, next: Option<Id>) -> Page<T> {
        Page { items: self.items, next }
    }
}
