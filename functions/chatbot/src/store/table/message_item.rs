//! A message as an item.

use token::Timestamp;

use super::{
    Attributes,
    attributes::{Item, number, text, time, unreadable},
    key::Key,
};
use crate::{
    backend::{End, Finish, Speaker, Usage},
    conversation::{Id, Message, Owner, Status},
    store::StoreUnavailable,
};

pub(super) fn write(owner: &Owner, conversation: Id, message: &Message, expires_at: Timestamp) -> Attributes {
    let mut item = Key::message(owner, conversation, message.id).attributes();
    let mut set = |name: &str, value| item.insert(name.to_owned(), value);
    set("speaker", text(speaker_name(message.speaker)));
    set("text", text(&message.text));
    set("created_at", time(message.created_at));
    set("status", text(message.status.name()));
    set("ttl", time(expires_at));
    if let Some(End { finish, usage }) = message.end {
        set("finish", text(finish.name()));
        set("input_tokens", number(usage.input_tokens));
        set("output_tokens", number(usage.output_tokens));
    }
    item
}

pub(super) fn read(attributes: &Attributes, id: Id) -> Result<Message, StoreUnavailable> {
    let item = Item(attributes);
    let end = if item.has("finish") {
        let finish = Finish::from_name(item.text("finish")?).ok_or_else(|| unreadable("finish"))?;
        let usage = Usage {
            input_tokens: item.number("input_tokens")?,
            output_tokens: item.number("output_tokens")?,
        };
        Some(End { finish, usage })
    } else {
        None
    };
    Ok(Message {
        id,
        speaker: speaker(item.text("speaker")?).ok_or_else(|| unreadable("speaker"))?,
        text: item.text("text")?.to_owned(),
        created_at: item.time("created_at")?,
        status: Status::from_name(item.text("status")?).ok_or_else(|| unreadable("status"))?,
        end,
    })
}

const fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

fn speaker(name: &str) -> Option<Speaker> {
    [Speaker::User, Speaker::Assistant].into_iter().find(|speaker| speaker_name(*speaker) == name)
}
