//! What is said is there, once, and as it was said.

use token::Timestamp;

use super::setup::{
    BOUNDS, WIDE, answer, at, both, conversation, first, id, number, numbers, owner, question,
};
use crate::{
    conversation::{Conversation, Message, Status},
    store::Added,
};

#[tokio::test]
async fn what_is_said_is_read_as_it_was_said() {
    let texts = ["Hello?", "", " \n\u{0}\u{7f}", "Grüße 👋🏽 \u{202e}", "{\"S\":\"x\"} #ttl :now"];
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        let begun = Conversation { title: "Grüße \u{0}".into(), ..conversation(1, at(0)) };
        let mut said = vec![question(10, "First", at(0))];
        store.begin(&ada, &begun, &said[0], at(0)).await.unwrap();
        for (index, text) in (0..).zip(texts.into_iter().chain([&*"é".repeat(128 * 1024)])) {
            let asked = question(20 + index * 2, text, at(index));
            let told = Message { status: Status::Cut, end: None, ..answer(21 + index * 2, text, at(index)) };
            for message in [asked, told, answer(50 + index, text, at(index))] {
                assert_eq!(
                    store.add(&ada, begun.id, &message, at(index + 60)).await,
                    Ok(Added::Yes),
                    "{name}"
                );
                said.push(message);
            }
        }
        for message in &said {
            let found = store.message(&ada, begun.id, message.id, at(100)).await.unwrap();
            assert!(found.as_ref() == Some(message), "{name}: {found:?}");
        }
        said.sort_by_key(|message| std::cmp::Reverse(message.id));
        let (mut read, mut range) = (Vec::new(), first(100));
        // Long as they are, they come in several pages.
        for _ in 0..said.len() {
            let page = store.messages(&ada, begun.id, range, at(100)).await.unwrap().unwrap();
            read.extend(page.items);
            match page.next {
                Some(next) => range.before = Some(next),
                None => break,
            }
        }
        assert!(read == said, "{name}");
        let found = store.conversation(&ada, begun.id, at(100)).await.unwrap().unwrap();
        let expected =
            Conversation { messages: 19, updated_at: at(65).wall, last_message: Some(id(55)), ..begun };
        assert_eq!(found.title, expected.title, "{name}");
        assert!(found == expected, "{name}: {found:?}");
    }
}

#[tokio::test]
async fn what_was_never_said_is_not_there() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        assert_eq!(store.conversation(&ada, id(2), now).await, Ok(None), "{name}");
        assert_eq!(store.messages(&ada, id(2), first(5), now).await, Ok(None), "{name}");
        assert_eq!(store.message(&ada, begun, id(2), now).await, Ok(None), "{name}");
        assert_eq!(store.message(&ada, id(2), id(1), now).await, Ok(None), "{name}");
        assert_eq!(store.rename(&ada, id(2), "New", now).await, Ok(None), "{name}");
        let added = store.add(&ada, id(2), &question(3, "Hm", now), now).await;
        assert_eq!(added, Ok(Added::NoConversation), "{name}");
        assert_eq!(store.message(&ada, id(2), id(3), now).await, Ok(None), "{name}: not added either");
        assert_eq!(store.texts(&ada, id(2), now).await, None, "{name}: nor was a conversation made");
    }
}

#[tokio::test]
async fn a_beginning_that_is_sent_again_changes_nothing() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        store.begun(&ada, 1, at(1)).await;
        store.add(&ada, begun, &answer(2, "Hello!", at(2)), at(2)).await.unwrap();
        let renamed = store.rename(&ada, begun, "Greetings", at(3)).await.unwrap().unwrap();
        store.begun(&ada, 1, at(4)).await;
        assert_eq!(store.conversation(&ada, begun, at(5)).await, Ok(Some(renamed.clone())), "{name}");
        assert_eq!((renamed.messages, renamed.created_at), (2, at(0).wall), "{name}");
        assert_eq!(store.texts(&ada, begun, at(5)).await.unwrap(), ["Hello!", "Hello?"], "{name}");
    }
}

