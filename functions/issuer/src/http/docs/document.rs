//! Reading the document. What is not in it is empty.

use serde_json::Value;

/// Returns the members of the object at `pointer`.
pub(super) fn members<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let object = value.pointer(pointer).and_then(Value::as_object);
    object.into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

/// Returns the items of the list at `pointer`.
pub(super) fn items<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Returns the words of the list at `pointer`.
pub(super) fn words<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v str> {
    items(value, pointer).filter_map(Value::as_str)
}

/// Returns a member that is text.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
