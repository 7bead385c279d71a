//! The page: an introduction, the operations by subject, and what bodies hold.

use serde_json::Value;

use super::{
    html::{Prose, Text},
    operation, schema,
};

/// Returns the page for `document`.
pub(super) fn of(document: &Value, style: &str) -> String {
    let about = &document["info"];
    let text = |name: &str| about[name].as_str().unwrap_or_default();
    let (title, version) = (Text(text("title")), Text(text("version")));
    let subjects = document["tags"].as_array().into_iter().flatten();
    let subjects: String = subjects.map(|subject| section(document, subject)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{style}</style></head><body>\
         <h1>{title} {version}</h1><p>{}</p>\
         <p>For programs: <a href=\"openapi.json\">openapi.json</a></p>{}{subjects}{}\
         </body></html>\n",
        Prose(text("description")),
        schemes(document),
        schemas(document),
    )
}

fn schemes(document: &Value) -> String {
    let schemes = document["components"]["securitySchemes"].as_object().into_iter().flatten();
    let rows: String = schemes
        .map(|(name, scheme)| {
            let description = Prose(scheme["description"].as_str().unwrap_or_default());
            format!("<dt><code>{}</code></dt><dd>{description}</dd>", Text(name))
        })
        .collect();
    format!("<h2>Credentials</h2><dl>{rows}</dl>")
}

fn section(document: &Value, subject: &Value) -> String {
    let name = subject["name"].as_str().unwrap_or_default();
    let mut html = format!(
        "<section><h2>{}</h2><p>{}</p>",
        Text(name),
        Prose(subject["description"].as_str().unwrap_or_default()),
    );
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let subjects = operation["tags"].as_array();
            if subjects.is_some_and(|subjects| subjects.iter().any(|subject| subject == name)) {
                html += &operation::of(method, path, operation);
            }
        }
    }
    html + "</section>"
}

fn schemas(document: &Value) -> String {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let parts: String = schemas
        .map(|(name, named)| {
            let name = Text(name);
            let description = Prose(named["description"].as_str().unwrap_or_default());
            format!(
                "<section id=\"schema-{name}\"><h3>{name}</h3><p>{description}</p>{}</section>",
                schema::table(named)
            )
        })
        .collect();
    format!("<h2>Bodies</h2>{parts}")
}
