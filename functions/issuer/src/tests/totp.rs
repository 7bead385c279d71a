//! The second factor of those who chose to have one.

use serde_json::{Value, json};
use token::Role;

use super::{
    app::{Answer, App, PASSWORD},
    database::on_each_database,
};
use crate::factor::FactorSecret;

/// An authenticator with one account.
pub(super) struct Authenticator(FactorSecret);

impl Authenticator {
    pub(super) fn of(answer: &Answer) -> Self {
        let uri = answer.field("otpauth_uri");
        let secret = answer.field("secret");
        assert!(uri.starts_with("otpauth://totp/auth.example.com:"), "{uri}");
        assert!(uri.contains(&secret));
        Self(FactorSecret::from_base32(&secret))
    }

    pub(super) fn code(&self, app: &App) -> String {
        self.0.code_at(app.issuer.now())
    }

    fn wrong_code(&self, app: &App) -> String {
        let near = [-30_i64, 0, 30].map(|secs| {
            let at = app.issuer.now().as_unix_secs() + secs;
            self.0.code_at(token::Timestamp::from_unix_secs(at))
        });
        let mut wrong = (0..).map(|number| format!("{number:06}"));
        wrong.find(|code| !near.contains(code)).unwrap()
    }
}

impl App {
    pub(super) async fn log_in_with(&self, username: &str, password: &str, otp: &str) -> Answer {
        let body = json!({"username": username, "password": password, "otp": otp});
        self.send(self.post("/login").json(&body)).await
    }

    async fn ada_with(&self, otp: &str) -> Answer {
        self.log_in_with("ada", PASSWORD, otp).await
    }

    async fn begin_totp(&self, access_token: &str, password: &str) -> Answer {
        let body = json!({"current_password": password});
        self.send(self.post("/me/totp").bearer_auth(access_token).json(&body)).await
    }

    async fn confirm_totp(&self, access_token: &str, otp: &str) -> Answer {
        let body = json!({"otp": otp});
        self.send(self.post("/me/totp/confirm").bearer_auth(access_token).json(&body)).await
    }

    async fn renew_codes(&self, access_token: &str, password: &str, otp: &str) -> Answer {
        let body = json!({"current_password": password, "otp": otp});
        self.send(self.post("/me/totp/recovery-codes").bearer_auth(access_token).json(&body)).await
    }

    pub(super) async fn remove_totp(&self, access_token: &str, password: &str, otp: &str) -> Answer {
        let body = json!({"current_password": password, "otp": otp});
        self.send(self.delete("/me/totp").bearer_auth(access_token).json(&body)).await
    }

    /// Gives `ada` a second factor, and moves on to the next time step.
    pub(super) async fn with_totp(&self) -> (Authenticator, Vec<String>) {
        let mine = self.ada().await.access();
        let begun = self.begin_totp(&mine, PASSWORD).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        let authenticator = Authenticator::of(&begun);
        let confirmed = self.confirm_totp(&mine, &authenticator.code(self)).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text);
        self.clock.advance(30);
        (authenticator, codes(&confirmed))
    }
}

pub(super) fn codes(answer: &Answer) -> Vec<String> {
    let codes = answer.json()["recovery_codes"].as_array().unwrap().clone();
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn a_factor_is_asked_for_once_it_is_confirmed() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    let begun = app.begin_totp(&mine, PASSWORD).await;
    assert_eq!(begun.header("cache-control"), "no-store");
    assert!(begun.field("otpauth_uri").contains(":ada?secret="));
    let authenticator = Authenticator::of(&begun);
    app.ada().await;
    assert_eq!(app.me(&mine).await.json()["totp"], false, "it is pending");

    let confirmed = app.confirm_totp(&mine, &authenticator.code(&app)).await;
    assert_eq!(codes(&confirmed).len(), 10);
    assert_eq!(app.me(&mine).await.json()["totp"], true);
    app.log_in("ada", PASSWORD).await.is_error(401, "otp_required");
    app.ada_with("").await.is_error(401, "otp_required");
    app.ada_with(&authenticator.code(&app)).await.is_error(401, "invalid_otp");
    app.clock.advance(30);
    let code = authenticator.code(&app);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let answer = app.ada_with(&spaced).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json().get("recovery_codes"), None);
    app.ada_with(&code).await.is_error(401, "invalid_otp");

    let audit = app.audit().await;
    for event in [
        "factor_begun done id-of-ada",
        "factor_confirmed done id-of-ada",
        "login refused id-of-ada invalid_otp",
    ] {
        assert!(audit.contains(&event.to_owned()), "{event}: {audit:?}");
    }
}

