//! Both stores, and what is put into them.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use aws_config::{Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use dynoxide::{Database, actions::create_table::CreateTableRequest};
use serde_json::{Map, json};
use token::{Moment, Principal, Timestamp};

use super::relay::Relay;
use crate::{
    backend::{End, Finish, Speaker, Usage},
    conversation::{Conversation, Id, Message, Owner, Status},
    store::{Bounds, KeyHash, Page, Range, Store, claim::Claim, memory::MemoryStore, table::Table},
};

pub(super) const TABLE: &str = "chat";

/// Noon of a day in UTC.
const NOON: Timestamp = Timestamp::from_unix_secs(1_750_075_200);

/// A day, and room for three questions with their answers.
pub(super) const BOUNDS: Bounds = Bounds { retention_secs: 86_400, max_messages: 6 };

/// A day, and room for whatever a test needs.
pub(super) const WIDE: Bounds = Bounds { max_messages: 2000, ..BOUNDS };

/// A store on a table, with the relay before it.
pub(super) struct OnTable {
    pub(super) store: Store,
    /// The same, past the relay.
    pub(super) direct: Store,
    pub(super) relay: Relay,
    client: Client,
}

impl OnTable {
    pub(super) async fn start(bounds: Bounds) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let table = format!("http://{}", listener.local_addr().unwrap());
        let database = Database::memory().unwrap();
        database.create_table(chat_table()).unwrap();
        tokio::spawn(async move { dynoxide::server::serve_on(listener, database).await });
        let (relay, endpoint) = Relay::start(table.clone()).await;
        let direct = config(table, patient()).await;
        Self {
            store: on(&config(endpoint, patient()).await, bounds),
            direct: on(&direct, bounds),
            relay,
            client: Client::new(&direct),
        }
    }

    /// The sort keys of all items that there are, expired or not.
    pub(super) async fn keys(&self) -> Vec<String> {
        let answer = self.client.scan().table_name(TABLE).projection_expression("sk").send().await.unwrap();
        let mut keys: Vec<_> = answer.items().iter().map(|item| item["sk"].as_s().unwrap().clone()).collect();
        keys.sort();
        keys
    }

    /// The same, each with the end that DynamoDB sweeps by.
    pub(super) async fn ends(&self) -> Vec<(String, i64)> {
        let answer = self.client.scan().table_name(TABLE).send().await.unwrap();
        let read = |item: &HashMap<String, AttributeValue>| {
            (item["sk"].as_s().unwrap().clone(), item["ttl"].as_n().unwrap().parse().unwrap())
        };
        let mut ends: Vec<_> = answer.items().iter().map(read).collect();
        ends.sort();
        ends
    }

    /// Writes an attribute of the item with this sort key past the store.
    pub(super) async fn spoil(&self, sk: &str, name: &str, value: AttributeValue) {
        let answer = self.client.scan().table_name(TABLE).send().await.unwrap();
        let item = answer.items().iter().find(|item| item["sk"].as_s().unwrap() == sk).unwrap().clone();
        let put = self.client.put_item().table_name(TABLE).set_item(Some(item)).item(name, value);
        put.send().await.unwrap();
    }
}

pub(super) fn on(aws: &SdkConfig, bounds: Bounds) -> Store {
    Store::Table(Table::new(Some(aws), TABLE.into(), bounds))
}

pub(super) fn in_memory(bounds: Bounds) -> Store {
    Store::Memory(MemoryStore::new(bounds))
}

/// Both stores, by name.
pub(super) async fn both(bounds: Bounds) -> [(&'static str, Store); 2] {
    [("memory", in_memory(bounds)), ("table", OnTable::start(bounds).await.direct)]
}

/// A machine that is busy with other tests is no table that fails.
fn patient() -> TimeoutConfig {
    let minute = Duration::from_mins(1);
    TimeoutConfig::builder().operation_timeout(minute).operation_attempt_timeout(minute).build()
}

pub(super) async fn config(endpoint: String, timeouts: TimeoutConfig) -> SdkConfig {
    // How much is sent again the SDK limits by region in each process: failures
    // of one test are not to count against another.
    static REGIONS: AtomicUsize = AtomicUsize::new(0);
    let region = Region::new(format!("test-{}", REGIONS.fetch_add(1, Ordering::Relaxed)));
    let loader = keys::aws_loader().region(region).test_credentials();
    loader.timeout_config(timeouts).endpoint_url(endpoint).load().await
}

/// As the templates define it.
fn chat_table() -> CreateTableRequest {
    serde_json::from_value(json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }))
    .unwrap()
}

/// `secs` after noon.
pub(super) fn at(secs: u64) -> Moment {
    Moment { subsec_millis: 0, wall: NOON.plus(secs), monotonic: Duration::from_secs(secs) }
}

pub(super) fn owner(name: &str) -> Owner {
    let context = json!({"sub": name, "caller": "user", "role": "USER", "exp": "4102444800"});
    let context: Map<_, _> = context.as_object().unwrap().clone();
    Owner::of(&Principal::from_context(&context).unwrap())
}

/// The `number`th id.
pub(super) fn id(number: u64) -> Id {
    Id::parse(&format!("019790b0-0000-7000-8000-{number:012x}")).unwrap()
}

/// What begins as the `number`th conversation at `now`.
pub(super) fn conversation(number: u64, now: Moment) -> Conversation {
    Conversation {
        id: id(number),
        title: format!("No. {number}"),
        created_at: now.wall,
        updated_at: now.wall,
        messages: 1,
        last_message: None,
    }
}

pub(super) fn question(number: u64, text: &str, now: Moment) -> Message {
    Message {
        id: id(number),
        speaker: Speaker::User,
        text: text.into(),
        created_at: now.wall,
        status: Status::Complete,
        end: None,
    }
}

pub(super) fn answer(number: u64, text: &str, now: Moment) -> Message {
    let usage = Usage { input_tokens: 7, output_tokens: number };
    Message {
        speaker: Speaker::Assistant,
        end: Some(End { finish: Finish::Stop, usage }),
        ..question(number, text, now)
    }
}

/// A claim of `key` by the request that brings the `number`th ids along.
pub(super) fn claim(key: &str, number: u64, leased_until: Moment) -> Claim {
    Claim {
        key: KeyHash::of(key.as_bytes()),
        fingerprint: KeyHash::of(b"{}"),
        conversation: id(number),
        question: id(number + 1_000_000),
        answer: id(number + 2_000_000),
        leased_until: leased_until.wall,
    }
}

pub(super) fn first(limit: u32) -> Range {
    Range { limit, before: None }
}

/// The numbers of conversations, as [`id`] counts.
pub(super) fn numbers(page: &Page<Conversation>) -> Vec<u64> {
    page.items.iter().map(|conversation| number(conversation.id)).collect()
}

pub(super) fn number(id: Id) -> u64 {
    u64::from_str_radix(id.to_string().rsplit('-').next().unwrap(), 16).unwrap()
}

impl Store {
    /// Begins the `number`th conversation with a question of the same number.
    pub(super) async fn begun(&self, owner: &Owner, number: u64, now: Moment) -> Id {
        let first = question(number, "Hello?", now);
        self.begin(owner, &conversation(number, now), &first, now).await.unwrap();
        id(number)
    }

    /// The texts of a conversation, the newest first.
    pub(super) async fn texts(&self, owner: &Owner, conversation: Id, now: Moment) -> Option<Vec<String>> {
        let page = self.messages(owner, conversation, first(100), now).await.unwrap()?;
        assert_eq!(page.next, None);
        Some(page.items.into_iter().map(|message| message.text).collect())
    }
}
