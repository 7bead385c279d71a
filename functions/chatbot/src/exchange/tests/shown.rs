//! What a model is shown: as much as the settings and the day allow.

use super::*;

/// How many bytes the model was shown.
fn bytes(shown: &[String]) -> usize {
    shown.iter().map(|message| message.split_once(": ").unwrap().1.len()).sum()
}

#[tokio::test]
async fn the_settings_say_what_comes_first_and_how_much_of_a_conversation() {
    let answer = completion("b", "stop", 1);
    for (tokens, expected) in [
        (
            "8000",
            &["system: Be kind.\n\nBe brief.", "user: first", "assistant: b", "user: a", "assistant: b"][..],
        ),
        ("2", &["system: Be kind.\n\nBe brief.", "user: a", "assistant: b"]),
        ("0", &["system: Be kind.\n\nBe brief."]),
    ] {
        let setup = Setup::with(&[("CHAT_SYSTEM_PROMPT", "Be kind."), ("CHAT_HISTORY_TOKENS", tokens)]).await;
        let first = setup.told(question("first"), 200, &answer).await;
        assert_eq!(first.shown, ["system: Be kind.", "user: first"]);
        setup.told(next(first.conversation, "a"), 200, &answer).await;
        let last = Question { system: Some("Be brief.".into()), ..next(first.conversation, "last") };
        let shown = setup.told(last, 200, &answer).await.shown;
        let (question, before) = shown.split_last().unwrap();
        assert_eq!(before, expected, "{tokens}");
        assert_eq!(question, "user: last");
    }
}

#[tokio::test]
async fn a_long_question_does_not_hide_the_conversation() {
    let setup = Setup::with(&[]).await;
    let long = format!("{}end", "x".repeat(32 * 1024 - 3));
    let first = setup.told(question(&long), 200, &completion("b", "stop", 1)).await;
    let shown = setup.told(next(first.conversation, "c"), 200, &completion("d", "stop", 1)).await.shown;
    assert_eq!((shown.len(), &shown[1..]), (3, &["assistant: b".to_owned(), "user: c".to_owned()][..]));
    assert!(shown[0].ends_with("xxend") && shown[0].len() > 31_000 && shown[0].len() < 32_010);
}

#[tokio::test]
async fn a_conversation_that_is_larger_than_a_day_goes_on() {
    let day = [("CHAT_TOKENS_PER_DAY", "2000"), ("CHAT_MAX_TOKENS", "100")];
    let setup = Setup::with(&day).await;
    let answer = completion("b", "stop", 1);
    let first = setup.told(question(&"x".repeat(1500)), 200, &answer).await;
    setup.told(next(first.conversation, "y"), 200, &answer).await;
    // Of 2000 tokens four are used, and 100 may be the answer.
    let shown = setup.told(next(first.conversation, &"z".repeat(500)), 200, &answer).await.shown;
    assert_eq!(shown[..2], ["user: y", "assistant: b"]);
    assert_eq!((shown.len(), bytes(&shown)), (3, 502));
    let alone = setup.told(next(first.conversation, &"z".repeat(1890)), 200, &answer).await.shown;
    assert_eq!(alone, [format!("user: {}", "z".repeat(1890))]);
    let refused = setup.ask(next(first.conversation, &"z".repeat(1901)), Delivery::Whole).await.err();
    assert_eq!(refused, Some(Refusal::TooLarge));
}

#[tokio::test]
async fn a_conversation_goes_on_with_what_is_left_of_the_day() {
    let day = [("CHAT_TOKENS_PER_DAY", "2000"), ("CHAT_MAX_TOKENS", "100")];
    let setup = Setup::with(&day).await;
    let first = setup.told(question(&"x".repeat(1500)), 200, &completion("b", "stop", 1799)).await;
    // 200 are left, which is not enough for all that was said.
    let shown = setup.told(next(first.conversation, "hi"), 200, &completion("c", "stop", 98)).await.shown;
    assert_eq!((shown.len(), &*shown[2]), (3, "user: hi"));
    assert!((90..=100).contains(&bytes(&shown)), "{}", bytes(&shown));
    // 101 are left: not one for each byte of it, and 100.
    let refused = setup.ask(next(first.conversation, "hi"), Delivery::Whole).await.err();
    assert!(matches!(refused, Some(Refusal::BudgetExhausted { .. })), "{refused:?}");
    let shown = setup.told(next(first.conversation, "h"), 200, &completion("c", "stop", 1)).await.shown;
    assert_eq!(shown, ["user: h"]);
}
