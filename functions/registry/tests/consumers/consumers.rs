//! Consumers: who has which name, and what becomes of the credentials.

use aws_sdk_dynamodb::types::AttributeValue;
use registry::{
    Change, Consumer, ConsumerChange, Fault, Missing, NewConsumer, PutBy, Refusal, Registry, Revocation,
    Taken,
};

use crate::setup::{NOON, SECRET, Setup, TABLE, any, consumer, credential, id, of, refusal, text};

fn renamed(username: &str) -> ConsumerChange {
    ConsumerChange { username: Change::Set(username.into()), ..ConsumerChange::default() }
}

#[tokio::test]
async fn a_consumer_is_found_by_each_of_its_names() {
    let setup = Setup::start().await;
    let new = NewConsumer {
        id: id('c', 1).to_uppercase(),
        username: "shop".into(),
        custom_id: Some("c-7".into()),
        tags: vec!["b".into(), "a".into(), "b".into()],
    };
    let made = setup.consumers.create(new, NOON).await.unwrap();
    let expected = Consumer {
        id: id('c', 1),
        username: "shop".into(),
        custom_id: Some("c-7".into()),
        tags: vec!["b".into(), "a".into(), "b".into()],
        created_at: NOON,
        updated_at: NOON,
    };
    assert_eq!(made, expected);
    for name in [id('c', 1), id('c', 1).to_uppercase(), "shop".to_owned()] {
        assert_eq!(setup.consumers.read(&name).await.unwrap(), expected);
    }
    assert_eq!(setup.consumers.read_by_custom_id("c-7").await.unwrap(), expected);

    let missing = Refusal::NotFound(Missing::Consumer);
    for name in ["", "c-7", "SHOP", &id('c', 2), "a\nb", &"x".repeat(100_000)] {
        assert_eq!(refusal(setup.consumers.read(name).await), missing);
    }
    assert_eq!(refusal(setup.consumers.read_by_custom_id("shop").await), missing);
    assert_eq!(refusal(setup.consumers.read_by_custom_id("").await), missing);
}

#[tokio::test]
async fn each_name_belongs_to_one() {
    let setup = Setup::start().await;
    let first = NewConsumer { custom_id: Some("c-7".into()), ..consumer(1, "shop") };
    setup.consumers.create(first, NOON).await.unwrap();
    for (new, taken) in [
        (consumer(1, "other"), Taken::ConsumerId),
        (consumer(2, "shop"), Taken::Username),
        (NewConsumer { custom_id: Some("c-7".into()), ..consumer(2, "other") }, Taken::CustomId),
    ] {
        assert_eq!(refusal(setup.consumers.create(new, NOON).await), Refusal::Conflict(taken));
    }
    assert_eq!(setup.keys().await.len(), 3, "nothing of the others was written");
    setup.consumers.create(consumer(2, "c-7"), NOON).await.unwrap();

    let change = ConsumerChange { custom_id: Change::Set(Some("c-7".into())), ..Default::default() };
    let taken = refusal(setup.consumers.update("c-7", change, NOON).await);
    assert_eq!(taken, Refusal::Conflict(Taken::CustomId));
    let taken = refusal(setup.consumers.update("c-7", renamed("shop"), NOON).await);
    assert_eq!(taken, Refusal::Conflict(Taken::Username));
}

#[tokio::test]
async fn what_no_consumer_can_be_is_refused_unasked() {
    let setup = Setup::start().await;
    for (new, fault) in [
        (NewConsumer { id: "shop".into(), ..consumer(1, "shop") }, Fault::Id),
        (consumer(1, ""), Fault::Name("username")),
        (consumer(1, &"x".repeat(256)), Fault::Name("username")),
        (NewConsumer { custom_id: Some(String::new()), ..consumer(1, "shop") }, Fault::Name("custom_id")),
        (NewConsumer { tags: vec![String::new()], ..consumer(1, "shop") }, Fault::Tags),
    ] {
        assert_eq!(refusal(setup.consumers.create(new, NOON).await), Refusal::Invalid(fault));
    }
    assert_eq!(setup.relay.calls("TransactWriteItems") + setup.relay.calls("BatchGetItem"), 0);
}