#[tokio::test]
async fn a_message_that_is_sent_again_takes_its_own_place() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        let nothing = Message { status: Status::Failed, end: None, ..answer(2, "", at(1)) };
        assert_eq!(store.add(&ada, begun, &nothing, at(1)).await, Ok(Added::Yes), "{name}");
        let all = answer(2, "Hello!", at(1));
        for secs in [2, 3] {
            assert_eq!(store.add(&ada, begun, &all, at(secs)).await, Ok(Added::Yes), "{name}");
        }
        let found = store.conversation(&ada, begun, at(4)).await.unwrap().unwrap();
        assert_eq!((found.messages, found.last_message), (2, Some(id(2))), "{name}");
        assert_eq!(found.updated_at, at(3).wall, "{name}");
        let message = store.message(&ada, begun, id(2), at(4)).await.unwrap();
        assert!(message == Some(all), "{name}: {message:?}");
        // The first question too, which came with the conversation.
        store.add(&ada, begun, &question(1, "Hello again?", at(4)), at(4)).await.unwrap();
        assert_eq!(store.texts(&ada, begun, at(4)).await.unwrap(), ["Hello!", "Hello again?"], "{name}");
        assert_eq!(store.conversation(&ada, begun, at(4)).await.unwrap().unwrap().messages, 2, "{name}");
    }
}

#[tokio::test]
async fn an_attempt_that_fails_takes_nothing_away() {
    let unfinished = |status, text| Message { status, end: None, ..answer(2, text, at(1)) };
    let (nothing, refused) = (unfinished(Status::Failed, ""), unfinished(Status::Refused, ""));
    let (half, more) = (unfinished(Status::Cut, "Hal"), unfinished(Status::Cut, "Half"));
    let whole = answer(2, "Hi", at(1));
    for (name, store) in both(BOUNDS).await {
        for (number, (first, second, is_replaced)) in (1..).zip([
            (&nothing, &half, true),
            (&nothing, &refused, true),
            (&refused, &nothing, false),
            (&refused, &half, true),
            (&half, &nothing, false),
            (&half, &refused, false),
            (&half, &more, true),
            (&more, &half, false),
            (&more, &whole, true),
            (&whole, &more, false),
            (&whole, &nothing, false),
        ]) {
            let ada = owner(&format!("ada {number}"));
            let begun = store.begun(&ada, 1, at(0)).await;
            for message in [first, second] {
                let added = store.add(&ada, begun, message, at(1)).await;
                assert_eq!(added, Ok(Added::Yes), "{name}: {first:?}, {second:?}");
            }
            let kept = store.message(&ada, begun, id(2), at(1)).await.unwrap().unwrap();
            let expected = if is_replaced { second } else { first };
            assert!(kept == *expected, "{name}: {first:?}, {second:?}: {kept:?}");
            store.delete(&ada, begun, at(2)).await.unwrap();
            let added = store.add(&ada, begun, second, at(2)).await;
            assert_eq!(added, Ok(Added::NoConversation), "{name}: {first:?}, {second:?}");
        }
    }
}

#[tokio::test]
async fn an_attempt_that_fails_in_a_full_conversation_is_no_fault_of_it() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        for number in [3, 5] {
            store.add(&ada, begun, &question(number, "Hm?", now), now).await.unwrap();
        }
        let half = Message { status: Status::Cut, end: None, ..answer(2, "Half", now) };
        for message in [&half, &answer(4, "Hm.", now), &answer(6, "Hm.", now)] {
            assert_eq!(store.add(&ada, begun, message, now).await, Ok(Added::Yes), "{name}");
        }
        let nothing = Message { status: Status::Failed, text: String::new(), ..half.clone() };
        assert_eq!(store.add(&ada, begun, &nothing, now).await, Ok(Added::Yes), "{name}");
        let kept = store.message(&ada, begun, id(2), now).await.unwrap();
        assert!(kept == Some(half), "{name}: {kept:?}");
        let other = Message { id: id(7), ..nothing };
        assert_eq!(store.add(&ada, begun, &other, now).await, Ok(Added::Full), "{name}");
    }
}