async fn one_step_of_skew_is_allowed_and_no_step_counts_twice() {
    let app = App::start().await;
    let (authenticator, _) = app.with_totp().await;
    app.clock.advance(300);
    let early = authenticator.code(&app);
    app.clock.advance(30);
    let now = authenticator.code(&app);
    assert_eq!(app.ada_with(&now).await.status, 200);
    app.ada_with(&early).await.is_error(401, "invalid_otp");

    app.clock.advance(60);
    let late = authenticator.code(&app);
    app.clock.advance(49);
    assert_eq!(app.ada_with(&late).await.status, 200, "of the step before");
    let too_late = authenticator.code(&app);
    app.clock.advance(60);
    app.ada_with(&too_late).await.is_error(401, "invalid_otp");
}

async fn of_two_logins_with_one_code_at_once_one_wins() {
    let app = App::start().await;
    let (authenticator, recovery) = app.with_totp().await;
    for otp in [authenticator.code(&app), recovery[0].clone()] {
        let (first, second) = tokio::join!(app.ada_with(&otp), app.ada_with(&otp));
        let (won, lost) = if first.status == 200 { (first, second) } else { (second, first) };
        assert_eq!(won.status, 200, "{}", won.text);
        lost.is_error(401, "invalid_otp");
    }
}

async fn a_recovery_code_works_once() {
    let app = App::start().await;
    let (_, recovery) = app.with_totp().await;
    assert_eq!(app.ada_with(&recovery[0].to_uppercase().replace('-', " ")).await.status, 200);
    app.ada_with(&recovery[0]).await.is_error(401, "invalid_otp");
    assert_eq!(app.ada_with(&recovery[9]).await.status, 200);
    app.ada_with("0000-0000-0000-0000").await.is_error(401, "invalid_otp");
}

async fn whoever_has_no_right_password_never_reaches_the_factor() {
    let app = App::start().await;
    let (authenticator, _) = app.with_totp().await;
    let wrong = app.log_in_with("ada", "not her password", "000000").await;
    wrong.is_error(401, "invalid_credentials");
    for other in [
        app.log_in("ada", "not her password").await,
        app.log_in_with("nobody", PASSWORD, "000000").await,
        app.log_in_with("ada", "not her password", &authenticator.code(&app)).await,
    ] {
        assert_eq!((other.status, other.text), (wrong.status, wrong.text.clone()));
    }
    app.disable("ada").await;
    assert_eq!(app.ada_with(&authenticator.code(&app)).await.text, wrong.text);
}

async fn wrong_codes_are_few_for_an_account() {
    let app = App::start().await;
    let (authenticator, recovery) = app.with_totp().await;
    for _ in 0..4 {
        app.ada_with(&authenticator.wrong_code(&app)).await.is_error(401, "invalid_otp");
    }
    assert_eq!(app.ada_with(&authenticator.code(&app)).await.status, 200, "a right one is not counted");
    app.ada_with("neither a code nor a recovery code").await.is_error(401, "invalid_otp");

    let limited = app.ada_with(&recovery[0]).await;
    limited.is_error(429, "too_many_attempts");
    assert_eq!(limited.header("retry-after"), "300");
    app.clock.advance(299);
    let limited = app.ada_with(&authenticator.code(&app)).await;
    limited.is_error(429, "too_many_attempts");
    assert_eq!(limited.header("retry-after"), "1");
    app.log_in("ada", PASSWORD).await.is_error(401, "otp_required");

    app.clock.advance(1);
    app.ada_with(&authenticator.wrong_code(&app)).await.is_error(401, "invalid_otp");
    app.ada_with(&authenticator.code(&app)).await.is_error(429, "too_many_attempts");
    app.clock.advance(1500);
    for _ in 0..5 {
        app.ada_with(&authenticator.wrong_code(&app)).await.is_error(401, "invalid_otp");
    }
    app.ada_with(&authenticator.code(&app)).await.is_error(429, "too_many_attempts");
    app.clock.advance(300);
    assert_eq!(app.ada_with(&authenticator.code(&app)).await.status, 200);
    let refused = |line: &&String| line.ends_with("invalid_otp");
    assert_eq!(app.audit().await.iter().filter(refused).count(), 11, "what was turned away is not kept");
}