#[tokio::test]
async fn a_consumer_that_is_renamed_takes_its_credentials_along() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    setup.consumers.create_credential("shop", &credential(2, "key-2"), NOON).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:shop"));

    let change = ConsumerChange {
        username: Change::Set("store".into()),
        custom_id: Change::Set(Some("c-7".into())),
        tags: Change::Set(vec!["t".into()]),
    };
    let changed = setup.consumers.update("shop", change, NOON.plus(9)).await.unwrap();
    assert_eq!((changed.created_at, changed.updated_at), (NOON, NOON.plus(9)));
    assert_eq!(setup.consumers.read("store").await.unwrap(), changed);
    for key in ["key-1", "key-2"] {
        assert_eq!(setup.principal(key, SECRET, 0).await.as_deref(), Ok("consumer:store"));
        let credential = setup.verifiers_credential(key).await.unwrap().unwrap();
        assert_eq!(credential.custom_id(), Some("c-7"));
        assert_eq!(setup.consumers.credential(of("store", key)).await.unwrap().consumer, "store");
    }
    assert_eq!(refusal(setup.consumers.read("shop").await), Refusal::NotFound(Missing::Consumer));
    setup.consumers.create(consumer(2, "shop"), NOON).await.unwrap();

    let change = ConsumerChange { custom_id: Change::Set(None), ..Default::default() };
    setup.consumers.update("store", change, NOON).await.unwrap();
    let credential = setup.verifiers_credential("key-1").await.unwrap().unwrap();
    assert_eq!(credential.custom_id(), None);
    assert_eq!(
        setup.keys().await,
        [
            &format!("CONSUMER#{}", id('c', 1)),
            &format!("CONSUMER#{}", id('c', 2)),
            "CONSUMER_NAME#shop",
            "CONSUMER_NAME#store",
            "CRED#key-1",
            "CRED#key-2",
            &format!("CRED_ID#{}", id('k', 1)),
            &format!("CRED_ID#{}", id('k', 2)),
        ]
    );
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_not_written() {
    let setup = Setup::start().await;
    let shop = setup.shop("key-1").await;
    setup.relay.behave(crate::relay::passes);
    assert_eq!(setup.consumers.update("shop", renamed("shop"), NOON.plus(9)).await.unwrap(), shop);
    assert_eq!(setup.relay.calls("TransactWriteItems"), 0);
}

#[tokio::test]
async fn a_revoked_consumer_does_not_escape_under_another_name() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let revocation = |name: &str, secs| Revocation::Subject {
        sub: format!("consumer:{name}"),
        not_before: NOON.plus(secs),
    };
    let registry = Registry::new(&setup.aws, TABLE.into(), 0);
    registry.revoke(&revocation("shop", 60), NOON.plus(3600)).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 60).await, Err("revoked".into()));
    setup.consumers.update("shop", renamed("store"), NOON).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 60).await, Err("revoked".into()));

    // Whoever had the name before was revoked too, for less and for longer.
    registry.revoke(&revocation("mart", 1), NOON.plus(7200)).await.unwrap();
    setup.consumers.update("store", renamed("mart"), NOON).await.unwrap();
    let item = setup.client.get_item().table_name(TABLE).key("pk", text("SUB#consumer:mart")).send().await;
    let item = item.unwrap().item.unwrap();
    let number = |secs| AttributeValue::N(NOON.plus(secs).as_unix_secs().to_string());
    assert_eq!((&item["not_before"], &item["ttl"]), (&number(60), &number(7200)));

    // What is over counts no more, though it is still there.
    setup.write_by_hand("SUB#consumer:late", &[("ttl", number(4000))]).await;
    setup.consumers.update("mart", renamed("late"), NOON.plus(4000)).await.unwrap();
    let item = setup.client.get_item().table_name(TABLE).key("pk", text("SUB#consumer:late")).send().await;
    assert_eq!(item.unwrap().item.unwrap()["not_before"], number(60), "and not everything");
}

#[tokio::test]
async fn a_consumer_with_too_many_credentials_is_not_renamed_in_part() {
    let setup = Setup::start().await;
    setup.shop("key-001").await;
    for number in 2..=93 {
        let new = credential(number, &format!("key-{number:03}"));
        setup.consumers.create_credential("shop", &new, NOON).await.unwrap();
    }
    setup.consumers.update("shop", renamed("store"), NOON).await.unwrap();
    assert_eq!(setup.by_key("key-093").await.unwrap().consumer, "store");

    setup.consumers.create_credential("store", &credential(94, "key-094"), NOON).await.unwrap();
    let refused = refusal(setup.consumers.update("store", renamed("shop"), NOON).await);
    assert_eq!(refused, Refusal::Invalid(Fault::TooManyToRename { have: 94, most: 93 }));
    assert_eq!(setup.by_key("key-001").await.unwrap().consumer, "store");
    let tags = ConsumerChange { tags: Change::Set(vec!["t".into()]), ..Default::default() };
    assert_eq!(setup.consumers.update("store", tags, NOON).await.unwrap().tags, ["t"]);
}

