//! Lists: nothing lost, nothing twice, and nothing that is gone.

use std::collections::BTreeSet;

use registry::{Offset, Page, PageRequest, PageSize};

use crate::{
    relay::{Fate, passes},
    setup::{NOON, Setup, consumer, credential, refusal},
};

fn page(size: u16, after: Option<Offset>) -> PageRequest {
    // As whoever is far away has it.
    let after = after.map(|after| Offset::parse(&after.to_string()).unwrap());
    PageRequest { size: PageSize::new(size).unwrap(), after }
}

/// Reads all pages, and returns what is on each.
async fn all<T>(
    size: u16,
    mut list: impl AsyncFnMut(PageRequest) -> Page<T>,
    name: impl Fn(&T) -> String,
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let found = list(page(size, after)).await;
        pages.push(found.entries.iter().map(&name).collect::<Vec<_>>());
        after = found.next;
        if after.is_none() {
            return pages;
        }
        assert!(pages.len() < 1000, "it never ends");
    }
}

fn names(pages: &[Vec<String>]) -> BTreeSet<&str> {
    let count: usize = pages.iter().map(Vec::len).sum();
    let names: BTreeSet<_> = pages.iter().flatten().map(String::as_str).collect();
    assert_eq!(names.len(), count, "one of them is there twice");
    names
}

/// Ten consumers; the third has ten credentials, the fourth five.
async fn ten() -> Setup {
    let setup = Setup::start().await;
    for number in 0..10 {
        setup.consumers.create(consumer(number, &format!("c{number}")), NOON).await.unwrap();
    }
    for number in 0..15 {
        let owner = if number < 10 { "c3" } else { "c4" };
        let new = credential(number, &format!("k{number:02}"));
        setup.consumers.create_credential(owner, &new, NOON).await.unwrap();
    }
    // On the table, and none of this anybody's business.
    for number in 0..20 {
        let revocation = registry::Revocation::Session { sid: format!("s{number}") };
        setup.verifiers_registry(0).revoke(&revocation, NOON.plus(60)).await.unwrap();
    }
    setup
}

#[tokio::test]
async fn every_size_of_page_gives_the_same() {
    let setup = ten().await;
    for (size, pages) in [(1, 10), (3, 4), (5, 2), (9, 2), (10, 1), (11, 1), (1000, 1)] {
        let list = async |page| setup.consumers.list(page).await.unwrap();
        let found = all(size, list, |consumer| consumer.username.clone()).await;
        assert_eq!(found.len(), pages, "pages of {size}");
        assert_eq!(names(&found).len(), 10);
    }
    for (size, pages) in [(1, 15), (2, 8), (5, 3), (14, 2), (15, 1), (16, 1)] {
        let list = async |page| setup.consumers.credentials(page).await.unwrap();
        let found = all(size, list, |credential| credential.key.clone()).await;
        assert_eq!(found.len(), pages, "pages of {size}");
        assert_eq!(names(&found).len(), 15);
    }
    for (size, pages) in [(1, 10), (3, 4), (10, 1), (11, 1)] {
        let list = async |page| setup.consumers.credentials_of_consumer("c3", page).await.unwrap();
        let found = all(size, list, |credential| credential.key.clone()).await;
        assert_eq!(found.len(), pages, "pages of {size}");
        assert_eq!(found.concat(), (0..10).map(|number| format!("k{number:02}")).collect::<Vec<_>>());
    }
    let none = setup.consumers.credentials_of_consumer("c5", page(1, None)).await.unwrap();
    assert_eq!((none.entries.len(), none.next), (0, None));
    refusal(setup.consumers.credentials_of_consumer("c10", page(1, None)).await);
}

#[tokio::test]
async fn what_goes_between_two_pages_takes_nothing_else_along() {
    let setup = ten().await;
    let first = setup.consumers.list(page(4, None)).await.unwrap();
    let last = first.entries.last().unwrap().id.clone();
    setup.consumers.delete(&last).await.unwrap();
    let rest = setup.consumers.list(page(1000, first.next)).await.unwrap();
    assert_eq!((first.entries.len(), rest.entries.len(), rest.next), (4, 6, None));
    assert!(rest.entries.iter().all(|consumer| !first.entries.contains(consumer)));
}

#[tokio::test]
async fn an_entry_of_the_index_that_is_gone_is_passed_over() {
    let setup = ten().await;
    let sizes = async || {
        let consumers = setup.consumers.list(page(1000, None)).await.unwrap();
        let credentials = setup.consumers.credentials_of_consumer("c4", page(1000, None)).await.unwrap();
        (consumers.entries.len(), credentials.entries.len())
    };
    assert_eq!(sizes().await, (10, 5));
    setup.consumers.delete("c3").await.unwrap();
    setup.consumers.delete_credential(crate::setup::any("k12")).await.unwrap();
    setup.relay.behave(|call| {
        let is_index = ["Scan", "Query"].contains(&call.operation.as_str());
        if is_index { Fate::AnsweredAsBefore } else { Fate::Passes }
    });
    assert_eq!(sizes().await, (9, 4), "the index does not know yet");
    setup.relay.behave(passes);
    assert_eq!(sizes().await, (9, 4));
}

#[tokio::test]
async fn a_page_asks_a_bounded_number_of_times_and_says_that_there_is_more() {
    let setup = Setup::start().await;
    setup.consumers.create(consumer(1, "shop"), NOON).await.unwrap();
    for number in 0..400 {
        let by_hand = [("consumer", crate::setup::text("other"))];
        setup.write_by_hand(&format!("CRED#k{number}"), &by_hand).await;
    }
    let list = async |page| {
        setup.relay.behave(passes);
        let found = setup.consumers.list(page).await.unwrap();
        assert!(setup.relay.calls("Scan") <= 16, "{} requests for one page", setup.relay.calls("Scan"));
        found
    };
    let found = all(1, list, |consumer| consumer.username.clone()).await;
    assert!(found.len() > 1, "more than one page had to be asked");
    assert_eq!(names(&found), ["shop"].into());
}
