//! `issuer user add` and `issuer setup`.

use std::io::Read;

use anyhow::{anyhow, bail};
use serde_json::Value;
use token::Role;
use zeroize::Zeroizing;

use super::{
    arguments::{NewUserArguments, OptionalPasswordArguments, ProfileArguments, SetupArguments},
    print::{offer, to_json},
};
use crate::{
    audit::Action,
    cli::{Context, audit::event},
    ids::new_id,
    password::{MAX_PASSWORD_BYTES, NewPassword},
    password_hash::StoredHash,
    reset_token::ResetToken,
    store::{FirstAdministrator, Store},
    user::{User, Username},
};

/// How a new user gets a password.
enum NewSecret {
    Hash(StoredHash),
    Token(ResetToken),
}

impl Context<'_> {
    pub(super) async fn add(&mut self, store: &Store, wanted: NewUserArguments) -> anyhow::Result<()> {
        let (user, username) = self.new_user(wanted.profile, wanted.role)?;
        let secret = self.new_secret(&wanted.password, &user)?;
        let event = event(Action::UserCreated, &user.id);
        let added = match &secret {
            NewSecret::Hash(hash) => store.add_user(&user, &username, hash, &event).await,
            NewSecret::Token(token) => {
                let nobody = StoredHash::of_nobody();
                store.add_user_with_reset(&user, &username, &nobody, &token.digest(), &event).await
            }
        };
        added?;
        self.print_new(&user, &secret)
    }

    /// Makes the first administrator, and no second one: whoever comes later
    /// must be let in by one that there is.
    pub(super) async fn add_first_administrator(
        &mut self,
        store: &Store,
        wanted: SetupArguments,
    ) -> anyhow::Result<()> {
        let (user, username) = self.new_user(wanted.profile, Role::Admin)?;
        let secret = self.new_secret(&wanted.password, &user)?;
        let nobody = StoredHash::of_nobody();
        let (hash, token) = match &secret {
            NewSecret::Hash(hash) => (hash, None),
            NewSecret::Token(token) => (&nobody, Some(token.digest())),
        };
        let event = event(Action::UserCreated, &user.id).because("setup");
        match store.add_first_administrator(&user, &username, hash, token.as_ref(), &event).await? {
            FirstAdministrator::Added => self.print_new(&user, &secret),
            FirstAdministrator::ThereIsOne => {
                bail!("there is an administrator already; that one adds others")
            }
        }
    }

    fn new_user(&self, wanted: ProfileArguments, role: Role) -> anyhow::Result<(User, Username)> {
        let now = (self.clock)().wall;
        let username = Username::parse(&wanted.username)?;
        let user = User {
            id: wanted.sub.map_or_else(|| new_id(now), Ok)?,
            username: username.as_str().to_owned(),
            name: wanted.name,
            email: wanted.email,
            role,
            created_at: now,
            disabled_at: None,
        };
        user.check()?;
        Ok((user, username))
    }

    fn new_secret(&mut self, wanted: &OptionalPasswordArguments, owner: &User) -> anyhow::Result<NewSecret> {
        Ok(if wanted.password_stdin {
            NewSecret::Hash(read_password(self.input, owner)?.hash()?)
        } else {
            NewSecret::Token(ResetToken::new()?)
        })
    }

    fn print_new(&mut self, user: &User, secret: &NewSecret) -> anyhow::Result<()> {
        let mut value = to_json(user);
        let NewSecret::Token(token) = secret else {
            return self.output.print(&user.id, &value);
        };
        let (line, members) = offer(token);
        if let (Value::Object(value), Value::Object(members)) = (&mut value, members) {
            value.extend(members);
        }
        self.output.print(&format!("{}\n{line}", user.id), &value)
    }
}

/// Reads a password that ends at the end of the input, less one line end.
pub(super) fn read_password(input: &mut dyn Read, owner: &User) -> anyhow::Result<NewPassword> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_PASSWORD_BYTES + 3));
    let most = u64::try_from(MAX_PASSWORD_BYTES + 3).unwrap_or(u64::MAX);
    input
        .take(most)
        .read_to_string(&mut text)
        .map_err(|_| anyhow!("the password on standard input is not UTF-8 text"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(NewPassword::parse(text, owner)?)
}
