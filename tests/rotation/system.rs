//! A rotation as `local` runs it: Secrets Manager calls the function's process
//! over the Runtime API.

use std::time::Duration;

use crate::service::{Labels, Service};

/// Far more than any of this takes; a hang must not be one for ever.
const PATIENCE: Duration = Duration::from_mins(1);

fn labels(expected: &[(&str, &str)]) -> Labels {
    expected.iter().map(|(label, version)| ((*label).to_owned(), [(*version).to_owned()].into())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_through_the_runtime_api_leave_nothing_pending() {
    let system = tests::start(tests::place!("rotation"), &[]).await;
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
