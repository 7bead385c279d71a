//! A table that fails leaves the question open, and a secret unsaid.

use aws_config::{Region, timeout::TimeoutConfig};
use aws_sdk_dynamodb::types::AttributeValue;
use registry::{
    Change, ConsumerChange, ConsumerError, ConsumerImport, Consumers, CredentialChange, Missing, PageRequest,
    PageSize, PutBy, Refusal,
};

use crate::{
    relay::{Behaviour, Fate, canceled, fault, passes},
    setup::{NOON, SECRET, Setup, TABLE, any, consumer, credential, refusal, secret, text, unavailable},
};

const NEXT: &str = "fedcba9876543210fedcba9876543210";

const FAULTS: [(&str, Behaviour); 6] = [
    ("InternalServerError", |_| fault(500, "InternalServerError")),
    ("ThrottlingException", |_| fault(400, "ThrottlingException")),
    ("AccessDeniedException", |_| fault(400, "AccessDeniedException")),
    ("ResourceNotFoundException", |_| fault(400, "ResourceNotFoundException")),
    ("ValidationException", |_| fault(400, "ValidationException")),
    ("the answer says nothing of the", |_| Fate::Answered(200, serde_json::json!({}))),
];

/// Failures of transactions alone.
const WRITES: [(&str, Behaviour); 5] = [
    ("InternalServerError", |call| only_writes(call, || fault(500, "InternalServerError"))),
    ("AccessDeniedException", |call| only_writes(call, || fault(400, "AccessDeniedException"))),
    ("TransactionCanceledException", |call| only_writes(call, || canceled(&["None", "TransactionConflict"]))),
    ("TransactionCanceledException", |call| only_writes(call, || canceled(&["ValidationError"]))),
    ("TransactionCanceledException", |call| only_writes(call, || canceled(&[]))),
];

fn only_writes(call: &crate::relay::Call, fate: fn() -> Fate) -> Fate {
    if call.operation == "TransactWriteItems" { fate() } else { Fate::Passes }
}

async fn told<T: std::fmt::Debug>(call: impl Future<Output = Result<T, ConsumerError>>) -> String {
    unavailable(call.await)
}

#[tokio::test]
async fn no_call_takes_a_failure_for_an_answer() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let page = || PageRequest { size: PageSize::default(), after: None };
    let rename = || ConsumerChange { username: Change::Set("store".into()), ..Default::default() };
    let (consumers, new, next) = (&setup.consumers, credential(2, "key-2"), secret(NEXT));
    let (path, change) = (any("key-1"), CredentialChange::default());
    for (name, behaviour) in FAULTS {
        setup.relay.behave(behaviour);
        let of_consumers = tokio::join!(
            told(consumers.read("shop")),
            told(consumers.read_by_custom_id("c-7")),
            told(consumers.list(page())),
            told(consumers.create(consumer(2, "other"), NOON)),
            told(consumers.update("shop", rename(), NOON)),
            told(consumers.put(consumer(1, "store"), PutBy::Id, NOON)),
            told(consumers.delete("shop")),
        );
        let of_credentials = tokio::join!(
            told(consumers.credential(path)),
            told(consumers.credentials(page())),
            told(consumers.credentials_of_consumer("shop", page())),
            told(consumers.create_credential("shop", &new, NOON)),
            told(consumers.put_credential("shop", &new, PutBy::Name, NOON)),
            told(consumers.update_credential(path, &change, NOON)),
            told(consumers.replace_secret(path, &next, NOON, NOON)),
            told(consumers.delete_credential(path)),
        );
        let all = <[String; 7]>::from(of_consumers).into_iter().chain(<[String; 8]>::from(of_credentials));
        for told in all {
            assert!(told.contains(name), "{name}: {told}");
            assert!(!told.contains(SECRET) && !told.contains(NEXT), "{told}");
        }
        // An import is more patient with a table that is busy.
        if name != "ThrottlingException" {
            let import = ConsumerImport { consumer: consumer(2, "b"), credentials: vec![credential(3, "k")] };
            assert!(consumers.import(vec![import], NOON).await.unwrap_err().to_string().contains(name));
        }
    }
    setup.relay.behave(passes);
    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:shop"));
}

