//! What becomes of a request, member by member.

use serde_json::{Map, json};

use super::*;

const LIMITS: Limits = Limits {
    system_prompt: None,
    max_tokens: 100,
    history_tokens: 0,
    requests_per_minute: None,
    tokens_per_day: None,
};

/// Reads a request that says "hello" and that much more.
fn read(more: &Value) -> Result<Prompt, Refusal> {
    read_with(&LIMITS, more)
}

fn read_with(limits: &Limits, more: &Value) -> Result<Prompt, Refusal> {
    let mut body: Map<_, _> = Map::new();
    body.insert("model".into(), json!("m"));
    body.insert("messages".into(), json!([{"role": "user", "content": "hello"}]));
    body.extend(more.as_object().unwrap().clone());
    let request: CompletionRequest = serde_json::from_value(body.into()).unwrap();
    request.into_prompt(limits, "Ada")
}

fn hello() -> Prompt {
    Prompt {
        system: None,
        turns: vec![Turn { speaker: Speaker::User, text: "hello".into() }],
        caller_name: "Ada".into(),
        max_tokens: 100,
        sampling: Sampling::default(),
    }
}

fn with_sampling(sampling: Sampling) -> Prompt {
    Prompt { sampling, ..hello() }
}

fn with_stop(stops: &[&str]) -> Prompt {
    let stop = stops.iter().map(|stop| (*stop).to_owned()).collect();
    with_sampling(Sampling { stop, ..Sampling::default() })
}

#[test]
fn what_can_be_asked_is_asked() {
    let limit = |max_tokens| Prompt { max_tokens, ..hello() };
    for (more, expected) in [
        (json!({}), hello()),
        (json!({"max_tokens": 7}), limit(7)),
        (json!({"max_completion_tokens": 8}), limit(8)),
        (json!({"max_tokens": 7, "max_completion_tokens": 8}), limit(8)),
        (json!({"max_tokens": 8, "max_completion_tokens": 7}), limit(7)),
        (json!({"max_tokens": 101}), limit(100)),
        (json!({"max_tokens": null, "max_completion_tokens": null}), hello()),
        (
            json!({"temperature": 1.5}),
            with_sampling(Sampling { temperature: Some(1.5), ..Sampling::default() }),
        ),
        (
            json!({"temperature": 2}),
            with_sampling(Sampling { temperature: Some(2.0), ..Sampling::default() }),
        ),
        (
            json!({"temperature": 0}),
            with_sampling(Sampling { temperature: Some(0.0), ..Sampling::default() }),
        ),
        (json!({"top_p": 0.5}), with_sampling(Sampling { top_p: Some(0.5), ..Sampling::default() })),
        (json!({"top_p": 1}), with_sampling(Sampling { top_p: Some(1.0), ..Sampling::default() })),
        (json!({"stop": "a"}), with_stop(&["a"])),
        (json!({"stop": ["a", "b", "c", "d"]}), with_stop(&["a", "b", "c", "d"])),
        (json!({"stop": []}), hello()),
        (json!({"stop": null}), hello()),
        // What says in so many words what is so anyway.
        (json!({"n": 1, "tools": [], "functions": [], "logprobs": false}), hello()),
        (json!({"response_format": {"type": "text"}}), hello()),
        (json!({"response_format": null, "tools": null, "logprobs": null, "n": null}), hello()),
        // What a model does not see.
        (json!({"user": "x", "seed": 7, "store": true, "stream": true}), hello()),
    ] {
        assert!(read(&more) == Ok(expected), "{more}: {:?}", read(&more));
    }
}

#[test]
fn what_cannot_be_asked_is_refused_and_said() {
    for (more, told) in [
        (json!({"n": 2}), "n is 1"),
        (json!({"n": 0}), "n is 1"),
        (json!({"tools": [{"type": "function"}]}), "tools are not"),
        (json!({"functions": [{"name": "f"}]}), "tools are not"),
        (json!({"response_format": {"type": "json_object"}}), "response_format is text"),
        (json!({"response_format": {"type": "json_schema"}}), "response_format is text"),
        (json!({"logprobs": true}), "logprobs are not"),
        (json!({"max_tokens": 0}), "max_tokens is at least 1"),
        (json!({"max_completion_tokens": 0, "max_tokens": 7}), "max_tokens is at least 1"),
        (json!({"temperature": 2.1}), "temperature is a number"),
        (json!({"temperature": -0.1}), "temperature is a number"),
        (json!({"top_p": 1.1}), "top_p is a number"),
        (json!({"top_p": -0.1}), "top_p is a number"),
        (json!({"stop": ["a", "b", "c", "d", "e"]}), "stop is one to four"),
        (json!({"stop": ""}), "stop is one to four"),
        (json!({"stop": ["a", ""]}), "stop is one to four"),
        (json!({"messages": []}), "the last message is the user's"),
        (json!({"messages": [{"role": "user", "content": " "}]}), "the last message is the user's"),
        (json!({"messages": [{"role": "user"}]}), "the last message is the user's"),
        (json!({"messages": [{"role": "system", "content": "x"}]}), "the last message is the user's"),
        (
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}),
            "the last message is the user's",
        ),
        (json!({"messages": [{"role": "tool", "content": "x"}]}), "the role of a message"),
        (
            json!({"messages": [{"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            ]}]}),
            "a message is text",
        ),
        (json!({"messages": [{"role": "user", "content": [{"type": "text"}]}]}), "a message is text"),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "refusal", "text": "x"}]}]}),
            "a message is text",
        ),
    ] {
        match read(&more) {
            Err(Refusal::InvalidRequest(detail)) => assert!(detail.contains(told), "{more}: {detail}"),
            other => panic!("{more}: {other:?}"),
        }
    }
}

#[test]
fn messages_are_instructions_or_turns_by_their_role() {
    let limits = Limits { system_prompt: Some("First.".into()), ..LIMITS };
    let said = json!({"messages": [
        {"role": "system", "content": "A system."},
        {"role": "user", "content": "a"},
        {"role": "developer", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "developer."}]},
        {"role": "assistant", "content": "b", "name": "x"},
        {"role": "assistant", "content": null},
        {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]},
    ]});
    let prompt = read_with(&limits, &said).unwrap();
    assert_eq!(prompt.system.as_deref(), Some("First.\n\nA system.\n\nA\ndeveloper."));
    let turn = |speaker, text: &str| Turn { speaker, text: text.into() };
    let expected = [turn(Speaker::User, "a"), turn(Speaker::Assistant, "b"), turn(Speaker::User, "c\nd")];
    assert!(prompt.turns == expected, "{:?}", prompt.turns);
    assert_eq!(read_with(&limits, &json!({})).unwrap().system.as_deref(), Some("First."));
}

#[test]
fn a_stream_and_its_cost_are_asked_for() {
    for (more, streams, wants_usage) in [
        (json!({}), false, false),
        (json!({"stream": null, "stream_options": null}), false, false),
        (json!({"stream": false}), false, false),
        (json!({"stream": true}), true, false),
        (json!({"stream": true, "stream_options": {}}), true, false),
        (json!({"stream": true, "stream_options": {"include_usage": true}}), true, true),
    ] {
        let mut body = json!({"model": "m", "messages": []});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let request: CompletionRequest = serde_json::from_value(body).unwrap();
        assert_eq!((request.streams(), request.wants_usage()), (streams, wants_usage), "{more}");
        assert_eq!(request.model(), "m");
    }
}
