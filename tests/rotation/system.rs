//! A rotation as `local` runs it: Secrets Manager calls the function's process
//! over the Runtime API.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use local::{Now, Options, Ports, System};

use crate::service::{Labels, Service};

/// Far more than any of this takes; a hang must not be one for ever.
const PATIENCE: Duration = Duration::from_mins(1);

#[expect(clippy::disallowed_methods, reason = "the clock of a real system is the real one")]
async fn start() -> System {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rotation");
    let _absent = fs::remove_dir_all(&data);
    let started = Instant::now();
    let clock = Arc::new(move || Now { wall: SystemTime::now(), monotonic: started.elapsed() });
    let mut options = Options::new(data, Ports::Ephemeral, clock);
    options.executable = Some(env!("CARGO_BIN_EXE_system").into());
    options.processes = 1;
    System::start(options).await.unwrap()
}

fn labels(expected: &[(&str, &str)]) -> Labels {
    expected.iter().map(|(label, version)| ((*label).to_owned(), [(*version).to_owned()].into())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_through_the_runtime_api_leave_nothing_pending() {
    let system = start().await;
    let service = Service::at(&system.secrets_manager_url());
    let secret = system.secret_arn();
    let mut current = service.labels(secret).await["AWSCURRENT"].first().unwrap().clone();
    for n in 1..=2 {
        let version = crate::version(n);
        assert_eq!(service.ask_for_rotation(secret, &version).await, version);
        let expected = labels(&[("AWSCURRENT", &version), ("AWSPREVIOUS", &current)]);
        let completed = async { while service.labels(secret).await != expected {} };
        let in_time = tokio::time::timeout(PATIENCE, completed).await.is_ok();
        assert!(in_time, "rotation {n} was not completed: {:?}", service.labels(secret).await);
        current = version;
    }
    system.stop().await;
}
