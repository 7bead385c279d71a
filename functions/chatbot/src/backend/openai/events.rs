//! An answer of an endpoint under way.

use std::{collections::VecDeque, time::Duration};

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use tokio::time::timeout;

use super::{
    failure,
    reply::{Chunk, finish_of},
    sse::EventReader,
};
use crate::backend::{Finish, retry::Failure, stream::Step};

/// The most bytes of one answer: the longest text there may be, in pieces of a
/// token each, with all that is written around a piece.
const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;

/// What may follow an answer whose end and cost are known: the mark of its end, and
/// how long that is waited for.
const MAX_REST_BYTES: usize = 64 * 1024;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The events of one answer.
#[derive(Debug)]
pub(crate) struct OpenAiStream {
    body: Incoming,
    reader: EventReader,
    read_bytes: usize,
    steps: VecDeque<Result<Step, Failure>>,
}

impl OpenAiStream {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, reader: EventReader::default(), read_bytes: 0, steps: VecDeque::new() }
    }

    pub(in super::super) async fn next(&mut self) -> Result<Step, Failure> {
        if let Some(step) = self.steps.pop_front() {
            return step;
        }
        let bytes = match self.body.frame().await {
            None => return Ok(Step::Closed),
            Some(Err(_)) => return Err(failure::of_connection()),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        self.read_bytes = self.read_bytes.saturating_add(bytes.len());
        if self.read_bytes > MAX_STREAM_BYTES {
            return Err(failure::of_nonsense());
        }
        let steps = &mut self.steps;
        if self.reader.read(&bytes, |data| take_in(&data, steps)).is_err() {
            steps.push_back(Err(failure::of_nonsense()));
        }
        // Comments are signs of life too.
        self.steps.pop_front().unwrap_or(Ok(Step::Nothing))
    }

    /// Reads what is left behind an answer that has ended, while others go on: a
    /// connection that is read to the end of an answer serves the next question, and
    /// a new one is several round trips before the first byte.
    pub(in super::super) fn run_out(mut self) {
        let rest = async move {
            let mut read_bytes = 0;
            while let Some(Ok(frame)) = self.body.frame().await {
                read_bytes += frame.data_ref().map_or(0, Bytes::len);
                if read_bytes > MAX_REST_BYTES {
                    return;
                }
            }
        };
        // Whether it came in time or not, nobody waits for it.
        tokio::spawn(timeout(LONGEST_REST, rest));
    }
}

/// Adds the steps that the data of one event make.
fn take_in(data: &[u8], steps: &mut VecDeque<Result<Step, Failure>>) {
    if data.trim_ascii() == b"[DONE]" {
        // The end for servers too that gave no reason for it.
        steps.extend([Ok(Step::Finish(Finish::Stop)), Ok(Step::Closed)]);
        return;
    }
    let chunk: Chunk = match serde_json::from_slice(data) {
        Ok(chunk) => chunk,
        Err(_) => return steps.push_back(Err(failure::of_nonsense())),
    };
    if let Some(error) = &chunk.error {
        return steps.push_back(Err(failure::of_event(error)));
    }
    if let Some(tokens) = chunk.usage {
        steps.push_back(Ok(Step::Usage(tokens.usage())));
    }
    // One answer was asked for.
    for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
        if let Some(delta) = choice.delta {
            let bytes = delta.reasoning_bytes();
            let reasoning = (bytes > 0).then_some(Step::Reasoning { bytes });
            steps.extend(reasoning.into_iter().chain(delta.content.map(Step::Text)).map(Ok));
        }
        if let Some(reason) = choice.finish_reason {
            steps.push_back(Ok(Step::Finish(finish_of(&reason))));
        }
    }
}
