//! Who asks about a token, or revokes one: a program or a person.

use token::Role;

use crate::{audit::Actor, bearer::Account, client::Client};

/// Somebody who has proven to be who they are.
#[derive(Debug)]
pub(crate) enum Caller {
    Client(Client),
    User(Box<Account>),
}

impl Caller {
    /// Whether the tokens of all are this caller's business. By what the
    /// database says now, whatever the token of the caller still says.
    pub(crate) fn is_trusted(&self) -> bool {
        match self {
            Self::Client(_) => true,
            Self::User(account) => account.user.role == Role::Admin,
        }
    }

    /// Whether the tokens of `sub` are this caller's business.
    pub(crate) fn may_revoke_of(&self, sub: &str) -> bool {
        match self {
            Self::User(account) if account.user.id == sub => true,
            caller => caller.is_trusted(),
        }
    }

    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Client(client) => Actor::Client(client.id.clone()),
            Self::User(account) => Actor::User(account.user.id.clone()),
        }
    }
}