#[tokio::test]
async fn a_write_that_fails_leaves_the_question_open() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    for (name, behaviour) in WRITES {
        setup.relay.behave(behaviour);
        let told = unavailable(setup.consumers.create(consumer(2, "other"), NOON).await);
        assert!(told.contains(name), "{told}");
        assert!(setup.relay.calls("TransactWriteItems") <= 10, "and not for ever");
        unavailable(setup.consumers.create_credential("shop", &credential(2, "key-2"), NOON).await);
        unavailable(setup.consumers.delete("shop").await);
    }
    setup.relay.behave(passes);
    assert_eq!(setup.keys().await.len(), 4, "nothing was written");
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let setup = Setup::start().await;
    for behaviour in [
        (|call| if call.before < 3 { fault(400, "ThrottlingException") } else { Fate::Passes }) as Behaviour,
        |call| {
            let is_early = call.operation == "TransactWriteItems" && call.before < 3;
            if is_early { canceled(&["None", "TransactionConflict", "None"]) } else { Fate::Passes }
        },
        |call| {
            let is_early = call.operation == "TransactWriteItems" && call.before < 3;
            if is_early { canceled(&["ThrottlingError", "None", "None"]) } else { Fate::Passes }
        },
    ] {
        setup.relay.behave(behaviour);
        setup.consumers.create(consumer(1, "shop"), NOON).await.unwrap();
        setup.consumers.create_credential("shop", &credential(1, "key-1"), NOON).await.unwrap();
        setup.consumers.delete("shop").await.unwrap();
    }
}

#[tokio::test]
async fn a_write_whose_answer_got_lost_is_no_conflict_with_itself() {
    let setup = Setup::start().await;
    setup.relay.behave(|call| match call.operation.as_str() {
        "TransactWriteItems" if call.before % 2 == 0 => Fate::LosesItsAnswer,
        _ => Fate::Passes,
    });
    setup.shop("key-1").await;
    let replaced = setup.consumers.replace_secret(any("key-1"), &secret(NEXT), NOON, NOON).await.unwrap();
    assert_eq!(replaced.secrets.len(), 2);
    setup.consumers.delete("shop").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
}

#[tokio::test]
async fn a_deletion_that_was_stopped_in_between_is_finished_by_the_next() {
    let setup = Setup::start().await;
    let credentials = (0..130).map(|number| credential(number, &format!("k{number}"))).collect();
    let import = ConsumerImport { consumer: consumer(1, "shop"), credentials };
    setup.consumers.import(vec![import], NOON).await.unwrap();

    setup.relay.behave(|call| match call.operation.as_str() {
        "TransactWriteItems" if call.before > 0 => fault(500, "InternalServerError"),
        _ => Fate::Passes,
    });
    unavailable(setup.consumers.delete("shop").await);
    let count = |keys: &[String]| keys.iter().filter(|key| key.starts_with("CRED#")).count();
    assert_eq!(count(&setup.keys().await), 130 - 48);
    setup.relay.behave(passes);
    setup.consumers.read("shop").await.unwrap();
    setup.consumers.delete("shop").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
    assert_eq!(refusal(setup.consumers.delete("shop").await), Refusal::NotFound(Missing::Consumer));
}

#[tokio::test]
async fn an_index_that_lags_hides_no_credential_from_its_consumers_fate() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    setup.relay.behave(|call| match call.operation.as_str() {
        "Query" | "Scan" => Fate::Answered(200, serde_json::json!({"Items": [], "Count": 0})),
        _ => Fate::Passes,
    });
    let page = PageRequest { size: PageSize::default(), after: None };
    let listed = setup.consumers.credentials_of_consumer("shop", page).await.unwrap();
    assert_eq!(listed.entries.len(), 1, "what was just made is there at once");
    let rename = ConsumerChange { username: Change::Set("store".into()), ..Default::default() };
    setup.consumers.update("shop", rename, NOON).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:store"));
    setup.consumers.delete("store").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
}

#[tokio::test]
async fn an_item_that_makes_no_sense_is_named_but_nobody_in_it() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let number = AttributeValue::N("7".into());
    setup.write_by_hand("CONSUMER_NAME#shop", &[("id", number.clone())]).await;
    assert_eq!(
        unavailable(setup.consumers.read("shop").await),
        "the registry table is not available: the item \"CONSUMER_NAME\" cannot be used: it has no usable \
         \"id\""
    );
    setup.write_by_hand("CRED#key-1", &[("consumer", text("shop")), ("role", number)]).await;
    assert_eq!(
        unavailable(setup.consumers.credential(any("key-1")).await),
        "the registry table is not available: the item \"CRED#key-1\" cannot be used: an item has no usable \
         \"role\""
    );
    setup.consumers.delete_credential(any("key-1")).await.unwrap();
}

/// The clock goes on whenever nothing else does.
#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_is_not_waited_for_for_ever() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let loader = keys::aws_loader().region(Region::new("us-east-1")).test_credentials();
    let loader = loader.timeout_config(TimeoutConfig::disabled()).endpoint_url(endpoint);
    let consumers = Consumers::new(&loader.load().await, TABLE.into());
    let late = "the registry table is not available: no answer in time";
    assert_eq!(unavailable(consumers.read("shop").await), late);
    assert_eq!(unavailable(consumers.delete("shop").await), late);
    let page = PageRequest { size: PageSize::default(), after: None };
    assert_eq!(unavailable(consumers.list(page).await), late);
    let import = ConsumerImport { consumer: consumer(1, "shop"), credentials: Vec::new() };
    assert_eq!(consumers.import(vec![import], NOON).await.unwrap_err().to_string(), late);
}
