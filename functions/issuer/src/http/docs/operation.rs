//! One operation: what it needs, and what it can answer.

use serde_json::Value;

use super::{
    html::{Prose, Text},
    schema::type_of,
};

/// Returns the part of the page about one operation.
pub(super) fn of(method: &str, path: &str, operation: &Value) -> String {
    let text = |name: &str| operation[name].as_str().unwrap_or_default();
    let mut html = format!(
        "<details id=\"{id}\"><summary><b>{method}</b> <code>{path}</code> {summary}</summary>",
        id = Text(&id_of(method, path)),
        method = Text(&method.to_uppercase()),
        path = Text(path),
        summary = Prose(text("summary")),
    );
    if !text("description").is_empty() {
        html += &format!("<p>{}</p>", Prose(text("description")));
    }
    html += &needs(operation);
    html += &parameters(operation);
    html += &body(operation);
    html += &answers(operation);
    html + "</details>"
}

pub(super) fn id_of(method: &str, path: &str) -> String {
    let words = path.split(|character: char| !character.is_ascii_alphanumeric());
    let words: Vec<_> = [method].into_iter().chain(words.filter(|word| !word.is_empty())).collect();
    words.join("-")
}

fn needs(operation: &Value) -> String {
    let schemes = operation["security"].as_array().into_iter().flatten();
    let names = schemes.filter_map(Value::as_object).flat_map(|scheme| scheme.keys());
    let names: Vec<_> = names.map(|name| format!("<code>{}</code>", Text(name))).collect();
    if names.is_empty() { String::new() } else { format!("<p>Needs {}.</p>", names.join(" or ")) }
}

fn parameters(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let rows: String = parameters
        .map(|parameter| {
            let text = |name: &str| parameter[name].as_str().unwrap_or_default();
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}, {}</td><td>{}</td></tr>",
                Text(text("name")),
                Text(text("in")),
                type_of(&parameter["schema"]),
                Prose(text("description")),
            )
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<h4>Parameters</h4><table>{rows}</table>") }
}

fn body(operation: &Value) -> String {
    let body = &operation["requestBody"];
    let kinds: String = contents(body).map(|(kind, schema)| format!("<p>{kind}: {schema}</p>")).collect();
    if kinds.is_empty() {
        return kinds;
    }
    let description = Prose(body["description"].as_str().unwrap_or_default());
    format!("<h4>Body</h4>{kinds}<p>{description}</p>")
}

fn answers(operation: &Value) -> String {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let rows: String = answers
        .map(|(status, answer)| {
            let schemas: Vec<_> = contents(answer).map(|(_, schema)| schema).collect();
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
                Text(status),
                schemas.join(" or "),
                Prose(answer["description"].as_str().unwrap_or_default()),
            )
        })
        .collect();
    format!("<h4>Answers</h4><table>{rows}</table>")
}

/// Returns media type and schema of each form that a body can have.
fn contents(body: &Value) -> impl Iterator<Item = (String, String)> {
    let contents = body["content"].as_object().into_iter().flatten();
    contents.map(|(kind, content)| (Text(kind).to_string(), type_of(&content["schema"])))
}
