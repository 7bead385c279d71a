//! What an operator sees who got a setting wrong.

use std::process::Command;

/// Starts a part with exactly these variables; returns exit code and message.
fn start(part: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_system"))
        .arg("part")
        .args(part)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn every_part_names_all_that_is_wrong_and_does_not_start() {
    for (part, variables, expected) in [
        (
            &["authorizer"][..],
            &[][..],
            &["JWT_SECRET_ARN is required", "JWT_ISSUER is required", "JWT_AUDIENCE is required"][..],
        ),
        (
            &["authorizer"],
            &[
                ("JWT_SECRET", "abcdefghijklmnopqrstuvwxyz"),
                ("JWT_ALGORITHMS", "RS256"),
                ("KEY_CACHE_SECONDS", "soon"),
            ],
            &[
                "the secret has 26 bytes, HS256 needs at least 32",
                "JWT_ALGORITHMS",
                "KEY_CACHE_SECONDS",
                "JWT_ISSUER",
            ],
        ),
        (
            &["authorizer"],
            &[("JWT_SECRET", "0123456789abcdef0123456789abcdef"), ("JWT_SECRET_ARN", "x")],
            &["exactly one"],
        ),
        (
            &["chatbot"],
            &[("CHAT_BACKEND", "magic"), ("PORT", "http")],
            &["JWT_SECRET_ARN", "JWT_ISSUER", "JWT_AUDIENCE", "CHAT_BACKEND", "PORT"],
        ),
        (
            &["chatbot"],
            &[("AWS_LAMBDA_RUNTIME_API", "x"), ("CHAT_BACKEND", "bedrock"), ("CHAT_RESPONSE_MODE", "both")],
            &["CHAT_MODEL", "CHAT_RESPONSE_MODE"],
        ),
        (&["rotator"], &[("ROTATION_SIGN_AFTER_SECONDS", "1")], &["ROTATION_SIGN_AFTER_SECONDS"]),
        (
            &["issuer", "serve"],
            &[("ACCESS_TOKEN_SECONDS", "3601")],
            &["JWT_SECRET_ARN", "JWT_ISSUER", "JWT_AUDIENCE", "ACCESS_TOKEN_SECONDS"],
        ),
    ] {
        let (code, message) = start(part, variables);
        assert!(code.is_some_and(|code| code != 0), "{part:?} started: {message}");
        for name in expected {
            assert!(message.contains(name), "{part:?} does not name {name}: {message}");
        }
        assert!(!message.contains("abcdefghijklmnopqrstuvwxyz"), "a secret was quoted");
        assert_eq!(message.trim_end().lines().count(), 1, "one message: {message}");
    }
}
