//! Models behind any endpoint of OpenAI's chat completions: OpenAI itself, and
//! the many servers that speak as it does.

mod api_key;
mod client;
mod events;
mod failure;
mod reply;
mod request;
mod settings;
mod sse;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;

use self::{
    client::{Client, client},
    reply::{Completion, finish_of},
    request::CompletionRequest,
};
use super::{Answer, End, Finish, Prompt, Usage, retry::Failure};

pub(super) use events::OpenAiStream;
pub(crate) use settings::OpenAiSettings;

/// The largest body of a whole answer: its text may have every character
/// escaped.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// How much of an error is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// One model behind one endpoint.
#[derive(Debug)]
pub(crate) struct OpenAi {
    client: Client,
    settings: OpenAiSettings,
}

impl OpenAi {
    pub(super) fn new(settings: OpenAiSettings) -> Self {
        Self { client: client(&settings.tls), settings }
    }

    pub(super) fn model(&self) -> &str {
        &self.settings.model
    }

    /// Asks for the whole answer, once.
    pub(super) async fn answer(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let response = self.ask(prompt, false).await?;
        let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect().await;
        // The model has done its work already; once more would cost once more.
        let body = body.map_err(|_| failure::of_nonsense())?.to_bytes();
        let completion: Completion = serde_json::from_slice(&body).map_err(|_| failure::of_nonsense())?;
        let choice = completion.choices.into_iter().next().ok_or_else(failure::of_nonsense)?;
        let reasoning_bytes = choice.message.reasoning_bytes();
        let text = choice.message.content.unwrap_or_default();
        let finish = choice.finish_reason.as_deref().map_or(Finish::Stop, finish_of);
        let usage = completion.usage.map(reply::Tokens::usage);
        let usage = usage.unwrap_or_else(|| Usage::estimated(prompt.bytes(), text.len() + reasoning_bytes));
        Ok(Answer { text, end: End { finish, usage } })
    }

    /// Asks for the answer as it comes, once.
    pub(super) async fn stream(&self, prompt: &Prompt) -> Result<OpenAiStream, Failure> {
        Ok(OpenAiStream::new(self.ask(prompt, true).await?.into_body()))
    }

    async fn ask(&self, prompt: &Prompt, stream: bool) -> Result<Response<Incoming>, Failure> {
        let settings = &self.settings;
        let body = CompletionRequest::new(&settings.model, prompt, settings.limit_name, stream);
        let body = serde_json::to_vec(&body).map_err(|_| failure::of_nonsense())?;
        let mut request = Request::post(settings.url.clone())
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| failure::of_nonsense())?;
        let accept = if stream { "text/event-stream" } else { "application/json" };
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, settings.key.header());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        // Some gateways in front of models turn away who does not say a name.
        headers.insert(USER_AGENT, HeaderValue::from_static("latchkey-chatbot"));
        let response = self.client.request(request).await.map_err(|_| failure::of_connection())?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_ERROR_BYTES).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Err(failure::of_answer(status, &parts.headers, &body))
    }
}