#[tokio::test]
async fn the_last_message_is_the_one_that_sorts_last_in_whatever_order_they_come() {
    for (name, store) in both(WIDE).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        for (count, (message, last)) in (2..).zip([(5, 5), (3, 5), (9, 9), (7, 9)]) {
            store.add(&ada, begun, &answer(message, "Well", at(1)), at(1)).await.unwrap();
            let found = store.conversation(&ada, begun, at(1)).await.unwrap().unwrap();
            assert_eq!((found.last_message.map(number), found.messages), (Some(last), count), "{name}");
        }
    }
}

#[tokio::test]
async fn a_full_conversation_takes_no_question_but_each_answer_that_it_is_owed() {
    for (name, store) in both(BOUNDS).await {
        let (ada, now) = (owner("ada"), at(0));
        let begun = store.begun(&ada, 1, now).await;
        // Three questions at once, before the first of them is answered.
        assert_eq!(store.add(&ada, begun, &question(2, "2", now), now).await, Ok(Added::Yes), "{name}");
        assert_eq!(store.add(&ada, begun, &question(3, "3", now), now).await, Ok(Added::Yes), "{name}");
        assert_eq!(store.add(&ada, begun, &question(4, "4", now), now).await, Ok(Added::Full), "{name}");
        assert_eq!(
            store.add(&ada, begun, &question(3, "3!", now), now).await,
            Ok(Added::Yes),
            "{name}: again"
        );
        for number in [11, 12, 13] {
            let added = store.add(&ada, begun, &answer(number, "Yes.", now), now).await;
            assert_eq!(added, Ok(Added::Yes), "{name}");
        }
        for message in [question(5, "5", now), answer(14, "No.", now)] {
            assert_eq!(store.add(&ada, begun, &message, now).await, Ok(Added::Full), "{name}");
        }
        assert_eq!(
            store.add(&ada, begun, &answer(13, "Well.", now), now).await,
            Ok(Added::Yes),
            "{name}: again"
        );
        let texts = store.texts(&ada, begun, now).await.unwrap();
        assert_eq!(texts, ["Well.", "Yes.", "Yes.", "3!", "2", "Hello?"], "{name}");
        assert_eq!(store.conversation(&ada, begun, now).await.unwrap().unwrap().messages, 6, "{name}");
    }
}

#[tokio::test]
async fn a_new_name_changes_the_name_alone() {
    for (name, store) in both(BOUNDS).await {
        let ada = owner("ada");
        let begun = store.begun(&ada, 1, at(0)).await;
        let other = store.begun(&ada, 2, at(0)).await;
        let before = store.conversation(&ada, begun, at(1)).await.unwrap().unwrap();
        let renamed = store.rename(&ada, begun, "Ünïcode", at(9)).await.unwrap().unwrap();
        assert_eq!(renamed.title, "Ünïcode", "{name}");
        assert_eq!(Conversation { title: before.title.clone(), ..renamed.clone() }, before, "{name}");
        assert_eq!(renamed.updated_at, Timestamp::from_unix_secs(at(0).wall.as_unix_secs()), "{name}");
        assert_eq!(store.conversation(&ada, begun, at(9)).await, Ok(Some(renamed)), "{name}");
        assert_eq!(store.conversation(&ada, other, at(9)).await.unwrap().unwrap().title, "No. 2", "{name}");
        let page = store.conversations(&ada, first(9), at(9)).await.unwrap();
        assert_eq!((numbers(&page), page.items[1].title.as_str()), (vec![2, 1], "Ünïcode"), "{name}");
    }
}
