//! What a value looks like: the names and types of its members.

use serde_json::Value;

use super::{
    document::{items, members, text, words},
    html::{Prose, Text},
};

const REFERENCE: &str = "#/components/schemas/";

/// Returns a few words for the type of `schema`, with links to named ones.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = text(schema, "$ref").strip_prefix(REFERENCE) {
        let name = Text(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (choices, word) in [("/oneOf", " or "), ("/anyOf", " or "), ("/allOf", " and ")] {
        let types: Vec<_> = items(schema, choices).map(type_of).collect();
        if !types.is_empty() {
            return types.join(word);
        }
    }
    let values: Vec<_> = words(schema, "/enum").map(|word| format!("<code>{}</code>", Text(word))).collect();
    if !values.is_empty() {
        return values.join(", ");
    }
    let named = |name: &str| match (name, schema.get("items")) {
        ("array", Some(item)) => format!("list of {}", type_of(item)),
        (name, _) => Text(name).to_string(),
    };
    let several: Vec<_> = words(schema, "/type").map(named).collect();
    match text(schema, "type") {
        "" if several.is_empty() => "anything".to_owned(),
        "" => several.join(" or "),
        name => named(name),
    }
}

/// Returns the members of an object as a table, or its type where it is none,
/// and examples.
pub(super) fn table(schema: &Value) -> String {
    // An object in one piece, or the pieces that it is put together from.
    let rows =
        [schema].into_iter().chain(items(schema, "/allOf")).flat_map(rows).collect::<Vec<_>>().concat();
    let members = if rows.is_empty() {
        format!("<p>{}</p>", type_of(schema))
    } else {
        format!("<table>{rows}</table>")
    };
    let example = |example: &Value| format!("<pre>{}</pre>", Text(&format!("{example:#}")));
    let examples: Vec<_> = items(schema, "/examples").map(example).collect();
    members + &examples.concat()
}

fn rows(object: &Value) -> Vec<String> {
    let row = |(name, member): (&str, &Value)| {
        let is_required = words(object, "/required").any(|required| required == name);
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}{}</td><td>{}</td></tr>",
            Text(name),
            type_of(member),
            if is_required { "" } else { ", optional" },
            Prose(text(member, "description")),
        )
    };
    members(object, "/properties").map(row).collect()
}
