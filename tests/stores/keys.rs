//! The shared secret in Secrets Manager.

use crate::{
    reply::{Behaviour, Call, Reply, fault, text, well},
    setup::{ALLOW, CROWDS, NO_KEYS, all, ask, ask_with, at, authorizer, forged},
    stand_in::StandIn,
};

const SECRET: [(&str, &str); 1] = [("JWT_SECRET_ARN", "jwt/shared")];

/// Enough for two attempts at a store that answers at all.
const MILLIS: u64 = 3000;

/// What a copy is worth after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Throttled, broken or out of reach: a copy serves on, up to the hard limit.
    Passing,
    /// The store said no, or something that holds no key: a copy ends at once.
    Final,
}

/// A behaviour, what it means, and the most calls that one refresh makes of it.
const CASES: [(&str, Behaviour, Kind, usize); 17] = [
    ("500", |_| fault(500, "InternalServiceError"), Kind::Passing, 2),
    ("500 without a code", |_| text(500, ""), Kind::Passing, 2),
    ("503 with a page", |_| text(503, "<html>busy</html>"), Kind::Passing, 2),
    ("throttled", |_| fault(400, "ThrottlingException"), Kind::Passing, 2),
    ("broken off", |_| Reply::BrokenOff, Kind::Passing, 2),
    ("hung up", |_| Reply::HungUp, Kind::Passing, 2),
    ("the first attempt fails, the next one too", |_| fault(502, "x"), Kind::Passing, 2),
    ("denied", |_| fault(400, "AccessDeniedException"), Kind::Final, 1),
    ("denied by another name", |_| fault(403, "AccessDenied"), Kind::Final, 1),
    ("deleted", |_| fault(400, "InvalidRequestException"), Kind::Final, 1),
    ("not decrypted", |_| fault(400, "DecryptionFailure"), Kind::Final, 1),
    ("not found", |_| fault(400, "ResourceNotFoundException"), Kind::Final, 1),
    ("empty", |_| text(200, ""), Kind::Final, 2),
    ("a page", |_| text(200, "<html>sign in</html>"), Kind::Final, 2),
    ("other JSON", |_| text(200, r#"{"SecretString":7}"#), Kind::Final, 2),
    ("no value", |_| text(200, r#"{"Name":"jwt/shared","VersionId":"v1"}"#), Kind::Final, 1),
    ("a short value", |_| text(200, r#"{"VersionId":"v1","SecretString":"hunter2"}"#), Kind::Final, 1),
];

fn previous_fails(call: &Call) -> Reply {
    if call.body["VersionStage"] == "AWSCURRENT" { well(call) } else { fault(500, "InternalServiceError") }
}

#[tokio::test]
async fn a_store_that_works_is_asked_once_for_everybody() {
    for crowd in CROWDS {
        let store = StandIn::start(well).await;
        let authorizer = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, ALLOW));
        assert_eq!((store.calls(), store.most_under_way()), (1, 1), "the current version is all it takes");
        assert_eq!(ask(&authorizer, crowd, at(299), MILLIS).await, all(crowd, ALLOW));
        assert_eq!(store.calls(), 1, "a fresh copy is not asked for again");
    }
}

#[tokio::test]
async fn a_token_of_another_key_is_refused_once_the_version_before_is_known() {
    for crowd in CROWDS {
        let store = StandIn::start(previous_fails).await;
        let authorizer = authorizer(&store, &SECRET).await;
        assert_eq!(ask_with(&forged(), &authorizer, crowd, at(0), MILLIS).await, all(crowd, NO_KEYS));
        assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, ALLOW), "others are let in");
        store.behave(well);
        assert_eq!(ask_with(&forged(), &authorizer, crowd, at(2), MILLIS).await, all(crowd, "Unauthorized"));
        assert_eq!((store.calls(), store.most_under_way()), (2, 1), "current and previous, in turn");
    }
}

#[tokio::test]
async fn without_a_copy_every_failure_leaves_the_question_open() {
    for (name, behaviour, _, most_calls) in CASES {
        for crowd in CROWDS {
            let store = StandIn::start(behaviour).await;
            let authorizer = authorizer(&store, &SECRET).await;
            assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, NO_KEYS), "{name}");
            let (calls, most) = (store.calls(), store.most_under_way());
            assert!((1..=most_calls).contains(&calls) && most == 1, "{name}: {calls} calls, {most} at once");

            store.behave(well);
            assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, NO_KEYS), "{name}: a pause");
            assert_eq!(store.calls(), 0, "{name}");
            assert_eq!(ask(&authorizer, crowd, at(1), MILLIS).await, all(crowd, ALLOW), "{name}: over");
        }
    }
}

