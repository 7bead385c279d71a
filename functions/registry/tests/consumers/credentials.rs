//! Credentials: what is written, what a verifier makes of it, and what is told.

use aws_sdk_dynamodb::types::AttributeValue;
use registry::{
    Change, ConsumerChange, CredentialChange, CredentialView, Fault, Missing, NewCredential, PutBy, Refusal,
    Revocation, SecretState, Taken,
};
use token::{Algorithm, CredentialError, CredentialSecret, Role};

use crate::{
    setup::{NOON, SECRET, Setup, any, consumer, credential, id, of, refusal, secret, text},
    verifying::{at, claim, sign},
};

const NEXT: &str = "fedcba9876543210fedcba9876543210";
const THIRD: &str = "00112233445566778899aabbccddeeff";
const FOURTH: &str = "ffeeddccbbaa99887766554433221100";

#[tokio::test]
async fn a_credential_is_all_that_was_given_but_for_its_secrets() {
    let setup = Setup::start().await;
    let owner = registry::NewConsumer { custom_id: Some("c-7".into()), ..consumer(1, "shop") };
    setup.consumers.create(owner, NOON).await.unwrap();
    let base64 =
        CredentialSecret { is_base64: true, not_after: Some(NOON.plus(60)), ..secret(&SECRET.repeat(2)) };
    let new = NewCredential {
        id: id('k', 1).to_uppercase(),
        algorithm: Algorithm::HS384,
        secrets: vec![base64, secret(&NEXT.repeat(2))],
        role: Role::Admin,
        enabled: false,
        max_lifetime_secs: 60,
        not_before: Some(NOON.minus(9)),
        tags: vec!["b".into(), "a".into()],
        ..credential(1, "key 1/ü")
    };
    let made = setup.consumers.create_credential("shop", &new, NOON).await.unwrap();
    let expected = CredentialView {
        id: id('k', 1),
        key: "key 1/ü".into(),
        consumer_id: Some(id('c', 1)),
        consumer: "shop".into(),
        custom_id: Some("c-7".into()),
        algorithm: Algorithm::HS384,
        role: Role::Admin,
        enabled: false,
        max_lifetime_secs: 60,
        not_before: Some(NOON.minus(9)),
        tags: vec!["b".into(), "a".into()],
        secrets: vec![
            SecretState { is_base64: true, not_after: Some(NOON.plus(60)) },
            SecretState { is_base64: false, not_after: None },
        ],
        created_at: Some(NOON),
        updated_at: Some(NOON),
    };
    assert_eq!(made, expected);
    assert!(!format!("{made:?}").contains(SECRET) && !format!("{new:?}").contains(SECRET));
    assert_eq!((made.live_secrets(NOON.plus(60)), made.live_secrets(NOON.plus(61))), (2, 1));
    for name in ["key 1/ü", &id('k', 1), &id('k', 1).to_uppercase()] {
        assert_eq!(setup.by_key(name).await.unwrap(), expected);
        assert_eq!(setup.consumers.credential(of("shop", name)).await.unwrap(), expected);
    }
    let verified = setup.verifiers_credential("key 1/ü").await.unwrap().unwrap();
    assert_eq!(
        (verified.username(), verified.custom_id(), verified.role(), verified.is_enabled()),
        ("shop", Some("c-7"), Role::Admin, false)
    );
    assert_eq!((verified.algorithm(), verified.max_lifetime_secs()), (Algorithm::HS384, 60));
    assert_eq!(verified.not_before(), Some(NOON.minus(9)));
}

#[tokio::test]
async fn a_credential_of_another_consumer_is_none() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    setup.consumers.create(consumer(2, "other"), NOON).await.unwrap();
    let missing = Refusal::NotFound(Missing::Credential);
    let (id, nobody) = (id('k', 1), Refusal::NotFound(Missing::Consumer));
    for path in [of("other", "key-1"), of("other", &id), any("key-2"), any("shop"), any(""), any("a\nb")] {
        assert_eq!(refusal(setup.consumers.credential(path).await), missing);
        assert_eq!(refusal(setup.consumers.delete_credential(path).await), missing);
        let change = CredentialChange { enabled: Change::Set(false), ..CredentialChange::default() };
        assert_eq!(refusal(setup.consumers.update_credential(path, &change, NOON).await), missing);
    }
    assert_eq!(refusal(setup.consumers.credential(of("nobody", "key-1")).await), nobody);
    let made = setup.consumers.create_credential("nobody", &credential(2, "key-2"), NOON).await;
    assert_eq!(refusal(made), nobody);
    assert!(setup.by_key("key-1").await.unwrap().enabled);
}

