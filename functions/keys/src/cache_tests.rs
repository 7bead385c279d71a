//! The cache against a store that the test answers for, time moved by hand.

#![expect(clippy::unnecessary_wraps, reason = "the answers of a script are all of one type")]

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
};

use token::{Algorithm, AlgorithmSet, Key, Timestamp};
use tokio::sync::Semaphore;

use super::*;

const LIMITS: CacheLimits = CacheLimits { soft_secs: 300, hard_secs: 3600, cool_down_secs: 30 };

/// Answers in the order given, then with the last one again.
struct Script {
    answers: Mutex<VecDeque<Result<KeyRing, SourceError>>>,
    asked: AtomicUsize,
    /// What was asked for, in that order.
    versions: Mutex<Vec<Versions>>,
    gate: Semaphore,
}

impl SecretSource for &Script {
    async fn fetch(&self, versions: Versions) -> Result<KeyRing, SourceError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.versions.lock().unwrap().push(versions);
        self.gate.acquire().await.unwrap().forget();
        let mut answers = self.answers.lock().unwrap();
        let answer = answers.pop_front().unwrap();
        if answers.is_empty() {
            answers.push_back(answer.clone());
        }
        answer
    }
}

fn script(answers: impl IntoIterator<Item = Result<KeyRing, SourceError>>) -> Script {
    Script {
        answers: Mutex::new(answers.into_iter().collect()),
        asked: AtomicUsize::new(0),
        versions: Mutex::default(),
        gate: Semaphore::new(1000),
    }
}

