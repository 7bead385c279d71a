//! The second factor of those whose role must have one.

use token::Role;

use super::{
    app::{ADMIN_PASSWORD, Answer, App, PASSWORD, SECRET},
    database::on_each_database,
    totp::{Authenticator, codes},
};

const REQUIRED: [(&str, &str); 3] =
    [("JWT_SECRET", SECRET), ("AUTH_TABLE", "revocations"), ("TOTP_REQUIRED_ROLES", "ADMIN")];
const NOT_REQUIRED: [(&str, &str); 2] = [("JWT_SECRET", SECRET), ("AUTH_TABLE", "revocations")];

impl App {
    async fn root(&self, otp: &str) -> Answer {
        self.log_in_with("root", ADMIN_PASSWORD, otp).await
    }

    /// Starts with `root`, who must enrol.
    async fn with_root() -> Self {
        let app = Self::start_with(&REQUIRED).await;
        app.add_user_as("root", ADMIN_PASSWORD, Role::Admin).await;
        app
    }

    async fn enrol_root(&self) -> (Authenticator, Answer) {
        let authenticator = Authenticator::of(&self.root("").await);
        let answer = self.root(&authenticator.code(self)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.clock.advance(30);
        (authenticator, answer)
    }
}

async fn the_first_login_enrols() {
    let app = App::with_root().await;
    let first = app.root("").await;
    first.is_error(403, "totp_enrolment_required");
    assert_eq!(first.header("www-authenticate"), "");
    assert_eq!(first.header("cache-control"), "no-store");
    let authenticator = Authenticator::of(&first);
    assert_eq!(app.root("").await.field("secret"), first.field("secret"), "it may be in use already");
    app.root("000").await.is_error(401, "invalid_otp");
    app.log_in_with("root", "not the password", &authenticator.code(&app))
        .await
        .is_error(401, "invalid_credentials");

    let answer = app.root(&authenticator.code(&app)).await;
    assert_eq!(answer.status, 200);
    let recovery = codes(&answer);
    assert_eq!(recovery.len(), 10);
    assert_eq!(app.me(&answer.access()).await.json()["totp"], true);
    assert_eq!(app.refresh(&answer.refresh()).await.status, 200);
    app.root("").await.is_error(401, "otp_required");
    let second = app.root(&recovery[0]).await;
    assert_eq!(second.status, 200);
    assert_eq!(second.json().get("recovery_codes"), None, "shown once");
    app.ada().await;
}

async fn two_first_logins_at_once_share_one_pending_factor() {
    let app = App::with_root().await;
    let (first, second) = tokio::join!(app.root(""), app.root(""));
    assert_eq!(first.field("secret"), second.field("secret"));
    let code = Authenticator::of(&first).code(&app);
    let (first, second) = tokio::join!(app.root(&code), app.root(&code));
    let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(won.status, 200, "{}", won.text);
    lost.is_error(401, "invalid_otp");
}

async fn a_pending_factor_that_was_left_lying_is_replaced() {
    let app = App::with_root().await;
    let first = app.root("").await;
    let old = Authenticator::of(&first);
    app.clock.advance(3599);
    assert_eq!(app.root("").await.field("secret"), first.field("secret"));
    app.clock.advance(1);
    let second = app.root(&old.code(&app)).await;
    second.is_error(403, "totp_enrolment_required");
    assert_ne!(second.field("secret"), first.field("secret"));
}

async fn guesses_at_the_first_login_are_few() {
    let app = App::with_root().await;
    let authenticator = Authenticator::of(&app.root("").await);
    for _ in 0..5 {
        app.root("no code").await.is_error(401, "invalid_otp");
    }
    app.root(&authenticator.code(&app)).await.is_error(429, "too_many_attempts");
}

async fn the_factor_of_such_a_role_cannot_be_removed() {
    let app = App::with_root().await;
    let (authenticator, answer) = app.enrol_root().await;
    let code = authenticator.code(&app);
    app.remove_totp(&answer.access(), ADMIN_PASSWORD, &code).await.is_error(403, "totp_required");
    assert_eq!(app.root(&code).await.status, 200, "it was not used up");
}

async fn sessions_from_before_the_setting_end() {
    let app = App::start_with(&NOT_REQUIRED).await;
    app.add_user_as("root", ADMIN_PASSWORD, Role::Admin).await;
    let before = app.log_in("root", ADMIN_PASSWORD).await;
    let ada = app.ada().await;
    let database = app.stop().await;

    let app = App::start_in(database, &REQUIRED).await;
    app.me(&before.access()).await.is_error(401, "invalid_token");
    let program = app.add_program();
    for token in [before.access(), before.refresh()] {
        App::is_inactive(&app.introspect(&program, &token).await);
    }
    app.refresh(&before.refresh()).await.is_error(401, "invalid_grant");
    assert_eq!(app.registry.sessions().len(), 1, "verifiers are told");
    let audit = app.audit().await;
    assert!(audit.contains(&"refresh refused id-of-root factor_required".to_owned()), "{audit:?}");
    assert_eq!(app.refresh(&ada.refresh()).await.status, 200, "of other roles they live on");
    app.root("").await.is_error(403, "totp_enrolment_required");
}

async fn sessions_that_have_seen_the_factor_live_through_the_setting() {
    let app = App::start_with(&NOT_REQUIRED).await;
    app.add_user_as("ada2", PASSWORD, Role::Admin).await;
    let (authenticator, _) = app.with_totp().await;
    let with = app.log_in_with("ada", PASSWORD, &authenticator.code(&app)).await;
    let database = app.stop().await;
    let settings = [NOT_REQUIRED[0], NOT_REQUIRED[1], ("TOTP_REQUIRED_ROLES", "USER,ADMIN")];
    let app = App::start_in(database, &settings).await;
    assert_eq!(app.refresh(&with.refresh()).await.status, 200);
}

on_each_database! {
    the_first_login_enrols,
    two_first_logins_at_once_share_one_pending_factor,
    a_pending_factor_that_was_left_lying_is_replaced,
    guesses_at_the_first_login_are_few,
    the_factor_of_such_a_role_cannot_be_removed,
    sessions_from_before_the_setting_end,
    sessions_that_have_seen_the_factor_live_through_the_setting,
}
