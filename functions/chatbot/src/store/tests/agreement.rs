//! Whatever is done in whatever order, both stores say the same.

use proptest::{collection::vec, prelude::*, sample::select};
use tokio::runtime::Runtime;

use super::setup::{BOUNDS, OnTable, answer, at, claim, conversation, id, in_memory, owner, question};
use crate::{
    conversation::{Conversation, Message, Owner, Status},
    store::{Added, Claimed, Deleted, KeyHash, Page, Period, Range, Store, claim::Claim},
};

/// Something that is done. Numbers are of few values, so that they meet.
#[derive(Debug, Clone)]
enum Step {
    Later(u64),
    Begin { conversation: u64, message: u64 },
    Ask { conversation: u64, message: u64 },
    Answer { conversation: u64, message: u64 },
    Fail { conversation: u64, message: u64, bytes: usize, status: Status },
    Rename { conversation: u64 },
    Delete { conversation: u64 },
    Read { conversation: u64, message: u64 },
    List(Range),
    Messages { conversation: u64, range: Range },
    CountRequest { limit: u64 },
    Reserve { days_ago: i64, tokens: u64, limit: u64 },
    Settle { days_ago: i64, reserved: u64, used: u64 },
    Claim { key: u8, body: u8, lease_secs: u64 },
    Answered(prop::sample::Index),
    Release(prop::sample::Index),
}

/// What a store said.
#[derive(Debug, PartialEq)]
enum Told {
    Nothing,
    Added(Added),
    Deleted(Deleted),
    Counted(bool),
    Used(bool, u64),
    Conversation(Option<Conversation>),
    Found(Option<Conversation>, Option<Message>),
    Conversations(Page<Conversation>),
    Messages(Option<Page<Message>>),
    Claimed(Claimed),
}

fn range() -> impl Strategy<Value = Range> {
    (1..4_u32, prop::option::of(0..12_u64))
        .prop_map(|(limit, before)| Range { limit, before: before.map(id) })
}

fn step() -> impl Strategy<Value = Step> {
    let later = select(vec![1, 30, 60, 3600, 43_200, 86_399, 86_400, 300_000]);
    let (conversations, messages) = (0..4_u64, 0..12_u64);
    let one = (conversations.clone(), messages);
    prop_oneof![
        2 => later.prop_map(Step::Later),
        3 => one.clone().prop_map(|(conversation, message)| Step::Begin { conversation, message }),
        5 => one.clone().prop_map(|(conversation, message)| Step::Ask { conversation, message }),
        5 => one.clone().prop_map(|(conversation, message)| Step::Answer { conversation, message }),
        3 => (one.clone(), 0..4_usize, any::<bool>()).prop_map(|((conversation, message), bytes, is_refused)| {
            let status = match (is_refused, bytes) {
                (true, _) => Status::Refused,
                (false, 0) => Status::Failed,
                (false, _) => Status::Cut,
            };
            Step::Fail { conversation, message, bytes, status }
        }),
        1 => conversations.clone().prop_map(|conversation| Step::Rename { conversation }),
        1 => conversations.clone().prop_map(|conversation| Step::Delete { conversation }),
        4 => one.prop_map(|(conversation, message)| Step::Read { conversation, message }),
        3 => range().prop_map(Step::List),
        3 => (conversations, range()).prop_map(|(conversation, range)| Step::Messages { conversation, range }),
        2 => (0..3_u64).prop_map(|limit| Step::CountRequest { limit }),
        4 => (0..5_i64, 0..9_u64, 0..20_u64)
            .prop_map(|(days_ago, tokens, limit)| Step::Reserve { days_ago, tokens, limit }),
        4 => (0..5_i64, 0..9_u64, 0..9_u64)
            .prop_map(|(days_ago, reserved, used)| Step::Settle { days_ago, reserved, used }),
        5 => (0..2_u8, 0..5_u8, select(vec![1, 60, 4000]))
            .prop_map(|(key, body, lease_secs)| Step::Claim { key, body, lease_secs }),
        2 => any::<prop::sample::Index>().prop_map(Step::Answered),
        2 => any::<prop::sample::Index>().prop_map(Step::Release),
    ]
}

/// The seconds since the beginning, and the claims so far.
#[derive(Debug, Default)]
struct Course {
    secs: u64,
    claims: Vec<Claim>,
}

