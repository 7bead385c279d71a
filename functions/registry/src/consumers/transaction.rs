//! What is written at once: all of it, or nothing.
//!
//! Every condition says "as it was read": an attribute that has this value, or
//! is not there. Whoever built a transaction on what has changed meanwhile is
//! told so, and reads again.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::BuildError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};

use super::refusal::Taken;
use crate::{
    RegistryUnavailable,
    table::{Attributes, key_of},
};

/// The most actions of one transaction.
pub(super) const MAX_ACTIONS: usize = 100;

/// What it means that the condition of an action did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Taken(Taken),
    /// What was read is not what is there any more.
    Changed,
}

/// Attributes as they must be for an action.
#[derive(Clone)]
pub(super) struct Condition(Vec<(&'static str, Option<AttributeValue>)>);

impl Condition {
    /// Whatever there is.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// There is no such item.
    pub(super) fn absent() -> Self {
        Self(vec![("pk", None)])
    }

    /// These attributes are what they were in `item`, `None` being no item.
    pub(super) fn as_read(item: Option<&Attributes>, names: &[&'static str]) -> Self {
        let Some(item) = item else { return Self::absent() };
        let names = std::iter::once("pk").chain(names.iter().copied());
        Self(names.map(|name| (name, item.get(name).cloned())).collect())
    }

    /// Where there is nothing to say, DynamoDB takes nothing empty.
    fn expression(&self) -> Option<String> {
        let terms = self.0.iter().enumerate().map(|(index, (_, value))| match value {
            Some(_) => format!("#c{index} = :c{index}"),
            None => format!("attribute_not_exists(#c{index})"),
        });
        Some(terms.collect::<Vec<_>>().join(" AND ")).filter(|terms| !terms.is_empty())
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        let names = self.0.iter().enumerate();
        let names = names.map(|(index, (name, _))| (format!("#c{index}"), (*name).to_owned()));
        Some(names.collect()).filter(|names: &HashMap<_, _>| !names.is_empty())
    }

    fn values(&self) -> Option<Attributes> {
        let values = self.0.iter().enumerate();
        let values = values.filter_map(|(index, (_, value))| Some((format!(":c{index}"), value.clone()?)));
        Some(values.collect()).filter(|values: &Attributes| !values.is_empty())
    }
}

/// Actions, and what each means that does not hold.
pub(super) struct Transaction {
    table: String,
    actions: Vec<(TransactWriteItem, Cause)>,
}

impl Transaction {
    pub(super) fn new(table: &str) -> Self {
        Self { table: table.to_owned(), actions: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.actions.len()
    }

    pub(super) fn actions(&self) -> Vec<TransactWriteItem> {
        self.actions.iter().map(|(action, _)| action.clone()).collect()
    }

    /// Tells what it means that these actions did not hold.
    ///
    /// What has changed goes first: read again, it may not be taken any more.
    pub(super) fn cause(&self, failed: &[usize]) -> Cause {
        let mut causes = failed.iter().filter_map(|index| Some(self.actions.get(*index)?.1));
        let first = causes.next().unwrap_or(Cause::Changed);
        if causes.any(|cause| cause == Cause::Changed) { Cause::Changed } else { first }
    }

    /// Writes the whole item.
    pub(super) fn put(
        &mut self,
        item: Attributes,
        condition: &Condition,
        cause: Cause,
    ) -> Result<(), RegistryUnavailable> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .set_condition_expression(condition.expression())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .build()
            .map_err(|error| unbuildable(&error))?;
        self.actions.push((TransactWriteItem::builder().put(put).build(), cause));
        Ok(())
    }

    /// Deletes an item that need not be there, unless the condition says so.
    pub(super) fn delete(&mut self, pk: &str, condition: &Condition) -> Result<(), RegistryUnavailable> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(pk)))
            .set_condition_expression(condition.expression())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .build()
            .map_err(|error| unbuildable(&error))?;
        self.actions.push((TransactWriteItem::builder().delete(delete).build(), Cause::Changed));
        Ok(())
    }

    /// Writes nothing, and holds the rest to what was read.
    pub(super) fn check(&mut self, pk: &str, condition: &Condition) -> Result<(), RegistryUnavailable> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(pk)))
            .set_condition_expression(condition.expression())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .build()
            .map_err(|error| unbuildable(&error))?;
        self.actions.push((TransactWriteItem::builder().condition_check(check).build(), Cause::Changed));
        Ok(())
    }

    /// Adds texts to a set of an item, or takes them out, and counts its
    /// revision on: others may do the same at once.
    pub(super) fn change_set(
        &mut self,
        pk: &str,
        change: SetChange,
        name: &str,
        texts: Vec<String>,
        condition: &Condition,
    ) -> Result<(), RegistryUnavailable> {
        let expression = match change {
            SetChange::Add => "ADD #set :texts, #revision :one",
            SetChange::Remove => "DELETE #set :texts ADD #revision :one",
        };
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key_of(pk)))
            .update_expression(expression)
            .set_condition_expression(condition.expression())
            .set_expression_attribute_names(condition.names())
            .expression_attribute_names("#set", name)
            .expression_attribute_names("#revision", "revision")
            .set_expression_attribute_values(condition.values())
            .expression_attribute_values(":texts", AttributeValue::Ss(texts))
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .build()
            .map_err(|error| unbuildable(&error))?;
        self.actions.push((TransactWriteItem::builder().update(update).build(), Cause::Changed));
        Ok(())
    }
}

/// What happens to the texts of a set.
#[derive(Debug, Clone, Copy)]
pub(super) enum SetChange {
    Add,
    Remove,
}

/// Cannot happen: it says that a builder above was given too little.
fn unbuildable(error: &BuildError) -> RegistryUnavailable {
    RegistryUnavailable(error.to_string())
}