#[tokio::test]
async fn what_is_put_takes_the_place_of_what_is_there() {
    let setup = Setup::start().await;
    let made = setup.consumers.put(consumer(1, "shop"), PutBy::Id, NOON).await.unwrap();
    let tagged = NewConsumer { tags: vec!["t".into()], ..consumer(9, "shop") };
    let put = setup.consumers.put(tagged, PutBy::Name, NOON.plus(1)).await.unwrap();
    assert_eq!((&put.id, put.created_at, put.tags.len()), (&made.id, NOON, 1), "it keeps its id");
    let put = setup.consumers.put(consumer(1, "store"), PutBy::Id, NOON).await.unwrap();
    assert_eq!((put.username.as_str(), put.tags.len()), ("store", 0), "what is left out is gone");
    let other = setup.consumers.put(consumer(2, "shop"), PutBy::Name, NOON).await.unwrap();
    assert_eq!(other.id, id('c', 2));
    let taken = refusal(setup.consumers.put(consumer(2, "store"), PutBy::Id, NOON).await);
    assert_eq!(taken, Refusal::Conflict(Taken::Username));
}

#[tokio::test]
async fn a_consumer_that_is_deleted_leaves_nothing_behind() {
    let setup = Setup::start().await;
    setup.consumers.create(consumer(2, "other"), NOON).await.unwrap();
    setup.consumers.create_credential("other", &credential(9, "other-key"), NOON).await.unwrap();
    let others = setup.keys().await;

    let new = NewConsumer { custom_id: Some("c-7".into()), ..consumer(1, "shop") };
    setup.consumers.create(new.clone(), NOON).await.unwrap();
    for number in 1..=3 {
        let new = credential(number, &format!("key-{number}"));
        setup.consumers.create_credential("shop", &new, NOON).await.unwrap();
    }
    setup.consumers.delete("shop").await.unwrap();
    assert_eq!(setup.keys().await, others);
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("unknown".into()));
    assert_eq!(refusal(setup.consumers.delete("shop").await), Refusal::NotFound(Missing::Consumer));
    setup.consumers.create(new, NOON).await.unwrap();
}

#[tokio::test]
async fn credentials_that_were_written_by_hand_share_the_fate_of_their_consumer() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let secrets = AttributeValue::L(vec![AttributeValue::M([("value".into(), text(SECRET))].into())]);
    let by_hand = [("consumer", text("shop")), ("role", text("USER")), ("secrets", secrets)];
    setup.write_by_hand("CRED#by-hand", &by_hand).await;
    setup.consumers.update("shop", renamed("store"), NOON).await.unwrap();
    assert_eq!(setup.principal("by-hand", SECRET, 0).await.as_deref(), Ok("consumer:store"));
    let seen = setup.consumers.credential(of("store", "by-hand")).await.unwrap();
    assert_eq!((seen.id.as_str(), seen.consumer_id, seen.created_at), ("by-hand", None, None));
    setup.consumers.delete("store").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_name_whose_owner_was_deleted_by_hand_is_free() {
    let setup = Setup::start().await;
    let new = NewConsumer { custom_id: Some("c-7".into()), ..consumer(1, "shop") };
    setup.consumers.create(new.clone(), NOON).await.unwrap();
    setup.consumers.create_credential("shop", &credential(1, "key-1"), NOON).await.unwrap();
    setup.delete_by_hand("CRED#key-1").await;
    assert_eq!(refusal(setup.by_key(&id('k', 1)).await), Refusal::NotFound(Missing::Credential));
    setup.consumers.create_credential("shop", &credential(1, "key-2"), NOON).await.unwrap();
    assert_eq!(setup.by_key(&id('k', 1)).await.unwrap().key, "key-2");
    setup.consumers.delete_credential(any("key-2")).await.unwrap();

    setup.delete_by_hand(&format!("CONSUMER#{}", id('c', 1))).await;
    assert_eq!(refusal(setup.consumers.read("shop").await), Refusal::NotFound(Missing::Consumer));
    setup.consumers.create(NewConsumer { id: id('c', 2), ..new }, NOON).await.unwrap();
    assert_eq!(setup.consumers.read_by_custom_id("c-7").await.unwrap().id, id('c', 2));

    setup.write_by_hand("CONSUMER_NAME#ghost", &[("id", text(&id('c', 2)))]).await;
    assert_eq!(refusal(setup.consumers.read("ghost").await), Refusal::NotFound(Missing::Consumer));
    setup.consumers.create(consumer(3, "ghost"), NOON).await.unwrap();
}
