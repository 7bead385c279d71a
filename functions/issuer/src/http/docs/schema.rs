//! What a value looks like: the names and types of its members.

use serde_json::Value;

use super::html::{Prose, Text};

const REFERENCE: &str = "#/components/schemas/";

/// Returns a few words for the type of `schema`, with links to named ones.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(REFERENCE)) {
        let name = Text(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = schema[key].as_array() {
            return parts.iter().map(type_of).collect::<Vec<_>>().join(word);
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        let word = |word: &Value| word.as_str().map(|word| format!("<code>{}</code>", Text(word)));
        return words.iter().filter_map(word).collect::<Vec<_>>().join(", ");
    }
    let names = match &schema["type"] {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let named = |name: &str| match name {
        "array" => format!("list of {}", type_of(&schema["items"])),
        name => Text(name).to_string(),
    };
    names.into_iter().map(named).collect::<Vec<_>>().join(" or ")
}

/// Returns the members of an object as a table, or its type where it is none.
pub(super) fn table(schema: &Value) -> String {
    let mut rows = String::new();
    for part in parts_of(schema) {
        let required = part["required"].as_array();
        for (name, member) in part["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|names| names.iter().any(|required| required == name));
            let needed = if is_required { "" } else { ", optional" };
            let description = Prose(member["description"].as_str().unwrap_or_default());
            rows += &format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}{needed}</td><td>{description}</td></tr>",
                Text(name),
                type_of(member),
            );
        }
    }
    let members = if rows.is_empty() {
        format!("<p>{}</p>", type_of(schema))
    } else {
        format!("<table>{rows}</table>")
    };
    let examples = schema["examples"].as_array().into_iter().flatten();
    let examples: String =
        examples.map(|example| format!("<pre>{}</pre>", Text(&format!("{example:#}")))).collect();
    members + &examples
}

/// An object in one piece, or the pieces that it is put together from.
fn parts_of(schema: &Value) -> Vec<&Value> {
    match schema["allOf"].as_array() {
        Some(parts) => parts.iter().collect(),
        None => vec![schema],
    }
}
