//! The registry's table in DynamoDB.

use serde_json::json;

use crate::{
    reply::{Behaviour, Call, Reply, fault, text, well},
    setup::{ALLOW, CROWDS, NO_KEYS, NO_REGISTRY, all, ask, at, authorizer},
    stand_in::StandIn,
};

const MILLIS: u64 = 3000;

/// The most rounds for keys that were left unprocessed.
const ROUNDS: usize = 4;

const CASES: [(&str, Behaviour); 14] = [
    ("500", |_| fault(500, "InternalServerError")),
    ("503 with a page", |_| text(503, "<html>busy</html>")),
    ("throttled", |_| fault(400, "ThrottlingException")),
    ("over the capacity", |_| fault(400, "ProvisionedThroughputExceededException")),
    ("denied", |_| fault(400, "AccessDeniedException")),
    ("no such table", |_| fault(400, "ResourceNotFoundException")),
    ("a page", |_| text(200, "<html>sign in</html>")),
    ("other JSON", |_| text(200, r#"{"Responses":[7]}"#)),
    ("broken off", |_| Reply::BrokenOff),
    ("hung up", |_| Reply::HungUp),
    ("never done", unprocessed),
    ("an entry without ttl", |_| item(r#"{"pk":{"S":"SUB#123456"}}"#)),
    ("an entry whose ttl is text", |_| item(r#"{"pk":{"S":"SUB#123456"},"ttl":{"S":"soon"}}"#)),
    ("an entry whose ttl is no number", |_| item(r#"{"pk":{"S":"SUB#123456"},"ttl":{"N":"soon"}}"#)),
];

/// Answers that are well formed and do not say whether a key is there.
const EVASIONS: [(&str, Behaviour); 5] = [
    ("empty", |_| text(200, "")),
    ("an object that says nothing", |_| text(200, "{}")),
    ("no word of the table", |_| text(200, r#"{"Responses":{}}"#)),
    ("another table", |_| text(200, r#"{"Responses":{"other":[]}}"#)),
    ("an entry without a key", |_| item(r#"{"ttl":{"N":"4102444800"}}"#)),
];

fn item(item: &str) -> Reply {
    text(200, &format!(r#"{{"Responses":{{"auth":[{item}]}},"UnprocessedKeys":{{}}}}"#))
}

fn unprocessed(call: &Call) -> Reply {
    let left = json!({"Responses": {}, "UnprocessedKeys": call.body["RequestItems"]});
    Reply::Answer(200, left.to_string())
}

/// The keys are at hand here; only the table misbehaves.
fn variables<'v>(more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
    let secret = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/development-secret.txt");
    [("JWT_SECRET_FILE", secret), ("AUTH_TABLE", "auth")].into_iter().chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_table_that_was_not_read_leaves_the_question_open() {
    for (name, behaviour) in CASES {
        for crowd in CROWDS {
            let store = StandIn::start(behaviour).await;
            let authorizer = authorizer(&store, &variables(&[])).await;
            assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, NO_REGISTRY), "{name}");
            // Two attempts each; whoever asks again for what was left, four times.
            let calls = store.calls();
            assert!((1..=crowd * ROUNDS).contains(&calls), "{name}: {calls} calls for {crowd}");
            // Nothing of it is remembered: the table's word counts again at once.
            store.behave(well);
            assert_eq!(ask(&authorizer, crowd, at(1), MILLIS).await, all(crowd, ALLOW), "{name}: over");
        }
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_keys_is_no_word_that_they_are_absent() {
    for (name, behaviour) in EVASIONS {
        let store = StandIn::start(behaviour).await;
        let authorizer = authorizer(&store, &variables(&[])).await;
        assert_eq!(ask(&authorizer, 1, at(0), MILLIS).await, all(1, NO_REGISTRY), "{name}");
    }
}

#[tokio::test]
async fn an_operator_may_let_tokens_pass_while_the_table_is_away() {
    for (name, behaviour) in CASES {
        let store = StandIn::start(behaviour).await;
        let authorizer = authorizer(&store, &variables(&[("REGISTRY_FAIL_OPEN", "true")])).await;
        assert_eq!(ask(&authorizer, 64, at(0), MILLIS).await, all(64, ALLOW), "{name}");
    }
}

#[tokio::test]
async fn a_table_out_of_reach_leaves_the_question_open() {
    for crowd in CROWDS {
        let mut store = StandIn::start(well).await;
        let authorizer = authorizer(&store, &variables(&[("REGISTRY_CACHE_SECONDS", "5")])).await;
        assert_eq!(ask(&authorizer, 1, at(0), MILLIS).await, all(1, ALLOW));
        store.stop().await;
        assert_eq!(ask(&authorizer, crowd, at(4), MILLIS).await, all(crowd, ALLOW), "read a moment ago");
        assert_eq!(ask(&authorizer, crowd, at(5), MILLIS).await, all(crowd, NO_REGISTRY));
    }
}

#[tokio::test]
async fn a_table_that_hangs_costs_nobody_more_than_their_own_time() {
    for crowd in CROWDS {
        let store = StandIn::start(|_| Reply::Silence).await;
        let authorizer = authorizer(&store, &variables(&[])).await;
        let answers = ask(&authorizer, crowd, at(0), 300).await;
        // Which store it was is known where its own time limit came first.
        assert!(answers.keys().all(|told| told == NO_REGISTRY || told == NO_KEYS), "{answers:?}");
        // On a busy machine some of them run out of time before they have asked.
        assert!((1..=crowd).contains(&store.calls()), "one call each at most: {}", store.calls());
        assert_eq!(ask(&authorizer, crowd, at(1), 4000).await, all(crowd, NO_REGISTRY));
    }
}

#[tokio::test]
async fn keys_that_were_left_out_once_are_asked_for_again() {
    fn once_unprocessed(call: &Call) -> Reply {
        if call.before == 0 { unprocessed(call) } else { well(call) }
    }
    let store = StandIn::start(once_unprocessed).await;
    let authorizer = authorizer(&store, &variables(&[])).await;
    assert_eq!(ask(&authorizer, 1, at(0), MILLIS).await, all(1, ALLOW));
    assert_eq!(store.calls(), 2);
}

#[tokio::test]
async fn what_is_revoked_stays_revoked_whatever_else_the_table_says() {
    for crowd in CROWDS {
        let store = StandIn::start(|_| item(r#"{"pk":{"S":"SUB#123456"},"ttl":{"N":"4102444800"}}"#)).await;
        let authorizer = authorizer(&store, &variables(&[("REGISTRY_FAIL_OPEN", "true")])).await;
        assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, "Unauthorized"));
    }
}
