//! What others write after it was read and before it is written, in each order
//! that could go wrong.

use registry::{
    Change, Consumer, ConsumerChange, ConsumerError, CredentialChange, Missing, Refusal, Revocation,
};

use crate::{
    relay::Fate,
    setup::{NOON, SECRET, Setup, any, consumer, credential, id, refusal},
};

const NOTHING: [&str; 0] = [];

fn rename(username: &str) -> ConsumerChange {
    ConsumerChange { username: Change::Set(username.into()), ..ConsumerChange::default() }
}

fn tag() -> CredentialChange {
    CredentialChange { tags: Change::Set(vec!["t".into()]), ..CredentialChange::default() }
}

impl Setup {
    async fn others_make(&self, consumer: &str, key: &str) {
        self.others.create_credential(consumer, &credential(2, key), NOON).await.unwrap();
    }

    async fn others_rename(&self, from: &str, to: &str) {
        self.others.update(from, rename(to), NOON).await.unwrap();
    }

    /// Deletes by an index that does not know of the last moment.
    async fn delete_with_a_late_index(&self, consumer: &str) -> Result<(), ConsumerError> {
        self.relay.behave(|call| match call.operation.as_str() {
            "Query" => Fate::Answered(200, serde_json::json!({"Items": [], "Count": 0})),
            _ => Fate::Passes,
        });
        self.consumers.delete(consumer).await
    }
}

#[tokio::test]
async fn a_credential_is_made_while_its_consumer_is_deleted() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let delete = setup.consumers.delete("shop");
    setup.relay.meanwhile(delete, setup.others_make("shop", "key-2")).await.unwrap();
    assert_eq!(setup.keys().await, NOTHING);
}

#[tokio::test]
async fn a_consumer_is_deleted_while_a_credential_is_made_for_it() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let new = credential(2, "key-2");
    let make = setup.consumers.create_credential("shop", &new, NOON);
    let made = setup.relay.meanwhile(make, async { setup.others.delete("shop").await.unwrap() }).await;
    assert_eq!(refusal(made), Refusal::NotFound(Missing::Consumer));
    assert_eq!(setup.keys().await, NOTHING);
}

#[tokio::test]
async fn a_credential_is_made_while_its_consumer_is_renamed() {
    let setup = Setup::start().await;
    let shop = setup.shop("key-1").await;
    let rename = setup.consumers.update("shop", rename("store"), NOON);
    setup.relay.meanwhile(rename, setup.others_make("shop", "key-2")).await.unwrap();
    assert_eq!(setup.principal("key-2", SECRET, 0).await.as_deref(), Ok("consumer:store"));

    let new = credential(3, "key-3");
    let make = setup.consumers.create_credential(&shop.id, &new, NOON);
    let made = setup.relay.meanwhile(make, setup.others_rename("store", "mart")).await.unwrap();
    assert_eq!(made.consumer, "mart");
    assert_eq!(setup.principal("key-3", SECRET, 0).await.as_deref(), Ok("consumer:mart"));
}

#[tokio::test]
async fn a_credential_is_changed_while_its_consumer_is_renamed() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let (path, change) = (any("key-1"), tag());
    let update = setup.consumers.update_credential(path, &change, NOON);
    setup.relay.meanwhile(update, setup.others_rename("shop", "store")).await.unwrap();
    let credential = setup.by_key("key-1").await.unwrap();
    assert_eq!((credential.consumer.as_str(), credential.tags.len()), ("store", 1));

    let rename = setup.consumers.update("store", rename("mart"), NOON);
    let change = CredentialChange { max_lifetime_secs: Change::Set(60), ..CredentialChange::default() };
    let other = async { drop(setup.others.update_credential(path, &change, NOON).await.unwrap()) };
    setup.relay.meanwhile(rename, other).await.unwrap();
    let credential = setup.by_key("key-1").await.unwrap();
    assert_eq!((credential.consumer.as_str(), credential.max_lifetime_secs), ("mart", 60));
}