#[tokio::test]
async fn a_key_and_an_id_belong_to_one() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    setup.consumers.create(consumer(2, "other"), NOON).await.unwrap();
    let before = setup.keys().await;
    for (new, taken) in
        [(credential(2, "key-1"), Taken::CredentialKey), (credential(1, "key-2"), Taken::CredentialId)]
    {
        for consumer in ["shop", "other"] {
            let made = setup.consumers.create_credential(consumer, &new, NOON).await;
            assert_eq!(refusal(made), Refusal::Conflict(taken));
        }
        let put = setup.consumers.put_credential("other", &new, PutBy::Name, NOON).await;
        assert_eq!(refusal(put), Refusal::Conflict(taken));
    }
    assert_eq!(setup.keys().await, before);
}

#[tokio::test]
async fn nothing_is_written_that_no_verifier_can_use() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let before = setup.keys().await;
    let of_secrets = |secrets| NewCredential { secrets, ..credential(2, "key-2") };
    let junk = CredentialSecret { is_base64: true, ..secret("this-is!no-base64-but-it-is-long-enough") };
    let cases = [
        (NewCredential { id: "2".into(), ..credential(2, "key-2") }, "the id is no UUID"),
        (
            credential(2, "a\nb"),
            "the credential cannot be used: its key is not 1 to 255 bytes of text without control characters",
        ),
        (of_secrets(vec![]), "the credential cannot be used: it has 0 secrets, 1 to 3 are allowed"),
        (
            of_secrets([SECRET, NEXT, THIRD, FOURTH].map(secret).into()),
            "the credential cannot be used: it has 4 secrets, 1 to 3 are allowed",
        ),
        (
            of_secrets(vec![secret(SECRET), secret("hunter2")]),
            "the credential cannot be used: its secret number 2: the secret has 7 bytes, HS256 needs at least \
             32",
        ),
        (
            of_secrets(vec![secret(SECRET), secret(SECRET)]),
            "the credential cannot be used: two of its secrets are the same",
        ),
        (
            of_secrets(vec![junk]),
            "the credential cannot be used: its secret number 1: the secret is not valid base64",
        ),
        (of_secrets(vec![secret(&"x".repeat(4097))]), "secret number 1 has more than 4096 bytes"),
        (
            NewCredential { max_lifetime_secs: 0, ..credential(2, "key-2") },
            "the credential cannot be used: its longest lifetime is zero",
        ),
        (
            NewCredential { max_lifetime_secs: u64::MAX, ..credential(2, "key-2") },
            "the max_lifetime_secs is out of range",
        ),
        (
            NewCredential { tags: vec!["t".into(); 65], ..credential(2, "key-2") },
            "at most 64 tags are allowed, each of 1 to 128 bytes without control characters",
        ),
    ];
    for (new, expected) in cases {
        let made = setup.consumers.create_credential("shop", &new, NOON).await;
        assert_eq!(refusal(made).to_string(), expected);
    }
    let algorithm = CredentialChange { algorithm: Change::Set(Algorithm::HS512), ..Default::default() };
    let changed = setup.consumers.update_credential(any("key-1"), &algorithm, NOON).await;
    assert!(matches!(
        refusal(changed),
        Refusal::Invalid(Fault::Credential(CredentialError::Secret { number: 1, .. }))
    ));
    assert_eq!(setup.keys().await, before);
    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:shop"));
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nothing_else() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let was = setup.by_key("key-1").await.unwrap();
    let change = CredentialChange { tags: Change::Set(vec!["t".into()]), ..CredentialChange::default() };
    let changed =
        setup.consumers.update_credential(of("shop", "key-1"), &change, NOON.plus(1)).await.unwrap();
    let expected = CredentialView { tags: vec!["t".into()], updated_at: Some(NOON.plus(1)), ..was.clone() };
    assert_eq!(changed, expected);
    assert_eq!(setup.by_key("key-1").await.unwrap(), expected);
    assert_eq!(setup.principal("key-1", SECRET, 0).await.as_deref(), Ok("consumer:shop"));

    let change = CredentialChange { enabled: Change::Set(false), ..CredentialChange::default() };
    setup.consumers.update_credential(any(&was.id), &change, NOON).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("ConsumerDisabled".into()));
    let change = CredentialChange {
        enabled: Change::Set(true),
        secrets: Change::Set(vec![secret(NEXT)]),
        ..CredentialChange::default()
    };
    setup.consumers.update_credential(any("key-1"), &change, NOON).await.unwrap();
    assert_eq!(setup.principal("key-1", NEXT, 0).await.as_deref(), Ok("consumer:shop"));
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("BadSignature".into()));
}

