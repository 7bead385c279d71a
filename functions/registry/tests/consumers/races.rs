//! Two at once: one of them has it, and nothing is left in between.

use std::collections::BTreeSet;

use registry::{Change, ConsumerChange, CredentialChange, NewConsumer, PutBy, Refusal, Taken};

use crate::setup::{NOON, SECRET, Setup, any, consumer, credential, id, refusal, secret};

const NEXT: &str = "fedcba9876543210fedcba9876543210";

#[tokio::test]
async fn of_two_that_want_one_name_one_has_it() {
    let setup = Setup::start().await;
    for round in 0..10 {
        let username = format!("shop-{round}");
        let new = |number: usize| consumer(2 * round + number, &username);
        let made = tokio::join!(setup.consumers.create(new(0), NOON), setup.consumers.create(new(1), NOON));
        let taken = match made {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal::<()>(Err(taken)), Refusal::Conflict(Taken::Username));
    }
    for round in 0..10 {
        let owner = format!("shop-{round}");
        let (one, other) = (credential(2 * round, &owner), credential(2 * round + 1, &owner));
        let made = tokio::join!(
            setup.consumers.create_credential(&owner, &one, NOON),
            setup.consumers.create_credential(&owner, &other, NOON),
        );
        let taken = match made {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal::<()>(Err(taken)), Refusal::Conflict(Taken::CredentialKey));
    }
    assert_eq!(setup.keys().await.len(), 10 * 4);
}

#[tokio::test]
async fn a_credential_never_outlives_its_consumer_nor_keeps_an_old_name_of_it() {
    let setup = Setup::start().await;
    for round in 0..10 {
        let key = format!("key-{round}");
        setup.consumers.create(consumer(1, "shop"), NOON).await.unwrap();
        let change = ConsumerChange { username: Change::Set("store".into()), ..Default::default() };
        let new = credential(round, &key);
        let by_id = id('c', 1);
        let (made, renamed) = tokio::join!(
            setup.consumers.create_credential(&by_id, &new, NOON),
            setup.consumers.update("shop", change, NOON),
        );
        made.unwrap();
        renamed.unwrap();
        assert_eq!(setup.principal(&key, SECRET, 0).await.as_deref(), Ok("consumer:store"));

        let new = credential(100 + round, "late");
        let (made, deleted) = tokio::join!(
            setup.consumers.create_credential(&by_id, &new, NOON),
            setup.consumers.delete("store")
        );
        deleted.unwrap();
        drop(made);
        assert_eq!(setup.keys().await, [""; 0]);
    }
}

#[tokio::test]
async fn changes_of_different_fields_at_once_are_all_there_in_the_end() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let tags = CredentialChange { tags: Change::Set(vec!["t".into()]), ..CredentialChange::default() };
    let lifetime = CredentialChange { max_lifetime_secs: Change::Set(60), ..CredentialChange::default() };
    let revocation = registry::Revocation::Credential { key: "key-1".into(), not_before: NOON };
    let verifiers = setup.verifiers_registry(0);
    let (path, next) = (any("key-1"), secret(NEXT));
    let rename = ConsumerChange { username: Change::Set("store".into()), ..Default::default() };
    let done = tokio::join!(
        setup.consumers.update_credential(path, &tags, NOON),
        setup.consumers.update_credential(path, &lifetime, NOON),
        setup.consumers.replace_secret(path, &next, NOON.plus(60), NOON),
        setup.consumers.update("shop", rename, NOON),
        verifiers.revoke(&revocation, NOON),
    );
    for changed in [done.0, done.1, done.2] {
        changed.unwrap();
    }
    done.3.unwrap();
    done.4.unwrap();
    let credential = setup.by_key("key-1").await.unwrap();
    assert_eq!((credential.tags.len(), credential.max_lifetime_secs, credential.secrets.len()), (1, 60, 2));
    assert_eq!((credential.consumer.as_str(), credential.not_before), ("store", Some(NOON)));
}

#[tokio::test]
async fn the_same_put_twice_at_once_is_put() {
    let setup = Setup::start().await;
    for round in 0..10 {
        let username = format!("shop-{round}");
        let put = |number| setup.consumers.put(consumer(number, &username), PutBy::Name, NOON);
        let put = tokio::join!(put(2 * round), put(2 * round + 1));
        assert_eq!(put.0.unwrap().id, put.1.unwrap().id);

        let new = credential(round, &username);
        let put = |by| setup.consumers.put_credential(&username, &new, by, NOON);
        let put = tokio::join!(put(PutBy::Name), put(PutBy::Id));
        assert_eq!(put.0.unwrap(), put.1.unwrap());
    }
}

#[tokio::test]
async fn many_credentials_are_made_for_one_consumer_at_once() {
    let setup = Setup::start().await;
    let owner = NewConsumer { custom_id: Some("c-7".into()), ..consumer(1, "shop") };
    setup.consumers.create(owner, NOON).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..20 {
        let consumers = setup.consumers.clone();
        tasks.spawn(async move {
            consumers.create_credential("shop", &credential(number, &format!("k{number}")), NOON).await
        });
    }
    let made: BTreeSet<_> = tasks.join_all().await.into_iter().map(|made| made.unwrap().key).collect();
    assert_eq!(made.len(), 20);
    setup.consumers.delete("shop").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
}
