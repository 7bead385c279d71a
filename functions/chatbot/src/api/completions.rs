//! `POST /v1/chat/completions`: OpenAI's chat format, so that its clients work
//! with a token as their key. Nothing is kept: they bring their own history.

use std::convert::Infallible;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response, sse::Event},
};
use futures_util::stream;
use serde_json::{Value, json};

use super::{Caller, body::JsonBody, completion_request::CompletionRequest, events, openai};
use crate::{
    backend::{End, Usage},
    door::Deadline,
    exchange::{Delivery, Step, Steps, converse},
    refusal::Refusal,
    service::Shared,
};

/// What all parts of one answer have in common.
#[derive(Clone)]
struct Completion {
    id: String,
    created: i64,
    model: String,
}

/// What is left to be said of an answer.
enum Left {
    Role(Steps),
    Steps(Steps),
    Usage(Usage),
    Done,
    Nothing,
}

/// `POST /v1/chat/completions`.
pub(super) async fn complete(
    State(service): State<Shared>,
    caller: Caller,
    Deadline(deadline): Deadline,
    body: JsonBody<CompletionRequest>,
) -> Result<Response, Refusal> {
    let request = body.value;
    let (streams, with_usage) = (request.streams(), request.wants_usage());
    if request.model() != service.backend.model() {
        return Err(Refusal::UnknownModel);
    }
    let prompt = request.into_prompt(&service.limits, caller.principal.display_name())?;
    let now = service.now();
    let completion = Completion {
        id: format!("chatcmpl-{}", service.ids.next(now)?),
        created: now.wall.as_unix_secs(),
        model: service.backend.model().to_owned(),
    };
    let delivery = if streams { Delivery::Pieces } else { Delivery::Whole };
    let steps = converse(&service, caller.owner, prompt, delivery, deadline).await?;
    if !streams {
        let answer = steps.whole().await?;
        return Ok(Json(completion.whole(&answer.text, answer.end)).into_response());
    }
    let left = Left::Role(steps.begun(events::PING).await?);
    Ok(events::respond(stream::unfold(left, move |left| {
        let completion = completion.clone();
        async move { next(&completion, with_usage, left).await }
    })))
}

async fn next(
    completion: &Completion,
    with_usage: bool,
    left: Left,
) -> Option<(Result<Event, Infallible>, Left)> {
    let (data, left) = match left {
        Left::Role(steps) => {
            let role = completion.chunk(&json!({"role": "assistant", "content": ""}), None);
            (role, Left::Steps(steps))
        }
        Left::Steps(mut steps) => match steps.next().await? {
            Step::Text(text) => (completion.chunk(&json!({"content": text}), None), Left::Steps(steps)),
            Step::End(end) => {
                let left = if with_usage { Left::Usage(end.usage) } else { Left::Done };
                (completion.chunk(&json!({}), Some(end.finish.name())), left)
            }
            Step::Broke(problem) => (openai::error(problem), Left::Nothing),
        },
        Left::Usage(used) => (completion.usage_chunk(used), Left::Done),
        Left::Done => return Some((Ok(Event::default().data("[DONE]")), Left::Nothing)),
        Left::Nothing => return None,
    };
    Some((Ok(Event::default().data(data.to_string())), left))
}

impl Completion {
    fn whole(&self, text: &str, end: End) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": null},
                "logprobs": null,
                "finish_reason": end.finish.name(),
            }],
            "usage": usage(end.usage),
        })
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        self.chunk_of(&json!([choice]), &Value::Null)
    }

    fn usage_chunk(&self, used: Usage) -> Value {
        self.chunk_of(&json!([]), &usage(used))
    }

    fn chunk_of(&self, choices: &Value, usage: &Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
            "usage": usage,
        })
    }
}

fn usage(used: Usage) -> Value {
    json!({
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.total(),
    })
}
