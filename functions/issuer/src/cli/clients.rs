//! `issuer client …`: programs that may ask about tokens and revoke them.

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Context, Failure, audit::event, output::printable};
use crate::{
    audit::Action,
    client::{Client, ClientSecret},
    store::{DatabaseUrl, Store},
};

#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Add a client and print its id and its secret, which is not shown again
    Add {
        /// For people to recognise it
        #[arg(long)]
        name: String,
    },
    /// List all clients
    List,
    /// Remove a client; its credentials are refused from then on
    Remove { id: String },
}

impl Context<'_> {
    pub(super) async fn clients(&mut self, command: ClientCommand) -> Result<(), Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        let store = Store::open(&url).await.context("could not open the database")?;
        let done = self.clients_in(&store, command).await;
        store.close().await;
        Ok(done?)
    }

    async fn clients_in(&mut self, store: &Store, command: ClientCommand) -> anyhow::Result<()> {
        let now = (self.clock)().wall;
        match command {
            ClientCommand::Add { name } => {
                let client = Client::new(&name, now)?;
                let secret = ClientSecret::new()?;
                let added = event(Action::ClientAdded, &client.id);
                store.add_client(&client, &secret.digest(), &added).await?;
                let (id, secret) = (&client.id, secret.as_str());
                let value = json!({"id": id, "name": client.name, "secret": secret});
                self.output.print(&format!("id: {id}\nsecret: {secret}"), &value)
            }
            ClientCommand::List => {
                let clients = store.clients().await?;
                let lines: Vec<_> = clients
                    .iter()
                    .map(|client| format!("{}  {}", printable(&client.id), printable(&client.name)))
                    .collect();
                let values = clients.iter().map(to_json).collect();
                self.output.print(&lines.join("\n"), &Value::Array(values))
            }
            ClientCommand::Remove { id } => {
                if !store.remove_client(&id, &event(Action::ClientRemoved, &id), now).await? {
                    bail!("there is no client of that id");
                }
                self.output.print(&format!("removed {}", printable(&id)), &json!({"removed": id}))
            }
        }
    }
}

fn to_json(client: &Client) -> Value {
    json!({"id": client.id, "name": client.name, "created_at": client.created_at.as_unix_secs()})
}
