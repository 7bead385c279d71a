//! A table that fails leaves the question open, and what people said unsaid.

use std::{
    io,
    sync::{Arc, Mutex},
};

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};

use super::{
    relay::{Behaviour, Fate, canceled, fault, passes},
    setup::{
        BOUNDS, OnTable, TABLE, answer, at, claim, config, conversation, first, id, on, owner, question,
    },
};
use crate::store::{Period, Store, StoreUnavailable, table::Table};

const FAULTS: [(&str, Behaviour); 11] = [
    ("InternalServerError", |_| fault(500, "InternalServerError")),
    ("ThrottlingException", |_| fault(400, "ThrottlingException")),
    ("ProvisionedThroughputExceededException", |_| fault(400, "ProvisionedThroughputExceededException")),
    ("AccessDeniedException", |_| fault(400, "AccessDeniedException")),
    ("ResourceNotFoundException", |_| fault(400, "ResourceNotFoundException")),
    ("ValidationException", |_| fault(400, "ValidationException")),
    ("HTTP 503", |_| Fate::Answered(503, "<html>tell nobody</html>".into())),
    ("HTTP 403", |_| Fate::Answered(403, String::new())),
    ("HTTP 200", |_| Fate::Answered(200, "<html>tell nobody</html>".into())),
    ("HTTP 200", |_| Fate::Answered(200, r#"{"Item":["tell nobody"]"#.into())),
    ("HTTP 200", |_| Fate::Answered(200, "[7]".into())),
];

/// What all calls of a store came to, by name.
async fn all_calls(store: &Store) -> Vec<(&'static str, Result<(), StoreUnavailable>)> {
    let (ada, now) = (owner("tell nobody"), at(0));
    let (begun, said) = (conversation(1, now), question(1, "tell nobody", now));
    let (day, claim) = (Period::day(now.wall), claim("tell nobody", 1, at(60)));
    let history = async {
        tokio::join!(
            store.begin(&ada, &begun, &said, now),
            store.add(&ada, id(1), &said, now),
            store.conversation(&ada, id(1), now),
            store.conversations(&ada, first(9), now),
            store.messages(&ada, id(1), first(9), now),
            store.message(&ada, id(1), id(1), now),
            store.rename(&ada, id(1), "tell nobody", now),
            store.delete(&ada, id(1), now),
        )
    };
    let others = async {
        tokio::join!(
            store.count_request(&ada, Period::minute(now.wall), 5, now),
            store.reserve(&ada, day, 5, 9, now),
            store.settle(&ada, day, 5, 1, now),
            store.used(&ada, day, now),
            store.claim(&ada, &claim, now),
            store.answered(&ada, &claim, now),
            store.release(&ada, &claim, now),
        )
    };
    let (history, others) = tokio::join!(Box::pin(history), Box::pin(others));
    vec![
        ("begin", history.0),
        ("add", history.1.map(drop)),
        ("conversation", history.2.map(drop)),
        ("conversations", history.3.map(drop)),
        ("messages", history.4.map(drop)),
        ("message", history.5.map(drop)),
        ("rename", history.6.map(drop)),
        ("delete", history.7.map(drop)),
        ("count_request", others.0.map(drop)),
        ("reserve", others.1.map(drop)),
        ("settle", others.2),
        ("used", others.3.map(drop)),
        ("claim", others.4.map(drop)),
        ("answered", others.5),
        ("release", others.6),
    ]
}

async fn check_unavailable(store: &Store, how: &str) {
    for (call, told) in all_calls(store).await {
        assert_eq!(told, Err(StoreUnavailable), "{call}: {how}");
    }
}

/// Log lines as they are written.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn taken(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

#[tokio::test]
async fn no_call_takes_a_failure_for_an_answer_and_each_is_told_once_by_its_code() {
    let on_table = OnTable::start(BOUNDS).await;
    on_table.direct.begun(&owner("tell nobody"), 1, at(0)).await;
    // Where there is one subscriber only, `tracing` asks that of the thread which
    // comes by a line first, and another test has none. So there are two.
    let deaf = tracing_subscriber::fmt().with_max_level(LevelFilter::OFF).finish();
    let _deaf = tracing::Dispatch::new(deaf);
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
    let subscriber = tracing::Dispatch::new(subscriber);
    for (code, behaviour) in FAULTS {
        on_table.relay.behave(behaviour);
        check_unavailable(&on_table.store, code).with_subscriber(subscriber.clone()).await;
        let lines = lines.taken();
        assert!(!lines.contains("tell nobody"), "{lines}");
        let told = |line: &&str| line.contains("WARN") && line.contains(&format!("code=\"{code}\""));
        // Reading messages asks for two things at once, and stops at the first that fails.
        let count = lines.lines().filter(told).count();
        assert!((15..=17).contains(&count) && lines.lines().count() == count, "{code}: {count} of\n{lines}");
    }
    on_table.relay.behave(passes);
    for (call, told) in all_calls(&on_table.store).await {
        assert_eq!(told, Ok(()), "{call}");
    }
}

#[tokio::test]
async fn a_transaction_that_was_canceled_for_anything_else_says_nothing() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    on_table.direct.begun(&ada, 1, now).await;
    for behaviour in [
        (|_| canceled(&["None", "ValidationError"])) as Behaviour,
        |_| canceled(&["ItemCollectionSizeLimitExceeded", "None"]),
        |_| canceled(&["None", "TransactionConflict"]),
        |_| canceled(&["ProvisionedThroughputExceeded"]),
        |_| canceled(&["None", "None"]),
        |_| canceled(&[]),
    ] {
        on_table.relay.behave(behaviour);
        let said = question(2, "Hello?", now);
        assert_eq!(store.begin(&ada, &conversation(2, now), &said, now).await, Err(StoreUnavailable));
        assert_eq!(store.add(&ada, id(1), &said, now).await, Err(StoreUnavailable));
        let settled = store.settle(&ada, Period::day(now.wall), 5, 1, now).await;
        assert_eq!(settled, Err(StoreUnavailable));
        assert!(on_table.relay.calls().len() <= 18, "and not for ever");
    }
    assert_eq!(on_table.keys().await.len(), 2, "nothing was written");
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_no_word_that_nothing_is_there() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    on_table.direct.begun(&ada, 1, now).await;
    on_table.relay.behave(|_| Fate::Answered(200, "{}".into()));
    assert_eq!(store.conversations(&ada, first(9), now).await, Err(StoreUnavailable));
    assert_eq!(store.rename(&ada, id(1), "New", now).await, Err(StoreUnavailable));
    assert_eq!(store.delete(&ada, id(1), now).await, Err(StoreUnavailable));
    // A table that changes each time somebody looks is left to itself in the end.
    on_table.relay.behave(|_| canceled(&["None", "ConditionalCheckFailed"]));
    assert_eq!(store.add(&ada, id(1), &answer(2, "Hi", now), now).await, Err(StoreUnavailable));
    on_table.relay.behave(|_| fault(400, "ConditionalCheckFailedException"));
    let told = store.claim(&ada, &claim("k", 1, at(60)), now).await;
    assert_eq!(told, Err(StoreUnavailable));
}

#[tokio::test]
async fn an_item_that_makes_no_sense_is_no_answer() {
    let text = || AttributeValue::S("soon".into());
    for (name, value) in [
        ("ttl", text()),
        ("messages", text()),
        ("messages", AttributeValue::N("-1".into())),
        ("last_message", text()),
        ("title", AttributeValue::N("7".into())),
        ("created_at", AttributeValue::N("1.5".into())),
    ] {
        let on_table = OnTable::start(BOUNDS).await;
        let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
        store.begun(&ada, 1, now).await;
        on_table.spoil(&format!("CONV#{}", id(1)), name, value).await;
        assert_eq!(store.conversation(&ada, id(1), now).await, Err(StoreUnavailable), "{name}");
    }
    for (name, value) in
        [("speaker", text()), ("status", text()), ("text", AttributeValue::Bool(true)), ("finish", text())]
    {
        let on_table = OnTable::start(BOUNDS).await;
        let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
        store.begun(&ada, 1, now).await;
        on_table.spoil(&format!("MSG#{}", id(1)), name, value).await;
        assert_eq!(store.message(&ada, id(1), id(1), now).await, Err(StoreUnavailable), "{name}");
        assert_eq!(store.messages(&ada, id(1), first(9), now).await, Err(StoreUnavailable), "{name}");
    }
}

#[tokio::test]
async fn a_read_is_never_of_a_copy_that_lags() {
    let on_table = OnTable::start(BOUNDS).await;
    let (store, ada, now) = (&on_table.store, owner("ada"), at(0));
    let begun = store.begun(&ada, 1, now).await;
    on_table.relay.behave(|call| match call.operation.as_str() {
        "GetItem" | "Query" if call.body["ConsistentRead"] != true => fault(400, "ValidationException"),
        _ => Fate::Passes,
    });
    store.conversation(&ada, begun, now).await.unwrap();
    store.conversations(&ada, first(9), now).await.unwrap();
    store.messages(&ada, begun, first(9), now).await.unwrap();
    store.message(&ada, begun, id(1), now).await.unwrap();
    store.used(&ada, Period::day(now.wall), now).await.unwrap();
    store.delete(&ada, begun, now).await.unwrap();
    let reads =
        on_table.relay.calls().iter().filter(|call| ["GetItem", "Query"].contains(&call.as_str())).count();
    assert_eq!(reads, 8);
}

#[tokio::test]
async fn a_table_without_aws_cannot_be_reached() {
    let store = Store::Table(Table::new(None, TABLE.into(), BOUNDS));
    check_unavailable(&store, "no AWS").await;
}

/// Answers every connection like this.
async fn stand_in<F: Future<Output = ()> + Send>(
    converse: impl Fn(TcpStream) -> F + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            converse(stream).await;
        }
    });
    endpoint
}