async fn wrong_codes_at_once_are_no_more_than_one_after_the_other() {
    let app = App::start().await;
    let (authenticator, _) = app.with_totp().await;
    let wrong = authenticator.wrong_code(&app);
    let attempt = || app.ada_with(&wrong);
    let two = async || tokio::join!(attempt(), attempt());
    let (first, second, third, fourth) = tokio::join!(two(), two(), two(), two());
    let answers = [first, second, third, fourth].map(|(one, other)| [one, other]);
    let mut statuses = answers.map(|two| two.map(|answer| answer.status.as_u16())).concat();
    statuses.sort_unstable();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
}

async fn a_pending_factor_needs_the_password_and_is_replaced() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    app.begin_totp(&mine, "not her password").await.is_error(403, "wrong_password");
    app.confirm_totp(&mine, "000000").await.is_error(409, "no_totp");
    let first = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    let second = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    app.confirm_totp(&mine, &first.code(&app)).await.is_error(403, "invalid_otp");
    app.confirm_totp(&mine, "").await.is_error(403, "invalid_otp");
    app.clock.advance(1700);
    assert_eq!(app.confirm_totp(&mine, &second.code(&app)).await.status, 200);
    app.confirm_totp(&mine, &second.code(&app)).await.is_error(409, "totp_confirmed");
    app.begin_totp(&mine, PASSWORD).await.is_error(409, "totp_confirmed");
}

async fn a_pending_factor_is_forgotten_after_an_hour() {
    let app = App::start().await;
    let first = app.ada().await;
    let pending = Authenticator::of(&app.begin_totp(&first.access(), PASSWORD).await);
    app.clock.advance(3600);
    let mine = app.refresh(&first.refresh()).await.access();
    app.confirm_totp(&mine, &pending.code(&app)).await.is_error(409, "no_totp");
    let again = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    assert_eq!(app.confirm_totp(&mine, &again.code(&app)).await.status, 200);
}

async fn guesses_at_a_pending_factor_are_few_too() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    let authenticator = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    for _ in 0..5 {
        app.confirm_totp(&mine, &authenticator.wrong_code(&app)).await.is_error(403, "invalid_otp");
    }
    app.confirm_totp(&mine, &authenticator.code(&app)).await.is_error(429, "too_many_attempts");
    let again = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    app.confirm_totp(&mine, &again.code(&app)).await.is_error(429, "too_many_attempts");
}

async fn recovery_codes_are_renewed_with_both() {
    let app = App::start().await;
    let (authenticator, recovery) = app.with_totp().await;
    let mine = app.ada_with(&authenticator.code(&app)).await.access();
    app.clock.advance(30);
    app.renew_codes(&mine, "not her password", &authenticator.code(&app))
        .await
        .is_error(403, "wrong_password");
    app.renew_codes(&mine, PASSWORD, &authenticator.wrong_code(&app)).await.is_error(403, "invalid_otp");
    let renewed = codes(&app.renew_codes(&mine, PASSWORD, &authenticator.code(&app)).await);
    assert_eq!(renewed.len(), 10);
    app.renew_codes(&mine, PASSWORD, &authenticator.code(&app)).await.is_error(403, "invalid_otp");
    app.ada_with(&recovery[1]).await.is_error(401, "invalid_otp");
    assert_eq!(app.ada_with(&renewed[1]).await.status, 200);
    let again = codes(&app.renew_codes(&mine, PASSWORD, &renewed[2]).await);
    assert_eq!(app.ada_with(&again[0]).await.status, 200, "a recovery code will do");
}

