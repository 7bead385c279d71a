//! What answers a message: one prompt in, one answer out, whole or in pieces.
//!
//! Dropping an answer that is under way, or the future of one, ends the call to
//! the model. A backend never keeps a prompt, and its errors carry no text of
//! one.

mod answer;
mod bedrock;
mod echo;
mod error;
mod openai;
mod prompt;
mod retry;
mod settings;
mod stream;
#[cfg(test)]
pub(crate) mod tests;

use aws_config::SdkConfig;
use tokio::time::{Instant, timeout_at};

use self::{bedrock::Bedrock, openai::OpenAi, retry::Backoff, stream::Source};

pub(crate) use answer::{Answer, End, Finish, Piece, Usage};
pub(crate) use error::BackendError;
pub(crate) use prompt::{Prompt, Sampling, Speaker, Turn};
pub(crate) use settings::BackendSettings;
pub(crate) use stream::AnswerStream;

/// A model that can be asked.
#[derive(Debug)]
pub(crate) struct Backend {
    model: Model,
    backoff: Backoff,
}

/// The kinds of models there are.
#[derive(Debug)]
enum Model {
    /// Says the message back: for trying the way to here, without a model.
    Echo,
    Bedrock(Bedrock),
    // In a box: it is five times the size of the others.
    OpenAi(Box<OpenAi>),
}

impl Backend {
    /// Builds the clients that the settings ask for. Without `aws` nothing that
    /// is in AWS can be called.
    pub(crate) fn new(settings: BackendSettings, aws: Option<&SdkConfig>) -> Self {
        let model = match settings {
            BackendSettings::Echo => Model::Echo,
            BackendSettings::Bedrock(settings) => Model::Bedrock(Bedrock::new(settings, aws)),
            BackendSettings::OpenAi(settings) => Model::OpenAi(Box::new(OpenAi::new(settings))),
        };
        Self { model, backoff: Backoff::default() }
    }

    /// The name of the model, as clients see it.
    pub(crate) fn model(&self) -> &str {
        match &self.model {
            Model::Echo => "echo",
            Model::Bedrock(bedrock) => bedrock.model(),
            Model::OpenAi(openai) => openai.model(),
        }
    }

    /// Returns the whole answer.
    ///
    /// # Errors
    ///
    /// [`BackendError::TooLate`] at the deadline. A busy model was asked again,
    /// a few times and as long as the next time was before the deadline.
    pub(crate) async fn answer(&self, prompt: &Prompt, deadline: Instant) -> Result<Answer, BackendError> {
        // In boxes: the futures of the clients are deep, and the compiler gives up
        // on one type that holds all of them.
        let attempt = || async {
            match &self.model {
                Model::Echo => Ok(echo::answer(prompt)),
                Model::Bedrock(bedrock) => Box::pin(bedrock.answer(prompt)).await,
                Model::OpenAi(openai) => Box::pin(openai.answer(prompt)).await,
            }
        };
        let answer = timeout_at(deadline, self.backoff.retry(deadline, attempt)).await;
        answer.unwrap_or(Err(BackendError::TooLate)).map(Answer::bounded)
    }

    /// Returns the answer as it comes, once its first piece is there: until
    /// then an error can still become a status, and a busy model is asked again.
    ///
    /// # Errors
    ///
    /// As [`Self::answer`].
    pub(crate) async fn stream(
        &self,
        prompt: &Prompt,
        deadline: Instant,
    ) -> Result<AnswerStream, BackendError> {
        let attempt = || async {
            let source = match &self.model {
                Model::Echo => Source::Echo(echo::stream(prompt)),
                Model::Bedrock(bedrock) => Source::Bedrock(Box::new(Box::pin(bedrock.stream(prompt)).await?)),
                Model::OpenAi(openai) => Source::OpenAi(Box::new(Box::pin(openai.stream(prompt)).await?)),
            };
            AnswerStream::begin(source, prompt, deadline).await
        };
        let stream = timeout_at(deadline, self.backoff.retry(deadline, attempt)).await;
        stream.unwrap_or(Err(BackendError::TooLate))
    }
}
