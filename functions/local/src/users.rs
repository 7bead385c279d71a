//! The users that a local system starts with.
//!
//! Their password is public: it opens a system that listens on loopback only
//! and whose keys are made anew at each start.

use anyhow::bail;
use serde_json::json;

use crate::{
    launcher::{Launcher, Variables, tail},
    part::Part,
};

pub const DEMO_USER: &str = "johndoe";
pub const ADMIN_USER: &str = "admin";
pub const DEMO_PASSWORD: &str = "latchkey-local-demo";

const LOG_NAME: &str = "issuer-user-add";

struct User {
    username: &'static str,
    name: &'static str,
    email: &'static str,
    role: &'static str,
}

const USERS: [User; 2] = [
    User { username: DEMO_USER, name: "John Doe", email: "john@example.com", role: "USER" },
    User { username: ADMIN_USER, name: "Ada Admin", email: "admin@example.com", role: "ADMIN" },
];

/// Adds the users with the issuer's own command line.
pub(crate) async fn add(launcher: &Launcher, variables: &Variables) -> anyhow::Result<()> {
    for user in USERS {
        let arguments = [
            "user",
            "add",
            "--username",
            user.username,
            "--name",
            user.name,
            "--email",
            user.email,
            "--role",
            user.role,
            "--password-stdin",
        ];
        // A failure is not looked at here: at every start but the first the
        // users exist, and `check` says whether they can log in.
        launcher.run(Part::Issuer, LOG_NAME, &arguments, variables, &format!("{DEMO_PASSWORD}\n")).await?;
    }
    Ok(())
}

/// Makes sure that the users can log in.
pub(crate) async fn check(issuer_url: &str, launcher: &Launcher) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for user in USERS {
        let credentials = json!({"username": user.username, "password": DEMO_PASSWORD});
        let answer = client.post(format!("{issuer_url}/login")).json(&credentials).send().await?;
        if !answer.status().is_success() {
            let log_file = launcher.log_file(LOG_NAME);
            bail!(
                "the user {} cannot log in ({}); was the password changed? A new data folder helps. The end of {}:\n{}",
                user.username,
                answer.status(),
                log_file.display(),
                tail(&log_file),
            );
        }
    }
    Ok(())
}
