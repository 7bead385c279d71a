//! `authorizer explain --event FILE`: what becomes of one event, and why.
//!
//! For developers who see a 401 and do not know why. Runs outside Lambda with
//! the same settings and the same code; prints no token and no secret.

use decision::{Decision, Unavailable};
use std::fmt::Write;

use serde_json::Value;
use token::{Moment, Reason, UnverifiedToken};

use crate::{
    Authorizer,
    error::HandlerError,
    event::{AnswerFamily, AuthorizerEvent, Payload},
};

/// The checks in their order, each with the reasons that it fails for.
const CHECKS: [(&str, &[Reason]); 13] = [
    ("exactly one token", &[Reason::NoToken, Reason::MultipleTokens]),
    ("size", &[Reason::TooLarge]),
    ("shape", &[Reason::Malformed]),
    ("algorithm", &[Reason::Algorithm]),
    ("key", &[Reason::KeysUnavailable, Reason::UnknownKey, Reason::UnknownConsumer]),
    ("signature", &[Reason::BadSignature]),
    ("issuer", &[Reason::Issuer]),
    ("audience", &[Reason::Audience]),
    ("times", &[Reason::Expired, Reason::NotYetValid, Reason::IssuedInFuture, Reason::Lifetime]),
    ("token type", &[Reason::TokenType]),
    ("subject and role", &[Reason::Subject, Reason::Role]),
    ("not revoked", &[Reason::RegistryUnavailable, Reason::ConsumerDisabled, Reason::Revoked]),
    ("route", &[Reason::ForbiddenRoute]),
];

impl Authorizer {
    /// Describes what becomes of `event` at `now`, line by line.
    pub async fn explain(&self, event: &Value, now: Moment) -> String {
        let mut told = String::new();
        let payload = Payload::from(event.clone());
        let request = match AuthorizerEvent::read(&payload) {
            Ok(request) => request,
            Err(unknown) => {
                line(&mut told, "kind", &unknown.to_string());
                line(&mut told, "client", "500: the function fails");
                return told;
            }
        };
        line(&mut told, "kind", request.kind.name());
        line(&mut told, "route", &format!("{} {}", request.route.method(), request.route.path()));
        match request.token(self.sources()) {
            Ok(found) => {
                line(&mut told, "token", &format!("in {}", found.place));
                if let Ok(token) = UnverifiedToken::parse(found.unverified_token, usize::MAX) {
                    let kid = token.kid().map_or("without kid".to_owned(), |kid| format!("kid {kid}"));
                    line(&mut told, "header", &format!("alg {}, {kid}", token.algorithm()));
                }
            }
            Err(reason) => line(&mut told, "token", reason.name()),
        }
        let decided = self.decide(&request, now).await;
        let reason = match &decided {
            Ok(decision) => decision.reason(),
            Err(Unavailable(reason)) => Some(*reason),
        };
        checks(&mut told, reason);
        let outcome = match &decided {
            Ok(Decision::Allow(_)) => "allow",
            Ok(Decision::Unauthenticated(_)) => "unauthenticated",
            Ok(Decision::Forbidden(_)) => "forbidden",
            Err(_) => "unavailable",
        };
        line(&mut told, "decision", outcome);
        let decision = decided.as_ref().map_err(|unavailable| *unavailable);
        let answer = self.answers().render(request.kind, &request.route, decision, now.wall);
        let answer = answer.map(|answer| serde_json::to_value(answer).unwrap_or_default());
        line(&mut told, "client", client_sees(&decided, &answer, request.kind.family()));
        match answer {
            Ok(answer) => line(&mut told, "answer", &format!("{answer:#}")),
            Err(error) => line(&mut told, "answer", &format!("error \"{error}\"")),
        }
        told
    }
}

fn line(told: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _written = writeln!(told, "{name:<9} {value}");
}

fn checks(told: &mut String, reason: Option<Reason>) {
    let mut over = false;
    for (name, reasons) in CHECKS {
        let failed = reason.filter(|reason| reasons.contains(reason));
        let outcome = match failed {
            Some(reason) => format!("{name}: failed ({reason})"),
            None if over => format!("{name}: not reached"),
            None => format!("{name}: passed"),
        };
        over |= failed.is_some();
        line(told, "check", &outcome);
    }
}

fn client_sees(
    decided: &Result<Decision, Unavailable>,
    answer: &Result<Value, HandlerError>,
    family: AnswerFamily,
) -> &'static str {
    match (decided, answer, family) {
        (_, Ok(answer), AnswerFamily::Http) => match answer.get("statusCode").and_then(Value::as_u64) {
            Some(200) => "the backend's answer, if whoever asked goes on",
            Some(400) => "400",
            Some(401) => "401",
            Some(403) => "403",
            _ => "503",
        },
        (_, Err(HandlerError::Unauthorized), _) => "401",
        (_, Err(_), _) => "500: the function fails, and nothing is kept",
        (Ok(Decision::Allow(_)), ..) => "the backend's answer",
        (_, _, AnswerFamily::AppSync) => "UnauthorizedException",
        _ => "403",
    }
}
