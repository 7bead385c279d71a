//! The page: an introduction, the operations by subject, and what bodies hold.

use serde_json::Value;

use super::{
    document::{items, members, text, words},
    html::{Prose, Text},
    operation, schema,
};

/// Returns the page for `document`.
pub(super) fn of(document: &Value, style: &str) -> String {
    let about = document.get("info").unwrap_or_default();
    let (title, version) = (Text(text(about, "title")), Text(text(about, "version")));
    let subjects: Vec<_> = items(document, "/tags").map(|subject| section(document, subject)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{style}</style></head><body>\
         <h1>{title} {version}</h1><p>{}</p>\
         <p>For programs: <a href=\"openapi.json\">openapi.json</a></p>{}{}{}\
         </body></html>\n",
        Prose(text(about, "description")),
        schemes(document),
        subjects.concat(),
        schemas(document),
    )
}

fn schemes(document: &Value) -> String {
    let row = |(name, scheme): (&str, &Value)| {
        format!("<dt><code>{}</code></dt><dd>{}</dd>", Text(name), Prose(text(scheme, "description")))
    };
    let rows: Vec<_> = members(document, "/components/securitySchemes").map(row).collect();
    format!("<h2>Credentials</h2><dl>{}</dl>", rows.concat())
}

fn section(document: &Value, subject: &Value) -> String {
    let name = text(subject, "name");
    let head = format!("<section><h2>{}</h2><p>{}</p>", Text(name), Prose(text(subject, "description")));
    let mut parts = vec![head];
    for (path, item) in members(document, "/paths") {
        let operations = members(item, "");
        let ours =
            operations.filter(|(_, operation)| words(operation, "/tags").any(|subject| subject == name));
        parts.extend(ours.map(|(method, operation)| operation::of(method, path, operation)));
    }
    parts.concat() + "</section>"
}

fn schemas(document: &Value) -> String {
    let part = |(name, named): (&str, &Value)| {
        let (name, description) = (Text(name), Prose(text(named, "description")));
        let table = schema::table(named);
        format!("<section id=\"schema-{name}\"><h3>{name}</h3><p>{description}</p>{table}</section>")
    };
    let parts: Vec<_> = members(document, "/components/schemas").map(part).collect();
    format!("<h2>Bodies</h2>{}", parts.concat())
}
