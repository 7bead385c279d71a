//! Messages and conversations that are added, in one transaction each: no
//! message is there without its conversation.

use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure::AllOld, TransactWriteItem, Update};
use token::Timestamp;

use super::{
    IS_ABSENT, IS_OPEN, IS_THERE, Table,
    attributes::{Item, id, number, text, time},
    call::{NoAnswer, failed, unbuildable},
    conversation_item::{self, ConversationItem, questions_in},
    key::Key,
    message_item,
    transaction::{Checked, Written},
};
use crate::{
    backend::Speaker,
    conversation::{Conversation, Id, Message, Owner, Status},
    store::{Added, StoreUnavailable},
};

/// How often an addition is put another way for what has changed meanwhile.
const MAX_FORMS: usize = 8;

/// A message that is added to a conversation.
struct Addition<'a> {
    owner: &'a Owner,
    conversation: Id,
    message: &'a Message,
    now: Timestamp,
    expires_at: Timestamp,
}

/// What is taken for granted, and made a condition of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The message is new, and the last one.
    Last,
    /// The message is new, and sorts before one that is there.
    NotLast,
    /// The message is there already.
    Again,
}

impl Table {
    pub(in crate::store) async fn begin(
        &self,
        owner: &Owner,
        conversation: &Conversation,
        message: &Message,
        now: Timestamp,
    ) -> Result<(), StoreUnavailable> {
        let expires_at = now.plus(self.bounds.retention_secs);
        let beginning = Put::builder()
            .table_name(&self.name)
            .set_item(Some(conversation_item::new(owner, conversation, message, expires_at)))
            .condition_expression(IS_ABSENT)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", time(now))
            .build()
            .map_err(|error| unbuildable(&error))?;
        // What belonged to an expired conversation of this id has expired too.
        let first = Put::builder()
            .table_name(&self.name)
            .set_item(Some(message_item::write(owner, conversation.id, message, expires_at)))
            .build()
            .map_err(|error| unbuildable(&error))?;
        let actions = vec![
            TransactWriteItem::builder().put(beginning).build(),
            TransactWriteItem::builder().put(first).build(),
        ];
        // Where it is there already, it was begun before.
        self.transact(actions).await?;
        Ok(())
    }

    pub(in crate::store) async fn add(
        &self,
        owner: &Owner,
        conversation: Id,
        message: &Message,
        now: Timestamp,
    ) -> Result<Added, StoreUnavailable> {
        let expires_at = now.plus(self.bounds.retention_secs);
        let addition = Addition { owner, conversation, message, now, expires_at };
        let (mut form, mut is_full) = (Form::Last, false);
        for _ in 0..MAX_FORMS {
            let Written::No(checked) = self.transact(self.actions(&addition, form)?).await? else {
                return Ok(Added::Yes);
            };
            let mut checked = checked.into_iter();
            let (of_conversation, of_message) = (checked.next(), checked.next());
            let is_other = matches!(of_message, Some(Checked::Refused(_)));
            if let Some(Checked::Refused(found)) = of_conversation {
                let Some(found) = found else { return Ok(Added::NoConversation) };
                let found = ConversationItem::new(&found, conversation);
                if !found.is_open(now)? {
                    return Ok(Added::NoConversation);
                }
                is_full = self.is_full(&found, message)?;
            }
            if form == Form::Again && says_more(of_message, now)? {
                return Ok(Added::Yes);
            }
            form = match form {
                // A full conversation takes a message that it has.
                Form::Last | Form::NotLast if is_other || is_full => Form::Again,
                Form::Last | Form::NotLast => Form::NotLast,
                Form::Again if is_full => return Ok(Added::Full),
                Form::Again => Form::Last,
            };
        }
        Err(failed("TransactWriteItems", "changed each time").into())
    }

    fn is_full(&self, found: &ConversationItem<'_>, message: &Message) -> Result<bool, StoreUnavailable> {
        Ok(match message.speaker {
            Speaker::User => found.questions()? >= self.bounds.max_questions(),
            Speaker::Assistant => found.messages()? >= self.bounds.max_messages,
        })
    }

    fn actions(&self, addition: &Addition<'_>, form: Form) -> Result<Vec<TransactWriteItem>, NoAnswer> {
        let Addition { owner, conversation, message, now, expires_at } = *addition;
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(message_item::write(owner, conversation, message, expires_at)))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", time(now));
        let put = match (form, message.more_than()) {
            (Form::Again, None) => put.condition_expression(IS_THERE),
            // As `Message::replaces`.
            (Form::Again, Some(bytes)) => put
                .condition_expression(format!("{IS_THERE} AND #status <> :complete AND size(#text) < :bytes"))
                .expression_attribute_names("#status", "status")
                .expression_attribute_names("#text", "text")
                .expression_attribute_values(":complete", text(Status::Complete.name()))
                .expression_attribute_values(":bytes", number(u32::try_from(bytes).unwrap_or(u32::MAX)))
                .return_values_on_condition_check_failure(AllOld),
            _ => put.condition_expression(IS_ABSENT),
        };
        let put = put.build().map_err(|error| unbuildable(&error))?;
        Ok(vec![
            TransactWriteItem::builder().update(self.moving_along(addition, form)?).build(),
            TransactWriteItem::builder().put(put).build(),
        ])
    }

    /// The conversation as it goes on with the message.
    fn moving_along(&self, addition: &Addition<'_>, form: Form) -> Result<Update, NoAnswer> {
        let Addition { owner, conversation, message, now, expires_at } = *addition;
        let mut change = "SET updated_at = :now, #ttl = :ttl".to_owned();
        let mut condition = IS_OPEN.to_owned();
        let mut update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(Key::conversation(owner, conversation).attributes()))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", time(now))
            .expression_attribute_values(":ttl", time(expires_at))
            .return_values_on_condition_check_failure(AllOld);
        if form == Form::Last {
            change.push_str(", last_message = :id");
            condition.push_str(" AND last_message < :id");
            update = update.expression_attribute_values(":id", id(message.id));
        }
        if form != Form::Again {
            change.push_str(" ADD messages :one, questions :questions");
            let (room, most) = match message.speaker {
                Speaker::User => (" AND questions < :most", self.bounds.max_questions()),
                Speaker::Assistant => (" AND messages < :most", self.bounds.max_messages),
            };
            condition.push_str(room);
            update = update
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":questions", number(questions_in(message)))
                .expression_attribute_values(":most", number(most));
        }
        let update = update.update_expression(change).condition_expression(condition);
        update.build().map_err(|error| unbuildable(&error))
    }
}

/// Whether a message was not replaced because it says more, and not because it
/// has gone.
fn says_more(of_message: Option<Checked>, now: Timestamp) -> Result<bool, StoreUnavailable> {
    match of_message {
        Some(Checked::Refused(Some(kept))) => Item(&kept).is_there(now),
        _ => Ok(false),
    }
}
