//! What `issuer user …` changes about a user that there is.
//!
//! The last administrator may be ended here: whoever is at the machine can make
//! another, and may have to end one whose account is in the wrong hands.

use anyhow::bail;
use serde_json::json;
use token::Role;
use zeroize::Zeroizing;

use super::{
    add::read_password,
    print::{details_to_json, offer, to_json},
};
use crate::{
    audit::Action,
    cli::{Context, audit::event, output::printable},
    ids::random_bytes,
    reset_token::ResetToken,
    session::EndReason,
    store::{Changed, Ending, LastAdministrator, Store, When},
    user::{User, UserChange, Username},
};

impl Context<'_> {
    pub(super) async fn change_role(&mut self, store: &Store, user: &User, role: Role) -> anyhow::Result<()> {
        let change = UserChange { role: Some(role), ..UserChange::default() };
        self.change(store, user, &change).await?;
        self.changed(store, user, &format!("{role} is now the role of")).await
    }

    pub(super) async fn change_state(
        &mut self,
        store: &Store,
        user: &User,
        disabled: bool,
    ) -> anyhow::Result<()> {
        let change = UserChange { disabled: Some(disabled), ..UserChange::default() };
        self.change(store, user, &change).await?;
        self.changed(store, user, if disabled { "disabled" } else { "enabled" }).await
    }

    async fn change(&self, store: &Store, user: &User, change: &UserChange) -> anyhow::Result<()> {
        let event = event(Action::ProfileChanged, &user.id);
        let changed =
            store.change_user(&user.id, change, LastAdministrator::MayGo, &event, self.when()).await?;
        expect_done(&changed)
    }

    pub(super) async fn delete(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let event = event(Action::UserDeleted, &user.id);
        let changed = store.delete_user(&user.id, LastAdministrator::MayGo, event, self.when()).await?;
        expect_done(&changed)?;
        self.output.print(&format!("deleted {}", printable(&user.username)), &to_json(user))
    }

    pub(super) async fn unlock(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        let key = store.throttle_key(Zeroizing::new(random_bytes()?), now).await?;
        let account = key.account(&Username::parse(&user.username)?);
        store.unlock(&account, &event(Action::UserUnlocked, &user.id), now).await?;
        self.changed(store, user, "unlocked").await
    }

    pub(super) async fn set_password(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let hash = read_password(self.input, user)?.hash()?;
        let now = (self.clock)().wall;
        store.set_password(&user.id, &hash, &event(Action::PasswordChanged, &user.id), now).await?;
        self.changed(store, user, "changed the password of").await
    }

    pub(super) async fn offer_reset(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let token = ResetToken::new()?;
        let event = event(Action::PasswordResetOffered, &user.id);
        if !store.add_password_reset(&user.id, &token.digest(), &event, (self.clock)().wall).await? {
            bail!("the user is gone");
        }
        let (line, value) = offer(&token);
        self.output.print(&line, &value)
    }

    pub(super) async fn reset_totp(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let event = event(Action::FactorRemoved, &user.id);
        if !store.reset_factor(&user.id, &event, (self.clock)().wall).await? {
            bail!("the user has no second factor");
        }
        self.changed(store, user, "removed the second factor of").await
    }

    pub(super) async fn end_sessions(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        let ending = Ending::all(&user.id, EndReason::Administrator);
        let event = event(Action::SessionsEnded, &user.id);
        let ended = store.count_and_end_sessions(ending, &event, now).await?;
        let line = format!("ended {ended} sessions of {}", printable(&user.username));
        self.output.print(&line, &json!({"id": user.id, "ended": ended}))
    }

    /// Prints the user as the user is now.
    async fn changed(&mut self, store: &Store, user: &User, done: &str) -> anyhow::Result<()> {
        let Some(details) = store.user(&user.id).await? else { bail!("the user is gone") };
        let line = format!("{done} {}", printable(&details.user.username));
        self.output.print(&line, &details_to_json(&details))
    }

    /// Due at once for the server that runs, as nobody here tells the registry.
    fn when(&self) -> When {
        let now = (self.clock)().wall;
        When { now, first_attempt_at: now }
    }
}

fn expect_done(changed: &Changed) -> anyhow::Result<()> {
    match changed {
        Changed::Done { .. } => Ok(()),
        Changed::NoSuchUser => bail!("the user is gone"),
        Changed::UsernameTaken => bail!("there is a user of that name already"),
        Changed::LastAdministrator => bail!("there would be no enabled administrator left"),
    }
}
