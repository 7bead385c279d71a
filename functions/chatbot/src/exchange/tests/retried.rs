//! Whoever tries again loses nothing.

use super::*;

#[tokio::test]
async fn what_had_come_is_there_yet_when_trying_again_fails() {
    let setup = Setup::with(&[]).await;
    let again = || with_key(question("a"), "k");
    let conversation = setup.broken(again(), "Half of a").await;
    let half = [("a".to_owned(), "complete"), ("Half of a".to_owned(), "cut")];
    assert_eq!(setup.kept(conversation).await, half);
    // The model is away, refuses, and breaks off sooner.
    for status in [401, 400] {
        let told = setup.told(again(), status, &json!({})).await;
        assert!(told.answer.is_err() && told.conversation == conversation, "{status}");
        assert_eq!(told.shown, ["user: a"], "{status}: what it said before is not part of the question");
        assert_eq!(setup.kept(conversation).await, half, "{status}");
    }
    assert_eq!(setup.broken(again(), "Half").await, conversation);
    assert_eq!(setup.kept(conversation).await, half);
    // More of it is more, and all of it is all.
    setup.broken(again(), "Half of an ans").await;
    assert_eq!(setup.kept(conversation).await[1], ("Half of an ans".to_owned(), "cut"));
    setup.told(again(), 200, &completion("All", "stop", 1)).await.answer.unwrap();
    assert_eq!(setup.kept(conversation).await[1], ("All".to_owned(), "complete"));
}
