//! Days of rotations in a few seconds, with everything going wrong that may.
//!
//! Issuers and verifiers with clocks that differ, stores that are out of reach
//! for hours, copies as old as they may be, forged key ids, rotations close on
//! one another and some that take too long. All rules are the real ones: the
//! rotator's plan, the ring, the verifier and the cache. No valid token may be
//! refused; and with any one rule taken out, some must be, or the simulation
//! would prove nothing.

mod clock;
mod issued;
mod issuer;
mod random;
mod reader;
mod rotation;
mod store;
mod tally;
mod verifying;
mod weather;
mod world;

use rotation::Broken;
use tally::Tally;
use token::{SettingsReader, rotation::RotationTiming};
use world::World;

/// A day and a half: several generations of keys, each from its first to its last token.
const HOURS: u64 = 36;

fn timing(variables: &[(&str, &str)]) -> RotationTiming {
    let read = |name: &str| {
        variables.iter().find(|(candidate, _)| *candidate == name).map(|(_, value)| (*value).to_owned())
    };
    let mut reader = SettingsReader::new(&read);
    let timing = RotationTiming::read(&mut reader);
    reader.finish(timing).unwrap()
}

/// The shortest wait that leaves an hour to finish.
const TIGHT: [(&str, &str); 1] = [("ROTATION_SIGN_AFTER_SECONDS", "7320")];

/// Issuers that may sign for longer than verifiers may rely on a copy.
const LONG_LEASE: [(&str, &str); 3] = [
    ("ROTATION_SIGN_AFTER_SECONDS", "4700"),
    ("KEY_MAX_STALE_SECONDS", "900"),
    ("KEY_LEASE_SECONDS", "7200"),
];

fn run(timing: &RotationTiming, broken: Broken, seed: u64) -> Tally {
    World::new(timing, broken, seed).run(HOURS)
}

fn assert_safe(variables: &[(&str, &str)]) {
    let mut total = Tally::default();
    for seed in 1..=3 {
        total += run(&timing(variables), Broken::Nothing, seed);
    }
    println!("{variables:?}: {total:?}");
    assert_eq!(total.wrongly_refused, 0, "{total:?}");
    assert_eq!(total.forged_accepted, 0, "{total:?}");
    assert_eq!(total.without_signing_key, 0, "{total:?}");
    // What the rules are there for has happened, and often.
    assert!(total.accepted > 10_000 && total.forged_refused > 1000, "{total:?}");
    assert!(total.finished > 15 && total.given_up > 2, "{total:?}");
    assert!(total.accepted_of_retired_key > 50 && total.accepted_with_stale_copy > 500, "{total:?}");
    assert!(total.unavailable > 50 && total.unsigned > 50, "{total:?}");
}

#[test]
fn no_valid_token_is_refused_with_the_defaults() {
    assert_safe(&[]);
}

#[test]
fn no_valid_token_is_refused_with_the_shortest_wait() {
    assert_safe(&TIGHT);
}

#[test]
fn no_valid_token_is_refused_where_issuers_outlast_verifiers() {
    assert_safe(&LONG_LEASE);
}

/// Runs until a valid token is refused.
fn assert_found(broken: Broken) {
    let mut total = Tally::default();
    for seed in 1..=12 {
        total += run(&timing(&TIGHT), broken, seed);
        if total.wrongly_refused > 0 {
            println!("{broken:?}: found with seed {seed}: {total:?}");
            return;
        }
    }
    panic!("{broken:?} was not found: {total:?}");
}

#[test]
fn it_is_found_when_a_new_key_signs_at_once() {
    assert_found(Broken::SignsAtOnce);
}

#[test]
fn it_is_found_when_the_old_key_ends_as_the_new_one_begins() {
    assert_found(Broken::EndsAtActivation);
}

#[test]
fn it_is_found_when_issuers_sign_with_a_ring_of_any_age() {
    assert_found(Broken::NoLease);
}

#[test]
fn it_is_found_when_a_late_ring_is_not_given_up() {
    assert_found(Broken::NoGuard);
}

#[test]
fn it_is_found_when_only_the_current_key_is_kept() {
    assert_found(Broken::CurrentKeyOnly);
}
