//! Many consumers at once.

use registry::{ConsumerImport, Fault, Imported, NewConsumer, NewCredential, Refusal, Taken};

use crate::{
    relay::{Fate, canceled, fault, passes},
    setup::{NOON, SECRET, Setup, consumer, credential, id, secret},
};

const NEXT: &str = "fedcba9876543210fedcba9876543210";

fn one(number: usize) -> ConsumerImport {
    let custom_id = number.is_multiple_of(2).then(|| format!("c-{number}"));
    ConsumerImport {
        consumer: NewConsumer { custom_id, ..consumer(number, &format!("consumer-{number}")) },
        credentials: vec![credential(number, &format!("key-{number}"))],
    }
}

fn refused(refusal: impl Into<Refusal>, credential: Option<usize>) -> Imported {
    Imported::Refused { refusal: refusal.into(), credential }
}

fn conflict(taken: Taken, credential: Option<usize>) -> Imported {
    refused(Refusal::Conflict(taken), credential)
}

#[tokio::test]
async fn the_same_again_changes_nothing_and_writes_nothing() {
    let setup = Setup::start().await;
    let all = || (0..300).map(one).collect::<Vec<_>>();
    let made = setup.consumers.import(all(), NOON).await.unwrap();
    assert_eq!(made, vec![Imported::Created; 300]);
    assert_eq!(setup.keys().await.len(), 300 * 4 + 150);
    assert_eq!(setup.principal("key-217", SECRET, 0).await.as_deref(), Ok("consumer:consumer-217"));
    assert_eq!(setup.consumers.read_by_custom_id("c-8").await.unwrap().username, "consumer-8");

    setup.relay.behave(passes);
    let again = setup.consumers.import(all(), NOON.plus(60)).await.unwrap();
    assert_eq!(again, vec![Imported::Unchanged; 300]);
    assert_eq!(setup.relay.calls("TransactWriteItems"), 0);
    assert_eq!(setup.consumers.read("consumer-8").await.unwrap().updated_at, NOON);
}

#[tokio::test]
async fn what_differs_is_changed_and_what_is_missing_made() {
    let setup = Setup::start().await;
    setup.consumers.import((0..6).map(one).collect(), NOON).await.unwrap();
    setup.delete_by_hand("CRED#key-5").await;

    let mut all: Vec<_> = (0..7).map(one).collect();
    all[1].consumer.username = "renamed".into();
    all[2].credentials[0].secrets = vec![secret(NEXT)];
    all[3].credentials[0].key = "moved".into();
    all[4].credentials.push(credential(40, "second"));
    let outcomes = setup.consumers.import(all, NOON.plus(60)).await.unwrap();
    let mut expected = vec![Imported::Updated; 7];
    expected[0] = Imported::Unchanged;
    expected[6] = Imported::Created;
    assert_eq!(outcomes, expected);

    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:renamed"));
    assert_eq!(setup.principal("key-2", NEXT, 0).await.as_deref(), Ok("consumer:consumer-2"));
    assert_eq!(setup.principal("moved", SECRET, 0).await.as_deref(), Ok("consumer:consumer-3"));
    assert_eq!(setup.principal("second", SECRET, 0).await.as_deref(), Ok("consumer:consumer-4"));
    assert_eq!(setup.principal("key-5", SECRET, 0).await.as_deref(), Ok("consumer:consumer-5"));
    assert_eq!(setup.principal("key-3", SECRET, 0).await, Err("unknown".into()));
    assert_eq!(setup.by_key("key-4").await.unwrap().created_at, Some(NOON));
}

#[tokio::test]
async fn a_name_that_is_anothers_is_told_and_stops_nobody_else() {
    let setup = Setup::start().await;
    let first = NewConsumer { custom_id: Some("taken".into()), ..consumer(900, "taken") };
    setup.consumers.create(first, NOON).await.unwrap();
    setup.consumers.create_credential("taken", &credential(900, "taken"), NOON).await.unwrap();

    let mut all: Vec<_> = (0..9).map(one).collect();
    all[1].consumer.username = "taken".into();
    all[2].consumer.custom_id = Some("taken".into());
    all[3].credentials.push(credential(30, "taken"));
    all[4].credentials.push(credential(900, "other"));
    // And among themselves: the first has it.
    all[5].consumer.username = "consumer-0".into();
    all[6].credentials.push(credential(60, "key-0"));
    all[7].credentials[0].secrets = vec![secret("hunter2")];
    let outcomes = setup.consumers.import(all, NOON).await.unwrap();
    let too_short = outcomes[7].clone();
    assert_eq!(
        outcomes,
        [
            Imported::Created,
            conflict(Taken::Username, None),
            conflict(Taken::CustomId, None),
            conflict(Taken::CredentialKey, Some(1)),
            conflict(Taken::CredentialId, Some(1)),
            conflict(Taken::Username, None),
            conflict(Taken::CredentialKey, Some(1)),
            too_short.clone(),
            Imported::Created,
        ]
    );
    let Imported::Refused { refusal: Refusal::Invalid(Fault::Credential(fault)), credential: Some(0) } =
        too_short
    else {
        panic!("{too_short:?}")
    };
    assert_eq!(fault.to_string(), "its secret number 1: the secret has 7 bytes, HS256 needs at least 32");
    // Of those that were refused nothing was written.
    assert_eq!(setup.keys().await.len(), 5 + 5 + 5);
}

