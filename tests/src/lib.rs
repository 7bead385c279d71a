//! What the tests of whole systems have in common: starting one.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Instant, SystemTime},
};

use local::{Now, Options, PartVariable, Ports, System};

/// What only a test itself is told by Cargo.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The binary that is all the parts.
    pub executable: &'static str,
    /// Where the data goes.
    pub folder: &'static str,
    /// A name that no other test has.
    pub name: &'static str,
}

/// Returns the [`Place`] of the test that says this, under the name given.
#[macro_export]
macro_rules! place {
    ($name:literal) => {
        $crate::Place {
            executable: env!("CARGO_BIN_EXE_system"),
            folder: env!("CARGO_TARGET_TMPDIR"),
            name: $name,
        }
    };
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Returns the options of a system of its own, whose parts get these variables
/// (part, name, value) over their own.
#[expect(clippy::disallowed_methods, reason = "the clock of a real system is the real one")]
pub fn options(place: Place, variables: &[(&str, &str, &str)]) -> Options {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let data = Path::new(place.folder).join(format!("{}-{number}", place.name));
    let _absent = fs::remove_dir_all(&data);
    let started = Instant::now();
    let clock = Arc::new(move || Now { wall: SystemTime::now(), monotonic: started.elapsed() });
    let variable = |(part, name, value): &(&str, &str, &str)| PartVariable {
        part: (*part).into(),
        name: (*name).into(),
        value: (*value).into(),
    };
    Options {
        executable: Some(place.executable.into()),
        processes: 1,
        part_variables: variables.iter().map(variable).collect(),
        ..Options::new(data, Ports::Ephemeral, clock)
    }
}

/// Starts such a system.
///
/// # Panics
///
/// Where it does not start.
pub async fn start(place: Place, variables: &[(&str, &str, &str)]) -> System {
    System::start(options(place, variables)).await.unwrap()
}
