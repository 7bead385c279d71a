//! Who a verified token speaks for, and how that travels to the backend.
//!
//! This file owns both directions of the authorizer's context, so that the
//! authorizer cannot write what the backend cannot read. All values are
//! strings: a REST API turns everything into strings anyway, and refuses
//! objects, arrays and null.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Credential, Role, Timestamp, claims::Claims, consumer_claims::ConsumerClaims, policy::Accepted};

/// What a header begins with that carries one value of the context where there
/// is no authorizer in front (load balancers).
pub const X_AUTH_PREFIX: &str = "X-Auth-";

/// The id of a consumer's principal begins with this.
const CONSUMER_PREFIX: &str = "consumer:";

/// An authenticated caller. Made by the verifier, or read from the context that
/// a gateway hands on; by nobody else.
///
/// In a box, as it is handed on from layer to layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal(Box<Identity>);

/// What is known of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    id: String,
    role: Role,
    exp: Timestamp,
    caller: Caller,
    username: Option<String>,
    name: Option<String>,
    email: Option<String>,
    jti: Option<String>,
    sid: Option<String>,
    iss: Option<String>,
    kid: Option<String>,
    issued_at: Option<Timestamp>,
}

/// Which of the two kinds of caller a principal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A person, for whose every claim the issuer vouches.
    User,
    /// A system with a credential of its own, from which all of this comes.
    Consumer { username: String, custom_id: Option<String>, credential: String },
}