#[tokio::test]
async fn those_that_were_made_meanwhile_stop_none_of_the_others() {
    let setup = Setup::start().await;
    let imports = (setup.consumers.clone(), setup.consumers.clone());
    let all = || (0..100).map(one).collect::<Vec<_>>();
    let outcomes = tokio::join!(imports.0.import(all(), NOON), imports.1.import(all(), NOON));
    let made = outcomes.0.unwrap().into_iter().zip(outcomes.1.unwrap());
    for outcome in made {
        let expected = [(Imported::Created, Imported::Unchanged), (Imported::Unchanged, Imported::Created)];
        assert!(expected.contains(&outcome), "{outcome:?}");
    }
    assert_eq!(setup.keys().await.len(), 100 * 4 + 50);
}

#[tokio::test]
async fn a_consumer_with_more_credentials_than_a_transaction_holds_is_made_in_parts() {
    let setup = Setup::start().await;
    let many = |count: usize| ConsumerImport {
        consumer: consumer(1, "shop"),
        credentials: (0..count).map(|number| credential(number, &format!("k{number}"))).collect(),
    };
    let import = async |count| setup.consumers.import(vec![many(count)], NOON).await.unwrap();
    assert_eq!(import(120).await, [Imported::Created]);
    assert_eq!(import(120).await, [Imported::Unchanged]);
    assert_eq!(setup.keys().await.len(), 2 + 2 * 120);
    let too_many = Fault::TooManyCredentials { most: 1000 };
    assert_eq!(import(1001).await, [refused(too_many, None)]);
}

#[tokio::test]
async fn a_busy_table_is_waited_for_and_one_that_fails_is_not() {
    let setup = Setup::start().await;
    setup.relay.behave(|call| match (call.operation.as_str(), call.before % 3) {
        (_, 0) => fault(400, "ProvisionedThroughputExceededException"),
        ("TransactWriteItems", 1) => canceled(&["ThrottlingError", "None"]),
        _ => Fate::Passes,
    });
    let all = || (0..100).map(one).collect::<Vec<_>>();
    let made = setup.consumers.import(all(), NOON).await.unwrap();
    assert_eq!(made, vec![Imported::Created; 100]);

    setup.relay.behave(|call| match call.operation.as_str() {
        "TransactWriteItems" if call.before > 0 => fault(400, "AccessDeniedException"),
        _ => Fate::Passes,
    });
    let more = || (100..300).map(one).collect::<Vec<_>>();
    let told = setup.consumers.import(more(), NOON).await.unwrap_err().to_string();
    assert_eq!(told, "the registry table is not available: AccessDeniedException");
    setup.relay.behave(passes);
    let outcomes = setup.consumers.import(more(), NOON).await.unwrap();
    let count = |wanted: &Imported| outcomes.iter().filter(|outcome| *outcome == wanted).count();
    assert!(count(&Imported::Unchanged) > 0, "what was written is left alone");
    assert_eq!(count(&Imported::Unchanged) + count(&Imported::Created), 200);
}

#[tokio::test]
async fn an_import_of_nothing_asks_nothing() {
    let setup = Setup::start().await;
    assert_eq!(setup.consumers.import(Vec::new(), NOON).await.unwrap(), []);
    assert_eq!(setup.relay.calls("BatchGetItem"), 0);
}

#[tokio::test]
async fn an_import_can_rotate_a_secret_and_keeps_a_revocation() {
    let setup = Setup::start().await;
    setup.consumers.import(vec![one(1)], NOON).await.unwrap();
    let not_before = NOON.plus(60);
    let revocation = registry::Revocation::Credential { key: "key-1".into(), not_before };
    setup.verifiers_registry(0).revoke(&revocation, NOON).await.unwrap();
    assert_eq!(setup.consumers.import(vec![one(1)], NOON).await.unwrap(), [Imported::Unchanged]);
    let rotated = || {
        let secrets = vec![secret(NEXT), secret(SECRET)];
        let credentials = vec![NewCredential { secrets, ..credential(1, "key-1") }];
        vec![ConsumerImport { credentials, ..one(1) }]
    };
    assert_eq!(setup.consumers.import(rotated(), NOON).await.unwrap(), [Imported::Updated]);
    assert_eq!(setup.consumers.import(rotated(), NOON).await.unwrap(), [Imported::Unchanged]);
    let credential = setup.by_key(&id('k', 1)).await.unwrap();
    assert_eq!((credential.secrets.len(), credential.not_before), (2, Some(not_before)));
}

#[tokio::test]
async fn a_batch_whose_answers_got_lost_is_made_once() {
    let setup = Setup::start().await;
    setup.relay.behave(|call| match call.operation.as_str() {
        // More often than the SDK tries by itself.
        "TransactWriteItems" if call.before < 3 => Fate::LosesItsAnswer,
        _ => Fate::Passes,
    });
    let made = setup.consumers.import((0..3).map(one).collect(), NOON).await.unwrap();
    assert_eq!(made, vec![Imported::Created; 3]);
}
