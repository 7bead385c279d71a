//! Consumers over HTTP, on a table that speaks DynamoDB's protocol.

use registry::Consumers;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{
    app::{Answer, App, SECRET},
    database::on_each_database,
    table::{TABLE, Table, at},
};
use crate::store::AuditRow;

/// An issuer with a registry, and an administrator who looks after it.
pub(super) struct Office {
    pub(super) app: App,
    pub(super) table: Table,
    pub(super) token: String,
}

impl Office {
    pub(super) async fn open() -> Self {
        let table = Table::start();
        let consumers = Consumers::new(&table.endpoint.aws(), TABLE.into());
        let settings = [("JWT_SECRET", SECRET), ("AUTH_TABLE", TABLE)];
        let app = App::start_over(&settings, consumers).await;
        let token = app.administrator("root").await;
        Self { app, table, token }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.app.request(method, path).bearer_auth(&self.token)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Answer {
        self.app.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.app.send(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::DELETE, path)).await
    }

    pub(super) async fn form(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = self.request(method, path).header("content-type", "application/x-www-form-urlencoded");
        self.app.send(request.body(body.to_owned())).await
    }

    /// Makes a consumer and returns its id.
    pub(super) async fn consumer(&self, username: &str) -> String {
        let made = self.post("/consumers", json!({"username": username})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.field("id")
    }

    /// The events of the audit about consumers, in their order.
    pub(super) async fn events(&self) -> Vec<AuditRow> {
        let mut events = self.app.issuer.store.events(None, at(0).wall, 1000).await.unwrap();
        events.reverse();
        events.retain(|event| event.action.starts_with("consumer") || event.action.starts_with("credential"));
        events
    }

    async fn audit(&self) -> Vec<String> {
        let told = self.events().await.into_iter().map(|event| {
            assert_eq!((event.actor.as_str(), event.actor_id.as_deref()), ("user", Some("id-of-root")));
            format!("{} {}", event.action, event.subject.unwrap_or_default())
        });
        told.collect()
    }
}

impl Answer {
    /// What is wrong with each field.
    #[track_caller]
    pub(super) fn faults(&self, status: u16, fields: &Value) {
        assert_eq!(self.status, status, "{}", self.text);
        let code = if status == 409 { "conflict" } else { "invalid_request" };
        assert_eq!((self.field("error").as_str(), &self.json()["fields"]), (code, fields), "{}", self.text);
    }
}

async fn a_consumer_is_made_read_changed_replaced_and_deleted() {
    let office = Office::open().await;
    let made =
        office.post("/consumers", json!({"username": "shop", "custom_id": "42", "tags": ["b", "a"]})).await;
    assert_eq!(made.status, 201);
    let id = made.field("id");
    let shop = json!({
        "id": id, "username": "shop", "custom_id": "42", "tags": ["b", "a"],
        "created_at": 1_750_000_000, "updated_at": 1_750_000_000,
    });
    assert_eq!(made.json(), shop);
    for path in
        [format!("/consumers/{id}"), format!("/consumers/{}", id.to_uppercase()), "/consumers/shop".into()]
    {
        let read = office.get(&path).await;
        assert_eq!((read.status.as_u16(), read.json()), (200, shop.clone()));
    }

    office.app.clock.advance(10);
    let changed = office.patch("/consumers/shop", json!({"username": "store", "custom_id": null})).await;
    assert_eq!((changed.status.as_u16(), changed.field("username")), (200, "store".into()));
    assert_eq!(changed.json()["custom_id"], Value::Null);
    assert_eq!(changed.json()["tags"], json!(["b", "a"]), "what is not said stays");
    assert_eq!(changed.json()["updated_at"], 1_750_000_010);
    office.get("/consumers/shop").await.is_error(404, "not_found");

    let put = office.put(&format!("/consumers/{id}"), json!({"username": "store"})).await;
    assert_eq!((put.status.as_u16(), &put.json()["tags"]), (200, &json!([])), "what is not said goes");
    let made = office.put("/consumers/other", json!({"custom_id": "7"})).await;
    assert_eq!((made.status.as_u16(), made.field("username")), (200, "other".into()));
    let own_id = "1b0d6a5c-0000-4000-8000-000000000001";
    let by_id = office.put(&format!("/consumers/{own_id}"), json!({"username": "third"})).await;
    assert_eq!(by_id.field("id"), own_id);

    assert_eq!(office.delete("/consumers/store").await.status, 204);
    office.delete("/consumers/store").await.is_error(404, "not_found");
    assert_eq!(
        office.audit().await,
        [
            "consumer_created shop",
            "consumer_changed shop",
            "consumer_changed store",
            "consumer_created other",
            "consumer_created third",
            "consumer_deleted store",
        ]
    );
}

async fn a_consumer_without_a_username_has_its_custom_id_for_one() {
    let office = Office::open().await;
    let made = office.post("/consumers", json!({"custom_id": "42"})).await;
    assert_eq!((made.status.as_u16(), made.field("username")), (201, "42".into()));
    office.post("/consumers", json!({})).await.faults(400, &json!({"username": "or custom_id is needed"}));
    let again = office.post("/consumers", json!({"username": "42"})).await;
    again.faults(409, &json!({"username": "is taken"}));
    let again = office.post("/consumers", json!({"username": "43", "custom_id": "42"})).await;
    again.faults(409, &json!({"custom_id": "is taken"}));
}

async fn a_form_says_the_same_as_json() {
    let office = Office::open().await;
    for (name, tags) in [
        ("a", "tags[]=gold&tags[]=new"),
        ("b", "tags=gold,new"),
        ("c", "tags[1]=gold&tags[2]=new"),
        ("d", "tags%5B%5D=gold&tags%5B%5D=new"),
    ] {
        let made =
            office.form(Method::POST, "/consumers", &format!("username={name}&custom_id=&{tags}")).await;
        assert_eq!((made.status.as_u16(), &made.json()["tags"]), (201, &json!(["gold", "new"])), "{tags}");
    }
    let changed = office.form(Method::PATCH, "/consumers/a", "custom_id=4%202").await;
    assert_eq!(changed.field("custom_id"), "4 2");
    let cleared = office.form(Method::PATCH, "/consumers/a", "custom_id=&tags=").await;
    assert_eq!((&cleared.json()["custom_id"], &cleared.json()["tags"]), (&Value::Null, &json!([])));
}

async fn every_fault_is_told_by_its_field_and_no_value_is_said_again() {
    let office = Office::open().await;
    let odd = json!({"username": "a\nhunter2", "tags": "hunter2", "name": "hunter2", "id": 7});
    let told = office.post("/consumers", odd).await;
    told.faults(
        400,
        &json!({"id": "is not text", "name": "is not a field of this", "tags": "is not a list of texts"}),
    );
    assert!(!told.text.contains("hunter2"));
    let control = office.post("/consumers", json!({"username": "a\nhunter2"})).await;
    control.faults(400, &json!({"username": "is not 1 to 255 bytes of text without control characters"}));
    office
        .post("/consumers", json!({"username": "x", "id": "7"}))
        .await
        .faults(400, &json!({"id": "is not a UUID"}));
    let twice = office.form(Method::POST, "/consumers", "username=a&username=b").await;
    twice.faults(400, &json!({"username": "is there more than once"}));
    let id = office.consumer("shop").await;
    let other = office.put("/consumers/shop", json!({"username": "store"})).await;
    other.faults(400, &json!({"username": "is another than in the path"}));
    let other = office.patch("/consumers/shop", json!({"id": "1b0d6a5c-0000-4000-8000-000000000001"})).await;
    other.faults(400, &json!({"id": "cannot change"}));
    assert_eq!(office.patch("/consumers/shop", json!({"id": id})).await.status, 200);

    for body in ["[]", "{", "\"a\"", "{\"username\":\"\u{0}\"}"] {
        let request = office.request(Method::POST, "/consumers").header("content-type", "application/json");
        let answer = office.app.send(request.body(body.to_owned())).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    let request = office.request(Method::POST, "/consumers").header("content-type", "text/plain");
    office.app.send(request.body("username=a")).await.is_error(415, "unsupported_media_type");
    let request = office.request(Method::POST, "/consumers").header("content-type", "application/json");
    office.app.send(request.body("x".repeat(65 * 1024))).await.is_error(413, "too_large");
}

async fn consumers_are_listed_page_by_page() {
    let office = Office::open().await;
    for name in ["a", "b", "c"] {
        office.post("/consumers", json!({"username": name, "custom_id": format!("id {name}")})).await;
    }
    let mut seen = Vec::new();
    let mut path = "/consumers?size=2".to_owned();
    loop {
        let page = office.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let data = page.json()["data"].as_array().unwrap().clone();
        seen.extend(data.iter().map(|consumer| consumer["username"].as_str().unwrap().to_owned()));
        let body = page.json();
        let Some(next) = body["next"].as_str() else {
            assert_eq!(body.get("offset"), None);
            break;
        };
        assert!(body["offset"].is_string());
        path = next.to_owned();
    }
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);

    let found = office.get("/consumers?custom_id=id+b").await;
    assert_eq!(found.json()["data"][0]["username"], "b");
    assert_eq!(office.get("/consumers?custom_id=none").await.json(), json!({"data": [], "next": null}));
    office.get("/consumers?custom_id=").await.faults(400, &json!({"custom_id": "is empty"}));
    for size in ["0", "1001", "-1", "x"] {
        let answer = office.get(&format!("/consumers?size={size}")).await;
        answer.faults(400, &json!({"size": "is not a whole number from 1 to 1000"}));
    }
    office
        .get("/consumers?offset=x")
        .await
        .faults(400, &json!({"offset": "is not one that a page before gave"}));
    let by_tags = office.get("/consumers?tags=gold").await;
    by_tags.faults(400, &json!({"tags": "is not something that this list can be asked by"}));
}

async fn only_administrators_look_after_consumers() {
    let office = Office::open().await;
    office.consumer("shop").await;
    office.app.add_user("ada", super::app::PASSWORD).await;
    let ada = office.app.ada().await.access();
    for (method, path) in [
        (Method::GET, "/consumers"),
        (Method::POST, "/consumers"),
        (Method::GET, "/consumers/shop"),
        (Method::PUT, "/consumers/shop"),
        (Method::PATCH, "/consumers/shop"),
        (Method::DELETE, "/consumers/shop"),
        (Method::GET, "/consumers/shop/jwt"),
        (Method::POST, "/consumers/shop/jwt"),
        (Method::GET, "/consumers/shop/jwt/k"),
        (Method::PUT, "/consumers/shop/jwt/k"),
        (Method::PATCH, "/consumers/shop/jwt/k"),
        (Method::DELETE, "/consumers/shop/jwt/k"),
        (Method::POST, "/consumers/shop/jwt/k/secret"),
        (Method::POST, "/consumers/shop/jwt/k/revoke"),
        (Method::GET, "/jwts"),
        (Method::POST, "/jwts"),
        (Method::GET, "/jwts/k"),
        (Method::PUT, "/jwts/k"),
        (Method::PATCH, "/jwts/k"),
        (Method::DELETE, "/jwts/k"),
        (Method::GET, "/jwts/k/consumer"),
    ] {
        let anybody = office.app.request(method.clone(), path);
        office.app.send(anybody).await.is_error(401, "no_token");
        let user = office.app.request(method, path).bearer_auth(&ada);
        office.app.send(user).await.is_error(403, "forbidden");
    }
    assert_eq!(office.get("/consumers/shop").await.status, 200);
}

async fn without_a_registry_it_says_so() {
    let app = App::start_with(&[("JWT_SECRET", SECRET)]).await;
    let token = app.administrator("root").await;
    for path in ["/consumers", "/consumers/shop", "/jwts", "/consumers/shop/jwt"] {
        app.send(app.get(path).bearer_auth(&token)).await.is_error(404, "registry_not_configured");
        app.send(app.get(path)).await.is_error(401, "no_token");
    }
}

async fn a_registry_out_of_reach_is_told_and_what_may_have_been_done_is_kept() {
    let mut office = Office::open().await;
    office.consumer("shop").await;
    office.table.stop();
    for (method, path) in [
        (Method::GET, "/consumers"),
        (Method::GET, "/consumers/shop"),
        (Method::POST, "/consumers"),
        (Method::DELETE, "/consumers/shop"),
        (Method::GET, "/jwts/k"),
        (Method::POST, "/consumers/shop/jwt/k/secret"),
    ] {
        let answer = office.app.send(office.request(method, path).json(&json!({"username": "x"}))).await;
        // What is wrong with a body is wrong whatever the registry says.
        if answer.status != 400 {
            answer.is_error(503, "registry_unavailable");
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    let events = office.events().await;
    let last = events.last().unwrap();
    assert_eq!(
        (last.action.as_str(), last.subject.as_deref(), last.reason.as_deref()),
        ("consumer_created", Some("x"), Some("outcome_unknown"))
    );
}

on_each_database! {
    a_consumer_is_made_read_changed_replaced_and_deleted,
    a_consumer_without_a_username_has_its_custom_id_for_one,
    a_form_says_the_same_as_json,
    every_fault_is_told_by_its_field_and_no_value_is_said_again,
    consumers_are_listed_page_by_page,
    only_administrators_look_after_consumers,
    without_a_registry_it_says_so,
    a_registry_out_of_reach_is_told_and_what_may_have_been_done_is_kept,
}
