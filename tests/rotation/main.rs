//! The rotation function against Secrets Manager as a service: steps in any
//! order, repeated, at once, cut off at any call, and too late.
//!
//! The function is the real one with its real client; only the Runtime API is
//! left out, so that the time is an argument. One test takes that way too.

mod line;
mod rotations;
mod service;
mod system;

use line::{Afterwards, Cut, Lost};
use rotations::{DAY, NOW, Rotations, STARTS, STEPS, Secret, Start, TIME_TO_FINISH_SECS, version};
use token::{
    Algorithm, SettingsReader,
    rotation::{NewKey, RotationTiming, emergency_ring},
};

const MINUTE: u64 = 60;
/// The steps that look whether the pending ring may still become current.
const CHECKING: [&str; 3] = ["createSecret", "testSecret", "finishSecret"];
const LATE: &str = "the pending key ring was given up: it is too late for every verifier to read it before \
                    its new key signs";

#[tokio::test]
async fn every_kind_of_secret_is_rotated_again_and_again() {
    let rotations = Rotations::start(1).await;
    for start in STARTS {
        let mut secret = rotations.secret(start).await;
        for n in 1..=4 {
            assert!(secret.rotate(&version(n), NOW.plus(u64::from(n) * MINUTE)).await.is_none());
            secret.check_is_clean().await;
        }
        secret.check_next_rotation_works().await;
    }
}

/// Where a rotation stands, told by the steps that were called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Empty,
    Made,
    Finished,
    GivenUp,
}

impl Stand {
    /// Where it stands after `step`, and whether that one succeeds.
    fn after(self, step: &str) -> (Self, bool) {
        match (self, step) {
            (Self::GivenUp, _) | (Self::Empty, "finishSecret") => (Self::GivenUp, false),
            (Self::Empty, "createSecret") => (Self::Made, true),
            (Self::Made, "finishSecret") => (Self::Finished, true),
            (stand, _) => (stand, true),
        }
    }
}

/// Every sequence of up to three steps, and every order of all four.
fn sequences() -> Vec<Vec<&'static str>> {
    let mut sequences = vec![vec![]];
    let mut longest = sequences.clone();
    for length in 1..=4 {
        let longer = |before: &Vec<_>| STEPS.map(|step| before.iter().copied().chain([step]).collect());
        longest = longest.iter().flat_map(longer).collect();
        let mut wanted: Vec<Vec<_>> = longest.clone();
        if length == 4 {
            wanted.retain(|sequence| STEPS.iter().all(|step| sequence.contains(step)));
        }
        sequences.append(&mut wanted);
    }
    assert_eq!(sequences.len(), 1 + 4 + 16 + 64 + 24);
    sequences
}

#[tokio::test]
async fn steps_in_whatever_order_end_clean() {
    let rotations = Rotations::start(1).await;
    let mut sequences = sequences();
    if rotations.service.is_slow() {
        sequences.retain(|sequence| sequence.len() == 4);
    }
    for (sequence, start) in sequences.iter().zip(STARTS.into_iter().cycle()) {
        let mut secret = rotations.secret(start).await;
        assert_eq!(secret.begin_rotation(&version(1)).await, version(1));
        let (mut stand, mut made) = (Stand::Empty, None);
        for step in sequence {
            let (after, succeeds) = stand.after(step);
            stand = after;
            let outcome = secret.step(step, &version(1), NOW).await;
            assert_eq!(outcome.is_ok(), succeeds, "{start:?}, {step} of {sequence:?}: {outcome:?}");
            let value = match stand {
                Stand::Made => secret.value("AWSPENDING").await,
                Stand::Finished => secret.value("AWSCURRENT").await,
                Stand::Empty | Stand::GivenUp => None,
            };
            if value.is_some() {
                assert_eq!(made.get_or_insert(value.clone()), &value, "{sequence:?}: made anew");
            }
        }
        let unfinished = matches!(stand, Stand::Empty | Stand::Made).then(|| version(1));
        assert_eq!(secret.unfinished().await, unfinished, "{sequence:?}");
        if stand == Stand::Finished {
            secret.completed(&version(1), NOW);
        }
        if unfinished.is_none() {
            secret.check_is_clean().await;
        }
        // What was not completed is taken up again; otherwise this is another one.
        assert!(secret.rotate(&version(2), NOW.plus(MINUTE)).await.is_none(), "{sequence:?}");
        secret.check_is_clean().await;
        secret.check_next_rotation_works().await;
    }
}

