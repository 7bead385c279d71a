//! The description of the API, beside the API.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{app::App, database::on_each_database};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

async fn document(app: &App) -> Value {
    let answer = app.send(app.get("/openapi.json")).await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

/// The operations of a document: method, path, and the operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((method, path.as_str(), operation));
            }
        }
    }
    found
}

async fn every_route_is_described_and_nothing_else() {
    let app = App::start().await;
    let document = document(&app).await;
    let described: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    // The router tells its paths to nobody but those who debug it.
    let router = format!("{:?}", crate::http::router(app.issuer.clone()));
    let strings = router.split('"').skip(1).step_by(2);
    let paths = strings.filter(|text| text.starts_with('/') && !text.contains("__private"));
    let paths = paths.filter(|path| *path != "/");
    // A slash at the end makes no other route.
    let served: BTreeSet<_> = paths.map(|path| path.trim_end_matches('/').to_owned()).collect();
    assert!(served.contains("/login") && served.contains("/docs"), "{served:?}");
    assert_eq!(served, described);
}

async fn every_operation_says_what_it_answers() {
    let app = App::start().await;
    let document = document(&app).await;
    let tags = document["tags"].as_array().unwrap();
    let tags: BTreeSet<_> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{name}");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{name}");
        for (status, answer) in answers {
            assert!(!answer["description"].as_str().unwrap().is_empty(), "{name} {status}");
            if status.starts_with('4') || status.starts_with('5') {
                let schema = &answer["content"]["application/json"]["schema"];
                assert!(is_error(&document, schema), "{name} {status}: {answer}");
            }
        }
    }
}

/// Whether a schema is the one of errors, or has all that it has.
fn is_error(document: &Value, schema: &Value) -> bool {
    let Some(reference) = schema["$ref"].as_str() else {
        return false;
    };
    let name = reference.strip_prefix("#/components/schemas/").unwrap();
    let parts = document["components"]["schemas"][name]["allOf"].as_array();
    name == "Error" || parts.is_some_and(|parts| parts.iter().any(|part| is_error(document, part)))
}

async fn every_reference_leads_somewhere() {
    let app = App::start().await;
    let document = document(&app).await;
    let text = document.to_string();
    let references = text.split(r##""$ref":"#"##).skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut count = 0;
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
        count += 1;
    }
    assert!(count > 10, "{count}");
    for (_, _, operation) in operations(&document) {
        let schemes = operation["security"].as_array().into_iter().flatten();
        for name in schemes.flat_map(|scheme| scheme.as_object().unwrap().keys()) {
            let known = &document["components"]["securitySchemes"][name];
            assert_eq!(known["type"], "http", "{name}");
        }
    }
}

async fn the_page_shows_everything_and_asks_nobody() {
    let app = App::start().await;
    let document = document(&app).await;
    let page = app.send(app.get("/docs")).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (method, path, _) in operations(&document) {
        let shown = format!("<b>{}</b> <code>{path}</code>", method.to_uppercase());
        assert!(page.text.contains(&shown), "{shown}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("id=\"schema-{name}\"")), "{name}");
    }
    let mut links = 0;
    for link in page.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let target = link.strip_prefix('#').map(|id| format!("id=\"{id}\""));
        assert!(target.is_none_or(|target| page.text.contains(&target)), "{link}");
        assert!(link.starts_with('#') || link == "openapi.json", "{link}");
        links += 1;
    }
    assert!(links > 20, "{links}");
    for foreign in ["<script", "http:", "https:", "src=", "style=\"", "@import", "url("] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
}

async fn examples_show_no_token_that_could_be_one() {
    let app = App::start().await;
    let text = document(&app).await.to_string();
    assert!(text.contains(r#""examples":[{"access_token":"#), "there are examples");
    assert!(!text.contains("eyJ"), "a token, or what looks like one to a scanner");
}

on_each_database! {
    every_route_is_described_and_nothing_else,
    every_operation_says_what_it_answers,
    every_reference_leads_somewhere,
    the_page_shows_everything_and_asks_nobody,
    examples_show_no_token_that_could_be_one,
}
