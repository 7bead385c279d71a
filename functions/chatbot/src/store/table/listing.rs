//! Lists, newest first.

use aws_sdk_dynamodb::{Client, operation::query::QueryOutput};
use token::Timestamp;

use super::{
    Attributes, Table,
    attributes::{text, time, unreadable},
    call::{NoAnswer, failed},
    key::Section,
};
use crate::{
    conversation::Id,
    store::{Page, Range, StoreUnavailable, page::Filling},
};

/// The most requests for one page. Where most entries have expired and none was
/// swept, a page may have fewer entries than it could; the next one goes on
/// where it ended.
const MAX_ROUNDS: usize = 40;

/// One entry of a list: its text counts by `bytes`.
pub(super) struct Entry<T> {
    pub(super) bytes: usize,
    pub(super) value: T,
}

impl Table {
    /// Returns a page of what is in `section` and fulfils `condition`.
    pub(super) async fn list<T>(
        &self,
        section: &Section,
        condition: &'static str,
        range: Range,
        now: Timestamp,
        read: impl Fn(&Attributes, Id) -> Result<Entry<T>, StoreUnavailable>,
    ) -> Result<Page<T>, StoreUnavailable> {
        let mut filling = Filling::new(range);
        let mut start = None;
        for _ in 0..MAX_ROUNDS {
            let answer = self.query(section, condition, range, now, start).await?;
            for attributes in answer.items.unwrap_or_default() {
                let id = section.id(&attributes).ok_or_else(|| unreadable("sk"))?;
                // The bounds of a query include their ends.
                if Some(id) == range.before {
                    continue;
                }
                let Entry { bytes, value } = read(&attributes, id)?;
                filling = match filling.take(id, bytes, value) {
                    Ok(filling) => filling,
                    Err(page) => return Ok(page),
                };
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(filling.end(None));
            }
        }
        let next = start.as_ref().and_then(|start| section.id(start));
        Ok(filling.end(Some(next.ok_or_else(|| unreadable("sk"))?)))
    }

    async fn query(
        &self,
        section: &Section,
        condition: &'static str,
        range: Range,
        now: Timestamp,
        start: Option<Attributes>,
    ) -> Result<QueryOutput, NoAnswer> {
        let (low, high) = section.bounds(range.before);
        // One more tells whether there are more, and one is where it begins.
        let limit = i32::try_from(range.limit.saturating_add(2)).unwrap_or(i32::MAX);
        let request = |client: &Client| {
            let request = client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .filter_expression(condition)
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":pk", text(&section.pk))
                .expression_attribute_values(":low", low.clone())
                .expression_attribute_values(":high", high.clone())
                .expression_attribute_values(":now", time(now));
            let request = request.scan_index_forward(false).consistent_read(true).limit(limit);
            request.set_exclusive_start_key(start.clone()).send()
        };
        said(self.call("Query", request).await?)
    }

    /// Returns some of the keys of all that is in `section`, expired or not, and
    /// where it goes on.
    pub(super) async fn keys(
        &self,
        section: &Section,
        start: Option<Attributes>,
    ) -> Result<(Vec<Attributes>, Option<Attributes>), NoAnswer> {
        let (low, high) = section.bounds(None);
        let request = |client: &Client| {
            let request = client
                .query()
                .table_name(&self.name)
                .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
                .expression_attribute_values(":pk", text(&section.pk))
                .expression_attribute_values(":low", low.clone())
                .expression_attribute_values(":high", high.clone())
                .projection_expression("pk, sk");
            request.consistent_read(true).set_exclusive_start_key(start.clone()).send()
        };
        let answer = said(self.call("Query", request).await?)?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

/// That nothing is there is the table's to say: an answer without a list is none.
fn said(answer: QueryOutput) -> Result<QueryOutput, NoAnswer> {
    if answer.items.is_some() { Ok(answer) } else { Err(failed("Query", "an answer without items")) }
}