async fn a_factor_is_removed_with_both() {
    let app = App::start().await;
    let plain = app.ada().await.access();
    app.remove_totp(&plain, PASSWORD, "000000").await.is_error(409, "no_totp");
    app.renew_codes(&plain, PASSWORD, "000000").await.is_error(409, "no_totp");
    let (authenticator, recovery) = app.with_totp().await;
    let mine = app.ada_with(&authenticator.code(&app)).await.access();
    app.clock.advance(30);
    app.remove_totp(&mine, PASSWORD, &authenticator.wrong_code(&app)).await.is_error(403, "invalid_otp");
    app.remove_totp(&mine, "not her password", &authenticator.code(&app))
        .await
        .is_error(403, "wrong_password");
    let removed = app.remove_totp(&mine, PASSWORD, &recovery[3]).await;
    assert_eq!((removed.status.as_u16(), removed.text.as_str()), (204, ""));
    app.ada().await;
    assert_eq!(app.me(&mine).await.json()["totp"], false);
    let audit = app.audit().await;
    assert!(audit.contains(&"factor_removed done id-of-ada".to_owned()), "{audit:?}");
}

async fn a_reset_password_does_not_get_around_the_factor() {
    let app = App::start().await;
    let (authenticator, _) = app.with_totp().await;
    let administrator = app.administrator("root").await;
    let token = app.offer_reset(&administrator, "id-of-ada").await.field("reset_token");
    let new = "a new password, long enough";
    assert_eq!(app.reset_password(&token, new).await.status, 204);
    app.log_in("ada", new).await.is_error(401, "otp_required");
    let answer = app.log_in_with("ada", new, &authenticator.code(&app)).await;
    assert_eq!(answer.status, 200);
}

async fn a_factor_that_is_confirmed_during_a_login_is_asked_for() {
    let app = App::start().await;
    let mine = app.ada().await.access();
    let authenticator = Authenticator::of(&app.begin_totp(&mine, PASSWORD).await);
    let code = authenticator.code(&app);
    let (login, confirmed) = tokio::join!(app.log_in("ada", PASSWORD), app.confirm_totp(&mine, &code));
    assert_eq!(confirmed.status, 200);
    assert!([200, 401].contains(&login.status.as_u16()), "before or after, {}", login.text);
    app.log_in("ada", PASSWORD).await.is_error(401, "otp_required");
}

async fn without_a_factor_an_otp_changes_nothing() {
    let app = App::start().await;
    assert_eq!(app.ada_with("000000").await.status, 200);
    let request = app.post("/login");
    let body = json!({"username": "ada", "password": PASSWORD, "otp": Value::Null});
    assert_eq!(app.send(request.json(&body)).await.status, 200);
    app.add_user_as("root", PASSWORD, Role::Admin).await;
    assert_eq!(app.log_in("root", PASSWORD).await.status, 200, "no role needs one unless it is set so");
}

on_each_database! {
    a_factor_is_asked_for_once_it_is_confirmed,
    one_step_of_skew_is_allowed_and_no_step_counts_twice,
    of_two_logins_with_one_code_at_once_one_wins,
    a_recovery_code_works_once,
    whoever_has_no_right_password_never_reaches_the_factor,
    wrong_codes_are_few_for_an_account,
    wrong_codes_at_once_are_no_more_than_one_after_the_other,
    a_pending_factor_needs_the_password_and_is_replaced,
    a_pending_factor_is_forgotten_after_an_hour,
    guesses_at_a_pending_factor_are_few_too,
    recovery_codes_are_renewed_with_both,
    a_factor_is_removed_with_both,
    a_reset_password_does_not_get_around_the_factor,
    a_factor_that_is_confirmed_during_a_login_is_asked_for,
    without_a_factor_an_otp_changes_nothing,
}