/// What happens after a crash.
#[derive(Debug, Clone, Copy)]
enum Aftermath {
    /// Secrets Manager calls the same step again, and goes on.
    SameStep,
    /// Secrets Manager takes the rotation up again from its first step.
    FromTheStart,
    /// As before, when the key of that rotation is too old.
    NextDay,
    /// An operator calls that rotation off and asks for another one.
    CalledOff,
}

const AFTERMATHS: [Aftermath; 4] =
    [Aftermath::SameStep, Aftermath::FromTheStart, Aftermath::NextDay, Aftermath::CalledOff];

async fn recover(secret: &mut Secret<'_>, aftermath: Aftermath, done: usize) {
    let soon = NOW.plus(MINUTE);
    if secret.current().await == version(1) {
        secret.completed(&version(1), NOW);
    }
    let given_up = match aftermath {
        Aftermath::SameStep => {
            secret.steps(&STEPS[done..], &version(1), soon).await.unwrap();
            secret.completed(&version(1), NOW);
            None
        }
        Aftermath::FromTheStart => secret.rotate(&version(2), soon).await,
        Aftermath::NextDay => {
            let given_up = secret.rotate(&version(2), NOW.plus(DAY)).await;
            assert!(given_up.as_ref().is_none_or(|error| error.to_string() == LATE), "{given_up:?}");
            None
        }
        Aftermath::CalledOff => {
            secret.with.service.clear_pending(&secret.name).await;
            assert_eq!(secret.begin_rotation(&version(2)).await, version(2));
            secret.steps(&STEPS, &version(2), soon).await.unwrap();
            secret.completed(&version(2), soon);
            None
        }
    };
    assert!(given_up.is_none(), "{given_up:?}");
}

/// Crashes a rotation at each call of each step, and looks what becomes of it.
async fn crash_everywhere(start: Start) {
    let rotations = Rotations::start(1).await;
    // A field is read as a plain secret is: one aftermath of each crash will do.
    let some = rotations.service.is_slow() || matches!(start, Start::Field);
    let at_once = if some { 1 } else { AFTERMATHS.len() };
    let mut aftermaths = AFTERMATHS.into_iter().cycle();
    let mut crashes = [0; 4];
    for (done, step) in STEPS.into_iter().enumerate() {
        for lost in [Lost::Request, Lost::Answer] {
            for call in 1.. {
                let mut reached = false;
                for aftermath in aftermaths.by_ref().take(at_once) {
                    let mut secret = rotations.secret(start).await;
                    secret.begin_rotation(&version(1)).await;
                    secret.steps(&STEPS[..done], &version(1), NOW).await.unwrap();
                    rotations.line.cut(Cut { call, lost, afterwards: Afterwards::Dead });
                    let outcome = secret.step(step, &version(1), NOW).await;
                    reached = rotations.line.mend();
                    let case = format!("{start:?}, {step}, call {call}, {lost:?} lost, {aftermath:?}");
                    assert_eq!(outcome.is_err(), reached, "{case}: {outcome:?}");
                    if !reached {
                        break;
                    }
                    crashes[done] += 1;
                    // Shown where what follows fails.
                    println!("{case}");
                    recover(&mut secret, aftermath, done).await;
                    secret.check_is_clean().await;
                    secret.check_next_rotation_works().await;
                }
                if !reached {
                    break;
                }
            }
        }
    }
    // Describing the secret alone is one call; the other steps read and write.
    let least = [4, 1, 3, 4].map(|calls| calls * 2 * at_once);
    assert!(crashes.iter().zip(least).all(|(crashes, least)| *crashes >= least), "{crashes:?}");
}

#[tokio::test]
async fn a_plain_secret_outlives_a_crash_anywhere() {
    crash_everywhere(Start::Plain).await;
}

#[tokio::test]
async fn a_field_outlives_a_crash_anywhere() {
    crash_everywhere(Start::Field).await;
}

#[tokio::test]
async fn a_ring_outlives_a_crash_anywhere() {
    crash_everywhere(Start::Ring).await;
}