impl Script {
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn ring(kid: &str) -> Result<KeyRing, SourceError> {
    let key = Key::new(Some(kid.into()), AlgorithmSet::only(Algorithm::HS256), &[1; 32]).unwrap();
    Ok(KeyRing::new(vec![key]).unwrap())
}

fn down() -> Result<KeyRing, SourceError> {
    Err(SourceError::Transient("ThrottlingException".into()))
}

fn denied() -> Result<KeyRing, SourceError> {
    Err(SourceError::Refused("AccessDeniedException".into()))
}

/// `secs` after the start, by both clocks.
fn at(secs: u64) -> Moment {
    Moment {
        subsec_millis: 0,
        wall: Timestamp::from_unix_secs(1_750_000_000).plus(secs),
        monotonic: Duration::from_secs(secs),
    }
}

/// The ring's key id, or the error.
fn told(answer: Result<Arc<KeyRing>, KeysUnavailable>) -> String {
    answer.map_or_else(|error| error.to_string(), |ring| ring.keys()[0].id().unwrap().to_owned())
}

const UNREACHABLE: &str = "the secret store could not be reached: ThrottlingException";
const REFUSED: &str = "the secret store refused: AccessDeniedException";

#[tokio::test]
async fn a_fresh_copy_is_not_asked_for_again() {
    let store = script([ring("a"), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    assert_eq!(told(cache.keys(at(0)).await), "a");
    assert_eq!(told(cache.keys(at(299)).await), "a");
    assert_eq!(store.asked(), 1);
    assert_eq!(told(cache.keys(at(300)).await), "b");
    assert_eq!(cache.age_secs(at(310)), Some(10));
}

#[tokio::test]
async fn an_outage_is_bridged_up_to_the_hard_limit_and_no_further() {
    let store = script([ring("a"), down()]);
    let cache = KeyCache::with_source(&store, LIMITS);
    assert_eq!(told(cache.keys(at(0)).await), "a");
    assert_eq!(told(cache.keys(at(301)).await), "a");
    assert_eq!(told(cache.keys(at(3600)).await), "a");
    assert_eq!(told(cache.keys(at(3601)).await), UNREACHABLE);
}

#[tokio::test]
async fn either_clock_makes_a_copy_old() {
    for (wall, monotonic) in [(4000, 10), (10, 4000)] {
        let store = script([ring("a"), down()]);
        let cache = KeyCache::with_source(&store, LIMITS);
        assert_eq!(told(cache.keys(at(0)).await), "a");
        let later = Moment { subsec_millis: 0, wall: at(wall).wall, monotonic: at(monotonic).monotonic };
        assert_eq!(told(cache.keys(later).await), UNREACHABLE, "wall {wall}, monotonic {monotonic}");
    }
}

#[tokio::test]
async fn access_denied_ends_the_copy_at_once() {
    let store = script([ring("a"), denied(), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    assert_eq!(told(cache.keys(at(0)).await), "a");
    assert_eq!(told(cache.keys(at(301)).await), REFUSED);
    assert_eq!(told(cache.keys(at(301)).await), REFUSED, "not the old copy either");
    assert_eq!(told(cache.keys(at(302)).await), "b");
}

#[tokio::test]
async fn a_failing_store_is_left_in_peace_longer_and_longer() {
    let store = script([down()]);
    let cache = KeyCache::with_source(&store, LIMITS);
    let mut asked_at = Vec::new();
    for second in 0..120 {
        let before = store.asked();
        assert_eq!(told(cache.keys(at(second)).await), UNREACHABLE);
        if store.asked() > before {
            asked_at.push(second);
        }
    }
    assert_eq!(asked_at, [0, 1, 3, 7, 15, 31, 61, 91]);
}

#[tokio::test]
async fn one_caller_asks_and_the_others_use_the_copy_meanwhile() {
    let store = script([ring("a"), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    assert_eq!(told(cache.keys(at(0)).await), "a");

    store.gate.forget_permits(1000);
    let asking = cache.keys(at(301));
    let others = async {
        tokio::task::yield_now().await;
        for _ in 0..10 {
            assert_eq!(told(cache.keys(at(301)).await), "a");
        }
        store.gate.add_permits(1);
    };
    let (asked, ()) = tokio::join!(asking, others);
    assert_eq!(told(asked), "b");
    assert_eq!(store.asked(), 2);
}

#[tokio::test]
async fn without_a_copy_all_wait_for_one_question() {
    let store = script([ring("a")]);
    store.gate.forget_permits(1000);
    let cache = KeyCache::with_source(&store, LIMITS);
    let release = async {
        tokio::task::yield_now().await;
        store.gate.add_permits(1);
    };
    let (first, second, third, ()) =
        tokio::join!(cache.keys(at(0)), cache.keys(at(0)), cache.keys(at(0)), release);
    assert_eq!([told(first), told(second), told(third)], ["a", "a", "a"]);
    assert_eq!(store.asked(), 1);
}

#[tokio::test]
async fn an_unknown_key_forces_one_refresh_per_cool_down() {
    let store = script([ring("a"), ring("a"), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    let known = cache.keys(at(0)).await.unwrap();
    let newer = cache.newer_keys(&known, at(10)).await.unwrap().unwrap();
    assert_eq!(store.asked(), 2);
    for second in 10..40 {
        assert!(cache.newer_keys(&newer, at(second)).await.unwrap().is_none(), "at {second}");
    }
    assert_eq!(store.asked(), 2, "a thousand forged key ids cost one question");
    let newest = cache.newer_keys(&newer, at(40)).await.unwrap();
    assert_eq!(told(Ok(newest.unwrap())), "b");
    assert_eq!(
        told(Ok(cache.newer_keys(&known, at(41)).await.unwrap().unwrap())),
        "b",
        "already here, no question"
    );
    assert_eq!(store.asked(), 3);
}

#[tokio::test]
async fn a_forced_refresh_that_fails_decides_nothing_unless_the_store_refused() {
    let store = script([ring("a"), down(), denied()]);
    let cache = KeyCache::with_source(&store, LIMITS);
    let known = cache.keys(at(0)).await.unwrap();
    assert!(cache.newer_keys(&known, at(10)).await.unwrap().is_none());
    assert_eq!(told(cache.keys(at(11)).await), "a", "the copy is still fresh");
    assert!(cache.newer_keys(&known, at(50)).await.is_err());
    assert_eq!(told(cache.keys(at(50)).await), REFUSED);
}

#[tokio::test]
async fn a_question_that_nobody_waited_out_is_a_failure_for_those_behind_it() {
    let store = script([ring("a")]);
    store.gate.forget_permits(1000);
    let cache = KeyCache::with_source(&store, LIMITS);
    let impatient = async {
        tokio::select! {
            biased;
            _ = cache.keys(at(0)) => panic!("the store does not answer"),
            () = tokio::task::yield_now() => {}
        }
    };
    let unanswered = "the secret store could not be reached: no answer in the time there was";
    let ((), second, third) = tokio::join!(impatient, cache.keys(at(0)), cache.keys(at(0)));
    assert_eq!([told(second), told(third)], [unanswered; 2]);
    assert_eq!(store.asked(), 1, "one question for all of them");
    store.gate.add_permits(1);
    assert_eq!(told(cache.keys(at(1)).await), "a", "after a pause");
}

#[tokio::test]
async fn a_copy_outlasts_a_question_that_nobody_waited_out() {
    let store = script([ring("a"), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    assert_eq!(told(cache.keys(at(0)).await), "a");
    store.gate.forget_permits(1000);
    tokio::select! {
        biased;
        _ = cache.keys(at(301)) => panic!("the store does not answer"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(told(cache.keys(at(301)).await), "a");
    assert_eq!(store.asked(), 2);
}

/// A plain secret, and what it was before where that is told.
fn plain(current: &str, previous: Option<&str>) -> Result<KeyRing, SourceError> {
    let key = |kid: &str| Key::new(Some(kid.into()), AlgorithmSet::only(Algorithm::HS256), &[1; 32]).unwrap();
    Ok(KeyRing::plain(key(current), previous.map(key)))
}

#[tokio::test]
async fn the_version_before_is_asked_for_once_it_is_needed_and_from_then_on() {
    let store = script([
        plain("b", None),
        plain("b", None),
        plain("b", Some("a")),
        plain("b", Some("a")),
        plain("c", Some("b")),
    ]);
    let cache = KeyCache::with_source(&store, LIMITS);
    cache.keys(at(0)).await.unwrap();
    let known = cache.keys(at(301)).await.unwrap();
    let whole = cache.newer_keys(&known, at(302)).await.unwrap().unwrap();
    assert_eq!(whole.keys().len(), 2);
    assert!(cache.newer_keys(&whole, at(303)).await.unwrap().is_none(), "that was all there is");
    assert_eq!(cache.keys(at(603)).await.unwrap().keys().len(), 2);
    assert_eq!(cache.keys(at(904)).await.unwrap().keys().len(), 2);
    let (one, both) = (Versions::Current, Versions::CurrentAndPrevious);
    assert_eq!(*store.versions.lock().unwrap(), [one, one, both, both, both]);
}

#[tokio::test]
async fn while_the_version_before_cannot_be_had_a_token_of_it_is_not_refused() {
    let store = script([plain("b", None), down(), plain("b", Some("a"))]);
    let cache = KeyCache::with_source(&store, LIMITS);
    let known = cache.keys(at(0)).await.unwrap();
    assert_eq!(cache.newer_keys(&known, at(10)).await.unwrap_err().to_string(), UNREACHABLE);
    assert_eq!(cache.newer_keys(&known, at(10)).await.unwrap_err().to_string(), UNREACHABLE);
    assert_eq!(store.asked(), 2, "a store that is down is left alone for a moment");
    assert_eq!(told(cache.keys(at(10)).await), "b", "other tokens are checked as before");
    assert_eq!(cache.newer_keys(&known, at(11)).await.unwrap().unwrap().keys().len(), 2);
}

#[tokio::test]
async fn a_ring_is_always_whole() {
    let store = script([ring("a"), ring("b")]);
    let cache = KeyCache::with_source(&store, LIMITS);
    let known = cache.keys(at(0)).await.unwrap();
    cache.newer_keys(&known, at(10)).await.unwrap();
    assert_eq!(*store.versions.lock().unwrap(), [Versions::Current; 2]);
}