#[tokio::test]
async fn a_connection_that_ends_is_no_answer() {
    let hangs_up = stand_in(async |mut stream| {
        let _some = stream.read_u8().await;
    })
    .await;
    let breaks_off = stand_in(async |mut stream| {
        let _some = stream.read_u8().await;
        let _sent = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"Item\":").await;
    })
    .await;
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for (how, endpoint) in [("hangs up", hangs_up), ("breaks off", breaks_off), ("nobody", nobody)] {
        let store = on(&config(endpoint, TimeoutConfig::disabled()).await, BOUNDS);
        check_unavailable(&store, how).await;
    }
}

/// The clock goes on whenever nothing else does.
#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_is_not_waited_for_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let store = on(&config(endpoint, TimeoutConfig::disabled()).await, BOUNDS);
    let (ada, now) = (owner("ada"), at(0));
    assert_eq!(store.conversation(&ada, id(1), now).await, Err(StoreUnavailable));
    assert_eq!(store.add(&ada, id(1), &answer(2, "Hi", now), now).await, Err(StoreUnavailable));
    assert_eq!(store.conversations(&ada, first(9), now).await, Err(StoreUnavailable));
    assert_eq!(store.reserve(&ada, Period::day(now.wall), 1, 9, now).await, Err(StoreUnavailable));
    assert_eq!(store.claim(&ada, &claim("k", 1, at(60)), now).await, Err(StoreUnavailable));
    assert_eq!(store.delete(&ada, id(1), now).await, Err(StoreUnavailable));
}
