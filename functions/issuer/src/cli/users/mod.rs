//! `issuer user …`, and `issuer setup` for the first of them.
//!
//! What ends here is kept for the registry, and a server that runs tells it:
//! these commands need no more than the database.

mod add;
mod arguments;
mod changes;
mod import;
mod print;

use anyhow::bail;

pub(super) use self::arguments::{SetupArguments, UserCommand};
use super::{Context, Failure};
use crate::{store::Store, user::User};

impl Context<'_> {
    pub(super) async fn setup(&mut self, wanted: SetupArguments) -> Result<(), Failure> {
        let store = self.open_store().await?;
        let done = self.add_first_administrator(&store, wanted).await;
        store.close().await;
        Ok(done?)
    }

    pub(super) async fn users(&mut self, command: UserCommand) -> Result<(), Failure> {
        let store = self.open_store().await?;
        let done = self.users_in(&store, command).await;
        store.close().await;
        Ok(done?)
    }

    async fn users_in(&mut self, store: &Store, command: UserCommand) -> anyhow::Result<()> {
        match command {
            UserCommand::Add(wanted) => self.add(store, wanted).await,
            UserCommand::Import(wanted) => self.import_users(store, wanted).await,
            UserCommand::List => self.list(store).await,
            UserCommand::Show(user) => self.show(store, &find(store, &user.user).await?).await,
            UserCommand::Role { user, role } => {
                self.change_role(store, &find(store, &user.user).await?, role).await
            }
            UserCommand::Disable(user) => {
                self.change_state(store, &find(store, &user.user).await?, true).await
            }
            UserCommand::Enable(user) => {
                self.change_state(store, &find(store, &user.user).await?, false).await
            }
            UserCommand::Unlock(user) => self.unlock(store, &find(store, &user.user).await?).await,
            UserCommand::Passwd { user, password: _ } => {
                self.set_password(store, &find(store, &user.user).await?).await
            }
            UserCommand::PasswordReset(user) => {
                self.offer_reset(store, &find(store, &user.user).await?).await
            }
            UserCommand::TotpReset(user) => self.reset_totp(store, &find(store, &user.user).await?).await,
            UserCommand::EndSessions(user) => self.end_sessions(store, &find(store, &user.user).await?).await,
            UserCommand::Delete(user) => self.delete(store, &find(store, &user.user).await?).await,
        }
    }
}

/// Returns the one user of that name or id.
pub(super) async fn find(store: &Store, text: &str) -> anyhow::Result<User> {
    let mut users = store.users_named(text).await?.into_iter();
    match (users.next(), users.next()) {
        (Some(user), None) => Ok(user),
        (None, _) => bail!("there is no user of that name or id"),
        (Some(_), Some(_)) => bail!("one user's id is another's name; name the one that is meant otherwise"),
    }
}
