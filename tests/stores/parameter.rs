//! The shared secret in the Parameter Store: the same promises.

use crate::{
    reply::{Reply, fault, text, well},
    setup::{ALLOW, CROWDS, NO_KEYS, all, ask, at, authorizer},
    stand_in::StandIn,
};

const SECRET: [(&str, &str); 1] = [("JWT_SECRET_PARAMETER", "/jwt")];
const MILLIS: u64 = 3000;

#[tokio::test]
async fn a_parameter_is_asked_for_once_and_bridged_like_a_secret() {
    for crowd in CROWDS {
        let store = StandIn::start(well).await;
        let authorizer = authorizer(&store, &SECRET).await;
        assert_eq!(ask(&authorizer, crowd, at(0), MILLIS).await, all(crowd, ALLOW));
        assert_eq!((store.calls(), store.most_under_way()), (1, 1), "this version is all it takes");
        store.behave(|_| fault(400, "ThrottlingException"));
        assert_eq!(ask(&authorizer, crowd, at(301), MILLIS).await, all(crowd, ALLOW));
        store.behave(|_| Reply::BrokenOff);
        assert_eq!(ask(&authorizer, crowd, at(400), MILLIS).await, all(crowd, ALLOW));
        store.behave(|_| fault(400, "AccessDeniedException"));
        assert!(ask(&authorizer, crowd, at(500), MILLIS).await.contains_key(NO_KEYS));
        assert_eq!(ask(&authorizer, crowd, at(500), MILLIS).await, all(crowd, NO_KEYS));
        assert_eq!(store.calls(), 1);
    }
}

#[tokio::test]
async fn a_parameter_that_cannot_be_had_leaves_the_question_open() {
    for (name, behaviour) in [
        ("not found", (|_| fault(400, "ParameterNotFound")) as crate::reply::Behaviour),
        ("a page", |_| text(200, "<html></html>")),
        ("a server fault", |_| text(500, "")),
        ("silence", |_| Reply::Silence),
    ] {
        for crowd in CROWDS {
            let store = StandIn::start(behaviour).await;
            let authorizer = authorizer(&store, &SECRET).await;
            assert_eq!(ask(&authorizer, crowd, at(0), 600).await, all(crowd, NO_KEYS), "{name}");
            assert!((1..=2).contains(&store.calls()) && store.most_under_way() == 1, "{name}");
        }
    }
}