/// The context in front of a backend is missing something or makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the authorizer context has no usable \"{0}\"")]
pub struct UnreadableContext(pub &'static str);

impl Principal {
    pub(crate) fn user(claims: Claims<'_>, accepted: Accepted, kid: Option<&str>) -> Option<Self> {
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        Some(Self(Box::new(Identity {
            id: claims.sub?.into_owned(),
            role: accepted.role,
            exp: accepted.exp,
            caller: Caller::User,
            username: owned(claims.username),
            name: owned(claims.name),
            email: owned(claims.email),
            jti: owned(claims.jti),
            sid: owned(claims.sid),
            iss: owned(claims.iss),
            kid: kid.map(str::to_owned),
            issued_at: claims.times.iat,
        })))
    }

    /// Everything but the token's id and times comes from the credential.
    pub(crate) fn consumer(credential: &Credential, claims: ConsumerClaims, exp: Timestamp) -> Self {
        Self(Box::new(Identity {
            id: Self::consumer_id(credential.username()),
            role: credential.role(),
            exp,
            caller: Caller::Consumer {
                username: credential.username().to_owned(),
                custom_id: credential.custom_id().map(str::to_owned),
                credential: credential.key().to_owned(),
            },
            username: None,
            name: None,
            email: None,
            jti: claims.jti,
            sid: None,
            iss: None,
            kid: None,
            issued_at: claims.times.iat,
        }))
    }

    /// The id under which the consumer of that name is known.
    pub fn consumer_id(username: &str) -> String {
        format!("{CONSUMER_PREFIX}{username}")
    }

    /// The id under which this caller is known: a user's `sub`, or
    /// `consumer:<username>`.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn role(&self) -> Role {
        self.0.role
    }

    /// The `exp` of the token.
    pub fn exp(&self) -> Timestamp {
        self.0.exp
    }

    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    pub fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    pub fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The id of the token, for revocation.
    pub fn jti(&self) -> Option<&str> {
        self.0.jti.as_deref()
    }

    /// The session that the token belongs to, for revocation.
    pub fn sid(&self) -> Option<&str> {
        self.0.sid.as_deref()
    }

    /// The key that made the signature.
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// The `iat` of the token; does not travel in the context.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.0.issued_at
    }

    /// Returns the name to greet this caller by.
    pub fn display_name(&self) -> &str {
        self.name().or(self.username()).unwrap_or(&self.0.id)
    }

    /// Returns the context as name and value; what is absent is left out.
    pub fn to_context<'p>(&'p self) -> impl Iterator<Item = (&'static str, Cow<'p, str>)> {
        let (caller, consumer, custom_id, credential) = match &self.0.caller {
            Caller::User => ("user", None, None, None),
            Caller::Consumer { username, custom_id, credential } => {
                ("consumer", Some(username.as_str()), custom_id.as_deref(), Some(credential.as_str()))
            }
        };
        let text = |text: Option<&'p str>| text.map(Cow::Borrowed);
        let all = [
            ("sub", text(Some(self.id()))),
            ("username", text(self.username())),
            ("name", text(self.name())),
            ("email", text(self.email())),
            ("role", text(Some(self.0.role.name()))),
            ("jti", text(self.jti())),
            ("sid", text(self.sid())),
            ("iss", text(self.0.iss.as_deref())),
            ("exp", Some(Cow::Owned(self.0.exp.as_unix_secs().to_string()))),
            ("kid", text(self.kid())),
            ("caller", text(Some(caller))),
            ("consumer", text(consumer)),
            ("custom_id", text(custom_id)),
            ("credential", text(credential)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    /// Reads the context that a gateway put into an event.
    ///
    /// # Errors
    ///
    /// Names the first member that is missing or makes no sense. Whoever gets
    /// this must refuse the request.
    pub fn from_context(context: &Map<String, Value>) -> Result<Self, UnreadableContext> {
        let text = |name| match context.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(UnreadableContext(name)),
        };
        let required = |name| text(name)?.filter(|text| !text.is_empty()).ok_or(UnreadableContext(name));

        let id = required("sub")?;
        let caller = match required("caller")?.as_str() {
            "user" if !id.starts_with(CONSUMER_PREFIX) => Caller::User,
            "consumer" => {
                let username = required("consumer")?;
                if id.strip_prefix(CONSUMER_PREFIX) != Some(&username) {
                    return Err(UnreadableContext("consumer"));
                }
                Caller::Consumer {
                    username,
                    custom_id: text("custom_id")?,
                    credential: required("credential")?,
                }
            }
            _ => return Err(UnreadableContext("caller")),
        };
        let secs = required("exp")?.parse().map_err(|_| UnreadableContext("exp"))?;
        Ok(Self(Box::new(Identity {
            id,
            role: Role::from_name(&required("role")?).ok_or(UnreadableContext("role"))?,
            exp: Timestamp::from_unix_secs(secs),
            caller,
            username: text("username")?,
            name: text("name")?,
            email: text("email")?,
            jti: text("jti")?,
            sid: text("sid")?,
            iss: text("iss")?,
            kid: text("kid")?,
            issued_at: None,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(pairs: &[(&str, &str)]) -> Map<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    }

    const USER: [(&str, &str); 6] = [
        ("sub", "123456"),
        ("role", "USER"),
        ("exp", "1650001800"),
        ("caller", "user"),
        ("name", "John"),
        ("kid", "k"),
    ];

    #[test]
    fn what_is_written_is_read_back() {
        for pairs in [
            &USER[..],
            &[
                ("sub", "consumer:shop"),
                ("role", "SUPERVISOR"),
                ("exp", "9"),
                ("caller", "consumer"),
                ("consumer", "shop"),
                ("custom_id", "c-7"),
                ("credential", "key-1"),
            ],
        ] {
            let read = Principal::from_context(&context(pairs)).unwrap();
            let written: Map<String, Value> =
                read.to_context().map(|(name, value)| (name.to_owned(), value.into())).collect();
            assert_eq!(written, context(pairs));
            assert_eq!(Principal::from_context(&written), Ok(read));
        }
    }

    #[test]
    fn a_context_that_makes_no_sense_is_no_principal() {
        for name in ["sub", "role", "exp", "caller"] {
            for value in [None, Some(Value::Null), Some(7.into()), Some("".into())] {
                let mut broken = context(&USER);
                broken.remove(name);
                broken.extend(value.map(|value| (name.to_owned(), value)));
                assert_eq!(Principal::from_context(&broken), Err(UnreadableContext(name)));
            }
        }
        for (name, value) in [("role", "ROOT"), ("exp", "soon"), ("caller", "robot")] {
            let mut broken = context(&USER);
            broken.insert(name.to_owned(), value.into());
            assert_eq!(Principal::from_context(&broken), Err(UnreadableContext(name)));
        }
    }

    #[test]
    fn a_user_cannot_look_like_a_consumer_nor_one_consumer_like_another() {
        let mut user = context(&USER);
        user.insert("sub".into(), "consumer:shop".into());
        assert!(Principal::from_context(&user).is_err());
        user.extend(context(&[("caller", "consumer"), ("consumer", "other"), ("credential", "k")]));
        assert!(Principal::from_context(&user).is_err());
    }
}