#[tokio::test]
async fn two_change_one_credential() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let (path, change) = (any("key-1"), tag());
    let update = setup.consumers.update_credential(path, &change, NOON);
    let lifetime = CredentialChange { max_lifetime_secs: Change::Set(60), ..CredentialChange::default() };
    let other = async { drop(setup.others.update_credential(path, &lifetime, NOON).await.unwrap()) };
    setup.relay.meanwhile(update, other).await.unwrap();
    let credential = setup.by_key("key-1").await.unwrap();
    assert_eq!((credential.max_lifetime_secs, credential.tags.len()), (60, 1));

    let change = CredentialChange { enabled: Change::Set(false), ..CredentialChange::default() };
    let update = setup.consumers.update_credential(path, &change, NOON);
    let other = async { setup.others.delete_credential(path).await.unwrap() };
    let updated = setup.relay.meanwhile(update, other).await;
    assert_eq!(refusal(updated), Refusal::NotFound(Missing::Credential));
}

#[tokio::test]
async fn a_credential_is_revoked_while_it_is_changed() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let change = tag();
    let update = setup.consumers.update_credential(any("key-1"), &change, NOON);
    let revocation = Revocation::Credential { key: "key-1".into(), not_before: NOON.plus(60) };
    let verifiers = setup.verifiers_registry(0);
    let other = async { Box::pin(verifiers.revoke(&revocation, NOON)).await.unwrap() };
    let updated = setup.relay.meanwhile(update, other).await.unwrap();
    assert_eq!((updated.not_before, updated.tags.len()), (Some(NOON.plus(60)), 1));
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("Revoked".into()));
}

#[tokio::test]
async fn a_consumer_is_revoked_while_it_is_renamed() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let rename = setup.consumers.update("shop", rename("store"), NOON);
    let sub = "consumer:shop".into();
    let revocation = Revocation::Subject { sub, not_before: NOON.plus(60) };
    let verifiers = setup.verifiers_registry(0);
    let other = async { Box::pin(verifiers.revoke(&revocation, NOON.plus(3600))).await.unwrap() };
    setup.relay.meanwhile(rename, other).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("revoked".into()));
}

#[tokio::test]
async fn a_key_is_changed_while_another_credential_is_made() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let change = CredentialChange { key: Change::Set("key-9".into()), ..CredentialChange::default() };
    let update = setup.consumers.update_credential(any("key-1"), &change, NOON);
    setup.relay.meanwhile(update, setup.others_make("shop", "key-2")).await.unwrap();
    setup.delete_with_a_late_index("shop").await.unwrap();
    assert_eq!(setup.keys().await, NOTHING);
}

#[tokio::test]
async fn two_change_one_consumer() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let change = ConsumerChange { tags: Change::Set(vec!["t".into()]), ..ConsumerChange::default() };
    let update = setup.consumers.update("shop", change, NOON);
    let change = ConsumerChange { custom_id: Change::Set(Some("c-7".into())), ..ConsumerChange::default() };
    let other = async { drop(setup.others.update("shop", change, NOON).await.unwrap()) };
    let changed: Consumer = setup.relay.meanwhile(update, other).await.unwrap();
    assert_eq!((changed.tags.len(), changed.custom_id.as_deref()), (1, Some("c-7")));
    assert_eq!(setup.consumers.read(&id('c', 1)).await.unwrap(), changed);

    let update = setup.consumers.update("shop", rename("store"), NOON);
    let other = async { drop(setup.others.create(consumer(2, "store"), NOON).await.unwrap()) };
    let refused = refusal(setup.relay.meanwhile(update, other).await);
    assert_eq!(refused, Refusal::Conflict(registry::Taken::Username));
    assert_eq!(setup.by_key("key-1").await.unwrap().consumer, "shop");
}

#[tokio::test]
async fn a_credential_is_made_between_two_parts_of_a_deletion() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    for number in 10..70 {
        setup
            .others
            .create_credential("shop", &credential(number, &format!("k{number}")), NOON)
            .await
            .unwrap();
    }
    let delete = setup.consumers.delete("shop");
    setup.relay.meanwhile(delete, setup.others_make("shop", "key-2")).await.unwrap();
    assert_eq!(setup.keys().await, NOTHING);
}