#[tokio::test]
async fn a_copy_bridges_what_passes_up_to_the_hard_limit_and_nothing_else() {
    for (name, behaviour, kind, most_calls) in CASES {
        for crowd in CROWDS {
            let store = StandIn::start(well).await;
            let authorizer = authorizer(&store, &SECRET).await;
            assert_eq!(ask(&authorizer, 1, at(0), MILLIS).await, all(1, ALLOW), "{name}");

            store.behave(behaviour);
            let answers = ask(&authorizer, crowd, at(301), MILLIS).await;
            match kind {
                Kind::Passing => assert_eq!(answers, all(crowd, ALLOW), "{name}"),
                // Those who came while the question was open still had the copy.
                Kind::Final => assert!(
                    answers.contains_key(NO_KEYS)
                        && answers.keys().all(|told| told == NO_KEYS || told == ALLOW),
                    "{name}: {answers:?}"
                ),
            }
            let (calls, most) = (store.calls(), store.most_under_way());
            assert!((1..=most_calls).contains(&calls) && most == 1, "{name}: {calls} calls, {most} at once");
            let after = if kind == Kind::Passing { ALLOW } else { NO_KEYS };
            assert_eq!(ask(&authorizer, crowd, at(301), MILLIS).await, all(crowd, after), "{name}");
            assert_eq!(store.calls(), calls, "{name}: the store is left in peace");

            assert_eq!(ask(&authorizer, crowd, at(3601), MILLIS).await, all(crowd, NO_KEYS), "{name}");
            store.behave(well);
            assert_eq!(ask(&authorizer, crowd, at(3640), MILLIS).await, all(crowd, ALLOW), "{name}: over");
        }
    }
}

#[tokio::test]
async fn a_store_out_of_reach_is_bridged_as_well() {
    for crowd in CROWDS {
        let mut store = StandIn::start(well).await;
        let warm = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&warm, 1, at(0), MILLIS).await, all(1, ALLOW));
        store.stop().await;
        assert_eq!(ask(&warm, crowd, at(301), MILLIS).await, all(crowd, ALLOW));
        assert_eq!(ask(&warm, crowd, at(3601), MILLIS).await, all(crowd, NO_KEYS));
        let cold = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&cold, crowd, at(0), MILLIS).await, all(crowd, NO_KEYS));
    }
}

#[tokio::test]
async fn a_store_that_hangs_costs_nobody_more_than_their_own_time() {
    for crowd in CROWDS {
        let store = StandIn::start(|_| Reply::Silence).await;
        let authorizer = authorizer(&store, &SECRET).await;
        // Less than one attempt may take: the function's own deadline ends it.
        assert_eq!(ask(&authorizer, crowd, at(0), 300).await, all(crowd, NO_KEYS));
        assert_eq!((store.calls(), store.most_under_way()), (1, 1), "those who waited do not ask again");
        store.behave(well);
        assert_eq!(ask(&authorizer, crowd, at(1), MILLIS).await, all(crowd, ALLOW));
    }
}

#[tokio::test]
async fn a_copy_serves_while_the_store_hangs() {
    for crowd in CROWDS {
        let store = StandIn::start(well).await;
        let authorizer = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&authorizer, 1, at(0), MILLIS).await, all(1, ALLOW));
        store.behave(|_| Reply::Silence);
        assert_eq!(ask(&authorizer, crowd, at(301), 2000).await, all(crowd, ALLOW));
        assert!(store.calls() <= 2, "{} calls", store.calls());
        assert_eq!(ask(&authorizer, crowd, at(3601), 300).await, all(crowd, NO_KEYS));
    }
}

#[tokio::test]
async fn a_failure_that_passes_at_once_is_not_seen() {
    fn once_throttled(call: &Call) -> Reply {
        if call.before == 0 { fault(400, "ThrottlingException") } else { well(call) }
    }
    for crowd in CROWDS {
        let store = StandIn::start(once_throttled).await;
        let authorizer = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, ALLOW));
        assert_eq!((store.calls(), store.most_under_way()), (2, 1));
    }
}
