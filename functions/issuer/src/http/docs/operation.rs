//! One operation: what it needs, and what it can answer.

use serde_json::Value;

use super::{
    document::{items, members, text},
    html::{Prose, Text},
    schema::type_of,
};

/// Returns the part of the page about one operation.
pub(super) fn of(method: &str, path: &str, operation: &Value) -> String {
    let head = format!(
        "<details id=\"{id}\"><summary><b>{method}</b> <code>{path}</code> {summary}</summary><p>{more}</p>",
        id = Text(&id_of(method, path)),
        method = Text(&method.to_uppercase()),
        path = Text(path),
        summary = Prose(text(operation, "summary")),
        more = Prose(text(operation, "description")),
    );
    let parts = [
        head,
        needs(operation),
        parameters(operation),
        body(operation),
        answers(operation),
        "</details>".to_owned(),
    ];
    parts.concat()
}

fn id_of(method: &str, path: &str) -> String {
    let words = path.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<_> = [method].into_iter().chain(words.filter(|word| !word.is_empty())).collect();
    words.join("-")
}

fn needs(operation: &Value) -> String {
    let schemes = items(operation, "/security").flat_map(|scheme| members(scheme, ""));
    let names: Vec<_> = schemes.map(|(name, _)| format!("<code>{}</code>", Text(name))).collect();
    if names.is_empty() { String::new() } else { format!("<p>Needs {}.</p>", names.join(" or ")) }
}

fn parameters(operation: &Value) -> String {
    let row = |parameter: &Value| {
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}, {}</td><td>{}</td></tr>",
            Text(text(parameter, "name")),
            Text(text(parameter, "in")),
            type_of(parameter.get("schema").unwrap_or_default()),
            Prose(text(parameter, "description")),
        )
    };
    let rows: Vec<_> = items(operation, "/parameters").map(row).collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("<h4>Parameters</h4><table>{}</table>", rows.concat())
    }
}

fn body(operation: &Value) -> String {
    let Some(body) = operation.get("requestBody") else {
        return String::new();
    };
    let kinds: Vec<_> = contents(body).map(|(kind, schema)| format!("<p>{kind}: {schema}</p>")).collect();
    format!("<h4>Body</h4>{}<p>{}</p>", kinds.concat(), Prose(text(body, "description")))
}

fn answers(operation: &Value) -> String {
    let row = |(status, answer): (&str, &Value)| {
        let schemas: Vec<_> = contents(answer).map(|(_, schema)| schema).collect();
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            Text(status),
            schemas.join(" or "),
            Prose(text(answer, "description")),
        )
    };
    let rows: Vec<_> = members(operation, "/responses").map(row).collect();
    format!("<h4>Answers</h4><table>{}</table>", rows.concat())
}

/// Returns media type and schema of each form that a body can have.
fn contents(body: &Value) -> impl Iterator<Item = (Text<'_>, String)> {
    let schema = |content: &Value| type_of(content.get("schema").unwrap_or_default());
    members(body, "/content").map(move |(kind, content)| (Text(kind), schema(content)))
}