#[tokio::test]
async fn a_key_that_was_changed_is_free_for_others() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let key = |key: &str| CredentialChange { key: Change::Set(key.into()), ..CredentialChange::default() };
    let changed = setup.consumers.update_credential(any("key-1"), &key("key-2"), NOON).await.unwrap();
    assert_eq!((changed.key.as_str(), &changed.id), ("key-2", &id('k', 1)));
    assert_eq!(setup.by_key(&id('k', 1)).await.unwrap(), changed);
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("unknown".into()));
    assert_eq!(setup.principal("key-2", SECRET, 0).await.as_deref(), Ok("consumer:shop"));

    setup.consumers.create_credential("shop", &credential(2, "key-1"), NOON).await.unwrap();
    let taken = setup.consumers.update_credential(any("key-2"), &key("key-1"), NOON).await;
    assert_eq!(refusal(taken), Refusal::Conflict(Taken::CredentialKey));
    setup.consumers.delete("shop").await.unwrap();
    assert_eq!(setup.keys().await, [""; 0]);
}

#[tokio::test]
async fn two_secrets_live_while_one_is_replaced() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let path = of("shop", "key-1");
    let replace = async |value: &str, secs: u64| {
        setup.consumers.replace_secret(path, &secret(value), NOON.plus(secs + 60), NOON.plus(secs)).await
    };
    let replaced = replace(NEXT, 0).await.unwrap();
    let states: Vec<_> = replaced.secrets.iter().map(|secret| secret.not_after).collect();
    assert_eq!(states, [None, Some(NOON.plus(60))]);
    assert_eq!(setup.principal("key-1", SECRET, 60).await.as_deref(), Ok("consumer:shop"));
    assert_eq!(setup.principal("key-1", NEXT, 60).await.as_deref(), Ok("consumer:shop"));
    assert_eq!(setup.principal("key-1", SECRET, 61).await, Err("BadSignature".into()));

    let replaced = replace(THIRD, 10).await.unwrap();
    let states: Vec<_> = replaced.secrets.iter().map(|secret| secret.not_after).collect();
    assert_eq!(states, [None, Some(NOON.plus(70)), Some(NOON.plus(60))], "none is prolonged");
    let fourth = refusal(replace(FOURTH, 60).await);
    assert_eq!(fourth, Refusal::Invalid(Fault::TooManyLiveSecrets { live: 4, most: 3 }));
    assert_eq!(replace(FOURTH, 61).await.unwrap().secrets.len(), 3, "the first is over, and gone");

    let same = refusal(replace(FOURTH, 200).await);
    assert_eq!(same, Refusal::Invalid(Fault::Credential(CredentialError::SameSecret)));
    let at_once = setup.consumers.replace_secret(path, &secret(SECRET), NOON, NOON.plus(200)).await.unwrap();
    assert_eq!(at_once.secrets.len(), 1, "a secret that leaked ends at once");
    assert_eq!(setup.principal("key-1", FOURTH, 200).await, Err("BadSignature".into()));
}

#[tokio::test]
async fn a_revocation_is_never_undone_by_a_change() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let revocation = Revocation::Credential { key: "key-1".into(), not_before: NOON.plus(60) };
    setup.verifiers_registry(0).revoke(&revocation, NOON).await.unwrap();
    let earlier = CredentialChange { not_before: Change::Set(NOON), ..CredentialChange::default() };
    let changed = setup.consumers.update_credential(any("key-1"), &earlier, NOON).await.unwrap();
    assert_eq!(changed.not_before, Some(NOON.plus(60)));
    let put = setup.consumers.put_credential("shop", &credential(1, "key-1"), PutBy::Id, NOON).await.unwrap();
    assert_eq!(put.not_before, Some(NOON.plus(60)));
    let later = CredentialChange { not_before: Change::Set(NOON.plus(90)), ..CredentialChange::default() };
    let changed = setup.consumers.update_credential(any("key-1"), &later, NOON).await.unwrap();
    assert_eq!(changed.not_before, Some(NOON.plus(90)));
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("Revoked".into()));
}

