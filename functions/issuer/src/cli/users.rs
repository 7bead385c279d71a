//! `issuer user …`.

use std::io::Read;

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Context, Failure,
    arguments::{NewUserArguments, UserCommand},
    output::printable,
};
use crate::{
    audit::{Action, Actor, AuditEvent},
    ids::{new_id, random_bytes},
    origin::Origin,
    password::{MAX_PASSWORD_BYTES, NewPassword},
    store::{DatabaseUrl, Store},
    user::{User, Username},
};

impl Context<'_> {
    pub(super) async fn users(&mut self, command: UserCommand) -> Result<(), Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        let store = Store::open(&url).await.context("could not open the database")?;
        let done = self.users_in(&store, command).await;
        store.close().await;
        Ok(done?)
    }

    async fn users_in(&mut self, store: &Store, command: UserCommand) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        match command {
            UserCommand::Add(wanted) => self.add(store, wanted).await,
            UserCommand::Import(wanted) => self.import(store, wanted).await,
            UserCommand::List => self.list(store).await,
            UserCommand::Disable { user } => {
                let user = find(store, &user).await?;
                store.disable_user(&user.id, &event(Action::UserDisabled, &user.id), now).await?;
                self.changed(store, &user.id, "disabled").await
            }
            UserCommand::Enable { user } => {
                let user = find(store, &user).await?;
                store.enable_user(&user.id, &event(Action::UserEnabled, &user.id), now).await?;
                self.changed(store, &user.id, "enabled").await
            }
            UserCommand::Unlock { user } => {
                let user = find(store, &user).await?;
                let key = store.throttle_key(Zeroizing::new(random_bytes()?), now).await?;
                let account = key.account(&Username::parse(&user.username)?);
                store.unlock(&account, &event(Action::UserUnlocked, &user.id), now).await?;
                self.changed(store, &user.id, "unlocked").await
            }
            UserCommand::Passwd { user, password: _ } => {
                let user = find(store, &user).await?;
                let hash = read_password(self.input, &user)?.hash()?;
                store.set_password(&user.id, &hash, &event(Action::PasswordChanged, &user.id), now).await?;
                self.changed(store, &user.id, "changed the password of").await
            }
        }
    }

    async fn add(&mut self, store: &Store, wanted: NewUserArguments) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        let username = Username::parse(&wanted.username)?;
        let user = User {
            id: wanted.sub.map_or_else(|| new_id(now), Ok)?,
            username: username.as_str().to_owned(),
            name: wanted.name,
            email: wanted.email,
            role: wanted.role,
            created_at: now,
            disabled_at: None,
        };
        user.check()?;
        let hash = read_password(self.input, &user)?.hash()?;
        store.add_user(&user, &username, &hash, &event(Action::UserCreated, &user.id)).await?;
        self.output.print(&user.id, &to_json(&user))
    }

    async fn list(&mut self, store: &Store) -> anyhow::Result<()> {
        let users = store.users().await?;
        let lines: Vec<_> = users.iter().map(to_line).collect();
        let values = users.iter().map(to_json).collect();
        self.output.print(&lines.join("\n"), &Value::Array(values))
    }

    /// Prints the user as the user is now.
    async fn changed(&mut self, store: &Store, id: &str, done: &str) -> anyhow::Result<()> {
        let users = store.users_named(id).await?;
        let user = users.into_iter().find(|user| user.id == id).ok_or_else(|| anyhow!("the user is gone"))?;
        let line = format!("{done} {}", printable(&user.username));
        self.output.print(&line, &to_json(&user))
    }
}

/// Kept in the database and not logged: who types commands sees what they do.
fn event(action: Action, user_id: &str) -> AuditEvent {
    AuditEvent::new(action, Actor::CommandLine, &Origin::command_line()).about(user_id)
}

async fn find(store: &Store, text: &str) -> anyhow::Result<User> {
    let mut users = store.users_named(text).await?.into_iter();
    match (users.next(), users.next()) {
        (Some(user), None) => Ok(user),
        (None, _) => bail!("there is no user of that name or id"),
        (Some(_), Some(_)) => bail!("one user's id is another's name; name the one that is meant otherwise"),
    }
}

/// Reads a password that ends at the end of the input, less one line end.
fn read_password(input: &mut dyn Read, owner: &User) -> anyhow::Result<NewPassword> {
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

fn to_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "role": user.role.name(),
        "created_at": user.created_at.as_unix_secs(),
        "disabled_at": user.disabled_at.map(token::Timestamp::as_unix_secs),
    })
}

fn to_line(user: &User) -> String {
    let state = if user.is_enabled() { "enabled" } else { "disabled" };
    let name = user.name.as_deref().unwrap_or("-");
    let email = user.email.as_deref().unwrap_or("-");
    let columns = [&user.id, &user.username, user.role.name(), state, email, name];
    columns.map(printable).join("  ")
}