/// The client calls again by itself, and then the second call finds the work of
/// the first one done.
#[tokio::test]
async fn a_step_makes_good_one_lost_request_or_answer() {
    let rotations = Rotations::start(2).await;
    for &start in rotations.starts() {
        for (done, step) in STEPS.into_iter().enumerate() {
            for lost in [Lost::Request, Lost::Answer] {
                for call in 1.. {
                    let mut secret = rotations.secret(start).await;
                    secret.begin_rotation(&version(1)).await;
                    secret.steps(&STEPS[..done], &version(1), NOW).await.unwrap();
                    rotations.line.cut(Cut { call, lost, afterwards: Afterwards::Mended });
                    let outcome = secret.step(step, &version(1), NOW).await;
                    let reached = rotations.line.mend();
                    let case = format!("{start:?}, {step}, call {call}, {lost:?} lost");
                    assert!(outcome.is_ok(), "{case}: {outcome:?}");
                    secret.steps(&STEPS[done + 1..], &version(1), NOW).await.unwrap();
                    secret.completed(&version(1), NOW);
                    secret.check_is_clean().await;
                    if !reached {
                        assert!(call > 1, "{case}");
                        break;
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_ring_becomes_current_as_long_as_every_verifier_can_read_it_in_time() {
    let rotations = Rotations::start(1).await;
    for start in STARTS {
        let mut secret = rotations.secret(start).await;
        secret.begin_rotation(&version(1)).await;
        secret.step("createSecret", &version(1), NOW).await.unwrap();
        secret.steps(&STEPS, &version(1), NOW.plus(TIME_TO_FINISH_SECS)).await.unwrap();
        secret.completed(&version(1), NOW);
        secret.check_is_clean().await;
        assert_eq!(secret.made_at().await, NOW, "no step has made it anew");
        secret.check_next_rotation_works().await;
    }
}

#[tokio::test]
async fn whichever_step_comes_too_late_gives_the_rotation_up_whatever_answer_is_lost() {
    let late = NOW.plus(TIME_TO_FINISH_SECS + 1);
    // With two attempts a lost answer is made good; with one the step fails, and
    // Secrets Manager calls it again.
    for attempts in [1, 2] {
        let rotations = Rotations::start(attempts).await;
        for (start, step) in rotations.starts().iter().flat_map(|start| CHECKING.map(|step| (*start, step))) {
            for call in 1.. {
                let mut secret = rotations.secret(start).await;
                secret.begin_rotation(&version(1)).await;
                secret.step("createSecret", &version(1), NOW).await.unwrap();
                rotations.line.cut(Cut { call, lost: Lost::Answer, afterwards: Afterwards::Mended });
                let mut error = secret.step(step, &version(1), late).await.unwrap_err();
                let reached = rotations.line.mend();
                if attempts == 1 && secret.unfinished().await.is_some() {
                    error = secret.step(step, &version(1), late).await.unwrap_err();
                }
                assert_eq!(error.to_string(), LATE, "{start:?}, {step}, call {call}");
                secret.check_is_clean().await;
                assert!(secret.rotate(&version(2), late).await.is_none());
                secret.check_is_clean().await;
                if !reached {
                    secret.check_next_rotation_works().await;
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn an_emergency_rotation_meanwhile_is_not_undone() {
    let rotations = Rotations::start(1).await;
    for (start, step) in STARTS.into_iter().flat_map(|start| CHECKING.map(|step| (start, step))) {
        let mut secret = rotations.secret(start).await;
        secret.begin_rotation(&version(1)).await;
        secret.step("createSecret", &version(1), NOW).await.unwrap();

        let (store, timing) = (secret.store(), RotationTiming::read(&mut SettingsReader::new(&|_| None)));
        let leaked = store.read().await.unwrap().unwrap();
        let id = version(50);
        let new = NewKey { id: &id, algorithm: Algorithm::HS256, secret: &[7; 32] };
        let ring = emergency_ring(&leaked.ring, new, &timing, NOW).unwrap();
        store.replace(&leaked, &ring, &id).await.unwrap();
        secret.replaced_by(&id);

        let error = secret.step(step, &version(1), NOW.plus(MINUTE)).await.unwrap_err().to_string();
        assert!(error.starts_with("the pending key ring was given up: "), "{start:?}, {step}: {error}");
        secret.check_is_clean().await;
        secret.check_next_rotation_works().await;
    }
}

#[tokio::test]
async fn two_calls_of_a_step_at_once_are_one() {
    let rotations = Rotations::start(1).await;
    for start in STARTS {
        for done in 0..STEPS.len() {
            let mut secret = rotations.secret(start).await;
            secret.begin_rotation(&version(1)).await;
            secret.steps(&STEPS[..done], &version(1), NOW).await.unwrap();
            let version_id = version(1);
            let step = || secret.step(STEPS[done], &version_id, NOW);
            let (one, other) = tokio::join!(step(), step());
            one.and(other).unwrap_or_else(|error| panic!("{start:?}, {}: {error}", STEPS[done]));
            secret.steps(&STEPS[done + 1..], &version(1), NOW).await.unwrap();
            secret.completed(&version(1), NOW);
            secret.check_is_clean().await;
            secret.check_next_rotation_works().await;
        }
    }
}
