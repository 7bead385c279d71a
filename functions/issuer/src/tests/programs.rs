//! Programs that ask about tokens and revoke them, and tokens for them to ask
//! about.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha2::Sha256;
use token::AccessClaims;

use super::{
    app::{Answer, App, SECRET},
    command_line::{Ended, Machine},
};

/// The credentials of a client.
pub(super) struct Program {
    pub(super) id: String,
    pub(super) secret: String,
}

impl App {
    /// Runs a command on the database of this issuer.
    pub(super) fn command(&self, line: &str) -> Ended {
        let machine = Machine::on(Arc::clone(&self.database), self.clock.clone());
        // Commands bring a runtime of their own.
        std::thread::scope(|scope| scope.spawn(|| machine.run(line, "")).join().unwrap())
    }

    pub(super) fn add_program(&self) -> Program {
        let added = self.command("client add --name gateway --json").json();
        let text = |name: &str| added[name].as_str().unwrap().to_owned();
        Program { id: text("id"), secret: text("secret") }
    }

    pub(super) async fn introspect(&self, program: &Program, token: &str) -> Answer {
        let request = self.post("/introspect").basic_auth(&program.id, Some(&program.secret));
        self.send(form(request, &[("token", token)])).await
    }

    #[track_caller]
    pub(super) fn is_inactive(answer: &Answer) {
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"active":false}"#));
    }

    pub(super) async fn revoke(&self, program: &Program, token: &str) -> Answer {
        let request = self.post("/revoke").basic_auth(&program.id, Some(&program.secret));
        self.send(form(request, &[("token", token), ("token_type_hint", "access_token")])).await
    }

    /// A token as `issuer token mint` makes one: without a session.
    pub(super) async fn minted(&self, sub: &str, jti: &str) -> String {
        let now = self.issuer.now();
        let keys = self.issuer.signing_keys().await.unwrap();
        let claims = AccessClaims {
            sub: sub.into(),
            username: Some("minted".into()),
            name: None,
            email: None,
            role: token::Role::Supervisor,
            sid: None,
            jti: jti.into(),
            issued_at: now,
            expires_at: now.plus(600),
        };
        self.issuer.pairs.minter.mint(&claims, &keys, now).unwrap()
    }
}

/// Sends a form.
pub(super) fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// Signs any claims with any secret.
pub(super) fn signed(claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(&json!({"alg": "HS256", "typ": "JWT"})), encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let signature = mac.chain_update(input.as_bytes()).finalize().into_bytes();
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a user's token that anybody with the shared secret can sign.
pub(super) fn claims(now: i64) -> Value {
    json!({
        "iss": "https://auth.example.com", "aud": "chatbot", "sub": "somebody", "type": "access",
        "role": "USER", "iat": now, "exp": now + 600,
    })
}

pub(super) const SHARED: &str = SECRET;
