//! How users are printed.

use anyhow::bail;
use serde_json::{Value, json};
use token::Timestamp;

use crate::{
    cli::{Context, output::printable, times::utc},
    reset_token::{RESET_TOKEN_SECS, ResetToken},
    store::{Store, UserDetails},
    user::User,
};

impl Context<'_> {
    pub(super) async fn list(&mut self, store: &Store) -> anyhow::Result<()> {
        let users = store.users().await?;
        let lines: Vec<_> = users.iter().map(to_line).collect();
        let values = users.iter().map(to_json).collect();
        self.output.print(&lines.join("\n"), &Value::Array(values))
    }

    pub(super) async fn show(&mut self, store: &Store, user: &User) -> anyhow::Result<()> {
        let Some(details) = store.user(&user.id).await? else { bail!("the user is gone") };
        let user = &details.user;
        let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), utc);
        let text = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), printable);
        let lines = [
            ("id", printable(&user.id)),
            ("username", printable(&user.username)),
            ("name", text(&user.name)),
            ("email", text(&user.email)),
            ("role", user.role.to_string()),
            ("created", utc(user.created_at)),
            ("disabled", time(user.disabled_at)),
            ("password changed", time(details.password_changed_at)),
            ("second factor", if details.has_factor { "yes" } else { "no" }.to_owned()),
        ];
        let lines = lines.map(|(name, value)| format!("{name}: {value}"));
        self.output.print(&lines.join("\n"), &details_to_json(&details))
    }
}

/// A token to set a password with, as a line and as members of an object.
pub(super) fn offer(token: &ResetToken) -> (String, Value) {
    let hours = RESET_TOKEN_SECS / 3600;
    let line = format!("a password can be set once, within {hours} hours, with: {}", token.as_str());
    (line, json!({"reset_token": token.as_str(), "expires_in": RESET_TOKEN_SECS}))
}

pub(super) fn to_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "role": user.role.name(),
        "created_at": user.created_at.as_unix_secs(),
        "disabled_at": user.disabled_at.map(Timestamp::as_unix_secs),
    })
}

pub(super) fn details_to_json(details: &UserDetails) -> Value {
    let mut value = to_json(&details.user);
    if let Value::Object(members) = &mut value {
        let changed_at = details.password_changed_at.map(Timestamp::as_unix_secs);
        members.insert("password_changed_at".to_owned(), json!(changed_at));
        members.insert("totp".to_owned(), json!(details.has_factor));
    }
    value
}

fn to_line(user: &User) -> String {
    let state = if user.is_enabled() { "enabled" } else { "disabled" };
    let name = user.name.as_deref().unwrap_or("-");
    let email = user.email.as_deref().unwrap_or("-");
    let columns = [&user.id, &user.username, user.role.name(), state, email, name];
    columns.map(printable).join("  ")
}