impl Course {
    async fn go(&mut self, step: &Step, number: u64, store: &Store, owner: &Owner) -> Told {
        let now = at(self.secs);
        let today = Period::day(now.wall);
        match *step {
            Step::Later(secs) => {
                self.secs += secs;
                Told::Nothing
            }
            Step::Begin { conversation: begun, message } => {
                let said = question(message, &format!("{number}"), now);
                store.begin(owner, &conversation(begun, now), &said, now).await.unwrap();
                Told::Nothing
            }
            Step::Ask { conversation, message } => {
                let said = question(message, &format!("{number}"), now);
                Told::Added(store.add(owner, id(conversation), &said, now).await.unwrap())
            }
            Step::Answer { conversation, message } => {
                let said = answer(message, &format!("{number}"), now);
                Told::Added(store.add(owner, id(conversation), &said, now).await.unwrap())
            }
            Step::Fail { conversation, message, bytes, status } => {
                let said = Message { status, end: None, ..answer(message, &"x".repeat(bytes), now) };
                Told::Added(store.add(owner, id(conversation), &said, now).await.unwrap())
            }
            Step::Rename { conversation } => {
                let title = format!("{number}");
                Told::Conversation(store.rename(owner, id(conversation), &title, now).await.unwrap())
            }
            Step::Delete { conversation } => {
                Told::Deleted(store.delete(owner, id(conversation), now).await.unwrap())
            }
            Step::Read { conversation, message } => Told::Found(
                store.conversation(owner, id(conversation), now).await.unwrap(),
                store.message(owner, id(conversation), id(message), now).await.unwrap(),
            ),
            Step::List(range) => Told::Conversations(store.conversations(owner, range, now).await.unwrap()),
            Step::Messages { conversation, range } => {
                Told::Messages(store.messages(owner, id(conversation), range, now).await.unwrap())
            }
            Step::CountRequest { limit } => {
                let minute = Period::minute(now.wall);
                Told::Counted(store.count_request(owner, minute, limit, now).await.unwrap())
            }
            Step::Reserve { days_ago, tokens, limit } => {
                let day = Period(today.0 - days_ago);
                let reserved = store.reserve(owner, day, tokens, limit, now).await.unwrap();
                Told::Used(reserved, store.used(owner, day, now).await.unwrap())
            }
            Step::Settle { days_ago, reserved, used } => {
                let day = Period(today.0 - days_ago);
                store.settle(owner, day, reserved, used, now).await.unwrap();
                Told::Used(true, store.used(owner, day, now).await.unwrap())
            }
            Step::Claim { key, body, lease_secs } => {
                // Another body is rare, or no request would ever be carried on.
                let body = if body == 0 { "other" } else { "same" };
                let claim = claim(&format!("{key}"), number, at(self.secs + lease_secs));
                let claim = Claim { fingerprint: KeyHash::of(body.as_bytes()), ..claim };
                let claimed = store.claim(owner, &claim, now).await.unwrap();
                self.claims.push(match &claimed {
                    Claimed::TakenOver(claim) | Claimed::Done(claim) => claim.clone(),
                    _ => claim,
                });
                Told::Claimed(claimed)
            }
            Step::Answered(index) => {
                if !self.claims.is_empty() {
                    store.answered(owner, index.get(&self.claims), now).await.unwrap();
                }
                Told::Nothing
            }
            Step::Release(index) => {
                if !self.claims.is_empty() {
                    store.release(owner, index.get(&self.claims), now).await.unwrap();
                }
                Told::Nothing
            }
        }
    }
}

#[test]
fn both_stores_say_the_same_to_whatever_is_done() {
    let runtime = Runtime::new().unwrap();
    let on_table = runtime.block_on(OnTable::start(BOUNDS)).direct;
    let memory = in_memory(BOUNDS);
    let cases = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(48), |(steps in vec(step(), 1..60))| {
        // Nobody has been there before.
        cases.set(cases.get() + 1);
        let owner = owner(&format!("{}", cases.get()));
        let (mut here, mut there) = (Course::default(), Course::default());
        for (number, step) in (0..).zip(&steps) {
            let told_here = runtime.block_on(here.go(step, number, &memory, &owner));
            let told_there = runtime.block_on(there.go(step, number, &on_table, &owner));
            prop_assert_eq!(told_here, told_there, "memory and table at step {}: {:?}", number, step);
        }
    });
}