#[tokio::test]
async fn a_credential_is_put_by_id_or_by_key() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let put = async |new, by| setup.consumers.put_credential("shop", &new, by, NOON.plus(1)).await.unwrap();
    let tagged = NewCredential { tags: vec!["t".into()], ..credential(9, "key-1") };
    let by_key = put(tagged, PutBy::Name).await;
    assert_eq!((&by_key.id, by_key.tags.len(), by_key.created_at), (&id('k', 1), 1, Some(NOON)));
    let by_id = put(credential(1, "key-2"), PutBy::Id).await;
    assert_eq!((by_id.key.as_str(), by_id.tags.len()), ("key-2", 0), "what is left out is gone");
    let new = put(credential(2, "key-1"), PutBy::Name).await;
    assert_eq!((&new.id, new.created_at), (&id('k', 2), Some(NOON.plus(1))));
    setup.consumers.create(consumer(2, "other"), NOON).await.unwrap();
    let taken = setup.consumers.put_credential("other", &credential(1, "key-9"), PutBy::Id, NOON).await;
    assert_eq!(refusal(taken), Refusal::Conflict(Taken::CredentialId));
}

#[tokio::test]
async fn a_credential_that_is_deleted_opens_nothing_and_is_free() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    setup.consumers.delete_credential(of("shop", &id('k', 1))).await.unwrap();
    assert_eq!(setup.principal("key-1", SECRET, 0).await, Err("unknown".into()));
    let again = setup.consumers.delete_credential(any("key-1")).await;
    assert_eq!(refusal(again), Refusal::NotFound(Missing::Credential));
    setup.consumers.create_credential("shop", &credential(1, "key-1"), NOON).await.unwrap();
}

#[tokio::test]
async fn a_verifier_sees_a_change_once_its_memory_is_over() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let registry = setup.verifiers_registry(5);
    let claim = claim(&sign("key-1", SECRET));
    let username = async |secs| {
        let credential = registry.credential(&claim, at(secs)).await.unwrap();
        credential.map(|credential| credential.username().to_owned())
    };
    assert_eq!(username(0).await.as_deref(), Some("shop"));
    let change = ConsumerChange { username: Change::Set("store".into()), ..ConsumerChange::default() };
    setup.consumers.update("shop", change, NOON).await.unwrap();
    assert_eq!(username(4).await.as_deref(), Some("shop"));
    assert_eq!(username(5).await.as_deref(), Some("store"));
    setup.consumers.delete("store").await.unwrap();
    assert_eq!(username(9).await.as_deref(), Some("store"));
    assert_eq!(username(10).await, None);
    assert_eq!(registry.reads(), 3);
}

#[tokio::test]
async fn what_is_not_understood_here_stays_as_it_is() {
    let setup = Setup::start().await;
    setup.shop("key-1").await;
    let short = AttributeValue::L(vec![AttributeValue::M([("value".into(), text("tooshort"))].into())]);
    let ttl = AttributeValue::N(NOON.plus(600).as_unix_secs().to_string());
    let by_hand = [
        ("consumer", text("shop")),
        ("role", text("user")),
        ("secrets", short),
        ("note", text("ask Ada")),
        ("tags", AttributeValue::Ss(vec!["t".into()])),
        ("ttl", ttl.clone()),
    ];
    setup.write_by_hand("CRED#by-hand", &by_hand).await;
    assert!(setup.verifiers_credential("by-hand").await.is_err());
    let seen = setup.consumers.credential(of("shop", "by-hand")).await.unwrap();
    assert_eq!(seen.secrets[0].not_after, Some(NOON.plus(599)), "it can be seen, to be mended");
    let change = CredentialChange { secrets: Change::Set(vec![secret(SECRET)]), ..Default::default() };
    setup.consumers.update_credential(any("by-hand"), &change, NOON).await.unwrap();
    assert_eq!(setup.principal("by-hand", SECRET, 0).await.as_deref(), Ok("consumer:shop"));
    let get = setup.client.get_item().table_name(crate::setup::TABLE).key("pk", text("CRED#by-hand"));
    let item = get.send().await.unwrap().item.unwrap();
    assert_eq!((&item["note"], &item["ttl"]), (&text("ask Ada"), &ttl));
    setup.consumers.delete_credential(any("by-hand")).await.unwrap();
}
